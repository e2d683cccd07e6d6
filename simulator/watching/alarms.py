# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The state of a metric alarm, decided from its datapoints as the CloudWatch user guide describes it.

"Configuring how CloudWatch alarms treat missing data" has the tables that `decide` reproduces.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.watching import queries
from simulator.watching.metrics import MINUTE, PERCENTILE, Key, Metrics, Series

if TYPE_CHECKING:
    from collections.abc import Sequence

# AWS looks a little further back than the evaluation periods, to make up for missing datapoints.
LOOK_BACK = 2
OK, ALARM, INSUFFICIENT = "OK", "ALARM", "INSUFFICIENT_DATA"
COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (operator.gt, "greater than"),
    "GreaterThanOrEqualToThreshold": (operator.ge, "greater than or equal to"),
    "LessThanThreshold": (operator.lt, "less than"),
    "LessThanOrEqualToThreshold": (operator.le, "less than or equal to"),
}


@dataclass(frozen=True)
class Verdict:
    """What an evaluation says; `value` is None where the alarm stays as it is."""

    value: str | None
    reason: str = ""
    data: str = "{}"


def decide(points: Sequence[bool | None], periods: int, to_alarm: int, missing: str) -> str | None:
    """The state for the datapoints of the evaluation range, oldest first: breaching, not breaching or missing.

    None retains the current state.
    """
    real = [point for point in points if point is not None]
    if len(real) >= periods:
        return ALARM if sum(real[-periods:]) >= to_alarm else OK
    filled = periods - len(real)
    if missing == "breaching":
        return ALARM if sum(real) + filled >= to_alarm else OK
    if missing == "notBreaching":
        return ALARM if sum(real) >= to_alarm else OK
    if not real:
        return None if missing == "ignore" else INSUFFICIENT
    if sum(real) >= to_alarm:
        return ALARM
    if not all(real):
        return OK
    # Only breaching and missing ones: an alarm comes when the oldest is as old as the datapoints that it takes.
    oldest = next(age for age, point in zip(range(len(points), 0, -1), points, strict=True) if point)
    return ALARM if missing == "missing" and to_alarm <= oldest <= periods else None


def keys_of(alarm: dict[str, Any]) -> set[Key]:
    """The metrics that an alarm looks at."""
    return queries.keys_in(alarm["Metrics"]) if alarm.get("Metrics") else {queries.key_of_metric(alarm)}


def has_data(alarm: dict[str, Any], metrics: Metrics, now: float) -> bool:
    """Whether there is anything to decide by: data of one of the metrics in the periods that are looked at."""
    window = _window(alarm, now)
    stat = "SampleCount"
    return any(metrics.series(key, stat, window.period, window.start, window.end) for key in keys_of(alarm))


def _window(alarm: dict[str, Any], now: float) -> queries.Window:
    period = queries.period_of(alarm["Metrics"]) if alarm.get("Metrics") else int(alarm["Period"])
    # As AWS does, up to the latest full minute, whatever the period.
    step = min(period, MINUTE)
    end = now // step * step
    return queries.Window(end - (int(alarm["EvaluationPeriods"]) + LOOK_BACK) * period, end, period)


def evaluate(alarm: dict[str, Any], metrics: Metrics, now: float) -> Verdict:
    """The state of a metric alarm at a moment; the minute that is not over yet is left out."""
    periods, window = int(alarm["EvaluationPeriods"]), _window(alarm, now)
    period = window.period
    if _too_few_samples(alarm, metrics, window):
        return Verdict(None)
    series = _series(alarm, metrics, window)
    compare, words = COMPARISONS[alarm["ComparisonOperator"]]
    threshold = float(alarm["Threshold"])
    points = [compare(series[at], threshold) if at in series else None for at in window.times]
    to_alarm = int(alarm.get("DatapointsToAlarm", periods))
    value = decide(points, periods, to_alarm, alarm.get("TreatMissingData", "missing"))
    recent = [(at, series[at]) for at in window.times if at in series][-periods:]
    return Verdict(value, _reason(value, recent, words, threshold, to_alarm), _data(alarm, recent, now, period))


def _series(alarm: dict[str, Any], metrics: Metrics, window: queries.Window) -> Series:
    if not alarm.get("Metrics"):
        stat = alarm.get("Statistic") or alarm["ExtendedStatistic"]
        key = queries.key_of_metric(alarm)
        return metrics.series(key, stat, window.period, window.start, window.end, alarm.get("Unit", ""))
    found = queries.results(metrics, alarm["Metrics"], window)
    watched = next(query["Id"] for query in alarm["Metrics"] if query.get("ReturnData", True))
    value = found[watched]
    return value if isinstance(value, dict) else (value[0] if value else {})


def _too_few_samples(alarm: dict[str, Any], metrics: Metrics, window: queries.Window) -> bool:
    """Whether a percentile of so few samples says nothing, and the alarm is told to ignore that."""
    match = PERCENTILE.fullmatch(alarm.get("ExtendedStatistic", ""))
    if match is None or alarm.get("EvaluateLowSampleCountPercentile") != "ignore":
        return False
    share = float(match[1]) / 100
    needed = 10 / (share if share < 0.5 else max(1 - share, 1e-9))
    key = queries.key_of_metric(alarm)
    counts = metrics.series(key, "SampleCount", window.period, window.start, window.end)
    return sum(counts.values()) < needed


def _reason(value: str | None, recent: list[tuple[float, float]], words: str, threshold: float, to_alarm: int) -> str:
    if not recent:
        return (
            "Insufficient Data: no datapoints were received."
            if value == INSUFFICIENT
            else "No datapoints were received"
        )
    listed = ", ".join(f"{point} ({datetime.fromtimestamp(at, UTC):%d/%m/%y %H:%M:%S})" for at, point in recent[::-1])
    some = f"{len(recent)} datapoint{'s' if len(recent) > 1 else ''}"
    # AWS tells how many it takes for the transition
    minimum = f"(minimum {to_alarm} datapoint{'s' if to_alarm > 1 else ''} for OK -> ALARM transition)"
    negated = "" if value == ALARM else "not "
    verb = "were" if len(recent) > 1 else "was"
    return f"Threshold Crossed: {some} [{listed}] {verb} {negated}{words} the threshold ({threshold}) {minimum}."


def _data(alarm: dict[str, Any], recent: list[tuple[float, float]], now: float, period: int) -> str:
    def text(moment: float) -> str:
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")

    data: dict[str, Any] = {"version": "1.0", "queryDate": text(now)}
    if recent:
        data["startDate"] = text(recent[0][0])
    stat = alarm.get("Statistic") or alarm.get("ExtendedStatistic")
    if stat:
        data["statistic"] = stat
    data |= {"period": period, "recentDatapoints": [point for _at, point in recent], "threshold": alarm["Threshold"]}
    return json.dumps(data, separators=(",", ":"))
