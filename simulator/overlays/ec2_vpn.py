# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Site-to-site VPN: provisioning time, static routes, options and route propagation, which moto lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers, guards

if TYPE_CHECKING:
    from simulator.world import World


class VpnFacts:
    """What moto does not keep: options and routes by VPN connection, propagating gateways by route table."""

    def __init__(self) -> None:
        self.options: dict[str, dict[str, Any]] = {}
        self.routes: dict[str, list[str]] = {}
        self.propagating: dict[str, list[str]] = {}


def _set_state(_world: World, resource: Any, state: str) -> None:
    resource.state = state


@answers("ec2", "CreateVpnConnection")
def create_vpn_connection(context: Context) -> dict[str, Any]:
    """pending, then available."""
    gateway_id = context.parameters.get("VpnGatewayId")
    gateway = context.backend().vpn_gateways.get(gateway_id)
    if gateway_id and (gateway is None or gateway.state == "deleted"):
        raise AwsError("InvalidVpnGatewayID.NotFound", f"The vpnGateway ID '{gateway_id}' does not exist")
    connection_id = context.moto()["VpnConnection"]["VpnConnectionId"]
    connection = context.backend().vpn_connections[connection_id]
    connection.state = "pending"
    context.store(VpnFacts).options[connection_id] = context.parameters.get("Options", {})
    context.world.schedule.after("vpn_connection", _set_state, connection, "available")
    return {"VpnConnection": _describe(context, connection_id)}


def _describe(context: Context, connection_id: str) -> dict[str, Any]:
    found = context.invoke("ec2", "DescribeVpnConnections", VpnConnectionIds=[connection_id])
    connection: dict[str, Any] = found["VpnConnections"][0]
    return connection


@answers("ec2", "DescribeVpnConnections")
def describe_vpn_connections(context: Context) -> dict[str, Any]:
    facts, answer = context.store(VpnFacts), context.moto()
    for connection in answer["VpnConnections"]:
        connection_id = connection["VpnConnectionId"]
        options = facts.options.get(connection_id, {})
        routes = facts.routes.get(connection_id, [])
        connection["Options"] = {**options, "StaticRoutesOnly": options.get("StaticRoutesOnly", False)}
        connection["Routes"] = [{"DestinationCidrBlock": cidr, "State": "available"} for cidr in routes]
        connection["Category"] = "VPN"
    return answer


@answers("ec2", "DeleteVpnConnection")
def delete_vpn_connection(context: Context) -> dict[str, Any]:
    """deleting, then deleted."""
    context.moto()
    connection = context.backend().vpn_connections[context.parameters["VpnConnectionId"]]
    connection.state = "deleting"
    context.world.schedule.after("vpn_connection", _set_state, connection, "deleted", deletion=True)
    return {}


@answers("ec2", "CreateVpnConnectionRoute", "DeleteVpnConnectionRoute")
def connection_route(context: Context) -> dict[str, Any]:
    connection_id, cidr = context.parameters["VpnConnectionId"], context.parameters["DestinationCidrBlock"]
    if connection_id not in context.backend().vpn_connections:
        message = f"The vpnConnection ID '{connection_id}' does not exist"
        raise AwsError("InvalidVpnConnectionID.NotFound", message)
    routes = context.store(VpnFacts).routes.setdefault(connection_id, [])
    if context.call.operation.startswith("Create"):
        if cidr not in routes:
            routes.append(cidr)
    elif cidr in routes:
        routes.remove(cidr)
    else:
        raise AwsError("InvalidRoute.NotFound", f"The specified route {cidr} does not exist")
    return {}


@answers("ec2", "EnableVgwRoutePropagation", "DisableVgwRoutePropagation")
def route_propagation(context: Context) -> dict[str, Any]:
    table, gateway = context.parameters["RouteTableId"], context.parameters["GatewayId"]
    if table not in context.backend().route_tables:
        raise AwsError("InvalidRouteTableID.NotFound", f"The routeTable ID '{table}' does not exist")
    attached = context.backend().vpn_gateways.get(gateway)
    vpc_id = context.backend().route_tables[table].vpc_id
    if attached is None or vpc_id not in attached.attachments:
        raise AwsError("Gateway.NotAttached", f"resource {gateway} is not attached to network {vpc_id}")
    gateways = context.store(VpnFacts).propagating.setdefault(table, [])
    if context.call.operation.startswith("Enable"):
        gateways += [] if gateway in gateways else [gateway]
    elif gateway in gateways:
        gateways.remove(gateway)
    return {}


@answers("ec2", "DescribeRouteTables")
def describe_route_tables(context: Context) -> dict[str, Any]:
    """With the gateways that propagate, and routes to what is gone as black holes."""
    answer, propagating = context.moto(), context.store(VpnFacts).propagating
    gateways = context.backend().nat_gateways
    for table in answer["RouteTables"]:
        table["PropagatingVgws"] = [{"GatewayId": g} for g in propagating.get(table["RouteTableId"], [])]
        for route in table["Routes"]:
            gateway = gateways.get(route.get("NatGatewayId"))
            if gateway is not None and gateway.state == "deleted":
                route["State"] = "blackhole"
    return answer


@guards("ec2", "DeleteVpnGateway")
def delete_vpn_gateway(context: Context) -> None:
    """AWS keeps a gateway that is attached or has connections."""
    gateway_id, backend = context.parameters["VpnGatewayId"], context.backend()
    gateway = backend.vpn_gateways.get(gateway_id)
    attached = gateway is not None and any(a.state in ("attached", "attaching") for a in gateway.attachments.values())
    connected = any(c.vpn_gateway_id == gateway_id and c.state != "deleted" for c in backend.vpn_connections.values())
    if attached or connected:
        raise AwsError("IncorrectState", f"The vpnGateway ID '{gateway_id}' is in use")


@guards("ec2", "DeleteCustomerGateway")
def delete_customer_gateway(context: Context) -> None:
    gateway_id = context.parameters["CustomerGatewayId"]
    connections = context.backend().vpn_connections.values()
    if any(c.customer_gateway_id == gateway_id and c.state != "deleted" for c in connections):
        raise AwsError("IncorrectState", f"The customer gateway '{gateway_id}' is in use.")
