# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""RDS snapshots take time; automated backups can be replicated to another region, which moto lacks."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays.rds_support import facts_of, find, require_available, set_status

if TYPE_CHECKING:
    from simulator.world import World

DEFAULT_RETENTION_DAYS = 7


@dataclass
class ReplicatedBackup:
    """The backups of an instance in another region, as they are kept here."""

    arn: str
    source_arn: str
    source: Any
    retention: int
    key: str | None
    tags: list[dict[str, str]]
    status: str = "pending"


@dataclass
class ReplicatedBackups:
    """What is replicated to one region, by the ARN of the source."""

    by_source: dict[str, ReplicatedBackup] = field(default_factory=dict)


@answers("rds", "CreateDBSnapshot")
def create_db_snapshot(context: Context) -> dict[str, Any]:
    """creating, then available."""
    require_available(find(context, context.parameters["DBInstanceIdentifier"]), "make a snapshot of it")
    item = context.moto()["DBSnapshot"]
    snapshot = context.backend().database_snapshots[item["DBSnapshotIdentifier"]]
    snapshot.status = "creating"
    context.world.schedule.after("rds_snapshot", set_status, snapshot, "available", "creating")
    return {"DBSnapshot": item | {"Status": "creating"}}


def _source(context: Context, arn: str) -> Any:
    parts = arn.split(":")
    if len(parts) != 7 or parts[5] != "db":
        raise AwsError("InvalidParameterValue", f"Invalid DB instance ARN: {arn}")
    if parts[3] == context.region:
        raise AwsError("InvalidParameterValue", "The source and destination region must differ")
    source = context.world.backend("rds", context.account, parts[3]).databases.get(parts[6])
    if source is None or parts[4] != context.account:
        raise AwsError("DBInstanceNotFound", f"DBInstance {arn} not found.")
    return source


@answers("rds", "StartDBInstanceAutomatedBackupsReplication")
def start_replication(context: Context) -> dict[str, Any]:
    """pending, then replicating."""
    parameters, store = context.parameters, context.store(ReplicatedBackups)
    source_arn = parameters["SourceDBInstanceArn"]
    source = _source(context, source_arn)
    require_available(source, "replicate its backups")
    if not source.backup_retention_period:
        message = f"Automated backups are not enabled for {source_arn}: they cannot be replicated"
        raise AwsError("InvalidDBInstanceState", message)
    known = store.by_source.get(source_arn)
    if known and known.status != "retained":
        raise AwsError("InvalidDBInstanceState", f"The backups of {source_arn} are replicated already")
    key = parameters.get("KmsKeyId")
    if source.storage_encrypted and not key:
        message = "KmsKeyId is required to replicate the backups of an encrypted DB instance"
        raise AwsError("InvalidParameterCombination", message)
    if key:
        key = str(context.invoke("kms", "DescribeKey", KeyId=key)["KeyMetadata"]["Arn"])
    backup = ReplicatedBackup(
        arn=f"arn:aws:rds:{context.region}:{context.account}:auto-backup:ab-{_suffix()}",
        source_arn=source_arn,
        source=source,
        retention=parameters.get("BackupRetentionPeriod", DEFAULT_RETENTION_DAYS),
        key=key,
        tags=parameters.get("Tags", []),
    )
    store.by_source[source_arn] = backup
    facts_of(source).replications.append(backup.arn)
    context.world.schedule.after("rds_backup_replication", set_status, backup, "replicating", "pending")
    return {"DBInstanceAutomatedBackup": _shown(backup)}


def _suffix() -> str:
    return "".join(secrets.choice(string.ascii_lowercase + "234567") for _ in range(32))


