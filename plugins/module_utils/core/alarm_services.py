# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The alarms of a service on ECS behind a load balancer. Pure.

What is measured at target groups is summed over both colours, so that an alarm sees the same before, during and after
a deployment moves the requests from one to the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .alarm_parts import BELOW, Alarm, Level, Metric, either, filled_sum

COLOURS = ("blue", "green")


def service_alarms(component: Mapping[str, Any], limits: Mapping[str, float]) -> list[Alarm]:
    """`component`: name, cluster, load_balancer, target_groups (blue and green), metric_namespace, anomaly."""
    return [
        *_tasks(component, limits),
        *_requests(component, limits),
        *_targets(component),
        _logs(component, limits),
        _unusual(component),
    ]


def _tasks(component: Mapping[str, Any], limits: Mapping[str, float]) -> list[Alarm]:
    name = component["name"]
    dimensions = {"ClusterName": component["cluster"], "ServiceName": name}

    def insights(metric: str) -> Metric:
        return Metric("ECS/ContainerInsights", metric, dimensions)

    return [
        Alarm(
            f"{name}-cpu-high",
            "basic",
            f"The tasks of {name} need nearly all of their CPU.",
            Metric("AWS/ECS", "CPUUtilization", dimensions),
            limits["cpu"],
        ),
        Alarm(
            f"{name}-memory-high",
            "basic",
            f"The tasks of {name} need nearly all of their memory; beyond it they are killed.",
            Metric("AWS/ECS", "MemoryUtilization", dimensions),
            limits["memory"],
        ),
        Alarm(
            f"{name}-tasks-missing",
            "enhanced",
            f"For a quarter of an hour fewer tasks of {name} run than should.",
            {"desired": insights("DesiredTaskCount"), "running": insights("RunningTaskCount")},
            0,
            expression="desired - running",
            periods=15,
        ),
        Alarm(
            f"{name}-disk-high",
            "full",
            f"A task of {name} has nearly filled its disk.",
            {"used": insights("EphemeralStorageUtilized"), "reserved": insights("EphemeralStorageReserved")},
            limits["disk"],
            expression="100 * used / reserved",
        ),
    ]


def _by_colour(component: Mapping[str, Any], metric: str, statistic: str, prefix: str) -> dict[str, Metric]:
    """A metric of both target groups, under the ids prefix_blue and prefix_green."""
    return {
        f"{prefix}_{colour}": Metric(
            "AWS/ApplicationELB",
            metric,
            {"LoadBalancer": component["load_balancer"], "TargetGroup": component["target_groups"][colour]},
            statistic,
        )
        for colour in COLOURS
    }


def _requests(component: Mapping[str, Any], limits: Mapping[str, float]) -> list[Alarm]:
    name, enough = component["name"], limits["minimum_requests"]
    requests = _by_colour(component, "RequestCount", "Sum", "requests")
    errors = _by_colour(component, "HTTPCode_Target_5XX_Count", "Sum", "errors")
    refused = _by_colour(component, "TargetConnectionErrorCount", "Sum", "refused")
    total = filled_sum(*requests)
    alarms = [
        Alarm(
            f"{name}-api-errors",
            "basic",
            f"More than {limits['errors']:g}% of the requests to {name} fail (answers 5xx, and tasks not reached).",
            {**requests, **errors, **refused},
            limits["errors"],
            expression=either(total, enough, f"100 * {filled_sum(*errors, *refused)} / {total}"),
            points=3,
            missing="notBreaching",
        )
    ]
    percentiles: dict[str, Level] = {"p95": "enhanced", "p99": "full"}
    for percentile, level in percentiles.items():
        slow = _by_colour(component, "TargetResponseTime", percentile, "seconds")
        slowest = "MAX([" + ", ".join(f"FILL({each}, 0)" for each in slow) + "])"
        alarms.append(
            Alarm(
                f"{name}-latency-{percentile}",
                level,
                f"{name} is slow: {percentile} of its answers takes more than {limits['latency_' + percentile]:g} s.",
                {**requests, **slow},
                limits[f"latency_{percentile}"],
                expression=either(total, enough, slowest),
                points=3,
                missing="notBreaching",
            )
        )
    return alarms


def _targets(component: Mapping[str, Any]) -> list[Alarm]:
    name = component["name"]
    unhealthy = _by_colour(component, "UnHealthyHostCount", "Maximum", "unhealthy")
    healthy = _by_colour(component, "HealthyHostCount", "Maximum", "healthy")
    return [
        Alarm(
            f"{name}-targets-unhealthy",
            "basic",
            f"A task of {name} fails its health checks.",
            unhealthy,
            0,
            expression=filled_sum(*unhealthy),
            missing="notBreaching",
        ),
        Alarm(
            f"{name}-targets-none",
            "basic",
            f"No task of {name} is there to answer.",
            healthy,
            1,
            # not filled: while an application starts for the first time nothing is known, and nobody must be woken
            expression="SUM(METRICS())",
            comparison=BELOW,
            periods=3,
            silence_tells=True,
        ),
    ]


def _logs(component: Mapping[str, Any], limits: Mapping[str, float]) -> Alarm:
    name = component["name"]
    return Alarm(
        f"{name}-log-errors",
        "enhanced",
        f"{name} writes many errors into its log.",
        Metric(component["metric_namespace"], f"{name}-log-errors", {}, "Sum", 300),
        limits["log_errors"],
        periods=1,
        missing="notBreaching",
    )


def _unusual(component: Mapping[str, Any]) -> Alarm:
    """CloudWatch wants one band, so it is around the sum of both colours."""
    name = component["name"]
    requests = _by_colour(component, "RequestCount", "Sum", "requests")
    return Alarm(
        f"{name}-requests-unusual",
        "full",
        f"{name} gets far fewer or far more requests than usual at this time.",
        requests,
        0,
        expression=filled_sum(*requests),
        band=3,
        periods=15,
        missing="ignore",
        applies=component.get("anomaly", False),
    )
