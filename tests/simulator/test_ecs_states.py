# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ECS as AWS runs it: what is refused, how deployments go forward and back, why tasks stop."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name

from simulator import overlays
from simulator.clock import Clock
from simulator.models import model_of
from simulator.overlay import inside
from simulator.provisioning import DEFAULT_SECONDS
from simulator.world import World
from tests.simulator.scenarios_ecs import (
    ECS_TAG,
    IMAGE,
    definition,
    deployment,
    make_image,
    make_platform,
    network,
    open_hook,
    pause,
    service,
)
from tests.simulator.test_ec2_states import refused
from tests.support.simulator import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.support.simulator import Simulator

    Aws = Callable[..., Any]

# For tests of what waits in a deployment besides its tasks.
NOTHING_WAITS = {"ecs_service": 0, "ecs_task": 0, "target_health": 0}


def _service(aws: Aws) -> dict[str, Any]:
    found: dict[str, Any] = aws("ecs").describe_services(cluster="main", services=["app"])["services"][0]
    return found


def _latest(aws: Aws) -> dict[str, Any]:
    """The newest service deployment."""
    brief = aws("ecs").list_service_deployments(cluster="main", service="app")["serviceDeployments"][0]
    return deployment(aws, brief)


def _weights(aws: Aws, rule: str) -> list[int]:
    (found,) = aws("elbv2").describe_rules(RuleArns=[rule])["Rules"]
    return [group["Weight"] for group in found["Actions"][0]["ForwardConfig"]["TargetGroups"]]


def _tasks(aws: Aws, status: str = "RUNNING") -> list[dict[str, Any]]:
    ecs = aws("ecs")
    arns = ecs.list_tasks(cluster="main", desiredStatus=status)["taskArns"]
    return list(ecs.describe_tasks(cluster="main", tasks=arns)["tasks"]) if arns else []


def _targets(aws: Aws, group: str) -> set[str]:
    health = aws("elbv2").describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return {one["Target"]["Id"] for one in health if one["TargetHealth"]["State"] != "draining"}


def _deployed(aws: Aws, strategy: str = "ROLLING", **changes: Any) -> dict[str, Any]:
    """The platform with a service that runs."""
    made = make_platform(aws)
    aws("ecs").register_task_definition(**definition(made))
    aws("ecs").create_service(**service(made, strategy, **changes))
    assert _latest(aws)["status"] == "SUCCESSFUL"
    return made


def _register(aws: Aws, made: dict[str, Any], **changes: Any) -> str:
    return str(
        aws("ecs").register_task_definition(**definition(made, **changes))["taskDefinition"]["taskDefinitionArn"]
    )


REFUSED_DEFINITIONS: list[tuple[dict[str, Any], str]] = [
    ({"cpu": "256", "memory": "4096"}, "No Fargate configuration exists for given values: 256 CPU, 4096 memory"),
    ({"cpu": "300"}, "No Fargate configuration exists"),
    ({"memory": "lots"}, "Invalid 'cpu' or 'memory'"),
    ({"networkMode": "bridge"}, "network mode 'awsvpc'"),
    ({"executionRoleArn": "arn:aws:iam::111111111111:role/none"}, "Role is not valid"),
    ({"family": "a b"}, "Family"),
    ({"containerDefinitions": []}, "Container list cannot be empty"),
    ({"ephemeralStorage": {"sizeInGiB": 10}}, "between 21 and 200"),
    ({"container": {"environment": [{"name": "KEY", "value": "x"}]}}, "The secret name must be unique"),
    ({"container": {"portMappings": [{"containerPort": 80, "hostPort": 81}]}}, "must match"),
    ({"container": {"portMappings": [{"containerPort": 80}, {"containerPort": 80}]}}, "more than once"),
    ({"container": {"healthCheck": {"command": ["true"]}}}, "must begin with CMD"),
    ({"container": {"healthCheck": {"command": ["CMD", "true"], "interval": 1}}}, "between 5 and 300"),
    ({"container": {"essential": False}}, "At least one container must be essential"),
    ({"container": {"stopTimeout": 121}}, "at most 120"),
    ({"container": {"dependsOn": [{"containerName": "b", "condition": "START"}]}}, "dependsOn"),
    ({"container": {"mountPoints": [{"sourceVolume": "tmp", "containerPath": "/scratch"}]}}, "Unknown volume"),
    ({"container": {"logConfiguration": {"logDriver": "syslog"}}}, "not supported on Fargate"),
    ({"container": {"privileged": True}}, "privileged"),
    ({"container": {"memory": 1024}}, "cannot be more than the task's"),
]


