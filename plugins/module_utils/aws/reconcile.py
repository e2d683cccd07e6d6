# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Observe, plan, and (unless it is a check run) apply: the engine behind every module of the collection.

A `Kind` knows one sort of AWS resource: how to read all of them in few calls, and how to create, update and delete
one. The engine orders kinds by what they need, reads and writes side by side where nothing forbids it, and makes
every decision with `core.plan` before the first write.
"""

from __future__ import annotations

import threading
import typing as t
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from ..core.plan import Change, Observed, Plan, PlanRefused, State, differing_fields, plan_kind
from ..core.readiness import StatusTable
from .api import AmbiguousError, AwsError

PARALLEL_CALLS = 12
# An answer that was lost this often in a row is an outage, not an accident.
LOST_ANSWERS = 4


class ApplyError(AwsError):
    """Some changes were made before one failed. `done` lists those that were made."""

    def __init__(self, message: str, done: list[Change]) -> None:
        super().__init__(message)
        self.done = done


class Scope:
    """Which resources exist, by kind and name, and their ids. Shared by the kinds of one call, safe between threads."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, Observed]] = {}
        self._lock = threading.Lock()

    def record(self, kind: str, found: Mapping[str, Observed]) -> None:
        with self._lock:
            self._found.setdefault(kind, {}).update(found)

    def forget(self, kind: str, name: str) -> None:
        with self._lock:
            self._found.get(kind, {}).pop(name, None)

    def of_kind(self, kind: str) -> dict[str, Observed]:
        with self._lock:
            return dict(self._found.get(kind, {}))

    def find(self, kind: str, name: str) -> Observed | None:
        with self._lock:
            return self._found.get(kind, {}).get(name)

    def id(self, kind: str, name: str) -> str:
        """The id of a resource that must exist by now. Raises PlanRefused where it does not."""
        found = self.find(kind, name)
        if found is None:
            raise PlanRefused(
                f"{kind} {name} does not exist in this account and region; create it first, or correct its name"
            )
        return found.id

    def name(self, kind: str, identifier: str) -> str:
        """The name behind an id, or the id itself for a resource that is not ours."""
        return next((name for name, found in self.of_kind(kind).items() if found.id == identifier), identifier)


class Kind(ABC):
    """One sort of resource. Subclasses hold their Api objects and translate between AWS's shapes and states."""

    kind: t.ClassVar[str]
    """AWS's noun, as it is shown to people: "subnet", "NAT gateway"."""
    after: t.ClassVar[tuple[str, ...]] = ()
    """The kinds that must be observed and applied before this one (and deleted after it)."""
    found_alone: t.ClassVar[bool] = False
    """Whether `observe` needs nothing of the kinds in `after`, so that it can run beside them."""
    immutable: t.ClassVar[Mapping[str, str]] = {}
    """Fields that AWS cannot change on a living resource, each with advice for the person who tried."""
    named_by_tag: t.ClassVar[bool] = False
    """Whether the resource has no name of its own, so that its `Name` tag serves (most of EC2)."""
    statuses: t.ClassVar[StatusTable | None] = None
    """For kinds that take time: what `facts["status"]` means to somebody who waits."""

    @abstractmethod
    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        """The existing resources by name: those in `names`, and others that this kind owns (candidates for purging)."""

    def settle(self, wanted: State, observed: State) -> State:
        """Wanted as it should be compared with this observed state, where AWS filled in or grew something. Pure."""
        return wanted

    @abstractmethod
    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        """Create one resource, tagged in the same call. Returns it with the part of the state that is set by now.

        What is wanted beyond that part the engine hands to `update` at once.
        """

    @abstractmethod
    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        """Bring the given fields of one resource to the wanted state."""

    @abstractmethod
    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """Delete one resource; one that is gone already is no error."""

    def advice(self, scope: Scope, names: Iterable[str]) -> str:
        """What a person can do for resources that do not become ready; for the message of a wait that fails."""
        return ""


@dataclass(frozen=True)
class Request:
    """What is wanted of one kind: states by name, and what is to go.

    `purge` deletes every owned resource that is not wanted; `absent` names resources to delete.
    `keep_tags` leaves tags alone that are not mentioned in the wanted state.
    """

    kind: Kind
    wanted: Mapping[str, State] = field(default_factory=dict)
    purge: bool = False
    absent: frozenset[str] = frozenset()
    keep_tags: bool = False

    def names(self) -> set[str]:
        return set(self.wanted) | self.absent

    def plan(self, observed: Mapping[str, Observed]) -> tuple[Change, ...]:
        wanted = {name: self._settled(name, state, observed.get(name)) for name, state in self.wanted.items()}
        gone = (observed.keys() - wanted.keys()) if self.purge else self.absent
        return plan_kind(self.kind.kind, wanted, observed, immutable=self.kind.immutable, delete=gone)

    def _settled(self, name: str, wanted: State, existing: Observed | None) -> State:
        if existing is None:
            # Also where nobody says anything of tags: without its name the resource would never be found again.
            named = {"tags": {**(wanted.get("tags") or {}), "Name": name}} if self.kind.named_by_tag else {}
            return {**wanted, **named}
        settled = self.kind.settle(dict(wanted), existing.state)
        if self.keep_tags and settled.get("tags") is not None:
            settled["tags"] = {**(existing.state.get("tags") or {}), **settled["tags"]}
        return settled


