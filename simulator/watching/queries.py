# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Metric data queries, of alarms and of GetMetricData: metrics and expressions that refer to each other by id."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError, not_implemented
from simulator.watching.arithmetic import Evaluator
from simulator.watching.expressions import ExpressionError, asks_for_all, names_in, parse
from simulator.watching.metrics import Key, Metrics, Series, key_of

if TYPE_CHECKING:
    from collections.abc import Iterable

ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
DEFAULT_PERIOD = 300


@dataclass(frozen=True)
class Window:
    """The periods that are looked at: [start, end) in steps of `period` seconds."""

    start: float
    end: float
    period: int

    @property
    def times(self) -> tuple[float, ...]:
        count = max(0, int(-(-(self.end - self.start) // self.period)))
        return tuple(self.start + number * self.period for number in range(count))


def dimensions_of(pairs: Iterable[dict[str, str]]) -> dict[str, str]:
    return {pair["Name"]: pair["Value"] for pair in pairs}


def key_of_metric(metric: dict[str, Any]) -> Key:
    """The metric of a MetricStat, or of an alarm, which has the same members."""
    return key_of(metric.get("Namespace", ""), metric["MetricName"], dimensions_of(metric.get("Dimensions", ())))


def check(queries: list[dict[str, Any]]) -> None:
    """Refuse what AWS refuses of a set of queries.

    :raises AwsError: ValidationError, or 501 for expressions that are not simulated.
    """
    ids = [query["Id"] for query in queries]
    for position, query in enumerate(queries, start=1):
        name = query["Id"]
        if not ID.fullmatch(name) or ids.count(name) > 1:
            raise AwsError("ValidationError", f"Invalid metrics list: Id {name} is malformed or not unique")
        if ("Expression" in query) == ("MetricStat" in query):
            text = f"Metrics list member {position} must have either Expression or MetricStat"
            raise AwsError("ValidationError", f"Invalid metrics list: {text}")
        if "Expression" in query:
            _check_expression(query, set(ids))
    for name in ids:
        _refuse_cycle(name, {query["Id"]: query for query in queries}, ())


def _check_expression(query: dict[str, Any], ids: set[str]) -> None:
    text = query["Expression"]
    if text.lstrip().upper().startswith("SELECT") or "SEARCH(" in text or "ANOMALY_DETECTION_BAND" in text:
        raise not_implemented("cloudwatch", "", f"the expression {text!r} is not simulated")
    try:
        unknown = names_in(parse(text)) - ids
    except ExpressionError as error:
        raise AwsError("ValidationError", f"Error in expression '{query['Id']}' [{error}]") from error
    if unknown:
        text = f"Unknown metric or expression id {', '.join(sorted(unknown))}"
        raise AwsError("ValidationError", f"Error in expression '{query['Id']}' [{text}]")


def _refuse_cycle(name: str, by_id: dict[str, dict[str, Any]], above: tuple[str, ...]) -> None:
    if name in above:
        raise AwsError("ValidationError", f"Error in expression '{name}' [it refers to itself]")
    if "Expression" in by_id[name]:
        for other in names_in(parse(by_id[name]["Expression"])):
            _refuse_cycle(other, by_id, (*above, name))


def keys_in(queries: Iterable[dict[str, Any]]) -> set[Key]:
    """The metrics that the queries look at."""
    return {key_of_metric(query["MetricStat"]["Metric"]) for query in queries if "MetricStat" in query}


def period_of(queries: Iterable[dict[str, Any]]) -> int:
    """The longest period of the queries."""
    periods = [query.get("MetricStat", query).get("Period") for query in queries]
    return max((int(period) for period in periods if period), default=DEFAULT_PERIOD)


def results(metrics: Metrics, queries: list[dict[str, Any]], window: Window) -> dict[str, Series | list[Series]]:
    """The series of every query by its id; an expression may give several.

    :raises AwsError: ValidationError for what does not fit together.
    """
    known: dict[str, Series | list[Series]] = {}
    for query in queries:
        if "MetricStat" in query:
            stat = query["MetricStat"]
            wanted = key_of_metric(stat["Metric"]), stat["Stat"], int(stat["Period"])
            known[query["Id"]] = metrics.series(*wanted, window.start, window.end, stat.get("Unit", ""))
    plain = tuple(known)
    waiting = {query["Id"]: parse(query["Expression"]) for query in queries if "Expression" in query}
    while waiting:
        # `check` has refused cycles, so one of them has all that it needs; METRICS() knows metrics only
        name = next(name for name, node in waiting.items() if not names_in(node) & waiting.keys())
        evaluator = Evaluator(known, plain, window.times, window.period)
        try:
            value = evaluator.value(waiting.pop(name))
        except ExpressionError as error:
            raise AwsError("ValidationError", f"Error in expression '{name}' [{error}]") from error
        known[name] = value if isinstance(value, dict | list) else dict.fromkeys(window.times, value)
    return known


def uses_metrics_function(queries: Iterable[dict[str, Any]]) -> bool:
    return any("Expression" in query and asks_for_all(parse(query["Expression"])) for query in queries)
