# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.ecs_service import (
    complete_deployment,
    deployment_configuration,
    observed_values,
    service_state,
    stale_groups,
    starts_deployment,
    update_arguments,
    with_names,
)
from ansible_collections.monay.platform.plugins.module_utils.core.ecs_service_problems import problems

BLUE = "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/admin-blue/0123456789abcdef"
GREEN = "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/admin-green/0123456789abcdef"
AGAIN = "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/admin-blue/ffffffffffffffff"
ROLE = "arn:aws:iam::111111111111:role/monay/dev/monay-dev-ecs-infrastructure"


def balancer(blue=BLUE, **advanced):
    return {"targetGroupArn": blue, "containerName": "admin", "containerPort": 3002, "advancedConfiguration": advanced}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param({}, {"strategy": "ROLLING", "maximumPercent": 200, "minimumHealthyPercent": 100}, id="rolling"),
        pytest.param({"strategy": "BLUE_GREEN"}, {"bakeTimeInMinutes": 0}, id="blue/green"),
        pytest.param(
            {"strategy": "CANARY", "canaryConfiguration": {"canaryPercent": 20}},
            {"canaryConfiguration": {"canaryPercent": 20, "canaryBakeTimeInMinutes": 10}},
            id="canary",
        ),
        pytest.param(
            {"strategy": "LINEAR"},
            {"linearConfiguration": {"stepPercent": 10, "stepBakeTimeInMinutes": 6}},
            id="linear",
        ),
    ],
)
def test_each_strategy_has_its_defaults(said, expected):
    found = deployment_configuration({"deploymentConfiguration": said})

    assert {key: found[key] for key in expected} == expected


def test_daemons_replace_before_they_start():
    found = deployment_configuration({"schedulingStrategy": "DAEMON"})

    assert (found["maximumPercent"], found["minimumHealthyPercent"]) == (100, 0)


def test_hooks_are_always_sent_and_an_idle_bake_time_only_where_it_means_something():
    assert "bakeTimeInMinutes" not in complete_deployment({})
    assert complete_deployment({"deploymentConfiguration": {"strategy": "BLUE_GREEN"}})["bakeTimeInMinutes"] == 0
    assert complete_deployment({})["lifecycleHooks"] == []


def test_what_starts_a_deployment_goes_with_the_whole_deployment_configuration():
    sending = {"taskDefinition": "admin:2", "deploymentConfiguration": {"strategy": "BLUE_GREEN"}}

    found = update_arguments(service_state(sending), sending, {"taskDefinition", "tags"})

    assert found["taskDefinition"] == "admin:2"
    assert found["deploymentConfiguration"] == {
        "strategy": "BLUE_GREEN",
        "bakeTimeInMinutes": 0,
        "lifecycleHooks": [],
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
    }
    assert starts_deployment({"taskDefinition"})
    assert not starts_deployment({"tags", "enableExecuteCommand"})


def test_another_capacity_is_told_with_force():
    sending = {"capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]}

    found = update_arguments(service_state(sending), sending, {"capacityProviderStrategy"})

    assert found["forceNewDeployment"] is True
    assert "forceNewDeployment" not in update_arguments(service_state(sending), sending, {"taskDefinition"})


@pytest.mark.parametrize(
    ("field", "emptied"),
    [
        ("loadBalancers", []),
        ("serviceConnectConfiguration", {"enabled": False}),
        ("enableExecuteCommand", False),
        ("propagateTags", "NONE"),
        ("healthCheckGracePeriodSeconds", 0),
    ],
)
def test_what_is_no_longer_said_is_emptied(field, emptied):
    assert update_arguments(service_state({}), {}, {field})[field] == emptied


def test_what_aws_chooses_is_left_alone_where_nothing_is_said():
    state = service_state({})

    left = {name for name, value in state.items() if value is None}
    assert left == {
        "availabilityZoneRebalancing",
        "capacityProviderStrategy",
        "desiredCount",
        "launchType",
        "role",
        "taskDefinition",
    }


def test_both_sides_speak_of_names():
    advanced = {"alternateTargetGroupArn": GREEN, "productionListenerRule": "arn:rule", "roleArn": ROLE}
    network = {"awsvpcConfiguration": {"subnets": ["subnet-2", "subnet-1"], "securityGroups": ["sg-1"]}}
    observed = service_state({"loadBalancers": [balancer(**advanced)], "networkConfiguration": network})
    by_name = {**advanced, "alternateTargetGroupArn": "admin-green", "roleArn": "monay-dev-ecs-infrastructure"}
    named = {"awsvpcConfiguration": {"subnets": ["app-a", "app-b"], "securityGroups": ["admin"]}}
    wanted = service_state({"loadBalancers": [balancer("admin-blue", **by_name)], "networkConfiguration": named})

    names = {"subnet-1": "app-a", "subnet-2": "app-b", "sg-1": "admin"}
    assert with_names(observed, names) == with_names(wanted, {})


def test_a_target_group_that_was_made_again_is_another():
    wanted, observed = {"loadBalancers": [balancer(BLUE)]}, {"loadBalancers": [balancer(AGAIN)]}

    stale = stale_groups(wanted, observed)

    assert stale == {AGAIN}
    assert with_names(service_state(observed), {}, stale) != with_names(service_state(wanted), {})


def test_what_stands_in_the_primary_deployment_is_of_the_service():
    deployments = [{"status": "ACTIVE"}, {"status": "PRIMARY", "serviceConnectConfiguration": {"enabled": True}}]

    found = observed_values({"deployments": deployments, "roleArn": ROLE})

    assert found["serviceConnectConfiguration"] == {"enabled": True}
    assert found["role"] == ROLE


@pytest.mark.parametrize(
    ("values", "words"),
    [
        pytest.param({"deploymentConfiguration": {"strategy": "GREEN"}}, "strategy is one of ROLLING", id="strategy"),
        pytest.param(
            {"deploymentConfiguration": {"bakeTimeInMinutes": 1441}}, "bakeTimeInMinutes is 0 to 1440", id="bake time"
        ),
        pytest.param(
            {"deploymentConfiguration": {"canaryConfiguration": {"canaryPercent": 5}}},
            "canaryConfiguration is for the strategy CANARY, not for ROLLING",
            id="part of another strategy",
        ),
        pytest.param(
            {"deploymentConfiguration": {"maximumPercent": 100}}, "cannot replace a task", id="no room to deploy"
        ),
        pytest.param(
            {"deploymentConfiguration": {"strategy": "BLUE_GREEN"}, "loadBalancers": [balancer()]},
            "loadBalancers[0] needs advancedConfiguration.alternateTargetGroupArn",
            id="no second target group",
        ),
        pytest.param(
            {"launchType": "FARGATE", "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1}]},
            "not both",
            id="two capacities",
        ),
        pytest.param({"capacityProviderStrategy": [{"capacityProvider": "FARGATE"}]}, "weight above 0", id="no weight"),
        pytest.param(
            {
                "capacityProviderStrategy": [
                    {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
                    {"capacityProvider": "FARGATE_SPOT", "base": 1},
                ]
            },
            "only one capacity provider",
            id="two bases",
        ),
    ],
)
def test_says_what_ecs_would_refuse(values, words):
    assert any(words in problem for problem in problems(values)), problems(values)


def test_finds_nothing_wrong_with_a_usual_service():
    advanced = {"alternateTargetGroupArn": GREEN, "productionListenerRule": "arn:rule", "roleArn": ROLE}
    values = {
        "deploymentConfiguration": {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5},
        "loadBalancers": [balancer(**advanced)],
        "capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 1, "base": 1}],
    }

    assert problems(values) == []
