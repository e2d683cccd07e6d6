# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One-off tasks on the simulated ECS: started once, continued, and judged by their exit code."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest

from ansible_collections.monay.platform.plugins.module_utils.aws import api, ecs_one_off, log_streams
from ansible_collections.monay.platform.plugins.module_utils.core.one_off_task import MARK
from tests.support.killing import Killed, killed_after
from tests.support.modules import fail_module, recorded_calls, run_module, writes
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.rollouts import CLUSTER, NAME, Rolled
from tests.support.simulator import REGION

MODULE = "ecs_run_task"


@pytest.fixture
def app(aws):  # noqa: F811
    return Rolled(aws)


def args(revision: int = 1, **options: Any) -> dict[str, Any]:
    wanted = {"task_definition": f"{NAME}:{revision}", "container": NAME, "command": ["migrate"]}
    return {"region": REGION, "cluster": CLUSTER, "service": NAME, **wanted, **options}


def test_a_preview_writes_nothing_and_a_second_run_goes_on_with_the_first_ones_task(app):
    with recorded_calls() as calls:
        preview = run_module(MODULE, args(), check=True)
    assert (preview["changed"], writes(calls)) == (True, [])

    first = run_module(MODULE, args())
    with recorded_calls() as calls:
        again = run_module(MODULE, args())

    assert first["changes"] == preview["changes"]
    assert (again["changed"], writes(calls)) == (False, [])
    assert again["task"]["arn"] == first["task"]["arn"]
    task = app.ecs.describe_tasks(cluster=CLUSTER, tasks=[first["task"]["arn"]])["tasks"][0]
    assert task["overrides"]["containerOverrides"] == [{"name": NAME, "command": ["migrate"]}]


def test_refuses_to_run_beside_another_one(app):
    run_module(MODULE, args())
    with recorded_calls() as calls:
        assert "is under way with another command" in fail_module(MODULE, args(command=["other"]))
    assert writes(calls) == []


def test_takes_a_good_result_until_something_else_ran(app):
    arn = run_module(MODULE, args())["task"]["arn"]
    app.ecs.stop_task(cluster=CLUSTER, task=arn)  # it ends with 0
    done = run_module(MODULE, args())
    assert (done["changed"], done["task"]["verdict"], done["task"]["arn"]) == (False, "ready", arn)

    other = run_module(MODULE, args(command=["back"]))
    app.ecs.stop_task(cluster=CLUSTER, task=other["task"]["arn"])
    again = run_module(MODULE, args())
    assert (again["changed"], again["task"]["arn"] != arn) == (True, True)


def test_one_token_is_one_task_and_another_request_with_it_a_conflict(app):
    placed = app.ecs.describe_services(cluster=CLUSTER, services=[NAME])["services"][0]
    asked = {"cluster": CLUSTER, "taskDefinition": f"{NAME}:1", "clientToken": "one", "launchType": "FARGATE"}
    asked["networkConfiguration"] = placed["networkConfiguration"]
    arns = {app.ecs.run_task(**asked)["tasks"][0]["taskArn"] for _time in range(2)}
    assert len(arns) == 1
    with pytest.raises(app.ecs.exceptions.ConflictException):
        app.ecs.run_task(**{**asked, "taskDefinition": f"{NAME}:2"})


def test_a_run_that_is_killed_after_any_call_starts_one_task(app, subtests):
    with recorded_calls() as calls:
        run_module(MODULE, args(command=["first"]))
    for last in range(1, len(calls) + 1):
        with subtests.test(killed_after=last):
            stop(app)
            command, before = [f"number {last}"], len(started(app))
            with suppress(Killed), killed_after(last):
                run_module(MODULE, args(command=command))

            found = run_module(MODULE, args(command=command))

            assert len(started(app)) == before + 1
            assert found["task"]["verdict"] == "pending"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_starts_no_second_task(app, monkeypatch, when):
    monkeypatch.setattr(api, "backoff", lambda _attempt: 0)
    before = len(started(app))
    app.aws.fault("reset", match={"operation": "RunTask"}, when=when)

    run_module(MODULE, args())

    assert len(started(app)) == before + 1


def started(app: Rolled) -> set[str]:
    """The one-off tasks that ECS knows."""
    found = [
        app.ecs.list_tasks(cluster=CLUSTER, family=NAME, desiredStatus=status)["taskArns"]
        for status in ("RUNNING", "STOPPED")
    ]
    tasks = app.ecs.describe_tasks(cluster=CLUSTER, tasks=[*found[0], *found[1]])["tasks"]
    return {each["taskArn"] for each in tasks if each.get("startedBy", "").startswith(MARK)}


def stop(app: Rolled) -> None:
    for arn in started(app):
        app.ecs.stop_task(cluster=CLUSTER, task=arn)


class Slow:
    """Logs that come when they were asked for a few times."""

    def __init__(self, times: int) -> None:
        self.left = times

    def read(self, *_told: Any, **_asked: Any) -> dict[str, Any] | None:
        self.left -= 1
        return {"events": [{"message": "no DATABASE_URL"}]} if self.left < 0 else None


@pytest.mark.parametrize(
    ("late", "patient", "lines"),
    [(0, False, 1), (2, True, 1), (2, False, 0), (9, True, 0)],
)
def test_the_last_lines_may_come_after_the_end(monkeypatch, late, patient, lines):
    slept: list[float] = []
    monkeypatch.setattr(log_streams.time, "sleep", slept.append)
    options = {"awslogs-stream-prefix": "p", "awslogs-group": "/g", "awslogs-region": REGION}
    container = {"name": NAME, "logConfiguration": {"logDriver": "awslogs", "options": options}}

    class Ecs:
        def read(self, *_told: Any, **_asked: Any) -> dict[str, Any]:
            return {"taskDefinition": {"containerDefinitions": [container]}}

    tasks = ecs_one_off.OneOffTasks(Ecs(), CLUSTER, NAME)  # type: ignore[arg-type]
    task = {"taskDefinitionArn": "arn:d", "taskArn": "arn/t"}

    found = tasks.log(lambda _region: Slow(late), task, NAME, patient=patient)  # type: ignore[arg-type,return-value]

    assert found == ["no DATABASE_URL"] * lines
    assert len(slept) <= (4 if patient else 1)
