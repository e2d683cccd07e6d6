# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module against simulated CloudWatch and Compute Optimizer."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.data_tier import point_at
from tests.support.modules import fail_module, run_module
from tests.support.simulator import ACCOUNT, REGION, Simulator

MODULE = "rightsizing_info"
HOUR = dt.datetime.now(tz=dt.UTC).replace(minute=0, second=0, microsecond=0)
ARGS = {
    "region": REGION,
    "services": [{"name": "api", "cluster": "monay-dev", "service": "monay-dev-api"}],
    "databases": [{"name": "postgres", "identifier": "monay-dev-postgres"}],
    "caches": [{"name": "redis", "nodes": ["monay-dev-redis-001", "monay-dev-redis-002"]}],
    "days": 3,
}
API = {"ClusterName": "monay-dev", "ServiceName": "monay-dev-api"}


@pytest.fixture(scope="module")
def running():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running, monkeypatch):
    running.reset()
    running.clear_faults()
    point_at(running, monkeypatch)
    return running


def put(simulator, namespace, name, dimensions, values):
    """A value in the middle of each of the last hours, the latest last."""
    named = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    times = [HOUR - dt.timedelta(hours=ago) + dt.timedelta(minutes=5) for ago in range(len(values), 0, -1)]
    data = [
        {"MetricName": name, "Dimensions": named, "Timestamp": at, "Value": value}
        for at, value in zip(times, values, strict=True)
    ]
    simulator.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


def test_peaks(simulator):
    put(simulator, "AWS/ECS", "CPUUtilization", API, [20, 35, 30])
    put(simulator, "AWS/ECS", "MemoryUtilization", API, [40, 41, 40])
    instance = {"DBInstanceIdentifier": "monay-dev-postgres"}
    put(simulator, "AWS/RDS", "CPUUtilization", instance, [10, 12])
    put(simulator, "AWS/RDS", "FreeableMemory", instance, [3e9, 2e9])
    put(simulator, "AWS/RDS", "DatabaseConnections", instance, [5, 8])
    put(simulator, "AWS/ElastiCache", "EngineCPUUtilization", {"CacheClusterId": "monay-dev-redis-001"}, [3])
    put(simulator, "AWS/ElastiCache", "EngineCPUUtilization", {"CacheClusterId": "monay-dev-redis-002"}, [7, 6])

    usage = run_module(MODULE, ARGS)["usage"]

    assert usage == {
        "api": {"kind": "service", "hours": 3, "cpu": 35, "memory": 41},
        "postgres": {"kind": "database", "hours": 2, "cpu": 12, "free_memory": 2e9, "connections": 8},
        "redis": {"kind": "cache", "hours": 2, "cpu": 7, "memory": None},
    }


def test_only_the_days_that_were_asked_for(simulator):
    put(simulator, "AWS/ECS", "CPUUtilization", API, [99, *[10] * 24])

    assert run_module(MODULE, {**ARGS, "days": 1})["usage"]["api"]["cpu"] == 10
    assert run_module(MODULE, {**ARGS, "days": 2})["usage"]["api"]["cpu"] == 99


def test_one_call_for_all_and_only_reads(simulator):
    done = run_module(MODULE, ARGS)

    calls = [(call["service"], call["operation"]) for call in simulator.calls()]
    assert calls == [("cloudwatch", "GetMetricData"), ("compute-optimizer", "GetEnrollmentStatus")]
    assert not done["changed"]
    assert done["optimizer"] == "the account has not opted in (it is Inactive)"
    assert done["recommendations"] == []


def test_compute_optimizer(simulator):
    def service(name):
        option = {"cpu": 256, "memory": 512, "savingsOpportunity": {"estimatedMonthlySavings": {"value": 9.5}}}
        arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/monay-dev/{name}"
        return {"serviceArn": arn, "finding": "Overprovisioned", "serviceRecommendationOptions": [option]}

    instance = {
        "resourceArn": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:monay-dev-postgres",
        "instanceFinding": "Optimized",
        "instanceRecommendationOptions": [],
    }
    # Pages have two, and most is of somebody else.
    found = [service("one"), service("two"), service("monay-dev-api")]
    simulator.control("PUT", "recommendations", {"account": ACCOUNT, "ecs": found, "rds": [instance]})

    done = run_module(MODULE, ARGS)

    assert done["optimizer"] == ""
    assert done["recommendations"] == [
        {"component": "api", "finding": "Overprovisioned", "recommended": "cpu 256, memory 512", "saves": 9.5},
        {"component": "postgres", "finding": "Optimized", "recommended": "", "saves": None},
    ]


def test_without_permission_for_compute_optimizer_the_rest_is_there(simulator):
    put(simulator, "AWS/ECS", "CPUUtilization", API, [20])
    simulator.fault("deny", match={"service": "compute-optimizer"}, times=9)

    done = run_module(MODULE, ARGS)

    assert done["usage"]["api"]["cpu"] == 20
    assert "AccessDenied" in done["optimizer"]


def test_what_it_may_not_be_asked_of_does_not_hide_the_rest(simulator):
    arn = f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/monay-dev/monay-dev-api"
    found = [{"serviceArn": arn, "finding": "Optimized", "serviceRecommendationOptions": []}]
    simulator.control("PUT", "recommendations", {"account": ACCOUNT, "ecs": found})
    simulator.fault("deny", match={"operation": "GetRDSDatabaseRecommendations"}, times=9)

    done = run_module(MODULE, ARGS)

    assert [each["component"] for each in done["recommendations"]] == ["api"]
    assert "GetRDSDatabaseRecommendations" in done["optimizer"]


def test_without_permission_for_cloudwatch_it_fails(simulator):
    simulator.fault("deny", match={"service": "cloudwatch"}, times=9)

    assert "read how much of their sizes components use" in fail_module(MODULE, ARGS)


def test_throttling_is_waited_out(simulator):
    simulator.fault("throttle", each_operation=True)

    assert run_module(MODULE, ARGS)["usage"]["api"]["hours"] == 0


@pytest.mark.parametrize("days", [0, 456])
def test_refuses(simulator, days):
    assert "days must be from 1 to 455" in fail_module(MODULE, {**ARGS, "days": days})
    assert simulator.calls() == []
