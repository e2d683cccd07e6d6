# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Invalidations: the front doors forget at once, AWS says Completed a little later."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays.cloudfront_kept import HOST, most, paged
from simulator.overlays.cloudfront_model import Distribution, Item, find_distribution, listed, new_id

if TYPE_CHECKING:
    from simulator.world import World


@answers("cloudfront", "CreateInvalidation")
def create_invalidation(context: Context) -> dict[str, Any]:
    """InProgress, then Completed; the front door forgets the paths at once."""
    distribution = find_distribution(context, context.parameters["DistributionId"])
    batch = context.parameters["InvalidationBatch"]
    paths = (batch.get("Paths") or {}).get("Items") or []
    if not paths or not all(path.startswith("/") and "*" not in path[:-1] for path in paths):
        raise AwsError("InvalidArgument", "Your request contains one or more invalid invalidation paths.", 400)
    if len(paths) > 3000:
        raise AwsError("TooManyInvalidationsInProgress", "At most 3000 paths can be in progress.", 400)
    for known in distribution.invalidations.values():
        if known["InvalidationBatch"]["CallerReference"] == batch["CallerReference"]:
            return _invalidation(distribution, known)
    identifier = f"I{new_id()}"
    invalidation = {
        "Id": identifier,
        "Status": "InProgress",
        "CreateTime": datetime.now(UTC),
        "InvalidationBatch": {"Paths": listed(paths), "CallerReference": batch["CallerReference"]},
    }
    distribution.invalidations[identifier] = invalidation
    context.world.schedule.after("cloudfront_invalidation", _completed, invalidation)
    if context.world.data_plane is not None:
        from simulator.dataplane.front_doors import FrontDoors  # noqa: PLC0415 - needed with a data plane alone

        context.world.data_plane.component(FrontDoors).invalidate(distribution.identifier, paths)
    return _invalidation(distribution, invalidation)


def _invalidation(distribution: Distribution, invalidation: Item) -> dict[str, Any]:
    where = f"{HOST}/distribution/{distribution.identifier}/invalidation/{invalidation['Id']}"
    return {"Invalidation": dict(invalidation), "Location": where}


def _completed(_world: World, invalidation: Item) -> None:
    invalidation["Status"] = "Completed"


@answers("cloudfront", "GetInvalidation")
def get_invalidation(context: Context) -> dict[str, Any]:
    distribution = find_distribution(context, context.parameters["DistributionId"])
    found = distribution.invalidations.get(context.parameters["Id"])
    if found is None:
        raise AwsError("NoSuchInvalidation", "The specified invalidation does not exist.", 404)
    return {"Invalidation": found}


@answers("cloudfront", "ListInvalidations")
def list_invalidations(context: Context) -> dict[str, Any]:
    distribution = find_distribution(context, context.parameters["DistributionId"])
    items = [
        {key: one[key] for key in ("Id", "CreateTime", "Status")}
        for one in reversed(distribution.invalidations.values())
    ]
    page, following = paged(context, items, lambda one: str(one["Id"]))
    frame = {
        "Marker": context.parameters.get("Marker") or "",
        "MaxItems": most(context),
        "IsTruncated": bool(following),
    }
    return {"InvalidationList": frame | listed(page) | following}
