# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import boto3
import pytest
from moto import mock_aws

from tests.support.modules import recorded_calls, run_module, writes

REGION, OTHER = "us-east-1", "us-west-2"
TAGS = {"Project": "monay", "Environment": "dev"}
PAIRS = [{"Key": key, "Value": value} for key, value in TAGS.items()]


@pytest.fixture(autouse=True)
def aws():
    with mock_aws():
        yield


def key(region=REGION):
    tags = [{"TagKey": name, "TagValue": value} for name, value in TAGS.items()]
    return boto3.client("kms", region_name=region).create_key(Tags=tags)["KeyMetadata"]["Arn"]


def listed(**extra):
    with recorded_calls() as calls:
        result = run_module("stack_info", {"region": REGION, "tags": TAGS, **extra})
    assert writes(calls) == []
    assert result["changed"] is False
    return {each["arn"]: each for each in result["resources"]}


def test_finds_what_carries_all_the_tags():
    ec2 = boto3.client("ec2", region_name=REGION)
    tagged = [*PAIRS, {"Key": "Name", "Value": "monay-dev"}, {"Key": "Component", "Value": "monay-vpc"}]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": tagged}])["Vpc"]
    ec2.create_vpc(CidrBlock="10.1.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": PAIRS[:1]}])

    (found,) = listed().values()

    assert found["arn"].endswith(f"vpc/{vpc['VpcId']}")
    assert (found["kind"], found["name"], found["component"]) == ("ec2:vpc", "monay-dev", "monay-vpc")


def test_looks_into_every_region_that_is_asked_for():
    arns = {key(), key(OTHER)}

    assert set(listed(regions=[REGION, OTHER])) == arns
    assert len(listed()) == 1


def test_finds_roles_by_their_path():
    iam = boto3.client("iam", region_name=REGION)
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    iam.create_role(RoleName="ours", Path="/monay/dev/", AssumeRolePolicyDocument=trust, Tags=[*PAIRS])
    iam.create_role(RoleName="theirs", Path="/monay/prod/", AssumeRolePolicyDocument=trust)

    assert [each["name"] for each in listed(iam_path="/monay/dev/").values()] == ["ours"]


def test_tells_what_is_about_to_go():
    arn = key()
    boto3.client("kms", region_name=REGION).schedule_key_deletion(KeyId=arn.rpartition("/")[2], PendingWindowInDays=7)

    assert listed()[arn]["state"] == "pending deletion"
