# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Write requirements/lock-<minor>.txt for the Python that runs this: every package of requirements/*.in, pinned.

The resolver is pip's own, in an empty environment; nothing is installed. No address of an index gets into the file.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
INPUTS = ("run.in", "simulator.in", "test.in")


def resolve(python: Path) -> dict[str, str]:
    """Return name -> version of everything that pip would install for the inputs."""
    command = [str(python), "-m", "pip", "install", "--dry-run", "--ignore-installed", "-qq", "--report", "-"]
    for name in INPUTS:
        command += ["-r", str(ROOT / "requirements" / name)]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return {item["metadata"]["name"].lower(): item["metadata"]["version"] for item in report["install"]}


def main() -> None:
    minor = f"{sys.version_info.major}.{sys.version_info.minor}"
    with tempfile.TemporaryDirectory() as directory:
        venv.create(directory, with_pip=True)
        pins = resolve(Path(directory) / "bin" / "python")
    lines = [f"# Python {minor}. Made by `make lock` from requirements/*.in; edit those.\n"]
    lines += [f"{name}=={version}\n" for name, version in sorted(pins.items())]
    target = ROOT / "requirements" / f"lock-{minor}.txt"
    target.write_text("".join(lines), encoding="utf-8")
    print(f"{target.relative_to(ROOT)}: {len(pins)} packages")


if __name__ == "__main__":
    main()
