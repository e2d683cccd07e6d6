# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Five broken third versions in each strategy: rolled back, the module says why, users saw the share at most."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from simulator.samples.catalogue import BROKEN
from tests.simulator.scenarios_ecs import definition, make_platform, service
from tests.simulator.targets import Client, door, eventually
from tests.simulator.test_dataplane_tasks import HEALTH, finished, push
from tests.support.functions import Function
from tests.support.load import Figures, Load
from tests.support.modules import ModuleFailedError, run_module
from tests.support.simulator import REGION, Simulator

pytestmark = pytest.mark.alone

if TYPE_CHECKING:
    from collections.abc import Iterator

OLD, NEW = "1.0.0", BROKEN
RATE, SECONDS = 40, 40
# Requests to the new version after which it is good: each of its two tasks has had twenty.
ENOUGH = 45
# A bake that is never over by itself: what ends these rollouts is what is wrong.
LONG = 1440
# Parts of the production traffic that the first step of each strategy exposes.
SHARES = {"ROLLING": 1.0, "BLUE_GREEN": 1.0, "CANARY": 0.4, "LINEAR": 0.4}
OPTIONS: dict[str, dict[str, Any]] = {
    "ROLLING": {},
    "BLUE_GREEN": {"bake_minutes": LONG},
    "CANARY": {"bake_minutes": LONG, "canary_percent": 40, "canary_bake_minutes": 1},
    "LINEAR": {"bake_minutes": LONG, "step_percent": 40, "step_bake_minutes": 1},
}
FIRST_BAKE = {"CANARY": "canary_bake_minutes", "LINEAR": "step_bake_minutes"}
ALARM, GATE = "app-errors", "PRE_PRODUCTION_TRAFFIC_SHIFT"
# By default a task that became healthy resets the count: tasks that crash later never open the circuit breaker.
BREAKER = {"enable": True, "rollback": True, "resetOnHealthyTask": False}


