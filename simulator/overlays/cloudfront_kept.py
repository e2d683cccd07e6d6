# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Policies and origin access controls: AWS's managed ones, and those of the account; they all work alike."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays.cloudfront_managed import MANAGED
from simulator.overlays.cloudfront_model import Item, Kept, behaviours, cdn, items_of, listed, new_id, require_match

if TYPE_CHECKING:
    from collections.abc import Callable

HOST = "https://cloudfront.amazonaws.com/2020-05-31"


@dataclass(frozen=True)
class Kind:
    """What a kind is called, and where distributions name it."""

    name: str
    path: str
    complete: Callable[[Item], Item]

    @property
    def config(self) -> str:
        return f"{self.name}Config"


def _cache(given: Item) -> Item:
    seconds = {"DefaultTTL": 86400, "MaxTTL": 31536000}
    config = seconds | {key: value for key, value in given.items() if value is not None}
    config["DefaultTTL"] = (
        max(config["DefaultTTL"], config["MinTTL"]) if "DefaultTTL" not in given else config["DefaultTTL"]
    )
    if not config["MinTTL"] <= config["DefaultTTL"] <= config["MaxTTL"]:
        raise AwsError("InvalidArgument", "MinTTL, DefaultTTL and MaxTTL must be in this order.", 400)
    return config


def _control(given: Item) -> Item:
    return {"Description": "", **given}


def _as_given(given: Item) -> Item:
    return {key: value for key, value in given.items() if value is not None}


KINDS = {
    kind.name: kind
    for kind in (
        Kind("CachePolicy", "cache-policy", _cache),
        Kind("OriginRequestPolicy", "origin-request-policy", _as_given),
        Kind("ResponseHeadersPolicy", "response-headers-policy", _as_given),
        Kind("OriginAccessControl", "origin-access-control", _control),
    )
}


def _table(context: Context, kind: str) -> dict[str, Kept]:
    return cdn(context).kept.setdefault(kind, {})


def find_kept(context: Context, kind: str, identifier: str) -> Kept:
    """One of the account's, or of AWS's."""
    found = _table(context, kind).get(identifier) or MANAGED.get(kind, {}).get(identifier)
    if found is None:
        raise AwsError(f"NoSuch{kind}", f"The {kind} {identifier} does not exist.", 404)
    return found


def _kind(context: Context) -> Kind:
    operation = context.call.operation
    return next(kind for name, kind in KINDS.items() if name in operation)


def _shown(kind: Kind, kept: Kept) -> Item:
    shown: Item = {"Id": kept.identifier, kind.config: kept.config}
    return shown if kind.name == "OriginAccessControl" else shown | {"LastModifiedTime": kept.modified}


def _check_name(context: Context, kind: Kind, config: Item, identifier: str = "") -> None:
    for other in _table(context, kind.name).values():
        if other.config["Name"] == config["Name"] and other.identifier != identifier:
            raise AwsError(f"{kind.name}AlreadyExists", f"A {kind.name} with the name {config['Name']} exists.", 409)


@answers("cloudfront", *(f"Create{name}" for name in KINDS))
def create(context: Context) -> dict[str, Any]:
    kind = _kind(context)
    config = kind.complete(context.parameters[kind.config])
    _check_name(context, kind, config)
    identifier = new_id() if kind.name == "OriginAccessControl" else str(uuid.uuid4())
    kept = Kept(identifier, config, new_id())
    _table(context, kind.name)[identifier] = kept
    return {kind.name: _shown(kind, kept), "ETag": kept.etag, "Location": f"{HOST}/{kind.path}/{identifier}"}


@answers("cloudfront", *(f"Get{name}" for name in KINDS), *(f"Get{name}Config" for name in KINDS))
def get(context: Context) -> dict[str, Any]:
    kind = _kind(context)
    kept = find_kept(context, kind.name, context.parameters["Id"])
    if context.call.operation.endswith("Config"):
        return {kind.config: kept.config, "ETag": kept.etag}
    return {kind.name: _shown(kind, kept), "ETag": kept.etag}


@answers("cloudfront", *(f"Update{name}" for name in KINDS))
def update(context: Context) -> dict[str, Any]:
    kind = _kind(context)
    kept = find_kept(context, kind.name, context.parameters["Id"])
    if kept.managed:
        raise AwsError("IllegalUpdate", "A managed policy cannot be changed.", 400)
    require_match(context.parameters.get("IfMatch"), kept.etag)
    config = kind.complete(context.parameters[kind.config])
    _check_name(context, kind, config, kept.identifier)
    kept.config, kept.etag = config, new_id()
    return {kind.name: _shown(kind, kept), "ETag": kept.etag}


@answers("cloudfront", *(f"Delete{name}" for name in KINDS))
def delete(context: Context) -> dict[str, Any]:
    kind = _kind(context)
    kept = find_kept(context, kind.name, context.parameters["Id"])
    if kept.managed:
        raise AwsError("IllegalDelete", "A managed policy cannot be deleted.", 400)
    require_match(context.parameters.get("IfMatch"), kept.etag)
    if kept.identifier in _used(context, kind):
        raise AwsError(f"{kind.name}InUse", f"The {kind.name} is attached to a distribution.", 409)
    del _table(context, kind.name)[kept.identifier]
    return {}


def _used(context: Context, kind: Kind) -> set[str]:
    """The ids that the account's distributions name."""
    used: set[str] = set()
    for distribution in cdn(context).distributions.values():
        places = items_of(distribution.config["Origins"]) + behaviours(distribution.config)
        used |= {str(place[f"{kind.name}Id"]) for place in places if place.get(f"{kind.name}Id")}
    return used


@answers("cloudfront", "ListCachePolicies", "ListOriginRequestPolicies", "ListResponseHeadersPolicies")
def list_policies(context: Context) -> dict[str, Any]:
    """AWS's and the account's own, by type."""
    kind = KINDS[context.call.operation.removeprefix("List").removesuffix("ies") + "y"]
    wanted = context.parameters.get("Type")
    found = [*MANAGED[kind.name].values(), *_table(context, kind.name).values()]
    items = [
        {"Type": "managed" if kept.managed else "custom", kind.name: _shown(kind, kept)}
        for kept in found
        if wanted in (None, "managed" if kept.managed else "custom")
    ]
    page, following = paged(context, items, lambda one: str(one[kind.name]["Id"]))
    return {f"{kind.name}List": {"MaxItems": most(context), **listed(page)} | following}


def most(context: Context) -> int:
    return min(int(context.parameters.get("MaxItems") or 100), 100)


def paged(context: Context, items: list[Item], identify: Callable[[Item], str]) -> tuple[list[Item], Item]:
    """From the marker on, and where to go on."""
    marker, size = context.parameters.get("Marker"), most(context)
    names = [identify(item) for item in items]
    start = names.index(marker) if marker in names else 0
    more = start + size < len(items)
    return items[start : start + size], {"NextMarker": names[start + size]} if more else {}


@answers("cloudfront", "ListOriginAccessControls")
def list_controls(context: Context) -> dict[str, Any]:
    items = [{"Id": kept.identifier, **kept.config} for kept in _table(context, "OriginAccessControl").values()]
    page, following = paged(context, items, lambda one: str(one["Id"]))
    frame = {
        "Marker": context.parameters.get("Marker") or "",
        "MaxItems": most(context),
        "IsTruncated": bool(following),
    }
    return {"OriginAccessControlList": frame | listed(page) | following}
