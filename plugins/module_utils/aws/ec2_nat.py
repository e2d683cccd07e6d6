# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2: NAT gateways and the elastic IPs that they answer from."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable

from ..core import readiness
from ..core.plan import Observed, State
from .ec2 import (
    INTERNET_GATEWAY,
    NAT_GATEWAY,
    NETWORK_TAG,
    NOT_SEEN_YET,
    SUBNET,
    VPC,
    Item,
    VpcKind,
    specification,
)
from .reconcile import Scope
from .wait import wait_gone

ELASTIC_IP = "elastic IP"
# AWS takes about a minute; longer than this something is wrong.
DELETION_SECONDS = 900
ALIVE = frozenset({"pending", "available"})


class ElasticIps(VpcKind):
    """Addresses live outside of VPCs; a tag (`Network`) says which one they are for, so that none is forgotten.

    State: `tags`.
    """

    kind = ELASTIC_IP
    operation = "describe_addresses"
    id_key = "AllocationId"

    def settle(self, wanted: State, observed: State) -> State:
        if wanted.get("tags") is None:
            return wanted
        return {**wanted, "tags": {**wanted["tags"], NETWORK_TAG: self.network.name}}

    def read(self, scope: Scope, item: Item) -> State:
        return {}

    def facts(self, item: Item) -> State:
        return {"public_ip": item["PublicIp"]}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        more = {NETWORK_TAG: self.network.name}
        answer = self.ec2.write(
            "allocate_address",
            f"allocate elastic IP {name}",
            repeatable=False,
            Domain="vpc",
            TagSpecifications=specification("elastic-ip", wanted.get("tags"), name, **more),
        )
        state = {"tags": {**(wanted.get("tags") or {}), **more}}
        return Observed(answer["AllocationId"], state, {"public_ip": answer["PublicIp"]})

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.ec2.write(
            "release_address",
            f"release elastic IP {name}",
            missing={"InvalidAllocationID.NotFound"},
            # For a moment after its NAT gateway is gone the address still counts as in use.
            retry={"InvalidIPAddress.InUse", "AuthFailure"},
            AllocationId=before.id,
        )


class NatGateways(VpcKind):
    """A gateway that failed, or that is being deleted while it is wanted, is replaced.

    State: `subnet` (name), `alive` (pending or available), `tags`. The elastic IP is the one of the same name.
    """

    kind = NAT_GATEWAY
    after = (VPC, INTERNET_GATEWAY, SUBNET, ELASTIC_IP)
    operation = "describe_nat_gateways"
    id_key = "NatGatewayId"
    immutable: t.ClassVar = {
        "subnet": "A NAT gateway stays in its subnet: give the new one another name, and leave the old one out."
    }
    # Source: EC2 API, NatGateway.State.
    statuses = readiness.NAT_GATEWAY

    def items(self) -> list[Item]:
        # AWS lists a deleted gateway for about an hour.
        return [each for each in super().items() if each["State"] != "deleted"]

    def choose(self, name: str, one: Observed, other: Observed) -> Observed:
        """Of a gateway and its successor, the one that is alive."""
        alive = [each for each in (one, other) if each.state["alive"]]
        return super().choose(name, one, other) if len(alive) == 2 else (alive or [one])[0]

    def read(self, scope: Scope, item: Item) -> State:
        return {"subnet": scope.name(SUBNET, item["SubnetId"]), "alive": item["State"] in ALIVE}

    def facts(self, item: Item) -> State:
        facts = {"status": item["State"]}
        addresses = [each["PublicIp"] for each in item.get("NatGatewayAddresses", []) if each.get("PublicIp")]
        if addresses:
            facts["public_ip"] = addresses[0]
        if item.get("FailureMessage"):
            facts["failure"] = f"{item.get('FailureCode', '')}: {item['FailureMessage']}"
        return facts

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        answer = self.ec2.write(
            "create_nat_gateway",
            f"create NAT gateway {name} in subnet {wanted['subnet']}",
            retry=NOT_SEEN_YET,
            repeatable=False,
            SubnetId=scope.id(SUBNET, wanted["subnet"]),
            AllocationId=scope.id(ELASTIC_IP, name),
            ClientToken=self.token(name),
            TagSpecifications=specification("natgateway", wanted.get("tags"), name),
        )["NatGateway"]
        state = {"subnet": wanted["subnet"], "alive": True, "tags": wanted.get("tags") or {}}
        return Observed(answer["NatGatewayId"], state, self.facts(answer))

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        """Replace a gateway that is not alive: its elastic IP is free only when the old one is gone."""
        if "alive" not in fields:
            super().update(scope, name, before, wanted, fields)
            return
        self.delete(scope, name, before)
        self.forget_token(name)
        scope.record(self.kind, {name: self.create(scope, name, {**before.state, **wanted})})

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.ec2.write(
            "delete_nat_gateway",
            f"delete NAT gateway {name}",
            missing={"NatGatewayNotFound", "InvalidNatGatewayID.NotFound"},
            NatGatewayId=before.id,
        )
        wait_gone(self, scope, [name], DELETION_SECONDS)