def reconcile(requests: list[Request], *, check_mode: bool) -> tuple[Plan, Scope]:
    """Observe everything, plan everything, then apply. Returns the plan and what exists at the end.

    Raises PlanRefused before any write when the wanted state cannot be reached, AwsError when a read fails, and
    ApplyError when a write fails after others were made.
    """
    scope = Scope()
    for wave in _waves(requests, lambda kind: () if kind.found_alone else kind.after):
        _side_by_side([_observer(request, scope) for request in wave])
    waves = _waves(requests, lambda kind: kind.after)
    planned = [(request, request.plan(scope.of_kind(request.kind.kind))) for wave in waves for request in wave]
    plan = Plan(tuple(change for _request, changes in planned for change in changes))
    if plan.changed and not check_mode:
        _apply(planned, waves, scope)
    return plan, scope


def _apply(planned: list[tuple[Request, tuple[Change, ...]]], waves: list[list[Request]], scope: Scope) -> None:
    """Creations and updates in the order of need, then deletions in the opposite order."""
    changes = {id(request): found for request, found in planned}
    done: list[Change] = []
    for wave in waves:
        _run(wave, changes, scope, done, deletions=False)
    for wave in reversed(waves):
        _run(wave, changes, scope, done, deletions=True)


def _run(
    wave: list[Request], changes: dict[int, tuple[Change, ...]], scope: Scope, done: list[Change], *, deletions: bool
) -> None:
    jobs = [
        _job(request, change, scope, done)
        for request in wave
        for change in changes[id(request)]
        if (change.action == "delete") is deletions
    ]
    try:
        _side_by_side(jobs)
    except (AwsError, PlanRefused) as error:
        if not done:
            raise
        made = ", ".join(f"{change.action} {change.kind} {change.name}" for change in done)
        raise ApplyError(f"{error}. Made before that, and kept: {made}. Run again to continue", done) from error


def _job(request: Request, change: Change, scope: Scope, done: list[Change]) -> Callable[[], None]:
    def work() -> None:
        kind, name = request.kind, change.name
        if change.action == "delete":
            kind.delete(scope, name, t.cast(Observed, scope.find(kind.kind, name)))
            scope.forget(kind.kind, name)
        elif change.action == "create":
            _create(kind, scope, name, change.after)
        else:
            existing = t.cast(Observed, scope.find(kind.kind, name))
            kind.update(scope, name, existing, change.after, change.fields)
        done.append(change)

    return work


def _create(kind: Kind, scope: Scope, name: str, wanted: State) -> None:
    """Create, then set what creation left open."""
    created = _created(kind, scope, name, wanted)
    scope.record(kind.kind, {name: created})
    settled = kind.settle(dict(wanted), created.state)
    open_fields = differing_fields(settled, created.state)
    if open_fields:
        kind.update(scope, name, created, settled, open_fields)


def _created(kind: Kind, scope: Scope, name: str, wanted: State) -> Observed:
    """Create one resource. A lost answer is answered by looking, never by creating twice."""
    for attempt in range(1, LOST_ANSWERS + 1):
        try:
            return kind.create(scope, name, wanted)
        except AmbiguousError:
            found = kind.observe(scope, [name]).get(name)
            if found:
                return found
            if attempt == LOST_ANSWERS:
                raise
    raise AssertionError("unreachable: the last attempt returns or raises")


def _observer(request: Request, scope: Scope) -> Callable[[], None]:
    def work() -> None:
        scope.record(request.kind.kind, request.kind.observe(scope, request.names()))

    return work


def _waves(requests: list[Request], needs: Callable[[Kind], Iterable[str]]) -> list[list[Request]]:
    """Group requests so that each stands behind all that its kind needs."""
    waiting, waves = list(requests), []
    while waiting:
        open_kinds = {request.kind.kind for request in waiting}
        wave = [request for request in waiting if not open_kinds & (set(needs(request.kind)) - {request.kind.kind})]
        if not wave:
            raise ValueError(f"these kinds need each other: {sorted(open_kinds)}")
        waves.append(wave)
        waiting = [request for request in waiting if request not in wave]
    return waves


def _side_by_side(jobs: list[Callable[[], None]]) -> None:
    """Run all jobs, at most PARALLEL_CALLS at once; all of them end before the first failure is raised."""
    if len(jobs) <= 1:
        for job in jobs:
            job()
        return
    with ThreadPoolExecutor(max_workers=min(PARALLEL_CALLS, len(jobs))) as pool:
        futures = [pool.submit(job) for job in jobs]
    for future in futures:
        future.result()


def side_by_side(jobs: Mapping[str, Callable[[], t.Any]]) -> dict[str, t.Any]:
    """Run the calls of one resource side by side; returns their answers under the same keys."""
    answers: dict[str, t.Any] = {}

    def keep(key: str, call: Callable[[], t.Any]) -> Callable[[], None]:
        return lambda: answers.__setitem__(key, call())

    _side_by_side([keep(key, call) for key, call in jobs.items()])
    return answers
