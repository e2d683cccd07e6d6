# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Wait for slow resources: one loop for all kinds, which differ only in their status tables."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Callable, Collection, Iterable

from ..core.plan import Observed
from ..core.readiness import StatusTable, pause_after
from .api import AwsError
from .reconcile import Kind, Scope


def wait_ready(
    kind: Kind,
    scope: Scope,
    names: Collection[str],
    timeout: float,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Wait until each named resource is ready. `timeout` in seconds.

    Raises AwsError when one has failed, has vanished, or is not ready in time.
    """
    table = t.cast(StatusTable, kind.statuses)

    def unready() -> dict[str, str]:
        found = kind.observe(scope, names)
        scope.record(kind.kind, found)
        statuses = {name: status_of(found.get(name)) for name in names}
        for name, status in statuses.items():
            if status == "absent" or table.verdict(status) == "failed":
                message = f"{kind.kind} {name} will not become ready: its status is {status}"
                raise AwsError(_advised(message, kind.advice(scope, [name])), status)
        return {name: status for name, status in statuses.items() if table.verdict(status) == "pending"}

    _poll(kind, unready, "ready", timeout, sleep, clock, lambda names: kind.advice(scope, names))


def wait_gone(
    kind: Kind,
    scope: Scope,
    names: Collection[str],
    timeout: float,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Wait until none of the named resources exists. `timeout` in seconds. Raises AwsError when time is up."""

    def remaining() -> dict[str, str]:
        found = kind.observe(scope, names)
        return {name: status_of(found[name]) for name in names if name in found}

    _poll(kind, remaining, "gone", timeout, sleep, clock)


def status_of(found: Observed | None) -> str:
    """AWS's word for the state of a resource; "absent" for one that does not exist."""
    return "absent" if found is None else str(found.facts.get("status", ""))


def _poll(
    kind: Kind,
    ask: Callable[[], dict[str, str]],
    goal: str,
    timeout: float,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
    advice: Callable[[Iterable[str]], str] = lambda _names: "",
) -> None:
    started = clock()
    while waiting := ask():
        waited = clock() - started
        if waited >= timeout:
            statuses = ", ".join(f"{name} is {status}" for name, status in sorted(waiting.items()))
            message = f"{kind.kind} not {goal} after {timeout:.0f} s: {statuses}"
            raise AwsError(_advised(message, advice(waiting)), "WaitTimeout")
        sleep(pause_after(waited))


def _advised(message: str, advice: str) -> str:
    return f"{message}. {advice}" if advice else message
