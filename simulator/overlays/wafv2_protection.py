# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What web ACLs protect, where their logs go, and the managed rule groups there are."""

from __future__ import annotations

from typing import Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays.elbv2_model import Balancing
from simulator.overlays.wafv2 import check_scope, find, gone, resources
from simulator.overlays.wafv2_managed import GROUPS, VENDOR
from simulator.overlays.wafv2_model import WebAcls
from simulator.overlays.wafv2_rules import capacity, check_rules


def _check_resource(context: Context, arn: str) -> None:
    if ":loadbalancer/app/" not in arn:
        message = f"Error reason: The ARN isn't valid., field: RESOURCE_ARN, parameter: {arn}"
        raise AwsError("WAFInvalidParameterException", message)
    balancer = context.store(Balancing).balancers.get(arn)
    if balancer is None:
        raise gone(arn)
    if balancer["State"]["Code"] != "active":
        message = "AWS WAF couldn't retrieve the resource that you requested. Retry your request."
        raise AwsError("WAFUnavailableEntityException", message)


@answers("wafv2", "AssociateWebACL")
def associate(context: Context) -> dict[str, Any]:
    """With an active load balancer; it has one web ACL."""
    acl, arn = find(context, context.parameters["WebACLArn"]), context.parameters["ResourceArn"]
    _check_resource(context, arn)
    context.store(WebAcls).protected[arn] = acl.facts["ARN"]
    return {}


@answers("wafv2", "DisassociateWebACL")
def disassociate(context: Context) -> dict[str, Any]:
    _check_resource(context, context.parameters["ResourceArn"])
    context.store(WebAcls).protected.pop(context.parameters["ResourceArn"], None)
    return {}


@answers("wafv2", "GetWebACLForResource")
def get_for_resource(context: Context) -> dict[str, Any]:
    arn, store = context.parameters["ResourceArn"], context.store(WebAcls)
    if arn not in context.store(Balancing).balancers:
        raise gone(arn)
    acl = store.by_arn.get(store.protected.get(arn, ""))
    return {"WebACL": acl.facts} if acl else {}


@answers("wafv2", "ListResourcesForWebACL")
def list_resources(context: Context) -> dict[str, Any]:
    acl = find(context, context.parameters["WebACLArn"])
    kind = context.parameters.get("ResourceType", "APPLICATION_LOAD_BALANCER")
    return {"ResourceArns": resources(context, acl) if kind == "APPLICATION_LOAD_BALANCER" else []}


@answers("wafv2", "PutLoggingConfiguration")
def put_logging(context: Context) -> dict[str, Any]:
    """One destination, whose name begins with aws-waf-logs-; a log group must be there."""
    given = context.parameters["LoggingConfiguration"]
    acl, destinations = find(context, given["ResourceArn"]), given["LogDestinationConfigs"]
    name = destinations[0].split(":log-group:")[-1].split(":::")[-1].removesuffix(":*").rpartition("/")[2]
    if len(destinations) != 1 or not name.startswith("aws-waf-logs-"):
        message = f"Error reason: The ARN isn't valid., field: LOG_DESTINATION, parameter: {destinations}"
        raise AwsError("WAFInvalidParameterException", message)
    if ":log-group:" in destinations[0] and name not in context.backend("logs").groups:
        message = "AWS WAF couldn't access the log destination: the log group does not exist"
        raise AwsError("WAFLogDestinationPermissionIssueException", message)
    kept = {key: value for key, value in given.items() if value is not None}
    kept |= {"LogType": "WAF_LOGS", "LogScope": "CUSTOMER", "ManagedByFirewallManager": False}
    context.store(WebAcls).logging[acl.facts["ARN"]] = kept
    return {"LoggingConfiguration": kept}


@answers("wafv2", "GetLoggingConfiguration", "DeleteLoggingConfiguration")
def logging(context: Context) -> dict[str, Any]:
    table, arn = context.store(WebAcls).logging, context.parameters["ResourceArn"]
    if arn not in table:
        raise gone(arn)
    if context.call.operation == "GetLoggingConfiguration":
        return {"LoggingConfiguration": table[arn]}
    del table[arn]
    return {}


@answers("wafv2", "ListLoggingConfigurations")
def list_logging(context: Context) -> dict[str, Any]:
    scope, store = check_scope(context), context.store(WebAcls)
    return {"LoggingConfigurations": [one for arn, one in store.logging.items() if store.by_arn[arn].scope == scope]}


@answers("wafv2", "CheckCapacity")
def check_capacity(context: Context) -> dict[str, Any]:
    check_scope(context)
    check_rules(context, context.parameters["Rules"])
    return {"Capacity": capacity(context.parameters["Rules"])}


@answers("wafv2", "ListAvailableManagedRuleGroups")
def list_managed(context: Context) -> dict[str, Any]:
    check_scope(context)
    shown = [
        {"VendorName": VENDOR, "Name": name, "VersioningSupported": len(rules) > 3, "Description": text}
        for name, (_cost, text, rules) in GROUPS.items()
    ]
    return {"ManagedRuleGroups": shown}


@answers("wafv2", "DescribeManagedRuleGroup")
def describe_managed(context: Context) -> dict[str, Any]:
    check_scope(context)
    name = context.parameters["Name"]
    if context.parameters["VendorName"] != VENDOR or name not in GROUPS:
        raise gone(name)
    cost, _text, rules = GROUPS[name]
    answer = {"Capacity": cost, "Rules": [{"Name": rule, "Action": {"Block": {}}} for rule in rules]}
    return answer | {"LabelNamespace": f"awswaf:managed:aws:{name.removeprefix('AWSManagedRules').lower()}:"}
