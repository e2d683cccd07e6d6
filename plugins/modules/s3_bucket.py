#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: s3_bucket
short_description: Manage S3 buckets with all their settings
version_added: 0.1.0
description:
  - Creates, updates and deletes S3 buckets, with encryption, versioning, Object Lock, public access block, policy,
    lifecycle, access logging and replication.
  - Buckets that get the logs or the copies of others may stand in the same list, in any order.
author: Monay platform engineers (@monay)
options:
  buckets:
    description: The buckets. A setting that is left out, and has no default, is left alone.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the bucket, unique in the whole world.
        type: str
        required: true
      region:
        description: Region of the bucket, where it is not the task's.
        type: str
      encryption:
        description: How objects are encrypted that do not say it themselves.
        type: dict
        suboptions:
          algorithm:
            description: V(AES256) with keys of S3, V(aws:kms) with a key in KMS.
            type: str
            choices: [AES256, "aws:kms"]
            required: true
          kms_key:
            description: Alias of the KMS key, as in V(alias/monay-dev-data). Without it, AWS's own key is used.
            type: str
          bucket_key:
            description: Ask KMS for a key of the bucket now and then, instead of a key an object.
            type: bool
            default: true
      versioning:
        description: Keep what is overwritten or deleted, as old versions.
        type: bool
      object_lock:
        description:
          - For how long new objects can be neither deleted nor overwritten. Needs O(buckets[].versioning).
          - Object Lock of a bucket cannot be switched off again. An empty dictionary, or V(0) days, means that new
            objects are not locked; those that are keep their retention.
        type: dict
        suboptions:
          mode:
            description:
              - V(GOVERNANCE) lets those delete objects who have the permission C(s3:BypassGovernanceRetention) and ask
                for it.
              - V(COMPLIANCE) lets nobody, not even AWS.
            type: str
            choices: [GOVERNANCE, COMPLIANCE]
            default: GOVERNANCE
          days:
            description: Days for which a new object is locked.
            type: int
      public_access_block:
        description: What is refused of all that would make objects public. Without it, everything is.
        type: dict
        suboptions:
          block_public_acls:
            description: Refuse access control lists that make things public.
            type: bool
            default: true
          ignore_public_acls:
            description: Ignore those that exist.
            type: bool
            default: true
          block_public_policy:
            description: Refuse a policy that makes the bucket public.
            type: bool
            default: true
          restrict_public_buckets:
            description: Let nobody in from outside under a policy that makes the bucket public.
            type: bool
            default: true
      object_ownership:
        description: Who owns the objects that others put in. V(BucketOwnerEnforced) turns access control lists off.
        type: str
        choices: [BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter]
        default: BucketOwnerEnforced
      require_tls:
        description: Have a statement in the policy that turns away connections without TLS.
        type: bool
        default: true
      log_delivery:
        description:
          - Services that may deliver the logs of O(account_id) into this bucket.
          - V(s3) are the access logs of other buckets, which need V(AES256); V(load_balancer) and V(cloudfront) are
            those of load balancers and of distributions.
        type: list
        elements: str
        choices: [s3, load_balancer, cloudfront]
      cloudfront_prefix:
        description:
          - Beginning of the keys that the CloudFront distributions of O(account_id) may read; an empty string for all.
          - Without it, none may.
        type: str
      policy_statements:
        description: More statements of the policy. The policy has these and the ones above, no others.
        type: list
        elements: dict
      lifecycle:
        description: When objects move to cheaper storage, and when they expire. An empty list removes all rules.
        type: list
        elements: dict
        suboptions:
          id:
            description: Name of the rule.
            type: str
            required: true
          prefix:
            description: Beginning of the keys that the rule is for; all without it.
            type: str
          expiration_days:
            description: Days after which an object expires.
            type: int
          noncurrent_days:
            description: Days after which an old version goes.
            type: int
          abort_multipart_days:
            description: Days after which an upload in parts, that was never completed, goes.
            type: int
          transitions:
            description: Moves to other storage classes.
            type: list
            elements: dict
            suboptions:
              days:
                description: Days after which an object moves.
                type: int
                required: true
              storage_class:
                description: Where it moves to.
                type: str
                choices: [STANDARD_IA, ONEZONE_IA, INTELLIGENT_TIERING, GLACIER_IR, GLACIER, DEEP_ARCHIVE]
                required: true
      logging:
        description: Where access logs go. An empty dictionary turns them off.
        type: dict
        suboptions:
          bucket:
            description: Bucket that gets the logs. It needs O(buckets[].log_delivery=s3).
            type: str
          prefix:
            description: Beginning of the keys of the logs.
            type: str
      replication:
        description: Where every new object is copied to. Deletions are not copied. An empty dictionary stops it.
        type: dict
        suboptions:
          bucket:
            description: Bucket that gets the copies, with versioning.
            type: str
          region:
            description: Region of that bucket.
            type: str
          role:
            description: Name of the IAM role that S3 takes to copy.
            type: str
          kms_key:
            description:
              - Alias of the KMS key in O(buckets[].replication.region) that encrypts the copies.
              - Needed where objects are encrypted with V(aws:kms); without it these are not copied.
            type: str
      tags:
        description: Tags of this bucket.
        type: dict
  account_id:
    description: The account whose logs O(buckets[].log_delivery), and whose distributions
      O(buckets[].cloudfront_prefix), let in.
    type: str
  force:
    description: Delete a bucket with all its objects and their versions. Without it, only empty buckets are deleted.
    type: bool
    default: false
  bypass_governance_retention:
    description:
      - With O(force), delete what Object Lock keeps in the mode V(GOVERNANCE), too. Without it, a bucket with Object
        Lock is deleted only when it is empty.
    type: bool
    default: false
  state:
    description: Whether the buckets exist.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Manage a bucket for backups, and one for the logs of its access
  monay.platform.s3_bucket:
    region: eu-west-1
    account_id: "111111111111"
    buckets:
      - name: monay-dev-111111111111-backups
        encryption:
          algorithm: aws:kms
          kms_key: alias/monay-dev-data
        versioning: true
        lifecycle:
          - id: old-versions
            noncurrent_days: 30
        logging:
          bucket: monay-dev-111111111111-logs
          prefix: s3/backups/
      - name: monay-dev-111111111111-logs
        encryption:
          algorithm: AES256
        log_delivery: [s3]
    tags:
      Project: monay

