# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Listener rules: priorities, conditions, and the weights that deployments move."""

from __future__ import annotations

import uuid
from typing import Any

from simulator.errors import AwsError, not_implemented
from simulator.overlay import Context, answers
from simulator.overlays.elbv2_actions import actions, conditions
from simulator.overlays.elbv2_balancers import page
from simulator.overlays.elbv2_model import Item, balancing, find, invalid, listener_of_rule, set_tags
from simulator.overlays.elbv2_targets import follow_usage

MOST_RULES, MOST_PRIORITY = 100, 50000


@answers("elbv2", "CreateRule")
def create(context: Context) -> dict[str, Any]:
    parameters, store = context.parameters, balancing(context)
    listener = find(context, "listeners", parameters["ListenerArn"])
    rules = store.rules_of(listener["ListenerArn"])
    priority = _priority(parameters.get("Priority"))
    if any(rule["Priority"] == priority for rule in rules):
        raise AwsError("PriorityInUse", f"Priority '{priority}' is currently in use")
    if len(rules) > MOST_RULES:
        raise AwsError("TooManyRules", f"A listener has at most {MOST_RULES} rules besides its default rule")
    arn = f"{listener['ListenerArn'].replace(':listener/', ':listener-rule/')}/{uuid.uuid4().hex[:16]}"
    rule = {"RuleArn": arn, "Priority": priority, "IsDefault": False} | _facts(context, listener, {})
    set_tags(context, arn, parameters.get("Tags", []))
    store.rules[arn] = rule
    follow_usage(context.world, store)
    return {"Rules": [rule]}


def _priority(given: Any) -> str:
    if given is None or not 1 <= int(given) <= MOST_PRIORITY:
        raise invalid(f"Priority '{given}' must be between 1 and {MOST_PRIORITY}")
    return str(given)


def _facts(context: Context, listener: Item, present: Item) -> Item:
    """Conditions and actions after a change; each is replaced as a whole where it is given."""
    given = context.parameters
    if given.get("Transforms"):
        raise not_implemented("elbv2", context.call.operation, "transforms")
    facts: Item = {key: present[key] for key in ("Conditions", "Actions") if key in present}
    if given.get("Conditions") or not present:
        facts["Conditions"] = conditions(context, given.get("Conditions") or [])
    if given.get("Actions") or not present:
        balancer, protocol, port = listener["LoadBalancerArn"], listener["Protocol"], listener["Port"]
        facts["Actions"] = actions(context, given.get("Actions") or [], balancer, protocol, port)
    return facts


@answers("elbv2", "DescribeRules")
def describe(context: Context) -> dict[str, Any]:
    arns, listener = context.parameters.get("RuleArns"), context.parameters.get("ListenerArn")
    if bool(arns) == bool(listener):
        raise invalid("You must specify either listener ARN or rule ARNs, and not both")
    if arns:
        return {"Rules": [find(context, "rules", arn) for arn in arns]}
    find(context, "listeners", str(listener))
    return page(context, "Rules", balancing(context).rules_of(str(listener)))


@answers("elbv2", "ModifyRule")
def modify(context: Context) -> dict[str, Any]:
    store = balancing(context)
    rule = find(context, "rules", context.parameters["RuleArn"])
    if rule["IsDefault"]:
        raise AwsError("OperationNotPermitted", f"Default rule '{rule['RuleArn']}' cannot be modified")
    listener = store.listeners[listener_of_rule(rule["RuleArn"])]
    rule.update(_facts(context, listener, rule))
    follow_usage(context.world, store)
    return {"Rules": [rule]}


@answers("elbv2", "DeleteRule")
def delete(context: Context) -> dict[str, Any]:
    store = balancing(context)
    rule = find(context, "rules", context.parameters["RuleArn"])
    if rule["IsDefault"]:
        raise AwsError("OperationNotPermitted", f"Default rule '{rule['RuleArn']}' cannot be deleted")
    del store.rules[rule["RuleArn"]]
    store.forget(rule["RuleArn"])
    follow_usage(context.world, store)
    return {}


@answers("elbv2", "SetRulePriorities")
def set_priorities(context: Context) -> dict[str, Any]:
    """All at once: rules may change places."""
    store = balancing(context)
    wanted = {one["RuleArn"]: _priority(one.get("Priority")) for one in context.parameters["RulePriorities"]}
    rules = [find(context, "rules", arn) for arn in wanted]
    if any(rule["IsDefault"] for rule in rules):
        raise AwsError("OperationNotPermitted", "The priority of a default rule cannot be changed")
    for listener in {listener_of_rule(arn) for arn in wanted}:
        after = [wanted.get(rule["RuleArn"], rule["Priority"]) for rule in store.rules_of(listener)]
        if len(set(after)) < len(after):
            raise AwsError("PriorityInUse", "One of the priorities is currently in use")
    for rule in rules:
        rule["Priority"] = wanted[rule["RuleArn"]]
    return {"Rules": rules}
