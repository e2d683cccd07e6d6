# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Metrics: what was put, and its statistics by period."""

from __future__ import annotations

import math
import re
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.errors import not_implemented

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from simulator.world import World

# Namespace, name, and dimensions in order.
Key = tuple[str, str, tuple[tuple[str, str], ...]]
Series = dict[float, float]
"""Values by the beginning of their period, in seconds since 1970."""
KEPT = 20_000
MINUTE = 60
PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")


@dataclass(slots=True)
class Sample:
    """One value that occurred `count` times, or a statistic set of so many values (`exact` says which)."""

    at: float
    unit: str
    minimum: float
    maximum: float
    total: float
    count: float
    exact: bool


@dataclass
class Metrics:
    """The metrics of an account and region. `late` counts what came to each of minutes that were over already.

    Alarms look at every minute once it is over, and again at what came late.
    """

    samples: dict[Key, deque[Sample]] = field(default_factory=dict)
    late: dict[Key, int] = field(default_factory=dict)

    def put(self, key: Key, sample: Sample) -> None:
        self.samples.setdefault(key, deque(maxlen=KEPT)).append(sample)
        if sample.at < time.time() // MINUTE * MINUTE:
            self.late[key] = self.late.get(key, 0) + 1

    def series(self, key: Key, stat: str, period: int, start: float, end: float, unit: str = "") -> Series:
        """The statistic of each period between the moments; periods without a sample are left out.

        The first period begins at `start`: alarms look at the latest minutes, not at full hours.
        """
        buckets: dict[float, list[Sample]] = {}
        for sample in self.samples.get(key, ()):
            begin = start + (sample.at - start) // period * period
            if start <= begin < end and unit in ("", sample.unit):
                buckets.setdefault(begin, []).append(sample)
        values = {begin: statistic(stat, samples) for begin, samples in sorted(buckets.items())}
        return {begin: value for begin, value in values.items() if value is not None}


def key_of(namespace: str, name: str, dimensions: Mapping[str, str]) -> Key:
    return namespace, name, tuple(sorted(dimensions.items()))


def put_metric(
    world: World,
    account: str,
    region: str,
    namespace: str,
    name: str,
    dimensions: Mapping[str, str],
    value: float,
    unit: str = "None",
    at: float | None = None,
    count: float = 1,
) -> None:
    """Put one value of a metric, as a service does for its resources; the caller holds `world.lock`.

    `at` is the moment in seconds since 1970, now by default. `count` is how often the value occurred.
    """
    moment = time.time() if at is None else at
    sample = Sample(moment, unit, value, value, value * count, count, exact=True)
    world.store(Metrics, account, region).put(key_of(namespace, name, dimensions), sample)


def statistic(stat: str, samples: list[Sample]) -> float | None:
    """One statistic of the samples of a period.

    None where it cannot be known: percentiles of statistic sets.
    :raises AwsError: 501 for statistics that are not simulated (trimmed means and the like).
    """
    count = sum(sample.count for sample in samples)
    if stat == "SampleCount":
        return count
    if stat == "Sum":
        return math.fsum(sample.total for sample in samples)
    if stat == "Average":
        return math.fsum(sample.total for sample in samples) / count if count else None
    if stat == "Minimum":
        return min(sample.minimum for sample in samples)
    if stat == "Maximum":
        return max(sample.maximum for sample in samples)
    match = PERCENTILE.fullmatch(stat)
    if match is None:
        raise not_implemented("cloudwatch", "", f"the statistic {stat} is not simulated")
    return _percentile(float(match[1]), samples, count)


def _percentile(percent: float, samples: Iterable[Sample], count: float) -> float | None:
    """The smallest value that at least so many percent of the values do not exceed."""
    ordered = sorted(samples, key=lambda sample: sample.maximum)
    if not all(sample.exact or sample.minimum == sample.maximum for sample in ordered):
        return None
    seen, wanted = 0.0, count * percent / 100
    for sample in ordered:
        seen += sample.count
        if seen >= wanted - 1e-9:
            return sample.maximum
    return None
