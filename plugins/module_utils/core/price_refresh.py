# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""New prices for the rows of a table: exactly one product of AWS's price list, or the old row stays. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from .plan import PlanRefused
from .price_lookup import Lookup
from .table import table

Outcome = Literal["changed", "confirmed", "current", "kept"]
Row = Mapping[str, Any]
Product = Mapping[str, Any]
# What a price has to itself, and a new one takes the place of.
OWN = ("tiers", "free", "sku", "usagetype", "source", "source_date", "confidence", "note")


@dataclass(frozen=True)
class Refreshed:
    """What became of one row: `after` is the row to write. `why` says why it is as it was."""

    before: Row
    after: Row
    outcome: Outcome
    why: str = ""


def refreshed(row: Row, lookup: Lookup | None, products: Sequence[Product], today: str) -> Refreshed:
    """The row with what the price list says of it."""
    if lookup is None:
        return Refreshed(row, row, "kept", "no filters are known for it")
    try:
        found = _price(row, lookup, _only(lookup, products))
    except PlanRefused as error:
        return Refreshed(row, row, "kept", str(error))
    after = {**{key: value for key, value in row.items() if key not in OWN}, **found, "source_date": today}
    if after == row:
        return Refreshed(row, row, "current")
    same = _amounts(after) == _amounts(row)
    return Refreshed(row, after, "confirmed" if same else "changed")


def fits(lookup: Lookup, product: Product) -> bool:
    """Whether a product is what was asked for: in a region of AWS, not on an Outpost, and by each filter."""
    attributes = product["product"]["attributes"]
    has = {**attributes, "productFamily": product["product"].get("productFamily", "")}
    usage = attributes.get("usagetype", "")
    return (
        (not lookup.regional or attributes.get("locationType", "AWS Region") == "AWS Region")
        and "Outpost" not in usage
        and (not lookup.usages or usage in lookup.usages)
        and all(has.get(name) == value for name, value in lookup.filters.items())
    )


def written(document: Mapping[str, Any], rows: Iterable[Row]) -> str:
    """The table as its file has it, one row a line."""
    lines = ",\n".join(f"    {json.dumps(row, ensure_ascii=False)}" for row in rows)
    head = "".join(f'  "{key}": {json.dumps(value)},\n' for key, value in document.items() if key != "prices")
    return f'{{\n{head}  "prices": [\n{lines}\n  ]\n}}\n'


def facts(region: str, each: Refreshed) -> dict[str, str]:
    """What became of a row, for people and for JSON."""
    old, new = _words(each.before), _words(each.after)
    return {"region": region, "key": each.before["key"], "outcome": each.outcome, "old": old, "new": new,
            "why": each.why}  # fmt: skip


def report(rows: Iterable[Mapping[str, str]]) -> str:
    """The facts as a table for people; what was read today already is left out."""
    shown = [
        (row["region"], row["key"], row["old"], row["new"] if row["outcome"] == "changed" else "",
         f"{row['outcome']}: {row['why']}" if row["why"] else row["outcome"])
        for row in rows if row["outcome"] != "current"
    ]  # fmt: skip
    return table(("table", "row", "old", "new", "outcome"), shown) if shown else "All prices were read today."


def _only(lookup: Lookup, products: Sequence[Product]) -> Product:
    fitting = {each["product"]["sku"]: each for each in products if fits(lookup, each)}
    if len(fitting) == 1:
        return next(iter(fitting.values()))
    if not fitting:
        raise PlanRefused(f"nothing in the price list of {lookup.service} fits")
    raise PlanRefused(f"{len(fitting)} products of {lookup.service} fit: {', '.join(sorted(fitting))}")


def _price(row: Row, lookup: Lookup, product: Product) -> dict[str, Any]:
    terms = list(product.get("terms", {}).get("OnDemand", {}).values())
    if len(terms) != 1:
        raise PlanRefused(f"{len(terms)} terms on demand, where one is expected")
    dimensions = sorted(terms[0]["priceDimensions"].values(), key=lambda each: Decimal(each["beginRange"]))
    if strange := {each["unit"] for each in dimensions if each["unit"].lower() not in lookup.units}:
        raise PlanRefused(f"its unit is {', '.join(sorted(strange))}, not {' or '.join(sorted(lookup.units))}")
    free, tiers = _tiers([(Decimal(each["beginRange"]), _usd(each)) for each in dimensions], lookup.factor)
    if tiers[0][1] == 0 and any(Decimal(tier["usd"]) for tier in row["tiers"]):
        raise PlanRefused("the price list says $0")
    version = f"version {product['version']}, published {product['publicationDate'][:10]}"
    return {
        "tiers": [{"from": _plain(start), "usd": _plain(usd)} for start, usd in tiers],
        # An allowance may be given to an account as a whole, where the price of the product does not say so.
        **({"free": _plain(free)} if free else {"free": row["free"]} if "free" in row else {}),
        "source": f"AWS Price List Query API, {product['serviceCode']}, {version}",
        "confidence": "A",
        "sku": product["product"]["sku"],
        "usagetype": product["product"]["attributes"].get("usagetype", ""),
    }


def _usd(dimension: Mapping[str, Any]) -> Decimal:
    if "USD" not in dimension["pricePerUnit"]:
        raise PlanRefused(f"its price is in {', '.join(dimension['pricePerUnit'])}, not in USD")
    return Decimal(dimension["pricePerUnit"]["USD"])


def _tiers(tiers: Sequence[tuple[Decimal, Decimal]], factor: Decimal) -> tuple[Decimal, list[tuple[Decimal, Decimal]]]:
    """The free allowance, which is a first tier at $0, and what is paid beyond it, in our units."""
    if not tiers or tiers[0][0] != 0:
        raise PlanRefused("its tiers do not begin at 0")
    free = tiers[1][0] if len(tiers) > 1 and tiers[0][1] == 0 else Decimal(0)
    paid = tiers[1:] if free else tiers
    return free / factor, [((start - free) / factor, usd * factor) for start, usd in paid]


def _amounts(row: Row) -> list[Decimal]:
    tiers = [Decimal(tier[name]) for tier in row["tiers"] for name in ("from", "usd")]
    return [*tiers, Decimal(row.get("free", "0"))]


def _plain(value: Decimal) -> str:
    """Without an exponent and without zeros at the end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _words(row: Row) -> str:
    return "; ".join(f"{_plain(Decimal(tier['usd']))} from {tier['from']}" if tier["from"] != "0"
                     else _plain(Decimal(tier["usd"])) for tier in row["tiers"])  # fmt: skip
