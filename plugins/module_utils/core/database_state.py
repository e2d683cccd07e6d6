# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""PostgreSQL instances: from AWS's description to canonical state, and from state to the arguments of a call. Pure.

Names instead of ids: security groups by name, KMS keys by alias, the monitoring role by name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .database import gp3_baseline, grown_storage
from .plan import State
from .tags import from_pairs

# State key -> argument of the calls that create and change an instance; the value goes in as it is.
FIELDS = {
    "instance_class": "DBInstanceClass",
    "allocated_storage": "AllocatedStorage",
    "storage_type": "StorageType",
    "iops": "Iops",
    "storage_throughput": "StorageThroughput",
    "engine_version": "EngineVersion",
    "multi_az": "MultiAZ",
    "parameter_group": "DBParameterGroupName",
    "backup_retention_days": "BackupRetentionPeriod",
    "backup_window": "PreferredBackupWindow",
    "maintenance_window": "PreferredMaintenanceWindow",
    "copy_tags_to_snapshot": "CopyTagsToSnapshot",
    "deletion_protection": "DeletionProtection",
    "auto_minor_version_upgrade": "AutoMinorVersionUpgrade",
    "publicly_accessible": "PubliclyAccessible",
    "iam_authentication": "EnableIAMDatabaseAuthentication",
    "ca_certificate": "CACertificateIdentifier",
    "monitoring_interval": "MonitoringInterval",
    "performance_insights": "EnablePerformanceInsights",
    "performance_insights_retention_days": "PerformanceInsightsRetentionPeriod",
    "database_insights_mode": "DatabaseInsightsMode",
    "availability_zone": "AvailabilityZone",
}
# Set together: RDS takes the settings of one of these features only beside the switch that turns it on.
INSIGHTS = ("performance_insights", "performance_insights_retention_days", "performance_insights_kms_key")
MONITORING = ("monitoring_interval", "monitoring_role")
STORAGE = ("allocated_storage", "storage_type", "iops", "storage_throughput")
# What RDS turns on only at the end of creating an instance; until then its description says otherwise.
LATE = frozenset(
    {
        "multi_az",
        "log_exports",
        "ca_certificate",
        "iam_authentication",
        "database_insights_mode",
        "managed_password",
        "master_secret_kms_key",
        "availability_zone",
        *INSIGHTS,
        *MONITORING,
    }
)


@dataclass(frozen=True)
class Resolver:
    """What AWS calls things by our names."""

    security_groups: Callable[[Iterable[str]], list[str]]
    kms_key: Callable[[str], str]
    role: Callable[[str], str]


def instance_state(
    db: Mapping[str, Any], *, key_name: Callable[[str], str], group_names: Mapping[str, str], pending: bool
) -> State:
    """The state in one item of DescribeDBInstances.

    `key_name` turns the ARN of a KMS key into an alias, `group_names` maps ids of security groups to names. `pending`
    counts what waits for the maintenance window, or is being changed right now, as done.
    """
    db = with_pending(db) if pending else db
    state: State = {
        "name": db["DBInstanceIdentifier"],
        "engine": db["Engine"],
        "instance_class": db["DBInstanceClass"],
        "engine_version": db["EngineVersion"],
        "database_name": db.get("DBName", ""),
        "master_username": db.get("MasterUsername", ""),
        "multi_az": db.get("MultiAZ", False),
        "availability_zone": db.get("AvailabilityZone", ""),
        "subnet_group": (db.get("DBSubnetGroup") or {}).get("DBSubnetGroupName", ""),
        "parameter_group": next((each["DBParameterGroupName"] for each in db.get("DBParameterGroups") or ()), ""),
        "security_groups": sorted(group_names[each] for each in security_group_ids(db)),
        "encrypted": db.get("StorageEncrypted", False),
        "kms_key": key_name(db["KmsKeyId"]) if db.get("KmsKeyId") else "",
        "copy_tags_to_snapshot": db.get("CopyTagsToSnapshot", False),
        "deletion_protection": db.get("DeletionProtection", False),
        "auto_minor_version_upgrade": db.get("AutoMinorVersionUpgrade", True),
        "publicly_accessible": db.get("PubliclyAccessible", False),
        "iam_authentication": db.get("IAMDatabaseAuthenticationEnabled", False),
        "ca_certificate": db.get("CACertificateIdentifier", ""),
        "log_exports": sorted(db.get("EnabledCloudwatchLogsExports") or ()),
        "source": db.get("ReadReplicaSourceDBInstanceIdentifier", ""),
        "tags": from_pairs(db.get("TagList")),
        **_storage_state(db),
        **_backup_state(db),
        **_watching_state(db, key_name),
        **_secret_state(db, key_name),
    }
    if db.get("Endpoint", {}).get("Port"):
        state["port"] = db["Endpoint"]["Port"]
    if db.get("DBInstanceStatus") == "creating":
        return {key: value for key, value in state.items() if key not in LATE}
    return state


def security_group_ids(db: Mapping[str, Any]) -> list[str]:
    """Ids of the security groups of an instance, without those that it is losing."""
    groups = db.get("VpcSecurityGroups") or ()
    return [each["VpcSecurityGroupId"] for each in groups if each.get("Status") != "removing"]


def with_pending(db: Mapping[str, Any]) -> dict[str, Any]:
    """The description as it will be when everything under PendingModifiedValues is done."""
    pending = dict(db.get("PendingModifiedValues") or {})
    merged = {**db, **{key: value for key, value in pending.items() if key not in ("Port", "MasterUserPassword")}}
    if pending.get("Port"):
        merged["Endpoint"] = {**(db.get("Endpoint") or {}), "Port": pending["Port"]}
    logs = pending.get("PendingCloudwatchLogsExports") or {}
    exports = set(db.get("EnabledCloudwatchLogsExports") or ())
    exports |= set(logs.get("LogTypesToEnable") or ())
    merged["EnabledCloudwatchLogsExports"] = sorted(exports - set(logs.get("LogTypesToDisable") or ()))
    return merged


