# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which account and region an environment's inventory names.

`python -m tools.environment dev` prints them as arguments of `python -m simulator env`.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Environment:
    name: str
    account: str
    region: str


def read(name: str) -> Environment:
    """Return the environment; exit with a message when there is none of that name."""
    path = ROOT / "inventories" / name / "group_vars" / "all" / "environment.yml"
    if not path.is_file():
        known = sorted(file.parts[-4] for file in (ROOT / "inventories").glob("*/group_vars/all/environment.yml"))
        raise SystemExit(f"There is no environment {name!r} ({path} is missing). Known: {', '.join(known)}.")
    variables = yaml.safe_load(path.read_text(encoding="utf-8"))
    return Environment(name, str(variables["platform_account_id"]), str(variables["platform_region"]))


if __name__ == "__main__":
    wanted = read(sys.argv[1])
    print(f"--account {wanted.account} --region {wanted.region}")
