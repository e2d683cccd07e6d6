# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Route 53: changes as one batch, in sync after a moment, refused as AWS refuses them; zones are moto's."""

from __future__ import annotations

import copy
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError, not_implemented
from simulator.overlay import Context, answers
from simulator.overlays.acm_validation import recheck
from simulator.overlays.elbv2_places import HOSTED_ZONES
from simulator.overlays.route53_model import GLOBAL, Record, Zones, canonical, key_of

if TYPE_CHECKING:
    from simulator.world import World

KINDS = ("A", "AAAA", "CAA", "CNAME", "DS", "HTTPS", "MX", "NAPTR", "NS", "PTR", "SOA", "SPF", "SRV", "SVCB", "TXT")
ROUTING = (
    "Weight",
    "Region",
    "GeoLocation",
    "Failover",
    "MultiValueAnswer",
    "CidrRoutingConfig",
    "GeoProximityLocation",
)
CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"
CHANGE_PREFIX = "/change/"


def find_zone(context: Context, identifier: str) -> Any:
    identifier = identifier.rpartition("/")[2]
    zone = context.backend("route53", GLOBAL).zones.get(identifier)
    if zone is None:
        raise AwsError("NoSuchHostedZone", f"No hosted zone found with ID: {identifier}", 404)
    return zone


def store(context: Context) -> Zones:
    return context.store(Zones, region="")


def new_change(context: Context, comment: str = "") -> Record:
    """PENDING, then INSYNC."""
    identifier = f"{CHANGE_PREFIX}C{uuid.uuid4().hex[:20].upper()}"
    change: Record = {"Id": identifier, "Status": "PENDING", "SubmittedAt": datetime.now(UTC)}
    if comment:
        change["Comment"] = comment
    store(context).changes[identifier] = change
    context.world.schedule.after("route53_change", _in_sync, change)
    return dict(change)


def _in_sync(_world: World, change: Record) -> None:
    change["Status"] = "INSYNC"


@answers("route53", "GetChange")
def get_change(context: Context) -> dict[str, Any]:
    identifier = context.parameters["Id"].rpartition("/")[2]
    change = store(context).changes.get(f"{CHANGE_PREFIX}{identifier}")
    if change is None:
        raise AwsError("NoSuchChange", f"A change with the specified change ID does not exist: {identifier}", 404)
    return {"ChangeInfo": change}


@answers("route53", "ChangeResourceRecordSets")
def change_records(context: Context) -> dict[str, Any]:
    """All changes of a batch or none."""
    zone, batch = find_zone(context, context.parameters["HostedZoneId"]), context.parameters["ChangeBatch"]
    records = dict(store(context).of(zone))
    faults: list[str] = []
    for change in batch["Changes"]:
        fault = _apply(zone, records, change["Action"], copy.deepcopy(change["ResourceRecordSet"]))
        faults += [fault] if fault else []
    if faults:
        raise AwsError("InvalidChangeBatch", f"[{', '.join(faults)}]", 400)
    store(context).records[zone.resource_id] = records
    recheck(context.world)
    return {"ChangeInfo": new_change(context, batch.get("Comment", ""))}


def _apply(zone: Any, records: dict[Any, Record], action: str, record: Record) -> str:
    """Do one change to the copy; what AWS says against it, if anything."""
    record["Name"] = canonical(record["Name"])
    key, name, kind = key_of(record), record["Name"], record["Type"]
    if kind not in KINDS:
        raise not_implemented("route53", "ChangeResourceRecordSets", f"records of type {kind}")
    if name != zone.name and not name.endswith(f".{zone.name}"):
        return f"RRSet with DNS name {name} is not permitted in zone {zone.name}"
    if action == "DELETE":
        return _delete(records, key, record, zone)
    if action == "CREATE" and key in records:
        return f"Tried to create resource record set [name='{name}', type='{kind}'] but it already exists"
    fault = _fault(zone, records, record)
    if not fault:
        records[key] = record
    return fault


def _delete(records: dict[Any, Record], key: Any, record: Record, zone: Any) -> str:
    shown = f"[name='{record['Name']}', type='{record['Type']}']"
    known = records.get(key)
    if known is None:
        return f"Tried to delete resource record set {shown} but it was not found"
    if _comparable(known) != _comparable(record):
        return f"Tried to delete resource record set {shown} but the values provided do not match the current values"
    if record["Name"] == zone.name and record["Type"] in ("NS", "SOA"):
        return f"A HostedZone must contain exactly one {record['Type']} record"
    del records[key]
    return ""


