# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""NAT gateways: moto makes them available at once, and ignores tag filters, used addresses and deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers, guards
from simulator.overlays.ec2_support import filtered, member

if TYPE_CHECKING:
    from simulator.world import World

_FILTERS = {
    "nat-gateway-id": member("NatGatewayId"),
    "state": member("State"),
    "subnet-id": member("SubnetId"),
    "vpc-id": member("VpcId"),
}


class NatTokens:
    """Client tokens of an account and region: token to NAT gateway id."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}


def _available(_world: World, gateway: Any) -> None:
    if gateway.state == "pending":
        gateway.state = "available"


def _deleted(_world: World, backend: Any, gateway: Any) -> None:
    for address in gateway.address_set:
        for eip in list(backend.addresses):
            if eip.allocation_id == address.get("allocationId"):
                eip.eni, eip.association_id = None, None
        backend.enis.pop(address["networkInterfaceId"], None)
    gateway.state = "deleted"


@answers("ec2", "CreateNatGateway")
def create_nat_gateway(context: Context) -> dict[str, Any]:
    """pending, then available; the same client token gives the same gateway."""
    backend, tokens = context.backend(), context.store(NatTokens).known
    token = context.parameters.get("ClientToken", "")
    if token in tokens:
        return {"NatGateway": _describe(backend, backend.nat_gateways[tokens[token]]), "ClientToken": token}
    _check_address(context, backend)
    gateway_id = context.moto()["NatGateway"]["NatGatewayId"]
    gateway = backend.nat_gateways[gateway_id]
    gateway.state = "pending"
    eni = backend.enis[gateway.address_set[0]["networkInterfaceId"]]
    eni.description, eni.interface_type, eni.status = f"Interface for NAT Gateway {gateway_id}", "nat_gateway", "in-use"
    if token:
        tokens[token] = gateway_id
    context.world.schedule.after("nat_gateway", _available, gateway)
    return {"NatGateway": _describe(backend, gateway), "ClientToken": token or None}


def _check_address(context: Context, backend: Any) -> None:
    allocation = context.parameters.get("AllocationId")
    public = context.parameters.get("ConnectivityType", "public") == "public"
    if public and not allocation:
        raise AwsError("MissingParameter", "The request must include the AllocationId parameter")
    if not allocation:
        return
    eip = next((eip for eip in backend.addresses if eip.allocation_id == allocation), None)
    if eip is None:
        raise AwsError("InvalidAllocationID.NotFound", f"The allocation ID '{allocation}' does not exist")
    if eip.association_id:
        message = f"Elastic IP address [{allocation}] is already associated"
        raise AwsError("Resource.AlreadyAssociated", message)


def _describe(backend: Any, gateway: Any) -> dict[str, Any]:
    pending = gateway.state == "pending"
    addresses = []
    for address in gateway.address_set:
        shown = {"NetworkInterfaceId": address["networkInterfaceId"], "PrivateIp": address["privateIp"]}
        if address.get("allocationId"):
            shown |= {"AllocationId": address["allocationId"], "AssociationId": address["associationId"]}
            shown |= {} if pending else {"PublicIp": address["publicIp"]}
        addresses.append(shown | {"IsPrimary": True, "Status": "associating" if pending else "succeeded"})
    return {
        "NatGatewayId": gateway.id,
        "State": gateway.state,
        "SubnetId": gateway.subnet_id,
        "VpcId": gateway.vpc_id,
        "ConnectivityType": gateway.connectivity_type or "public",
        "CreateTime": gateway.create_time,
        "NatGatewayAddresses": addresses,
        "Tags": [{"Key": key, "Value": value} for key, value in backend.tags.get(gateway.id, {}).items()],
    }


@answers("ec2", "DescribeNatGateways")
def describe_nat_gateways(context: Context) -> dict[str, Any]:
    """All states, as on AWS: a deleted gateway stays visible."""
    backend = context.backend()
    wanted = context.parameters.get("NatGatewayIds") or []
    unknown = [gateway_id for gateway_id in wanted if gateway_id not in backend.nat_gateways]
    if unknown:
        raise AwsError("NatGatewayNotFound", f"The Nat Gateway {unknown[0]} was not found")
    items = [
        _describe(backend, gateway) for gateway in backend.nat_gateways.values() if not wanted or gateway.id in wanted
    ]
    return {"NatGateways": filtered(items, context.parameters.get("Filter"), _FILTERS)}


@answers("ec2", "DeleteNatGateway")
def delete_nat_gateway(context: Context) -> dict[str, Any]:
    """deleting, then deleted; only then the address is free and the subnet empty."""
    backend, gateway_id = context.backend(), context.parameters["NatGatewayId"]
    gateway = backend.nat_gateways.get(gateway_id)
    if gateway is None:
        raise AwsError("NatGatewayNotFound", f"The Nat Gateway {gateway_id} was not found")
    if gateway.state not in ("deleting", "deleted"):
        gateway.state = "deleting"
        context.world.schedule.after("nat_gateway", _deleted, backend, gateway, deletion=True)
    return {"NatGatewayId": gateway_id}


@guards("ec2", "ReleaseAddress")
def release_address(context: Context) -> None:
    """AWS keeps an address that something still uses."""
    allocation, public_ip = context.parameters.get("AllocationId"), context.parameters.get("PublicIp")
    for eip in context.backend().addresses:
        if eip.association_id and (eip.allocation_id == allocation or eip.public_ip == public_ip):
            raise AwsError("InvalidIPAddress.InUse", f"Address {eip.public_ip} is in use.")


@guards("ec2", "DisassociateAddress")
def disassociate_address(context: Context) -> None:
    """The address of a NAT gateway goes only with the gateway."""
    association = context.parameters.get("AssociationId")
    for gateway in context.backend().nat_gateways.values():
        if gateway.state != "deleted" and any(a.get("associationId") == association for a in gateway.address_set):
            raise AwsError("AuthFailure", "You do not have permission to access the specified resource.", 403)
