# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""S3: buckets with their settings. What points from one bucket to another is in `s3_delivery`."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from ..core.bucket import AES256, BLOCKS, encryption_from_aws, short_policy_text
from ..core.bucket_lifecycle import rules_from_aws, rules_to_aws
from ..core.bucket_lock import lock_from_aws, lock_to_aws
from ..core.plan import Observed, PlanRefused, State
from ..core.policy import canonical_policy
from ..core.tags import from_pairs, to_pairs
from .api import Api, AwsError
from .key_names import KeyNames
from .reconcile import Kind, Scope, side_by_side
from .s3_objects import empty_bucket, is_empty

GONE = {"404", "NoSuchBucket"}
NO_LOCK = "ObjectLockConfigurationNotFoundError"
# A new bucket is not known everywhere at once.
NOT_SPREAD = {"NoSuchBucket"}
# The only region that must not be named where a bucket is created.
UNNAMED_REGION = "us-east-1"
# How often logs may arrive between emptying a bucket and deleting it.
LATE_ARRIVALS = 3


class Regions:
    """S3 and the KMS keys of each region, and the region of each bucket."""

    def __init__(self, s3: Mapping[str, Api], keys: Mapping[str, KeyNames], of_bucket: Mapping[str, str]) -> None:
        self._s3 = s3
        self._keys = keys
        self._of_bucket = of_bucket

    def s3(self, bucket: str) -> Api:
        return self._s3[self._of_bucket[bucket]]

    def keys(self, bucket: str) -> KeyNames:
        return self._keys[self._of_bucket[bucket]]

    def keys_in(self, region: str) -> KeyNames:
        return self._keys[region]


