# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import boto3
import pytest
from moto import mock_aws

from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module

REGION = "us-east-1"
ACCOUNT = "123456789012"
FAMILY = "monay-dev-admin"
REPOSITORY = "monay/dev/admin"
SECRET = "monay/dev/admin"
MODULE = "ecs_task_definition"
CONTAINERS = ["containerDefinitions"]
CONTAINER = {
    "name": "admin",
    "image": "public.ecr.aws/monay/admin:1",
    "portMappings": [{"containerPort": 3002}],
    "environment": [{"name": "LOG", "value": "info"}, {"name": "COLOUR", "value": "red"}],
    "readonlyRootFilesystem": True,
    "healthCheck": {"command": ["CMD-SHELL", "true"], "interval": 30},
}


def args(container=None, **extra):
    return {
        "region": REGION,
        "family": FAMILY,
        "cpu": "0.25 vCPU",
        "memory": "512",
        "requires_compatibilities": ["FARGATE"],
        "execution_role_arn": f"arn:aws:iam::{ACCOUNT}:role/monay/dev/monay-dev-task-execution",
        "container_definitions": [{**CONTAINER, **(container or {})}],
        "tags": {"Project": "monay"},
        **extra,
    }


@pytest.fixture
def ecs():
    with mock_aws():
        yield boto3.client("ecs", region_name=REGION)


def revisions(ecs):
    return [arn.rpartition("/")[2] for arn in ecs.list_task_definitions(familyPrefix=FAMILY)["taskDefinitionArns"]]


def push(tag):
    """An image with this tag; its digest."""
    ecr = boto3.client("ecr", region_name=REGION)
    if not ecr.describe_repositories()["repositories"]:
        ecr.create_repository(repositoryName=REPOSITORY)
    media = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = {"schemaVersion": 2, "mediaType": media, "config": {"digest": f"sha256:{tag:0>64}"}, "layers": []}
    return ecr.put_image(repositoryName=REPOSITORY, imageManifest=json.dumps(manifest), imageTag=tag)["image"][
        "imageId"
    ]["imageDigest"]


def image(digest):
    return f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{REPOSITORY}@{digest}"


def test_registers_as_previewed_and_settles(ecs):
    done = assert_previewed(MODULE, args())

    assert changes(done) == {("create", "task definition", FAMILY)}
    assert done["task_definition"] == f"{FAMILY}:1"
    found = ecs.describe_task_definition(taskDefinition=FAMILY, include=["TAGS"])
    assert found["tags"] == [{"key": "Project", "value": "monay"}]
    assert found["taskDefinition"]["cpu"] == "256"
    assert_settled(MODULE, args())
    assert revisions(ecs) == [f"{FAMILY}:1"]


SAME = {
    "variables as a mapping": {"container": {"environment": {"COLOUR": "red", "LOG": "info"}}},
    "another order": {"container": {"environment": CONTAINER["environment"][::-1]}},
    "defaults": {"container": {"portMappings": [{"containerPort": "3002", "protocol": "tcp"}]}},
    "what AWS fills in": {"container": {"essential": True, "cpu": 0, "links": []}},
    "units": {"cpu": "256", "memory": "0.5 GB"},
    "role by name": {"execution_role_arn": "monay-dev-task-execution"},
    "the network of Fargate": {"network_mode": "awsvpc", "volumes": []},
}


def test_what_means_the_same_is_no_change(ecs, subtests):
    run_module(MODULE, args())

    for meaning, same in SAME.items():
        with subtests.test(meaning):
            assert_settled(MODULE, args(**same))
    assert revisions(ecs) == [f"{FAMILY}:1"]


