# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudWatch alarms in canonical form, from the module's options and from AWS's answers, and back. Pure.

Targets are names here: `translate(dimension, value)` turns the value of a dimension into a name, or a name into what
CloudWatch wants, and `topic` does the same for the address of an action.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .plan import PlanRefused, State

Translate = Callable[[str, str], str]
Topic = Callable[[str], str]

ACTIONS = {
    "alarm_actions": "AlarmActions",
    "ok_actions": "OKActions",
    "insufficient_data_actions": "InsufficientDataActions",
}
STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
# What AWS takes for what is not said (CloudWatch API reference, PutMetricAlarm).
MISSING, LOW_SAMPLES = "missing", "evaluate"


def wanted_alarm(item: Mapping[str, Any]) -> State:
    """One metric alarm of the options. Raises PlanRefused for what AWS would refuse."""
    name, single, several = item["name"], item.get("metric"), item.get("metrics")
    if bool(single) == bool(several):
        raise PlanRefused(f"alarm {name}: give either metric or metrics")
    if item.get("comparison") is None or item.get("evaluation_periods", 1) < 1:
        raise PlanRefused(f"alarm {name}: comparison is needed, and evaluation_periods must be at least 1")
    if (item.get("threshold") is None) == (not item.get("threshold_metric")):
        raise PlanRefused(f"alarm {name}: give either threshold or threshold_metric")
    periods = item.get("evaluation_periods") or 1
    return {
        **_wanted_common(item),
        "metric": _wanted_metric(single) if single else {},
        "metrics": sorted((_wanted_query(name, each) for each in several or ()), key=_by_id),
        "comparison": item["comparison"],
        "threshold": None if item.get("threshold") is None else float(item["threshold"]),
        "threshold_metric": item.get("threshold_metric") or "",
        "evaluation_periods": periods,
        "datapoints_to_alarm": item.get("datapoints_to_alarm") or periods,
        "treat_missing_data": item.get("treat_missing_data") or MISSING,
        "low_samples": item.get("low_samples") or LOW_SAMPLES,
    }


def wanted_composite(item: Mapping[str, Any]) -> State:
    """One composite alarm of the options. Raises PlanRefused for one without a rule."""
    if not item.get("rule"):
        raise PlanRefused(f"composite alarm {item['name']}: a rule is needed")
    return {**_wanted_common(item), "rule": " ".join(item["rule"].split())}


def observed_alarm(data: Mapping[str, Any], translate: Translate, topic: Topic) -> State:
    """A member of DescribeAlarms' MetricAlarms."""
    several = data.get("Metrics") or ()
    return {
        **_observed_common(data, topic),
        "metric": {} if several else _observed_metric(data, _statistic(data), translate),
        "metrics": sorted((_observed_query(each, translate) for each in several), key=_by_id),
        "comparison": data["ComparisonOperator"],
        "threshold": data.get("Threshold"),
        "threshold_metric": data.get("ThresholdMetricId", ""),
        "evaluation_periods": data["EvaluationPeriods"],
        "datapoints_to_alarm": data.get("DatapointsToAlarm", data["EvaluationPeriods"]),
        "treat_missing_data": data.get("TreatMissingData", MISSING),
        "low_samples": data.get("EvaluateLowSampleCountPercentile", LOW_SAMPLES),
    }


def observed_composite(data: Mapping[str, Any], topic: Topic) -> State:
    """A member of DescribeAlarms' CompositeAlarms."""
    return {**_observed_common(data, topic), "rule": " ".join(data["AlarmRule"].split())}


def alarm_parameters(name: str, state: Mapping[str, Any], translate: Translate, topic: Topic) -> State:
    """What PutMetricAlarm takes, which replaces all that the alarm was."""
    watched: State = {"Metrics": [_query_parameters(each, translate) for each in state["metrics"]]}
    if state["metric"]:
        metric = state["metric"]
        exact = {"Statistic" if metric["statistic"] in STATISTICS else "ExtendedStatistic": metric["statistic"]}
        watched = {**_metric_parameters(metric, translate), **exact, "Period": metric["period"], **_unit(metric)}
    if state.get("threshold_metric"):
        watched["ThresholdMetricId"] = state["threshold_metric"]
    elif state.get("threshold") is not None:
        watched["Threshold"] = state["threshold"]
    if state["metric"] and state["metric"]["statistic"] not in STATISTICS:
        watched["EvaluateLowSampleCountPercentile"] = state["low_samples"]
    return {
        **_common_parameters(name, state, topic),
        **watched,
        "ComparisonOperator": state["comparison"],
        "EvaluationPeriods": state["evaluation_periods"],
        "DatapointsToAlarm": state["datapoints_to_alarm"],
        "TreatMissingData": state["treat_missing_data"],
    }