def test_a_task_definition_that_aws_refuses_is_refused(aws: Aws) -> None:
    ecs, made = aws("ecs"), make_platform(aws)
    for changes, words in REFUSED_DEFINITIONS:
        said = refused("ClientException", ecs, "register_task_definition", **definition(made, **changes))
        assert words in said, changes
    assert ecs.list_task_definitions()["taskDefinitionArns"] == []


def test_a_task_definition_keeps_every_field_and_gets_the_defaults_of_aws(aws: Aws) -> None:
    ecs, made = aws("ecs"), make_platform(aws)
    given = {"user": "1000", "readonlyRootFilesystem": True, "stopTimeout": 30, "dockerLabels": {"a": "b"}}
    given |= {"ulimits": [{"name": "nofile", "softLimit": 1024, "hardLimit": 4096}]}
    first = ecs.register_task_definition(**definition(made, cpu="0.25 vCPU", memory="0.5GB", container=given))
    shown = first["taskDefinition"]
    (container,) = shown["containerDefinitions"]
    assert given.items() <= container.items()
    assert (shown["cpu"], shown["memory"], shown["compatibilities"]) == ("256", "512", ["EC2", "FARGATE"])
    assert container["portMappings"] == [{"containerPort": 3001, "hostPort": 3001, "protocol": "tcp"}]
    assert container["healthCheck"] == {"command": ["CMD-SHELL", "true"], "interval": 30, "timeout": 5, "retries": 3}
    assert (container["cpu"], container["essential"], container["volumesFrom"]) == (0, True, [])
    assert first["tags"] == [ECS_TAG]
    assert ecs.register_task_definition(**definition(made))["taskDefinition"]["revision"] == 2
    ecs.deregister_task_definition(taskDefinition="app:2")
    assert ecs.describe_task_definition(taskDefinition="app")["taskDefinition"]["revision"] == 1
    assert ecs.describe_task_definition(taskDefinition="app:2")["taskDefinition"]["status"] == "INACTIVE"
    assert "inactive" in refused("ClientException", ecs, "create_service", **service(made, taskDefinition="app:2"))


def _balancer(group: str, container: str, port: int) -> dict[str, Any]:
    return {"targetGroupArn": group, "containerName": container, "containerPort": port}


def _early(percent: int, cleanup: str = "BLOCKING") -> dict[str, Any]:
    criteria = {"enable": True, "healthyPercent": percent, "sourceServiceRevisionCleanup": cleanup}
    return {"earlySuccessCriteria": criteria}


REFUSED_SERVICES: list[tuple[dict[str, Any], str]] = [
    ({"taskDefinition": "none"}, "not found"),
    ({"networkConfiguration": {}}, "Network Configuration must be provided"),
    (
        {"loadBalancers": [{"targetGroupArn": "LONELY", "containerName": "app", "containerPort": 3001}]},
        "associated",
    ),
    (
        {"loadBalancers": [{"targetGroupArn": "BLUE", "containerName": "b", "containerPort": 3001}]},
        "does not exist",
    ),
    (
        {"loadBalancers": [{"targetGroupArn": "BLUE", "containerName": "app", "containerPort": 1}]},
        "container port 1",
    ),
    ({"deploymentConfiguration": {"maximumPercent": 100}}, "block deployments"),
    ({"deploymentConfiguration": {"strategy": "ROLLING", "bakeTimeInMinutes": 1441}}, "bakeTimeInMinutes"),
    (
        {"launchType": "FARGATE", "capacityProviderStrategy": [{"capacityProvider": "FARGATE"}]},
        "both a launch type",
    ),
    ({"launchType": None, "capacityProviderStrategy": [{"capacityProvider": "x", "weight": 1}]}, "not associated"),
    ({"tags": [{"key": "aws:x", "value": "y"}]}, "aws:"),
    ({"deploymentConfiguration": {"strategy": "BLUE_GREEN", **_early(50)}}, "ROLLING strategy"),
    ({"deploymentConfiguration": {"earlySuccessCriteria": {"enable": True}}}, "needs healthyPercent"),
    ({"deploymentConfiguration": {"minimumHealthyPercent": 60, **_early(50)}}, "minimumHealthyPercent (60) and 100"),
]


