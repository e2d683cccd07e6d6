# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Client VPN endpoints, which moto lacks: endpoints, target networks, authorization rules and routes."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays.ec2_support import filtered, member, new_id, tags_for, tags_of

if TYPE_CHECKING:
    from simulator.world import World

LARGEST_PREFIX, SMALLEST_PREFIX = 12, 22


@dataclass
class Endpoint:
    """One endpoint; the parts are kept as Describe shows them."""

    facts: dict[str, Any]
    associations: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: list[dict[str, Any]] = field(default_factory=list)
    routes: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Endpoints:
    """The endpoints of an account and region."""

    by_id: dict[str, Endpoint] = field(default_factory=dict)


def _find(context: Context) -> Endpoint:
    identifier = context.parameters["ClientVpnEndpointId"]
    endpoint = context.store(Endpoints).by_id.get(identifier)
    if endpoint is None:
        raise AwsError("InvalidClientVpnEndpointId.NotFound", f"Endpoint {identifier} does not exist")
    return endpoint


def _set(_world: World, part: dict[str, Any], code: str) -> None:
    part["Status"] = {"Code": code}


def _drop(_world: World, parts: Any, key: Any) -> None:
    if isinstance(parts, dict):
        parts.pop(key, None)
    elif key in parts:
        parts.remove(key)


@answers("ec2", "CreateClientVpnEndpoint")
def create(context: Context) -> dict[str, Any]:
    """pending-associate until a network is associated."""
    parameters = context.parameters
    network = ipaddress.ip_network(parameters["ClientCidrBlock"])
    if not LARGEST_PREFIX <= network.prefixlen <= SMALLEST_PREFIX:
        message = f"ClientCidrBlock must be a /{LARGEST_PREFIX} to a /{SMALLEST_PREFIX}, not {network}"
        raise AwsError("InvalidParameterValue", message)
    identifier = new_id("cvpn-endpoint")
    dns_name = f"*.{identifier}.prod.clientvpn.{context.region}.amazonaws.com"
    facts = {
        "ClientVpnEndpointId": identifier,
        "Description": parameters.get("Description", ""),
        "Status": {"Code": "pending-associate"},
        "CreationTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "DnsName": dns_name,
        "ClientCidrBlock": str(network),
        "DnsServers": parameters.get("DnsServers", []),
        "SplitTunnel": parameters.get("SplitTunnel", False),
        "VpnProtocol": "openvpn",
        "TransportProtocol": parameters.get("TransportProtocol", "udp"),
        "VpnPort": parameters.get("VpnPort", 443),
        "ServerCertificateArn": parameters["ServerCertificateArn"],
        "AuthenticationOptions": [_authentication(one) for one in parameters["AuthenticationOptions"]],
        "ConnectionLogOptions": parameters["ConnectionLogOptions"],
        "SecurityGroupIds": parameters.get("SecurityGroupIds", []),
        "VpcId": parameters.get("VpcId"),
        "SelfServicePortalUrl": f"https://self-service.clientvpn.amazonaws.com/endpoints/{identifier}",
        "ClientConnectOptions": parameters.get("ClientConnectOptions", {"Enabled": False}),
        "SessionTimeoutHours": parameters.get("SessionTimeoutHours", 24),
        "ClientLoginBannerOptions": parameters.get("ClientLoginBannerOptions", {"Enabled": False}),
        "DisconnectOnSessionTimeout": parameters.get("DisconnectOnSessionTimeout", True),
    }
    context.store(Endpoints).by_id[identifier] = Endpoint(facts)
    tags = {tag["Key"]: tag["Value"] for tag in tags_for(parameters, "client-vpn-endpoint")}
    if tags:
        context.backend().create_tags([identifier], tags)
    return {"ClientVpnEndpointId": identifier, "Status": facts["Status"], "DnsName": dns_name}


