# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A sort of resource in memory, for tests of the engine: it keeps what AWS would keep, and notes what was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Kind, Scope
from ansible_collections.monay.platform.plugins.module_utils.core.plan import Observed, State

Journal = list[tuple[str, str, str]]
"""(what was done, kind, name) in the order in which it was done."""


class FakeKind(Kind):
    """`world` is what exists. `create_sets` limits which fields a creation sets (None: all of them).

    `failures` maps (action, name) to exceptions, raised one after another; None stands for "this time it works".
    A creation that fails with an exception in `after_work` has done its work before.
    """

    kind = "thing"

    def __init__(self, kind: str = "thing", *, after: tuple[str, ...] = (), journal: Journal | None = None) -> None:
        # One class stands for several kinds.
        self.kind = kind  # type: ignore[misc]
        self.after = after  # type: ignore[misc]
        self.journal: Journal = [] if journal is None else journal
        self.world: dict[str, State] = {}
        self.create_sets: set[str] | None = None
        self.failures: dict[tuple[str, str], list[Exception | None]] = {}
        self.after_work: tuple[type[Exception], ...] = ()
        self.owns: set[str] = set()
        self._lock = threading.Lock()

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        self._note("observe", ",".join(sorted(names)))
        return {name: self._observed(name) for name in {*names, *self.owns} & self.world.keys()}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        self._note("create", name)
        failure = self._failure("create", name)
        if failure is None or isinstance(failure, self.after_work):
            assert name not in self.world, f"{self.kind} {name} was created twice"
            keys = wanted.keys() if self.create_sets is None else self.create_sets & wanted.keys()
            self.world[name] = {key: wanted[key] for key in keys}
        if failure is not None:
            raise failure
        return self._observed(name)

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        self._note("update", name)
        failure = self._failure("update", name)
        if failure is not None:
            raise failure
        self.world[name].update({field: wanted[field] for field in fields})

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self._note("delete", name)
        failure = self._failure("delete", name)
        if failure is not None:
            raise failure
        del self.world[name]

    def done(self) -> list[tuple[str, str]]:
        """What was done to AWS, without the observations."""
        return [(action, name) for action, kind, name in self.journal if action != "observe" and kind == self.kind]

    def _observed(self, name: str) -> Observed:
        state = dict(self.world[name])
        facts: dict[str, Any] = {"status": state["status"]} if "status" in state else {}
        return Observed(f"id-{name}", state, facts)

    def _note(self, action: str, name: str) -> None:
        with self._lock:
            self.journal.append((action, self.kind, name))

    def _failure(self, action: str, name: str) -> Exception | None:
        waiting = self.failures.get((action, name))
        return waiting.pop(0) if waiting else None
