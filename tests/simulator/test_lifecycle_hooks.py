# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lambda hooks of deployments: what a function is sent, what its answer does, and what time does; and time skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.scenarios_ecs import definition, deployment, make_platform, service
from tests.simulator.targets import eventually
from tests.simulator.test_ec2_states import refused
from tests.support.functions import Function
from tests.support.simulator import SimulatorError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.simulator.conftest import Watched
    from tests.support.simulator import Simulator

# Every stage that can have a hook, but that of a superseded deployment, in the documented order.
STAGES = [
    "PRE_SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
]
SUCCEEDED = {"hookStatus": "SUCCEEDED"}


class Deployed:
    """The service `app`, and deployments of it."""

    def __init__(self, aws: Watched) -> None:
        self.aws, self.made = aws, make_platform(aws)
        aws("ecs").register_task_definition(**definition(self.made))
        aws("ecs").create_service(**service(self.made, "BLUE_GREEN"))

    def start(self, *hooks: dict[str, Any], strategy: str = "BLUE_GREEN", **configuration: Any) -> None:
        """Begin another deployment."""
        wanted = {"strategy": strategy, "lifecycleHooks": list(hooks), **configuration}
        self.aws("ecs").update_service(
            cluster="main", service="app", deploymentConfiguration=wanted, forceNewDeployment=True
        )

    def latest(self) -> dict[str, Any]:
        brief = self.aws("ecs").list_service_deployments(cluster="main", service="app")["serviceDeployments"][0]
        return deployment(self.aws, brief)

    def finished(self) -> dict[str, Any]:
        return dict(eventually(lambda: (found := self.latest()).get("finishedAt") and found, 20))

    def weights(self) -> list[int]:
        """Of blue and green in the production rule."""
        rule = self.aws("elbv2").describe_rules(RuleArns=[self.made["rules"][0]])["Rules"][0]
        return [one["Weight"] for one in rule["Actions"][0]["ForwardConfig"]["TargetGroups"]]


@pytest.fixture
def deployed(aws: Watched) -> Deployed:
    return Deployed(aws)


@pytest.fixture
def slow(simulator: Simulator, deployed: Deployed) -> Iterator[Simulator]:
    """Minutes that pass only where a test skips them; tasks start at once."""
    assert deployed.finished()["status"] == "SUCCESSFUL"
    before = simulator.settings()["provisioning"]
    simulator.settings(
        speed=1, provisioning={"ecs_service": 0, "ecs_task": 0, "target_health": 0, "ecs_minute": 100000}
    )
    yield simulator
    simulator.settings(speed="inf", provisioning=before)


def skip(simulator: Simulator, minutes: float) -> None:
    """Minutes of a deployment, at once."""
    simulator.control("POST", "advance", {"minutes": minutes})


def test_pitfall_6_a_function_is_sent_the_stage_and_the_weights(simulator: Simulator, deployed: Deployed) -> None:
    with Function(simulator, lambda _event: SUCCEEDED) as function:
        deployed.start(function.hook(*STAGES, hookDetails={"team": "payments"}))
        found = deployed.finished()
    assert found["status"] == "SUCCESSFUL"
    assert [event["lifecycleStage"] for event in function.events] == STAGES
    new, old = found["targetServiceRevision"]["arn"], found["sourceServiceRevisions"][0]["arn"]
    for event in function.events:
        assert event["resourceArn"] == found["serviceDeploymentArn"]
        assert event["hookDetails"] == {"team": "payments"}
        told = event["executionDetails"]
        assert (told["serviceArn"], told["targetServiceRevisionArn"]) == (found["serviceArn"], new)
        moved = STAGES.index(event["lifecycleStage"]) >= STAGES.index("PRODUCTION_TRAFFIC_SHIFT")
        assert told["productionTrafficWeights"] == ({new: 100.0, old: 0.0} if moved else {new: 0.0, old: 100.0})
    hooks = found["lifecycleHookDetails"]
    assert {(hook["targetType"], hook["targetArn"], hook["status"]) for hook in hooks} == {
        ("AWS_LAMBDA", function.arn, "SUCCEEDED")
    }
    assert {hook["hookId"] for hook in hooks} == {event["executionId"] for event in function.events}


