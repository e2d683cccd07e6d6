# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Alarms change their states as AWS's do, tell whom they should, and refuse what AWS refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from simulator.watching.alarms import ALARM, INSUFFICIENT, OK, decide
from tests.support.monitoring import Minutes

# CloudWatch user guide, "How alarm state is evaluated when data is missing": X breaches, 0 does not, - is missing.
THREE_OF_THREE = {
    "0 - X - X": (OK, OK, OK, OK),
    "- - - - 0": (OK, OK, OK, OK),
    "- - - - -": (INSUFFICIENT, None, ALARM, OK),
    "0 X X - X": (ALARM, ALARM, ALARM, ALARM),
    "- - X - -": (ALARM, None, ALARM, OK),
}
TWO_OF_THREE = {
    "0 - X - X": (ALARM, ALARM, ALARM, ALARM),
    "0 0 X 0 X": (ALARM, ALARM, ALARM, ALARM),
    "0 - X - -": (OK, OK, ALARM, OK),
    "- - - - 0": (OK, OK, ALARM, OK),
    "- - - X -": (ALARM, None, ALARM, OK),
}
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
LIMIT: dict[str, Any] = {"Threshold": 10, "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 3}
METRIC = {"namespace": "shop", "name": "Orders"}
SINGLE = {"Namespace": "shop", "MetricName": "Orders", "Statistic": "Sum", "Period": 60}


@pytest.mark.parametrize(
    ("points", "to_alarm", "expected"),
    [(points, 3, row) for points, row in THREE_OF_THREE.items()]
    + [(points, 2, row) for points, row in TWO_OF_THREE.items()],
)
def test_missing_data_as_the_user_guide_has_it(points, to_alarm, expected):
    read = [{"X": True, "0": False, "-": None}[point] for point in points.split()]
    assert tuple(decide(read, 3, to_alarm, treatment) for treatment in TREATMENTS) == expected


@pytest.fixture
def cloudwatch(aws):
    return aws("cloudwatch")


def state(cloudwatch: Any, name: str) -> str:
    answer = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    return str((answer["MetricAlarms"] + answer["CompositeAlarms"])[0]["StateValue"])


def test_a_new_alarm_knows_nothing(cloudwatch):
    cloudwatch.put_metric_alarm(AlarmName="orders", **SINGLE, **LIMIT)

    assert state(cloudwatch, "orders") == INSUFFICIENT


def test_much_data_at_once_is_packed_by_clients(cloudwatch):
    data = [{"MetricName": f"Orders-{number}-{'x' * 200}", "Value": 1.0} for number in range(100)]

    cloudwatch.put_metric_data(Namespace="shop", MetricData=data)

    assert len(cloudwatch.list_metrics(Namespace="shop")["Metrics"]) == 100


def test_comes_and_goes_with_the_data(cloudwatch, simulator):
    cloudwatch.put_metric_alarm(AlarmName="orders", **SINGLE, **LIMIT)
    Minutes(simulator).put(METRIC, [11, 11, 11])
    assert state(cloudwatch, "orders") == ALARM
    Minutes(simulator).put(METRIC, [0, 0, -5])

    assert state(cloudwatch, "orders") == OK
    history = cloudwatch.describe_alarm_history(HistoryItemType="StateUpdate", ScanBy="TimestampAscending")
    assert [item["HistorySummary"] for item in history["AlarmHistoryItems"]] == [
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        "Alarm updated from ALARM to OK",
    ]


def test_a_state_that_was_set_holds_until_there_is_news(cloudwatch, simulator):
    cloudwatch.put_metric_alarm(AlarmName="orders", **SINGLE, **LIMIT)
    Minutes(simulator).put(METRIC, [0, 0, 0])
    cloudwatch.set_alarm_state(AlarmName="orders", StateValue="ALARM", StateReason="by hand")
    assert state(cloudwatch, "orders") == ALARM

    Minutes(simulator).put(METRIC, [0, 0, 1])

    assert state(cloudwatch, "orders") == OK


def test_a_composite_alarm_follows_its_rule(cloudwatch):
    for name in ("one", "two"):
        cloudwatch.put_metric_alarm(AlarmName=name, **{**SINGLE, "MetricName": name}, **LIMIT)
    cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule='ALARM("one") AND NOT (OK(two) OR FALSE)')
    cloudwatch.put_composite_alarm(AlarmName="above", AlarmRule="ALARM(both)")
    assert state(cloudwatch, "above") == OK

    cloudwatch.set_alarm_state(AlarmName="one", StateValue="ALARM", StateReason="by hand")
    assert (state(cloudwatch, "both"), state(cloudwatch, "above")) == (ALARM, ALARM)
    cloudwatch.set_alarm_state(AlarmName="two", StateValue="OK", StateReason="by hand")
    assert (state(cloudwatch, "both"), state(cloudwatch, "above")) == (OK, OK)


def test_only_metric_alarms_are_listed_unless_somebody_asks(cloudwatch):
    cloudwatch.put_metric_alarm(AlarmName="one", **SINGLE, **LIMIT)
    cloudwatch.put_composite_alarm(AlarmName="above", AlarmRule="ALARM(one)")

    assert cloudwatch.describe_alarms()["CompositeAlarms"] == []
    assert len(cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]) == 1


