# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a VPC can hold: AWS's limits, checked before the first call, and canonical forms of routes. Pure."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import Any

from .plan import PlanRefused

Item = Mapping[str, Any]

# Source: Amazon VPC user guide, "VPC CIDR blocks" and "Subnet CIDR blocks".
LARGEST_PREFIX, SMALLEST_PREFIX = 16, 28


def parse_cidr(cidr: str, what: str) -> ipaddress.IPv4Network:
    """An IPv4 network. Raises PlanRefused for text that is none, or that has bits set behind its prefix."""
    try:
        return ipaddress.IPv4Network(cidr)
    except ValueError as error:
        raise PlanRefused(f"{what}: {cidr!r} is not an IPv4 network ({error}); write it as in 10.10.0.0/16") from error


def check_vpc_cidr(name: str, cidr: str) -> ipaddress.IPv4Network:
    """The VPC's network. Raises PlanRefused for a size that AWS does not take."""
    return _sized(f"VPC {name}", cidr)


def check_subnets(vpc: ipaddress.IPv4Network | None, subnets: Iterable[Item]) -> None:
    """Raise PlanRefused unless the subnets have one name each, a size that AWS takes, and room beside each other.

    `vpc` is the network that they must lie in, None where it is not known.
    """
    subnets = list(subnets)
    check_names("subnet", subnets)
    networks = {each["name"]: _sized(f"subnet {each['name']}", each["cidr"]) for each in subnets}
    for name, network in networks.items():
        if vpc is not None and not network.subnet_of(vpc):
            raise PlanRefused(f"subnet {name}: {network} does not lie in the VPC's {vpc}")
    for (one, first), (two, second) in combinations(networks.items(), 2):
        if first.overlaps(second):
            raise PlanRefused(f"subnet {one}: {first} overlaps {second} of subnet {two}")


def _sized(what: str, cidr: str) -> ipaddress.IPv4Network:
    network = parse_cidr(cidr, what)
    if not LARGEST_PREFIX <= network.prefixlen <= SMALLEST_PREFIX:
        raise PlanRefused(f"{what}: AWS takes /{LARGEST_PREFIX} to /{SMALLEST_PREFIX}, got {network}")
    return network


def check_names(kind: str, items: Iterable[Item]) -> None:
    """Raise PlanRefused where a name stands twice in a list: the second one would silently win."""
    doubles = sorted(name for name, count in Counter(each["name"] for each in items).items() if count > 1)
    if doubles:
        raise PlanRefused(f"{kind} {doubles[0]} is listed twice; each needs a name of its own")


def check_members(kind: str, items: Iterable[Item], subnets: Iterable[Item] | None) -> None:
    """Raise PlanRefused where a subnet is in two network ACLs (or route tables), or is not among the known ones.

    `subnets` is None when the caller says nothing about subnets; then any name may be right.
    """
    items = list(items)
    check_names(kind, items)
    known = None if subnets is None else {each["name"] for each in subnets}
    owner: dict[str, str] = {}
    for each in items:
        for subnet in each["subnets"]:
            if subnet in owner:
                raise PlanRefused(
                    f"subnet {subnet} is in {kind} {owner[subnet]} and in {each['name']}; it can be in one only"
                )
            if known is not None and subnet not in known:
                raise PlanRefused(
                    f"{kind} {each['name']}: there is no subnet {subnet} among {', '.join(sorted(known))}"
                )
            owner[subnet] = each["name"]


def canonical_routes(routes: Iterable[Item], what: str) -> list[dict[str, str]]:
    """Routes by destination. Shape `{cidr, target, name}`. Raises PlanRefused for two routes to one destination."""
    found: dict[str, dict[str, str]] = {}
    for each in routes:
        cidr = str(parse_cidr(each["cidr"], what))
        if cidr in found:
            raise PlanRefused(f"{what} has two routes to {cidr}")
        found[cidr] = {"cidr": cidr, "target": each["target"], "name": each["name"]}
    return [found[cidr] for cidr in sorted(found)]


# What a route leads to: AWS's member of a route, and the kind of resource behind it.
ROUTE_TARGETS = {"internet_gateway": "GatewayId", "nat_gateway": "NatGatewayId"}


def observed_routes(routes: Iterable[Item]) -> list[dict[str, str]]:
    """AWS's routes as `{cidr, target, name}` with ids as names, without those that nobody set by hand.

    Left out: the VPC's own route, routes that a virtual private gateway propagates, and routes of gateway endpoints
    (they belong to the endpoint). A target of an unknown sort is named `other`.
    """
    found = []
    for each in routes:
        if each.get("Origin", "CreateRoute") != "CreateRoute" or each.get("GatewayId") == "local":
            continue
        if "DestinationCidrBlock" not in each:
            continue
        target, identifier = _target(each)
        found.append({"cidr": each["DestinationCidrBlock"], "target": target, "name": identifier})
    return sorted(found, key=lambda route: route["cidr"])


def _target(route: Item) -> tuple[str, str]:
    if str(route.get("GatewayId", "")).startswith("igw-"):
        return "internet_gateway", route["GatewayId"]
    if route.get("NatGatewayId"):
        return "nat_gateway", route["NatGatewayId"]
    others = sorted(str(value) for key, value in route.items() if key.endswith("Id") and value)
    return "other", others[0] if others else ""


def service_name(service: str, region: str) -> str:
    """The full name of an endpoint's service: `s3` means `com.amazonaws.<region>.s3`; full names stay as they are."""
    return service if "amazonaws" in service else f"com.amazonaws.{region}.{service}"
