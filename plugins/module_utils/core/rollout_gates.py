# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Gates of a rollout: what is asked at which pause, in words, and what their verdicts say together. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .api_test import FAILED, PASSED
from .plan import State

Verdict = Literal["pass", "fail", "inconclusive"]

KINDS = ("alarms", "analysis", "smoke")
# Before test_traffic the test listener leads to the old revision, and the new one has no traffic to be analysed.
AT: dict[str, tuple[str, ...]] = {
    "test_traffic": ("alarms",),
    "production_traffic": KINDS,
    "each_step": KINDS,
    "bake": KINDS,
}
METHODS = ("statistical", "threshold")
ANALYSIS: State = {
    "method": "statistical",
    "confidence": 95.0,
    "min_requests": 100,
    "baseline_minutes": 60,
    "error_rate_most": None,
    "error_rate_above": 1.0,
    "latency_percentile": 90.0,
    "latency_most_ms": None,
    "latency_above_percent": 50.0,
}
# Of numbers: the smallest and the largest. Longer baselines would make the exact test of latencies slow.
RANGES: dict[str, tuple[float, float]] = {
    "confidence": (50, 99.99),
    "min_requests": (1, 10_000_000),
    "baseline_minutes": (1, 180),
    "error_rate_most": (0, 100),
    "error_rate_above": (0, 100),
    "latency_percentile": (1, 100),
    "latency_most_ms": (1, 3_600_000),
    "latency_above_percent": (0, 10_000),
}
# What must not be left out by `null`; a limit may be.
NEEDED = ("confidence", "min_requests", "baseline_minutes", "latency_percentile")
LIMITS = tuple(name for name in RANGES if name not in NEEDED)
MEMBERS: dict[str, tuple[str, ...]] = {"alarms": ("alarms",), "analysis": tuple(ANALYSIS), "smoke": ()}


@dataclass(frozen=True)
class Finding:
    """What one gate says, and the figures behind it."""

    verdict: Verdict
    reason: str
    figures: State = field(default_factory=dict)


def gated(gates: Mapping[str, Any]) -> list[str]:
    """The pauses that have gates."""
    return [pause for pause in AT if gates.get(pause)]


def problems(gates: Mapping[str, Any]) -> list[str]:
    """What is wrong with the gates themselves (lists by pause), each with its place."""
    return [problem for pause, some in gates.items() for problem in _pause_problems(str(pause), some)]


def _pause_problems(pause: str, some: Any) -> Iterator[str]:
    if pause not in AT:
        yield f"gates: there are none before {pause}; known: {', '.join(AT)}"
    elif not isinstance(some, Sequence) or isinstance(some, str):
        yield f"gates.{pause} is a list, got {some!r}"
    else:
        names = [name_of(each) for each in some if isinstance(each, Mapping)]
        for name in sorted({each for each in names if names.count(each) > 1}):
            yield f"gates.{pause}: two gates are called {name}; give them a name"
        for number, gate in enumerate(some):
            yield from _gate_problems(f"gates.{pause}[{number}]", pause, gate)


def _gate_problems(place: str, pause: str, gate: Any) -> Iterator[str]:
    kind = gate.get("kind") if isinstance(gate, Mapping) else None
    if kind not in KINDS:
        yield f"{place}: kind is one of {', '.join(KINDS)}, got {gate!r}"
        return
    if kind not in AT[pause]:
        yield f"{place}: nothing leads to the new revision yet, so that there can be no {kind} before {pause}"
    for name in sorted(set(gate) - {"kind", "name", *MEMBERS[kind]}):
        known = ", ".join(MEMBERS[kind]) or "nothing but a name"
        yield f"{place}: {kind} knows no {name}; known: {known}"
    if kind == "alarms" and not _is_names(gate.get("alarms")):
        yield f"{place}: alarms is a list of names of CloudWatch alarms, got {gate.get('alarms')!r}"
    if kind == "analysis":
        yield from _analysis_problems(place, {**ANALYSIS, **gate})


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) and each for each in value)


