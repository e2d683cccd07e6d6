# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A service in the simulator, and rollouts of it by the module, followed as its action plugin follows them."""

from __future__ import annotations

import time
from typing import Any

from tests.simulator.scenarios_ecs import definition, make_platform, service
from tests.support.modules import ModuleFailedError, run_module
from tests.support.simulator import REGION, Simulator

MODULE, CLUSTER, NAME = "ecs_rollout", "main", "app"
COLOURS = ("red", "green", "blue", "white")
SECONDS = 20


class Rolled:
    """The service `app` with one task, created by revision 1 of four, and a client that looks at it."""

    def __init__(self, aws: Simulator, strategy: str = "BLUE_GREEN", **changes: Any) -> None:
        self.aws = aws
        self.ecs = aws.client("ecs")
        self.made = make_platform(aws.client)
        for colour in COLOURS:
            variables = [{"name": "COLOUR", "value": colour}]
            self.ecs.register_task_definition(**definition(self.made, container={"environment": variables}))
        given = {"taskDefinition": f"{NAME}:1", "desiredCount": 1, **changes}
        self.ecs.create_service(**{**service(self.made, strategy), **given})

    def args(self, revision: int = 0, **options: Any) -> dict[str, Any]:
        """Options of the module; the bake takes no time."""
        wanted = {"task_definition": f"{NAME}:{revision}"} if revision else {}
        return {"region": REGION, "service": NAME, "cluster": CLUSTER, "bake_minutes": 0, **wanted, **options}

    def roll(self, revision: int = 0, **options: Any) -> dict[str, Any]:
        """Run the module, and look again until what is waited for has come, or it fails."""
        args = self.args(revision, **options)
        first = result = run_module(MODULE, args)
        deadline = time.monotonic() + SECONDS
        while result["deployment"]["verdict"] == "pending":
            assert time.monotonic() < deadline, result["deployment"]["text"]
            time.sleep(0.05)
            followed = {"follow": first["deployment"]["arn"], "follow_goal": first["deployment"]["goal"]}
            result = run_module(MODULE, {**args, **followed})
        return {**result, "changed": first["changed"], "changes": first["changes"], "warnings": first["warnings"]}

    def fails(self, revision: int = 0, **options: Any) -> str:
        """The words with which a rollout fails, sooner or later."""
        try:
            result = self.roll(revision, **options)
        except ModuleFailedError as error:
            return str(error.result["msg"])
        raise AssertionError(f"expected a failure, got {result}")

    def deployments(self) -> list[dict[str, Any]]:
        """As they are listed, newest first."""
        found = self.ecs.list_service_deployments(cluster=CLUSTER, service=NAME, maxResults=100)["serviceDeployments"]
        return list(found)

    def newest(self) -> dict[str, Any]:
        arn = self.deployments()[0]["serviceDeploymentArn"]
        found = self.ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0]
        return dict(found)

    def runs(self) -> str:
        """The task definition that the service is set to."""
        found = self.ecs.describe_services(cluster=CLUSTER, services=[NAME])["services"][0]["taskDefinition"]
        return str(found).rpartition("/")[2]

    def weights(self) -> list[int]:
        """Of the blue and the green target group in the production rule."""
        rule = self.aws.client("elbv2").describe_rules(RuleArns=[self.made["rules"][0]])["Rules"][0]
        groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
        found = {each["TargetGroupArn"]: each["Weight"] for each in groups}
        return [found[group] for group in self.made["groups"]]
