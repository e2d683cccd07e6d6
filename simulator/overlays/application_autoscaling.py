# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Application Auto Scaling of ECS services: targets, target tracking policies, schedules.

The bounds hold: a service is brought between them when they are set. Nothing scales by metrics or by the clock.
"""

from __future__ import annotations

import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.tagged import Tagged, tagged_resources

if TYPE_CHECKING:
    from collections.abc import Iterator

Facts = dict[str, Any]
NAMESPACE, DIMENSION = "ecs", "ecs:service:DesiredCount"
ROLE = "aws-service-role/ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"
PREDEFINED = (
    "ECSServiceAverageCPUUtilization",
    "ECSServiceAverageMemoryUtilization",
    "ALBRequestCountPerTarget",
)
MOST_TAGS = 50


@dataclass
class Target:
    """A service that is scaled, with its policies and schedules by name; `facts` as they are described."""

    facts: Facts
    tags: dict[str, str]
    policies: dict[str, Facts] = field(default_factory=dict)
    schedules: dict[str, Facts] = field(default_factory=dict)


@dataclass
class Targets:
    """By resource id."""

    by_id: dict[str, Target] = field(default_factory=dict)


def _checked(context: Context) -> str:
    """The resource id of the call.

    :raises AwsError: ValidationException; NotImplemented for what is no ECS service.
    """
    parameters = context.parameters
    namespace, resource = parameters["ServiceNamespace"], parameters.get("ResourceId", "")
    if namespace != NAMESPACE or parameters.get("ScalableDimension", DIMENSION) != DIMENSION:
        raise AwsError("NotImplemented", f"Only {DIMENSION} is simulated, not {namespace}", 501)
    if resource and (resource.count("/") != 2 or not resource.startswith("service/")):
        raise AwsError("ValidationException", f"ECS service resource id must have the format service/x/y: {resource}")
    return str(resource)


def _target(context: Context, resource: str) -> Target:
    found = context.store(Targets).by_id.get(resource)
    if found is None:
        message = f"No scalable target registered for service namespace: {NAMESPACE}, resource ID: {resource},"
        raise AwsError("ObjectNotFoundException", f"{message} scalable dimension: {DIMENSION}")
    return found


def _arn(context: Context, service: str, rest: str) -> str:
    return f"arn:aws:{service}:{context.region}:{context.account}:{rest}"


@answers("application-autoscaling", "RegisterScalableTarget")
def register(context: Context) -> dict[str, Any]:
    """Bounds that are not given stay; the service comes between them at once."""
    resource, parameters, targets = _checked(context), context.parameters, context.store(Targets).by_id
    known = targets.get(resource)
    service = _service(context, resource)
    if service is None:
        raise AwsError("ValidationException", f"ECS service doesn't exist: {resource}")
    names = ("MinCapacity", "MaxCapacity")
    bounds = {name: known.facts[name] for name in names} if known else {}
    bounds |= {name: parameters[name] for name in names if name in parameters}
    if bounds.keys() != set(names):
        raise AwsError("ValidationException", "MinCapacity and MaxCapacity are required for a new scalable target")
    if not 0 <= bounds["MinCapacity"] <= bounds["MaxCapacity"]:
        raise AwsError("ValidationException", "Maximum capacity cannot be less than minimum capacity")
    if known and parameters.get("Tags"):
        raise AwsError("ValidationException", "Tags can be given to a new scalable target only; use TagResource")
    if known is None:
        facts = {
            "ServiceNamespace": NAMESPACE,
            "ResourceId": resource,
            "ScalableDimension": DIMENSION,
            "RoleARN": f"arn:aws:iam::{context.account}:role/{ROLE}",
            "CreationTime": datetime.now(UTC),
            "SuspendedState": {
                "DynamicScalingInSuspended": False,
                "DynamicScalingOutSuspended": False,
                "ScheduledScalingSuspended": False,
            },
            "ScalableTargetARN": _arn(context, "application-autoscaling", f"scalable-target/{secrets.token_hex(18)}"),
        }
        known = targets[resource] = Target(facts, dict(parameters.get("Tags", {})))
    known.facts |= bounds
    known.facts["SuspendedState"] |= parameters.get("SuspendedState", {})
    count = min(max(service["desiredCount"], bounds["MinCapacity"]), bounds["MaxCapacity"])
    if count != service["desiredCount"]:
        _kind, cluster, name = resource.split("/")
        context.invoke("ecs", "UpdateService", cluster=cluster, service=name, desiredCount=count)
    return {"ScalableTargetARN": known.facts["ScalableTargetARN"]}


def _service(context: Context, resource: str) -> Facts | None:
    _kind, cluster, name = resource.split("/")
    try:
        found = context.invoke("ecs", "DescribeServices", cluster=cluster, services=[name])["services"]
    except AwsError as error:
        if error.code != "ClusterNotFoundException":
            raise
        return None
    return next((each for each in found if each["status"] == "ACTIVE"), None)


@answers("application-autoscaling", "DescribeScalableTargets")
def describe_targets(context: Context) -> dict[str, Any]:
    _checked(context)
    wanted = context.parameters.get("ResourceIds")
    found = context.store(Targets).by_id
    return {"ScalableTargets": [each.facts for name, each in found.items() if not wanted or name in wanted]}


@answers("application-autoscaling", "DeregisterScalableTarget")
def deregister(context: Context) -> dict[str, Any]:
    resource = _checked(context)
    _target(context, resource)
    del context.store(Targets).by_id[resource]
    return {}


@answers("application-autoscaling", "PutScalingPolicy")
def put_policy(context: Context) -> dict[str, Any]:
    resource, parameters = _checked(context), context.parameters
    target, name = _target(context, resource), parameters["PolicyName"]
    known = target.policies.get(name)
    type_ = parameters.get("PolicyType") or (known["PolicyType"] if known else "StepScaling")
    if type_ != "TargetTrackingScaling":
        raise AwsError("NotImplemented", f"Only target tracking is simulated, not {type_}", 501)
    tracking = parameters.get("TargetTrackingScalingPolicyConfiguration") or {}
    _check_metric(tracking)
    rest = f"resource/ecs/{resource}:policyName/{name}"
    target.policies[name] = {
        "PolicyARN": known["PolicyARN"]
        if known
        else _arn(context, "autoscaling", f"scalingPolicy:{uuid.uuid4()}:{rest}"),
        "PolicyName": name,
        "ServiceNamespace": NAMESPACE,
        "ResourceId": resource,
        "ScalableDimension": DIMENSION,
        "PolicyType": type_,
        "TargetTrackingScalingPolicyConfiguration": tracking,
        "Alarms": [],
        "CreationTime": known["CreationTime"] if known else datetime.now(UTC),
    }
    return {"PolicyARN": target.policies[name]["PolicyARN"], "Alarms": []}


def _check_metric(tracking: Facts) -> None:
    predefined, customized = (tracking.get(f"{sort}MetricSpecification") for sort in ("Predefined", "Customized"))
    if bool(predefined) is bool(customized):
        raise AwsError("ValidationException", "Exactly one of predefined and customized metric must be specified")
    if predefined and predefined["PredefinedMetricType"] not in PREDEFINED:
        raise AwsError("ValidationException", f"Unknown metric {predefined['PredefinedMetricType']}")
    queries = (customized or {}).get("Metrics")
    if queries is not None and [each.get("ReturnData", True) for each in queries].count(True) != 1:
        raise AwsError("ValidationException", "Exactly one metric query must return data")
    if tracking.get("TargetValue", 0) <= 0:
        raise AwsError("ValidationException", "TargetValue must be greater than 0")


@answers("application-autoscaling", "DescribeScalingPolicies")
def describe_policies(context: Context) -> dict[str, Any]:
    return {"ScalingPolicies": _listed(context, "policies", context.parameters.get("PolicyNames"))}


def _listed(context: Context, sort: str, names: list[str] | None) -> list[Facts]:
    resource = _checked(context)
    found = context.store(Targets).by_id
    return [
        facts
        for identifier, target in found.items()
        for name, facts in getattr(target, sort).items()
        if resource in ("", identifier) and (not names or name in names)
    ]


@answers("application-autoscaling", "DeleteScalingPolicy")
def delete_policy(context: Context) -> dict[str, Any]:
    return _delete(context, "policies", context.parameters["PolicyName"])


def _delete(context: Context, sort: str, name: str) -> dict[str, Any]:
    if getattr(_target(context, _checked(context)), sort).pop(name, None) is None:
        raise AwsError("ObjectNotFoundException", f"No {sort} named {name} for {context.parameters['ResourceId']}")
    return {}


@answers("application-autoscaling", "PutScheduledAction")
def put_schedule(context: Context) -> dict[str, Any]:
    resource, parameters = _checked(context), context.parameters
    target, name = _target(context, resource), parameters["ScheduledActionName"]
    known = target.schedules.get(name)
    if not known and not (parameters.get("Schedule") and parameters.get("ScalableTargetAction")):
        raise AwsError("ValidationException", "Schedule and ScalableTargetAction are required for a new action")
    rest = f"resource/ecs/{resource}:scheduledActionName/{name}"
    new = {
        "ScheduledActionName": name,
        "ScheduledActionARN": _arn(context, "autoscaling", f"scheduledAction:{uuid.uuid4()}:{rest}"),
        "ServiceNamespace": NAMESPACE,
        "ResourceId": resource,
        "ScalableDimension": DIMENSION,
        "Timezone": "UTC",
        "CreationTime": datetime.now(UTC),
    }
    given = ("Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction")
    target.schedules[name] = (known or new) | {key: parameters[key] for key in given if key in parameters}
    return {}


@answers("application-autoscaling", "DescribeScheduledActions")
def describe_schedules(context: Context) -> dict[str, Any]:
    return {"ScheduledActions": _listed(context, "schedules", context.parameters.get("ScheduledActionNames"))}


@answers("application-autoscaling", "DeleteScheduledAction")
def delete_schedule(context: Context) -> dict[str, Any]:
    return _delete(context, "schedules", context.parameters["ScheduledActionName"])


def _by_arn(context: Context) -> Target:
    arn = context.parameters["ResourceARN"]
    for target in context.store(Targets).by_id.values():
        if target.facts["ScalableTargetARN"] == arn:
            return target
    raise AwsError("ResourceNotFoundException", f"The resource {arn} was not found")


@answers("application-autoscaling", "ListTagsForResource")
def list_tags(context: Context) -> dict[str, Any]:
    return {"Tags": _by_arn(context).tags}


@answers("application-autoscaling", "TagResource")
def tag(context: Context) -> dict[str, Any]:
    tags = _by_arn(context).tags
    if len(tags | context.parameters["Tags"]) > MOST_TAGS:
        raise AwsError("TooManyTagsException", f"A scalable target has at most {MOST_TAGS} tags")
    tags.update(context.parameters["Tags"])
    return {}


@answers("application-autoscaling", "UntagResource")
def untag(context: Context) -> dict[str, Any]:
    tags = _by_arn(context).tags
    for key in context.parameters["TagKeys"]:
        tags.pop(key, None)
    return {}


@tagged_resources
def scalable_targets(context: Context) -> Iterator[Tagged]:
    kind = "application-autoscaling:scalable-target"
    for target in context.store(Targets).by_id.values():
        yield Tagged(target.facts["ScalableTargetARN"], kind, target.tags)