def _analysis_problems(place: str, gate: Mapping[str, Any]) -> Iterator[str]:
    if gate["method"] not in METHODS:
        yield f"{place}: method is one of {', '.join(METHODS)}, got {gate['method']!r}"
    for name, (low, high) in RANGES.items():
        value = gate[name]
        if value is None and name not in NEEDED:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            yield f"{place}: {name} is {low:g} to {high:g}, got {value!r}"
    if all(gate[name] is None for name in LIMITS):
        yield f"{place}: no limit is given, so that it would let everything pass; give one of {', '.join(LIMITS)}"


def name_of(gate: Mapping[str, Any]) -> str:
    return str(gate.get("name") or gate.get("kind"))


def pause_text(some: Iterable[Mapping[str, Any]], *, asks: bool) -> str:
    """What happens at a pause that has gates, for people; `asks`: somebody has to promote it as well."""
    told = "; ".join(_text(gate) for gate in some)
    after = "wait until somebody promotes" if asks else "go on"
    return f"pause for gates: {told}. Roll back if one fails, {after} if all pass"


def _text(gate: Mapping[str, Any]) -> str:
    name, kind = name_of(gate), gate["kind"]
    label = kind if name == kind else f"{name} ({kind})"
    if kind == "smoke":
        return f"{label}, the API tests through the test listener"
    if kind == "alarms":
        return f"{label} {', '.join(gate['alarms'])}"
    full = {**ANALYSIS, **gate}
    percentile = f"p{full['latency_percentile']:g}"
    limits = (
        ("error_rate_most", "errors at most {:g}%"),
        ("error_rate_above", "errors at most {:g} points above the old revision's"),
        ("latency_most_ms", percentile + " at most {:g} ms"),
        ("latency_above_percent", percentile + " at most {:g}% above the old revision's"),
    )
    return f"{label}, {full['method']}: " + ", ".join(
        text.format(full[name]) for name, text in limits if full[name] is not None
    )


def smoke(answers: Sequence[Mapping[str, Any]]) -> Finding:
    """What the answers to the API tests say, as M(monay.platform.api_test) returns them."""
    if not answers:
        return Finding("inconclusive", "nothing was asked: api_tests_requests is empty, or the task before says why")
    asked = [each for each in answers if each["outcome"] in (PASSED, FAILED)]
    failed = [each for each in answers if each["outcome"] == FAILED]
    figures: State = {"requests": len(asked), "failed": len(failed)}
    if failed:
        told = "; ".join(f"{each['name']}: {', '.join(each['problems'])}" for each in failed)
        return Finding("fail", f"{len(failed)} of {len(asked)} API tests failed: {told}", figures)
    if len(asked) < len(answers):
        return Finding("inconclusive", f"{len(asked)} of {len(answers)} API tests were asked", figures)
    return Finding("pass", f"all {len(asked)} API tests passed", figures)


def alarms(names: Iterable[str], states: Mapping[str, str]) -> Finding:
    """Whether all alarms are in OK. One that knows nothing, or does not exist, proves nothing."""
    wanted = sorted(set(names))
    figures: State = {"alarms": {name: states.get(name, "MISSING") for name in wanted}}
    ringing = [name for name in wanted if states.get(name) == "ALARM"]
    if ringing:
        return Finding("fail", f"in ALARM: {', '.join(ringing)}", figures)
    told = {"INSUFFICIENT_DATA": "has too little data", "MISSING": "does not exist"}
    unclear = [f"{name} {told[state]}" for name, state in figures["alarms"].items() if state in told]
    if unclear:
        return Finding("inconclusive", ", ".join(unclear), figures)
    return Finding("pass", f"in OK: {', '.join(wanted)}", figures)


def together(verdicts: Iterable[str]) -> Verdict:
    """One that fails is enough to fail; all have to pass."""
    found = set(verdicts)
    if "fail" in found:
        return "fail"
    return "pass" if found <= {"pass"} else "inconclusive"
