# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudWatch metrics: putting them, and asking for statistics and metric math."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays.cloudwatch_states import look
from simulator.watching import queries
from simulator.watching.metrics import Key, Metrics, Sample, Series, key_of, put_metric

if TYPE_CHECKING:
    from collections.abc import Iterator

OLDEST_SECONDS, NEWEST_SECONDS = 14 * 86_400, 2 * 3_600
PAGE = 500
# Metrics that no data has come to for so long are not listed.
LISTED_SECONDS = 14 * 86_400


def _moment(value: datetime | float | None) -> float:
    if value is None:
        return time.time()
    return value.timestamp() if isinstance(value, datetime) else float(value)


@answers("cloudwatch", "PutMetricData")
def put_metric_data(context: Context) -> dict[str, Any]:
    parameters = context.parameters
    if "EntityMetricData" in parameters or not parameters.get("MetricData"):
        raise AwsError("MissingParameter", "The parameter MetricData is required.")
    if parameters["Namespace"].startswith(":"):
        raise AwsError("InvalidParameterValue", "The value for parameter Namespace is invalid.")
    for datum in parameters["MetricData"]:
        _check(datum)
    for datum in parameters["MetricData"]:
        _put(context, datum)
    look(context)
    return {}


def _check(datum: dict[str, Any]) -> None:
    given = [member for member in ("Value", "Values", "StatisticValues") if datum.get(member) is not None]
    if len(given) != 1:
        raise AwsError("InvalidParameterCombination", f"Exactly one of Value, Values and StatisticValues, not {given}")
    if len(datum.get("Counts") or datum.get("Values") or []) != len(datum.get("Values") or []):
        raise AwsError("InvalidParameterValue", "The parameters Values and Counts must be of the same size.")
    age = time.time() - _moment(datum.get("Timestamp"))
    if not -NEWEST_SECONDS <= age <= OLDEST_SECONDS:
        message = "The Timestamp must be within two weeks before and two hours after the current day"
        raise AwsError("InvalidParameterValue", message)


def _put(context: Context, datum: dict[str, Any]) -> None:
    dimensions = queries.dimensions_of(datum.get("Dimensions", []))
    namespace, name = context.parameters["Namespace"], datum["MetricName"]
    unit, at = datum.get("Unit", "None"), _moment(datum.get("Timestamp"))
    statistics = datum.get("StatisticValues")
    if statistics:
        low, high, total, count = (float(statistics[each]) for each in ("Minimum", "Maximum", "Sum", "SampleCount"))
        sample = Sample(at, unit, low, high, total, count, exact=False)
        context.store(Metrics).put(key_of(namespace, name, dimensions), sample)
        return
    values = datum.get("Values") or [datum["Value"]]
    for value, times in zip(values, datum.get("Counts") or [1] * len(values), strict=True):
        where = (context.world, context.account, context.region, namespace, name, dimensions)
        put_metric(*where, float(value), unit, at, float(times))


@answers("cloudwatch", "GetMetricData")
def get_metric_data(context: Context) -> dict[str, Any]:
    parameters = context.parameters
    wanted = parameters["MetricDataQueries"]
    start, end = _moment(parameters["StartTime"]), _moment(parameters["EndTime"])
    if start >= end:
        raise AwsError("ValidationError", "The parameter EndTime must be greater than StartTime.")
    queries.check(wanted)
    period = queries.period_of(wanted)
    window = queries.Window(start // period * period, end, period)
    found = queries.results(context.store(Metrics), wanted, window)
    newest_first = parameters.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    return {
        "MetricDataResults": [
            _result(query, series, newest_first)
            for query in wanted
            if query.get("ReturnData", True)
            for series in _several(found[query["Id"]])
        ],
        "Messages": [],
    }


def _several(value: Series | list[Series]) -> list[Series]:
    return value if isinstance(value, list) else [value]


def _result(query: dict[str, Any], series: Series, newest_first: bool) -> dict[str, Any]:
    label = query.get("Label") or query.get("MetricStat", {}).get("Metric", {}).get("MetricName") or query["Id"]
    moments = sorted(series, reverse=newest_first)
    return {
        "Id": query["Id"],
        "Label": label,
        "Timestamps": [datetime.fromtimestamp(at, UTC) for at in moments],
        "Values": [series[at] for at in moments],
        "StatusCode": "Complete",
    }


@answers("cloudwatch", "GetMetricStatistics")
def get_metric_statistics(context: Context) -> dict[str, Any]:
    parameters, metrics = context.parameters, context.store(Metrics)
    key = queries.key_of_metric(parameters)
    period = parameters["Period"]
    start, end = _moment(parameters["StartTime"]) // period * period, _moment(parameters["EndTime"])
    plain, extended = parameters.get("Statistics", []), parameters.get("ExtendedStatistics", [])
    if not plain and not extended:
        raise AwsError("MissingParameter", "Must specify either Statistics or ExtendedStatistics")
    unit = parameters.get("Unit", "")
    found = {stat: metrics.series(key, stat, period, start, end, unit) for stat in [*plain, *extended]}
    units = {sample.at // period * period: sample.unit for sample in metrics.samples.get(key, ())}
    points = [
        {
            "Timestamp": datetime.fromtimestamp(at, UTC),
            "Unit": units[at],
            **{stat: found[stat][at] for stat in plain if at in found[stat]},
            **({"ExtendedStatistics": {stat: found[stat][at] for stat in extended}} if extended else {}),
        }
        for at in sorted(set().union(*found.values()))
    ]
    return {"Label": parameters["MetricName"], "Datapoints": points}


@answers("cloudwatch", "ListMetrics")
def list_metrics(context: Context) -> dict[str, Any]:
    found = sorted(key for key in _living(context) if _fits(key, context.parameters))
    begin = int(context.parameters.get("NextToken") or 0)
    answer: dict[str, Any] = {
        "Metrics": [
            {
                "Namespace": namespace,
                "MetricName": name,
                "Dimensions": [{"Name": each, "Value": value} for each, value in dimensions],
            }
            for namespace, name, dimensions in found[begin : begin + PAGE]
        ]
    }
    if begin + PAGE < len(found):
        answer["NextToken"] = str(begin + PAGE)
    return answer


def _living(context: Context) -> Iterator[Key]:
    """The metrics of late: three hours where the caller says RecentlyActive=PT3H."""
    age = 3 * 3_600 if context.parameters.get("RecentlyActive") else LISTED_SECONDS
    for key, samples in context.store(Metrics).samples.items():
        if any(sample.at >= time.time() - age for sample in samples):
            yield key


def _fits(key: Key, parameters: dict[str, Any]) -> bool:
    namespace, name, dimensions = key
    known = dict(dimensions)
    return (
        parameters.get("Namespace", namespace) == namespace
        and parameters.get("MetricName", name) == name
        and all(
            each["Name"] in known and each.get("Value", known[each["Name"]]) == known[each["Name"]]
            for each in parameters.get("Dimensions", [])
        )
    )
