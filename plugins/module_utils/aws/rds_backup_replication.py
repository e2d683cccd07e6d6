# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""RDS: automated backups of an instance, replicated to another region.

All calls go to the region that receives the backups; botocore signs the one that it makes to the source itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from ..core.plan import Observed, PlanRefused, State
from ..core.tags import from_pairs, to_pairs
from .api import Api
from .data_groups import ServiceTags
from .data_names import KeyNames
from .rds_instances import BUSY, DbInstances
from .reconcile import Kind, Scope, side_by_side

# Replication that was stopped leaves its backups behind until their retention is over.
STOPPED = {"retained", "deleting", "deleted"}
NOTHING_TO_STOP = {"DBInstanceNotFound", "DBInstanceAutomatedBackupNotFound"}


class BackupReplications(Kind):
    """By receiving region. State: `retention_days`, `kms_key` (alias in that region), `tags`."""

    kind = "RDS backup replication"
    after = ("RDS instance",)

    def __init__(
        self, instances: DbInstances, rds_in: Callable[[str], Api], keys_in: Callable[[str], KeyNames]
    ) -> None:
        """`rds_in` and `keys_in` reach RDS and the KMS keys of another region."""
        self.instances = instances
        self.source = instances.name
        self.rds_in = rds_in
        self.keys_in = keys_in

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        source = scope.find(self.instances.kind, self.source)
        if source is None:
            return {}
        regions = set(names) | set(source.facts["backup_regions"])
        found = side_by_side({region: partial(self._find, region, source.id) for region in regions})
        return {region: observed for region, observed in found.items() if observed}

    def _find(self, region: str, source_arn: str) -> Observed | None:
        backups = self.rds_in(region).pages(
            "describe_db_instance_automated_backups",
            "DBInstanceAutomatedBackups",
            f"find the backups of {self.source} in {region}",
            missing={"DBInstanceAutomatedBackupNotFound"},
            DBInstanceIdentifier=self.source,
        )
        for backup in backups:
            if backup["DBInstanceArn"] == source_arn and backup["Status"].lower() not in STOPPED:
                return self._observed(region, backup)
        return None

    def _observed(self, region: str, backup: dict[str, Any]) -> Observed:
        key = backup.get("KmsKeyId")
        state = {
            "retention_days": backup["BackupRetentionPeriod"],
            "kms_key": self.keys_in(region).name(key) if key else "",
            "tags": from_pairs(backup.get("TagList")),
        }
        arn = backup["DBInstanceAutomatedBackupsArn"]
        return Observed(arn, state, {"arn": arn, "status": backup["Status"]})

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        source = scope.find(self.instances.kind, self.source)
        if source is None:
            raise PlanRefused(f"{self.kind} to {name}: {self.source} does not exist; create it first (role database)")
        self.instances.await_ready(scope, self.source, source)
        answer = self._start(name, source.id, wanted)
        return self._observed(name, {**answer, "TagList": to_pairs(wanted.get("tags"))})

    def _start(self, region: str, source_arn: str, wanted: State) -> dict[str, Any]:
        key = {"KmsKeyId": self.keys_in(region).arn(wanted["kms_key"])} if wanted.get("kms_key") else {}
        answer = self.rds_in(region).write(
            "start_db_instance_automated_backups_replication",
            f"replicate the backups of {self.source} to {region}",
            retry=BUSY,
            repeatable=False,
            SourceDBInstanceArn=source_arn,
            SourceRegion=self.instances.rds.region,
            BackupRetentionPeriod=wanted["retention_days"],
            Tags=to_pairs(wanted.get("tags")),
            **key,
        )
        backup: dict[str, Any] = answer["DBInstanceAutomatedBackup"]
        return backup

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        if set(fields) == {"tags"}:
            tags = ServiceTags(self.rds_in(name))
            tags.set(f"{self.kind} to {name}", before.id, before.state["tags"], wanted["tags"])
            return
        # RDS cannot change a replication: it is stopped and started again, and keeps the backups of before.
        self._stop(name, scope.id(self.instances.kind, self.source))
        self._start(name, scope.id(self.instances.kind, self.source), {**before.state, **wanted})

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self._stop(name, scope.id(self.instances.kind, self.source))

    def _stop(self, region: str, source_arn: str) -> None:
        self.rds_in(region).write(
            "stop_db_instance_automated_backups_replication",
            f"stop replicating the backups of {self.source} to {region}",
            missing=NOTHING_TO_STOP,
            retry=BUSY,
            SourceDBInstanceArn=source_arn,
        )
