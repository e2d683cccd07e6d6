# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Decide what must change to turn what is observed into what is wanted.

Pure: no Ansible, no AWS, no clock. A *state* is a JSON-like mapping in canonical form: names instead of ids,
sorted lists where order has no meaning, AWS's defaults filled in. Both sides are brought into that form before
they come here, so equality is all that is left to ask.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

State = dict[str, Any]
Action = Literal["create", "update", "delete"]


class PlanRefused(Exception):
    """What is wanted cannot be reached, or must not be; the message names the resource, the reason and the way out."""


@dataclass(frozen=True)
class Observed:
    """A resource as AWS holds it: `id` is what AWS calls it, `state` is canonical, `facts` are for the caller."""

    id: str
    state: State
    facts: State = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """One resource to create, update or delete. `fields` are the parts of the state that differ (updates only)."""

    action: Action
    kind: str
    name: str
    before: State = field(default_factory=dict)
    after: State = field(default_factory=dict)
    fields: tuple[str, ...] = ()

    def summary(self) -> State:
        """Shape `{action, kind, name, fields}`, as the modules return it."""
        return {"action": self.action, "kind": self.kind, "name": self.name, "fields": list(self.fields)}

    def diff(self) -> State:
        """The change in the shape that Ansible prints under `--diff`."""
        title = f"{self.kind} {self.name}"
        return {
            "before_header": title if self.action != "create" else f"{title} (absent)",
            "after_header": title if self.action != "delete" else f"{title} (absent)",
            "before": _readable(self.before),
            "after": _readable(self.after),
        }


@dataclass(frozen=True)
class Plan:
    """Every change that one module call will make, in no particular order: the executor knows the dependencies."""

    changes: tuple[Change, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.changes)

    def diff(self) -> list[State]:
        return [change.diff() for change in self.changes]

    def summaries(self) -> list[State]:
        return [change.summary() for change in self.changes]


def without_unsaid(state: Mapping[str, Any]) -> State:
    """Drop the keys whose value is None: what the caller did not say is left alone."""
    return {key: value for key, value in state.items() if value is not None}


def differing_fields(wanted: Mapping[str, Any], observed: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of `wanted` (None means unsaid) whose value `observed` does not have, sorted."""
    return tuple(sorted(key for key, value in without_unsaid(wanted).items() if observed.get(key) != value))


def plan_kind(
    kind: str,
    wanted: Mapping[str, Mapping[str, Any]],
    observed: Mapping[str, Observed],
    *,
    immutable: Mapping[str, str] | None = None,
    delete: Iterable[str] = (),
) -> tuple[Change, ...]:
    """Compare the wanted resources of one kind with those that exist, both by name.

    `immutable` maps fields that AWS cannot change on a living resource to advice on what to do instead.
    `delete` names the resources to remove where they exist.
    Raises PlanRefused when an immutable field differs.
    """
    changes = []
    for name, raw in wanted.items():
        state = without_unsaid(raw)
        existing = observed.get(name)
        if existing is None:
            changes.append(Change("create", kind, name, after=state))
            continue
        fields = differing_fields(state, existing.state)
        for unchangeable in (immutable or {}).keys() & set(fields):
            raise PlanRefused(
                f"{kind} {name}: {unchangeable} cannot be changed from {existing.state.get(unchangeable)!r}"
                f" to {state[unchangeable]!r}. {(immutable or {})[unchangeable]}"
            )
        if fields:
            before = {key: existing.state.get(key) for key in fields}
            changes.append(Change("update", kind, name, before, {key: state[key] for key in fields}, fields))
    gone = sorted(set(delete) & observed.keys())
    changes.extend(Change("delete", kind, name, before=observed[name].state) for name in gone)
    return tuple(changes)


def _readable(state: Mapping[str, Any]) -> str:
    """One line a leaf where it fits, so that a diff points at what changed."""
    return json.dumps(state, indent=2, sort_keys=True, default=str) + "\n" if state else ""
