# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.rollout_strategy import (
    configuration,
    fingerprint,
    least_minutes,
    pause_of,
    shares,
    steps,
    strategy_problems,
    strategy_warnings,
)

OPTIONS = {
    "strategy": "BLUE_GREEN",
    "bake_minutes": 5,
    "canary_percent": 5.0,
    "canary_bake_minutes": 10,
    "step_percent": 10.0,
    "step_bake_minutes": 6,
    "pause_before": [],
    "gates": {},
    "pause_minutes": 1440,
    "pause_action": "ROLLBACK",
    "alarms": [],
    "deployment_configuration": {},
    "wait_until": "completed",
}


def sent(**options):
    return configuration({**OPTIONS, **options})


@pytest.mark.parametrize("strategy", ["ROLLING", "BLUE_GREEN", "CANARY", "LINEAR"])
def test_the_settings_are_complete_and_empty_what_is_not_wanted(strategy):
    found = sent(strategy=strategy)

    assert found["lifecycleHooks"] == []
    assert found["alarms"] == {"alarmNames": [], "enable": False, "rollback": False}
    assert found["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert {"maximumPercent", "minimumHealthyPercent", "strategy"} <= found.keys()
    assert ("bakeTimeInMinutes" in found) == (strategy != "ROLLING")
    assert ("canaryConfiguration" in found, "linearConfiguration" in found) == (
        strategy == "CANARY",
        strategy == "LINEAR",
    )


def test_settings_in_the_apis_spelling_win():
    breaker = {"enable": True, "rollback": True, "thresholdConfiguration": {"type": "COUNT", "value": 2}}

    assert sent(deployment_configuration={"deploymentCircuitBreaker": breaker})["deploymentCircuitBreaker"] == breaker


def test_pauses_stand_in_one_hook_in_the_order_of_the_stages():
    hooks = sent(pause_before=["bake", "tasks", "each_step", "test_traffic", "production_traffic"])["lifecycleHooks"]

    assert hooks == [
        {
            "targetType": "PAUSE",
            "lifecycleStages": [
                "PRE_SCALE_UP",
                "POST_SCALE_UP",
                "POST_TEST_TRAFFIC_SHIFT",
                "PRE_PRODUCTION_TRAFFIC_SHIFT",
                "POST_PRODUCTION_TRAFFIC_SHIFT",
            ],
            "timeoutConfiguration": {"timeoutInMinutes": 1440, "action": "ROLLBACK"},
        }
    ]


def test_shows_the_steps_of_a_canary_with_its_pause():
    canary = sent(strategy="CANARY", canary_percent=10, pause_before=["production_traffic"], pause_minutes=60)

    assert steps(canary, "app:1", "app:2") == [
        "start tasks of app:2 beside those of app:1",
        "lead the test traffic to app:2",
        "pause until somebody promotes or aborts; roll back after 60 min",
        "lead 10% of the production traffic to app:2, for 10 min",
        "lead 100% of the production traffic to app:2",
        "keep both for 5 min",
        "stop the tasks of app:1",
    ]
    assert least_minutes(canary) == 15


def test_shows_the_steps_of_the_other_strategies():
    assert len(steps(sent(strategy="ROLLING"), "app:1", "app:2")) == 1
    linear = steps(sent(strategy="LINEAR", step_percent=40, pause_before=["each_step"]), "app:1", "app:2")
    assert [each for each in linear if "production" in each] == [
        "lead 40% of the production traffic to app:2, for 6 min",
        "lead 80% of the production traffic to app:2, for 6 min",
        "lead 100% of the production traffic to app:2",
    ]
    assert len([each for each in linear if each.startswith("pause")]) == 3
    lambda_hook = {"hookTargetArn": "arn:fn", "roleArn": "arn:role", "lifecycleStages": ["POST_SCALE_UP"]}
    asked = steps(sent(deployment_configuration={"lifecycleHooks": [lambda_hook]}), "app:1", "app:2")
    assert "ask arn:fn" in asked


@given(st.floats(3, 100), st.integers(0, 1440))
def test_a_linear_rollout_ends_with_all_traffic_after_as_many_steps_as_documented(percent, minutes):
    found = shares(sent(strategy="LINEAR", step_percent=percent, step_bake_minutes=minutes))

    assert len(found) == math.ceil(100 / percent)
    assert found[-1] == (100.0, 0)
    assert [each for each, _minutes in found] == sorted(each for each, _minutes in found)


def test_a_fingerprint_is_of_what_is_deployed_and_how():
    one = fingerprint("arn:aws:ecs:us-east-1:1:task-definition/app:2", sent())

    assert one == fingerprint("app:2", sent())
    others = [sent(strategy="CANARY"), sent(bake_minutes=6), sent(pause_before=["bake"]), sent(alarms=["a"])]
    assert len({one, fingerprint("app:3", sent()), *(fingerprint("app:2", each) for each in others)}) == 6
    assert fingerprint("app:2", sent(alarms=["a", "b"])) == fingerprint("app:2", sent(alarms=["b", "a"]))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"strategy": "ROLLING", "wait_until": "stage"}, "a rolling deployment has no stages"),
        ({"strategy": "ROLLING", "wait_until": "paused"}, "a rolling deployment cannot pause"),
        ({"strategy": "ROLLING", "pause_before": ["bake"]}, "pause_before needs a strategy that shifts traffic"),
        ({"step_percent": 2}, "step_percent is 3 to 100, got 2"),
        ({"canary_percent": 0.05}, "canary_percent is 0.1 to 100, got 0.05"),
        ({"pause_minutes": 20161}, "pause_minutes is 1 to 20160"),
    ],
)
def test_refuses_what_cannot_be_had(options, words):
    every = {**OPTIONS, **options}

    assert any(words in each for each in strategy_problems(every, configuration(every)))
    assert strategy_problems(OPTIONS, sent()) == []


