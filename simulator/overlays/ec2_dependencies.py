# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What EC2 refuses to delete because something else needs it; moto deletes it all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers, guards

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
        group = database.db_subnet_group
        if group is not None and any(subnet.id == subnet_id for subnet in group.subnets):
            yield f"DB instance {database.db_instance_identifier}"
    yield from _cache_users(context, subnet_id)


def _cache_users(context: Context, subnet_id: str) -> Iterator[str]:
    caches = context.backend("elasticache")
    for group in caches.replication_groups.values():
        subnet_group = caches.cache_subnet_groups.get(getattr(group, "cache_subnet_group_name", None))
        if subnet_group is not None and subnet_id in subnet_group.subnet_ids:
            yield f"replication group {group.replication_group_id}"


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
    for gateway in backend.internet_gateways.values():
        if gateway.vpc and gateway.vpc.id == vpc_id:
            yield gateway.id
    for gateway in backend.nat_gateways.values():
        if gateway.vpc_id == vpc_id and gateway.state != "deleted":
            yield gateway.id
    for endpoint in backend.vpc_end_points.values():
        if endpoint.vpc_id == vpc_id and endpoint.state != "deleted":
            yield endpoint.id
    for group in backend.groups[vpc_id].values():
        if group.name != "default":
            yield group.id
    for acl in backend.network_acls.values():
        if acl.vpc_id == vpc_id and not acl.default:
            yield acl.id


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
    for groups in backend.groups.values():
        for group in groups.values():
            rules = [*group.ingress_rules, *group.egress_rules]
            if group.id != group_id and any((rule.source_group or {}).get("GroupId") == group_id for rule in rules):
                yield group.id
    for eni in backend.enis.values():
        if any(group.id == group_id for group in eni.group_set):
            yield eni.id
    for endpoint in backend.vpc_end_points.values():
        if endpoint.state != "deleted" and group_id in (endpoint.security_group_ids or []):
            yield endpoint.id
    for database in context.backend("rds").databases.values():
        if group_id in (database.vpc_security_group_ids or []):
            yield f"DB instance {database.db_instance_identifier}"
    for group in context.backend("elasticache").replication_groups.values():
        if group_id in (getattr(group, "security_group_ids", None) or []):
            yield f"replication group {group.replication_group_id}"
