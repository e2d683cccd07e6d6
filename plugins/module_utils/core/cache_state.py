# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Replication groups: from ElastiCache's descriptions to canonical state, and from there to arguments. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from .plan import State

# State key -> argument of CreateReplicationGroup and ModifyReplicationGroup, where the value goes in as it is.
FIELDS = {
    "description": "ReplicationGroupDescription",
    "engine_version": "EngineVersion",
    "node_type": "CacheNodeType",
    "automatic_failover": "AutomaticFailoverEnabled",
    "multi_az": "MultiAZEnabled",
    "parameter_group": "CacheParameterGroupName",
    "snapshot_retention_days": "SnapshotRetentionLimit",
    "snapshot_window": "SnapshotWindow",
    "maintenance_window": "PreferredMaintenanceWindow",
    "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
}
# ElastiCache looks at these two together: neither can be turned on or off against the other.
AVAILABILITY = frozenset({"automatic_failover", "multi_az"})
# Fields that other calls than ModifyReplicationGroup, or calls of their own, set.
APART = frozenset({"tags", "nodes", "auth", "token"})


def group_state(
    group: Mapping[str, Any],
    member: Mapping[str, Any] | None,
    *,
    key_name: Callable[[str], str],
    group_names: Mapping[str, str],
    tags: Mapping[str, str] | None,
) -> State:
    """The state in one item of DescribeReplicationGroups and one of its members in DescribeCacheClusters.

    What ElastiCache does not tell while it is busy with the group is not in the state; `tags` are None then.
    """
    state: State = {
        "name": group["ReplicationGroupId"],
        "description": group.get("Description", ""),
        "engine": group.get("Engine", "redis"),
        "node_type": group.get("CacheNodeType", ""),
        "nodes": len(group.get("MemberClusters") or ()),
        **_availability(group),
        "encrypted": group.get("AtRestEncryptionEnabled", False),
        "kms_key": key_name(group["KmsKeyId"]) if group.get("KmsKeyId") else "",
        "transit_encryption": _transit(group),
        "auth": group.get("AuthTokenEnabled", False),
        "snapshot_retention_days": group.get("SnapshotRetentionLimit", 0),
        "snapshot_window": group.get("SnapshotWindow", ""),
        "auto_minor_version_upgrade": group.get("AutoMinorVersionUpgrade", True),
        "logs": _logs(group),
    }
    if tags is not None:
        state["tags"] = dict(tags)
    endpoint = next((each.get("PrimaryEndpoint") for each in group.get("NodeGroups") or ()), None)
    if endpoint and endpoint.get("Port"):
        state["port"] = endpoint["Port"]
    return state | (_member_state(member, group_names) if member else {})


def security_group_ids(member: Mapping[str, Any] | None) -> list[str]:
    """Ids of a member's security groups."""
    return [each["SecurityGroupId"] for each in (member or {}).get("SecurityGroups") or ()]


def settings_arguments(
    before: State, wanted: State, fields: Collection[str], groups: Callable[[Iterable[str]], list[str]]
) -> dict[str, Any]:
    """Arguments of ModifyReplicationGroup (and, from an empty `before`, of CreateReplicationGroup) for `fields`.

    `groups` turns names of security groups into ids. Empty when only fields of APART differ.
    """
    after = {**before, **wanted}
    keys = set(fields) - APART
    if keys & AVAILABILITY:
        keys |= AVAILABILITY & {key for key, value in after.items() if value is not None}
    arguments = {FIELDS[key]: after[key] for key in keys & FIELDS.keys()}
    if "security_groups" in keys:
        arguments["SecurityGroupIds"] = groups(after["security_groups"])
    if "logs" in keys:
        arguments["LogDeliveryConfigurations"] = _log_arguments(before.get("logs") or {}, after["logs"])
    if "notification_topic" in keys:
        arguments |= _topic_arguments(after["notification_topic"])
    return arguments


def _member_state(member: Mapping[str, Any], group_names: Mapping[str, str]) -> State:
    pending = member.get("PendingModifiedValues") or {}
    topic = member.get("NotificationConfiguration") or {}
    return {
        # Not the group's word for it, which may be older: what is pending here must not be looked for in two answers.
        "node_type": pending.get("CacheNodeType") or member["CacheNodeType"],
        "engine_version": pending.get("EngineVersion") or member["EngineVersion"],
        "parameter_group": (member.get("CacheParameterGroup") or {}).get("CacheParameterGroupName", ""),
        "subnet_group": member.get("CacheSubnetGroupName", ""),
        "security_groups": sorted(group_names[each] for each in security_group_ids(member)),
        "maintenance_window": member.get("PreferredMaintenanceWindow", "").lower(),
        "notification_topic": topic.get("TopicArn", "") if topic.get("TopicStatus") == "active" else "",
    }


def _availability(group: Mapping[str, Any]) -> State:
    pending = (group.get("PendingModifiedValues") or {}).get("AutomaticFailoverStatus")
    failover = pending or group.get("AutomaticFailover", "disabled")
    return {
        "automatic_failover": failover in ("enabled", "enabling"),
        "multi_az": group.get("MultiAZ", "disabled") == "enabled",
    }


def _transit(group: Mapping[str, Any]) -> str:
    if not group.get("TransitEncryptionEnabled"):
        return "off"
    return str(group.get("TransitEncryptionMode") or "required")


def _logs(group: Mapping[str, Any]) -> dict[str, str]:
    pending = (group.get("PendingModifiedValues") or {}).get("LogDeliveryConfigurations") or ()
    return {
        each["LogType"]: each["DestinationDetails"]["CloudWatchLogsDetails"]["LogGroup"]
        for each in [*(group.get("LogDeliveryConfigurations") or ()), *pending]
        if each.get("DestinationType") == "cloudwatch-logs" and each.get("Status") != "disabling"
    }


def _log_arguments(before: Mapping[str, str], after: Mapping[str, str]) -> list[dict[str, Any]]:
    on = [
        {
            "LogType": each,
            "DestinationType": "cloudwatch-logs",
            "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": after[each]}},
            "LogFormat": "json",
            "Enabled": True,
        }
        for each in sorted(after)
        if before.get(each) != after[each]
    ]
    return on + [{"LogType": each, "Enabled": False} for each in sorted(before.keys() - after.keys())]


def _topic_arguments(topic: str) -> dict[str, str]:
    if not topic:
        return {"NotificationTopicStatus": "inactive"}
    return {"NotificationTopicArn": topic, "NotificationTopicStatus": "active"}
