# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Security groups: rules in one form, so that two ways of writing the same rules are equal. Pure.

AWS joins rules of one port into one permission, and takes them apart again. Here a rule is one protocol, one range of
ports and one peer: `{protocol, ports, cidr | group | prefix_list, description}`; `ports` is "443", "3001-3007" or "".
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .network import check_names
from .network_acl import NAMES, canonical_ports
from .plan import PlanRefused, State

Rule = dict[str, str]
Item = Mapping[str, Any]

PEERS = ("cidr", "group", "prefix_list")
# Source: Amazon VPC quotas, "Inbound or outbound rules per security group".
MOST_RULES = 60
# Source: EC2 API, CreateSecurityGroup and IpRange.
LONGEST_TEXT = 255
TEXT = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]*")


def wanted_groups(groups: Iterable[Item]) -> dict[str, State]:
    """States by name: `{description, ingress, egress}`. Raises PlanRefused for what AWS would refuse."""
    groups = list(groups)
    check_names("security group", groups)
    return {each["name"]: _group(each) for each in groups}


def _group(item: Item) -> State:
    name = item["name"]
    if name.startswith("sg-") or name == "default":
        raise PlanRefused(f"security group {name}: AWS keeps this name for itself; choose another one")
    _check_text(name, f"security group {name}: its name")
    if not item.get("description"):
        raise PlanRefused(f"security group {name}: AWS asks for a description; give it one")
    _check_text(item["description"], f"security group {name}: its description")
    state: State = {"description": item["description"]}
    for direction in ("ingress", "egress"):
        if item.get(direction) is not None:
            state[direction] = canonical_rules(item[direction], f"security group {name}, {direction}")
    return state


def canonical_rules(rules: Iterable[Item], what: str) -> list[Rule]:
    """Rules with lists of peers (`cidrs`, `groups`, `prefix_lists`) as sorted rules with one peer each.

    Raises PlanRefused for a rule without a peer, for one that stands twice, and for what AWS would refuse.
    """
    flat = sorted((rule for each in rules for rule in _flat(each, what)), key=_order)
    seen: dict[str, Rule] = {}
    for rule in flat:
        if identity(rule) in seen:
            raise PlanRefused(f"{what}: the rule {readable(rule)} stands there twice")
        seen[identity(rule)] = rule
    if len(flat) > MOST_RULES:
        raise PlanRefused(f"{what}: AWS takes {MOST_RULES} rules in each direction, got {len(flat)}")
    return flat


def _flat(rule: Item, what: str) -> list[Rule]:
    description = rule.get("description") or ""
    _check_text(description, f"{what}: the description of a rule")
    common = {
        "protocol": rule["protocol"],
        "ports": canonical_ports(rule.get("ports"), rule["protocol"], what),
        "description": description,
    }
    peers = [{"cidr": canonical_cidr(each, what)} for each in rule.get("cidrs") or ()]
    peers += [{"group": each} for each in rule.get("groups") or ()]
    peers += [{"prefix_list": each} for each in rule.get("prefix_lists") or ()]
    if not peers:
        raise PlanRefused(
            f"{what}: a rule needs a peer: cidrs, groups or prefix_lists; for no access leave the rule out"
        )
    return [{**common, **peer} for peer in peers]


def canonical_cidr(cidr: str, what: str) -> str:
    """An IPv4 or IPv6 network as AWS writes it. Raises PlanRefused for text that is none."""
    try:
        return str(ipaddress.ip_network(cidr))
    except ValueError as error:
        raise PlanRefused(f"{what}: {cidr!r} is not a network ({error}); write it as in 203.0.113.0/24") from error


def _check_text(text: str, what: str) -> None:
    if not TEXT.fullmatch(text) or len(text) > LONGEST_TEXT:
        raise PlanRefused(
            f"{what} {text!r}: AWS takes up to {LONGEST_TEXT} letters, digits, spaces and"
            " . _ - : / ( ) # , @ [ ] + = & ; { } ! $ *"
        )


def identity(rule: Item) -> str:
    """What makes two rules the same to AWS: all but the description."""
    return json.dumps({key: value for key, value in rule.items() if key != "description"}, sort_keys=True)


def _order(rule: Item) -> str:
    return json.dumps(rule, sort_keys=True)


def readable(rule: Item) -> str:
    """`tcp 443, cidr 0.0.0.0/0`."""
    peer = next(each for each in PEERS if each in rule)
    return f"{rule['protocol']} {rule['ports'] or 'all ports'}, {peer} {rule[peer]}"


def observed_rules(
    permissions: Iterable[Item], group_name: Callable[[str], str], list_name: Callable[[str], str]
) -> list[Rule]:
    """AWS's permissions as canonical rules. The functions turn ids of groups and prefix lists into names."""
    rules = []
    for each in permissions:
        common = {"protocol": _protocol(each), "ports": _ports(each)}
        for key, peer, member, name in (
            ("IpRanges", "cidr", "CidrIp", str),
            ("Ipv6Ranges", "cidr", "CidrIpv6", str),
            ("UserIdGroupPairs", "group", "GroupId", group_name),
            ("PrefixListIds", "prefix_list", "PrefixListId", list_name),
        ):
            rules += [
                {**common, "description": one.get("Description") or "", peer: name(one[member])}
                for one in each.get(key) or ()
            ]
    return sorted(rules, key=_order)


def _protocol(permission: Item) -> str:
    number = str(permission["IpProtocol"])
    return NAMES.get(number, number)


def _ports(permission: Item) -> str:
    protocol, first = _protocol(permission), permission.get("FromPort")
    if protocol not in ("tcp", "udp") or first is None:
        return ""
    return canonical_ports(f"{first}-{permission['ToPort']}", protocol, "observed rule")


def permission_of(rule: Item, group_id: Callable[[str], str], list_id: Callable[[str], str]) -> dict[str, Any]:
    """A rule in the words of AuthorizeSecurityGroupIngress and its like. The functions turn names into ids."""
    protocol = rule["protocol"]
    permission: dict[str, Any] = {"IpProtocol": "-1" if protocol == "all" else protocol}
    if protocol in ("tcp", "udp"):
        first, _dash, last = (rule["ports"] or "0-65535").partition("-")
        permission |= {"FromPort": int(first), "ToPort": int(last or first)}
    elif protocol == "icmp":
        permission |= {"FromPort": -1, "ToPort": -1}
    text = {"Description": rule["description"]} if rule["description"] else {}
    if "group" in rule:
        permission["UserIdGroupPairs"] = [{"GroupId": group_id(rule["group"]), **text}]
    elif "prefix_list" in rule:
        permission["PrefixListIds"] = [{"PrefixListId": list_id(rule["prefix_list"]), **text}]
    elif ":" in rule["cidr"]:
        permission["Ipv6Ranges"] = [{"CidrIpv6": rule["cidr"], **text}]
    else:
        permission["IpRanges"] = [{"CidrIp": rule["cidr"], **text}]
    return permission


def rule_changes(current: Iterable[Rule], wanted: Iterable[Rule]) -> tuple[list[Rule], list[Rule], list[Rule]]:
    """What to add, what to describe anew and what to revoke to get from the current rules to the wanted ones."""
    before = {identity(rule): rule for rule in current}
    after = {identity(rule): rule for rule in wanted}
    added = [rule for key, rule in after.items() if key not in before]
    described = [rule for key, rule in after.items() if key in before and before[key] != rule]
    revoked = [rule for key, rule in before.items() if key not in after]
    return added, described, revoked