def _comparable(record: Record) -> Record:
    plain = dict(record)
    plain["ResourceRecords"] = sorted(one["Value"] for one in record.get("ResourceRecords") or [])
    if record.get("AliasTarget"):
        target = record["AliasTarget"]
        plain["AliasTarget"] = {**target, "DNSName": _alias_name(target["DNSName"])}
    return {key: value for key, value in plain.items() if value not in (None, [], {})}


def _alias_name(name: str) -> str:
    return canonical(name).removeprefix("dualstack.")


def _fault(zone: Any, records: dict[Any, Record], record: Record) -> str:
    name, kind, alias = record["Name"], record["Type"], record.get("AliasTarget")
    plain = record.get("TTL") is not None and bool(record.get("ResourceRecords"))
    if bool(alias) == plain or (alias and record.get("TTL") is not None):
        wanted = "[AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId]"
        return f"Invalid request: Expected exactly one of {wanted}"
    if any(record.get(one) is not None for one in ROUTING) and not record.get("SetIdentifier"):
        return f"Invalid request: Missing field 'SetIdentifier' in Change with [Name={name}, Type={kind}]"
    others = [known for key, known in records.items() if key[0] == name and key != key_of(record)]
    if kind == "CNAME" and name == zone.name:
        return f"RRSet of type CNAME with DNS name {name} is not permitted at apex in zone {zone.name}"
    if any("CNAME" in (kind, one["Type"]) and kind != one["Type"] for one in others):
        reason = f"it conflicts with other records with the same DNS name in zone {zone.name}"
        return f"RRSet of type {kind} with DNS name {name} is not permitted as {reason}"
    if alias:
        alias["DNSName"] = canonical(alias["DNSName"])
        alias.setdefault("EvaluateTargetHealth", False)
        return _alias_fault(zone, records, record)
    return ""


def _alias_fault(zone: Any, records: dict[Any, Record], record: Record) -> str:
    """The zone of the target must be the one in which the target's name is."""
    target = record["AliasTarget"]
    name, zone_id = target["DNSName"], target["HostedZoneId"]
    refused = f"Tried to create an alias that targets {name}, type {record['Type']} in zone {zone_id}, but "
    if zone_id == zone.resource_id:
        found = any(key[0] == name and key[1] == record["Type"] for key in records)
        return "" if found else f"{refused}that target was not found"
    parts = name.rstrip(".").split(".")
    if name.endswith(".elb.amazonaws.com."):
        right = HOSTED_ZONES.get(parts[-4], "Z2P70J7EXAMPLE")
        return "" if zone_id == right else f"{refused}the alias target name does not lie within the target zone"
    if name.endswith(".cloudfront.net."):
        right_zone = zone_id == CLOUDFRONT_ZONE
        return "" if right_zone else f"{refused}the alias target name does not lie within the target zone"
    return ""


def sorted_name(name: str) -> list[str]:
    """Route 53 sorts by the labels from the right."""
    return list(reversed(name.rstrip(".").split(".")))


@answers("route53", "ListResourceRecordSets")
def list_records(context: Context) -> dict[str, Any]:
    parameters = context.parameters
    zone = find_zone(context, parameters["HostedZoneId"])
    records = sorted(
        store(context).of(zone).values(),
        key=lambda one: (sorted_name(one["Name"]), one["Type"], one.get("SetIdentifier", "")),
    )
    start = parameters.get("StartRecordName")
    if parameters.get("StartRecordType") and not start:
        raise AwsError("InvalidInput", "The input is not valid: a start type needs a start name")
    if start:
        first = (
            sorted_name(canonical(start)),
            parameters.get("StartRecordType", ""),
            parameters.get("StartRecordIdentifier", ""),
        )
        records = [
            one for one in records if (sorted_name(one["Name"]), one["Type"], one.get("SetIdentifier", "")) >= first
        ]
    size = min(int(parameters.get("MaxItems") or 300), 300)
    answer: Record = {"ResourceRecordSets": records[:size], "IsTruncated": len(records) > size, "MaxItems": str(size)}
    if len(records) > size:
        following = records[size]
        answer |= {"NextRecordName": following["Name"], "NextRecordType": following["Type"]}
        answer |= {"NextRecordIdentifier": following["SetIdentifier"]} if following.get("SetIdentifier") else {}
    return answer
