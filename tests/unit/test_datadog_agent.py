# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Datadog's agent in the shipped inventories: off by default, its key by reference only, its image pinned."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar

SHARED = Path(__file__).parents[2] / "inventories" / "shared" / "group_vars"


def sidecars(**variables):
    """The containers beside monay-admin's in dev."""
    loader = DataLoader()
    known = {"inventory_hostname": "monay-admin", "platform_environment": "dev", "platform_region": "us-east-1"}
    known["ecs_cluster_capacity"] = "fargate"
    for name in ("all.yml", "applications.yml"):
        known |= loader.load_from_file(str(SHARED / name), trusted_as_template=True)
    known |= variables
    return Templar(loader=loader, variables=known).template(known["service_sidecars"])


@pytest.mark.parametrize("enabled", [False, "false"])
def test_is_off_unless_it_is_switched_on(enabled):
    assert sidecars(monitoring_datadog_enabled=enabled) == []
    assert sidecars() == []


def test_runs_beside_the_application():
    (agent,) = sidecars(monitoring_datadog_enabled=True, datadog_site="datadoghq.eu")

    assert agent["name"] == "datadog-agent"
    assert agent["essential"] is False
    assert agent["environment"]["DD_SITE"] == "datadoghq.eu"
    assert agent["environment"]["DD_TAGS"] == "project:monay service:admin"
    reference = {"secret": "monay/dev/datadog", "key": "DD_API_KEY"}
    assert agent["secrets"] == [{"name": "DD_API_KEY", "valueFrom": reference}]
    assert "DD_API_KEY" not in agent["environment"]
    assert agent["logConfiguration"]["options"]["awslogs-group"] == "/monay/dev/admin"
    assert re.fullmatch(r"public\.ecr\.aws/datadog/agent:\d+\.\d+\.\d+", agent["image"])
