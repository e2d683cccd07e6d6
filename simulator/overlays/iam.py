# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""IAM: AWS's managed policies, client ids of OIDC providers, names of service-linked roles."""

from __future__ import annotations

import functools
import json
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy

from simulator.errors import AwsError
from simulator.overlay import Context, answers, guards

GLOBAL = "aws"
AWS_POLICY = "arn:aws:iam::aws:policy/"
# The words in a service-linked role's name where they are not the service's own name.
LINKED_ROLES = {
    "access-analyzer.amazonaws.com": "AccessAnalyzer",
    "backup.amazonaws.com": "Backup",
    "ecs.amazonaws.com": "ECS",
    "ecs.application-autoscaling.amazonaws.com": "ApplicationAutoScaling_ECSService",
    "elasticache.amazonaws.com": "ElastiCache",
    "elasticloadbalancing.amazonaws.com": "ElasticLoadBalancing",
    "rds.amazonaws.com": "RDS",
    "replication.ecr.amazonaws.com": "ECRReplication",
}


@functools.lru_cache(maxsize=1)
def _managed_policies() -> dict[str, tuple[str, dict[str, Any]]]:
    """Name and data of AWS's own policies by ARN."""
    return {
        f"arn:aws:iam::aws:policy{data.get('Path', '/')}{name}": (name, data)
        for name, data in json.loads(aws_managed_policies_data).items()
    }


def _materialise(context: Context, arn: str | None) -> None:
    """Put one of AWS's policies into moto's state; all 1,500 of them would cost each account a second."""
    backend = context.backend("iam", GLOBAL)
    if not arn or not arn.startswith(AWS_POLICY) or arn in backend.managed_policies:
        return
    known = _managed_policies().get(arn)
    if known:
        name, data = known
        backend.managed_policies[arn] = AWSManagedPolicy.from_data(name, context.account, context.region, data)


@guards(
    "iam",
    "AttachRolePolicy",
    "AttachUserPolicy",
    "AttachGroupPolicy",
    "DetachRolePolicy",
    "GetPolicy",
    "GetPolicyVersion",
    "ListPolicyVersions",
    "ListEntitiesForPolicy",
    "PutRolePermissionsBoundary",
    "CreateRole",
)
def aws_policy(context: Context) -> None:
    _materialise(context, context.parameters.get("PolicyArn") or context.parameters.get("PermissionsBoundary"))


@guards("iam", "ListPolicies")
def list_policies(context: Context) -> None:
    if context.parameters.get("Scope", "All") != "Local":
        for arn in _managed_policies():
            _materialise(context, arn)


@answers("iam", "AddClientIDToOpenIDConnectProvider", "RemoveClientIDFromOpenIDConnectProvider")
def change_client_id(context: Context) -> dict[str, Any]:
    """Adding what is there, and removing what is not, succeeds, as on AWS."""
    arn, client_id = context.parameters["OpenIDConnectProviderArn"], context.parameters["ClientID"]
    provider = context.backend("iam", GLOBAL).open_id_providers.get(arn)
    if provider is None:
        raise AwsError("NoSuchEntity", f"OpenIDConnect Provider not found for arn {arn}", 404)
    present = client_id in provider.client_id_list
    if context.call.operation.startswith("Add") and not present:
        provider.client_id_list.append(client_id)
    elif context.call.operation.startswith("Remove") and present:
        provider.client_id_list.remove(client_id)
    return {}


@answers("iam", "CreateServiceLinkedRole")
def create_service_linked_role(context: Context) -> dict[str, Any]:
    """Named as AWS names them; a second one of a service is refused."""
    service = context.parameters["AWSServiceName"]
    backend = context.backend("iam", GLOBAL)
    name = f"AWSServiceRoleFor{LINKED_ROLES.get(service, service.split('.')[0])}"
    if any(known.name == name for known in backend.roles.values()):
        message = f"Service role name {name} has been taken in this account, please try a different suffix."
        raise AwsError("InvalidInput", message, 400)
    answer = context.moto()
    role_object = next(r for r in backend.roles.values() if r.arn == answer["Role"]["Arn"])
    role_object.name = name
    answer["Role"] |= {"RoleName": name, "Arn": role_object.arn}
    return answer
