# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2: VPC endpoints, by which a VPC reaches AWS's services without the internet."""

from __future__ import annotations

import json
import typing as t

from ..core.plan import Observed, PlanRefused, State
from ..core.policy import canonical_policy
from ..core.readiness import StatusTable
from .api import AwsError
from .ec2 import NOT_SEEN_YET, ROUTE_TABLE, SECURITY_GROUP, SUBNET, VPC, Item, VpcKind, specification
from .reconcile import Scope
from .wait import wait_gone

# AWS takes a minute or two to remove the interfaces of an endpoint.
DELETION_SECONDS = 900
# What an endpoint is connected with: field of the state -> kind of resource, AWS's words to name them.
LINKS = {
    "route_tables": (ROUTE_TABLE, "RouteTableIds"),
    "subnets": (SUBNET, "SubnetIds"),
    "security_groups": (SECURITY_GROUP, "SecurityGroupIds"),
}


class VpcEndpoints(VpcKind):
    """State: `service` (full name), `type` (gateway or interface), `tags`, `policy` (canonical), and of gateways
    `route_tables`, of interfaces `subnets`, `security_groups` (sorted names) and `private_dns`.
    """

    kind = "VPC endpoint"
    after = (VPC, ROUTE_TABLE, SUBNET)
    operation = "describe_vpc_endpoints"
    id_key = "VpcEndpointId"
    immutable: t.ClassVar = {
        "service": "Give the endpoint of the other service another name; this one is removed in the same run.",
        "type": "Give the endpoint of the other type another name; this one is removed in the same run.",
    }
    # Source: EC2 API, VpcEndpoint.State (AWS writes some of them with a capital letter).
    statuses = StatusTable(frozenset({"available"}), frozenset({"failed", "rejected", "expired", "deleting"}))

    def items(self) -> list[Item]:
        return [each for each in super().items() if each["State"].lower() != "deleted"]

    def read(self, scope: Scope, item: Item) -> State:
        type_ = item["VpcEndpointType"].lower()
        state = {"service": item["ServiceName"], "type": type_, "policy": _policy(item.get("PolicyDocument"))}
        if type_ == "gateway":
            return {**state, "route_tables": _names(scope, ROUTE_TABLE, item.get("RouteTableIds"))}
        groups = {each["GroupId"]: each.get("GroupName") or each["GroupId"] for each in item.get("Groups", [])}
        return {
            **state,
            "subnets": _names(scope, SUBNET, item.get("SubnetIds")),
            "security_groups": sorted(groups.values()),
            "private_dns": bool(item.get("PrivateDnsEnabled")),
        }

    def facts(self, item: Item) -> State:
        return {"status": item["State"].lower()}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        extra: dict[str, t.Any] = {}
        for field, (_kind, word) in LINKS.items():
            if wanted.get(field):
                extra[word] = self._ids(scope, name, field, wanted[field])
        if wanted.get("policy"):
            extra["PolicyDocument"] = json.dumps(wanted["policy"])
        if wanted["type"] == "interface":
            extra["PrivateDnsEnabled"] = bool(wanted.get("private_dns"))
        answer = self.ec2.write(
            "create_vpc_endpoint",
            f"create VPC endpoint {name} to {wanted['service']}",
            retry=NOT_SEEN_YET | {"InvalidRouteTableId.NotFound", "InvalidSubnetId.NotFound"},
            repeatable=False,
            VpcId=self.network.required_id(),
            VpcEndpointType=wanted["type"].capitalize(),
            ServiceName=wanted["service"],
            ClientToken=self.token(name),
            TagSpecifications=specification("vpc-endpoint", wanted.get("tags"), name),
            **extra,
        )["VpcEndpoint"]
        return Observed(answer["VpcEndpointId"], {**wanted, "tags": wanted.get("tags") or {}}, self.facts(answer))

    def _ids(self, scope: Scope, name: str, field: str, names: list[str]) -> list[str]:
        if field == "security_groups":
            groups = {each["GroupName"]: each["GroupId"] for each in self.network.listed("describe_security_groups")}
            absent = sorted(set(names) - groups.keys())
            if absent:
                raise PlanRefused(
                    f"VPC endpoint {name}: there is no security group {absent[0]} in VPC {self.network.name}; create it"
                    " first (role security_groups)"
                )
            return [groups[each] for each in names]
        return [scope.id(LINKS[field][0], each) for each in names]

    def set_field(self, scope: Scope, name: str, before: Observed, field: str, wanted: State) -> None:
        changes: dict[str, t.Any]
        if field == "policy":
            changes = {"PolicyDocument": json.dumps(wanted["policy"])}
        elif field == "private_dns":
            changes = {"PrivateDnsEnabled": wanted["private_dns"]}
        else:
            current, word = before.state[field], LINKS[field][1]
            adding = [each for each in wanted[field] if each not in current]
            removing = [each for each in current if each not in wanted[field]]
            changes = {f"Add{word}": self._ids(scope, name, field, adding)} if adding else {}
            # What is gone already (a subnet, a route table) shows as an id, and AWS has let go of it.
            known = [each for each in removing if field == "security_groups" or scope.find(LINKS[field][0], each)]
            changes |= {f"Remove{word}": self._ids(scope, name, field, known)} if known else {}
        if changes:
            doing = f"set {field} of VPC endpoint {name}"
            self.ec2.write("modify_vpc_endpoint", doing, retry=NOT_SEEN_YET, VpcEndpointId=before.id, **changes)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """Waits until the endpoint's interfaces are gone: they keep its subnets and security groups."""
        doing = f"delete VPC endpoint {name}"
        answer = self.ec2.write("delete_vpc_endpoints", doing, VpcEndpointIds=[before.id])
        for each in answer.get("Unsuccessful", []):
            error = each["Error"]
            if not error["Code"].endswith("NotFound"):
                message = (
                    f"Cannot {doing} (ec2:DeleteVpcEndpoints in {self.ec2.region}): {error['Code']}: {error['Message']}"
                )
                raise AwsError(message, error["Code"])
        wait_gone(self, scope, [name], DELETION_SECONDS)


def _names(scope: Scope, kind: str, ids: list[str] | None) -> list[str]:
    return sorted(scope.name(kind, each) for each in ids or [])


def _policy(document: str | None) -> State:
    return canonical_policy(document) if document else {}
