# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which alarms there are at which level, and what the plan refuses. That they go off: test_alarms_from_metrics.py."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.alarm_parts import LEVELS
from ansible_collections.monay.platform.plugins.module_utils.core.alarms import BUILDERS, LIMITS, alarm_plan
from ansible_collections.monay.platform.plugins.module_utils.core.instance_memory import (
    connection_limit,
    default_max_connections,
    memory_gib,
)
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from ansible_collections.monay.platform.plugins.module_utils.core.scaling import requests_per_target

PAGE = Path(__file__).parents[5] / "docs" / "monitoring.md"
COMPONENTS = {
    "service": {
        "name": "it",
        "cluster": "c",
        "load_balancer": "l",
        "target_groups": {"blue": "b", "green": "g"},
        "metric_namespace": "n",
        "anomaly": True,
    },
    "static_site": {"name": "it", "web_acl": "w"},
    "load_balancer": {"title": "it", "name": "l", "region": "eu-west-1", "web_acl": "w"},
    "database": {"name": "it", "instance_class": "db.t3.medium", "allocated_storage": 20, "replicas": ["r"]},
    "cache": {"name": "it", "nodes": 2},
    "domain": {"title": "it", "certificate": "c", "cdn_certificate": "d"},
    "network": {"title": "it", "nat_gateways": ["a"]},
}
# What each level adds.
TABLE = {
    "service": {
        "basic": {"cpu-high", "memory-high", "api-errors", "targets-unhealthy", "targets-none"},
        "enhanced": {"latency-p95", "tasks-missing", "log-errors"},
        "full": {"latency-p99", "disk-high", "requests-unusual"},
    },
    "static_site": {"basic": {"cdn-errors"}, "enhanced": {"cdn-not-found", "waf-blocked"}, "full": set()},
    "load_balancer": {
        "basic": {"errors"},
        "enhanced": {"rejected-connections", "waf-blocked"},
        "full": {"latency-p99"},
    },
    "database": {
        "basic": {"cpu-high", "connections", "storage"},
        "enhanced": {"memory-high", "cpu-credits", "replica-lag"},
        "full": {"latency"},
    },
    "cache": {
        "basic": {"cpu-high", "memory"},
        "enhanced": {"connections", "evictions", "replica-lag"},
        "full": {"hit-rate"},
    },
    "domain": {"basic": {"certificate-expiry", "cdn-certificate-expiry"}, "enhanced": set(), "full": set()},
    "network": {"basic": {"nat-errors"}, "enhanced": {"nat-packets-dropped"}, "full": set()},
}


def names(kind, level, key="alarms", **changes):
    plan = alarm_plan({**COMPONENTS[kind], **changes}, kind, level, "eu-west-1", "topic", {})
    found = [each if key == "absent" else each["name"] for region in plan for each in region[key]]
    assert len(found) == len(set(found))
    return {name.removeprefix("it-") for name in found}


@pytest.mark.parametrize("kind", BUILDERS)
def test_each_level_has_the_alarms_of_the_one_below(kind):
    expected = set()
    for level in LEVELS:
        expected |= TABLE[kind][level]
        assert names(kind, level) == expected
        # what another level has is taken away
        assert names(kind, level, "absent") == set().union(*TABLE[kind].values()) - expected


@pytest.mark.parametrize("kind", BUILDERS)
def test_the_page_has_every_alarm_with_its_level(kind):
    text = PAGE.read_text(encoding="utf-8")
    for level, suffixes in TABLE[kind].items():
        for suffix in suffixes:
            assert re.search(rf"^\| `[^`|]*-{suffix}` \|.*\| {level} \|", text, re.MULTILINE), (kind, suffix)


def test_the_page_has_every_limit():
    text = PAGE.read_text(encoding="utf-8")
    assert [name for name in LIMITS if f"`{name}`" not in text] == []


@pytest.mark.parametrize(
    ("kind", "changes", "gone"),
    [
        ("service", {"anomaly": False}, {"requests-unusual"}),
        ("static_site", {"web_acl": ""}, {"waf-blocked"}),
        ("load_balancer", {"web_acl": ""}, {"waf-blocked"}),
        ("database", {"replicas": []}, {"replica-lag"}),
        ("database", {"instance_class": "db.r5.xlarge"}, {"cpu-credits"}),
        ("cache", {"nodes": 1}, {"replica-lag"}),
        ("domain", {"cdn_certificate": ""}, {"cdn-certificate-expiry"}),
        ("network", {"nat_gateways": []}, {"nat-errors", "nat-packets-dropped"}),
    ],
)
def test_what_is_not_there_has_no_alarm_and_loses_it(kind, changes, gone):
    assert names(kind, "full", "absent", **changes) == gone


def test_pitfall_11_nothing_of_a_service_is_bound_to_one_target_group():
    """After a swap the other one is live: alarms and autoscaling look at both. What they say is proved with metrics in
    tests/unit/test_alarms_from_metrics.py.
    """
    (plan,) = alarm_plan(COMPONENTS["service"], "service", "full", "eu-west-1", "topic", {})
    looked_at = {alarm["name"]: groups_of(alarm) for alarm in plan["alarms"] if groups_of(alarm)}
    scaled_by = [
        dimension["Value"]
        for query in requests_per_target("l", ["b", "g"])
        for dimension in query.get("MetricStat", {}).get("Metric", {}).get("Dimensions", [])
        if dimension["Name"] == "TargetGroup"
    ]

    assert {"it-api-errors", "it-latency-p95", "it-targets-unhealthy"} <= looked_at.keys()
    assert {name for name, groups in looked_at.items() if groups != {"b", "g"}} == set()
    assert set(scaled_by) == {"b", "g"}


