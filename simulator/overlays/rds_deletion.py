# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deleting RDS instances: it takes time, keeps what is protected, and makes the final snapshot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays import rds_backups, rds_instances
from simulator.overlays.rds_support import find, set_status

if TYPE_CHECKING:
    from simulator.world import World


@answers("rds", "DeleteDBInstance")
def delete_db_instance(context: Context) -> dict[str, Any]:
    """deleting, then gone."""
    parameters = context.parameters
    database = find(context, parameters["DBInstanceIdentifier"])
    _check_delete(context, database, parameters)
    final = parameters.get("FinalDBSnapshotIdentifier")
    if final:
        snapshot = context.backend().create_db_snapshot(database.db_instance_identifier, final)
        snapshot.status = "creating"
        context.world.schedule.after("rds_snapshot", set_status, snapshot, "available", "creating")
    database.status = "deleting"
    keep_backups = not parameters.get("DeleteAutomatedBackups", True)
    context.world.schedule.after(
        "rds_instance", _deleted, context.backend(), database.db_instance_identifier, keep_backups, deletion=True
    )
    return {"DBInstance": rds_instances.describe_one(context, database.db_instance_identifier)}


def _check_delete(context: Context, database: Any, parameters: dict[str, Any]) -> None:
    name, final = database.db_instance_identifier, parameters.get("FinalDBSnapshotIdentifier")
    if database.status == "deleting":
        raise AwsError("InvalidDBInstanceState", f"Instance {name} is already being deleted.")
    if database.deletion_protection:
        message = "Cannot delete protected DB Instance, please disable deletion protection and try again."
        raise AwsError("InvalidParameterCombination", message)
    if parameters.get("SkipFinalSnapshot") and final:
        message = "FinalDBSnapshotIdentifier can not be specified when deleting an instance with SkipFinalSnapshot"
        raise AwsError("InvalidParameterCombination", message)
    if database.is_replica:
        if final:
            raise AwsError(
                "InvalidParameterCombination", "FinalDBSnapshotIdentifier can not be specified for a replica"
            )
        return
    if not parameters.get("SkipFinalSnapshot") and not final:
        message = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
        raise AwsError("InvalidParameterCombination", message)
    if final and database.status == "creating":
        message = f"Instance {name} is in creating state: a final snapshot cannot be made"
        raise AwsError("InvalidDBInstanceState", message)
    if final and final.lower() in context.backend().database_snapshots:
        raise AwsError(
            "DBSnapshotAlreadyExists", f"Cannot create the snapshot because one with the name {final} exists."
        )


def _deleted(world: World, backend: Any, identifier: str, keep_backups: bool) -> None:
    database = backend.databases.get(identifier)
    if database is None or database.status != "deleting":
        return
    rds_backups.retain_replicated_backups(world, backend.account_id, database.db_instance_arn)
    for replica in list(database.replicas):
        # replicas of a source that is gone become instances of their own
        promoted = backend.databases.get(replica)
        if promoted is not None:
            promoted.is_replica, promoted.source_db_instance_identifier = False, None
    if database.is_replica and database.source_db_instance_identifier not in backend.databases:
        database.is_replica = False
    backend.delete_db_instance(identifier, None, True, delete_automated_backups=not keep_backups)
