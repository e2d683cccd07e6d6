# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ECS task definitions: every field is kept, and AWS's defaults are filled in where AWS shows them."""

from __future__ import annotations

import copy
from typing import Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays import ecs_sizes, ecs_task_rules
from simulator.overlays.ecs_model import (
    Ecs,
    Facts,
    Family,
    Service,
    TaskDefinition,
    arn,
    check_tags,
    failure,
    find_definition,
    now,
    page,
)

HEALTH_DEFAULTS = {"interval": 30, "timeout": 5, "retries": 3}
RESTART_PERIOD = 300
CAPABILITY = "com.amazonaws.ecs.capability."


@answers("ecs", "RegisterTaskDefinition")
def register_task_definition(context: Context) -> dict[str, Any]:
    """A new revision with each call, even without a change."""
    parameters = copy.deepcopy(context.parameters)
    tags = parameters.pop("tags", [])
    check_tags(tags)
    ecs_task_rules.check(context, parameters)
    families = context.store(Ecs).families
    family = families.setdefault(parameters["family"], Family(parameters["family"]))
    family.latest += 1
    facts = completed(parameters)
    facts |= {
        "taskDefinitionArn": arn(context, f"task-definition/{family.name}:{family.latest}"),
        "revision": family.latest,
        "status": "ACTIVE",
        "registeredAt": now(),
        "registeredBy": context.invoke("sts", "GetCallerIdentity")["Arn"],
    }
    family.revisions[family.latest] = definition = TaskDefinition(facts, tags)
    return {"taskDefinition": definition.facts, "tags": tags}


def completed(parameters: Facts) -> Facts:
    """A registration with AWS's defaults."""
    facts: Facts = {"volumes": [], "placementConstraints": [], **parameters}
    facts["containerDefinitions"] = [_completed_container(c, parameters) for c in parameters["containerDefinitions"]]
    for member, read in (("cpu", ecs_sizes.cpu_units), ("memory", ecs_sizes.memory_mib)):
        if parameters.get(member):
            facts[member] = str(read(parameters[member]) or parameters[member])
    wants_fargate = parameters.get("networkMode") == "awsvpc" and parameters.get("cpu") and parameters.get("memory")
    compatible = ["EXTERNAL"] if parameters.get("networkMode") != "awsvpc" else []
    facts["compatibilities"] = [*compatible, "EC2", *(["FARGATE"] if wants_fargate else [])]
    facts["requiresAttributes"] = [{"name": name} for name in sorted(_attributes(parameters))]
    return facts


def _completed_container(given: Facts, parameters: Facts) -> Facts:
    container: Facts = {
        "cpu": 0,
        "portMappings": [],
        "essential": True,
        "environment": [],
        "mountPoints": [],
        "volumesFrom": [],
        "systemControls": [],
        **given,
    }
    container["portMappings"] = [_completed_port(one, parameters) for one in container["portMappings"]]
    container["mountPoints"] = [{"readOnly": False, **one} for one in container["mountPoints"]]
    container["volumesFrom"] = [{"readOnly": False, **one} for one in container["volumesFrom"]]
    if given.get("healthCheck"):
        container["healthCheck"] = {**HEALTH_DEFAULTS, **given["healthCheck"]}
    if given.get("restartPolicy", {}).get("enabled"):
        container["restartPolicy"] = {"restartAttemptPeriod": RESTART_PERIOD, **given["restartPolicy"]}
    return container


def _completed_port(given: Facts, parameters: Facts) -> Facts:
    mapping = {"protocol": "tcp", **given}
    if "containerPort" in mapping:
        mapping.setdefault("hostPort", mapping["containerPort"] if parameters.get("networkMode") == "awsvpc" else 0)
    return mapping


def _attributes(parameters: Facts) -> set[str]:
    """What a container instance must be able to do for these settings."""
    names = {f"{CAPABILITY}docker-remote-api.1.18"}
    if parameters.get("networkMode") == "awsvpc":
        names.add("ecs.capability.task-eni")
    if parameters.get("taskRoleArn"):
        names.add(f"{CAPABILITY}task-iam-role")
    for container in parameters["containerDefinitions"]:
        driver = container.get("logConfiguration", {}).get("logDriver")
        if driver:
            names.add(f"{CAPABILITY}logging-driver.{driver}")
        if driver == "awslogs" and parameters.get("executionRoleArn"):
            names.add("ecs.capability.execution-role-awslogs")
        if ".dkr.ecr." in container["image"]:
            names |= {f"{CAPABILITY}ecr-auth", "ecs.capability.execution-role-ecr-pull"}
        if container.get("healthCheck"):
            names.add("ecs.capability.container-health-check")
        for secret in container.get("secrets", []):
            kind = "asm" if ":secretsmanager:" in secret["valueFrom"] else "ssm"
            names.add(f"ecs.capability.secrets.{kind}.environment-variables")
    return names