def test_pages(cloudwatch):
    for number in range(5):
        cloudwatch.put_metric_alarm(AlarmName=f"a{number}", **SINGLE, **LIMIT)

    pages = cloudwatch.get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 2})

    assert [alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]] == ["a0", "a1", "a2", "a3", "a4"]


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({}, True),
        ({"KmsMasterKeyId": "alias/aws/sns"}, False),
        ({"Policy": '{"Version": "2012-10-17", "Statement": []}'}, False),
    ],
)
def test_tells_a_topic_that_lets_it_in(aws, simulator, attributes, told):
    cloudwatch, sns, sqs = aws("cloudwatch"), aws("sns"), aws("sqs")
    topic = sns.create_topic(Name="alarms", Attributes=attributes)["TopicArn"]
    queue = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    cloudwatch.put_metric_alarm(AlarmName="orders", **SINGLE, **LIMIT, AlarmActions=[topic])

    cloudwatch.set_alarm_state(AlarmName="orders", StateValue="ALARM", StateReason="by hand")

    messages = sqs.receive_message(QueueUrl=queue).get("Messages", [])
    assert len(messages) == (1 if told else 0)
    if told:
        assert json.loads(json.loads(messages[0]["Body"])["Message"])["NewStateValue"] == "ALARM"
    (item,) = cloudwatch.describe_alarm_history(HistoryItemType="Action")["AlarmHistoryItems"]
    assert item["HistorySummary"].startswith("Successfully" if told else "Failed")


def test_log_lines_become_metrics(aws):
    logs, cloudwatch = aws("logs"), aws("cloudwatch")
    logs.create_log_group(logGroupName="/shop")
    logs.create_log_stream(logGroupName="/shop", logStreamName="one")
    for name, pattern, value in (
        ("errors", '{ $.level = "error" && $.code >= 500 }', "1"),
        ("words", "?ERROR ?Failed -ignored", "1"),
        ("times", "{ $.ms = * }", "$.ms"),
    ):
        transformation = {"metricName": name, "metricNamespace": "shop", "metricValue": value}
        logs.put_metric_filter(
            logGroupName="/shop", filterName=name, filterPattern=pattern, metricTransformations=[transformation]
        )
    Minutes.wait()
    lines = [
        '{"level": "error", "code": 500}',
        '{"level": "error", "code": 404}',
        '{"level": "info", "ms": "7"}',
        "an ERROR here",
        "Failed there",
        "ERROR ignored",
    ]
    now = Minutes.now()
    events = [{"timestamp": int(now * 1000), "message": line} for line in lines]
    logs.put_log_events(logGroupName="/shop", logStreamName="one", logEvents=events)

    sums = {}
    for name in ("errors", "words", "times"):
        points = cloudwatch.get_metric_statistics(
            Namespace="shop", MetricName=name, Period=60, Statistics=["Sum"], StartTime=now - 60, EndTime=now + 60
        )["Datapoints"]
        sums[name] = sum(point["Sum"] for point in points)
    assert sums == {"errors": 1, "words": 2, "times": 7}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Period": 45}, "ValidationError"),
        ({"Statistic": None}, "ValidationError"),
        ({"ExtendedStatistic": "p95"}, "ValidationError"),
        ({"Threshold": None}, "ValidationError"),
        ({"DatapointsToAlarm": 4}, "ValidationError"),
        ({"EvaluationPeriods": 1441}, "ValidationError"),
        ({"AlarmActions": ["alarms"]}, "ValidationError"),
        ({"TreatMissingData": "never"}, "ValidationError"),
        ({"ThresholdMetricId": "band"}, "NotImplemented"),
    ],
)
def test_refuses_alarms_that_aws_refuses(cloudwatch, changes, code):
    asked = {key: value for key, value in {**SINGLE, **LIMIT, **changes}.items() if value is not None}

    with pytest.raises(ClientError) as refused:
        cloudwatch.put_metric_alarm(AlarmName="orders", **asked)

    assert refused.value.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("m1 +", "ValidationError"),
        ("m2", "ValidationError"),
        ("e1 + m1", "ValidationError"),
        ("EXP(m1)", "ValidationError"),
        ("ANOMALY_DETECTION_BAND(m1, 2)", "NotImplemented"),
    ],
)
def test_refuses_expressions_that_aws_refuses(cloudwatch, expression, code):
    stat = {"Metric": {"Namespace": "shop", "MetricName": "Orders"}, "Period": 60, "Stat": "Sum"}
    queries = [{"Id": "m1", "MetricStat": stat, "ReturnData": False}, {"Id": "e1", "Expression": expression}]

    with pytest.raises(ClientError) as refused:
        cloudwatch.put_metric_alarm(AlarmName="orders", Metrics=queries, **LIMIT)

    assert refused.value.response["Error"]["Code"] == code


def test_what_a_composite_alarm_asks_stays(cloudwatch):
    cloudwatch.put_metric_alarm(AlarmName="one", **SINGLE, **LIMIT)
    cloudwatch.put_composite_alarm(AlarmName="above", AlarmRule="ALARM(one)")
    cloudwatch.put_composite_alarm(AlarmName="aside", AlarmRule="OK(one)")

    for names in (["one"], ["above", "aside"]):
        with pytest.raises(ClientError, match="ValidationError"):
            cloudwatch.delete_alarms(AlarmNames=names)
    with pytest.raises(ClientError, match="do not exist"):
        cloudwatch.put_composite_alarm(AlarmName="lost", AlarmRule="ALARM(nothing)")
    with pytest.raises(ClientError, match="invalid expressions"):
        cloudwatch.put_composite_alarm(AlarmName="lost", AlarmRule="ALARM(one) OR")
