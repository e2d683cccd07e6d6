# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.network_acl import (
    canonical_ports,
    canonical_rules,
    entry_of,
    network_acl_plan,
    observed_rules,
    rule_changes,
)
from ansible_collections.monay.platform.plugins.module_utils.core.network_plan import subnet_plan
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused

CIDR, NAME, ZONES = "10.10.0.0/16", "monay-dev", ["us-east-1a", "us-east-1b"]


def rule(number=100, protocol="tcp", ports="443", cidr="0.0.0.0/0", action="allow"):
    return {"rule_number": number, "protocol": protocol, "ports": ports, "cidr": cidr, "action": action}


ports = st.tuples(st.integers(0, 65535), st.integers(0, 65535)).map(lambda pair: f"{min(pair)}-{max(pair)}")
rules = st.builds(
    lambda number, protocol, span: rule(number, protocol, span if protocol in ("tcp", "udp") else ""),
    st.integers(1, 32766),
    st.sampled_from(["tcp", "udp", "icmp", "all"]),
    ports,
)


@given(st.lists(rules, max_size=20, unique_by=lambda each: each["rule_number"]), st.booleans())
def test_what_aws_echoes_is_what_was_asked_for(wanted, egress):
    canonical = canonical_rules(wanted, "ACL")
    entries = [{**entry_of(each), "Egress": egress} for each in canonical]
    last = {"RuleNumber": 32767, "Protocol": "-1", "RuleAction": "deny", "CidrBlock": "0.0.0.0/0", "Egress": egress}

    assert observed_rules([last, *reversed(entries)], egress=egress) == canonical
    assert observed_rules(entries, egress=not egress) == []


@given(st.lists(rules, max_size=9, unique_by=lambda each: each["rule_number"]), st.data())
def test_changes_lead_from_one_set_to_the_other(current, data):
    other = data.draw(st.lists(rules, max_size=9, unique_by=lambda each: each["rule_number"]))
    create, replace, delete = rule_changes(current, other)

    after = {each["rule_number"]: each for each in current}
    assert not {each["rule_number"] for each in create} & after.keys(), "AWS refuses a number that is taken"
    assert {each["rule_number"] for each in replace} | set(delete) <= after.keys()
    after.update({each["rule_number"]: each for each in [*create, *replace]})
    assert {number: each for number, each in after.items() if number not in delete} == {
        each["rule_number"]: each for each in other
    }


@pytest.mark.parametrize(
    ("text", "canonical"),
    [("443", "443"), (443, "443"), ("443-443", "443"), ("1024 - 65535", "1024-65535"), ("0-65535", ""), (None, "")],
)
def test_ports(text, canonical):
    assert canonical_ports(text, "tcp", "rule") == canonical


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ([rule(0)], "rule numbers are 1 to 32766"),
        ([rule(32767)], "rule numbers are 1 to 32766"),
        ([rule(), rule()], "used twice"),
        ([rule(ports="high")], "one port or a range"),
        ([rule(ports="9-1")], "one port or a range"),
        ([rule(ports="70000")], "one port or a range"),
        ([rule(protocol="all")], "has no ports"),
        ([rule(cidr="10.0.0.1/8")], "is not an IPv4 network"),
        ([rule(number) for number in range(1, 22)], "AWS takes 20 rules"),
    ],
)
def test_what_aws_refuses_is_refused_before(wrong, words):
    with pytest.raises(PlanRefused, match=words):
        canonical_rules(wrong, "network ACL monay-dev-data, ingress")


def verdict(rules, protocol, port, address):
    """What AWS does with a packet: the first rule that fits decides, and the last one denies."""
    for each in rules:
        first, _dash, last = (each["ports"] or "0-65535").partition("-")
        fits = each["protocol"] in ("all", protocol) and int(first) <= port <= int(last or first)
        if fits and ipaddress.ip_address(address) in ipaddress.IPv4Network(each["cidr"]):
            return each["action"]
    return "deny"


def address_in(tier):
    subnet = next(each for each in subnet_plan(CIDR, NAME, ZONES) if each["tier"] == tier)
    return str(ipaddress.IPv4Network(subnet["cidr"])[10])


INTERNET, SERVICE = "198.51.100.9", 40000
CONNECTIONS = [
    ("internet", "public", 443, True),
    ("internet", "public", 22, False),
    ("public", "internet", 443, True),
    ("public", "private", 3001, True),
    ("private", "public", 443, True),
    ("private", "data", 5432, True),
    ("private", "data", 6379, True),
    ("private", "data", 22, False),
    ("public", "data", 5432, False),
    ("internet", "data", 5432, False),
    ("internet", "private", 443, False),
    ("data", "internet", 443, False),
    ("data", "private", 443, False),
    ("private", "internet", 25, False),
]


@pytest.mark.parametrize(("source", "target", "port", "passes"), CONNECTIONS)
def test_connections_between_tiers(source, target, port, passes):
    acls = {each["name"].rpartition("-")[2]: each for each in network_acl_plan(CIDR, NAME, ZONES)}
    address = {tier: address_in(tier) for tier in acls} | {"internet": INTERNET}
    there = [
        verdict(acls[source]["egress"], "tcp", port, address[target]) if source in acls else "allow",
        verdict(acls[target]["ingress"], "tcp", port, address[source]) if target in acls else "allow",
    ]
    back = [
        verdict(acls[target]["egress"], "tcp", SERVICE, address[source]) if target in acls else "allow",
        verdict(acls[source]["ingress"], "tcp", SERVICE, address[target]) if source in acls else "allow",
    ]

    assert (set(there) == {"allow"}) is passes
    if passes:
        assert set(back) == {"allow"}, "the answer is lost on its way back"


def test_administrators_reach_the_private_tier_and_the_stores():
    acls = {each["name"]: each for each in network_acl_plan(CIDR, NAME, ZONES, ["192.168.0.0/24"])}

    assert verdict(acls["monay-dev-private"]["ingress"], "tcp", 22, "192.168.0.7") == "allow"
    assert verdict(acls["monay-dev-data"]["ingress"], "tcp", 5432, "192.168.0.7") == "allow"
    assert verdict(acls["monay-dev-data"]["egress"], "tcp", SERVICE, "192.168.0.7") == "allow"
    assert verdict(acls["monay-dev-data"]["ingress"], "tcp", 22, "192.168.0.7") == "deny"
    assert verdict(acls["monay-dev-data"]["ingress"], "tcp", 5432, "192.168.1.7") == "deny"


def test_the_plan_is_canonical():
    for each in network_acl_plan(CIDR, NAME, ZONES, ["192.168.0.0/24"]):
        for direction in ("ingress", "egress"):
            assert canonical_rules(each[direction], each["name"]) == each[direction]
