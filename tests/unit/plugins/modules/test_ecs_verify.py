# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from tests.simulator.scenarios_ecs import make_platform
from tests.support.modules import ModuleFailedError, recorded_calls, run_module, writes
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.simulator import REGION

MODULE = "ecs_verify"
CONTAINER = {
    "name": "app",
    "image": {"repository": "monay/dev/admin", "tag": "1.0.0"},
    "portMappings": [{"containerPort": 3001}],
    "secrets": {"KEY": {"secret": "app", "key": "KEY"}},
    "logConfiguration": {
        "logDriver": "awslogs",
        "options": {"awslogs-group": "/app", "awslogs-region": REGION, "awslogs-stream-prefix": "app"},
    },
}
VARIABLES = {"image": "service_image_tag", "size": "service_memory", "secrets": "service_secrets"}


def args(container=None, **extra):
    options = {
        "region": REGION,
        "family": "app",
        "service": {"cluster": "main", "name": "app"},
        "requires_compatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "task_role": "task",
        "execution_role": "execution",
        "infrastructure_role": "infrastructure",
        "security_groups": ["app"],
        "load_balancer": {"container": "app", "port": 3001, "health_path": "/health"},
        "container_definitions": [{**CONTAINER, **(container or {})}],
        "variables": VARIABLES,
        **extra,
    }
    return {name: value for name, value in options.items() if value is not None}


@pytest.fixture
def platform(aws):  # noqa: F811
    made = make_platform(aws.client)
    rule = {"IpProtocol": "tcp", "FromPort": 3001, "ToPort": 3001, "IpRanges": [{"CidrIp": "10.10.0.0/16"}]}
    aws.client("ec2").authorize_security_group_ingress(GroupId=made["group"], IpPermissions=[rule])
    return aws


def problems(options, check=False):
    with recorded_calls() as calls, pytest.raises(ModuleFailedError) as caught:
        run_module(MODULE, options, check=check)
    assert writes(calls) == []
    return caught.value.result["problems"]


@pytest.mark.usefixtures("platform")
def test_finds_nothing_wrong_with_what_would_run():
    assert run_module(MODULE, args())["problems"] == []


WRONG = [
    ({"container": {"image": {"repository": "monay/dev/admin", "tag": "9"}}}, "image", "has no image 9"),
    ({"container": {"image": {"repository": "monay/dev/x", "tag": "1"}}}, "image", "monay/dev/x does not exist"),
    (
        {"container": {"secrets": {"K": {"secret": "app", "key": "OTHER"}}}},
        "secrets",
        "secret app has no key OTHER; its keys are: KEY",
    ),
    ({"container": {"secrets": {"K": {"secret": "nobody"}}}}, "secrets", "secret nobody does not exist"),
    (
        {"container": {"environment": {"H": {"database": "db", "attribute": "host"}}}},
        "containers",
        "database db does not exist",
    ),
    ({"task_role": "nobody"}, "task_role", "IAM role nobody does not exist"),
    ({"execution_role": "infrastructure"}, "execution_role", "does not let ecs-tasks.amazonaws.com assume it"),
    ({"infrastructure_role": "task"}, "infrastructure_role", "does not let ecs.amazonaws.com assume it"),
    (
        {
            "container": {"portMappings": [{"containerPort": 3002}]},
            "load_balancer": {"container": "app", "port": 3002},
        },
        "port",
        "lets the load balancer in on port 3002",
    ),
    ({"security_groups": ["nobody"]}, "port", "security group nobody does not exist"),
    ({"memory": "4096"}, "size", "with 256 CPU units Fargate takes 512, 1024, 2048 MiB"),
]


@pytest.mark.usefixtures("platform")
def test_says_what_is_wrong_with_the_variable(subtests):
    for options, about, words in WRONG:
        with subtests.test(words=words):
            (problem,) = problems(args(**options))

            assert problem["about"] == about
            assert problem["variable"] == VARIABLES.get(about, "")
            assert words in problem["message"]


@pytest.mark.usefixtures("aws")
def test_a_check_run_on_an_empty_account_finds_nothing():
    assert run_module(MODULE, args(), check=True)["problems"] == []


@pytest.mark.usefixtures("platform")
def test_a_missing_image_and_an_impossible_size_are_problems_in_check_mode_too():
    options = args({"image": {"repository": "monay/dev/admin", "tag": "9"}}, memory="4096")

    assert [each["about"] for each in problems(options, check=True)] == ["image", "size"]


def test_what_runs_already_is_not_looked_for_again(platform):
    options = args(execution_role="execution")
    shared = ("region", "family", "service", "requires_compatibilities", "cpu", "memory", "container_definitions")
    described = {name: options[name] for name in shared} | {"task_role_arn": "task", "execution_role_arn": "execution"}
    revision = run_module("ecs_task_definition", described)["task_definition"]
    network = {"awsvpcConfiguration": {"subnets": [], "securityGroups": []}}
    ec2, ecs = platform.client("ec2"), platform.client("ecs")
    network["awsvpcConfiguration"]["subnets"] = [
        each["SubnetId"] for each in ec2.describe_subnets()["Subnets"] if each["CidrBlock"].startswith("10.10.")
    ]
    ecs.create_service(
        cluster="main", serviceName="app", taskDefinition=revision, desiredCount=1, networkConfiguration=network
    )

    with recorded_calls() as calls:
        assert run_module(MODULE, options)["problems"] == []
    assert not {"secretsmanager:GetSecretValue", "iam:GetRole", "ec2:DescribeSecurityGroups"} & set(calls)

    with recorded_calls() as calls:
        run_module(MODULE, args(cpu="512", memory="1024"))
    assert {"secretsmanager:GetSecretValue", "iam:GetRole", "ec2:DescribeSecurityGroups"} <= set(calls)
