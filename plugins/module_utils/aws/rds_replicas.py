# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""RDS: read replicas of an instance, in the same region."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ..core.database_state import FIELDS, create_arguments
from ..core.plan import Observed, PlanRefused, State
from ..core.tags import to_pairs
from .rds_instances import BUSY, NOT_SEEN, DbInstances, created
from .reconcile import Scope

# Settings that a replica takes from its source by itself, or does not have.
INHERITED = frozenset(
    {
        "allocated_storage",
        "backup_retention_days",
        "backup_window",
        "engine_version",
        "maintenance_window",
        "deletion_protection",
    }
)
# RDS refuses these while it creates a PostgreSQL replica beside its source, which hands them on.
HANDED_ON = frozenset({"parameter_group"})


class DbReplicas(DbInstances):
    """State: that of an instance without INHERITED, and `source`, the name of the instance that is replicated.

    A replica holds no data of its own: it is not protected from deletion and leaves no snapshot.
    """

    kind = "RDS read replica"
    after = ("RDS instance",)
    found_alone = False  # the instance says which replicas it has

    def __init__(self, like: DbInstances, owner: str | None, *, all_of_them: bool = False) -> None:
        """`like` manages the instance that is replicated.

        `owner` is the ManagedBy tag of the replicas that may be deleted when they are not wanted any more. With
        `all_of_them` every replica may be: without its source it would live on as an instance of its own.
        """
        policy = replace(like.policy, unprotect=True)
        super().__init__(like.name, like.rds, like.network, like.keys, like.resolve, policy)
        self.instances = like
        self.source = like.name
        self.owner = owner
        self.all_of_them = all_of_them

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        source = scope.find(self.instances.kind, self.source)
        known = set(source.facts["replicas"]) if source else set()
        found = self.staying(self.describe(known | set(names)))
        return {name: each for name, each in found.items() if name in names or self._owned(each)}

    def _owned(self, replica: Observed) -> bool:
        return self.all_of_them or (self.owner is not None and replica.state["tags"].get("ManagedBy") == self.owner)

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        self._await_free_name(scope, name)
        source = scope.find(self.instances.kind, self.source)
        if source is None:
            raise PlanRefused(
                f"{self.kind} {name}: its source {self.source} does not exist; create it first (role database)"
            )
        self.instances.await_ready(scope, self.source, source)
        own = {key: value for key, value in wanted.items() if key not in HANDED_ON}
        answer = self.rds.write(
            "create_db_instance_read_replica",
            f"create {self.kind} {name} of {self.source}",
            retry=BUSY | (NOT_SEEN if wanted.get("monitoring_role") else set()),
            repeatable=False,
            DBInstanceIdentifier=name,
            SourceDBInstanceIdentifier=self.source,
            Tags=to_pairs(wanted.get("tags")),
            **create_arguments(own, self.resolve),
        )
        return created(answer["DBInstance"], wanted)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        if before.state["deletion_protection"]:
            self._unprotect(scope, name, before)
        # RDS refuses a final snapshot of a replica, and keeps no backups of it.
        self._delete(scope, name, {"SkipFinalSnapshot": True})


def replica_state(instance: State, replica: State, source: str) -> State:
    """What is wanted of a replica: the settings of its source, its own over them."""
    shared = {key: instance.get(key) for key in (*FIELDS, "max_allocated_storage", "log_exports", "security_groups")}
    features = {key: instance.get(key) for key in ("monitoring_role", "performance_insights_kms_key", "port")}
    own = {key: value for key, value in replica.items() if value is not None}
    # A standby is for the instance that takes the writes, unless a replica asks for its own.
    merged = {**shared, **features, "multi_az": False, **own, "source": source}
    return {key: value for key, value in merged.items() if key not in INHERITED and key != "name"}
