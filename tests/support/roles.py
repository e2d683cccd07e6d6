# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The variables of a role as Ansible sees them: defaults and vars, with their templates filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

ROOT = Path(__file__).parents[2]


def role_variable(role: str, variable: str, inventory: dict[str, Any]) -> Any:
    """The value of one variable of a role for an inventory that says the given things."""
    variables: dict[str, Any] = {}
    for part in (*_files(ROOT / "roles" / role / "defaults"), inventory, *_files(ROOT / "roles" / role / "vars")):
        variables.update(part)
    return Templar(loader=DataLoader(), variables=variables).template(variables[variable])


def _files(directory: Path) -> list[dict[str, Any]]:
    loader = DataLoader()
    # A template is only filled in where its file is trusted, as those of a role are.
    return [
        loader.load_from_file(str(path), trusted_as_template=True) or {} for path in sorted(directory.rglob("*.yml"))
    ]
