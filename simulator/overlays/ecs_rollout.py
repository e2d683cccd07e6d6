# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of a service deployment, step by step, for each strategy. Pure: no clock, no AWS."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

# The stage that the documentation has and DescribeServiceDeployments cannot show.
HIDDEN = "PRE_PRODUCTION_TRAFFIC_SHIFT"
SHIFTING = ("BLUE_GREEN", "LINEAR", "CANARY")
ALL = 100.0
CANARY = {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10}
LINEAR = {"stepPercent": 10.0, "stepBakeTimeInMinutes": 6}
BREAKER_PERCENT, BREAKER_LOW, BREAKER_HIGH = 50, 3, 200


@dataclass(frozen=True)
class Step:
    """One step; a deployment leaves it when everything that it asks for is so."""

    stage: str
    """The lifecycle stage; none in a rolling deployment."""
    scales: bool = False
    """Wait until the wanted revision has its tasks, and all of them (or `enough`) are healthy."""
    cleans: bool = False
    """Stop the tasks of all other revisions, and wait until they are gone."""
    test: float | None = None
    """Percent of the test traffic that the target revision gets from here on."""
    production: float | None = None
    minutes: float = 0


def plan(configuration: dict[str, Any], *, reconciles: bool, alarm_minutes: float = 0) -> tuple[Step, ...]:
    """The way to a new revision; `reconciles` when more than one revision was active before.

    A rolling deployment with alarms goes on watching them when it has replaced all tasks, for `alarm_minutes`.
    """
    strategy = configuration["strategy"]
    if strategy not in SHIFTING:
        return _replacement(configuration, alarm_minutes)
    # what a superseded deployment has shifted goes back to the revision that was deployed last
    first = [Step("RECONCILE_SERVICE", test=0.0, production=0.0)] if reconciles else []
    return (
        *first,
        Step("PRE_SCALE_UP"),
        Step("SCALE_UP", scales=True),
        Step("POST_SCALE_UP"),
        Step("TEST_TRAFFIC_SHIFT", test=ALL),
        Step("POST_TEST_TRAFFIC_SHIFT"),
        *_shifts(configuration),
        Step("POST_PRODUCTION_TRAFFIC_SHIFT"),
        Step("BAKE_TIME", minutes=configuration.get("bakeTimeInMinutes") or 0),
        Step("CLEAN_UP", cleans=True),
    )


def _replacement(configuration: dict[str, Any], alarm_minutes: float) -> tuple[Step, ...]:
    """A rolling deployment: all tasks, then the bake. For an early success: some tasks, the bake, the old ones."""
    replaces = Step("", scales=True, cleans=True)
    if not early(configuration):
        return (replaces, replace(replaces, minutes=alarm_minutes)) if alarm_minutes else (replaces,)
    scales = Step("", scales=True)
    bakes = (replace(scales, minutes=alarm_minutes),) if alarm_minutes else ()
    blocks = early(configuration)["sourceServiceRevisionCleanup"] == "BLOCKING"
    return (scales, *bakes, *((replaces,) if blocks else ()))


def early(configuration: dict[str, Any]) -> dict[str, Any]:
    """The criteria for an early success, where they are on."""
    criteria: dict[str, Any] = configuration.get("earlySuccessCriteria") or {}
    return criteria if criteria.get("enable") else {}


def enough(configuration: dict[str, Any], desired: int) -> int:
    """Healthy tasks of the new revision with which it has scaled up."""
    percent = int(early(configuration).get("healthyPercent", 100))
    return math.ceil(desired * percent / 100)


def _shifts(configuration: dict[str, Any]) -> list[Step]:
    """The parts of production traffic, each with what it bakes; the last part bakes in BAKE_TIME."""
    steps: list[Step] = []
    for percent, minutes in shares(configuration):
        steps += [Step(HIDDEN), Step("PRODUCTION_TRAFFIC_SHIFT", production=percent, minutes=minutes)]
    return steps


def shares(configuration: dict[str, Any]) -> list[tuple[float, float]]:
    """Percent of production traffic on the new revision, and the minutes that it stays there."""
    if configuration["strategy"] == "CANARY":
        canary = {**CANARY, **(configuration.get("canaryConfiguration") or {})}
        return [(canary["canaryPercent"], canary["canaryBakeTimeInMinutes"]), (ALL, 0)]
    if configuration["strategy"] == "LINEAR":
        linear = {**LINEAR, **(configuration.get("linearConfiguration") or {})}
        steps = math.ceil(ALL / linear["stepPercent"])
        parts = [(linear["stepPercent"] * number, linear["stepBakeTimeInMinutes"]) for number in range(1, steps)]
        return [*parts, (ALL, 0)]
    return [(ALL, 0)]


def rollback_plan(strategy: str) -> tuple[Step, ...]:
    """The way back: the old revision's tasks first, then the traffic, then the new one's end."""
    if strategy not in SHIFTING:
        return (Step("", scales=True, cleans=True),)
    return (
        Step("SCALE_UP", scales=True),
        Step("PRODUCTION_TRAFFIC_SHIFT", production=0.0),
        Step("TEST_TRAFFIC_SHIFT", test=0.0),
        Step("CLEAN_UP", cleans=True),
    )


def threshold(breaker: dict[str, Any], desired: int) -> int:
    """Failed tasks in a row that open the circuit breaker."""
    wanted = breaker.get("thresholdConfiguration") or {"type": "BOUNDED_PERCENT", "value": BREAKER_PERCENT}
    value = int(wanted["value"])
    if wanted["type"] == "COUNT":
        return max(1, value)
    share = math.ceil(desired * value / 100)
    return max(1, share) if wanted["type"] == "UNBOUNDED_PERCENT" else min(max(share, BREAKER_LOW), BREAKER_HIGH)


@dataclass(frozen=True)
class Moves:
    """What a rolling deployment may do now."""

    start: int
    stop: int


def rolling_moves(
    *, desired: int, new: int, new_ready: int, old: int, old_ready: int, configuration: dict[str, Any]
) -> Moves:
    """Between the healthy tasks that there must be (rounded up) and the tasks that there may be (rounded down)."""
    most = math.floor(desired * configuration["maximumPercent"] / 100)
    least = math.ceil(desired * configuration["minimumHealthyPercent"] / 100)
    start = max(0, min(desired - new, most - new - old))
    if new_ready >= desired:
        return Moves(start, old)
    spare = max(0, new_ready + old_ready - least)
    return Moves(start, min(old, spare + old - old_ready))
