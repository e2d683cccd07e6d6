# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Service deployments and service revisions: listed, described, stopped, continued."""

from __future__ import annotations

from typing import Any

from simulator.errors import AwsError, not_implemented
from simulator.overlay import Context, answers
from simulator.overlays import ecs_deployments, ecs_hooks, ecs_views
from simulator.overlays.ecs_model import Deployment, Ecs, Service, failure, find_cluster, find_service, page

MOST = 20


@answers("ecs", "ListServiceDeployments")
def list_service_deployments(context: Context) -> dict[str, Any]:
    """The latest first."""
    parameters = context.parameters
    service = find_service(context, find_cluster(context, parameters.get("cluster")), parameters["service"])
    wanted, created = parameters.get("status"), parameters.get("createdAt", {})
    items = [
        one
        for one in reversed(service.deployments)
        if (not wanted or one.status in wanted)
        and (created.get("after") is None or one.created_at.timestamp() > _moment(created["after"]))
        and (created.get("before") is None or one.created_at.timestamp() < _moment(created["before"]))
    ]
    answer = page([one.arn for one in items], parameters, "serviceDeployments", MOST)
    shown = set(answer["serviceDeployments"])
    answer["serviceDeployments"] = [ecs_views.brief(service, one) for one in items if one.arn in shown]
    return answer


def _moment(value: Any) -> float:
    return float(value.timestamp() if hasattr(value, "timestamp") else value)


def _find(context: Context, arn: str) -> tuple[Service, Deployment] | None:
    """The deployment of an ARN; those of deleted services are gone."""
    for service in context.store(Ecs).services.values():
        for deployment in service.deployments:
            if deployment.arn == arn and service.status != "INACTIVE":
                return service, deployment
    return None


def _require(context: Context) -> tuple[Service, Deployment]:
    found = _find(context, context.parameters["serviceDeploymentArn"])
    if found is None:
        raise AwsError("ServiceDeploymentNotFoundException", "Service deployment not found.")
    return found


@answers("ecs", "DescribeServiceDeployments")
def describe_service_deployments(context: Context) -> dict[str, Any]:
    arns = context.parameters["serviceDeploymentArns"]
    _check_count(arns)
    found = {arn: _find(context, arn) for arn in arns}
    return {
        "serviceDeployments": [ecs_views.service_deployment(context, *one) for one in found.values() if one],
        "failures": [failure(arn) for arn, one in found.items() if one is None],
    }


def _check_count(arns: list[str]) -> None:
    if not 1 <= len(arns) <= MOST:
        raise AwsError("InvalidParameterException", f"Between 1 and {MOST} ARNs must be given.")


@answers("ecs", "DescribeServiceRevisions")
def describe_service_revisions(context: Context) -> dict[str, Any]:
    """Snapshots that never change; `resolvedConfiguration` says which target group a revision serves."""
    arns = context.parameters["serviceRevisionArns"]
    _check_count(arns)
    services = [one for one in context.store(Ecs).services.values() if one.status != "INACTIVE"]
    known = {arn: revision for service in services for arn, revision in service.revisions.items()}
    return {
        "serviceRevisions": [
            {name: value for name, value in known[arn].facts.items() if value is not None}
            for arn in arns
            if arn in known
        ],
        "failures": [failure(arn) for arn in arns if arn not in known],
    }


@answers("ecs", "StopServiceDeployment")
def stop_service_deployment(context: Context) -> dict[str, Any]:
    """Rolls back; asking again while it does is no error."""
    service, deployment = _require(context)
    if context.parameters.get("stopType", "ROLLBACK") != "ROLLBACK":
        raise not_implemented("ecs", "StopServiceDeployment", "stopType ABORT, which AWS documents as not valid")
    if deployment.is_over:
        message = f"The service deployment is {deployment.status} and cannot be stopped."
        raise AwsError("ConflictException", message)
    if not deployment.is_rolling_back:
        ecs_deployments.request_rollback(context.world, service, deployment)
    return {"serviceDeploymentArn": deployment.arn}


@answers("ecs", "ContinueServiceDeployment")
def continue_service_deployment(context: Context) -> dict[str, Any]:
    """Decides a pause."""
    service, deployment = _require(context)
    rollback = context.parameters.get("action", "CONTINUE") == "ROLLBACK"
    ecs_hooks.decide(context.world, service, deployment, context.parameters["hookId"], rollback=rollback)
    return {"serviceDeploymentArn": deployment.arn}
