# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hints at sizes, as users ask for them: from metrics of two weeks to the price of another size."""

from __future__ import annotations

import datetime as dt
import json

import pytest

pytestmark = pytest.mark.slow
HOURS = 13 * 24
NOW = dt.datetime.now(tz=dt.UTC).replace(minute=0, second=0, microsecond=0)
SERVICE = {"ClusterName": "monay-staging", "ServiceName": "monay-staging-admin"}
BUSY = {"ClusterName": "monay-staging", "ServiceName": "monay-staging-backend-common"}
YOUNG = {"ClusterName": "monay-staging", "ServiceName": "monay-staging-enterprise-wallet"}
DATABASE = {"DBInstanceIdentifier": "monay-staging-postgres"}


def put(client, namespace, name, dimensions, value, hours=HOURS):
    named = [{"Name": key, "Value": each} for key, each in dimensions.items()]
    data = [
        {"MetricName": name, "Dimensions": named, "Value": value, "Timestamp": NOW - dt.timedelta(hours=ago)}
        for ago in range(1, hours + 1)
    ]
    client.put_metric_data(Namespace=namespace, MetricData=data)


@pytest.fixture(scope="module")
def report(environment, tmp_path_factory):
    """A report of staging, where one service is idle, one busy, one new, and the database idle."""
    staging, folder = environment("staging"), tmp_path_factory.mktemp("reports")
    client = staging.simulator.client("cloudwatch", staging.inventory.account, staging.inventory.region)
    for dimensions, load, hours in ((SERVICE, 20, HOURS), (BUSY, 95, HOURS), (YOUNG, 20, 24)):
        put(client, "AWS/ECS", "CPUUtilization", dimensions, load, hours)
        put(client, "AWS/ECS", "MemoryUtilization", dimensions, load, hours)
    put(client, "AWS/RDS", "CPUUtilization", DATABASE, 5)
    put(client, "AWS/RDS", "FreeableMemory", DATABASE, 6 * 1024**3)
    put(client, "AWS/RDS", "DatabaseConnections", DATABASE, 20)
    since = len(staging.simulator.calls())
    run = staging.playbooks.run("cost", cost_rightsizing=True, cost_report_directory=str(folder)).succeeded()
    return staging, json.loads((folder / "cost-monay-staging.json").read_text()), run, since


def hint_of(report, component):
    (hint,) = [each for each in report["rightsizing"]["hints"] if each["component"] == component]
    return hint


def test_hints(report):
    _staging, found, run, _since = report

    assert hint_of(found, "monay-admin")["variables"] == [
        {"variable": "service_cpu", "before": 512, "after": 256},
        {"variable": "service_memory", "before": 1024, "after": 512},
    ]
    assert hint_of(found, "monay-backend-common")["verdict"] == "larger"
    assert hint_of(found, "monay-enterprise-wallet")["verdict"] == "no_data"
    assert hint_of(found, "monay-postgres")["variables"] == [
        {"variable": "database_instance_class", "before": "db.t3.large", "after": "db.t3.medium"}
    ]
    assert "Too small for their busiest hour: monay-backend-common." in run.output
    assert "Compute Optimizer lacks something: the account has not opted in" in run.output


def test_a_hint_saves_what_it_says(report):
    """Followed in the inventory, the estimate is less by as much."""
    staging, found, _run, _since = report
    hint = hint_of(found, "monay-admin")
    file = staging.inventory.edit_host("monay-admin", **{each["variable"]: each["after"] for each in hint["variables"]})

    run = staging.playbooks.run("cost").succeeded()

    file.unlink()
    (after,) = [each["result"]["report"] for each in run.tasks if "report" in each["result"]]
    assert hint["saves"] > 0
    assert round(found["total"]["expected"] - after["total"]["expected"], 2) == hint["saves"]
    assert hint_of(found, "monay-backend-common")["saves"] < 0


def test_it_asks_little_and_writes_nothing(report):
    staging, _found, _run, since = report

    calls = staging.simulator.calls()[since:]
    asked = [call["operation"] for call in calls if call["service"] != "sts"]
    assert asked == ["GetMetricData", "GetEnrollmentStatus"]
    assert not [call for call in calls if call["mutating"]]