def test_a_service_that_aws_refuses_is_refused(aws: Aws) -> None:
    made = make_platform(aws)
    _register(aws, made)
    lonely = aws("elbv2").create_target_group(Name="l", Protocol="HTTP", Port=80, VpcId=made["vpc"], TargetType="ip")
    known = {"LONELY": lonely["TargetGroups"][0]["TargetGroupArn"], "BLUE": made["groups"][0]}
    for changes, words in REFUSED_SERVICES:
        wanted = {name: value for name, value in service(made, **changes).items() if value is not None}
        for balancer in wanted["loadBalancers"]:
            balancer["targetGroupArn"] = known.get(balancer["targetGroupArn"], balancer["targetGroupArn"])
        code = "ClientException" if "taskDefinition" in changes else "InvalidParameterException"
        assert words in refused(code, aws("ecs"), "create_service", **wanted), changes


def test_an_infrastructure_role_that_ecs_cannot_assume_is_refused(aws: Aws) -> None:
    made = make_platform(aws)
    _register(aws, made)
    made["roles"]["infrastructure"] = made["roles"]["task"]
    said = refused("InvalidParameterException", aws("ecs"), "create_service", **service(made, "BLUE_GREEN"))
    assert "unable to assume the role" in said


def test_a_service_starts_its_tasks_in_time_and_gives_them_to_the_load_balancer(simulator: Simulator, aws: Aws) -> None:
    made = make_platform(aws)
    _register(aws, made)
    simulator.settings(speed=1, provisioning={"ecs_service": 100000, "ecs_task": 0.1})
    created = aws("ecs").create_service(**service(made))["service"]
    assert (created["status"], created["runningCount"]) == ("ACTIVE", 0)
    again = service(made)
    assert "not idempotent" in refused("InvalidParameterException", aws("ecs"), "create_service", **again)
    assert _latest(aws)["status"] in ("PENDING", "IN_PROGRESS")
    simulator.settings(speed="inf", provisioning={"ecs_service": 8, "ecs_task": 1})
    assert (_service(aws)["runningCount"], _latest(aws)["status"]) == (2, "SUCCESSFUL")
    tasks = _tasks(aws)
    addresses = {task["containers"][0]["networkInterfaces"][0]["privateIpv4Address"] for task in tasks}
    assert _targets(aws, made["groups"][0]) == addresses
    assert {task["availabilityZone"] for task in tasks} == {"us-east-1a", "us-east-1b"}
    (one, _other) = tasks
    assert (one["lastStatus"], one["healthStatus"], one["group"]) == ("RUNNING", "HEALTHY", "service:app")
    assert one["startedBy"] == _service(aws)["deployments"][0]["id"]
    assert one["containers"][0]["imageDigest"] == made["digest"]
    assert "has reached a steady state" in _service(aws)["events"][0]["message"]


