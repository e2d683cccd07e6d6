# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module against the simulator: previewed, made, settled, changed, deleted, refused."""

from __future__ import annotations

import copy

import pytest

from tests.support.data_tier import SECRET, TAGS, TOKEN, lay_foundation, point_at
from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module
from tests.support.simulator import Simulator

MODULE = "elasticache_replication_group"
NAME = "monay-dev-redis"
PRESENT = {
    "region": "us-east-1",
    "name": NAME,
    "vpc": "monay-dev",
    "subnet_group": {"name": NAME, "subnets": ["monay-dev-data-b", "monay-dev-data-a"]},
    "parameter_group": {
        "name": NAME,
        "family": "redis7",
        "parameters": {"maxmemory-policy": "allkeys-lru", "timeout": 300},
    },
    "replication_group": {
        "engine_version": "7.1",
        "node_type": "cache.t3.small",
        "nodes": 2,
        "automatic_failover": True,
        "multi_az": True,
        "kms_key": "alias/monay-dev-data",
        "auth_token_secret": SECRET,
        "security_groups": ["monay-dev-redis"],
        "snapshot_retention_days": 1,
        "snapshot_window": "03:00-04:00",
        "maintenance_window": "sun:05:00-sun:06:00",
        "auto_minor_version_upgrade": True,
        "logs": {"slow-log": "/monay/dev/redis/slow-log", "engine-log": "/monay/dev/redis/engine-log"},
    },
    "tags": TAGS,
}
ABSENT = {
    "region": "us-east-1",
    "name": NAME,
    "subnet_group": PRESENT["subnet_group"],
    "parameter_group": PRESENT["parameter_group"],
    "final_snapshot": False,
    "state": "absent",
}


@pytest.fixture(scope="module")
def running():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running, monkeypatch):
    running.reset()
    running.clear_faults()
    point_at(running, monkeypatch)
    lay_foundation(running, "us-west-2")
    return running


def edited(args, section, **options):
    args = copy.deepcopy(args)
    args[section] |= options
    return args


def described(simulator):
    return simulator.client("elasticache").describe_replication_groups(ReplicationGroupId=NAME)["ReplicationGroups"][0]


def all_groups(simulator):
    return simulator.client("elasticache").describe_replication_groups()["ReplicationGroups"]


def user_parameters(simulator):
    answer = simulator.client("elasticache").describe_cache_parameters(CacheParameterGroupName=NAME, Source="user")
    return {each["ParameterName"]: each["ParameterValue"] for each in answer["Parameters"]}


def mutating(simulator):
    return [call["operation"] for call in simulator.calls(mutating=True)]


def test_create_as_previewed_then_nothing(simulator):
    made = assert_previewed(MODULE, PRESENT)

    assert changes(made) == {
        ("create", "cache subnet group", NAME),
        ("create", "cache parameter group", NAME),
        ("create", "replication group", NAME),
    }
    group = described(simulator)
    assert group["AtRestEncryptionEnabled"]
    assert group["TransitEncryptionEnabled"]
    assert group["TransitEncryptionMode"] == "required"
    assert group["AuthTokenEnabled"]
    assert group["MultiAZ"] == "enabled"
    assert len(group["MemberClusters"]) == 2
    assert {each["LogType"] for each in group["LogDeliveryConfigurations"]} == {"slow-log", "engine-log"}
    tags = simulator.client("elasticache").list_tags_for_resource(ResourceName=group["ARN"])["TagList"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == TAGS
    assert user_parameters(simulator) == {"maxmemory-policy": "allkeys-lru", "timeout": "300"}
    assert_settled(MODULE, PRESENT)


@pytest.mark.usefixtures("simulator")
def test_the_token_is_nowhere_in_what_the_module_says():
    preview = run_module(MODULE, PRESENT, check=True)
    made = run_module(MODULE, PRESENT)
    rotated = run_module(MODULE, {**PRESENT, "auth_token_update": "set"})

    assert rotated["changed"]
    for result in (preview, made, rotated):
        assert TOKEN not in str(result)


EDITS = {
    "node type": ("replication_group", {"node_type": "cache.t3.medium"}, "replication group", ["node_type"]),
    "another node": ("replication_group", {"nodes": 3}, "replication group", ["nodes"]),
    "fewer nodes, no failover": (
        "replication_group",
        {"nodes": 1, "automatic_failover": False, "multi_az": False},
        "replication group",
        ["automatic_failover", "multi_az", "nodes"],
    ),
    "failover again": (
        "replication_group",
        {"nodes": 2, "automatic_failover": True, "multi_az": True},
        "replication group",
        ["automatic_failover", "multi_az", "nodes"],
    ),
    "security groups": (
        "replication_group",
        {"security_groups": ["monay-dev-other", "monay-dev-redis"]},
        "replication group",
        ["security_groups"],
    ),
    "snapshots": (
        "replication_group",
        {"snapshot_retention_days": 7},
        "replication group",
        ["snapshot_retention_days"],
    ),
    "snapshot window": (
        "replication_group",
        {"snapshot_window": "01:00-02:00"},
        "replication group",
        ["snapshot_window"],
    ),
    "maintenance": (
        "replication_group",
        {"maintenance_window": "Mon:05:00-Mon:06:00"},
        "replication group",
        ["maintenance_window"],
    ),
    "minor upgrades": (
        "replication_group",
        {"auto_minor_version_upgrade": False},
        "replication group",
        ["auto_minor_version_upgrade"],
    ),
    "a log less": ("replication_group", {"logs": {"slow-log": "/elsewhere"}}, "replication group", ["logs"]),
    "topic": (
        "replication_group",
        {"notification_topic": "arn:aws:sns:us-east-1:111111111111:alarms"},
        "replication group",
        ["notification_topic"],
    ),
    "no topic": ("replication_group", {"notification_topic": ""}, "replication group", ["notification_topic"]),
    "description": ("replication_group", {"description": "Sessions"}, "replication group", ["description"]),
    "tags": ("replication_group", {"tags": {"Cost": "7"}}, "replication group", ["tags"]),
    "parameters": (
        "parameter_group",
        {"parameters": {"maxmemory-policy": "volatile-lru"}},
        "cache parameter group",
        ["parameters"],
    ),
    "subnets": ("subnet_group", {"description": "Data tier"}, "cache subnet group", ["description"]),
}


def test_each_edit_is_previewed_made_and_settled(simulator, subtests):
    """One edit upon the other, so that the group is made only once."""
    args = PRESENT
    run_module(MODULE, args)
    for edit, (section, options, kind, fields) in EDITS.items():
        with subtests.test(edit):
            args = edited(args, section, **options)

            done = assert_previewed(MODULE, args)

            assert [(change["kind"], change["fields"]) for change in done["changes"]] == [(kind, fields)]
            assert_settled(MODULE, args)
    assert user_parameters(simulator) == {"maxmemory-policy": "volatile-lru"}


def test_a_newer_minor_version_is_left_alone(simulator):
    older = edited(PRESENT, "replication_group", engine_version="7.0")
    run_module(MODULE, older)
    simulator.client("elasticache").modify_replication_group(
        ReplicationGroupId=NAME, EngineVersion="7.1", ApplyImmediately=True
    )

    assert_settled(MODULE, older)


def test_a_token_is_rotated_only_when_the_secret_is_newer(simulator):
    run_module(MODULE, PRESENT)
    rotate = {**PRESENT, "auth_token_update": "rotate"}
    assert_settled(MODULE, rotate)
    simulator.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString=TOKEN[::-1])
    assert_settled(MODULE, PRESENT)

    done = assert_previewed(MODULE, rotate)

    assert done["changes"][0]["fields"] == ["token"]
    assert_settled(MODULE, rotate)


