# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An estimate beside a budget, line by line. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from .cost_estimate import Line, Total, by_service, total, totals
from .plan import PlanRefused

Standing = Literal["as_budgeted", "under_budgeted", "over_budgeted", "not_in_design", "unknown"]
Verdict = Literal["no_budget", "within", "over", "unknown"]
# Services that a budget may name, and what people call them.
SERVICES = {
    "alb": "ALB",
    "cloudfront": "CloudFront",
    "cloudwatch": "CloudWatch",
    "data_transfer": "Data transfer",
    "datadog": "Datadog",
    "ec2": "EC2",
    "ecr": "ECR",
    "elasticache": "ElastiCache",
    "fargate": "ECS Fargate",
    "kms": "KMS",
    "nat_gateway": "NAT gateway",
    "public_ipv4": "Public IPv4",
    "rds": "RDS",
    "route53": "Route 53",
    "s3": "S3",
    "secrets": "Secrets Manager",
    "sns": "SNS",
    "vpc_endpoints": "VPC endpoints",
    "vpn": "VPN",
    "waf": "WAF",
}


@dataclass(frozen=True)
class BudgetLine:
    """One service beside its budget; `budget` is None where the budget does not name it."""

    service: str
    budget: Decimal | None
    expected: Decimal
    unknown: int
    standing: Standing


@dataclass(frozen=True)
class Comparison:
    """What the whole comes to."""

    lines: list[BudgetLine]
    budget: Decimal
    verdict: Verdict
    message: str


def compare(lines: Sequence[Line], budget: Mapping[str, Decimal], tolerance: Decimal) -> Comparison:
    """Compare what is expected. `tolerance` is the per cent by which a line may differ and still be as budgeted.

    Raises PlanRefused for a budget that names a service which is none.
    """
    if wrong := sorted(budget.keys() - SERVICES.keys()):
        raise PlanRefused(f"cost_budget names {', '.join(wrong)}; it may name {', '.join(sorted(SERVICES))}")
    found = totals(lines, by_service)
    names = [*budget, *(name for name in found if name not in budget)]
    nothing = total([])
    compared = [_line(name, found.get(name, nothing), budget.get(name), tolerance) for name in names]
    whole, limit = total(lines), sum(budget.values(), Decimal(0))
    verdict = _verdict(whole, limit, bool(budget))
    return Comparison(compared, limit, verdict, _message(whole, limit, verdict))


def _line(service: str, spent: Total, budget: Decimal | None, tolerance: Decimal) -> BudgetLine:
    expected = spent.cost.expected
    return BudgetLine(service, budget, expected, spent.unknown, _standing(expected, spent.unknown, budget, tolerance))


def _standing(expected: Decimal, unknown: int, budget: Decimal | None, tolerance: Decimal) -> Standing:
    if budget is None:
        return "not_in_design"
    if expected > budget * (1 + tolerance / 100):
        return "under_budgeted"
    if unknown:
        return "unknown"
    return "over_budgeted" if expected < budget * (1 - tolerance / 100) else "as_budgeted"


def _verdict(whole: Total, limit: Decimal, given: bool) -> Verdict:
    if not given:
        return "no_budget"
    if whole.cost.expected > limit:
        return "over"
    return "within" if whole.complete else "unknown"


def _message(whole: Total, limit: Decimal, verdict: Verdict) -> str:
    expected, difference = f"${whole.cost.expected:,.2f} a month", f"${abs(whole.cost.expected - limit):,.2f}"
    said = {
        "no_budget": f"{expected} are expected; there is no budget to compare them with",
        "over": f"{expected} are expected: {difference} over the budget of ${limit:,.2f}",
        "within": f"{expected} are expected: {difference} within the budget of ${limit:,.2f}",
        "unknown": f"{expected} are known; whether the budget of ${limit:,.2f} is kept, nobody can say",
    }[verdict]
    return f"{said}; what has no price ({whole.unknown}) comes on top" if whole.unknown else said
