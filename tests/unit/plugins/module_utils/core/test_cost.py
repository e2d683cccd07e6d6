# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What estimates must hold, whatever the environment; figures to the cent are in tests/playbooks/test_cost.py."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.cost_budget import SERVICES, compare
from ansible_collections.monay.platform.plugins.module_utils.core.cost_change import costs, difference, rollouts
from ansible_collections.monay.platform.plugins.module_utils.core.cost_estimate import (
    by_application,
    by_component,
    by_service,
    total,
    totals,
)
from ansible_collections.monay.platform.plugins.module_utils.core.cost_prices import price_table, stale
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from tests.support.costs import PRICES, environment, lines, prices

TEN = Decimal(10)
# What an environment can be like, from small to large.
SIZES = {
    "service_min_count": st.integers(1, 5),
    "service_max_count": st.integers(5, 20),
    "service_autoscaling": st.booleans(),
    "service_cpu": st.sampled_from([256, 512, 1024, 2048, 4096]),
    "service_memory": st.sampled_from([2048, 4096, 8192]),
    "service_architecture": st.sampled_from(["X86_64", "ARM64"]),
    "network_nat_gateways": st.sampled_from(["0", "1", "2", "all"]),
    "database_instance_class": st.sampled_from(["db.t4g.small", "db.t4g.medium", "db.r6g.large", "db.r6g.xlarge"]),
    "database_multi_az": st.booleans(),
    "database_read_replicas": st.integers(0, 3),
    "database_allocated_storage": st.integers(20, 2000),
    "cache_nodes": st.integers(1, 6),
    "cache_engine": st.sampled_from(["redis", "valkey"]),
    "cost_usage_internet_gb": st.integers(0, 300_000),
    "cost_usage_cdn_gb": st.integers(0, 6_000_000),
    "cost_usage_log_gb": st.decimals(0, 100, places=1),
    "cost_usage_service_hours": st.integers(0, 730),
    "ecs_cluster_capacity": st.sampled_from(["fargate", "ec2"]),
    "web_acl_enabled": st.booleans(),
}
ENVIRONMENTS = st.fixed_dictionaries(SIZES)
# What grows, by which step, and nothing else changes.
GROWS = {
    "service_min_count": 1,
    "service_max_count": 1,
    "service_cpu": 1024,
    "service_memory": 1024,
    "database_read_replicas": 1,
    "database_allocated_storage": 1,
    "cache_nodes": 1,
    "cost_usage_internet_gb": 1,
    "cost_usage_cdn_gb": 1,
    "cost_usage_service_hours": 1,
    "cost_usage_log_gb": 1,
}
LARGER = [("db.t4g.small", "db.t4g.medium"), ("db.t4g.medium", "db.r6g.large"), ("db.r6g.large", "db.r6g.xlarge")]


def cost_of(found):
    cost = total(found).cost
    return (cost.minimum, cost.expected, cost.maximum)


def not_less(one, other):
    return all(before <= after for before, after in zip(one, other, strict=True))


# ---------------------------------------------------------------------------------------------------------- properties


@settings(max_examples=60, deadline=None)
@given(ENVIRONMENTS, st.sampled_from(sorted(GROWS)))
def test_more_never_costs_less(sizes, grows):
    more = {**sizes, grows: sizes[grows] + GROWS[grows]}

    assert not_less(cost_of(lines(**sizes)), cost_of(lines(**more)))


@pytest.mark.parametrize(("small", "large"), LARGER)
@pytest.mark.parametrize("multi_az", [True, False])
def test_a_larger_database_costs_more(small, large, multi_az):
    one, other = (
        total(lines(database_instance_class=each, database_multi_az=multi_az)).cost.expected for each in (small, large)
    )

    assert one < other


@settings(max_examples=30, deadline=None)
@given(ENVIRONMENTS, st.booleans())
def test_lines_add_up(sizes, free_tier):
    found = lines(free_tier, **sizes)
    whole = total(found)

    for by in (by_service, by_component, by_application):
        groups = totals(found, by).values()
        assert sum(each.cost.expected for each in groups) == whole.cost.expected
        assert sum(each.cost.maximum for each in groups) == whole.cost.maximum
    assert sum(line.cost.expected for line in found if line.cost) == whole.cost.expected
    assert whole.fixed + whole.usage == whole.cost.expected
    assert whole.cost.minimum <= whole.cost.expected <= whole.cost.maximum