def test_delete_everything_and_again(simulator):
    run_module(MODULE, PRESENT)

    gone = assert_previewed(MODULE, ABSENT)

    assert changes(gone) == {
        ("delete", "replication group", NAME),
        ("delete", "cache subnet group", NAME),
        ("delete", "cache parameter group", NAME),
    }
    assert all_groups(simulator) == []
    assert_settled(MODULE, ABSENT)


def test_the_final_snapshot_has_the_name_of_the_group(simulator):
    run_module(MODULE, PRESENT)

    run_module(MODULE, {**ABSENT, "final_snapshot": True})

    snapshots = simulator.client("elasticache").describe_snapshots()["Snapshots"]
    assert [each["SnapshotName"][: len(NAME) + 7] for each in snapshots] == [f"{NAME}-final-"]


def test_an_interrupted_creation_is_continued(simulator):
    for lost in ("CreateCacheSubnetGroup", "CreateCacheParameterGroup", "CreateReplicationGroup"):
        simulator.fault("error500", match={"operation": lost}, when="after", times=1)

    run_module(MODULE, PRESENT)

    simulator.clear_faults()
    assert len(all_groups(simulator)) == 1
    assert_settled(MODULE, PRESENT)


REFUSALS = {
    "downgrade": ({"engine_version": "6.2"}, "no way back"),
    "major upgrade": ({"engine_version": "8.0"}, "allow_major_version_upgrade"),
    "engine": ({"engine": "valkey"}, "engine cannot be changed"),
    "key": ({"kms_key": "alias/monay-dev-secrets"}, "kms_key cannot be changed"),
    "port": ({"port": 6380}, "port cannot be changed"),
    "nodes": ({"nodes": 7}, "nodes 7 must be between 1 and 6"),
    "failover": ({"nodes": 1}, "automatic_failover needs 2 nodes"),
    "multi-az": ({"automatic_failover": False}, "multi_az needs automatic_failover"),
    "windows": ({"snapshot_window": "05:30-06:30"}, "must not overlap"),
}


def test_refused_before_the_first_write(simulator, subtests):
    run_module(MODULE, PRESENT)
    simulator.clear_calls()
    for case, (options, words) in REFUSALS.items():
        with subtests.test(case):
            for check in (True, False):
                message = fail_module(MODULE, edited(PRESENT, "replication_group", **options), check=check)
                assert words in message
                assert NAME in message
    assert mutating(simulator) == []


@pytest.mark.parametrize(
    ("section", "options", "words"),
    [
        ("subnet_group", {"subnets": ["monay-dev-data-z"]}, "subnet monay-dev-data-z does not exist in VPC monay-dev"),
        ("replication_group", {"security_groups": ["nobody"]}, "security group nobody does not exist"),
        ("replication_group", {"kms_key": "alias/nothing"}, "KMS key alias/nothing does not exist"),
        ("replication_group", {"auth_token_secret": "no/secret"}, "secret no/secret does not exist"),
    ],
)
@pytest.mark.usefixtures("simulator")
def test_what_is_missing_is_named(section, options, words):
    assert words in fail_module(MODULE, edited(PRESENT, section, **options))


def test_a_token_that_a_cache_does_not_take_is_refused_without_a_word_of_it(simulator):
    simulator.client("secretsmanager").put_secret_value(SecretId=SECRET, SecretString="short@token")

    message = fail_module(MODULE, PRESENT)

    assert "16 to 128 characters" in message
    assert "short@token" not in message
