# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Distributions: deployed after a while, changed under their ETag, deleted only when disabled and deployed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays.cloudfront_checks import check
from simulator.overlays.cloudfront_config import complete
from simulator.overlays.cloudfront_kept import HOST, most, paged
from simulator.overlays.cloudfront_model import (
    Distribution,
    Item,
    cdn,
    find_distribution,
    listed,
    new_id,
    require_match,
)
from simulator.tagged import Tagged, as_dict, tagged_resources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.world import World

MOST_DISTRIBUTIONS = 500
SIGNERS = {"Enabled": False, "Quantity": 0}


def _deploy(world: World, distribution: Distribution) -> None:
    distribution.status = "InProgress"
    distribution.deployments += 1
    distribution.modified = datetime.now(UTC)
    world.schedule.after("cloudfront", _deployed, distribution, distribution.deployments)


def _deployed(_world: World, distribution: Distribution, deployment: int) -> None:
    if distribution.deployments == deployment:
        distribution.status, distribution.live = "Deployed", distribution.config


@answers("cloudfront", "CreateDistribution", "CreateDistributionWithTags")
def create(context: Context) -> dict[str, Any]:
    """InProgress, then Deployed; the same caller reference gives the same distribution, or is refused."""
    given, tags = _given(context)
    config, store = complete(given), cdn(context)
    for known in store.distributions.values():
        if known.config["CallerReference"] == config["CallerReference"]:
            if known.config != config:
                message = "The caller reference you are using to create a distribution is associated with another one."
                raise AwsError("DistributionAlreadyExists", f"{message} Already exists: {known.identifier}", 409)
            return _answer(context, known)
    if len(store.distributions) >= MOST_DISTRIBUTIONS:
        raise AwsError("TooManyDistributions", f"The account has {MOST_DISTRIBUTIONS} distributions.", 400)
    identifier = new_id()
    check(context, config, identifier)
    arn = f"arn:aws:cloudfront::{context.account}:distribution/{identifier}"
    domain = f"d{new_id()[1:].lower()}.cloudfront.net"
    distribution = Distribution(identifier, arn, domain, config, new_id(), tags=tags)
    store.distributions[identifier] = distribution
    _deploy(context.world, distribution)
    return _answer(context, distribution)


def _given(context: Context) -> tuple[Item, dict[str, str]]:
    if context.call.operation == "CreateDistribution":
        return context.parameters["DistributionConfig"], {}
    both = context.parameters["DistributionConfigWithTags"]
    return both["DistributionConfig"], as_dict((both.get("Tags") or {}).get("Items") or [])


def _answer(context: Context, distribution: Distribution) -> dict[str, Any]:
    answer = {"Distribution": _shown(distribution), "ETag": distribution.etag}
    if context.call.operation.startswith("Create"):
        answer["Location"] = f"{HOST}/distribution/{distribution.identifier}"
    return answer


def _shown(distribution: Distribution) -> Item:
    under_way = [one for one in distribution.invalidations.values() if one["Status"] == "InProgress"]
    return {
        "Id": distribution.identifier,
        "ARN": distribution.arn,
        "Status": distribution.status,
        "LastModifiedTime": distribution.modified,
        "InProgressInvalidationBatches": len(under_way),
        "DomainName": distribution.domain,
        "ActiveTrustedSigners": SIGNERS,
        "ActiveTrustedKeyGroups": SIGNERS,
        "DistributionConfig": distribution.config,
        "AliasICPRecordals": [
            {"CNAME": alias, "ICPRecordalStatus": "APPROVED"}
            for alias in distribution.config["Aliases"].get("Items", [])
        ],
    }


@answers("cloudfront", "GetDistribution", "GetDistributionConfig")
def get(context: Context) -> dict[str, Any]:
    distribution = find_distribution(context, context.parameters["Id"])
    if context.call.operation == "GetDistributionConfig":
        return {"DistributionConfig": distribution.config, "ETag": distribution.etag}
    return _answer(context, distribution)


@answers("cloudfront", "UpdateDistribution")
def update(context: Context) -> dict[str, Any]:
    """The whole configuration, under the present ETag; it is deployed again."""
    distribution = find_distribution(context, context.parameters["Id"])
    require_match(context.parameters.get("IfMatch"), distribution.etag)
    config = complete(context.parameters["DistributionConfig"])
    if config["CallerReference"] != distribution.config["CallerReference"]:
        raise AwsError("IllegalUpdate", "The caller reference of a distribution cannot be changed.", 400)
    check(context, config, distribution.identifier)
    distribution.config, distribution.etag = config, new_id()
    _deploy(context.world, distribution)
    return _answer(context, distribution)


@answers("cloudfront", "DeleteDistribution")
def delete(context: Context) -> dict[str, Any]:
    distribution = find_distribution(context, context.parameters["Id"])
    require_match(context.parameters.get("IfMatch"), distribution.etag)
    if distribution.config["Enabled"] or distribution.status != "Deployed":
        message = "The distribution you are trying to delete has not been disabled."
        raise AwsError("DistributionNotDisabled", message, 409)
    del cdn(context).distributions[distribution.identifier]
    return {}


COPIED = (
    "Aliases",
    "Origins",
    "OriginGroups",
    "DefaultCacheBehavior",
    "CacheBehaviors",
    "CustomErrorResponses",
    "Comment",
    "PriceClass",
    "Enabled",
    "ViewerCertificate",
    "Restrictions",
    "WebACLId",
    "HttpVersion",
    "IsIPV6Enabled",
    "Staging",
)


def _summary(distribution: Distribution) -> Item:
    shown = _shown(distribution)
    summary = {
        key: shown[key] for key in ("Id", "ARN", "Status", "LastModifiedTime", "DomainName", "AliasICPRecordals")
    }
    return summary | {key: distribution.config[key] for key in COPIED} | {"ETag": distribution.etag}


@answers("cloudfront", "ListDistributions")
def list_distributions(context: Context) -> dict[str, Any]:
    items = [_summary(one) for one in cdn(context).distributions.values()]
    page, following = paged(context, items, lambda one: str(one["Id"]))
    frame = {
        "Marker": context.parameters.get("Marker") or "",
        "MaxItems": most(context),
        "IsTruncated": bool(following),
    }
    return {"DistributionList": frame | listed(page) | following}


@answers("cloudfront", "TagResource", "UntagResource", "ListTagsForResource")
def tags(context: Context) -> dict[str, Any]:
    """Of distributions."""
    arn = context.parameters["Resource"]
    distribution = cdn(context).distributions.get(arn.rpartition("/")[2])
    if distribution is None or distribution.arn != arn:
        raise AwsError("NoSuchResource", f"The resource {arn} does not exist.", 404)
    if context.call.operation == "ListTagsForResource":
        found = [{"Key": key, "Value": value} for key, value in distribution.tags.items()]
        return {"Tags": {"Items": found}}
    if context.call.operation == "TagResource":
        distribution.tags.update(as_dict(context.parameters["Tags"].get("Items") or []))
    for key in (context.parameters.get("TagKeys") or {}).get("Items") or []:
        distribution.tags.pop(key, None)
    return {}


@tagged_resources
def tagged(context: Context) -> Iterator[Tagged]:
    """Global: in the tagging API of us-east-1."""
    if context.region == "us-east-1":
        for distribution in cdn(context).distributions.values():
            yield Tagged(distribution.arn, "cloudfront:distribution", dict(distribution.tags))
