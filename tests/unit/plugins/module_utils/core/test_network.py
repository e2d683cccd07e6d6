# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import ipaddress

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.network import (
    canonical_routes,
    check_members,
    check_subnets,
    observed_routes,
    service_name,
)
from ansible_collections.monay.platform.plugins.module_utils.core.network_state import wanted_network
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused

VPC = ipaddress.IPv4Network("10.10.0.0/16")


def subnet(name, cidr):
    return {"name": name, "cidr": cidr, "availability_zone": "us-east-1a"}


@pytest.mark.parametrize(
    ("subnets", "words"),
    [
        ([subnet("a", "10.11.0.0/24")], "subnet a: 10.11.0.0/24 does not lie in the VPC's 10.10.0.0/16"),
        ([subnet("a", "10.10.0.0/29")], "subnet a: AWS takes /16 to /28, got 10.10.0.0/29"),
        (
            [subnet("a", "10.10.0.0/24"), subnet("b", "10.10.0.128/25")],
            "subnet a: 10.10.0.0/24 overlaps 10.10.0.128/25",
        ),
        ([subnet("a", "10.10.0.0/24"), subnet("a", "10.10.1.0/24")], "subnet a is listed twice"),
        ([subnet("a", "somewhere")], "subnet a: 'somewhere' is not an IPv4 network"),
    ],
)
def test_subnets_that_aws_refuses(subnets, words):
    with pytest.raises(PlanRefused, match=words):
        check_subnets(VPC, subnets)


def test_subnets_without_a_known_vpc_are_checked_against_each_other_only():
    check_subnets(None, [subnet("a", "10.11.0.0/24"), subnet("b", "10.12.0.0/24")])


def test_a_subnet_is_in_one_acl_only():
    acls = [{"name": "one", "subnets": ["a"]}, {"name": "two", "subnets": ["a"]}]

    with pytest.raises(PlanRefused, match="subnet a is in network ACL one and in two"):
        check_members("network ACL", acls, None)


def test_a_member_has_to_exist():
    tables = [{"name": "one", "subnets": ["b"]}]

    check_members("route table", tables, None)
    with pytest.raises(PlanRefused, match="route table one: there is no subnet b among a"):
        check_members("route table", tables, [subnet("a", "10.10.0.0/24")])


def test_routes_of_others_are_not_seen():
    routes = [
        {"DestinationCidrBlock": "10.10.0.0/16", "GatewayId": "local", "Origin": "CreateRouteTable"},
        {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "Origin": "CreateRoute"},
        {"DestinationCidrBlock": "10.1.0.0/16", "GatewayId": "igw-1", "Origin": "CreateRoute"},
        {"DestinationCidrBlock": "10.2.0.0/16", "VpcPeeringConnectionId": "pcx-1", "Origin": "CreateRoute"},
        {"DestinationCidrBlock": "192.168.0.0/16", "GatewayId": "vgw-1", "Origin": "EnableVgwRoutePropagation"},
        {"DestinationPrefixListId": "pl-1", "GatewayId": "vpce-1", "Origin": "CreateRoute"},
    ]

    assert observed_routes(routes) == [
        {"cidr": "0.0.0.0/0", "target": "nat_gateway", "name": "nat-1"},
        {"cidr": "10.1.0.0/16", "target": "internet_gateway", "name": "igw-1"},
        {"cidr": "10.2.0.0/16", "target": "other", "name": "pcx-1"},
    ]


def test_two_routes_to_one_place_are_refused():
    route = {"cidr": "0.0.0.0/0", "target": "nat_gateway", "name": "one"}

    with pytest.raises(PlanRefused, match="has two routes to"):
        canonical_routes([route, {**route, "name": "two"}], "route table private")


@pytest.mark.parametrize(
    ("service", "full"),
    [
        ("s3", "com.amazonaws.eu-west-1.s3"),
        ("ecr.api", "com.amazonaws.eu-west-1.ecr.api"),
        ("com.amazonaws.eu-west-1.s3", "com.amazonaws.eu-west-1.s3"),
    ],
)
def test_service_names(service, full):
    assert service_name(service, "eu-west-1") == full


def wanted(**options):
    return wanted_network({"name": "monay-dev", **options}, "eu-west-1")


def test_sections_that_are_not_given_want_nothing():
    assert wanted() == {}
    assert set(wanted(route_tables=[])) == {"route table"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"nat_gateways": [{"name": "n", "subnet": "x"}], "subnets": []}, "NAT gateway n: there is no subnet x"),
        ({"nat_gateways": [{"name": "n", "subnet": "x"}] * 2}, "NAT gateway n is listed twice"),
        ({"flow_log": {"name": "f"}}, "give one of log_group and bucket"),
        ({"flow_log": {"name": "f", "log_group": "g", "bucket": "b"}}, "give one of log_group and bucket"),
        ({"flow_log": {"name": "f", "log_group": "g"}}, "needs the role"),
        ({"flow_log": {"name": "f", "bucket": "b", "role": "r"}}, "a bucket has none"),
        ({"endpoints": [{"name": "e", "service": "s3", "type": "gateway", "subnets": []}]}, "subnets is not a part"),
        ({"endpoints": [{"name": "e", "service": "logs", "type": "interface", "route_tables": []}]}, "is not a part"),
        (
            {
                "route_tables": [
                    {"name": "t", "subnets": [], "routes": [{"cidr": "0.0.0.0/0", "target": "x", "name": ""}]}
                ]
            },
            "a route leads to one of internet_gateway, nat_gateway",
        ),
    ],
)
def test_options_that_cannot_be_meant(options, words):
    with pytest.raises(PlanRefused, match=words):
        wanted(**options)


def test_tags_of_a_resource_win_over_those_of_the_task():
    one = {**subnet("a", "10.10.0.0/24"), "tier": "data", "tags": {"Environment": "test"}}

    state = wanted(subnets=[one], tags={"Environment": "dev", "Project": "monay"})["subnet"]["a"]

    assert state["tags"] == {"Environment": "test", "Project": "monay", "Tier": "data", "Name": "a"}
