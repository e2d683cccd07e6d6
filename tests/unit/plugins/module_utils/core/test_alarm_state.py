# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The canonical form of alarms: what is written is read back as it was wanted, whatever it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.alarm_state import (
    alarm_parameters,
    composite_parameters,
    observed_alarm,
    observed_composite,
    wanted_alarm,
    wanted_composite,
)
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused

NAMES = st.text(alphabet="abcdefgh", min_size=1, max_size=6)
OWNER = "arn:aws:cloudwatch:eu-west-1:111111111111:alarm:a"


def to_id(dimension, name):
    return f"{dimension}/{name}"


def to_name(dimension, value):
    return value.removeprefix(f"{dimension}/")


def to_arn(topic):
    return f"arn:{topic}"


def to_topic(arn):
    return arn.removeprefix("arn:")


METRICS = st.fixed_dictionaries(
    {"namespace": NAMES, "name": NAMES},
    optional={
        "dimensions": st.dictionaries(NAMES, NAMES, max_size=3),
        "statistic": st.sampled_from(["Sum", "Average", "Maximum", "SampleCount", "p95", "p99.9"]),
        "period": st.sampled_from([60, 300, None]),
        "unit": st.sampled_from(["Count", "", None]),
    },
)
COMMON = {
    "description": st.sampled_from(["", "text", None]),
    "actions_enabled": st.sampled_from([True, False, None]),
    "alarm_actions": st.lists(NAMES, max_size=3),
    "ok_actions": st.sampled_from([["b", "a", "b"], None]),
}
QUERIES = st.lists(
    st.fixed_dictionaries(
        {"id": NAMES, "metric": METRICS}, optional={"label": NAMES, "return_data": st.sampled_from([True, False, None])}
    ),
    min_size=1,
    max_size=4,
    unique_by=lambda query: query["id"],
).map(lambda queries: [*queries, {"id": "zz", "expression": " SUM(METRICS())  *  2 ", "period": 60}])
REST = {
    "name": st.just("a"),
    "comparison": st.sampled_from(["GreaterThanThreshold", "LessThanThreshold"]),
    "threshold": st.integers(-5, 5),
}
OPTIONAL = {
    **COMMON,
    "evaluation_periods": st.integers(1, 5),
    "datapoints_to_alarm": st.sampled_from([1, None]),
    "treat_missing_data": st.sampled_from(["missing", "ignore", "breaching", "notBreaching", None]),
}
ALARMS = st.one_of(
    st.fixed_dictionaries({**REST, "metric": METRICS}, optional=OPTIONAL),
    st.fixed_dictionaries({**REST, "metrics": QUERIES}, optional=OPTIONAL),
)


@given(ALARMS)
def test_an_alarm_is_read_back_as_it_was_wanted(item):
    wanted = wanted_alarm(item)
    written = alarm_parameters("a", wanted, to_id, to_arn)

    # as DescribeAlarms answers: everything that was put, and what AWS adds
    found = observed_alarm({**written, "AlarmArn": OWNER, "StateValue": "OK"}, to_name, to_topic)

    assert found == wanted


@given(ALARMS, st.randoms())
def test_order_has_no_meaning(item, random):
    turned = dict(item)
    for key in ("metrics", "alarm_actions"):
        if turned.get(key):
            turned[key] = random.sample(turned[key], len(turned[key]))
    assert wanted_alarm(turned) == wanted_alarm(item)


@given(
    st.fixed_dictionaries(
        {"name": st.just("a"), "rule": st.sampled_from(["ALARM(b)", " ALARM(b)\n OR OK(c) "])}, optional=COMMON
    )
)
def test_a_composite_alarm_is_read_back_as_it_was_wanted(item):
    wanted = wanted_composite(item)

    found = observed_composite({**composite_parameters("a", wanted, to_arn), "AlarmArn": OWNER}, to_topic)

    assert found == wanted


def test_what_aws_fills_in():
    """An alarm as AWS shows one that was put with no more than it needs."""
    shown = {
        "AlarmName": "a",
        "AlarmArn": OWNER,
        "ActionsEnabled": True,
        "OKActions": [],
        "AlarmActions": [],
        "InsufficientDataActions": [],
        "MetricName": "m",
        "Namespace": "n",
        "Statistic": "Average",
        "Dimensions": [],
        "Period": 60,
        "EvaluationPeriods": 2,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }
    said = {"name": "a", "metric": {"namespace": "n", "name": "m"}, "comparison": "GreaterThanThreshold"}
    assert observed_alarm(shown, to_name, to_topic) == wanted_alarm({**said, "threshold": 1, "evaluation_periods": 2})


def test_a_composite_alarm_needs_a_rule():
    with pytest.raises(PlanRefused, match="a rule is needed"):
        wanted_composite({"name": "a"})
