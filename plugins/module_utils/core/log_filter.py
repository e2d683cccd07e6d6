# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Metric filters and subscription filters of log groups in canonical form. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .plan import PlanRefused, State

SEPARATOR = " in "


def key(log_group: str, name: str) -> str:
    """The name of a filter among those of all groups; neither part can have a blank in AWS's group names."""
    return f"{name}{SEPARATOR}{log_group}"


def parts(key_: str) -> tuple[str, str]:
    """Log group and name of a filter."""
    name, _separator, group = key_.rpartition(SEPARATOR)
    return group, name


def wanted_metric_filter(item: Mapping[str, Any]) -> State:
    """A metric filter of the options. Raises PlanRefused for what AWS would refuse."""
    if item.get("pattern") is None or not item.get("metric") or not item.get("namespace"):
        raise PlanRefused(f"metric filter {item['name']}: pattern, namespace and metric are needed")
    dimensions, default = item.get("dimensions") or {}, item.get("default_value")
    if dimensions and default is not None:
        raise PlanRefused(f"metric filter {item['name']}: dimensions and default_value exclude each other")
    return {
        "pattern": item["pattern"],
        "namespace": item["namespace"],
        "metric": item["metric"],
        "value": str(item.get("value") or "1"),
        "default_value": [] if default is None else [float(default)],
        "unit": item.get("unit") or "None",
        "dimensions": {name: str(value) for name, value in dimensions.items()},
    }


def observed_metric_filter(data: Mapping[str, Any]) -> State:
    """A member of DescribeMetricFilters' metricFilters."""
    transformation = data["metricTransformations"][0]
    default = transformation.get("defaultValue")
    return {
        "pattern": data.get("filterPattern", ""),
        "namespace": transformation["metricNamespace"],
        "metric": transformation["metricName"],
        "value": transformation["metricValue"],
        "default_value": [] if default is None else [float(default)],
        "unit": transformation.get("unit", "None"),
        "dimensions": dict(transformation.get("dimensions") or {}),
    }


def transformation_of(state: Mapping[str, Any]) -> State:
    """What PutMetricFilter takes as its one metric transformation."""
    found = {
        "metricNamespace": state["namespace"],
        "metricName": state["metric"],
        "metricValue": state["value"],
        "unit": state["unit"],
    }
    if state["default_value"]:
        found["defaultValue"] = state["default_value"][0]
    if state["dimensions"]:
        found["dimensions"] = state["dimensions"]
    return found