def create_arguments(wanted: State, resolve: Resolver) -> dict[str, Any]:
    """Arguments of CreateDBInstance, or CreateDBInstanceReadReplica, for the part of the state that both share."""
    arguments = {argument: wanted[key] for key, argument in FIELDS.items() if wanted.get(key) is not None}
    if wanted.get("port") is not None:
        arguments["Port"] = wanted["port"]
    # 0 is not an argument that RDS takes: it means that storage does not grow by itself.
    if wanted.get("max_allocated_storage"):
        arguments["MaxAllocatedStorage"] = wanted["max_allocated_storage"]
    if wanted.get("log_exports"):
        arguments["EnableCloudwatchLogsExports"] = wanted["log_exports"]
    return {**arguments, **_resolved(wanted, wanted.keys(), resolve)}


def modify_arguments(before: State, wanted: State, fields: Collection[str], resolve: Resolver) -> dict[str, Any]:
    """Arguments of ModifyDBInstance that bring `fields` from `before` to `wanted`; empty when only tags differ."""
    after = {**before, **wanted}
    keys = set(fields) - set(STORAGE)
    for feature in (INSIGHTS, MONITORING):
        if keys & set(feature):
            # The switch comes first in a feature: without it the rest means nothing.
            keys = keys - set(feature) | set(feature if after[feature[0]] else feature[:1])
    arguments = {FIELDS[key]: after[key] for key in keys & FIELDS.keys()}
    arguments |= _resize_arguments(before, after, set(fields))
    if "port" in keys:
        arguments["DBPortNumber"] = after["port"]
    if "log_exports" in keys:
        arguments["CloudwatchLogsExportConfiguration"] = _log_arguments(before["log_exports"], after["log_exports"])
    if "managed_password" in keys:
        arguments["ManageMasterUserPassword"] = True
    return {**arguments, **_resolved(after, keys, resolve)}


def _resize_arguments(before: State, after: State, fields: set[str]) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    if fields & set(STORAGE):
        # RDS wants the size beside new IOPS, and IOPS beside a new size of striped storage.
        values = {**{key: after[key] for key in fields & set(STORAGE)}, **grown_storage(before, after)}
        values["allocated_storage"] = after["allocated_storage"]
        arguments |= {FIELDS[key]: value for key, value in values.items()}
    if "max_allocated_storage" in fields:
        # RDS turns autoscaling off when the limit is the size itself.
        arguments["MaxAllocatedStorage"] = after["max_allocated_storage"] or after["allocated_storage"]
    return arguments


def _log_arguments(before: list[str], after: list[str]) -> dict[str, list[str]]:
    exports = {
        "EnableLogTypes": sorted(set(after) - set(before)),
        "DisableLogTypes": sorted(set(before) - set(after)),
    }
    return {key: value for key, value in exports.items() if value}


def _resolved(wanted: State, keys: Iterable[str], resolve: Resolver) -> dict[str, Any]:
    """The arguments that name other resources. A KMS key that is not named ("") is AWS's own."""
    arguments: dict[str, Any] = {}
    for key in keys:
        value = wanted.get(key)
        if not value:
            continue
        if key == "security_groups":
            arguments["VpcSecurityGroupIds"] = resolve.security_groups(value)
        elif key == "monitoring_role":
            arguments["MonitoringRoleArn"] = resolve.role(value)
        elif key == "performance_insights_kms_key":
            arguments["PerformanceInsightsKMSKeyId"] = resolve.kms_key(value)
    return arguments


def _storage_state(db: Mapping[str, Any]) -> State:
    size = db["AllocatedStorage"]
    kind = db.get("StorageType", "gp2")
    baseline = gp3_baseline(size) if kind == "gp3" else (0, 0)
    return {
        "allocated_storage": size,
        "max_allocated_storage": db.get("MaxAllocatedStorage") or 0,
        "storage_type": kind,
        "iops": db.get("Iops") or baseline[0],
        "storage_throughput": db.get("StorageThroughput") or baseline[1],
    }


def _backup_state(db: Mapping[str, Any]) -> State:
    return {
        "backup_retention_days": db.get("BackupRetentionPeriod", 0),
        "backup_window": db.get("PreferredBackupWindow", ""),
        "maintenance_window": db.get("PreferredMaintenanceWindow", "").lower(),
    }


def _watching_state(db: Mapping[str, Any], key_name: Callable[[str], str]) -> State:
    insights_key = db.get("PerformanceInsightsKMSKeyId")
    return {
        "monitoring_interval": db.get("MonitoringInterval") or 0,
        "monitoring_role": (db.get("MonitoringRoleArn") or "").rsplit("/", 1)[-1],
        "performance_insights": db.get("PerformanceInsightsEnabled", False),
        "performance_insights_retention_days": db.get("PerformanceInsightsRetentionPeriod") or 7,
        "performance_insights_kms_key": key_name(insights_key) if insights_key else "",
        "database_insights_mode": db.get("DatabaseInsightsMode") or "standard",
    }


def _secret_state(db: Mapping[str, Any], key_name: Callable[[str], str]) -> State:
    secret = db.get("MasterUserSecret") or {}
    return {
        "managed_password": bool(secret),
        "master_secret_kms_key": key_name(secret["KmsKeyId"]) if secret.get("KmsKeyId") else "",
    }
