#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: application_autoscaling
short_description: Manage the autoscaling of an ECS service
version_added: 0.1.0
description:
  - Says between which numbers of tasks a service is scaled, by which target tracking policies, and by which schedules.
  - Policies and schedules of the service that are not listed are deleted.
author: Monay platform engineers (@monay)
options:
  cluster:
    description: Name of the cluster.
    type: str
    required: true
  service:
    description: Name of the service.
    type: str
    required: true
  min_capacity:
    description: Smallest number of tasks.
    type: int
  max_capacity:
    description: Largest number of tasks.
    type: int
  policies:
    description: The target tracking policies. ECS follows the one that asks for the most tasks.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the policy.
        type: str
        required: true
      metric:
        description:
          - V(cpu) and V(memory) are per cent of what the tasks reserve. V(requests) are the requests a minute that the
            load balancer gives to each task, summed over the target groups of which one or both serve.
        type: str
        choices: [cpu, memory, requests]
        required: true
      target:
        description: The value that is aimed at.
        type: float
        required: true
      target_groups:
        description: Names of the service's target groups (blue and green), for V(requests).
        type: list
        elements: str
      scale_in_cooldown:
        description: Seconds after which tasks may be taken away once more.
        type: int
        default: 300
      scale_out_cooldown:
        description: Seconds after which tasks may be added once more.
        type: int
        default: 60
      scale_in:
        description: Whether the policy takes tasks away too.
        type: bool
        default: true
  schedules:
    description: Times at which the smallest and largest number change.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the schedule.
        type: str
        required: true
      schedule:
        description: C(cron), C(rate) or C(at) expression.
        type: str
        required: true
      timezone:
        description: Time zone of the schedule.
        type: str
        default: UTC
      min_capacity:
        description: Smallest number from then on.
        type: int
      max_capacity:
        description: Largest number from then on.
        type: int
  state:
    description: Whether the service is scaled. V(absent) leaves it at its present number of tasks.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Two to ten tasks
  monay.platform.application_autoscaling:
    region: eu-west-1
    cluster: monay-prod
    service: monay-prod-backend-common
    min_capacity: 2
    max_capacity: 10
    policies:
      - {name: monay-prod-backend-common-cpu, metric: cpu, target: 60}
      - name: monay-prod-backend-common-requests
        metric: requests
        target: 600
        target_groups: [monay-prod-backend-common-blue, monay-prod-backend-common-green]
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: scaling target, name: service/monay-dev/monay-dev-admin, fields: []}]
resources:
  description: What exists at the end, by kind and name.
  returned: always
  type: dict
  sample: {scaling policy: {monay-dev-admin-cpu: {id: "arn:aws:autoscaling:eu-west-1:111111111111:scalingPolicy:1"}}}
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request
from ansible_collections.monay.platform.plugins.module_utils.aws.scaling import (
    ScalingPolicies,
    ScalingSchedules,
    ScalingTargets,
    TargetGroupDimensions,
)
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from ansible_collections.monay.platform.plugins.module_utils.core.scaling import (
    policy_state,
    resource_id,
    schedule_state,
)

POLICY_SPEC = dict(
    name=dict(type="str", required=True),
    metric=dict(type="str", choices=["cpu", "memory", "requests"], required=True),
    target=dict(type="float", required=True),
    target_groups=dict(type="list", elements="str"),
    scale_in_cooldown=dict(type="int", default=300),
    scale_out_cooldown=dict(type="int", default=60),
    scale_in=dict(type="bool", default=True),
)
SCHEDULE_SPEC = dict(
    name=dict(type="str", required=True),
    schedule=dict(type="str", required=True),
    timezone=dict(type="str", default="UTC"),
    min_capacity=dict(type="int"),
    max_capacity=dict(type="int"),
)


def work(module: PlatformModule) -> t.NoReturn:
    params, scaling = module.params, module.api("application-autoscaling")
    resource = resource_id(params["cluster"], params["service"])
    targets = ScalingTargets(scaling)
    if params["state"] == "absent":
        module.reconcile(Request(targets, absent=frozenset({resource})))
    least, most = params["min_capacity"], params["max_capacity"]
    if not 0 <= least <= most:
        raise PlanRefused(f"{resource}: min_capacity ({least}) must not be above max_capacity ({most})")
    groups = [name for each in params["policies"] for name in each["target_groups"] or ()]
    policies = ScalingPolicies(scaling, resource, TargetGroupDimensions(lambda: module.api("elbv2"), groups))
    schedules = ScalingSchedules(scaling, resource)
    capacity = {"min_capacity": least, "max_capacity": most, "tags": module.tags_of(targets, {"name": resource})}
    module.reconcile(
        Request(targets, {resource: capacity}, keep_tags=not params["purge_tags"]),
        Request(policies, {each["name"]: policy_state(each) for each in params["policies"]}, purge=True),
        Request(schedules, {each["name"]: schedule_state(each) for each in params["schedules"]}, purge=True),
    )


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            cluster=dict(type="str", required=True),
            service=dict(type="str", required=True),
            min_capacity=dict(type="int"),
            max_capacity=dict(type="int"),
            policies=dict(type="list", elements="dict", default=[], options=POLICY_SPEC),
            schedules=dict(type="list", elements="dict", default=[], options=SCHEDULE_SPEC),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
        ),
        required_if=[("state", "present", ["min_capacity", "max_capacity"])],
    ).run(work)


if __name__ == "__main__":
    main()
