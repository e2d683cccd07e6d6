# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Records of hosted zones in AWS's shape; moto keeps the zones, and its records lose checks and order."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator import moto_backend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.world import World

Record = dict[str, Any]
Key = tuple[str, str, str]
GLOBAL = "aws"


@dataclass
class Zones:
    """Records by zone id, and by name, type and set identifier; the changes that are not in sync yet."""

    records: dict[str, dict[Key, Record]] = field(default_factory=dict)
    changes: dict[str, Record] = field(default_factory=dict)

    def of(self, zone: Any) -> dict[Key, Record]:
        """The records of moto's zone; a new one has its name servers and its start of authority."""
        if zone.resource_id not in self.records:
            servers = zone.delegation_set.name_servers if zone.delegation_set else []
            self.records[zone.resource_id] = {}
            for kind, seconds, values in (
                ("NS", 172800, [f"{server}." for server in servers]),
                ("SOA", 900, [f"{(servers or ['ns'])[0]}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"]),
            ):
                record = {"Name": zone.name, "Type": kind, "TTL": seconds}
                record["ResourceRecords"] = [{"Value": value} for value in values]
                self.records[zone.resource_id][key_of(record)] = record
        return self.records[zone.resource_id]


def canonical(name: str) -> str:
    """Lower case, ending in a dot, special characters as Route 53 writes them."""
    return f"{name.lower().rstrip('.')}.".replace("*", r"\052")


def key_of(record: Record) -> Key:
    return canonical(record["Name"]), record["Type"], record.get("SetIdentifier", "")


def public_zones() -> Iterator[tuple[str, Any]]:
    """Account and zone of every public zone of all accounts, the longest name first."""
    found = moto_backend.backend_dict("route53")
    zones = [
        (account, zone)
        for account, regions in list((found or {}).items())
        for backend in regions.values()
        for zone in backend.zones.values()
        if not zone.private_zone
    ]
    yield from sorted(zones, key=lambda one: -len(one[1].name))


def lookup(world: World, name: str, kind: str) -> Record | None:
    """A record as the public DNS would find it: in the zone with the longest name, by the name or a wildcard."""
    wanted = canonical(name)
    for account, zone in public_zones():
        if wanted == zone.name or wanted.endswith(f".{zone.name}"):
            records = world.store(Zones, account).of(zone)
            return _in_zone(records, wanted, kind)
    return None


def _in_zone(records: dict[Key, Record], name: str, kind: str) -> Record | None:
    names = [name]
    parts = name.split(".")
    names += [".".join([r"\052", *parts[start:]]) for start in range(1, len(parts) - 1)]
    for candidate in names:
        there = [record for (known, _type, _set), record in records.items() if known == candidate]
        found = next((record for record in there if record["Type"] == kind), None)
        if found or there:
            # a name that is there hides the wildcard, whatever types it has
            return found
    return None
