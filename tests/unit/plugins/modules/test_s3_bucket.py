# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from tests.support.modules import (
    assert_previewed,
    assert_settled,
    changes,
    fail_module,
    recorded_calls,
    run_module,
    writes,
)

REGION = "us-east-1"
COPY_REGION = "us-west-2"
ACCOUNT = "123456789012"
NAME = "monay-dev-backups"
LOGS = "monay-dev-logs"
COPY = "monay-dev-backups-dr"
ALIAS = "alias/monay-dev-data"
ROLE = "monay-dev-storage-replication"
TAGS = {"Project": "monay", "Environment": "dev"}
LIFECYCLE = [
    {"id": "old-versions", "noncurrent_days": 30, "abort_multipart_days": 7},
    {
        "id": "archive",
        "prefix": "old/",
        "expiration_days": 400,
        "transitions": [{"days": 30, "storage_class": "GLACIER"}],
    },
]
REPLICATION = {"bucket": COPY, "region": COPY_REGION, "role": ROLE, "kms_key": ALIAS}
READ = {
    "Effect": "Allow",
    "Principal": {"Service": "cloudfront.amazonaws.com"},
    "Action": "s3:GetObject",
    "Resource": f"arn:aws:s3:::{NAME}/*",
    "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
}
BUCKET = {
    "name": NAME,
    "encryption": {"algorithm": "aws:kms", "kms_key": ALIAS},
    "versioning": True,
    "policy_statements": [READ],
    "lifecycle": LIFECYCLE,
    "logging": {"bucket": LOGS, "prefix": "s3/backups/"},
    "replication": REPLICATION,
}
LOGS_BUCKET = {"name": LOGS, "encryption": {"algorithm": "AES256"}, "log_delivery": ["s3", "load_balancer"]}
COPY_BUCKET = {"name": COPY, "region": COPY_REGION, "versioning": True}


@pytest.fixture
def s3():
    with mock_aws():
        for region in (REGION, COPY_REGION):
            kms = boto3.client("kms", region_name=region)
            for alias in (ALIAS, "alias/other"):
                kms.create_alias(AliasName=alias, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
        iam = boto3.client("iam", region_name=REGION)
        for role in (ROLE, "other"):
            iam.create_role(RoleName=role, AssumeRolePolicyDocument="{}", Path="/monay/dev/")
        yield boto3.client("s3", region_name=REGION)


def task(*buckets, **extra):
    listed = list(buckets or [BUCKET, LOGS_BUCKET, COPY_BUCKET])
    return {"region": REGION, "account_id": ACCOUNT, "buckets": listed, "tags": TAGS, **extra}


def edited(**fields):
    return task({**BUCKET, **fields}, LOGS_BUCKET, COPY_BUCKET)


def alone(**fields):
    """The bucket without the others, which it does not need for its own settings."""
    return task({**BUCKET, "logging": None, "replication": None, **fields})


def absent(**extra):
    return {"region": REGION, "buckets": [{"name": NAME}], "state": "absent", **extra}


def test_create_as_previewed_then_nothing(s3):
    created = assert_previewed("s3_bucket", task())

    assert changes(created) == {
        *(("create", "S3 bucket", name) for name in (NAME, LOGS, COPY)),
        ("create", "S3 access logging", NAME),
        ("create", "S3 replication", NAME),
    }
    rule = s3.get_bucket_encryption(Bucket=NAME)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert "key/" in rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    assert rule["BucketKeyEnabled"] is True
    assert s3.get_bucket_versioning(Bucket=NAME)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=NAME)["PublicAccessBlockConfiguration"].values())
    ownership = s3.get_bucket_ownership_controls(Bucket=NAME)["OwnershipControls"]["Rules"]
    assert ownership == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=NAME)["TagSet"]} == TAGS
    assert s3.get_bucket_logging(Bucket=NAME)["LoggingEnabled"] == {"TargetBucket": LOGS, "TargetPrefix": "s3/backups/"}
    assert s3.get_bucket_location(Bucket=COPY)["LocationConstraint"] == COPY_REGION
    assert_settled("s3_bucket", task())


