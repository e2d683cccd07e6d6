# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Application Load Balancers: provisioning, network interfaces, attributes, deletion and its protection."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zlib import crc32

from simulator.errors import AwsError, not_implemented
from simulator.overlay import Context, answers
from simulator.overlays.elbv2_model import (
    Balancing,
    Item,
    balancing,
    check_name,
    chosen,
    find,
    invalid,
    new_arn,
    set_tags,
)
from simulator.overlays.elbv2_places import DEFAULTS, HOSTED_ZONES
from simulator.overlays.elbv2_targets import follow_usage

if TYPE_CHECKING:
    from simulator.world import World

MOST_BALANCERS = 50
PAGE = 400


def _active(_world: World, balancer: Item) -> None:
    if balancer["State"]["Code"] == "provisioning":
        balancer["State"] = {"Code": "active"}


@answers("elbv2", "CreateLoadBalancer")
def create(context: Context) -> dict[str, Any]:
    """provisioning, then active; asked for again with the same settings it is the same."""
    parameters, store = context.parameters, balancing(context)
    name = parameters["Name"]
    if parameters.get("Type", "application") != "application":
        raise not_implemented("elbv2", "CreateLoadBalancer", f"type {parameters['Type']}")
    check_name(name, "load balancer")
    subnets = _subnets(context)
    groups = _security_groups(context, subnets)
    facts = {
        "Scheme": parameters.get("Scheme", "internet-facing"),
        "IpAddressType": parameters.get("IpAddressType", "ipv4"),
        "SecurityGroups": groups,
        "AvailabilityZones": _zones(subnets),
    }
    existing = next((one for one in store.balancers.values() if one["LoadBalancerName"] == name), None)
    if existing:
        if any(existing[key] != value for key, value in facts.items()):
            message = f"A load balancer with the same name '{name}' exists, but with different settings"
            raise AwsError("DuplicateLoadBalancerName", message)
        return {"LoadBalancers": [existing]}
    if len(store.balancers) >= MOST_BALANCERS:
        raise AwsError("TooManyLoadBalancers", f"The maximum number of load balancers ({MOST_BALANCERS}) is reached")
    arn = new_arn(context, f"loadbalancer/app/{name}")
    internal = "internal-" if facts["Scheme"] == "internal" else ""
    # Two balancers of one name, one after the other, must not have one DNS name.
    number = crc32(arn.encode()) % 900_000_000 + 100_000_000
    balancer = facts | {
        "LoadBalancerArn": arn,
        "DNSName": f"{internal}{name}-{number}.{context.region}.elb.amazonaws.com",
        "CanonicalHostedZoneId": HOSTED_ZONES.get(context.region, "Z2P70J7EXAMPLE"),
        "CreatedTime": datetime.now(UTC),
        "LoadBalancerName": name,
        "VpcId": subnets[0].vpc_id,
        "State": {"Code": "provisioning"},
        "Type": "application",
    }
    set_tags(context, arn, parameters.get("Tags", []))
    store.balancers[arn] = balancer
    store.attributes[arn] = dict(DEFAULTS)
    _make_interfaces(context, balancer)
    context.world.schedule.after("alb", _active, balancer)
    return {"LoadBalancers": [balancer]}


def _subnets(context: Context) -> list[Any]:
    """At least two, in different zones of one VPC."""
    given = context.parameters.get("Subnets") or [
        one["SubnetId"] for one in context.parameters.get("SubnetMappings", [])
    ]
    known = {name: subnet for zone in context.backend("ec2").subnets.values() for name, subnet in zone.items()}
    missing = [name for name in given if name not in known]
    if missing:
        raise AwsError("SubnetNotFound", f"The subnet ID '{missing[0]}' does not exist")
    subnets = [known[name] for name in given]
    if len({subnet.availability_zone for subnet in subnets}) < 2:
        raise invalid("At least two subnets in two different Availability Zones must be specified")
    if len({subnet.availability_zone for subnet in subnets}) < len(subnets):
        raise AwsError(
            "InvalidConfigurationRequest",
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
        )
    if len({subnet.vpc_id for subnet in subnets}) > 1:
        raise AwsError("InvalidConfigurationRequest", "All subnets must belong to the same VPC")
    if context.parameters.get("Scheme", "internet-facing") == "internet-facing":
        _require_internet_gateway(context, subnets[0].vpc_id)
    return sorted(subnets, key=lambda subnet: str(subnet.availability_zone))


def _require_internet_gateway(context: Context, vpc_id: str) -> None:
    gateways = context.backend("ec2").internet_gateways.values()
    if not any(gateway.vpc and gateway.vpc.id == vpc_id for gateway in gateways):
        raise AwsError("InvalidSubnet", f"VPC {vpc_id} has no internet gateway")


