# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is wanted of an S3 bucket, checked before anything is sent, and AWS's answers in the same form. Pure.

Source of the limits: S3 user guide, "General purpose bucket naming rules" and "Bucket policies".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .bucket_lifecycle import rule_faults, wanted_rules
from .bucket_lock import lock_faults, wanted_lock
from .plan import PlanRefused, State
from .policy import PolicyError, policy_text, wanted_policy

MAX_POLICY_CHARACTERS = 20_480
AES256 = "AES256"
KMS = "aws:kms"
BLOCKS = {
    "block_public_acls": "BlockPublicAcls",
    "ignore_public_acls": "IgnorePublicAcls",
    "block_public_policy": "BlockPublicPolicy",
    "restrict_public_buckets": "RestrictPublicBuckets",
}
# Who delivers logs into a bucket. Source: S3 user guide, "Enabling Amazon S3 server access logging"; Elastic Load
# Balancing user guide, "Enable access logs for your Application Load Balancer".
LOG_SERVICES = {
    "s3": "logging.s3.amazonaws.com",
    "load_balancer": "logdelivery.elasticloadbalancing.amazonaws.com",
    "cloudfront": "delivery.logs.amazonaws.com",
}
# CloudWatch Logs delivers those of CloudFront, under conditions that it looks for: without them it adds a statement of
# its own. Source: CloudWatch Logs user guide, "Enable logging from AWS services", Amazon S3 permissions.
DELIVERY_REGION = "us-east-1"

_NAME = re.compile(r"(?!xn--|sthree-|amzn-s3-demo-)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_BAD_ENDINGS = ("-s3alias", "--ol-s3", "--x-s3", "--table-s3")


def bucket_state(item: Mapping[str, Any], region: str, account: str | None) -> State:
    """The canonical state of a bucket from one item of the module's list. Raises PlanRefused with all that is wrong.

    `region` is the task's; `account` (12 digits) is whose logs are let in. A field that the item leaves out is None.
    """
    policy, faults = _policy(item, account)
    faults += [*name_faults(item["name"]), *_encryption_faults(item), *rule_faults(item.get("lifecycle"))]
    faults += lock_faults(item)
    if (item.get("replication") or {}).get("bucket") and not item.get("versioning"):
        faults.append("replication needs versioning: true")
    if faults:
        raise PlanRefused(f"S3 bucket {item['name']}: {'; '.join(faults)}")
    blocks = item.get("public_access_block")
    return {
        "region": item.get("region") or region,
        "encryption": _wanted_encryption(item.get("encryption")),
        "versioning": item.get("versioning"),
        "object_lock": wanted_lock(item.get("object_lock")),
        "public_access_block": None if blocks is None else {key: blocks[key] for key in BLOCKS},
        "object_ownership": item.get("object_ownership"),
        "policy": policy,
        "lifecycle": wanted_rules(item.get("lifecycle")),
    }


def logging_state(item: Mapping[str, Any]) -> State | None:
    """`{bucket, prefix}` that the bucket's access logs go to; {} for no logs, None for "leave it alone"."""
    target = item.get("logging")
    if not target:
        return None if target is None else {}
    if not target.get("bucket"):
        return {}
    if target["bucket"] == item["name"]:
        raise PlanRefused(f"S3 bucket {item['name']}: logging into itself never ends; name another bucket")
    return {"bucket": target["bucket"], "prefix": target.get("prefix") or ""}


def replication_state(item: Mapping[str, Any]) -> State | None:
    """`{bucket, region, role, kms_key}` of the copy; {} for no copy, None for "leave it alone"."""
    target = item.get("replication")
    if not target:
        return None if target is None else {}
    if not target.get("bucket"):
        return {}
    for needed in ("region", "role"):
        if not target.get(needed):
            raise PlanRefused(f"S3 bucket {item['name']}: replication to {target['bucket']} needs {needed}")
    return {"bucket": target["bucket"], "role": target["role"], "kms_key": target.get("kms_key") or ""}


def replication_from_aws(configuration: Mapping[str, Any]) -> State:
    """The replication of a bucket as far as this collection says it; anything else compares as different.

    `kms_key` is what AWS holds (an ARN), `bucket` and `role` are names.
    """
    rules = configuration.get("Rules") or []
    if len(rules) != 1 or rules[0].get("Status") != "Enabled" or not _whole_bucket(rules[0]):
        return {"role": _last(configuration["Role"]), "rules": [rule.get("ID", "") for rule in rules]}
    destination = rules[0]["Destination"]
    return {
        "bucket": destination["Bucket"].rpartition(":")[2],
        "role": _last(configuration["Role"]),
        "kms_key": destination.get("EncryptionConfiguration", {}).get("ReplicaKmsKeyID", ""),
    }


def encryption_from_aws(configuration: Mapping[str, Any] | None) -> State:
    """`{algorithm, kms_key, bucket_key}`; `kms_key` is what AWS holds. S3 encrypts with AES256 where nothing is said.

    A bucket key is a matter of KMS: what AWS says of it for AES256 means nothing.
    """
    rules = (configuration or {}).get("ServerSideEncryptionConfiguration", {}).get("Rules") or [{}]
    default = rules[0].get("ApplyServerSideEncryptionByDefault", {})
    algorithm = default.get("SSEAlgorithm", AES256)
    return {
        "algorithm": algorithm,
        "kms_key": default.get("KMSMasterKeyID", ""),
        "bucket_key": algorithm != AES256 and bool(rules[0].get("BucketKeyEnabled")),
    }


def short_policy_text(policy: Mapping[str, Any]) -> str:
    """The document as S3 takes it. Lists of one become lone strings, because AWS limits the length."""
    return policy_text({**policy, "Statement": [_short(statement) for statement in policy["Statement"]]})


def name_faults(name: str) -> list[str]:
    """What S3 would refuse about a name. Dots are refused too: certificates of S3 do not cover them."""
    if re.fullmatch(_NAME, name) and not name.endswith(_BAD_ENDINGS):
        return []
    fault = (
        "a name has 3 to 63 lower-case letters, digits and hyphens, with a letter or digit at both ends"
        f" (this one has {len(name)} characters); see platform_project and platform_environment"
    )
    return [fault]


def tls_only(bucket: str) -> State:
    """The statement that turns away every connection without TLS."""
    return {
        "Sid": "OnlyEncryptedConnections",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def log_delivery(bucket: str, service: str, account: str) -> State:
    """The statement that lets one of AWS's services put the logs of one account into the bucket, and of no other."""
    return {
        "Sid": f"LogsOf{service.title().replace('_', '')}",
        "Effect": "Allow",
        "Principal": {"Service": LOG_SERVICES[service]},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": _conditions(service, account),
    }


def cloudfront_read(bucket: str, prefix: str, account: str) -> State:
    """The statement that lets the distributions of one account read what is below a prefix, and nothing else.

    Every distribution of the account may: the bucket is there before the first of them has an ARN.
    Source: CloudFront developer guide, "Restrict access to an Amazon S3 origin".
    """
    return {
        "Sid": "CloudFrontReads",
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/{prefix}*",
        "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudfront::{account}:distribution/*"}},
    }


