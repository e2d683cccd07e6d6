# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ElastiCache replication groups: create, describe, delete."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError, not_implemented
from simulator.overlay import Context, answers
from simulator.overlays import cache_parameter_groups
from simulator.overlays.cache_model import (
    Caches,
    Group,
    find_group,
    require_available,
    resolve_version,
    show_group,
    show_member,
    show_nodes,
)

if TYPE_CHECKING:
    from simulator.world import World

MOST_NODES = 6
MAINTENANCE, SNAPSHOT = "sun:23:00-mon:01:30", "05:00-06:00"
_TOKEN = re.compile(r"[!-.0-?A-~]{16,128}")


def account_arn(context: Context) -> str:
    return f"arn:aws:elasticache:{context.region}:{context.account}"


def check_token(token: str) -> None:
    """16 to 128 printable characters without slash, quote and at.

    :raises AwsError: InvalidParameterValue.
    """
    if not _TOKEN.fullmatch(token) or any(character in token for character in '/"@'):
        message = 'Invalid AuthToken provided. It must be 16 to 128 printable characters without /, " and @.'
        raise AwsError("InvalidParameterValue", message)


def _available(_world: World, group: Group) -> None:
    if group.status == "creating":
        group.status, group.ready = "available", True


def _deleted(_world: World, caches: Caches, backend: Any, identifier: str) -> None:
    group = caches.groups.pop(identifier, None)
    if group is None:
        return
    backend.tagging_service.delete_all_tags_for_resource(group.arn)


@answers("elasticache", "CreateReplicationGroup")
def create_replication_group(context: Context) -> dict[str, Any]:
    """creating, then available."""
    parameters, caches = context.parameters, context.store(Caches)
    identifier = parameters["ReplicationGroupId"].lower()
    if identifier in caches.groups:
        message = f"Replication group with specified id {identifier} already exists."
        raise AwsError("ReplicationGroupAlreadyExists", message)
    if not re.fullmatch(r"[a-z](?:-?[a-z0-9]){0,39}", identifier):
        raise AwsError(
            "InvalidParameterValue", f"The parameter ReplicationGroupId is not a valid identifier: {identifier}"
        )
    if parameters.get("NumNodeGroups", 1) > 1 or parameters.get("ClusterMode", "disabled") != "disabled":
        raise not_implemented("elasticache", "CreateReplicationGroup", "cluster mode")
    nodes = _node_count(parameters)
    settings = _settings(context, parameters, nodes)
    members = [f"{identifier}-{number:03}" for number in range(1, nodes + 1)]
    zones = _zones(context, settings.get("CacheSubnetGroupName"), parameters, nodes)
    domain = f"{identifier}.{caches.suffix}.{_short_region(context.region)}.cache.amazonaws.com"
    group = Group(identifier, f"{account_arn(context)}:replicationgroup:{identifier}", domain, members, zones, settings)
    group.primary, group.auth_token = members[0], parameters.get("AuthToken")
    group.auth_token_changed = datetime.now(UTC) if group.auth_token else None
    group.logs = [log_shown(configuration) for configuration in parameters.get("LogDeliveryConfigurations", [])]
    caches.groups[identifier] = group
    context.backend().tagging_service.tag_resource(group.arn, parameters.get("Tags", []))
    context.world.schedule.after("elasticache_replication_group", _available, group)
    return {"ReplicationGroup": show_group(group)}


def _node_count(parameters: dict[str, Any]) -> int:
    nodes = int(parameters.get("NumCacheClusters") or parameters.get("ReplicasPerNodeGroup", 0) + 1)
    if not 1 <= nodes <= MOST_NODES:
        raise AwsError("InvalidParameterValue", f"A replication group has 1 to {MOST_NODES} nodes, not {nodes}")
    if parameters.get("AutomaticFailoverEnabled") and nodes < 2:
        message = "Automatic failover is not supported for a replication group with a single node (NumCacheClusters=1)."
        raise AwsError("InvalidParameterValue", message)
    if parameters.get("MultiAZEnabled") and not parameters.get("AutomaticFailoverEnabled"):
        message = "Multi-AZ needs AutomaticFailoverEnabled and at least one replica."
        raise AwsError("InvalidParameterCombination", message)
    return nodes


