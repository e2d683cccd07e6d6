# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module against the simulator: previewed, made, settled, changed, deleted, refused."""

from __future__ import annotations

import copy

import pytest

from tests.support.data_tier import point_at
from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module
from tests.support.monitoring import make_load_balancer
from tests.support.simulator import ACCOUNT, REGION, Simulator

MODULE = "cloudwatch_alarm"
CPU = {
    "name": "monay-dev-admin-cpu-high",
    "description": "Busy",
    "metric": {
        "namespace": "AWS/ECS",
        "name": "CPUUtilization",
        "dimensions": {"ClusterName": "monay-dev", "ServiceName": "monay-dev-admin"},
        "statistic": "Average",
        "period": 60,
    },
    "comparison": "GreaterThanThreshold",
    "threshold": 80,
    "evaluation_periods": 5,
    "datapoints_to_alarm": 3,
    "alarm_actions": ["monay-dev-alarms"],
}
ERRORS = {
    "name": "monay-dev-admin-api-errors",
    "metrics": [
        {
            "id": "errors",
            "return_data": False,
            "metric": {
                "namespace": "AWS/ApplicationELB",
                "name": "HTTPCode_Target_5XX_Count",
                "dimensions": {"LoadBalancer": "monay-dev", "TargetGroup": "monay-dev-admin-blue"},
                "statistic": "Sum",
            },
        },
        {"id": "rate", "expression": "FILL(errors, 0) / 10", "label": "errors"},
    ],
    "comparison": "GreaterThanThreshold",
    "threshold": 1,
    "treat_missing_data": "notBreaching",
}
APPLICATION = {
    "name": "monay-dev-admin",
    "rule": 'ALARM("monay-dev-admin-cpu-high") OR ALARM("monay-dev-admin-api-errors")',
    "alarm_actions": ["monay-dev-alarms"],
    "ok_actions": ["monay-dev-alarms"],
}


@pytest.fixture(scope="module")
def running():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running, monkeypatch):
    running.reset()
    point_at(running, monkeypatch)
    return running


@pytest.fixture
def ready(simulator):
    """An account with what the alarms watch and tell."""
    simulator.client("sns").create_topic(Name="monay-dev-alarms")
    make_load_balancer(simulator, "monay-dev", ["monay-dev-admin-blue"])
    return simulator


def args(alarms=(CPU, ERRORS), composites=(APPLICATION,), **extra):
    return {
        "region": REGION,
        "alarms": copy.deepcopy(list(alarms)),
        "composite_alarms": copy.deepcopy(list(composites)),
        "tags": {"Project": "monay"},
        **extra,
    }


def edited(alarm, path, value):
    """The alarm with another value at a path such as `metric.period`; None takes the key away."""
    found = copy.deepcopy(alarm)
    *above, last = path.split(".")
    place = found
    for key in above:
        place = place[int(key) if key.isdigit() else key]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return found


def test_creates_as_previewed_and_settles(ready):
    done = assert_previewed(MODULE, args())

    assert changes(done) == {
        ("create", "alarm", CPU["name"]),
        ("create", "alarm", ERRORS["name"]),
        ("create", "composite alarm", APPLICATION["name"]),
    }
    answer = ready.client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    alarms = {each["AlarmName"]: each for each in answer["MetricAlarms"]}
    assert alarms[CPU["name"]]["AlarmActions"] == [f"arn:aws:sns:{REGION}:{ACCOUNT}:monay-dev-alarms"]
    dimensions = alarms[ERRORS["name"]]["Metrics"][0]["MetricStat"]["Metric"]["Dimensions"]
    assert {each["Name"]: each["Value"].split("/")[0] for each in dimensions} == {
        "LoadBalancer": "app",
        "TargetGroup": "targetgroup",
    }
    assert answer["CompositeAlarms"][0]["AlarmRule"] == APPLICATION["rule"]
    arn = done["resources"]["composite alarm"]["monay-dev-admin"]["arn"]
    assert ready.client("cloudwatch").list_tags_for_resource(ResourceARN=arn)["Tags"] == [
        {"Key": "Project", "Value": "monay"}
    ]
    assert_settled(MODULE, args())