@settings(max_examples=30, deadline=None)
@given(ENVIRONMENTS, ENVIRONMENTS)
def test_a_change_costs_what_it_is_said_to(one, other):
    before, after = lines(**one), lines(**other)
    announced = sum(each.expected for each in difference(costs(before), costs(after)))

    assert total(before).cost.expected + announced == total(after).cost.expected


@settings(max_examples=20, deadline=None)
@given(ENVIRONMENTS)
def test_no_change_costs_nothing(sizes):
    assert difference(costs(lines(**sizes)), costs(lines(**sizes))) == []


@settings(max_examples=20, deadline=None)
@given(ENVIRONMENTS)
def test_the_free_tier_never_costs_more(sizes):
    assert not_less(cost_of(lines(True, **sizes)), cost_of(lines(**sizes)))


@settings(max_examples=20, deadline=None)
@given(ENVIRONMENTS)
def test_lines_are_told_apart(sizes):
    found = lines(**sizes)

    assert len(costs(found)) == len(found)


def test_one_service_does_not_pay_for_the_other():
    found = totals(lines(), by_application)

    assert found["api"].cost == found["admin"].cost
    assert set(found) == {"shared", "api", "admin", "www"}


ABSENT = {
    "encryption_state": {"account"},
    "network_state": {"vpc"},
    "database_state": {"postgres"},
    "cache_state": {"redis"},
    "storage_state": {"storage"},
    "dns_state": {"domain"},
    "monitoring_state": {"monitoring"},
    "ecs_cluster_state": {"ecs"},
    "load_balancer_state": {"alb"},
    "service_state": {"api", "admin"},
    "static_site_state": {"www"},
}


@pytest.mark.parametrize(("state", "gone"), sorted(ABSENT.items()))
def test_what_is_taken_away_costs_nothing(state, gone):
    """Neither itself nor, of services, in the metrics that a cluster has of them."""
    found = lines(**{state: "absent"})
    everything = {line.quantity.component for line in lines()}

    assert {line.quantity.component for line in found} == everything - gone - (
        {"ecs"} if state == "service_state" else set()
    )
    assert not {each.application for each in rollouts(environment(**{state: "absent"}), PRICES)} & gone


# ------------------------------------------------------------------------------------------------------ what is unknown


def unknown(**changes):
    return {line.quantity.what for line in lines(**changes) if line.cost is None}


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"database_instance_class": "db.m7g.8xlarge"}, {"db.m7g.8xlarge, multi-AZ", "db.m7g.8xlarge, read replicas"}),
        ({"cache_node_type": "cache.x9.large"}, {"cache.x9.large, redis"}),
        ({"service_spot_percent": 50}, {"Fargate Spot vCPU", "Fargate Spot memory"}),
        ({"ecs_cluster_capacity": "ec2", "ecs_cluster_instance_type": "z1.large"}, {"z1.large"}),
        ({"admin_access_method": "direct_connect"}, {"Direct Connect"}),
        ({"database_performance_insights_retention_days": 93}, {"Performance Insights, long-term"}),
        ({"encryption_copy_regions": ["eu-west-9"]}, {"customer keys"}),
        ({"database_instance_class": "db.r5.xlarge"}, {"db.r5.xlarge, multi-AZ"}),
    ],
)  # fmt: skip
def test_what_has_no_price_is_unknown_and_nothing_is_within_a_budget(changes, what):
    found = lines(**changes)
    comparison = compare(found, {"fargate": Decimal(1_000_000)}, TEN)

    assert unknown(**changes) == what
    assert comparison.verdict == "unknown"
    assert "no price" in comparison.message


def test_nothing_of_the_small_environment_is_unknown():
    assert unknown() == set()


def test_unknown_is_over_where_the_rest_is():
    found = lines(cache_node_type="cache.x9.large")

    assert compare(found, {"fargate": Decimal(1)}, TEN).verdict == "over"


# ---------------------------------------------------------------------------------------------------- what is assumed


