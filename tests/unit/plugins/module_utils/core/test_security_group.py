# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from ansible_collections.monay.platform.plugins.module_utils.core.security_group import (
    canonical_rules,
    observed_rules,
    permission_of,
    rule_changes,
    wanted_groups,
)
from ansible_collections.monay.platform.plugins.module_utils.core.security_group_plan import security_group_plan

APPLICATIONS = {
    "monay-backend-common": {"port": 3001, "kind": "api"},
    "monay-admin": {"port": 3002, "kind": "nextjs"},
    "monay-website-static": {"port": 3000, "kind": "static"},
}


def rule(**parts):
    return {"protocol": "tcp", **parts}


rules = st.builds(
    lambda protocol, port, peer, name, text: {
        "protocol": protocol,
        "ports": str(port) if protocol in ("tcp", "udp") else "",
        "description": text,
        peer: [name[peer]],
    },
    st.sampled_from(["tcp", "udp", "icmp", "all"]),
    st.integers(1, 9),
    st.sampled_from(["cidrs", "groups", "prefix_lists"]),
    st.fixed_dictionaries(
        {
            "cidrs": st.sampled_from(["10.0.0.0/8", "0.0.0.0/0", "2001:db8::/32"]),
            "groups": st.sampled_from(["one", "two"]),
            "prefix_lists": st.sampled_from(["com.amazonaws.eu-west-1.s3"]),
        }
    ),
    st.sampled_from(["", "why"]),
)
rule_sets = st.lists(
    rules, max_size=12, unique_by=lambda each: str({key: value for key, value in each.items() if key != "description"})
)


