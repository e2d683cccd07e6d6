# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rollout that fails leaves a page that begins with the cause."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.playbooks.conftest import Environment
from tests.support import browser
from tests.support.inventories import Inventory
from tests.support.playbooks import Playbooks, Run

HOST, SERVICE, CLUSTER = "monay-backend-common", "monay-dev-backend-common", "monay-dev"
LIMIT = ("--limit", HOST)


@pytest.fixture(scope="module")
def dev(prepared, tmp_path_factory) -> Iterator[Environment]:
    """Phases 1 and 2, with tasks that run."""
    inventory = Inventory("dev", Path(tmp_path_factory.mktemp("inventory")))
    with prepared.simulator("dev", 1, data_plane=True) as simulator:
        playbooks = Playbooks(inventory.path, simulator.env(inventory.account, inventory.region))
        playbooks.run("phase2").succeeded()
        yield Environment(inventory, simulator, playbooks)


@dataclass(frozen=True)
class Left:
    """A run that failed, and what it left."""

    run: Run
    evidence: dict[str, Any]
    page: Path


@pytest.fixture(scope="module")
def left(dev, tmp_path_factory):
    folder = tmp_path_factory.mktemp("evidence")
    run = dev.playbooks.run("deploy", *LIMIT, service_image_tag="1.2.0", rollout_evidence_directory=str(folder))
    (data,), (page,) = folder.glob("*.json"), folder.glob("*.html")
    return Left(run, json.loads(data.read_text(encoding="utf-8")), page)


def test_a_release_that_does_not_start(left):
    cause = "container backend-common ends with exit code 1: Error: Cannot find module './server.js'"
    assert left.evidence["headline"] == f"{SERVICE}:2: {cause}"
    assert left.evidence["status"] == "ROLLBACK_SUCCESSFUL"
    assert left.evidence["restored"]["task_definition"] == f"{SERVICE}:1"
    assert {each["exit_code"] for task in left.evidence["tasks"] for each in task["containers"]} == {1}
    assert left.evidence["logs"][0]["lines"]
    assert {each["who"] for each in left.evidence["timeline"]} == {"run", "ECS"}


def test_the_play_fails_with_the_cause_and_names_the_page(left):
    (failure,) = left.run.failures

    assert left.run.returncode != 0
    assert failure.startswith(left.evidence["headline"])
    assert failure.endswith(f"Evidence: {left.page}")


def test_no_secret_is_on_the_page_which_is_for_its_owner_alone(dev, left):
    secrets = dev.client("secretsmanager")
    names = [each["ARN"] for each in secrets.list_secrets()["SecretList"]]
    values = [secrets.get_secret_value(SecretId=each)["SecretString"] for each in names]

    assert values
    assert not [each for each in values if each in left.page.read_text(encoding="utf-8")]
    assert left.page.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(browser.executable() is None, reason="no Chromium on this machine")
def test_the_page_in_a_browser(left, tmp_path):
    copy = tmp_path / "page.html"  # below the home of whoever runs this it may be hidden from a packaged browser
    copy.write_text(left.page.read_text(encoding="utf-8"), encoding="utf-8")

    assert " ".join(left.evidence["headline"].split()) in browser.load(copy.as_uri(), None).text


def test_a_phase_whose_deployment_fails_leaves_a_page_too(dev, tmp_path):
    folder = tmp_path / "evidence"
    run = dev.playbooks.run("phase2", *LIMIT, service_image_tag="1.2.0", service_evidence_directory=str(folder))

    assert run.returncode != 0
    (page,), (data,) = folder.glob("*.html"), folder.glob("*.json")
    evidence = json.loads(data.read_text(encoding="utf-8"))
    assert "ends with exit code 1" in evidence["headline"]
    (failure,) = run.failures
    assert failure.startswith(evidence["headline"])
    assert failure.endswith(f"Evidence: {page}")


def test_evidence_that_cannot_be_written_hides_nothing(dev, tmp_path):
    (tmp_path / "file").touch()
    folder = tmp_path / "file" / "below"
    run = dev.playbooks.run("deploy", *LIMIT, service_image_tag="1.2.0", rollout_evidence_directory=str(folder))

    (failure,) = run.failures
    assert failure.startswith(f"The deployment of service {SERVICE} did not succeed")
    assert "There is no evidence: cannot write" in failure


def test_nothing_is_written_where_nothing_fails(dev, tmp_path):
    dev.playbooks.run("deploy", *LIMIT, service_image_tag="1.1.0", rollout_evidence_directory=str(tmp_path)).succeeded()

    assert list(tmp_path.iterdir()) == []
