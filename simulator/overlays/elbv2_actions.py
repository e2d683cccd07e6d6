# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Actions and conditions of listeners and rules: checked, and written out as AWS shows them."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError, not_implemented
from simulator.overlays.elbv2_model import Item, balancing, find, invalid

if TYPE_CHECKING:
    from simulator.overlay import Context

MOST_GROUPS, MOST_VALUES, MOST_WEIGHT = 5, 5, 999
STICKY_SECONDS = (1, 604800)
REDIRECT = {"Protocol": "#{protocol}", "Port": "#{port}", "Host": "#{host}", "Path": "/#{path}", "Query": "#{query}"}
CONTENT_TYPES = ("text/plain", "text/css", "text/html", "application/javascript", "application/json")


def actions(context: Context, given: list[Item], balancer_arn: str, protocol: str, port: int) -> list[Item]:
    """The actions with all that AWS fills in."""
    if not given:
        raise invalid("Actions must be specified")
    if len(given) > 1:
        raise not_implemented("elbv2", context.call.operation, "more than one action: only authentication needs it")
    action = given[0]
    kind = action["Type"]
    order = {"Type": kind, "Order": action.get("Order") or 1}
    if kind == "forward":
        return [order | _forward(context, action, balancer_arn)]
    if kind == "redirect":
        return [order | {"RedirectConfig": _redirect(action, protocol, port)}]
    if kind == "fixed-response":
        return [order | {"FixedResponseConfig": _fixed(action)}]
    raise not_implemented("elbv2", context.call.operation, f"action {kind}")


def _forward(context: Context, action: Item, balancer_arn: str) -> Item:
    config = action.get("ForwardConfig") or {}
    groups = config.get("TargetGroups") or []
    if action.get("TargetGroupArn"):
        if groups and [one["TargetGroupArn"] for one in groups] != [action["TargetGroupArn"]]:
            raise AwsError(
                "InvalidLoadBalancerAction", "You cannot specify both a target group ARN and a forward config"
            )
        groups = groups or [{"TargetGroupArn": action["TargetGroupArn"]}]
    if not groups:
        raise AwsError("InvalidLoadBalancerAction", "A target group must be specified for a forward action")
    if len(groups) > MOST_GROUPS:
        raise AwsError("TooManyTargetGroups", f"An action has at most {MOST_GROUPS} target groups")
    weighted = [{"TargetGroupArn": one["TargetGroupArn"], "Weight": _weight(one)} for one in groups]
    names = [one["TargetGroupArn"] for one in weighted]
    if len(set(names)) < len(names):
        raise AwsError("InvalidLoadBalancerAction", "A target group is specified more than once")
    for arn in names:
        _check_group(context, arn, balancer_arn)
    config = {"TargetGroups": weighted, "TargetGroupStickinessConfig": _stickiness(config)}
    return {"ForwardConfig": config} | ({"TargetGroupArn": names[0]} if len(names) == 1 else {})


def _weight(group: Item) -> int:
    weight = int(group["Weight"]) if group.get("Weight") is not None else 1
    if not 0 <= weight <= MOST_WEIGHT:
        raise invalid(f"The weight {weight} must be between 0 and {MOST_WEIGHT}")
    return weight


def _check_group(context: Context, arn: str, balancer_arn: str) -> None:
    group = find(context, "groups", arn)
    users = balancing(context).balancers_of_group(arn)
    if users and users != [balancer_arn]:
        message = f"The following target groups cannot be associated with more than one load balancer: {arn}"
        raise AwsError("TargetGroupAssociationLimit", message)
    if group["VpcId"] != find(context, "balancers", balancer_arn)["VpcId"]:
        raise AwsError(
            "InvalidConfigurationRequest", f"The target group {arn} is in another VPC than the load balancer"
        )


def _stickiness(config: Item) -> Item:
    sticky = config.get("TargetGroupStickinessConfig") or {}
    seconds = sticky.get("DurationSeconds")
    if not sticky.get("Enabled"):
        return {"Enabled": False} | ({"DurationSeconds": int(seconds)} if seconds else {})
    if seconds is None or not STICKY_SECONDS[0] <= int(seconds) <= STICKY_SECONDS[1]:
        raise AwsError("InvalidLoadBalancerAction", "Target group stickiness duration must be 1 to 604800 seconds")
    return {"Enabled": True, "DurationSeconds": int(seconds)}


