# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What could be changed of an environment to save money, and what it takes. Pure.

Whether it saves anything, and whether there is a price for it, is for the estimate to say. What a step weighs comes
from cost_proposal_risks; what has no weight there is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .cost_environment import stands
from .cost_options_services import SMALLER, services
from .cost_quantity import Component
from .cost_solver import Choice, Group, Lever
from .network_plan import nat_gateway_plan
from .plan import PlanRefused

Risks = Mapping[str, int]
NAMES = frozenset((
    "nat_gateway", "endpoints", "container_insights",
    "database_arm", "database_half", "database_replica", "database_single_az",
    "cache_valkey", "cache_arm", "cache_half", "cache_replica",
    "instance_arm", "instance_half",
    "service_arm", "service_spot", "service_half", "service_count", "service_schedule",
))  # fmt: skip
# From the smallest up: of families whose name begins with t, and of all others.
BURSTABLE = ("micro", "small", "medium", "large", "xlarge", "2xlarge")
SIZES = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge")
# Families of classes and their successors with AWS's own processors.
GRAVITON = {
    "t2": "t4g", "t3": "t4g", "t3a": "t4g", "m4": "m6g", "m5": "m6g", "m6i": "m6g", "m7i": "m7g",
    "r4": "r6g", "r5": "r6g", "r6i": "r6g", "r7i": "r7g", "c4": "c6g", "c5": "c6g", "c6i": "c6g", "c7i": "c7g",
}  # fmt: skip
ARM_IMAGE = "/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended/image_id"
VALKEY = "7.2"
"""The first version of Valkey in ElastiCache."""
NO_REPLICA = "one less to take over, and to share the reads"
ZONE_CUT_OFF = "a zone that is lost takes the way out of others with it"
ZONE_LOST = "the loss of a zone is an outage until the database is restored"


def groups(environment: Iterable[Component], risks: Risks) -> list[Group]:
    """Levers of each network, database, cache and cluster, and of all services on Fargate together.

    Raises PlanRefused for a risk of something that no lever is named after.
    """
    if wrong := sorted(risks.keys() - NAMES):
        raise PlanRefused(f"cost_proposal_risks names {', '.join(wrong)}; it may name {', '.join(sorted(NAMES))}")
    environment = list(environment)
    found: list[list[Lever]] = []
    for component in environment:
        for group, options in (("networks", network), ("databases", database), ("caches", cache)):
            if stands(component, group):
                found.append(options(component, risks))
        if stands(component, "clusters"):
            found.append([insights(component, risks)])
            if component.text("ecs_cluster_capacity") == "ec2":
                found.append([instances(component, _services(environment, "ec2"), risks)])
    found.append(services(_services(environment, "fargate"), risks))
    return [levers for group in found if (levers := [lever for lever in group if lever])]


def network(component: Component, risks: Risks) -> list[Lever]:
    """Fewer NAT gateways, and no interface endpoints."""
    zones = component.values["network_availability_zones"]
    gateways = len(nat_gateway_plan(component.name, zones, component.text("network_nat_gateways")))
    fewer = [
        _choice(component, {"network_nat_gateways": str(left)}, ZONE_CUT_OFF, risk)
        for left, risk in _steps(gateways, 1, risks.get("nat_gateway"))
    ]
    without = {
        "network_interface_endpoints": [],
        "cost_usage_nat_gb": float(component.number("cost_usage_nat_gb") + component.number("cost_usage_endpoint_gb")),
        "cost_usage_endpoint_gb": 0,
    }
    takes = "what goes to AWS's services leaves by the NAT gateways"
    endpoints = component.values["network_interface_endpoints"] and gateways and "endpoints" in risks
    return [fewer, [_choice(component, without, takes, risks["endpoints"])] if endpoints else []]


def database(component: Component, risks: Risks) -> list[Lever]:
    """Other classes, fewer replicas, one zone."""
    kind = component.text("database_instance_class")
    classes = [
        _choice(component, {"database_instance_class": new}, takes, risk)
        for new, takes, risk in _classes(kind, risks, "database")
    ]
    replicas = [
        _choice(component, {"database_read_replicas": left}, NO_REPLICA, risk)
        for left, risk in _steps(component.count("database_read_replicas"), 0, risks.get("database_replica"))
    ]
    zones = []
    if component.flag("database_multi_az") and "database_single_az" in risks:
        zones = [_choice(component, {"database_multi_az": False}, ZONE_LOST, risks["database_single_az"])]
    return [classes, replicas, zones]


