# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Route 53: hosted zones, ours and those of others."""

from __future__ import annotations

import typing as t
import uuid
from collections.abc import Iterable

from ..core.dns import canonical_name
from ..core.plan import Observed, PlanRefused, State
from ..core.tags import from_pairs, tag_changes, to_pairs
from .api import Api
from .ec2 import is_owned
from .reconcile import Kind, Scope
from .route53 import GONE, Item, Zone

# What every zone has, and what goes with it.
ITS_OWN = ("NS", "SOA")


class Zones(Kind):
    """Public hosted zones by name.

    State: `comment`, `tags`. A zone that was not made by the collection is used and left alone: it is known by its
    comment, or by its tag `ManagedBy`. Tags alone would not do: Route 53 sets them in a second call.
    """

    kind = "hosted zone"

    def __init__(self, route53: Api, comment: str, *, owned_only: bool, force: bool, must_exist: bool) -> None:
        """`owned_only` hides the zones of others (they are not deleted), `force` deletes a zone with its records,
        `must_exist` refuses a zone that is not there instead of making it."""
        self.route53 = route53
        self.comment = comment
        self.owned_only = owned_only
        self.force = force
        self.must_exist = must_exist
        self._references: dict[str, str] = {}

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found = {name: self._find(name) for name in names}
        missing = [name for name, each in found.items() if each is None]
        if self.must_exist and missing:
            raise PlanRefused(
                f"hosted zone {missing[0]} does not exist in this account, and is not to be made; make it, or say"
                " create: true"
            )
        return {name: each for name, each in found.items() if each and (each.facts["owned"] or not self.owned_only)}

    def _find(self, name: str) -> Observed | None:
        identifier = Zone(self.route53, name).id()
        if identifier is None:
            return None
        doing = f"list the tags of hosted zone {name}"
        found = self.route53.read(
            "list_tags_for_resource", doing, GONE, ResourceType="hostedzone", ResourceId=identifier
        )
        zone = self.route53.read("get_hosted_zone", f"read hosted zone {name}", GONE, Id=identifier)
        if found is None or zone is None:
            return None
        tags = from_pairs(found["ResourceTagSet"].get("Tags"))
        comment = zone["HostedZone"].get("Config", {}).get("Comment") or ""
        facts = {
            "name_servers": sorted(canonical_name(each) for each in zone["DelegationSet"]["NameServers"]),
            "owned": is_owned(tags) or comment == self.comment,
        }
        return Observed(identifier, {"comment": comment, "tags": tags, "owned": facts["owned"]}, facts)

    def settle(self, wanted: State, observed: State) -> State:
        return wanted if observed["owned"] else {}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        """The same reference for all attempts of a run: Route 53 makes one zone of them."""
        reference = self._references.setdefault(name, uuid.uuid4().hex)
        answer = self.route53.write(
            "create_hosted_zone",
            f"create hosted zone {name}",
            missing={"HostedZoneAlreadyExists"},
            Name=name,
            CallerReference=reference,
            HostedZoneConfig={"Comment": wanted["comment"], "PrivateZone": False},
        )
        if answer is None:  # the answer to an earlier attempt was lost
            found = self._find(name)
            if found is None:
                raise PlanRefused(f"hosted zone {name} was made and is not there; run again")
            return found
        identifier = answer["HostedZone"]["Id"].rpartition("/")[2]
        servers = sorted(canonical_name(each) for each in answer["DelegationSet"]["NameServers"])
        state = {"comment": wanted["comment"], "tags": {}, "owned": True}
        return Observed(identifier, state, {"name_servers": servers, "owned": True})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        if "comment" in fields:
            doing = f"set the comment of hosted zone {name}"
            self.route53.write("update_hosted_zone_comment", doing, Id=before.id, Comment=wanted["comment"])
        if "tags" in fields:
            setting, removing = tag_changes(before.state["tags"], wanted["tags"])
            changes: dict[str, t.Any] = {
                **({"AddTags": to_pairs(setting)} if setting else {}),
                **({"RemoveTagKeys": removing} if removing else {}),
            }
            doing = f"tag hosted zone {name}"
            self.route53.write(
                "change_tags_for_resource", doing, ResourceType="hostedzone", ResourceId=before.id, **changes
            )

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        zone = Zone(self.route53, name)
        others = [each for each in zone.records() if not _its_own(each, name)]
        if others and not self.force:
            listed = ", ".join(f"{each['Type']} {canonical_name(each['Name'])}" for each in others[:5])
            raise PlanRefused(
                f"hosted zone {name} has {len(others)} records besides its own: {listed}; delete them, or say force"
            )
        zone.change(f"delete the records of hosted zone {name}", "DELETE", others)
        self.route53.write("delete_hosted_zone", f"delete hosted zone {name}", missing=GONE, Id=before.id)


def _its_own(record: Item, name: str) -> bool:
    return record["Type"] in ITS_OWN and canonical_name(record["Name"]) == canonical_name(name)
