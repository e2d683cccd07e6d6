# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Metric math: tables of what expressions give, and what must hold of all of them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.watching.arithmetic import Evaluator
from simulator.watching.expressions import ExpressionError, names_in, parse
from simulator.watching.metrics import Sample, statistic

TIMES = (0.0, 60.0, 120.0)
SERIES = {
    "a": {0.0: 1.0, 60.0: 2.0, 120.0: 3.0},
    "b": {0.0: 10.0, 120.0: 30.0},
    "zero": {0.0: 0.0, 60.0: 0.0, 120.0: 0.0},
    "none": {},
    "err1": {0.0: 5.0},
}


def worked_out(text, series=SERIES):
    metrics = tuple(name for name in series if name != "none")
    value = Evaluator(series, metrics, TIMES, 60).value(parse(text))
    return list(value.values()) if isinstance(value, dict) else value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("2 * 3 ^ 2", 18),
        ("-3 + 1", -2),
        ("10 - 2 - 3", 5),
        ("a + 1", [2, 3, 4]),
        ("a + b", [11, 33]),
        ("a / zero", []),
        ("1 / 0", []),
        ("a > 1", [0, 1, 1]),
        ("a > 1 AND a < 3", [0, 1, 0]),
        ("a == 1 || a == 3", [1, 0, 1]),
        ("FILL(b, 0)", [10, 0, 30]),
        ("FILL(b, REPEAT)", [10, 10, 30]),
        ("FILL(none, 0)", [0, 0, 0]),
        ("FILL(b, a)", [10, 2, 30]),
        ("IF(a > 1, a, 0)", [0, 2, 3]),
        ("IF(a > 1, a)", [2, 3]),
        ("IF(zero, a / zero, 7)", [7, 7, 7]),
        ("SUM([a, b])", [11, 2, 33]),
        ("MAX([a, b])", [10, 2, 30]),
        ("MIN([a, FILL(b, 0)])", [1, 0, 3]),
        ("AVG([a, b])", [5.5, 2, 16.5]),
        ("MAX(a)", 3),
        ("SUM(a)", 6),
        ("AVG(b)", 20),
        ("MAX(none)", []),
        ("DATAPOINT_COUNT(b)", 2),
        ('SUM(METRICS("err"))', [5]),
        ("MAX([METRICS('err'), a])", [5, 2, 3]),
        ("DIFF(a)", [1, 1]),
        ("RATE(b)", [20 / 120]),
        ("RUNNING_SUM(a)", [1, 3, 6]),
        ("ABS(0 - a)", [1, 2, 3]),
        ("CEIL(a / 2)", [1, 1, 2]),
        ("a * PERIOD(a)", [60, 120, 180]),
        ("SUM([a, b] * 2)", [22, 4, 66]),
    ],
)
def test_gives(text, expected):
    assert worked_out(text) == (expected if not isinstance(expected, dict) else list(expected.values()))


@pytest.mark.parametrize("text", ["", "a +", "(a", "a b", "FILL(a)", "SUM()", "a $ b", "[a", "'text' + 1", "FOO(a)"])
def test_refuses_what_is_no_expression(text):
    with pytest.raises(ExpressionError):
        worked_out(text)


def test_knows_what_is_named():
    assert names_in(parse("IF(a > 1, FILL(b, REPEAT), SUM([c, d]))")) == {"a", "b", "c", "d"}


VALUES = st.floats(min_value=-1e6, max_value=1e6)
NAMED = st.dictionaries(st.sampled_from(TIMES), VALUES)


@st.composite
def expressions(draw, depth=3):
    """Text of an expression, and what Python makes of it for numbers."""
    if depth == 0 or draw(st.booleans()):
        number = draw(st.integers(min_value=0, max_value=1000))
        return str(number), float(number)
    (left, one), (right, two) = draw(expressions(depth=depth - 1)), draw(expressions(depth=depth - 1))
    operator = draw(st.sampled_from("+-*"))
    value = {"+": one + two, "-": one - two, "*": one * two}[operator]
    return f"({left} {operator} {right})", value


@given(expressions())
def test_reads_arithmetic_as_everybody_does(case):
    text, expected = case
    assert worked_out(text) == expected


@given(NAMED, NAMED)
def test_an_operator_gives_values_only_where_both_sides_have_one(one, other):
    found = Evaluator({"m": one, "n": other}, ("m", "n"), TIMES, 60).value(parse("m + n"))
    assert found == {at: one[at] + other[at] for at in sorted(one.keys() & other.keys())}


@given(NAMED)
def test_filling_leaves_no_gap_and_changes_nothing_else(series):
    found = Evaluator({"m": series}, ("m",), TIMES, 60).value(parse("FILL(m, 0)"))
    assert found == {at: series.get(at, 0) for at in TIMES}


@given(st.lists(VALUES, min_size=1, max_size=50), st.sampled_from(["p1", "p50", "p95", "p99.9", "p100"]))
def test_a_percentile_is_one_of_the_values_and_as_high_as_it_says(values, stat):
    samples = [Sample(0, "None", value, value, value, 1, exact=True) for value in values]
    found = statistic(stat, samples)
    assert found in values
    share = float(stat[1:]) / 100
    assert sum(value <= found for value in values) >= math.floor(share * len(values) * (1 - 1e-9))


@given(st.lists(VALUES, min_size=1, max_size=50))
def test_statistics_agree_with_each_other(values):
    samples = [Sample(0, "None", value, value, value, 1, exact=True) for value in values]
    low, mean, high = (statistic(stat, samples) for stat in ("Minimum", "Average", "Maximum"))
    assert low - 1e-6 <= mean <= high + 1e-6
    assert statistic("SampleCount", samples) == len(values)
    assert statistic("Sum", samples) == pytest.approx(mean * len(values), abs=1e-3)