def test_previews_on_an_empty_account(simulator):
    preview = run_module(MODULE, args(), check=True)

    assert len(preview["changes"]) == 3
    assert "monay-dev-admin-blue" in str(preview["diff"])
    assert simulator.calls(mutating=True) == []


EDITS = [
    (CPU, "description", "Very busy", ["description"]),
    (CPU, "description", None, ["description"]),
    (CPU, "threshold", 90, ["threshold"]),
    (CPU, "comparison", "GreaterThanOrEqualToThreshold", ["comparison"]),
    (CPU, "evaluation_periods", 6, ["evaluation_periods"]),
    (CPU, "datapoints_to_alarm", None, ["datapoints_to_alarm"]),
    (CPU, "treat_missing_data", "breaching", ["treat_missing_data"]),
    (CPU, "actions_enabled", False, ["actions_enabled"]),
    (CPU, "alarm_actions", None, ["alarm_actions"]),
    (CPU, "ok_actions", ["monay-dev-alarms"], ["ok_actions"]),
    (CPU, "insufficient_data_actions", ["monay-dev-alarms"], ["insufficient_data_actions"]),
    (CPU, "metric.statistic", "Maximum", ["metric"]),
    (CPU, "metric.statistic", "p95", ["metric"]),
    (CPU, "metric.period", 300, ["metric"]),
    (CPU, "metric.unit", "Percent", ["metric"]),
    (CPU, "metric.dimensions.ServiceName", None, ["metric"]),
    (CPU, "tags", {"Owner": "us"}, ["tags"]),
    (ERRORS, "metrics.0.metric.statistic", "Maximum", ["metrics"]),
    (ERRORS, "metrics.0.metric.dimensions.TargetGroup", None, ["metrics"]),
    (ERRORS, "metrics.1.expression", "FILL(errors, 0) / 20", ["metrics"]),
    (ERRORS, "metrics.1.label", None, ["metrics"]),
    (ERRORS, "treat_missing_data", None, ["treat_missing_data"]),
]


def test_notices_a_change_of_any_field(ready):
    """All at once: an alarm for each change."""
    before = [{**alarm, "name": f"alarm-{number}"} for number, (alarm, *_rest) in enumerate(EDITS)]
    run_module(MODULE, args(before, []))
    after = [edited(alarm, path, value) for alarm, (_alarm, path, value, _fields) in zip(before, EDITS, strict=True)]

    done = assert_previewed(MODULE, args(after, []))

    found = {each["name"]: each["fields"] for each in done["changes"]}
    assert found == {f"alarm-{number}": fields for number, (*_rest, fields) in enumerate(EDITS)}
    assert_settled(MODULE, args(after, []))


@pytest.mark.parametrize(
    ("path", "value", "fields"),
    [
        ("rule", 'ALARM("monay-dev-admin-cpu-high")', ["rule"]),
        ("description", "The admin", ["description"]),
        ("ok_actions", None, ["ok_actions"]),
        ("actions_enabled", False, ["actions_enabled"]),
    ],
)
def test_changes_one_field_of_a_composite_alarm(ready, path, value, fields):
    run_module(MODULE, args())
    change = args(composites=[edited(APPLICATION, path, value)])

    done = assert_previewed(MODULE, change)

    assert [each["fields"] for each in done["changes"]] == [fields]
    assert_settled(MODULE, change)


def test_what_aws_fills_in_is_no_change(ready):
    plain = {key: CPU[key] for key in ("name", "comparison", "threshold")}
    plain["metric"] = {key: CPU["metric"][key] for key in ("namespace", "name", "dimensions")}
    run_module(MODULE, args([plain], []))

    said = {**plain, "treat_missing_data": "missing", "evaluation_periods": 1, "datapoints_to_alarm": 1}
    assert_settled(MODULE, args([{**said, "metric": CPU["metric"]}], []))


