# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2: subnets, and the network ACLs in front of them."""

from __future__ import annotations

import threading
import typing as t
from functools import partial

from ..core.network_acl import Rule, entry_of, observed_rules, rule_changes
from ..core.plan import Observed, State
from .ec2 import NOT_SEEN_YET, SUBNET, VPC, Item, Network, VpcKind, specification
from .reconcile import Scope, side_by_side


class Subnets(VpcKind):
    """State: `cidr`, `availability_zone`, `map_public_ip`, `tags`."""

    kind = SUBNET
    operation = "describe_subnets"
    id_key = "SubnetId"
    immutable: t.ClassVar = {
        "cidr": "A subnet keeps its range: give the new range to a subnet of another name, and move what is in it.",
        "availability_zone": "A subnet keeps its zone: add a subnet of another name in the other zone.",
    }

    def read(self, scope: Scope, item: Item) -> State:
        return {
            "cidr": item["CidrBlock"],
            "availability_zone": item["AvailabilityZone"],
            "map_public_ip": item["MapPublicIpOnLaunch"],
        }

    def facts(self, item: Item) -> State:
        return {"cidr": item["CidrBlock"], "availability_zone": item["AvailabilityZone"]}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        answer = self.ec2.write(
            "create_subnet",
            f"create subnet {name}",
            retry=NOT_SEEN_YET,
            repeatable=False,
            VpcId=self.network.required_id(),
            CidrBlock=wanted["cidr"],
            AvailabilityZone=wanted["availability_zone"],
            TagSpecifications=specification("subnet", wanted.get("tags"), name),
        )["Subnet"]
        return Observed(
            answer["SubnetId"],
            {**wanted, "map_public_ip": False, "tags": wanted.get("tags") or {}},
            {"cidr": wanted["cidr"], "availability_zone": wanted["availability_zone"]},
        )

    def set_field(self, scope: Scope, name: str, before: Observed, field: str, wanted: State) -> None:
        self.ec2.write(
            "modify_subnet_attribute",
            f"set whether hosts in subnet {name} get public addresses",
            retry=NOT_SEEN_YET,
            SubnetId=before.id,
            MapPublicIpOnLaunch={"Value": wanted["map_public_ip"]},
        )

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.remove("delete_subnet", name, {"InvalidSubnetID.NotFound"}, SubnetId=before.id)


class NetworkAcls(VpcKind):
    """A subnet has one network ACL always: taken out of ours, it goes back to the VPC's default one.

    State: `subnets` (sorted names), `ingress` and `egress` (rules by number, see core.network_acl), `tags`.
    """

    kind = "network ACL"
    after = (VPC, SUBNET)
    operation = "describe_network_acls"
    id_key = "NetworkAclId"

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        # Two ACLs that exchange a subnet must not both move it.
        self._moving = threading.Lock()

    def items(self) -> list[Item]:
        return [each for each in super().items() if not each["IsDefault"]]

    def read(self, scope: Scope, item: Item) -> State:
        subnets = sorted(scope.name(SUBNET, each["SubnetId"]) for each in item["Associations"])
        return {
            "subnets": subnets,
            "ingress": observed_rules(item["Entries"], egress=False),
            "egress": observed_rules(item["Entries"], egress=True),
        }

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        answer = self.ec2.write(
            "create_network_acl",
            f"create network ACL {name}",
            retry=NOT_SEEN_YET,
            repeatable=False,
            VpcId=self.network.required_id(),
            ClientToken=self.token(name),
            TagSpecifications=specification("network-acl", wanted.get("tags"), name),
        )["NetworkAcl"]
        state: State = {"subnets": [], "ingress": [], "egress": [], "tags": wanted.get("tags") or {}}
        return Observed(answer["NetworkAclId"], state)

    def order(self, field: str) -> int:
        return field == "subnets"  # behind the rules: a new ACL denies everything

    def set_field(self, scope: Scope, name: str, before: Observed, field: str, wanted: State) -> None:
        if field == "subnets":
            self._move(scope, name, before.id, {scope.id(SUBNET, each) for each in wanted["subnets"]})
        else:
            self._set_rules(name, before, field, wanted[field])

    def _set_rules(self, name: str, before: Observed, direction: str, wanted: list[Rule]) -> None:
        common: State = {"NetworkAclId": before.id, "Egress": direction == "egress"}
        create, replace, delete = rule_changes(before.state[direction], wanted)

        def put(operation: str, rule: Rule) -> None:
            doing = f"set {direction} rule {rule['rule_number']} of network ACL {name}"
            there = {"NetworkAclEntryAlreadyExists"}
            self.ec2.write(operation, doing, missing=there, retry=NOT_SEEN_YET, **common, **entry_of(rule))

        for operation, rules in (("replace_network_acl_entry", replace), ("create_network_acl_entry", create)):
            side_by_side({str(rule["rule_number"]): partial(put, operation, rule) for rule in rules})
        for number in delete:
            self.ec2.write(
                "delete_network_acl_entry",
                f"delete {direction} rule {number} of network ACL {name}",
                missing={"InvalidNetworkAclEntry.NotFound"},
                RuleNumber=number,
                **common,
            )

    def _move(self, scope: Scope, name: str, identifier: str, wanted: set[str]) -> None:
        """Put exactly the wanted subnets (ids) behind the ACL."""
        with self._moving:
            acls = self.network.listed(self.operation)
            default = next(each["NetworkAclId"] for each in acls if each["IsDefault"])
            links = [link for acl in acls for link in acl["Associations"]]
            for link in links:
                behind, subnet = link["NetworkAclId"] == identifier, link["SubnetId"]
                if behind == (subnet in wanted):
                    continue
                self.ec2.write(
                    "replace_network_acl_association",
                    f"put subnet {scope.name(SUBNET, subnet)} "
                    + (f"behind network ACL {name}" if not behind else f"back behind the default one, from {name}"),
                    retry=NOT_SEEN_YET,
                    missing={"InvalidAssociationID.NotFound"},
                    AssociationId=link["NetworkAclAssociationId"],
                    NetworkAclId=default if behind else identifier,
                )

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self._move(scope, name, before.id, set())
        self.remove("delete_network_acl", name, {"InvalidNetworkAclID.NotFound"}, NetworkAclId=before.id)