@pytest.mark.parametrize(
    ("answer", "status", "words"),
    [
        ({"hookStatus": "FAILED"}, 200, "returned FAILED"),
        ({}, 200, "HookStatus must not be null"),
        ({"status": "SUCCEEDED"}, 200, "HookStatus must not be null"),
        ({"hookStatus": "DONE"}, 200, "HookStatus must be one of"),
        ({"hookStatus": "IN_PROGRESS", "callBackDelay": "soon"}, 200, "CallBackDelay must be a number"),
        ("SUCCEEDED", 200, "HookStatus must not be null"),
        (b"<html>", 200, "unable to invoke"),
        (SUCCEEDED, 500, "unable to invoke"),
    ],
)
def test_pitfall_6_what_does_not_say_that_it_succeeded_rolls_back(
    simulator: Simulator, deployed: Deployed, answer: Any, status: int, words: str
) -> None:
    with Function(simulator, lambda _event: answer, status=status) as function:
        deployed.start(function.hook("POST_TEST_TRAFFIC_SHIFT"))
        found = deployed.finished()
    assert (found["status"], deployed.weights()) == ("ROLLBACK_SUCCESSFUL", [100, 0])
    assert "POST_TEST_TRAFFIC_SHIFT lifecycle hook(s) failed." in found["statusReason"]
    assert words in found["statusReason"]
    assert [hook["status"] for hook in found["lifecycleHookDetails"]] == ["FAILED"]


def test_pitfall_6_a_function_in_progress_is_asked_again_with_what_it_said(
    simulator: Simulator, deployed: Deployed
) -> None:
    def answer(event: dict[str, Any]) -> dict[str, Any]:
        asked = event.get("hookDetails", {}).get("asked", 0) + 1
        waits = {"hookStatus": "IN_PROGRESS", "callBackDelay": 1, "hookDetails": {"asked": asked}}
        return SUCCEEDED if asked == 3 else waits

    with Function(simulator, answer) as function:
        deployed.start(function.hook("POST_SCALE_UP"))
        assert deployed.finished()["status"] == "SUCCESSFUL"
    assert [event.get("hookDetails") for event in function.events] == [None, {"asked": 1}, {"asked": 2}]
    assert len({event["executionId"] for event in function.events}) == 1


def test_a_function_is_asked_again_after_30_seconds_where_it_does_not_say(slow: Simulator, deployed: Deployed) -> None:
    with Function(slow, lambda _event: {"hookStatus": "IN_PROGRESS"}) as function:
        deployed.start(function.hook("PRE_SCALE_UP"))
        for count in (1, 2, 3):
            # its timeout, and the next time that it is asked
            eventually(lambda: deployed.latest() and slow.control("GET", "health")["pending"] == 2)
            skip(slow, 0.4)
            assert len(function.events) == count
            skip(slow, 0.1)
            eventually(lambda: len(function.events) == count + 1)  # noqa: B023 - asked at once


@pytest.mark.parametrize(("action", "status"), [("ROLLBACK", "ROLLBACK_SUCCESSFUL"), ("CONTINUE", "SUCCESSFUL")])
@pytest.mark.parametrize("kind", ["PAUSE", "AWS_LAMBDA"])
def test_a_hook_ends_with_its_time(slow: Simulator, deployed: Deployed, kind: str, action: str, status: str) -> None:
    timeout = {"timeoutInMinutes": 20160, "action": action}
    waits = {"hookStatus": "IN_PROGRESS", "callBackDelay": 10**9}
    with Function(slow, lambda _event: waits) as function:
        hook = function.hook("PRE_SCALE_UP", timeoutConfiguration=timeout)
        if kind == "PAUSE":
            hook = {"targetType": kind, "lifecycleStages": ["PRE_SCALE_UP"], "timeoutConfiguration": timeout}
        deployed.start(hook)
        eventually(lambda: deployed.latest()["lifecycleHookDetails"])
        skip(slow, 20159)
        assert deployed.latest()["status"] == "IN_PROGRESS"
        skip(slow, 1)
        # what drains takes its minutes, too
        skip(slow, 60)
        found = deployed.finished()
    assert (found["status"], found["lifecycleHookDetails"][0]["status"]) == (status, "TIMED_OUT")
    assert ("timed out" in found.get("statusReason", "")) == (action == "ROLLBACK")


