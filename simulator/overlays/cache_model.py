# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ElastiCache replication groups as AWS has them; moto's ignore node counts, time and most changes."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError

if TYPE_CHECKING:
    from simulator.overlay import Context

# Engine and major.minor to the version that AWS shows, and the parameter group family.
VERSIONS = {
    ("redis", "6.2"): ("6.2.6", "redis6.x"),
    ("redis", "7.0"): ("7.0.7", "redis7"),
    ("redis", "7.1"): ("7.1.0", "redis7"),
    ("valkey", "7.2"): ("7.2.6", "valkey7"),
    ("valkey", "8.0"): ("8.0.1", "valkey8"),
    ("valkey", "8.1"): ("8.1.0", "valkey8"),
}
DEFAULT_VERSION = {"redis": "7.1", "valkey": "8.0"}
NODE_GROUP = "0001"


@dataclass
class Group:
    """One replication group with one node group (cluster mode disabled)."""

    identifier: str
    arn: str
    domain: str
    members: list[str]
    zones: list[str]
    # members that every change can set, under the names of CreateReplicationGroup
    settings: dict[str, Any]
    auth_token: str | None = None
    auth_token_changed: datetime | None = None
    rotated_token: str | None = None
    """The token before: after ROTATE both are taken, until SET leaves one."""
    logs: list[dict[str, Any]] = field(default_factory=list)
    status: str = "creating"
    pending: dict[str, Any] = field(default_factory=dict)
    primary: str = ""
    ready: bool = False
    created: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Caches:
    """The replication and parameter groups of an account and region."""

    groups: dict[str, Group] = field(default_factory=dict)
    parameter_groups: dict[str, Any] = field(default_factory=dict)
    suffix: str = field(
        default_factory=lambda: "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(6))
    )


def find_group(context: Context, identifier: str) -> Group:
    """A replication group.

    :raises AwsError: ReplicationGroupNotFoundFault.
    """
    group = context.store(Caches).groups.get(identifier.lower())
    if group is None:
        raise AwsError("ReplicationGroupNotFoundFault", f"ReplicationGroup {identifier} not found.", 404)
    return group


def require_available(group: Group) -> None:
    """AWS changes only what is available.

    :raises AwsError: InvalidReplicationGroupState.
    """
    if group.status != "available":
        message = f"Replication group {group.identifier} is not in available state, but in state {group.status}."
        raise AwsError("InvalidReplicationGroupState", message)


def resolve_version(engine: str, version: str | None) -> tuple[str, str]:
    """The version that AWS shows and its parameter group family.

    :raises AwsError: InvalidParameterValue for an engine or version that ElastiCache does not have.
    """
    wanted = version or DEFAULT_VERSION.get(engine, "")
    short = ".".join(wanted.split(".")[:2])
    if (engine, short) not in VERSIONS and wanted.partition(".")[0] and not wanted.partition(".")[2]:
        short = max((key[1] for key in VERSIONS if key[0] == engine and key[1].startswith(f"{wanted}.")), default="")
    if (engine, short) not in VERSIONS:
        raise AwsError("InvalidParameterValue", f"Cannot find version {wanted} for {engine}")
    return VERSIONS[engine, short]


def _endpoint(group: Group, name: str) -> dict[str, Any]:
    return {"Address": f"{name}.{group.domain}", "Port": group.settings["Port"]}


def show_group(group: Group) -> dict[str, Any]:
    """As DescribeReplicationGroups shows it; endpoints only once it has been available."""
    settings = group.settings
    item = {
        "ReplicationGroupId": group.identifier,
        "Description": settings["ReplicationGroupDescription"],
        "Status": group.status,
        "PendingModifiedValues": {k: v for k, v in group.pending.items() if k == "AutomaticFailoverStatus"},
        "MemberClusters": list(group.members),
        "AutomaticFailover": "enabled" if settings["AutomaticFailoverEnabled"] else "disabled",
        "MultiAZ": "enabled" if settings["MultiAZEnabled"] else "disabled",
        "SnapshotRetentionLimit": settings["SnapshotRetentionLimit"],
        "SnapshotWindow": settings["SnapshotWindow"],
        "ClusterEnabled": False,
        "ClusterMode": "disabled",
        "CacheNodeType": settings["CacheNodeType"],
        "AuthTokenEnabled": group.auth_token is not None,
        "TransitEncryptionEnabled": settings["TransitEncryptionEnabled"],
        "AtRestEncryptionEnabled": settings["AtRestEncryptionEnabled"],
        "ARN": group.arn,
        "LogDeliveryConfigurations": list(group.logs),
        "ReplicationGroupCreateTime": group.created,
        "DataTiering": "disabled",
        "AutoMinorVersionUpgrade": settings["AutoMinorVersionUpgrade"],
        "NetworkType": "ipv4",
        "IpDiscovery": "ipv4",
        "Engine": settings["Engine"],
    }
    if settings["TransitEncryptionEnabled"]:
        item["TransitEncryptionMode"] = settings["TransitEncryptionMode"]
    if settings.get("KmsKeyId"):
        item["KmsKeyId"] = settings["KmsKeyId"]
    if group.auth_token_changed:
        item["AuthTokenLastModifiedDate"] = group.auth_token_changed
    if settings["SnapshotRetentionLimit"]:
        item["SnapshottingClusterId"] = group.members[-1]
    if group.ready:
        item["NodeGroups"] = [_node_group(group)]
    return item


