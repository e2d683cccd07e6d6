# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Changes of an RDS instance: what applies at once, what waits under PendingModifiedValues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays import rds_instances
from simulator.overlays.rds_support import Facts, check_storage, facts_of, find, require_available, resolve_version

if TYPE_CHECKING:
    from simulator.world import World

# Members that take effect with a modification (or in the maintenance window), and moto's name of each.
PENDING = {
    "DBInstanceClass": "db_instance_class",
    "AllocatedStorage": "allocated_storage",
    "MultiAZ": "multi_az",
    "EngineVersion": "engine_version",
    "StorageType": "storage_type",
    "Port": "port",
    "CACertificateIdentifier": "ca_certificate_identifier",
    "BackupRetentionPeriod": "backup_retention_period",
    "Iops": None,
    "StorageThroughput": None,
    "MasterUserPassword": None,
}
# Members that take effect at once, and moto's name of each.
IMMEDIATE = {
    "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
    "BackupRetentionPeriod": "backup_retention_period",
    "CopyTagsToSnapshot": "copy_tags_to_snapshot",
    "DeletionProtection": "deletion_protection",
    "EnableIAMDatabaseAuthentication": "enable_iam_database_authentication",
    "MonitoringInterval": "monitoring_interval",
    "MonitoringRoleArn": "monitoring_role_arn",
    "PreferredBackupWindow": "preferred_backup_window",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "PubliclyAccessible": "publicly_accessible",
    "VpcSecurityGroupIds": "vpc_security_group_ids",
    "ManageMasterUserPassword": "manage_master_user_password",
    "MasterUserSecretKmsKeyId": "master_user_secret_kms_key_id",
    "RotateMasterUserPassword": "rotate_master_user_password",
}
# Performance Insights keeps for a week unless told otherwise; Database Insights' advanced mode needs 15 months.
PI_DAYS, ADVANCED_DAYS = 7, 465


def first_facts(context: Context, parameters: dict[str, Any]) -> Facts:
    """What a new instance has beside what moto keeps."""
    facts = Facts(iops=parameters.get("Iops"), throughput=parameters.get("StorageThroughput"))
    facts.max_allocated = parameters.get("MaxAllocatedStorage")
    _change_insights(context, facts, parameters)
    return facts


def _change_insights(context: Context, facts: Facts, parameters: dict[str, Any]) -> None:
    enabled = parameters.get("EnablePerformanceInsights", bool(facts.performance_insights))
    mode = parameters.get("DatabaseInsightsMode", facts.insights_mode)
    days = parameters.get("PerformanceInsightsRetentionPeriod")
    current = facts.performance_insights
    days = days or current.get("PerformanceInsightsRetentionPeriod", PI_DAYS)
    if mode == "advanced" and (not enabled or days < ADVANCED_DAYS):
        message = "To enable the Advanced mode of Database Insights, modify your DB instance to enable Performance "
        message += f"Insights and set the retention period for Performance Insights to at least {ADVANCED_DAYS} days."
        raise AwsError("InvalidParameterCombination", message)
    facts.insights_mode, facts.performance_insights = mode, {}
    if enabled:
        key = parameters.get("PerformanceInsightsKMSKeyId") or current.get("PerformanceInsightsKMSKeyId")
        key = rds_instances.key_arn(context, key or "alias/aws/rds")
        facts.performance_insights = {"PerformanceInsightsKMSKeyId": key, "PerformanceInsightsRetentionPeriod": days}


@answers("rds", "ModifyDBInstance")
def modify_db_instance(context: Context) -> dict[str, Any]:
    """Some members change at once; the others with a modification, now or in the maintenance window."""
    database = find(context, context.parameters["DBInstanceIdentifier"])
    require_available(database, "modify it")
    parameters = dict(context.parameters)
    if "NewDBInstanceIdentifier" in parameters:
        raise AwsError("NotImplemented", "The simulator does not implement renaming a DB instance", 501)
    _normalise(context, database, parameters)
    _apply_now(context, database, parameters)
    facts = facts_of(database)
    facts.pending |= _waiting(database, parameters)
    facts.new_password = parameters.get("MasterUserPassword") or facts.new_password
    if facts.pending and parameters.get("ApplyImmediately"):
        database.status = "modifying"
        context.world.schedule.after("rds_modify", _modified, database)
    return {"DBInstance": rds_instances.describe_one(context, database.db_instance_identifier)}


