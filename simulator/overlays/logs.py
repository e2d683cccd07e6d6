# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudWatch Logs: valid retentions, keys of existing groups, classes and deletion protection."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers, guards

RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


@dataclass
class LogFacts:
    """What moto does not keep: class and protection by group."""

    classes: dict[str, str] = field(default_factory=dict)
    protected: set[str] = field(default_factory=set)


def _name(identifier: str) -> str:
    """The name in a log group's ARN, or the name itself."""
    return identifier.removesuffix(":*").rpartition(":log-group:")[2]


def _group(context: Context, identifier: str) -> Any:
    group = context.backend().groups.get(_name(identifier))
    if group is None:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    return group


@guards("logs", "PutRetentionPolicy")
def put_retention(context: Context) -> None:
    days = context.parameters["retentionInDays"]
    if days not in RETENTIONS:
        message = f"Invalid retention value: {days}. It must be one of {', '.join(map(str, RETENTIONS))}"
        raise AwsError("InvalidParameterException", message)


@answers("logs", "CreateLogGroup")
def create_log_group(context: Context) -> dict[str, Any]:
    context.moto()
    facts, name = context.store(LogFacts), context.parameters["logGroupName"]
    facts.classes[name] = context.parameters.get("logGroupClass", "STANDARD")
    if context.parameters.get("deletionProtectionEnabled"):
        facts.protected.add(name)
    return {}


@answers("logs", "AssociateKmsKey", "DisassociateKmsKey")
def change_key(context: Context) -> dict[str, Any]:
    group = _group(context, context.parameters.get("logGroupName") or context.parameters.get("resourceIdentifier", ""))
    group.kms_key_id = context.parameters.get("kmsKeyId")
    return {}


@answers("logs", "PutLogGroupDeletionProtection")
def protect(context: Context) -> dict[str, Any]:
    name = _group(context, context.parameters["logGroupIdentifier"]).name
    protected = context.store(LogFacts).protected
    (protected.add if context.parameters["deletionProtectionEnabled"] else protected.discard)(name)
    return {}


@answers("logs", "DescribeLogGroups")
def describe_log_groups(context: Context) -> dict[str, Any]:
    answer, facts = context.moto(), context.store(LogFacts)
    for group in answer["logGroups"]:
        group["logGroupClass"] = facts.classes.get(group["logGroupName"], "STANDARD")
        group["deletionProtectionEnabled"] = group["logGroupName"] in facts.protected
    return answer


@answers("logs", "DeleteLogGroup")
def delete_log_group(context: Context) -> dict[str, Any]:
    facts, name = context.store(LogFacts), context.parameters["logGroupName"]
    if name in facts.protected:
        raise AwsError("OperationAbortedException", f"The log group {name} is protected against deletion")
    context.moto()
    facts.classes.pop(name, None)
    return {}
