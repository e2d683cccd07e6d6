# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""S3: what one bucket delivers to another, which must stand before: access logs and copies."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable
from functools import partial

from ..core.bucket import replication_from_aws
from ..core.plan import Observed, PlanRefused, State
from .api import Api
from .reconcile import Kind, Scope, side_by_side
from .s3 import NOT_SPREAD, Regions

NO_BUCKET = {"NoSuchBucket"}
# The bucket for the logs may be new, too.
LOGS_NOT_READY = NOT_SPREAD | {"InvalidTargetBucketForLogging"}


class AccessLogs(Kind):
    """State: `bucket` and `prefix` that the access logs of the bucket of this name go to."""

    kind = "S3 access logging"
    after = ("S3 bucket",)

    def __init__(self, regions: Regions) -> None:
        self.regions = regions

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found = side_by_side({name: partial(self._find, name) for name in names if scope.find("S3 bucket", name)})
        return {name: observed for name, observed in found.items() if observed}

    def _find(self, name: str) -> Observed | None:
        doing = f"read access logging of S3 bucket {name}"
        answer = self.regions.s3(name).read("get_bucket_logging", doing, NO_BUCKET, Bucket=name)
        enabled = (answer or {}).get("LoggingEnabled")
        if not enabled:
            return None
        return Observed(name, {"bucket": enabled["TargetBucket"], "prefix": enabled.get("TargetPrefix") or ""})

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        target = {"TargetBucket": wanted["bucket"], "TargetPrefix": wanted["prefix"]}
        self.regions.s3(name).write(
            "put_bucket_logging",
            f"send access logs of S3 bucket {name} to {wanted['bucket']}",
            retry=LOGS_NOT_READY,
            Bucket=name,
            BucketLoggingStatus={"LoggingEnabled": target},
        )
        return Observed(name, wanted)

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        self.create(scope, name, {**before.state, **wanted})

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        doing = f"stop access logging of S3 bucket {name}"
        s3 = self.regions.s3(name)
        s3.write("put_bucket_logging", doing, missing=NO_BUCKET, Bucket=name, BucketLoggingStatus={})


class Replications(Kind):
    """State: `bucket` (destination), `role` (name) and `kms_key` (alias in the destination's region, "" for none).

    One rule copies every new object; deletions are not copied, so that the copy outlives a mistake.
    """

    kind = "S3 replication"
    after = ("S3 bucket",)

    def __init__(self, regions: Regions, iam: Api, destinations: dict[str, str]) -> None:
        """`destinations` are the regions that buckets are copied to, by bucket."""
        self.regions = regions
        self.iam = iam
        self.destinations = destinations

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found = side_by_side({name: partial(self._find, name) for name in names if scope.find("S3 bucket", name)})
        return {name: observed for name, observed in found.items() if observed}

    def _find(self, name: str) -> Observed | None:
        codes = NO_BUCKET | {"ReplicationConfigurationNotFoundError"}
        doing = f"read replication of S3 bucket {name}"
        answer = self.regions.s3(name).read("get_bucket_replication", doing, codes, Bucket=name)
        if answer is None:
            return None
        state = replication_from_aws(answer["ReplicationConfiguration"])
        if state.get("kms_key") and name in self.destinations:
            state["kms_key"] = self.regions.keys_in(self.destinations[name]).alias(state["kms_key"])
        return Observed(name, state)

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        configuration = {"Role": self._role(wanted["role"], name), "Rules": [self._rule(name, wanted)]}
        self.regions.s3(name).write(
            "put_bucket_replication",
            f"replicate S3 bucket {name} to {wanted['bucket']}",
            retry=NOT_SPREAD,
            Bucket=name,
            ReplicationConfiguration=configuration,
        )
        return Observed(name, wanted)

    def _rule(self, name: str, wanted: State) -> dict[str, t.Any]:
        destination: dict[str, t.Any] = {"Bucket": f"arn:aws:s3:::{wanted['bucket']}"}
        rule: dict[str, t.Any] = {
            "ID": "everything",
            "Priority": 1,
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": "Disabled"},
            "Destination": destination,
        }
        if wanted["kms_key"]:
            keys = self.regions.keys_in(self.destinations[name])
            key = keys.arn(wanted["kms_key"], f"S3 bucket {wanted['bucket']}")
            destination["EncryptionConfiguration"] = {"ReplicaKmsKeyID": key}
            rule["SourceSelectionCriteria"] = {"SseKmsEncryptedObjects": {"Status": "Enabled"}}
        return rule

    def _role(self, role: str, bucket: str) -> str:
        answer = self.iam.read("get_role", f"find IAM role {role}", {"NoSuchEntity"}, RoleName=role)
        if answer is None:
            raise PlanRefused(
                f"S3 bucket {bucket} is to be replicated with IAM role {role}, which does not exist;"
                " create it first (role storage), or correct its name"
            )
        return str(answer["Role"]["Arn"])

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        """A configuration is replaced as a whole; one that is not ours has none of our fields."""
        self.create(scope, name, {**before.state, **wanted})

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        doing = f"stop replication of S3 bucket {name}"
        self.regions.s3(name).write("delete_bucket_replication", doing, missing=NO_BUCKET, Bucket=name)
