# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How schedules share out a week."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.cost_schedule import (
    DAY,
    WEEK,
    Period,
    periods,
    uncounted,
    weekly,
)
from ansible_collections.monay.platform.plugins.module_utils.core.cost_tasks import spare, tasks
from tests.support.costs import environment, lines

ONE, TWO, SIX = Decimal(1), Decimal(2), Decimal(6)
# From Monday to Friday, from seven in the morning to eight in the evening: 65 hours.
OFF = {"name": "off", "schedule": "cron(0 20 ? * MON-FRI *)", "min_capacity": 0, "max_capacity": 0}
ON = {"name": "on", "schedule": "cron(0 7 ? * MON-FRI *)", "min_capacity": 2, "max_capacity": 6}


@pytest.mark.parametrize(
    ("expression", "minutes"),
    [
        ("cron(0 0 ? * SUN *)", [0]),
        ("cron(30 7 ? * MON *)", [DAY + 450]),
        ("cron(0 12 ? * 1,7 *)", [720, 6 * DAY + 720]),
        ("cron(0 12 ? * sat *)", [6 * DAY + 720]),
        ("cron(0 20 ? * MON-WED *)", [day * DAY + 1200 for day in (1, 2, 3)]),
        ("cron(0/30 6 ? * SUN *)", [360, 390]),
        ("cron(0 8-10/2 * * 1 *)", [480, 600]),
        ("cron(0 */12 * * SUN *)", [0, 720]),
        ("cron(0 20 * * ? *)", [day * DAY + 1200 for day in range(7)]),
        ("cron(0 20 1 * ? *)", None),
        ("cron(0 20 L * ? *)", None),
        ("cron(0 20 ? 12 MON *)", None),
        ("cron(0 20 ? * MON 2026)", None),
        ("cron(0 20 ? * MON#1 *)", None),
        ("cron(0 20 ? * FRI-MON *)", None),
        ("cron(0 24 ? * MON *)", None),
        ("cron(60 1 ? * MON *)", None),
        ("cron(0 1 ? * 0 *)", None),
        ("cron(0/0 1 ? * MON *)", None),
        ("cron(0 20 ? * MON)", None),
        ("rate(1 day)", None),
        ("at(2026-12-01T00:00:00)", None),
        ("", None),
    ],
)
def test_minutes_of_the_week(expression, minutes):
    assert weekly(expression) == minutes


def test_what_is_not_counted_is_named():
    assert uncounted([OFF, {"name": "once", "schedule": "at(2026-12-01T00:00:00)"}]) == ["once"]


def hours(found, least):
    return sum(each.minutes for each in found if each.least == least) / 60


def test_nights_and_weekends():
    found = periods([ON, OFF], TWO, SIX)

    assert hours(found, 2) == 65
    assert hours(found, 0) == 168 - 65
    assert {each.most for each in found if each.least == 2} == {6}


def test_a_schedule_may_leave_a_bound_alone():
    found = periods([{"name": "more", "schedule": "cron(0 0 ? * WED *)", "min_capacity": 4}], TWO, SIX)

    assert {(each.least, each.most) for each in found} == {(4, 6)}


def test_more_at_least_than_at_most_is_that_many():
    assert periods([{"name": "x", "schedule": "cron(0 0 ? * SUN *)", "min_capacity": 9}], ONE, SIX) == [
        Period(WEEK, Decimal(9), Decimal(9))
    ]


SCHEDULES = st.lists(
    st.fixed_dictionaries(
        {
            "name": st.just("any"),
            "schedule": st.builds(
                "cron({} {} ? * {} *)".format,
                st.integers(0, 59),
                st.integers(0, 23),
                st.sampled_from(["*", "MON-FRI", "SAT,SUN", "3"]),
            ),
            "min_capacity": st.none() | st.integers(0, 5),
            "max_capacity": st.none() | st.integers(5, 9),
        }
    ),
    max_size=4,
)


@given(SCHEDULES)
def test_the_minutes_add_up_to_a_week(schedules):
    found = periods(schedules, ONE, SIX)

    assert sum(each.minutes for each in found) == WEEK
    assert all(each.minutes > 0 and each.least <= each.most for each in found)


@given(SCHEDULES)
def test_the_order_of_the_list_does_not_matter_unless_two_are_due_at_once(schedules):
    due = [minute for each in schedules for minute in weekly(each["schedule"])]
    if len(due) == len(set(due)):
        assert periods(schedules, ONE, SIX) == periods(schedules[::-1], ONE, SIX)


def api(**changes):
    return next(each for each in environment(**changes) if each.name == "api")


def test_tasks_are_counted_on_average():
    component = api(service_autoscaling_schedules=[ON, OFF], cost_usage_autoscaling_percent=25)
    found = tasks(component)

    share = Decimal(65) / 168
    assert [round(each, 9) for each in (found.minimum, found.expected, found.maximum)] == [
        round(number * share, 9) for number in (2, 3, 6)
    ]


def test_schedules_count_only_where_the_service_is_scaled():
    scaled, not_scaled = (api(service_autoscaling=each, service_autoscaling_schedules=[OFF]) for each in (True, False))

    assert tasks(scaled).maximum == 0
    assert tasks(not_scaled).minimum == tasks(not_scaled).maximum == 2


def test_spot_has_what_is_beyond_the_base_and_never_less_than_nothing():
    component = api(service_autoscaling_schedules=[ON, OFF], service_spot_percent=100)

    found = spare(component)
    assert found.minimum == 0
    assert round(found.maximum, 9) == round(4 * Decimal(65) / 168, 9)


def test_the_line_names_the_schedules_that_are_left_out():
    once = {"name": "once", "schedule": "at(2026-12-01T00:00:00)", "max_capacity": 60}
    notes = {each.assumption for each in lines(service_autoscaling_schedules=[ON, OFF, once])}

    assert any(note.endswith("on average, by the schedules without once") for note in notes)