def test_pitfall_4_a_rollback_calls_the_functions_of_the_shifts_again(simulator: Simulator, deployed: Deployed) -> None:
    answers = {"POST_PRODUCTION_TRAFFIC_SHIFT": {"hookStatus": "FAILED"}}
    stages = ("TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT", "POST_PRODUCTION_TRAFFIC_SHIFT")
    with Function(simulator, lambda event: answers.get(event["lifecycleStage"], SUCCEEDED)) as function:
        deployed.start(function.hook(*stages))
        assert deployed.finished()["status"] == "ROLLBACK_SUCCESSFUL"
    again = ["PRODUCTION_TRAFFIC_SHIFT", "TEST_TRAFFIC_SHIFT"]
    assert [event["lifecycleStage"] for event in function.events] == [*stages, *again]


def test_pitfall_4_a_gate_that_fails_at_a_shift_hurts_the_rollback(simulator: Simulator, deployed: Deployed) -> None:
    with Function(simulator, lambda _event: {"hookStatus": "FAILED"}) as function:
        deployed.start(function.hook("PRODUCTION_TRAFFIC_SHIFT"))
        found = deployed.finished()
    assert found["status"] == "ROLLBACK_FAILED"
    assert len(function.events) == 2


def test_pitfall_5_each_step_asks_anew_and_any_refusal_wins(simulator: Simulator, deployed: Deployed) -> None:
    linear = {"stepPercent": 40.0, "stepBakeTimeInMinutes": 0}
    seen: list[list[int]] = []

    def answer(_event: dict[str, Any]) -> dict[str, Any]:
        # a function may call AWS: nothing waits for it under a lock
        seen.append(deployed.weights())
        return {"hookStatus": "FAILED" if len(seen) == 3 else "SUCCEEDED"}

    with Function(simulator, answer) as function, Function(simulator, lambda _event: SUCCEEDED, "easy") as easy:
        hooks = [one.hook("PRE_PRODUCTION_TRAFFIC_SHIFT") for one in (function, easy)]
        deployed.start(*hooks, strategy="LINEAR", linearConfiguration=linear)
        assert deployed.finished()["status"] == "ROLLBACK_SUCCESSFUL"
    assert seen == [[100, 0], [60, 40], [20, 80]]
    assert len({event["executionId"] for event in function.events}) == 3
    assert deployed.weights() == [100, 0]


def test_pitfall_12_there_are_twice_the_tasks_until_the_clean_up(slow: Simulator, deployed: Deployed) -> None:
    """On Fargate they are paid, and on instances they need room; `cost.yml` says what they cost."""

    def tasks() -> int:
        return len(deployed.aws("ecs").list_tasks(cluster="main", serviceName="app")["taskArns"])

    before = tasks()
    deployed.start(bakeTimeInMinutes=10)
    skip(slow, 9.9)
    assert (deployed.latest()["lifecycleStage"], tasks()) == ("BAKE_TIME", 2 * before)
    skip(slow, 0.1)
    assert deployed.latest()["lifecycleStage"] == "CLEAN_UP"
    skip(slow, 5)
    assert (deployed.latest()["status"], tasks()) == ("SUCCESSFUL", before)


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("create_express_gateway_service", {"executionRoleArn": "arn:e", "infrastructureRoleArn": "arn:i",
                                            "primaryContainer": {"image": "app"}}),
        ("describe_express_gateway_service", {"serviceArn": "arn:aws:ecs:us-east-1:111111111111:service/main/app"}),
        ("list_gateways", {}),
    ],
)  # fmt: skip
def test_pitfall_19_load_balancers_that_a_gateway_of_ecs_owns_are_not_simulated(
    deployed: Deployed, method: str, parameters: dict[str, Any]
) -> None:
    """Nor made: the collection's load balancer is its own, so that nothing of ECS changes it but rules and weights."""
    refused("NotImplemented", deployed.aws("ecs"), method, **parameters)


