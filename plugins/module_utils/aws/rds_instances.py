# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""RDS: PostgreSQL instances."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from ..core.database import settled_instance
from ..core.database_state import (
    Resolver,
    create_arguments,
    instance_state,
    modify_arguments,
    security_group_ids,
    with_pending,
)
from ..core.plan import Observed, PlanRefused, State
from ..core.readiness import RDS_INSTANCE
from ..core.tags import to_pairs
from .api import AmbiguousError, Api, AwsError
from .data_groups import ServiceTags
from .data_names import KeyNames, NetworkNames
from .reconcile import Kind, Scope, side_by_side
from .wait import wait_gone, wait_ready

GONE = {"DBInstanceNotFound", "DBInstanceNotFoundFault"}
# RDS is busy with the instance: backing up, or carrying out a change whose status is not shown yet.
BUSY = {"InvalidDBInstanceState"}
# A key or a role of a moment ago, which RDS does not see yet.
NOT_SEEN = {"KMSKeyNotAccessibleFault", "InvalidParameterValue"}
# Of an instance in these states RDS cannot take a final snapshot. Source: RDS API, DeleteDBInstance.
NO_SNAPSHOT = {"failed", "incompatible-restore", "incompatible-network"}


@dataclass(frozen=True)
class Policy:
    """How the caller wants instances to be changed and deleted.

    `timeout` is how many seconds to wait for an instance that AWS is busy with before it is changed. `remove` says that
    deletion is what is asked for; a protected instance is then deleted only with `unprotect`.
    """

    timeout: float
    apply_immediately: bool = True
    allow_major: bool = False
    remove: bool = False
    unprotect: bool = False
    final_snapshot: bool = True