def test_assumptions_say_so():
    assuming = prices(multi_az_factor=Decimal(2), spot_discount=Decimal(60), regions={"us-west-2": "us-east-1"})
    found = lines(
        assuming=assuming,
        database_instance_class="db.r5.xlarge",
        service_spot_percent=100,
        encryption_copy_regions=["us-west-2"],
    )
    all_assumed = [line for line in found if line.price.basis == "assumed"]
    assumed = {line.quantity.what: line for line in all_assumed}

    assert {"db.r5.xlarge, multi-AZ", "Fargate Spot vCPU", "customer keys"} <= set(assumed)
    assert assumed["db.r5.xlarge, multi-AZ"].cost.expected == Decimal("730.00")
    assert "2 times the price of Single-AZ" in assumed["db.r5.xlarge, multi-AZ"].assumption
    assert "60% below the price on demand" in assumed["Fargate Spot vCPU"].assumption
    assert "at the price of us-east-1" in assumed["customer keys"].assumption
    assert total(found).assumed == sum(line.cost.expected for line in all_assumed)


@pytest.mark.parametrize(
    ("kind", "usd"), [("db.t4g.small", "0.065"), ("db.t4g.medium", "0.129"), ("db.r6g.xlarge", "0.899")]
)
def test_a_multi_az_price_that_is_known_is_not_twice_the_other(kind, usd):
    price = prices(multi_az_factor=Decimal(2)).find(f"rds.{kind}.multi", "us-east-1")

    assert (price.basis, price.tiers[0].usd) == ("table", Decimal(usd))


def test_given_prices_go_over_tables():
    given_ = {"nat.hours": Decimal("0.01"), "us-east-1/alb.hours": Decimal("0.02")}
    found = prices(given=given_)

    assert found.find("nat.hours", "eu-west-1").tiers[0].usd == Decimal("0.01")
    assert found.find("alb.hours", "us-east-1").basis == "given"
    assert found.find("alb.hours", "eu-west-1").basis == "table"


def test_no_table_has_spot_as_a_fixed_price():
    assert not [key for table in PRICES.tables.values() for key in table if "spot" in key]
    assert {price.confidence for table in PRICES.tables.values() for price in table.values()} == {"A", "B", "C"}
    assert all(price.source for table in PRICES.tables.values() for price in table.values())


# -------------------------------------------------------------------------------------------------------------- prices


@pytest.mark.parametrize(
    ("gigabytes", "usd"),
    [
        (0, "0.00"),
        (100, "9.00"),
        (10_240, "921.60"),
        (10_241, "921.69"),  # 921.685
        (51_200, "4403.20"),
        (153_600, "11571.20"),
        (200_000, "13891.20"),
    ],
)
def test_tiers(gigabytes, usd):
    assert PRICES.find("transfer.internet", "us-east-1").amount(Decimal(gigabytes)) == Decimal(usd)


def test_the_free_tier_is_given_once():
    found = [line for line in lines(True, cost_usage_internet_gb=130) if line.quantity.price == "transfer.internet"]

    assert [line.cost.expected for line in found] == [Decimal("2.70")]
    assert [line.free.expected for line in found] == [Decimal(100)]


def test_age():
    rows = [PRICES.find(key, "us-east-1") for key in ("nat.hours", "kms.key", "cloudfront.gb")]

    assert stale(rows, "2026-05-01") == ["cloudfront.gb", "kms.key"]


ROW = {"key": "a", "unit": "hour", "source": "", "tiers": [{"from": "0", "usd": "1"}]}


@pytest.mark.parametrize(
    "table",
    [
        {"currency": "EUR", "prices": []},
        {"currency": "USD", "prices": [{**ROW, "tiers": []}]},
        {"currency": "USD", "prices": [{**ROW, "tiers": [{"from": "1", "usd": "1"}]}]},
        {"currency": "USD", "prices": [ROW, ROW]},
    ],
)
def test_tables_that_are_refused(table):
    with pytest.raises(PlanRefused):
        price_table(table)


# -------------------------------------------------------------------------------------------------------------- budget


def test_lines_of_a_budget():
    expected = totals(lines(), by_service)
    budget = {
        "alb": expected["alb"].cost.expected,
        "rds": Decimal(1),
        "fargate": Decimal(10_000),
        "ec2": Decimal(5),
    }
    standings = {each.service: each.standing for each in compare(lines(), budget, TEN).lines}

    assert standings["alb"] == "as_budgeted"
    assert standings["rds"] == "under_budgeted"
    assert standings["fargate"] == "over_budgeted"
    assert standings["ec2"] == "over_budgeted"
    assert standings["nat_gateway"] == "not_in_design"
    assert set(standings) == {*budget, *expected}


