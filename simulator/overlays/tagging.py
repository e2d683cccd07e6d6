# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The Resource Groups Tagging API over everything that phase 1 makes; moto leaves half of it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.core.resource_tagging import iter_taggable_backends, make_tag_matcher, match_resource_type

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays.cache_model import Caches
from simulator.overlays.cache_others import Snapshots
from simulator.overlays.ec2_client_vpn import Endpoints
from simulator.overlays.rds_backups import ReplicatedBackups
from simulator.tagged import Tagged, as_dict, everything, tagged_resources

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = 50
# What services call the resource that they tag.
TAGGED_BY = {"secretsmanager": "SecretId", "sns": "ResourceArn", "cloudwatch": "ResourceARN"}
GLOBAL, GLOBAL_REGION = "aws", "us-east-1"
# Services that the functions below list in place of moto; AWS lists no IAM roles.
OWN = {"ec2", "elasticache", "iam", "s3", "ecr"}
# The kind of thing that an EC2 id stands for.
EC2_KINDS = {
    "vpc": "vpc",
    "subnet": "subnet",
    "igw": "internet-gateway",
    "rtb": "route-table",
    "nat": "natgateway",
    "eipalloc": "elastic-ip",
    "acl": "network-acl",
    "sg": "security-group",
    "sgr": "security-group-rule",
    "vpce": "vpc-endpoint",
    "fl": "vpc-flow-log",
    "cgw": "customer-gateway",
    "vgw": "vpn-gateway",
    "vpn": "vpn-connection",
    "eni": "network-interface",
    "dopt": "dhcp-options",
    "cvpn-endpoint": "client-vpn-endpoint",
    "i": "instance",
    "vol": "volume",
    "snap": "snapshot",
    "ami": "image",
    "lt": "launch-template",
    "key": "key-pair",
    "tgw": "transit-gateway",
    "pcx": "vpc-peering-connection",
}


def _living_ids(context: Context) -> set[str]:
    """The ids of the EC2 things that are not deleted; tags outlive them in moto."""
    ec2 = context.backend("ec2")
    ids = {*ec2.vpcs, *ec2.internet_gateways, *ec2.route_tables, *ec2.network_acls, *ec2.flow_logs, *ec2.enis}
    ids |= set(ec2.launch_templates)
    ids |= {eip.allocation_id for eip in ec2.addresses}
    ids |= {subnet for zone in ec2.subnets.values() for subnet in zone}
    ids |= {group for groups in ec2.groups.values() for group in groups}
    for table in (ec2.nat_gateways, ec2.vpc_end_points, ec2.vpn_gateways, ec2.vpn_connections, ec2.customer_gateways):
        ids |= {key for key, thing in table.items() if getattr(thing, "state", "") != "deleted"}
    for groups in ec2.groups.values():
        for group in groups.values():
            ids |= {rule.id for rule in (*group.ingress_rules, *group.egress_rules)}
    return ids | set(context.store(Endpoints).by_id) | set(ec2.dhcp_options_sets)


def _is_living(resource_id: str, living: set[str], kind: str) -> bool:
    # things of later phases (instances, images) are taken from moto's tags as they are
    return resource_id in living or kind in ("instance", "volume", "snapshot", "image", "key-pair")


@tagged_resources
def ec2(context: Context) -> Iterator[Tagged]:
    living = _living_ids(context)
    for resource_id, tags in list(context.backend("ec2").tags.items()):
        kind = EC2_KINDS.get(resource_id.rpartition("-")[0])
        if tags and kind and _is_living(resource_id, living, kind):
            arn = f"arn:aws:ec2:{context.region}:{context.account}:{kind}/{resource_id}"
            yield Tagged(arn, f"ec2:{kind}", dict(tags))


@tagged_resources
def elasticache(context: Context) -> Iterator[Tagged]:
    """Nodes have the tags of their replication group."""
    caches, backend = context.store(Caches), context.backend("elasticache")

    def tags(arn: str) -> dict[str, str]:
        found: dict[str, str] = backend.tagging_service.get_tag_dict_for_resource(arn)
        return found

    prefix = f"arn:aws:elasticache:{context.region}:{context.account}"
    for group in caches.groups.values():
        yield Tagged(group.arn, "elasticache:replicationgroup", tags(group.arn))
        for member in group.members:
            yield Tagged(f"{prefix}:cluster:{member}", "elasticache:cluster", tags(group.arn))
    for parameters in caches.parameter_groups.values():
        yield Tagged(parameters.arn, "elasticache:parametergroup", tags(parameters.arn))
    for subnets in backend.cache_subnet_groups.values():
        yield Tagged(subnets.arn, "elasticache:subnetgroup", tags(subnets.arn))
    for snapshot in context.store(Snapshots).by_name.values():
        yield Tagged(snapshot["ARN"], "elasticache:snapshot", tags(snapshot["ARN"]))


@tagged_resources
def rds_groups(context: Context) -> Iterator[Tagged]:
    """The groups that moto's listing leaves out, and replicated backups."""
    backend = context.backend("rds")
    for kind, groups in (("pg", backend.db_parameter_groups), ("subgrp", backend.subnet_groups)):
        for group in groups.values():
            yield Tagged(group.arn, f"rds:{kind}", as_dict(group.get_tags()))
    for backup in context.store(ReplicatedBackups).by_source.values():
        yield Tagged(backup.arn, "rds:auto-backup", as_dict(backup.tags))


