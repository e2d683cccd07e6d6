# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ansible-builder makes of the collection, as far as it goes without a container engine."""

from __future__ import annotations

import shutil
from pathlib import Path

import yaml

from tests.packaging.conftest import Ansible

ROOT = Path(__file__).parents[2]


def test_dependencies_are_found(ansible: Ansible, tmp_path: Path) -> None:
    found = yaml.safe_load(ansible("ansible-builder", "introspect", str(ROOT / "collections"), cwd=tmp_path))
    python = {line.split("#")[0].strip() for line in found["python"]}
    assert python == {"boto3>=1.44.5", "botocore>=1.44.5"}
    assert found["system"] == []


def test_tools_of_the_repository_satisfy_them() -> None:
    """The floor that the collection promises is what its tests run with."""
    floor = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    wanted = {line.replace(">=", "==") for line in floor if line and not line.startswith("#")}
    for lock in (ROOT / "requirements").glob("lock-*.txt"):
        assert wanted <= set(lock.read_text(encoding="utf-8").splitlines()), lock.name


def test_image_definition(ansible: Ansible, tmp_path: Path) -> None:
    directory = tmp_path / "image"
    shutil.copytree(ROOT / "execution_environment", directory)
    (directory / "monay-platform.tar.gz").touch()
    definition = str(directory / "execution-environment.yml")
    ansible("ansible-builder", "create", "-f", definition, "-c", "context", cwd=directory)

    context = directory / "context"
    required = yaml.safe_load((context / "_build/requirements.yml").read_text(encoding="utf-8"))["collections"]
    ours = next(each["name"] for each in required if each.get("type") == "file")
    # The build context's _build becomes /build in the image.
    assert (context / "_build" / Path(ours).relative_to("/build")).is_file()
    dependencies = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["dependencies"]
    assert {each["name"]: each["version"] for each in required if "version" in each} == dependencies
