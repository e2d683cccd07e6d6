# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The plan of a deployment: order of the stages, parts of the traffic, limits of a rolling deployment."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.overlays.ecs_rollout import enough, plan, rollback_plan, rolling_moves, threshold

ORDER = [
    "PRE_SCALE_UP",
    "SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
    "BAKE_TIME",
    "CLEAN_UP",
]


def _shares(**configuration: Any) -> list[tuple[float, float]]:
    steps = plan(configuration, reconciles=False)
    return [(step.production, step.minutes) for step in steps if step.production is not None]


def test_the_stages_come_in_the_documented_order() -> None:
    steps = plan({"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}, reconciles=False)
    assert [step.stage for step in steps] == ORDER
    assert [step.minutes for step in steps if step.stage == "BAKE_TIME"] == [5]
    assert plan({"strategy": "BLUE_GREEN"}, reconciles=True)[0].stage == "RECONCILE_SERVICE"
    assert [step.stage for step in plan({"strategy": "ROLLING"}, reconciles=True)] == [""]
    assert rollback_plan("BLUE_GREEN")[-1].cleans


def test_a_rolling_deployment_bakes_as_long_as_its_alarms_look_back() -> None:
    steps = plan({"strategy": "ROLLING"}, reconciles=True, alarm_minutes=5)
    assert [(step.stage, step.scales, step.cleans, step.minutes) for step in steps] == [
        ("", True, True, 0),
        ("", True, True, 5),
    ]


EARLY = {"enable": True, "healthyPercent": 50, "sourceServiceRevisionCleanup": "BLOCKING"}


@pytest.mark.parametrize("alarm_minutes", [0, 5])
@pytest.mark.parametrize("cleanup", ["BLOCKING", "DEFERRED"])
def test_an_early_success_comes_after_enough_tasks_the_bake_and_the_old_tasks_if_they_block(
    cleanup: str, alarm_minutes: float
) -> None:
    criteria = {**EARLY, "sourceServiceRevisionCleanup": cleanup}
    steps = plan(
        {"strategy": "ROLLING", "earlySuccessCriteria": criteria}, reconciles=True, alarm_minutes=alarm_minutes
    )
    bake = [(True, False, alarm_minutes)] if alarm_minutes else []
    old = [(True, True, 0)] if cleanup == "BLOCKING" else []
    assert [(step.scales, step.cleans, step.minutes) for step in steps] == [(True, False, 0), *bake, *old]


@pytest.mark.parametrize(
    ("criteria", "desired", "tasks"),
    [
        ({}, 4, 4),
        ({**EARLY, "enable": False}, 4, 4),
        ({**EARLY, "healthyPercent": 90}, 100, 90),
        (EARLY, 3, 2),
        (EARLY, 0, 0),
    ],
)
def test_the_percentage_of_an_early_success_is_rounded_up(criteria: dict[str, Any], desired: int, tasks: int) -> None:
    assert enough({"earlySuccessCriteria": criteria}, desired) == tasks


def test_production_traffic_moves_in_the_parts_of_the_strategy() -> None:
    assert _shares(strategy="BLUE_GREEN") == [(100, 0)]
    assert _shares(strategy="CANARY") == [(5, 10), (100, 0)]
    linear = {"stepPercent": 30.0, "stepBakeTimeInMinutes": 2}
    assert _shares(strategy="LINEAR", linearConfiguration=linear) == [(30, 2), (60, 2), (90, 2), (100, 0)]
    assert len(_shares(strategy="LINEAR")) == 10


@pytest.mark.parametrize(
    ("kind", "value", "desired", "failures"),
    [
        ("BOUNDED_PERCENT", 50, 1, 3),
        ("BOUNDED_PERCENT", 50, 20, 10),
        ("BOUNDED_PERCENT", 50, 1000, 200),
        ("UNBOUNDED_PERCENT", 50, 1, 1),
        ("UNBOUNDED_PERCENT", 50, 1000, 500),
        ("COUNT", 7, 1, 7),
    ],
)
def test_the_circuit_breaker_opens_at_its_threshold(kind: str, value: int, desired: int, failures: int) -> None:
    assert threshold({"thresholdConfiguration": {"type": kind, "value": value}}, desired) == failures


@given(
    desired=st.integers(1, 20),
    least=st.integers(0, 100),
    most=st.integers(101, 300),
    ready=st.integers(0, 20),
)
def test_a_rolling_deployment_keeps_its_limits_and_ends(desired: int, least: int, most: int, ready: int) -> None:
    """Whatever becomes ready in which order, it neither falls below the one nor goes over the other, and gets done."""
    configuration = {"minimumHealthyPercent": least, "maximumPercent": most}
    new, old = 0, desired
    new_ready = 0
    for _round in range(200):
        moves = rolling_moves(
            desired=desired, new=new, new_ready=new_ready, old=old, old_ready=old, configuration=configuration
        )
        assert new + old + moves.start <= max(desired * most // 100, desired)
        assert new_ready + old - moves.stop >= min(-(-desired * least // 100), new_ready + old)
        if (new, old) == (desired, 0):
            return
        new, old = new + moves.start, old - moves.stop
        # at least one more of those that have been started becomes ready
        new_ready = min(new, new_ready + 1 + ready)
    # a limit of 100 % leaves no room where half a task more would be needed
    assert desired * most // 100 == desired
    assert -(-desired * least // 100) == desired
