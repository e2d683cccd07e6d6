# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Attributes of load balancers, and the tags of all that belongs to load balancing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays.elbv2_model import Item, attribute_list, balancing, change_attributes, find, invalid, set_tags
from simulator.tagged import Tagged, tagged_resources

if TYPE_CHECKING:
    from collections.abc import Iterator


@answers("elbv2", "DescribeLoadBalancerAttributes", "ModifyLoadBalancerAttributes")
def attributes(context: Context) -> dict[str, Any]:
    """A bucket for access logs must exist and let the log delivery write."""
    arn = find(context, "balancers", context.parameters["LoadBalancerArn"])["LoadBalancerArn"]
    known = balancing(context).attributes[arn]
    if context.call.operation.startswith("Modify"):
        wanted = dict(known)
        change_attributes(wanted, context.parameters["Attributes"], "Load balancer")
        for kind in ("access_logs", "connection_logs"):
            if wanted[f"{kind}.s3.enabled"] == "true":
                _check_log_bucket(context, wanted[f"{kind}.s3.bucket"])
        known.update(wanted)
    return {"Attributes": attribute_list(known)}


def _check_log_bucket(context: Context, name: str) -> None:
    bucket = context.backend("s3", "aws").buckets.get(name)
    if bucket is None:
        raise AwsError(
            "InvalidConfigurationRequest", f"Access Denied for bucket: {name}. Please check S3bucket permission"
        )
    policy = json.loads(bucket.policy) if bucket.policy else {}
    statements = policy.get("Statement", [])
    if not any(_lets_logs_in(one) for one in ([statements] if isinstance(statements, dict) else statements)):
        raise AwsError(
            "InvalidConfigurationRequest", f"Access Denied for bucket: {name}. Please check S3bucket permission"
        )


def _lets_logs_in(statement: Item) -> bool:
    """The service, or the account of load balancing in the older regions, may put objects."""
    text = json.dumps(statement.get("Principal", ""))
    actions = json.dumps(statement.get("Action", ""))
    writer = "logdelivery.elasticloadbalancing.amazonaws.com" in text or "arn:aws:iam::" in text
    return statement.get("Effect") == "Allow" and writer and ("s3:PutObject" in actions or "s3:*" in actions)


def _kind(arn: str) -> str:
    for kind, table in (("loadbalancer", "balancers"), ("targetgroup", "groups"), ("listener-rule", "rules")):
        if f":{kind}/" in arn:
            return table
    return "listeners"


@answers("elbv2", "AddTags", "RemoveTags", "DescribeTags")
def tags(context: Context) -> dict[str, Any]:
    """Of load balancers, target groups, listeners and rules alike."""
    arns = context.parameters["ResourceArns"]
    if context.call.operation == "DescribeTags" and len(arns) > 20:
        raise invalid("Member must have length less than or equal to 20")
    for arn in arns:
        find(context, _kind(arn), arn)
    table = balancing(context).tags
    for arn in arns:
        set_tags(context, arn, context.parameters.get("Tags", []))
        for key in context.parameters.get("TagKeys", []):
            table[arn].pop(key, None)
    if context.call.operation != "DescribeTags":
        return {}
    return {"TagDescriptions": [{"ResourceArn": arn, "Tags": attribute_list(table.get(arn, {}))} for arn in arns]}


@tagged_resources
def tagged(context: Context) -> Iterator[Tagged]:
    names = {"loadbalancer": "loadbalancer", "targetgroup": "targetgroup", "listener-rule": "listener-rule"}
    for arn, found in balancing(context).tags.items():
        kind = arn.split(":")[5].partition("/")[0]
        yield Tagged(arn, f"elasticloadbalancing:{names.get(kind, 'listener')}", dict(found))
