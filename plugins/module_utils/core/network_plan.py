# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The collection's layout of a VPC: three tiers over the zones, computed from few inputs. Pure.

The network is cut in fixed places, so that a subnet's range depends on the VPC's range, its tier and its zone's letter
only: adding, removing or reordering zones moves no other subnet.

    first half        private   8 zones of 1/16   applications, interface endpoints, VPN
    third quarter     public    8 zones of 1/32   load balancer, NAT gateways
    seventh eighth    data      8 zones of 1/64   PostgreSQL, Redis
    last eighth       free      for what is not known yet
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .network import check_vpc_cidr
from .plan import PlanRefused

Network = ipaddress.IPv4Network

ZONE_LETTERS = "abcdefgh"
PUBLIC, PRIVATE, DATA = "public", "private", "data"
ANYWHERE = "0.0.0.0/0"
# The data tier's subnets are a 64th of the VPC, and AWS takes no subnet below /28.
SMALLEST_VPC_PREFIX = 22


@dataclass(frozen=True)
class Tier:
    """Where a tier lies: the `part`-th of the blocks that are `bits` smaller than the VPC."""

    name: str
    bits: int
    part: int

    def block(self, vpc: Network) -> Network:
        """The range that all subnets of the tier lie in."""
        return list(vpc.subnets(self.bits))[self.part]

    def subnet(self, vpc: Network, zone: str) -> Network:
        """The tier's subnet in the zone: an eighth of the tier's range."""
        return list(self.block(vpc).subnets(3))[ZONE_LETTERS.index(zone_letter(zone))]


TIERS = (Tier(PUBLIC, 2, 2), Tier(PRIVATE, 1, 0), Tier(DATA, 3, 6))


def tier_block(cidr: str, tier: str) -> str:
    """The range of one tier (`public`, `private` or `data`) in the VPC's range."""
    found = next(each for each in TIERS if each.name == tier)
    return str(found.block(_vpc("", cidr)))


def zone_letter(zone: str) -> str:
    """`b` of `eu-west-1b`. Raises PlanRefused for a zone without a letter that the plan has room for."""
    if not re.search(rf"\d[{ZONE_LETTERS}]$", zone):
        raise PlanRefused(
            f"availability zone {zone!r}: the subnet plan has room for zones that end in {ZONE_LETTERS[0]} to"
            f" {ZONE_LETTERS[-1]}, as in eu-west-1a"
        )
    return zone[-1]


def subnet_plan(cidr: str, name: str, zones: Sequence[str]) -> list[dict[str, Any]]:
    """A subnet for each tier and zone: `{name, cidr, availability_zone, tier}`, by tier and then by zone.

    Raises PlanRefused for a VPC that is too small for it, and for zones that it has no room for.
    """
    vpc = _vpc(name, cidr)
    letters = [zone_letter(zone) for zone in zones]
    if not zones or len(set(letters)) < len(letters):
        raise PlanRefused(
            f"VPC {name}: the subnet plan needs availability zones with letters of their own, got {list(zones)}"
        )
    return [
        {
            "name": f"{name}-{tier.name}-{zone_letter(zone)}",
            "cidr": str(tier.subnet(vpc, zone)),
            "availability_zone": zone,
            "tier": tier.name,
        }
        for tier in TIERS
        for zone in sorted(zones)
    ]


def _vpc(name: str, cidr: str) -> Network:
    vpc = check_vpc_cidr(name, cidr)
    if vpc.prefixlen > SMALLEST_VPC_PREFIX:
        raise PlanRefused(
            f"VPC {name}: {vpc} is too small for three tiers over {len(ZONE_LETTERS)} zones;"
            f" use a /{SMALLEST_VPC_PREFIX} or larger"
        )
    return vpc


def nat_gateway_plan(name: str, zones: Sequence[str], count: str | int) -> list[dict[str, Any]]:
    """NAT gateways in the first `count` zones, or in "all": `{name, subnet}`.

    Raises PlanRefused for a count that is no number from 0 to the number of zones.
    """
    wanted = len(zones) if str(count) == "all" else int(count) if str(count).isdigit() else -1
    if not 0 <= wanted <= len(zones):
        raise PlanRefused(
            f'VPC {name}: NAT gateways are "all" or a number from 0 to {len(zones)} (one a zone), got {count!r}'
        )
    # In the order of the list, so that a zone that is added behind the others moves no gateway.
    letters = sorted(zone_letter(zone) for zone in zones[:wanted])
    return [{"name": f"{name}-nat-{letter}", "subnet": f"{name}-{PUBLIC}-{letter}"} for letter in letters]


def route_table_plan(name: str, zones: Sequence[str], count: str | int) -> list[dict[str, Any]]:
    """Route tables: `{name, subnets, routes}`; one for the public tier, one a zone for the private, one for data.

    A private subnet leaves by the NAT gateway of its zone, or else of the next zone that has one (after the last comes
    the first). The data tier has no way out.
    """
    letters = [zone_letter(zone) for zone in sorted(zones)]
    with_nat = [each["name"][-1] for each in nat_gateway_plan(name, zones, count)]
    out = {"cidr": ANYWHERE, "target": "internet_gateway", "name": name}
    private = [
        {
            "name": f"{name}-{PRIVATE}-{letter}",
            "subnets": [f"{name}-{PRIVATE}-{letter}"],
            "routes": _way_out(name, letter, with_nat),
        }
        for letter in letters
    ]
    return [
        {"name": f"{name}-{PUBLIC}", "subnets": [f"{name}-{PUBLIC}-{letter}" for letter in letters], "routes": [out]},
        *private,
        {"name": f"{name}-{DATA}", "subnets": [f"{name}-{DATA}-{letter}" for letter in letters], "routes": []},
    ]


def _way_out(name: str, letter: str, with_nat: list[str]) -> list[dict[str, str]]:
    if not with_nat:
        return []
    nearest = next((each for each in with_nat if each >= letter), with_nat[0])
    return [{"cidr": ANYWHERE, "target": "nat_gateway", "name": f"{name}-nat-{nearest}"}]


def endpoint_plan(
    name: str, zones: Sequence[str], services: Sequence[str] = (), security_group: str = ""
) -> list[dict[str, Any]]:
    """Endpoints of the private tier: a gateway to S3, and an interface to each of the services (as in `ecr.api`)."""
    letters = [zone_letter(zone) for zone in sorted(zones)]
    private = [f"{name}-{PRIVATE}-{letter}" for letter in letters]
    # Subnets and route tables of the private tier have the same names.
    s3 = {"name": f"{name}-s3", "service": "s3", "type": "gateway", "route_tables": private}
    interfaces = [
        {
            "name": f"{name}-{service.replace('.', '-')}",
            "service": service,
            "type": "interface",
            "subnets": private,
            "security_groups": [security_group],
        }
        for service in services
    ]
    return [s3, *interfaces]
