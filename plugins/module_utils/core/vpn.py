# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Options of the VPN modules as wanted states, checked before the first call. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any

from .network import parse_cidr
from .plan import PlanRefused, State

Item = Mapping[str, Any]
States = dict[str, State]

# Source: AWS Client VPN administrator guide, "Limitations and rules of Client VPN".
LARGEST_CLIENT_PREFIX, SMALLEST_CLIENT_PREFIX = 12, 22
# What each way of authentication needs: option -> AWS's word for the way, and for its argument.
AUTHENTICATION = {
    "certificate": ("certificate-authentication", "client_certificate_arn"),
    "saml": ("federated-authentication", "saml_provider_arn"),
    "directory": ("directory-service-authentication", "directory_id"),
}
EVERYONE = "everyone"


def client_vpn_endpoint(options: Item) -> State:
    """The endpoint itself. Raises PlanRefused for a range that AWS does not take, or an incomplete authentication."""
    name = options["name"]
    what = f"Client VPN endpoint {name}"
    if not options["server_certificate_arn"]:
        raise PlanRefused(
            f"{what}: it needs a certificate to show; name one from ACM (admin_access_server_certificate_arn)"
        )
    network = parse_cidr(options["client_cidr"], what)
    if not LARGEST_CLIENT_PREFIX <= network.prefixlen <= SMALLEST_CLIENT_PREFIX:
        raise PlanRefused(
            f"{what}: clients get addresses from a /{LARGEST_CLIENT_PREFIX} to a /{SMALLEST_CLIENT_PREFIX},"
            f" got {network}"
        )
    return {
        "description": options["description"] or "",
        "client_cidr": str(network),
        "server_certificate": options["server_certificate_arn"],
        "authentication": _authentication(options["authentication"], what),
        "split_tunnel": options["split_tunnel"],
        "dns_servers": sorted(options["dns_servers"]),
        "transport_protocol": options["transport_protocol"],
        "port": options["vpn_port"],
        "session_timeout_hours": options["session_timeout_hours"],
        "connection_log": options["log_group"] or "",
        # AWS puts the VPC's default group where none is given.
        "security_groups": sorted(options["security_groups"]) or None,
    }


def _authentication(options: Item, what: str) -> dict[str, str]:
    type_ = options["type"]
    argument = AUTHENTICATION[type_][1]
    given = {each for _word, each in AUTHENTICATION.values() if options.get(each)}
    if given != {argument}:
        raise PlanRefused(f"{what}: authentication by {type_} needs {argument}, and nothing else; got {sorted(given)}")
    return {"type": type_, argument: options[argument]}


def authorization_name(cidr: str, group: str | None) -> str:
    """How an authorization rule is called: `10.10.0.0/16 for everyone`."""
    return f"{cidr} for {group or EVERYONE}"


def authorization_rules(rules: Iterable[Item], name: str) -> States:
    """By name, `{cidr, group, description}`; a group is the id that the directory or identity provider knows."""
    found: States = {}
    for each, text in ((rule, cidr) for rule in rules for cidr in rule["cidrs"]):
        cidr = str(parse_cidr(text, f"Client VPN endpoint {name}, authorization rule"))
        title = authorization_name(cidr, each["group"])
        if title in found:
            raise PlanRefused(f"Client VPN endpoint {name}: two authorization rules {title}")
        found[title] = {"cidr": cidr, "group": each["group"] or "", "description": each["description"] or ""}
    return found


def route_name(cidr: str, subnet: str) -> str:
    """How a route is called: `0.0.0.0/0 by monay-dev-private-a`."""
    return f"{cidr} by {subnet}"


def client_routes(routes: Iterable[Item], subnets: Iterable[str], name: str) -> States:
    """By name, `{cidr, subnet, description}`. Raises PlanRefused for a route by a subnet that is not associated."""
    found: States = {}
    known = set(subnets)
    for each in routes:
        cidr = str(parse_cidr(each["cidr"], f"Client VPN endpoint {name}, route"))
        if each["subnet"] not in known:
            raise PlanRefused(
                f"Client VPN endpoint {name}: the route to {cidr} leads by subnet {each['subnet']}, which is not among"
                f" its subnets {', '.join(sorted(known))}"
            )
        found[route_name(cidr, each["subnet"])] = {
            "cidr": cidr,
            "subnet": each["subnet"],
            "description": each["description"] or "",
        }
    return found


def customer_gateway(options: Item, name: str) -> State:
    """The device on the other side: `{ip_address, bgp_asn}`. Raises PlanRefused for a text that is no IPv4 address."""
    address = options["ip_address"]
    try:
        ipaddress.IPv4Address(address)
    except ValueError as error:
        raise PlanRefused(
            f"customer gateway {name}: {address!r} is not an IPv4 address (admin_access_customer_gateway_ip): {error}"
        ) from error
    return {"ip_address": address, "bgp_asn": options["bgp_asn"]}


def vpn_connection(static_routes: Iterable[str] | None, name: str) -> State:
    """`{static_only, static_routes}`: with a list of routes they are static, without one they come by BGP."""
    if static_routes is None:
        return {"static_only": False}
    return {"static_only": True, "static_routes": networks(static_routes, f"VPN connection {name}")}


def networks(cidrs: Iterable[str], what: str) -> list[str]:
    """Networks in AWS's spelling, sorted, each once."""
    return sorted({str(parse_cidr(each, what)) for each in cidrs})
