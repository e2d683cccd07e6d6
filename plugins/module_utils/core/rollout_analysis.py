# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Whether a new revision (green) answers as well as the old one (blue), from what their target groups counted. Pure.

Rates are compared by the confidence interval of their difference, latencies by the ranks of their minutes. Either test
says "worse than allowed", "not worse than allowed", or that the figures do not tell yet.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from .plan import State
from .rollout_gates import ANALYSIS, Finding, Verdict, together

# Metrics of a target group. Source: user guide of Application Load Balancers, CloudWatch metrics.
REQUESTS, LATENCY = "RequestCount", "TargetResponseTime"
ERRORS = ("HTTPCode_Target_5XX_Count", "TargetConnectionErrorCount")
# Up to so many values on the smaller side the distribution of ranks is counted out; beyond it is normal enough.
COUNTED_OUT = 8

Series = Mapping[float, float]


@dataclass(frozen=True)
class Side:
    """What one revision did: its requests and errors, and the latency of each minute with the requests of it."""

    requests: int = 0
    errors: int = 0
    latencies: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()

    @property
    def error_rate(self) -> float:
        return self.errors / self.requests if self.requests else 0.0

    @property
    def latency(self) -> float | None:
        """Milliseconds: what the minutes' percentiles are on average, a minute counting by its requests."""
        total = math.fsum(self.weights)
        if not total:
            return None
        return math.fsum(each * weight for each, weight in zip(self.latencies, self.weights, strict=True)) / total

    def figures(self) -> State:
        latency = self.latency
        return {
            "requests": self.requests,
            "errors": self.errors,
            "error_rate": round(self.error_rate * 100, 3),
            "latency_ms": None if latency is None else round(latency, 1),
            "minutes": len(self.latencies),
        }


def side(groups: Iterable[Mapping[str, Series]], start: float, end: float = math.inf) -> Side:
    """What target groups counted between two moments; `groups` are series by metric, values by moment, in seconds."""
    requests = errors = 0.0
    minutes: list[tuple[float, float]] = []
    for each in groups:
        cut = {name: {at: value for at, value in some.items() if start <= at < end} for name, some in each.items()}
        counted = cut.get(REQUESTS, {})
        requests += math.fsum(counted.values())
        errors += math.fsum(value for name in ERRORS for value in cut.get(name, {}).values())
        latencies = sorted(cut.get(LATENCY, {}).items())
        minutes += [(seconds * 1000, counted[at]) for at, seconds in latencies if counted.get(at)]
    # A request whose connection was tried twice is one request.
    failed = min(round(errors), round(requests))
    return Side(round(requests), failed, tuple(ms for ms, _count in minutes), tuple(count for _ms, count in minutes))


def analyse(gate: Mapping[str, Any], green: Side, blue: Side, looks: int) -> Finding:
    """The verdict of a gate of kind analysis.

    `looks` is how often the gate looks at most: each look may err as seldom as all of them together may.
    """
    rules: State = {**ANALYSIS, **gate}
    figures: State = {"green": green.figures(), "blue": blue.figures()}
    if green.requests < rules["min_requests"]:
        told = f"the new revision has had {green.requests} requests, {rules['min_requests']} are needed"
        return Finding("inconclusive", told, figures)
    said = list(_judgements(rules, green, blue, (1 - rules["confidence"] / 100) / looks))
    verdict = together(verdict for verdict, _reason in said)
    # What decides is told; of what passes everything.
    return Finding(verdict, "; ".join(reason for own, reason in said if own == verdict), figures)


def _judgements(rules: State, green: Side, blue: Side, chance: float) -> Iterator[tuple[Verdict, str]]:
    percentile = f"p{rules['latency_percentile']:g}"
    if rules["error_rate_most"] is not None:
        yield _within(green.error_rate * 100, rules["error_rate_most"], f"{_rate(green)} of the new revision", "%")
    if rules["latency_most_ms"] is not None:
        yield _latency_most(green, rules["latency_most_ms"], percentile)
    comparisons = (
        ("error_rate_above", _rates_by_test if rules["method"] == "statistical" else _rates_by_figure),
        ("latency_above_percent", _latencies_by_test if rules["method"] == "statistical" else _latencies_by_figure),
    )
    for limit, compare in comparisons:
        if rules[limit] is None:
            continue
        if blue.requests < rules["min_requests"]:
            told = f"the old revision has had {blue.requests} requests to compare with"
            yield "inconclusive", f"{told}, {rules['min_requests']} are needed"
            return
        what = percentile if limit == "latency_above_percent" else ""
        yield compare(green, blue, float(rules[limit]), chance, what)


def _within(value: float, limit: float, told: str, unit: str) -> tuple[Verdict, str]:
    return ("pass" if value <= limit else "fail"), f"{told}, allowed are {limit:g}{unit}"


def _rate(one: Side) -> str:
    return f"{one.error_rate * 100:.2f}% errors ({one.errors} of {one.requests} requests)"


def _latency_most(green: Side, limit: float, percentile: str) -> tuple[Verdict, str]:
    if green.latency is None:
        return "inconclusive", "no latency of the new revision is known yet"
    return _within(green.latency, limit, f"{percentile} of the new revision is {green.latency:.0f} ms", " ms")


def _rates_by_figure(green: Side, blue: Side, above: float, _chance: float, _what: str) -> tuple[Verdict, str]:
    found = (green.error_rate - blue.error_rate) * 100
    return _within(found, above, f"{_rate(green)} against {_rate(blue)}: {found:+.2f} points", "")


