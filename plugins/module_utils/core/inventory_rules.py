# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Rules between the variables of an inventory, which no argument spec can say. Pure.

Each rule reads the variables that it needs and yields problems; a variable that is not there is somebody else's
concern (the argument specs say what is required), so a rule stays silent about it.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

from . import application_rules, service_rules, traffic_rules
from .problem import Problem, Values

# Longest names that AWS takes, and the longest ending that the collection puts behind platform_name.
# Sources: RDS CreateDBInstance (63), ElastiCache CreateReplicationGroup (40), S3 bucket naming rules (63),
# IAM CreateRole (64), ELBv2 CreateLoadBalancer (32).
NAME_LIMITS = (
    ("Redis replication group", 40, "-redis"),
    ("S3 bucket", 63, "-000000000000-backups-dr"),
    ("RDS instance", 63, "-postgres-replica-1"),
    ("IAM role", 64, "-ecs-infrastructure"),
    ("load balancer", 32, ""),
)
# AWS allows a VPC between /16 and /28; three tiers over three zones with room to grow need a /22.
LARGEST_PREFIX, SMALLEST_PREFIX = 16, 22
MOST_ZONES = 8
MONITORING_LEVELS = ("basic", "enhanced", "full")


def problems(values: Values) -> list[Problem]:
    """Everything that is wrong with the variables of one component, in the order of the rules."""
    return [problem for rule in RULES for problem in rule(values)]


def _account(values: Values) -> Iterator[Problem]:
    account = values.get("platform_account_id")
    if isinstance(account, int):
        yield Problem("platform_account_id", f"put it in quotes: as a number, {account} may have lost leading zeros")
    elif account is not None and not re.fullmatch(r"\d{12}", str(account)):
        yield Problem("platform_account_id", f"an AWS account has 12 digits, got {account!r}")


def _names(values: Values) -> Iterator[Problem]:
    for variable in ("platform_project", "platform_environment"):
        name = values.get(variable)
        if name is not None and not re.fullmatch(r"[a-z](-?[a-z0-9])*", str(name)):
            yield Problem(variable, f"lower-case letters, digits and single hyphens, beginning with a letter: {name!r}")
    name = values.get("platform_name")
    for what, limit, ending in NAME_LIMITS if name is not None else ():
        if len(f"{name}{ending}") > limit:
            yield Problem(
                "platform_project",
                f"the name of a {what} may have {limit} characters, {name}{ending} has {len(f'{name}{ending}')}:"
                " shorten platform_project or platform_environment",
            )
            return


def _regions(values: Values) -> Iterator[Problem]:
    region, zones = values.get("platform_region"), values.get("platform_availability_zones")
    if region is not None and not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", str(region)):
        yield Problem("platform_region", f"not the name of an AWS region: {region!r} (as in eu-west-1)")
    elif isinstance(zones, list):
        yield from _zones(str(region), [str(zone) for zone in zones])
    for variable in ("platform_dr_region", "database_backup_replication_region", "storage_replication_region"):
        if region is not None and values.get(variable) == region:
            yield Problem(variable, f"must not be platform_region ({region}): a copy beside the original saves nothing")


def _zones(region: str, zones: list[str]) -> Iterator[Problem]:
    variable = "platform_availability_zones"
    if len(zones) < 2:
        yield Problem(variable, f"a load balancer needs at least two availability zones, got {zones}")
    if len(zones) > MOST_ZONES:
        yield Problem(variable, f"the subnet plan has room for {MOST_ZONES} availability zones, got {len(zones)}")
    if len(set(zones)) < len(zones):
        yield Problem(variable, f"a zone stands twice in {zones}")
    for zone in zones:
        if not re.fullmatch(re.escape(region) + "[a-z]", zone):
            yield Problem(variable, f"{zone!r} is not a zone of platform_region {region} (as in {region}a)")


def _network(values: Values) -> Iterator[Problem]:
    cidr = values.get("network_cidr")
    if cidr is not None:
        network, wrong = _parse(str(cidr))
        if network is None:
            yield Problem("network_cidr", wrong)
        else:
            # A network of the wrong size overlaps for that reason alone: one problem, not two.
            yield from list(_size(network)) or _neighbours(values, network)
    zones, wanted = values.get("platform_availability_zones"), values.get("network_nat_gateways")
    if zones is not None and wanted not in (None, "all", *(str(count) for count in range(1, len(zones) + 1))):
        right = f'"all" or a number from "1" to "{len(zones)}", one a zone'
        yield Problem("network_nat_gateways", f"{right}; got {wanted!r}")


