# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Several applications as one train: all of them get the traffic, or none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.playbooks.conftest import Environment
from tests.support.alarms import silent_alarm

CLUSTER = "monay-dev"
HOSTS = ("monay-backend-common", "monay-admin")
BACKEND, ADMIN = "monay-dev-backend-common", "monay-dev-admin"
LIMIT = ("--limit", ",".join(HOSTS))
TRAIN: dict[str, Any] = {"rollout_train": True, "service_image_tag": "1.1.0"}


@pytest.fixture(scope="module")
def dev(standing):
    with standing("dev", 3) as environment:
        yield environment


def newest(dev: Environment, service: str) -> tuple[str, str]:
    """How the newest deployment of a service ended, and the revision that the service is set to."""
    ecs = dev.client("ecs")
    found = ecs.list_service_deployments(cluster=CLUSTER, service=service)["serviceDeployments"][0]
    described = ecs.describe_services(cluster=CLUSTER, services=[service])["services"][0]
    return str(found["status"]), str(described["taskDefinition"].rpartition(":")[2])


def test_what_fails_takes_the_others_back_and_the_next_train_takes_all(dev):
    ecs = dev.client("ecs")
    described = ecs.describe_services(cluster=CLUSTER, services=[ADMIN])["services"][0]
    # Somebody else is at work on one of the two.
    pause = {"targetType": "PAUSE", "lifecycleStages": ["POST_SCALE_UP"]}
    settings = {**described["deploymentConfiguration"], "lifecycleHooks": [pause]}
    ecs.update_service(cluster=CLUSTER, service=ADMIN, forceNewDeployment=True, deploymentConfiguration=settings)

    run = dev.playbooks.run("deploy", *LIMIT, **TRAIN)

    assert run.returncode != 0
    assert f"{HOSTS[1]} failed, so that the train does not go on" in run.output
    assert newest(dev, BACKEND) == ("ROLLBACK_SUCCESSFUL", "1")

    dev.playbooks.run("abort", "--limit", HOSTS[1]).succeeded()
    dev.playbooks.run("deploy", *LIMIT, **TRAIN).succeeded()

    assert (newest(dev, BACKEND), newest(dev, ADMIN)) == (("SUCCESSFUL", "2"), ("SUCCESSFUL", "2"))
    before = dev.now
    again = dev.playbooks.run("deploy", *LIMIT, **TRAIN).succeeded()
    assert (again.changed_tasks, dev.writes(before)) == ([], [])


def make_alarm(dev: Environment, name: str, silence: str) -> None:
    silent_alarm(dev.client("cloudwatch"), f"{name}-gate", silence)


@pytest.mark.parametrize("pause", ["production_traffic", "bake"])
def test_a_gate_that_one_of_them_does_not_pass_takes_all_back(dev, pause):
    gates = {pause: [{"kind": "alarms", "alarms": ["{{ application_name }}-gate"]}]}
    train = {**TRAIN, "service_image_tag": "1.0.0", "rollout_gates": gates}
    make_alarm(dev, BACKEND, "notBreaching")
    make_alarm(dev, ADMIN, "breaching")

    run = dev.playbooks.run("deploy", *LIMIT, **train)

    assert run.returncode != 0
    told = f"{ADMIN} before {pause}: fail: alarms: in ALARM: {ADMIN}-gate. ECS has rolled it back. Evidence: "
    assert [each for each in run.failures if each.startswith(told)]
    assert f"{HOSTS[1]} failed, so that the train does not go on" in run.output
    assert (newest(dev, BACKEND)[0], newest(dev, ADMIN)[0]) == ("ROLLBACK_SUCCESSFUL", "ROLLBACK_SUCCESSFUL")


def test_gates_that_all_pass_let_the_train_go_on(dev):
    gate = {"kind": "alarms", "alarms": ["{{ application_name }}-gate"]}
    gates = {"production_traffic": [gate], "bake": [gate]}
    make_alarm(dev, BACKEND, "notBreaching")
    make_alarm(dev, ADMIN, "notBreaching")

    run = dev.playbooks.run("deploy", *LIMIT, **{**TRAIN, "service_image_tag": "1.0.0", "rollout_gates": gates})

    run.succeeded()
    passed = [each for each in run.tasks if each["result"].get("verdict") == "pass"]
    assert [each["host"] for each in passed].count(HOSTS[0]) == 2
    assert (newest(dev, BACKEND)[0], newest(dev, ADMIN)[0]) == ("SUCCESSFUL", "SUCCESSFUL")


def test_a_train_has_no_gates_where_it_does_not_pause(dev):
    before = dev.now

    run = dev.playbooks.run("deploy", *LIMIT, **TRAIN, rollout_gates={"each_step": [{"kind": "smoke"}]})

    assert run.returncode != 0
    assert "a train pauses before production_traffic and bake only" in run.output
    assert [each for each in dev.writes(before) if each["operation"] == "UpdateService"] == []


def test_a_train_that_is_not_complete_starts_nobody(dev):
    before = dev.now

    run = dev.playbooks.run(
        "deploy",
        *LIMIT,
        rollout_train=True,
        service_image_tag="{{ '1.0.0' if inventory_hostname == 'monay-admin' else '9.9.9' }}",
    )

    assert run.returncode != 0
    assert [each for each in dev.writes(before) if each["operation"] == "UpdateService"] == []
