# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import string

import boto3
import pytest
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
NAME = "monay/dev/monay-enterprise-wallet"
ALIAS = "alias/monay-dev-secrets"
TAGS = {"Project": "monay", "Environment": "dev"}
POLICY = {
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
            "Condition": {"Bool": {"aws:SecureTransport": False}},
        }
    ]
}
SECRET = {
    "name": NAME,
    "description": "Keys of the wallet",
    "kms_key": ALIAS,
    "generate": {"keys": ["SESSION_SECRET", "JWT_SECRET"], "length": 40, "exclude_punctuation": True},
    "template": {"ISSUER": "wallet"},
    "policy": POLICY,
    "replica_regions": ["us-west-2"],
}


@pytest.fixture
def manager():
    with mock_aws():
        kms = boto3.client("kms", region_name=REGION)
        for alias in (ALIAS, "alias/other"):
            kms.create_alias(AliasName=alias, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
        yield boto3.client("secretsmanager", region_name=REGION)


def task(*secrets, **extra):
    return {"region": REGION, "secrets": list(secrets or [SECRET]), "tags": TAGS, **extra}


def edited(**fields):
    return task({**SECRET, **fields})


def value(manager):
    return manager.get_secret_value(SecretId=NAME)["SecretString"]


def test_create_as_previewed_then_nothing(manager):
    created = assert_previewed("secretsmanager_secret", task())

    assert changes(created) == {("create", "secret", NAME)}
    data = manager.describe_secret(SecretId=NAME)
    assert data["Description"] == "Keys of the wallet"
    assert data["ReplicationStatus"][0]["Region"] == "us-west-2"
    assert {tag["Key"]: tag["Value"] for tag in data["Tags"]} == TAGS
    made = json.loads(value(manager))
    assert set(made) == {"SESSION_SECRET", "JWT_SECRET", "ISSUER"}
    assert len(made["JWT_SECRET"]) == 40
    assert set(made["JWT_SECRET"]) <= set(string.ascii_letters + string.digits)
    assert created["resources"]["secret"][NAME]["arn"] == data["ARN"]
    assert_settled("secretsmanager_secret", task())


def test_the_value_is_in_nothing_that_the_module_says(manager):
    said = json.dumps(run_module("secretsmanager_secret", task()))

    made = json.loads(value(manager))
    assert made["SESSION_SECRET"] not in said
    assert made["JWT_SECRET"] not in said


def test_values_are_made_once_and_never_read(manager):
    run_module("secretsmanager_secret", task())
    before = value(manager)

    with recorded_calls() as calls:
        run_module("secretsmanager_secret", edited(description="Other", generate={"keys": ["ANOTHER"]}))

    assert value(manager) == before
    assert "secretsmanager:UpdateSecret" in calls
    assert not {"secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"} & set(calls)


def test_two_secrets_have_different_values(manager):
    run_module("secretsmanager_secret", task({"name": "a"}, {"name": "b"}))

    first, second = (manager.get_secret_value(SecretId=name)["SecretString"] for name in "ab")
    assert first != second
    assert len(first) == 32


@pytest.mark.parametrize(
    ("fields", "changed"),
    [
        pytest.param({"description": "Other"}, ["description"], id="description"),
        pytest.param({"kms_key": "alias/other"}, ["kms_key"], id="key"),
        pytest.param({"policy": {}}, ["policy"], id="no policy"),
        pytest.param(
            {"policy": {"Statement": [{**POLICY["Statement"][0], "Action": "secretsmanager:*"}]}},
            ["policy"],
            id="policy",
        ),
        pytest.param({"replica_regions": ["eu-west-1"]}, ["replica_regions"], id="another replica"),
        pytest.param({"replica_regions": []}, ["replica_regions"], id="no replica"),
        pytest.param({"tags": {"Environment": "staging"}}, ["tags"], id="tags"),
    ],
)
def test_each_field_is_updated(manager, fields, changed):
    run_module("secretsmanager_secret", task())
    before = value(manager)

    updated = assert_previewed("secretsmanager_secret", edited(**fields))

    assert [(change["action"], change["fields"]) for change in updated["changes"]] == [("update", changed)]
    assert value(manager) == before
    assert_settled("secretsmanager_secret", edited(**fields))


@pytest.mark.usefixtures("manager")
def test_what_is_left_out_is_left_alone():
    run_module("secretsmanager_secret", task())

    assert_settled("secretsmanager_secret", {"region": REGION, "secrets": [{"name": NAME}]})


def test_a_key_with_two_aliases_is_no_change():
    with mock_aws():
        kms = boto3.client("kms", region_name=REGION)
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        for alias in ("alias/another", ALIAS):
            kms.create_alias(AliasName=alias, TargetKeyId=key)
        run_module("secretsmanager_secret", task())

        assert_settled("secretsmanager_secret", task())


def test_a_secret_without_a_value_gets_one(manager):
    manager.create_secret(Name=NAME)

    updated = assert_previewed("secretsmanager_secret", task({"name": NAME}))

    assert "has_value" in updated["changes"][0]["fields"]
    assert len(value(manager)) == 32
    assert_settled("secretsmanager_secret", task({"name": NAME}))


def test_a_deleted_secret_is_restored_with_its_value(manager):
    run_module("secretsmanager_secret", task())
    before = value(manager)
    run_module("secretsmanager_secret", task(state="absent"))

    restored = assert_previewed("secretsmanager_secret", task())

    assert restored["changes"][0]["action"] == "update"
    assert "deletion_scheduled" in restored["changes"][0]["fields"]
    assert value(manager) == before
    assert_settled("secretsmanager_secret", task())


def test_delete_leaves_time_to_restore(manager):
    run_module("secretsmanager_secret", task())

    deleted = assert_previewed("secretsmanager_secret", task(state="absent", recovery_window_days=7))

    assert changes(deleted) == {("delete", "secret", NAME)}
    data = manager.describe_secret(SecretId=NAME)
    assert data["DeletedDate"]
    assert "ReplicationStatus" not in data
    assert_settled("secretsmanager_secret", task(state="absent"))


@pytest.mark.parametrize("scheduled", [False, True])
def test_delete_at_once(manager, scheduled):
    run_module("secretsmanager_secret", task())
    if scheduled:
        run_module("secretsmanager_secret", task(state="absent"))

    deleted = assert_previewed("secretsmanager_secret", task(state="absent", force=True))

    assert changes(deleted) == {("delete", "secret", NAME)}
    with pytest.raises(manager.exceptions.ResourceNotFoundException):
        manager.describe_secret(SecretId=NAME)
    assert_settled("secretsmanager_secret", task(state="absent", force=True))


@pytest.mark.usefixtures("manager")
def test_refused_before_anything_is_written():
    with recorded_calls() as calls:
        missing = fail_module("secretsmanager_secret", edited(kms_key="alias/missing"))
        window = fail_module("secretsmanager_secret", task(state="absent", recovery_window_days=3))

    assert "alias/missing, which does not exist in us-east-1" in missing
    assert "recovery_window_days is 3" in window
    assert writes(calls) == []


def test_check_works_where_the_key_is_still_to_come():
    with mock_aws():
        preview = run_module("secretsmanager_secret", task(), check=True)

    assert changes(preview) == {("create", "secret", NAME)}
