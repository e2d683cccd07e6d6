# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from tests.support.balancing import Network
from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.simulator import REGION

NAME = "monay-dev-admin-blue"
GROUP = {
    "name": NAME,
    "vpc": "monay-dev",
    "port": 3002,
    "deregistration_delay": 30,
    "health_check": {"path": "/api/health", "interval": 10},
}


def args(*groups, **extra):
    return {"region": REGION, "target_groups": list(groups) or [GROUP], "tags": {"Project": "monay"}, **extra}


@pytest.fixture
def elb(aws):  # noqa: F811
    Network(aws, zones="")
    return aws.client("elbv2")


def attributes(elb, name=NAME):
    (group,) = elb.describe_target_groups(Names=[name])["TargetGroups"]
    found = elb.describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])["Attributes"]
    return {each["Key"]: each["Value"] for each in found}


def test_creates_as_previewed_and_settles(elb):
    pair = (GROUP, {**GROUP, "name": "monay-dev-admin-green"})

    done = assert_previewed("alb_target_group", args(*pair))

    assert changes(done) == {("create", "target group", NAME), ("create", "target group", "monay-dev-admin-green")}
    (group,) = elb.describe_target_groups(Names=[NAME])["TargetGroups"]
    assert (group["Protocol"], group["Port"], group["TargetType"]) == ("HTTP", 3002, "ip")
    assert (group["HealthCheckPath"], group["HealthCheckIntervalSeconds"]) == ("/api/health", 10)
    assert attributes(elb)["deregistration_delay.timeout_seconds"] == "30"
    (described,) = elb.describe_tags(ResourceArns=[group["TargetGroupArn"]])["TagDescriptions"]
    assert described["Tags"] == [{"Key": "Project", "Value": "monay"}]
    assert_settled("alb_target_group", args(*pair))


def test_a_check_run_needs_no_vpc(aws):  # noqa: F811
    assert changes(run_module("alb_target_group", args(), check=True)) == {("create", "target group", NAME)}


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        pytest.param({"health_check": {"path": "/", "interval": 10}}, ["health_check"], id="path"),
        pytest.param({"health_check": {"path": "/api/health"}}, ["health_check"], id="interval back to default"),
        pytest.param({"health_check": {**GROUP["health_check"], "codes": "200-299"}}, ["health_check"], id="codes"),
        pytest.param({"health_check": {**GROUP["health_check"], "port": "9000"}}, ["health_check"], id="port"),
        pytest.param({"deregistration_delay": 300}, ["attributes"], id="delay back to default"),
        pytest.param({"slow_start": 30}, ["attributes"], id="slow start"),
        pytest.param({"algorithm": "least_outstanding_requests"}, ["attributes"], id="algorithm"),
        pytest.param({"algorithm": "weighted_random", "anomaly_mitigation": True}, ["attributes"], id="anomaly"),
        pytest.param({"cross_zone": False}, ["attributes"], id="cross zone"),
        pytest.param({"stickiness": {"duration": 60}}, ["attributes"], id="stickiness"),
        pytest.param({"stickiness": {"type": "app_cookie", "cookie": "sid"}}, ["attributes"], id="own cookie"),
        pytest.param({"tags": {"Owner": "us"}}, ["tags"], id="tag"),
    ],
)
def test_changes_one_field_and_back(elb, change, fields):
    run_module("alb_target_group", args())

    done = assert_previewed("alb_target_group", args({**GROUP, **change}))

    assert [each["fields"] for each in done["changes"]] == [fields]
    assert_settled("alb_target_group", args({**GROUP, **change}))
    assert [each["fields"] for each in assert_previewed("alb_target_group", args())["changes"]] == [fields]
    assert_settled("alb_target_group", args())


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"port": 3003}, "port", id="port"),
        pytest.param({"protocol": "HTTPS"}, "protocol", id="protocol"),
        pytest.param({"protocol_version": "HTTP2"}, "protocol_version", id="version"),
        pytest.param({"target_type": "instance"}, "target_type", id="type"),
        pytest.param({"vpc": "other"}, "vpc", id="VPC"),
    ],
)
def test_refuses_what_aws_cannot_change(elb, change, field):
    run_module("alb_target_group", args())

    message = fail_module("alb_target_group", args({**GROUP, **change}), check=True)

    assert f"target group {NAME}: {field} cannot be changed" in message
    assert "another name" in message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"name": "x" * 33}, "32 characters and has 33", id="long name"),
        pytest.param({"slow_start": 30, "algorithm": "weighted_random"}, "round_robin only", id="slow start"),
        pytest.param({"anomaly_mitigation": True}, "weighted_random only", id="anomaly"),
        pytest.param({"stickiness": {"type": "app_cookie"}}, "needs its name", id="cookie"),
        pytest.param({"health_check": {"interval": 5}}, "must be shorter than its interval", id="timeout"),
        pytest.param({"health_check": {"path": "health"}}, "begins with /", id="path"),
        pytest.param({"port": None}, "needs port", id="no port"),
    ],
)
def test_refuses_before_the_first_call(change, words):
    assert words in fail_module("alb_target_group", args({**GROUP, **change}), check=True)


def test_says_that_the_vpc_is_missing(aws):  # noqa: F811
    assert "VPC monay-dev does not exist" in fail_module("alb_target_group", args())


def test_deletes_once(elb):
    run_module("alb_target_group", args())

    absent = args({"name": NAME}, state="absent")
    assert changes(assert_previewed("alb_target_group", absent)) == {("delete", "target group", NAME)}
    assert_settled("alb_target_group", absent)
