# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import boto3
import pytest
from moto import mock_aws
from moto.ecr.models import ECRBackend

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
NAME = "monay/dev/admin"
ALIAS = "alias/monay-dev-data"
TAGS = {"Project": "monay", "Environment": "dev"}


def rules(keep=30):
    return {
        "rules": [
            {
                "rulePriority": 2,
                "selection": {
                    "tagStatus": "tagged",
                    "tagPatternList": ["*"],
                    "countType": "imageCountMoreThan",
                    "countNumber": keep,
                },
                "action": {"type": "expire"},
            },
            {
                "rulePriority": 1,
                "selection": {
                    "tagStatus": "untagged",
                    "countType": "sinceImagePushed",
                    "countUnit": "days",
                    "countNumber": 14,
                },
                "action": {"type": "expire"},
            },
        ]
    }


PULL = {
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "111111111111"},
            "Action": ["ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
        }
    ]
}
REPOSITORY = {
    "name": NAME,
    "image_tag_mutability": "IMMUTABLE",
    "scan_on_push": True,
    "encryption": {"type": "KMS", "kms_key": ALIAS},
    "lifecycle_policy": rules(),
    "policy": {"Statement": [{**PULL["Statement"][0], "Resource": "*"}]},
}
REPLICATION = {"repository_prefix": "monay/dev/", "regions": ["us-west-2"]}


