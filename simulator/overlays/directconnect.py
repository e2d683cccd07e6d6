# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Direct Connect gateways and their associations, which moto lacks. They belong to the account, not to a region."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.tagged import Tagged, as_dict, tagged_resources

if TYPE_CHECKING:
    from simulator.world import World

DEFAULT_ASN = 64512


@dataclass
class Gateways:
    """The gateways of an account, and associations by id."""

    gateways: dict[str, dict[str, Any]] = field(default_factory=dict)
    associations: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: dict[str, list[dict[str, str]]] = field(default_factory=dict)


def _store(context: Context) -> Gateways:
    return context.store(Gateways, region="")


def _gateway(context: Context, identifier: str) -> dict[str, Any]:
    gateway = _store(context).gateways.get(identifier)
    if gateway is None:
        raise AwsError("DirectConnectClientException", f"Direct Connect gateway {identifier} does not exist")
    return gateway


def _arn(context: Context, identifier: str) -> str:
    return f"arn:aws:directconnect::{context.account}:dx-gateway/{identifier}"


@answers("directconnect", "CreateDirectConnectGateway")
def create(context: Context) -> dict[str, Any]:
    parameters, identifier = context.parameters, str(uuid.uuid4())
    gateway = {
        "directConnectGatewayId": identifier,
        "directConnectGatewayName": parameters["directConnectGatewayName"],
        "amazonSideAsn": parameters.get("amazonSideAsn", DEFAULT_ASN),
        "ownerAccount": context.account,
        "directConnectGatewayState": "available",
    }
    _store(context).gateways[identifier] = gateway
    tags = [{"Key": tag["key"], "Value": tag.get("value", "")} for tag in parameters.get("tags", [])]
    _store(context).tags[_arn(context, identifier)] = tags
    return {"directConnectGateway": _shown(context, gateway)}


def _shown(context: Context, gateway: dict[str, Any]) -> dict[str, Any]:
    tags = _store(context).tags.get(_arn(context, gateway["directConnectGatewayId"]), [])
    return gateway | {"tags": [{"key": tag["Key"], "value": tag["Value"]} for tag in tags]}


@answers("directconnect", "DescribeDirectConnectGateways")
def describe(context: Context) -> dict[str, Any]:
    wanted = context.parameters.get("directConnectGatewayId")
    gateways = _store(context).gateways.values()
    chosen = [one for one in gateways if wanted in (None, one["directConnectGatewayId"])]
    return {"directConnectGateways": [_shown(context, gateway) for gateway in chosen]}


@answers("directconnect", "UpdateDirectConnectGateway")
def update(context: Context) -> dict[str, Any]:
    gateway = _gateway(context, context.parameters["directConnectGatewayId"])
    gateway["directConnectGatewayName"] = context.parameters["newDirectConnectGatewayName"]
    return {"directConnectGateway": _shown(context, gateway)}


@answers("directconnect", "DeleteDirectConnectGateway")
def delete(context: Context) -> dict[str, Any]:
    gateway, store = _gateway(context, context.parameters["directConnectGatewayId"]), _store(context)
    identifier = gateway["directConnectGatewayId"]
    if any(one["directConnectGatewayId"] == identifier for one in store.associations.values()):
        message = f"Direct Connect gateway {identifier} has associations and cannot be deleted"
        raise AwsError("DirectConnectClientException", message)
    del store.gateways[identifier]
    store.tags.pop(_arn(context, identifier), None)
    return {"directConnectGateway": gateway | {"directConnectGatewayState": "deleted"}}


def _associated(_world: World, association: dict[str, Any]) -> None:
    if association["associationState"] in ("associating", "updating"):
        association["associationState"] = "associated"


def _disassociated(_world: World, store: Gateways, identifier: str) -> None:
    store.associations.pop(identifier, None)


