# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2: the VPC itself, its internet gateway and its default security group."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable
from functools import partial

from ..core.plan import Observed, PlanRefused, State
from ..core.tags import from_pairs
from .ec2 import INTERNET_GATEWAY, NOT_SEEN_YET, VPC, Item, Network, VpcKind, set_tags, specification
from .reconcile import Kind, Scope

ATTRIBUTES = {"dns_support": "enableDnsSupport", "dns_hostnames": "enableDnsHostnames"}


class Vpcs(VpcKind):
    """State: `cidr`, `dns_support`, `dns_hostnames`, `tags`. Reading it fetches the network's lists, too."""

    kind = VPC
    after = ()
    immutable: t.ClassVar = {"cidr": "A VPC keeps its range: restore network_cidr, or destroy the environment first."}

    def __init__(self, network: Network, *, with_attributes: bool = True) -> None:
        """Without attributes, DNS settings are not read (two calls less) and must not be wanted."""
        super().__init__(network)
        self.with_attributes = with_attributes

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        vpc = self.network.find()
        if vpc is None:
            return {}
        attributes = ATTRIBUTES if self.with_attributes else {}
        settings = self.network.prefetch({key: partial(self._attribute, name) for key, name in attributes.items()})
        state = {"cidr": vpc["CidrBlock"], "tags": from_pairs(vpc.get("Tags")), **settings}
        return {self.network.name: Observed(vpc["VpcId"], state, {"cidr": vpc["CidrBlock"]})}

    def _attribute(self, name: str) -> bool:
        doing = f"read {name} of VPC {self.network.name}"
        answer = self.ec2.read("describe_vpc_attribute", doing, VpcId=self.network.id, Attribute=name)
        return bool(answer[name[0].upper() + name[1:]]["Value"])

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        answer = self.ec2.write(
            "create_vpc",
            f"create VPC {name}",
            repeatable=False,
            CidrBlock=wanted["cidr"],
            TagSpecifications=specification("vpc", wanted.get("tags"), name),
        )
        identifier = answer["Vpc"]["VpcId"]
        self.network.found(identifier)
        # What EC2 gives a new VPC: names are resolved, hosts get none.
        state = {"cidr": wanted["cidr"], "dns_support": True, "dns_hostnames": False, "tags": wanted.get("tags") or {}}
        return Observed(identifier, state, {"cidr": wanted["cidr"]})

    def set_field(self, scope: Scope, name: str, before: Observed, field: str, wanted: State) -> None:
        attribute = ATTRIBUTES[field]
        setting: State = {attribute[0].upper() + attribute[1:]: {"Value": wanted[field]}}
        doing = f"set {attribute} of VPC {name}"
        self.ec2.write("modify_vpc_attribute", doing, retry=NOT_SEEN_YET, VpcId=before.id, **setting)

    def order(self, field: str) -> int:
        return ["dns_support", "dns_hostnames", "tags"].index(field)  # host names need DNS support

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.remove("delete_vpc", name, {"InvalidVpcID.NotFound"}, VpcId=before.id)


class InternetGateways(Kind):
    """Found by name, so that one that an interrupted run left unattached is attached by the next.

    State: `vpc` (name of the VPC that it is attached to, or ""), `tags`.
    """

    kind = INTERNET_GATEWAY
    after = (VPC,)
    named_by_tag = True

    def __init__(self, network: Network) -> None:
        self.network = network
        self.ec2 = network.ec2

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        name = self.network.name
        items = self.network.listed("describe_internet_gateways")
        ours = [each for each in items if self._vpc(each) in (self.network.id, None)]
        if len(ours) > 1:
            ids = " and ".join(sorted(each["InternetGatewayId"] for each in ours))
            raise PlanRefused(
                f"internet gateway {name}: {ids} both have this Name tag; delete the one that is not meant"
            )
        return {name: self._observed(ours[0])} if ours else {}

    @staticmethod
    def _vpc(item: Item) -> str | None:
        attachments = item.get("Attachments") or []
        return attachments[0]["VpcId"] if attachments else None

    def _observed(self, item: Item) -> Observed:
        attached = self.network.name if self._vpc(item) else ""
        return Observed(item["InternetGatewayId"], {"vpc": attached, "tags": from_pairs(item.get("Tags"))})

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        answer = self.ec2.write(
            "create_internet_gateway",
            f"create internet gateway {name}",
            repeatable=False,
            TagSpecifications=specification("internet-gateway", wanted.get("tags"), name),
        )
        return Observed(answer["InternetGateway"]["InternetGatewayId"], {"vpc": "", "tags": wanted.get("tags") or {}})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        if "vpc" in fields:
            self.ec2.write(
                "attach_internet_gateway",
                f"attach internet gateway {name} to VPC {wanted['vpc']}",
                missing={"Resource.AlreadyAssociated"},
                retry=NOT_SEEN_YET,
                InternetGatewayId=before.id,
                VpcId=self.network.required_id(),
            )
        if "tags" in fields:
            set_tags(self.ec2, f"internet gateway {name}", before, wanted["tags"])

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        if before.state["vpc"]:
            self.ec2.write(
                "detach_internet_gateway",
                f"detach internet gateway {name} from VPC {self.network.name}",
                missing={"Gateway.NotAttached", "InvalidInternetGatewayID.NotFound", "InvalidVpcID.NotFound"},
                InternetGatewayId=before.id,
                VpcId=self.network.required_id(),
            )
        self.ec2.write(
            "delete_internet_gateway",
            f"delete internet gateway {name}",
            missing={"InvalidInternetGatewayID.NotFound"},
            InternetGatewayId=before.id,
        )


class DefaultSecurityGroups(VpcKind):
    """The group that every VPC has and that whatever names no group gets. It comes and goes with the VPC, so it is
    never deleted here. Known by the VPC's name.

    State: `rules` (how many it has), `tags`.
    """

    kind = "default security group"
    operation = "describe_security_groups"
    id_key = "GroupId"

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        group = self._group(self.network.listed(self.operation))
        if group is None:
            return {}
        rules = len(group["IpPermissions"]) + len(group["IpPermissionsEgress"])
        return {self.network.name: Observed(group["GroupId"], {"rules": rules, "tags": from_pairs(group.get("Tags"))})}

    @staticmethod
    def _group(groups: list[Item]) -> Item | None:
        return next((each for each in groups if each["GroupName"] == "default"), None)

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        """EC2 has made it together with the VPC: take it as it is, so that the engine closes and tags it."""
        found = self.observe(scope, [name]).get(name)
        if found is None:
            raise PlanRefused(f"VPC {name} has no default security group yet; run again")
        return found

    def set_field(self, scope: Scope, name: str, before: Observed, field: str, wanted: State) -> None:
        group = self._group(self.network.listed(self.operation))
        if group is None:
            return
        for direction, key in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
            if group[key]:
                self.ec2.write(
                    f"revoke_security_group_{direction}",
                    f"close the default security group of VPC {name}",
                    missing={"InvalidPermission.NotFound"},
                    GroupId=before.id,
                    IpPermissions=[_revocable(each) for each in group[key]],
                )

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """Nothing: AWS deletes it with the VPC."""


def _revocable(permission: Item) -> Item:
    """A permission as EC2 takes it back: without empty lists."""
    return {key: value for key, value in permission.items() if value != []}