class Buckets(Kind):
    """State: `region`, `encryption` {algorithm, kms_key, bucket_key}, `versioning`, `object_lock`,
    `public_access_block`, `object_ownership`, `policy` (canonical, {} for none), `lifecycle` (rules), `tags`.

    Only what is in `fields` is read: each setting is a call a bucket.
    """

    kind = "S3 bucket"
    immutable: t.ClassVar = {"region": "A bucket cannot move: choose another name, or delete it (state: absent) first."}

    def __init__(
        self, regions: Regions, fields: Mapping[str, Iterable[str]], *, force: bool = False, bypass: bool = False
    ) -> None:
        """`fields` are the settings of interest by bucket. `force` deletes objects with their bucket, `bypass` also
        those that Object Lock keeps in governance mode.
        """
        self.regions = regions
        self.fields = {name: frozenset(wanted) for name, wanted in fields.items()}
        self.force = force
        self.bypass = bypass
        self.deleted_objects: dict[str, int] = {}
        self._readers: dict[str, Callable[[str], t.Any]] = {
            "encryption": self._encryption,
            "versioning": self._versioning,
            "object_lock": self._object_lock,
            "public_access_block": self._public_access_block,
            "object_ownership": self._object_ownership,
            "policy": self._policy,
            "lifecycle": self._lifecycle,
            "tags": self._tags,
        }

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        """All settings of all buckets side by side."""
        found = side_by_side({name: partial(self._region, name) for name in names})
        regions = {name: region for name, region in found.items() if region}
        settings = {
            (name, field): partial(self._readers[field], name)
            for name in regions
            for field in self.fields[name] & self._readers.keys()
        }
        answers = side_by_side({f"{name}/{field}": read for (name, field), read in settings.items()})
        states: dict[str, State] = {name: {"region": region} for name, region in regions.items()}
        for name, field in settings:
            states[name][field] = answers[f"{name}/{field}"]
        return {name: Observed(name, state, {"arn": f"arn:aws:s3:::{name}"}) for name, state in states.items()}

    def _region(self, name: str) -> str | None:
        try:
            answer = self.regions.s3(name).read("head_bucket", f"find S3 bucket {name}", GONE, Bucket=name)
        except AwsError as error:
            if error.code == "403":
                raise PlanRefused(_taken(name)) from error
            raise
        return str(answer.get("BucketRegion") or UNNAMED_REGION) if answer else None

    def _read(self, operation: str, name: str, missing: str = "") -> t.Any:
        codes = {missing} if missing else ()
        return self.regions.s3(name).read(operation, f"read settings of S3 bucket {name}", codes, Bucket=name)

    def _encryption(self, name: str) -> State:
        answer = self._read("get_bucket_encryption", name, "ServerSideEncryptionConfigurationNotFoundError")
        state = encryption_from_aws(answer)
        return {**state, "kms_key": self.regions.keys(name).alias(state["kms_key"])}

    def _versioning(self, name: str) -> bool:
        return bool(self._read("get_bucket_versioning", name).get("Status") == "Enabled")

    def _object_lock(self, name: str) -> State:
        return lock_from_aws(self._read("get_object_lock_configuration", name, NO_LOCK))

    def _public_access_block(self, name: str) -> State:
        answer = self._read("get_public_access_block", name, "NoSuchPublicAccessBlockConfiguration")
        blocks = (answer or {}).get("PublicAccessBlockConfiguration", {})
        return {key: blocks.get(block, False) for key, block in BLOCKS.items()}

    def _object_ownership(self, name: str) -> str:
        answer = self._read("get_bucket_ownership_controls", name, "OwnershipControlsNotFoundError")
        return str(answer["OwnershipControls"]["Rules"][0]["ObjectOwnership"]) if answer else "ObjectWriter"

    def _policy(self, name: str) -> State:
        answer = self._read("get_bucket_policy", name, "NoSuchBucketPolicy")
        return canonical_policy(answer["Policy"]) if answer else {}

    def _lifecycle(self, name: str) -> list[State]:
        answer = self._read("get_bucket_lifecycle_configuration", name, "NoSuchLifecycleConfiguration")
        return rules_from_aws((answer or {}).get("Rules") or ())

    def _tags(self, name: str) -> dict[str, str]:
        answer = self._read("get_bucket_tagging", name, "NoSuchTagSet")
        return from_pairs((answer or {}).get("TagSet"))

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        extra: dict[str, t.Any] = {}
        if wanted["region"] != UNNAMED_REGION:
            extra["CreateBucketConfiguration"] = {"LocationConstraint": wanted["region"]}
        if wanted.get("object_ownership"):
            extra["ObjectOwnership"] = wanted["object_ownership"]
        state: State = {"region": wanted["region"], "tags": {}}
        if wanted.get("object_lock"):
            # From the first object on. Brings versioning with it.
            extra["ObjectLockEnabledForBucket"] = state["versioning"] = True
        try:
            self.regions.s3(name).write(
                "create_bucket",
                f"create S3 bucket {name}",
                missing={"BucketAlreadyOwnedByYou"},
                Bucket=name,
                **extra,
            )
        except AwsError as error:
            if error.code == "BucketAlreadyExists":
                raise PlanRefused(_taken(name)) from error
            raise
        return Observed(name, state, {"arn": f"arn:aws:s3:::{name}"})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        setters: dict[str, Callable[[str, t.Any], None]] = {
            "tags": self._set_tags,  # first: an interrupted run leaves a bucket that is found by its tags
            "public_access_block": self._set_public_access_block,
            "object_ownership": self._set_object_ownership,
            "policy": self._set_policy,
            "encryption": self._set_encryption,
            "versioning": self._set_versioning,
            "object_lock": self._set_object_lock,  # needs versioning
            "lifecycle": self._set_lifecycle,
        }
        chosen = set(fields)
        for field, setter in setters.items():
            if field in chosen:
                setter(name, wanted[field])

    def _write(self, operation: str, name: str, what: str, **params: t.Any) -> None:
        doing = f"{what} of S3 bucket {name}"
        self.regions.s3(name).write(operation, doing, retry=NOT_SPREAD, Bucket=name, **params)

    def _set_tags(self, name: str, tags: dict[str, str]) -> None:
        if tags:
            self._write("put_bucket_tagging", name, "set the tags", Tagging={"TagSet": to_pairs(tags)})
        else:
            self._write("delete_bucket_tagging", name, "remove the tags")

    def _set_public_access_block(self, name: str, blocks: State) -> None:
        configuration = {BLOCKS[key]: value for key, value in blocks.items()}
        what = "set the public access block"
        self._write("put_public_access_block", name, what, PublicAccessBlockConfiguration=configuration)

    def _set_object_ownership(self, name: str, ownership: str) -> None:
        controls = {"Rules": [{"ObjectOwnership": ownership}]}
        self._write("put_bucket_ownership_controls", name, "set the object ownership", OwnershipControls=controls)

    def _set_policy(self, name: str, policy: State) -> None:
        if policy:
            self._write("put_bucket_policy", name, "set the policy", Policy=short_policy_text(policy))
        else:
            self._write("delete_bucket_policy", name, "remove the policy")

    def _set_encryption(self, name: str, encryption: State) -> None:
        default = {"SSEAlgorithm": encryption["algorithm"]}
        if encryption["kms_key"]:
            default["KMSMasterKeyID"] = self.regions.keys(name).arn(encryption["kms_key"], f"S3 bucket {name}")
        rule: dict[str, t.Any] = {"ApplyServerSideEncryptionByDefault": default}
        if encryption["algorithm"] != AES256:
            rule["BucketKeyEnabled"] = encryption["bucket_key"]
        configuration = {"Rules": [rule]}
        self._write(
            "put_bucket_encryption", name, "set the encryption", ServerSideEncryptionConfiguration=configuration
        )

    def _set_versioning(self, name: str, versioning: bool) -> None:
        if not versioning:
            # S3 refuses to suspend it under a replication; what wants neither comes to the replication only later.
            self._write("delete_bucket_replication", name, "stop the replication")
        status = "Enabled" if versioning else "Suspended"
        self._write("put_bucket_versioning", name, "set the versioning", VersioningConfiguration={"Status": status})

    def _set_object_lock(self, name: str, lock: State) -> None:
        what = "set the Object Lock"
        self._write("put_object_lock_configuration", name, what, ObjectLockConfiguration=lock_to_aws(lock))

    def _set_lifecycle(self, name: str, rules: list[State]) -> None:
        if rules:
            configuration = {"Rules": rules_to_aws(rules)}
            what = "set the lifecycle"
            self._write("put_bucket_lifecycle_configuration", name, what, LifecycleConfiguration=configuration)
        else:
            self._write("delete_bucket_lifecycle", name, "remove the lifecycle")

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """With its objects under `force`; access logs may still arrive while it is emptied."""
        s3 = self.regions.s3(name)
        for attempt in range(1, LATE_ARRIVALS + 1):
            if self.force:
                self.deleted_objects[name] = self.deleted_objects.get(name, 0) + empty_bucket(
                    s3, name, bypass=self.bypass
                )
            try:
                s3.write("delete_bucket", f"delete S3 bucket {name}", missing=GONE, Bucket=name)
            except AwsError as error:
                if error.code != "BucketNotEmpty" or not self.force or attempt == LATE_ARRIVALS:
                    raise
            else:
                return


