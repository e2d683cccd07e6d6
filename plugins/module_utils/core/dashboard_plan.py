# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The dashboard of an environment: the states of its alarms, then a row for each application and store. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .alarm_parts import GLOBAL_REGION
from .alarm_services import COLOURS
from .instance_memory import connection_limit
from .names import short_name

Widget = dict[str, Any]
COLUMNS, HEIGHT = 24, 6
# Room for "-green" in the 32 characters of a target group's name.
TARGET_GROUP_WIDTH = 26
PERCENT = {"left": {"min": 0, "max": 100}}
FROM_ZERO = {"left": {"min": 0}}


def dashboard_plan(environment: Mapping[str, Any]) -> dict[str, Any]:
    """The body, for the module cloudwatch_dashboard.

    `environment`: name, account, region, cluster, load_balancer, metric_namespace, web_acl; applications (`name`,
    `container`, `kind`), databases (`name`, `replicas`, and what gives the limit of connections) and
    caches (`name`, `nodes`). Raises PlanRefused for an instance class whose memory is not known.
    """
    region = environment["region"]
    rows = [[_alarms(environment)]]
    for application in environment["applications"]:
        static = application["kind"] == "static"
        row = _static_site(application) if static else _service(environment, application)
        rows += [_title(application["container"]), row]
    rows += [_title("Load balancer"), _load_balancer(environment)]
    for database in environment["databases"]:
        rows += [_title(f"PostgreSQL {database['name']}"), _database(environment, database)]
    for cache in environment["caches"]:
        rows += [_title(f"Redis {cache['name']}"), _cache(region, cache)]
    return {"start": "-PT3H", "periodOverride": "inherit", "widgets": list(_placed(rows))}


def _alarm_arns(environment: Mapping[str, Any]) -> Iterable[str]:
    """One alarm an application, and those of the rest that every monitoring level has."""
    name, here = environment["name"], environment["region"]
    shown = [
        (GLOBAL_REGION if each["kind"] == "static" else here, each["name"]) for each in environment["applications"]
    ]
    shown += [(here, f"{name}-alb-errors"), (here, f"{name}-certificate-expiry"), (here, f"{name}-nat-errors")]
    for each in environment["databases"]:
        shown += [(here, f"{each['name']}-{suffix}") for suffix in ("cpu-high", "connections", "storage")]
    for each in environment["caches"]:
        shown += [(here, f"{each['name']}-{suffix}") for suffix in ("cpu-high", "memory")]
    return (f"arn:aws:cloudwatch:{region}:{environment['account']}:alarm:{alarm}" for region, alarm in shown)


def _placed(rows: Iterable[Sequence[Widget]]) -> Iterable[Widget]:
    """Each row beneath the other, its widgets side by side in equal parts."""
    y = 0
    for row in rows:
        width = COLUMNS // len(row)
        height = max(widget["height"] for widget in row)
        for number, widget in enumerate(row):
            yield {**widget, "x": number * width, "y": y, "width": width, "height": height}
        y += height


def _title(text: str) -> list[Widget]:
    return [{"type": "text", "height": 1, "properties": {"markdown": f"## {text}", "background": "transparent"}}]


def _alarms(environment: Mapping[str, Any]) -> Widget:
    properties = {"title": f"Alarms of {environment['name']}", "alarms": list(_alarm_arns(environment))}
    return {"type": "alarm", "height": 4, "properties": properties}


def _graph(
    title: str, region: str, metrics: list[list[Any]], y_axis: Mapping[str, Any], limits: Sequence[float] = ()
) -> Widget:
    properties = {"title": title, "region": region, "view": "timeSeries", "stacked": False, "period": 60}
    annotations = {"horizontal": [{"value": value} for value in limits]}
    return {
        "type": "metric",
        "height": HEIGHT,
        "properties": {
            **properties,
            "metrics": metrics,
            "yAxis": dict(y_axis),
            **({"annotations": annotations} if limits else {}),
        },
    }


def _metric(namespace: str, name: str, dimensions: Mapping[str, str], **options: Any) -> list[Any]:
    words = [word for pair in dimensions.items() for word in pair]
    return [namespace, name, *words, options]


