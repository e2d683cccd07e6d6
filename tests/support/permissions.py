# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which permissions calls of the simulator's log need, and whether a policy has them.

Source: Service Authorization Reference, one page a service: the action of each operation, its resource types and its
condition keys. An operation that is not in the table fails the test that asks for it: nobody has looked it up.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.support.least_privilege import statements, values

Call = Mapping[str, Any]
ANY = "*"
"""The resource of an action that AWS takes no resource for: only a statement about `*` allows it."""
PREFIXES = {"elbv2": "elasticloadbalancing"}
# Actions that are called otherwise than their operation.
ACTIONS = {("s3", "ListObjectsV2"): "s3:ListBucket"}


@dataclass(frozen=True)
class Needed:
    """One permission: the action, one resource, and what AWS knows of the request for conditions."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def needed(call: Call) -> list[Needed]:
    """What the caller must be allowed to make this call; nothing for those that AWS allows everybody."""
    service, operation = call["service"], call["operation"]
    if (service, operation) == ("sts", "GetCallerIdentity"):
        return []
    action = ACTIONS.get((service, operation)) or f"{PREFIXES.get(service, service)}:{operation}"
    context = {"aws:RequestedRegion": call["region"], **_tags(call)}
    own = [Needed(action, resource, context) for resource in _resources(call)]
    return [*own, *MORE.get((service, operation), _nothing)(call)]


def _resources(call: Call) -> list[str]:
    key = (call["service"], call["operation"])
    if key in RESOURCES:
        return RESOURCES[key](call)
    if key in NO_RESOURCE:
        return [ANY]
    raise LookupError(f"{':'.join(key)}: look up what it needs, in the Service Authorization Reference")


NO_RESOURCE = {
    ("cloudwatch", "DescribeAlarms"),  # it has, but tells nothing of composite alarms then
    ("cloudwatch", "GetMetricData"),
    ("ec2", "DescribeAvailabilityZones"),
    ("ec2", "DescribeSecurityGroups"),
    ("ecs", "DescribeTaskDefinition"),
    ("ecs", "ListTaskDefinitions"),
    ("ecs", "ListTasks"),  # it has for a container instance only
    ("ecs", "RegisterTaskDefinition"),
    ("elbv2", "DescribeRules"),
    ("elbv2", "DescribeTargetHealth"),
}


def _arn(template: str, parameter: str) -> Callable[[Call], list[str]]:
    """ARNs made of a parameter that holds a name or several, or ARNs already."""

    def made(call: Call) -> list[str]:
        region, account = call["region"], call["account"]
        # Without a name it goes over all of them.
        names = values(call["parameters"].get(parameter)) or [ANY]
        cluster, bucket = call["parameters"].get("cluster", ""), call["parameters"].get("Bucket", "")
        filled = (
            template.format(region=region, account=account, name=name, cluster=cluster, bucket=bucket) for name in names
        )
        return [name if name.startswith("arn:") else arn for name, arn in zip(names, filled, strict=True)]

    return made


_SERVICE = "arn:aws:ecs:{region}:{account}:service/{cluster}/{name}"
_OBJECT = "arn:aws:s3:::{bucket}/{name}"
_REPOSITORY = "arn:aws:ecr:{region}:{account}:repository/{name}"
# Secrets Manager puts six characters behind the name.
_SECRET = "arn:aws:secretsmanager:{region}:{account}:secret:{name}-AbCdEf"
# Paths are a part of a role's ARN; the roles of an environment have one.
_ROLE = "arn:aws:iam::{account}:role/monay/dev/{name}"
RESOURCES: dict[tuple[str, str], Callable[[Call], list[str]]] = {
    ("ecr", "DescribeImages"): _arn(_REPOSITORY, "repositoryName"),
    ("ecr", "DescribeRepositories"): _arn(_REPOSITORY, "repositoryNames"),
    ("ecs", "ContinueServiceDeployment"): _arn("", "serviceDeploymentArn"),
    ("ecs", "DescribeServiceDeployments"): _arn("", "serviceDeploymentArns"),
    ("ecs", "DescribeServiceRevisions"): _arn("", "serviceRevisionArns"),
    ("ecs", "DescribeServices"): _arn(_SERVICE, "services"),
    ("ecs", "ListServiceDeployments"): _arn(_SERVICE, "service"),
    # And iam:PassRole for the roles of the task definition, as registering it: the call does not name them.
    ("ecs", "RunTask"): _arn("arn:aws:ecs:{region}:{account}:task-definition/{name}", "taskDefinition"),
    ("ecs", "StopServiceDeployment"): _arn("", "serviceDeploymentArn"),
    ("ecs", "UpdateService"): _arn(_SERVICE, "service"),
    ("ecs", "DescribeTasks"): _arn("arn:aws:ecs:{region}:{account}:task/{cluster}/{name}", "tasks"),
    ("elasticache", "DescribeReplicationGroups"): _arn(
        "arn:aws:elasticache:{region}:{account}:replicationgroup:{name}", "ReplicationGroupId"
    ),
    ("iam", "GetRole"): _arn(_ROLE, "RoleName"),
    ("rds", "DescribeDBInstances"): _arn("arn:aws:rds:{region}:{account}:db:{name}", "DBInstanceIdentifier"),
    ("s3", "GetObject"): _arn(_OBJECT, "Key"),
    ("s3", "ListObjectsV2"): _arn("arn:aws:s3:::{name}", "Bucket"),
    ("s3", "PutObject"): _arn(_OBJECT, "Key"),
    ("secretsmanager", "DescribeSecret"): _arn(_SECRET, "SecretId"),
    ("secretsmanager", "GetSecretValue"): _arn(_SECRET, "SecretId"),
}


def _tags(call: Call) -> dict[str, str]:
    context = {f"aws:RequestTag/{tag['key']}": tag["value"] for tag in call["parameters"].get("tags") or ()}
    cluster = call["parameters"].get("cluster")
    if "Prefix" in call["parameters"]:
        context["s3:prefix"] = call["parameters"]["Prefix"]
    if cluster:
        context["ecs:cluster"] = f"arn:aws:ecs:{call['region']}:{call['account']}:cluster/{cluster}"
    return context


def _nothing(_call: Call) -> list[Needed]:
    return []


def _registering(call: Call) -> list[Needed]:
    """To register a task definition its roles are passed to tasks, and it is tagged."""
    parameters = call["parameters"]
    passed = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
    roles = [parameters[name] for name in ("taskRoleArn", "executionRoleArn") if parameters.get(name)]
    found = [Needed("iam:PassRole", role, passed) for role in roles]
    arn = f"arn:aws:ecs:{call['region']}:{call['account']}:task-definition/{parameters['family']}:1"
    return [*found, Needed("ecs:TagResource", arn)] if parameters.get("tags") else found


MORE: dict[tuple[str, str], Callable[[Call], list[Needed]]] = {("ecs", "RegisterTaskDefinition"): _registering}


def lacking(calls: Iterable[Call], documents: Iterable[Mapping[str, Any]]) -> list[str]:
    """What the calls need and the policies do not allow, once each, as `action on resource`."""
    allowing = [statement for document in documents for statement in statements(document)]
    wanted = (each for call in calls for each in needed(call))
    return sorted({f"{each.action} on {each.resource}" for each in wanted if not _is_allowed(each, allowing)})


def unused(calls: Iterable[Call], documents: Iterable[Mapping[str, Any]]) -> set[str]:
    """The Sids of statements that no call needs."""
    wanted = [each for call in calls for each in needed(call)]
    every = [statement for document in documents for statement in statements(document)]
    return {each["Sid"] for each in every if not any(_is_allowed(one, [each]) for one in wanted)}


def _is_allowed(wanted: Needed, allowing: Iterable[Mapping[str, Any]]) -> bool:
    return any(
        wanted.action in values(each["Action"])
        and any(_covers(pattern, wanted.resource) for pattern in values(each["Resource"]))
        and all(_tests(each.get("Condition") or {}, wanted.context))
        for each in allowing
    )


def _covers(pattern: str, resource: str) -> bool:
    """As IAM has it: `*` and `?` stand for anything; brackets do not."""
    return fnmatch.fnmatchcase(resource, pattern.replace("[", "[[]"))


def _tests(condition: Mapping[str, Mapping[str, Any]], context: Mapping[str, str]) -> Iterator[bool]:
    for operator, tests in condition.items():
        for key, wanted in tests.items():
            if operator == "StringEquals":
                yield context.get(key) in values(wanted)
            elif operator in ("ArnEquals", "StringLike"):
                yield any(_covers(pattern, context.get(key, "")) for pattern in values(wanted))
            else:
                raise LookupError(f"this test does not know {operator} of {json.dumps(condition)}")
