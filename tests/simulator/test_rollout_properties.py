# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whatever is done to deployments, and whenever: weights sum to 100, and traffic goes where healthy targets are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.simulator.scenarios_ecs import definition, make_platform, service
from tests.support.simulator import Simulator

HOOK = {"targetType": "PAUSE", "lifecycleStages": ["PRE_PRODUCTION_TRAFFIC_SHIFT"]}
CONFIGURATIONS: list[dict[str, Any]] = [
    {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5},
    {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 10.0, "canaryBakeTimeInMinutes": 3}},
    {"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 30.0, "stepBakeTimeInMinutes": 2}},
    {"strategy": "LINEAR", "linearConfiguration": {"stepPercent": 40.0, "stepBakeTimeInMinutes": 1}},
]
# Paused ones wait until an event promotes them.
CONFIGURATIONS += [{**each, "lifecycleHooks": [HOOK]} for each in CONFIGURATIONS]
VALUES = {"seconds": st.integers(1, 6), "minutes": st.integers(1, 3), "scale": st.integers(1, 3)}
DEPLOY = st.tuples(st.just("deploy"), st.integers(0, len(CONFIGURATIONS) - 1))
# Most often a little time passes, or somebody promotes; else a rollout would seldom come to its traffic.
EVENTS = st.sampled_from(
    ["seconds"] * 4 + ["minutes"] * 3 + ["promote"] * 4 + ["reject", "stop", "scale", "deploy"]
).flatmap(lambda event: DEPLOY if event == "deploy" else st.tuples(st.just(event), VALUES.get(event, st.just(0))))
# What ECS says to somebody who comes too late, or too early.
REFUSALS = {"ConflictException", "InvalidParameterException", "ServiceDeploymentNotFoundException"}


class Watched:
    """The service `app`, what is done to it, and where its rules lead."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.ecs, self.balancing = simulator.client("ecs"), simulator.client("elbv2")
        self.made = make_platform(simulator.client)
        for colour in ("red", "green"):
            variables = [{"name": "COLOUR", "value": colour}]
            self.ecs.register_task_definition(**definition(self.made, container={"environment": variables}))
        self.revision = 1
        self.ecs.create_service(**service(self.made, "BLUE_GREEN", taskDefinition="app:1", desiredCount=2))
        self.rest()

    def rest(self) -> None:
        """Let everything come to its end, promoted."""
        for _round in range(40):
            self.simulator.control("POST", "advance", {"minutes": 30})
            newest = self.newest()
            if newest["status"] not in ("PENDING", "IN_PROGRESS", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS"):
                return
            self.happen("promote", 0)
        raise AssertionError(f"no end: {newest}")

    def newest(self) -> dict[str, Any]:
        briefs = self.ecs.list_service_deployments(cluster="main", service="app")["serviceDeployments"]
        arns = [briefs[0]["serviceDeploymentArn"]]
        return dict(self.ecs.describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"][0])

    def happen(self, event: str, value: int) -> None:
        if event in ("minutes", "seconds"):
            self.simulator.control("POST", "advance", {event: value})
            return
        try:
            self._ask(event, value)
        except ClientError as error:
            assert error.response["Error"]["Code"] in REFUSALS, error  # noqa: PT017 - any other is a failure

    def _ask(self, event: str, value: int) -> None:
        if event == "deploy":
            self.revision = 3 - self.revision
            self.ecs.update_service(
                cluster="main",
                service="app",
                taskDefinition=f"app:{self.revision}",
                deploymentConfiguration=CONFIGURATIONS[value],
            )
        elif event == "scale":
            self.ecs.update_service(cluster="main", service="app", desiredCount=value)
        elif event == "stop":
            self.ecs.stop_service_deployment(serviceDeploymentArn=self.newest()["serviceDeploymentArn"])
        else:
            newest = self.newest()
            action = "CONTINUE" if event == "promote" else "ROLLBACK"
            for hook in newest.get("lifecycleHookDetails", []):
                if hook["status"] == "AWAITING_ACTION":
                    arn = newest["serviceDeploymentArn"]
                    self.ecs.continue_service_deployment(serviceDeploymentArn=arn, hookId=hook["hookId"], action=action)

    def healthy(self, group: str) -> int:
        found = self.balancing.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return sum(each["TargetHealth"]["State"] == "healthy" for each in found)

    def weights(self, rule: str) -> dict[str, int]:
        """The weights of a rule by target group."""
        (found,) = self.balancing.describe_rules(RuleArns=[rule])["Rules"]
        (forward,) = (each["ForwardConfig"] for each in found["Actions"] if each["Type"] == "forward")
        return {each["TargetGroupArn"]: each["Weight"] for each in forward["TargetGroups"]}

    def check(self) -> None:
        production = self.weights(self.made["rules"][0])
        assert sum(production.values()) == 100, production
        assert sum(self.weights(self.made["rules"][1]).values()) == 100
        led = {group: weight for group, weight in production.items() if weight}
        assert all(self.healthy(group) for group in led), (led, self.newest())


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(speed="0.001") as running:  # time passes where an event says so
        yield running


@pytest.fixture(scope="module")
def app(simulator: Simulator) -> Watched:
    return Watched(simulator)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=DEPLOY, events=st.lists(EVENTS, min_size=4, max_size=16))
def test_weights_sum_to_100_and_lead_to_healthy_targets_alone(app, first, events):
    for event in (first, *events):
        app.happen(*event)
        app.check()
    app.rest()
    app.check()
    assert sorted(app.weights(app.made["rules"][0]).values()) == [0, 100]