def test_only_encrypted_connections_and_our_own_logs(s3):
    run_module("s3_bucket", task())

    statements = json.loads(s3.get_bucket_policy(Bucket=LOGS)["Policy"])["Statement"]

    (denied,) = (each for each in statements if each["Effect"] == "Deny")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert set(denied["Resource"]) == {f"arn:aws:s3:::{LOGS}", f"arn:aws:s3:::{LOGS}/*"}
    allowed = {each["Principal"]["Service"]: each for each in statements if each["Effect"] == "Allow"}
    assert set(allowed) == {"logging.s3.amazonaws.com", "logdelivery.elasticloadbalancing.amazonaws.com"}
    for each in allowed.values():
        assert each["Action"] == "s3:PutObject"
        assert each["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def test_replication_is_what_was_asked_for(s3):
    run_module("s3_bucket", task())

    configuration = s3.get_bucket_replication(Bucket=NAME)["ReplicationConfiguration"]

    assert configuration["Role"] == f"arn:aws:iam::{ACCOUNT}:role/monay/dev/{ROLE}"
    (rule,) = configuration["Rules"]
    assert rule["Status"] == "Enabled"
    assert rule["Destination"]["Bucket"] == f"arn:aws:s3:::{COPY}"
    assert COPY_REGION in rule["Destination"]["EncryptionConfiguration"]["ReplicaKmsKeyID"]


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize(
    ("fields", "changed"),
    [
        pytest.param({"encryption": {"algorithm": "AES256"}}, ["encryption"], id="no KMS"),
        pytest.param({"encryption": {"algorithm": "aws:kms", "kms_key": "alias/other"}}, ["encryption"], id="key"),
        pytest.param(
            {"encryption": {"algorithm": "aws:kms", "kms_key": ALIAS, "bucket_key": False}},
            ["encryption"],
            id="bucket key",
        ),
        pytest.param({"versioning": False}, ["versioning"], id="versioning"),
        pytest.param({"public_access_block": {"block_public_policy": False}}, ["public_access_block"], id="access"),
        pytest.param({"object_ownership": "BucketOwnerPreferred"}, ["object_ownership"], id="ownership"),
        pytest.param({"require_tls": False}, ["policy"], id="TLS"),
        pytest.param({"require_tls": False, "policy_statements": []}, ["policy"], id="no policy"),
        pytest.param({"lifecycle": LIFECYCLE[:1]}, ["lifecycle"], id="a rule less"),
        pytest.param({"lifecycle": [{**LIFECYCLE[0], "noncurrent_days": 45}]}, ["lifecycle"], id="a number of days"),
        pytest.param({"lifecycle": []}, ["lifecycle"], id="no rule"),
        pytest.param({"tags": {"Environment": "staging"}}, ["tags"], id="tags"),
    ],
)
def test_each_setting_is_updated(fields, changed):
    run_module("s3_bucket", alone())

    updated = assert_previewed("s3_bucket", alone(**fields))

    assert [(change["action"], change["kind"], change["fields"]) for change in updated["changes"]] == [
        ("update", "S3 bucket", changed)
    ]
    assert_settled("s3_bucket", alone(**fields))


def test_versioning_and_replication_end_together(s3):
    run_module("s3_bucket", task())

    assert_previewed("s3_bucket", edited(versioning=False, replication={}))

    assert s3.get_bucket_versioning(Bucket=NAME)["Status"] == "Suspended"
    assert_settled("s3_bucket", edited(versioning=False, replication={}))


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize(
    ("fields", "change"),
    [
        pytest.param(
            {"logging": {"bucket": LOGS, "prefix": "x/"}}, ("update", "S3 access logging", ["prefix"]), id="log prefix"
        ),
        pytest.param({"logging": {}}, ("delete", "S3 access logging", []), id="no logs"),
        pytest.param(
            {"replication": {**REPLICATION, "role": "other"}}, ("update", "S3 replication", ["role"]), id="role"
        ),
        pytest.param(
            {"replication": {**REPLICATION, "kms_key": "alias/other"}},
            ("update", "S3 replication", ["kms_key"]),
            id="key of the copy",
        ),
        pytest.param({"replication": {}}, ("delete", "S3 replication", []), id="no copy"),
    ],
)
def test_what_is_delivered_is_updated(fields, change):
    run_module("s3_bucket", task())

    updated = assert_previewed("s3_bucket", edited(**fields))

    assert [(each["action"], each["kind"], each["fields"]) for each in updated["changes"]] == [change]
    assert_settled("s3_bucket", edited(**fields))


@pytest.mark.usefixtures("s3")
def test_what_is_left_out_is_left_alone():
    run_module("s3_bucket", edited(policy_statements=[]))

    assert_settled("s3_bucket", {"region": REGION, "buckets": [{"name": NAME}]})


def test_a_foreign_replication_is_replaced(s3):
    run_module("s3_bucket", task())
    configuration = s3.get_bucket_replication(Bucket=NAME)["ReplicationConfiguration"]
    second = {**configuration["Rules"][0], "ID": "second", "Priority": 2}
    s3.put_bucket_replication(
        Bucket=NAME, ReplicationConfiguration={**configuration, "Rules": [*configuration["Rules"], second]}
    )

    assert_previewed("s3_bucket", task())

    assert [rule["ID"] for rule in s3.get_bucket_replication(Bucket=NAME)["ReplicationConfiguration"]["Rules"]] == [
        "everything"
    ]
    assert_settled("s3_bucket", task())


def test_a_run_that_was_interrupted_is_continued(s3):
    s3.create_bucket(Bucket=NAME)

    updated = run_module("s3_bucket", task())

    assert ("update", "S3 bucket", NAME) in changes(updated)
    assert_settled("s3_bucket", task())


def test_a_bucket_cannot_move(s3):
    s3.create_bucket(Bucket=NAME, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    message = fail_module("s3_bucket", task({"name": NAME}))

    assert "region cannot be changed from 'eu-west-1' to 'us-east-1'" in message


def test_a_full_bucket_is_refused_before_anything_is_deleted(s3):
    run_module("s3_bucket", task({"name": NAME, "require_tls": False}, COPY_BUCKET))
    s3.put_object(Bucket=NAME, Key="kept", Body=b"data")
    buckets = [{"name": COPY, "region": COPY_REGION}, {"name": NAME}]

    with recorded_calls() as calls:
        message = fail_module("s3_bucket", absent(buckets=buckets))

    assert f"S3 bucket {NAME}: there are objects" in message
    assert "force: true" in message
    assert writes(calls) == []


def test_force_deletes_every_version_and_says_how_many(s3):
    run_module("s3_bucket", alone(require_tls=False))
    for key in ("a", "a", "b"):
        s3.put_object(Bucket=NAME, Key=key, Body=b"data")
    s3.delete_object(Bucket=NAME, Key="b")

    deleted = assert_previewed("s3_bucket", absent(force=True))

    assert changes(deleted) == {("delete", "S3 bucket", NAME)}
    assert deleted["deleted_objects"] == {NAME: 4}
    with pytest.raises(ClientError, match="404"):
        s3.head_bucket(Bucket=NAME)
    assert_settled("s3_bucket", absent(force=True))


@pytest.mark.usefixtures("s3")
def test_an_empty_bucket_is_deleted_without_force():
    run_module("s3_bucket", alone())

    deleted = assert_previewed("s3_bucket", absent())

    assert changes(deleted) == {("delete", "S3 bucket", NAME)}
    assert_settled("s3_bucket", absent())


def test_check_works_on_an_empty_account():
    with mock_aws(), recorded_calls() as calls:
        preview = run_module("s3_bucket", task(), check=True)

    assert len(preview["changes"]) == 5
    assert writes(calls) == []


@pytest.mark.usefixtures("s3")
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param(
            {"replication": {**REPLICATION, "role": "missing"}}, "IAM role missing, which does not exist", id="role"
        ),
        pytest.param(
            {"encryption": {"algorithm": "aws:kms", "kms_key": "alias/missing"}},
            "alias/missing, which does not",
            id="key",
        ),
        pytest.param({"name": "Monay_Dev"}, "lower-case letters", id="name"),
    ],
)
def test_readable_failure(fields, words):
    assert words in fail_module("s3_bucket", edited(**fields))
