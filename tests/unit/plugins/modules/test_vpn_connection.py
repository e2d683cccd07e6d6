# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import re

import pytest

from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, recorded_calls, run_module
from tests.support.network import OWNER, aws, by_name, simulator_process  # noqa: F401

NAME = "monay-dev-vpn"
TABLES = ["monay-dev-data", "monay-dev-private-a"]


@pytest.fixture
def ec2(aws):  # noqa: F811
    run_module(
        "vpc_network",
        {
            "region": "us-east-1",
            "name": "monay-dev",
            "cidr": "10.10.0.0/16",
            "route_tables": [{"name": name, "subnets": [], "routes": []} for name in TABLES],
            "tags": OWNER,
        },
    )
    aws.client("directconnect").create_direct_connect_gateway(directConnectGatewayName="monay-dx")
    return aws.client("ec2")


def task(**options):
    return {
        "region": "us-east-1",
        "name": NAME,
        "vpc": "monay-dev",
        "customer_gateway": {"ip_address": "198.51.100.10"},
        "static_routes": ["192.168.0.0/16"],
        "route_tables": TABLES,
        "tags": OWNER,
        **options,
    }


def direct_connect(**options):
    return {
        "region": "us-east-1",
        "name": NAME,
        "vpc": "monay-dev",
        "direct_connect_gateway": "monay-dx",
        "allowed_prefixes": ["10.10.0.0/16"],
        "tags": OWNER,
        **options,
    }


GONE = {"region": "us-east-1", "name": NAME, "vpc": "monay-dev", "state": "absent"}
CREATED = {
    ("create", "virtual private gateway", NAME),
    ("create", "customer gateway", NAME),
    ("create", "VPN connection", NAME),
    *(("create", "route propagation", name) for name in TABLES),
}


def test_create_as_previewed_then_nothing(ec2):
    created = assert_previewed("vpn_connection", task())

    assert changes(created) == CREATED
    gateway = by_name(ec2.describe_vpn_gateways()["VpnGateways"])[NAME]
    assert [each["State"] for each in gateway["VpcAttachments"]] == ["attached"]
    connection = by_name(ec2.describe_vpn_connections()["VpnConnections"])[NAME]
    assert [each["DestinationCidrBlock"] for each in connection["Routes"]] == ["192.168.0.0/16"]
    assert created["resources"]["VPN connection"][NAME]["status"] == "available"
    tables = by_name(ec2.describe_route_tables()["RouteTables"])
    assert all(tables[name]["PropagatingVgws"] for name in TABLES)
    assert_settled("vpn_connection", task())


def test_nothing_of_the_tunnels_is_returned(ec2):
    created = run_module("vpn_connection", task())

    configuration = by_name(ec2.describe_vpn_connections()["VpnConnections"])[NAME]["CustomerGatewayConfiguration"]
    keys = re.findall("<pre_shared_key>(.+?)</pre_shared_key>", configuration)
    assert len(keys) == 2, "the simulator answers with a key for each tunnel, as AWS does"
    assert not any(key in json.dumps(created) for key in keys)


def test_routes_by_bgp(ec2):
    run_module("vpn_connection", task(static_routes=None))

    assert_settled("vpn_connection", task(static_routes=None))
    message = fail_module("vpn_connection", task())
    assert "VPN connection monay-dev-vpn: static_only cannot be changed from False to True" in message


EDITS = [
    ({"static_routes": ["192.168.0.0/17", "172.16.0.0/12"]}, {("update", "VPN connection", NAME)}),
    ({"route_tables": TABLES[:1]}, {("delete", "route propagation", TABLES[1])}),
    (
        {"tags": {**OWNER, "Use": "office"}},
        {("update", kind, NAME) for kind in ("virtual private gateway", "customer gateway", "VPN connection")},
    ),
    (
        {"customer_gateway": None, "direct_connect_gateway": "monay-dx"},
        {
            ("delete", "customer gateway", NAME),
            ("delete", "VPN connection", NAME),
            ("create", "Direct Connect association", "monay-dx"),
        },
    ),
]