class DbInstances(Kind):
    """State: see core.database_state, plus `tags`. Instances that are being deleted count as gone."""

    kind = "RDS instance"
    after: t.ClassVar[tuple[str, ...]] = ("DB subnet group", "DB parameter group")
    found_alone = True
    statuses = RDS_INSTANCE
    immutable: t.ClassVar = {
        "engine": "Only PostgreSQL is managed here; give the instance another name.",
        "database_name": "Create further databases with SQL; keep the first name here.",
        "master_username": "Create further roles with SQL; keep the first name here.",
        "subnet_group": "Change the subnets in the group, or restore a snapshot into the other group.",
        "encrypted": "Copy a snapshot with encryption and restore it under the instance's name.",
        "kms_key": "Copy a snapshot with the other key and restore it, or keep the key.",
        "master_secret_kms_key": "RDS does not re-encrypt the secret that it manages; keep the key.",
        "source": "It is no replica of that instance, or no longer: it may have been promoted. Give the replica another"
        " name.",
        "availability_zone": "Delete the replica and create it again in the other zone, or leave the zone out.",
    }

    def __init__(
        self, name: str, rds: Api, network: NetworkNames, keys: KeyNames, resolve: Resolver, policy: Policy
    ) -> None:
        """`name` is the instance that is always looked for, also where only its replicas are managed."""
        self.name = name
        self.rds = rds
        self.network = network
        self.keys = keys
        self.resolve = resolve
        self.policy = policy
        self.tags = ServiceTags(rds)
        self._leaving: set[str] = set()

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        return self.staying(self.describe({self.name, *names}))

    def describe(self, names: Iterable[str]) -> list[dict[str, t.Any]]:
        """RDS's descriptions of the named instances that exist, in one call."""
        wanted = sorted(set(names))
        if not wanted:
            return []
        filters = [{"Name": "db-instance-id", "Values": wanted}]
        doing = f"find {self.kind} {', '.join(wanted)}"
        found: list[dict[str, t.Any]] = self.rds.pages(
            "describe_db_instances", "DBInstances", doing, GONE, Filters=filters
        )
        return found

    def staying(self, items: list[dict[str, t.Any]]) -> dict[str, Observed]:
        """The instances by name, without those that are being deleted (which are remembered: their names are taken)."""
        leaving = {item["DBInstanceIdentifier"] for item in items if item["DBInstanceStatus"] == "deleting"}
        self._leaving |= leaving
        stay = [item for item in items if item["DBInstanceIdentifier"] not in leaving]
        groups = self.network.group_names(group for item in stay for group in security_group_ids(item))
        return {item["DBInstanceIdentifier"]: self._observed(item, groups) for item in stay}

    def _observed(self, item: dict[str, t.Any], groups: dict[str, str]) -> Observed:
        # What waits for the maintenance window is not done for somebody who wants it now.
        waiting = self.policy.apply_immediately and item["DBInstanceStatus"] in RDS_INSTANCE.ready
        state = instance_state(item, key_name=self.keys.name, group_names=groups, pending=not waiting)
        if self.policy.remove and state["deletion_protection"] and not self.policy.unprotect:
            raise PlanRefused(
                f"{self.kind} {item['DBInstanceIdentifier']} is protected from deletion and stays. To delete it all the"
                " same, allow that explicitly with force_unprotect"
            )
        return Observed(item["DBInstanceArn"], state, _facts(item))

    def settle(self, wanted: State, observed: State) -> State:
        return settled_instance(self.kind, wanted, observed, allow_major=self.policy.allow_major)

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        self._await_free_name(scope, name)
        keys = {"KmsKeyId": "kms_key", "MasterUserSecretKmsKeyId": "master_secret_kms_key"}
        named = {
            argument: partial(self.resolve.kms_key, wanted[key]) for argument, key in keys.items() if wanted.get(key)
        }
        found = side_by_side({**named, "": partial(create_arguments, wanted, self.resolve)})
        answer = self.rds.write(
            "create_db_instance",
            f"create {self.kind} {name}",
            retry=NOT_SEEN if named or wanted.get("monitoring_role") else (),
            repeatable=False,
            DBInstanceIdentifier=name,
            Engine=wanted["engine"],
            DBName=wanted["database_name"],
            MasterUsername=wanted["master_username"],
            ManageMasterUserPassword=True,
            DBSubnetGroupName=wanted["subnet_group"],
            StorageEncrypted=True,
            Tags=to_pairs(wanted.get("tags")),
            **found.pop(""),
            **found,
        )
        return created(answer["DBInstance"], wanted)

    def _await_free_name(self, scope: Scope, name: str) -> None:
        if name in self._leaving:
            wait_gone(InstancesByName(self), scope, [name], self.policy.timeout)
            self._leaving.discard(name)

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        changed = set(fields)
        if "tags" in changed:
            self.tags.set(f"{self.kind} {name}", before.id, before.state["tags"], wanted["tags"])
        if changed == {"tags"}:
            return
        self._await_idle(scope, name, before)
        arguments = modify_arguments(before.state, wanted, changed, self.resolve)
        if "engine_version" in changed and self.policy.allow_major:
            arguments["AllowMajorVersionUpgrade"] = True
        self.rds.write(
            "modify_db_instance",
            f"change {', '.join(sorted(changed - {'tags'}))} of {self.kind} {name}",
            retry=BUSY,
            DBInstanceIdentifier=name,
            ApplyImmediately=self.policy.apply_immediately,
            **arguments,
        )

    def _await_idle(self, scope: Scope, name: str, known: Observed) -> None:
        """Wait until RDS takes changes of the instance: it refuses them while it is busy with it.

        A failure is not waited for: a change may be what mends it, such as more storage for an instance that is full.
        """
        if RDS_INSTANCE.verdict(known.facts["status"]) == "pending":
            wait_ready(self, scope, [name], self.policy.timeout)

    def await_ready(self, scope: Scope, name: str, known: Observed) -> None:
        """Wait until the instance runs. Raises AwsError for one that will not."""
        if RDS_INSTANCE.verdict(known.facts["status"]) != "ready":
            wait_ready(self, scope, [name], self.policy.timeout)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        if before.state["deletion_protection"]:
            self._unprotect(scope, name, before)
        self._delete(scope, name, self._last_wishes(scope, name, before))

    def _unprotect(self, scope: Scope, name: str, before: Observed) -> None:
        self._await_idle(scope, name, before)
        self.rds.write(
            "modify_db_instance",
            f"lift the deletion protection of {self.kind} {name}",
            retry=BUSY,
            DBInstanceIdentifier=name,
            DeletionProtection=False,
            ApplyImmediately=True,
        )

    def _last_wishes(self, scope: Scope, name: str, before: Observed) -> dict[str, t.Any]:
        if not self.policy.final_snapshot:
            return {"SkipFinalSnapshot": True, "DeleteAutomatedBackups": True}
        status = before.facts["status"]
        if status in NO_SNAPSHOT:
            raise PlanRefused(
                f"{self.kind} {name} is {status}, of which RDS cannot take the final snapshot. Repair it first, or give"
                " its data up with final_snapshot: false"
            )
        # A final snapshot can be taken only of an instance that RDS is not busy with.
        self._await_idle(scope, name, before)
        snapshot = final_snapshot_name(name, before.facts["resource_id"])
        return {"FinalDBSnapshotIdentifier": snapshot, "SkipFinalSnapshot": False, "DeleteAutomatedBackups": False}

    def _delete(self, scope: Scope, name: str, wishes: dict[str, t.Any]) -> None:
        """Start the deletion. Sent twice it would be refused, so that a lost answer is answered by looking."""
        try:
            self.rds.write(
                "delete_db_instance",
                f"delete {self.kind} {name}",
                missing=GONE,
                retry=BUSY,
                repeatable=False,
                DBInstanceIdentifier=name,
                **wishes,
            )
        except AwsError as error:
            lost = isinstance(error, AmbiguousError) or error.code in BUSY
            if not lost or name in DbInstances.observe(self, scope, [name]):
                raise


