# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, recorded_calls, run_module

REGION = "us-east-1"
ALIAS = "alias/monay-dev-data"
OTHER = "alias/monay-dev-logs"
TAGS = {"Project": "monay", "Environment": "dev"}


def policy(action="kms:DescribeKey"):
    statement = {"Effect": "Allow", "Principal": {"AWS": "123456789012"}, "Action": action, "Resource": "*"}
    return {"Statement": [statement]}


KEY = {"alias": ALIAS, "description": "Data", "policy": policy()}


@pytest.fixture
def kms():
    with mock_aws():
        yield boto3.client("kms", region_name=REGION)


def task(*keys, **extra):
    return {"region": REGION, "keys": list(keys), "tags": TAGS, **extra}


def key_id(kms, alias=ALIAS):
    return next(each["TargetKeyId"] for each in kms.list_aliases()["Aliases"] if each["AliasName"] == alias)


def own_keys(kms):
    described = [kms.describe_key(KeyId=each["KeyId"])["KeyMetadata"] for each in kms.list_keys()["Keys"]]
    return [key for key in described if key["KeyManager"] == "CUSTOMER"]


def tags_of(kms, key):
    return {each["TagKey"]: each["TagValue"] for each in kms.list_resource_tags(KeyId=key)["Tags"]}


def test_create_as_previewed_then_nothing(kms):
    created = assert_previewed("kms_key", task(KEY, {"alias": OTHER}))

    assert changes(created) == {("create", "KMS key", ALIAS), ("create", "KMS key", OTHER)}
    key = key_id(kms)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Description"] == "Data"
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True
    assert tags_of(kms, key) == {**TAGS, "Name": ALIAS}
    statement = json.loads(kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])["Statement"][0]
    assert statement["Action"] == ["kms:DescribeKey"]
    assert created["resources"]["KMS key"][ALIAS]["id"] == key
    assert_settled("kms_key", task(KEY, {"alias": OTHER}))


@pytest.mark.parametrize(
    ("fields", "changed"),
    [
        pytest.param({"description": "Other"}, ["description"], id="description"),
        pytest.param({"policy": policy("kms:ListGrants")}, ["policy"], id="policy"),
        pytest.param({"rotation": False}, ["rotation_days"], id="rotation"),
        pytest.param({"enabled": False}, ["key_state"], id="enabled"),
        pytest.param({"tags": {"Environment": "staging"}}, ["tags"], id="tags"),
    ],
)
@pytest.mark.usefixtures("kms")
def test_each_field_is_updated(fields, changed):
    run_module("kms_key", task(KEY))

    updated = assert_previewed("kms_key", task({**KEY, **fields}))

    assert [(change["action"], change["fields"]) for change in updated["changes"]] == [("update", changed)]
    assert_settled("kms_key", task({**KEY, **fields}))


def test_a_disabled_key_is_enabled_again(kms):
    run_module("kms_key", task({**KEY, "enabled": False}))
    assert kms.describe_key(KeyId=key_id(kms))["KeyMetadata"]["Enabled"] is False

    run_module("kms_key", task(KEY))

    assert kms.describe_key(KeyId=key_id(kms))["KeyMetadata"]["Enabled"] is True


def test_a_key_that_an_interrupted_run_left_without_alias_is_adopted(kms):
    run_module("kms_key", task(KEY))
    kms.delete_alias(AliasName=ALIAS)

    adopted = assert_previewed("kms_key", task(KEY))

    assert [(change["action"], change["fields"]) for change in adopted["changes"]] == [("update", ["alias"])]
    assert len(own_keys(kms)) == 1
    assert_settled("kms_key", task(KEY))


def test_a_key_without_any_tags_of_the_task_is_still_found_again(kms):
    run_module("kms_key", {"region": REGION, "keys": [KEY]})
    kms.delete_alias(AliasName=ALIAS)

    run_module("kms_key", {"region": REGION, "keys": [KEY]})

    assert len(own_keys(kms)) == 1


def test_two_keys_with_our_tag_and_no_alias_are_a_question_for_a_person(kms):
    for _each in range(2):
        kms.create_key(Tags=[{"TagKey": "Name", "TagValue": ALIAS}])

    message = fail_module("kms_key", task(KEY))

    assert f"all have the tag Name={ALIAS} and no alias" in message
    assert len(own_keys(kms)) == 2


