# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What would keep the tasks of a definition from running, found before anything is written. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .ecs_size import fargate_problem, units
from .plan import State

About = Literal[
    "containers",
    "execution_role",
    "health_path",
    "image",
    "infrastructure_role",
    "log_group",
    "port",
    "secrets",
    "size",
    "task_role",
]
TASKS, ECS = "ecs-tasks.amazonaws.com", "ecs.amazonaws.com"
# Source: CloudWatch Logs API reference, CreateLogGroup.
LOG_GROUP = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")
# Source: ELB API reference, CreateTargetGroup, HealthCheckPath.
HEALTH_PATH = re.compile(r"/[A-Za-z0-9._~:/?@!$&'()*+,;=%-]{0,1023}")
ANY_PORT = (0, 65535)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: what it is about, and in words."""

    about: About
    message: str


def definition_findings(definition: State) -> Iterator[Finding]:
    """What is wrong with a task definition in itself. It has the shape of RegisterTaskDefinition."""
    containers = definition.get("containerDefinitions", [])
    yield from _sizes(definition, containers)
    yield from _names(definition, containers)
    for container in containers:
        yield from _logs(container, "FARGATE" in definition.get("requiresCompatibilities", ()))


def _logs(container: State, fargate: bool) -> Iterator[Finding]:
    """Source: ECS developer guide, awslogs log driver."""
    log = container.get("logConfiguration") or {}
    if log.get("logDriver") != "awslogs":
        return
    options, name = log.get("options") or {}, container.get("name")
    needed = ("awslogs-group", *(("awslogs-region", "awslogs-stream-prefix") if fargate else ()))
    missing = [option for option in needed if not options.get(option)]
    if missing:
        yield Finding("log_group", f"container {name}: the log driver awslogs needs {', '.join(missing)}")
    group = options.get("awslogs-group")
    if group and not LOG_GROUP.fullmatch(group):
        right = "1 to 512 letters, digits and . - _ / #"
        yield Finding("log_group", f"container {name}: a log group is called by {right}, got {group!r}")


def _sizes(definition: State, containers: list[State]) -> Iterator[Finding]:
    cpu, memory = definition.get("cpu", ""), definition.get("memory", "")
    if "FARGATE" in definition.get("requiresCompatibilities", ()):
        problem = fargate_problem(cpu, memory)
        if problem:
            yield Finding("size", problem)
    reserved = sum(each.get("memory") or each.get("memoryReservation") or 0 for each in containers)
    if units(memory).isdigit() and reserved > int(units(memory)):
        yield Finding("size", f"the containers reserve {reserved} MiB, the task has {units(memory)}")
    for each in containers:
        if each.get("memory", 0) and each.get("memoryReservation", 0) > each["memory"]:
            yield Finding("size", f"container {each['name']}: memoryReservation is above memory ({each['memory']})")


def _names(definition: State, containers: list[State]) -> Iterator[Finding]:
    names = Counter(str(each.get("name", "")) for each in containers)
    volumes = {each.get("name") for each in definition.get("volumes", [])}
    for name, count in names.items():
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name):
            yield Finding("containers", f"a container is called by letters, digits, - and _, got {name!r}")
        if count > 1:
            yield Finding("containers", f"{count} containers are called {name}")
    if containers and not any(each.get("essential", True) for each in containers):
        yield Finding("containers", "at least one container must be essential")
    for each in containers:
        yield from _links(each, names.keys(), volumes)


def _links(container: State, names: Collection[str], volumes: Collection[Any]) -> Iterator[Finding]:
    name = container.get("name")
    if not container.get("image"):
        yield Finding("image", f"container {name} has no image")
    for each in container.get("dependsOn", []):
        if each["containerName"] not in names:
            yield Finding("containers", f"container {name} waits for {each['containerName']}, which is no container")
    for each in container.get("mountPoints", []):
        if each.get("sourceVolume") not in volumes:
            yield Finding("containers", f"container {name} mounts {each.get('sourceVolume')}, which is no volume")


def port_findings(definition: State, container: str, port: int) -> Iterator[Finding]:
    """Whether the container that the load balancer asks listens on the port, and no other container does."""
    ports: dict[str, set[int]] = {}
    for each in definition.get("containerDefinitions", []):
        mapped = {int(mapping.get("containerPort", 0)) for mapping in each.get("portMappings", [])}
        ports.setdefault(str(each.get("name")), set()).update(mapped)
    if container not in ports:
        yield Finding("port", f"the load balancer asks container {container}, the task has {', '.join(ports)}")
        return
    if port not in ports[container]:
        told = ", ".join(str(each) for each in sorted(ports[container])) or "none"
        yield Finding("port", f"the load balancer asks container {container} on {port}, its ports are: {told}")
    for name, others in ports.items():
        if name != container and port in others:
            yield Finding("port", f"containers {container} and {name} both have port {port}, and share one address")


def health_path_findings(path: str) -> Iterator[Finding]:
    if not HEALTH_PATH.fullmatch(path):
        yield Finding("health_path", f"begins with / and has no blanks, as in /health; got {path!r}")


def secrets(definition: State) -> list[tuple[str, str]]:
    """Secrets of Secrets Manager that containers are given: ARN and key (or "" for the whole), each once."""
    found = []
    for container in definition.get("containerDefinitions", []):
        pairs = [*container.get("secrets", []), *(container.get("logConfiguration") or {}).get("secretOptions", [])]
        for pair in pairs:
            parts = str(pair.get("valueFrom", "")).split(":")
            if parts[2:3] == ["secretsmanager"] and len(parts) >= 7:
                found.append((":".join(parts[:7]), parts[7] if len(parts) > 7 else ""))
    return list(dict.fromkeys(found))


def keys_of(value: str) -> set[str] | None:
    """The keys of the JSON in a secret, None where it is no object."""
    try:
        found = json.loads(value)
    except ValueError:
        return None
    return set(found) if isinstance(found, dict) else None


def key_findings(secret: str, wanted: Iterable[str], found: set[str] | None) -> Iterator[Finding]:
    """Keys that the JSON in a secret does not have. Values are never told."""
    missing = [key for key in wanted if key and key not in (found or ())]
    if missing and found is None:
        yield Finding("secrets", f"secret {secret} holds no JSON with keys, so that it has no {', '.join(missing)}")
    elif missing:
        known = ", ".join(sorted(found or ())) or "none"
        yield Finding("secrets", f"secret {secret} has no key {', '.join(missing)}; its keys are: {known}")


def trusts(document: Any, service: str) -> bool:
    """Whether a trust policy lets the service assume the role."""
    policy = json.loads(document) if isinstance(document, str) else document
    statements = policy.get("Statement", [])
    return any(
        each.get("Effect") == "Allow" and service in _listed((each.get("Principal") or {}), "Service")
        for each in (statements if isinstance(statements, list) else [statements])
    )


def _listed(principal: Any, key: str) -> list[str]:
    value = principal.get(key, []) if isinstance(principal, Mapping) else []
    return value if isinstance(value, list) else [value]


def lets_in(groups: Iterable[Mapping[str, Any]], port: int) -> bool:
    """Whether a rule of one of the security groups (of DescribeSecurityGroups) lets TCP in on the port."""
    return any(_covers(rule, port) for group in groups for rule in group.get("IpPermissions", []))


def _covers(rule: Mapping[str, Any], port: int) -> bool:
    protocol = str(rule.get("IpProtocol"))
    if protocol == "-1":
        return True
    least, most = rule.get("FromPort", ANY_PORT[0]), rule.get("ToPort", ANY_PORT[1])
    return protocol in ("tcp", "6") and least <= port <= most
