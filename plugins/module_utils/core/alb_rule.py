# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Listener rules: conditions and actions in one form, priorities, and weights that belong to somebody else. Pure.

A condition is `{field, values}` with sorted values, `name` too where it is about a header; a rule's conditions are
sorted. An action is a mapping with a `type`. The weights of target groups are in no state: after a rule's creation they
belong to whoever moves the traffic.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from .plan import PlanRefused, State

Condition = dict[str, Any]
Action = dict[str, Any]

# Source: ELBv2 user guide, "Listener rules": comparison strings of a rule. AWS does not raise it.
MOST_VALUES = 5
FIRST_PRIORITY, LAST_PRIORITY = 1, 50000
# Where each field's values stand in ELB's shapes.
CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
REDIRECT_DEFAULTS: State = {
    "protocol": "#{protocol}",
    "port": "#{port}",
    "host": "#{host}",
    "path": "/#{path}",
    "query": "#{query}",
    "code": 301,
}
FIXED_DEFAULTS: State = {"content_type": "text/plain", "body": ""}


# --- conditions -------------------------------------------------------------------------------------------------------


def wanted_conditions(name: str, options: Mapping[str, Any]) -> list[Condition]:
    """The conditions of a rule from a module's options. Raises PlanRefused for what AWS refuses."""
    found = [
        _condition("host-header", options.get("hosts")),
        _condition("path-pattern", options.get("paths")),
        _condition("http-request-method", options.get("methods")),
        _condition("source-ip", options.get("source_cidrs")),
        _condition("query-string", [_pair(each) for each in options.get("query") or []]),
        *(_condition("http-header", each["values"], each["name"]) for each in options.get("headers") or []),
    ]
    conditions = _ordered([condition for condition in found if condition["values"]])
    values = sum(len(condition["values"]) for condition in conditions)
    if not conditions:
        raise PlanRefused(f"listener rule {name} has no condition; say hosts, paths, headers or the like")
    if values > MOST_VALUES:
        raise PlanRefused(
            f"listener rule {name}: AWS takes {MOST_VALUES} values in all conditions of a rule, it has {values};"
            " make several rules of it, or use wildcards or larger networks"
        )
    return conditions


def observed_conditions(rule: Mapping[str, Any]) -> list[Condition]:
    """The conditions of a rule as ELB describes it."""
    return _ordered([_observed_condition(each) for each in rule.get("Conditions") or []])


def _observed_condition(raw: Mapping[str, Any]) -> Condition:
    field = str(raw["Field"])
    config = raw.get(CONFIGS.get(field, ""), {})
    values = config.get("Values") or raw.get("Values") or []
    if field == "query-string":
        values = [_pair({key.lower(): value for key, value in each.items()}) for each in values]
    condition = _condition(field, values, config.get("HttpHeaderName"))
    regexes = config.get("RegexValues") or raw.get("RegexValues")
    return {**condition, "regexes": sorted(regexes)} if regexes else condition


def condition_call(condition: Mapping[str, Any]) -> dict[str, Any]:
    """A condition as ELB's calls take it."""
    field = str(condition["field"])
    values: list[Any] = list(condition["values"])
    if field == "query-string":
        values = [_query(str(each)) for each in values]
    name = {"HttpHeaderName": condition["name"]} if "name" in condition else {}
    return {"Field": field, CONFIGS[field]: {**name, "Values": values}}


def _condition(field: str, values: Sequence[str] | None, name: str | None = None) -> Condition:
    texts = sorted({_value(field, str(value)) for value in values or []})
    # The names of headers mean the same in capitals.
    return {"field": field, "values": texts, **({"name": name.lower()} if name else {})}


def _value(field: str, value: str) -> str:
    if field == "host-header":
        return value.lower()
    if field == "http-request-method":
        return value.upper()
    return _network(value) if field == "source-ip" else value


def _network(value: str) -> str:
    """A network without bits of a host in it, an address as a network of one; what is neither is for AWS to refuse."""
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except ValueError:
        return value


def _pair(each: Mapping[str, Any]) -> str:
    """`key=value`; a value for any key begins with the equals sign."""
    return f"{each.get('key') or ''}={each['value']}"


def _query(text: str) -> dict[str, str]:
    key, _equals, value = text.partition("=")
    return {"Key": key, "Value": value} if key else {"Value": value}


def _ordered(conditions: list[Condition]) -> list[Condition]:
    return sorted(conditions, key=lambda each: (each["field"], str(each.get("name", "")), each["values"]))


# --- actions ----------------------------------------------------------------------------------------------------------


def wanted_action(name: str, options: Mapping[str, Any]) -> Action:
    """The action from a module's options: `forward`, `redirect` or `fixed_response`, one of them.

    Raises PlanRefused for none or several.
    """
    kinds = [key for key in ("forward", "redirect", "fixed_response") if options.get(key)]
    if len(kinds) != 1:
        raise PlanRefused(f"{name} needs one of forward, redirect and fixed_response, got {', '.join(kinds) or 'none'}")
    given = options[kinds[0]]
    if kinds[0] == "forward":
        return {"type": "forward", "target_groups": list(given), "stickiness": options.get("stickiness") or 0}
    said = {key: value for key, value in given.items() if value is not None}
    if kinds[0] == "redirect":
        return {"type": "redirect", **REDIRECT_DEFAULTS, **said, "port": str(said.get("port", "#{port}"))}
    return {"type": "fixed-response", **FIXED_DEFAULTS, **said}


