# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The alarms of databases and caches. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .alarm_parts import BELOW, Alarm, Metric, either
from .instance_memory import GIB, connection_limit, memory_gib

# ElastiCache's limit of connections to a node.
MOST_CLIENTS = 65_000
# CloudWatch's limit of metrics to an alarm.
MOST_METRICS = 10


def database_alarms(component: Mapping[str, Any], limits: Mapping[str, float]) -> list[Alarm]:
    """`component`: name, instance_class, allocated_storage (GiB), replicas; memory_gib and max_connections win.

    Raises PlanRefused for an instance class whose memory is not known.
    """
    name = component["name"]
    memory = component.get("memory_gib") or memory_gib(component["instance_class"])
    most = connection_limit(component)
    free_memory = (100 - limits["memory"]) / 100 * memory * GIB
    free_storage = limits["free_storage"] / 100 * component["allocated_storage"] * GIB

    def metric(metric_name: str, statistic: str = "Average", instance: str = name) -> Metric:
        return Metric("AWS/RDS", metric_name, {"DBInstanceIdentifier": instance}, statistic)

    lags = {f"lag{number}": metric("ReplicaLag", "Maximum", each) for number, each in enumerate(component["replicas"])}
    return [
        Alarm(f"{name}-cpu-high", "basic", f"{name} is short of CPU.", metric("CPUUtilization"), limits["cpu"]),
        Alarm(
            f"{name}-connections",
            "basic",
            f"{name} has {limits['connections']:g}% of the {most} connections that it allows; pools will run dry.",
            metric("DatabaseConnections", "Maximum"),
            float(int(limits["connections"] / 100 * most)),
            points=3,
        ),
        Alarm(
            f"{name}-storage",
            "basic",
            f"{name} has less than {limits['free_storage']:g}% of its storage left.",
            metric("FreeStorageSpace", "Minimum"),
            free_storage,
            comparison=BELOW,
        ),
        Alarm(
            f"{name}-memory-high",
            "enhanced",
            f"{name} uses more than {limits['memory']:g}% of its memory.",
            metric("FreeableMemory", "Minimum"),
            free_memory,
            comparison=BELOW,
        ),
        Alarm(
            f"{name}-latency",
            "full",
            f"The storage of {name} is slow.",
            {"reads": metric("ReadLatency"), "writes": metric("WriteLatency")},
            limits["storage_latency"],
            expression="MAX([reads, writes])",
        ),
        Alarm(
            f"{name}-cpu-credits",
            "enhanced",
            f"{name} has used up nearly all of its CPU credits.",
            metric("CPUCreditBalance", "Minimum"),
            limits["cpu_credits"],
            comparison=BELOW,
            applies=component["instance_class"].startswith("db.t"),
        ),
        Alarm(
            f"{name}-replica-lag",
            "enhanced",
            f"A read replica of {name} is more than {limits['replica_lag']:g} s behind.",
            lags,
            limits["replica_lag"],
            expression="MAX(METRICS())",
            applies=bool(lags),
        ),
    ]


def cache_alarms(component: Mapping[str, Any], limits: Mapping[str, float]) -> list[Alarm]:
    """`component`: name, nodes. A replication group's nodes change their parts, so all of them are watched."""
    name = component["name"]

    def worst(suffix: str, level: Any, text: str, metric: str, limit: float, statistic: str = "Average") -> Alarm:
        watched = _nodes(component, metric, statistic, "node", MOST_METRICS)
        return Alarm(f"{name}-{suffix}", level, text, watched, limit, expression="MAX(METRICS())")

    lag_text = f"A replica of {name} is more than {limits['replica_lag']:g} s behind."
    lag = worst("replica-lag", "enhanced", lag_text, "ReplicationLag", limits["replica_lag"], "Maximum")
    return [
        worst(
            "memory",
            "basic",
            f"{name} uses more than {limits['cache_memory']:g}% of its memory; beyond it keys are thrown away.",
            "DatabaseMemoryUsagePercentage",
            limits["cache_memory"],
        ),
        worst("cpu-high", "basic", f"{name} is short of CPU.", "EngineCPUUtilization", limits["cpu"]),
        worst(
            "connections",
            "enhanced",
            f"{name} has nearly all the connections that ElastiCache allows.",
            "CurrConnections",
            limits["connections"] / 100 * MOST_CLIENTS,
            "Maximum",
        ),
        worst("evictions", "enhanced", f"{name} throws many keys away.", "Evictions", limits["evictions"], "Sum"),
        replace(lag, applies=component["nodes"] > 1),
        _hit_rate(component, limits),
    ]


def _nodes(component: Mapping[str, Any], metric: str, statistic: str, prefix: str, most: int) -> dict[str, Metric]:
    name = component["name"]
    return {
        f"{prefix}{number}": Metric("AWS/ElastiCache", metric, {"CacheClusterId": f"{name}-{number:03}"}, statistic)
        for number in range(1, min(component["nodes"], most) + 1)
    }


def _hit_rate(component: Mapping[str, Any], limits: Mapping[str, float]) -> Alarm:
    hits = _nodes(component, "CacheHits", "Sum", "hits", MOST_METRICS // 2)
    misses = _nodes(component, "CacheMisses", "Sum", "misses", MOST_METRICS // 2)
    reads = "SUM(METRICS())"
    return Alarm(
        f"{component['name']}-hit-rate",
        "full",
        f"Less than {limits['hit_rate']:g}% of the reads find their key in {component['name']}.",
        {**hits, **misses},
        100 - limits["hit_rate"],
        expression=either(reads, limits["minimum_reads"], f'100 * SUM(METRICS("misses")) / {reads}'),
        periods=15,
        missing="notBreaching",
    )
