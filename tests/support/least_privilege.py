# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is too much in a policy. Written against the documents as AWS gets them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

# Where AWS takes no narrower resource, by the Sid of the statement, and why.
UNAVOIDABLE = {
    "LogInToTheRegistry": "ecr:GetAuthorizationToken is for the registry as a whole",
    "RegisterTaskDefinitions": "ecs:RegisterTaskDefinition has no resource; its request tags narrow it",
    "ReadTaskDefinitions": "reading task definitions has no resource",
    "ListTasks": "the resource is a container instance, which Fargate does not have; the cluster narrows it",
    "FindTheDistribution": "cloudfront:ListDistributions has no resource",
    "ReadTheTraffic": "elasticloadbalancing:Describe* have no resource; the region narrows them",
    "ReadAlarmsAndMetrics": "cloudwatch:GetMetricData has no resource, and of composite alarms only `*` tells",
    "ReadTheNetwork": "ec2:Describe* have no resource; the region narrows them",
    "OpenShellChannels": "the channels of ECS Exec have no names",
}
# The policies of AWS that our roles have: each is made for the one service that assumes the role.
MANAGED = {
    "arn:aws:iam::aws:policy/AmazonECSInfrastructureRolePolicyForLoadBalancers",
    "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
    "arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role",
    "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole",
    "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForBackup",
    "arn:aws:iam::aws:policy/service-role/AWSBackupServiceRolePolicyForRestores",
}


def excesses(document: Mapping[str, Any]) -> list[str]:
    """What the policy of a role allows too much of, in words."""
    return [fault for statement in statements(document) for fault in _statement_excesses(statement)]


def key_excesses(document: Mapping[str, Any]) -> list[str]:
    """The same for a key policy, in which the resource `*` means the key."""
    return [fault for each in statements(document) for fault in [*_actions(each), *_principals(each)]]


def trust_excesses(document: Mapping[str, Any]) -> list[str]:
    """The same for a trust policy: who may assume the role without being asked for whom it acts."""
    return [fault for statement in statements(document) for fault in _trust(statement)]


def statements(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The statements that allow something."""
    yield from (each for each in document["Statement"] if each["Effect"] == "Allow")


def values(raw: Any) -> list[str]:
    return list(raw) if isinstance(raw, list) else [] if raw is None else [raw]


def _statement_excesses(statement: Mapping[str, Any]) -> Iterator[str]:
    yield from _actions(statement)
    sid = statement.get("Sid", "without Sid")
    if "NotResource" in statement:
        yield f"{sid}: everything but"
    if "*" in values(statement.get("Resource")) and sid not in UNAVOIDABLE:
        yield f"{sid}: any resource"
    if "iam:PassRole" in values(statement.get("Action")) and "iam:PassedToService" not in conditions(statement):
        yield f"{sid}: passes a role to any service"


def _actions(statement: Mapping[str, Any]) -> Iterator[str]:
    sid = statement.get("Sid", "without Sid")
    if "NotAction" in statement:
        yield f"{sid}: every action but"
    yield from (f"{sid}: {action}" for action in values(statement.get("Action")) if "*" in action)


def _principals(statement: Mapping[str, Any]) -> Iterator[str]:
    sid, principal = statement.get("Sid", "without Sid"), statement.get("Principal")
    if principal == "*" or "*" in values((principal or {}).get("AWS")):
        yield f"{sid}: anybody"
    if "Service" in (principal or {}) and not conditions(statement):
        yield f"{sid}: a service, for anybody"


def _trust(statement: Mapping[str, Any]) -> Iterator[str]:
    principal, said = statement["Principal"], conditions(statement)
    yield from _principals(statement)
    if "Service" in principal and "aws:SourceAccount" not in said:
        yield f"{principal['Service']} for any account"
    if "Federated" in principal:
        equal = statement.get("Condition", {}).get("StringEquals", {})
        claims = {key.rpartition(":")[2]: value for key, value in equal.items()}
        yield from (f"any {claim}" for claim in ("aud", "sub") if "*" in claims.get(claim, "*"))


def conditions(statement: Mapping[str, Any]) -> set[str]:
    return {key for tests in statement.get("Condition", {}).values() for key in tests}