@pytest.mark.parametrize(
    ("edit", "fields"),
    [
        pytest.param({"container": {"environment": {"LOG": "debug", "COLOUR": "red"}}}, CONTAINERS, id="variable"),
        pytest.param({"container": {"environment": {"LOG": "info"}}}, CONTAINERS, id="variable removed"),
        pytest.param({"container": {"command": ["serve"]}}, CONTAINERS, id="command"),
        pytest.param({"container": {"readonlyRootFilesystem": False}}, CONTAINERS, id="flag"),
        pytest.param({"container": {"healthCheck": None}}, CONTAINERS, id="health check removed"),
        pytest.param({"cpu": "1024", "memory": "2048"}, ["cpu", "memory"], id="size"),
        pytest.param({"execution_role_arn": f"arn:aws:iam::{ACCOUNT}:role/other"}, ["executionRoleArn"], id="role"),
        pytest.param({"volumes": [{"name": "tmp"}]}, ["volumes"], id="volume"),
    ],
)
def test_registers_a_revision_for_a_change(ecs, edit, fields):
    run_module(MODULE, args())

    done = assert_previewed(MODULE, args(**edit))

    assert [each["fields"] for each in done["changes"]] == [fields]
    assert done["task_definition"] == f"{FAMILY}:2"
    assert_settled(MODULE, args(**edit))


def test_the_preview_knows_the_revision_that_will_be(ecs):
    run_module(MODULE, args())
    ecs.deregister_task_definition(taskDefinition=f"{FAMILY}:1")

    edit = args(memory="1024")
    assert run_module(MODULE, edit, check=True)["task_definition"] == f"{FAMILY}:2"
    assert run_module(MODULE, edit)["task_definition"] == f"{FAMILY}:2"


def test_tags_alone_need_no_revision(ecs):
    run_module(MODULE, args())

    done = assert_previewed(MODULE, args(tags={"Project": "monay", "Owner": "us"}))

    assert [each["fields"] for each in done["changes"]] == [["tags"]]
    assert revisions(ecs) == [f"{FAMILY}:1"]
    assert_settled(MODULE, args(tags={"Project": "monay", "Owner": "us"}))


def serve(ecs, revision):
    ecs.create_cluster(clusterName="monay-dev")
    ecs.create_service(cluster="monay-dev", serviceName=FAMILY, taskDefinition=revision, desiredCount=1)
    return {"service": {"cluster": "monay-dev", "name": FAMILY}}


def test_the_revision_that_the_service_uses_is_the_one_in_use(ecs):
    run_module(MODULE, args())
    used = serve(ecs, f"{FAMILY}:1")
    run_module(MODULE, args(memory="1024"))

    assert_settled(MODULE, args(**used))
    assert run_module(MODULE, args(**used))["task_definition"] == f"{FAMILY}:1"


def test_a_service_goes_on_with_a_revision_that_was_deregistered(ecs):
    run_module(MODULE, args())
    used = serve(ecs, f"{FAMILY}:1")
    run_module(MODULE, args({"image": "public.ecr.aws/monay/admin:2"}))
    ecs.deregister_task_definition(taskDefinition=f"{FAMILY}:1")

    assert_settled(MODULE, args(**used))
    assert run_module(MODULE, args(**used))["task_definition"] == f"{FAMILY}:1"


def test_a_revision_that_waits_for_its_first_use_is_taken(ecs):
    run_module(MODULE, args())
    used = serve(ecs, f"{FAMILY}:1")
    run_module(MODULE, args(memory="1024"))

    done = assert_previewed(MODULE, args(memory="1024", **used))

    assert done["changed"] is True
    assert done["task_definition"] == f"{FAMILY}:2"
    assert revisions(ecs) == [f"{FAMILY}:1", f"{FAMILY}:2"]


# --- references -------------------------------------------------------------------------------------------------------


def test_the_image_is_named_by_its_digest_and_kept(ecs):
    first, second = push("1"), push("2")
    reference = {"repository": REPOSITORY, "first_tag": "1"}

    done = assert_previewed(MODULE, args({"image": reference}))
    assert done["resources"]["task definition"][FAMILY]["images"] == {"admin": image(first)}
    assert_settled(MODULE, args({"image": {**reference, "first_tag": "2"}}))

    done = assert_previewed(MODULE, args({"image": {**reference, "tag": "2"}}))
    assert done["resources"]["task definition"][FAMILY]["images"] == {"admin": image(second)}
    assert_settled(MODULE, args({"image": reference}))


def test_an_image_that_is_not_there_is_refused_in_check_mode_too(ecs):
    push("1")

    for check in (True, False):
        message = fail_module(MODULE, args({"image": {"repository": REPOSITORY, "tag": "9"}}), check=check)
        assert f"repository {REPOSITORY} has no image 9" in message


def test_no_image_is_no_deployment(ecs):
    assert "a tag must be said" in fail_module(MODULE, args({"image": {"repository": REPOSITORY}}))