def _authentication(given: dict[str, Any]) -> dict[str, Any]:
    shown: dict[str, Any] = {"Type": given["Type"]}
    if "MutualAuthentication" in given:
        arn = given["MutualAuthentication"]["ClientRootCertificateChainArn"]
        shown["MutualAuthentication"] = {"ClientRootCertificateChain": arn}
    if "FederatedAuthentication" in given:
        names = {"SAMLProviderArn": "SamlProviderArn", "SelfServiceSAMLProviderArn": "SelfServiceSamlProviderArn"}
        federated = given["FederatedAuthentication"]
        shown["FederatedAuthentication"] = {names[name]: value for name, value in federated.items()}
    if "ActiveDirectory" in given:
        shown["ActiveDirectory"] = given["ActiveDirectory"]
    return shown


@answers("ec2", "DescribeClientVpnEndpoints")
def describe(context: Context) -> dict[str, Any]:
    endpoints, wanted = context.store(Endpoints).by_id, context.parameters.get("ClientVpnEndpointIds") or []
    for identifier in wanted:
        if identifier not in endpoints:
            raise AwsError("InvalidClientVpnEndpointId.NotFound", f"Endpoint {identifier} does not exist")
    items = [
        endpoint.facts | {"Tags": tags_of(context.backend(), identifier)}
        for identifier, endpoint in endpoints.items()
        if not wanted or identifier in wanted
    ]
    filters = {"endpoint-id": member("ClientVpnEndpointId"), "transport-protocol": member("TransportProtocol")}
    return {"ClientVpnEndpoints": filtered(items, context.parameters.get("Filters"), filters)}


MODIFIABLE = (
    "Description",
    "SplitTunnel",
    "VpnPort",
    "ServerCertificateArn",
    "ConnectionLogOptions",
    "SecurityGroupIds",
    "VpcId",
    "ClientConnectOptions",
    "SessionTimeoutHours",
    "ClientLoginBannerOptions",
    "DisconnectOnSessionTimeout",
)


@answers("ec2", "ModifyClientVpnEndpoint")
def modify(context: Context) -> dict[str, Any]:
    facts = _find(context).facts
    facts |= {name: context.parameters[name] for name in MODIFIABLE if name in context.parameters}
    if "DnsServers" in context.parameters:
        servers = context.parameters["DnsServers"]
        facts["DnsServers"] = servers.get("CustomDnsServers", []) if servers.get("Enabled", True) else []
    return {"Return": True}


@answers("ec2", "DeleteClientVpnEndpoint")
def delete(context: Context) -> dict[str, Any]:
    """Refused while a network is associated."""
    endpoint, identifier = _find(context), context.parameters["ClientVpnEndpointId"]
    if endpoint.associations:
        message = f"Endpoint {identifier} has associated target networks and cannot be deleted"
        raise AwsError("InvalidParameterValue", message)
    del context.store(Endpoints).by_id[identifier]
    context.backend().tags.pop(identifier, None)
    return {"Status": {"Code": "deleting"}}


@answers("ec2", "AssociateClientVpnTargetNetwork")
def associate(context: Context) -> dict[str, Any]:
    """associating, then associated; the endpoint is available with the first network."""
    endpoint, subnet_id = _find(context), context.parameters["SubnetId"]
    subnet = context.backend().get_subnet(subnet_id)
    if any(one["TargetNetworkId"] == subnet_id for one in endpoint.associations.values()):
        message = f"The subnet {subnet_id} is associated with the endpoint already"
        raise AwsError("InvalidClientVpnDuplicateAssociationException", message)
    identifier = new_id("cvpn-assoc")
    association = {
        "AssociationId": identifier,
        "VpcId": subnet.vpc_id,
        "TargetNetworkId": subnet_id,
        "ClientVpnEndpointId": endpoint.facts["ClientVpnEndpointId"],
        "Status": {"Code": "associating"},
        "SecurityGroups": endpoint.facts["SecurityGroupIds"],
    }
    endpoint.associations[identifier] = association
    endpoint.facts["VpcId"] = endpoint.facts["VpcId"] or subnet.vpc_id
    endpoint.routes.append(
        _route(endpoint, context.backend().get_vpc(subnet.vpc_id).cidr_block, subnet_id, "associate")
    )
    context.world.schedule.after("client_vpn_association", _associated, endpoint, association)
    return {"AssociationId": identifier, "Status": association["Status"]}


