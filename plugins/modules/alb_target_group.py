#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: alb_target_group
short_description: Manage target groups of application load balancers
version_added: 0.1.0
description:
  - Creates, updates and deletes target groups with their attributes and health checks.
  - The targets in them are left alone, ECS registers them.
  - An option that is taken away goes back to AWS's default.
author: Monay platform engineers (@monay)
options:
  target_groups:
    description: The target groups.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name, at most 32 characters.
        type: str
        required: true
      vpc:
        description: Name of the VPC (its C(Name) tag). It cannot be changed.
        type: str
      port:
        description: Port on which targets listen, unless they are registered with another one. It cannot be changed.
        type: int
      protocol:
        description: Protocol that targets speak. It cannot be changed.
        type: str
        choices: [HTTP, HTTPS]
        default: HTTP
      protocol_version:
        description: Version of HTTP. It cannot be changed.
        type: str
        choices: [HTTP1, HTTP2, GRPC]
        default: HTTP1
      target_type:
        description: What targets are. Tasks on Fargate are addresses. It cannot be changed.
        type: str
        choices: [ip, instance]
        default: ip
      ip_address_type:
        description: Sort of the targets' addresses. It cannot be changed.
        type: str
        choices: [ipv4, ipv6]
        default: ipv4
      deregistration_delay:
        description: Seconds that a target has to finish its requests when it is taken out, 0 to 3600.
        type: int
        default: 300
      slow_start:
        description: Seconds in which a new target gets more and more requests, 30 to 900. V(0) is off.
        type: int
        default: 0
      algorithm:
        description: How targets are chosen.
        type: str
        choices: [round_robin, least_outstanding_requests, weighted_random]
        default: round_robin
      anomaly_mitigation:
        description: Send fewer requests to targets that answer with more errors. With V(weighted_random) only.
        type: bool
        default: false
      cross_zone:
        description: Choose among the targets of all zones; without it, as the load balancer does.
        type: bool
      stickiness:
        description: Send a client to the same target again. Without it, stickiness is off.
        type: dict
        suboptions:
          type:
            description: Whose cookie tells the client.
            type: str
            choices: [lb_cookie, app_cookie]
            default: lb_cookie
          duration:
            description: Seconds after which the target is chosen anew, at most 604800.
            type: int
            default: 86400
          cookie:
            description: Name of the application's cookie, with V(app_cookie).
            type: str
      health_check:
        description: How a target is found healthy.
        type: dict
        default: {}
        suboptions:
          path:
            description: Path that is asked for.
            type: str
            default: /
          protocol:
            description: Protocol of the check.
            type: str
            choices: [HTTP, HTTPS]
            default: HTTP
          port:
            description: Port of the check. V(traffic-port) is the one of the target.
            type: str
            default: traffic-port
          interval:
            description: Seconds between two checks.
            type: int
            default: 30
          timeout:
            description: Seconds after which a check has failed. Shorter than the interval.
            type: int
            default: 5
          healthy_threshold:
            description: Checks that must succeed in a row before the target gets requests.
            type: int
            default: 5
          unhealthy_threshold:
            description: Checks that must fail in a row before it does not get them any more.
            type: int
            default: 2
          codes:
            description: Codes of a healthy answer, as in V(200), V(200-299) or V(200,302). V(12) by default for GRPC.
            type: str
      tags:
        description: Tags of this target group.
        type: dict
  state:
    description: Whether the target groups exist. V(absent) fails while a listener rule forwards to one.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Two target groups, of which one serves at a time
  monay.platform.alb_target_group:
    region: eu-west-1
    target_groups:
      - name: monay-dev-admin-blue
        vpc: monay-dev
        port: 3002
        deregistration_delay: 30
        health_check: &check {path: /api/health, interval: 10, healthy_threshold: 2}
      - name: monay-dev-admin-green
        vpc: monay-dev
        port: 3002
        deregistration_delay: 30
        health_check: *check
    tags:
      Project: monay
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: target group, name: monay-dev-admin-blue, fields: []}]
resources:
  description: Each target group that exists at the end, by kind and name.
  returned: always
  type: dict
  sample:
    target group:
      monay-dev-admin-blue:
        id: arn:aws:elasticloadbalancing:eu-west-1:111111111111:targetgroup/monay-dev-admin-blue/0123456789abcdef
        load_balancers: []
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.elbv2 import Balancing
from ansible_collections.monay.platform.plugins.module_utils.aws.elbv2_target_group import TargetGroups
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.vpc_names import VpcNames
from ansible_collections.monay.platform.plugins.module_utils.core.alb import (
    target_group_attributes,
    wanted_health_check,
)
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused, State