@pytest.fixture
def ecr():
    with mock_aws():
        kms = boto3.client("kms", region_name=REGION)
        for alias in (ALIAS, "alias/other"):
            kms.create_alias(AliasName=alias, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
        yield boto3.client("ecr", region_name=REGION)


def task(*repositories, **extra):
    return {"region": REGION, "repositories": list(repositories or [REPOSITORY]), "tags": TAGS, **extra}


def edited(**fields):
    return task({**REPOSITORY, **fields})


def replicated(**extra):
    return {"region": REGION, "replication": REPLICATION, **extra}


def push(ecr):
    media_type = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = json.dumps({"schemaVersion": 2, "mediaType": media_type, "config": {"size": 1}, "layers": []})
    ecr.put_image(repositoryName=NAME, imageManifest=manifest, imageTag="v1")


def test_create_as_previewed_then_nothing(ecr):
    created = assert_previewed("ecr_repository", task())

    assert changes(created) == {("create", "ECR repository", NAME)}
    (repository,) = ecr.describe_repositories(repositoryNames=[NAME])["repositories"]
    assert repository["imageTagMutability"] == "IMMUTABLE"
    assert repository["imageScanningConfiguration"] == {"scanOnPush": True}
    assert repository["encryptionConfiguration"]["encryptionType"] == "KMS"
    assert "key/" in repository["encryptionConfiguration"]["kmsKey"]
    tags = ecr.list_tags_for_resource(resourceArn=repository["repositoryArn"])["tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == TAGS
    assert created["resources"]["ECR repository"][NAME]["uri"] == repository["repositoryUri"]
    assert_settled("ecr_repository", task())


@pytest.mark.usefixtures("ecr")
@pytest.mark.parametrize(
    ("fields", "changed"),
    [
        pytest.param({"image_tag_mutability": "MUTABLE"}, ["image_tag_mutability"], id="mutability"),
        pytest.param({"scan_on_push": False}, ["scan_on_push"], id="scanning"),
        pytest.param({"lifecycle_policy": rules(50)}, ["lifecycle_policy"], id="lifecycle"),
        pytest.param({"lifecycle_policy": {}}, ["lifecycle_policy"], id="no lifecycle"),
        pytest.param(
            {"policy": {"Statement": [{**PULL["Statement"][0], "Principal": {"AWS": "222222222222"}}]}},
            ["policy"],
            id="policy",
        ),
        pytest.param({"policy": {}}, ["policy"], id="no policy"),
        pytest.param({"tags": {"Environment": "staging"}}, ["tags"], id="tags"),
    ],
)
def test_each_setting_is_updated(fields, changed):
    run_module("ecr_repository", task())

    updated = assert_previewed("ecr_repository", edited(**fields))

    assert [(change["action"], change["fields"]) for change in updated["changes"]] == [("update", changed)]
    assert_settled("ecr_repository", edited(**fields))


@pytest.mark.usefixtures("ecr")
def test_what_is_left_out_is_left_alone():
    run_module("ecr_repository", task())

    assert_settled("ecr_repository", {"region": REGION, "repositories": [{"name": NAME}]})


@pytest.mark.usefixtures("ecr")
@pytest.mark.parametrize("encryption", [{"type": "AES256"}, {"type": "KMS", "kms_key": "alias/other"}])
def test_the_encryption_stays(encryption):
    run_module("ecr_repository", task())

    with recorded_calls() as calls:
        message = fail_module("ecr_repository", edited(encryption=encryption, scan_on_push=False))

    assert "encryption cannot be changed" in message
    assert "create one of another name" in message
    assert writes(calls) == []


def test_images_are_deleted_by_force_alone(ecr):
    run_module("ecr_repository", task())
    push(ecr)

    with recorded_calls() as calls:
        message = fail_module("ecr_repository", task(state="absent"))
    deleted = assert_previewed("ecr_repository", task(state="absent", force=True))

    assert f"ECR repository {NAME}: there are images in it" in message
    assert "force: true" in message
    assert writes(calls) == []
    assert changes(deleted) == {("delete", "ECR repository", NAME)}
    assert_settled("ecr_repository", task(state="absent", force=True))


@pytest.mark.usefixtures("ecr")
def test_an_empty_repository_is_deleted_without_force():
    run_module("ecr_repository", task())

    deleted = assert_previewed("ecr_repository", task(state="absent"))

    assert changes(deleted) == {("delete", "ECR repository", NAME)}
    assert_settled("ecr_repository", task(state="absent"))


def test_replicate_as_previewed_then_nothing(ecr):
    created = assert_previewed("ecr_repository", replicated())

    assert changes(created) == {("create", "ECR replication", "monay/dev/")}
    (rule,) = ecr.describe_registry()["replicationConfiguration"]["rules"]
    assert rule == {
        "destinations": [{"region": "us-west-2", "registryId": ACCOUNT}],
        "repositoryFilters": [{"filter": "monay/dev/", "filterType": "PREFIX_MATCH"}],
    }
    assert_settled("ecr_repository", replicated())


def test_replicate_elsewhere(ecr):
    run_module("ecr_repository", replicated())
    elsewhere = [{"region": "eu-west-1", "account": "111111111111"}]
    moved = {"repository_prefix": "monay/dev/", "destinations": elsewhere}

    updated = assert_previewed("ecr_repository", replicated(replication=moved))

    assert [(change["action"], change["fields"]) for change in updated["changes"]] == [("update", ["destinations"])]
    (rule,) = ecr.describe_registry()["replicationConfiguration"]["rules"]
    assert rule["destinations"] == [{"region": "eu-west-1", "registryId": "111111111111"}]
    assert_settled("ecr_repository", replicated(replication=moved))


@pytest.mark.parametrize("end", [{"state": "absent"}, {"replication": {**REPLICATION, "regions": []}}])
def test_the_rules_of_others_are_kept(ecr, monkeypatch, end):
    def put(backend, replication_config):
        """AWS takes ten rules; moto refuses the second one."""
        backend.replication_config = replication_config
        return {"replicationConfiguration": replication_config}

    monkeypatch.setattr(ECRBackend, "put_replication_configuration", put)
    foreign = {
        "destinations": [{"region": "eu-west-1", "registryId": ACCOUNT}],
        "repositoryFilters": [{"filter": "other/", "filterType": "PREFIX_MATCH"}],
    }
    ecr.put_replication_configuration(replicationConfiguration={"rules": [foreign]})

    run_module("ecr_repository", replicated())
    both = ecr.describe_registry()["replicationConfiguration"]["rules"]
    ended = assert_previewed("ecr_repository", replicated(**end))

    assert [each["repositoryFilters"][0]["filter"] for each in both] == ["other/", "monay/dev/"]
    assert changes(ended) == {("delete", "ECR replication", "monay/dev/")}
    assert ecr.describe_registry()["replicationConfiguration"]["rules"] == [foreign]
    assert_settled("ecr_repository", replicated(**end))


def test_check_works_on_an_empty_account():
    with mock_aws(), recorded_calls() as calls:
        preview = run_module("ecr_repository", task(replication=REPLICATION), check=True)

    assert len(preview["changes"]) == 2
    assert writes(calls) == []


@pytest.mark.usefixtures("ecr")
def test_a_missing_key_is_named():
    message = fail_module("ecr_repository", edited(encryption={"type": "KMS", "kms_key": "alias/missing"}))

    assert f"ECR repository {NAME} is to be encrypted with alias/missing, which does not exist" in message