def observed_action(actions: Sequence[Mapping[str, Any]], group_name: Any) -> Action:
    """The action as ELB describes it; `group_name` names the target group behind an ARN.

    Actions that stand before it (authentication) are none that the collection makes; they are a difference.
    """
    ordered = sorted(actions, key=lambda each: each.get("Order") or 0)
    if len(ordered) != 1:
        return {"type": " then ".join(str(each["Type"]) for each in ordered)}
    action = ordered[0]
    if action["Type"] == "forward":
        weights, stickiness = live_forward(actions)
        return {"type": "forward", "target_groups": [group_name(arn) for arn in weights], "stickiness": stickiness}
    if action["Type"] == "redirect":
        config = action["RedirectConfig"]
        found = {key: config.get(key.capitalize()) for key in ("protocol", "port", "host", "path", "query")}
        said = {key: value for key, value in found.items() if value is not None}
        return {
            "type": "redirect",
            **REDIRECT_DEFAULTS,
            **said,
            "code": int(config["StatusCode"].removeprefix("HTTP_")),
        }
    if action["Type"] == "fixed-response":
        config = action["FixedResponseConfig"]
        found = {"content_type": config.get("ContentType"), "body": config.get("MessageBody")}
        said = {key: value for key, value in found.items() if value is not None}
        return {"type": "fixed-response", **FIXED_DEFAULTS, **said, "code": int(config["StatusCode"])}
    return {"type": str(action["Type"])}


def live_forward(actions: Sequence[Mapping[str, Any]]) -> tuple[dict[str, int], int]:
    """Weights by ARN of target group, in ELB's order, and the seconds of stickiness (0: none) of a forward action."""
    action: Mapping[str, Any] = next((each for each in actions if each["Type"] == "forward"), {})
    config = action.get("ForwardConfig") or {}
    groups = config.get("TargetGroups") or []
    if not groups and action.get("TargetGroupArn"):
        groups = [{"TargetGroupArn": action["TargetGroupArn"]}]
    weights = {str(each["TargetGroupArn"]): int(each.get("Weight", 1)) for each in groups}
    sticky = config.get("TargetGroupStickinessConfig") or {}
    return weights, int(sticky.get("DurationSeconds") or 0) if sticky.get("Enabled") else 0


def settled_action(wanted: Action, observed: Mapping[str, Any]) -> Action:
    """Wanted as it is compared: the order of target groups says who serves first at creation, and nothing later."""
    if wanted["type"] == "forward" and observed.get("type") == "forward":
        live = observed["target_groups"]
        if set(live) == set(wanted["target_groups"]):
            return {**wanted, "target_groups": list(live)}
    return wanted


def forward_weights(wanted: Sequence[str], live: Mapping[str, int]) -> dict[str, int]:
    """Weights for a set of target groups: those that serve keep theirs, new ones get nothing.

    Where nobody would serve (a new rule, or the one that served is taken out) the first does.
    """
    weights = {group: live.get(group, 0) for group in wanted}
    if wanted and not any(weights.values()):
        weights[wanted[0]] = 1
    return weights


def action_call(action: Mapping[str, Any], weights: Mapping[str, int]) -> list[dict[str, Any]]:
    """The action as ELB's calls take it; `weights` are by ARN, for a forward action."""
    if action["type"] == "forward":
        seconds = action["stickiness"]
        sticky = {"Enabled": True, "DurationSeconds": seconds} if seconds else {"Enabled": False}
        groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in weights.items()]
        return [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups, "TargetGroupStickinessConfig": sticky}}]
    if action["type"] == "redirect":
        config = {key.capitalize(): action[key] for key in ("protocol", "port", "host", "path", "query")}
        return [{"Type": "redirect", "RedirectConfig": {**config, "StatusCode": f"HTTP_{action['code']}"}}]
    config = {"ContentType": action["content_type"], "StatusCode": str(action["code"])}
    body = {"MessageBody": action["body"]} if action["body"] else {}
    return [{"Type": "fixed-response", "FixedResponseConfig": {**config, **body}}]


# --- priorities -------------------------------------------------------------------------------------------------------


def automatic_priority(name: str, conditions: Sequence[Condition], taken: Collection[int]) -> int:
    """A free priority for a new rule that says none; the same one wherever nothing is taken.

    More conditions come first, so that a path of a host is asked before the host. Within that the name decides, so that
    rules that are made at the same time seldom want the same place. Raises PlanRefused where all are taken.
    """
    bands = 5
    size = LAST_PRIORITY // bands
    band = bands - min(len(conditions), bands)
    start = FIRST_PRIORITY + band * size + int(hashlib.sha256(name.encode()).hexdigest(), 16) % size
    span = LAST_PRIORITY - FIRST_PRIORITY + 1
    for step in range(span):
        priority = FIRST_PRIORITY + (start - FIRST_PRIORITY + step) % span
        if priority not in taken:
            return priority
    raise PlanRefused(f"listener rule {name}: every priority of the listener is taken")
