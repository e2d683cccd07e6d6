# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Quantities and prices make lines, lines make totals. Pure.

A line is rounded to the cent, and totals are sums of lines: what is shown adds up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .cost_prices import CENT, ZERO, Price, Prices
from .cost_quantity import Band, Quantity


@dataclass(frozen=True)
class Line:
    """One line of an estimate; without a price its cost is unknown, which is not 0."""

    quantity: Quantity
    price: Price | None
    free: Band
    """Units that the free tier takes off."""

    @property
    def cost(self) -> Band | None:
        if self.price is None:
            return None
        used, free = self.quantity.band, self.free
        return Band(
            self.price.amount(used.minimum - free.minimum),
            self.price.amount(used.expected - free.expected),
            self.price.amount(used.maximum - free.maximum),
        )

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the line is about; the same in another estimate."""
        quantity = self.quantity
        return (quantity.component, quantity.service, quantity.what, quantity.region)

    @property
    def assumption(self) -> str:
        return "; ".join(filter(None, (self.quantity.assumption, self.price.assumption if self.price else "")))


@dataclass(frozen=True)
class Total:
    """The sum of lines, and how many have no price."""

    cost: Band
    fixed: Decimal
    usage: Decimal
    assumed: Decimal
    """The part of the expected cost whose price is an assumption."""
    unknown: int

    @property
    def complete(self) -> bool:
        return not self.unknown


def estimate(quantities: Iterable[Quantity], prices: Prices, free_tier: bool = False) -> list[Line]:
    """A line for each quantity, the free tier taken off in the order of the lines."""
    left: dict[str, Band] = {}
    lines = []
    for quantity in quantities:
        price = prices.find(quantity.price, quantity.region)
        free = Band(ZERO, ZERO, ZERO)
        if price and free_tier:
            rest = left.setdefault(price.key, Band(price.free, price.free, price.free))
            free = _both(quantity.band, rest, min)
            left[price.key] = _both(rest, free, Decimal.__sub__)
        lines.append(Line(quantity, price, free))
    return lines


def total(lines: Iterable[Line]) -> Total:
    lines = list(lines)
    priced = [(line, cost) for line in lines if (cost := line.cost)]
    return Total(
        cost=Band(
            _sum(cost.minimum for _line, cost in priced),
            _sum(cost.expected for _line, cost in priced),
            _sum(cost.maximum for _line, cost in priced),
        ),
        fixed=_sum(cost.expected for line, cost in priced if not line.quantity.usage),
        usage=_sum(cost.expected for line, cost in priced if line.quantity.usage),
        assumed=_sum(cost.expected for line, cost in priced if line.price and line.price.basis == "assumed"),
        unknown=len(lines) - len(priced),
    )


def totals(lines: Sequence[Line], by: Callable[[Line], str]) -> dict[str, Total]:
    """Totals of groups, the dearest first."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(by(line), []).append(line)
    found = {name: total(group) for name, group in groups.items()}
    return dict(sorted(found.items(), key=lambda item: (-item[1].cost.expected, item[0])))


def by_service(line: Line) -> str:
    return line.quantity.service


def by_component(line: Line) -> str:
    return line.quantity.component


def by_application(line: Line) -> str:
    return line.quantity.application or "shared"


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, CENT * 0)


def _both(one: Band, other: Band, with_: Callable[[Decimal, Decimal], Any]) -> Band:
    return Band(
        with_(one.minimum, other.minimum), with_(one.expected, other.expected), with_(one.maximum, other.maximum)
    )
