# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How much of their sizes components use: what CloudWatch is asked, and what Compute Optimizer says. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

HOUR = 3600
# What is asked of each kind, with the statistic of an hour. The least of free memory is the most of what was used.
METRICS: Mapping[str, Sequence[tuple[str, str, str, str]]] = {
    "service": (
        ("cpu", "AWS/ECS", "CPUUtilization", "p99"),
        ("memory", "AWS/ECS", "MemoryUtilization", "Maximum"),
    ),
    "database": (
        ("cpu", "AWS/RDS", "CPUUtilization", "p99"),
        ("free_memory", "AWS/RDS", "FreeableMemory", "Minimum"),
        ("connections", "AWS/RDS", "DatabaseConnections", "Maximum"),
    ),
    "cache": (
        ("cpu", "AWS/ElastiCache", "EngineCPUUtilization", "p99"),
        ("memory", "AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "Maximum"),
    ),
}
# What Compute Optimizer answers to an account that has not opted in.
NOT_OPTED_IN = "OptInRequiredException"


@dataclass(frozen=True)
class Target:
    """One thing that is measured: a service, an instance of a database, a node of a cache."""

    component: str
    kind: str
    dimensions: Mapping[str, str]


@dataclass(frozen=True)
class Query:
    """One question to CloudWatch."""

    target: Target
    name: str
    metric: Mapping[str, Any]
    """MetricStat of GetMetricData."""


def targets(
    services: Iterable[Mapping[str, str]],
    databases: Iterable[Mapping[str, Any]],
    caches: Iterable[Mapping[str, Any]],
) -> list[Target]:
    """From the options of rightsizing_info."""
    return [
        *(
            Target(each["name"], "service", {"ClusterName": each["cluster"], "ServiceName": each["service"]})
            for each in services
        ),
        *(Target(each["name"], "database", {"DBInstanceIdentifier": each["identifier"]}) for each in databases),
        *(Target(each["name"], "cache", {"CacheClusterId": node}) for each in caches for node in each["nodes"]),
    ]


def queries(found: Iterable[Target]) -> list[Query]:
    return [
        Query(target, name, _metric_stat(namespace, metric, target.dimensions, statistic))
        for target in found
        for name, namespace, metric, statistic in METRICS[target.kind]
    ]


def peaks(answers: Iterable[tuple[Query, Sequence[float]]]) -> dict[str, dict[str, Any]]:
    """By component `{kind, hours, cpu, …}`: the highest of all hours and nodes, the least of `free_memory`.

    `hours` are those for which there are values of the CPU. What was not measured is null.
    """
    found: dict[str, dict[str, Any]] = {}
    for query, values in answers:
        nothing: dict[str, Any] = {name: None for name, *_rest in METRICS[query.target.kind]}
        peak = found.setdefault(query.target.component, {"kind": query.target.kind, "hours": 0, **nothing})
        if query.name == "cpu":
            peak["hours"] = max(peak["hours"], len(values))
        known = [*values, *([] if peak[query.name] is None else [peak[query.name]])]
        if known:
            peak[query.name] = min(known) if query.name == "free_memory" else max(known)
    return found


def recommendation(component: str, found: Mapping[str, Any]) -> dict[str, Any]:
    """One of Compute Optimizer's findings, of a service or of an instance: `{component, finding, recommended, saves}`.

    The first option is the one that it ranks best. Source: Compute Optimizer API reference.
    """
    options = found.get("serviceRecommendationOptions") or found.get("instanceRecommendationOptions") or []
    best: Mapping[str, Any] = min(options, key=lambda each: each.get("rank", 0)) if options else {}
    saves = best.get("savingsOpportunity", {}).get("estimatedMonthlySavings", {}).get("value")
    size = ", ".join(f"{name} {best[name]}" for name in ("cpu", "memory") if name in best)
    return {
        "component": component,
        "finding": found.get("finding") or found.get("instanceFinding", ""),
        "recommended": best.get("dbInstanceClass", size),
        "saves": None if saves is None else round(float(saves), 2),
    }


def _metric_stat(namespace: str, name: str, dimensions: Mapping[str, str], statistic: str) -> dict[str, Any]:
    named = [{"Name": key, "Value": value} for key, value in sorted(dimensions.items())]
    metric = {"Namespace": namespace, "MetricName": name, "Dimensions": named}
    return {"Metric": metric, "Period": HOUR, "Stat": statistic}