def _math(expression: str, label: str, **options: Any) -> list[Any]:
    return [{"expression": expression, "label": label, **options}]


def _target_group(environment: Mapping[str, Any], service: Mapping[str, Any], colour: str) -> dict[str, str]:
    group = f"{short_name(service['name'], TARGET_GROUP_WIDTH)}-{colour}"
    return {"LoadBalancer": environment["load_balancer"], "TargetGroup": group}


def _both(
    environment: Mapping[str, Any], service: Mapping[str, Any], metric: str, stat: str, prefix: str
) -> list[list[Any]]:
    """A metric of both target groups, hidden: expressions show them."""
    return [
        _metric(
            "AWS/ApplicationELB",
            metric,
            _target_group(environment, service, colour),
            id=f"{prefix}_{colour}",
            stat=stat,
            visible=False,
        )
        for colour in COLOURS
    ]


def _over_both(prefix: str) -> str:
    return "(" + " + ".join(f"FILL({prefix}_{colour}, 0)" for colour in COLOURS) + ")"


def _service(environment: Mapping[str, Any], service: Mapping[str, Any]) -> list[Widget]:
    region, name = environment["region"], service["name"]
    tasks = {"ClusterName": environment["cluster"], "ServiceName": name}
    use = [
        _metric("AWS/ECS", f"{what}Utilization", tasks, label=label, stat="Average")
        for what, label in (("CPU", "CPU %"), ("Memory", "memory %"))
    ]
    requests = _both(environment, service, "RequestCount", "Sum", "requests")
    errors = _both(environment, service, "HTTPCode_Target_5XX_Count", "Sum", "errors")
    rate = f"100 * {_over_both('errors')} / {_over_both('requests')}"
    traffic = [
        *requests,
        *errors,
        _math(_over_both("requests"), "requests", id="all"),
        _math(rate, "errors %", id="rate", yAxis="right"),
    ]
    latency: list[list[Any]] = []
    for stat in ("p50", "p95", "p99"):
        pair = ", ".join(f"FILL({stat}_{colour}, 0)" for colour in COLOURS)
        latency += [
            *_both(environment, service, "TargetResponseTime", stat, stat),
            _math(f"MAX([{pair}])", f"{stat} s", id=f"both_{stat}"),
        ]
    targets = [
        *(
            _metric(
                "AWS/ApplicationELB",
                "HealthyHostCount",
                _target_group(environment, service, colour),
                label=f"healthy {colour}",
                stat="Maximum",
            )
            for colour in COLOURS
        ),
        _metric(
            environment["metric_namespace"], f"{name}-log-errors", {}, label="errors in logs", stat="Sum", yAxis="right"
        ),
    ]
    return [
        _graph("CPU and memory", region, use, PERCENT, limits=[80, 90]),
        _graph("Requests and errors", region, traffic, {**FROM_ZERO, "right": {"min": 0}}),
        _graph("Latency", region, latency, FROM_ZERO),
        _graph("Targets and log errors", region, targets, {**FROM_ZERO, "right": {"min": 0}}),
    ]


def _static_site(site: Mapping[str, Any]) -> list[Widget]:
    where = {"DistributionId": site["name"], "Region": "Global"}
    requests = [_metric("AWS/CloudFront", "Requests", where, label="requests", stat="Sum")]
    errors = [
        _metric("AWS/CloudFront", f"{code}ErrorRate", where, label=f"{code} %", stat="Average")
        for code in ("4xx", "5xx")
    ]
    size = [_metric("AWS/CloudFront", "BytesDownloaded", where, label="bytes", stat="Sum")]
    return [
        _graph("Requests", GLOBAL_REGION, requests, FROM_ZERO),
        _graph("Errors", GLOBAL_REGION, errors, FROM_ZERO, limits=[1]),
        _graph("Downloaded", GLOBAL_REGION, size, FROM_ZERO),
    ]


