# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Autoscaling of ECS services: target tracking in canonical form, requests counted over blue and green. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .plan import PlanRefused, State

PREDEFINED = {"cpu": "ECSServiceAverageCPUUtilization", "memory": "ECSServiceAverageMemoryUtilization"}
DIMENSION = "ecs:service:DesiredCount"
NAMESPACE = "ecs"


def resource_id(cluster: str, service: str) -> str:
    return f"service/{cluster}/{service}"


def policy_state(item: Mapping[str, Any]) -> State:
    """State: `metric`, `target_groups` (names, sorted), `target`, `scale_in_cooldown`, `scale_out_cooldown`,
    `scale_in`. Raises PlanRefused for a count of requests without target groups.
    """
    metric, groups = item["metric"], sorted(item["target_groups"] or ())
    if (metric == "requests") is not bool(groups):
        needs = "needs target_groups" if metric == "requests" else "takes no target_groups"
        raise PlanRefused(f"scaling policy {item['name']}: the metric {metric} {needs}")
    return {
        "metric": metric,
        "target_groups": groups,
        "target": float(item["target"]),
        "scale_in_cooldown": item["scale_in_cooldown"],
        "scale_out_cooldown": item["scale_out_cooldown"],
        "scale_in": item["scale_in"],
    }


def observed_policy(policy: Mapping[str, Any], names: Mapping[str, str]) -> State:
    """One policy of DescribeScalingPolicies' answer. `names` are those of the target groups that exist, by dimension.

    A policy of another make has the metric `other`, so that it differs from everything that can be wanted.
    """
    tracking = policy.get("TargetTrackingScalingPolicyConfiguration") or {}
    metric, groups = _metric(tracking, names)
    return {
        "metric": metric,
        "target_groups": groups,
        "target": float(tracking.get("TargetValue", 0)),
        "scale_in_cooldown": tracking.get("ScaleInCooldown", 300),
        "scale_out_cooldown": tracking.get("ScaleOutCooldown", 300),
        "scale_in": not tracking.get("DisableScaleIn", False),
    }


def _metric(tracking: Mapping[str, Any], names: Mapping[str, str]) -> tuple[str, list[str]]:
    predefined = (tracking.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
    for metric, type_ in PREDEFINED.items():
        if predefined == type_:
            return metric, []
    queries = (tracking.get("CustomizedMetricSpecification") or {}).get("Metrics") or []
    found = {
        dimension["Value"]: dimension["Name"]
        for query in queries
        for dimension in ((query.get("MetricStat") or {}).get("Metric") or {}).get("Dimensions") or ()
    }
    groups = sorted(value for value, name in found.items() if name == "TargetGroup")
    balancers = [value for value, name in found.items() if name == "LoadBalancer"]
    if len(balancers) == 1 and groups and list(queries) == requests_per_target(balancers[0], groups):
        return "requests", sorted(names.get(each, each) for each in groups)
    return "other", []


def requests_per_target(balancer: str, groups: Sequence[str]) -> list[State]:
    """Requests a minute for each task, summed over the target groups of which one or both serve.

    A group without traffic has no data, which counts as none. `balancer` and `groups` are the values of CloudWatch's
    dimensions. Source: Application Auto Scaling user guide, target tracking with metric math.
    """
    queries: list[State] = []
    for number, group in enumerate(groups, 1):
        metric = {
            "Namespace": "AWS/ApplicationELB",
            "MetricName": "RequestCountPerTarget",
            "Dimensions": [{"Name": "LoadBalancer", "Value": balancer}, {"Name": "TargetGroup", "Value": group}],
        }
        queries.append({"Id": f"m{number}", "MetricStat": {"Metric": metric, "Stat": "Sum"}, "ReturnData": False})
    total = " + ".join(f"FILL(m{number}, 0)" for number in range(1, len(groups) + 1))
    return [*queries, {"Id": "requests", "Expression": total, "ReturnData": True}]


def tracking(state: State, dimensions: Mapping[str, tuple[str, str]]) -> State:
    """The configuration that PutScalingPolicy is told; `dimensions` are group and load balancer by the group's name."""
    found: State = {
        "TargetValue": state["target"],
        "ScaleInCooldown": state["scale_in_cooldown"],
        "ScaleOutCooldown": state["scale_out_cooldown"],
        "DisableScaleIn": not state["scale_in"],
    }
    if state["metric"] in PREDEFINED:
        found["PredefinedMetricSpecification"] = {"PredefinedMetricType": PREDEFINED[state["metric"]]}
        return found
    groups = sorted(dimensions[name][0] for name in state["target_groups"])
    balancer = dimensions[state["target_groups"][0]][1]
    found["CustomizedMetricSpecification"] = {"Metrics": requests_per_target(balancer, groups)}
    return found


def schedule_state(item: Mapping[str, Any]) -> State:
    """State: `schedule`, `timezone`, `min_capacity`, `max_capacity`."""
    return {
        "schedule": item["schedule"],
        "timezone": item["timezone"],
        "min_capacity": item["min_capacity"],
        "max_capacity": item["max_capacity"],
    }


def observed_schedule(action: Mapping[str, Any]) -> State:
    capacity = action.get("ScalableTargetAction") or {}
    return {
        "schedule": action["Schedule"],
        "timezone": action.get("Timezone") or "UTC",
        "min_capacity": capacity.get("MinCapacity"),
        "max_capacity": capacity.get("MaxCapacity"),
    }
