# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module

REGION = "us-east-1"
NAME = "/monay/dev/api"
GROUP = {"name": NAME, "retention_days": 30}


def args(**extra):
    return {"region": REGION, "log_groups": [GROUP], "tags": {"Project": "monay"}, **extra}


@pytest.fixture
def logs():
    with mock_aws():
        yield boto3.client("logs", region_name=REGION)


def described(logs):
    return logs.describe_log_groups(logGroupNamePrefix=NAME)["logGroups"]


def test_creates_as_previewed_and_settles(logs):
    done = assert_previewed("log_group", args())

    assert changes(done) == {("create", "log group", NAME)}
    (group,) = described(logs)
    assert group["retentionInDays"] == 30
    assert logs.list_tags_for_resource(resourceArn=done["resources"]["log group"][NAME]["arn"])["tags"] == {
        "Project": "monay"
    }
    assert_settled("log_group", args())


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        pytest.param({"log_groups": [{**GROUP, "retention_days": 7}]}, ["retention_days"], id="retention"),
        pytest.param({"log_groups": [{**GROUP, "retention_days": 0}]}, ["retention_days"], id="for ever"),
        pytest.param({"tags": {"Project": "monay", "Owner": "us"}}, ["tags"], id="tag added"),
        pytest.param({"tags": {}}, ["tags"], id="tags removed"),
    ],
)
def test_changes_one_field(logs, change, fields):
    run_module("log_group", args())

    done = assert_previewed("log_group", args(**change))

    assert [each["fields"] for each in done["changes"]] == [fields]
    assert_settled("log_group", args(**change))


def test_foreign_tags_stay_where_they_are_not_purged(logs):
    run_module("log_group", args(tags={"Theirs": "kept"}))
    run_module("log_group", args(purge_tags=False))

    arn = described(logs)[0]["arn"].removesuffix(":*")
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"Theirs": "kept", "Project": "monay"}


def test_what_is_not_said_is_left_alone(logs):
    run_module("log_group", args())

    assert_settled("log_group", {"region": REGION, "log_groups": [{"name": NAME}]})


def test_a_key_may_be_named_by_its_alias(logs):
    kms = boto3.client("kms", region_name=REGION)
    arn = kms.create_key()["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/monay-dev-logs", TargetKeyId=arn)
    encrypted = args(log_groups=[{**GROUP, "kms_key": "alias/monay-dev-logs"}])

    assert_previewed("log_group", encrypted)

    assert described(logs)[0]["kmsKeyId"] == arn
    assert_settled("log_group", encrypted)


def test_names_a_key_that_does_not_exist(logs):
    message = fail_module("log_group", args(log_groups=[{**GROUP, "kms_key": "alias/nobody"}]))

    assert f"log group {NAME} is to be encrypted with alias/nobody, which does not exist" in message
    assert described(logs) == []


def test_a_longer_name_is_another_group(logs):
    logs.create_log_group(logGroupName=f"{NAME}-2")

    assert changes(run_module("log_group", args())) == {("create", "log group", NAME)}


def test_deletes_once(logs):
    run_module("log_group", args())

    assert changes(assert_previewed("log_group", args(state="absent"))) == {("delete", "log group", NAME)}
    assert_settled("log_group", args(state="absent"))
    assert described(logs) == []


def test_says_what_it_could_not_do(logs):
    name = "x" * 513

    message = fail_module("log_group", args(log_groups=[{"name": name}]))

    assert f"Cannot create log group {name}" in message or f"Cannot find log group {name}" in message
    assert "logs:" in message
