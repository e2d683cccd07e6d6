# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Does an answer say only what AWS's model knows, and all that AWS always says? Checked on the raw bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Callable

# What AWS's documentation shows in every answer although the model does not require it.
ALWAYS = {
    "CreateVpc": ["Vpc.VpcId", "Vpc.State", "Vpc.CidrBlock"],
    "CreateSubnet": ["Subnet.SubnetId", "Subnet.AvailabilityZone", "Subnet.State"],
    "CreateNatGateway": ["NatGateway.NatGatewayId", "NatGateway.State", "NatGateway.NatGatewayAddresses"],
    "DescribeNatGateways": ["NatGateways.[].State", "NatGateways.[].SubnetId", "NatGateways.[].VpcId"],
    "CreateVpcEndpoint": ["VpcEndpoint.VpcEndpointId", "VpcEndpoint.State", "VpcEndpoint.ServiceName"],
    "DescribeVpcEndpoints": ["VpcEndpoints.[].VpcEndpointType", "VpcEndpoints.[].PolicyDocument"],
    "CreateFlowLogs": ["FlowLogIds"],
    "DescribeFlowLogs": ["FlowLogs.[].FlowLogStatus", "FlowLogs.[].ResourceId", "FlowLogs.[].LogDestinationType"],
    "DescribeSecurityGroupRules": ["SecurityGroupRules.[].SecurityGroupRuleId", "SecurityGroupRules.[].GroupOwnerId"],
    "DescribeVpnConnections": ["VpnConnections.[].State", "VpnConnections.[].Options"],
    "DescribeClientVpnEndpoints": ["ClientVpnEndpoints.[].Status.Code", "ClientVpnEndpoints.[].ClientCidrBlock"],
    "CreateDBInstance": ["DBInstance.DBInstanceStatus", "DBInstance.DBInstanceArn", "DBInstance.DbiResourceId"],
    "DescribeDBInstances": [
        "DBInstances.[].DBInstanceStatus",
        "DBInstances.[].PendingModifiedValues",
        "DBInstances.[].DbiResourceId",
        "DBInstances.[].StorageType",
        "DBInstances.[].TagList",
    ],
    "DescribeDBParameters": ["Parameters.[].ParameterName", "Parameters.[].ApplyType", "Parameters.[].IsModifiable"],
    "DescribeDBParameterGroups": ["DBParameterGroups.[].DBParameterGroupArn"],
    "DescribeDBSubnetGroups": ["DBSubnetGroups.[].VpcId", "DBSubnetGroups.[].SubnetGroupStatus"],
    "StartDBInstanceAutomatedBackupsReplication": ["DBInstanceAutomatedBackup.Status"],
    "DescribeDBInstanceAutomatedBackups": ["DBInstanceAutomatedBackups.[].DBInstanceAutomatedBackupsArn"],
    "CreateReplicationGroup": ["ReplicationGroup.Status", "ReplicationGroup.ARN", "ReplicationGroup.MemberClusters"],
    "DescribeReplicationGroups": [
        "ReplicationGroups.[].Status",
        "ReplicationGroups.[].AutomaticFailover",
        "ReplicationGroups.[].AuthTokenEnabled",
        "ReplicationGroups.[].TransitEncryptionEnabled",
    ],
    "DescribeCacheClusters": ["CacheClusters.[].CacheClusterStatus", "CacheClusters.[].EngineVersion"],
    "DescribeCacheParameterGroups": ["CacheParameterGroups.[].ARN"],
    "DescribeCacheParameters": ["Parameters.[].ParameterName", "Parameters.[].Source"],
    "DescribeCacheSubnetGroups": ["CacheSubnetGroups.[].ARN", "CacheSubnetGroups.[].Subnets"],
    "DescribeKey": ["KeyMetadata.Arn", "KeyMetadata.KeyState", "KeyMetadata.KeyManager"],
    "GetKeyRotationStatus": ["KeyRotationEnabled", "KeyId"],
    "ScheduleKeyDeletion": ["KeyId", "DeletionDate", "KeyState", "PendingWindowInDays"],
    "GetRole": ["Role.Arn", "Role.RoleId", "Role.AssumeRolePolicyDocument"],
    "GetOpenIDConnectProvider": ["Url", "ClientIDList", "ThumbprintList"],
    "DescribeLogGroups": ["logGroups.[].arn", "logGroups.[].logGroupClass"],
    "DescribeRepositories": ["repositories.[].repositoryUri", "repositories.[].imageTagMutability"],
    "DescribeSecret": ["ARN", "Name"],
    "CreateAnalyzer": ["arn"],
    "CreateBackupPlan": ["BackupPlanId", "BackupPlanArn", "VersionId"],
    "GetBackupPlan": ["BackupPlan.Rules", "BackupPlanArn", "VersionId"],
    "DescribeBackupVault": ["BackupVaultArn", "BackupVaultName", "NumberOfRecoveryPoints"],
    "CreateDirectConnectGateway": ["directConnectGateway.directConnectGatewayState"],
    "DescribeAlarms": ["MetricAlarms.[].AlarmArn", "MetricAlarms.[].StateValue", "MetricAlarms.[].ActionsEnabled"],
    "DescribeAlarmHistory": ["AlarmHistoryItems.[].Timestamp", "AlarmHistoryItems.[].HistoryItemType"],
    "GetMetricData": ["MetricDataResults.[].StatusCode", "MetricDataResults.[].Values"],
    "DescribeMetricFilters": ["metricFilters.[].creationTime", "metricFilters.[].metricTransformations"],
    "DescribeSubscriptionFilters": ["subscriptionFilters.[].distribution", "subscriptionFilters.[].creationTime"],
    "GetResources": ["ResourceTagMappingList", "PaginationToken"],
}
# XML that wraps results without being a member of the shape.
ENVELOPE = {"requestId", "RequestId", "ResponseMetadata"}


