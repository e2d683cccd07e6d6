# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A clone of the repository, as AWX makes one: its playbooks, inventories and requirements are found."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.packaging.conftest import Ansible

ROOT = Path(__file__).parents[2]
# What AWX looks for in a file to offer it as a playbook.
PLAYBOOK_LINE = re.compile(r"^\s*-?\s*(hosts|include|import_playbook):", re.MULTILINE)


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("project") / "checkout"
    subprocess.run(["git", "clone", "--quiet", "--no-local", str(ROOT), str(directory)], check=True)
    return directory


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_playbook_is_found_by_its_path(checkout: Path, ansible: Ansible, environment: str) -> None:
    inventory = f"inventories/{environment}"
    ansible("ansible-playbook", "-i", inventory, "playbooks/phase1.yml", "--syntax-check", cwd=checkout)


def test_inventory_source(checkout: Path, ansible: Ansible) -> None:
    """AWX imports an inventory with `ansible-inventory --list`; its host variables must be whole."""
    listed = json.loads(ansible("ansible-inventory", "-i", "inventories/prod", "--list", cwd=checkout))
    for host, variables in listed["_meta"]["hostvars"].items():
        assert variables["platform_environment"] == "prod", host


def test_inventories_are_offered(checkout: Path) -> None:
    """AWX offers files called `hosts` or `inventory`, and no YAML."""
    for environment in ("dev", "staging", "prod"):
        assert (checkout / "inventories" / environment / "hosts").is_file()


def test_every_playbook_is_offered(checkout: Path) -> None:
    unseen = [
        path.name
        for path in (checkout / "playbooks").glob("*.yml")
        if not PLAYBOOK_LINE.search(path.read_text(encoding="utf-8"))
    ]
    assert not unseen


def test_inventory_files_are_not_offered_as_playbooks(checkout: Path) -> None:
    taken_for_playbooks = [
        str(path.relative_to(checkout))
        for path in (checkout / "inventories").rglob("*.yml")
        if "group_vars" not in path.parts and PLAYBOOK_LINE.search(path.read_text(encoding="utf-8"))
    ]
    assert not taken_for_playbooks


def test_requirements_are_the_dependencies(checkout: Path) -> None:
    galaxy = yaml.safe_load((checkout / "galaxy.yml").read_text(encoding="utf-8"))
    required = yaml.safe_load((checkout / "collections/requirements.yml").read_text(encoding="utf-8"))
    assert {each["name"]: each["version"] for each in required["collections"]} == galaxy["dependencies"]


def test_execution_environment_metadata(checkout: Path) -> None:
    metadata = yaml.safe_load((checkout / "meta/execution-environment.yml").read_text(encoding="utf-8"))
    for name in metadata["dependencies"].values():
        assert (checkout / name).is_file()
