# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from ansible_collections.monay.platform.plugins.module_utils.core.vpn import (
    authorization_rules,
    client_routes,
    client_vpn_endpoint,
    customer_gateway,
    vpn_connection,
)

ENDPOINT = {
    "name": "vpn",
    "description": None,
    "client_cidr": "172.31.0.0/22",
    "server_certificate_arn": "arn:server",
    "authentication": {"type": "saml", "saml_provider_arn": "arn:sso", "directory_id": None},
    "split_tunnel": True,
    "dns_servers": ["10.0.0.3", "10.0.0.2"],
    "transport_protocol": "udp",
    "vpn_port": 443,
    "session_timeout_hours": 12,
    "log_group": None,
    "security_groups": [],
}


def test_what_is_not_said_is_what_aws_assumes():
    state = client_vpn_endpoint(ENDPOINT)

    assert (state["description"], state["connection_log"], state["security_groups"]) == ("", "", None)
    assert state["dns_servers"] == ["10.0.0.2", "10.0.0.3"]
    assert state["authentication"] == {"type": "saml", "saml_provider_arn": "arn:sso"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"client_cidr": "172.31.0.0/23"}, "a /12 to a /22, got 172.31.0.0/23"),
        ({"client_cidr": "172.31.0.1/22"}, "is not an IPv4 network"),
        ({"server_certificate_arn": ""}, "admin_access_server_certificate_arn"),
        ({"authentication": {"type": "certificate"}}, "authentication by certificate needs client_certificate_arn"),
        (
            {"authentication": {"type": "saml", "saml_provider_arn": "arn:sso", "directory_id": "d-1"}},
            "needs saml_provider_arn, and nothing else",
        ),
    ],
)
def test_endpoints_that_aws_refuses(options, words):
    with pytest.raises(PlanRefused, match=words):
        client_vpn_endpoint({**ENDPOINT, **options})


def rule(*cidrs, group=None):
    return {"cidrs": list(cidrs), "group": group, "description": None}


def test_a_rule_of_two_networks_is_two_rules():
    rules = authorization_rules([rule("10.1.0.0/16", "10.2.0.0/16", group="admins")], "vpn")

    assert rules == {
        f"10.{n}.0.0/16 for admins": {"cidr": f"10.{n}.0.0/16", "group": "admins", "description": ""} for n in (1, 2)
    }


def test_the_same_rule_twice_is_refused():
    with pytest.raises(PlanRefused, match=r"two authorization rules 10\.1\.0\.0/16 for everyone"):
        authorization_rules([rule("10.1.0.0/16"), rule("10.1.0.0/16", group="")], "vpn")


def test_a_route_leads_by_a_subnet_of_the_endpoint():
    route = {"cidr": "0.0.0.0/0", "subnet": "a", "description": None}

    assert list(client_routes([route], ["a"], "vpn")) == ["0.0.0.0/0 by a"]
    with pytest.raises(PlanRefused, match="leads by subnet a, which is not among its subnets b, c"):
        client_routes([route], ["c", "b"], "vpn")


@pytest.mark.parametrize("address", ["", "office.example", "198.51.100.256", "2001:db8::1"])
def test_addresses_of_customer_gateways(address):
    assert customer_gateway({"ip_address": "198.51.100.1", "bgp_asn": 65000}, "vpn")["bgp_asn"] == 65000
    with pytest.raises(PlanRefused, match=r"is not an IPv4 address \(admin_access_customer_gateway_ip\)"):
        customer_gateway({"ip_address": address, "bgp_asn": 65000}, "vpn")


def test_routes_are_static_or_come_by_bgp():
    assert vpn_connection(None, "vpn") == {"static_only": False}
    assert vpn_connection(["10.2.0.0/16", "10.1.0.0/16", "10.2.0.0/16"], "vpn") == {
        "static_only": True,
        "static_routes": ["10.1.0.0/16", "10.2.0.0/16"],
    }