def problems(operation: Any, status: int, body: bytes, parsed: dict[str, Any]) -> list[str]:
    """What is wrong with an answer of this botocore operation model; `parsed` is what boto3 made of it."""
    if status >= 300:
        return []
    found = _unknown(operation, body)
    if operation.output_shape is not None:
        found += _missing_required(operation.output_shape, parsed, operation.name)
    for path in ALWAYS.get(operation.name, []):
        found += [f"{operation.name} lacks {where}" for where in _missing(parsed, path.split("."), path)]
    return found


def _unknown(operation: Any, body: bytes) -> list[str]:
    shape, protocol = operation.output_shape, operation.service_model.resolved_protocol
    if not body or shape is None or (shape.serialization.get("payload") and protocol != "rest-xml"):
        return []
    payload = shape.serialization.get("payload")
    if payload:
        member = shape.members[payload]
        return [] if member.type_name != "structure" else _unknown_xml(member, _parse(body), operation.name)
    if protocol in ("json", "rest-json"):
        return _unknown_json(shape, json.loads(body), operation.name)
    root = _parse(body)
    wrapper = shape.serialization.get("resultWrapper")
    if wrapper:
        root = next((child for child in root if _tag(child) == wrapper), ET.Element("empty"))
    return _unknown_xml(shape, root, operation.name)


def _parse(body: bytes) -> ET.Element:
    return ET.fromstring(body)


def _tag(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _unknown_json(shape: Any, value: Any, path: str) -> list[str]:
    if value is None or getattr(shape, "is_document_type", False):
        return []
    if shape.type_name == "structure":
        known = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        found = [f"{path} has the unknown member {key}" for key in value if key not in known]
        return found + [
            p for key in value if key in known for p in _unknown_json(known[key], value[key], f"{path}.{key}")
        ]
    if shape.type_name == "list":
        return [p for item in value for p in _unknown_json(shape.member, item, f"{path}[]")]
    if shape.type_name == "map":
        return [p for item in value.values() for p in _unknown_json(shape.value, item, f"{path}{{}}")]
    return []


def _unknown_xml(shape: Any, element: ET.Element, path: str) -> list[str]:
    if shape.type_name == "structure":
        known = {_xml_name(name, member): member for name, member in shape.members.items()}
        found = []
        for child in element:
            tag = _tag(child)
            if tag in known:
                found += _unknown_xml(known[tag], child, f"{path}.{tag}")
            elif tag not in ENVELOPE:
                found.append(f"{path} has the unknown member {tag}")
        return found
    if shape.type_name == "list":
        if shape.serialization.get("flattened"):
            return _unknown_xml(shape.member, element, f"{path}[]")
        return [p for child in element for p in _unknown_xml(shape.member, child, f"{path}[]")]
    return []


def _xml_name(name: str, member: Any) -> str:
    if member.type_name == "list" and member.serialization.get("flattened"):
        inner = member.member.serialization.get("name")
        return str(inner or member.serialization.get("name", name))
    return str(member.serialization.get("name", name))


def _missing_required(shape: Any, value: Any, path: str) -> list[str]:
    if shape.type_name == "structure" and isinstance(value, dict):
        found = [f"{path} lacks the required {name}" for name in shape.required_members if name not in value]
        for name, member in shape.members.items():
            if name in value:
                found += _missing_required(member, value[name], f"{path}.{name}")
        return found
    if shape.type_name == "list" and isinstance(value, list):
        return [p for item in value for p in _missing_required(shape.member, item, f"{path}[]")]
    return []


def _missing(value: Any, path: list[str], whole: str) -> list[str]:
    if not path:
        return []
    if path[0] == "[]":
        return [p for item in value for p in _missing(item, path[1:], whole)]
    if not isinstance(value, dict) or path[0] not in value:
        return [whole]
    return _missing(value[path[0]], path[1:], whole)


def watch(client: Any, found: list[str], seen: set[tuple[str, str]]) -> Callable[[], None]:
    """Check every answer that a boto3 client gets: problems go to `found`, operations to `seen`.

    The clients are shared: what comes back takes the check away again.
    """
    latest: dict[str, Any] = {}
    service = client.meta.service_model.service_name

    def before_parse(response_dict: dict[str, Any], **_arguments: Any) -> None:
        latest.update(response_dict)

    def after_call(http_response: Any, parsed: dict[str, Any], model: Any, **_arguments: Any) -> None:
        body = latest.get("body", b"")
        seen.add((service, model.name))
        found.extend(problems(model, http_response.status_code, body if isinstance(body, bytes) else b"", parsed))

    client.meta.events.register("before-parse.*.*", before_parse)
    client.meta.events.register("after-call.*.*", after_call)

    def unwatch() -> None:
        client.meta.events.unregister("before-parse.*.*", before_parse)
        client.meta.events.unregister("after-call.*.*", after_call)

    return unwatch