def _size(network: ipaddress.IPv4Network) -> Iterator[Problem]:
    if not network.is_private:
        yield Problem("network_cidr", f"{network} is not a private range (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16)")
    if not LARGEST_PREFIX <= network.prefixlen <= SMALLEST_PREFIX:
        yield Problem(
            "network_cidr",
            f"between /{LARGEST_PREFIX} and /{SMALLEST_PREFIX} for three tiers over all zones, got {network}",
        )


def _neighbours(values: Values, network: ipaddress.IPv4Network) -> Iterator[Problem]:
    cidrs = values.get("platform_environment_cidrs") or {}
    parsed = {name: _parse(str(cidr))[0] for name, cidr in cidrs.items()}
    for name, other in parsed.items():
        if other is not None and name != values.get("platform_environment") and other.overlaps(network):
            yield Problem("network_cidr", f"{network} overlaps {other} of environment {name}")
    for (first, one), (second, two) in combinations(parsed.items(), 2):
        if one is not None and two is not None and one.overlaps(two):
            yield Problem("platform_environment_cidrs", f"{one} of {first} overlaps {two} of {second}")


def _parse(cidr: str) -> tuple[ipaddress.IPv4Network | None, str]:
    try:
        return ipaddress.IPv4Network(cidr), ""
    except ValueError as error:
        return None, f"not an IPv4 network: {error} (as in 10.10.0.0/16)"


def _monitoring(values: Values) -> Iterator[Problem]:
    level = values.get("platform_monitoring_level")
    if level is not None and level not in MONITORING_LEVELS:
        yield Problem("platform_monitoring_level", f"one of {', '.join(MONITORING_LEVELS)}, got {level!r}")


def _database(values: Values) -> Iterator[Problem]:
    size, largest = values.get("database_allocated_storage"), values.get("database_max_allocated_storage")
    if size is not None and not 20 <= size <= 65536:
        yield Problem("database_allocated_storage", f"gp3 storage of PostgreSQL is 20 to 65536 GiB, got {size}")
    # Source: RDS user guide, storage autoscaling: the maximum must be at least 10% above the allocated storage.
    if size and largest and largest < size * 1.1:
        right = f"at least 10% above database_allocated_storage ({size})"
        yield Problem("database_max_allocated_storage", f"{right}; got {largest}")
    retention = values.get("database_backup_retention_days")
    if retention is not None and not 0 <= retention <= 35:
        yield Problem("database_backup_retention_days", f"0 to 35 days, got {retention}")
    if retention == 0 and (values.get("database_read_replicas") or values.get("database_backup_replication_region")):
        yield Problem("database_backup_retention_days", "read replicas and replicated backups need backups: 1 or more")
    if values.get("platform_data_protection") is True and retention == 0:
        yield Problem("database_backup_retention_days", "platform_data_protection asks for backups: 1 or more")
    replicas = values.get("database_read_replicas")
    if replicas is not None and not 0 <= replicas <= 15:
        yield Problem("database_read_replicas", f"RDS takes 0 to 15 read replicas, got {replicas}")
    yield from _prefix("database_instance_class", values.get("database_instance_class"), "db.", "db.t3.medium")


def _cache(values: Values) -> Iterator[Problem]:
    nodes = values.get("cache_nodes")
    if nodes is not None and not 1 <= nodes <= 6:
        yield Problem("cache_nodes", f"a replication group has 1 to 6 nodes, got {nodes}")
    if nodes == 1 and values.get("cache_multi_az") is True:
        yield Problem("cache_nodes", "Multi-AZ needs a node to fail over to: 2 or more")
    retention = values.get("cache_snapshot_retention_days")
    if retention is not None and not 0 <= retention <= 35:
        yield Problem("cache_snapshot_retention_days", f"0 to 35 days, got {retention}")
    yield from _prefix("cache_node_type", values.get("cache_node_type"), "cache.", "cache.t3.small")


def _prefix(variable: str, value: Any, prefix: str, example: str) -> Iterator[Problem]:
    if value is not None and not str(value).startswith(prefix):
        yield Problem(variable, f"begins with {prefix} as in {example}, got {value!r}")


RULES: tuple[Callable[[Values], Iterator[Problem]], ...] = (
    _account,
    _names,
    _regions,
    _network,
    _monitoring,
    _database,
    _cache,
    *application_rules.RULES,
    *service_rules.RULES,
    *traffic_rules.RULES,
)
