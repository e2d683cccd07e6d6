# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Security groups: moto answers with the rules of the last permission only, and forgets descriptions of group rules."""

from __future__ import annotations

from typing import Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers


@answers("ec2", "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress")
def authorize(context: Context) -> dict[str, Any]:
    """All rules that were added, not only those of the last permission."""
    before = {rule["SecurityGroupRuleId"] for rule in _rules(context)}
    context.moto()
    added = [rule for rule in _rules(context) if rule["SecurityGroupRuleId"] not in before]
    return {"Return": True, "SecurityGroupRules": added}


@answers("ec2", "DescribeSecurityGroupRules")
def describe_rules(context: Context) -> dict[str, Any]:
    """With the owner of the group, and the description of a rule that names a group."""
    return {"SecurityGroupRules": [_completed(context, rule) for rule in context.moto()["SecurityGroupRules"]]}


def _rules(context: Context) -> list[dict[str, Any]]:
    group_id = context.parameters.get("GroupId") or _id_of(context, context.parameters.get("GroupName", ""))
    filters = [{"Name": "group-id", "Values": [group_id]}]
    found: list[dict[str, Any]] = context.invoke("ec2", "DescribeSecurityGroupRules", Filters=filters)[
        "SecurityGroupRules"
    ]
    return found


def _id_of(context: Context, name: str) -> str:
    group = context.backend().get_security_group_by_name_or_id(name)
    return str(group.id) if group else name


def _completed(context: Context, rule: dict[str, Any]) -> dict[str, Any]:
    completed = {**rule, "GroupOwnerId": context.account}
    for groups in context.backend().groups.values():
        group = groups.get(rule["GroupId"])
        if group is None:
            continue
        for own in [*group.ingress_rules, *group.egress_rules]:
            description = (own.source_group or {}).get("Description")
            if own.id == rule["SecurityGroupRuleId"] and description:
                completed["Description"] = description
    return completed


@answers("ec2", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress")
def revoke(context: Context) -> dict[str, Any]:
    """moto leaves the rules of IPv6 ranges in place."""
    egress = context.call.operation.endswith("Egress")
    permissions = context.parameters.get("IpPermissions", [])
    if not any(permission.get("Ipv6Ranges") for permission in permissions):
        return context.moto() | {"Return": True}
    group = context.backend().get_security_group_by_name_or_id(
        context.parameters.get("GroupId") or context.parameters.get("GroupName")
    )
    if group is None:
        raise AwsError(
            "InvalidGroup.NotFound", f"The security group '{context.parameters.get('GroupId')}' does not exist"
        )
    rules = group.egress_rules if egress else group.ingress_rules
    doomed = [
        _ipv6_rule(rules, permission, one) for permission in permissions for one in permission.get("Ipv6Ranges", [])
    ]
    others = [{k: v for k, v in permission.items() if k != "Ipv6Ranges"} for permission in permissions]
    others = [one for one in others if one.get("IpRanges") or one.get("UserIdGroupPairs") or one.get("PrefixListIds")]
    if others:
        context.moto({**context.parameters, "IpPermissions": others})
    kept = [rule for rule in (group.egress_rules if egress else group.ingress_rules) if rule not in doomed]
    if egress:
        group.egress_rules = kept
    else:
        group.ingress_rules = kept
    return {"Return": True}


def _ipv6_rule(rules: list[Any], permission: dict[str, Any], wanted: dict[str, str]) -> Any:
    for rule in rules:
        ports = (rule.from_port, rule.to_port) == (permission.get("FromPort"), permission.get("ToPort"))
        same = rule.ip_protocol == permission["IpProtocol"] and (ports or rule.ip_protocol == "-1")
        if same and rule.ip_range.get("CidrIpv6") == wanted["CidrIpv6"]:
            return rule
    raise AwsError("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