def _redirect(action: Item, protocol: str, port: int) -> Item:
    config = REDIRECT | {key: value for key, value in (action.get("RedirectConfig") or {}).items() if value is not None}
    if config.get("StatusCode") not in ("HTTP_301", "HTTP_302"):
        raise invalid("A redirect must have the status code HTTP_301 or HTTP_302")
    if config["Protocol"] not in ("HTTP", "HTTPS", "#{protocol}"):
        raise invalid(f"The redirect's protocol '{config['Protocol']}' must be HTTP, HTTPS or #{{protocol}}")
    same = config["Protocol"] in ("#{protocol}", protocol) and config["Port"] in ("#{port}", str(port))
    if same and all(config[key] == REDIRECT[key] for key in ("Host", "Path", "Query")):
        raise AwsError(
            "InvalidLoadBalancerAction", "The redirect configuration is not valid because it creates a loop."
        )
    return config


def _fixed(action: Item) -> Item:
    config = dict(action.get("FixedResponseConfig") or {})
    if not re.fullmatch(r"[245]\d\d", str(config.get("StatusCode", ""))):
        raise invalid("A fixed response must have a status code 2XX, 4XX or 5XX")
    if config.get("ContentType") not in (None, *CONTENT_TYPES):
        raise invalid(f"The content type '{config['ContentType']}' must be one of {', '.join(CONTENT_TYPES)}")
    if len(config.get("MessageBody") or "") > 1024:
        raise invalid("The message body has at most 1024 characters")
    return {key: value for key, value in config.items() if value is not None}


CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}


def conditions(context: Context, given: list[Item]) -> list[Item]:
    """The conditions with all that AWS fills in."""
    if not given:
        raise invalid("A condition must be specified")
    shown = [_condition(context, one) for one in given]
    fields = [one["Field"] for one in shown]
    if any(fields.count(name) > 1 for name in ("host-header", "path-pattern", "http-request-method", "source-ip")):
        raise invalid("A rule has at most one condition on host, path, method and source IP")
    count = sum(len(one[CONFIGS[one["Field"]]]["Values"]) for one in shown)
    if count > MOST_VALUES:
        raise AwsError("TooManyConditionValues", f"A rule has at most {MOST_VALUES} condition values, not {count}")
    return shown


def _condition(context: Context, given: Item) -> Item:
    name = given.get("Field") or next((key for key, config in CONFIGS.items() if given.get(config)), "")
    if name not in CONFIGS:
        raise invalid(f"Condition field '{name}' must be one of '[{', '.join(CONFIGS)}]'")
    config: Item = dict(given.get(CONFIGS[name]) or {"Values": given.get("Values")})
    if config.get("RegexValues") or given.get("RegexValues"):
        raise not_implemented("elbv2", context.call.operation, "regular expressions in conditions")
    values = config.get("Values")
    if not values:
        raise invalid(f"A {name} condition must have values")
    _check_values(name, config)
    shown = {"Field": name, CONFIGS[name]: {key: value for key, value in config.items() if key != "RegexValues"}}
    return shown | ({"Values": values} if name in ("host-header", "path-pattern") else {})


def _check_values(name: str, config: Item) -> None:
    values: list[Any] = config["Values"]
    if name == "source-ip":
        for value in values:
            try:
                ipaddress.ip_network(value)
            except ValueError:
                raise invalid(f"The source IP '{value}' must be a valid CIDR block") from None
        return
    if name == "http-header" and not config.get("HttpHeaderName"):
        raise invalid("An http-header condition must have a header name")
    texts = [one["Value"] for one in values] if name == "query-string" else values
    for text in texts:
        if not text or len(text) > 128:
            raise invalid(f"The condition value '{text}' must have 1 to 128 characters")
        if name == "path-pattern" and not re.fullmatch(r"[A-Za-z0-9_\-.$/~\"'@:+&*?]+", text):
            raise invalid(f"The path pattern '{text}' has characters that are not allowed")
