# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from tests.support.balancing import Balancer
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

NAME = "monay-dev-admin"
BLUE, GREEN, OTHER = "admin-blue", "admin-green", "admin-other"
RULE = {"name": NAME, "hosts": ["admin.dev.monay.example"], "forward": [BLUE, GREEN]}
TEST_RULE = {**RULE, "name": f"{NAME}-test", "port": 8443}


def args(*rules, **extra):
    wanted = list(rules) or [RULE]
    return {"region": REGION, "load_balancer": "monay-dev", "rules": wanted, "tags": {"Project": "monay"}, **extra}


@pytest.fixture
def balancer(aws):  # noqa: F811
    return Balancer(aws, groups=(BLUE, GREEN, OTHER))


def test_creates_as_previewed_and_settles(balancer):
    done = assert_previewed("alb_listener_rule", args(RULE, TEST_RULE))

    assert changes(done) == {("create", "listener rule", NAME), ("create", "listener rule", f"{NAME}-test")}
    assert balancer.weights() == balancer.weights(8443) == {BLUE: 1, GREEN: 0}
    (rule,) = balancer.rules()
    assert rule["Conditions"][0]["HostHeaderConfig"]["Values"] == ["admin.dev.monay.example"]
    assert_settled("alb_listener_rule", args(RULE, TEST_RULE))


def test_a_check_run_needs_no_load_balancer(aws):  # noqa: F811
    assert changes(run_module("alb_listener_rule", args(), check=True)) == {("create", "listener rule", NAME)}


def test_says_what_is_missing(balancer):
    assert "load balancer other does not exist" in fail_module("alb_listener_rule", args(load_balancer="other"))
    assert "has no listener on port 444" in fail_module("alb_listener_rule", args({**RULE, "port": 444}))
    assert "target group nope does not exist" in fail_module("alb_listener_rule", args({**RULE, "forward": ["nope"]}))


class TestWeights:
    def test_a_swap_is_never_a_change(self, balancer):
        run_module("alb_listener_rule", args())
        for weights in ({"blue": 0, "green": 1}, {"green": 1, "blue": 0}, {"blue": 90, "green": 10}):
            balancer.shift(**weights)
            assert_settled("alb_listener_rule", args())
            assert_settled("alb_listener_rule", args({**RULE, "forward": [GREEN, BLUE]}))

    def test_stay_when_something_else_changes(self, balancer):
        run_module("alb_listener_rule", args())
        balancer.shift(blue=25, green=75)

        for change in ({"hosts": ["a.example"]}, {"hosts": ["a.example"], "stickiness": 60}):
            assert_previewed("alb_listener_rule", args({**RULE, **change}))
            assert balancer.weights() == {BLUE: 25, GREEN: 75}
            assert_settled("alb_listener_rule", args({**RULE, **change}))

    def test_a_new_target_group_gets_none(self, balancer):
        run_module("alb_listener_rule", args())
        balancer.shift(blue=0, green=1)

        done = assert_previewed("alb_listener_rule", args({**RULE, "forward": [BLUE, GREEN, OTHER]}))

        assert done["changes"][0]["fields"] == ["action"]
        assert balancer.weights() == {BLUE: 0, GREEN: 1, OTHER: 0}

    def test_somebody_serves_when_the_one_that_did_is_taken_out(self, balancer):
        run_module("alb_listener_rule", args())

        run_module("alb_listener_rule", args({**RULE, "forward": [GREEN, OTHER]}))

        assert balancer.weights() == {GREEN: 1, OTHER: 0}

    def test_are_told(self, balancer):
        run_module("alb_listener_rule", args())
        balancer.shift(blue=0, green=1)

        rule = run_module("alb_listener_rule", args())["resources"]["listener rule"][NAME]
        assert rule["weights"] == {BLUE: 0, GREEN: 1}


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        pytest.param({"hosts": ["a.example", "b.example"]}, ["conditions"], id="hosts"),
        pytest.param({"paths": ["/api/*"]}, ["conditions"], id="paths"),
        pytest.param({"methods": ["get"]}, ["conditions"], id="methods"),
        pytest.param({"source_cidrs": ["10.0.0.1"]}, ["conditions"], id="sources"),
        pytest.param({"headers": [{"name": "X-Test", "values": ["1"]}]}, ["conditions"], id="headers"),
        pytest.param({"query": [{"key": "a", "value": "1"}, {"value": "x*"}]}, ["conditions"], id="query"),
        pytest.param({"stickiness": 120}, ["action"], id="stickiness"),
        pytest.param({"forward": None, "redirect": {"host": "new.example"}}, ["action"], id="redirect"),
        pytest.param({"forward": None, "fixed_response": {"code": 503, "body": "closed"}}, ["action"], id="fixed"),
        pytest.param({"priority": 7}, ["priority"], id="priority"),
        pytest.param({"tags": {"Owner": "us"}}, ["tags"], id="tag"),
    ],
)
def test_changes_one_field(balancer, change, fields):
    run_module("alb_listener_rule", args())

    done = assert_previewed("alb_listener_rule", args({**RULE, **change}))

    assert [each["fields"] for each in done["changes"]] == [fields]
    assert_settled("alb_listener_rule", args({**RULE, **change}))