@tagged_resources
def s3(context: Context) -> Iterator[Tagged]:
    """Buckets of this region only; moto lists those of all."""
    backend = context.backend("s3", GLOBAL)
    for bucket in backend.buckets.values():
        if bucket.region_name == context.region:
            yield Tagged(bucket.arn, "s3:bucket", backend.tagger.get_tag_dict_for_resource(bucket.arn))


@tagged_resources
def ecr(context: Context) -> Iterator[Tagged]:
    backend = context.backend("ecr")
    for repository in backend.repositories.values():
        yield Tagged(repository.arn, "ecr:repository", backend.tagger.get_tag_dict_for_resource(repository.arn))


@tagged_resources
def oidc_providers(context: Context) -> Iterator[Tagged]:
    """IAM is global: the tagging API of us-east-1 has it."""
    if context.region != GLOBAL_REGION:
        return
    for arn, provider in context.backend("iam", GLOBAL).open_id_providers.items():
        yield Tagged(arn, "iam:oidc-provider", as_dict(provider.tag_list_type))


def _moto(context: Context) -> Iterator[Tagged]:
    for backend in iter_taggable_backends(context.account, context.region):
        if backend.SERVICE_NAMESPACE in OWN:
            continue
        for item in backend.iter_tagged_resources():
            yield Tagged(item.arn, item.resource_type.replace("logs:loggroup", "logs:log-group"), item.tags)


def _all(context: Context) -> list[Tagged]:
    items = {item.arn: item for item in (*_moto(context), *everything(context)) if item.tags}
    return sorted(items.values(), key=lambda item: item.arn)


@answers("resourcegroupstaggingapi", "GetResources")
def get_resources(context: Context) -> dict[str, Any]:
    """Filtered by tags and types, in pages."""
    parameters = context.parameters
    matches = make_tag_matcher(parameters.get("TagFilters"))
    types, arns = parameters.get("ResourceTypeFilters"), parameters.get("ResourceARNList")
    items = [
        item
        for item in _all(context)
        if matches(item.tags) and match_resource_type(item.kind, types) and (not arns or item.arn in arns)
    ]
    start = _start(parameters.get("PaginationToken"))
    size = parameters.get("ResourcesPerPage", PAGE)
    page = [
        {"ResourceARN": item.arn, "Tags": [{"Key": key, "Value": value} for key, value in item.tags.items()]}
        for item in items[start : start + size]
    ]
    token = str(start + size) if start + size < len(items) else ""
    return {"ResourceTagMappingList": page, "PaginationToken": token}


def _start(token: str | None) -> int:
    if not token:
        return 0
    if not token.isdigit():
        raise AwsError("PaginationTokenExpiredException", "The pagination token is not valid")
    return int(token)


@answers("resourcegroupstaggingapi", "GetTagKeys")
def get_tag_keys(context: Context) -> dict[str, Any]:
    return {"TagKeys": sorted({key for item in _all(context) for key in item.tags}), "PaginationToken": ""}


@answers("resourcegroupstaggingapi", "GetTagValues")
def get_tag_values(context: Context) -> dict[str, Any]:
    key = context.parameters["Key"]
    values = {item.tags[key] for item in _all(context) if key in item.tags}
    return {"TagValues": sorted(values), "PaginationToken": ""}


@answers("resourcegroupstaggingapi", "TagResources", "UntagResources")
def change_tags(context: Context) -> dict[str, Any]:
    """By each service's own operation; what cannot be tagged is named in the answer."""
    failed: dict[str, dict[str, Any]] = {}
    for arn in context.parameters["ResourceARNList"]:
        try:
            _change(context, arn)
        except AwsError as error:
            failed[arn] = {"StatusCode": 400, "ErrorCode": "InvalidParameterException", "ErrorMessage": error.message}
    return {"FailedResourcesMap": failed}


def _change(context: Context, arn: str) -> None:
    service = arn.split(":")[2]
    add = context.call.operation == "TagResources"
    tags, keys = context.parameters.get("Tags", {}), context.parameters.get("TagKeys", [])
    pairs = [{"Key": key, "Value": value} for key, value in tags.items()]
    name = {"ResourceName": arn}
    if service == "ec2":
        operation, wanted = ("CreateTags", pairs) if add else ("DeleteTags", [{"Key": key} for key in keys])
        context.invoke("ec2", operation, Resources=[arn.rpartition("/")[2]], Tags=wanted)
    elif service in ("rds", "elasticache"):
        change: dict[str, Any] = {"Tags": pairs} if add else {"TagKeys": keys}
        context.invoke(service, "AddTagsToResource" if add else "RemoveTagsFromResource", **name, **change)
    elif service == "kms":
        kms = {"Tags": [{"TagKey": k, "TagValue": v} for k, v in tags.items()]} if add else {"TagKeys": keys}
        context.invoke("kms", "TagResource" if add else "UntagResource", KeyId=arn.rpartition("/")[2], **kms)
    elif service in TAGGED_BY:
        change = {"Tags": pairs} if add else {"TagKeys": keys}
        change[TAGGED_BY[service]] = arn
        context.invoke(service, "TagResource" if add else "UntagResource", **change)
    elif service == "ecs":
        change = {"tags": [{"key": k, "value": v} for k, v in tags.items()]} if add else {"tagKeys": keys}
        context.invoke(service, "TagResource" if add else "UntagResource", resourceArn=arn, **change)
    elif service in ("ecr", "logs", "accessanalyzer"):
        change = {"tags": tags if service == "logs" else pairs} if add else {"tagKeys": keys}
        context.invoke(service, "TagResource" if add else "UntagResource", resourceArn=arn, **change)
    else:
        raise AwsError("InvalidParameterException", f"The simulator cannot tag {service} by this operation")
