# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The call log: every AWS call in the order of its arrival."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

KEPT = 200_000


@dataclass(slots=True)
class Entry:
    """One call; `at` is Unix time, `duration_ms` includes latency, `error` is AWS's code, `fault` an injected kind."""

    seq: int
    at: float
    account: str
    region: str
    service: str
    operation: str
    mutating: bool
    resource: str | None
    parameters: dict[str, Any]
    status: int | None = None
    error: str | None = None
    duration_ms: float | None = None
    fault: str | None = None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class CallLog:
    """A bounded, thread-safe log; the numbers go on after it was emptied."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._next = 1

    def append(self, **members: Any) -> Entry:
        with self._lock:
            entry = Entry(seq=self._next, **members)
            self._next += 1
            self._entries.append(entry)
            return entry

    def select(
        self, service: str | None, operation: str | None, mutating: bool | None, since: int
    ) -> list[dict[str, Any]]:
        """The entries after `since` that match what is given."""
        with self._lock:
            entries = list(self._entries)
        return [
            entry.as_json()
            for entry in entries
            if entry.seq > since
            and (service is None or entry.service == service)
            and (operation is None or entry.operation == operation)
            and (mutating is None or entry.mutating == mutating)
        ]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
