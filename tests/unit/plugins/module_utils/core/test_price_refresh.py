# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""New prices for the rows of a table, and the traps in AWS's price list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.price_lookup import lookup
from ansible_collections.monay.platform.plugins.module_utils.core.price_refresh import facts, refreshed, report, written

TABLES = sorted(Path(__file__).parents[5].glob("roles/cost/files/prices/*.json"))
CACHE = {"key": "elasticache.redis.cache.r5.large", "unit": "hour", "tiers": [{"from": "0", "usd": "0.2"}]}
DATABASE = {"key": "rds.db.r5.xlarge.multi", "unit": "hour", "tiers": [{"from": "0", "usd": "1"}]}
TOPIC = {"key": "sns.requests", "unit": "1M requests", "tiers": [{"from": "0", "usd": "0.50"}], "free": "1"}


def product(sku, unit, *tiers, family="", **attributes):
    dimensions = {
        str(number): {"unit": unit, "beginRange": start, "pricePerUnit": {"USD": usd}}
        for number, (start, usd) in enumerate(tiers)
    }
    return {
        "product": {"productFamily": family, "sku": sku, "attributes": {"regionCode": "us-east-1", **attributes}},
        "serviceCode": "AmazonAny",
        "terms": {"OnDemand": {f"{sku}.JRTCKXETXF": {"priceDimensions": dimensions}}},
        "version": "20261101000000",
        "publicationDate": "2026-11-01T00:00:00Z",
    }


def node(sku, usd, usage="NodeUsage:cache.r5.large", unit="Hrs"):
    attributes = {"instanceType": "cache.r5.large", "cacheEngine": "Redis", "usagetype": usage}
    return product(sku, unit, ("0", usd), family="Cache Instance", **attributes)


def database(sku, usd, deployment, usage):
    attributes = {"instanceType": "db.r5.xlarge", "databaseEngine": "PostgreSQL", "deploymentOption": deployment,
                  "licenseModel": "No license required", "usagetype": usage}  # fmt: skip
    return product(sku, "Hrs", ("0", usd), family="Database Instance", **attributes)


def refresh(row, *products, today="2026-11-27"):
    return refreshed(row, lookup(row["key"], "us-east-1"), products, today)


def test_an_outpost_is_another_thing():
    found = refresh(CACHE, node("A", "0.2160000000"), node("B", "0.09", "Outpost-NodeUsage:cache.r5.large"))

    assert (found.outcome, found.after["tiers"], found.after["sku"]) == (
        "changed",
        [{"from": "0", "usd": "0.216"}],
        "A",
    )
    assert found.after["source_date"] == "2026-11-27"
    assert "published 2026-11-01" in found.after["source"]


def test_two_zones_have_a_price_of_their_own_whatever_the_usage_type_is_called():
    single = database("A", "0.5", "Single-AZ", "InstanceUsage:db.r5.xl")
    multi = database("B", "0.999", "Multi-AZ", "Multi-AZUsage:db.r5.xl")

    assert refresh(DATABASE, single, multi).after["tiers"] == [{"from": "0", "usd": "0.999"}]


@pytest.mark.parametrize(
    ("products", "why"),
    [
        ([], "nothing in the price list"),
        ([node("B", "0.09", "Outpost-NodeUsage:cache.r5.large")], "nothing in the price list"),
        ([node("A", "0.216"), node("C", "0.3")], "2 products of AmazonElastiCache fit: A, C"),
        ([node("A", "0.216", unit="Quantity")], "its unit is Quantity"),
        ([node("A", "0.0000000000")], "says $0"),
    ],
)
def test_the_old_row_stays(products, why):
    found = refresh(CACHE, *products)

    assert (found.outcome, found.after) == ("kept", CACHE)
    assert why in found.why
    assert why in report([facts("us-east-1", found)])


def test_what_has_one_price_for_all_regions_is_sold_at_the_edge():
    row = {"key": "cloudfront.requests", "unit": "10k requests", "tiers": [{"from": "0", "usd": "0.02"}]}
    edge = {"usagetype": "US-Requests-Tier2-HTTPS", "locationType": "AWS Edge Location"}
    found = refreshed(
        row, lookup(row["key"], "global"), [product("A", "Requests", ("0", "0.0000010000"), **edge)], "2026-11-27"
    )

    assert found.after["tiers"] == [{"from": "0", "usd": "0.01"}]
    local = {"usagetype": "LAX1-NodeUsage:cache.r5.large", "locationType": "AWS Local Zone"}
    elsewhere = product("B", "Hrs", ("0", "0.3"), family="Cache Instance", **local)
    assert refresh(CACHE, elsewhere).outcome == "kept"


def test_a_row_without_filters_stays():
    assert refresh({**CACHE, "key": "datadog.task"}).why == "no filters are known for it"


def test_the_same_again_is_nothing_to_write_and_another_day_confirms():
    first = refresh(CACHE, node("A", "0.216")).after

    assert refresh(first, node("A", "0.216")).outcome == "current"
    assert refresh(first, node("A", "0.216"), today="2026-11-28").outcome == "confirmed"


def test_a_first_tier_at_nothing_is_an_allowance_and_units_are_ours():
    tiers = (("1000000", "0.0000005000"), ("0", "0.0000000000"))
    found = refresh(TOPIC, product("A", "Requests", *tiers, usagetype="USE1-Requests-Tier1"))

    assert (found.outcome, found.after["tiers"], found.after["free"]) == (
        "confirmed",
        [{"from": "0", "usd": "0.5"}],
        "1",
    )


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_the_shipped_tables(path):
    text = path.read_text(encoding="utf-8")
    document = json.loads(text)
    found = {row["key"]: lookup(row["key"], document["region"]) for row in document["prices"]}

    assert written(document, document["prices"]) == text
    assert not [
        row["key"] for row in document["prices"]
        if row.get("usagetype") and (where := found[row["key"]]) and where.usages
        and row["usagetype"] not in where.usages
    ]  # fmt: skip
    assert sum(each is None for each in found.values()) == {"us-east-1": 19, "eu-west-1": 0, "global": 6}[path.stem]
