# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the call log says of a call: the resource it is about, and its parameters without secrets."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.identify import Call

REDACTED = "<redacted>"
SECRETS = {
    "AuthToken",
    "ClientSecret",
    "MasterUserPassword",
    "NewPassword",
    "OldPassword",
    "Password",
    "Passwords",
    "Plaintext",
    "PreSharedKey",
    "PrivateKey",
    "SecretAccessKey",
    "SecretBinary",
    "SecretString",
    "UserPassword",
    "WebIdentityToken",
}

# Members that identify the resource of a call, the most telling first; further ones are found by their ending.
IDENTIFIERS = (
    "DBInstanceIdentifier",
    "DBSnapshotIdentifier",
    "DBParameterGroupName",
    "DBSubnetGroupName",
    "ReplicationGroupId",
    "CacheParameterGroupName",
    "CacheSubnetGroupName",
    "Bucket",
    "RoleName",
    "PolicyArn",
    "PolicyName",
    "InstanceProfileName",
    "OpenIDConnectProviderArn",
    "AWSServiceName",
    "Url",
    "repositoryName",
    "logGroupName",
    "SecretId",
    "AliasName",
    "KeyId",
    "BackupVaultName",
    "analyzerName",
    "GroupName",
    "GroupId",
    "NatGatewayId",
    "RouteTableId",
    "NetworkAclId",
    "SubnetId",
    "VpcEndpointId",
    "ClientVpnEndpointId",
    "InternetGatewayId",
    "AllocationId",
    "AssociationId",
    "VpcId",
    "directConnectGatewayId",
    "ResourceName",
    "ResourceArn",
    "resourceArn",
    "Name",
    "name",
)
_ENDINGS = ("Identifier", "Name", "Id", "Arn", "ARN", "Ids", "Names", "Arns", "ResourceId", "Resources")


def resource_of(call: Call) -> str | None:
    """The best identifying value in the request; the Name tag where EC2 gives the new thing its id only later."""
    parameters = call.parameters
    if call.service == "ec2" and call.operation.startswith("Create"):
        name = _name_tag(parameters)
        if name:
            return name
    for member in IDENTIFIERS:
        value = parameters.get(member)
        if isinstance(value, str) and value:
            return value
    for member, value in parameters.items():
        if member.endswith(_ENDINGS) and member not in SECRETS and not member.endswith("Token"):
            if isinstance(value, str) and value:
                return value
            if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
                return ",".join(value)
    plan = parameters.get("BackupPlan") or parameters.get("BackupSelection") or {}
    return plan.get("BackupPlanName") or plan.get("SelectionName")


def _name_tag(parameters: dict[str, Any]) -> str | None:
    for specification in parameters.get("TagSpecifications", []):
        for tag in specification.get("Tags", []):
            if tag.get("Key") == "Name":
                return str(tag.get("Value"))
    return None


def redacted(value: Any) -> Any:
    """A JSON-ready copy of the parameters without secrets and without binary bodies."""
    if isinstance(value, dict):
        return {key: REDACTED if key in SECRETS else redacted(member) for key, member in value.items()}
    if isinstance(value, list):
        return [redacted(member) for member in value]
    if isinstance(value, bytes | bytearray):
        return f"<{len(value)} bytes>"
    if isinstance(value, datetime):
        return value.isoformat()
    return value