def _shown(backup: ReplicatedBackup) -> dict[str, Any]:
    source = backup.source
    return {
        "DBInstanceArn": backup.source_arn,
        "DbiResourceId": facts_of(source).resource_id,
        "Region": backup.source_arn.split(":")[3],
        "DBInstanceIdentifier": source.db_instance_identifier,
        "DBInstanceAutomatedBackupsArn": backup.arn,
        "BackupRetentionPeriod": backup.retention,
        "Status": backup.status,
        "KmsKeyId": backup.key,
        "Encrypted": bool(backup.key),
        "AllocatedStorage": source.allocated_storage,
        "StorageType": source.storage_type,
        "Port": source.port,
        "MasterUsername": source.master_username,
        "Engine": source.engine,
        "EngineVersion": source.engine_version,
        "LicenseModel": source.license_model,
        "IAMDatabaseAuthenticationEnabled": bool(source.enable_iam_database_authentication),
        "BackupTarget": "region",
        "RestoreWindow": {"EarliestTime": source.created, "LatestTime": datetime.now(UTC)},
        "TagList": backup.tags,
    }


@answers("rds", "StopDBInstanceAutomatedBackupsReplication")
def stop_replication(context: Context) -> dict[str, Any]:
    """The backups that are here stay, as retained."""
    source_arn = context.parameters["SourceDBInstanceArn"]
    backup = context.store(ReplicatedBackups).by_source.get(source_arn)
    if backup is None or backup.status == "retained":
        raise AwsError("DBInstanceNotFound", f"No backups of {source_arn} are replicated to {context.region}")
    _retain(backup)
    return {"DBInstanceAutomatedBackup": _shown(backup)}


def _retain(backup: ReplicatedBackup) -> None:
    backup.status = "retained"
    replications = facts_of(backup.source).replications
    if backup.arn in replications:
        replications.remove(backup.arn)


def retain_replicated_backups(world: World, account: str, source_arn: str) -> None:
    """What becomes of the replicated backups of an instance that is deleted."""
    for owner, _region, store in world.stores(ReplicatedBackups):
        backup = store.by_source.get(source_arn)
        if owner == account and backup is not None:
            _retain(backup)


@answers("rds", "DescribeDBInstanceAutomatedBackups")
def describe_automated_backups(context: Context) -> dict[str, Any]:
    """The backups of instances here, and those that are replicated to here."""
    wanted = context.parameters
    items = [_own(database) for database in context.backend().databases.values() if database.backup_retention_period]
    items += [_shown(backup) for backup in context.store(ReplicatedBackups).by_source.values()]
    members = ("DBInstanceIdentifier", "DbiResourceId", "DBInstanceAutomatedBackupsArn")
    for member in members:
        if wanted.get(member):
            items = [item for item in items if item[member] == wanted[member]]
    filters = {one["Name"]: one["Values"] for one in wanted.get("Filters", [])}
    for name, member in (("status", "Status"), ("db-instance-id", "DBInstanceIdentifier")):
        if name in filters:
            items = [item for item in items if item[member] in filters[name] or item["DBInstanceArn"] in filters[name]]
    if wanted.get("DBInstanceAutomatedBackupsArn") and not items:
        message = f"Automated backup {wanted['DBInstanceAutomatedBackupsArn']} not found."
        raise AwsError("DBInstanceAutomatedBackupNotFound", message)
    return {"DBInstanceAutomatedBackups": items}


def _own(database: Any) -> dict[str, Any]:
    arn = database.db_instance_arn
    resource = facts_of(database).resource_id
    prefix = arn.rpartition(":db:")[0]
    backup = ReplicatedBackup(
        arn=f"{prefix}:auto-backup:ab-{resource[3:].lower()}",
        source_arn=arn,
        source=database,
        retention=database.backup_retention_period,
        key=database.kms_key_id,
        tags=[],
        status="active" if database.status != "creating" else "creating",
    )
    return _shown(backup)


@answers("rds", "DeleteDBInstanceAutomatedBackup")
def delete_automated_backup(context: Context) -> dict[str, Any]:
    """Only what is retained can be deleted."""
    arn, store = context.parameters.get("DBInstanceAutomatedBackupsArn"), context.store(ReplicatedBackups)
    for source_arn, backup in list(store.by_source.items()):
        if backup.arn == arn:
            if backup.status != "retained":
                raise AwsError("InvalidDBInstanceAutomatedBackupState", f"The backup {arn} is {backup.status}")
            del store.by_source[source_arn]
            return {"DBInstanceAutomatedBackup": _shown(backup) | {"Status": "deleting"}}
    raise AwsError("DBInstanceAutomatedBackupNotFound", f"Automated backup {arn} not found.")