def _conditions(service: str, account: str) -> State:
    conditions: State = {"StringEquals": {"aws:SourceAccount": account}}
    if service == "cloudfront":
        conditions["StringEquals"]["s3:x-amz-acl"] = "bucket-owner-full-control"
        conditions["ArnLike"] = {"aws:SourceArn": f"arn:aws:logs:{DELIVERY_REGION}:{account}:delivery-source:*"}
    return conditions


def _policy(item: Mapping[str, Any], account: str | None) -> tuple[State, list[str]]:
    """The canonical policy ({} for none), and what is wrong with it."""
    name, services = item["name"], item.get("log_delivery") or []
    prefix = item.get("cloudfront_prefix")
    if (services or prefix is not None) and not account:
        return {}, ["log_delivery and cloudfront_prefix need account_id, the account whose services are let in"]
    statements = [tls_only(name)] if item.get("require_tls") else []
    statements += [log_delivery(name, service, str(account)) for service in services]
    statements += [] if prefix is None else [cloudfront_read(name, prefix, str(account))]
    statements += item.get("policy_statements") or []
    if not statements:
        return {}, []
    try:
        policy = wanted_policy({"Statement": statements}, "its policy", on_resource=True)
    except PolicyError as error:
        return {}, [str(error)]
    size = len(short_policy_text(policy))
    if size > MAX_POLICY_CHARACTERS:
        return {}, [f"the policy has {size} characters; AWS takes {MAX_POLICY_CHARACTERS}"]
    return policy, []


def _short(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _short(member) for key, member in value.items()}
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _wanted_encryption(option: Mapping[str, Any] | None) -> State | None:
    if option is None:
        return None
    with_kms = option["algorithm"] != AES256
    return {
        "algorithm": option["algorithm"],
        "kms_key": (option.get("kms_key") or "") if with_kms else "",
        "bucket_key": with_kms and option.get("bucket_key", True),
    }


def _encryption_faults(item: Mapping[str, Any]) -> list[str]:
    option = item.get("encryption") or {}
    key = option.get("kms_key")
    if key and option["algorithm"] == AES256:
        return [f"encryption names the key {key}, which needs algorithm: {KMS}"]
    if key and not key.startswith("alias/"):
        return [f"encryption.kms_key is an alias as in alias/monay-dev-data, got {key}"]
    # Access logs are lost without a word in a bucket with a KMS key.
    if "s3" in (item.get("log_delivery") or []) and option.get("algorithm") == KMS:
        return [f"S3 delivers access logs only to buckets with algorithm: {AES256}"]
    return []


def _whole_bucket(rule: Mapping[str, Any]) -> bool:
    """Whether the rule copies everything but deletions, as the rules of this collection do."""
    everything = not any((rule.get("Filter") or {}).values()) and not rule.get("Prefix")
    return everything and rule.get("DeleteMarkerReplication", {}).get("Status") != "Enabled"


def _last(arn: str) -> str:
    return arn.rpartition("/")[2]
