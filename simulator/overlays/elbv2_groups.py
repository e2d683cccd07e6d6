# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Target groups with all defaults, health checks and attributes of AWS."""

from __future__ import annotations

import re
from typing import Any

from simulator.errors import AwsError, not_implemented
from simulator.overlay import Context, answers
from simulator.overlays.elbv2_balancers import page
from simulator.overlays.elbv2_model import (
    Item,
    attribute_list,
    balancing,
    change_attributes,
    check_name,
    find,
    invalid,
    new_arn,
    set_tags,
)

MOST_GROUPS = 3000
DEFAULTS = {
    "stickiness.enabled": "false",
    "deregistration_delay.timeout_seconds": "300",
    "stickiness.type": "lb_cookie",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "slow_start.duration_seconds": "0",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "target_group_health.dns_failover.minimum_healthy_targets.count": "1",
    "target_group_health.dns_failover.minimum_healthy_targets.percentage": "off",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count": "1",
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage": "off",
}
CHECKS: dict[str, Any] = {
    "HealthCheckProtocol": "HTTP",
    "HealthCheckPort": "traffic-port",
    "HealthCheckEnabled": True,
    "HealthCheckIntervalSeconds": 30,
    "HealthCheckTimeoutSeconds": 5,
    "HealthyThresholdCount": 5,
    "UnhealthyThresholdCount": 2,
    "HealthCheckPath": "/",
    "Matcher": {"HttpCode": "200"},
}
LIMITS = {
    "HealthCheckIntervalSeconds": (5, 300),
    "HealthCheckTimeoutSeconds": (2, 120),
    "HealthyThresholdCount": (2, 10),
    "UnhealthyThresholdCount": (2, 10),
}


@answers("elbv2", "CreateTargetGroup")
def create(context: Context) -> dict[str, Any]:
    """Asked for again with the same settings it is the same."""
    parameters, store = context.parameters, balancing(context)
    name = parameters["Name"]
    check_name(name, "target group")
    kind = parameters.get("TargetType", "instance")
    if kind not in ("instance", "ip") or parameters.get("Protocol") not in ("HTTP", "HTTPS"):
        raise not_implemented(
            "elbv2", "CreateTargetGroup", f"target type {kind}, protocol {parameters.get('Protocol')}"
        )
    if parameters.get("ProtocolVersion", "HTTP1") != "HTTP1":
        raise not_implemented("elbv2", "CreateTargetGroup", f"protocol version {parameters['ProtocolVersion']}")
    facts = {
        "TargetGroupName": name,
        "Protocol": parameters["Protocol"],
        "Port": int(_required(parameters, "Port")),
        "VpcId": _required(parameters, "VpcId"),
        "TargetType": kind,
        "ProtocolVersion": "HTTP1",
        "IpAddressType": parameters.get("IpAddressType", "ipv4"),
    } | _checks(CHECKS, parameters)
    if facts["VpcId"] not in context.backend("ec2").vpcs:
        raise invalid(f"The VPC ID '{facts['VpcId']}' is not found")
    existing = next((one for one in store.groups.values() if one["TargetGroupName"] == name), None)
    if existing:
        if any(existing[key] != value for key, value in facts.items()):
            message = f"A target group with the same name '{name}' exists, but with different settings"
            raise AwsError("DuplicateTargetGroupName", message)
        return {"TargetGroups": [_shown(context, existing)]}
    if len(store.groups) >= MOST_GROUPS:
        raise AwsError("TooManyTargetGroups", f"The maximum number of target groups ({MOST_GROUPS}) is reached")
    arn = new_arn(context, f"targetgroup/{name}")
    set_tags(context, arn, parameters.get("Tags", []))
    store.groups[arn] = {"TargetGroupArn": arn} | facts
    store.attributes[arn], store.targets[arn] = dict(DEFAULTS), {}
    return {"TargetGroups": [_shown(context, store.groups[arn])]}


def _required(parameters: Item, name: str) -> Any:
    if parameters.get(name) is None:
        raise invalid(f"{name} must be specified")
    return parameters[name]


