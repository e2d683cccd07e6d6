# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudFront: lists, distributions by their Name tag, and invalidations."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Callable, Collection
from functools import partial

from ..core.plan import PlanRefused
from ..core.readiness import pause_after
from ..core.tags import from_pairs
from .api import Api, AwsError
from .reconcile import side_by_side

# CloudFront is one service for the whole world; its API, certificates and web ACLs are in this region.
REGION = "us-east-1"
COMPLETED = "completed"


def listed(api: Api, operation: str, key: str, doing: str, **params: t.Any) -> list[dict[str, t.Any]]:
    """All items of one of CloudFront's lists, which hold their items and their marker under `key`."""
    items: list[dict[str, t.Any]] = []
    marker: dict[str, str] = {}
    while True:
        page = api.read(operation, doing, **params, **marker)[key]
        items += page.get("Items") or []
        if not page.get("NextMarker"):
            return items
        marker = {"Marker": page["NextMarker"]}


def distributions_by_name(api: Api) -> dict[str, dict[str, t.Any]]:
    """Every distribution that has a Name tag: its summary, with its tags under `Tags`."""
    summaries = api.pages("list_distributions", "DistributionList.Items", "list CloudFront distributions")
    tags = side_by_side({each["ARN"]: partial(_tags, api, each["ARN"]) for each in summaries})
    tagged = [{**each, "Tags": tags[each["ARN"]]} for each in summaries]
    return {each["Tags"]["Name"]: each for each in tagged if "Name" in each["Tags"]}


def _tags(api: Api, arn: str) -> dict[str, str]:
    answer = api.read("list_tags_for_resource", f"list tags of {arn}", {"NoSuchResource"}, Resource=arn)
    return from_pairs((answer or {}).get("Tags", {}).get("Items"))


def distribution_id(api: Api, name: str) -> str:
    """The id of a distribution. Raises PlanRefused where there is none of that name."""
    found = distributions_by_name(api)
    if name not in found:
        raise PlanRefused(
            f"CloudFront distribution {name} does not exist (by its Name tag; there are:"
            f" {', '.join(sorted(found)) or 'none'}); create it first, or correct its name"
        )
    return str(found[name]["Id"])


def invalidate(api: Api, distribution: str, paths: Collection[str], reference: str) -> str:
    """Have CloudFront forget these paths; returns the id of the invalidation. Asking again changes nothing."""
    batch = {"Paths": {"Quantity": len(paths), "Items": sorted(paths)}, "CallerReference": reference}
    doing = f"invalidate {len(paths)} paths of CloudFront distribution {distribution}"
    retry = {"TooManyInvalidationsInProgress"}
    answer = api.write("create_invalidation", doing, retry=retry, DistributionId=distribution, InvalidationBatch=batch)
    return str(answer["Invalidation"]["Id"])


def wait_invalidated(
    api: Api,
    distribution: str,
    invalidation: str,
    timeout: float,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Wait until an invalidation is done everywhere. Raises AwsError when time is up."""
    started = clock()
    doing = f"look at invalidation {invalidation}"
    while True:
        answer = api.read("get_invalidation", doing, DistributionId=distribution, Id=invalidation)
        status = str(answer["Invalidation"]["Status"])
        if status.lower() == COMPLETED:
            return
        waited = clock() - started
        if waited >= timeout:
            raise AwsError(f"CloudFront invalidation {invalidation} is {status} after {timeout:.0f} s", "WaitTimeout")
        sleep(pause_after(waited))
