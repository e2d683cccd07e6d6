# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Windows of time in which AWS may take backups and do maintenance, in UTC. Pure.

Minutes are counted from Sunday midnight (weekly) or midnight (daily); an end beyond the last minute runs on into the
next day or week.
"""

from __future__ import annotations

import re

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
DAY = 24 * 60
WEEK = 7 * DAY
SHORTEST = 30

Span = tuple[int, int]


def daily_minutes(window: str) -> Span:
    """`03:00-04:00` as start and end. Raises ValueError, naming the window, for anything else."""
    found = re.fullmatch(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)", window)
    if found is None or not all(int(hour) < 24 for hour in found.group(1, 3)):
        raise ValueError(f"window {window!r} must look like 03:00-04:00 (UTC)")
    start, end = (int(found.group(at)) * 60 + int(found.group(at + 1)) for at in (1, 3))
    return _span(window, start, end, DAY)


def weekly_minutes(window: str) -> Span:
    """`sun:05:00-sun:06:00` as start and end. Raises ValueError, naming the window, for anything else."""
    halves = [re.fullmatch(r"([a-z]{3}):(\d\d):([0-5]\d)", half) for half in window.lower().split("-")]
    moments = []
    for half in halves:
        if len(halves) != 2 or half is None or half.group(1) not in DAYS or int(half.group(2)) > 23:
            raise ValueError(f"window {window!r} must look like sun:05:00-sun:06:00 (UTC)")
        moments.append(DAYS.index(half.group(1)) * DAY + int(half.group(2)) * 60 + int(half.group(3)))
    return _span(window, moments[0], moments[1], WEEK)


def overlap(daily: Span, weekly: Span) -> bool:
    """Whether a daily window ever meets a weekly one."""
    # A week on both sides, for windows that run over midnight or over the end of the week.
    for day in range(-1, 9):
        start, end = daily[0] + day * DAY, daily[1] + day * DAY
        if start < weekly[1] and weekly[0] < end:
            return True
    return False


def _span(window: str, start: int, end: int, period: int) -> Span:
    end += period if end <= start else 0
    if end - start < SHORTEST:
        raise ValueError(f"window {window!r} must be at least {SHORTEST} minutes long")
    return start, end
