# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.ecs_verify import (
    definition_findings,
    health_path_findings,
    key_findings,
    keys_of,
    lets_in,
    port_findings,
    secrets,
    trusts,
)

ARN = "arn:aws:secretsmanager:us-east-1:111111111111:secret:app-AbCdEf"
APP = {"name": "app", "image": "app:1", "portMappings": [{"containerPort": 3001}]}
AGENT = {"name": "agent", "image": "agent:7", "essential": False}


LOGS = {"awslogs-group": "/app", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app"}


def definition(*containers, **extra):
    return {
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "containerDefinitions": list(containers or (APP, AGENT)),
        **extra,
    }


def told(findings):
    return [(each.about, each.message) for each in findings]


def test_finds_nothing_wrong_with_a_usual_task():
    assert told(definition_findings(definition())) == []
    assert told(port_findings(definition(), "app", 3001)) == []


@pytest.mark.parametrize(
    ("values", "about", "words"),
    [
        (definition(memory="4096"), "size", "with 256 CPU units Fargate takes 512, 1024, 2048 MiB"),
        (definition({**APP, "memory": 1024}), "size", "the containers reserve 1024 MiB, the task has 512"),
        (
            definition({**APP, "memory": 128, "memoryReservation": 256}),
            "size",
            "memoryReservation is above memory (128)",
        ),
        (definition(AGENT), "containers", "at least one container must be essential"),
        (definition(APP, APP), "containers", "2 containers are called app"),
        (definition({**APP, "name": "a b"}), "containers", "letters, digits, - and _, got 'a b'"),
        (definition({"name": "app"}), "image", "container app has no image"),
        (
            definition({**APP, "dependsOn": [{"containerName": "x", "condition": "START"}]}),
            "containers",
            "container app waits for x, which is no container",
        ),
        (
            definition({**APP, "mountPoints": [{"sourceVolume": "x"}]}),
            "containers",
            "container app mounts x, which is no volume",
        ),
        (
            definition(
                {**APP, "logConfiguration": {"logDriver": "awslogs", "options": {**LOGS, "awslogs-group": "a b"}}}
            ),
            "log_group",
            "got 'a b'",
        ),
        (
            definition({**APP, "logConfiguration": {"logDriver": "awslogs", "options": {}}}),
            "log_group",
            "the log driver awslogs needs awslogs-group, awslogs-region, awslogs-stream-prefix",
        ),
    ],
)
def test_says_what_could_not_run(values, about, words):
    (found,) = told(definition_findings(values))

    assert found[0] == about
    assert words in found[1]


@pytest.mark.parametrize(
    ("values", "container", "port", "words"),
    [
        (definition(), "web", 3001, "asks container web, the task has app, agent"),
        (definition(), "app", 3002, "asks container app on 3002, its ports are: 3001"),
        (definition({**APP, "portMappings": []}), "app", 3001, "its ports are: none"),
        (definition(APP, {**AGENT, "portMappings": APP["portMappings"]}), "app", 3001, "share one address"),
    ],
)
def test_says_which_ports_do_not_match(values, container, port, words):
    (found,) = told(port_findings(values, container, port))

    assert found[0] == "port"
    assert words in found[1]


@pytest.mark.parametrize(
    ("path", "right"), [("/", True), ("/api/health?deep=1", True), ("health", False), ("/a b", False)]
)
def test_the_form_of_a_health_path(path, right):
    assert (told(health_path_findings(path)) == []) is right


def test_secrets_are_found_wherever_containers_are_given_them():
    log = {"logDriver": "splunk", "secretOptions": [{"name": "token", "valueFrom": ARN}]}
    given = [
        {"name": "KEY", "valueFrom": f"{ARN}:KEY::"},
        {"name": "SAME", "valueFrom": f"{ARN}:KEY::"},
        {"name": "PARAMETER", "valueFrom": "arn:aws:ssm:us-east-1:111111111111:parameter/x"},
        {"name": "SHOWN", "valueFrom": "(secret app:KEY)"},
    ]

    assert secrets(definition({**APP, "secrets": given, "logConfiguration": log})) == [(ARN, "KEY"), (ARN, "")]


def test_keys_are_told_and_values_are_not():
    (found,) = told(key_findings("app", ["A", "C", ""], keys_of('{"A": "hidden", "B": "hidden"}')))
    assert found == ("secrets", "secret app has no key C; its keys are: A, B")
    assert told(key_findings("app", [""], keys_of("plain"))) == []
    assert "holds no JSON" in told(key_findings("app", ["A"], keys_of("plain")))[0][1]
    assert keys_of("[1]") is None


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({"IpProtocol": "tcp", "FromPort": 3001, "ToPort": 3001}, True),
        ({"IpProtocol": "tcp", "FromPort": 3000, "ToPort": 4000}, True),
        ({"IpProtocol": "-1"}, True),
        ({"IpProtocol": "udp", "FromPort": 3001, "ToPort": 3001}, False),
        ({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80}, False),
    ],
)
def test_a_rule_lets_in_on_a_port(rule, expected):
    assert lets_in([{"IpPermissions": [rule]}], 3001) is expected


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ({"Service": "ecs-tasks.amazonaws.com"}, True),
        ({"Service": ["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]}, True),
        ({"Service": "ecs.amazonaws.com"}, False),
        ({"AWS": "*"}, False),
        ("*", False),
    ],
)
def test_who_may_assume_a_role(principal, expected):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}

    assert trusts({"Statement": [statement]}, "ecs-tasks.amazonaws.com") is expected
    assert not trusts({"Statement": [{**statement, "Effect": "Deny"}]}, "ecs-tasks.amazonaws.com")
