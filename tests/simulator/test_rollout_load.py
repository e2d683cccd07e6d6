# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""200 requests a second for the whole of a rollout, on kept-alive and new connections: none is lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.scenarios_ecs import definition, deployment, make_platform, service
from tests.simulator.targets import Client, door, eventually
from tests.simulator.test_dataplane_tasks import HEALTH, finished, push
from tests.support.load import Load
from tests.support.simulator import Simulator

pytestmark = pytest.mark.alone

if TYPE_CHECKING:
    from collections.abc import Iterator

RATE = 200
# A minute of ECS, in seconds of this test.
MINUTE_SECONDS = 0.6
OLD, NEW = "1.0.0", "1.1.0"
PRODUCTION = "PRE_PRODUCTION_TRAFFIC_SHIFT"


@dataclass
class Platform:
    """A service behind a front door; `versions` are the task definitions of OLD and NEW."""

    simulator: Simulator
    versions: dict[str, str]
    port: int

    @property
    def ecs(self) -> Any:
        return self.simulator.client("ecs")

    def latest(self) -> dict[str, Any]:
        brief = self.ecs.list_service_deployments(cluster="main", service="app")["serviceDeployments"][0]
        return deployment(self.simulator.client, brief)

    def serves(self) -> str:
        """The version that the service is set to."""
        set_to = self.ecs.describe_services(cluster="main", services=["app"])["services"][0]["taskDefinition"]
        return next(version for version, definition in self.versions.items() if definition == set_to)

    def start(self, strategy: str, *stages: str, **configuration: Any) -> None:
        """Begin a rollout of the version that does not serve; it pauses at stages."""
        other = self.versions[{OLD: NEW, NEW: OLD}[self.serves()]]
        hooks = [{"targetType": "PAUSE", "lifecycleStages": list(stages)}] if stages else []
        wanted = {"strategy": strategy, "lifecycleHooks": hooks, "bakeTimeInMinutes": 1, **configuration}
        self.ecs.update_service(cluster="main", service="app", taskDefinition=other, deploymentConfiguration=wanted)

    def decide(self, action: str = "CONTINUE") -> None:
        """End the pause that comes next."""

        def waiting() -> dict[str, str] | None:
            latest = self.latest()
            hooks = [one for one in latest["lifecycleHookDetails"] if one["status"] == "AWAITING_ACTION"]
            arn = latest["serviceDeploymentArn"]
            return {"serviceDeploymentArn": arn, "hookId": hooks[0]["hookId"]} if hooks else None

        self.ecs.continue_service_deployment(**eventually(waiting, 30), action=action)

    def stop(self, stage: str) -> None:
        """StopServiceDeployment, at a stage."""
        eventually(lambda: self.latest().get("lifecycleStage") == stage, 30)
        self.ecs.stop_service_deployment(serviceDeploymentArn=self.latest()["serviceDeploymentArn"])


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    with Simulator(data_plane=True, speed="5") as simulator:
        made = make_platform(simulator.client)
        ecs, elb = simulator.client("ecs"), simulator.client("elbv2")
        for group in made["groups"]:
            elb.modify_target_group(TargetGroupArn=group, HealthCheckPath="/health")
            delay = {"Key": "deregistration_delay.timeout_seconds", "Value": "60"}
            elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=[delay])
        versions = {}
        for version in (OLD, NEW):
            container = {"image": push(simulator, version), "healthCheck": HEALTH, "stopTimeout": 5}
            registered = ecs.register_task_definition(**definition(made, container=container))
            versions[version] = registered["taskDefinition"]["taskDefinitionArn"]
        ecs.create_service(**service(made, "BLUE_GREEN", taskDefinition=versions[OLD]))
        assert finished(simulator)["status"] == "SUCCESSFUL"
        port = door(simulator, 80)["port"]
        eventually(lambda: Client("app.example", port).ask("/version")[0] == 200)
        Client.close_all()
        # slow enough for the load to meet every stage
        simulator.settings(speed=2)
        yield Platform(simulator, versions, port)


def promoted(platform: Platform) -> None:
    platform.start("BLUE_GREEN", PRODUCTION)
    platform.decide()


def rolled_back(platform: Platform) -> None:
    """A rollout to what ran before."""
    platform.start("BLUE_GREEN")


def canary(platform: Platform) -> None:
    platform.start("CANARY", canaryConfiguration={"canaryPercent": 20, "canaryBakeTimeInMinutes": 1})


def linear(platform: Platform) -> None:
    platform.start("LINEAR", linearConfiguration={"stepPercent": 40, "stepBakeTimeInMinutes": 1})


def aborted_while_it_bakes(platform: Platform) -> None:
    platform.start("BLUE_GREEN", bakeTimeInMinutes=1440)
    platform.stop("BAKE_TIME")


def turned_back_at_a_canary(platform: Platform) -> None:
    platform.start("CANARY", PRODUCTION, canaryConfiguration={"canaryPercent": 50, "canaryBakeTimeInMinutes": 1})
    platform.decide()
    platform.decide("ROLLBACK")


def aborted_between_steps(platform: Platform) -> None:
    platform.start("LINEAR", linearConfiguration={"stepPercent": 50, "stepBakeTimeInMinutes": 1440})
    platform.stop("PRODUCTION_TRAFFIC_SHIFT")


# the minutes that their stages bake at least
CASES = [
    (promoted, "SUCCESSFUL", 1),
    (rolled_back, "SUCCESSFUL", 1),
    (canary, "SUCCESSFUL", 2),
    (linear, "SUCCESSFUL", 3),
    (aborted_while_it_bakes, "ROLLBACK_SUCCESSFUL", 0),
    (turned_back_at_a_canary, "ROLLBACK_SUCCESSFUL", 1),
    (aborted_between_steps, "ROLLBACK_SUCCESSFUL", 0),
]


@pytest.mark.parametrize(("rollout", "ends", "minutes"), CASES, ids=lambda value: getattr(value, "__name__", None))
def test_no_request_is_lost(platform: Platform, rollout: Any, ends: str, minutes: int) -> None:
    before = platform.serves()
    with Load("app.example", platform.port, rate=RATE + 40) as load:
        eventually(lambda: load.now().answered > RATE / 4, 30)
        rollout(platform)
        assert finished(platform.simulator)["status"] == ends
        over = load.now()
        eventually(lambda: load.now().answered > over.answered + RATE / 4, 30)
    said = load.figures
    new = {OLD: NEW, NEW: OLD}[before]
    assert platform.serves() == (new if ends == "SUCCESSFUL" else before)
    assert said.faults == []
    assert said.versions[before] > 0
    assert said.versions[new] > 0, "users saw both versions"
    gone = before if ends == "SUCCESSFUL" else new
    assert said.versions[gone] == over.versions[gone], "what does not serve any more gets nothing"
    assert over.answered >= RATE * MINUTE_SECONDS * minutes
    assert said.answered >= RATE * said.seconds
    assert min(said.kept, said.answered - said.kept) > said.answered / 4, "kept-alive and new connections"
