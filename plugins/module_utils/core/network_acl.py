# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Network ACLs: canonical rules, and the rules that each tier of the subnet plan gets. Pure.

A rule is `{rule_number, protocol, ports, cidr, action}`: `ports` is "443", "1024-65535" or "" for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .network import check_vpc_cidr, parse_cidr
from .network_plan import ANYWHERE, DATA, PRIVATE, PUBLIC, tier_block, zone_letter
from .plan import PlanRefused

Rule = dict[str, Any]

# Source: IANA, "Assigned Internet Protocol Numbers"; EC2 takes -1 for all of them.
PROTOCOLS = {"all": "-1", "icmp": "1", "tcp": "6", "udp": "17"}
NAMES = {number: name for name, number in PROTOCOLS.items()}
# AWS's own last rule, which denies what no other rule decided.
LAST_RULE = 32767
# Source: Amazon VPC quotas, "Rules per network ACL" (20 in each direction unless raised).
MOST_RULES = 20
# What NAT gateways, load balancers and Linux take as the near end of a connection.
EPHEMERAL = "1024-65535"
POSTGRESQL, REDIS = "5432", "6379"


def canonical_rules(rules: Iterable[Mapping[str, Any]], what: str) -> list[Rule]:
    """Wanted rules by number. Raises PlanRefused for a number that is taken or that AWS does not take, or bad ports."""
    found: dict[int, Rule] = {}
    for each in rules:
        number = each["rule_number"]
        if not 1 <= number < LAST_RULE:
            raise PlanRefused(f"{what}: rule numbers are 1 to {LAST_RULE - 1}, got {number}")
        if number in found:
            raise PlanRefused(f"{what}: rule number {number} is used twice")
        found[number] = {
            "rule_number": number,
            "protocol": each["protocol"],
            "ports": canonical_ports(each.get("ports"), each["protocol"], f"{what}, rule {number}"),
            "cidr": str(parse_cidr(each["cidr"], f"{what}, rule {number}")),
            "action": each["action"],
        }
    if len(found) > MOST_RULES:
        raise PlanRefused(f"{what}: AWS takes {MOST_RULES} rules in each direction, got {len(found)}")
    return [found[number] for number in sorted(found)]


def canonical_ports(ports: Any, protocol: str, what: str) -> str:
    """ "443" or "1024-65535", "" for all. Raises PlanRefused for anything else, and for ports where there are none."""
    text = str(ports or "").replace(" ", "")
    if protocol not in ("tcp", "udp"):
        if text:
            raise PlanRefused(f"{what}: protocol {protocol} has no ports, got {text!r}")
        return ""
    first, _dash, last = text.partition("-")
    last = last or first
    if not (text and first.isdigit() and last.isdigit() and 0 <= int(first) <= int(last) <= 65535):
        if not text:
            return ""
        raise PlanRefused(f'{what}: ports are one port or a range as in "1024-65535", got {text!r}')
    if (int(first), int(last)) == (0, 65535):
        return ""
    return str(int(first)) if int(first) == int(last) else f"{int(first)}-{int(last)}"


def observed_rules(entries: Iterable[Mapping[str, Any]], *, egress: bool) -> list[Rule]:
    """AWS's IPv4 entries of one direction as rules, without the last one, which nobody can change."""
    rules = []
    for each in entries:
        if each["Egress"] is not egress or each["RuleNumber"] >= LAST_RULE or "CidrBlock" not in each:
            continue
        span = each.get("PortRange") or {}
        first, last = span.get("From"), span.get("To")
        protocol = NAMES.get(str(each["Protocol"]), str(each["Protocol"]))
        text = "" if first is None else f"{first}-{last}"
        ports = canonical_ports(text, protocol, "") if protocol in ("tcp", "udp") else ""
        rules.append(
            {
                "rule_number": each["RuleNumber"],
                "protocol": protocol,
                "ports": ports,
                "cidr": each["CidrBlock"],
                "action": each["RuleAction"],
            }
        )
    return sorted(rules, key=lambda rule: rule["rule_number"])