def composite_parameters(name: str, state: Mapping[str, Any], topic: Topic) -> State:
    """What PutCompositeAlarm takes."""
    return {**_common_parameters(name, state, topic), "AlarmRule": state["rule"]}


def _wanted_common(item: Mapping[str, Any]) -> State:
    enabled = item.get("actions_enabled")
    return {
        "description": item.get("description") or "",
        "actions_enabled": True if enabled is None else enabled,
        **{key: sorted(set(item.get(key) or ())) for key in ACTIONS},
    }


def _observed_common(data: Mapping[str, Any], topic: Topic) -> State:
    return {
        "description": data.get("AlarmDescription", ""),
        "actions_enabled": data.get("ActionsEnabled", True),
        **{key: sorted(map(topic, data.get(member) or ())) for key, member in ACTIONS.items()},
    }


def _common_parameters(name: str, state: Mapping[str, Any], topic: Topic) -> State:
    return {
        "AlarmName": name,
        "AlarmDescription": state["description"],
        "ActionsEnabled": state["actions_enabled"],
        **{member: [topic(each) for each in state[key]] for key, member in ACTIONS.items()},
    }


def _wanted_metric(metric: Mapping[str, Any]) -> State:
    dimensions = {key: str(value) for key, value in (metric.get("dimensions") or {}).items()}
    return {
        "namespace": metric["namespace"],
        "name": metric["name"],
        "dimensions": dimensions,
        "statistic": metric.get("statistic") or "Average",
        "period": metric.get("period") or 60,
        "unit": metric.get("unit") or "",
    }


def _observed_metric(data: Mapping[str, Any], statistic: Mapping[str, Any], translate: Translate) -> State:
    return {
        "namespace": data.get("Namespace", ""),
        "name": data["MetricName"],
        "dimensions": {each["Name"]: translate(each["Name"], each["Value"]) for each in data.get("Dimensions") or ()},
        **statistic,
    }


def _statistic(data: Mapping[str, Any]) -> State:
    """How an alarm of one metric looks at it; a MetricStat has its statistic under another name."""
    chosen = data.get("Stat") or data.get("Statistic") or data.get("ExtendedStatistic", "")
    return {"statistic": chosen, "period": data["Period"], "unit": data.get("Unit", "")}


def _wanted_query(alarm: str, item: Mapping[str, Any]) -> State:
    if bool(item.get("expression")) == bool(item.get("metric")):
        raise PlanRefused(f"alarm {alarm}: {item['id']} must have either an expression or a metric")
    returned = item.get("return_data")
    return {
        "id": item["id"],
        "expression": " ".join((item.get("expression") or "").split()),
        "label": item.get("label") or "",
        "return_data": True if returned is None else returned,
        "period": item.get("period") or 0,
        "metric": _wanted_metric(item["metric"]) if item.get("metric") else {},
    }


def _observed_query(data: Mapping[str, Any], translate: Translate) -> State:
    stat = data.get("MetricStat")
    return {
        "id": data["Id"],
        "expression": " ".join(data.get("Expression", "").split()),
        "label": data.get("Label", ""),
        "return_data": data.get("ReturnData", True),
        "period": data.get("Period", 0),
        "metric": _observed_metric(stat["Metric"], _statistic(stat), translate) if stat else {},
    }


def _query_parameters(query: Mapping[str, Any], translate: Translate) -> State:
    parameters: State = {"Id": query["id"], "ReturnData": query["return_data"]}
    metric = query["metric"]
    if metric:
        statistic = {"Period": metric["period"], "Stat": metric["statistic"], **_unit(metric)}
        parameters["MetricStat"] = {"Metric": _metric_parameters(metric, translate), **statistic}
    said = {"Expression": query["expression"], "Label": query["label"], "Period": query["period"]}
    return {**parameters, **{key: value for key, value in said.items() if value}}


def _metric_parameters(metric: Mapping[str, Any], translate: Translate) -> State:
    pairs: Iterable[tuple[str, str]] = sorted(metric["dimensions"].items())
    return {
        "Namespace": metric["namespace"],
        "MetricName": metric["name"],
        "Dimensions": [{"Name": key, "Value": translate(key, value)} for key, value in pairs],
    }


def _unit(metric: Mapping[str, Any]) -> State:
    return {"Unit": metric["unit"]} if metric["unit"] else {}


def _by_id(query: Mapping[str, Any]) -> str:
    return str(query["id"])
