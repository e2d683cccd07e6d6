# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The capacity that the role ecs_cluster asks for, and what its instances may do."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.ecs_cluster import cluster_state
from ansible_collections.monay.platform.plugins.module_utils.core.iam import role_state
from tests.support.least_privilege import MANAGED
from tests.support.roles import role_variable

INVENTORY = {
    "platform_project": "monay",
    "platform_environment": "dev",
    "platform_name": "monay-dev",
    "platform_iam_path": "/monay/dev/",
    "platform_availability_zones": ["us-east-1a", "us-east-1b"],
    "platform_monitoring_level": "basic",
}


def value(variable: str, **said: Any) -> Any:
    return role_variable("ecs_cluster", variable, {**INVENTORY, **said})


@pytest.mark.parametrize(
    ("said", "providers", "strategy"),
    [
        ({}, ["FARGATE", "FARGATE_SPOT"], [("FARGATE", 100, 1)]),
        (
            {"ecs_cluster_spot_percent": 30},
            ["FARGATE", "FARGATE_SPOT"],
            [("FARGATE", 70, 1), ("FARGATE_SPOT", 30, 0)],
        ),
        ({"ecs_cluster_capacity": "ec2"}, ["FARGATE", "FARGATE_SPOT", "monay-dev-ec2"], [("monay-dev-ec2", 1, 0)]),
    ],
)
def test_where_tasks_run_by_default(said, providers, strategy):
    items = [{"base": 0, **each} for each in value("__ecs_cluster_strategy", **said)]
    wanted = {"name": "monay-dev", "capacity_providers": value("__ecs_cluster_providers", **said)}
    rest = dict.fromkeys(("container_insights", "exec", "service_connect_namespace"))

    state = cluster_state({**wanted, **rest, "default_strategy": items})

    assert state["capacity_providers"] == providers
    assert [(each["provider"], each["weight"], each["base"]) for each in state["default_strategy"]] == strategy


@pytest.mark.parametrize(("level", "insights"), [("basic", "disabled"), ("enhanced", "enabled"), ("full", "enhanced")])
def test_containers_are_measured_by_the_level_of_monitoring(level, insights):
    assert value("ecs_cluster_container_insights", platform_monitoring_level=level) == insights


def test_instances_have_a_role_for_the_agents_alone():
    (role,) = value("__ecs_cluster_roles")

    role_state(role)  # IAM would take it
    assert set(role["managed_policies"]) <= MANAGED
    assert role["inline_policies"] == {}
    assert role["trust_policy"]["Statement"][0]["Principal"] == {"Service": "ec2.amazonaws.com"}
