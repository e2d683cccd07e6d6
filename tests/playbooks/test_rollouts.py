# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An application is deployed, promoted, aborted and rolled back by the playbooks, and the phase leaves it so."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.playbooks.conftest import Environment
from tests.support.alarms import silent_alarm
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


def alarm_gate(dev: Environment, silence: str) -> dict[str, Any]:
    """A gate of an alarm that nothing tells anything: what that means is said by `silence`."""
    name = f"monay-dev-{silence}"
    silent_alarm(dev.client("cloudwatch"), name, silence)
    return {"kind": "alarms", "alarms": [name]}


def asked(run: Run) -> list[tuple[str, str]]:
    """Stage and verdict of each gate that the run asked."""
    found = [each["result"]["gates"] for each in run.tasks if "verdicts" in each["result"]]
    return [(gate["stage"], gate["verdict"]) for gates in found for gate in gates]


def test_gates_are_asked_before_each_step(dev):
    gates = {"each_step": [alarm_gate(dev, "notBreaching")]}
    linear = {"rollout_strategy": "LINEAR", "rollout_step_percent": 20, "rollout_step_bake_minutes": 0}

    run = dev.playbooks.run("deploy", *LIMIT, service_image_tag="1.1.0", rollout_gates=gates, **linear).succeeded()

    assert asked(run) == [("each_step", "pass")] * 5
    assert newest(dev) == "SUCCESSFUL"


def test_a_gate_does_not_take_the_place_of_a_person_and_a_person_that_of_one_gate_only(dev):
    gate = alarm_gate(dev, "notBreaching")
    gated = {**PAUSED, "rollout_gates": {"production_traffic": [gate], "bake": [gate]}}

    paused = dev.playbooks.run("deploy", *LIMIT, service_image_tag="1.0.0", **gated).succeeded()

    assert asked(paused) == [("production_traffic", "pass")]
    assert f"promote.yml --limit {HOST} lets it go on" in " ".join(paused.output.split())
    before = dev.now
    for playbook in ("deploy", "promote"):
        dev.playbooks.run(playbook, *LIMIT, "--check", service_image_tag="1.0.0", **gated).succeeded()
    assert (newest(dev), dev.writes(before)) == ("IN_PROGRESS", [])

    promoted = dev.playbooks.run("promote", *LIMIT, **gated).succeeded()

    assert asked(promoted) == [("bake", "pass")]
    assert newest(dev) == "SUCCESSFUL"


def test_what_somebody_aborts_while_its_gates_are_asked_is_no_success(dev):
    gates = {"bake": [alarm_gate(dev, "missing")]}
    patient = {"rollout_gates": gates, "rollout_gate_attempts": 200, "rollout_gate_interval": 1}
    before = dev.now
    with dev.playbooks.started("deploy", *LIMIT, service_image_tag="1.1.0", **patient) as started:
        deadline = time.monotonic() + 60
        # Nothing else of this run asks for alarms.
        while not dev.simulator.calls("cloudwatch", "DescribeAlarms", since=before):
            assert time.monotonic() < deadline, "the gate was never asked"
            time.sleep(0.2)
        dev.playbooks.run("abort", *LIMIT).succeeded()
        run = started.ended()

    assert run.returncode != 0
    assert "ROLLBACK_SUCCESSFUL" in run.failures[-1]
    assert newest(dev) == "ROLLBACK_SUCCESSFUL"
