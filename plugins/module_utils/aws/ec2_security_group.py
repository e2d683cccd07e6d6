# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2: security groups and their rules."""

from __future__ import annotations

import threading
import typing as t
from collections import defaultdict
from collections.abc import Iterable, Mapping

from ..core.plan import Observed, PlanRefused, State
from ..core.security_group import Rule, observed_rules, permission_of, rule_changes
from ..core.tags import from_pairs
from .ec2 import NOT_SEEN_YET, SECURITY_GROUP, VPC, Item, Network, VpcKind, is_owned, specification
from .reconcile import Scope

DIRECTIONS = {"ingress": "IpPermissions", "egress": "IpPermissionsEgress"}
# What every new group has, until it is taken away.
OPEN_EGRESS: Rule = {"protocol": "all", "ports": "", "cidr": "0.0.0.0/0", "description": ""}


class SecurityGroups(VpcKind):
    """Groups are known by their own name within the VPC. Two groups may name each other in their rules, so a group that
    a rule names is created on demand.

    State: `description`, `ingress` and `egress` (rules, see core.security_group), `tags`.
    """

    kind = SECURITY_GROUP
    after = (VPC,)
    operation = "describe_security_groups"
    id_key = "GroupId"
    immutable: t.ClassVar = {"description": "AWS keeps it: restore the description, or give the group another name."}

    def __init__(self, network: Network, wanted: Mapping[str, State]) -> None:
        """`wanted` are the states of all groups that this call may create."""
        super().__init__(network)
        self._wanted = wanted
        self._ids: dict[str, str] = {}
        self._creating: dict[str, threading.Lock] = defaultdict(threading.Lock)  # by name
        self._deleting = threading.Lock()
        self._lists: dict[str, str] | None = None
        self._listing = threading.Lock()

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        groups = [each for each in self.network.listed(self.operation) if each["GroupName"] != "default"]
        titles = {each["GroupId"]: each["GroupName"] for each in groups}
        self._ids = {name: identifier for identifier, name in titles.items()}
        return {
            each["GroupName"]: Observed(each["GroupId"], self._state(each, titles))
            for each in groups
            if each["GroupName"] in names or is_owned(from_pairs(each.get("Tags")))
        }

    def _state(self, group: Item, titles: Mapping[str, str]) -> State:
        rules = {
            direction: observed_rules(group[key], lambda each: titles.get(each, each), self._list_name)
            for direction, key in DIRECTIONS.items()
        }
        return {"description": group["Description"], "tags": from_pairs(group.get("Tags")), **rules}

    def _prefix_lists(self) -> dict[str, str]:
        """Ids by name of the prefix lists in the region, asked for once and only where a rule names one."""
        with self._listing:
            if self._lists is None:
                lists = self.ec2.pages("describe_managed_prefix_lists", "PrefixLists", "list prefix lists")
                self._lists = {each["PrefixListName"]: each["PrefixListId"] for each in lists}
            return self._lists

    def _list_name(self, identifier: str) -> str:
        return next((name for name, each in self._prefix_lists().items() if each == identifier), identifier)

    def _list_id(self, name: str) -> str:
        if name not in self._prefix_lists():
            raise PlanRefused(f"there is no prefix list {name} in {self.ec2.region}; correct its name")
        return self._prefix_lists()[name]

    def _group_id(self, name: str) -> str:
        """The id of a group that a rule names; creates it where it is wanted and not there yet."""
        with self._creating[name]:
            if name not in self._ids:
                if name not in self._wanted:
                    raise PlanRefused(
                        f"a rule names security group {name}, which is not listed and does not exist in VPC"
                        f" {self.network.name}; list it, or correct the name"
                    )
                self._ids[name] = self._create(name, self._wanted[name])
            return self._ids[name]

    def _create(self, name: str, wanted: State) -> str:
        """AWS takes a name once in a VPC, so sending the same creation twice makes one group."""
        answer = self.ec2.write(
            "create_security_group",
            f"create security group {name}",
            retry=NOT_SEEN_YET,
            missing={"InvalidGroup.Duplicate"},
            VpcId=self.network.required_id(),
            GroupName=name,
            Description=wanted["description"],
            TagSpecifications=specification("security-group", wanted.get("tags"), name),
        )
        if answer is not None:
            return str(answer["GroupId"])
        groups = self.network.listed(self.operation)
        return next(str(each["GroupId"]) for each in groups if each["GroupName"] == name)

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        state = {**wanted, "ingress": [], "egress": [OPEN_EGRESS], "tags": wanted.get("tags") or {}}
        return Observed(self._group_id(name), state)

    def set_field(self, scope: Scope, name: str, before: Observed, field: str, wanted: State) -> None:
        """New rules first, so that nothing that stays allowed is interrupted."""
        added, described, revoked = rule_changes(before.state[field], wanted[field])
        group = f"{field} rules of security group {name}"
        self._write(
            f"authorize_security_group_{field}", f"add {group}", before.id, added, {"InvalidPermission.Duplicate"}
        )
        self._write(f"update_security_group_rule_descriptions_{field}", f"describe {group}", before.id, described)
        self._write(
            f"revoke_security_group_{field}", f"revoke {group}", before.id, revoked, {"InvalidPermission.NotFound"}
        )

    def _write(
        self, operation: str, doing: str, identifier: str, rules: list[Rule], missing: Iterable[str] = ()
    ) -> None:
        if rules:
            permissions = [permission_of(rule, self._peer_id, self._list_id) for rule in rules]
            self.ec2.write(
                operation,
                doing,
                missing=set(missing),
                retry=NOT_SEEN_YET,
                GroupId=identifier,
                IpPermissions=permissions,
            )

    def _peer_id(self, name: str) -> str:
        """Groups of other VPCs, and those that are gone, stand in rules by their id."""
        return name if name.startswith("sg-") else self._group_id(name)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """One group after the other: each takes itself out of the rules of those that are left."""
        with self._deleting:
            for group in self.network.listed(self.operation):
                if group["GroupId"] != before.id:
                    self._take_out(group, before.id, name)
            self.remove("delete_security_group", name, {"InvalidGroup.NotFound"}, GroupId=before.id)

    def _take_out(self, group: Item, identifier: str, name: str) -> None:
        """Revoke the rules of a group that name another one."""
        for direction, key in DIRECTIONS.items():
            naming = [_only(each, identifier) for each in group[key] if _names(each, identifier)]
            if naming:
                self.ec2.write(
                    f"revoke_security_group_{direction}",
                    f"revoke {direction} rules of security group {group['GroupName']} that name {name}",
                    missing={"InvalidPermission.NotFound", "InvalidGroup.NotFound"},
                    GroupId=group["GroupId"],
                    IpPermissions=naming,
                )


def _names(permission: Item, identifier: str) -> bool:
    return any(pair.get("GroupId") == identifier for pair in permission.get("UserIdGroupPairs", []))


def _only(permission: Item, identifier: str) -> Item:
    """The part of a permission that names the group."""
    part: Item = {key: permission[key] for key in ("IpProtocol", "FromPort", "ToPort") if key in permission}
    pairs = [pair for pair in permission["UserIdGroupPairs"] if pair.get("GroupId") == identifier]
    return {**part, "UserIdGroupPairs": pairs}
