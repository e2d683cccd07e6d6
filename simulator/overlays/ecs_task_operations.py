# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tasks by hand: run, stop, describe, list."""

from __future__ import annotations

import copy
from typing import Any

from simulator.errors import AwsError, not_implemented
from simulator.overlay import Context, answers, guards
from simulator.overlays import ecs_service_settings, ecs_tasks
from simulator.overlays.ecs_model import (
    Cluster,
    Ecs,
    Facts,
    Task,
    arn,
    check_tags,
    failure,
    find_cluster,
    find_service,
    page,
    runnable_definition,
)
from simulator.overlays.ecs_service_rules import check_run

MOST_TASKS, MOST_DESCRIBED = 10, 100
NOT_SIMULATED = (
    "StartTask",
    "CreateTaskSet",
    "UpdateTaskSet",
    "DeleteTaskSet",
    "DescribeTaskSets",
    "UpdateServicePrimaryTaskSet",
    "RegisterContainerInstance",
    "DeregisterContainerInstance",
    "UpdateContainerInstancesState",
)


@guards("ecs", *NOT_SIMULATED)
def refuse_what_is_not_simulated(context: Context) -> None:
    """moto has state of its own for these, which knows nothing of the services here."""
    raise not_implemented("ecs", context.call.operation)


@answers("ecs", "RunTask")
def run_task(context: Context) -> dict[str, Any]:
    """Up to ten at once."""
    parameters = context.parameters
    cluster = find_cluster(context, parameters.get("cluster"))
    if known := _run_before(context, cluster):
        return {"tasks": known, "failures": []}
    definition = runnable_definition(context, parameters["taskDefinition"])
    count = parameters.get("count", 1)
    if not 1 <= count <= MOST_TASKS:
        raise AwsError("InvalidParameterException", f"count must be between 1 and {MOST_TASKS}.")
    check_tags(parameters.get("tags", []))
    if parameters.get("volumeConfigurations"):
        raise not_implemented("ecs", "RunTask", "volumeConfigurations")
    settings = ecs_service_settings.completed({"desiredCount": count, **_capacity(parameters)}, cluster)
    check_run(context, cluster, settings, definition)
    overrides = _overrides(parameters.get("overrides"), [one["name"] for one in definition.containers])
    tags = list(parameters.get("tags", []))
    if parameters.get("propagateTags") == "TASK_DEFINITION":
        own = {tag["key"] for tag in tags}
        tags += [tag for tag in definition.tags if tag["key"] not in own]
    tasks = []
    for number in range(count):
        facts = {
            "group": parameters.get("group") or f"family:{definition.facts['family']}",
            "startedBy": parameters.get("startedBy"),
            "enableExecuteCommand": bool(parameters.get("enableExecuteCommand")),
            "overrides": copy.deepcopy(overrides),
            "networkConfiguration": settings.get("networkConfiguration"),
            "place": number,
            **_where(settings),
        }
        tasks.append(ecs_tasks.launch(context, cluster, definition, facts, list(tags)))
    if parameters.get("clientToken"):
        asked = copy.deepcopy(dict(parameters)), [task.arn for task in tasks]
        context.store(Ecs).run_tokens[cluster.name, parameters["clientToken"]] = asked
    return {"tasks": [ecs_tasks.shown(task, with_tags=True) for task in tasks], "failures": []}


def _run_before(context: Context, cluster: Cluster) -> list[Facts]:
    """The tasks that the client token stands for. AWS forgets a token after a day, or when its tasks are forgotten."""
    ecs, token = context.store(Ecs), context.parameters.get("clientToken")
    asked, arns = ecs.run_tokens.get((cluster.name, token or ""), ({}, []))
    if arns and asked != dict(context.parameters):
        raise AwsError("ConflictException", "The provided clientToken is in use with a different RunTask request.")
    return [ecs_tasks.shown(ecs.tasks[arn], with_tags=True) for arn in arns if arn in ecs.tasks]


def _capacity(parameters: Facts) -> Facts:
    members = ("launchType", "capacityProviderStrategy", "networkConfiguration", "platformVersion")
    return {member: parameters[member] for member in members if parameters.get(member)}


def _where(settings: Facts) -> Facts:
    strategy = settings.get("capacityProviderStrategy")
    if not strategy:
        return {"launchType": settings["launchType"]}
    name = max(strategy, key=lambda item: (item.get("base", 0), item.get("weight", 0)))["capacityProvider"]
    return {"capacityProviderName": name, "launchType": "FARGATE" if name.startswith("FARGATE") else "EC2"}


def _overrides(given: Facts | None, names: list[str]) -> Facts:
    overrides = copy.deepcopy(given or {})
    own = overrides.get("containerOverrides", [])
    for one in own:
        if one.get("name") not in names:
            message = f"Override for container named {one.get('name')} is not a container in the TaskDefinition."
            raise AwsError("InvalidParameterException", message)
    missing = [{"name": name} for name in names if name not in [one.get("name") for one in own]]
    return {**overrides, "containerOverrides": own + missing, "inferenceAcceleratorOverrides": []}


def _find(context: Context, cluster: Cluster, given: str) -> Task | None:
    wanted = arn(context, f"task/{cluster.name}/{given.rpartition('/')[2]}")
    return context.store(Ecs).tasks.get(wanted)


@answers("ecs", "StopTask")
def stop_task(context: Context) -> dict[str, Any]:
    """A stopped one stays as it is."""
    cluster = find_cluster(context, context.parameters.get("cluster"))
    task = _find(context, cluster, context.parameters["task"])
    if task is None:
        raise AwsError("InvalidParameterException", "The referenced task was not found.")
    reason = context.parameters.get("reason") or "Task stopped by user"
    ecs_tasks.stop(context.world, task, "UserInitiated", reason)
    return {"task": ecs_tasks.shown(task, with_tags=True)}


@answers("ecs", "DescribeTasks")
def describe_tasks(context: Context) -> dict[str, Any]:
    cluster = find_cluster(context, context.parameters.get("cluster"))
    wanted = context.parameters["tasks"]
    if not 1 <= len(wanted) <= MOST_DESCRIBED:
        raise AwsError("InvalidParameterException", f"Tasks must have between 1 and {MOST_DESCRIBED} members.")
    with_tags = "TAGS" in context.parameters.get("include", [])
    found = {given: _find(context, cluster, given) for given in wanted}
    return {
        "tasks": [ecs_tasks.shown(task, with_tags=with_tags) for task in found.values() if task],
        "failures": [
            failure(given if given.startswith("arn:") else arn(context, f"task/{cluster.name}/{given}"))
            for given, task in found.items()
            if task is None
        ],
    }


@answers("ecs", "ListTasks")
def list_tasks(context: Context) -> dict[str, Any]:
    """By the status that they should have: RUNNING unless another is asked for."""
    parameters = context.parameters
    cluster = find_cluster(context, parameters.get("cluster"))
    if parameters.get("containerInstance") or parameters.get("daemonName"):
        raise not_implemented("ecs", "ListTasks", "containerInstance and daemonName")
    name = parameters.get("serviceName")
    service = find_service(context, cluster, name) if name else None
    arns = [
        task.arn
        for task in context.store(Ecs).tasks.values()
        if task.cluster is cluster
        and task.desired_status == parameters.get("desiredStatus", "RUNNING")
        and service in (None, task.service)
        and parameters.get("family") in (None, task.definition.facts["family"])
        and parameters.get("startedBy") in (None, task.facts.get("startedBy"))
        and parameters.get("launchType") in (None, task.facts.get("launchType"))
    ]
    return page(arns, parameters, "taskArns")
