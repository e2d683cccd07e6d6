# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.simulator import REGION

MODULE = "ecs_cluster"
NAME = "monay-dev"
KEY = "alias/monay-dev-logs"
CLUSTER = {
    "name": NAME,
    "capacity_providers": ["FARGATE_SPOT", "FARGATE"],
    "default_strategy": [{"provider": "FARGATE", "weight": 1, "base": 1}],
    "container_insights": "enabled",
    "exec": {"log_group": "/monay/dev/ecs-exec", "kms_key": KEY},
}


def args(cluster=None, **extra):
    return {"region": REGION, "clusters": [{**CLUSTER, **(cluster or {})}], "tags": {"Project": "monay"}, **extra}


@pytest.fixture
def ecs(aws):  # noqa: F811
    kms = aws.client("kms")
    kms.create_alias(AliasName=KEY, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    return aws.client("ecs")


def test_creates_as_previewed_and_settles(ecs):
    done = assert_previewed(MODULE, args())

    assert changes(done) == {("create", "ECS cluster", NAME)}
    assert done["resources"]["ECS cluster"][NAME]["status"] == "ACTIVE"
    include = ["CONFIGURATIONS", "SETTINGS", "TAGS"]
    (found,) = ecs.describe_clusters(clusters=[NAME], include=include)["clusters"]
    shell = found["configuration"]["executeCommandConfiguration"]
    assert shell["logConfiguration"] == {
        "cloudWatchLogGroupName": "/monay/dev/ecs-exec",
        "cloudWatchEncryptionEnabled": True,
    }
    assert ":key/" in shell["kmsKeyId"]
    assert_settled(MODULE, args())


@pytest.mark.usefixtures("ecs")
@pytest.mark.parametrize(
    ("edit", "fields"),
    [
        ({"cluster": {"capacity_providers": ["FARGATE"]}}, ["capacity_providers"]),
        ({"cluster": {"default_strategy": [{"provider": "FARGATE_SPOT", "weight": 1}]}}, ["default_strategy"]),
        ({"cluster": {"container_insights": "enhanced"}}, ["container_insights"]),
        ({"cluster": {"exec": {}}}, ["exec"]),
        ({"cluster": {"exec": {**CLUSTER["exec"], "log_encrypted": False}}}, ["exec"]),
        ({"cluster": {"service_connect_namespace": "monay"}}, ["service_connect_namespace"]),
        ({"tags": {}}, ["tags"]),
    ],
)
def test_changes_one_field(edit, fields):
    run_module(MODULE, args())

    done = assert_previewed(MODULE, args(**edit))

    assert [each["fields"] for each in done["changes"]] == [fields]
    assert_settled(MODULE, args(**edit))


@pytest.mark.usefixtures("ecs")
def test_other_capacity_providers_may_stay():
    run_module(MODULE, args())

    assert_settled(MODULE, args({"capacity_providers": ["FARGATE"]}, purge_capacity_providers=False))


@pytest.mark.usefixtures("ecs")
def test_what_is_not_said_is_left_alone():
    run_module(MODULE, args())

    assert_settled(MODULE, {"region": REGION, "clusters": [{"name": NAME}]})


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        ([{"provider": "own", "weight": 1}], "own is not one of its capacity_providers"),
        ([{"provider": "FARGATE"}], "must have a weight above 0"),
        ([{"provider": each, "weight": 1, "base": 1} for each in ("FARGATE", "FARGATE_SPOT")], "only one"),
        ([{"provider": each, "weight": 1} for each in ("FARGATE", "own")], "do not mix"),
    ],
)
@pytest.mark.usefixtures("aws")
def test_refuses_a_strategy_that_ecs_does_not_take(strategy, words):
    assert words in fail_module(MODULE, args({"default_strategy": strategy}), check=True)


@pytest.mark.usefixtures("aws")
def test_names_a_key_that_does_not_exist():
    assert f"ECS Exec of cluster {NAME} is to be encrypted with {KEY}" in fail_module(MODULE, args())


@pytest.mark.usefixtures("ecs")
def test_deletes_once():
    run_module(MODULE, args())

    gone = {"region": REGION, "clusters": [{"name": NAME}], "state": "absent"}
    assert changes(assert_previewed(MODULE, gone)) == {("delete", "ECS cluster", NAME)}
    assert_settled(MODULE, gone)