def test_a_lost_answer_to_the_creation_is_answered_by_looking(kms, monkeypatch):
    call = BaseClient._make_api_call

    def lose_answer(client, operation, params):
        answer = call(client, operation, params)
        if operation == "CreateKey":
            raise ReadTimeoutError(endpoint_url="https://kms")
        return answer

    monkeypatch.setattr(BaseClient, "_make_api_call", lose_answer)
    run_module("kms_key", task(KEY))

    assert len(own_keys(kms)) == 1
    assert_settled("kms_key", task(KEY))


def test_delete_schedules_and_present_takes_it_back(kms):
    run_module("kms_key", task(KEY))
    absent = task({"alias": ALIAS, "deletion_window": 7}, state="absent")

    deleted = assert_previewed("kms_key", absent)

    assert changes(deleted) == {("delete", "KMS key", ALIAS)}
    key = kms.describe_key(KeyId=key_id(kms))["KeyMetadata"]
    assert key["KeyState"] == "PendingDeletion"
    assert 6 <= (key["DeletionDate"] - key["CreationDate"]).days <= 7
    assert_settled("kms_key", absent)

    back = assert_previewed("kms_key", task(KEY))

    assert changes(back) == {("update", "KMS key", ALIAS)}
    assert '"key_state": "PendingDeletion"' in back["diff"][0]["before"]
    assert '"key_state": "Enabled"' in back["diff"][0]["after"]
    assert len(own_keys(kms)) == 1
    assert_settled("kms_key", task(KEY))


def test_of_a_pending_key_alone_aws_may_refuse_to_tell_the_rotation(kms, monkeypatch):
    run_module("kms_key", task(KEY))
    run_module("kms_key", task({"alias": ALIAS}, state="absent"))
    call = BaseClient._make_api_call

    def refuse(client, operation, params):
        if operation == "GetKeyRotationStatus":
            error = {"Code": "KMSInvalidStateException", "Message": "is pending deletion."}
            raise ClientError({"Error": error}, operation)
        return call(client, operation, params)

    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)

    assert changes(run_module("kms_key", task(KEY), check=True)) == {("update", "KMS key", ALIAS)}

    kms.cancel_key_deletion(KeyId=key_id(kms))
    message = fail_module("kms_key", task(KEY))

    assert "read rotation of KMS key" in message
    assert "is pending deletion." in message


def test_a_foreign_key_that_waits_for_its_deletion_is_not_taken_back(kms):
    foreign = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=ALIAS, TargetKeyId=foreign)
    kms.schedule_key_deletion(KeyId=foreign)

    message = fail_module("kms_key", task(KEY))

    assert f"no tag Name={ALIAS}" in message
    assert kms.describe_key(KeyId=foreign)["KeyMetadata"]["KeyState"] == "PendingDeletion"


def test_a_key_without_alias_is_deleted_too(kms):
    run_module("kms_key", task(KEY))
    kms.delete_alias(AliasName=ALIAS)

    run_module("kms_key", task({"alias": ALIAS}, state="absent"))

    assert [key["KeyState"] for key in own_keys(kms)] == ["PendingDeletion"]
    assert_settled("kms_key", task({"alias": ALIAS}, state="absent"))


@pytest.mark.usefixtures("kms")
def test_an_ordinary_run_does_not_look_into_foreign_keys():
    run_module("kms_key", task(KEY))

    with recorded_calls() as calls:
        run_module("kms_key", task(KEY))

    assert sorted(calls) == [
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "kms:ListAliases",
        "kms:ListResourceTags",
    ]


@pytest.mark.usefixtures("kms")
def test_multi_region_cannot_be_changed():
    run_module("kms_key", task(KEY))

    assert "multi_region cannot be changed from False to True" in fail_module(
        "kms_key", task({**KEY, "multi_region": True})
    )


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        pytest.param({"alias": "monay-dev-data"}, "an alias is alias/ and", id="no prefix"),
        pytest.param({"alias": "alias/aws/monay"}, "alias/aws/ belongs to AWS", id="AWS's prefix"),
        pytest.param({"rotation_period": 30}, "rotation_period is 30 days; AWS takes 90 to 2560", id="period"),
        pytest.param({"deletion_window": 3}, "deletion_window is 3 days; AWS takes 7 to 30", id="window"),
        pytest.param({"policy": {"Statement": [{"Effect": "Allow"}]}}, "neither Action nor NotAction", id="policy"),
    ],
)
@pytest.mark.usefixtures("kms")
def test_refuses_before_the_first_call(fields, reason):
    with recorded_calls() as calls:
        message = fail_module("kms_key", task({**KEY, **fields}), check=True)

    assert reason in message
    assert calls == []