def test_functions_that_nothing_answers_for_are_refused(simulator: Simulator, deployed: Deployed) -> None:
    arn = "arn:aws:lambda:us-east-1:111111111111:function:nobody"
    hook = {"hookTargetArn": arn, "lifecycleStages": ["POST_SCALE_UP"]}
    wanted = {"strategy": "BLUE_GREEN", "lifecycleHooks": [hook]}
    said = refused(
        "NotImplemented",
        deployed.aws("ecs"),
        "update_service",
        cluster="main",
        service="app",
        deploymentConfiguration=wanted,
    )
    assert "PUT /_simulator/functions" in said
    for wrong in ({arn: "http://10.0.0.1/"}, {arn: "https://127.0.0.1/"}, {"nobody": "http://127.0.0.1/"}):
        with pytest.raises(SimulatorError, match="400"):
            simulator.control("PUT", "functions", wrong)
    simulator.control("PUT", "functions", {arn: "http://127.0.0.1:1/"})
    simulator.reset()
    assert simulator.control("GET", "functions") == {"functions": {}}


@pytest.mark.parametrize(
    ("hooks", "words"),
    [
        ([{"lifecycleStages": ["POST_SCALE_UP"]}], "hookTargetArn is required"),
        ([{"targetType": "PAUSE", "lifecycleStages": ["PRODUCTION_TRAFFIC_SHIFT"]}], "not allowed"),
        ([{"targetType": "PAUSE", "lifecycleStages": ["PRE_SCALE_UP"]}] * 11, "at most 10"),
        (
            [
                {
                    "targetType": "PAUSE",
                    "lifecycleStages": ["PRE_SCALE_UP"],
                    "timeoutConfiguration": {"timeoutInMinutes": 20161},
                }
            ],
            "timeoutInMinutes",
        ),
    ],
)
def test_hooks_that_aws_refuses(deployed: Deployed, hooks: list[dict[str, Any]], words: str) -> None:
    wanted = {"strategy": "BLUE_GREEN", "lifecycleHooks": hooks}
    given = {"cluster": "main", "service": "app", "deploymentConfiguration": wanted}
    assert words in refused("InvalidParameterException", deployed.aws("ecs"), "update_service", **given)


def test_a_bake_of_24_hours_is_over_in_a_second(slow: Simulator, deployed: Deployed) -> None:
    deployed.start(strategy="CANARY", bakeTimeInMinutes=1440, canaryConfiguration={"canaryBakeTimeInMinutes": 1440})
    assert deployed.latest()["lifecycleStage"] == "PRODUCTION_TRAFFIC_SHIFT"
    skip(slow, 1439.9)
    assert deployed.weights() == [95, 5]
    skip(slow, 1440)
    assert (deployed.weights(), deployed.latest()["lifecycleStage"]) == ([0, 100], "BAKE_TIME")
    # the bake began when the canary's ended, not when somebody looked
    skip(slow, 0.1)
    assert deployed.latest()["lifecycleStage"] == "CLEAN_UP"
    skip(slow, 5)
    assert deployed.latest()["status"] == "SUCCESSFUL"


@pytest.mark.parametrize(
    "wrong", [{}, {"minutes": 1, "seconds": 1}, {"hours": 1}, {"seconds": -1}, {"seconds": "1"}, {"seconds": True}]
)
def test_time_goes_forward_only(slow: Simulator, wrong: dict[str, Any]) -> None:
    with pytest.raises(SimulatorError, match="400"):
        slow.control("POST", "advance", wrong)


def test_there_is_no_time_to_skip_where_nothing_takes_time(simulator: Simulator) -> None:
    with pytest.raises(SimulatorError, match="no time to skip"):
        simulator.control("POST", "advance", {"seconds": 1})
