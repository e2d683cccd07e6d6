# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What Cost Explorer is asked, and what its answers mean. Pure; dates are ISO texts, ends are exclusive as AWS's are.

Source: API reference of AWS Cost Explorer. A group's key is `Environment$dev` for a tag, `Environment$` without it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

METRIC = "UnblendedCost"
Parameters: TypeAlias = "dict[str, Any]"
# An estimate knows none of these, so that they would only blur what it is compared with.
NOT_USE = ("Credit", "Refund", "Tax")
# Usage types without the region in front of them, and what a budget calls them, whichever service bills them.
USAGE_TYPES = (
    (r"NatGateway-", "nat_gateway"),
    (r"PublicIPv4:|ElasticIP:", "public_ipv4"),
    (r"VpcEndpoint-", "vpc_endpoints"),
    (r"ClientVPN-|VPN-|DirectConnect", "vpn"),
    (r"EBS:|BoxUsage|SpotUsage|CPUCredits:", "ec2"),
    (r"DataTransfer-|[A-Z0-9]+-AWS-(?:In|Out)-Bytes|AWS-(?:In|Out)-Bytes", "data_transfer"),
)
# Services that bill under names of their own; those that bill for many things are told apart by usage types.
SERVICES = {
    "Amazon CloudFront": "cloudfront",
    "Amazon EC2 Container Registry (ECR)": "ecr",
    "Amazon ElastiCache": "elasticache",
    "Amazon Elastic Compute Cloud - Compute": "ec2",
    "Amazon Elastic Container Service": "fargate",
    "Amazon Elastic Load Balancing": "alb",
    "Amazon Relational Database Service": "rds",
    "Amazon Route 53": "route53",
    "Amazon Simple Notification Service": "sns",
    "Amazon Simple Storage Service": "s3",
    "AmazonCloudWatch": "cloudwatch",
    "AWS Data Transfer": "data_transfer",
    "AWS Direct Connect": "vpn",
    "AWS Key Management Service": "kms",
    "AWS Secrets Manager": "secrets",
    "AWS WAF": "waf",
}
REGION = re.compile(r"(?:[A-Z]{2,4}\d?|[A-Z]{3}\d{1,2})-(?=[A-Z])")


@dataclass(frozen=True)
class Amount:
    """What one group cost in one period."""

    start: str
    keys: tuple[str, ...]
    usd: Decimal


def usage_query(
    start: str, end: str, tag: Mapping[str, str], by: Sequence[str], granularity: str = "MONTHLY"
) -> Parameters:
    """Parameters of GetCostAndUsage. `by` has dimensions (`SERVICE`) and tags (`tag:Component`), two at most."""
    return {
        "TimePeriod": {"Start": start, "End": end},
        "Granularity": granularity,
        "Metrics": [METRIC],
        "Filter": usage_filter(tag),
        "GroupBy": [_group(each) for each in by],
    }


def usage_filter(tag: Mapping[str, str]) -> Parameters:
    """What is used, without credits, refunds and taxes; of what has the tag, where there is one."""
    use: Parameters = {"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": list(NOT_USE)}}}
    tagged = [{"Tags": {"Key": key, "Values": [value]}} for key, value in sorted(tag.items())]
    return {"And": [*tagged, use]} if tagged else use


def amounts(results: Iterable[Mapping[str, Any]]) -> list[Amount]:
    """The groups of all periods; a period that was cut in two by a page comes twice, with other groups."""
    return [
        Amount(period["TimePeriod"]["Start"], tuple(group["Keys"]), Decimal(group["Metrics"][METRIC]["Amount"]))
        for period in results
        for group in period.get("Groups", ())
    ]


def service_of(service: str, usage_type: str) -> str:
    """What a budget calls it; AWS's own name for what no budget names."""
    named = SERVICES.get(service)
    if named == "cloudfront":
        return named
    plain = REGION.sub("", usage_type, count=1)
    for pattern, name in USAGE_TYPES:
        # Transfer is found in both forms: some of its names begin like a region.
        if re.match(pattern, plain) or re.match(pattern, usage_type):
            return name
    return named or service


def tag_value(key: str) -> str:
    """`dev` of `Environment$dev`; empty for what has no such tag."""
    return key.partition("$")[2]


def _group(name: str) -> dict[str, str]:
    tag = name.removeprefix("tag:")
    return {"Type": "TAG", "Key": tag} if tag != name else {"Type": "DIMENSION", "Key": name}