@pytest.mark.parametrize(("cents", "verdict"), [(0, "within"), (-1, "over"), (1, "within")])
def test_verdicts_to_the_cent(cents, verdict):
    limit = total(lines()).cost.expected + Decimal(cents) / 100

    assert compare(lines(), {"fargate": limit}, TEN).verdict == verdict


def test_no_budget_no_verdict():
    assert compare(lines(), {}, TEN).verdict == "no_budget"


def test_a_budget_for_a_service_that_is_none():
    with pytest.raises(PlanRefused, match=r"names ecs; it may name alb, .*fargate"):
        compare(lines(), {"ecs": Decimal(200)}, TEN)


def test_every_service_has_a_name():
    assert set(totals(lines(monitoring_datadog_enabled=True, ecs_cluster_capacity="ec2"), by_service)) <= set(SERVICES)


# ------------------------------------------------------------------------------------------------------------ rollouts


def test_a_rollout_pays_for_the_second_set_of_tasks():
    # 1 vCPU and 2 GB are 0.04937 an hour; 1.5 minutes to start and stop, 10 to bake, 48.5 to wait.
    found = {each.application: each for each in rollouts(environment(cost_usage_rollout_pause_minutes=48.5), PRICES)}

    assert set(found) == {"api", "admin"}
    assert found["api"].minutes == 60
    assert found["api"].cost.minimum == Decimal("0.099")  # two tasks
    assert found["api"].cost.expected == Decimal("0.148")  # three
    assert found["api"].cost.maximum == Decimal("0.296")  # six


@pytest.mark.parametrize(
    ("changes", "minutes"),
    [
        ({"rollout_strategy": "ROLLING"}, "1.5"),  # does not bake
        ({"rollout_strategy": "BLUE_GREEN"}, "11.5"),
        ({"rollout_strategy": "CANARY"}, "21.5"),
        ({"rollout_strategy": "LINEAR"}, "65.5"),  # ten steps, nine times six minutes between them
        ({"rollout_strategy": "LINEAR", "rollout_step_percent": 30}, "29.5"),  # four steps
    ],
)
def test_how_long_a_rollout_takes(changes, minutes):
    assert {each.minutes for each in rollouts(environment(**changes), PRICES)} == {Decimal(minutes)}


def test_a_rollout_on_instances_costs_nothing_more():
    assert rollouts(environment(service_launch="ec2"), PRICES) == []


# ------------------------------------------------------------------------------------------------------ single effects


def service_costs(**changes):
    return {name: each.cost.expected for name, each in totals(lines(**changes), by_service).items()}


@pytest.mark.parametrize(
    ("changes", "service", "usd"),
    [
        ({"admin_access_method": "client_vpn"}, "vpn", "73.50"),  # 73.00, and 10 hours of people
        ({"admin_access_method": "site_to_site"}, "vpn", "36.50"),
        ({"monitoring_datadog_enabled": True}, "datadog", "7.20"),  # 2 services of 3 tasks, 1.20 each
        ({"ecs_cluster_capacity": "ec2"}, "ec2", "65.54"),  # 60.736 and 4.80 for two
    ],
)
def test_what_only_some_have(changes, service, usd):
    assert service not in service_costs()
    assert service_costs(**changes)[service] == Decimal(usd)


def test_no_fargate_on_instances():
    assert "fargate" not in service_costs(service_launch="ec2", ecs_cluster_capacity="ec2")


def test_an_internal_load_balancer_has_no_public_addresses():
    assert service_costs()["public_ipv4"] - service_costs(load_balancer_scheme="internal")["public_ipv4"] == Decimal(
        "10.95"
    )


def test_copies_in_another_region_are_paid_there():
    regions = {
        "encryption_copy_regions": ["eu-west-1"],
        "registry_replication_regions": ["eu-west-1"],
        "storage_replication_region": "eu-west-1",
        "database_backup_replication_region": "eu-west-1",
        "secrets_replica_regions": ["eu-west-1"],
    }
    there = {line.quantity.what for line in lines(**regions) if line.quantity.region == "eu-west-1"}

    assert there == {"customer keys", "copies of images", "copies", "copies of backups", "secret"}


def test_alarms_on_the_unusual_are_unknown():
    plan = [{"region": "us-east-1", "alarms": [{"metrics": [], "threshold_metric": "band"}], "composite_alarms": []}]

    assert unknown(__alarms_plan=plan) == {"alarms on the unusual"}