class TestPriorities:
    def test_are_found_and_kept(self, balancer):
        run_module("alb_listener_rule", args())
        (before,) = balancer.rules()

        run_module("alb_listener_rule", args({**RULE, "paths": ["/x"]}))

        assert balancer.rules()[0]["Priority"] == before["Priority"]

    def test_a_path_of_a_host_is_asked_before_the_host(self, balancer):
        path = {**RULE, "name": "path", "paths": ["/x"]}
        done = run_module("alb_listener_rule", args(RULE, path))["resources"]["listener rule"]

        assert done["path"]["priority"] < done[NAME]["priority"]

    def test_a_place_that_is_taken_is_not_taken_twice(self, balancer):
        first = run_module("alb_listener_rule", args())["resources"]["listener rule"][NAME]["priority"]
        balancer.elb.add_tags(
            ResourceArns=[balancer.rules()[0]["RuleArn"]], Tags=[{"Key": "Name", "Value": "somebody else's"}]
        )

        again = run_module("alb_listener_rule", args())["resources"]["listener rule"][NAME]["priority"]

        assert again == first + 1

    def test_one_that_somebody_else_has_is_refused(self, balancer):
        run_module("alb_listener_rule", args({**RULE, "priority": 5}))

        message = fail_module("alb_listener_rule", args({**RULE, "name": "other", "priority": 5}))

        assert "has priority 5; choose another one" in message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"hosts": []}, "has no condition", id="no condition"),
        pytest.param({"hosts": list("abcdef")}, "AWS takes 5 values", id="too many values"),
        pytest.param({"forward": []}, "needs one of forward, redirect and fixed_response", id="no action"),
        pytest.param({"redirect": {"host": "x"}}, "got forward, redirect", id="two actions"),
    ],
)
def test_refuses_before_the_first_call(change, words):
    with recorded_calls() as calls:
        assert words in fail_module("alb_listener_rule", args({**RULE, **change}))
    assert writes(calls) == []


def test_two_rules_of_one_name_are_refused(balancer):
    run_module("alb_listener_rule", args())
    (rule,) = balancer.rules()
    run_module("alb_listener_rule", args({**RULE, "name": "twin"}))
    twin = next(each["RuleArn"] for each in balancer.rules() if each["RuleArn"] != rule["RuleArn"])
    balancer.elb.add_tags(ResourceArns=[twin], Tags=[{"Key": "Name", "Value": NAME}])

    assert "two rules on port 443" in fail_module("alb_listener_rule", args())


def test_deletes_once(balancer):
    run_module("alb_listener_rule", args(RULE, TEST_RULE))

    absent = args(RULE, TEST_RULE, state="absent")
    assert {each[0] for each in changes(assert_previewed("alb_listener_rule", absent))} == {"delete"}
    assert_settled("alb_listener_rule", absent)
    assert balancer.rules() == []
