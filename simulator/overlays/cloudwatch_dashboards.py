# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudWatch dashboards: what is wrong with a body, which moto never says."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers

if TYPE_CHECKING:
    from collections.abc import Iterator

KINDS = {"metric", "text", "log", "alarm", "explorer"}
COLUMNS, MOST_WIDGETS = 24, 500
# What a widget cannot be without, by its sort.
NEEDED = {"metric": ("region",), "text": ("markdown",), "log": ("query", "region"), "alarm": ("alarms",)}


@answers("cloudwatch", "PutDashboard")
def put_dashboard(context: Context) -> dict[str, Any]:
    name, text = context.parameters["DashboardName"], context.parameters["DashboardBody"]
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name):
        _refuse([{"DataPath": "", "Message": f"The dashboard name {name} is not valid"}])
    try:
        body = json.loads(text)
    except ValueError as error:
        _refuse([{"DataPath": "/", "Message": f"The field DashboardBody must be a valid JSON object: {error}"}])
    problems = list(_problems(body))
    if problems:
        _refuse(problems)
    context.backend().put_dashboard(name, text)
    return {"DashboardValidationMessages": []}


def _refuse(messages: list[dict[str, str]]) -> None:
    text = f"The dashboard body is invalid, there are {len(messages)} validation errors: {json.dumps(messages)}"
    raise AwsError("InvalidParameterInput", text, 400, dashboardValidationMessages=messages)


def _problems(body: Any) -> Iterator[dict[str, str]]:
    if not isinstance(body, dict) or not isinstance(body.get("widgets"), list):
        yield _problem("/", "Should have property 'widgets'")
        return
    if len(body["widgets"]) > MOST_WIDGETS:
        yield _problem("/widgets", f"Should NOT have more than {MOST_WIDGETS} items")
    for number, widget in enumerate(body["widgets"]):
        yield from _widget_problems(f"/widgets/{number}", widget)


def _widget_problems(path: str, widget: dict[str, Any]) -> Iterator[dict[str, str]]:
    kind, properties = widget.get("type"), widget.get("properties")
    if kind not in KINDS:
        yield _problem(f"{path}/type", f"Should be equal to one of the allowed values {sorted(KINDS)}")
        return
    if not isinstance(properties, dict):
        yield _problem(path, "Should have required property 'properties'")
        return
    for name in NEEDED.get(str(kind), ()):
        if name not in properties:
            yield _problem(f"{path}/properties", f"Should have required property '{name}'")
    if widget.get("x", 0) + widget.get("width", 6) > COLUMNS:
        yield _problem(path, f"The widget is wider than the {COLUMNS} columns of a dashboard")
    for number, metric in enumerate(properties.get("metrics", ())):
        words = [each for each in metric if isinstance(each, str)]
        if words and (len(words) < 2 or len(words) % 2):
            yield _problem(f"{path}/properties/metrics/{number}", "Invalid metric field type, dimensions come in pairs")


def _problem(path: str, message: str) -> dict[str, str]:
    return {"DataPath": path, "Message": message}


@answers("cloudwatch", "GetDashboard")
def get_dashboard(context: Context) -> dict[str, Any]:
    name = context.parameters["DashboardName"]
    dashboard = context.backend().get_dashboard(name)
    if dashboard is None:
        raise AwsError("ResourceNotFound", f"Dashboard {name} does not exist", 404)
    return {"DashboardArn": dashboard.arn, "DashboardBody": dashboard.body, "DashboardName": name}


@answers("cloudwatch", "DeleteDashboards")
def delete_dashboards(context: Context) -> dict[str, Any]:
    """All of them, or none where one does not exist."""
    fault = context.backend().delete_dashboards(context.parameters["DashboardNames"])
    if fault:
        raise AwsError("ResourceNotFound", fault, 404)
    return {}


@answers("cloudwatch", "ListDashboards")
def list_dashboards(context: Context) -> dict[str, Any]:
    found = context.backend().list_dashboards(context.parameters.get("DashboardNamePrefix", ""))
    return {
        "DashboardEntries": [
            {
                "DashboardName": one.name,
                "DashboardArn": one.arn,
                "LastModified": one.last_modified.astimezone(),
                "Size": one.size,
            }
            for one in sorted(found, key=lambda one: str(one.name))
        ]
    }
