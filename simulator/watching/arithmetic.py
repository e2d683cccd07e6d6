# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Metric math: work out a tree of `expressions.py` over the series that its names stand for."""

from __future__ import annotations

import itertools
import math
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from simulator.watching.expressions import Apply, Array, ExpressionError, Name, Node, Number, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from simulator.watching.metrics import Series


def _divide(left: float, right: float) -> float | None:
    return left / right if right else None


def _power(left: float, right: float) -> float | None:
    try:
        value = left**right
    except (OverflowError, ZeroDivisionError):
        return None
    return value if isinstance(value, float | int) else None


BINARY: dict[str, Callable[[float, float], float | None]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divide,
    "^": _power,
    "==": lambda left, right: float(left == right),
    "!=": lambda left, right: float(left != right),
    "<": lambda left, right: float(left < right),
    "<=": lambda left, right: float(left <= right),
    ">": lambda left, right: float(left > right),
    ">=": lambda left, right: float(left >= right),
    "&&": lambda left, right: float(bool(left) and bool(right)),
    "||": lambda left, right: float(bool(left) or bool(right)),
}
ROUNDING: dict[str, Callable[[float], float]] = {"ABS": abs, "CEIL": math.ceil, "FLOOR": math.floor}


def _deviation(values: list[float]) -> float:
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / len(values))


SUMMARIES: dict[str, Callable[[list[float]], float]] = {
    "AVG": lambda values: math.fsum(values) / len(values),
    "DATAPOINT_COUNT": lambda values: float(len(values)),
    "MAX": max,
    "MIN": min,
    "STDDEV": _deviation,
    "SUM": math.fsum,
}


@dataclass(frozen=True)
class Evaluator:
    """`series` are the metrics and expressions by id, `metrics` those ids that METRICS() stands for.

    `times` are the beginnings of all periods that are looked at: what FILL fills.
    """

    series: Mapping[str, Series | list[Series]]
    metrics: tuple[str, ...]
    times: tuple[float, ...]
    period: int

    def value(self, node: Node) -> float | Series | list[Series]:
        """:raises ExpressionError: for what does not fit together."""
        if isinstance(node, Number):
            return node.value
        if isinstance(node, Name):
            if node.name not in self.series:
                raise ExpressionError(f"the id {node.name} is not defined")
            return self.series[node.name]
        if isinstance(node, Array):
            return [found for item in node.items for found in self._many(self.value(item))]
        if isinstance(node, Text):
            raise ExpressionError(f"the text {node.value!r} stands where a number or a metric is needed")
        if node.function in BINARY:
            return self._binary(BINARY[node.function], *map(self.value, node.arguments))
        return self._function(node)

    def _many(self, value: float | Series | list[Series]) -> list[Series]:
        if isinstance(value, list):
            return value
        return [value] if isinstance(value, dict) else [dict.fromkeys(self.times, value)]

    def _one(self, value: float | Series | list[Series]) -> Series:
        if isinstance(value, list):
            raise ExpressionError("one metric is needed, not several")
        return self._many(value)[0]

    def _binary(
        self,
        work: Callable[[float, float], float | None],
        left: float | Series | list[Series],
        right: float | Series | list[Series],
    ) -> float | Series | list[Series]:
        if isinstance(left, list) or isinstance(right, list):
            return self._each(work, left, right)
        if isinstance(left, dict) or isinstance(right, dict):
            one, other = self._over(left, right), self._over(right, left)
            found = {at: work(one[at], other[at]) for at in sorted(one.keys() & other.keys())}
            return {at: value for at, value in found.items() if value is not None}
        value = work(left, right)
        return {} if value is None else value

    def _each(
        self,
        work: Callable[[float, float], float | None],
        left: float | Series | list[Series],
        right: float | Series | list[Series],
    ) -> list[Series]:
        """An operator over several series: each with the number, the series, or its counterpart."""
        count = max(len(side) for side in (left, right) if isinstance(side, list))
        sides = [side if isinstance(side, list) else [side] * count for side in (left, right)]
        if len(sides[0]) != len(sides[1]):
            raise ExpressionError(f"{len(sides[0])} metrics cannot be combined with {len(sides[1])}")
        return [cast("Series", self._binary(work, one, other)) for one, other in zip(*sides, strict=True)]

    @staticmethod
    def _over(value: float | Series, other: float | Series) -> Series:
        """The value at every moment of the other one."""
        return value if isinstance(value, dict) else dict.fromkeys(cast("Series", other), value)

    def _function(self, node: Apply) -> float | Series | list[Series]:
        name, arguments = node.function, node.arguments
        if name == "METRICS":
            return self._metrics(arguments)
        if name == "FILL":
            return self._fill(arguments)
        if name == "IF":
            return self._if(*map(self.value, arguments))
        value = self.value(arguments[0])
        if name == "PERIOD":
            return float(self.period)
        if name in SUMMARIES:
            return self._summary(SUMMARIES[name], value)
        if isinstance(value, list):
            return [self._single(name, series) for series in value]
        return self._single(name, self._one(value))

    def _metrics(self, arguments: tuple[Node, ...]) -> list[Series]:
        part = arguments[0].value if arguments and isinstance(arguments[0], Text) else ""
        return [found for name in self.metrics if part in name for found in self._many(self.series[name])]

    @staticmethod
    def _summary(work: Callable[[list[float]], float], value: float | Series | list[Series]) -> float | Series:
        """Over several series: one series. Over one series: a number."""
        if isinstance(value, list):
            moments = sorted({at for series in value for at in series})
            return {at: work([series[at] for series in value if at in series]) for at in moments}
        values = list(value.values()) if isinstance(value, dict) else [value]
        return work(values) if values else {}

    def _fill(self, arguments: tuple[Node, ...]) -> Series | list[Series]:
        value, how = self.value(arguments[0]), arguments[1]
        if isinstance(value, list):
            return [self._filled(series, how) for series in value]
        return self._filled(self._one(value), how)

    def _filled(self, series: Series, how: Node) -> Series:
        if isinstance(how, Name) and how.name == "REPEAT":
            return self._repeated(series)
        if isinstance(how, Name) and how.name == "LINEAR":
            raise ExpressionError("FILL with LINEAR is not simulated")
        filler = self._one(self.value(how))
        return {at: series.get(at, filler.get(at, 0.0)) for at in self.times}

    def _repeated(self, series: Series) -> Series:
        found: Series = {}
        latest: float | None = None
        for at in self.times:
            latest = series.get(at, latest)
            if latest is not None:
                found[at] = latest
        return found

    def _if(
        self,
        condition: float | Series | list[Series],
        true: float | Series | list[Series],
        false: float | Series | list[Series] | None = None,
    ) -> Series:
        conditions, yes = self._one(condition), self._one(true)
        no = {} if false is None else self._one(false)
        chosen = {at: (yes if holds else no).get(at) for at, holds in conditions.items()}
        return {at: value for at, value in chosen.items() if value is not None}

    def _single(self, name: str, series: Series) -> Series:
        if name in ROUNDING:
            return {at: float(ROUNDING[name](value)) for at, value in series.items()}
        if name == "RUNNING_SUM":
            return _running(series.items())
        moments = sorted(series)
        steps = list(itertools.pairwise(moments))
        if name == "DIFF":
            return {now: series[now] - series[before] for before, now in steps}
        return {now: (series[now] - series[before]) / (now - before) for before, now in steps}  # RATE


def _running(items: Iterable[tuple[float, float]]) -> Series:
    total, found = 0.0, {}
    for at, value in sorted(items):
        total += value
        found[at] = total
    return found
