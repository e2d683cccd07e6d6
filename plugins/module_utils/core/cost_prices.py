# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Prices with their provenance, and what is assumed where a table has none. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal

from .plan import PlanRefused

GLOBAL = "global"
"""Table of the services whose price has no region."""
Basis = Literal["table", "given", "assumed"]
CENT = Decimal("0.01")
ZERO = Decimal(0)


@dataclass(frozen=True)
class Tier:
    """What a unit costs from this quantity a month on."""

    start: Decimal
    usd: Decimal


@dataclass(frozen=True)
class Price:
    """One row of a table, or one that an assumption makes of it."""

    key: str
    unit: str
    tiers: tuple[Tier, ...]
    source: str
    source_date: str = ""
    """ISO date on which the source read the price; empty where nobody says."""
    confidence: str = ""
    free: Decimal = ZERO
    """Units a month that an account gets for nothing."""
    basis: Basis = "table"
    assumption: str = ""

    def amount(self, quantity: Decimal) -> Decimal:
        """Dollars for so many units a month, to the cent."""
        return self.exact(quantity).quantize(CENT, "ROUND_HALF_UP")

    def exact(self, quantity: Decimal) -> Decimal:
        """Dollars for so many units a month, not rounded."""
        ends = [*(tier.start for tier in self.tiers[1:]), max(quantity, self.tiers[-1].start)]
        return sum(
            (max(min(quantity, end) - tier.start, ZERO) * tier.usd for tier, end in zip(self.tiers, ends, strict=True)),
            ZERO,
        )

    def times(self, factor: Decimal, assumption: str) -> Price:
        """The same at another height, which is an assumption."""
        tiers = tuple(Tier(tier.start, tier.usd * factor) for tier in self.tiers)
        return replace(self, tiers=tiers, basis="assumed", assumption=_both(self.assumption, assumption))


@dataclass(frozen=True)
class Assumptions:
    """What the user lets the estimate assume where no table has a price."""

    regions: Mapping[str, str] = field(default_factory=dict)
    """Regions whose prices are taken from the table of another."""
    multi_az_factor: Decimal = ZERO
    """A Multi-AZ database in Single-AZ ones; 0 assumes nothing."""
    spot_discount: Decimal = ZERO
    """Per cent that Fargate Spot is cheaper; 0 assumes nothing."""
    given: Mapping[str, Decimal] = field(default_factory=dict)
    """Prices by key (or region/key) that go over those of the tables."""


@dataclass(frozen=True)
class Prices:
    """The tables by region, and the assumptions."""

    tables: Mapping[str, Mapping[str, Price]]
    assumptions: Assumptions = Assumptions()

    def find(self, key: str, region: str) -> Price | None:
        """The price in a region; None where nobody knows it."""
        given = self.assumptions.given.get(f"{region}/{key}", self.assumptions.given.get(key))
        listed = self._listed(key, region)
        if given is not None:
            unit = listed.unit if listed else "unit"
            return Price(key, unit, (Tier(ZERO, given),), "given in cost_prices_given", basis="given")
        return listed or self._derived(key, region)

    def _listed(self, key: str, region: str) -> Price | None:
        for table in (region, GLOBAL):
            if price := self.tables.get(table, {}).get(key):
                return price
        other = self.assumptions.regions.get(region)
        price = self.tables.get(other, {}).get(key) if other else None
        return price.times(Decimal(1), f"at the price of {other}") if price else None

    def _derived(self, key: str, region: str) -> Price | None:
        spot, factor = self.assumptions.spot_discount, self.assumptions.multi_az_factor
        if key.startswith("fargate.spot.") and spot:
            price = self.find(key.replace(".spot.", "."), region)
            return price and price.times(1 - spot / 100, f"{spot:g}% below the price on demand")
        if key.startswith("rds.db.") and key.endswith(".multi") and factor:
            price = self.find(f"{key.removesuffix('.multi')}.single", region)
            return price and price.times(factor, f"{factor:g} times the price of Single-AZ")
        return None


def price_table(document: Mapping[str, Any]) -> dict[str, Price]:
    """A table as its JSON file holds it, by key. Raises PlanRefused for one that is wrong."""
    rows = [_price(row) for row in document["prices"]]
    table = {row.key: row for row in rows}
    if len(table) < len(rows) or document.get("currency") != "USD":
        raise PlanRefused(f"the prices of {document.get('region')} are not in USD, or one key has two rows")
    return table


def stale(prices: Iterable[Price], before: str) -> list[str]:
    """Keys of rows that were read before an ISO date, or nobody knows when; given ones have no age."""
    return sorted({price.key for price in prices if price.basis != "given" and price.source_date < before})


def _price(row: Mapping[str, Any]) -> Price:
    tiers = tuple(Tier(Decimal(tier["from"]), Decimal(tier["usd"])) for tier in row["tiers"])
    starts = [tier.start for tier in tiers]
    if not starts or starts[0] != 0 or starts != sorted(set(starts)):
        raise PlanRefused(f"the tiers of price {row['key']} do not begin at 0 and rise")
    return Price(
        key=row["key"],
        unit=row["unit"],
        tiers=tiers,
        source=row["source"],
        source_date=row.get("source_date") or "",
        confidence=row.get("confidence", ""),
        free=Decimal(row.get("free", "0")),
    )


def _both(*texts: str) -> str:
    return "; ".join(text for text in texts if text)
