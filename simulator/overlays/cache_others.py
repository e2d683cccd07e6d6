# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ElastiCache subnet groups, snapshots and tags."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays import cache_parameter_groups
from simulator.overlays.cache_model import Caches, Group, find_group, require_available

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.world import World


def _subnet_group(context: Context, name: str) -> Any:
    group = context.backend().cache_subnet_groups.get(name.lower())
    if group is None:
        raise AwsError("CacheSubnetGroupNotFoundFault", f"Cache Subnet Group {name} does not exist.")
    return group


def _shown_subnet_group(group: Any) -> dict[str, Any]:
    return {
        "CacheSubnetGroupName": group.cache_subnet_group_name,
        "CacheSubnetGroupDescription": group.cache_subnet_group_description,
        "VpcId": group.vpc_id,
        "Subnets": [
            {
                "SubnetIdentifier": subnet["subnet_identifier"],
                "SubnetAvailabilityZone": {"Name": subnet["subnet_availability_zone"]},
                "SupportedNetworkTypes": subnet["supported_network_types"],
            }
            for subnet in group.subnets
        ],
        "ARN": group.arn,
        "SupportedNetworkTypes": sorted(group.supported_network_types),
    }


def _check_subnets(context: Context) -> None:
    known = {key: subnet for zone in context.backend("ec2").subnets.values() for key, subnet in zone.items()}
    for subnet_id in context.parameters.get("SubnetIds", []):
        if subnet_id not in known:
            raise AwsError("InvalidSubnet", f"The subnet ID '{subnet_id}' does not exist")


@answers("elasticache", "CreateCacheSubnetGroup")
def create_subnet_group(context: Context) -> dict[str, Any]:
    """AWS keeps names in lower case and subnets that exist only."""
    _check_subnets(context)
    name = context.parameters["CacheSubnetGroupName"].lower()
    context.moto({**context.parameters, "CacheSubnetGroupName": name})
    return {"CacheSubnetGroup": _shown_subnet_group(_subnet_group(context, name))}


@answers("elasticache", "DescribeCacheSubnetGroups")
def describe_subnet_groups(context: Context) -> dict[str, Any]:
    name = context.parameters.get("CacheSubnetGroupName")
    groups = [_subnet_group(context, name)] if name else list(context.backend().cache_subnet_groups.values())
    return {"CacheSubnetGroups": [_shown_subnet_group(group) for group in groups]}


def _subnet_group_users(context: Context, name: str) -> list[Group]:
    groups = context.store(Caches).groups.values()
    return [group for group in groups if group.settings["CacheSubnetGroupName"] == name]


@answers("elasticache", "ModifyCacheSubnetGroup")
def modify_subnet_group(context: Context) -> dict[str, Any]:
    """A subnet in which a node stands cannot be taken out."""
    parameters = context.parameters
    group = _subnet_group(context, parameters["CacheSubnetGroupName"])
    _check_subnets(context)
    wanted = parameters.get("SubnetIds")
    if wanted is not None:
        fresh = type(group)(context.account, context.region, group.cache_subnet_group_name, "", wanted, [])
        kept = {subnet["subnet_availability_zone"] for subnet in fresh.subnets}
        for user in _subnet_group_users(context, group.cache_subnet_group_name):
            if not set(user.zones) <= kept:
                message = f"The zones {sorted(set(user.zones) - kept)} are in use by {user.identifier}"
                raise AwsError("SubnetInUse", message)
        group.subnet_ids, group.subnets, group.vpc_id = fresh.subnet_ids, fresh.subnets, fresh.vpc_id
    if parameters.get("CacheSubnetGroupDescription"):
        group.cache_subnet_group_description = parameters["CacheSubnetGroupDescription"]
    return {"CacheSubnetGroup": _shown_subnet_group(group)}


@answers("elasticache", "DeleteCacheSubnetGroup")
def delete_subnet_group(context: Context) -> dict[str, Any]:
    group = _subnet_group(context, context.parameters["CacheSubnetGroupName"])
    users = _subnet_group_users(context, group.cache_subnet_group_name)
    if users:
        message = f"Cache subnet group {group.cache_subnet_group_name} is currently in use by {users[0].identifier}."
        raise AwsError("CacheSubnetGroupInUse", message)
    del context.backend().cache_subnet_groups[group.cache_subnet_group_name]
    context.backend().tagging_service.delete_all_tags_for_resource(group.arn)
    return {}


SNAPSHOT_MEMBERS = (
    "CacheNodeType",
    "Engine",
    "EngineVersion",
    "Port",
    "CacheParameterGroupName",
    "CacheSubnetGroupName",
    "PreferredMaintenanceWindow",
    "AutoMinorVersionUpgrade",
    "SnapshotRetentionLimit",
    "SnapshotWindow",
)


