#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudwatch_alarm
short_description: Manage CloudWatch alarms, with metric math, and composite alarms
version_added: 0.1.0
description:
  - Creates, updates and deletes metric alarms and composite alarms.
  - An alarm is declared in full. What is left out has AWS's default, and a key that is removed is noticed.
  - Dimensions are given by name where AWS makes up the value. C(LoadBalancer) and C(TargetGroup) take the names of
    those, C(NatGatewayId), C(CertificateArn) and C(DistributionId) the value of a C(Name) tag. An alarm on something
    that was replaced under the same name is corrected.
author: Monay platform engineers (@monay)
options:
  alarms:
    description: The metric alarms.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the alarm.
        type: str
        required: true
      description:
        description: What it means, for whoever is told.
        type: str
        default: ""
      metric:
        description: The one metric that is watched. Either this or O(alarms[].metrics) is needed.
        type: dict
        suboptions: &metric
          namespace:
            description: Namespace, as in V(AWS/ECS).
            type: str
            required: true
          name:
            description: Name of the metric, as in V(CPUUtilization).
            type: str
            required: true
          dimensions:
            description: Values by dimension.
            type: dict
            default: {}
          statistic:
            description: >-
              V(Average), V(Sum), V(Minimum), V(Maximum), V(SampleCount), or a percentile as in V(p95).
            type: str
            default: Average
          period:
            description: Seconds that make one datapoint.
            type: int
            default: 60
          unit:
            description: Look at values with this unit only.
            type: str
      metrics:
        description: Metrics and expressions over them (metric math). Exactly one returns data.
        type: list
        elements: dict
        suboptions:
          id:
            description: What expressions call it, beginning with a small letter.
            type: str
            required: true
          expression:
            description: Metric math, as in V(100 * errors / requests).
            type: str
          label:
            description: What people call it.
            type: str
          return_data:
            description: Whether this is what the threshold is for.
            type: bool
            default: true
          period:
            description: Seconds that make one datapoint of an expression.
            type: int
          metric:
            description: The metric, where it is no expression.
            type: dict
            suboptions: *metric
      comparison:
        description: How the value is compared with the threshold.
        type: str
        choices:
          - GreaterThanOrEqualToThreshold
          - GreaterThanThreshold
          - LessThanThreshold
          - LessThanOrEqualToThreshold
          - LessThanLowerOrGreaterThanUpperThreshold
          - LessThanLowerThreshold
          - GreaterThanUpperThreshold
      threshold:
        description: The threshold.
        type: float
      threshold_metric:
        description: In place of a threshold, the O(alarms[].metrics[].id) of an anomaly detection band.
        type: str
      evaluation_periods:
        description: How many of the latest datapoints are looked at.
        type: int
        default: 1
      datapoints_to_alarm:
        description: How many of them must breach. Without it all of them.
        type: int
      treat_missing_data:
        description: What a missing datapoint means.
        type: str
        choices: [missing, ignore, breaching, notBreaching]
        default: missing
      low_samples:
        description: Whether a percentile of few values is evaluated or ignored.
        type: str
        choices: [evaluate, ignore]
        default: evaluate
      actions_enabled:
        description: Whether anybody is told.
        type: bool
        default: true
      alarm_actions:
        description: >-
          Who is told of V(ALARM). Names of SNS topics of the account and region, or ARNs.
        type: list
        elements: str
        default: []
      ok_actions:
        description: Who is told of V(OK).
        type: list
        elements: str
        default: []
      insufficient_data_actions:
        description: Who is told of V(INSUFFICIENT_DATA).
        type: list
        elements: str
        default: []
      tags:
        description: Tags of this alarm.
        type: dict
  composite_alarms:
    description: The alarms that follow from the states of others.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the alarm.
        type: str
        required: true
      rule:
        description: The rule, as in V(ALARM("a"\) OR ALARM("b"\)).
        type: str
      description:
        description: What it means, for whoever is told.
        type: str
        default: ""
      actions_enabled:
        description: Whether anybody is told.
        type: bool
        default: true
      alarm_actions:
        description: Who is told of V(ALARM).
        type: list
        elements: str
        default: []
      ok_actions:
        description: Who is told of V(OK).
        type: list
        elements: str
        default: []
      insufficient_data_actions:
        description: Who is told of V(INSUFFICIENT_DATA).
        type: list
        elements: str
        default: []
      tags:
        description: Tags of this alarm.
        type: dict
  absent:
    description: Names of alarms of either sort that are deleted where they exist.
    type: list
    elements: str
    default: []
  state:
    description: Whether the alarms exist. V(absent) deletes all that are named.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Tell of a busy service, and of more than one error in a hundred requests
  monay.platform.cloudwatch_alarm:
    region: eu-west-1
    alarms:
      - name: monay-dev-admin-cpu-high
        metric:
          namespace: AWS/ECS
          name: CPUUtilization
          dimensions: {ClusterName: monay-dev, ServiceName: monay-dev-admin}
        comparison: GreaterThanThreshold
        threshold: 80
        evaluation_periods: 5
      - name: monay-dev-alb-errors
        metrics:
          - id: errors
            return_data: false
            metric:
              namespace: AWS/ApplicationELB
              name: HTTPCode_ELB_5XX_Count
              dimensions: {LoadBalancer: monay-dev}
              statistic: Sum
          - id: requests
            return_data: false
            metric:
              namespace: AWS/ApplicationELB
              name: RequestCount
              dimensions: {LoadBalancer: monay-dev}
              statistic: Sum
          - id: rate
            expression: IF(requests >= 20, 100 * FILL(errors, 0) / requests, 0)
        comparison: GreaterThanThreshold
        threshold: 1
        treat_missing_data: notBreaching
    composite_alarms:
      - name: monay-dev-admin
        rule: ALARM("monay-dev-admin-cpu-high") OR ALARM("monay-dev-alb-errors")
        alarm_actions: [monay-dev-alarms]
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: alarm, name: monay-dev-admin-cpu-high, fields: []}]
resources:
  description: Each alarm that exists at the end, by kind and name, with its state when it was read.
  returned: always
  type: dict
  sample:
    alarm:
      monay-dev-admin-cpu-high:
        id: "arn:aws:cloudwatch:eu-west-1:111111111111:alarm:monay-dev-admin-cpu-high"
        arn: "arn:aws:cloudwatch:eu-west-1:111111111111:alarm:monay-dev-admin-cpu-high"
        state: OK
        reason: "Threshold Crossed: 5 datapoints were not greater than the threshold (80.0)."
    composite alarm: {}
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.cloudwatch import CompositeAlarms, MetricAlarms
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.monitored import DimensionNames, TopicNames
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Kind, Request
from ansible_collections.monay.platform.plugins.module_utils.core.alarm_state import wanted_alarm, wanted_composite

