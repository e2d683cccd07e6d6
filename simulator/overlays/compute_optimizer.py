# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Compute Optimizer, which moto lacks: an account opts in, and hears the recommendations that were told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulator.errors import AwsError, not_implemented
from simulator.overlay import Context, answers

PAGE = 2
KINDS = ("ecs", "rds")


@dataclass
class Optimizer:
    """What is told of an account in one region. AWS's status is the account's; here each region has its own."""

    status: str = "Inactive"
    found: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def told(given: dict[str, Any]) -> Optimizer:
    """What the control API gets: recommendations in AWS's shape by `ecs` and `rds`, of an account that opted in.

    :raises ValueError: for what is no such thing.
    """
    if set(given) - set(KINDS) or not all(isinstance(each, list) for each in given.values()):
        raise ValueError(f"recommendations are lists by {' and '.join(KINDS)}, not {', '.join(sorted(given))}")
    return Optimizer("Active", given)


@answers("compute-optimizer", "GetEnrollmentStatus")
def get_enrollment_status(context: Context) -> dict[str, Any]:
    return {"status": context.store(Optimizer).status, "memberAccountsEnrolled": False}


@answers("compute-optimizer", "UpdateEnrollmentStatus")
def update_enrollment_status(context: Context) -> dict[str, Any]:
    """At once; AWS then takes up to a day before it recommends anything."""
    status = context.parameters["status"]
    if status not in ("Active", "Inactive"):
        raise AwsError("InvalidParameterValueException", f"status must be Active or Inactive, not {status}", 400)
    context.store(Optimizer).status = status
    return {"status": status}


@answers("compute-optimizer", "GetECSServiceRecommendations")
def get_ecs(context: Context) -> dict[str, Any]:
    return _page(context, "ecs", "ecsServiceRecommendations")


@answers("compute-optimizer", "GetRDSDatabaseRecommendations")
def get_rds(context: Context) -> dict[str, Any]:
    return _page(context, "rds", "rdsDBRecommendations")


def _page(context: Context, kind: str, key: str) -> dict[str, Any]:
    if more := context.parameters.keys() - {"nextToken"}:
        raise not_implemented("compute-optimizer", context.call.operation, ", ".join(sorted(more)))
    optimizer = context.store(Optimizer)
    if optimizer.status != "Active":
        message = f"The account {context.account} is not registered for recommendations"
        raise AwsError("OptInRequiredException", message, 403)
    token = context.parameters.get("nextToken") or "0"
    if not token.isdigit():
        raise AwsError("InvalidParameterValueException", "nextToken is not valid", 400)
    first, found = int(token), optimizer.found.get(kind, [])
    more_token = {"nextToken": str(first + PAGE)} if first + PAGE < len(found) else {}
    return {key: found[first : first + PAGE], "errors": [], **more_token}
