# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bad input: one clear error before the first write, naming the variable and the file to change."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.support.inventories import REMOVED

SHARED = Path(__file__).parents[2] / "inventories" / "shared" / "group_vars" / "all.yml"

FILE = "group_vars/all/environment.yml"
API = {"kind": "api", "port": 3001, "subdomain": "api"}
APPLICATIONS = yaml.safe_load(SHARED.read_text(encoding="utf-8"))["platform_applications"]
CASES = [
    pytest.param({"platform_account_id": "1111"}, "platform_account_id", "12 digits", id="no account id"),
    pytest.param({"platform_account_id": 111111111111}, "platform_account_id", "quotes", id="account as a number"),
    pytest.param({"platform_region": "us_east"}, "platform_region", "eu-west-1", id="no region"),
    pytest.param({"platform_dr_region": "us-east-1"}, "platform_dr_region", "beside", id="copy in the same region"),
    pytest.param({"platform_availability_zones": ["us-east-1a"]}, "platform_availability_zones", "two", id="one zone"),
    pytest.param(
        {"platform_availability_zones": ["us-east-1a", "eu-west-1a"]},
        "platform_availability_zones",
        "not a zone of platform_region",
        id="zone of another region",
    ),
    pytest.param({"platform_environment": "dev_one"}, "platform_environment", "hyphens", id="name with underscore"),
    pytest.param(
        {"platform_project": "the-monay-payments-platform-of-all"}, "platform_project", "40 characters", id="long name"
    ),
    pytest.param({"network_cidr": "10.10.0.0/28"}, "network_cidr", "/22", id="network too small"),
    pytest.param({"network_cidr": "10.20.8.0/22"}, "network_cidr", "environment staging", id="network overlaps"),
    pytest.param({"network_cidr": "10.10.0.0/33"}, "network_cidr", "not an IPv4 network", id="no network"),
    pytest.param({"network_nat_gateways": "5"}, "network_nat_gateways", '"2"', id="more NAT gateways than zones"),
    pytest.param(
        {"network_nat_gateway": "1"}, "network_nat_gateway", "did you mean network_nat_gateways", id="misspelt"
    ),
    pytest.param({"network_colour": "red"}, "network_colour", "no role knows", id="unknown variable"),
    pytest.param({"database_instance_class": REMOVED}, "database_instance_class", "required", id="missing"),
    pytest.param({"database_instance_class": "t3.medium"}, "database_instance_class", "db.", id="instance class"),
    pytest.param({"database_allocated_storage": "much"}, "database_allocated_storage", "int", id="wrong type"),
    pytest.param({"database_allocated_storage": 5}, "database_allocated_storage", "20", id="storage too small"),
    pytest.param({"database_max_allocated_storage": 20}, "database_max_allocated_storage", "10%", id="no room to grow"),
    pytest.param({"database_backup_retention_days": 40}, "database_backup_retention_days", "35", id="retention"),
    pytest.param(
        {"database_backup_retention_days": 0, "database_read_replicas": 1},
        "database_backup_retention_days",
        "replicas",
        id="replica without backups",
    ),
    pytest.param({"database_multi_az": "perhaps"}, "database_multi_az", "bool", id="no truth value"),
    pytest.param({"cache_node_type": "t3.small"}, "cache_node_type", "cache.", id="node type"),
    pytest.param({"cache_nodes": 9}, "cache_nodes", "1 to 6", id="too many nodes"),
    pytest.param({"platform_monitoring_level": "loud"}, "platform_monitoring_level", "basic", id="monitoring level"),
    pytest.param({"platform_domain": "Dev.monay.example"}, "platform_domain", "lower case", id="no domain"),
    pytest.param(
        {"platform_applications": {"monay-backend-common": API}},
        "platform_applications",
        "monay-admin of group services is an unknown application",
        id="unknown application",
    ),
    pytest.param(
        {"platform_applications": {**APPLICATIONS, "monay-admin": {"kind": "nextjs", "port": 3001, "subdomain": "x"}}},
        "platform_applications",
        "monay-admin and monay-backend-common have the same port 3001",
        id="port clash",
    ),
    pytest.param({"platform_domain": "{{ nowhere }}"}, "platform_domain", "nowhere", id="undefined reference"),
]


@pytest.mark.parametrize(("change", "variable", "words"), CASES)
def test_refused_before_the_first_write(environment, change, variable, words):
    dev = environment("dev")
    dev.inventory.edit(**change)
    before = dev.now

    run = dev.playbooks.run("phase1")

    assert run.returncode != 0
    (failure,) = run.failures
    assert f"- {variable} (" in failure
    assert FILE in failure
    assert words in failure
    assert dev.simulator.calls(since=before) == [], "refused without a call"


@pytest.mark.parametrize(
    ("host", "change", "variable", "words"),
    [
        pytest.param(
            "monay-admin", {"application_health_path": "health"}, "application_health_path", "begins with /", id="path"
        ),
    ],
)
def test_an_application_is_refused_before_the_first_write(environment, host, change, variable, words):
    dev = environment("dev")
    file = dev.inventory.edit_host(host, **change)
    before = dev.now

    run = dev.playbooks.run("phase1")

    assert run.returncode != 0
    (failure,) = run.failures
    assert f"- {variable} (" in failure
    assert f"{file}:1" in failure
    assert words in failure
    assert dev.simulator.calls(since=before) == [], "refused without a call"


@pytest.mark.parametrize(
    ("change", "account", "words"),
    [
        pytest.param({}, "999999999999", ["platform_account_id", "999999999999", "111111111111"], id="wrong account"),
        pytest.param(
            {"platform_availability_zones": ["us-east-1a", "us-east-1z"]},
            "111111111111",
            ["platform_availability_zones", "us-east-1z"],
            id="a zone that the region does not have",
        ),
    ],
)
def test_refused_by_asking_aws(environment, change, account, words):
    dev = environment("dev")
    dev.inventory.edit(**change)
    dev.playbooks.credentials = dev.simulator.env(account, dev.inventory.region)
    before = dev.now

    run = dev.playbooks.run("phase1")

    assert run.returncode != 0
    assert all(word in " ".join(run.failures) for word in words)
    assert dev.simulator.calls(mutating=True, since=before) == []