- name: Manage a bucket of which nothing can be deleted for a year
  monay.platform.s3_bucket:
    region: eu-west-1
    buckets:
      - name: monay-prod-333333333333-ledger
        versioning: true
        object_lock:
          mode: GOVERNANCE
          days: 365

- name: Delete a bucket with all that is in it
  monay.platform.s3_bucket:
    region: eu-west-1
    buckets:
      - name: monay-dev-111111111111-backups
    state: absent
    force: true
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: update, kind: S3 bucket, name: monay-dev-111111111111-backups, fields: [lifecycle]}]
resources:
  description: Each bucket that exists at the end, by kind and name.
  returned: always
  type: dict
  sample:
    S3 bucket:
      monay-dev-111111111111-backups:
        id: monay-dev-111111111111-backups
        arn: arn:aws:s3:::monay-dev-111111111111-backups
deleted_objects:
  description: How many objects, old versions and delete markers were deleted with each bucket.
  returned: always
  type: dict
  sample: {monay-dev-111111111111-backups: 1204}
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.key_names import KeyNames
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request
from ansible_collections.monay.platform.plugins.module_utils.aws.s3 import Buckets, DeletedBuckets, Regions
from ansible_collections.monay.platform.plugins.module_utils.aws.s3_delivery import AccessLogs, Replications
from ansible_collections.monay.platform.plugins.module_utils.core.bucket import (
    bucket_state,
    logging_state,
    replication_state,
)
from ansible_collections.monay.platform.plugins.module_utils.core.plan import State

