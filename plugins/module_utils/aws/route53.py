# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Route 53: hosted zones by name, their records, and changes to them."""

from __future__ import annotations

import threading
import typing as t
from collections.abc import Iterable

from ..core.dns import canonical_name
from ..core.plan import PlanRefused
from .api import Api

Item = dict[str, t.Any]

GONE = frozenset({"NoSuchHostedZone"})
# Changes of one zone are made one after the other. ChangeResourceRecordSets takes so many.
CHANGES_AT_ONCE = 500


def public_zones(route53: Api, name: str) -> list[Item]:
    """All public hosted zones of a name: AWS allows several."""
    name = canonical_name(name)
    found = route53.read("list_hosted_zones_by_name", f"find hosted zone {name}", DNSName=name, MaxItems="100")
    return [
        {**each, "Id": zone_id(each["Id"])}
        for each in found["HostedZones"]
        if canonical_name(each["Name"]) == name and not each.get("Config", {}).get("PrivateZone")
    ]


def zone_id(identifier: str) -> str:
    """`Z123` of `/hostedzone/Z123`."""
    return identifier.rpartition("/")[2]


def name_servers(route53: Api, name: str, identifier: str) -> list[str]:
    """The servers to which the parent of the zone must delegate."""
    found = route53.read("get_hosted_zone", f"read the name servers of hosted zone {name}", GONE, Id=identifier)
    servers = ((found or {}).get("DelegationSet") or {}).get("NameServers") or []
    return sorted(canonical_name(each) for each in servers)


class Zone:
    """The public hosted zone of a name. Safe between threads; what was not there is looked for again."""

    def __init__(self, route53: Api, name: str) -> None:
        self.route53 = route53
        self.name = canonical_name(name)
        self._id: str | None = None
        self._lock = threading.Lock()

    def id(self) -> str | None:
        """None where there is no such zone. Raises PlanRefused where there are several."""
        with self._lock:
            if self._id is None:
                found = public_zones(self.route53, self.name)
                if len(found) > 1:
                    ids = " and ".join(sorted(each["Id"] for each in found))
                    raise PlanRefused(
                        f"hosted zones {ids} are both called {self.name}; delete the one to which nobody delegates"
                    )
                self._id = found[0]["Id"] if found else None
            return self._id

    def required_id(self) -> str:
        """Raises PlanRefused where there is no such zone."""
        found = self.id()
        if found is None:
            raise PlanRefused(
                f"hosted zone {self.name} does not exist in this account; create it first (role dns), or correct"
                " platform_domain"
            )
        return found

    def records(self) -> list[Item]:
        """Everything in the zone; nothing where it does not exist."""
        identifier = self.id()
        if identifier is None:
            return []
        doing = f"list the records of hosted zone {self.name}"
        return self.route53.pages(
            "list_resource_record_sets", "ResourceRecordSets", doing, GONE, HostedZoneId=identifier
        )

    def change(self, doing: str, action: str, records: Iterable[Item], missing: Iterable[str] = ()) -> None:
        """Make one sort of change (`UPSERT`, `DELETE`) to records; each batch is made as a whole or not at all."""
        listed = list(records)
        for start in range(0, len(listed), CHANGES_AT_ONCE):
            batch = listed[start : start + CHANGES_AT_ONCE]
            self.route53.write(
                "change_resource_record_sets",
                doing,
                missing=set(missing),
                HostedZoneId=self.required_id(),
                ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": each} for each in batch]},
            )