def groups_of(alarm):
    """The target groups that an alarm reads metrics of."""
    metrics = [each.get("metric") or {} for each in alarm.get("metrics", [alarm])]
    return {each["dimensions"]["TargetGroup"] for each in metrics if "TargetGroup" in each.get("dimensions", {})}


def test_what_cloudfront_measures_is_watched_in_its_region():
    plan = alarm_plan(COMPONENTS["domain"], "domain", "basic", "eu-west-1", "topic", {})
    assert [(each["region"], len(each["alarms"])) for each in plan] == [("eu-west-1", 1), ("us-east-1", 1)]
    together = alarm_plan(COMPONENTS["domain"], "domain", "basic", "us-east-1", "topic", {})
    assert [(each["region"], len(each["alarms"])) for each in together] == [("us-east-1", 2)]


def test_an_application_tells_once_and_everything_else_by_itself():
    (service,) = alarm_plan(COMPONENTS["service"], "service", "basic", "eu-west-1", "topic", {})
    assert {tuple(each["alarm_actions"]) for each in service["alarms"]} == {()}
    (composite,) = service["composite_alarms"]
    assert (composite["name"], composite["alarm_actions"]) == ("it", ["topic"])
    assert set(re.findall(r'ALARM\("it-([a-z0-9-]+)"\)', composite["rule"])) == TABLE["service"]["basic"]
    (cache,) = alarm_plan(COMPONENTS["cache"], "cache", "basic", "eu-west-1", "topic", {})
    assert {tuple(each["alarm_actions"]) for each in cache["alarms"]} == {("topic",)}
    assert cache["composite_alarms"] == []


def test_an_application_that_falls_silent_is_told_of():
    """No target, no data: the composite alarm cannot see that, the alarm itself tells."""
    (service,) = alarm_plan(COMPONENTS["service"], "service", "full", "eu-west-1", "topic", {})
    tell = {each["name"] for each in service["alarms"] if each["insufficient_data_actions"] == ["topic"]}
    assert tell == {"it-targets-none"}


def test_nobody_is_told_without_a_topic():
    (cache,) = alarm_plan(COMPONENTS["cache"], "cache", "full", "eu-west-1", "", {})
    assert {tuple(each["alarm_actions"]) for each in cache["alarms"]} == {()}


def test_cloudwatch_takes_ten_metrics_an_alarm_and_one_result():
    for kind, component in COMPONENTS.items():
        crowded = {**component, **({"nodes": 6} if kind == "cache" else {})}
        for region in alarm_plan(crowded, kind, "full", "eu-west-1", "topic", {}):
            for alarm in region["alarms"]:
                queries = alarm.get("metrics", [])
                assert sum("metric" in each for each in queries) <= 10
                returned = [each["id"] for each in queries if each.get("return_data", True)]
                assert returned in ([], ["result"], ["result", "band"])
                assert len(alarm["name"]) <= 255


def test_thresholds_can_be_set_and_unknown_ones_are_refused():
    (plan,) = alarm_plan(COMPONENTS["cache"], "cache", "basic", "eu-west-1", "", {"cache_memory": "60"})
    assert next(each["threshold"] for each in plan["alarms"] if each["name"] == "it-memory") == 60
    with pytest.raises(PlanRefused, match="alarms_limits has cpus; it can have"):
        alarm_plan(COMPONENTS["cache"], "cache", "basic", "eu-west-1", "", {"cpus": 60})


@pytest.mark.parametrize(
    ("kind", "level", "message"),
    [("queue", "basic", "no alarms for a queue"), ("cache", "huge", "alarms_level is 'huge'")],
)
def test_refuses_what_does_not_exist(kind, level, message):
    with pytest.raises(PlanRefused, match=message):
        alarm_plan(COMPONENTS["cache"], kind, level, "eu-west-1", "", {})


@pytest.mark.parametrize(
    ("instance_class", "gib"),
    [
        ("db.t3.micro", 1),
        ("db.t3.medium", 4),
        ("db.t4g.large", 8),
        ("db.t3.2xlarge", 32),
        ("db.m6g.large", 8),
        ("db.m5.4xlarge", 64),
        ("db.r5.large", 16),
        ("db.r5.xlarge", 32),
        ("db.r6i.24xlarge", 768),
        ("db.x2g.large", 32),
    ],
)
def test_memory_of_instance_classes(instance_class, gib):
    assert memory_gib(instance_class) == gib


@pytest.mark.parametrize(
    "instance_class", ["", "db.z1d.large", "db.m5.micro", "db.r5.metal", "db.x1e.xlarge", "cache.t3.small"]
)
def test_an_instance_class_that_is_not_known_is_refused(instance_class):
    with pytest.raises(PlanRefused, match="set alarms_database_memory_gib"):
        memory_gib(instance_class)


def test_connections_follow_from_the_memory_unless_they_are_set():
    assert default_max_connections(4) == 450
    assert default_max_connections(32) == 3604
    assert default_max_connections(64) == 5000
    assert connection_limit({"instance_class": "db.t3.medium"}) == 450
    assert connection_limit({"instance_class": "unknown", "memory_gib": 4}) == 450
    assert connection_limit({"instance_class": "db.t3.medium", "max_connections": 100}) == 100
