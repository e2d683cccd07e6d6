# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Application Load Balancers: provisioning, network interfaces, attributes, deletion and its protection."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError, not_implemented
from simulator.overlay import Context, answers
from simulator.overlays.elbv2_model import (
    Balancing,
    Item,
    attribute_list,
    balancing,
    change_attributes,
    check_name,
    chosen,
    find,
    invalid,
    new_arn,
    set_tags,
)
from simulator.overlays.elbv2_targets import follow_usage
from simulator.tagged import Tagged, tagged_resources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.world import World

MOST_BALANCERS = 50
PAGE = 400
DEFAULTS = {
    "access_logs.s3.enabled": "false",
    "access_logs.s3.bucket": "",
    "access_logs.s3.prefix": "",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.prefix": "",
    "health_check_logs.s3.enabled": "false",
    "health_check_logs.s3.bucket": "",
    "health_check_logs.s3.prefix": "",
    "idle_timeout.timeout_seconds": "60",
    "deletion_protection.enabled": "false",
    "routing.http2.enabled": "true",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "load_balancing.cross_zone.enabled": "true",
    "routing.http.desync_mitigation_mode": "defensive",
    "client_keep_alive.seconds": "3600",
    "waf.fail_open.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "zonal_shift.config.enabled": "false",
}
# Hosted zones of load balancers' names, for alias records; regions that are not listed get the example's.
HOSTED_ZONES = {
    "us-east-1": "Z35SXDOTRQ7X7K",
    "us-east-2": "Z3AADJGX6KTTL2",
    "us-west-1": "Z368ELLRRE2KJ0",
    "us-west-2": "Z1H1FL5HABSF5",
    "ca-central-1": "ZQSVJUPU6J1EY",
    "eu-central-1": "Z215JYRZR1TBD5",
    "eu-west-1": "Z32O12XQLNTSW2",
    "eu-west-2": "ZHURV8PSTC4K8",
    "eu-west-3": "Z3Q77PNBQS71R4",
    "eu-north-1": "Z23TAZ6LKFMNIO",
    "eu-south-1": "Z3ULH7SSC9OV64",
    "ap-south-1": "ZP97RAFLXTNZK",
    "ap-southeast-1": "Z1LMS91P8CMLE5",
    "ap-southeast-2": "Z1GM3OXH4ZPM65",
    "ap-northeast-1": "Z14GRHDCWA56QT",
    "ap-northeast-2": "ZWKZPGTI48KDX",
    "sa-east-1": "Z2P70J7HTTTPLU",
}


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
    number = sum(arn.encode()) * 7919 % 900_000_000 + 100_000_000
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


@answers("elbv2", "DescribeLoadBalancerAttributes", "ModifyLoadBalancerAttributes")
def attributes(context: Context) -> dict[str, Any]:
    """A bucket for access logs must exist and let the log delivery write."""
    arn = find(context, "balancers", context.parameters["LoadBalancerArn"])["LoadBalancerArn"]
    known = balancing(context).attributes[arn]
    if context.call.operation.startswith("Modify"):
        wanted = dict(known)
        change_attributes(wanted, context.parameters["Attributes"], "Load balancer")
        for kind in ("access_logs", "connection_logs"):
            if wanted[f"{kind}.s3.enabled"] == "true":
                _check_log_bucket(context, wanted[f"{kind}.s3.bucket"])
        known.update(wanted)
    return {"Attributes": attribute_list(known)}


def _check_log_bucket(context: Context, name: str) -> None:
    bucket = context.backend("s3", "aws").buckets.get(name)
    if bucket is None:
        raise AwsError(
            "InvalidConfigurationRequest", f"Access Denied for bucket: {name}. Please check S3bucket permission"
        )
    policy = json.loads(bucket.policy) if bucket.policy else {}
    statements = policy.get("Statement", [])
    if not any(_lets_logs_in(one) for one in ([statements] if isinstance(statements, dict) else statements)):
        raise AwsError(
            "InvalidConfigurationRequest", f"Access Denied for bucket: {name}. Please check S3bucket permission"
        )


def _lets_logs_in(statement: Item) -> bool:
    """The service, or the account of load balancing in the older regions, may put objects."""
    text = json.dumps(statement.get("Principal", ""))
    actions = json.dumps(statement.get("Action", ""))
    writer = "logdelivery.elasticloadbalancing.amazonaws.com" in text or "arn:aws:iam::" in text
    return statement.get("Effect") == "Allow" and writer and ("s3:PutObject" in actions or "s3:*" in actions)


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


def _kind(arn: str) -> str:
    for kind, table in (("loadbalancer", "balancers"), ("targetgroup", "groups"), ("listener-rule", "rules")):
        if f":{kind}/" in arn:
            return table
    return "listeners"


@answers("elbv2", "AddTags", "RemoveTags", "DescribeTags")
def tags(context: Context) -> dict[str, Any]:
    """Of load balancers, target groups, listeners and rules alike."""
    arns = context.parameters["ResourceArns"]
    if context.call.operation == "DescribeTags" and len(arns) > 20:
        raise invalid("Member must have length less than or equal to 20")
    for arn in arns:
        find(context, _kind(arn), arn)
    table = balancing(context).tags
    for arn in arns:
        set_tags(context, arn, context.parameters.get("Tags", []))
        for key in context.parameters.get("TagKeys", []):
            table[arn].pop(key, None)
    if context.call.operation != "DescribeTags":
        return {}
    return {"TagDescriptions": [{"ResourceArn": arn, "Tags": attribute_list(table.get(arn, {}))} for arn in arns]}


@tagged_resources
def tagged(context: Context) -> Iterator[Tagged]:
    names = {"loadbalancer": "loadbalancer", "targetgroup": "targetgroup", "listener-rule": "listener-rule"}
    for arn, found in balancing(context).tags.items():
        kind = arn.split(":")[5].partition("/")[0]
        yield Tagged(arn, f"elasticloadbalancing:{names.get(kind, 'listener')}", dict(found))
