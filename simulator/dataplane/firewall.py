# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A web ACL at a front door: rate limits and IP sets are enforced, the rest is named as not evaluated."""

from __future__ import annotations

import ipaddress
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.overlays.wafv2_model import Item, WebAcls

if TYPE_CHECKING:
    from simulator.world import World


@dataclass(frozen=True)
class AclRule:
    """One rule that can be evaluated here."""

    name: str
    action: str
    networks: tuple[str, ...] = ()
    limit: int = 0
    seconds: int = 300


@dataclass(frozen=True)
class Acl:
    """A web ACL in order of priority."""

    arn: str
    account: str
    region: str
    """Empty for those of CloudFront, which is everywhere."""
    metric: str
    default: str
    rules: tuple[AclRule, ...]
    not_evaluated: tuple[str, ...]


def acl_of(world: World, account: str, region: str, arn: str) -> Acl | None:
    """The web ACL of a load balancer or distribution; None without one."""
    found = world.store(WebAcls, account, region).by_arn.get(arn)
    if found is None:
        return None
    rules, others = [], []
    for rule in sorted(found.facts["Rules"], key=lambda one: int(one["Priority"])):
        made = _rule(world, account, region, rule)
        if made is None:
            others.append(str(rule["Name"]))
        else:
            rules.append(made)
    place = "" if found.scope == "CLOUDFRONT" else region
    metric, default = found.facts["VisibilityConfig"]["MetricName"], next(iter(found.facts["DefaultAction"]))
    return Acl(arn, account, place, metric, default, tuple(rules), tuple(others))


def _rule(world: World, account: str, region: str, rule: Item) -> AclRule | None:
    kind, content = next(iter(rule["Statement"].items()))
    action = next(iter(rule.get("Action") or {"None": {}}))
    if kind == "RateBasedStatement" and content["AggregateKeyType"] == "IP" and not content.get("ScopeDownStatement"):
        seconds = int(content.get("EvaluationWindowSec") or 300)
        return AclRule(rule["Name"], action, limit=int(content["Limit"]), seconds=seconds)
    if kind == "IPSetReferenceStatement" and not content.get("IPSetForwardedIPConfig"):
        for place in (region, "global"):
            for one in world.backend("wafv2", account, place).ip_sets.values():
                if one.arn == content["ARN"]:
                    return AclRule(rule["Name"], action, networks=tuple(one.addresses))
    return None


class Firewall:
    """Counts the requests of clients and says who is let in."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str, str], deque[float]] = {}

    def forget(self) -> None:
        self._seen.clear()

    def blocks(self, acl: Acl, client: str, now: float) -> bool:
        for rule in acl.rules:
            if not self._matches(acl, rule, client, now):
                continue
            if rule.action in ("Block", "Captcha", "Challenge"):
                return True
            if rule.action == "Allow":
                return False
        return acl.default == "Block"

    def _matches(self, acl: Acl, rule: AclRule, client: str, now: float) -> bool:
        if rule.networks:
            address = ipaddress.ip_address(client)
            return any(address in ipaddress.ip_network(network, strict=False) for network in rule.networks)
        if not rule.limit:
            return False
        seen = self._seen.setdefault((acl.arn, rule.name, client), deque())
        while seen and seen[0] < now - rule.seconds:
            seen.popleft()
        seen.append(now)
        return len(seen) > rule.limit