def _zones(subnets: list[Any]) -> list[Item]:
    return [
        {"ZoneName": subnet.availability_zone, "SubnetId": subnet.id, "LoadBalancerAddresses": []} for subnet in subnets
    ]


def _security_groups(context: Context, subnets: list[Any]) -> list[str]:
    groups = context.backend("ec2").groups[subnets[0].vpc_id]
    given: list[str] = context.parameters.get("SecurityGroups", [])
    for group in given:
        if group not in groups:
            raise AwsError("InvalidSecurityGroup", f"The security group '{group}' does not exist in this VPC")
    return given or [group.id for group in groups.values() if group.name == "default"]


def _make_interfaces(context: Context, balancer: Item) -> None:
    """A network interface in each subnet: it keeps subnet and security group from being deleted."""
    backend = context.backend("ec2")
    for zone in balancer["AvailabilityZones"]:
        made = context.invoke(
            "ec2", "CreateNetworkInterface", SubnetId=zone["SubnetId"], Groups=balancer["SecurityGroups"]
        )["NetworkInterface"]
        eni = backend.enis[made["NetworkInterfaceId"]]
        eni.description = f"ELB {_suffix(balancer['LoadBalancerArn'])}"
        eni.status = "in-use"


def _suffix(arn: str) -> str:
    return arn.partition(":loadbalancer/")[2]


def _drop_interfaces(backend: Any, arn: str) -> None:
    for name in [name for name, eni in backend.enis.items() if eni.description == f"ELB {_suffix(arn)}"]:
        del backend.enis[name]


@answers("elbv2", "DescribeLoadBalancers")
def describe(context: Context) -> dict[str, Any]:
    parameters, store = context.parameters, balancing(context)
    names, arns = parameters.get("Names"), parameters.get("LoadBalancerArns")
    if arns:
        return {"LoadBalancers": list(chosen(context, "balancers", arns))}
    found = sorted(store.balancers.values(), key=lambda one: str(one["LoadBalancerArn"]))
    if names:
        missing = set(names) - {one["LoadBalancerName"] for one in found}
        if missing:
            raise AwsError("LoadBalancerNotFound", f"Load balancers '{sorted(missing)}' not found")
        found = [one for one in found if one["LoadBalancerName"] in names]
    return page(context, "LoadBalancers", found)


def page(context: Context, member: str, items: list[Item]) -> dict[str, Any]:
    """One page, with a marker where more follows."""
    start = int(context.parameters.get("Marker") or 0)
    end = start + int(context.parameters.get("PageSize") or PAGE)
    return {member: items[start:end]} | ({"NextMarker": str(end)} if end < len(items) else {})


def _gone(_world: World, backend: Any, arn: str) -> None:
    _drop_interfaces(backend, arn)


@answers("elbv2", "DeleteLoadBalancer")
def delete(context: Context) -> dict[str, Any]:
    """With its listeners and rules; what is not there is no error. Its interfaces go a little later."""
    store, arn = balancing(context), context.parameters["LoadBalancerArn"]
    if arn not in store.balancers:
        return {}
    if store.attributes[arn]["deletion_protection.enabled"] == "true":
        message = f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled"
        raise AwsError("OperationNotPermitted", message)
    for listener in store.listeners_of(arn):
        drop_listener(store, listener["ListenerArn"])
    del store.balancers[arn]
    store.forget(arn)
    follow_usage(context.world, store)
    context.world.schedule.after("alb", _gone, context.backend("ec2"), arn, deletion=True)
    return {}


def drop_listener(store: Balancing, arn: str) -> None:
    for rule in store.rules_of(arn):
        del store.rules[rule["RuleArn"]]
        store.forget(rule["RuleArn"])
    del store.listeners[arn]
    store.forget(arn)


@answers("elbv2", "SetSecurityGroups", "SetSubnets", "SetIpAddressType")
def change(context: Context) -> dict[str, Any]:
    """Its network interfaces follow."""
    balancer = find(context, "balancers", context.parameters["LoadBalancerArn"])
    if context.call.operation == "SetIpAddressType":
        balancer["IpAddressType"] = context.parameters["IpAddressType"]
        return {"IpAddressType": balancer["IpAddressType"]}
    if context.call.operation == "SetSecurityGroups":
        known = context.backend("ec2").subnets
        subnets = [known[one["ZoneName"]][one["SubnetId"]] for one in balancer["AvailabilityZones"]]
        balancer["SecurityGroups"] = _security_groups(context, subnets)
        answer = {"SecurityGroupIds": balancer["SecurityGroups"]}
    else:
        balancer["AvailabilityZones"] = _zones(_subnets(context))
        answer = {"AvailabilityZones": balancer["AvailabilityZones"], "IpAddressType": balancer["IpAddressType"]}
    _drop_interfaces(context.backend("ec2"), balancer["LoadBalancerArn"])
    _make_interfaces(context, balancer)
    return answer
