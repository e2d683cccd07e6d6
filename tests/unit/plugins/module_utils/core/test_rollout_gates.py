# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The form of gates, their words, and their verdicts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.rollout_gates import (
    ANALYSIS,
    AT,
    KINDS,
    LIMITS,
    RANGES,
    alarms,
    gated,
    pause_text,
    problems,
    smoke,
    together,
)
from ansible_collections.monay.platform.plugins.module_utils.core.rollout_strategy import PAUSES

SMOKE, ALARMS, ANALYSED = {"kind": "smoke"}, {"kind": "alarms", "alarms": ["a"]}, {"kind": "analysis"}


def test_gates_stand_where_a_rollout_can_pause():
    assert set(AT) < set(PAUSES)
    assert all(set(kinds) <= set(KINDS) for kinds in AT.values())


def test_every_default_is_within_its_range():
    assert problems({"bake": [ANALYSED]}) == []
    assert set(RANGES) == set(ANALYSIS) - {"method"}


@pytest.mark.parametrize(
    ("gates", "words"),
    [
        ({"tasks": [SMOKE]}, "there are none before tasks; known: test_traffic"),
        ({"bake": SMOKE}, "gates.bake is a list"),
        ({"bake": "smoke"}, "gates.bake is a list"),
        ({"bake": ["smoke"]}, "gates.bake[0]: kind is one of alarms, analysis, smoke, got 'smoke'"),
        ({"bake": [{"kind": "hope"}]}, "kind is one of"),
        ({"test_traffic": [ALARMS, SMOKE]}, "gates.test_traffic[1]: nothing leads to the new revision yet"),
        ({"test_traffic": [ANALYSED]}, "no analysis before test_traffic"),
        ({"bake": [SMOKE, SMOKE]}, "two gates are called smoke"),
        ({"bake": [{"kind": "smoke", "url": "x"}]}, "smoke knows no url; known: nothing but a name"),
        ({"bake": [{"kind": "alarms"}]}, "alarms is a list of names"),
        ({"bake": [{"kind": "alarms", "alarms": []}]}, "alarms is a list of names"),
        ({"bake": [{"kind": "alarms", "alarms": [""]}]}, "alarms is a list of names"),
        ({"bake": [{**ANALYSED, "latency": 3}]}, "analysis knows no latency; known: method, confidence"),
        ({"bake": [{**ANALYSED, "method": "feeling"}]}, "method is one of statistical, threshold"),
        ({"bake": [{**ANALYSED, "min_requests": None}]}, "min_requests is 1 to"),
        ({"bake": [{**ANALYSED, "min_requests": "100"}]}, "min_requests is 1 to"),
        ({"bake": [{**ANALYSED, "error_rate_above": True}]}, "error_rate_above is 0 to 100"),
        ({"bake": [{**ANALYSED, "baseline_minutes": 181}]}, "baseline_minutes is 1 to 180"),
        ({"bake": [{**ANALYSED, **dict.fromkeys(LIMITS)}]}, "no limit is given"),
    ],
)
def test_what_is_no_gate_is_refused_with_its_place(gates, words):
    (problem,) = problems(gates)

    assert words in problem


def test_two_gates_of_one_kind_have_names():
    assert problems({"bake": [SMOKE, {**SMOKE, "name": "again"}, ALARMS, ANALYSED]}) == []


def test_pauses_without_gates_are_none():
    assert gated({"bake": [], "production_traffic": [SMOKE], "nowhere": [SMOKE]}) == ["production_traffic"]


def test_the_words_of_a_pause_say_what_is_asked_and_what_follows():
    slow = {"kind": "analysis", "name": "pace", "method": "threshold", "latency_most_ms": 300, "error_rate_above": None}

    told = pause_text([SMOKE, {**ALARMS, "alarms": ["a", "b"]}, slow], asks=False)

    assert "smoke, the API tests through the test listener; alarms a, b; pace (analysis), threshold: " in told
    assert "p90 at most 300 ms, p90 at most 50% above the old revision's" in told
    assert "errors" not in told
    assert told.endswith("go on if all pass")
    assert pause_text([SMOKE], asks=True).endswith("wait until somebody promotes if all pass")


def answer(name, outcome, *wrong):
    return {"name": name, "outcome": outcome, "problems": list(wrong)}


@pytest.mark.parametrize(
    ("answers", "verdict", "words"),
    [
        ([], "inconclusive", "api_tests_requests is empty"),
        ([answer("a", "passed")], "pass", "all 1 API tests passed"),
        ([answer("a", "passed"), answer("b", "FAILED", "x", "y")], "fail", "1 of 2 API tests failed: b: x, y"),
        ([answer("a", "not asked")], "inconclusive", "0 of 1 API tests were asked"),
    ],
)
def test_smoke_tests(answers, verdict, words):
    found = smoke(answers)

    assert (found.verdict, words in found.reason) == (verdict, True), found.reason


@pytest.mark.parametrize(
    ("states", "verdict", "reason"),
    [
        ({"a": "OK", "b": "OK"}, "pass", "in OK: a, b"),
        ({"a": "OK", "b": "ALARM"}, "fail", "in ALARM: b"),
        ({"a": "ALARM"}, "fail", "in ALARM: a"),
        ({"a": "OK"}, "inconclusive", "b does not exist"),
        ({"a": "INSUFFICIENT_DATA", "b": "OK"}, "inconclusive", "a has too little data"),
    ],
)
def test_alarms(states, verdict, reason):
    found = alarms(["b", "a", "a"], states)

    assert (found.verdict, found.reason) == (verdict, reason)
    assert list(found.figures["alarms"]) == ["a", "b"]


@given(st.lists(st.sampled_from(["pass", "fail", "inconclusive"])))
def test_all_pass_or_one_fails(verdicts):
    found = together(verdicts)

    assert (found == "fail") == ("fail" in verdicts)
    assert (found == "pass") == all(each == "pass" for each in verdicts)