def entry_of(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule in the words of CreateNetworkAclEntry and ReplaceNetworkAclEntry."""
    protocol = rule["protocol"]
    entry: dict[str, Any] = {
        "RuleNumber": rule["rule_number"],
        "Protocol": PROTOCOLS.get(protocol, protocol),
        "RuleAction": rule["action"],
        "CidrBlock": rule["cidr"],
    }
    if protocol in ("tcp", "udp"):
        first, _dash, last = (rule["ports"] or "0-65535").partition("-")
        entry["PortRange"] = {"From": int(first), "To": int(last or first)}
    if protocol == "icmp":
        entry["IcmpTypeCode"] = {"Type": -1, "Code": -1}
    return entry


def rule_changes(current: Sequence[Rule], wanted: Sequence[Rule]) -> tuple[list[Rule], list[Rule], list[int]]:
    """What to create, what to replace, and the numbers to delete, to get from the current rules to the wanted ones."""
    before = {rule["rule_number"]: rule for rule in current}
    create = [rule for rule in wanted if rule["rule_number"] not in before]
    replace = [rule for rule in wanted if before.get(rule["rule_number"], rule) != rule]
    gone = before.keys() - {rule["rule_number"] for rule in wanted}
    return create, replace, sorted(gone)


def network_acl_plan(
    cidr: str, name: str, zones: Sequence[str], admin_cidrs: Sequence[str] = ()
) -> list[dict[str, Any]]:
    """A network ACL for each tier: `{name, subnets, ingress, egress}`.

    `admin_cidrs` are networks of administrators behind a VPN or Direct Connect, which reach the private tier, and the
    stores in the data tier. ACLs are the second fence behind the security groups: they keep the internet from the
    private and data tiers, and everything but the private tier from the data tier. They know no connections, so the
    way back needs rules of its own.
    """
    vpc = str(check_vpc_cidr(name, cidr))
    private, data = tier_block(cidr, PRIVATE), tier_block(cidr, DATA)
    callers = (private, *admin_cidrs)
    # ICMP tells the load balancer and its callers which packets are too large on their way (path MTU discovery).
    web = (("tcp", "80", ANYWHERE), ("tcp", "443", ANYWHERE), ("tcp", EPHEMERAL, ANYWHERE), ("icmp", "", ANYWHERE))
    rules = {
        PUBLIC: (_allow(*web), _allow(*web)),
        PRIVATE: (
            _allow(("all", "", vpc), ("tcp", EPHEMERAL, ANYWHERE), *(("all", "", each) for each in admin_cidrs)),
            _allow(("all", "", vpc), ("tcp", "443", ANYWHERE), *(("all", "", each) for each in admin_cidrs)),
        ),
        # Inside the tier everything may pass: the nodes of a store copy their data among themselves.
        DATA: (
            _allow(("all", "", data), *(("tcp", port, each) for each in callers for port in (POSTGRESQL, REDIS))),
            _allow(("all", "", data), *(("tcp", EPHEMERAL, each) for each in callers)),
        ),
    }
    letters = [zone_letter(zone) for zone in sorted(zones)]
    return [
        {
            "name": f"{name}-{tier}",
            "subnets": [f"{name}-{tier}-{letter}" for letter in letters],
            "ingress": ingress,
            "egress": egress,
        }
        for tier, (ingress, egress) in rules.items()
    ]


def _allow(*rules: tuple[str, str, str]) -> list[Rule]:
    """Numbered in steps of 10, so that a person can put one between."""
    return [
        {"rule_number": number, "protocol": protocol, "ports": ports, "cidr": cidr, "action": "allow"}
        for number, (protocol, ports, cidr) in zip(range(100, 1000, 10), rules, strict=False)
    ]