def test_blue_green_shifts_traffic_of_the_real_rules_and_the_next_one_back(aws: Aws) -> None:
    made = _deployed(aws, "BLUE_GREEN")
    production, test = made["rules"]
    assert (_weights(aws, production), _weights(aws, test)) == ([100, 0], [100, 0])
    first = pause(aws)
    shown = deployment(aws, first)
    assert (shown["status"], shown["lifecycleStage"]) == ("IN_PROGRESS", "POST_TEST_TRAFFIC_SHIFT")
    assert (_weights(aws, production), _weights(aws, test)) == ([100, 0], [0, 100])
    assert shown["targetServiceRevision"]["requestedProductionTrafficWeight"] == 0
    assert len(_service(aws)["deployments"]) == 2
    assert all(_targets(aws, group) for group in made["groups"])
    aws("ecs").continue_service_deployment(
        serviceDeploymentArn=first["serviceDeploymentArn"], hookId=open_hook(aws, first)
    )
    assert deployment(aws, first)["status"] == "SUCCESSFUL"
    assert (_weights(aws, production), _targets(aws, made["groups"][0])) == ([0, 100], set())
    (revision,) = aws("ecs").describe_service_revisions(serviceRevisionArns=[first["targetServiceRevisionArn"]])[
        "serviceRevisions"
    ]
    serving = revision["resolvedConfiguration"]["loadBalancers"]
    assert serving == [{"targetGroupArn": made["groups"][1], "productionListenerRule": production}]
    assert _service(aws)["loadBalancers"][0]["targetGroupArn"] == made["groups"][0]
    aws("ecs").update_service(
        cluster="main", service="app", deploymentConfiguration={"strategy": "BLUE_GREEN"}, forceNewDeployment=True
    )
    assert (_latest(aws)["status"], _weights(aws, production)) == ("SUCCESSFUL", [100, 0])


def test_blue_green_bakes_for_its_minutes_and_can_be_turned_back_meanwhile(simulator: Simulator, aws: Aws) -> None:
    made = _deployed(aws, "BLUE_GREEN")
    before = _service(aws)["taskDefinition"]
    simulator.settings(speed=1, provisioning={**NOTHING_WAITS, "ecs_minute": 100000})
    configuration = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}
    newer = _register(aws, made)
    aws("ecs").update_service(
        cluster="main", service="app", taskDefinition=newer, deploymentConfiguration=configuration
    )
    _service(aws)
    assert (_latest(aws)["lifecycleStage"], _weights(aws, made["rules"][0])) == ("BAKE_TIME", [0, 100])
    aws("ecs").stop_service_deployment(serviceDeploymentArn=_latest(aws)["serviceDeploymentArn"])
    simulator.settings(speed="inf", provisioning=DEFAULT_SECONDS)
    latest = _latest(aws)
    assert (latest["status"], _weights(aws, made["rules"][0])) == ("ROLLBACK_SUCCESSFUL", [100, 0])
    assert latest["rollback"]["serviceRevisionArn"] == latest["sourceServiceRevisions"][0]["arn"]
    assert _service(aws)["taskDefinition"] == before
    said = refused(
        "ConflictException",
        aws("ecs"),
        "stop_service_deployment",
        serviceDeploymentArn=latest["serviceDeploymentArn"],
    )
    assert "ROLLBACK_SUCCESSFUL" in said


def test_canary_and_linear_move_traffic_in_parts(simulator: Simulator, aws: Aws) -> None:
    made = _deployed(aws, "BLUE_GREEN")
    simulator.settings(speed=1, provisioning={**NOTHING_WAITS, "ecs_minute": 100000})
    canary = {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 20, "canaryBakeTimeInMinutes": 3}}
    aws("ecs").update_service(cluster="main", service="app", deploymentConfiguration=canary, forceNewDeployment=True)
    _service(aws)
    assert _weights(aws, made["rules"][0]) == [80, 20]
    simulator.settings(speed="inf", provisioning=DEFAULT_SECONDS)
    assert (_latest(aws)["status"], _weights(aws, made["rules"][0])) == ("SUCCESSFUL", [0, 100])


def test_target_groups_that_the_rule_does_not_have_turn_a_deployment_back(aws: Aws) -> None:
    made = _deployed(aws, "BLUE_GREEN")
    only = {"TargetGroups": [{"TargetGroupArn": made["groups"][0], "Weight": 1}]}
    aws("elbv2").modify_rule(RuleArn=made["rules"][0], Actions=[{"Type": "forward", "ForwardConfig": only}])
    aws("ecs").update_service(cluster="main", service="app", forceNewDeployment=True)
    latest = _latest(aws)
    assert "Both targetGroup and alternateTargetGroup must be associated" in latest["statusReason"]
    assert latest["status"].startswith("ROLLBACK")


