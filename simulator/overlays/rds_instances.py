# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""RDS instances: gp3, provisioning, pending changes, Performance Insights, replicas and deletion, which moto lacks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.rds.models import DBInstance

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays import rds_changes
from simulator.overlays.rds_support import (
    check_storage,
    facts_of,
    find,
    gp3_baseline,
    require_available,
    resolve_version,
    set_status,
)

if TYPE_CHECKING:
    from simulator.world import World

DEFAULT_CA = "rds-ca-rsa2048-g1"


def _kind(database: Any) -> str:
    if database.is_replica:
        return "rds_read_replica"
    return "rds_instance_multi_az" if database.multi_az else "rds_instance"


def _created(_world: World, database: Any) -> None:
    if database.status == "creating":
        database.status = "available"
        facts_of(database).ready = True


def shown(context: Context, item: dict[str, Any]) -> dict[str, Any]:
    """Complete what moto tells of an instance."""
    database = context.backend("rds").databases.get(item["DBInstanceIdentifier"])
    return item if database is None else complete(item, database)


def complete(item: dict[str, Any], database: Any) -> dict[str, Any]:
    """Add the facts that moto does not keep, and leave out what AWS shows only of a finished instance."""
    facts = facts_of(database)
    item |= {
        "DbiResourceId": facts.resource_id,
        "DBInstanceStatus": database.status,
        "PendingModifiedValues": facts.pending,
        "PerformanceInsightsEnabled": bool(facts.performance_insights),
        "DatabaseInsightsMode": facts.insights_mode,
        "CustomerOwnedIpEnabled": False,
        "BackupTarget": "region",
        "NetworkType": "IPV4",
        "DedicatedLogVolume": False,
        **facts.performance_insights,
    }
    item["CertificateDetails"] = {"CAIdentifier": database.ca_certificate_identifier}
    item["DBInstanceAutomatedBackupsReplications"] = [
        {"DBInstanceAutomatedBackupsArn": arn} for arn in facts.replications
    ]
    for group in item.get("DBParameterGroups", []):
        group["ParameterApplyStatus"] = facts.parameters_applied
    _show_storage(item, database)
    _show_place(item, database)
    if not facts.ready:
        for member in ("Endpoint", "InstanceCreateTime", "LatestRestorableTime"):
            item.pop(member, None)
    if database.is_replica and database.status == "available":
        item["StatusInfos"] = [{"StatusType": "read replication", "Normal": True, "Status": "replicating"}]
    if not database.is_replica:
        item.pop("ReadReplicaSourceDBInstanceIdentifier", None)
    return item


def _show_storage(item: dict[str, Any], database: Any) -> None:
    facts = facts_of(database)
    item.pop("MaxAllocatedStorage", None)
    if facts.max_allocated and facts.max_allocated > database.allocated_storage:
        item["MaxAllocatedStorage"] = facts.max_allocated
    item.pop("Iops", None)
    if database.storage_type == "gp3":
        iops, throughput = gp3_baseline(database.allocated_storage)
        item |= {"Iops": facts.iops or iops, "StorageThroughput": facts.throughput or throughput}
    elif facts.iops:
        item["Iops"] = facts.iops


def _show_place(item: dict[str, Any], database: Any) -> None:
    group = database.__dict__.get("db_subnet_group")
    zones = sorted({subnet.availability_zone for subnet in group._subnets}) if group else []
    if zones and database.availability_zone not in zones:
        database.availability_zone = zones[0]
    if not facts_of(database).ready:
        item.pop("AvailabilityZone", None)
        return
    item["AvailabilityZone"] = database.availability_zone
    others = [zone for zone in zones if zone != database.availability_zone]
    if database.multi_az and others:
        item["SecondaryAvailabilityZone"] = others[0]


@answers("rds", "CreateDBInstance")
def create_db_instance(context: Context) -> dict[str, Any]:
    """creating, then available."""
    parameters = {**context.parameters, "DBInstanceIdentifier": context.parameters["DBInstanceIdentifier"].lower()}
    _check_create(context, parameters)
    parameters["EngineVersion"] = resolve_version(parameters["Engine"], parameters.get("EngineVersion"))
    parameters.setdefault("CACertificateIdentifier", DEFAULT_CA)
    if parameters.get("StorageEncrypted"):
        parameters["KmsKeyId"] = key_arn(context, parameters.get("KmsKeyId") or "alias/aws/rds")
    storage_type = parameters.setdefault("StorageType", "io1" if parameters.get("Iops") else "gp2")
    check_storage(storage_type, parameters.get("AllocatedStorage", 20), parameters)
    moto_parameters = {k: v for k, v in parameters.items() if k != "MaxAllocatedStorage" and v is not None}
    item = context.moto(moto_parameters)["DBInstance"]
    return {"DBInstance": _begin(context, item, parameters)}


