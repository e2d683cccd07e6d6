# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every alarm of the plan is fed with metrics that must, and that must not, set it off; at its limits, too.

The alarms are made by the module from the plan that the role uses, CloudWatch is the simulator's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.alarms import alarm_plan
from tests.support.data_tier import point_at
from tests.support.modules import run_module
from tests.support.monitoring import Minutes
from tests.support.simulator import REGION, Simulator

OK, ALARM, UNKNOWN = "OK", "ALARM", "INSUFFICIENT_DATA"
GIB = 1024**3
# (id of the metric, values of the latest periods, how often each value occurred)
Feed = tuple[str, list[float | None], int]


@dataclass(frozen=True)
class Case:
    kind: str
    alarm: str
    state: str
    feeds: tuple[Feed, ...]
    changes: dict[str, Any] = field(default_factory=dict)
    """What the component has other than usual."""


def name_of(kind: str, number: int) -> str:
    """The name of a site is that of its distribution, and such a one looks like an id."""
    return f"CASE{number}" if kind == "static_site" else f"case-{number}"


def component(kind: str, number: int) -> dict[str, Any]:
    """A component of each kind with a name of its own. Ids stand where there is nothing to look names up in."""
    name = name_of(kind, number)
    return {
        "service": {
            "name": name,
            "cluster": "monay-dev",
            "load_balancer": f"app/{name}/50dc6c495c0c9188",
            "target_groups": {each: f"targetgroup/{name}-{each}/50dc6c495c0c9188" for each in ("blue", "green")},
            "metric_namespace": "monay/dev",
        },
        "database": {"name": name, "instance_class": "db.t3.medium", "allocated_storage": 20, "replicas": []},
        "cache": {"name": name, "nodes": 1},
        "load_balancer": {
            "name": f"app/{name}/50dc6c495c0c9188",
            "title": name,
            "region": REGION,
            "web_acl": f"{name}-alb",
        },
        "static_site": {"name": name, "web_acl": f"{name}-cdn"},
        "domain": {"title": name, "certificate": f"arn:{name}", "cdn_certificate": f"arn:{name}-cdn"},
        "network": {"title": name, "nat_gateways": [f"nat-{number:04x}", f"nat-{number:04x}f"]},
    }[kind]


def each(value: float | None, times: int = 5) -> list[float | None]:
    return [value] * times


def feed(**series: list[float | None]) -> tuple[Feed, ...]:
    return tuple((name, values, 1) for name, values in series.items())


def one(values: list[float | None]) -> tuple[Feed, ...]:
    """For an alarm of a single metric."""
    return (("", values, 1),)


def service(alarm: str, state: str, *feeds: Feed) -> Case:
    return Case("service", alarm, state, feeds)