def _rates_by_test(green: Side, blue: Side, above: float, chance: float, _what: str) -> tuple[Verdict, str]:
    low, high = (100 * each for each in rate_difference(green, blue, chance))
    told = f"{_rate(green)} against {_rate(blue)}: {low:+.2f} to {high:+.2f} points, allowed are {above:g}"
    if low > above:
        return "fail", told
    return ("pass" if high <= above else "inconclusive"), told


def _latencies_by_figure(green: Side, blue: Side, above: float, _chance: float, what: str) -> tuple[Verdict, str]:
    if green.latency is None or not blue.latency:
        return "inconclusive", f"no {what} of both revisions is known yet"
    found = (green.latency / blue.latency - 1) * 100
    return _within(found, above, f"{_latencies(green, blue, what)}: {found:+.0f}%", "%")


def _latencies_by_test(green: Side, blue: Side, above: float, chance: float, what: str) -> tuple[Verdict, str]:
    if green.latency is None or not blue.latency:
        return "inconclusive", f"no {what} of both revisions is known yet"
    allowed = [each * (1 + above / 100) for each in blue.latencies]
    slower, quicker = chance_of_higher(green.latencies, allowed), chance_of_higher(allowed, green.latencies)
    told = f"{_latencies(green, blue, what)}, allowed are {above:g}% above"
    if slower <= chance:
        return "fail", f"{told}: slower (chance of error {slower:.1g})"
    if quicker <= chance:
        return "pass", f"{told}: not slower (chance of error {quicker:.1g})"
    return "inconclusive", f"{told}: {len(green.latencies)} minutes against {len(blue.latencies)} do not tell"


def _latencies(green: Side, blue: Side, what: str) -> str:
    return f"{what} {green.latency:.0f} ms against {blue.latency:.0f} ms"


def rate_difference(green: Side, blue: Side, chance: float) -> tuple[float, float]:
    """Bounds of the difference of two error rates, each passed by the truth with that chance only.

    Source: R. G. Newcombe, "Interval estimation for the difference between independent proportions", Statistics in
    Medicine 17 (1998), method 10. It holds without errors on a side, too.
    """
    z = NormalDist().inv_cdf(1 - chance)
    rate, (low, high) = green.error_rate, wilson(green.errors, green.requests, z)
    other, (other_low, other_high) = blue.error_rate, wilson(blue.errors, blue.requests, z)
    difference = rate - other
    return (
        difference - math.hypot(rate - low, other_high - other),
        difference + math.hypot(high - rate, other - other_low),
    )


def wilson(errors: int, requests: int, z: float) -> tuple[float, float]:
    """Bounds of a rate. Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927)."""
    rate, square = errors / requests, z * z
    middle = (rate + square / (2 * requests)) / (1 + square / requests)
    half = z / (1 + square / requests) * math.sqrt(rate * (1 - rate) / requests + square / (4 * requests**2))
    # Rounding must not push a bound beyond the rate itself.
    return max(0.0, min(rate, middle - half)), min(1.0, max(rate, middle + half))


def chance_of_higher(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """How often our values would rank so high, or higher, if both came from one source: a one-sided Mann-Whitney test.

    Source: H. B. Mann and D. R. Whitney, Annals of Mathematical Statistics 18 (1947), with mean ranks for ties.
    """
    if not ours or not theirs:
        return 1.0
    ranks = _double_ranks([*ours, *theirs])
    own, total = sum(ranks[: len(ours)]), sum(ranks)
    if len(ours) <= COUNTED_OUT:
        return _share(ranks, len(ours), own)
    if len(theirs) <= COUNTED_OUT:
        # That ours are this high or higher is that theirs are that low or lower: turn the ranks round.
        top = 2 * (len(ranks) + 1)
        return _share([top - each for each in ranks], len(theirs), len(theirs) * top - (total - own))
    return _nearly_normal(ranks, len(ours), own)


def _double_ranks(values: Sequence[float]) -> list[int]:
    """Twice the mean rank of each value, which is whole."""
    places: dict[float, list[int]] = {}
    for place, value in enumerate(sorted(values), start=1):
        places.setdefault(value, []).append(place)
    return [places[value][0] + places[value][-1] for value in values]


def _share(ranks: Sequence[int], size: int, least: int) -> float:
    """The share of all choices of `size` ranks whose sum is `least` or more."""
    ways: list[dict[int, int]] = [{0: 1}, *({} for _number in range(size))]
    for rank in ranks:
        for number in range(size, 0, -1):
            for total, count in ways[number - 1].items():
                ways[number][total + rank] = ways[number].get(total + rank, 0) + count
    return sum(count for total, count in ways[size].items() if total >= least) / math.comb(len(ranks), size)


def _nearly_normal(ranks: Sequence[int], size: int, own: int) -> float:
    """By the normal distribution, corrected for ties and for counting in steps."""
    count, total = len(ranks), sum(ranks)
    mean = size * total / count
    spread = math.fsum((each - total / count) ** 2 for each in ranks) / (count - 1)
    variance = size * (count - size) / count * spread
    if not variance:
        return 1.0
    # Sums of twice the ranks differ by two where there are no ties: half a step.
    return 1 - NormalDist().cdf((own - 1 - mean) / math.sqrt(variance))