def _check_create(context: Context, parameters: dict[str, Any]) -> None:
    if parameters.get("ManageMasterUserPassword") and parameters.get("MasterUserPassword"):
        message = "You can't specify MasterUserPassword when ManageMasterUserPassword is enabled."
        raise AwsError("InvalidParameterCombination", message)
    if not parameters.get("ManageMasterUserPassword") and not parameters.get("MasterUserPassword"):
        message = "The parameter MasterUserPassword must be provided and must not be blank."
        raise AwsError("InvalidParameterValue", message)
    check_roles(context, parameters)


def check_roles(context: Context, parameters: dict[str, Any]) -> None:
    """Enhanced monitoring needs a role that exists.

    :raises AwsError: InvalidParameterValue.
    """
    role = parameters.get("MonitoringRoleArn")
    if role and not any(known.arn == role for known in context.backend("iam", "aws").roles.values()):
        message = "IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING"
        raise AwsError("InvalidParameterValue", message)


def key_arn(context: Context, key: str) -> str:
    """The ARN of a key, whatever it is called by.

    :raises AwsError: KMSKeyNotAccessibleFault.
    """
    try:
        metadata = context.invoke("kms", "DescribeKey", KeyId=key)["KeyMetadata"]
    except AwsError as error:
        raise AwsError("KMSKeyNotAccessibleFault", f"The specified KMS key [{key}] does not exist") from error
    if not metadata["Enabled"]:
        message = f"The specified KMS key [{key}] is not enabled ({metadata['KeyState']})."
        raise AwsError("KMSKeyNotAccessibleFault", message)
    return str(metadata["Arn"])