REPLICAS = {"replicas": ["replica-1", "replica-2"]}
CASES = [
    # High CPU usage (> 80%)
    service("cpu-high", OK, *one(each(80))),
    service("cpu-high", ALARM, *one(each(80.1))),
    service("cpu-high", OK, *one([95, 95, 95, 95, 50])),
    service("cpu-high", UNKNOWN),
    # Memory usage (> 90%)
    service("memory-high", OK, *one(each(90))),
    service("memory-high", ALARM, *one(each(90.1))),
    # API errors (> 1%), over both colours
    service("api-errors", OK, *feed(requests_blue=each(100), errors_blue=each(1))),
    service("api-errors", ALARM, *feed(requests_blue=each(100), errors_blue=each(2))),
    service("api-errors", ALARM, *feed(requests_green=each(100), errors_green=each(2))),
    service("api-errors", ALARM, *feed(requests_blue=each(99), requests_green=each(1), errors_green=each(1.5))),
    service("api-errors", OK, *feed(requests_blue=each(500), requests_green=each(100), errors_green=each(6))),
    service("api-errors", ALARM, *feed(requests_blue=each(100), refused_blue=each(2))),
    service("api-errors", OK, *feed(requests_blue=each(19), errors_blue=each(19))),
    service("api-errors", ALARM, *feed(requests_blue=each(20), errors_blue=each(1))),
    service("api-errors", OK, *feed(requests_blue=each(100), errors_blue=[50, 50, None, None, None])),
    service("api-errors", ALARM, *feed(requests_blue=each(100), errors_blue=[50, None, 50, None, 50])),
    service("api-errors", OK, *feed(requests_blue=[100, None, None, None, None])),
    # while the requests move from blue to green
    service(
        "api-errors",
        ALARM,
        *feed(
            requests_blue=[100, 100, 50, None, None],
            errors_blue=[0, 2, 1, None, None],
            requests_green=[None, None, 50, 100, 100],
            errors_green=[None, None, 1, 2, 2],
        ),
    ),
    # Database connection pool exhaustion: 80% of 450 (4 GiB), of 3604 (32 GiB), and of what is set
    Case("database", "connections", OK, one(each(360))),
    Case("database", "connections", ALARM, one(each(361))),
    Case("database", "connections", OK, one(each(2883)), {"instance_class": "db.r5.xlarge"}),
    Case("database", "connections", ALARM, one(each(2884)), {"instance_class": "db.r5.xlarge"}),
    Case("database", "connections", ALARM, one(each(81)), {"max_connections": 100}),
    # Redis memory usage (> 75%), on any node
    Case("cache", "memory", OK, feed(node1=each(75))),
    Case("cache", "memory", ALARM, feed(node1=each(75.1))),
    Case("cache", "memory", ALARM, feed(node1=each(10), node2=each(76)), {"nodes": 2}),
    # Request latency, over both colours and not for a handful of requests
    service("latency-p95", OK, *feed(requests_blue=each(100), seconds_blue=each(1))),
    service("latency-p95", ALARM, *feed(requests_blue=each(100), seconds_blue=each(1.01))),
    service("latency-p95", ALARM, *feed(requests_green=each(100), seconds_green=each(2))),
    service("latency-p95", OK, *feed(requests_blue=each(19), seconds_blue=each(9))),
    service(
        "latency-p95",
        OK,
        ("requests_blue", each(100), 1),
        ("seconds_blue", each(0.1), 95),
        ("seconds_blue", each(9), 5),
    ),
    service(
        "latency-p95",
        ALARM,
        ("requests_blue", each(100), 1),
        ("seconds_blue", each(0.1), 94),
        ("seconds_blue", each(9), 6),
    ),
    service("latency-p99", OK, *feed(requests_blue=each(100), seconds_blue=each(3))),
    service("latency-p99", ALARM, *feed(requests_blue=each(100), seconds_blue=each(3.1))),
    # Targets and tasks
    service("targets-unhealthy", OK, *feed(unhealthy_blue=each(0))),
    service("targets-unhealthy", ALARM, *feed(unhealthy_green=each(1))),
    service("targets-none", OK, *feed(healthy_green=each(1))),
    service("targets-none", ALARM, *feed(healthy_blue=each(0), healthy_green=each(0))),
    service("targets-none", UNKNOWN, *feed(healthy_blue=[1, None, None, None, None, None])),
    service("targets-none", UNKNOWN),
    service("targets-none", OK, *feed(healthy_blue=[1, 1, None, None], healthy_green=[None, None, 1, 1])),
    service("tasks-missing", OK, *feed(desired=each(2, 15), running=each(2, 15))),
    service("tasks-missing", ALARM, *feed(desired=each(2, 15), running=each(1, 15))),
    service("disk-high", OK, *feed(used=each(16), reserved=each(20))),
    service("disk-high", ALARM, *feed(used=each(17), reserved=each(20))),
    service("log-errors", OK, *one([10])),
    service("log-errors", ALARM, *one([11])),
    # The database
    Case("database", "cpu-high", OK, one(each(80))),
    Case("database", "cpu-high", ALARM, one(each(81))),
    Case("database", "storage", OK, one(each(2 * GIB))),
    Case("database", "storage", ALARM, one(each(2 * GIB - 1))),
    Case("database", "memory-high", OK, one(each(0.41 * GIB))),
    Case("database", "memory-high", ALARM, one(each(0.39 * GIB))),
    Case("database", "cpu-credits", OK, one(each(20))),
    Case("database", "cpu-credits", ALARM, one(each(19))),
    Case("database", "replica-lag", OK, feed(lag0=each(60), lag1=each(0)), REPLICAS),
    Case("database", "replica-lag", ALARM, feed(lag0=each(0), lag1=each(61)), REPLICAS),
    Case("database", "latency", OK, feed(reads=each(0.05), writes=each(0.01))),
    Case("database", "latency", ALARM, feed(reads=each(0.01), writes=each(0.06))),
    # The cache
    Case("cache", "cpu-high", ALARM, feed(node1=each(81))),
    Case("cache", "connections", OK, feed(node1=each(52_000))),
    Case("cache", "connections", ALARM, feed(node1=each(52_001))),
    Case("cache", "evictions", ALARM, feed(node1=each(101))),
    Case("cache", "replica-lag", ALARM, feed(node1=each(0), node2=each(61)), {"nodes": 2}),
    Case("cache", "hit-rate", OK, feed(hits1=each(80, 15), misses1=each(20, 15))),
    Case("cache", "hit-rate", ALARM, feed(hits1=each(79, 15), misses1=each(21, 15))),
    Case("cache", "hit-rate", OK, feed(hits1=each(0, 15), misses1=each(50, 15))),
    # The load balancer
    Case("load_balancer", "errors", OK, feed(requests=each(100), theirs=each(1))),
    Case("load_balancer", "errors", ALARM, feed(requests=each(100), theirs=each(2))),
    Case("load_balancer", "errors", ALARM, feed(own=each(20))),
    Case("load_balancer", "errors", OK, feed(own=each(19))),
    Case("load_balancer", "rejected-connections", OK, one(each(0))),
    Case("load_balancer", "rejected-connections", ALARM, one(each(1))),
    Case("load_balancer", "latency-p99", ALARM, feed(requests=each(100), seconds=each(4))),
    Case("load_balancer", "waf-blocked", OK, one([1000])),
    Case("load_balancer", "waf-blocked", ALARM, one([1001])),
    # The CDN
    Case("static_site", "cdn-errors", OK, feed(requests=each(100), failed=each(1))),
    Case("static_site", "cdn-errors", ALARM, feed(requests=each(100), failed=each(1.1))),
    Case("static_site", "cdn-errors", OK, feed(requests=each(19), failed=each(50))),
    Case("static_site", "cdn-not-found", ALARM, feed(requests=each(100), failed=each(21))),
    Case("static_site", "waf-blocked", ALARM, one([1001])),
    # Certificates and NAT gateways
    Case("domain", "certificate-expiry", OK, one([30])),
    Case("domain", "certificate-expiry", ALARM, one([29])),
    Case("domain", "cdn-certificate-expiry", ALARM, one([29])),
    Case("network", "nat-errors", OK, feed(gateway0=each(0), gateway1=each(0))),
    Case("network", "nat-errors", ALARM, feed(gateway1=each(1))),
    Case("network", "nat-packets-dropped", ALARM, feed(gateway0=each(60), gateway1=each(60))),
]


