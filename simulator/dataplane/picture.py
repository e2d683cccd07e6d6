# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the control plane wants the front doors to do, drawn under the world's lock and read without it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from moto.elbv2.ssl_policies import SSL_POLICIES

from simulator.dataplane.firewall import Acl, acl_of
from simulator.dataplane.sites import Site, sites
from simulator.overlays.acm_model import Certificate, Certificates
from simulator.overlays.elbv2_listeners import HEADERS
from simulator.overlays.elbv2_model import Balancing, Item
from simulator.overlays.route53_model import Zones
from simulator.overlays.wafv2_model import WebAcls

if TYPE_CHECKING:
    from simulator.world import World


@dataclass(frozen=True)
class Material:
    """What a front door proves its name with; without a private key the local authority makes one."""

    names: tuple[str, ...]
    body: str = ""
    chain: str = ""
    private_key: str = ""


@dataclass(frozen=True)
class Target:
    """A registered target."""

    identifier: str
    port: int
    state: str
    registration: int


@dataclass(frozen=True)
class Group:
    """A target group that a listener uses."""

    arn: str
    account: str
    region: str
    facts: Item
    attributes: dict[str, str]
    targets: tuple[Target, ...]

    @property
    def suffix(self) -> str:
        """The name in CloudWatch's dimensions."""
        return self.arn.rpartition(":")[2]


@dataclass(frozen=True)
class Rule:
    """Conditions, all of which must hold, and what is done then."""

    conditions: list[Item]
    action: Item


@dataclass(frozen=True)
class Listener:
    """A port of an active load balancer."""

    arn: str
    account: str
    region: str
    balancer: Item
    port: int
    secure: bool
    oldest: ssl.TLSVersion
    materials: tuple[Material, ...]
    rules: tuple[Rule, ...]
    attributes: dict[str, str]
    """Of the load balancer."""
    acl: Acl | None
    hostnames: tuple[str, ...]
    shows_server: bool
    response_headers: tuple[tuple[str, str], ...]
    """Headers that the listener puts on every answer."""

    def modified(self, headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """A target's headers with those of the listener in their place."""
        replaced = {name.lower() for name, _value in self.response_headers}
        replaced |= set() if self.shows_server else {"server"}
        if not replaced:
            return headers
        return [one for one in headers if one[0].lower() not in replaced] + list(self.response_headers)

    @property
    def suffix(self) -> str:
        return str(self.balancer["LoadBalancerArn"]).partition(":loadbalancer/")[2]


@dataclass(frozen=True)
class Picture:
    """All front doors that there should be."""

    listeners: dict[str, Listener] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    sites: dict[str, Site] = field(default_factory=dict)


def draw(world: World) -> Picture:
    """The caller holds the world's lock."""
    names = _names_by_target(world)
    listeners: dict[str, Listener] = {}
    groups: dict[str, Group] = {}
    for account, region, store in world.stores(Balancing):
        for arn, listener in store.listeners.items():
            balancer = store.balancers[listener["LoadBalancerArn"]]
            if balancer["State"]["Code"] == "active":
                listeners[arn] = _listener(world, account, region, store, listener, names)
        for arn, group in store.groups.items():
            if store.balancers_of_group(arn):
                groups[arn] = _group(account, region, store, group)
    return Picture(listeners, groups, sites(world, names))


def _group(account: str, region: str, store: Balancing, group: Item) -> Group:
    arn = group["TargetGroupArn"]
    targets = tuple(
        Target(one.identifier, one.port, one.state, one.registration) for one in store.targets.get(arn, {}).values()
    )
    return Group(arn, account, region, dict(group), dict(store.attributes[arn]), targets)


def _listener(
    world: World, account: str, region: str, store: Balancing, listener: Item, names: dict[str, list[str]]
) -> Listener:
    arn, balancer = listener["ListenerArn"], store.balancers[listener["LoadBalancerArn"]]
    rules = tuple(Rule(list(one["Conditions"]), dict(one["Actions"][0])) for one in store.rules_of(arn))
    certificates = [one["CertificateArn"] for one in listener.get("Certificates", [])]
    certificates += store.certificates.get(arn, [])
    acls = world.store(WebAcls, account, region)
    hosts = [balancer["DNSName"].lower(), *names.get(balancer["DNSName"].lower(), [])]
    return Listener(
        arn,
        account,
        region,
        dict(balancer),
        int(listener["Port"]),
        listener["Protocol"] == "HTTPS",
        _oldest(listener.get("SslPolicy", "")),
        tuple(material_of(world, account, region, one) for one in certificates),
        rules,
        dict(store.attributes[balancer["LoadBalancerArn"]]),
        acl_of(world, account, region, acls.protected.get(balancer["LoadBalancerArn"], "")),
        tuple(dict.fromkeys(hosts)),
        store.attributes[arn]["routing.http.response.server.enabled"] == "true",
        tuple(
            (name.replace("_", "-").title(), value)
            for name in HEADERS
            if (value := store.attributes[arn][f"routing.http.response.{name}.header_value"])
        ),
    )


def _oldest(policy: str) -> ssl.TLSVersion:
    """The oldest TLS of a policy; this machine's OpenSSL has nothing before 1.2."""
    protocols: list[str] = SSL_POLICIES.get(policy, {}).get("ssl_protocols", ["TLSv1.2"])
    return ssl.TLSVersion.TLSv1_3 if protocols == ["TLSv1.3"] else ssl.TLSVersion.TLSv1_2


def material_of(world: World, account: str, region: str, arn: str) -> Material:
    """A certificate's names, and its own key if it was imported."""
    found: Certificate | None = world.store(Certificates, account, region).by_arn.get(arn)
    if found is None:
        return Material(("localhost",))
    names = tuple(found.facts["SubjectAlternativeNames"]) or ("localhost",)
    return Material(names, found.body, found.chain, found.private_key)


def _names_by_target(world: World) -> dict[str, list[str]]:
    """The names in Route 53 that lead to a name, through aliases and CNAMEs."""
    found: dict[str, list[str]] = {}
    for _account, _region, store in world.stores(Zones):
        for records in store.records.values():
            for record in records.values():
                for target in _targets(record):
                    name = record["Name"].rstrip(".")
                    known = found.setdefault(target.rstrip(".").lower().removeprefix("dualstack."), [])
                    if name not in known:
                        known.append(name)
    return found


def _targets(record: dict[str, Any]) -> list[str]:
    if record.get("AliasTarget"):
        return [record["AliasTarget"]["DNSName"]]
    if record["Type"] == "CNAME":
        return [one["Value"] for one in record.get("ResourceRecords", [])]
    return []