def _checks(present: Item, given: Item) -> Item:
    """The health check's settings after a change."""
    checks = {name: given[name] if given.get(name) is not None else present[name] for name in CHECKS}
    for name, (least, most) in LIMITS.items():
        if not least <= int(checks[name]) <= most:
            raise invalid(f"{name} '{checks[name]}' must be between {least} and {most}")
    if int(checks["HealthCheckTimeoutSeconds"]) >= int(checks["HealthCheckIntervalSeconds"]):
        raise invalid("Health check interval must be greater than the timeout.")
    if not str(checks["HealthCheckPath"]).startswith("/") or len(checks["HealthCheckPath"]) > 1024:
        raise invalid(f"Health check path '{checks['HealthCheckPath']}' must begin with a '/' character")
    port = str(checks["HealthCheckPort"])
    if port != "traffic-port" and not (port.isdigit() and 1 <= int(port) <= 65535):
        raise invalid(f"Health check port '{port}' must be 'traffic-port' or in range 1-65535 inclusive")
    if checks["HealthCheckProtocol"] not in ("HTTP", "HTTPS"):
        raise invalid(f"Health check protocol '{checks['HealthCheckProtocol']}' must be HTTP or HTTPS")
    if not checks["HealthCheckEnabled"]:
        raise invalid("Health check enabled must be true for target groups with target type 'ip' or 'instance'")
    _check_matcher(checks["Matcher"].get("HttpCode", ""))
    return checks


def _check_matcher(codes: str) -> None:
    if not re.fullmatch(r"\d{3}(-\d{3})?(,\d{3}(-\d{3})?)*", codes):
        raise invalid(f"Health check matcher HTTP code '{codes}' must be within '200-499' inclusive")
    if not all(200 <= int(code) <= 499 for code in re.findall(r"\d+", codes)):
        raise invalid(f"Health check matcher HTTP code '{codes}' must be within '200-499' inclusive")


def _shown(context: Context, group: Item) -> Item:
    return group | {"LoadBalancerArns": balancing(context).balancers_of_group(group["TargetGroupArn"])}


@answers("elbv2", "DescribeTargetGroups")
def describe(context: Context) -> dict[str, Any]:
    """By name, by ARN, by load balancer, or all."""
    parameters, store = context.parameters, balancing(context)
    names, arns = parameters.get("Names"), parameters.get("TargetGroupArns")
    found = [
        _shown(context, group) for group in sorted(store.groups.values(), key=lambda one: str(one["TargetGroupName"]))
    ]
    for member, wanted in (("TargetGroupName", names), ("TargetGroupArn", arns)):
        if wanted:
            missing = set(wanted) - {one[member] for one in found}
            if missing:
                raise AwsError("TargetGroupNotFound", "One or more target groups not found")
            found = [one for one in found if one[member] in wanted]
    balancer = parameters.get("LoadBalancerArn")
    if balancer:
        find(context, "balancers", balancer)
        found = [one for one in found if balancer in one["LoadBalancerArns"]]
    return page(context, "TargetGroups", found)


@answers("elbv2", "ModifyTargetGroup")
def modify(context: Context) -> dict[str, Any]:
    group = find(context, "groups", context.parameters["TargetGroupArn"])
    group.update(_checks(group, context.parameters))
    return {"TargetGroups": [_shown(context, group)]}


@answers("elbv2", "DescribeTargetGroupAttributes", "ModifyTargetGroupAttributes")
def attributes(context: Context) -> dict[str, Any]:
    arn = find(context, "groups", context.parameters["TargetGroupArn"])["TargetGroupArn"]
    known = balancing(context).attributes[arn]
    if context.call.operation.startswith("Modify"):
        change_attributes(known, context.parameters["Attributes"], "Target group")
    return {"Attributes": attribute_list(known)}


@answers("elbv2", "DeleteTargetGroup")
def delete(context: Context) -> dict[str, Any]:
    """Not while a rule forwards to it; what is not there is no error."""
    store, arn = balancing(context), context.parameters["TargetGroupArn"]
    if arn in store.groups:
        if store.balancers_of_group(arn):
            raise AwsError("ResourceInUse", f"Target group '{arn}' is currently in use by a listener or a rule")
        del store.groups[arn]
        store.forget(arn)
    return {}