def planned(case: Case, number: int) -> dict[str, Any]:
    """The case's alarm, as the role hands it to the module."""
    plan = alarm_plan({**component(case.kind, number), **case.changes}, case.kind, "full", REGION, "", {})
    wanted = f"{name_of(case.kind, number)}-{case.alarm}"
    (found,) = [alarm for region in plan for alarm in region["alarms"] if alarm["name"] == wanted]
    return found


@pytest.fixture(scope="module")
def alarms():
    """A simulator with one alarm a case, all made in one task."""
    with Simulator() as simulator, pytest.MonkeyPatch.context() as patch:
        point_at(simulator, patch)
        wanted = [planned(case, number) for number, case in enumerate(CASES)]
        run_module("cloudwatch_alarm", {"region": REGION, "alarms": wanted})
        yield simulator, wanted


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{case.kind} {case.alarm} {case.state}" for case in CASES])
def test_goes_off_when_it_must_and_only_then(alarms, number):
    simulator, wanted = alarms
    alarm, minutes = wanted[number], Minutes(simulator)
    metrics = {query["id"]: query["metric"] for query in alarm.get("metrics", ()) if query.get("metric")}
    metrics[""] = alarm.get("metric")

    for name, values, count in CASES[number].feeds:
        minutes.put(metrics[name], values, count=count)

    assert minutes.state(alarm["name"]) == CASES[number].state


def test_every_alarm_of_the_plan_is_proved_to_go_off():
    changes = {"database": REPLICAS, "cache": {"nodes": 2}}
    known = {
        (kind, alarm["name"].removeprefix(f"{name_of(kind, 0)}-"))
        for kind in {case.kind for case in CASES}
        for plan in alarm_plan({**component(kind, 0), **changes.get(kind, {})}, kind, "full", REGION, "", {})
        for alarm in plan["alarms"]
    }
    assert known == {(case.kind, case.alarm) for case in CASES if case.state == ALARM}


def test_an_application_has_one_alarm_that_tells(alarms, monkeypatch):
    """Any of its alarms sets it off, the topic is told once, and told again when all is well."""
    simulator, _wanted = alarms
    point_at(simulator, monkeypatch)
    sns, sqs = simulator.client("sns"), simulator.client("sqs")
    topic = sns.create_topic(Name="monay-dev-alarms")["TopicArn"]
    queue = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    (plan,) = alarm_plan(component("service", 9000), "service", "basic", REGION, "monay-dev-alarms", {})
    # nothing serves it in this test
    chosen = [alarm for alarm in plan["alarms"] if not alarm["name"].endswith("-targets-none")]
    rule = plan["composite_alarms"][0]["rule"].replace('ALARM("case-9000-targets-none")', "FALSE")
    composite = {**plan["composite_alarms"][0], "rule": rule}
    run_module("cloudwatch_alarm", {"region": REGION, "alarms": chosen, "composite_alarms": [composite]})
    minutes = Minutes(simulator)
    cpu = next(alarm["metric"] for alarm in chosen if alarm["name"].endswith("-cpu-high"))
    assert minutes.state("case-9000") == OK

    minutes.put(cpu, each(99))
    assert minutes.state("case-9000") == ALARM
    minutes.put(cpu, each(0))  # the average falls below the limit
    assert minutes.state("case-9000") == OK

    answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    told = [json.loads(json.loads(message["Body"])["Message"]) for message in answer["Messages"]]
    assert [(each["AlarmName"], each["NewStateValue"]) for each in told][-2:] == [
        ("case-9000", ALARM),
        ("case-9000", OK),
    ]
    assert {each["AlarmName"] for each in told} == {"case-9000"}
