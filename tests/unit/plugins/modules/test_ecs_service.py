# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from tests.simulator.scenarios_ecs import make_platform
from tests.support.modules import (
    assert_previewed,
    assert_settled,
    changes,
    fail_module,
    recorded_calls,
    run_module,
    writes,
)
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.simulator import REGION

NAME = "app"
CLUSTER = "main"
MODULE = "ecs_service"
BLUE_GREEN = {
    "strategy": "BLUE_GREEN",
    "bakeTimeInMinutes": 0,
    "deploymentCircuitBreaker": {"enable": True, "rollback": True},
}


@pytest.fixture
def platform(aws):  # noqa: F811
    """A network with names, a load balancer with two rules, a cluster, and two revisions of a task definition."""
    made = make_platform(aws.client)
    ec2, ecs = aws.client("ec2"), aws.client("ecs")
    named = {**dict(zip(made["subnets"], ("app-a", "app-b"), strict=True)), made["vpc"]: "vpc"}
    for identifier, name in named.items():
        ec2.create_tags(Resources=[identifier], Tags=[{"Key": "Name", "Value": name}])
    for colour in ("red", "green"):
        run_module("ecs_task_definition", definition(made, colour))
    return {**made, "aws": aws, "ecs": ecs}


def definition(made, colour):
    repository = f"{made['roles']['task'].split(':')[4]}.dkr.ecr.{REGION}.amazonaws.com/monay/dev/admin"
    return {
        "region": REGION,
        "family": NAME,
        "requires_compatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "execution_role_arn": "execution",
        "container_definitions": [
            {
                "name": NAME,
                "image": f"{repository}@{made['digest']}",
                "portMappings": [{"containerPort": 80}],
                "environment": {"COLOUR": colour},
            }
        ],
    }


def args(platform, revision=1, **extra):
    """The options of a service; None takes one away."""
    options = {
        "region": REGION,
        "name": NAME,
        "cluster": CLUSTER,
        "vpc": "vpc",
        "task_definition": f"{NAME}:{revision}",
        "desired_count": 1,
        "capacity_provider_strategy": [{"capacityProvider": "FARGATE", "weight": 1}],
        "deployment_configuration": BLUE_GREEN,
        "network_configuration": {"awsvpcConfiguration": {"subnets": ["app-a", "app-b"], "securityGroups": ["app"]}},
        "load_balancers": [
            {
                "targetGroupArn": "blue",
                "containerName": NAME,
                "containerPort": 80,
                "advancedConfiguration": {
                    "alternateTargetGroupArn": platform["groups"][1],
                    "productionListenerRule": platform["rules"][0],
                    "testListenerRule": platform["rules"][1],
                    "roleArn": "infrastructure",
                },
            }
        ],
        "propagate_tags": "SERVICE",
        "enable_execute_command": True,
        "tags": {"Project": "monay"},
        **extra,
    }
    return {name: value for name, value in options.items() if value is not None}


def described(platform):
    return platform["ecs"].describe_services(cluster=CLUSTER, services=[NAME], include=["TAGS"])["services"][0]


def test_creates_as_previewed_and_settles(platform):
    done = assert_previewed(MODULE, args(platform))

    assert changes(done) == {("create", "service", NAME)}
    assert done["deployment"]["status"] == "SUCCESSFUL"
    assert done["resources"]["service"][NAME]["running_count"] == 1
    service = described(platform)
    assert service["tags"] == [{"key": "Project", "value": "monay"}]
    assert service["deploymentConfiguration"]["strategy"] == "BLUE_GREEN"
    assert_settled(MODULE, args(platform))


def test_a_new_revision_is_deployed_with_the_whole_deployment_configuration(platform):
    run_module(MODULE, args(platform))

    with recorded_calls() as calls:
        done = run_module(MODULE, args(platform, 2))

    assert writes(calls) == ["ecs:UpdateService"]
    assert [each["fields"] for each in done["changes"]] == [["taskDefinition"]]
    assert done["resources"]["service"][NAME]["task_definition"] == f"{NAME}:2"
    (sent,) = platform["aws"].calls(service="ecs", operation="UpdateService")
    assert sent["parameters"]["deploymentConfiguration"] == {
        **BLUE_GREEN,
        "lifecycleHooks": [],
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
    }
    assert_settled(MODULE, args(platform, 2))


EDITS = [
    ({"deployment_configuration": {**BLUE_GREEN, "bakeTimeInMinutes": 1}}, ["deploymentConfiguration"]),
    ({"deployment_configuration": {"strategy": "ROLLING"}}, ["deploymentConfiguration"]),
    ({"enable_execute_command": None}, ["enableExecuteCommand"]),
    ({"propagate_tags": None}, ["propagateTags"]),
    ({"health_check_grace_period_seconds": 30}, ["healthCheckGracePeriodSeconds"]),
    (
        {"network_configuration": {"awsvpcConfiguration": {"subnets": ["app-a"], "securityGroups": ["app"]}}},
        ["networkConfiguration"],
    ),
    (
        {"capacity_provider_strategy": [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]},
        ["capacityProviderStrategy"],
    ),
    ({"tags": {"Project": "monay", "Owner": "us"}}, ["tags"]),
    ({"tags": {}}, ["tags"]),
    ({"keep_desired_count": False, "desired_count": 2}, ["desiredCount"]),
]


def test_changes_one_field_at_a_time(platform, subtests):
    for edit, fields in EDITS:
        run_module(MODULE, args(platform))
        with subtests.test(fields=fields, edit=edit):
            done = assert_previewed(MODULE, args(platform, **edit))

            assert [each["fields"] for each in done["changes"]] == [fields]
            assert_settled(MODULE, args(platform, **edit))


