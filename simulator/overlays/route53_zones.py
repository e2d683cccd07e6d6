# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hosted zones: kept by moto, listed as AWS lists them, deleted only when they are empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays.route53 import find_zone, new_change, sorted_name, store
from simulator.overlays.route53_model import GLOBAL, Record, canonical
from simulator.tagged import Tagged, tagged_resources

if TYPE_CHECKING:
    from collections.abc import Iterator


@answers("route53", "CreateHostedZone")
def create_zone(context: Context) -> dict[str, Any]:
    reference = context.parameters["CallerReference"]
    backend = context.backend("route53", GLOBAL)
    if any(zone.caller_reference == reference for zone in backend.zones.values()):
        message = f"A hosted zone has already been created with the specified caller reference: {reference}"
        raise AwsError("HostedZoneAlreadyExists", message, 409)
    answer = context.moto()
    answer["ChangeInfo"] = new_change(context)
    answer["HostedZone"] = _shown(context, find_zone(context, answer["HostedZone"]["Id"]))
    return answer


@answers("route53", "GetHostedZone")
def get_zone(context: Context) -> dict[str, Any]:
    """With the number of records that there are."""
    answer = context.moto()
    answer["HostedZone"] = _shown(context, find_zone(context, context.parameters["Id"]))
    return answer


def _shown(context: Context, zone: Any) -> Record:
    return {
        "Id": zone.id,
        "Name": zone.name,
        "CallerReference": zone.caller_reference,
        "Config": {"PrivateZone": zone.private_zone} | ({"Comment": zone.comment} if zone.comment else {}),
        "ResourceRecordSetCount": len(store(context).of(zone)),
    }


@answers("route53", "ListHostedZones")
def list_zones(context: Context) -> dict[str, Any]:
    zones = list(context.backend("route53", GLOBAL).zones.values())
    marker = context.parameters.get("Marker") or ""
    identifiers = [zone.resource_id for zone in zones]
    start = identifiers.index(marker) if marker in identifiers else 0
    shown, following = _page(context, zones[start:])
    more = {"NextMarker": following.resource_id} if following else {}
    return shown | {"Marker": marker} | more


@answers("route53", "ListHostedZonesByName")
def list_zones_by_name(context: Context) -> dict[str, Any]:
    """From a name on, not only those of that name."""
    zones = sorted(
        context.backend("route53", GLOBAL).zones.values(), key=lambda zone: (sorted_name(zone.name), zone.resource_id)
    )
    given = {key: context.parameters[key] for key in ("DNSName", "HostedZoneId") if context.parameters.get(key)}
    if "DNSName" in given:
        start = (sorted_name(canonical(given["DNSName"])), given.get("HostedZoneId", ""))
        zones = [zone for zone in zones if (sorted_name(zone.name), zone.resource_id) >= start]
    shown, following = _page(context, zones)
    more = {"NextDNSName": following.name, "NextHostedZoneId": following.resource_id} if following else {}
    return shown | given | more


def _page(context: Context, zones: list[Any]) -> tuple[Record, Any]:
    """The first of these zones, and the one with which the next page begins."""
    size = min(int(context.parameters.get("MaxItems") or 100), 100)
    following = zones[size] if size < len(zones) else None
    shown = [_shown(context, zone) for zone in zones[:size]]
    return {"HostedZones": shown, "IsTruncated": following is not None, "MaxItems": str(size)}, following


@answers("route53", "DeleteHostedZone")
def delete_zone(context: Context) -> dict[str, Any]:
    """Only when nothing but its name servers and start of authority is left."""
    zone = find_zone(context, context.parameters["Id"])
    if len(store(context).of(zone)) > 2:
        raise AwsError(
            "HostedZoneNotEmpty",
            "The specified hosted zone contains non-required resource record sets and so cannot be deleted.",
        )
    backend = context.backend("route53", GLOBAL)
    del backend.zones[zone.resource_id]
    backend.resource_tags.pop(zone.resource_id, None)
    store(context).records.pop(zone.resource_id, None)
    return {"ChangeInfo": new_change(context)}


@tagged_resources
def tagged(context: Context) -> Iterator[Tagged]:
    """Global: in the tagging API of us-east-1."""
    backend = context.backend("route53", GLOBAL)
    if context.region == "us-east-1":
        for zone in backend.zones.values():
            tags = backend.resource_tags.get(zone.resource_id, {})
            yield Tagged(f"arn:aws:route53:::hostedzone/{zone.resource_id}", "route53:hostedzone", dict(tags))