def _begin(context: Context, item: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
    database = context.backend().databases[item["DBInstanceIdentifier"]]
    database.status = "creating"
    database.simulator_facts = facts = rds_changes.first_facts(context, parameters)
    # moto gives all instances one resource id; snapshots copy it
    database.dbi_resource_id = facts.resource_id
    _mend_first_backup(context.backend(), database)
    context.world.schedule.after(_kind(database), _created, database)
    return complete(item, database)


def _mend_first_backup(backend: Any, database: Any) -> None:
    """moto backs every new instance up before it has its own resource id."""
    for snapshot in backend.database_snapshots.values():
        own = snapshot.db_instance_identifier == database.db_instance_identifier
        if own and snapshot.snapshot_type == "automated" and snapshot.created >= database.created:
            snapshot.dbi_resource_id = database.dbi_resource_id


def _first_backup(database: Any) -> None:
    """The backup of a new instance, if it has backups, under a name that is free: retained ones keep theirs."""
    if not database.backup_retention_period:
        return
    moment = datetime.now(UTC)
    name = ""
    while not name or name in database.backend.database_snapshots:
        name = f"rds:{database.db_instance_identifier}-{moment:%Y-%m-%d-%H-%M}"
        moment += timedelta(minutes=1)
    database.backend.create_auto_snapshot(database.db_instance_identifier, name)


DBInstance.save_automated_backup = _first_backup


@answers("rds", "DescribeDBInstances")
def describe_db_instances(context: Context) -> dict[str, Any]:
    identifier = context.parameters.get("DBInstanceIdentifier")
    parameters = dict(context.parameters)
    if identifier:
        parameters["DBInstanceIdentifier"] = identifier.rpartition(":")[2].lower()
    answer = context.moto(parameters)
    answer["DBInstances"] = [shown(context, item) for item in answer["DBInstances"]]
    return answer


def describe_one(context: Context, identifier: str) -> dict[str, Any]:
    """An instance as DescribeDBInstances shows it."""
    found = context.invoke("rds", "DescribeDBInstances", DBInstanceIdentifier=identifier)
    instance: dict[str, Any] = found["DBInstances"][0]
    return instance


@answers("rds", "CreateDBInstanceReadReplica")
def create_read_replica(context: Context) -> dict[str, Any]:
    """An instance of its own (moto copies the source, identity included), with the source's data and key."""
    parameters, backend = context.parameters, context.backend()
    source = find(context, parameters["SourceDBInstanceIdentifier"].rpartition(":")[2])
    require_available(source, "create a read replica of it")
    if not source.backup_retention_period:
        message = "Automated backups are not enabled for this database instance. To enable automated backups, use "
        raise AwsError("InvalidDBInstanceState", f"{message}ModifyDBInstance to set the backup retention period.")
    identifier = parameters["DBInstanceIdentifier"].lower()
    storage_type = parameters.get("StorageType") or source.storage_type
    allocated = parameters.get("AllocatedStorage") or source.allocated_storage
    check_storage(storage_type, allocated, parameters)
    check_roles(context, parameters)
    database = backend.create_db_instance(_replica_properties(source, parameters, identifier, storage_type, allocated))
    database.set_as_replica()
    source.add_replica(database)
    described = {"DBInstanceIdentifier": identifier}
    item = describe_one(context, identifier) | described
    return {"DBInstance": _begin(context, item, {**parameters, "StorageType": storage_type})}


def _replica_properties(
    source: Any, parameters: dict[str, Any], identifier: str, storage_type: str, allocated: int
) -> dict[str, Any]:
    group = source.__dict__.get("_db_subnet_group_name")
    return {
        "db_instance_identifier": identifier,
        "db_instance_class": parameters.get("DBInstanceClass") or source.db_instance_class,
        "engine": source.engine,
        "engine_version": source.engine_version,
        "allocated_storage": allocated,
        "storage_type": storage_type,
        "storage_encrypted": source.storage_encrypted,
        "kms_key_id": source.kms_key_id,
        "port": parameters.get("Port") or source.port,
        "multi_az": parameters.get("MultiAZ", False),
        "availability_zone": parameters.get("AvailabilityZone"),
        "publicly_accessible": parameters.get("PubliclyAccessible", False),
        "auto_minor_version_upgrade": parameters.get("AutoMinorVersionUpgrade", source.auto_minor_version_upgrade),
        "db_subnet_group_name": parameters.get("DBSubnetGroupName") or group,
        "db_parameter_group_name": parameters.get("DBParameterGroupName") or source.db_parameter_group_name,
        "vpc_security_group_ids": parameters.get("VpcSecurityGroupIds") or list(source.vpc_security_group_ids),
        "master_username": source.master_username,
        "db_name": source.db_name,
        "source_db_instance_identifier": source.db_instance_identifier,
        "backup_retention_period": 0,
        "copy_tags_to_snapshot": parameters.get("CopyTagsToSnapshot", False),
        "deletion_protection": parameters.get("DeletionProtection", False),
        "enable_cloudwatch_logs_exports": parameters.get("EnableCloudwatchLogsExports"),
        "enable_iam_database_authentication": parameters.get("EnableIAMDatabaseAuthentication", False),
        "ca_certificate_identifier": parameters.get("CACertificateIdentifier") or source.ca_certificate_identifier,
        "monitoring_interval": parameters.get("MonitoringInterval", 0),
        "monitoring_role_arn": parameters.get("MonitoringRoleArn"),
        "preferred_backup_window": source.preferred_backup_window,
        "preferred_maintenance_window": source.preferred_maintenance_window,
        "tags": parameters.get("Tags", []),
    }


@answers("rds", "RebootDBInstance")
def reboot_db_instance(context: Context) -> dict[str, Any]:
    """rebooting, then available with the parameters that waited for it."""
    database = find(context, context.parameters["DBInstanceIdentifier"])
    require_available(database, "reboot it")
    database.status = "rebooting"
    context.world.schedule.after("rds_modify", rds_changes.rebooted, database)
    return {"DBInstance": describe_one(context, database.db_instance_identifier)}


@answers("rds", "StartDBInstance", "StopDBInstance")
def start_or_stop(context: Context) -> dict[str, Any]:
    """starting or stopping, then available or stopped."""
    item = context.moto()["DBInstance"]
    database = find(context, item["DBInstanceIdentifier"])
    target = database.status
    database.status = "starting" if target == "available" else "stopping"
    context.world.schedule.after("rds_modify", set_status, database, target, database.status)
    return {"DBInstance": complete(item, database)}


@answers("rds", "RestoreDBInstanceFromDBSnapshot", "RestoreDBInstanceToPointInTime")
def restore(context: Context) -> dict[str, Any]:
    """A new instance with the data of a snapshot or a moment: creating, then available."""
    parameters = dict(context.parameters)
    for member in ("DBInstanceIdentifier", "TargetDBInstanceIdentifier"):
        if member in parameters:
            parameters[member] = parameters[member].lower()
    item = context.moto(parameters)["DBInstance"]
    if parameters.get("Tags"):
        context.backend().databases[item["DBInstanceIdentifier"]].tags = parameters["Tags"]
    return {"DBInstance": _begin(context, item, parameters)}


@answers("rds", "PromoteReadReplica")
def promote_read_replica(context: Context) -> dict[str, Any]:
    """modifying, then an instance of its own with backups; its source lists it no more."""
    database = find(context, context.parameters["DBInstanceIdentifier"])
    require_available(database, "promote it")
    if not database.is_replica:
        raise AwsError("InvalidDBInstanceState", f"{database.db_instance_identifier} is not a read replica")
    source = context.backend().databases.get(database.source_db_instance_identifier)
    if source is not None:
        source.remove_replica(database)
    database.is_replica, database.source_db_instance_identifier = False, None
    database.backup_retention_period = context.parameters.get("BackupRetentionPeriod", 1)
    database.status = "modifying"
    context.world.schedule.after("rds_modify", set_status, database, "available", "modifying")
    return {"DBInstance": describe_one(context, database.db_instance_identifier)}
