# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""S3: the defaults of new buckets, owners, and configurations that moto keeps in part only."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.models import FakeBucket

from simulator.errors import AwsError
from simulator.models import model_of
from simulator.overlay import Context, answers, guards

GLOBAL = "aws"
BLOCK_ALL = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def _permission(bucket: Any, action: str, resource: str) -> Any:
    """What the bucket's policy says, without the statements with conditions, which moto would take as unconditional.

    A policy that denies plain HTTP is such a statement: on loopback every request stands for one over TLS.
    """
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    policy = json.loads(bucket.policy)
    statements = policy.get("Statement", [])
    statements = [statements] if isinstance(statements, dict) else statements
    policy["Statement"] = [statement for statement in statements if "Condition" not in statement]
    if not policy["Statement"]:
        return PermissionResult.NEUTRAL
    return IAMPolicy(json.dumps(policy)).is_action_permitted(action, resource)


FakeBucket.get_permission = _permission


def _bucket(context: Context) -> Any:
    """moto's bucket of this account; None where there is none."""
    return context.backend("s3", GLOBAL).buckets.get(context.parameters["Bucket"])


def _on_a_bucket() -> list[str]:
    model = model_of("s3").model
    names = []
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        if shape is not None and "Bucket" in shape.members and name != "CreateBucket":
            names.append(name)
    return names


@guards("s3", *_on_a_bucket())
def owner_only(context: Context) -> None:
    """A bucket of another account is closed, whatever moto would let through."""
    name = context.parameters.get("Bucket", "")
    owners = context.world.bucket_owners()
    if name in owners and owners[name][1] != context.account:
        code = "403" if context.call.operation.startswith("Head") else "AccessDenied"
        raise AwsError(code, "Access Denied", 403)


@answers("s3", "CreateBucket")
def create_bucket(context: Context) -> dict[str, Any]:
    """New buckets are private, owned by the bucket owner and encrypted, as they are since April 2023."""
    is_new = _bucket(context) is None
    answer = context.moto()
    if is_new:
        name = context.parameters["Bucket"]
        block = dict.fromkeys(BLOCK_ALL, True)
        context.invoke("s3", "PutPublicAccessBlock", Bucket=name, PublicAccessBlockConfiguration=block)
        ownership = context.parameters.get("ObjectOwnership", "BucketOwnerEnforced")
        rules = {"Rules": [{"ObjectOwnership": ownership}]}
        context.invoke("s3", "PutBucketOwnershipControls", Bucket=name, OwnershipControls=rules)
        _set_default_encryption(context, name)
    return answer


def _set_default_encryption(context: Context, name: str) -> None:
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}
    configuration = {"Rules": [rule]}
    context.invoke("s3", "PutBucketEncryption", Bucket=name, ServerSideEncryptionConfiguration=configuration)


@answers("s3", "DeleteBucketEncryption")
def delete_encryption(context: Context) -> dict[str, Any]:
    """Every bucket is encrypted: without a configuration of its own with AES256."""
    context.moto()
    _set_default_encryption(context, context.parameters["Bucket"])
    return {}


@guards("s3", "PutBucketPolicy")
def put_policy(context: Context) -> None:
    try:
        policy = json.loads(context.parameters["Policy"])
    except ValueError:
        raise AwsError("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'") from None
    bucket = _bucket(context)
    block = getattr(bucket, "public_access_block", None)
    if block is not None and block.block_public_policy in (True, "true") and _is_public(policy):
        message = "User is not authorized to perform: s3:PutBucketPolicy because public policies are blocked by the "
        raise AwsError("AccessDenied", f"{message}BlockPublicPolicy block public access setting.", 403)


def _is_public(policy: dict[str, Any]) -> bool:
    statements = policy.get("Statement", [])
    for statement in [statements] if isinstance(statements, dict) else statements:
        everyone = statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
        if everyone and statement.get("Effect") == "Allow" and "Condition" not in statement:
            return True
    return False


# Configurations that are kept as they were given, because moto drops members of them: the operation's parameter
# and the name under which the bucket remembers it.
KEPT = {
    "PutBucketLifecycleConfiguration": ("LifecycleConfiguration", "simulator_lifecycle"),
    "PutBucketReplication": ("ReplicationConfiguration", "simulator_replication"),
}