def _associated(_world: World, endpoint: Endpoint, association: dict[str, Any]) -> None:
    if association["Status"]["Code"] == "associating":
        association["Status"] = {"Code": "associated"}
        endpoint.facts["Status"] = {"Code": "available"}


@answers("ec2", "DescribeClientVpnTargetNetworks")
def describe_networks(context: Context) -> dict[str, Any]:
    filters = {
        "association-id": member("AssociationId"),
        "target-network-id": member("TargetNetworkId"),
        "vpc-id": member("VpcId"),
    }
    items = list(_find(context).associations.values())
    wanted = context.parameters.get("AssociationIds")
    items = [item for item in items if not wanted or item["AssociationId"] in wanted]
    return {"ClientVpnTargetNetworks": filtered(items, context.parameters.get("Filters"), filters)}


@answers("ec2", "DisassociateClientVpnTargetNetwork")
def disassociate(context: Context) -> dict[str, Any]:
    """disassociating, then gone with its routes."""
    endpoint, identifier = _find(context), context.parameters["AssociationId"]
    association = endpoint.associations.get(identifier)
    if association is None:
        raise AwsError("InvalidClientVpnAssociationId.NotFound", f"Association {identifier} does not exist")
    association["Status"] = {"Code": "disassociating"}
    context.world.schedule.after("client_vpn_association", _disassociated, endpoint, identifier, deletion=True)
    return {"AssociationId": identifier, "Status": association["Status"]}


def _disassociated(_world: World, endpoint: Endpoint, identifier: str) -> None:
    association = endpoint.associations.pop(identifier, None)
    if association is not None:
        subnet = association["TargetNetworkId"]
        endpoint.routes = [route for route in endpoint.routes if route["TargetSubnet"] != subnet]
    if not endpoint.associations:
        endpoint.facts["Status"] = {"Code": "pending-associate"}


@answers("ec2", "AuthorizeClientVpnIngress")
def authorize(context: Context) -> dict[str, Any]:
    """authorizing, then active."""
    endpoint, parameters = _find(context), context.parameters
    everyone, group = parameters.get("AuthorizeAllGroups", False), parameters.get("AccessGroupId", "")
    if bool(group) == bool(everyone):
        raise AwsError("InvalidParameterCombination", "Give either AccessGroupId or AuthorizeAllGroups")
    cidr = str(ipaddress.ip_network(parameters["TargetNetworkCidr"]))
    if any(rule["DestinationCidr"] == cidr and rule["GroupId"] == group for rule in endpoint.rules):
        message = f"An authorization rule for {cidr} exists already"
        raise AwsError("InvalidClientVpnDuplicateAuthorizationRule", message)
    rule = {
        "ClientVpnEndpointId": endpoint.facts["ClientVpnEndpointId"],
        "Description": parameters.get("Description", ""),
        "GroupId": group,
        "AccessAll": everyone,
        "DestinationCidr": cidr,
        "Status": {"Code": "authorizing"},
    }
    endpoint.rules.append(rule)
    context.world.schedule.after("vpn_gateway_attachment", _set, rule, "active")
    return {"Status": rule["Status"]}


@answers("ec2", "RevokeClientVpnIngress")
def revoke(context: Context) -> dict[str, Any]:
    endpoint, parameters = _find(context), context.parameters
    cidr, group = parameters["TargetNetworkCidr"], parameters.get("AccessGroupId", "")
    for rule in endpoint.rules:
        if rule["DestinationCidr"] == cidr and rule["GroupId"] == group:
            rule["Status"] = {"Code": "revoking"}
            context.world.schedule.after("vpn_gateway_attachment", _drop, endpoint.rules, rule, deletion=True)
            return {"Status": rule["Status"]}
    raise AwsError("InvalidClientVpnEndpointAuthorizationRuleNotFound", f"There is no authorization rule for {cidr}")


@answers("ec2", "DescribeClientVpnAuthorizationRules")
def describe_rules(context: Context) -> dict[str, Any]:
    filters = {
        "description": member("Description"),
        "destination-cidr": member("DestinationCidr"),
        "group-id": member("GroupId"),
    }
    return {"AuthorizationRules": filtered(_find(context).rules, context.parameters.get("Filters"), filters)}