@answers("ecs", "DescribeTaskDefinition")
def describe_task_definition(context: Context) -> dict[str, Any]:
    """A family is its newest active revision; deregistered revisions are found by their number."""
    found = find_definition(context, context.parameters["taskDefinition"])
    if found is None:
        raise AwsError("ClientException", "Unable to describe task definition.")
    tags = found.tags if "TAGS" in context.parameters.get("include", []) else []
    return {"taskDefinition": found.facts, "tags": tags}


@answers("ecs", "DeregisterTaskDefinition")
def deregister_task_definition(context: Context) -> dict[str, Any]:
    """INACTIVE: tasks and services that have it keep it."""
    given = context.parameters["taskDefinition"]
    if ":" not in given.rpartition("/")[2]:
        raise AwsError("ClientException", "Revision is missing.")
    found = find_definition(context, given)
    if found is None:
        raise AwsError("ClientException", "The specified task definition does not exist.")
    if found.facts["status"] == "ACTIVE":
        found.facts |= {"status": "INACTIVE", "deregisteredAt": now()}
    return {"taskDefinition": found.facts}


@answers("ecs", "DeleteTaskDefinitions")
def delete_task_definitions(context: Context) -> dict[str, Any]:
    """Only what was deregistered, ten at a time; gone at once unless something has it."""
    if len(context.parameters["taskDefinitions"]) > 10:
        raise AwsError("InvalidParameterException", "At most 10 task definitions can be deleted in a call.")
    deleted, failures = [], []
    for given in context.parameters["taskDefinitions"]:
        found = find_definition(context, given)
        if found is None:
            failures.append(failure(given))
        elif found.facts["status"] == "ACTIVE":
            reason = "The specified task definition is still in ACTIVE status. Please deregister the target and "
            reason += "try again."
            failures.append({"arn": found.arn, "reason": reason})
        else:
            found.facts |= {"status": "DELETE_IN_PROGRESS", "deleteRequestedAt": now()}
            deleted.append(found.facts)
            _forget_unused(context, found)
    return {"taskDefinitions": deleted, "failures": failures}


def _forget_unused(context: Context, definition: TaskDefinition) -> None:
    ecs = context.store(Ecs)
    in_use = any(task.definition is definition and task.last_status != "STOPPED" for task in ecs.tasks.values())
    in_use = in_use or any(_has(service, definition) for service in ecs.services.values())
    if not in_use:
        del ecs.families[definition.facts["family"]].revisions[definition.facts["revision"]]


def _has(service: Service, definition: TaskDefinition) -> bool:
    """Whether a service runs the definition, or is on its way to it or from it."""
    deployment = service.deployment
    revisions = [service.current, *([deployment.target, *deployment.sources] if deployment else [])]
    return service.status != "INACTIVE" and any(one is not None and one.definition is definition for one in revisions)


@answers("ecs", "ListTaskDefinitions")
def list_task_definitions(context: Context) -> dict[str, Any]:
    """By family, which must match whole here although the parameter is called a prefix, and revision."""
    parameters = context.parameters
    wanted, status = parameters.get("familyPrefix"), parameters.get("status", "ACTIVE")
    found = [
        definition.arn
        for name, family in sorted(context.store(Ecs).families.items())
        if wanted in (None, name)
        for _number, definition in sorted(family.revisions.items())
        if definition.facts["status"] == status
    ]
    return page(found[::-1] if parameters.get("sort") == "DESC" else found, parameters, "taskDefinitionArns")


@answers("ecs", "ListTaskDefinitionFamilies")
def list_families(context: Context) -> dict[str, Any]:
    parameters = context.parameters
    status = parameters.get("status", "ALL")
    names = [
        name
        for name, family in sorted(context.store(Ecs).families.items())
        if name.startswith(parameters.get("familyPrefix", ""))
        and family.revisions
        and status in ("ALL", "ACTIVE" if family.active() else "INACTIVE")
    ]
    return page(names, parameters, "families")