class InstancesByName(DbInstances):
    """The same instances, with those that are being deleted: for waiting until they are gone."""

    def __init__(self, like: DbInstances) -> None:
        super().__init__(like.name, like.rds, like.network, like.keys, like.resolve, like.policy)

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        return {
            item["DBInstanceIdentifier"]: Observed(item["DBInstanceArn"], {}, _facts(item))
            for item in self.describe(names)
        }


class GroupUsers(InstancesByName):
    """The instances in a subnet group or with a parameter group, which cannot be deleted before them."""

    def users(self, group: str) -> list[str]:
        """Names of the instances that use the group, those that are being deleted too."""
        found = self.rds.pages("describe_db_instances", "DBInstances", f"find what uses {group}")
        return [item["DBInstanceIdentifier"] for item in found if group in _groups(item)]

    def wait_free(self, group: str) -> None:
        """Wait until no instance uses the group. Raises PlanRefused for one that is not even being deleted."""
        names = self.users(group)
        statuses = self.observe(Scope(), names)
        staying = [name for name in names if name in statuses and statuses[name].facts["status"] != "deleting"]
        if staying:
            raise PlanRefused(
                f"group {group} cannot be deleted: RDS instance {', '.join(staying)} uses it; delete it first"
            )
        wait_gone(self, Scope(), names, self.policy.timeout)


def created(item: dict[str, t.Any], wanted: State) -> Observed:
    """A new instance, for which everything that was wanted is under way."""
    return Observed(item["DBInstanceArn"], {"name": item["DBInstanceIdentifier"], "tags": {}, **wanted}, _facts(item))


def final_snapshot_name(name: str, resource_id: str) -> str:
    """Name of the snapshot that survives an instance: the same in a second try, another for the next instance.

    `resource_id` is what RDS calls this one instance for ever (`db-ABC...`); a later one of the same name has another.
    """
    return f"{name}-final-{resource_id.removeprefix('db-').lower()}"


def _groups(item: dict[str, t.Any]) -> set[str]:
    groups = {group["DBParameterGroupName"] for group in item.get("DBParameterGroups") or ()}
    return groups | {(item.get("DBSubnetGroup") or {}).get("DBSubnetGroupName", "")}


def _facts(item: dict[str, t.Any]) -> State:
    """What a caller may want to know of an instance; nothing here is secret (the password stands in the secret)."""
    endpoint = item.get("Endpoint") or {}
    groups = item.get("DBParameterGroups") or ()
    replicated = item.get("DBInstanceAutomatedBackupsReplications") or ()
    changed = with_pending(item)
    return {
        "arn": item["DBInstanceArn"],
        "status": item["DBInstanceStatus"],
        "resource_id": item["DbiResourceId"],
        "endpoint": endpoint.get("Address", ""),
        "port": endpoint.get("Port", 0),
        "engine_version": item.get("EngineVersion", ""),
        "master_secret_arn": (item.get("MasterUserSecret") or {}).get("SecretArn", ""),
        "parameters_pending_reboot": any(group.get("ParameterApplyStatus") == "pending-reboot" for group in groups),
        "pending": sorted(key for key in item.get("PendingModifiedValues") or {} if changed.get(key) != item.get(key)),
        "replicas": sorted(item.get("ReadReplicaDBInstanceIdentifiers") or ()),
        "backup_regions": sorted(each["DBInstanceAutomatedBackupsArn"].split(":")[3] for each in replicated),
    }