def test_what_ecs_and_autoscaling_moved_is_left_alone(platform):
    run_module(MODULE, args(platform))
    run_module(MODULE, args(platform, 2))  # green serves now
    platform["ecs"].update_service(cluster=CLUSTER, service=NAME, desiredCount=2)

    assert_settled(MODULE, args(platform, 2))
    assert described(platform)["desiredCount"] == 2


def test_a_rolling_deployment_is_refused_while_the_other_target_group_serves(platform):
    run_module(MODULE, args(platform))
    run_module(MODULE, args(platform, 2))  # green serves now
    rolling = args(platform, 2, deployment_configuration={"strategy": "ROLLING"})

    for check in (True, False):
        assert "target group green serves its traffic now" in fail_module(MODULE, rolling, check=check)

    run_module(MODULE, args(platform, 1))  # and blue again
    assert run_module(MODULE, {**rolling, "task_definition": f"{NAME}:1"})["changed"] is True


def test_the_settings_of_the_last_rollout_are_left_alone_until_the_next_deployment(platform):
    kept = {"keep_deployment_configuration": True}
    run_module(MODULE, args(platform))
    canary = {**BLUE_GREEN, "strategy": "CANARY"}
    platform["ecs"].update_service(cluster=CLUSTER, service=NAME, deploymentConfiguration=canary)

    assert_settled(MODULE, args(platform, **kept))
    run_module(MODULE, args(platform, 2, **kept))

    assert described(platform)["deploymentConfiguration"]["strategy"] == "BLUE_GREEN"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"capacity_provider_strategy": None, "launch_type": "FARGATE"}, "Say a capacity provider strategy instead"),
        ({"scheduling_strategy": "DAEMON"}, "Create the service again under another name"),
    ],
)
def test_refuses_what_cannot_be_changed_in_check_mode_too(platform, options, words):
    run_module(MODULE, args(platform))

    for check in (True, False):
        assert words in fail_module(MODULE, args(platform, **options), check=check)


def test_a_check_run_on_an_empty_account_needs_nothing(aws):  # noqa: F811
    with recorded_calls() as calls:
        done = run_module(MODULE, args({"groups": ["blue", "green"], "rules": ["one", "two"]}), check=True)

    assert changes(done) == {("create", "service", NAME)}
    assert writes(calls) == []


def test_names_what_does_not_exist(platform):
    network = {"awsvpcConfiguration": {"subnets": ["app-z"], "securityGroups": ["app"]}}

    assert "subnet app-z does not exist" in fail_module(MODULE, args(platform, network_configuration=network))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"deployment_configuration": {"strategie": "ROLLING"}}, "did you mean strategy?"),
        ({"deployment_configuration": {"strategy": "GREEN"}}, "strategy is one of ROLLING"),
        ({"load_balancers": [{"target_group": "x"}]}, "did you mean targetGroupArn?"),
        ({"capacity_provider_strategy": [{"capacityProvider": "FARGATE"}]}, "weight above 0"),
    ],
)
def test_refuses_before_any_call_what_ecs_would_refuse(options, words):
    with recorded_calls() as calls:
        message = fail_module(MODULE, {"region": REGION, "name": NAME, "cluster": CLUSTER, **options}, check=True)

    assert words in message
    assert calls == []


def test_a_lost_answer_makes_no_second_service(platform):
    platform["aws"].fault("reset", match={"operation": "CreateService"}, when="after")

    assert run_module(MODULE, args(platform))["deployment"]["status"] == "SUCCESSFUL"
    assert_settled(MODULE, args(platform))


def test_a_deployment_that_ecs_rolls_back_fails_with_ecss_reasons(platform):
    run_module(MODULE, args(platform))
    broken = definition({**platform, "digest": f"sha256:{'f' * 64}"}, "red")
    run_module("ecs_task_definition", broken)

    message = fail_module(MODULE, args(platform, 3))

    assert "The deployment of service app did not succeed: ROLLBACK" in message
    assert "CannotPullContainerError" in message
    assert described(platform)["taskDefinition"].endswith(f"{NAME}:1")
    assert_settled(MODULE, args(platform))


@pytest.mark.parametrize(("kind", "when"), [("throttle", "before"), ("error500", "after"), ("reset", "after")])
def test_each_operation_may_fail_once(platform, kind, when):
    """Nothing is lost, and nothing done twice."""
    platform["aws"].fault(kind, match={}, each_operation=True, when=when)

    revision = run_module("ecs_task_definition", definition(platform, "blue"))["task_definition"]
    done = run_module(MODULE, args(platform, int(revision.rpartition(":")[2])))

    platform["aws"].clear_faults()
    assert done["deployment"]["status"] == "SUCCESSFUL"
    assert revision == f"{NAME}:3"
    assert len(platform["ecs"].list_services(cluster=CLUSTER)["serviceArns"]) == 1
    assert_settled("ecs_task_definition", definition(platform, "blue"))
    assert_settled(MODULE, args(platform, 3))


def test_deletes_once_and_waits_for_the_tasks(platform):
    run_module(MODULE, args(platform))
    gone = {"region": REGION, "name": NAME, "cluster": CLUSTER, "state": "absent"}

    assert changes(assert_previewed(MODULE, gone)) == {("delete", "service", NAME)}
    assert_settled(MODULE, gone)
    assert platform["ecs"].list_tasks(cluster=CLUSTER, serviceName=NAME)["taskArns"] == []
    assert run_module(MODULE, args(platform))["deployment"]["status"] == "SUCCESSFUL"
