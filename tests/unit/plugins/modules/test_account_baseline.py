# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from botocore.client import BaseClient
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
ACCOUNT = "123456789012"
GUARD = {"region": REGION, "account_id": ACCOUNT}
BLOCK = dict.fromkeys(("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"), True)
TAGS = {"Project": "monay"}


@pytest.fixture(autouse=True)
def _aws():
    with mock_aws():
        yield


class FakeAnalyzer:
    """Access Analyzer in memory, for what the module calls of it. `code` makes every call fail."""

    def __init__(self):
        self.analyzers = {}
        self.code = ""

    def call(self, operation, params):
        if self.code:
            raise ClientError({"Error": {"Code": self.code, "Message": "no such service here"}}, operation)
        return getattr(self, operation)(**params)

    def ListAnalyzers(self, type):  # noqa: A002, N802 - AWS's names
        return {"analyzers": [each for each in self.analyzers.values() if each["type"] == type]}

    def CreateAnalyzer(self, analyzerName, type, tags):  # noqa: A002, N802, N803
        arn = f"arn:aws:access-analyzer:{REGION}:{ACCOUNT}:analyzer/{analyzerName}"
        self.analyzers[analyzerName] = {"arn": arn, "name": analyzerName, "type": type, "tags": tags}
        return {"arn": arn}

    def TagResource(self, resourceArn, tags):  # noqa: N802, N803
        next(each for each in self.analyzers.values() if each["arn"] == resourceArn)["tags"].update(tags)

    def DeleteAnalyzer(self, analyzerName):  # noqa: N802, N803
        del self.analyzers[analyzerName]


@pytest.fixture
def analyzer(monkeypatch):
    fake = FakeAnalyzer()
    call = BaseClient._make_api_call

    def route(client, operation, params):
        if client.meta.service_model.service_name == "accessanalyzer":
            return fake.call(operation, params)
        return call(client, operation, params)

    monkeypatch.setattr(BaseClient, "_make_api_call", route)
    return fake


def test_the_guard_alone_only_reads():
    with recorded_calls() as calls:
        result = run_module("account_baseline", {**GUARD, "availability_zones": ["us-east-1a", "us-east-1b"]})

    assert result["changed"] is False
    assert result["account"]["account_id"] == ACCOUNT
    assert sorted(calls) == ["ec2:DescribeAvailabilityZones", "sts:GetCallerIdentity"]


def test_the_wrong_account_is_refused_before_anything_else():
    with recorded_calls() as calls:
        message = fail_module(
            "account_baseline", {**GUARD, "account_id": "222222222222", "s3_public_access_block": True}
        )

    assert f"belong to arn:aws:sts::{ACCOUNT}:user/moto in account {ACCOUNT}" in message
    assert "but platform_account_id is 222222222222" in message
    assert "group_vars/all" in message
    assert calls == ["sts:GetCallerIdentity"]


def test_of_a_wrong_account_and_a_wrong_zone_the_account_is_named():
    message = fail_module(
        "account_baseline", {**GUARD, "account_id": "222222222222", "availability_zones": ["us-east-1z"]}
    )

    assert "but platform_account_id is 222222222222" in message
    assert "us-east-1z" not in message


@pytest.mark.parametrize("account", ["12345678901", "1234-5678-9012", "12 digits"])
def test_an_account_has_12_digits(account):
    message = fail_module("account_baseline", {**GUARD, "account_id": account})

    assert "an AWS account has 12 digits" in message
    assert "in quotes" in message


@pytest.mark.parametrize("zone", ["us-east-1z", "eu-west-1a"])
def test_a_zone_that_the_region_does_not_have_is_refused(zone):
    message = fail_module("account_baseline", {**GUARD, "availability_zones": ["us-east-1a", zone]})

    assert f"platform_availability_zones: {zone} is no zone of us-east-1" in message
    assert "us-east-1a, us-east-1b" in message


def test_settings_are_made_as_previewed_then_nothing():
    task = {
        **GUARD,
        "ebs_encryption_by_default": True,
        "s3_public_access_block": True,
        "password_policy": {"minimum_length": 16, "max_age_days": 0, "remember": 5},
    }

    done = assert_previewed("account_baseline", task)

    assert changes(done) == {
        ("update", "EBS encryption by default", REGION),
        ("create", "S3 public access block of the account", ACCOUNT),
        ("create", "IAM password policy of the account", ACCOUNT),
    }
    assert boto3.client("ec2", region_name=REGION).get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is True
    block = boto3.client("s3control", region_name=REGION).get_public_access_block(AccountId=ACCOUNT)
    assert block["PublicAccessBlockConfiguration"] == BLOCK
    policy = boto3.client("iam", region_name=REGION).get_account_password_policy()["PasswordPolicy"]
    assert (policy["MinimumPasswordLength"], policy["PasswordReusePrevention"]) == (16, 5)
    assert_settled("account_baseline", task)