@answers("s3", *KEPT)
def keep(context: Context) -> dict[str, Any]:
    """Let moto check the configuration, and remember all of it."""
    answer = context.moto()
    parameter, attribute = KEPT[context.call.operation]
    setattr(_bucket(context), attribute, context.parameters[parameter])
    return answer


@answers("s3", "GetBucketLifecycleConfiguration")
def get_lifecycle(context: Context) -> dict[str, Any]:
    answer = context.moto()
    kept = getattr(_bucket(context), "simulator_lifecycle", None)
    return answer | {"Rules": kept["Rules"]} if kept else answer


@answers("s3", "GetBucketReplication")
def get_replication(context: Context) -> dict[str, Any]:
    answer = context.moto()
    kept = getattr(_bucket(context), "simulator_replication", None)
    return {"ReplicationConfiguration": kept} if kept else answer


@answers("s3", "PutBucketLogging")
def put_logging(context: Context) -> dict[str, Any]:
    """Access logs go to a bucket of the same account and region."""
    bucket, status = _bucket(context), context.parameters["BucketLoggingStatus"]
    if bucket is None:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
    enabled = status.get("LoggingEnabled")
    if enabled:
        target = context.backend("s3", GLOBAL).buckets.get(enabled["TargetBucket"])
        if target is None:
            raise AwsError("InvalidTargetBucketForLogging", "The target bucket for logging does not exist", 400)
        if target.region_name != bucket.region_name:
            message = "S3 does not support cross location server access logging for buckets."
            raise AwsError("CrossLocationLoggingProhibitted", message, 403)
    bucket.simulator_logging = enabled
    return {}


@answers("s3", "GetBucketLogging")
def get_logging(context: Context) -> dict[str, Any]:
    bucket = _bucket(context)
    if bucket is None:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
    enabled = getattr(bucket, "simulator_logging", None)
    return {"LoggingEnabled": enabled} if enabled else {}


@answers("s3", "PutObjectLockConfiguration")
def put_object_lock(context: Context) -> dict[str, Any]:
    """Object Lock can be switched on, and its retention changed, at any time; moto wants a bucket without objects."""
    bucket, wanted = _bucket(context), context.parameters.get("ObjectLockConfiguration") or {}
    if bucket is None:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
    if not bucket.is_versioned:
        message = "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        raise AwsError("InvalidBucketState", message, 409)
    retention = (wanted.get("Rule") or {}).get("DefaultRetention")
    periods = [unit for unit in ("Days", "Years") if retention and unit in retention]
    if wanted.get("ObjectLockEnabled") != "Enabled" or (retention is not None and not _is_period(retention, periods)):
        message = "The XML you provided was not well-formed or did not validate against our published schema"
        raise AwsError("MalformedXML", message)
    bucket.object_lock_enabled = True
    bucket.default_lock_mode = retention["Mode"] if retention else None
    bucket.default_lock_days = retention.get("Days", 0) if retention else 0
    bucket.default_lock_years = retention.get("Years", 0) if retention else 0
    return {}


def _is_period(retention: dict[str, Any], periods: list[str]) -> bool:
    return retention.get("Mode") in ("GOVERNANCE", "COMPLIANCE") and len(periods) == 1 and retention[periods[0]] > 0


@answers("s3", "GetObjectLockConfiguration")
def get_object_lock(context: Context) -> dict[str, Any]:
    """As moto has it, without the unit of the period that was not given."""
    answer = context.moto()
    retention = answer["ObjectLockConfiguration"].get("Rule", {}).get("DefaultRetention", {})
    for unit in ("Days", "Years"):
        if not retention.get(unit, 1):
            del retention[unit]
    return answer


@guards("s3", "PutBucketVersioning")
def keep_versions_of_locked(context: Context) -> None:
    bucket = _bucket(context)
    suspended = context.parameters["VersioningConfiguration"].get("Status") != "Enabled"
    if bucket is not None and bucket.object_lock_enabled and suspended:
        message = "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
        raise AwsError("InvalidBucketState", message, 409)


@guards("s3", "PutObject")
def locked_objects_have_a_checksum(context: Context) -> None:
    bucket = _bucket(context)
    if bucket is None or not bucket.has_default_lock:
        return
    headers = context.call.http.headers
    given = {*headers, *headers.get("x-amz-trailer", "").lower().split(",")}
    if not any(name == "content-md5" or name.startswith("x-amz-checksum-") for name in given):
        message = "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock"
        raise AwsError("InvalidRequest", message)
