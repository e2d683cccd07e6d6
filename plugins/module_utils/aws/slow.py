# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The slow resources of an environment and their statuses, in one list call a sort."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..core.readiness import (
    CLOUDFRONT_DISTRIBUTION,
    LOAD_BALANCER,
    NAT_GATEWAY,
    RDS_INSTANCE,
    REPLICATION_GROUP,
    StatusTable,
    Verdict,
)
from ..core.tags import from_pairs
from .api import Api
from .reconcile import side_by_side


@dataclass(frozen=True)
class Status:
    """One slow resource: AWS's word for its state, and what that means to somebody who waits."""

    type: str
    name: str
    status: str
    verdict: Verdict


@dataclass(frozen=True)
class Sort:
    """How to list one sort of slow resource: the call, where the name and the status stand, what they mean.

    `status` is a path of keys with dots between them.
    """

    service: str
    operation: str
    key: str
    status: str
    name: Callable[[dict[str, Any]], str]
    table: StatusTable


def _name_tag(item: dict[str, Any]) -> str:
    return from_pairs(item.get("Tags")).get("Name", "")


SORTS: dict[str, Sort] = {
    # The comment of a distribution is its name: the list does not hold its tags.
    "cloudfront_distribution": Sort(
        "cloudfront",
        "list_distributions",
        "DistributionList.Items",
        "Status",
        lambda item: str(item["Comment"]),
        CLOUDFRONT_DISTRIBUTION,
    ),
    "load_balancer": Sort(
        "elbv2",
        "describe_load_balancers",
        "LoadBalancers",
        "State.Code",
        lambda item: str(item["LoadBalancerName"]),
        LOAD_BALANCER,
    ),
    "nat_gateway": Sort("ec2", "describe_nat_gateways", "NatGateways", "State", _name_tag, NAT_GATEWAY),
    "rds_instance": Sort(
        "rds",
        "describe_db_instances",
        "DBInstances",
        "DBInstanceStatus",
        lambda item: str(item["DBInstanceIdentifier"]),
        RDS_INSTANCE,
    ),
    "replication_group": Sort(
        "elasticache",
        "describe_replication_groups",
        "ReplicationGroups",
        "Status",
        lambda item: str(item["ReplicationGroupId"]),
        REPLICATION_GROUP,
    ),
}
# A NAT gateway that is gone is listed for about an hour more.
GONE = {"deleted"}


def statuses(apis: dict[str, Api], types: Collection[str], prefix: str) -> list[Status]:
    """The slow resources of the given types whose name begins with the prefix, by type and name."""
    found = side_by_side({each: partial(_list, apis[SORTS[each].service], each, prefix) for each in types})
    return sorted((status for each in found.values() for status in each), key=lambda status: (status.type, status.name))


def _list(api: Api, type_: str, prefix: str) -> list[Status]:
    sort = SORTS[type_]
    items = api.pages(sort.operation, sort.key, f"list the {type_.replace('_', ' ')}s of {prefix}*")
    found = [(sort.name(item), _status(item, sort.status)) for item in items]
    return [
        Status(type_, name, status, sort.table.verdict(status))
        for name, status in found
        # The one resource of its sort has the environment's name without a further part.
        if (name.startswith(prefix) or name == prefix.removesuffix("-")) and status not in GONE
    ]


def _status(item: dict[str, Any], path: str) -> str:
    """AWS's word for the state of a resource."""
    found: Any = item
    for key in path.split("."):
        found = found[key]
    return str(found)
