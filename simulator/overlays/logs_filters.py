# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudWatch Logs: metric filters that count, and subscription filters that forward. moto does neither by pattern."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers, guards
from simulator.watching.metrics import put_metric
from simulator.watching.patterns import MISSING, PatternError, matcher, select, selector

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.world import World

MOST_METRIC_FILTERS, MOST_SUBSCRIPTIONS = 100, 2
PAGE = 50


@dataclass
class MetricFilters:
    """By log group and name, as DescribeMetricFilters shows them."""

    by_group: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)


def _check_group(context: Context) -> str:
    name = str(context.parameters["logGroupName"])
    if name not in context.backend().groups:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    return name


def _check_pattern(context: Context) -> None:
    try:
        matcher(context.parameters["filterPattern"])
    except PatternError as error:
        if "not simulated" in str(error):
            raise AwsError("NotImplemented", str(error), 501) from error
        raise AwsError("InvalidParameterException", f"Invalid filter pattern: {error}") from error


@answers("logs", "PutMetricFilter")
def put_metric_filter(context: Context) -> dict[str, Any]:
    group = _check_group(context)
    _check_pattern(context)
    parameters = context.parameters
    transformations = parameters["metricTransformations"]
    if len(transformations) != 1:
        raise AwsError("InvalidParameterException", "A metric filter has exactly one metric transformation")
    if transformations[0].get("dimensions") and "defaultValue" in transformations[0]:
        message = "Invalid metric transformation: dimensions and default value are mutually exclusive properties."
        raise AwsError("InvalidParameterException", message)
    filters = context.store(MetricFilters).by_group.setdefault(group, {})
    if len(filters) >= MOST_METRIC_FILTERS and parameters["filterName"] not in filters:
        raise AwsError("LimitExceededException", "Resource limit exceeded.")
    created = filters.get(parameters["filterName"], {}).get("creationTime", int(time.time() * 1000))
    filters[parameters["filterName"]] = {
        "filterName": parameters["filterName"],
        "filterPattern": parameters["filterPattern"],
        "metricTransformations": transformations,
        "creationTime": created,
        "logGroupName": group,
        "applyOnTransformedLogs": parameters.get("applyOnTransformedLogs", False),
    }
    return {}


@answers("logs", "DescribeMetricFilters")
def describe_metric_filters(context: Context) -> dict[str, Any]:
    parameters, known = context.parameters, context.store(MetricFilters).by_group
    groups = [_check_group(context)] if "logGroupName" in parameters else sorted(known)
    prefix, metric = parameters.get("filterNamePrefix", ""), parameters.get("metricName")
    found = [
        one
        for group in groups
        for name, one in sorted(known.get(group, {}).items())
        if name.startswith(prefix) and metric in (None, one["metricTransformations"][0]["metricName"])
    ]
    return _page(found, parameters, "metricFilters")


def _page(found: list[dict[str, Any]], parameters: dict[str, Any], key: str) -> dict[str, Any]:
    begin, count = int(parameters.get("nextToken") or 0), parameters.get("limit", PAGE)
    answer: dict[str, Any] = {key: found[begin : begin + count]}
    if begin + count < len(found):
        answer["nextToken"] = str(begin + count)
    return answer


@answers("logs", "DeleteMetricFilter")
def delete_metric_filter(context: Context) -> dict[str, Any]:
    filters = context.store(MetricFilters).by_group.get(_check_group(context), {})
    if filters.pop(context.parameters["filterName"], None) is None:
        raise AwsError("ResourceNotFoundException", "The specified metric filter does not exist.")
    return {}


@answers("logs", "PutSubscriptionFilter")
def put_subscription_filter(context: Context) -> dict[str, Any]:
    """Destinations are checked by moto: functions and streams must exist."""
    group = context.backend().groups[_check_group(context)]
    _check_pattern(context)
    name, known = context.parameters["filterName"], group.subscription_filters
    if len(known) >= MOST_SUBSCRIPTIONS and name not in known:
        raise AwsError("LimitExceededException", "Resource limit exceeded.")
    if ":firehose:" in context.parameters["destinationArn"] and not context.parameters.get("roleArn"):
        raise AwsError("InvalidParameterException", "destinationArn for vendor firehose requires a roleArn")
    # moto takes no second change once there are two
    existing = known.pop(name, None)
    try:
        context.moto()
    except AwsError:
        if existing is not None:
            known[name] = existing
        raise
    known[name].distribution = context.parameters.get("distribution", "ByLogStream")
    return {}


