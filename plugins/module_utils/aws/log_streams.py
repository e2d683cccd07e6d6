# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The end of a container's log, as the awslogs driver wrote it."""

from __future__ import annotations

import time
import typing as t

from .api import Api

NO_LOG = frozenset({"ResourceNotFoundException"})
# Seconds before a log is looked at, again and again while it is empty: the driver sends what a container wrote in
# batches, the last one after ECS has said that the task ended.
PAUSES = (0, 0.5, 1, 2)


def last_events(
    logs: Api, doing: str, group: str, stream: str, limit: int, *, patient: bool = True
) -> list[dict[str, t.Any]]:
    """Up to `limit` events, oldest first, `{timestamp, message}`; none where there is no such log."""
    for pause in PAUSES if patient else PAUSES[:1]:
        time.sleep(pause)
        answer = logs.read(
            "get_log_events",
            doing,
            NO_LOG,
            logGroupName=group,
            logStreamName=stream,
            limit=limit,
            startFromHead=False,
        )
        if events := (answer or {}).get("events"):
            return list(events)
    return []