def merged(permissions):
    """Permissions as AWS gives them back: one for each protocol and range of ports."""
    found = {}
    for each in permissions:
        key = (each["IpProtocol"], each.get("FromPort"), each.get("ToPort"))
        place = found.setdefault(
            key, {name: each[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in each}
        )
        for name in ("IpRanges", "Ipv6Ranges", "UserIdGroupPairs", "PrefixListIds"):
            place.setdefault(name, []).extend(each.get(name, []))
    return list(found.values())


@given(rule_sets)
def test_what_aws_joins_is_still_the_same(wanted):
    canonical = canonical_rules(wanted, "group")
    permissions = merged(
        permission_of(each, lambda name: f"sg-{name}", lambda name: f"pl-{name}") for each in canonical
    )

    assert (
        observed_rules(permissions, lambda each: each.removeprefix("sg-"), lambda each: each.removeprefix("pl-"))
        == canonical
    )


@given(rule_sets, rule_sets)
def test_changes_lead_from_one_set_to_the_other(one, other):
    current, wanted = canonical_rules(one, "group"), canonical_rules(other, "group")
    added, described, revoked = rule_changes(current, wanted)

    def same(left, right):
        return {**left, "description": ""} == {**right, "description": ""}

    assert all(each in current for each in revoked)
    assert not any(same(each, old) for each in added for old in current), "AWS refuses what is there already"
    kept = [each for each in current if each not in revoked and not any(same(each, new) for new in described)]
    assert sorted(map(str, [*kept, *described, *added])) == sorted(map(str, wanted))


def test_peers_become_rules_of_their_own():
    assert canonical_rules([rule(ports=443, cidrs=["10.0.0.0/8"], groups=["a"], description="x")], "group") == [
        {"protocol": "tcp", "ports": "443", "cidr": "10.0.0.0/8", "description": "x"},
        {"protocol": "tcp", "ports": "443", "group": "a", "description": "x"},
    ]


@pytest.mark.parametrize(
    ("group", "words"),
    [
        ({"name": "sg-1", "description": "x"}, "AWS keeps this name for itself"),
        ({"name": "default", "description": "x"}, "AWS keeps this name for itself"),
        ({"name": "a", "description": None}, "AWS asks for a description"),
        ({"name": "a", "description": "50% off"}, "its description '50% off'"),
        ({"name": "a", "description": "x" * 256}, "AWS takes up to 255"),
        ({"name": "a", "description": "x", "ingress": [rule(ports="443")]}, "a, ingress: a rule needs a peer"),
        ({"name": "a", "description": "x", "egress": [rule(cidrs=["10.0.0.1/8"])]}, "'10.0.0.1/8' is not a network"),
        (
            {"name": "a", "description": "x", "ingress": [rule(groups=["b"], description=d) for d in "xy"]},
            "the rule tcp all ports, group b stands there twice",
        ),
        (
            {"name": "a", "description": "x", "ingress": [rule(cidrs=[f"10.0.{n}.0/24" for n in range(61)])]},
            "AWS takes 60 rules",
        ),
    ],
)
def test_what_aws_refuses_is_refused_before(group, words):
    with pytest.raises(PlanRefused, match=words):
        wanted_groups([group])


def test_two_groups_of_one_name_are_refused():
    with pytest.raises(PlanRefused, match="a is listed twice"):
        wanted_groups([{"name": "a", "description": "x"}] * 2)


def plan(**options):
    options = {"alb_cidrs": ["0.0.0.0/0"], "egress_cidrs": ["0.0.0.0/0"], **options}
    groups = security_group_plan(APPLICATIONS, "monay-dev", "monay", **options)
    return wanted_groups([{**each, **{way: _typed(each[way]) for way in ("ingress", "egress")}} for each in groups])


def _typed(rules):
    return [{"protocol": "tcp", **each} for each in rules]


def peers(rules, port):
    return {each.get("group") or each.get("cidr") for each in rules if each["ports"] == port}


def test_callers_pass_the_load_balancer():
    groups = plan()

    assert peers(groups["monay-dev-alb"]["ingress"], "443") == {"0.0.0.0/0"}
    assert peers(groups["monay-dev-alb"]["egress"], "3001") == {"monay-dev-backend-common"}
    assert groups["monay-dev-backend-common"]["ingress"] == [
        {"protocol": "tcp", "ports": "3001", "group": "monay-dev-alb", "description": "From the load balancer"}
    ]


def test_next_versions_are_seen_by_those_who_may():
    groups = plan(test_ports=["8443"], test_cidrs=["203.0.113.0/24"])

    assert peers(groups["monay-dev-alb"]["ingress"], "8443") == {"203.0.113.0/24"}
    assert peers(groups["monay-dev-alb"]["ingress"], "443") == {"0.0.0.0/0"}
    assert peers(plan(test_ports=["8443"])["monay-dev-alb"]["ingress"], "8443") == set()


def test_static_sites_have_no_group():
    assert "monay-dev-website-static" not in plan()


def test_only_those_that_use_a_store_reach_it():
    groups = plan(cache_users=["monay-backend-common", "monay-admin"])

    assert peers(groups["monay-dev-postgres"]["ingress"], "5432") == {"monay-dev-backend-common"}
    assert peers(groups["monay-dev-redis"]["ingress"], "6379") == {"monay-dev-backend-common", "monay-dev-admin"}
    assert peers(groups["monay-dev-admin"]["egress"], "5432") == set()
    assert peers(groups["monay-dev-admin"]["egress"], "6379") == {"monay-dev-redis"}


def test_stores_and_endpoints_open_no_connection():
    assert [plan()[f"monay-dev-{name}"]["egress"] for name in ("postgres", "redis", "endpoints")] == [[], [], []]


def test_nothing_may_go_anywhere_but_by_https():
    open_rules = [
        (name, each["ports"])
        for name, group in plan().items()
        for each in group["egress"]
        if each.get("cidr") == "0.0.0.0/0"
    ]

    senders = ("admin", "backend-common", "ecs-instances")
    assert open_rules == [(f"monay-dev-{name}", "443") for name in senders]


def test_administrators():
    assert plan()["monay-dev-client-vpn"]["egress"] == []
    assert "monay-dev-client-vpn" not in peers(plan()["monay-dev-postgres"]["ingress"], "5432")
    groups = plan(admin_access="client_vpn", admin_cidrs=["192.168.0.0/24"])

    assert peers(groups["monay-dev-postgres"]["ingress"], "5432") == {
        "192.168.0.0/24",
        "monay-dev-backend-common",
        "monay-dev-client-vpn",
    }
    assert peers(groups["monay-dev-client-vpn"]["egress"], "5432") == {"monay-dev-postgres"}
    assert groups["monay-dev-client-vpn"]["ingress"] == []


def test_every_rule_has_its_other_end():
    """What one group may send, the other lets in: a rule without its counterpart is a mistake."""
    groups = plan(admin_access="client_vpn")
    sent = {
        (name, each["group"], each["ports"])
        for name, one in groups.items()
        for each in one["egress"]
        if "group" in each
    }
    received = {
        (each["group"], name, each["ports"])
        for name, one in groups.items()
        for each in one["ingress"]
        if "group" in each
    }

    assert sent == received


def test_users_have_to_exist():
    with pytest.raises(PlanRefused, match="security_groups_database_users: monay-website-static is not an application"):
        plan(database_users=["monay-website-static"])
