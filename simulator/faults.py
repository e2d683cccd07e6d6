# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults on demand: which call is disturbed, and how."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any

KINDS = ("throttle", "deny", "error500", "timeout", "reset", "hold")
MATCH_KEYS = ("service", "operation", "resource", "mutating", "account", "region")
# The code with which each service refuses a client that asks too often, and the status it does so with.
THROTTLING = {
    "ec2": ("RequestLimitExceeded", 503),
    "s3": ("SlowDown", 503),
    "s3control": ("SlowDown", 503),
}
THROTTLING_BY_PROTOCOL = {
    "query": ("Throttling", 400),
    "json": ("ThrottlingException", 400),
    "rest-json": ("ThrottlingException", 429),
    "rest-xml": ("Throttling", 400),
}


class FaultError(ValueError):
    """A fault description that makes no sense; the text says what is wrong."""


@dataclass(slots=True)
class Fault:
    """One fault; it strikes the n-th matching call and the following, `times` in all.

    With `each_operation`, n and times are counted for every service and operation by itself.
    """

    id: int
    match: dict[str, Any]
    kind: str
    when: str
    nth: int
    times: int
    seconds: float
    each_operation: bool
    seen: dict[str, int] = field(default_factory=dict)
    fired: int = 0

    def matches(self, facts: dict[str, Any]) -> bool:
        for key, wanted in self.match.items():
            actual = facts[key]
            if key == "resource":
                if not re.search(wanted, actual or ""):
                    return False
            elif actual != wanted:
                return False
        return True

    def strikes(self, facts: dict[str, Any]) -> bool:
        """Count a matching call, and say whether it is one to disturb."""
        counter = f"{facts['service']}.{facts['operation']}" if self.each_operation else ""
        self.seen[counter] = self.seen.get(counter, 0) + 1
        hit = self.nth <= self.seen[counter] < self.nth + self.times
        self.fired += hit
        return hit

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "match": self.match,
            "kind": self.kind,
            "when": self.when,
            "nth": self.nth,
            "times": self.times,
            "seconds": self.seconds,
            "each_operation": self.each_operation,
            "fired": self.fired,
        }


def parse_fault(number: int, given: dict[str, Any]) -> Fault:
    """Check a fault's description.

    :raises FaultError: with the member that is wrong.
    """
    unknown = set(given) - {"match", "nth", "times", "each_operation", "kind", "when", "seconds"}
    if unknown:
        raise FaultError(f"unknown members: {', '.join(sorted(unknown))}")
    match = given.get("match", {})
    if not isinstance(match, dict) or set(match) - set(MATCH_KEYS):
        raise FaultError(f"match may have {', '.join(MATCH_KEYS)}")
    kind, when = given.get("kind"), given.get("when", "before")
    if kind not in KINDS:
        raise FaultError(f"kind must be one of {', '.join(KINDS)}")
    if when not in ("before", "after"):
        raise FaultError("when must be before or after")
    nth, times, seconds = given.get("nth", 1), given.get("times", 1), given.get("seconds", 5)
    if not isinstance(nth, int) or not isinstance(times, int) or nth < 1 or times < 1:
        raise FaultError("nth and times must be whole numbers of at least 1")
    try:
        re.compile(match.get("resource", ""))
    except re.error as error:
        raise FaultError(f"match.resource is no regular expression: {error}") from None
    # a held answer is one of a call that was carried out
    when = "after" if kind == "hold" else when
    return Fault(number, match, kind, when, nth, times, float(seconds), bool(given.get("each_operation", False)))


class Faults:
    """The faults that are set, and the answers that are being held back."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._number = 0
        self._released = threading.Event()
        self._holding = 0

    def add(self, given: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            self._number += 1
            fault = parse_fault(self._number, given)
            self._faults.append(fault)
            return fault.as_json()

    def choose(self, facts: dict[str, Any]) -> Fault | None:
        """The fault that strikes this call; every fault that matches counts the call."""
        with self._lock:
            hits = [fault for fault in self._faults if fault.matches(facts) and fault.strikes(facts)]
        return hits[0] if hits else None

    def hold(self, seconds_at_most: float = 600) -> None:
        """Keep the caller waiting until the held answers are released."""
        with self._lock:
            self._holding += 1
            event = self._released
        event.wait(seconds_at_most)
        with self._lock:
            self._holding -= 1

    def release(self) -> int:
        """Let all held answers go; the number of them."""
        with self._lock:
            self._released.set()
            self._released = threading.Event()
            return self._holding

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
        self.release()

    def as_json(self) -> dict[str, Any]:
        with self._lock:
            return {"faults": [fault.as_json() for fault in self._faults], "holding": self._holding}


def denial(protocol: str) -> tuple[str, int]:
    """Code and status of an answer to a caller who may not do this."""
    codes = {"ec2": "UnauthorizedOperation", "json": "AccessDeniedException", "rest-json": "AccessDeniedException"}
    return codes.get(protocol, "AccessDenied"), 400 if protocol == "json" else 403


def throttling(service: str, protocol: str) -> tuple[str, int]:
    """Code and status of a throttled answer."""
    return THROTTLING.get(service) or THROTTLING_BY_PROTOCOL.get(protocol, ("Throttling", 400))
