# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import ipaddress
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.network import check_subnets
from ansible_collections.monay.platform.plugins.module_utils.core.network_plan import (
    ZONE_LETTERS,
    endpoint_plan,
    nat_gateway_plan,
    route_table_plan,
    subnet_plan,
    tier_block,
)
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused

NAME = "monay-dev"
ZONES = [f"eu-west-1{letter}" for letter in ZONE_LETTERS]

vpcs = st.integers(16, 22).flatmap(
    lambda prefix: st.integers(0, 2 ** (prefix - 8) - 1).map(
        lambda part: str(ipaddress.IPv4Network(((10 << 24) + (part << (32 - prefix)), prefix)))
    )
)
zones = st.lists(st.sampled_from(ZONES), min_size=1, max_size=8, unique=True)


@given(vpcs, zones)
def test_subnets_lie_in_the_vpc_and_beside_each_other(cidr, zones):
    vpc = ipaddress.IPv4Network(cidr)
    plan = subnet_plan(cidr, NAME, zones)
    networks = [ipaddress.IPv4Network(each["cidr"]) for each in plan]

    assert len(plan) == 3 * len(zones)
    assert all(each.subnet_of(vpc) and each.prefixlen <= 28 for each in networks)
    assert not any(one.overlaps(two) for one, two in combinations(networks, 2))
    check_subnets(vpc, plan)


@given(vpcs, zones)
def test_room_to_grow_is_left(cidr, zones):
    free = list(ipaddress.IPv4Network(cidr).subnets(3))[-1]

    assert not any(free.overlaps(ipaddress.IPv4Network(each["cidr"])) for each in subnet_plan(cidr, NAME, zones))


@given(vpcs, zones, st.sampled_from(ZONES), st.randoms())
def test_a_zone_more_moves_nothing(cidr, zones, another, random):
    before = {each["name"]: each for each in subnet_plan(cidr, NAME, zones)}
    more = sorted({*zones, another})
    random.shuffle(more)

    after = {each["name"]: each for each in subnet_plan(cidr, NAME, more)}

    assert {name: after[name] for name in before} == before


@given(vpcs, zones)
def test_subnets_lie_in_the_block_of_their_tier(cidr, zones):
    for each in subnet_plan(cidr, NAME, zones):
        block = ipaddress.IPv4Network(tier_block(cidr, each["tier"]))
        assert ipaddress.IPv4Network(each["cidr"]).subnet_of(block)


def test_layout_of_two_zones():
    plan = {each["name"]: each["cidr"] for each in subnet_plan("10.10.0.0/16", NAME, ["us-east-1b", "us-east-1a"])}

    assert plan == {
        "monay-dev-public-a": "10.10.128.0/21",
        "monay-dev-public-b": "10.10.136.0/21",
        "monay-dev-private-a": "10.10.0.0/20",
        "monay-dev-private-b": "10.10.16.0/20",
        "monay-dev-data-a": "10.10.192.0/22",
        "monay-dev-data-b": "10.10.196.0/22",
    }


@pytest.mark.parametrize(
    ("cidr", "zones", "words"),
    [
        ("10.10.0.0/23", ["us-east-1a"], "too small for three tiers"),
        ("10.0.0.0/15", ["us-east-1a"], "AWS takes /16 to /28"),
        ("10.10.0.1/16", ["us-east-1a"], "is not an IPv4 network"),
        ("10.10.0.0/16", [], "needs availability zones"),
        ("10.10.0.0/16", ["us-east-1a", "us-east-1a"], "letters of their own"),
        ("10.10.0.0/16", ["us-east-1"], "zones that end in a to h"),
        ("10.10.0.0/16", ["us-east-1z"], "zones that end in a to h"),
    ],
)
def test_what_cannot_be_laid_out_is_refused(cidr, zones, words):
    with pytest.raises(PlanRefused, match=words):
        subnet_plan(cidr, NAME, zones)


@pytest.mark.parametrize(
    ("count", "letters"), [("1", "a"), (1, "a"), ("2", "ab"), ("all", "abc"), ("3", "abc"), ("0", "")]
)
def test_nat_gateways_stand_in_the_first_zones(count, letters):
    plan = nat_gateway_plan(NAME, ZONES[:3], count)

    assert plan == [{"name": f"monay-dev-nat-{each}", "subnet": f"monay-dev-public-{each}"} for each in letters]


def test_the_first_zones_are_those_of_the_list():
    assert [each["name"] for each in nat_gateway_plan(NAME, [ZONES[1], ZONES[0]], 1)] == ["monay-dev-nat-b"]


@pytest.mark.parametrize("count", ["4", "-1", "one", ""])
def test_a_count_that_the_zones_do_not_have_is_refused(count):
    with pytest.raises(PlanRefused, match='"all" or a number from 0 to 3'):
        nat_gateway_plan(NAME, ZONES[:3], count)


@pytest.mark.parametrize(
    ("count", "ways"),
    [("1", "aaa"), ("2", "aba"), ("all", "abc"), ("0", "")],
    ids=["one", "two", "all", "none"],
)
def test_private_subnets_leave_by_the_nearest_nat_gateway(count, ways):
    tables = {each["name"]: each for each in route_table_plan(NAME, ZONES[:3], count)}

    leaving = [tables[f"monay-dev-private-{letter}"]["routes"] for letter in "abc"]
    assert [route["name"] for routes in leaving for route in routes] == [f"monay-dev-nat-{way}" for way in ways]
    assert tables["monay-dev-data"]["routes"] == []
    assert tables["monay-dev-public"]["routes"] == [{"cidr": "0.0.0.0/0", "target": "internet_gateway", "name": NAME}]


@given(zones, st.data())
def test_every_subnet_has_one_route_table(zones, data):
    count = data.draw(st.integers(0, len(zones)))
    members = [subnet for table in route_table_plan(NAME, zones, count) for subnet in table["subnets"]]

    assert sorted(members) == sorted(each["name"] for each in subnet_plan("10.10.0.0/16", NAME, zones))


@given(zones, st.data())
def test_routes_lead_to_gateways_that_exist(zones, data):
    count = data.draw(st.integers(1, len(zones)))
    gateways = {each["name"] for each in nat_gateway_plan(NAME, zones, count)} | {NAME}
    routes = [route for table in route_table_plan(NAME, zones, count) for route in table["routes"]]

    assert {route["name"] for route in routes} == gateways or len(zones) > count
    assert {route["name"] for route in routes} <= gateways
    assert len(routes) == 1 + len(zones)


def test_endpoints_stand_in_the_private_tier():
    gateway, interface = endpoint_plan(NAME, ZONES[:2], ["ecr.api"], "monay-dev-endpoints")

    assert gateway["route_tables"] == interface["subnets"] == ["monay-dev-private-a", "monay-dev-private-b"]
    assert (interface["name"], interface["service"]) == ("monay-dev-ecr-api", "ecr.api")
    assert interface["security_groups"] == ["monay-dev-endpoints"]