LONGEST_NAME = 32

HEALTH_CHECK_SPEC = dict(
    path=dict(type="str", default="/"),
    protocol=dict(type="str", choices=["HTTP", "HTTPS"], default="HTTP"),
    port=dict(type="str", default="traffic-port"),
    interval=dict(type="int", default=30),
    timeout=dict(type="int", default=5),
    healthy_threshold=dict(type="int", default=5),
    unhealthy_threshold=dict(type="int", default=2),
    codes=dict(type="str"),
)
STICKINESS_SPEC = dict(
    type=dict(type="str", choices=["lb_cookie", "app_cookie"], default="lb_cookie"),
    duration=dict(type="int", default=86400),
    cookie=dict(type="str"),
)
TARGET_GROUP_SPEC = dict(
    name=dict(type="str", required=True),
    vpc=dict(type="str"),
    port=dict(type="int"),
    protocol=dict(type="str", choices=["HTTP", "HTTPS"], default="HTTP"),
    protocol_version=dict(type="str", choices=["HTTP1", "HTTP2", "GRPC"], default="HTTP1"),
    target_type=dict(type="str", choices=["ip", "instance"], default="ip"),
    ip_address_type=dict(type="str", choices=["ipv4", "ipv6"], default="ipv4"),
    deregistration_delay=dict(type="int", default=300),
    slow_start=dict(type="int", default=0),
    algorithm=dict(
        type="str",
        choices=["round_robin", "least_outstanding_requests", "weighted_random"],
        default="round_robin",
    ),
    anomaly_mitigation=dict(type="bool", default=False),
    cross_zone=dict(type="bool"),
    stickiness=dict(type="dict", options=STICKINESS_SPEC),
    health_check=dict(type="dict", options=HEALTH_CHECK_SPEC, default={}),
    tags=dict(type="dict"),
)
FIXED = ("protocol", "protocol_version", "port", "target_type", "ip_address_type", "vpc")


def state_of(item: dict[str, t.Any]) -> State:
    """The wanted state of one target group, without its tags."""
    name = item["name"]
    if len(name) > LONGEST_NAME:
        raise PlanRefused(
            f"target group {name}: the name may have {LONGEST_NAME} characters and has {len(name)}; the filter"
            " monay.platform.short_name shortens it"
        )
    missing = [option for option in ("vpc", "port") if item[option] is None]
    if missing:
        raise PlanRefused(f"target group {name} needs {' and '.join(missing)}")
    options = {**item, "anomaly_mitigation": "on" if item["anomaly_mitigation"] else "off"}
    return {
        **{field: item[field] for field in FIXED},
        "health_check": wanted_health_check(name, item["health_check"], item["protocol_version"]),
        "attributes": target_group_attributes(name, options),
    }


def work(module: PlatformModule) -> t.NoReturn:
    groups = module.params["target_groups"]
    vpcs = VpcNames(module.api("ec2"), [each["vpc"] for each in groups if each["vpc"]])
    kind = TargetGroups(Balancing(module.api("elbv2")), vpcs)
    module.reconcile(module.listed(kind, "target_groups", state_of))


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            target_groups=dict(type="list", elements="dict", required=True, options=TARGET_GROUP_SPEC),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
        )
    ).run(work)


if __name__ == "__main__":
    main()
