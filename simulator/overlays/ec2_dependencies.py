# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What EC2 refuses to delete because something else needs it; moto deletes it all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers, guards
from simulator.overlays.cache_model import Caches
from simulator.overlays.ec2_client_vpn import Endpoints

if TYPE_CHECKING:
    from collections.abc import Iterator


def _violation(kind: str, resource_id: str, reason: str) -> AwsError:
    # AWS names the thing only; the reason is the simulator's help to the reader
    message = f"The {kind} '{resource_id}' has dependencies and cannot be deleted ({reason})."
    return AwsError("DependencyViolation", message)


def subnet_users(context: Context, subnet_id: str) -> Iterator[str]:
    """What has a network interface in the subnet."""
    backend = context.backend()
    for eni in backend.enis.values():
        if eni.subnet.id == subnet_id:
            yield eni.id
    rds = context.backend("rds")
    for database in rds.databases.values():
        group = database.__dict__.get("db_subnet_group")
        if group is not None and any(subnet.id == subnet_id for subnet in group._subnets):
            yield f"DB instance {database.db_instance_identifier}"
    yield from _cache_users(context, subnet_id)
    for endpoint in context.store(Endpoints).by_id.values():
        if any(one["TargetNetworkId"] == subnet_id for one in endpoint.associations.values()):
            yield str(endpoint.facts["ClientVpnEndpointId"])


def _cache_users(context: Context, subnet_id: str) -> Iterator[str]:
    subnet_groups = context.backend("elasticache").cache_subnet_groups
    for group in context.store(Caches).groups.values():
        subnet_group = subnet_groups.get(group.settings["CacheSubnetGroupName"])
        if subnet_group is not None and subnet_id in subnet_group.subnet_ids:
            yield f"replication group {group.identifier}"


@answers("ec2", "DeleteSubnet")
def delete_subnet(context: Context) -> dict[str, Any]:
    """Refused while something has an interface in it; its associations with tables and ACLs go with it."""
    subnet_id, backend = context.parameters["SubnetId"], context.backend()
    user = next(subnet_users(context, subnet_id), None)
    if user:
        raise _violation("subnet", subnet_id, user)
    answer = context.moto()
    for acl in backend.network_acls.values():
        for key in [key for key, association in acl._associations.items() if association.subnet_id == subnet_id]:
            del acl._associations[key]
    for table in backend.route_tables.values():
        for key in [key for key, associated in table._associations.items() if associated == subnet_id]:
            del table._associations[key]
    return answer


@answers("ec2", "DeleteVpc")
def delete_vpc(context: Context) -> dict[str, Any]:
    """Refused while something is in it; its default network ACL goes with it."""
    vpc_id, backend = context.parameters["VpcId"], context.backend()
    user = next(_vpc_users(backend, vpc_id), None)
    if user:
        raise _violation("vpc", vpc_id, user)
    answer = context.moto()
    for key in [key for key, acl in backend.network_acls.items() if acl.vpc_id == vpc_id]:
        del backend.network_acls[key]
    return answer


def _vpc_users(backend: Any, vpc_id: str) -> Iterator[str]:
    yield from (
        gateway.id for gateway in backend.internet_gateways.values() if gateway.vpc and gateway.vpc.id == vpc_id
    )
    yield from (one.id for one in backend.nat_gateways.values() if one.vpc_id == vpc_id and one.state != "deleted")
    yield from (one.id for one in backend.vpc_end_points.values() if one.vpc_id == vpc_id and one.state != "deleted")
    yield from (group.id for group in backend.groups[vpc_id].values() if group.name != "default")
    yield from (acl.id for acl in backend.network_acls.values() if acl.vpc_id == vpc_id and not acl.default)


@guards("ec2", "DetachInternetGateway")
def detach_internet_gateway(context: Context) -> None:
    backend, vpc_id = context.backend(), context.parameters["VpcId"]
    for eip in backend.addresses:
        if eip.eni is not None and eip.eni.subnet.vpc_id == vpc_id:
            message = f"Network {vpc_id} has some mapped public address(es). "
            message += "Please unmap those public address(es) before detaching the gateway."
            raise AwsError("DependencyViolation", message)


@guards("ec2", "DeleteNetworkAcl")
def delete_network_acl(context: Context) -> None:
    acl_id = context.parameters["NetworkAclId"]
    acl = context.backend().network_acls.get(acl_id)
    if acl is not None and acl.default:
        raise AwsError("InvalidParameterValue", f"cannot delete default network ACL {acl_id}")
    if acl is not None and acl.associations:
        raise _violation("networkAcl", acl_id, acl.associations[0].subnet_id)


@guards("ec2", "DeleteSecurityGroup")
def delete_security_group(context: Context) -> None:
    group_id = context.parameters.get("GroupId")
    user = next(_security_group_users(context, group_id), None) if group_id else None
    if user:
        # AWS words it in this way for security groups
        raise AwsError("DependencyViolation", f"resource {group_id} has a dependent object ({user})")


def _security_group_users(context: Context, group_id: str) -> Iterator[str]:
    backend = context.backend()
    yield from (group.id for group in _all_groups(backend) if group.id != group_id and _refers(group, group_id))
    yield from (eni.id for eni in backend.enis.values() if any(group.id == group_id for group in eni.group_set))
    for endpoint in backend.vpc_end_points.values():
        if endpoint.state != "deleted" and group_id in (endpoint.security_group_ids or []):
            yield endpoint.id
    for database in context.backend("rds").databases.values():
        if group_id in (database.vpc_security_group_ids or []):
            yield f"DB instance {database.db_instance_identifier}"
    for cache in context.store(Caches).groups.values():
        if group_id in cache.settings["SecurityGroupIds"]:
            yield f"replication group {cache.identifier}"


def _all_groups(backend: Any) -> Iterator[Any]:
    for groups in backend.groups.values():
        yield from groups.values()


def _refers(group: Any, group_id: str) -> bool:
    rules = [*group.ingress_rules, *group.egress_rules]
    return any((rule.source_group or {}).get("GroupId") == group_id for rule in rules)
