# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How much of a week a service spends between which numbers of tasks, by its autoscaling schedules. Pure.

Schedules that come back each week are counted: `cron(minute hour ? * day-of-week *)`, in whatever time zone, because a
mean does not depend on it. Source: Application Auto Scaling user guide, cron expressions (1 is Sunday).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
HOUR, DAY = 60, 24 * 60
WEEK = 7 * DAY
ANY = ("*", "?")
PART = re.compile(r"(\*|\w+)(?:-(\w+))?(?:/(\d+))?")


@dataclass(frozen=True)
class Period:
    """Some minutes of the week, with the least and the most tasks in them."""

    minutes: int
    least: Decimal
    most: Decimal


def periods(schedules: Iterable[Mapping[str, Any]], least: Decimal, most: Decimal) -> list[Period]:
    """The week from one change of the bounds to the next.

    `least` and `most` hold until the first schedule sets its own, and for a schedule that leaves one of them out. The
    minutes add up to a week.
    """
    changes = _changes(schedules)
    if not changes:
        return [Period(WEEK, least, most)]
    bounds = least, most
    for _minute, change in changes:  # what holds when the week begins is what the week before has left
        bounds = _changed(bounds, change)
    found, since = [], 0
    for minute, change in [*changes, (WEEK, {})]:
        if minute > since:
            found.append(Period(minute - since, bounds[0], max(bounds)))
        bounds, since = _changed(bounds, change), minute
    return found


def uncounted(schedules: Iterable[Mapping[str, Any]]) -> list[str]:
    """Names of schedules that do not come back each week, or that nobody can read: the estimate leaves them out."""
    return sorted(str(each["name"]) for each in schedules if weekly(str(each["schedule"])) is None)


def weekly(expression: str) -> list[int] | None:
    """Minutes of the week (from Sunday, 0:00) at which a schedule is due; None where it has no such week."""
    found = re.fullmatch(r"\s*cron\(([^)]*)\)\s*", expression)
    fields = found[1].split() if found else []
    if len(fields) != 6 or fields[2] not in ANY or fields[3] != "*" or fields[5] != "*":
        return None
    minutes, hours, days = _numbers(fields[0], HOUR), _numbers(fields[1], 24), _numbers(fields[4], 7, DAYS)
    if minutes is None or hours is None or days is None:
        return None
    return sorted(day * DAY + hour * HOUR + minute for day in days for hour in hours for minute in minutes)


def _changes(schedules: Iterable[Mapping[str, Any]]) -> list[tuple[int, Mapping[str, Any]]]:
    due = [(minute, each) for each in schedules for minute in weekly(str(each["schedule"])) or ()]
    return sorted(due, key=lambda change: change[0])


def _changed(bounds: tuple[Decimal, Decimal], change: Mapping[str, Any]) -> tuple[Decimal, Decimal]:
    given = (change.get("min_capacity"), change.get("max_capacity"))
    least, most = (old if new is None else Decimal(str(new)) for old, new in zip(bounds, given, strict=True))
    return least, most


def _numbers(field: str, end: int, names: Sequence[str] = ()) -> set[int] | None:
    """What a field names: `*`, `5`, `MON-FRI`, `1,3`, `0/15`. None for everything else. Names count from 1."""
    found: set[int] = set()
    for part in ["*"] if field in ANY else field.split(","):
        match = PART.fullmatch(part)
        if match is None:
            return None
        first, last = _number(match[1], names), _number(match[2], names) if match[2] else None
        if match[1] == "*":
            first, last = 0, end - 1
        if first is None or (match[2] and last is None):
            return None
        if last is None:
            last = end - 1 if match[3] else first
        if not (0 <= first <= last < end and int(match[3] or 1)):
            return None
        found.update(range(first, last + 1, int(match[3] or 1)))
    return found


def _number(word: str, names: Sequence[str]) -> int | None:
    if word.upper() in names:
        return names.index(word.upper())
    if not word.isdigit():
        return None
    return int(word) - 1 if names else int(word)
