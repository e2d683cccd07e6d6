# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Names of what is watched and of who is told, to what CloudWatch wants and back: dimensions and topics.

Nothing is looked up before it is needed; what was found is kept. Safe between threads.
"""

from __future__ import annotations

import re
import threading
import typing as t
from collections.abc import Callable
from dataclasses import dataclass

from ..core.plan import PlanRefused
from ..core.tags import from_pairs
from .acm_names import listed_certificates
from .api import Api
from .cloudfront import distributions_by_name

# A service's Api by the name of its client, and by region where it is another one.
Apis = Callable[..., Api]


def _load_balancers(apis: Apis) -> dict[str, str]:
    found = apis("elbv2").pages("describe_load_balancers", "LoadBalancers", "find the load balancers")
    return {each["LoadBalancerName"]: each["LoadBalancerArn"].split(":loadbalancer/", 1)[1] for each in found}


def _target_groups(apis: Apis) -> dict[str, str]:
    found = apis("elbv2").pages("describe_target_groups", "TargetGroups", "find the target groups")
    return {each["TargetGroupName"]: each["TargetGroupArn"].rsplit(":", 1)[1] for each in found}


def _nat_gateways(apis: Apis) -> dict[str, str]:
    filters = [{"Name": "state", "Values": ["pending", "available"]}]
    found = apis("ec2").pages("describe_nat_gateways", "NatGateways", "find the NAT gateways", Filter=filters)
    return {from_pairs(each.get("Tags")).get("Name", ""): each["NatGatewayId"] for each in found}


def _certificates(apis: Apis) -> dict[str, str]:
    """By Name tag, else by their domain; of several the youngest."""
    found = sorted(listed_certificates(apis("acm")), key=lambda each: str(each.get("CreatedAt", "")))
    return {each["Tags"].get("Name", each["DomainName"]): each["CertificateArn"] for each in found}


def _distributions(apis: Apis) -> dict[str, str]:
    """By Name tag: a distribution can have many host names, which would be many names for one value."""
    return {name: each["Id"] for name, each in distributions_by_name(apis("cloudfront")).items()}


@dataclass(frozen=True)
class Lookup:
    """How a value of a dimension is found: AWS's noun, all of them by name, and what an id looks like."""

    noun: str
    find: Callable[[Apis], dict[str, str]]
    id: re.Pattern[str]


LOOKUPS = {
    "LoadBalancer": Lookup("load balancer", _load_balancers, re.compile(r"(app|net|gwy)/.+/\w+")),
    "TargetGroup": Lookup("target group", _target_groups, re.compile(r"targetgroup/.+/\w+")),
    "NatGatewayId": Lookup("NAT gateway", _nat_gateways, re.compile(r"nat-[0-9a-f]+")),
    "CertificateArn": Lookup("certificate", _certificates, re.compile(r"arn:.+")),
    "DistributionId": Lookup("CloudFront distribution", _distributions, re.compile(r"[A-Z0-9]+")),
}


class DimensionNames:
    """Values of dimensions that AWS makes up (the suffix of a load balancer) by the names that people give.

    `lenient`: what does not exist yet is written as its name, and corrected when it does (dashboards). `expected`: what
    is missing will exist by the time of the real run, so what stands there by its name will be corrected then.
    """

    def __init__(self, apis: Apis, *, lenient: bool = False, expected: bool = False) -> None:
        self._apis = apis
        self._lenient = lenient
        self._expected = expected
        self._tables: dict[str, dict[str, str]] = {}
        self._lock = threading.Lock()

    def name(self, dimension: str, value: str) -> str:
        """The name behind a value as CloudWatch has it. A value whose resource is gone stays what it is."""
        if dimension not in LOOKUPS:
            return value
        table = self._table(dimension)
        if value in table or (self._expected and not LOOKUPS[dimension].id.fullmatch(value)):
            # written when nothing of this name existed: it must be written again
            return f"{value} (by name)"
        return next((name for name, id_ in table.items() if id_ == value), value)

    def id(self, dimension: str, name: str) -> str:
        """What CloudWatch wants for a name. Raises PlanRefused where nothing has it, unless lenient."""
        if dimension not in LOOKUPS or LOOKUPS[dimension].id.fullmatch(name):
            return name
        found = self._table(dimension).get(name)
        if found is None and not self._lenient:
            raise PlanRefused(
                f"{LOOKUPS[dimension].noun} {name} does not exist in this account and region, so nothing can watch it;"
                " create it first, or correct its name"
            )
        return found or name

    def _table(self, dimension: str) -> dict[str, str]:
        with self._lock:
            if dimension not in self._tables:
                self._tables[dimension] = LOOKUPS[dimension].find(self._apis)
            return self._tables[dimension]


class TopicNames:
    """SNS topics of the account and region by name."""

    def __init__(self, sns: Callable[[], Api]) -> None:
        self._sns = sns
        self._arns: dict[str, str] | None = None
        self._lock = threading.Lock()

    @staticmethod
    def name(arn: str, owner: str) -> str:
        """The name of a topic in the account and region of `owner` (an ARN); any other address as it is."""
        here = ":".join(["arn", owner.split(":")[1], "sns", *owner.split(":")[3:5], ""])
        return arn.removeprefix(here)

    def arn(self, name: str) -> str:
        """Raises PlanRefused where the topic does not exist: CloudWatch would keep silent about it."""
        if name.startswith("arn:"):
            return name
        with self._lock:
            if self._arns is None:
                topics: list[dict[str, t.Any]] = self._sns().pages("list_topics", "Topics", "find the SNS topics")
                self._arns = {each["TopicArn"].rsplit(":", 1)[1]: each["TopicArn"] for each in topics}
        if name not in self._arns:
            raise PlanRefused(
                f"SNS topic {name} does not exist in this account and region; create it first (role monitoring), or"
                " correct its name"
            )
        return self._arns[name]