def test_an_edit_changes_what_it_says(ec2, subtests):
    for edit, wanted in EDITS:
        run_module("vpn_connection", task())
        with subtests.test(next(iter(edit))):
            assert changes(assert_previewed("vpn_connection", task(**edit))) == wanted
            assert_settled("vpn_connection", task(**edit))


def test_propagated_routes_are_not_those_of_the_network(ec2):
    run_module("vpn_connection", task())

    assert_settled(
        "vpc_network",
        {
            "region": "us-east-1",
            "name": "monay-dev",
            "route_tables": [{"name": name, "subnets": [], "routes": []} for name in TABLES],
            "tags": OWNER,
        },
    )


def test_direct_connect(ec2):
    created = assert_previewed("vpn_connection", direct_connect())

    assert changes(created) == {
        ("create", "virtual private gateway", NAME),
        ("create", "Direct Connect association", "monay-dx"),
    }
    assert created["resources"]["Direct Connect association"]["monay-dx"]["status"] == "associated"
    assert_settled("vpn_connection", direct_connect())
    more = direct_connect(allowed_prefixes=["10.10.0.0/16", "10.11.0.0/16"])
    assert changes(assert_previewed("vpn_connection", more)) == {("update", "Direct Connect association", "monay-dx")}
    assert_settled("vpn_connection", more)


@pytest.mark.parametrize("arguments", [task(), direct_connect()], ids=["site-to-site", "Direct Connect"])
def test_delete_twice(ec2, aws, arguments):  # noqa: F811
    run_module("vpn_connection", arguments)

    removed = assert_previewed("vpn_connection", GONE)

    assert {change["action"] for change in removed["changes"]} == {"delete"}
    assert [each for each in ec2.describe_vpn_gateways()["VpnGateways"] if each["State"] != "deleted"] == []
    lines = aws.client("directconnect")
    gateway = lines.describe_direct_connect_gateways()["directConnectGateways"][0]["directConnectGatewayId"]
    left = lines.describe_direct_connect_gateway_associations(directConnectGatewayId=gateway)
    assert left["directConnectGatewayAssociations"] == []
    assert_settled("vpn_connection", GONE)


def test_an_unknown_direct_connect_gateway_is_named(ec2):
    message = fail_module("vpn_connection", direct_connect(direct_connect_gateway="nobody"))

    assert "there is no Direct Connect gateway nobody" in message
    assert "admin_access_direct_connect_gateway" in message


def test_a_gateway_of_another_vpc_is_not_taken_away(ec2):
    run_module("vpn_connection", task())
    other = {"region": "us-east-1", "name": "monay-other", "cidr": "10.20.0.0/16", "tags": OWNER}
    run_module("vpc_network", other)

    message = fail_module("vpn_connection", task(vpc="monay-other", route_tables=[]))

    assert "is attached to VPC vpc-" in message


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"customer_gateway": {"ip_address": "office.example"}}, "'office.example' is not an IPv4 address"),
        ({"customer_gateway": None}, "would lead nowhere"),
        ({"static_routes": ["192.168.0.1/16"]}, "is not an IPv4 network"),
    ],
)
def test_what_cannot_be_meant_is_refused(ec2, options, words):
    assert words in fail_module("vpn_connection", task(**options))


def test_on_an_empty_account_check_mode_previews_and_the_real_run_refuses(aws):  # noqa: F811
    assert changes(run_module("vpn_connection", task(), check=True)) == CREATED

    assert "VPC monay-dev does not exist" in fail_module("vpn_connection", task())


def test_where_there_is_nothing_to_delete_nothing_else_is_read(ec2):
    with recorded_calls() as calls:
        assert run_module("vpn_connection", GONE)["changed"] is False

    assert sorted(calls) == ["ec2:DescribeCustomerGateways", "ec2:DescribeVpnConnections", "ec2:DescribeVpnGateways"]
