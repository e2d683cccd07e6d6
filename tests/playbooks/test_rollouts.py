# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An application is deployed, promoted, aborted and rolled back by the playbooks, and the phase leaves it so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.playbooks.conftest import Environment
from tests.support.playbooks import Run

HOST, SERVICE, CLUSTER = "monay-backend-common", "monay-dev-backend-common", "monay-dev"
LIMIT = ("--limit", HOST)
PAUSED: dict[str, Any] = {"rollout_pause_before": ["production_traffic"]}


@pytest.fixture(scope="module")
def dev(standing):
    with standing("dev", 2) as environment:
        yield environment


def runs(dev: Environment) -> int:
    """The revision that the service is set to."""
    service = dev.client("ecs").describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    return int(service["taskDefinition"].rpartition(":")[2])


def newest(dev: Environment) -> str:
    found = dev.client("ecs").list_service_deployments(cluster=CLUSTER, service=SERVICE)["serviceDeployments"]
    return str(found[0]["status"])


def rollout(run: Run) -> list[tuple[str, str, str]]:
    return [each for each in run.changes if each[1] == "rollout"]


def test_a_preview_names_revision_and_steps_and_writes_nothing(dev):
    before = dev.now

    run = dev.playbooks.run("deploy", *LIMIT, "--check", "--diff", service_image_tag="1.1.0").succeeded()

    assert dev.writes(before) == []
    assert rollout(run) == [("update", "rollout", SERVICE)]
    assert "lead 100% of the production traffic to monay-dev-backend-common:2" in run.output
    assert "sha256:" in run.output


def test_deploys_pauses_promotes_and_goes_back(dev):
    paused = dev.playbooks.run("deploy", *LIMIT, service_image_tag="1.1.0", **PAUSED).succeeded()
    assert rollout(paused) == [("update", "rollout", SERVICE)]
    assert newest(dev) == "IN_PROGRESS"

    again = dev.playbooks.run("deploy", *LIMIT, service_image_tag="1.1.0", **PAUSED).succeeded()
    assert again.changed_tasks == []
    other = dev.playbooks.run("rollback", *LIMIT)
    assert other.returncode != 0
    assert "abort it" in other.output

    dev.playbooks.run("promote", *LIMIT).succeeded()
    assert (newest(dev), runs(dev)) == ("SUCCESSFUL", 2)

    before = dev.now
    phase = dev.playbooks.run("phase2").succeeded()
    assert (phase.changed_tasks, dev.writes(before)) == ([], [])

    dev.playbooks.run("rollback", *LIMIT).succeeded()
    assert (newest(dev), runs(dev)) == ("SUCCESSFUL", 1)
    before = dev.now
    dev.playbooks.run("rollback", *LIMIT).succeeded()
    assert dev.writes(before) == []


def test_aborts(dev):
    dev.playbooks.run("deploy", *LIMIT, service_image_tag="1.1.0", **PAUSED).succeeded()

    run = dev.playbooks.run("abort", *LIMIT).succeeded()

    assert rollout(run) == [("update", "rollout", SERVICE)]
    assert (newest(dev), runs(dev)) == ("ROLLBACK_SUCCESSFUL", 1)
    assert "nothing to promote" in dev.playbooks.run("promote", *LIMIT).output