def _settings(context: Context, parameters: dict[str, Any], nodes: int) -> dict[str, Any]:
    engine = parameters.get("Engine", "redis").lower()
    version, family = resolve_version(engine, parameters.get("EngineVersion"))
    if parameters.get("AuthToken"):
        check_token(parameters["AuthToken"])
        if not parameters.get("TransitEncryptionEnabled"):
            message = "The AUTH token can only be set when transit encryption is enabled."
            raise AwsError("InvalidParameterCombination", message)
    parameter_group = parameters.get("CacheParameterGroupName") or f"default.{family}"
    cache_parameter_groups.require_family(context, parameter_group, family)
    subnet_group = parameters.get("CacheSubnetGroupName")
    if subnet_group and subnet_group.lower() not in context.backend().cache_subnet_groups:
        raise AwsError("CacheSubnetGroupNotFoundFault", f"Cache Subnet Group {subnet_group} does not exist.")
    encrypted = bool(parameters.get("AtRestEncryptionEnabled"))
    return {
        "ReplicationGroupDescription": parameters["ReplicationGroupDescription"],
        "Engine": engine,
        "EngineVersion": version,
        "CacheNodeType": parameters.get("CacheNodeType", "cache.t4g.micro"),
        "CacheParameterGroupName": parameter_group.lower(),
        "CacheSubnetGroupName": subnet_group.lower() if subnet_group else None,
        "SecurityGroupIds": _security_groups(context, parameters.get("SecurityGroupIds", [])),
        "AutomaticFailoverEnabled": bool(parameters.get("AutomaticFailoverEnabled")) and nodes > 1,
        "MultiAZEnabled": bool(parameters.get("MultiAZEnabled")),
        "AutoMinorVersionUpgrade": parameters.get("AutoMinorVersionUpgrade", True),
        "PreferredMaintenanceWindow": parameters.get("PreferredMaintenanceWindow", MAINTENANCE).lower(),
        "SnapshotRetentionLimit": parameters.get("SnapshotRetentionLimit", 0),
        "SnapshotWindow": parameters.get("SnapshotWindow", SNAPSHOT),
        "Port": parameters.get("Port", 6379),
        "NotificationTopicArn": parameters.get("NotificationTopicArn"),
        "NotificationTopicStatus": "active",
        "TransitEncryptionEnabled": bool(parameters.get("TransitEncryptionEnabled")),
        "TransitEncryptionMode": parameters.get("TransitEncryptionMode", "required"),
        "AtRestEncryptionEnabled": encrypted,
        "KmsKeyId": _key(context, parameters["KmsKeyId"]) if encrypted and parameters.get("KmsKeyId") else None,
    }


def _key(context: Context, key: str) -> str:
    try:
        return str(context.invoke("kms", "DescribeKey", KeyId=key)["KeyMetadata"]["Arn"])
    except AwsError as error:
        raise AwsError("InvalidParameterValue", f"The KMS key {key} cannot be used: {error.message}") from error


def _security_groups(context: Context, wanted: list[str]) -> list[str]:
    known = {group for groups in context.backend("ec2").groups.values() for group in groups}
    for group in wanted:
        if group not in known:
            raise AwsError("InvalidParameterValue", f"Security group {group} does not exist")
    return list(wanted)


def _zones(context: Context, subnet_group: str | None, parameters: dict[str, Any], nodes: int) -> list[str]:
    preferred = parameters.get("PreferredCacheClusterAZs", [])
    group = context.backend().cache_subnet_groups.get(subnet_group) if subnet_group else None
    available = sorted({subnet["subnet_availability_zone"] for subnet in group.subnets}) if group else []
    pool = preferred or available or [f"{context.region}a", f"{context.region}b"]
    if parameters.get("MultiAZEnabled") and len(set(pool)) < 2:
        raise AwsError("InvalidParameterCombination", "Multi-AZ needs subnets in at least two availability zones.")
    return [pool[number % len(pool)] for number in range(nodes)]


def _short_region(region: str) -> str:
    area, direction, number = region.split("-")[:3]
    return f"{area}{direction[0]}{number}"


def log_shown(configuration: dict[str, Any]) -> dict[str, Any]:
    """A log delivery configuration as Describe shows it."""
    members = ("LogType", "DestinationType", "DestinationDetails", "LogFormat")
    return {name: configuration[name] for name in members if name in configuration} | {"Status": "active"}


@answers("elasticache", "DescribeReplicationGroups")
def describe_replication_groups(context: Context) -> dict[str, Any]:
    wanted = context.parameters.get("ReplicationGroupId")
    groups = [find_group(context, wanted)] if wanted else list(context.store(Caches).groups.values())
    return {"ReplicationGroups": [show_group(group) for group in groups]}


@answers("elasticache", "DescribeCacheClusters")
def describe_cache_clusters(context: Context) -> dict[str, Any]:
    """The members of replication groups, and moto's single clusters."""
    wanted = context.parameters.get("CacheClusterId")
    items = []
    for group in context.store(Caches).groups.values():
        for member in group.members:
            item = show_member(group, member, account_arn(context))
            if context.parameters.get("ShowCacheNodeInfo"):
                item["CacheNodes"] = show_nodes(group, member)
            items.append(item)
    if wanted in {item["CacheClusterId"] for item in items}:
        return {"CacheClusters": [item for item in items if item["CacheClusterId"] == wanted]}
    own: list[dict[str, Any]] = context.moto()["CacheClusters"]
    return {"CacheClusters": own if wanted else own + items}


@answers("elasticache", "DeleteReplicationGroup")
def delete_replication_group(context: Context) -> dict[str, Any]:
    """deleting, then gone with its members; the final snapshot stays."""
    parameters = context.parameters
    group = find_group(context, parameters["ReplicationGroupId"])
    if group.status != "create-failed":
        require_available(group)
    if parameters.get("RetainPrimaryCluster"):
        raise not_implemented("elasticache", "DeleteReplicationGroup", "RetainPrimaryCluster")
    final = parameters.get("FinalSnapshotIdentifier")
    if final:
        context.invoke("elasticache", "CreateSnapshot", SnapshotName=final, ReplicationGroupId=group.identifier)
    group.status = "deleting"
    context.world.schedule.after(
        "elasticache_replication_group",
        _deleted,
        context.store(Caches),
        context.backend(),
        group.identifier,
        deletion=True,
    )
    return {"ReplicationGroup": show_group(group)}
