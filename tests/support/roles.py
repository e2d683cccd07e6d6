# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The variables of a role as Ansible sees them: defaults and vars, with their templates filled in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

from ansible_collections.monay.platform.plugins.filter import short_name

ROOT = Path(__file__).parents[2]
# What the inventory of dev says, as far as policies depend on it.
DEV: dict[str, Any] = {
    "platform_project": "monay",
    "platform_environment": "dev",
    "platform_name": "monay-dev",
    "platform_account_id": "111111111111",
    "platform_region": "us-east-1",
    "platform_iam_path": "/monay/dev/",
    "platform_data_protection": False,
    "platform_availability_zones": ["us-east-1a", "us-east-1b"],
    "application_name": "monay-dev-admin",
    "application_uses_database": True,
    "account_github_repository": "monay/platform",
    "__encryption_region": "us-east-1",
    "__monitoring_region": "us-east-1",
}
FILTERS = {f"monay.platform.{name}": function for name, function in short_name.FilterModule().filters().items()}


def role_variable(role: str, variable: str, inventory: dict[str, Any]) -> Any:
    """The value of one variable of a role for an inventory that says the given things."""
    variables: dict[str, Any] = {}
    for part in (*_files(ROOT / "roles" / role / "defaults"), inventory, *_files(ROOT / "roles" / role / "vars")):
        variables.update(part)
    templar = Templar(loader=DataLoader(), variables=variables)
    # Outside of a play nothing finds the filters of a collection. The environment has no public name.
    vars(templar)["_engine"].environment.filters.update(FILTERS)
    return templar.template(variables[variable])


def _files(directory: Path) -> list[dict[str, Any]]:
    loader = DataLoader()
    # A template is only filled in where its file is trusted, as those of a role are.
    return [
        loader.load_from_file(str(path), trusted_as_template=True) or {} for path in sorted(directory.rglob("*.yml"))
    ]