@pytest.mark.parametrize("strategy", ["ROLLING", "BLUE_GREEN"])
def test_an_image_that_does_not_exist_opens_the_circuit_breaker(aws: Aws, strategy: str) -> None:
    made = _deployed(aws, strategy)
    running = {task["taskArn"] for task in _tasks(aws)}
    newer = _register(aws, made, container={"image": f"{IMAGE}:none"})
    aws("ecs").update_service(cluster="main", service="app", taskDefinition=newer)
    for _attempt in range(6):
        latest = _latest(aws)
    assert latest["status"] == "ROLLBACK_SUCCESSFUL"
    assert latest["deploymentCircuitBreaker"] == {"status": "TRIGGERED", "failureCount": 4, "threshold": 3} or (
        latest["deploymentCircuitBreaker"]["failureCount"] >= 3
    )
    reasons = {task["stoppedReason"] for task in _tasks(aws, "STOPPED")}
    assert any(reason.startswith("CannotPullContainerError") and ":none: not found" in reason for reason in reasons)
    assert {task["taskArn"] for task in _tasks(aws)} == running
    assert any("unable to consistently start tasks" in event["message"] for event in _service(aws)["events"])
    assert _service(aws)["taskDefinition"] != newer
    assert _weights(aws, made["rules"][0])[0] > 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"secrets": [{"name": "KEY", "valueFrom": "SECRET:OTHER::"}]}, "did not contain json key OTHER"),
        (
            {"secrets": [{"name": "KEY", "valueFrom": "arn:aws:secretsmanager:us-east-1:111111111111:secret:none"}]},
            "ResourceNotFoundException",
        ),
        ({"secrets": [{"name": "KEY", "valueFrom": "/none"}]}, "invalid parameters: /none"),
        ({"image": "111111111111.dkr.ecr.us-east-1.amazonaws.com/none:1"}, "repository does not exist"),
    ],
)
def test_a_task_that_cannot_start_says_why(aws: Aws, changes: dict[str, Any], words: str) -> None:
    made = make_platform(aws)
    for secret in changes.get("secrets", []):
        secret["valueFrom"] = secret["valueFrom"].replace("SECRET", made["secret"])
    _register(aws, made, container=changes)
    (started,) = aws("ecs").run_task(
        cluster="main", taskDefinition="app", launchType="FARGATE", networkConfiguration=network(made)
    )["tasks"]
    (task,) = aws("ecs").describe_tasks(cluster="main", tasks=[started["taskArn"]])["tasks"]
    assert (task["lastStatus"], task["stopCode"]) == ("STOPPED", "TaskFailedToStart")
    assert words in task["stoppedReason"]
    assert aws("ec2").describe_network_interfaces()["NetworkInterfaces"] == [] or all(
        "ECS task" not in one["Description"] for one in aws("ec2").describe_network_interfaces()["NetworkInterfaces"]
    )


def test_a_log_group_is_not_made_by_the_log_driver(aws: Aws) -> None:
    made = make_platform(aws)
    _register(aws, made)
    aws("logs").delete_log_group(logGroupName="/app")
    aws("ecs").create_service(**service(made))
    for _attempt in range(5):
        latest = _latest(aws)
    assert latest["status"] == "ROLLBACK_FAILED"
    assert "No rollback candidate was found" in latest["statusReason"]
    (reason,) = {task["stoppedReason"] for task in _tasks(aws, "STOPPED")}
    assert "The specified log group does not exist" in reason