@answers("directconnect", "CreateDirectConnectGatewayAssociation")
def associate(context: Context) -> dict[str, Any]:
    """associating, then associated; a virtual private gateway has one."""
    parameters, store = context.parameters, _store(context)
    gateway = _gateway(context, parameters["directConnectGatewayId"])
    vgw = parameters.get("virtualGatewayId") or parameters.get("gatewayId", "")
    known = context.backend("ec2").vpn_gateways.get(vgw)
    if known is None or known.state == "deleted":
        raise AwsError("DirectConnectClientException", f"Virtual private gateway {vgw} does not exist")
    if any(one["virtualGatewayId"] == vgw for one in store.associations.values()):
        raise AwsError("DirectConnectClientException", f"Virtual private gateway {vgw} is associated already")
    identifier = str(uuid.uuid4())
    prefixes = parameters.get("addAllowedPrefixesToDirectConnectGateway", [])
    association = {
        "associationId": identifier,
        "directConnectGatewayId": gateway["directConnectGatewayId"],
        "directConnectGatewayOwnerAccount": context.account,
        "associationState": "associating",
        "associatedGateway": {
            "id": vgw,
            "type": "virtualPrivateGateway",
            "ownerAccount": context.account,
            "region": context.region,
        },
        "allowedPrefixesToDirectConnectGateway": prefixes,
        "virtualGatewayId": vgw,
        "virtualGatewayRegion": context.region,
        "virtualGatewayOwnerAccount": context.account,
    }
    store.associations[identifier] = association
    context.world.schedule.after("direct_connect_association", _associated, association)
    return {"directConnectGatewayAssociation": association}


@answers("directconnect", "DescribeDirectConnectGatewayAssociations")
def describe_associations(context: Context) -> dict[str, Any]:
    parameters = context.parameters
    filters = {
        name: parameters[name]
        for name in ("associationId", "directConnectGatewayId", "virtualGatewayId")
        if name in parameters
    }
    if "associatedGatewayId" in parameters:
        filters["virtualGatewayId"] = parameters["associatedGatewayId"]
    items = [
        one
        for one in _store(context).associations.values()
        if all(one[name] == wanted for name, wanted in filters.items())
    ]
    return {"directConnectGatewayAssociations": items}


def _association(context: Context) -> dict[str, Any]:
    parameters = context.parameters
    for association in _store(context).associations.values():
        by_pair = (association["directConnectGatewayId"], association["virtualGatewayId"])
        if association["associationId"] == parameters.get("associationId") or by_pair == (
            parameters.get("directConnectGatewayId"),
            parameters.get("virtualGatewayId"),
        ):
            return association
    raise AwsError("DirectConnectClientException", "The association does not exist")


@answers("directconnect", "UpdateDirectConnectGatewayAssociation")
def update_association(context: Context) -> dict[str, Any]:
    association, parameters = _association(context), context.parameters
    prefixes = association["allowedPrefixesToDirectConnectGateway"]
    removed = [one["cidr"] for one in parameters.get("removeAllowedPrefixesToDirectConnectGateway", [])]
    kept = [one for one in prefixes if one["cidr"] not in removed]
    added = parameters.get("addAllowedPrefixesToDirectConnectGateway", [])
    association["allowedPrefixesToDirectConnectGateway"] = kept + [one for one in added if one not in kept]
    association["associationState"] = "updating"
    context.world.schedule.after("direct_connect_association", _associated, association)
    return {"directConnectGatewayAssociation": association}


@answers("directconnect", "DeleteDirectConnectGatewayAssociation")
def disassociate(context: Context) -> dict[str, Any]:
    """disassociating, then gone."""
    association = _association(context)
    association["associationState"] = "disassociating"
    identifier, store = association["associationId"], _store(context)
    context.world.schedule.after("direct_connect_association", _disassociated, store, identifier, deletion=True)
    return {"directConnectGatewayAssociation": association}


@answers("directconnect", "TagResource", "UntagResource", "DescribeTags")
def change_tags(context: Context) -> dict[str, Any]:
    """The tags of gateways; moto has those of connections."""
    arns = context.parameters.get("resourceArns") or [context.parameters.get("resourceArn", "")]
    if not all(":dx-gateway/" in arn for arn in arns):
        return context.moto()
    store = _store(context).tags
    for arn in arns:
        _gateway(context, arn.rpartition("/")[2])
    if context.call.operation == "DescribeTags":
        shown = [{"key": t["Key"], "value": t["Value"]} for arn in arns for t in store.get(arn, [])]
        return {"resourceTags": [{"resourceArn": arns[0], "tags": shown}]}
    tags = as_dict(store.get(arns[0], []))
    if context.call.operation == "TagResource":
        tags |= {tag["key"]: tag.get("value", "") for tag in context.parameters["tags"]}
    for key in context.parameters.get("tagKeys", []):
        tags.pop(key, None)
    store[arns[0]] = [{"Key": key, "Value": value} for key, value in tags.items()]
    return {}


@tagged_resources
def tagged(context: Context) -> list[Tagged]:
    return [Tagged(arn, "directconnect:dx-gateway", as_dict(tags)) for arn, tags in _store(context).tags.items()]
