# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The collection as a tarball: what is in it, and that it works where only it is installed."""

from __future__ import annotations

import os
import tarfile
from pathlib import Path

import pytest

from tests.packaging.conftest import Ansible

ROOT = Path(__file__).parents[2]
ENVIRONMENTS = ("dev", "staging", "prod")


@pytest.fixture(scope="module")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tarball")


@pytest.fixture
def tarball(_shared: Path, ansible: Ansible) -> Path:
    """The built collection; built once for all tests of this file."""
    built = list(_shared.glob("*.tar.gz"))
    if not built:
        ansible("ansible-galaxy", "collection", "build", "--output-path", str(_shared), cwd=ROOT)
        built = list(_shared.glob("*.tar.gz"))
    assert len(built) == 1
    return built[0]


@pytest.fixture
def installed(tarball: Path, tmp_path: Path, ansible: Ansible) -> Path:
    """An empty directory beside which the collection is installed, and nothing else of the repository."""
    directory = tmp_path / "elsewhere"
    directory.mkdir()
    ansible(
        "ansible-galaxy", "collection", "install", "--no-deps", "--offline", "-p", "collections", str(tarball),
        cwd=directory,
    )  # fmt: skip
    (directory / "ansible.cfg").write_text("[defaults]\ncollections_path = collections\n", encoding="utf-8")
    return directory


def names_in(tarball: Path) -> set[str]:
    with tarfile.open(tarball) as archive:
        return set(archive.getnames())


@pytest.mark.parametrize(
    "name",
    [
        "COPYING",
        "README.md",
        "meta/runtime.yml",
        "meta/execution-environment.yml",
        "requirements.txt",
        "bindep.txt",
        "plugins/connection/warm_local.py",
        "playbooks/phase1.yml",
        "simulator/__main__.py",
        "inventories/prod/hosts",
        "inventories/shared/group_vars/all.yml",
    ],
)
def test_is_shipped(tarball: Path, name: str) -> None:
    assert name in names_in(tarball)


def test_nothing_of_the_workshop_is_shipped(tarball: Path) -> None:
    tops = {name.split("/")[0] for name in names_in(tarball)}
    assert not {name for name in tops if name.startswith(".") or name == "collections"}
    assert not [name for name in names_in(tarball) if "__pycache__" in name or name.endswith((".pyc", ".retry"))]
    assert not [name for name in names_in(tarball) if name.startswith(("tests/output", "bench/results"))]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_playbook_of_the_installed_collection(installed: Path, ansible: Ansible, environment: str) -> None:
    inventory = installed / "collections/ansible_collections/monay/platform/inventories" / environment
    answer = ansible("ansible-playbook", "monay.platform.phase1", "--syntax-check", "-i", str(inventory), cwd=installed)
    assert "playbook: " in answer


def test_inventory_variables_survive_packing(installed: Path, ansible: Ansible) -> None:
    """Shared files are links in the repository: they must come out of the tarball as what they lead to."""
    packed = installed / "collections/ansible_collections/monay/platform/inventories/prod"
    here = ansible("ansible-inventory", "-i", str(ROOT / "inventories/prod"), "--list", cwd=installed)
    assert ansible("ansible-inventory", "-i", str(packed), "--list", cwd=installed) == here


def test_modules_are_documented(installed: Path, ansible: Ansible) -> None:
    modules = {path.stem for path in (ROOT / "plugins/modules").glob("[!_]*.py")}
    listed = ansible("ansible-doc", "--list", "--type", "module", "monay.platform", cwd=installed)
    assert {line.split()[0] for line in listed.splitlines()} == {f"monay.platform.{name}" for name in modules}


def test_links_stay_inside(tarball: Path) -> None:
    with tarfile.open(tarball) as archive:
        links = {member.name: member.linkname for member in archive.getmembers() if member.issym()}
    outside = [
        name
        for name, target in links.items()
        if os.path.normpath(Path(name).parent / target).startswith("..") or target.startswith("/")
    ]
    assert not outside
