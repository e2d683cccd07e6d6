# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rules between variables: each refuses what it should, names the variable, and lets the rest pass."""

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.inventory_rules import problems

GOOD = {
    "platform_account_id": "111111111111",
    "platform_project": "monay",
    "platform_environment": "dev",
    "platform_name": "monay-dev",
    "platform_region": "us-east-1",
    "platform_dr_region": "us-west-2",
    "platform_availability_zones": ["us-east-1a", "us-east-1b"],
    "platform_monitoring_level": "basic",
    "platform_data_protection": False,
    "platform_environment_cidrs": {"dev": "10.10.0.0/16", "prod": "10.30.0.0/16"},
    "platform_domain": "dev.monay.example",
    "platform_applications": {
        "monay-api": {"kind": "api", "port": 3001, "subdomain": "api"},
        "monay-web": {"kind": "static", "port": 3002, "subdomain": "www"},
    },
    "inventory_hostname": "monay-api",
    "group_names": ["applications", "services"],
    "application_health_path": "/health",
    "service_cpu": 256,
    "service_memory": 512,
    "network_cidr": "10.10.0.0/16",
    "network_nat_gateways": "1",
    "database_instance_class": "db.t3.medium",
    "database_allocated_storage": 20,
    "database_max_allocated_storage": 100,
    "database_backup_retention_days": 7,
    "database_read_replicas": 0,
    "cache_node_type": "cache.t3.small",
    "cache_nodes": 1,
    "cache_snapshot_retention_days": 1,
}


def test_good_input_has_no_problems():
    assert problems(GOOD) == []


def test_rules_are_silent_about_variables_that_a_component_does_not_have():
    assert problems({}) == []


@pytest.mark.parametrize(
    ("change", "variable", "words"),
    [
        pytest.param({"platform_account_id": 111111111111}, "platform_account_id", "quotes", id="account as number"),
        pytest.param({"platform_account_id": "1234"}, "platform_account_id", "12 digits", id="short account"),
        pytest.param({"platform_project": "Monay"}, "platform_project", "lower-case", id="upper case project"),
        pytest.param({"platform_project": "mon_ay"}, "platform_project", "hyphens", id="underscore"),
        pytest.param(
            {"platform_name": "monay-payments-platform-development"},
            "platform_project",
            "40 characters",
            id="long name",
        ),
        pytest.param({"platform_region": "virginia"}, "platform_region", "eu-west-1", id="no region"),
        pytest.param(
            {"platform_availability_zones": ["us-east-1a"]}, "platform_availability_zones", "two", id="one zone"
        ),
        pytest.param(
            {"platform_availability_zones": ["us-east-1a", "us-east-1a"]},
            "platform_availability_zones",
            "twice",
            id="zone twice",
        ),
        pytest.param(
            {"platform_availability_zones": ["us-east-1a", "eu-west-1b"]},
            "platform_availability_zones",
            "'eu-west-1b' is not a zone of platform_region us-east-1",
            id="zone of another region",
        ),
        pytest.param(
            {"platform_availability_zones": [f"us-east-1{zone}" for zone in "abcdefghi"]},
            "platform_availability_zones",
            "room for 8",
            id="nine zones",
        ),
        pytest.param({"platform_dr_region": "us-east-1"}, "platform_dr_region", "beside", id="copy in same region"),
        pytest.param({"network_cidr": "10.10.0.0"}, "network_cidr", "/16", id="no prefix"),
        pytest.param({"network_cidr": "10.10.0.1/16"}, "network_cidr", "host bits", id="host bits"),
        pytest.param({"network_cidr": "10.10.0.0/24"}, "network_cidr", "/22", id="too small"),
        pytest.param({"network_cidr": "10.0.0.0/8"}, "network_cidr", "/16", id="too large"),
        pytest.param({"network_cidr": "8.8.0.0/16"}, "network_cidr", "private", id="public range"),
        pytest.param({"network_cidr": "10.30.4.0/22"}, "network_cidr", "environment prod", id="overlap"),
        pytest.param(
            {"platform_environment_cidrs": {"staging": "10.30.0.0/20", "prod": "10.30.0.0/16"}},
            "platform_environment_cidrs",
            "overlaps",
            id="other environments overlap",
        ),
        pytest.param({"network_nat_gateways": "3"}, "network_nat_gateways", '"2"', id="more NAT than zones"),
        pytest.param({"network_nat_gateways": "none"}, "network_nat_gateways", '"all"', id="no number"),
        pytest.param({"platform_monitoring_level": "much"}, "platform_monitoring_level", "basic", id="level"),
        pytest.param({"database_allocated_storage": 5}, "database_allocated_storage", "20", id="storage too small"),
        pytest.param({"database_max_allocated_storage": 21}, "database_max_allocated_storage", "10%", id="no room"),
        pytest.param({"database_backup_retention_days": 36}, "database_backup_retention_days", "35", id="retention"),
        pytest.param(
            {"database_backup_retention_days": 0, "database_read_replicas": 1},
            "database_backup_retention_days",
            "replicas",
            id="replica without backups",
        ),
        pytest.param(
            {"database_backup_retention_days": 0, "platform_data_protection": True},
            "database_backup_retention_days",
            "platform_data_protection",
            id="protected without backups",
        ),
        pytest.param({"database_read_replicas": 16}, "database_read_replicas", "15", id="replicas"),
        pytest.param({"database_instance_class": "t3.medium"}, "database_instance_class", "db.", id="class"),
        pytest.param({"cache_nodes": 0}, "cache_nodes", "1 to 6", id="no nodes"),
        pytest.param({"cache_nodes": 1, "cache_multi_az": True}, "cache_nodes", "fail over", id="failover to nothing"),
        pytest.param({"cache_snapshot_retention_days": 40}, "cache_snapshot_retention_days", "35", id="snapshots"),
        pytest.param({"cache_node_type": "t3.small"}, "cache_node_type", "cache.", id="node type"),
    ],
)
def test_refuses(change, variable, words):
    found = problems({**GOOD, **change})

    assert [each.variable for each in found] == [variable]
    assert words in found[0].message