def _route(endpoint: Endpoint, cidr: str, subnet: str, origin: str, description: str = "") -> dict[str, Any]:
    return {
        "ClientVpnEndpointId": endpoint.facts["ClientVpnEndpointId"],
        "DestinationCidr": cidr,
        "TargetSubnet": subnet,
        "Type": "Nat",
        "Origin": origin,
        "Status": {"Code": "active"},
        "Description": description,
    }


@answers("ec2", "CreateClientVpnRoute")
def create_route(context: Context) -> dict[str, Any]:
    """creating, then active; only by a subnet that is associated."""
    endpoint, parameters = _find(context), context.parameters
    subnet, cidr = parameters["TargetVpcSubnetId"], parameters["DestinationCidrBlock"]
    if not any(one["TargetNetworkId"] == subnet for one in endpoint.associations.values()):
        raise AwsError("InvalidClientVpnActiveAssociationNotFound", f"The subnet {subnet} is not associated")
    if any(route["DestinationCidr"] == cidr and route["TargetSubnet"] == subnet for route in endpoint.routes):
        raise AwsError("InvalidClientVpnDuplicateRoute", f"A route to {cidr} by {subnet} exists already")
    route = _route(endpoint, cidr, subnet, "add-route", parameters.get("Description", ""))
    route["Status"] = {"Code": "creating"}
    endpoint.routes.append(route)
    context.world.schedule.after("vpn_gateway_attachment", _set, route, "active")
    return {"Status": route["Status"]}


@answers("ec2", "DeleteClientVpnRoute")
def delete_route(context: Context) -> dict[str, Any]:
    endpoint, cidr = _find(context), context.parameters["DestinationCidrBlock"]
    subnet = context.parameters.get("TargetVpcSubnetId")
    for route in endpoint.routes:
        if route["DestinationCidr"] == cidr and subnet in (None, route["TargetSubnet"]):
            if route["Origin"] == "associate":
                raise AwsError("InvalidParameterValue", "The route of an association goes with the association")
            route["Status"] = {"Code": "deleting"}
            context.world.schedule.after("vpn_gateway_attachment", _drop, endpoint.routes, route, deletion=True)
            return {"Status": route["Status"]}
    raise AwsError("InvalidClientVpnRouteNotFound", f"There is no route to {cidr}")


@answers("ec2", "DescribeClientVpnRoutes")
def describe_routes(context: Context) -> dict[str, Any]:
    filters = {
        "destination-cidr": member("DestinationCidr"),
        "origin": member("Origin"),
        "target-subnet": member("TargetSubnet"),
    }
    return {"Routes": filtered(_find(context).routes, context.parameters.get("Filters"), filters)}


@answers("ec2", "ApplySecurityGroupsToClientVpnTargetNetwork")
def apply_security_groups(context: Context) -> dict[str, Any]:
    endpoint, groups = _find(context), context.parameters["SecurityGroupIds"]
    endpoint.facts["SecurityGroupIds"] = groups
    for association in endpoint.associations.values():
        association["SecurityGroups"] = groups
    return {"SecurityGroupIds": groups}


@answers("ec2", "CreateTags", "DeleteTags")
def change_tags(context: Context) -> dict[str, Any]:
    """moto knows no endpoints to tag."""
    parameters = context.parameters
    own = [one for one in parameters["Resources"] if one.startswith("cvpn-endpoint-")]
    others = [one for one in parameters["Resources"] if one not in own]
    known = context.store(Endpoints).by_id
    for identifier in own:
        if identifier not in known:
            raise AwsError("InvalidClientVpnEndpointId.NotFound", f"Endpoint {identifier} does not exist")
    if others:
        context.moto({**parameters, "Resources": others})
    tags = {tag["Key"]: tag.get("Value") for tag in parameters.get("Tags", [])}
    if context.call.operation == "CreateTags":
        context.backend().create_tags(own, {key: value or "" for key, value in tags.items()})
        return {}
    # without a list of tags all go, without a value the key alone decides
    for identifier in own:
        present = list(context.backend().tags.get(identifier, {}))
        context.backend().delete_tags([identifier], tags or dict.fromkeys(present))
    return {}