def test_order_and_blanks_have_no_meaning(ready):
    run_module(MODULE, args())

    turned = copy.deepcopy(ERRORS)
    turned["metrics"].reverse()
    turned["metrics"][0]["expression"] = " FILL(errors,  0) / 10 ".replace("  ", " ")
    spaced = {**APPLICATION, "rule": APPLICATION["rule"].replace(" OR ", "\n  OR ")}
    assert_settled(MODULE, args([turned, CPU], [spaced]))


def test_an_alarm_from_elsewhere_keeps_what_is_wanted_of_it(ready):
    """Set by hand: actions switched off, another threshold."""
    run_module(MODULE, args())
    ready.client("cloudwatch").disable_alarm_actions(AlarmNames=[CPU["name"]])

    done = run_module(MODULE, args())

    assert [(each["name"], each["fields"]) for each in done["changes"]] == [(CPU["name"], ["actions_enabled"])]


def test_follows_a_load_balancer_that_was_replaced(ready):
    """Same name, another suffix: the alarm would see nothing any more."""
    run_module(MODULE, args([ERRORS], []))
    elb = ready.client("elbv2")
    old = elb.describe_load_balancers(Names=["monay-dev"])["LoadBalancers"][0]
    elb.delete_load_balancer(LoadBalancerArn=old["LoadBalancerArn"])
    subnets = [zone["SubnetId"] for zone in old["AvailabilityZones"]]
    elb.create_load_balancer(Name="monay-dev", Subnets=subnets)

    done = assert_previewed(MODULE, args([ERRORS], []))

    assert [each["fields"] for each in done["changes"]] == [["metrics"]]
    assert_settled(MODULE, args([ERRORS], []))


def test_deletes_what_is_absent_and_once(ready):
    run_module(MODULE, args())

    fewer = args([CPU], [{**APPLICATION, "rule": 'ALARM("monay-dev-admin-cpu-high")'}], absent=[ERRORS["name"], "none"])
    done = assert_previewed(MODULE, fewer)
    assert ("delete", "alarm", ERRORS["name"]) in changes(done)
    assert_settled(MODULE, fewer)

    gone = args(state="absent")
    assert changes(assert_previewed(MODULE, gone)) == {
        ("delete", "alarm", CPU["name"]),
        ("delete", "composite alarm", APPLICATION["name"]),
    }
    assert_settled(MODULE, gone)


def test_continues_after_a_lost_answer(ready):
    ready.fault("timeout", match={"operation": "PutMetricAlarm"}, when="after", seconds=0.1)

    run_module(MODULE, args())

    ready.clear_faults()
    assert_settled(MODULE, args())


def test_few_calls_when_there_is_nothing_to_do(ready):
    run_module(MODULE, args())
    ready.clear_calls()

    run_module(MODULE, args())

    # two lists of alarms, the tags of three, load balancers and target groups
    assert len(ready.calls()) == 7


@pytest.mark.parametrize(
    ("alarm", "message"),
    [
        (edited(CPU, "metric", None), "give either metric or metrics"),
        (edited(CPU, "threshold", None), "give either threshold or threshold_metric"),
        (edited(CPU, "comparison", None), "comparison is needed"),
        (edited(ERRORS, "metrics.1.expression", None), "rate must have either an expression or a metric"),
        (edited(CPU, "alarm_actions", ["nobody"]), "SNS topic nobody does not exist"),
        (
            edited(ERRORS, "metrics.0.metric.dimensions.LoadBalancer", "other"),
            "load balancer other does not exist in this account",
        ),
        (edited(ERRORS, "metrics.1.expression", "errors +"), "Cannot create alarm monay-dev-admin-api-errors"),
    ],
)
def test_refuses_readably(ready, alarm, message):
    assert message in fail_module(MODULE, args([alarm], []))
