# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The least risky set of changes that saves so much. Pure.

Changes that have something to do with each other (all of one database, say) are tried in all combinations. Of each
such group only the combinations are kept that save more than every one which is no riskier; those of all groups are
added up, and thinned out again. What comes out is the best of all combinations, as long as what groups save adds up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import product
from typing import Any

from .cost_prices import ZERO

Changes = Mapping[str, Mapping[str, Any]]
"""Variables by host."""


@dataclass(frozen=True)
class Choice:
    """One thing that can be changed."""

    changes: Changes
    takes: str
    """What it takes, or gives up."""
    risk: int


# Choices of which at most one can be taken.
Lever = Sequence[Choice]
# Levers that have something to do with each other.
Group = Sequence[Lever]


@dataclass(frozen=True)
class Plan:
    """Some choices, and what they save together."""

    choices: tuple[Choice, ...] = ()
    saved: Decimal = ZERO

    @property
    def weight(self) -> tuple[int, int]:
        """The risk, and between equals how many changes it takes."""
        return sum(each.risk for each in self.choices), len(self.choices)


def solve(groups: Iterable[Group], needed: Decimal, saves: Callable[[Sequence[Choice]], Decimal | None]) -> Plan:
    """The lightest plan that saves what is needed; where none does, the one that saves the most.

    `saves` says by how much the environment costs less with some choices; None where nobody knows.
    """
    best = [Plan()]
    for group in groups:
        own = _front(_combinations(group, saves))
        best = _front(Plan(one.choices + other.choices, one.saved + other.saved) for one in best for other in own)
    return next((plan for plan in best if plan.saved >= needed), best[-1])


def merged(choices: Iterable[Choice]) -> dict[str, dict[str, Any]]:
    """The variables of all choices, by host."""
    found: dict[str, dict[str, Any]] = {}
    for choice in choices:
        for host, variables in choice.changes.items():
            found.setdefault(host, {}).update(variables)
    return found


def _combinations(group: Group, saves: Callable[[Sequence[Choice]], Decimal | None]) -> Iterable[Plan]:
    for chosen in product(*([None, *lever] for lever in group)):
        choices = tuple(each for each in chosen if each)
        saved = saves(choices) if choices else ZERO
        if saved is not None:
            yield Plan(choices, saved)


def _front(plans: Iterable[Plan]) -> list[Plan]:
    """From the lightest to the heaviest; each saves more than all before it."""
    kept: list[Plan] = []
    for plan in sorted(plans, key=lambda plan: (plan.weight, -plan.saved)):
        if not kept or plan.saved > kept[-1].saved:
            kept.append(plan)
    return kept
