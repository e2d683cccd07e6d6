# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Edits of phases 2 and 3 in a built environment: check mode names exactly what the real run then changes.

Each case runs the plays of the component that it edits, as `--limit` does for a person.
"""

from __future__ import annotations

import pytest

from tests.playbooks.test_edits import assert_same_resources

ADMIN = "monay-admin"
CASES = [
    pytest.param(ADMIN, {"service_cpu": 512, "service_memory": 1024}, {"task definition", "service"}, id="size"),
    pytest.param(ADMIN, {"service_environment": {"A": "1", "B": "2"}}, {"task definition", "service"}, id="variables"),
    pytest.param(ADMIN, {"service_environment": {"A": "1"}}, {"task definition", "service"}, id="a variable goes"),
    pytest.param(ADMIN, {"service_stop_timeout": 60}, {"task definition", "service"}, id="graceful stop"),
    pytest.param(ADMIN, {"service_read_only": False}, {"task definition", "service"}, id="writable root"),
    pytest.param(ADMIN, {"service_min_count": 2}, {"service"}, id="number of tasks"),
    pytest.param(ADMIN, {"service_open_files": 32768}, {"task definition", "service"}, id="open files"),
    pytest.param(ADMIN, {"service_deregistration_delay": 60}, {"target group"}, id="deregistration"),
    pytest.param(ADMIN, {"service_health_interval": 20}, {"target group"}, id="health check"),
    pytest.param(ADMIN, {"service_paths": ["/*"]}, {"listener rule"}, id="path rule"),
    pytest.param(ADMIN, {"service_log_retention_days": 60}, {"log group"}, id="retention of logs"),
    pytest.param(ADMIN, {"service_autoscaling": True}, {"scaling target", "scaling policy"}, id="autoscaling"),
    pytest.param(ADMIN, {"service_autoscaling_cpu": 50}, {"scaling policy"}, id="autoscaling's goal"),
    pytest.param(ADMIN, {"service_max_count": 6}, {"scaling target"}, id="autoscaling's limit"),
    pytest.param(ADMIN, {"alarms_limits": {"cpu": 70}}, {"alarm"}, id="limit of an alarm"),
    pytest.param("monay-alb", {"load_balancer_idle_timeout": 120}, {"load balancer"}, id="idle timeout"),
    pytest.param(
        "monay-alb", {"load_balancer_ssl_policy": "ELBSecurityPolicy-TLS13-1-3-2021-06"}, {"listener"}, id="TLS policy"
    ),
    pytest.param("monay-alb", {"web_acl_rate_limit": 500}, {"web ACL"}, id="rate limit"),
    pytest.param("monay-ecs", {"ecs_cluster_container_insights": "enabled"}, {"ECS cluster"}, id="Container Insights"),
    pytest.param("monay-ecs", {"ecs_cluster_exec_log_retention_days": 60}, {"log group"}, id="records of shells"),
    pytest.param(
        "monay-monitoring",
        {"monitoring_subscriptions": [{"protocol": "email", "endpoint": "ops@monay.example"}]},
        {"SNS topic"},
        id="who is told of alarms",
    ),
    pytest.param(
        "monay-website-static",
        {"static_site_price_class": "PriceClass_All"},
        {"CloudFront distribution"},
        id="price class",
    ),
    pytest.param(
        "monay-website-static",
        {"static_site_hostnames": ["www.dev.monay.example"]},
        {"CloudFront distribution"},
        id="alias",
    ),
]
# The playbook whose plays act on a component.
PLAYBOOKS = {"monay-alb": "phase2", "monay-ecs": "phase2", "monay-monitoring": "phase2"}


@pytest.fixture(scope="module")
def dev(standing):
    """A built environment; the cases edit it one after another, as its owner would over the months."""
    with standing("dev", 3) as built:
        yield built


@pytest.fixture(scope="module")
def edits() -> dict[str, dict[str, object]]:
    """What the cases so far have set, by host."""
    return {}


@pytest.mark.parametrize(("host", "edit", "kinds"), CASES)
def test_check_mode_names_exactly_what_the_run_changes(dev, edits, host, edit, kinds):
    edits.setdefault(host, {}).update(edit)
    dev.inventory.edit_host(host, **edits[host])
    playbook, limit = PLAYBOOKS.get(host, "phase3"), ("--limit", host)
    before = dev.now

    preview = dev.playbooks.run(playbook, *limit, "--check", "--diff").succeeded()
    assert dev.writes(before) == []
    before = dev.now
    real = dev.playbooks.run(playbook, *limit).succeeded()

    assert preview.changes, "the edit changes nothing"
    assert sorted(preview.changes) == sorted(real.changes)
    assert kinds <= {kind for _action, kind, _name in preview.changes}
    assert len(preview.diffs) == len(preview.changes)
    assert_same_resources(preview, real, dev.writes(before))
    before = dev.now
    again = dev.playbooks.run(playbook, *limit).succeeded()
    assert (again.changed_tasks, dev.writes(before)) == ([], [])