def _normalise(context: Context, database: Any, parameters: dict[str, Any]) -> None:
    if "EngineVersion" in parameters:
        parameters["EngineVersion"] = resolve_version(database.engine, parameters["EngineVersion"])
        if int(parameters["EngineVersion"].split(".")[0]) < int(database.engine_version.split(".")[0]):
            message = f"Cannot upgrade postgres from {database.engine_version} to {parameters['EngineVersion']}"
            raise AwsError("InvalidParameterCombination", message)
    if "DBPortNumber" in parameters:
        parameters["Port"] = parameters.pop("DBPortNumber")
    if "PreferredMaintenanceWindow" in parameters:
        parameters["PreferredMaintenanceWindow"] = parameters["PreferredMaintenanceWindow"].lower()
    allocated = parameters.get("AllocatedStorage", database.allocated_storage)
    if allocated < database.allocated_storage:
        raise AwsError("InvalidParameterCombination", "Requested storage size must not be below the present size")
    check_storage(parameters.get("StorageType", database.storage_type), allocated, parameters)
    _check_monitoring(context, database, parameters)
    group = parameters.get("DBParameterGroupName")
    if group and not group.startswith("default.") and group not in context.backend().db_parameter_groups:
        raise AwsError("DBParameterGroupNotFound", f"DBParameterGroup not found: {group}")


def _check_monitoring(context: Context, database: Any, parameters: dict[str, Any]) -> None:
    interval = parameters.get("MonitoringInterval", database.monitoring_interval)
    role = parameters.get("MonitoringRoleArn", database.monitoring_role_arn)
    if interval and not role:
        message = "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0."
        raise AwsError("InvalidParameterCombination", message)
    if interval:
        rds_instances.check_roles(context, parameters)


def _apply_now(context: Context, database: Any, parameters: dict[str, Any]) -> None:
    facts = facts_of(database)
    changes = {IMMEDIATE[name]: value for name, value in parameters.items() if name in IMMEDIATE}
    if _backups_switch(database, parameters):
        changes.pop("backup_retention_period", None)
    group = parameters.get("DBParameterGroupName")
    if group and group != database.db_parameter_groups()[0].name:
        # a group that is newly associated takes effect with the next reboot
        changes["db_parameter_group_name"] = group
        facts.parameters_applied = "pending-reboot"
    if "MaxAllocatedStorage" in parameters:
        facts.max_allocated = parameters["MaxAllocatedStorage"]
    exports = parameters.get("CloudwatchLogsExportConfiguration", {})
    enabled = [*database.enabled_cloudwatch_logs_exports, *exports.get("EnableLogTypes", [])]
    disabled = exports.get("DisableLogTypes", [])
    _change_insights(context, facts, parameters)
    changes["enabled_cloudwatch_logs_exports"] = sorted({kind for kind in enabled if kind not in disabled})
    if changes.get("monitoring_interval") == 0:
        changes["monitoring_role_arn"] = None
        database.monitoring_role_arn = None
    if database.manage_master_user_password and changes.get("manage_master_user_password"):
        # managed already: asking again must not make a second secret
        del changes["manage_master_user_password"]
    context.backend().modify_db_instance(database.db_instance_identifier, changes)


def _backups_switch(database: Any, parameters: dict[str, Any]) -> bool:
    """Whether the change turns automated backups on or off, which takes a modification."""
    if "BackupRetentionPeriod" not in parameters:
        return False
    return bool(parameters["BackupRetentionPeriod"]) != bool(database.backup_retention_period)


def _waiting(database: Any, parameters: dict[str, Any]) -> dict[str, Any]:
    """The pending members whose value differs from the present one."""
    facts = facts_of(database)
    current = {name: getattr(database, attribute) for name, attribute in PENDING.items() if attribute}
    shown: dict[str, Any] = {}
    rds_instances._show_storage(shown, database)
    current |= {"Iops": shown.get("Iops"), "StorageThroughput": shown.get("StorageThroughput")}
    waiting = {}
    for name in PENDING:
        if name not in parameters or (name == "BackupRetentionPeriod" and not _backups_switch(database, parameters)):
            continue
        if name == "MasterUserPassword":
            waiting[name] = "****"
        elif parameters[name] != current[name]:
            waiting[name] = parameters[name]
        else:
            # asked back to what it is: nothing waits any more
            facts.pending.pop(name, None)
    return waiting


def _modified(_world: World, database: Any) -> None:
    if database.status == "modifying":
        apply_pending(database)
        database.status = "available"


def apply_pending(database: Any) -> None:
    """Give the waiting members their new values."""
    facts = facts_of(database)
    for name, value in facts.pending.items():
        attribute = PENDING[name]
        if attribute:
            setattr(database, attribute, value)
        elif name == "Iops":
            facts.iops = value
        elif name == "StorageThroughput":
            facts.throughput = value
        elif name == "MasterUserPassword":
            database.master_user_password = facts.new_password
    if database.storage_type not in ("gp3", "io1", "io2"):
        facts.iops = facts.throughput = None
    facts.pending = {}


def rebooted(_world: World, database: Any) -> None:
    if database.status == "rebooting":
        facts_of(database).parameters_applied = "in-sync"
        database.status = "available"