def _node_group(group: Group) -> dict[str, Any]:
    prefix = "master" if group.settings["TransitEncryptionEnabled"] else f"{group.identifier}.ng"
    members = [
        {
            "CacheClusterId": member,
            "CacheNodeId": NODE_GROUP,
            "ReadEndpoint": _endpoint(group, member),
            "PreferredAvailabilityZone": zone,
            "CurrentRole": "primary" if member == group.primary else "replica",
        }
        for member, zone in zip(group.members, group.zones, strict=True)
    ]
    return {
        "NodeGroupId": NODE_GROUP,
        "Status": "available" if group.status == "available" else group.status,
        "PrimaryEndpoint": _endpoint(group, prefix),
        "ReaderEndpoint": _endpoint(group, "replica"),
        "NodeGroupMembers": members,
    }


def show_member(group: Group, member: str, account_arn: str) -> dict[str, Any]:
    """As DescribeCacheClusters shows one node of the group."""
    settings, index = group.settings, group.members.index(member)
    pending = {
        name: group.pending[key]
        for name, key in (("CacheNodeType",) * 2, ("EngineVersion",) * 2)
        if key in group.pending
    }
    item = {
        "CacheClusterId": member,
        "ReplicationGroupId": group.identifier,
        "CacheNodeType": settings["CacheNodeType"],
        "Engine": settings["Engine"],
        "EngineVersion": settings["EngineVersion"],
        "CacheClusterStatus": group.status,
        "NumCacheNodes": 1,
        "PreferredAvailabilityZone": group.zones[index],
        "CacheClusterCreateTime": group.created,
        "PreferredMaintenanceWindow": settings["PreferredMaintenanceWindow"],
        "PendingModifiedValues": pending,
        "CacheSecurityGroups": [],
        "CacheParameterGroup": {
            "CacheParameterGroupName": settings["CacheParameterGroupName"],
            "ParameterApplyStatus": "in-sync",
            "CacheNodeIdsToReboot": [],
        },
        "CacheSubnetGroupName": settings.get("CacheSubnetGroupName"),
        "AutoMinorVersionUpgrade": settings["AutoMinorVersionUpgrade"],
        "SecurityGroups": [{"SecurityGroupId": g, "Status": "active"} for g in settings["SecurityGroupIds"]],
        # the backups of a group are those of its last member
        "SnapshotRetentionLimit": settings["SnapshotRetentionLimit"] if member == group.members[-1] else 0,
        "SnapshotWindow": settings["SnapshotWindow"],
        "AuthTokenEnabled": group.auth_token is not None,
        "TransitEncryptionEnabled": settings["TransitEncryptionEnabled"],
        "AtRestEncryptionEnabled": settings["AtRestEncryptionEnabled"],
        "ARN": f"{account_arn}:cluster:{member}",
        "ReplicationGroupLogDeliveryEnabled": bool(group.logs),
        "LogDeliveryConfigurations": list(group.logs),
        "NetworkType": "ipv4",
        "IpDiscovery": "ipv4",
    }
    if settings.get("NotificationTopicArn"):
        topic = {"TopicArn": settings["NotificationTopicArn"], "TopicStatus": settings["NotificationTopicStatus"]}
        item["NotificationConfiguration"] = topic
    if group.auth_token_changed:
        item["AuthTokenLastModifiedDate"] = group.auth_token_changed
    if settings["TransitEncryptionEnabled"]:
        item["TransitEncryptionMode"] = settings["TransitEncryptionMode"]
    return item


def show_nodes(group: Group, member: str) -> list[dict[str, Any]]:
    """The one node of a member, for DescribeCacheClusters with ShowCacheNodeInfo."""
    return [
        {
            "CacheNodeId": NODE_GROUP,
            "CacheNodeStatus": group.status,
            "CacheNodeCreateTime": group.created,
            "Endpoint": _endpoint(group, member),
            "ParameterGroupStatus": "in-sync",
            "CustomerAvailabilityZone": group.zones[group.members.index(member)],
        }
    ]
