# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Task definitions in canonical form, so that a new revision is registered only where something changed. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .ecs_fields import TASK_DEFINITION
from .ecs_size import units
from .plan import State
from .shape import ListOf, Shape, Struct, canonical

ROLES = ("taskRoleArn", "executionRoleArn")
SIZES = ("cpu", "memory")
# What identifies a revision, and tags, are compared apart from its content.
APART = ("family", "tags")
# Lists of pairs that people rather write as a mapping, with the key and the value of a pair.
MAPPINGS = {"environment": ("name", "value"), "secrets": ("name", "valueFrom")}


def sendable(values: Mapping[str, Any]) -> State:
    """What is wanted in the shape of RegisterTaskDefinition, without what says nothing.

    `environment` and `secrets` of a container may be mappings. Raises PlanRefused for keys that AWS does not have.
    """
    containers = values.get("containerDefinitions")
    if isinstance(containers, list):
        values = {**values, "containerDefinitions": [_with_lists(each) for each in containers]}
    found: State = canonical(TASK_DEFINITION, values, fill=False, strict=True) or {}
    for size in SIZES:
        if size in found:
            found[size] = units(found[size])
    if "FARGATE" in found.get("requiresCompatibilities", ()):
        # The one mode that Fargate has, which it nevertheless wants to be told.
        found.setdefault("networkMode", "awsvpc")
    return found


def _with_lists(container: Any) -> Any:
    if not isinstance(container, Mapping):
        return container
    lists = {
        key: [{name: each, value: container[key][each]} for each in container[key]]
        for key, (name, value) in MAPPINGS.items()
        if isinstance(container.get(key), Mapping)
    }
    return {**container, **lists}


def task_definition_state(values: Mapping[str, Any]) -> State:
    """The content of a revision with AWS's defaults: every field has a value, an empty one where nothing is said.

    `values` has the shape of RegisterTaskDefinition's input or of DescribeTaskDefinition's answer.
    """
    said: State = canonical(TASK_DEFINITION, values, fill=False) or {}
    filled = canonical(TASK_DEFINITION, _with_defaults(said)) or {}
    return {name: filled.get(name, empty(shape)) for name, shape in TASK_DEFINITION.fields.items() if name not in APART}


def empty(shape: Shape) -> Any:
    """What stands for a field of which nothing is said."""
    return {} if isinstance(shape, Struct) else [] if isinstance(shape, ListOf) else ""


def _with_defaults(values: State) -> State:
    """The defaults that depend on other fields, and names in place of ARNs of roles."""
    mode = values.get("networkMode") or (
        "awsvpc" if "FARGATE" in values.get("requiresCompatibilities", ()) else "bridge"
    )
    containers = [_container(each, mode) for each in values.get("containerDefinitions", ())]
    sizes: State = {size: units(values[size]) for size in SIZES if size in values}
    # Role names are unique in an account, whatever their path, and a task's role is of its own account.
    roles: State = {role: values[role].rpartition("/")[2] for role in ROLES if role in values}
    return {**values, **sizes, **roles, "networkMode": mode, "containerDefinitions": containers}


def _container(container: State, mode: str) -> State:
    if "portMappings" not in container:
        return container
    return {**container, "portMappings": [_port(each, mode) for each in container["portMappings"]]}


def _port(mapping: State, mode: str) -> State:
    """Source: ECS API reference, PortMapping.hostPort."""
    if "containerPort" not in mapping:
        return mapping
    own = mapping["containerPort"] if mode in ("awsvpc", "host") else 0
    return {**mapping, "hostPort": mapping.get("hostPort") or own}


def revision_of(arn: str) -> str:
    """`family:revision` of an ARN, or the text itself where it is none."""
    return arn.rpartition("/")[2]
