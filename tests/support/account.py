# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an account holds, read back with boto3 and freed of ids and times, so that two accounts can be compared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.support import account_applications

# One list call a line: service, operation, key of the answer.
LISTS = (
    ("ec2", "describe_vpcs", "Vpcs"),
    ("ec2", "describe_subnets", "Subnets"),
    ("ec2", "describe_internet_gateways", "InternetGateways"),
    ("ec2", "describe_nat_gateways", "NatGateways"),
    ("ec2", "describe_addresses", "Addresses"),
    ("ec2", "describe_route_tables", "RouteTables"),
    ("ec2", "describe_network_acls", "NetworkAcls"),
    ("ec2", "describe_security_groups", "SecurityGroups"),
    ("ec2", "describe_vpc_endpoints", "VpcEndpoints"),
    ("ec2", "describe_flow_logs", "FlowLogs"),
    ("rds", "describe_db_instances", "DBInstances"),
    ("rds", "describe_db_subnet_groups", "DBSubnetGroups"),
    ("rds", "describe_db_parameter_groups", "DBParameterGroups"),
    ("elasticache", "describe_replication_groups", "ReplicationGroups"),
    ("elasticache", "describe_cache_subnet_groups", "CacheSubnetGroups"),
    ("elasticache", "describe_cache_parameter_groups", "CacheParameterGroups"),
    ("kms", "list_aliases", "Aliases"),
    ("kms", "list_keys", "Keys"),
    ("secretsmanager", "list_secrets", "SecretList"),
    ("ecr", "describe_repositories", "repositories"),
    ("logs", "describe_log_groups", "logGroups"),
    ("s3", "list_buckets", "Buckets"),
    ("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList"),
)
BUCKET_SETTINGS = (
    ("get_bucket_encryption", "ServerSideEncryptionConfiguration"),
    ("get_bucket_versioning", "Status"),
    ("get_public_access_block", "PublicAccessBlockConfiguration"),
    ("get_bucket_policy", "Policy"),
    ("get_bucket_lifecycle_configuration", "Rules"),
    ("get_bucket_logging", "LoggingEnabled"),
    ("get_bucket_tagging", "TagSet"),
)
# What differs from run to run by nature: times, and ids that nobody chose.
VOLATILE = re.compile(
    r"(Time|Timestamp|Date|At|On|Uri|Address|Ip|Endpoint|VersionsToStages|Arn|ARN|arn|ResourceId|KeyId|Id|createdAt)$"
)
GENERATED_ID = re.compile(
    r"(?:\b[a-z]+-)?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b(?P<sort>[a-z]+)-[0-9a-f]{8,17}\b|-[A-Za-z0-9]{6}$"
)

ClientOf = Callable[[str], Any]


def contents(client: ClientOf) -> dict[str, list[str]]:
    """Everything that LISTS finds, and the roles and buckets with their settings, one text a resource, sorted.

    Two accounts that hold the same have equal contents; a resource that stands there twice appears twice.
    """
    found = {
        f"{service}.{operation}": _texts(_answers(client(service), operation, key)) for service, operation, key in LISTS
    }
    found |= {what: _texts(items) for what, items in account_applications.found(client).items()}
    found["iam.roles"] = _texts(_roles(client("iam")))
    found["s3.settings"] = _texts(_buckets(client("s3")))
    return found


def differences(one: Mapping[str, list[str]], two: Mapping[str, list[str]]) -> dict[str, Any]:
    """In what two contents differ, by what it is: the texts that one alone has, and how many each has."""
    return {
        key: (sorted(set(one[key]) ^ set(two[key])), len(one[key]), len(two[key]))
        for key in one
        if one[key] != two[key]
    }


def _answers(client: Any, operation: str, key: str) -> list[Any]:
    if client.can_paginate(operation):
        return list(client.get_paginator(operation).paginate().build_full_result().get(key, []))
    return list(getattr(client, operation)().get(key, []))


def _roles(iam: Any) -> Iterator[Any]:
    for role in _answers(iam, "list_roles", "Roles"):
        name = role["RoleName"]
        policies = {
            each: iam.get_role_policy(RoleName=name, PolicyName=each)["PolicyDocument"]
            for each in iam.list_role_policies(RoleName=name)["PolicyNames"]
        }
        attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        yield {"name": name, "trust": role["AssumeRolePolicyDocument"], "policies": policies, "attached": attached}


def _buckets(s3: Any) -> Iterator[Any]:
    for bucket in s3.list_buckets()["Buckets"]:
        settings = {}
        for operation, key in BUCKET_SETTINGS:
            try:
                settings[operation] = getattr(s3, operation)(Bucket=bucket["Name"]).get(key)
            except s3.exceptions.ClientError as error:
                settings[operation] = error.response["Error"]["Code"]
        yield {"name": bucket["Name"], **settings}


def _texts(items: Any) -> list[str]:
    return sorted(str(_plain(item)) for item in items)


def _plain(value: Any) -> Any:
    """Without volatile members, lists in a stable order, generated ids replaced by their sort."""
    if isinstance(value, dict):
        return {key: _plain(value[key]) for key in sorted(value) if not VOLATILE.search(key)}
    if isinstance(value, list):
        return sorted((_plain(item) for item in value), key=str)
    if isinstance(value, str):
        return GENERATED_ID.sub(lambda match: match["sort"] or "id", value)
    return value
