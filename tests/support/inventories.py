# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Copies of the shipped inventories that a test may edit, as a user edits them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
REMOVED = object()
"""Value for a variable that the edit takes out of the file."""


class Inventory:
    """One environment's inventory in a directory of its own."""

    def __init__(self, environment: str, directory: Path) -> None:
        self.environment = environment
        self.path = directory / environment
        shutil.copytree(ROOT / "inventories" / environment, self.path)  # links become files
        self.file = self.path / "group_vars" / "all" / "environment.yml"
        self.variables: dict[str, Any] = yaml.safe_load(self.file.read_text(encoding="utf-8"))

    @property
    def account(self) -> str:
        return str(self.variables["platform_account_id"])

    @property
    def region(self) -> str:
        return str(self.variables["platform_region"])

    def edit(self, **changes: Any) -> None:
        """Change variables of environment.yml; REMOVED takes one out."""
        self.variables.update(changes)
        kept = {name: value for name, value in self.variables.items() if value is not REMOVED}
        self.file.write_text(yaml.safe_dump(kept, sort_keys=False), encoding="utf-8")

    def edit_host(self, host: str, **changes: Any) -> Path:
        """Set variables of one host in a file of this environment; returns the file."""
        file = self.path / "host_vars" / host / "environment.yml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(yaml.safe_dump(changes, sort_keys=False), encoding="utf-8")
        return file