ENCRYPTION_SPEC = dict(
    algorithm=dict(type="str", choices=["AES256", "aws:kms"], required=True),
    kms_key=dict(type="str", no_log=False),
    bucket_key=dict(type="bool", default=True, no_log=False),
)
BLOCK_SPEC = dict(
    block_public_acls=dict(type="bool", default=True),
    ignore_public_acls=dict(type="bool", default=True),
    block_public_policy=dict(type="bool", default=True),
    restrict_public_buckets=dict(type="bool", default=True),
)
TRANSITION_SPEC = dict(
    days=dict(type="int", required=True),
    storage_class=dict(
        type="str",
        choices=["STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE"],
        required=True,
    ),
)
LIFECYCLE_SPEC = dict(
    id=dict(type="str", required=True),
    prefix=dict(type="str"),
    expiration_days=dict(type="int"),
    noncurrent_days=dict(type="int"),
    abort_multipart_days=dict(type="int"),
    transitions=dict(type="list", elements="dict", options=TRANSITION_SPEC),
)
LOCK_SPEC = dict(
    mode=dict(type="str", choices=["GOVERNANCE", "COMPLIANCE"], default="GOVERNANCE"),
    days=dict(type="int"),
)
LOGGING_SPEC = dict(bucket=dict(type="str"), prefix=dict(type="str"))
REPLICATION_SPEC = dict(
    bucket=dict(type="str"),
    region=dict(type="str"),
    role=dict(type="str"),
    kms_key=dict(type="str", no_log=False),
)
BUCKET_SPEC = dict(
    name=dict(type="str", required=True),
    region=dict(type="str"),
    encryption=dict(type="dict", options=ENCRYPTION_SPEC),
    versioning=dict(type="bool"),
    object_lock=dict(type="dict", options=LOCK_SPEC),
    public_access_block=dict(type="dict", apply_defaults=True, options=BLOCK_SPEC),
    object_ownership=dict(
        type="str",
        choices=["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"],
        default="BucketOwnerEnforced",
    ),
    require_tls=dict(type="bool", default=True),
    log_delivery=dict(type="list", elements="str", choices=["s3", "load_balancer", "cloudfront"]),
    cloudfront_prefix=dict(type="str"),
    policy_statements=dict(type="list", elements="dict"),
    lifecycle=dict(type="list", elements="dict", options=LIFECYCLE_SPEC),
    logging=dict(type="dict", options=LOGGING_SPEC),
    replication=dict(type="dict", options=REPLICATION_SPEC),
    tags=dict(type="dict"),
)


def work(module: PlatformModule) -> t.NoReturn:
    items = {item["name"]: item for item in module.params["buckets"]}
    regions = regions_of(module, items)
    if module.params["state"] == "absent":
        force, bypass = module.params["force"], module.params["bypass_governance_retention"]
        doomed = DeletedBuckets(regions, {name: ["tags"] for name in items}, force=force, bypass=bypass)
        module.reconcile(module.listed(doomed, "buckets", dict), deleted_objects=doomed.deleted_objects)
    states = {name: bucket_state(item, module.region, module.params["account_id"]) for name, item in items.items()}
    said = {
        name: [*(key for key, value in state.items() if value is not None), "tags"] for name, state in states.items()
    }
    destinations = {name: item["replication"]["region"] for name, item in items.items() if item["replication"]}
    module.reconcile(
        module.listed(Buckets(regions, said), "buckets", lambda item: states[item["name"]]),
        delivery(AccessLogs(regions), {name: logging_state(item) for name, item in items.items()}),
        delivery(
            Replications(regions, module.api("iam"), {name: region for name, region in destinations.items() if region}),
            {name: replication_state(item) for name, item in items.items()},
        ),
        deleted_objects={},
    )


def delivery(kind: AccessLogs | Replications, states: dict[str, State | None]) -> Request:
    """What is wanted where something is said; {} says that there is to be none."""
    wanted = {name: state for name, state in states.items() if state}
    return Request(kind, wanted, absent=frozenset(name for name, state in states.items() if state == {}))


def regions_of(module: PlatformModule, items: dict[str, dict[str, t.Any]]) -> Regions:
    """Clients of every region that a bucket or a copy is in, made before threads use them."""
    of_bucket = {name: item["region"] or module.region for name, item in items.items()}
    copies = {name: item["replication"] or {} for name, item in items.items()}
    used = {*of_bucket.values(), *(copy["region"] for copy in copies.values() if copy.get("region"))}
    aliases = [(item["encryption"] or {}).get("kms_key") for item in items.values()]
    aliases += [copy.get("kms_key") for copy in copies.values()]
    keys = {region: KeyNames(module.api("kms", region), aliases) for region in used}
    return Regions({region: module.api("s3", region) for region in used}, keys, of_bucket)


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            buckets=dict(type="list", elements="dict", required=True, options=BUCKET_SPEC),
            account_id=dict(type="str"),
            force=dict(type="bool", default=False),
            bypass_governance_retention=dict(type="bool", default=False),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
        )
    ).run(work)


if __name__ == "__main__":
    main()