def test_what_is_left_out_of_a_password_policy_stays():
    run_module("account_baseline", {**GUARD, "password_policy": {"minimum_length": 16, "require_symbols": True}})

    edited = {**GUARD, "password_policy": {"remember": 3}}
    assert_previewed("account_baseline", edited)

    policy = boto3.client("iam", region_name=REGION).get_account_password_policy()["PasswordPolicy"]
    assert (policy["MinimumPasswordLength"], policy["RequireSymbols"]) == (16, True)
    assert_settled("account_baseline", edited)


def test_an_opened_public_access_block_is_closed_again():
    s3control = boto3.client("s3control", region_name=REGION)
    opened = {**BLOCK, "BlockPublicPolicy": False}
    s3control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=opened)

    done = assert_previewed("account_baseline", {**GUARD, "s3_public_access_block": True})

    assert done["changes"][0]["fields"] == ["BlockPublicPolicy"]
    assert s3control.get_public_access_block(AccountId=ACCOUNT)["PublicAccessBlockConfiguration"] == BLOCK


def test_analyzer_from_creation_to_deletion(analyzer):
    task = {**GUARD, "access_analyzer": {"name": "monay-dev"}, "tags": TAGS}

    created = assert_previewed("account_baseline", task)
    assert changes(created) == {("create", "IAM Access Analyzer", "monay-dev")}
    assert analyzer.analyzers["monay-dev"]["type"] == "ACCOUNT"
    assert analyzer.analyzers["monay-dev"]["tags"] == TAGS
    assert_settled("account_baseline", task)

    retagged = assert_previewed("account_baseline", {**task, "tags": {"Project": "other"}})
    assert retagged["changes"][0]["fields"] == ["tags"]

    deleted = assert_previewed("account_baseline", {**task, "state": "absent"})
    assert changes(deleted) == {("delete", "IAM Access Analyzer", "monay-dev")}
    assert analyzer.analyzers == {}
    assert_settled("account_baseline", {**task, "state": "absent"})


def test_an_analyzer_of_somebody_else_serves(analyzer):
    analyzer.CreateAnalyzer("theirs", "ACCOUNT", {})

    result = run_module("account_baseline", {**GUARD, "access_analyzer": {"name": "monay-dev"}, "tags": TAGS})

    assert result["changed"] is False
    assert "theirs watches this account already" in str(result["warnings"])
    assert list(analyzer.analyzers) == ["theirs"]


@pytest.mark.parametrize("code", ["404", "NotImplemented", "UnknownOperationException", "UnrecognizedClientException"])
def test_a_region_without_access_analyzer_is_a_warning(analyzer, code):
    analyzer.code = code

    result = run_module("account_baseline", {**GUARD, "access_analyzer": {"name": "monay-dev"}})

    assert result["changed"] is False
    assert "us-east-1 has no IAM Access Analyzer for this account" in str(result["warnings"])


def test_an_analyzer_that_we_may_not_see_is_a_failure(analyzer):
    analyzer.code = "AccessDeniedException"

    message = fail_module("account_baseline", {**GUARD, "access_analyzer": {"name": "monay-dev"}})

    assert "Allow accessanalyzer:ListAnalyzers to the caller" in message


def test_absent_leaves_the_settings_of_the_account(analyzer):
    run_module("account_baseline", {**GUARD, "s3_public_access_block": True})

    with recorded_calls() as calls:
        run_module("account_baseline", {**GUARD, "s3_public_access_block": True, "state": "absent"})

    assert writes(calls) == []


def test_the_default_ebs_key_is_compared_by_alias(monkeypatch):
    kms = boto3.client("kms", region_name=REGION)
    key = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/monay-dev-data", TargetKeyId=key["KeyId"])
    set_to = {"KmsKeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/aws/ebs"}
    call = BaseClient._make_api_call

    def ebs_key(client, operation, params):
        if operation == "ModifyEbsDefaultKmsKeyId":
            assert params == {"KmsKeyId": "alias/monay-dev-data"}
            set_to["KmsKeyId"] = key["Arn"]
        return set_to if operation.endswith("EbsDefaultKmsKeyId") else call(client, operation, params)

    monkeypatch.setattr(BaseClient, "_make_api_call", ebs_key)
    task = {**GUARD, "ebs_default_kms_key": "alias/monay-dev-data"}

    done = assert_previewed("account_baseline", task)

    assert done["changes"][0]["fields"] == ["kms_key"]
    assert '"alias/aws/ebs"' in done["diff"][0]["before"]
    assert_settled("account_baseline", task)