@dataclass
class Platform:
    """The service `app` of version OLD, and the task definitions of the broken versions by what is wrong."""

    simulator: Simulator
    broken: dict[str, str]
    port: int

    def args(self, fault: str, strategy: str, **options: Any) -> dict[str, Any]:
        name = {"region": REGION, "cluster": "main", "service": "app"}
        return {**name, "task_definition": self.broken[fault], "strategy": strategy, **OPTIONS[strategy], **options}

    def ring(self, state: str) -> None:
        self.simulator.client("cloudwatch").set_alarm_state(AlarmName=ALARM, StateValue=state, StateReason="judged")


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    with Simulator(data_plane=True, speed="10") as simulator:
        made = make_platform(simulator.client)
        ecs, elb = simulator.client("ecs"), simulator.client("elbv2")
        for group in made["groups"]:
            elb.modify_target_group(TargetGroupArn=group, HealthCheckPath="/health")
        container = {"healthCheck": HEALTH, "stopTimeout": 5}

        def register(tag: str) -> str:
            crash = [{"name": "SAMPLE_CRASH_SECONDS", "value": "2"}]
            wanted = definition(made, container={**container, "image": push(simulator, tag), "environment": crash})
            return str(ecs.register_task_definition(**wanted)["taskDefinition"]["taskDefinitionArn"])

        ecs.create_service(**service(made, "BLUE_GREEN", taskDefinition=register(OLD)))
        broken = {fault: register(f"{BROKEN}-{fault}") for fault in ("start", "health", "errors", "slow", "crash")}
        simulator.client("cloudwatch").put_metric_alarm(
            AlarmName=ALARM,
            Namespace="Test",
            MetricName=ALARM,
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=120,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        assert finished(simulator)["status"] == "SUCCESSFUL"
        port = door(simulator, 80)["port"]
        eventually(lambda: Client("app.example", port).ask("/version")[0] == 200)
        Client.close_all()
        yield Platform(simulator, broken, port)


def _is_bad(said: Figures) -> bool | None:
    """What somebody makes of the answers of the new version who looks at them; nothing before there are enough."""
    if said.faults or said.slow:
        return True
    return False if said.versions.get(NEW, 0) >= ENOUGH else None


def _gate(load: Load) -> Any:
    """A function for the gate before each share: it lets the first one through, where nobody has seen anything yet."""

    def answer(event: dict[str, Any]) -> dict[str, Any]:
        told = event["executionDetails"]
        if not told["productionTrafficWeights"].get(told["targetServiceRevisionArn"]):
            return {"hookStatus": "SUCCEEDED"}
        verdict = _is_bad(load.now())
        if verdict is None:
            return {"hookStatus": "IN_PROGRESS", "callBackDelay": 10}
        return {"hookStatus": "FAILED" if verdict else "SUCCEEDED"}

    return answer


def _failure(platform: Platform, load: Load, args: dict[str, Any], *, rings: bool) -> str:
    """Follow a rollout as the action plugin does, until the module fails; its words. `rings`: the alarm does."""
    try:
        first = result = run_module("ecs_rollout", args)
        followed = {"follow": first["deployment"]["arn"], "follow_goal": first["deployment"]["goal"]}
        deadline = time.monotonic() + SECONDS
        while result["deployment"]["verdict"] == "pending":
            assert time.monotonic() < deadline, result["deployment"]["text"]
            if rings and _is_bad(load.now()):
                platform.ring("ALARM")
                rings = False
            time.sleep(0.2)
            result = run_module("ecs_rollout", {**args, **followed})
    except ModuleFailedError as error:
        return str(error.result["msg"])
    raise AssertionError(f"it did not fail: {result['deployment']}")


WORDS = {
    "start": ("circuit breaker", "exit code 1"),
    # those of the container or those of the load balancer, whichever ends a task first
    "health": ("circuit breaker", "health checks"),
    "crash": ("circuit breaker", "exit code 139"),
    "errors": ("returned FAILED",),
    "slow": ("returned FAILED",),
}
JUDGED = ("errors", "slow")


@pytest.mark.parametrize("strategy", ["ROLLING", "BLUE_GREEN", "CANARY", "LINEAR"])
@pytest.mark.parametrize("fault", ["start", "health", "errors", "slow", "crash"])
def test_a_broken_release_is_rolled_back(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, fault: str, strategy: str
) -> None:
    for name, value in platform.simulator.env().items():
        monkeypatch.setenv(name, value)
    words = WORDS[fault]
    with Load("app.example", platform.port, rate=RATE) as load, Function(platform.simulator, _gate(load)) as gate:
        configuration: dict[str, Any] = {"deploymentCircuitBreaker": BREAKER}
        options: dict[str, Any] = {}
        rings = fault in JUDGED and strategy == "ROLLING"
        if strategy == "ROLLING":
            # it has no stages to put a gate at, and without alarms it is over as soon as its tasks are healthy
            platform.ring("OK")
            options["alarms"], words = [ALARM], (ALARM,) if rings else words
        elif fault in JUDGED:
            configuration["lifecycleHooks"] = [gate.hook(GATE, "POST_PRODUCTION_TRAFFIC_SHIFT")]
        eventually(lambda: load.now().answered > RATE)
        if fault == "crash" and strategy in FIRST_BAKE:
            options[FIRST_BAKE[strategy]] = LONG
        args = platform.args(fault, strategy, deployment_configuration=configuration, **options)
        failure = _failure(platform, load, args, rings=rings)
    said = load.figures
    for each in (*words, "ROLLBACK_SUCCESSFUL"):
        assert each in failure
    seen = said.versions.get(NEW, 0) + len(said.faults)
    if fault in ("start", "health"):
        assert (said.versions.get(NEW, 0), said.faults) == (0, []), "nobody saw it"
    else:
        assert 0 < seen <= (said.answered + len(said.faults)) * SHARES[strategy] + 5
    if fault in ("slow", "start", "health"):
        assert said.faults == []
    if fault == "errors":
        # one in twenty of each of its two tasks
        assert 0 < len(said.faults) <= seen / 20 + 2
    assert Client("app.example", platform.port).ask("/version")[0] == 200
    Client.close_all()
