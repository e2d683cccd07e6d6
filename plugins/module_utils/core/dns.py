# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""DNS names and records in one form. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .plan import PlanRefused, State

# Records whose values are names of hosts, in which capitals and the last dot mean nothing.
OF_NAMES = frozenset({"CNAME", "NS", "PTR"})
QUOTED = frozenset({"TXT", "SPF"})
ALIAS_TYPES = frozenset({"A", "AAAA"})


def canonical_name(name: str) -> str:
    """A name without its last dot, in small letters, with the asterisk that Route 53 writes as an octal code."""
    return name.strip().rstrip(".").lower().replace("\\052", "*")


def inside(name: str, zone: str) -> bool:
    """Whether a name lies in a zone."""
    name, zone = canonical_name(name), canonical_name(zone)
    return name == zone or name.endswith(f".{zone}")


def record_key(kind: str, name: str) -> str:
    """What a record is called: it has no other name than its type and its name."""
    return f"{kind} {canonical_name(name)}"


def canonical_values(kind: str, values: Iterable[str]) -> list[str]:
    """The values of a record, sorted: resolvers get them in any order."""
    return sorted({_value(kind, str(value).strip()) for value in values})


def _value(kind: str, value: str) -> str:
    if kind in OF_NAMES:
        return canonical_name(value)
    if kind in QUOTED and not value.startswith('"'):
        return '"' + value.replace('"', '\\"') + '"'
    return value


def alias_text(alias: Mapping[str, Any] | None) -> str:
    """What an alias leads to, in words: "load balancer x", "distribution y", or "" for none."""
    alias = alias or {}
    if alias.get("load_balancer"):
        return f"load balancer {alias['load_balancer']}"
    return f"distribution {alias['distribution']}" if alias.get("distribution") else ""


def wanted_record(item: Mapping[str, Any], zone: str) -> State:
    """A record from a module's options. Raises PlanRefused for what Route 53 refuses."""
    kind, name = item["type"], item["name"]
    alias = alias_text(item.get("alias"))
    what = f"record {record_key(kind, name)}"
    if not inside(name, zone):
        raise PlanRefused(f"{what} is not inside of hosted zone {zone}; correct one of the two")
    if bool(alias) == bool(item.get("values")):
        raise PlanRefused(f"{what} needs either values or an alias to a load_balancer or a distribution")
    if alias and kind not in ALIAS_TYPES:
        raise PlanRefused(f"{what}: an alias has the type A or AAAA")
    if kind == "CNAME" and canonical_name(name) == canonical_name(zone):
        raise PlanRefused(f"{what}: DNS takes no CNAME for the zone's own name; use an alias of type A")
    if alias:
        return {"alias": alias, "evaluate_target_health": bool(item.get("evaluate_target_health")), **NO_VALUES}
    return {**NO_ALIAS, "ttl": item["ttl"], "values": canonical_values(kind, item["values"])}


NO_VALUES: State = {"ttl": 0, "values": []}
NO_ALIAS: State = {"alias": "", "evaluate_target_health": False}


def observed_record(record: Mapping[str, Any], alias_of: Mapping[str, str]) -> State:
    """A record as Route 53 lists it. `alias_of` maps DNS names to what they are, in words."""
    target = record.get("AliasTarget")
    if target:
        dns = canonical_name(target["DNSName"])
        # The console writes a prefix that changes nothing.
        alias = alias_of.get(dns) or alias_of.get(dns.removeprefix("dualstack.")) or dns
        return {"alias": alias, "evaluate_target_health": bool(target["EvaluateTargetHealth"]), **NO_VALUES}
    values = [each["Value"] for each in record.get("ResourceRecords") or []]
    return {**NO_ALIAS, "ttl": record.get("TTL", 0), "values": canonical_values(record["Type"], values)}