def cache(component: Component, risks: Risks) -> list[Lever]:
    """Valkey, other classes, fewer nodes."""
    engine = []
    if component.text("cache_engine") == "redis" and "cache_valkey" in risks:
        takes = "a new cache under another name (cache_name), to which its users move; it speaks the protocol of Redis"
        engine = [
            _choice(component, {"cache_engine": "valkey", "cache_engine_version": VALKEY}, takes, risks["cache_valkey"])
        ]
    types = [
        _choice(component, {"cache_node_type": new}, takes, risk)
        for new, takes, risk in _classes(component.text("cache_node_type"), risks, "cache")
    ]
    nodes = [
        _choice(component, {"cache_nodes": left}, NO_REPLICA, risk)
        for left, risk in _steps(component.count("cache_nodes"), 1, risks.get("cache_replica"))
    ]
    return [engine, types, nodes]


def insights(component: Component, risks: Risks) -> Lever:
    """Less of Container Insights."""
    levels = ("disabled", "enabled", "enhanced")
    now = levels.index(component.text("ecs_cluster_container_insights"))
    return [
        _choice(component, {"ecs_cluster_container_insights": levels[left]}, "less is seen of each task", risk)
        for left, risk in _steps(now, 0, risks.get("container_insights"))
    ]


def instances(cluster: Component, running: Sequence[Component], risks: Risks) -> Lever:
    """Other instances of EC2; ARM goes together with the images of all services on them."""
    found = []
    for new, takes, risk in _classes(cluster.text("ecs_cluster_instance_type"), risks, "instance"):
        changes: dict[str, dict[str, Any]] = {cluster.name: {"ecs_cluster_instance_type": new}}
        if _family(new) in GRAVITON.values() and _family(cluster.text("ecs_cluster_instance_type")) in GRAVITON:
            changes[cluster.name]["ecs_cluster_instance_image"] = ARM_IMAGE
            changes |= {each.name: {"service_architecture": "ARM64"} for each in running}
        found.append(Choice(changes, takes, risk))
    return found


def ladder_of(family: str) -> Sequence[str]:
    """The sizes of a family, from the smallest up."""
    return BURSTABLE if family.startswith("t") else SIZES


def _services(environment: Iterable[Component], launch: str) -> list[Component]:
    return [each for each in environment if stands(each, "services") and each.text("service_launch") == launch]


def _choice(component: Component, variables: Mapping[str, Any], takes: str, risk: int) -> Choice:
    return Choice({component.name: variables}, takes, risk)


def _steps(now: int, least: int, risk: int | None) -> Iterator[tuple[int, int]]:
    """Each smaller number down to the least, with the risk of getting there."""
    if risk is not None:
        yield from ((left, risk * (now - left)) for left in range(now - 1, least - 1, -1))


def _classes(kind: str, risks: Risks, what: str) -> Iterator[tuple[str, str, int]]:
    """The same size on ARM, one and two sizes less, and both; each with what it takes and its risk."""
    *prefix, family, size = kind.split(".")
    arm, half = (risks.get(f"{what}_{name}") for name in ("arm", "half"))
    families = [(family, "", 0)]
    if arm is not None and family in GRAVITON:
        families.append((GRAVITON[family], "it runs on ARM", arm))
    ladder = ladder_of(family)
    below = ladder[: ladder.index(size)][::-1] if size in ladder and half is not None else ()
    sizes = [(size, "", 0)]
    sizes += [(smaller, SMALLER, (half or 0) * step) for step, smaller in enumerate(below[:2], start=1)]
    for new_family, on_arm, first in families:
        for new_size, smaller, second in sizes:
            if (new_family, new_size) != (family, size):
                takes = "; ".join(filter(None, (on_arm, smaller)))
                yield ".".join((*prefix, new_family, new_size)), takes, first + second


def _family(kind: str) -> str:
    return kind.split(".")[-2]
