# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What to change so that an environment keeps its budget, with the least risk. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .cost_estimate import Total
from .cost_solver import Changes, Choice, Group, merged, solve

# The whole environment with these variables.
Estimated = Callable[[Changes], Total]


@dataclass(frozen=True)
class Step:
    """One change, and what it saves after all steps before it."""

    choice: Choice
    saved: Decimal


@dataclass(frozen=True)
class Proposal:
    """The least risky way to keep the budget, or the one that comes nearest to it."""

    budget: Decimal
    expected: Decimal
    """Of the environment with all steps, estimated as a whole."""
    steps: Sequence[Step]
    unpriced: Sequence[Choice]
    """What may save something, and nobody knows how much."""

    @property
    def met(self) -> bool:
        return self.expected <= self.budget


def propose(groups: Iterable[Group], budget: Decimal, estimated: Estimated) -> Proposal:
    """Never a choice whose cost is unknown, and none that saves nothing."""
    base = estimated({})
    unpriced: list[Choice] = []

    def saves(choices: Sequence[Choice]) -> Decimal | None:
        total = estimated(merged(choices))
        if total.unknown > base.unknown:
            unpriced.extend(choices if len(choices) == 1 else ())
            return None
        return base.cost.expected - total.cost.expected

    plan = solve(groups, base.cost.expected - budget, saves)
    steps, spent, taken = [], base.cost.expected, list[Choice]()
    for choice in sorted(plan.choices, key=lambda each: each.risk):
        taken.append(choice)
        now = estimated(merged(taken)).cost.expected
        steps.append(Step(choice, spent - now))
        spent = now
    return Proposal(budget, spent, steps, unpriced)


def described(proposal: Proposal, before: Callable[[str, str], Any]) -> dict[str, Any]:
    """As data, for a report; `before` knows what a host's variable is now."""
    return {
        "met": proposal.met,
        "budget": float(proposal.budget),
        "expected": float(proposal.expected),
        "steps": [
            {
                "variables": _variables(step.choice, before),
                "takes": step.choice.takes,
                "risk": step.choice.risk,
                "saved": float(step.saved),
            }
            for step in proposal.steps
        ],
        "unpriced": [_variables(choice, before) for choice in proposal.unpriced],
    }


def _variables(choice: Choice, before: Callable[[str, str], Any]) -> list[dict[str, Any]]:
    """What a choice changes, hosts with the same change together: `{variable, hosts, before, after}`."""
    found: list[dict[str, Any]] = []
    for host, changes in choice.changes.items():
        for name, after in changes.items():
            change = {"variable": name, "before": before(host, name), "after": after}
            same = next((each for each in found if all(each[key] == value for key, value in change.items())), None)
            if same:
                same["hosts"].append(host)
            else:
                found.append({**change, "hosts": [host]})
    return found