def test_an_update_starts_a_deployment_only_where_aws_does(aws: Aws) -> None:
    made = _deployed(aws)
    ecs = aws("ecs")
    count = len(ecs.list_service_deployments(cluster="main", service="app")["serviceDeployments"])
    assert count == 1
    for change in (
        {"desiredCount": 3},
        {"enableExecuteCommand": True},
        {"deploymentConfiguration": {"strategy": "ROLLING", "maximumPercent": 150}},
        {"taskDefinition": "app:1"},
        {"healthCheckGracePeriodSeconds": 30},
    ):
        ecs.update_service(cluster="main", service="app", **change)
        assert len(ecs.list_service_deployments(cluster="main", service="app")["serviceDeployments"]) == 1, change
    assert _service(aws)["runningCount"] == 3
    for change in (
        {"forceNewDeployment": True},
        {"networkConfiguration": network(made) | {}},
        {"platformVersion": "1.4.0"},
    ):
        ecs.update_service(cluster="main", service="app", **change)
    assert len(ecs.list_service_deployments(cluster="main", service="app")["serviceDeployments"]) == 3


def test_a_newer_deployment_supersedes_the_one_under_way(simulator: Simulator, aws: Aws) -> None:
    made = _deployed(aws, "BLUE_GREEN")
    first = pause(aws)
    newer = _register(aws, made)
    configuration = {"strategy": "BLUE_GREEN", "lifecycleHooks": []}
    aws("ecs").update_service(
        cluster="main", service="app", taskDefinition=newer, deploymentConfiguration=configuration
    )
    assert (_latest(aws)["status"], deployment(aws, first)["status"]) == ("SUCCESSFUL", "STOPPED")
    assert {task["taskDefinitionArn"] for task in _tasks(aws)} == {newer}
    assert len(_tasks(aws)) == 2


def test_a_service_drains_before_it_is_gone_and_its_interfaces_with_it(simulator: Simulator, aws: Aws) -> None:
    made = _deployed(aws)
    ecs = aws("ecs")
    refused("InvalidParameterException", ecs, "delete_service", cluster="main", service="app")
    refused("ClusterContainsServicesException", ecs, "delete_cluster", cluster="main")
    refused("DependencyViolation", aws("ec2"), "delete_security_group", GroupId=made["group"])
    simulator.settings(speed=1, provisioning={"ecs_minute": 100000})
    ecs.delete_service(cluster="main", service="app", force=True)
    assert _service(aws)["status"] == "DRAINING"
    refused("ServiceNotActiveException", ecs, "update_service", cluster="main", service="app", desiredCount=1)
    simulator.settings(speed="inf", provisioning={"ecs_minute": 1.2})
    assert _service(aws)["status"] == "INACTIVE"
    aws("ec2").delete_security_group(GroupId=made["group"])
    ecs.delete_cluster(cluster="main")
    assert ecs.describe_clusters(clusters=["main"])["clusters"][0]["status"] == "INACTIVE"


def test_what_is_not_simulated_is_refused(aws: Aws) -> None:
    made = make_platform(aws)
    _register(aws, made)
    refused("NotImplemented", aws("ecs"), "describe_task_sets", cluster="main", service="app")
    wanted = service(made, schedulingStrategy="DAEMON")
    refused("NotImplemented", aws("ecs"), "create_service", **wanted)
    hook = {"lifecycleStages": ["POST_SCALE_UP"], "hookTargetArn": "arn:aws:lambda:us-east-1:111111111111:function:f"}
    wanted = service(made, deploymentConfiguration={"strategy": "BLUE_GREEN", "lifecycleHooks": [hook]})
    refused("NotImplemented", aws("ecs"), "create_service", **wanted)


