# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Tags of clusters, services, task definitions and tasks, for ECS and for the tagging API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays.ecs_model import Ecs, check_tags
from simulator.tagged import Tagged, tagged_resources

if TYPE_CHECKING:
    from collections.abc import Iterator

Tags = list[dict[str, str]]


def _things(context: Context) -> Iterator[tuple[str, str, Tags]]:
    """ARN, kind and tags of what is not deleted."""
    ecs = context.store(Ecs)
    for cluster in ecs.clusters.values():
        if cluster.status == "ACTIVE":
            yield cluster.arn, "ecs:cluster", cluster.tags
    for service in ecs.services.values():
        if service.status != "INACTIVE":
            yield service.arn, "ecs:service", service.tags
    for family in ecs.families.values():
        for definition in family.revisions.values():
            yield definition.arn, "ecs:task-definition", definition.tags
    for task in ecs.tasks.values():
        if task.last_status != "STOPPED":
            yield task.arn, "ecs:task", task.tags


def _tags_of(context: Context, arn: str) -> Tags | None:
    """None where the thing is kept by moto, such as a capacity provider.

    :raises AwsError: InvalidParameterException for what does not exist.
    """
    found = next((tags for known, _kind, tags in _things(context) if known == arn), None)
    if found is None and not arn.partition("/")[0].endswith((":capacity-provider", ":container-instance")):
        raise AwsError("InvalidParameterException", f"The specified resource was not found: {arn}")
    return found


@answers("ecs", "TagResource")
def tag_resource(context: Context) -> dict[str, Any]:
    own, given = _tags_of(context, context.parameters["resourceArn"]), context.parameters["tags"]
    check_tags(given)
    if own is None:
        return context.moto()
    keys = {tag["key"] for tag in given}
    own[:] = [tag for tag in own if tag["key"] not in keys] + [dict(tag) for tag in given]
    return {}


@answers("ecs", "UntagResource")
def untag_resource(context: Context) -> dict[str, Any]:
    own = _tags_of(context, context.parameters["resourceArn"])
    if own is None:
        return context.moto()
    own[:] = [tag for tag in own if tag["key"] not in context.parameters["tagKeys"]]
    return {}


@answers("ecs", "ListTagsForResource")
def list_tags(context: Context) -> dict[str, Any]:
    own = _tags_of(context, context.parameters["resourceArn"])
    return context.moto() if own is None else {"tags": own}


@tagged_resources
def tagged(context: Context) -> Iterator[Tagged]:
    for arn, kind, tags in _things(context):
        yield Tagged(arn, kind, {tag["key"]: tag["value"] for tag in tags})
