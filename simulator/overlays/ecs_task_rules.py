# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What RegisterTaskDefinition refuses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from simulator.errors import AwsError
from simulator.overlays import ecs_sizes

if TYPE_CHECKING:
    from simulator.overlay import Context
    from simulator.overlays.ecs_model import Facts

FARGATE_LOG_DRIVERS = ("awslogs", "splunk", "awsfirelens")
HEALTH_RANGES = {"interval": (5, 300), "timeout": (2, 120), "retries": (1, 10), "startPeriod": (0, 300)}
LONGEST_STOP = 120
STORAGE_GIB = (21, 200)


def refuse(message: str) -> NoReturn:
    raise AwsError("ClientException", message)


def check(context: Context, parameters: Facts) -> None:
    """Hold a registration against AWS's rules.

    :raises AwsError: ClientException with AWS's words, as far as they are known.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", parameters["family"]):
        refuse("Family contains invalid characters. Use 1 to 255 letters, digits, hyphens and underscores.")
    _check_roles(context, parameters)
    containers = parameters["containerDefinitions"]
    if not containers:
        refuse("Container list cannot be empty.")
    names = [container.get("name", "") for container in containers]
    if len(set(names)) != len(names):
        refuse("Container names must be unique within a task definition.")
    if not any(container.get("essential", True) for container in containers):
        refuse("At least one container must be essential.")
    for container in containers:
        _check_container(container, parameters, names)
    _check_order(containers)
    _check_ports(containers)
    if "FARGATE" in parameters.get("requiresCompatibilities", []):
        _check_fargate(parameters, containers)
    else:
        _check_memory(parameters, containers)


def _check_roles(context: Context, parameters: Facts) -> None:
    known = {role.arn for role in context.backend("iam", "aws").roles.values()}
    for member in ("taskRoleArn", "executionRoleArn"):
        given = parameters.get(member)
        if given and given not in known and not any(arn.endswith(f"/{given}") for arn in known):
            # AWS does not say which one
            refuse(f"Role is not valid ({member}: {given})")


def _check_container(container: Facts, parameters: Facts, names: list[str]) -> None:
    name = container.get("name", "")
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name):
        refuse(f"Container.name contains invalid characters: '{name}'")
    if not container.get("image"):
        refuse("Container.image should not be null or empty.")
    _check_variables(container)
    _check_health(container)
    _check_limits(container)
    volumes = {volume.get("name") for volume in parameters.get("volumes", [])}
    for mount in container.get("mountPoints", []):
        if mount.get("sourceVolume") not in volumes:
            refuse(f"Unknown volume '{mount.get('sourceVolume')}'.")
    for wanted in container.get("dependsOn", []):
        if wanted["containerName"] not in names or wanted["containerName"] == name:
            refuse(f"Invalid 'dependsOn' setting for container: '{name}' cannot wait for '{wanted['containerName']}'.")
        other = next(one for one in parameters["containerDefinitions"] if one.get("name") == wanted["containerName"])
        if wanted["condition"] == "HEALTHY" and not other.get("healthCheck"):
            refuse(f"Container '{other['name']}' must have a health check: '{name}' waits for it to be HEALTHY.")
        if wanted["condition"] in ("COMPLETE", "SUCCESS") and other.get("essential", True):
            refuse(f"An essential container cannot be waited for to end: '{other['name']}'.")


def _check_variables(container: Facts) -> None:
    taken = {one.get("name") for one in container.get("environment", [])}
    if len(taken) != len(container.get("environment", [])):
        refuse("Environment variable names must be unique within a container.")
    for secret in container.get("secrets", []):
        if secret["name"] in taken:
            message = "The secret name must be unique and not shared with any new or existing environment variables "
            refuse(f"{message}set on the container, such as '{secret['name']}'.")
        taken.add(secret["name"])


def _check_health(container: Facts) -> None:
    health = container.get("healthCheck")
    if health is None:
        return
    if not health["command"] or health["command"][0] not in ("CMD", "CMD-SHELL", "NONE"):
        refuse("Health check command must begin with CMD, CMD-SHELL or NONE.")
    for member, (low, high) in HEALTH_RANGES.items():
        if health.get(member) is not None and not low <= health[member] <= high:
            refuse(f"Health check {member} must be between {low} and {high}.")


def _check_limits(container: Facts) -> None:
    for limit in container.get("ulimits", []):
        if limit["softLimit"] > limit["hardLimit"] >= 0:
            refuse(f"The soft limit of ulimit {limit['name']} is over its hard limit.")
    memory, reservation = container.get("memory"), container.get("memoryReservation")
    if memory is not None and memory < 6:
        refuse("Invalid setting for container memory: at least 6 MiB.")
    if memory is not None and reservation is not None and reservation > memory:
        refuse(f"Invalid setting for container '{container['name']}'. 'memoryReservation' must be less than 'memory'.")


def _check_order(containers: list[Facts]) -> None:
    waits = {one["name"]: {wanted["containerName"] for wanted in one.get("dependsOn", [])} for one in containers}
    while waits:
        free = {name for name, others in waits.items() if not others & set(waits)}
        if not free:
            refuse("Dependency cycle found in the container definitions.")
        waits = {name: others for name, others in waits.items() if name not in free}


def _check_ports(containers: list[Facts]) -> None:
    taken, names = set(), set()
    for container in containers:
        for mapping in container.get("portMappings", []):
            port = (mapping.get("containerPort"), mapping.get("protocol", "tcp"))
            if port[0] is not None and port in taken:
                refuse(f"Port mapping {port[0]}/{port[1]} is used more than once.")
            taken.add(port)
            if mapping.get("name") in names:
                refuse(f"Port mapping name '{mapping['name']}' is used more than once.")
            names |= {mapping["name"]} if mapping.get("name") else set()


def _check_fargate(parameters: Facts, containers: list[Facts]) -> None:
    if parameters.get("networkMode") != "awsvpc":
        refuse("Fargate only supports network mode 'awsvpc'.")
    for member in ("cpu", "memory"):
        if not parameters.get(member):
            refuse(f"Fargate requires that '{member}' be defined at the task level.")
    _check_fargate_size(parameters, containers)
    storage = parameters.get("ephemeralStorage")
    if storage and not STORAGE_GIB[0] <= storage["sizeInGiB"] <= STORAGE_GIB[1]:
        refuse(f"Ephemeral storage must be between {STORAGE_GIB[0]} and {STORAGE_GIB[1]} GiB.")
    for container in containers:
        _check_fargate_container(parameters, container)
        _check_fargate_logs(parameters, container)


def _check_fargate_size(parameters: Facts, containers: list[Facts]) -> None:
    cpu, memory = ecs_sizes.cpu_units(parameters["cpu"]), ecs_sizes.memory_mib(parameters["memory"])
    if cpu is None or memory is None:
        refuse(f"Invalid 'cpu' or 'memory' setting for task: {parameters['cpu']}, {parameters['memory']}.")
    if memory not in ecs_sizes.PAIRS.get(cpu, ()):
        message = f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory. "
        refuse(f"{message}See the Amazon ECS documentation for the valid values.")
    if sum(container.get("cpu", 0) for container in containers) > cpu:
        refuse("The CPU of the containers is more than the task's.")
    if any(container.get("memory", 0) > memory for container in containers):
        refuse("Invalid setting for container. Container memory cannot be more than the task's.")
    if sum(container.get("memoryReservation", 0) for container in containers) > memory:
        refuse("The memory reserved by the containers is more than the task's.")


def _check_fargate_container(parameters: Facts, container: Facts) -> None:
    has_role = bool(parameters.get("executionRoleArn"))
    if ".dkr.ecr." in container["image"] and not has_role:
        refuse("Fargate requires task definition to have execution role ARN to support ECR images.")
    if container.get("secrets") and not has_role:
        refuse("Fargate requires task definition to have execution role ARN to support secrets.")
    for mapping in container.get("portMappings", []):
        if mapping.get("hostPort") not in (None, 0, mapping.get("containerPort")):
            refuse("When networkMode=awsvpc, the host ports and container ports in port mappings must match.")
    if container.get("privileged"):
        refuse("Tasks using the Fargate launch type do not support the privileged parameter.")
    if container.get("links"):
        refuse("Links are not supported when networkMode=awsvpc.")
    if container.get("stopTimeout", 0) > LONGEST_STOP:
        refuse(f"stopTimeout must be at most {LONGEST_STOP} seconds on Fargate.")


def _check_fargate_logs(parameters: Facts, container: Facts) -> None:
    driver = container.get("logConfiguration", {}).get("logDriver")
    if driver is not None and driver not in FARGATE_LOG_DRIVERS:
        refuse(f"Log driver {driver} is not supported on Fargate: use {', '.join(FARGATE_LOG_DRIVERS)}.")
    if driver != "awslogs":
        return
    if not parameters.get("executionRoleArn"):
        refuse("Fargate requires task definition to have execution role ARN to support log driver awslogs.")
    options = container["logConfiguration"].get("options", {})
    for option in ("awslogs-group", "awslogs-region", "awslogs-stream-prefix"):
        if not options.get(option):
            refuse(f"Log driver awslogs requires the option {option}.")


def _check_memory(parameters: Facts, containers: list[Facts]) -> None:
    if parameters.get("memory"):
        return
    for container in containers:
        if not container.get("memory") and not container.get("memoryReservation"):
            message = f"Invalid setting for container '{container['name']}'. "
            refuse(f"{message}At least one of 'memory' or 'memoryReservation' must be specified.")
