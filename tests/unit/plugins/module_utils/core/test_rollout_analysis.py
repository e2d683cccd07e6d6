# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Green against blue: what figures prove, and what they do not."""

from __future__ import annotations

import itertools
import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core import rollout_analysis
from ansible_collections.monay.platform.plugins.module_utils.core.rollout_analysis import (
    LATENCY,
    REQUESTS,
    Side,
    analyse,
    chance_of_higher,
    rate_difference,
    side,
    wilson,
)

ERROR, CONNECTION = rollout_analysis.ERRORS
# Only the limit that a case is about.
NONE = {"error_rate_most": None, "error_rate_above": None, "latency_most_ms": None, "latency_above_percent": None}


def counted(requests, errors=0, latencies=(), each=100.0):
    return Side(requests, errors, tuple(latencies), (each,) * len(latencies))


def verdict(green, blue, looks=1, **gate):
    found = analyse({**NONE, **gate}, green, blue, looks)
    return found.verdict, found.reason


@pytest.mark.parametrize(
    ("green", "blue", "expected"),
    [
        pytest.param(counted(1000), counted(1000), "pass", id="nobody fails"),
        pytest.param(counted(1000, 50), counted(1000), "fail", id="one in twenty fails"),
        pytest.param(counted(120, 6), counted(10_000), "fail", id="few requests are enough for one in twenty"),
        pytest.param(counted(120, 1), counted(10_000), "inconclusive", id="one error of few requests"),
        pytest.param(counted(100), counted(10_000), "inconclusive", id="no error of few requests proves no rate"),
        pytest.param(counted(1000, 50), counted(1000, 50), "inconclusive", id="both fail, and it may be chance"),
        pytest.param(counted(20_000, 1000), counted(20_000, 1000), "pass", id="both fail alike"),
        pytest.param(counted(1000), counted(1000, 50), "pass", id="it is better"),
        pytest.param(counted(99, 99), counted(1000), "inconclusive", id="too few to look at"),
        pytest.param(counted(1000, 50), counted(99), "inconclusive", id="nothing to compare with"),
        pytest.param(counted(0), counted(0), "inconclusive", id="no traffic"),
    ],
)
def test_error_rates_by_test(green, blue, expected):
    found, reason = verdict(green, blue, error_rate_above=1.0)

    assert found == expected, reason


@pytest.mark.parametrize(
    ("gate", "green", "expected", "words"),
    [
        ({"error_rate_most": 1.0}, counted(1000, 11), "fail", "1.10% errors (11 of 1000 requests)"),
        ({"error_rate_most": 1.0}, counted(1000, 10), "pass", "allowed are 1%"),
        ({"error_rate_above": 1.0}, counted(1000, 19), "pass", "+0.90 points"),
        ({"error_rate_above": 1.0}, counted(1000, 21), "fail", "+1.10 points"),
        ({"latency_most_ms": 200}, counted(1000, 0, [150.0, 250.0]), "pass", "p90 of the new revision is 200 ms"),
        ({"latency_most_ms": 199}, counted(1000, 0, [150.0, 250.0]), "fail", "allowed are 199 ms"),
        ({"latency_most_ms": 199}, counted(1000), "inconclusive", "no latency of the new revision"),
        ({"latency_above_percent": 50}, counted(1000, 0, [149.0]), "pass", "+49%"),
        ({"latency_above_percent": 50}, counted(1000, 0, [151.0]), "fail", "p90 151 ms against 100 ms: +51%"),
        ({"latency_above_percent": 50}, counted(1000), "inconclusive", "no p90 of both revisions"),
    ],
)
def test_figures_against_limits(gate, green, expected, words):
    blue = counted(1000, 10, [100.0, 100.0])

    found, reason = verdict(green, blue, method="threshold", **gate)

    assert (found, words in reason) == (expected, True), reason


@pytest.mark.parametrize(
    ("green", "blue", "expected"),
    [
        pytest.param([100.0] * 6, [100.0] * 6, "pass", id="alike"),
        pytest.param([149.0] * 6, [100.0] * 6, "pass", id="slower, but within what is allowed"),
        pytest.param([300.0] * 6, [100.0] * 6, "fail", id="three times as slow"),
        pytest.param([300.0], [100.0] * 6, "inconclusive", id="one minute proves nothing"),
        pytest.param([300.0, 300.0], [100.0] * 60, "fail", id="two minutes against an hour do"),
        pytest.param([100.0, 200.0] * 3, [100.0] * 6, "inconclusive", id="now so, now so"),
        pytest.param([], [100.0] * 6, "inconclusive", id="no figures"),
        pytest.param([300.0] * 30, [100.0] * 60, "fail", id="many minutes"),
        pytest.param([100.0] * 30, [100.0] * 60, "pass", id="many minutes alike"),
    ],
)
def test_latencies_by_test(green, blue, expected):
    found, reason = verdict(counted(1000, 0, green), counted(1000, 0, blue), latency_above_percent=50)

    assert found == expected, reason


def test_what_fails_decides_and_is_told_alone():
    found = analyse({}, counted(1000, 100, [100.0]), counted(1000, 0, [100.0]), 1)

    assert found.verdict == "fail"
    assert "10.00% errors" in found.reason
    assert "p90" not in found.reason
    assert found.figures["green"] == {
        "requests": 1000,
        "errors": 100,
        "error_rate": 10.0,
        "latency_ms": 100.0,
        "minutes": 1,
    }


