# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ECS services: create, update, describe, delete."""

from __future__ import annotations

import copy
import re
from typing import Any

from simulator.errors import AwsError, not_implemented
from simulator.overlay import Context, answers, guards
from simulator.overlays import ecs_deployments, ecs_service_rules, ecs_service_settings, ecs_views
from simulator.overlays.ecs_model import (
    Ecs,
    Facts,
    Service,
    check_tags,
    failure,
    find_cluster,
    find_definition,
    find_service,
    now,
    page,
    runnable_definition,
    service_arn,
)

READS = (
    "DescribeServices",
    "DescribeServiceDeployments",
    "ListServiceDeployments",
    "DescribeTasks",
    "ListTasks",
    "DescribeClusters",
)


@guards("ecs", *READS)
def time_passes(context: Context) -> None:
    """What has failed is tried again when somebody looks: with an infinite speed it would be tried for ever."""
    ecs_deployments.tick(context.world)


@answers("ecs", "CreateService")
def create_service(context: Context) -> dict[str, Any]:
    """ACTIVE, with its first deployment under way."""
    parameters, ecs = context.parameters, context.store(Ecs)
    cluster, name = find_cluster(context, parameters.get("cluster")), parameters["serviceName"]
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name):
        message = "Service name must be 1 to 255 letters, digits, hyphens and underscores."
        raise AwsError("InvalidParameterException", message)
    arn = service_arn(context, cluster, name)
    known = ecs.services.get(arn)
    if known is not None and known.status != "INACTIVE":
        return _again(context, known)
    if not parameters.get("taskDefinition"):
        raise AwsError("InvalidParameterException", "TaskDefinition can not be blank.")
    check_tags(parameters.get("tags", []))
    definition = runnable_definition(context, parameters["taskDefinition"])
    settings = ecs_service_settings.completed(parameters, cluster)
    ecs_service_rules.check(context, cluster, settings, definition)
    settings["taskDefinition"] = definition.arn
    caller = context.invoke("sts", "GetCallerIdentity")["Arn"]
    service = Service(name, arn, cluster, settings, list(parameters.get("tags", [])), now(), caller)
    service.client_token = parameters.get("clientToken")
    ecs.services[arn] = service
    ecs_deployments.begin(context, service, ecs_service_settings.revise(service, definition, None))
    return {"service": ecs_views.service(context, service, with_tags=True)}


def _again(context: Context, known: Service) -> dict[str, Any]:
    if known.status == "DRAINING":
        message = "Unable to Start a service that is still Draining."
        raise AwsError("InvalidParameterException", message)
    token = context.parameters.get("clientToken")
    if token is None or token != known.client_token:
        raise AwsError("InvalidParameterException", "Creation of service was not idempotent.")
    return {"service": ecs_views.service(context, known, with_tags=True)}


def active_service(context: Context, given: str) -> Service:
    """The service of a call, which must be ACTIVE.

    :raises AwsError: ServiceNotFoundException, ServiceNotActiveException.
    """
    service = find_service(context, find_cluster(context, context.parameters.get("cluster")), given)
    if service.status != "ACTIVE":
        raise AwsError("ServiceNotActiveException", "Service was not ACTIVE.")
    return service


@answers("ecs", "UpdateService")
def update_service(context: Context) -> dict[str, Any]:
    """Only what is given changes; a deployment begins where AWS begins one, or where it is forced."""
    parameters = copy.deepcopy(context.parameters)
    service = active_service(context, parameters["service"])
    before = service.settings
    given = {name: value for name, value in parameters.items() if name not in ("cluster", "service")}
    forced = bool(given.pop("forceNewDeployment", False))
    if "taskDefinition" in given:
        definition = runnable_definition(context, given["taskDefinition"])
        given["taskDefinition"] = definition.arn
    else:
        # one that was deregistered since can still be kept
        found = find_definition(context, before["taskDefinition"])
        if found is None:
            raise AwsError("ClientException", "TaskDefinition not found.")
        definition = found
    settings = {**copy.deepcopy(before), **given}
    _change_capacity(context, before, given, settings, forced=forced)
    ecs_service_settings.normalise(settings)
    ecs_service_rules.check(context, service.cluster, settings, definition)
    changed = [name for name in ecs_service_settings.REVISED if settings.get(name) != before.get(name)]
    service.settings = settings
    if changed or forced:
        previous = service.current or (service.deployments[-1].target if service.deployments else None)
        revision = ecs_service_settings.revise(service, definition, previous)
        ecs_deployments.begin(context, service, revision)
    else:
        ecs_deployments.follow(context.world, service)
    return {"service": ecs_views.service(context, service, with_tags=True)}


def _change_capacity(context: Context, before: Facts, given: Facts, settings: Facts, *, forced: bool) -> None:
    if "deploymentController" in given and given["deploymentController"] != before["deploymentController"]:
        raise not_implemented("ecs", context.call.operation, "changing the deployment controller")
    strategy = given.get("capacityProviderStrategy")
    if strategy and before.get("launchType"):
        if not forced:
            message = "When switching from launch type to capacity provider strategy on an existing service, or making "
            message += "a change to a capacity provider strategy on a service that is already using one, you must "
            raise AwsError("InvalidParameterException", f"{message}force a new deployment.")
        settings.pop("launchType", None)


@answers("ecs", "DeleteService")
def delete_service(context: Context) -> dict[str, Any]:
    """DRAINING while tasks are left, then INACTIVE."""
    service = active_service(context, context.parameters["service"])
    if service.desired > 0 and not context.parameters.get("force"):
        message = "The service cannot be stopped while it is scaled above 0."
        raise AwsError("InvalidParameterException", message)
    service.status = "DRAINING"
    service.settings["desiredCount"] = 0
    ecs_deployments.abandon(service)
    ecs_deployments.follow(context.world, service)
    return {"service": ecs_views.service(context, service, with_tags=True)}


@answers("ecs", "DescribeServices")
def describe_services(context: Context) -> dict[str, Any]:
    """Up to ten; deleted ones as INACTIVE, as AWS does for a while."""
    cluster = find_cluster(context, context.parameters.get("cluster"))
    if not 1 <= len(context.parameters["services"]) <= 10:
        raise AwsError("InvalidParameterException", "Services must have between 1 and 10 members.")
    found, failures = [], []
    for given in context.parameters["services"]:
        arn = service_arn(context, cluster, given)
        service = context.store(Ecs).services.get(arn)
        if service is None:
            failures.append(failure(arn))
        else:
            with_tags = "TAGS" in context.parameters.get("include", [])
            found.append(ecs_views.service(context, service, with_tags=with_tags))
    return {"services": found, "failures": failures}


@answers("ecs", "ListServices")
def list_services(context: Context) -> dict[str, Any]:
    parameters = context.parameters
    cluster = find_cluster(context, parameters.get("cluster"))
    arns = [
        service.arn
        for service in context.store(Ecs).services.values()
        if service.cluster is cluster
        and service.status != "INACTIVE"
        and parameters.get("launchType") in (None, service.settings.get("launchType"))
        and parameters.get("schedulingStrategy") in (None, service.settings["schedulingStrategy"])
    ]
    return page(sorted(arns), parameters, "serviceArns", 10)
