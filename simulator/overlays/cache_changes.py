# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes of ElastiCache replication groups: they take time, and are refused while the group is not available."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError, not_implemented
from simulator.overlay import Context, answers
from simulator.overlays import cache_groups, cache_parameter_groups
from simulator.overlays.cache_model import Group, find_group, require_available, resolve_version, show_group

if TYPE_CHECKING:
    from simulator.world import World

PLAIN = (
    "ReplicationGroupDescription",
    "AutomaticFailoverEnabled",
    "MultiAZEnabled",
    "PreferredMaintenanceWindow",
    "NotificationTopicArn",
    "NotificationTopicStatus",
    "AutoMinorVersionUpgrade",
    "SnapshotRetentionLimit",
    "SnapshotWindow",
)
# They take a modification, or the maintenance window.
SLOW = ("CacheNodeType", "EngineVersion")
REFUSED = ("UserGroupIdsToAdd", "UserGroupIdsToRemove", "RemoveUserGroups", "ClusterMode", "Engine", "IpDiscovery")


def _modified(_world: World, group: Group) -> None:
    if group.status == "modifying":
        group.settings |= {name: group.pending.pop(name) for name in SLOW if name in group.pending}
        group.status = "available"


def _begin(context: Context, group: Group) -> None:
    group.status = "modifying"
    context.world.schedule.after("elasticache_modify", _modified, group)


@answers("elasticache", "ModifyReplicationGroup")
def modify_replication_group(context: Context) -> dict[str, Any]:
    """modifying, then available."""
    parameters = context.parameters
    group = find_group(context, parameters["ReplicationGroupId"])
    require_available(group)
    unknown = [name for name in REFUSED if name in parameters and parameters[name] != group.settings.get(name)]
    if unknown:
        raise not_implemented("elasticache", "ModifyReplicationGroup", ", ".join(unknown))
    changes = _changes(context, group, parameters)
    slow = {name: changes.pop(name) for name in SLOW if name in changes and changes[name] != group.settings[name]}
    changes = {name: value for name, value in changes.items() if name not in SLOW}
    group.settings |= changes
    _change_token(group, parameters)
    _change_logs(group, parameters)
    group.pending |= slow
    if parameters.get("ApplyImmediately") or not slow:
        _begin(context, group)
    return {"ReplicationGroup": show_group(group)}


def _changes(context: Context, group: Group, parameters: dict[str, Any]) -> dict[str, Any]:
    changes = {name: parameters[name] for name in (*PLAIN, "CacheNodeType") if name in parameters}
    family = resolve_version(group.settings["Engine"], group.settings["EngineVersion"])[1]
    if "EngineVersion" in parameters:
        changes["EngineVersion"], family = resolve_version(group.settings["Engine"], parameters["EngineVersion"])
    if "CacheParameterGroupName" in parameters:
        cache_parameter_groups.require_family(context, parameters["CacheParameterGroupName"], family)
        changes["CacheParameterGroupName"] = parameters["CacheParameterGroupName"].lower()
    if "SecurityGroupIds" in parameters:
        changes["SecurityGroupIds"] = cache_groups._security_groups(context, parameters["SecurityGroupIds"])
    if "PreferredMaintenanceWindow" in changes:
        changes["PreferredMaintenanceWindow"] = changes["PreferredMaintenanceWindow"].lower()
    failover = changes.get("AutomaticFailoverEnabled", group.settings["AutomaticFailoverEnabled"])
    if failover and len(group.members) < 2:
        raise AwsError("InvalidParameterValue", "Automatic failover needs at least one replica.")
    if changes.get("MultiAZEnabled", group.settings["MultiAZEnabled"]) and not failover:
        raise AwsError("InvalidParameterCombination", "Multi-AZ needs automatic failover.")
    if parameters.get("TransitEncryptionMode"):
        changes["TransitEncryptionMode"] = parameters["TransitEncryptionMode"]
    return changes


def _change_token(group: Group, parameters: dict[str, Any]) -> None:
    strategy, token = parameters.get("AuthTokenUpdateStrategy", "ROTATE"), parameters.get("AuthToken")
    if token is None and strategy != "DELETE":
        return
    if not group.settings["TransitEncryptionEnabled"]:
        raise AwsError("InvalidParameterCombination", "The AUTH token needs transit encryption.")
    if strategy == "DELETE":
        group.auth_token = None
    else:
        cache_groups.check_token(str(token))
        group.rotated_token = group.auth_token if strategy == "ROTATE" else None
        group.auth_token = token
    group.auth_token_changed = datetime.now(UTC)


def _change_logs(group: Group, parameters: dict[str, Any]) -> None:
    for configuration in parameters.get("LogDeliveryConfigurations", []):
        others = [log for log in group.logs if log["LogType"] != configuration["LogType"]]
        present = [log for log in group.logs if log["LogType"] == configuration["LogType"]]
        if configuration.get("Enabled", True) is False:
            group.logs = others
            continue
        merged = (present[0] if present else {}) | configuration
        group.logs = [*others, cache_groups.log_shown(merged)]


@answers("elasticache", "IncreaseReplicaCount", "DecreaseReplicaCount")
def change_replica_count(context: Context) -> dict[str, Any]:
    """modifying, then available with more or fewer members."""
    group = find_group(context, context.parameters["ReplicationGroupId"])
    require_available(group)
    wanted = context.parameters.get("NewReplicaCount")
    if wanted is None:
        raise not_implemented("elasticache", context.call.operation, "without NewReplicaCount")
    increases = context.call.operation.startswith("Increase")
    present = len(group.members) - 1
    if not 0 <= wanted < cache_groups.MOST_NODES or (wanted <= present if increases else wanted >= present):
        message = f"NewReplicaCount {wanted} does not fit the present {present} replicas"
        raise AwsError("InvalidParameterValue", message)
    if wanted < 1 and (group.settings["AutomaticFailoverEnabled"] or group.settings["MultiAZEnabled"]):
        message = "With automatic failover or Multi-AZ at least one replica must stay."
        raise AwsError("InvalidParameterCombination", message)
    if increases:
        _add_members(group, wanted + 1)
    else:
        _remove_members(group, wanted + 1)
    _begin(context, group)
    return {"ReplicationGroup": show_group(group)}


def _add_members(group: Group, nodes: int) -> None:
    zones = sorted(set(group.zones))
    number = 1
    while len(group.members) < nodes:
        name = f"{group.identifier}-{number:03}"
        if name not in group.members:
            group.members.append(name)
            group.zones.append(zones[(len(group.members) - 1) % len(zones)])
        number += 1


def _remove_members(group: Group, nodes: int) -> None:
    for index in range(len(group.members) - 1, -1, -1):
        if len(group.members) > nodes and group.members[index] != group.primary:
            del group.members[index], group.zones[index]


@answers("elasticache", "TestFailover")
def test_failover(context: Context) -> dict[str, Any]:
    """A replica becomes the primary."""
    group = find_group(context, context.parameters["ReplicationGroupId"])
    require_available(group)
    if not group.settings["AutomaticFailoverEnabled"]:
        raise AwsError("InvalidReplicationGroupState", "Automatic failover is not enabled.")
    group.primary = next(member for member in group.members if member != group.primary)
    _begin(context, group)
    return {"ReplicationGroup": show_group(group)}
