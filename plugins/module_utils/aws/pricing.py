# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS's price list, asked product by product."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Iterable, Mapping
from functools import partial

from ..core.price_lookup import Lookup
from .api import Api
from .reconcile import side_by_side

# One of the few regions that answer; each of them knows the prices of all regions.
PRICING_REGION = "us-east-1"
Products = list[dict[str, t.Any]]


def products(pricing: Api, lookups: Mapping[str, Lookup]) -> dict[str, Products]:
    """What the price list has for each lookup, by the same keys: all pages, nothing chosen yet."""
    return side_by_side({key: partial(_found, pricing, key, lookup) for key, lookup in lookups.items()})


def _found(pricing: Api, key: str, lookup: Lookup) -> Products:
    return [json.loads(text) for query in lookup.queries for text in _asked(pricing, key, lookup.service, query)]


def _asked(pricing: Api, key: str, service: str, query: Mapping[str, str]) -> Iterable[str]:
    filters = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in sorted(query.items())]
    doing = f"find the price of {key} in the price list of {service}"
    return pricing.pages("get_products", "PriceList", doing, ServiceCode=service, Filters=filters)