def test_the_tagging_api_finds_what_ecs_has(aws: Aws) -> None:
    _deployed(aws)
    found = aws("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "Project", "Values": ["monay"]}])
    kinds = {item["ResourceARN"].split(":")[5].partition("/")[0] for item in found["ResourceTagMappingList"]}
    assert kinds == {"cluster", "service", "task-definition"}
    arn = _service(aws)["serviceArn"]
    aws("resourcegroupstaggingapi").tag_resources(ResourceARNList=[arn], Tags={"Owner": "me"})
    assert {"key": "Owner", "value": "me"} in aws("ecs").list_tags_for_resource(resourceArn=arn)["tags"]


class _Direct:
    """A client that asks a world without a server."""

    def __init__(self, world: World, service: str) -> None:
        self._world, self._service = world, service
        self._operations = {xform_name(name): name for name in model_of(service).model.operation_names}

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        def call(**parameters: Any) -> dict[str, Any]:
            self._world.schedule.run_due(self._world)
            context = inside(self._world, ACCOUNT, REGION)
            return context.invoke(self._service, self._operations[method], **parameters)

        return call


@pytest.fixture
def world() -> Iterator[World]:
    overlays.load_all()
    world = World(Clock(math.inf))
    yield world
    world.reset()


def test_a_deployment_under_way_survives_a_restart(world: World, tmp_path: Path) -> None:
    def aws(service: str) -> Any:
        return _Direct(world, service)

    made = _deployed(aws, "BLUE_GREEN")
    brief = pause(aws)
    assert make_image(aws, "1.1.0") != made["digest"]
    world.save(str(tmp_path / "state"))
    world.reset()
    world.load(str(tmp_path / "state"))
    hook = open_hook(aws, brief)
    aws("ecs").continue_service_deployment(serviceDeploymentArn=brief["serviceDeploymentArn"], hookId=hook)
    assert deployment(aws, brief)["status"] == "SUCCESSFUL"
    assert _weights(aws, made["rules"][0]) == [0, 100]


@pytest.mark.parametrize("cleanup", ["BLOCKING", "DEFERRED"])
def test_a_rolling_deployment_can_succeed_early(simulator: Simulator, aws: Aws, cleanup: str) -> None:
    configuration = {"minimumHealthyPercent": 50, "maximumPercent": 150, **_early(50, cleanup)}
    made = _deployed(aws, desiredCount=4, deploymentConfiguration=configuration)
    # long enough for a look at the old tasks while they drain
    delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": "900"}]
    aws("elbv2").modify_target_group_attributes(TargetGroupArn=made["groups"][0], Attributes=delay)
    newer = _register(aws, made, container={"environment": [{"name": "COLOUR", "value": "green"}]})

    simulator.settings(speed=5)
    aws("ecs").update_service(cluster="main", service="app", taskDefinition=newer)
    while _latest(aws)["status"] in ("PENDING", "IN_PROGRESS"):
        time.sleep(0.05)
    assert _latest(aws)["status"] == "SUCCESSFUL"
    going = [task for task in _tasks(aws, "STOPPED") if task["lastStatus"] != "STOPPED"]
    # old tasks take longer to drain than new ones to start
    assert bool(going) == (cleanup == "DEFERRED")
    simulator.settings(speed="inf")
    _latest(aws)
    assert [task["taskDefinitionArn"] for task in _tasks(aws)] == [newer] * 4


@pytest.mark.parametrize("early", [False, True])
def test_an_alarm_turns_a_deployment_back_unless_it_rang_before(aws: Aws, *, early: bool) -> None:
    made, cloudwatch = _deployed(aws, "BLUE_GREEN"), aws("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="errors",
        Namespace="Test",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    ring = {"AlarmName": "errors", "StateValue": "ALARM", "StateReason": "test"}
    if early:
        cloudwatch.set_alarm_state(**ring)
    alarms = {"alarmNames": ["errors"], "enable": True, "rollback": True}
    hook = {"targetType": "PAUSE", "lifecycleStages": ["POST_PRODUCTION_TRAFFIC_SHIFT"]}
    configuration = {"strategy": "BLUE_GREEN", "alarms": alarms, "lifecycleHooks": [hook]}
    aws("ecs").update_service(
        cluster="main", service="app", forceNewDeployment=True, deploymentConfiguration=configuration
    )
    assert _latest(aws)["alarms"]["status"] == ("DISABLED" if early else "MONITORING")
    cloudwatch.set_alarm_state(**ring)
    _latest(aws)
    latest = _latest(aws)
    if early:
        assert (latest["status"], _weights(aws, made["rules"][0])) == ("IN_PROGRESS", [0, 100])
        return
    assert (latest["status"], latest["alarms"]["triggeredAlarmNames"]) == ("ROLLBACK_SUCCESSFUL", ["errors"])
    assert _weights(aws, made["rules"][0]) == [100, 0]
