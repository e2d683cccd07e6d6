# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is used of what in a month: the words in which components say it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

HOURS = Decimal(730)
"""Hours of a month, as AWS's own calculator counts them."""
TRUE = ("true", "yes", "on", "1")


@dataclass(frozen=True)
class Band:
    """A number that autoscaling leaves open."""

    minimum: Decimal
    expected: Decimal
    maximum: Decimal

    def map(self, change: Callable[[Decimal], Decimal]) -> Band:
        return Band(change(self.minimum), change(self.expected), change(self.maximum))

    def plus(self, other: Band) -> Band:
        return Band(self.minimum + other.minimum, self.expected + other.expected, self.maximum + other.maximum)

    def times(self, factor: Decimal | int) -> Band:
        return self.map(lambda value: value * factor)


@dataclass(frozen=True)
class Quantity:
    """So many units of one price a month."""

    component: str
    application: str
    """Empty for what applications share."""
    service: str
    what: str
    price: str
    region: str
    band: Band
    usage: bool
    """Whether it follows from how much the platform is used, not from what stands."""
    assumption: str


@dataclass(frozen=True)
class Component:
    """A host of the inventory, with what its roles would get."""

    name: str
    groups: frozenset[str]
    values: Mapping[str, Any]

    def number(self, name: str) -> Decimal:
        return Decimal(str(self.values[name]))

    def count(self, name: str) -> int:
        return int(self.number(name))

    def text(self, name: str) -> str:
        return str(self.values[name])

    def flag(self, name: str) -> bool:
        return str(self.values[name]).lower() in TRUE

    def fixed(self, service: str, what: str, price: str, amount: Band | Decimal | int, **more: str) -> Quantity:
        """What is paid for standing there."""
        return self._quantity(service, what, price, amount, more, usage=False)

    def used(self, service: str, what: str, price: str, amount: Band | Decimal | int, **more: str) -> Quantity:
        """What is paid by use; `assumption` says how much that is thought to be."""
        return self._quantity(service, what, price, amount, more, usage=True)

    def _quantity(
        self, service: str, what: str, price: str, amount: Band | Decimal | int, more: Mapping[str, str], *, usage: bool
    ) -> Quantity:
        band = amount if isinstance(amount, Band) else Band(Decimal(amount), Decimal(amount), Decimal(amount))
        return Quantity(
            component=self.name,
            application=self.name if "applications" in self.groups else "",
            service=service,
            what=what,
            price=price,
            region=more.get("region") or self.text("platform_region"),
            band=band,
            usage=usage,
            assumption=more.get("assumption", ""),
        )

    def logs(self, what: str, gigabytes: Decimal, retention_days: Decimal, **more: str) -> list[Quantity]:
        """Logs that are taken in, and kept. CloudWatch packs them, how well is not known: they count in full."""
        vended = more.pop("price", "logs.ingest")
        kept = gigabytes * retention_days / 30
        return [
            self.used("cloudwatch", f"{what}, taken in", vended, gigabytes, **more),
            self.used("cloudwatch", f"{what}, kept {retention_days:g} days", "logs.storage", kept, **more),
        ]