class DeletedBuckets(Buckets):
    """Buckets that are to go: one with objects is refused before anything is deleted, unless `force` is given, and one
    with objects under Object Lock, unless `bypass` is.
    """

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found = super().observe(scope, names)
        locked = self._locked(found) if self.force and not self.bypass else []
        suspects = locked if self.force else list(found)
        empty = side_by_side({name: partial(is_empty, self.regions.s3(name), name) for name in suspects})
        full = sorted(name for name, yes in empty.items() if not yes)
        if full and self.force:
            raise PlanRefused(
                f"S3 bucket {', '.join(full)}: Object Lock keeps what is in it. Nothing was deleted. Set"
                " bypass_governance_retention: true (storage_bypass_governance_retention) to delete it too, which takes"
                " s3:BypassGovernanceRetention; or keep the bucket"
            )
        if full:
            raise PlanRefused(
                f"S3 bucket {', '.join(full)}: there are objects or old versions in it. Nothing was deleted."
                " Set force: true (storage_force_destroy) to delete them too"
            )
        return found

    def _locked(self, names: Iterable[str]) -> list[str]:
        """Those that ever had Object Lock: it stays, and so do retentions that objects have got."""
        reads = {name: partial(self._read, "get_object_lock_configuration", name, NO_LOCK) for name in names}
        return [name for name, configuration in side_by_side(reads).items() if configuration]


def _taken(name: str) -> str:
    return (
        f"S3 bucket {name}: the name is taken by another AWS account, or the caller may not look at the bucket"
        " (s3:ListBucket). Names are unique in the whole world: change platform_project or the name in storage_buckets"
    )