class Snapshots:
    """The snapshots of an account and region, as DescribeSnapshots shows them."""

    def __init__(self) -> None:
        self.by_name: dict[str, dict[str, Any]] = {}


def _snapshot_status(_world: World, snapshot: dict[str, Any]) -> None:
    if snapshot["SnapshotStatus"] == "creating":
        snapshot["SnapshotStatus"] = "available"


@answers("elasticache", "CreateSnapshot")
def create_snapshot(context: Context) -> dict[str, Any]:
    """creating, then available."""
    parameters, snapshots = context.parameters, context.store(Snapshots).by_name
    name = parameters["SnapshotName"].lower()
    group = find_group(context, parameters.get("ReplicationGroupId") or "")
    require_available(group)
    if name in snapshots:
        raise AwsError("SnapshotAlreadyExistsFault", f"Snapshot {name} already exists.")
    settings = group.settings
    snapshot = {
        "SnapshotName": name,
        "ReplicationGroupId": group.identifier,
        "ReplicationGroupDescription": settings["ReplicationGroupDescription"],
        "SnapshotStatus": "creating",
        "SnapshotSource": "manual",
        "NumNodeGroups": 1,
        "AutomaticFailover": "enabled" if settings["AutomaticFailoverEnabled"] else "disabled",
        "KmsKeyId": parameters.get("KmsKeyId") or settings["KmsKeyId"],
        "ARN": f"arn:aws:elasticache:{context.region}:{context.account}:snapshot:{name}",
        "NodeSnapshots": [{"CacheNodeId": "0001", "SnapshotCreateTime": datetime.now(UTC), "CacheSize": "0 MB"}],
        **{member: settings[member] for member in SNAPSHOT_MEMBERS},
    }
    snapshots[name] = snapshot
    tags = context.backend().tagging_service
    tags.tag_resource(snapshot["ARN"], parameters.get("Tags", []))
    context.world.schedule.after("elasticache_modify", _snapshot_status, snapshot)
    return {"Snapshot": snapshot}


@answers("elasticache", "DescribeSnapshots")
def describe_snapshots(context: Context) -> dict[str, Any]:
    snapshots, wanted = context.store(Snapshots).by_name, context.parameters
    name, group = wanted.get("SnapshotName"), wanted.get("ReplicationGroupId")
    if name and name.lower() not in snapshots:
        raise AwsError("SnapshotNotFoundFault", f"Snapshot {name} not found.", 404)
    items = [one for one in snapshots.values() if group in (None, one["ReplicationGroupId"])]
    return {"Snapshots": [one for one in items if not name or one["SnapshotName"] == name.lower()]}


@answers("elasticache", "DeleteSnapshot")
def delete_snapshot(context: Context) -> dict[str, Any]:
    snapshots, name = context.store(Snapshots).by_name, context.parameters["SnapshotName"].lower()
    if name not in snapshots:
        raise AwsError("SnapshotNotFoundFault", f"Snapshot {name} not found.", 404)
    if snapshots[name]["SnapshotStatus"] != "available":
        raise AwsError("InvalidSnapshotState", f"Snapshot {name} is {snapshots[name]['SnapshotStatus']}.")
    snapshot = snapshots.pop(name)
    context.backend().tagging_service.delete_all_tags_for_resource(snapshot["ARN"])
    return {"Snapshot": snapshot | {"SnapshotStatus": "deleting"}}


def _require(context: Context, arn: str) -> None:
    """The named thing exists, and is in a state in which it can be tagged."""
    parts = arn.split(":")
    if len(parts) < 7 or parts[2] != "elasticache":
        raise AwsError("InvalidARN", f"ARN {arn} is not valid.")
    kind, name = parts[5], parts[6]
    checks: dict[str, Callable[[], object]] = {
        "replicationgroup": lambda: find_group(context, name),
        "subnetgroup": lambda: _subnet_group(context, name),
        "parametergroup": lambda: cache_parameter_groups._find(context, name),
    }
    if kind in checks:
        checks[kind]()
    elif kind == "snapshot" and name not in context.store(Snapshots).by_name:
        raise AwsError("SnapshotNotFoundFault", f"Snapshot {name} not found.", 404)


@answers("elasticache", "ListTagsForResource", "AddTagsToResource", "RemoveTagsFromResource")
def tags(context: Context) -> dict[str, Any]:
    """A replication group that is not available refuses its tags, to read and to change."""
    arn, service = context.parameters["ResourceName"], context.backend().tagging_service
    _require(context, arn)
    if ":replicationgroup:" in arn:
        require_available(find_group(context, arn.rpartition(":")[2]))
    if context.call.operation == "AddTagsToResource":
        service.tag_resource(arn, context.parameters["Tags"])
    elif context.call.operation == "RemoveTagsFromResource":
        service.untag_resource_using_names(arn, context.parameters["TagKeys"])
    return {"TagList": service.list_tags_for_resource(arn)["Tags"]}
