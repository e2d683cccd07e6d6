# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a host name leads: through the simulated Route 53 of all accounts to a front door or a loopback address."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.overlays.cloudfront_model import all_distributions
from simulator.overlays.elbv2_model import Balancing
from simulator.overlays.route53_model import canonical, lookup, public_zones

if TYPE_CHECKING:
    from simulator.dataplane.addresses import Addresses
    from simulator.world import World

MOST_STEPS = 8
OURS = (".amazonaws.com", ".cloudfront.net", ".awsdns.aws")


@dataclass(frozen=True)
class Place:
    """A loopback address, and which of its ports stands for which port of the name; others are the same."""

    address: str
    ports: dict[int, int] = field(default_factory=dict)


class Names:
    """Resolves names; `doors` are the open ports by listener ARN and by `DISTRIBUTION:PORT`."""

    def __init__(self, world: World, addresses: Addresses) -> None:
        self._world = world
        self._addresses = addresses
        self.doors: dict[str, int] = {}

    def is_simulated(self, name: str) -> bool:
        """Whether the simulation alone may answer for a name: AWS's own names, and those of its hosted zones."""
        plain = name.lower().rstrip(".")
        if plain.endswith(OURS):
            return True
        with self._world.lock:
            zones = [zone.name.rstrip(".") for _account, zone in public_zones()]
        return any(plain == zone or plain.endswith(f".{zone}") for zone in zones)

    def resolve(self, name: str) -> Place | None:
        """The place of a name; None for one that leads nowhere. Takes the world's lock."""
        plain = name.lower().rstrip(".")
        with self._world.lock:
            for _step in range(MOST_STEPS):
                found = self._direct(plain)
                if found is not None:
                    return found
                following = self._following(plain)
                if following is None:
                    return None
                plain = following
        return None

    def _direct(self, name: str) -> Place | None:
        """A load balancer, a distribution, or what the data plane has given an address."""
        name = name.removeprefix("dualstack.")
        for _account, _region, store in self._world.stores(Balancing):
            for balancer in store.balancers.values():
                if balancer["DNSName"].lower() == name:
                    return self._balancer(store, balancer["LoadBalancerArn"])
        for _account, distribution in all_distributions(self._world):
            if distribution.domain == name:
                ports = {port: self.doors.get(f"{distribution.identifier}:{port}", 0) for port in (80, 443)}
                return Place("127.0.0.1", {port: door for port, door in ports.items() if door})
        address = self._addresses.of(name)
        return Place(address) if address else None

    def _balancer(self, store: Balancing, arn: str) -> Place:
        ports = {int(one["Port"]): self.doors.get(one["ListenerArn"], 0) for one in store.listeners_of(arn)}
        return Place("127.0.0.1", {port: door for port, door in ports.items() if door})

    def _following(self, name: str) -> str | None:
        """The name or address to which a record leads."""
        for kind in ("A", "AAAA", "CNAME"):
            record = lookup(self._world, name, kind)
            if record is None:
                continue
            if record.get("AliasTarget"):
                return canonical(record["AliasTarget"]["DNSName"]).rstrip(".")
            return str(record["ResourceRecords"][0]["Value"]).rstrip(".").lower()
        return None
