# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Promoting, aborting, going back and trains, killed after each of their writes: one deployment, which ends well.

tests/unit/plugins/modules/test_ecs_rollout_interruptions.py kills the module after each call, reads as well.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.playbooks.conftest import Environment
from tests.support.alarms import silent_alarm

CLUSTER = "monay-dev"
HOSTS = ("monay-backend-common", "monay-admin")
BACKEND, ADMIN = "monay-dev-backend-common", "monay-dev-admin"
LIMIT = ("--limit", HOSTS[0])
PAUSED: dict[str, Any] = {"service_image_tag": "1.1.0", "rollout_pause_before": ["production_traffic"]}
BOTH = ("--limit", ",".join(HOSTS))
MOST_WRITES = 20


@pytest.fixture(scope="module")
def dev(standing):
    with standing("dev", 3) as environment:
        yield environment


def deployments(dev: Environment, service: str) -> list[str]:
    """How the deployments of a service ended, newest first."""
    found = dev.client("ecs").list_service_deployments(cluster=CLUSTER, service=service)["serviceDeployments"]
    return [str(each["status"]) for each in found]


def runs(dev: Environment, service: str) -> int:
    """The revision that the service is set to."""
    described = dev.client("ecs").describe_services(cluster=CLUSTER, services=[service])["services"][0]
    return int(described["taskDefinition"].rpartition(":")[2])


def killed_after_each_write(dev: Environment, playbook: str, *arguments: str, **variables: Any) -> int:
    """Run it again and again, each time until its first write is done, up to a run with none; how many were killed."""
    for kills in range(MOST_WRITES):
        if not dev.killed_at_write(1, playbook, *arguments, **variables):
            return kills
    raise AssertionError(f"{playbook} writes again in every run")


@pytest.mark.parametrize(
    ("playbook", "status", "revision"), [("abort", "ROLLBACK_SUCCESSFUL", 1), ("promote", "SUCCESSFUL", 2)]
)
def test_a_decision_that_is_killed_is_carried_out_once(dev, playbook, status, revision):
    dev.playbooks.run("deploy", *LIMIT, **PAUSED).succeeded()
    before = deployments(dev, BACKEND)
    assert before[0] == "IN_PROGRESS"

    kills = killed_after_each_write(dev, playbook, *LIMIT)

    assert kills == 1
    assert deployments(dev, BACKEND) == [status, *before[1:]]
    assert runs(dev, BACKEND) == revision


def test_a_way_back_that_is_killed_is_one_deployment(dev):
    before = deployments(dev, BACKEND)
    assert (before[0], runs(dev, BACKEND)) == ("SUCCESSFUL", 2)

    kills = killed_after_each_write(dev, "rollback", *LIMIT)

    assert kills == 1
    assert deployments(dev, BACKEND) == ["SUCCESSFUL", *before]
    assert runs(dev, BACKEND) == 1


def test_a_train_that_is_killed_after_each_write_is_one_deployment_of_each(dev):
    before = {service: deployments(dev, service) for service in (BACKEND, ADMIN)}
    at = dev.now
    train = {"rollout_train": True, "service_image_tag": "1.1.0"}

    kills = killed_after_each_write(dev, "deploy", *BOTH, **train)

    # The two are worked on side by side: their writes may come together.
    assert kills >= 3
    for service in (BACKEND, ADMIN):
        assert deployments(dev, service) == ["SUCCESSFUL", *before[service]]
        assert runs(dev, service) == 2
    starts = [call for call in dev.writes(at) if call["operation"] == "UpdateService"]
    assert len(starts) == 2


@pytest.mark.parametrize("pause", ["production_traffic", "bake"])
def test_a_failing_train_that_is_killed_on_its_way_back_goes_back_with_the_next_run(dev, pause):
    """One of the two is on its way back already; the other waits, without traffic or with it."""
    gates = {pause: [{"kind": "alarms", "alarms": ["{{ application_name }}-gate"]}]}
    train = {"rollout_train": True, "service_image_tag": "1.0.0", "rollout_gates": gates}
    silent_alarm(dev.client("cloudwatch"), f"{BACKEND}-gate", "notBreaching")
    silent_alarm(dev.client("cloudwatch"), f"{ADMIN}-gate", "breaching")

    assert dev.killed_at({"operation": "StopServiceDeployment"}, 1, "deploy", *BOTH, **train)
    assert deployments(dev, BACKEND)[0] == "IN_PROGRESS"
    run = dev.playbooks.run("deploy", *BOTH, **train)

    assert run.returncode != 0
    assert f"{HOSTS[1]} failed, so that the train does not go on" in run.output
    for service in (BACKEND, ADMIN):
        assert deployments(dev, service)[0] == "ROLLBACK_SUCCESSFUL"
        assert runs(dev, service) == 2