DATABASE = "monay-dev-postgres"
REFERRING = {
    "environment": {
        "DATABASE_HOST": {"database": DATABASE, "attribute": "host"},
        "DATABASE_PORT": {"database": DATABASE, "attribute": "port"},
        "DATABASE_NAME": {"database": DATABASE, "attribute": "name"},
        "REDIS_HOST": {"cache": "monay-dev-redis", "attribute": "host"},
        "DEBUG": False,
    },
    "secrets": {"JWT_SECRET": {"secret": SECRET, "key": "JWT_SECRET"}},
}


def test_looks_up_what_is_referred_to(ecs):
    rds = boto3.client("rds", region_name=REGION)
    rds.create_db_instance(
        DBInstanceIdentifier=DATABASE, Engine="postgres", DBInstanceClass="db.t3.medium", DBName="monay", Port=5432
    )
    host = rds.describe_db_instances()["DBInstances"][0]["Endpoint"]["Address"]
    boto3.client("elasticache", region_name=REGION).create_replication_group(
        ReplicationGroupId="monay-dev-redis", ReplicationGroupDescription="Redis"
    )
    arn = boto3.client("secretsmanager", region_name=REGION).create_secret(Name=SECRET, SecretString="{}")["ARN"]

    assert_previewed(MODULE, args(REFERRING))

    container = ecs.describe_task_definition(taskDefinition=FAMILY)["taskDefinition"]["containerDefinitions"][0]
    found = {each["name"]: each["value"] for each in container["environment"]}
    assert found | {"REDIS_HOST": ""} == {
        "DATABASE_HOST": host,
        "DATABASE_PORT": "5432",
        "DATABASE_NAME": "monay",
        "REDIS_HOST": "",
        "DEBUG": "false",
    }
    assert "monay-dev-redis" in found["REDIS_HOST"]
    assert container["secrets"] == [{"name": "JWT_SECRET", "valueFrom": f"{arn}:JWT_SECRET::"}]
    assert_settled(MODULE, args(REFERRING))


def test_a_check_run_shows_by_name_what_does_not_exist_yet(ecs):
    container = {**REFERRING, "image": {"repository": REPOSITORY, "first_tag": "1.0.0"}}

    done = run_module(MODULE, args(container), check=True)

    assert done["task_definition"] == f"{FAMILY}:1"
    after = done["diff"][0]["after"]
    assert f"(host of database {DATABASE})" in after
    assert f"(secret {SECRET}:JWT_SECRET)" in after
    assert f"(repository {REPOSITORY}:1.0.0)" in after
    assert len(done["warnings"]) == 6


def test_a_run_refuses_what_does_not_exist(ecs):
    message = fail_module(MODULE, args(REFERRING))

    assert f"database {DATABASE} does not exist" in message
    assert revisions(ecs) == []


@pytest.mark.parametrize(
    ("container", "words"),
    [
        pytest.param(
            {"portMapings": []}, "portMapings: AWS has no such key; did you mean portMappings?", id="misspelt"
        ),
        pytest.param({"port_mappings": []}, "did you mean portMappings?", id="another spelling"),
        pytest.param({"cpu": "much"}, "[0].cpu: a whole number is needed, got 'much'", id="no number"),
        pytest.param({"essential": "perhaps"}, "[0].essential: true or false", id="no flag"),
        pytest.param({"command": "serve"}, "[0].command: a list is needed", id="no list"),
        pytest.param(
            {"environment": {"A": {"vault": "x"}}}, "A: a mapping here refers to one of database", id="reference"
        ),
        pytest.param(
            {"environment": {"A": {"cache": "x", "attribute": "name"}}},
            "attribute of a cache is one of host, port",
            id="attribute",
        ),
    ],
)
def test_names_what_is_wrong_before_any_call(ecs, container, words):
    assert words in fail_module(MODULE, args(container), check=True)


def test_deletes_every_revision_once(ecs):
    run_module(MODULE, args())
    run_module(MODULE, args(memory="1024"))

    gone = {"region": REGION, "family": FAMILY, "state": "absent"}
    assert changes(assert_previewed(MODULE, gone)) == {("delete", "task definition", FAMILY)}
    assert_settled(MODULE, gone)
    assert revisions(ecs) == []
