# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The layout of an environment's dashboard, and names in the place of ids in any dashboard."""

from __future__ import annotations

import json
from itertools import combinations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.dashboard import translated
from ansible_collections.monay.platform.plugins.module_utils.core.dashboard_plan import COLUMNS, dashboard_plan
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused

ENVIRONMENT = {
    "name": "monay-prod",
    "account": "111111111111",
    "region": "eu-west-1",
    "cluster": "monay-prod",
    "load_balancer": "monay-prod",
    "metric_namespace": "monay/prod",
    "web_acl": "monay-prod-alb",
    "applications": [
        {"name": "monay-prod-admin", "container": "admin", "kind": "nextjs", "hostname": "admin.monay.example"},
        {"name": "monay-prod-website-static", "container": "site", "kind": "static", "hostname": "www.monay.example"},
    ],
    "databases": [{"name": "db", "instance_class": "db.r5.xlarge", "replicas": ["db-replica-1"]}],
    "caches": [{"name": "redis", "nodes": 2}],
}


def graphs(body):
    return {each["properties"]["title"]: each for each in body["widgets"] if each["type"] == "metric"}


def test_every_application_has_a_row_and_nothing_overlaps():
    widgets = dashboard_plan(ENVIRONMENT)["widgets"]

    titles = [each["properties"]["markdown"] for each in widgets if each["type"] == "text"]
    assert titles == ["## admin", "## site", "## Load balancer", "## PostgreSQL db", "## Redis redis"]
    for each in widgets:
        assert each["x"] + each["width"] <= COLUMNS
    for one, other in combinations(widgets, 2):
        beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
        beneath = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
        assert beside or beneath


def test_shows_what_the_design_document_asks_for():
    """CPU and memory, request latency, error rates, database connections, cache hit rates."""
    shown = graphs(dashboard_plan(ENVIRONMENT))
    assert {"CPU and memory", "Latency", "Requests and errors", "Connections", "Cache hit rate"} <= shown.keys()
    text = json.dumps(dashboard_plan(ENVIRONMENT))
    assert all(f"monay-prod-admin-{colour}" in text for colour in ("blue", "green"))
    assert shown["Errors"]["properties"]["region"] == "us-east-1"


def test_ids_of_expressions_are_there_and_unique_in_their_graph():
    for each in graphs(dashboard_plan(ENVIRONMENT)).values():
        ids = [part["id"] for metric in each["properties"]["metrics"] for part in metric if "id" in part]
        assert len(ids) == len(set(ids))


def test_alarms_are_in_the_region_that_has_them():
    (widget,) = [each for each in dashboard_plan(ENVIRONMENT)["widgets"] if each["type"] == "alarm"]
    alarms = widget["properties"]["alarms"]
    assert "arn:aws:cloudwatch:eu-west-1:111111111111:alarm:monay-prod-admin" in alarms
    assert "arn:aws:cloudwatch:us-east-1:111111111111:alarm:monay-prod-website-static" in alarms
    assert len(alarms) <= 100


def test_the_limit_of_connections_is_drawn():
    assert '"value": 3604' in json.dumps(dashboard_plan(ENVIRONMENT))
    with pytest.raises(PlanRefused, match="is not known"):
        dashboard_plan({**ENVIRONMENT, "databases": [{"name": "db", "instance_class": "large", "replicas": []}]})


def test_values_of_dimensions_are_translated_and_nothing_else():
    options = {"label": "LoadBalancer", "id": "m1"}
    metric = ["AWS/ApplicationELB", "RequestCount", "LoadBalancer", "n", "Zone", "z", options]
    widgets = [
        {"type": "metric", "properties": {"metrics": [metric, [{"expression": "m1"}]]}},
        {"type": "text", "properties": {"markdown": "LoadBalancer n"}},
    ]

    found = translated({"start": "-PT3H", "widgets": widgets}, lambda dimension, value: f"{dimension}={value}")

    assert found["widgets"][0]["properties"]["metrics"] == [
        ["AWS/ApplicationELB", "RequestCount", "LoadBalancer", "LoadBalancer=n", "Zone", "Zone=z", options],
        [{"expression": "m1"}],
    ]
    assert (found["start"], found["widgets"][1]) == ("-PT3H", widgets[1])
