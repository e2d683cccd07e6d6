# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudWatch: in which state alarms are, and what target groups have counted."""

from __future__ import annotations

from collections.abc import Iterable

from ..core.parameters import batches
from ..core.plan import State
from .api import Api

# Source: CloudWatch API reference, DescribeAlarms and GetMetricData.
ALARMS_AT_ONCE = 100
QUERIES_AT_ONCE = 500
NAMESPACE, PERIOD = "AWS/ApplicationELB", 60


def alarm_states(cloudwatch: Api, names: Iterable[str]) -> dict[str, str]:
    """The state of each alarm, metric or composite, that exists."""
    return {each["AlarmName"]: each["StateValue"] for each in described_alarms(cloudwatch, names)}


def described_alarms(cloudwatch: Api, names: Iterable[str]) -> list[State]:
    """The alarms, metric or composite, that exist, as DescribeAlarms shows them."""
    found: list[State] = []
    for some in batches(sorted(set(names)), ALARMS_AT_ONCE):
        answer = cloudwatch.read(
            "describe_alarms",
            "look at the alarms of the rollout",
            AlarmNames=list(some),
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
        )
        found += [*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())]
    return found


def target_group_series(
    cloudwatch: Api, groups: Iterable[tuple[str, str]], statistics: dict[str, str], start: float, end: float
) -> dict[str, dict[str, dict[float, float]]]:
    """Values by moment, by metric, by target group, a minute each, in one call.

    `groups` are pairs of a target group and a listener rule that leads to it (ARNs): CloudWatch has the metrics of a
    target group by its load balancer. `statistics` says which statistic of each metric.
    """
    wanted = {
        f"q{number}": (group, metric, _query(group, rule, metric, statistics[metric]))
        for number, (group, rule, metric) in enumerate(
            (group, rule, metric) for group, rule in sorted(set(groups)) for metric in sorted(statistics)
        )
    }
    found: dict[str, dict[str, dict[float, float]]] = {group: {} for group, _metric, _query in wanted.values()}
    for some in batches(sorted(wanted), QUERIES_AT_ONCE):
        results = cloudwatch.pages(
            "get_metric_data",
            "MetricDataResults",
            "read what the target groups of the rollout have counted",
            MetricDataQueries=[{"Id": each, "MetricStat": wanted[each][2]} for each in some],
            StartTime=start,
            EndTime=end,
        )
        for each in results:
            group, metric, _query_of_it = wanted[each["Id"]]
            values = zip((at.timestamp() for at in each["Timestamps"]), each["Values"], strict=True)
            found[group].setdefault(metric, {}).update(values)
    return found


def _query(group: str, rule: str, metric: str, statistic: str) -> State:
    # arn:…:targetgroup/NAME/ID and arn:…:listener-rule/app/NAME/ID/LISTENER/RULE
    balancer = "/".join(rule.split("/")[1:4])
    dimensions = {"LoadBalancer": balancer, "TargetGroup": group.rpartition(":")[2]}
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    measured = {"Namespace": NAMESPACE, "MetricName": metric, "Dimensions": named}
    return {"Metric": measured, "Period": PERIOD, "Stat": statistic}