def _load_balancer(environment: Mapping[str, Any]) -> list[Widget]:
    region, where = environment["region"], {"LoadBalancer": environment["load_balancer"]}

    def metric(name: str, label: str, stat: str = "Sum") -> list[Any]:
        return _metric("AWS/ApplicationELB", name, where, label=label, stat=stat)

    answers = [
        metric("RequestCount", "requests"),
        metric("HTTPCode_Target_5XX_Count", "5xx of targets"),
        metric("HTTPCode_ELB_5XX_Count", "5xx of the load balancer"),
    ]
    latency = [metric("TargetResponseTime", f"{stat} s", stat) for stat in ("p50", "p95", "p99")]
    connections = [metric("ActiveConnectionCount", "active"), metric("RejectedConnectionCount", "rejected")]
    widgets = [
        _graph("Answers", region, answers, FROM_ZERO),
        _graph("Latency", region, latency, FROM_ZERO),
        _graph("Connections", region, connections, FROM_ZERO),
    ]
    if environment["web_acl"]:
        rule = {"WebACL": environment["web_acl"], "Region": region, "Rule": "ALL"}
        judged = [
            _metric("AWS/WAFV2", f"{verdict}Requests", rule, label=verdict.lower(), stat="Sum")
            for verdict in ("Allowed", "Blocked")
        ]
        widgets.append(_graph("Firewall", region, judged, FROM_ZERO))
    return widgets


def _database(environment: Mapping[str, Any], database: Mapping[str, Any]) -> list[Widget]:
    region, errors = environment["region"], f"{database['name']}-log-errors"

    def metric(name: str, label: str, stat: str = "Average", instance: str = "", **options: Any) -> list[Any]:
        where = {"DBInstanceIdentifier": instance or database["name"]}
        return _metric("AWS/RDS", name, where, label=label, stat=stat, **options)

    lags = [metric("ReplicaLag", f"{each} behind, s", "Maximum", each, yAxis="right") for each in database["replicas"]]
    written = _metric(environment["metric_namespace"], errors, {}, label="errors in its log", stat="Sum", yAxis="right")
    connections = [metric("DatabaseConnections", "connections", "Maximum"), *lags, written]
    room = [metric("FreeableMemory", "free memory", "Minimum"), metric("FreeStorageSpace", "free storage", "Minimum")]
    latency = [metric("ReadLatency", "reads, s"), metric("WriteLatency", "writes, s")]
    return [
        _graph("Connections", region, connections, FROM_ZERO, limits=[connection_limit(database)]),
        _graph("CPU", region, [metric("CPUUtilization", "CPU %")], PERCENT, limits=[80]),
        _graph("Memory and storage", region, room, FROM_ZERO),
        _graph("Storage latency", region, latency, FROM_ZERO),
    ]


def _cache(region: str, cache: Mapping[str, Any]) -> list[Widget]:
    nodes = [f"{cache['name']}-{number:03}" for number in range(1, cache["nodes"] + 1)]

    def metrics(name: str, label: str, stat: str = "Average") -> list[list[Any]]:
        return [
            _metric("AWS/ElastiCache", name, {"CacheClusterId": node}, label=f"{label} {node[-3:]}", stat=stat)
            for node in nodes
        ]

    reads = [
        _metric("AWS/ElastiCache", name, {"CacheClusterId": node}, id=f"{key}{number}", stat="Sum", visible=False)
        for name, key in (("CacheHits", "hits"), ("CacheMisses", "misses"))
        for number, node in enumerate(nodes)
    ]
    rate = _math('100 * SUM(METRICS("hits")) / SUM(METRICS())', "hits %", id="rate")
    clients = [*metrics("CurrConnections", "connections", "Maximum"), *metrics("Evictions", "evictions", "Sum")]
    return [
        _graph("Memory", region, metrics("DatabaseMemoryUsagePercentage", "memory %"), PERCENT, limits=[75]),
        _graph("Cache hit rate", region, [*reads, rate], PERCENT),
        _graph("CPU", region, metrics("EngineCPUUtilization", "CPU %"), PERCENT, limits=[80]),
        _graph("Connections and evictions", region, clients, FROM_ZERO),
    ]
