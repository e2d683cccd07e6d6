# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Security groups: moto answers with the rules of the last permission only, and forgets descriptions of group rules."""

from __future__ import annotations

from typing import Any

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