def test_an_absolute_limit_fails_without_an_old_revision():
    assert verdict(counted(1000, 100), counted(0), error_rate_most=5, error_rate_above=1)[0] == "fail"


def test_looking_often_needs_more_proof():
    green, blue = counted(150, 6), counted(10_000)

    assert verdict(green, blue, looks=1, error_rate_above=1)[0] == "fail"
    assert verdict(green, blue, looks=1000, error_rate_above=1)[0] == "inconclusive"


def test_a_side_is_cut_from_series_of_all_its_target_groups():
    first = {
        REQUESTS: {60.0: 10.0, 120.0: 20.0, 180.0: 30.0},
        ERROR: {120.0: 1.0, 180.0: 2.0},
        CONNECTION: {120.0: 1.0},
        LATENCY: {60.0: 9.0, 120.0: 0.1, 180.0: 0.2},
    }
    second = {REQUESTS: {120.0: 5.0}, LATENCY: {120.0: 0.3, 180.0: 0.4}}

    found = side([first, second], 120.0, 180.0)

    assert (found.requests, found.errors) == (25, 2)
    assert found.latencies == (100.0, 300.0)
    assert found.latency == pytest.approx((100 * 20 + 300 * 5) / 25)


def test_more_failed_connections_than_requests_are_no_more_than_all():
    assert side([{REQUESTS: {0.0: 3.0}, CONNECTION: {0.0: 9.0}}], 0.0).error_rate == 1.0


# --- the tests themselves ---------------------------------------------------------------------------------------------

# R. G. Newcombe (1998), table II, the first contrast and the one without events, method 10, 95% on both sides.
NEWCOMBE = [((56, 70), (48, 80), 0.0524, 0.3339), ((0, 10), (0, 10), -0.2775, 0.2775)]


@pytest.mark.parametrize(("green", "blue", "low", "high"), NEWCOMBE)
def test_the_interval_is_the_published_one(green, blue, low, high):
    found = rate_difference(counted(green[1], green[0]), counted(blue[1], blue[0]), 0.025)

    assert found == pytest.approx((low, high), abs=0.00005)


counts = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n)))
chances = st.floats(0.0001, 0.49)
values = st.lists(st.integers(0, 6).map(float), min_size=1, max_size=5)


@given(counts, counts, chances)
def test_the_interval_holds_the_difference_and_turns_with_the_sides(green, blue, chance):
    one, other = counted(*green), counted(*blue)
    low, high = rate_difference(one, other, chance)

    assert -1 - 1e-9 <= low <= one.error_rate - other.error_rate <= high <= 1 + 1e-9
    assert rate_difference(other, one, chance) == pytest.approx((-high, -low))


@given(counts, chances)
def test_bounds_of_a_rate_hold_it(count, chance):
    requests, errors = count
    low, high = wilson(errors, requests, NormalDist().inv_cdf(1 - chance))

    assert 0 <= low <= errors / requests <= high <= 1


@given(values, values)
def test_the_chance_of_ranks_is_the_counted_one(ours, theirs):
    pooled = [*ours, *theirs]

    def higher(chosen):
        mine = [pooled[each] for each in chosen]
        rest = [pooled[each] for each in range(len(pooled)) if each not in chosen]
        return sum((a > b) + (a == b) / 2 for a in mine for b in rest)

    seen = higher(range(len(ours)))
    ways = [higher(each) for each in itertools.combinations(range(len(pooled)), len(ours))]

    assert chance_of_higher(ours, theirs) == pytest.approx(sum(each >= seen for each in ways) / len(ways))


@given(
    st.lists(st.floats(1, 100), min_size=12, max_size=20, unique=True),
    st.lists(st.floats(1, 100), min_size=3, max_size=8, unique=True),
)
def test_the_smaller_side_may_be_either(many, few):
    exact = chance_of_higher(many, few)

    assert exact == pytest.approx(chance_of_higher([-each for each in few], [-each for each in many]))


@given(
    st.lists(st.floats(1, 100), min_size=9, max_size=14, unique=True),
    st.lists(st.floats(101, 200), min_size=9, max_size=14, unique=True),
    st.integers(0, 8),
)
def test_many_values_are_nearly_normal(low, high, swapped):
    ours, theirs = [*high[swapped:], *low[:swapped]], [*low[swapped:], *high[:swapped]]
    normal = chance_of_higher(ours, theirs)
    ranks = rollout_analysis._double_ranks([*ours, *theirs])
    exact = rollout_analysis._share(ranks, len(ours), sum(ranks[: len(ours)]))

    assert normal == pytest.approx(exact, abs=0.01)


@given(counts, counts, st.integers(1, 50), st.sampled_from(["statistical", "threshold"]))
def test_another_error_never_helps(green, blue, looks, method):
    requests, errors = green
    order = ["pass", "inconclusive", "fail"]

    def rank(count):
        found = verdict(counted(requests, count), counted(*blue), looks, error_rate_above=1, method=method)
        return order.index(found[0])

    assert rank(errors) <= rank(min(requests, errors + 1))


@given(counts, values, st.integers(1, 50))
def test_the_same_figures_on_both_sides_never_fail(count, latencies, looks):
    same = counted(*count, latencies)

    assert analyse({}, same, same, looks).verdict != "fail"


def test_an_empty_side_ranks_nowhere():
    assert chance_of_higher([], [1.0]) == chance_of_higher([1.0], []) == 1.0
    assert chance_of_higher([5.0] * 10, [5.0] * 10) == 1.0
    assert math.isclose(chance_of_higher([2.0], [1.0]), 0.5)
