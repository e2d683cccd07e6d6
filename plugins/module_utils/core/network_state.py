# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The options of `vpc_network` as wanted states of each kind, checked before the first call. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .network import (
    ROUTE_TARGETS,
    canonical_routes,
    check_members,
    check_names,
    check_subnets,
    check_vpc_cidr,
    service_name,
)
from .network_acl import canonical_rules
from .plan import PlanRefused, State
from .policy import canonical_policy

States = dict[str, State]
Options = Mapping[str, Any]
Item = Mapping[str, Any]


def wanted_network(options: Options, region: str) -> dict[str, States]:
    """States by kind and name, for the sections that are given; a section that is not leaves its kinds out.

    Raises PlanRefused for what AWS would refuse.
    """
    _check(options)
    name, common = options["name"], options.get("tags") or {}

    def tags(item: Item, **fixed: str) -> State:
        return {"tags": {**common, **(item.get("tags") or {}), **fixed, "Name": item["name"]}}

    wanted: dict[str, States] = {}
    if options.get("cidr"):
        own = tags({"name": name})
        wanted["VPC"] = {name: {"cidr": options["cidr"], "dns_support": True, "dns_hostnames": True, **own}}
        wanted["internet gateway"] = {name: {"vpc": name, **own}}
        wanted["default security group"] = {name: {"rules": 0, **own}}
    sections: tuple[tuple[str, str, Callable[[Item], State]], ...] = (
        ("subnets", "subnet", lambda each: {**_subnet(each), **tags(each, **_tier(each))}),
        ("nat_gateways", "elastic IP", tags),
        ("nat_gateways", "NAT gateway", lambda each: {"subnet": each["subnet"], "alive": True, **tags(each)}),
        ("network_acls", "network ACL", lambda each: {**_network_acl(each), **tags(each)}),
        ("route_tables", "route table", lambda each: {**_route_table(each), **tags(each)}),
        ("endpoints", "VPC endpoint", lambda each: {**_endpoint(each, region), **tags(each)}),
    )
    for section, kind, state in sections:
        if options.get(section) is not None:
            wanted[kind] = {each["name"]: state(each) for each in options[section]}
    flow_log = options.get("flow_log")
    if flow_log is not None:
        wanted["flow log"] = {flow_log["name"]: {**_flow_log(flow_log), **tags(flow_log)}}
    return wanted


def _check(options: Options) -> None:
    cidr, subnets = options.get("cidr"), options.get("subnets")
    vpc = check_vpc_cidr(options["name"], cidr) if cidr else None
    if subnets is not None:
        check_subnets(vpc, subnets)
    gateways = options.get("nat_gateways") or []
    check_names("NAT gateway", gateways)
    known = {each["name"] for each in subnets or ()}
    for each in gateways:
        if subnets is not None and each["subnet"] not in known:
            raise PlanRefused(
                f"NAT gateway {each['name']}: there is no subnet {each['subnet']} among {', '.join(sorted(known))}"
            )
    check_members("network ACL", options.get("network_acls") or [], subnets)
    check_members("route table", options.get("route_tables") or [], subnets)
    check_names("VPC endpoint", options.get("endpoints") or [])


def _subnet(item: Item) -> State:
    return {
        "cidr": item["cidr"],
        "availability_zone": item["availability_zone"],
        "map_public_ip": bool(item.get("map_public_ip")),
    }


def _tier(item: Item) -> dict[str, str]:
    return {"Tier": item["tier"]} if item.get("tier") else {}


def _network_acl(item: Item) -> State:
    what = f"network ACL {item['name']}"
    return {
        "subnets": sorted(item["subnets"]),
        "ingress": canonical_rules(item["ingress"], f"{what}, ingress"),
        "egress": canonical_rules(item["egress"], f"{what}, egress"),
    }


def _route_table(item: Item) -> State:
    what = f"route table {item['name']}"
    for route in item["routes"]:
        if route["target"] not in ROUTE_TARGETS:
            raise PlanRefused(f"{what}: a route leads to one of {', '.join(ROUTE_TARGETS)}, got {route['target']!r}")
    return {"subnets": sorted(item["subnets"]), "routes": canonical_routes(item["routes"], what)}


def _endpoint(item: Item, region: str) -> State:
    """Raises PlanRefused for parts that the endpoint's type does not have."""
    is_gateway = item["type"] == "gateway"
    not_its_own = ("subnets", "security_groups", "private_dns") if is_gateway else ("route_tables",)
    for part in not_its_own:
        if item.get(part) is not None:
            raise PlanRefused(f"VPC endpoint {item['name']}: {part} is not a part of the type {item['type']}")
    state: State = {"service": service_name(item["service"], region), "type": item["type"]}
    if item.get("policy") is not None:
        state["policy"] = canonical_policy(item["policy"])
    if is_gateway:
        return {**state, "route_tables": _sorted(item.get("route_tables"))}
    private_dns = item.get("private_dns")
    return {
        **state,
        "subnets": _sorted(item.get("subnets")),
        "security_groups": _sorted(item.get("security_groups")),
        "private_dns": True if private_dns is None else private_dns,
    }


def _sorted(names: list[str] | None) -> list[str] | None:
    return None if names is None else sorted(set(names))


def _flow_log(item: Item) -> State:
    """Raises PlanRefused unless there is one destination, with the role that it needs."""
    name, group, bucket, role = item["name"], item.get("log_group"), item.get("bucket"), item.get("role")
    if bool(group) == bool(bucket):
        raise PlanRefused(f"flow log {name}: give one of log_group and bucket")
    if bool(group) != bool(role):
        raise PlanRefused(f"flow log {name}: a log_group needs the role that AWS writes with, and a bucket has none")
    return {
        "destination": {"log_group": group} if group else {"bucket": bucket},
        "role": role or "",
        "traffic_type": item.get("traffic_type") or "ALL",
        "max_aggregation_interval": item.get("max_aggregation_interval") or 600,
    }