def test_warns_of_hooks_that_run_again_in_a_rollback():
    hook = {"hookTargetArn": "arn:fn", "roleArn": "r", "lifecycleStages": ["PRODUCTION_TRAFFIC_SHIFT"]}

    assert "also runs while ECS rolls back" in strategy_warnings({"lifecycleHooks": [hook, hook]})[0]
    assert strategy_warnings(sent(pause_before=["tasks", "each_step"])) == []


@pytest.mark.parametrize(
    ("stage", "pauses", "decided", "expected"),
    [
        ("PRE_SCALE_UP", ["tasks"], 0, "tasks"),
        ("POST_SCALE_UP", ["tasks", "test_traffic"], 1, "test_traffic"),
        ("POST_TEST_TRAFFIC_SHIFT", ["production_traffic"], 0, "production_traffic"),
        # What AWS shows where its enumeration has no value is not documented: the stage before, or the name.
        ("POST_TEST_TRAFFIC_SHIFT", ["each_step"], 0, "each_step"),
        ("POST_TEST_TRAFFIC_SHIFT", ["tasks", "each_step"], 1, "each_step"),
        ("POST_TEST_TRAFFIC_SHIFT", ["production_traffic", "each_step"], 0, "production_traffic"),
        ("POST_TEST_TRAFFIC_SHIFT", ["production_traffic", "each_step"], 1, "each_step"),
        ("POST_TEST_TRAFFIC_SHIFT", ["tasks", "production_traffic", "each_step", "bake"], 1, "production_traffic"),
        ("POST_TEST_TRAFFIC_SHIFT", ["tasks", "production_traffic", "each_step", "bake"], 2, "each_step"),
        ("PRODUCTION_TRAFFIC_SHIFT", ["production_traffic", "each_step"], 2, "each_step"),
        ("PRE_PRODUCTION_TRAFFIC_SHIFT", ["each_step"], 0, "each_step"),
        ("POST_PRODUCTION_TRAFFIC_SHIFT", ["bake"], 0, "bake"),
        ("A_STAGE_OF_NEXT_YEAR", ["bake"], 0, ""),
    ],
)
def test_a_deployment_that_waits_says_at_which_pause(stage, pauses, decided, expected):
    assert pause_of(stage, sent(strategy="CANARY", pause_before=pauses), decided) == expected


def test_gates_bring_their_pauses():
    gates = {"bake": [{"kind": "smoke"}], "test_traffic": []}

    assert sent(gates=gates) == sent(pause_before=["bake"])
    (told,) = (line for line in steps(sent(gates=gates), "app:1", "app:2", gates) if "pause" in line)
    assert told.startswith("pause for gates: smoke, the API tests through the test listener. Roll back if one fails")
    assert told.endswith("go on if all pass; roll back after 1440 min")
    asked = steps(sent(gates=gates, pause_before=["bake"]), "app:1", "app:2", gates, ["bake"])
    assert any("wait until somebody promotes if all pass" in line for line in asked)


def test_problems_of_gates_are_problems_of_the_rollout():
    options = {**OPTIONS, "gates": {"tasks": [{"kind": "smoke"}]}}

    assert strategy_problems(options, configuration(options)) == [
        "gates: there are none before tasks; known: test_traffic, production_traffic, each_step, bake"
    ]
