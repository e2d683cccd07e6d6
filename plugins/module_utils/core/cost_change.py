# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a change costs: by the month, and once, for rolling it out. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from .cost_environment import stands
from .cost_estimate import Line
from .cost_prices import ZERO, Prices
from .cost_quantity import Band, Component
from .cost_tasks import fargate_prices, size, tasks

Key = tuple[str, str, str, str]
Costs: TypeAlias = "dict[Key, Band | None]"
TENTH_OF_A_CENT = Decimal("0.001")


@dataclass(frozen=True)
class Difference:
    """One line before and after; a side is None where it has no such line, or no price for it."""

    key: Key
    before: Band | None
    after: Band | None
    unknown: bool
    """Whether a side has the line and no price for it."""

    @property
    def expected(self) -> Decimal:
        return (self.after.expected if self.after else ZERO) - (self.before.expected if self.before else ZERO)


@dataclass(frozen=True)
class Rollout:
    """What the second set of tasks costs while a new revision is rolled out."""

    application: str
    minutes: Decimal
    tasks: Band
    cost: Band | None


def costs(lines: Iterable[Line]) -> Costs:
    """What lines cost, by what they are about."""
    return {line.key: line.cost for line in lines}


def difference(before: Costs, after: Costs) -> list[Difference]:
    """Lines whose cost is not the same, the dearest change first."""
    found = []
    for key in [*before, *(key for key in after if key not in before)]:
        old, new = before.get(key), after.get(key)
        appears = (key in before) != (key in after)
        if old != new or appears:
            unknown = any(key in side and side[key] is None for side in (before, after))
            found.append(Difference(key, old, new, unknown))
    return sorted(found, key=lambda each: (-abs(each.expected), each.key))


def rollouts(environment: Iterable[Component], prices: Prices) -> list[Rollout]:
    """Once for each service on Fargate: all its tasks run a second time from the start of the new ones to the end.

    Instances of EC2 are paid whether they have room for them or not.
    """
    return [_rollout(each, prices) for each in environment if _rolls_on_fargate(each)]


def _rolls_on_fargate(component: Component) -> bool:
    return stands(component, "services") and component.text("service_launch") == "fargate"


def _rollout(component: Component, prices: Prices) -> Rollout:
    minutes = _minutes(component)
    running, region = tasks(component), component.text("platform_region")
    costs = [prices.find(key, region) for key in fargate_prices(component)]
    hour = sum((price.exact(each) for price, each in zip(costs, size(component), strict=True) if price), ZERO)
    cost = running.map(lambda number: (number * hour * minutes / 60).quantize(TENTH_OF_A_CENT, "ROUND_HALF_UP"))
    return Rollout(component.name, minutes, running, cost if all(costs) else None)


def _minutes(component: Component) -> Decimal:
    """How long both sets of tasks run: starting, moving the traffic, waiting for people, baking, stopping."""
    seconds = component.number("service_start_seconds") + component.number("service_deregistration_delay")
    strategy = component.text("rollout_strategy")
    if strategy == "ROLLING":
        return seconds / 60
    minutes = seconds / 60 + component.number("rollout_bake_minutes")
    minutes += component.number("cost_usage_rollout_pause_minutes")
    if strategy == "CANARY":
        minutes += component.number("rollout_canary_bake_minutes")
    if strategy == "LINEAR":
        steps = (100 / component.number("rollout_step_percent")).to_integral_value("ROUND_CEILING")
        # AWS waits between steps; behind the last one is the time to bake.
        minutes += (steps - 1) * component.number("rollout_step_bake_minutes")
    return minutes