@answers("logs", "DescribeSubscriptionFilters")
def describe_subscription_filters(context: Context) -> dict[str, Any]:
    group = context.backend().groups[_check_group(context)]
    prefix = context.parameters.get("filterNamePrefix", "")
    found = [
        {
            "filterName": one.name,
            "logGroupName": group.name,
            "filterPattern": one.filter_pattern,
            "destinationArn": one.destination_arn,
            **({"roleArn": one.role_arn} if one.role_arn else {}),
            "distribution": one.distribution,
            "applyOnTransformedLogs": False,
            "creationTime": int(one.creation_time.timestamp() * 1000),
        }
        for name, one in sorted(group.subscription_filters.items())
        if name.startswith(prefix)
    ]
    return _page(found, context.parameters, "subscriptionFilters")


@guards("logs", "DeleteLogGroup")
def forget_filters(context: Context) -> None:
    """The filters of a group go with it, unless it stays because it is protected or does not exist."""
    name = context.parameters["logGroupName"]
    if name in context.backend().groups:
        context.store(MetricFilters).by_group.pop(name, None)


@answers("logs", "PutLogEvents")
def put_log_events(context: Context) -> dict[str, Any]:
    """Keep the events, count those that match, and forward to Firehose. Functions are not called."""
    group = context.backend().groups.get(context.parameters["logGroupName"])
    subscriptions, stream = {}, None
    if group is not None:
        subscriptions, group.subscription_filters = group.subscription_filters, {}
        stream = group.streams.get(context.parameters["logStreamName"])
    try:
        answer = context.moto()
    finally:
        if group is not None:
            group.subscription_filters = subscriptions
    events = context.parameters["logEvents"]
    if stream is not None:
        _forward(stream, subscriptions.values(), events)
    count_matches(context.world, context.account, context.region, context.parameters["logGroupName"], events)
    return answer


def _forward(stream: Any, subscriptions: Iterable[Any], events: list[dict[str, Any]]) -> None:
    kept = stream.events[-len(events) :]
    for subscription in subscriptions:
        matches = matcher(subscription.filter_pattern)
        chosen = [
            {"id": event.event_id, "timestamp": event.timestamp, "message": event.message}
            for event in kept
            if matches(event.message)
        ]
        if chosen and ":firehose:" in subscription.destination_arn:
            stream._send_log_events("firehose", subscription.destination_arn, subscription.name, chosen)


def count_matches(world: World, account: str, region: str, group: str, events: list[dict[str, Any]]) -> None:
    """Put the metrics of a group's filters for events (`timestamp` in milliseconds, `message`).

    For whoever writes events without a call of PutLogEvents; the caller holds `world.lock`.
    """
    for one in world.store(MetricFilters, account, region).by_group.get(group, {}).values():
        (transformation,) = one["metricTransformations"]
        matches = matcher(one["filterPattern"])
        where = world, account, region, transformation["metricNamespace"], transformation["metricName"]
        unit = transformation.get("unit", "None")
        counted = [event for event in events if matches(event["message"])]
        for event in counted:
            value = _value(transformation["metricValue"], event["message"])
            if value is not None:
                dimensions = _dimensions(transformation.get("dimensions", {}), event["message"])
                put_metric(*where, dimensions, value, unit, event["timestamp"] / 1000)
        if events and not counted and "defaultValue" in transformation:
            put_metric(*where, {}, float(transformation["defaultValue"]), unit, events[-1]["timestamp"] / 1000)


def _value(text: str, message: str) -> float | None:
    """A number, or the number at a selector."""
    path = selector(text)
    found = text if path is None else _selected(message, path)
    try:
        return float(found)
    except (TypeError, ValueError):
        return None


def _dimensions(selectors: dict[str, str], message: str) -> dict[str, str]:
    found = {name: _selected(message, selector(text) or []) for name, text in selectors.items()}
    return {name: str(value) for name, value in found.items() if value is not MISSING}


def _selected(message: str, path: list[tuple[str, str]]) -> Any:
    try:
        return select(json.loads(message), path)
    except ValueError:
        return MISSING