METRIC_SPEC = dict(
    namespace=dict(type="str", required=True),
    name=dict(type="str", required=True),
    dimensions=dict(type="dict", default={}),
    statistic=dict(type="str", default="Average"),
    period=dict(type="int", default=60),
    unit=dict(type="str"),
)
QUERY_SPEC = dict(
    id=dict(type="str", required=True),
    expression=dict(type="str"),
    label=dict(type="str"),
    return_data=dict(type="bool", default=True),
    period=dict(type="int"),
    metric=dict(type="dict", options=METRIC_SPEC),
)
COMMON_SPEC = dict(
    name=dict(type="str", required=True),
    description=dict(type="str", default=""),
    actions_enabled=dict(type="bool", default=True),
    alarm_actions=dict(type="list", elements="str", default=[]),
    ok_actions=dict(type="list", elements="str", default=[]),
    insufficient_data_actions=dict(type="list", elements="str", default=[]),
    tags=dict(type="dict"),
)
COMPARISONS = [
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
]
ALARM_SPEC = dict(
    metric=dict(type="dict", options=METRIC_SPEC),
    metrics=dict(type="list", elements="dict", options=QUERY_SPEC),
    comparison=dict(type="str", choices=COMPARISONS),
    threshold=dict(type="float"),
    threshold_metric=dict(type="str"),
    evaluation_periods=dict(type="int", default=1),
    datapoints_to_alarm=dict(type="int"),
    treat_missing_data=dict(type="str", choices=["missing", "ignore", "breaching", "notBreaching"], default="missing"),
    low_samples=dict(type="str", choices=["evaluate", "ignore"], default="evaluate"),
    **COMMON_SPEC,
)


def work(module: PlatformModule) -> t.NoReturn:
    topics = TopicNames(lambda: module.api("sns"))
    dimensions = DimensionNames(module.api)
    cloudwatch = module.api("cloudwatch")

    def request(kind: Kind, option: str, state_of: t.Callable[[t.Any], dict[str, t.Any]]) -> Request:
        wanted = module.listed(kind, option, state_of)
        absent = wanted.absent | (frozenset(module.params["absent"]) - wanted.wanted.keys())
        return Request(kind, wanted.wanted, absent=absent, keep_tags=wanted.keep_tags)

    module.reconcile(
        request(MetricAlarms(cloudwatch, topics, dimensions), "alarms", wanted_alarm),
        request(CompositeAlarms(cloudwatch, topics, dimensions), "composite_alarms", wanted_composite),
    )


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            alarms=dict(type="list", elements="dict", default=[], options=ALARM_SPEC),
            composite_alarms=dict(
                type="list", elements="dict", default=[], options=dict(rule=dict(type="str"), **COMMON_SPEC)
            ),
            absent=dict(type="list", elements="str", default=[]),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
        )
    ).run(work)


if __name__ == "__main__":
    main()
