# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Distributions as the edges serve them: the deployed configuration with the policies that it names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.dataplane.firewall import Acl, acl_of
from simulator.dataplane.routing import pattern
from simulator.overlays.cloudfront_managed import MANAGED
from simulator.overlays.cloudfront_model import Cdn, Distribution, Item, all_distributions, behaviours, items_of

if TYPE_CHECKING:
    from simulator.world import World

GLOBAL_REGION = "us-east-1"


@dataclass(frozen=True)
class Behaviour:
    """One cache behaviour; `path` is empty for the default one."""

    path: str
    facts: Item
    cache: Item
    headers: Item | None
    origin: Item
    control: Item | None
    """The origin access control with which the origin is asked."""


@dataclass(frozen=True)
class Site:
    """One distribution that is enabled and deployed."""

    identifier: str
    arn: str
    account: str
    config: Item
    behaviours: tuple[Behaviour, ...]
    certificate: str
    acl: Acl | None
    hostnames: tuple[str, ...]

    def behaviour_for(self, path: str) -> Behaviour:
        """The first whose pattern matches, else the default one."""
        for one in self.behaviours[:-1]:
            wanted = one.path if one.path.startswith(("/", "*")) else f"/{one.path}"
            if pattern(wanted, ignore_case=False).fullmatch(path):
                return one
        return self.behaviours[-1]

    def error_page(self, status: int) -> Item | None:
        return next((one for one in items_of(self.config["CustomErrorResponses"]) if one["ErrorCode"] == status), None)


def sites(world: World, names: dict[str, list[str]]) -> dict[str, Site]:
    """All that are served; `names` are those of Route 53 by what they lead to."""
    return {
        distribution.identifier: _site(world, account, distribution, distribution.live, names)
        for account, distribution in all_distributions(world)
        if distribution.live and distribution.live["Enabled"]
    }


def _site(world: World, account: str, distribution: Distribution, config: Item, names: dict[str, list[str]]) -> Site:
    store = world.store(Cdn, account)
    aliases = [alias.lower() for alias in items_of(config["Aliases"])]
    led = [name for name in names.get(distribution.domain, []) if name in aliases]
    return Site(
        distribution.identifier,
        distribution.arn,
        account,
        config,
        tuple(_behaviour(store, config, one) for one in behaviours(config)),
        config["ViewerCertificate"].get("ACMCertificateArn", ""),
        acl_of(world, account, GLOBAL_REGION, config["WebACLId"]),
        tuple(dict.fromkeys([*led, *aliases, distribution.domain])),
    )


def _behaviour(store: Cdn, config: Item, facts: Item) -> Behaviour:
    def kept(kind: str, identifier: str | None) -> Item | None:
        if not identifier:
            return None
        found = store.kept.get(kind, {}).get(identifier) or MANAGED.get(kind, {}).get(identifier)
        return found.config if found else None

    origin = next(one for one in items_of(config["Origins"]) if one["Id"] == facts["TargetOriginId"])
    return Behaviour(
        facts.get("PathPattern", ""),
        facts,
        kept("CachePolicy", facts["CachePolicyId"]) or {},
        kept("ResponseHeadersPolicy", facts.get("ResponseHeadersPolicyId")),
        origin,
        kept("OriginAccessControl", origin["OriginAccessControlId"]),
    )
