# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""VPC endpoints: moto makes them available at once, keeps deleted ones, and leaves the routes of gateway endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers

if TYPE_CHECKING:
    from simulator.world import World


def _available(_world: World, endpoint: Any) -> None:
    if endpoint.state == "pending":
        endpoint.state = "available"


def _deleted(_world: World, backend: Any, endpoint_id: str) -> None:
    endpoint = backend.vpc_end_points.pop(endpoint_id, None)
    for eni_id in endpoint.network_interface_ids if endpoint else []:
        backend.enis.pop(eni_id, None)
    backend.tags.pop(endpoint_id, None)


def _is_interface(endpoint: Any) -> bool:
    return (endpoint.vpc_endpoint_type or "Gateway").lower() == "interface"


@answers("ec2", "CreateVpcEndpoint")
def create_vpc_endpoint(context: Context) -> dict[str, Any]:
    """Interface endpoints are pending at first; a route table has one gateway endpoint of a service."""
    parameters, backend = context.parameters, context.backend()
    is_gateway = parameters.get("VpcEndpointType", "Gateway") == "Gateway"
    if is_gateway:
        _check_route_tables(backend, parameters)
        parameters = {**parameters, "VpcEndpointType": "Gateway"}
    answer = context.moto(parameters)["VpcEndpoint"]
    endpoint = backend.vpc_end_points[answer["VpcEndpointId"]]
    if is_gateway:
        endpoint.private_dns_enabled = False
    else:
        endpoint.state = "pending"
        _prepare_interfaces(backend, endpoint)
        context.world.schedule.after("vpc_endpoint_interface", _available, endpoint)
    answer |= _shown(context, endpoint)
    return {"VpcEndpoint": answer}


def _prepare_interfaces(backend: Any, endpoint: Any) -> None:
    if not endpoint.security_group_ids:
        default = backend.get_security_group_by_name_or_id("default", vpc_id=endpoint.vpc_id)
        endpoint.security_group_ids = [default.id]
    for eni_id in endpoint.network_interface_ids:
        eni = backend.enis[eni_id]
        eni.description, eni.interface_type = f"VPC Endpoint Interface {endpoint.id}", "vpc_endpoint"
        eni.status = "in-use"
        eni._group_set = [backend.get_security_group_from_id(group_id) for group_id in endpoint.security_group_ids]


def _check_route_tables(backend: Any, parameters: dict[str, Any]) -> None:
    for endpoint in backend.vpc_end_points.values():
        if endpoint.service_name != parameters["ServiceName"] or endpoint.state == "deleting":
            continue
        for table in parameters.get("RouteTableIds", []):
            if table in (endpoint.route_table_ids or []):
                message = f"route table {table} already has a route with destination-prefix-list-id of this service"
                raise AwsError("RouteAlreadyExists", message)


def _shown(context: Context, endpoint: Any) -> dict[str, Any]:
    return {
        "State": endpoint.state,
        "PrivateDnsEnabled": bool(endpoint.private_dns_enabled),
        "Groups": endpoint.groups,
        "RequesterManaged": False,
        "OwnerId": context.account,
        "IpAddressType": "ipv4",
    }


@answers("ec2", "DescribeVpcEndpoints")
def describe_vpc_endpoints(context: Context) -> dict[str, Any]:
    endpoints = context.backend().vpc_end_points
    answer = context.moto()
    answer["VpcEndpoints"] = [
        item | _shown(context, endpoints[item["VpcEndpointId"]]) for item in answer["VpcEndpoints"]
    ]
    return answer


@answers("ec2", "ModifyVpcEndpoint")
def modify_vpc_endpoint(context: Context) -> dict[str, Any]:
    """Routes follow the route tables of a gateway endpoint, interfaces the subnets of an interface endpoint."""
    backend, parameters = context.backend(), context.parameters
    endpoint = backend.vpc_end_points.get(parameters["VpcEndpointId"])
    if endpoint is None or endpoint.state == "deleting":
        message = f"The Vpc Endpoint Id '{parameters['VpcEndpointId']}' does not exist"
        raise AwsError("InvalidVpcEndpointId.NotFound", message)
    answer = context.moto()
    if parameters.get("ResetPolicy"):
        endpoint.policy_document = type(endpoint)(backend, "", "", "", None, None, []).policy_document
    if "PrivateDnsEnabled" in parameters:
        endpoint.private_dns_enabled = parameters["PrivateDnsEnabled"]
    for table in parameters.get("AddRouteTableIds", []):
        backend.create_route(
            table, None, gateway_id=endpoint.id, destination_prefix_list_id=endpoint.destination_prefix_list_id
        )
    for table in parameters.get("RemoveRouteTableIds", []):
        backend.delete_route(table, endpoint.destination_prefix_list_id)
    if _is_interface(endpoint):
        _move_interfaces(backend, endpoint)
    return answer


def _move_interfaces(backend: Any, endpoint: Any) -> None:
    for eni_id in list(endpoint.network_interface_ids):
        if backend.enis[eni_id].subnet.id not in endpoint.subnet_ids:
            endpoint.network_interface_ids.remove(eni_id)
            del backend.enis[eni_id]
    covered = {backend.enis[eni_id].subnet.id for eni_id in endpoint.network_interface_ids}
    for subnet_id in endpoint.subnet_ids:
        if subnet_id not in covered:
            endpoint.network_interface_ids.append(backend.create_network_interface(subnet_id, None).id)
    _prepare_interfaces(backend, endpoint)


@answers("ec2", "DeleteVpcEndpoints")
def delete_vpc_endpoints(context: Context) -> dict[str, Any]:
    """Gateway endpoints are gone at once, interface endpoints delete for a while."""
    backend, unsuccessful = context.backend(), []
    for endpoint_id in context.parameters["VpcEndpointIds"]:
        endpoint = backend.vpc_end_points.get(endpoint_id)
        if endpoint is None:
            message = f"The Vpc Endpoint Id '{endpoint_id}' does not exist"
            error = {"Code": "InvalidVpcEndpoint.NotFound", "Message": message}
            unsuccessful.append({"ResourceId": endpoint_id, "Error": error})
        elif _is_interface(endpoint):
            if endpoint.state != "deleting":
                endpoint.state = "deleting"
                context.world.schedule.after("vpc_endpoint_interface", _deleted, backend, endpoint_id, deletion=True)
        else:
            for table in endpoint.route_table_ids:
                backend.delete_route(table, endpoint.destination_prefix_list_id)
            _deleted(context.world, backend, endpoint_id)
    return {"Unsuccessful": unsuccessful}
