# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Edits of the inventory of a built environment: check mode names exactly what the real run then changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.playbooks import Run

CASES = [
    pytest.param({"database_instance_class": "db.t3.large"}, {"RDS instance"}, id="instance class"),
    pytest.param({"database_allocated_storage": 30}, {"RDS instance"}, id="storage"),
    pytest.param({"database_backup_retention_days": 10}, {"RDS instance"}, id="backup retention"),
    pytest.param({"database_multi_az": True}, {"RDS instance"}, id="Multi-AZ"),
    pytest.param(
        {"database_parameters": {"rds.force_ssl": "1", "log_min_duration_statement": "500"}},
        {"DB parameter group"},
        id="database parameter",
    ),
    pytest.param({"database_read_replicas": 1}, {"RDS read replica"}, id="read replica"),
    pytest.param({"cache_node_type": "cache.t3.medium"}, {"replication group"}, id="node type"),
    pytest.param({"cache_snapshot_retention_days": 3}, {"replication group"}, id="snapshots"),
    pytest.param(
        {"network_nat_gateways": "2"}, {"elastic IP", "NAT gateway", "route table"}, id="a second NAT gateway"
    ),
    pytest.param(
        {"network_nat_gateways": "1"}, {"elastic IP", "NAT gateway", "route table"}, id="the second NAT gateway goes"
    ),
    pytest.param({"network_flow_log_retention_days": 30}, {"log group"}, id="log retention"),
    pytest.param({"network_interface_endpoints": ["logs"]}, {"VPC endpoint"}, id="interface endpoint"),
    pytest.param({"registry_keep_images": 50}, {"ECR repository"}, id="lifecycle of images"),
    pytest.param({"storage_noncurrent_days": 45}, {"S3 bucket"}, id="lifecycle of a bucket"),
    pytest.param({"account_github_repository": "monay/other"}, {"IAM role"}, id="trust of the deploy role"),
    pytest.param({"platform_monitoring_level": "enhanced"}, {"RDS instance"}, id="monitoring level"),
    pytest.param({"platform_availability_zones": ["us-east-1a", "us-east-1b", "us-east-1c"]}, {"subnet"}, id="a zone"),
    pytest.param({"security_groups_alb_cidrs": ["203.0.113.0/24"]}, {"security group"}, id="security group rule"),
    pytest.param(
        {
            "platform_tags": {
                "Project": "monay",
                "Environment": "dev",
                "Component": "{{ inventory_hostname }}",
                "ManagedBy": "monay.platform",
                "CostCenter": "finance",
            }
        },
        {"VPC", "RDS instance", "S3 bucket", "IAM role", "ECR repository"},
        id="a tag",
    ),
]


def assert_same_resources(preview: Run, run: Run, writes: list[dict[str, Any]]) -> None:
    """Every write to AWS is about a change that the run named, and every change that it named was written.

    Ids of what is gone at the end are known from the preview.
    """
    called: dict[str, set[str]] = {}
    for each in [*preview.tasks, *run.tasks]:
        if "changes" not in each["result"]:
            continue
        for kind, resources in each["result"].get("resources", {}).items():
            for name, facts in resources.items():
                called.setdefault(f"{kind} {name}", {name}).update(str(value) for value in facts.values())
    changes = {f"{kind} {name}": called.get(f"{kind} {name}", set()) | {name} for _action, kind, name in run.changes}
    for write in writes:
        assert any(names & words(write) for names in changes.values()), f"nobody announced {write}"
    for change, names in changes.items():
        assert any(names & words(write) for write in writes), f"{change} was announced, but never written"


def words(call: dict[str, Any]) -> set[str]:
    """Everything that a call's parameters name."""

    def leaves(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            for item in value:
                yield from leaves(item)
        else:
            yield str(value)

    return {str(call["resource"]), *leaves(call["parameters"])}


@pytest.fixture(scope="module")
def dev(environment):
    """A built environment; the cases edit it one after another, as its owner would over the months."""
    built = environment("dev")
    built.playbooks.run("phase1").succeeded()
    return built


@pytest.mark.parametrize(("edit", "kinds"), CASES)
def test_check_mode_names_exactly_what_the_run_changes(dev, edit, kinds):
    dev.inventory.edit(**edit)
    before = dev.now

    preview = dev.playbooks.run("phase1", "--check", "--diff").succeeded()
    assert dev.writes(before) == []
    before = dev.now
    real = dev.playbooks.run("phase1").succeeded()

    assert preview.changes, "the edit changes nothing"
    assert sorted(preview.changes) == sorted(real.changes)
    assert kinds <= {kind for _action, kind, _name in preview.changes}
    assert len(preview.diffs) == len(preview.changes)
    assert_same_resources(preview, real, dev.writes(before))
    before = dev.now
    again = dev.playbooks.run("phase1").succeeded()
    assert (again.changed_tasks, dev.writes(before)) == ([], [])
