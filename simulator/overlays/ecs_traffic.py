# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ECS does at the load balancer: targets of its tasks, and the weights of listener rules."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError

if TYPE_CHECKING:
    from simulator.overlay import Context
    from simulator.overlays.ecs_model import Facts, Revision, Task

UNASSOCIATED = (
    "Service deployment rolled back because of invalid networking configuration. Both targetGroup and "
    "alternateTargetGroup must be associated with the productionListenerRule or testListenerRule."
)


class TrafficError(Exception):
    """Traffic cannot be shifted; the text is the deployment's reason."""


def advanced(revision: Revision) -> list[Facts]:
    """The load balancers whose traffic ECS shifts: declared facts with the resolved target group as `serving`."""
    items = []
    pairs = zip(revision.facts["loadBalancers"], revision.facts["resolvedConfiguration"]["loadBalancers"], strict=True)
    for declared, resolved in pairs:
        if declared.get("advancedConfiguration"):
            items.append({**declared, "serving": resolved["targetGroupArn"]})
    return items


def check_rules(context: Context, revision: Revision) -> None:
    """Both target groups must be in the production rule, and in the test rule if there is one.

    :raises TrafficError: with AWS's words.
    """
    for item in advanced(revision):
        more = item["advancedConfiguration"]
        both = {item["targetGroupArn"], more["alternateTargetGroupArn"]}
        for member in ("productionListenerRule", "testListenerRule"):
            rule = more.get(member)
            if rule and not both <= set(weights_of(context, rule)):
                raise TrafficError(UNASSOCIATED)


def _rule(context: Context, rule: str) -> Facts:
    try:
        found: Facts = context.invoke("elbv2", "DescribeRules", RuleArns=[rule])["Rules"][0]
    except AwsError as error:
        raise TrafficError(f"Service deployment rolled back because of {error.code}: {error.message}") from error
    return found


def weights_of(context: Context, rule: str) -> dict[str, int]:
    """Weight by target group of a rule's forward action.

    :raises TrafficError: when there is no such rule.
    """
    weights: dict[str, int] = {}
    for action in _rule(context, rule)["Actions"]:
        if action["Type"] == "forward":
            groups = action.get("ForwardConfig", {}).get("TargetGroups", [])
            weights |= {group["TargetGroupArn"]: group.get("Weight", 1) for group in groups}
            if not groups and action.get("TargetGroupArn"):
                weights[action["TargetGroupArn"]] = 1
    return weights


def shift(context: Context, revision: Revision, percent: float, member: str) -> None:
    """Send `percent` of a rule's traffic to the revision, the rest to the other group of its pair.

    :raises TrafficError: when the rule does not lead to both.
    """
    for item in advanced(revision):
        more = item["advancedConfiguration"]
        rule = more.get(member)
        if not rule:
            continue
        pair = (item["targetGroupArn"], more["alternateTargetGroupArn"])
        wanted = {group: round(percent if group == item["serving"] else 100 - percent) for group in pair}
        known = _rule(context, rule)
        actions = [_weighted(action, wanted) for action in known["Actions"]]
        if actions == known["Actions"]:
            continue
        context.invoke("elbv2", "ModifyRule", RuleArn=rule, Actions=actions)


def _weighted(action: Facts, wanted: dict[str, int]) -> Facts:
    if action["Type"] != "forward":
        return action
    changed = copy.deepcopy(action)
    groups = changed.get("ForwardConfig", {}).get("TargetGroups", [])
    if not set(wanted) <= {group["TargetGroupArn"] for group in groups}:
        raise TrafficError(UNASSOCIATED)
    for group in groups:
        if group["TargetGroupArn"] in wanted:
            group["Weight"] = wanted[group["TargetGroupArn"]]
    changed.pop("TargetGroupArn", None)
    return changed


def register(context: Context, task: Task) -> None:
    """Put a task's address into the target groups that its revision serves."""
    if task.revision is None or task.service is None or task.address is None:
        return
    for group in task.revision.target_groups:
        target = (group["targetGroupArn"], group["containerPort"])
        context.invoke("elbv2", "RegisterTargets", TargetGroupArn=target[0], Targets=[_target(task, target[1])])
        task.targets.append(target)
        task.service.say(f"(service {task.service.name}) registered 1 targets in (target-group {target[0]})")


def deregister(context: Context, task: Task) -> float:
    """Take a task out of its target groups; the longest delay in seconds that they let it drain."""
    longest = 0.0
    for group, port in task.targets:
        try:
            longest = max(longest, _delay(context, group))
            context.invoke("elbv2", "DeregisterTargets", TargetGroupArn=group, Targets=[_target(task, port)])
        except AwsError:
            continue  # the group was deleted: there is nothing to take the task out of
        if task.service is not None:
            task.service.say(f"(service {task.service.name}) deregistered 1 targets in (target-group {group})")
    task.targets = []
    return longest


def _delay(context: Context, group: str) -> float:
    found = context.invoke("elbv2", "DescribeTargetGroupAttributes", TargetGroupArn=group)["Attributes"]
    attributes = {one["Key"]: one["Value"] for one in found}
    return float(attributes.get("deregistration_delay.timeout_seconds", 300))


def _target(task: Task, port: int) -> dict[str, Any]:
    return {"Id": task.address, "Port": port}


def states(context: Context, task: Task) -> list[tuple[str, str, str]]:
    """Target group, state and reason of a task's targets."""
    found = []
    for group, port in task.targets:
        answer = context.invoke("elbv2", "DescribeTargetHealth", TargetGroupArn=group, Targets=[_target(task, port)])
        for one in answer["TargetHealthDescriptions"]:
            health = one["TargetHealth"]
            found.append((group, str(health["State"]), str(health.get("Description") or health.get("Reason") or "")))
    return found
