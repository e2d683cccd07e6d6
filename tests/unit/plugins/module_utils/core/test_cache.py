# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.cache import (
    TOKEN_FORBIDDEN,
    group_problems,
    settled_group,
    token_problem,
)
from ansible_collections.monay.platform.plugins.module_utils.core.cache_state import group_state, settings_arguments
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused

GROUP = {
    "ReplicationGroupId": "redis",
    "Description": "Redis",
    "Status": "available",
    "CacheNodeType": "cache.t3.small",
    "MemberClusters": ["redis-001", "redis-002"],
    "NodeGroups": [{"PrimaryEndpoint": {"Address": "x", "Port": 6379}}],
    "AutomaticFailover": "enabling",
    "MultiAZ": "enabled",
    "AtRestEncryptionEnabled": True,
    "KmsKeyId": "arn:key/1",
    "TransitEncryptionEnabled": True,
    "AuthTokenEnabled": True,
    "LogDeliveryConfigurations": [
        {
            "LogType": "slow-log",
            "DestinationType": "cloudwatch-logs",
            "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": "/slow"}},
            "Status": "active",
        },
        {
            "LogType": "engine-log",
            "DestinationType": "cloudwatch-logs",
            "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": "/engine"}},
            "Status": "disabling",
        },
    ],
}
MEMBER = {
    "CacheClusterId": "redis-001",
    "CacheNodeType": "cache.t3.small",
    "EngineVersion": "7.1.0",
    "CacheParameterGroup": {"CacheParameterGroupName": "pg"},
    "CacheSubnetGroupName": "sn",
    "SecurityGroups": [{"SecurityGroupId": "sg-1", "Status": "active"}],
    "PreferredMaintenanceWindow": "Sun:05:00-sun:06:00",
    "NotificationConfiguration": {"TopicArn": "arn:topic", "TopicStatus": "inactive"},
}


def state_of(member=MEMBER, tags=MappingProxyType({"a": "b"}), **described):
    names = {"arn:key/1": "alias/data"}.__getitem__
    return group_state({**GROUP, **described}, member, key_name=names, group_names={"sg-1": "redis"}, tags=tags)


def test_state_has_names_and_the_defaults_of_aws():
    assert state_of() == {
        "name": "redis",
        "description": "Redis",
        "engine": "redis",
        "engine_version": "7.1.0",
        "node_type": "cache.t3.small",
        "nodes": 2,
        "automatic_failover": True,
        "multi_az": True,
        "encrypted": True,
        "kms_key": "alias/data",
        "transit_encryption": "required",
        "auth": True,
        "port": 6379,
        "parameter_group": "pg",
        "subnet_group": "sn",
        "security_groups": ["redis"],
        "snapshot_retention_days": 0,
        "snapshot_window": "",
        "maintenance_window": "sun:05:00-sun:06:00",
        "auto_minor_version_upgrade": True,
        "logs": {"slow-log": "/slow"},
        "notification_topic": "",
        "tags": {"a": "b"},
    }


def test_a_group_that_is_being_created_does_not_tell_everything():
    state = state_of(member=None, tags=None, NodeGroups=[], Status="creating")

    assert not state.keys() & {"engine_version", "parameter_group", "security_groups", "port", "tags"}
    wanted = {"engine_version": "7.1", "port": 6379, "nodes": 2, "tags": {"x": "y"}}
    assert settled_group("replication group", wanted, state, allow_major=False) == {"nodes": 2}


def test_what_is_pending_counts_as_made():
    member = {**MEMBER, "PendingModifiedValues": {"CacheNodeType": "cache.t3.medium", "EngineVersion": "7.2.0"}}

    state = state_of(member, PendingModifiedValues={"AutomaticFailoverStatus": "disabled"})

    assert (state["node_type"], state["engine_version"]) == ("cache.t3.medium", "7.2.0")
    assert state["automatic_failover"] is False


@pytest.mark.parametrize(
    ("wanted", "arguments"),
    [
        ({"node_type": "cache.t3.medium"}, {"CacheNodeType": "cache.t3.medium"}),
        ({"multi_az": False}, {"MultiAZEnabled": False, "AutomaticFailoverEnabled": True}),
        ({"security_groups": ["a", "b"]}, {"SecurityGroupIds": ["id of a", "id of b"]}),
        ({"notification_topic": "arn:x"}, {"NotificationTopicArn": "arn:x", "NotificationTopicStatus": "active"}),
        ({"notification_topic": ""}, {"NotificationTopicStatus": "inactive"}),
        ({"logs": {}}, {"LogDeliveryConfigurations": [{"LogType": "slow-log", "Enabled": False}]}),
        (
            {"logs": {"slow-log": "/slow", "engine-log": "/engine"}},
            {
                "LogDeliveryConfigurations": [
                    {
                        "LogType": "engine-log",
                        "DestinationType": "cloudwatch-logs",
                        "DestinationDetails": {"CloudWatchLogsDetails": {"LogGroup": "/engine"}},
                        "LogFormat": "json",
                        "Enabled": True,
                    }
                ]
            },
        ),
        ({"nodes": 3, "tags": {}, "auth": True, "token": "x"}, {}),
    ],
)
def test_settings_arguments(wanted, arguments):
    found = settings_arguments(state_of(), wanted, wanted.keys(), lambda names: [f"id of {name}" for name in names])

    assert found == arguments


def test_versions_are_never_taken_back():
    observed = state_of()
    for version in ("7", "7.0", "7.1"):
        settled = settled_group("replication group", {"engine_version": version}, observed, allow_major=False)
        assert settled == {"engine_version": "7.1.0"}
    with pytest.raises(PlanRefused, match=r"replication group redis runs engine version 7\.1\.0"):
        settled_group("replication group", {"engine_version": "6.2"}, observed, allow_major=True)


def test_a_good_group_has_no_problems():
    good = {"nodes": 2, "automatic_failover": True, "multi_az": True, "snapshot_window": "03:00-04:00"}
    assert group_problems("monay-dev-redis", good) == []


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("a" * 41, {}, "1 to 40 lower-case letters"),
        ("Redis", {}, "lower-case"),
        ("redis", {"nodes": 0}, "between 1 and 6"),
        ("redis", {"snapshot_retention_days": 36}, "between 0 and 35"),
        ("redis", {"maintenance_window": "sunday"}, "must look like"),
    ],
)
def test_each_problem_is_named(name, options, words):
    problems = group_problems(name, options)

    assert len(problems) == 1
    assert words in problems[0]


@pytest.mark.parametrize("token", ["", "a" * 15, "a" * 129, "a" * 16 + "@", "a" * 16 + "é", "a" * 16 + "\n", "a b" * 8])
def test_tokens_that_a_cache_does_not_take(token):
    problem = token_problem(token)

    assert problem is not None
    assert not token or token not in problem


@given(
    st.text(
        st.sampled_from(sorted({chr(code) for code in range(33, 127)} - TOKEN_FORBIDDEN)), min_size=16, max_size=128
    )
)
def test_tokens_that_a_cache_takes(token):
    assert token_problem(token) is None
