# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""AWS Backup: plans that can be updated, selections, vault policies and locks, which moto lacks."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.tagged import Tagged, tagged_resources

START_WINDOW, COMPLETION_WINDOW = 480, 10_080


@dataclass
class Plan:
    """One plan; `selections` by their id, as GetBackupSelection shows them."""

    identifier: str
    arn: str
    document: dict[str, Any]
    version: str
    created: datetime
    request: str
    selections: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass
class Backups:
    """The plans of an account and region, and what moto does not keep of its vaults."""

    plans: dict[str, Plan] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)
    notifications: dict[str, dict[str, Any]] = field(default_factory=dict)


def _missing(kind: str, name: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"{kind} {name} not found", 400)


def _plan(context: Context) -> Plan:
    identifier = context.parameters["BackupPlanId"]
    plan = context.store(Backups).plans.get(identifier)
    if plan is None:
        raise _missing("Backup plan", identifier)
    return plan


def _vault(context: Context, name: str = "") -> Any:
    name = name or context.parameters["BackupVaultName"]
    vault = context.backend("backup").vaults.get(name)
    if vault is None:
        raise _missing("Backup vault", name)
    return vault


def _completed(context: Context, document: dict[str, Any]) -> dict[str, Any]:
    """The plan as AWS keeps it: windows and rule ids filled in, vaults checked."""
    rules = []
    for rule in document["Rules"]:
        _vault(context, rule["TargetBackupVaultName"])
        lifecycle = rule.get("Lifecycle", {})
        cold, delete = lifecycle.get("MoveToColdStorageAfterDays"), lifecycle.get("DeleteAfterDays")
        if cold and delete and delete < cold + 90:
            message = "DeleteAfterDays cannot be less than 90 days apart from MoveToColdStorageAfterDays"
            raise AwsError("InvalidParameterValueException", message)
        defaults: dict[str, Any] = {"StartWindowMinutes": START_WINDOW, "CompletionWindowMinutes": COMPLETION_WINDOW}
        defaults |= {"ScheduleExpressionTimezone": "Etc/UTC", "EnableContinuousBackup": False}
        rules.append({**defaults, **rule, "RuleId": str(uuid.uuid4())})
    return {**document, "Rules": rules}


@answers("backup", "CreateBackupPlan")
def create_plan(context: Context) -> dict[str, Any]:
    """The same request id gives the same plan; a second plan of a name is refused."""
    parameters, plans = context.parameters, context.store(Backups).plans
    request, document = parameters.get("CreatorRequestId", ""), parameters["BackupPlan"]
    for plan in plans.values():
        if request and plan.request == request:
            return _plan_facts(plan)
        if plan.document["BackupPlanName"] == document["BackupPlanName"]:
            raise AwsError("AlreadyExistsException", "Backup plan with the same plan document already exists")
    identifier = str(uuid.uuid4())
    arn = f"arn:aws:backup:{context.region}:{context.account}:backup-plan:{identifier}"
    plan = Plan(identifier, arn, _completed(context, document), _version(), datetime.now(UTC), request)
    plans[identifier] = plan
    if parameters.get("BackupPlanTags"):
        context.backend().tag_resource(arn, parameters["BackupPlanTags"])
    return _plan_facts(plan)


def _version() -> str:
    return uuid.uuid4().hex


def _plan_facts(plan: Plan) -> dict[str, Any]:
    return {
        "BackupPlanId": plan.identifier,
        "BackupPlanArn": plan.arn,
        "CreationDate": plan.created,
        "VersionId": plan.version,
    }


@answers("backup", "UpdateBackupPlan")
def update_plan(context: Context) -> dict[str, Any]:
    plan = _plan(context)
    plan.document, plan.version = _completed(context, context.parameters["BackupPlan"]), _version()
    return _plan_facts(plan)


@answers("backup", "GetBackupPlan")
def get_plan(context: Context) -> dict[str, Any]:
    plan = _plan(context)
    return {**_plan_facts(plan), "BackupPlan": plan.document, "CreatorRequestId": plan.request or None}


@answers("backup", "ListBackupPlans")
def list_plans(context: Context) -> dict[str, Any]:
    plans = context.store(Backups).plans.values()
    return {
        "BackupPlansList": [_plan_facts(plan) | {"BackupPlanName": plan.document["BackupPlanName"]} for plan in plans]
    }


@answers("backup", "DeleteBackupPlan")
def delete_plan(context: Context) -> dict[str, Any]:
    """A plan goes only without selections."""
    plan = _plan(context)
    if plan.selections:
        message = "Related backup plan selections must be deleted prior to backup plan deletion"
        raise AwsError("InvalidRequestException", message)
    del context.store(Backups).plans[plan.identifier]
    context.backend().tagger.delete_all_tags_for_resource(plan.arn)
    facts = _plan_facts(plan)
    del facts["CreationDate"]
    return facts | {"DeletionDate": datetime.now(UTC)}


@answers("backup", "CreateBackupSelection")
def create_selection(context: Context) -> dict[str, Any]:
    plan, given = _plan(context), context.parameters["BackupSelection"]
    if any(one["BackupSelection"]["SelectionName"] == given["SelectionName"] for one in plan.selections.values()):
        raise AwsError("AlreadyExistsException", "Backup selection with the same name already exists in this plan")
    known = context.backend("iam", "aws").roles.values()
    if not any(role.arn == given["IamRoleArn"] for role in known):
        raise AwsError("InvalidParameterValueException", f"IAM role {given['IamRoleArn']} cannot be assumed by Backup")
    identifier = str(uuid.uuid4())
    plan.selections[identifier] = {
        "BackupSelection": given,
        "SelectionId": identifier,
        "BackupPlanId": plan.identifier,
        "CreationDate": datetime.now(UTC),
        "CreatorRequestId": context.parameters.get("CreatorRequestId"),
    }
    created = plan.selections[identifier]["CreationDate"]
    return {"SelectionId": identifier, "BackupPlanId": plan.identifier, "CreationDate": created}


def _selection(context: Context) -> tuple[Plan, dict[str, Any]]:
    plan, identifier = _plan(context), context.parameters["SelectionId"]
    if identifier not in plan.selections:
        raise _missing("Backup selection", identifier)
    return plan, plan.selections[identifier]


@answers("backup", "GetBackupSelection")
def get_selection(context: Context) -> dict[str, Any]:
    return _selection(context)[1]


@answers("backup", "ListBackupSelections")
def list_selections(context: Context) -> dict[str, Any]:
    items = []
    for selection in _plan(context).selections.values():
        item = {name: value for name, value in selection.items() if name != "BackupSelection"}
        item |= {name: selection["BackupSelection"][name] for name in ("SelectionName", "IamRoleArn")}
        items.append(item)
    return {"BackupSelectionsList": items}


@answers("backup", "DeleteBackupSelection")
def delete_selection(context: Context) -> dict[str, Any]:
    plan, selection = _selection(context)
    del plan.selections[selection["SelectionId"]]
    return {}


@answers("backup", "DescribeBackupVault")
def describe_vault(context: Context) -> dict[str, Any]:
    _vault(context)
    return context.moto() | {"VaultType": "BACKUP_VAULT", "NumberOfRecoveryPoints": 0}


@answers("backup", "DeleteBackupVault")
def delete_vault(context: Context) -> dict[str, Any]:
    vault, store = _vault(context), context.store(Backups)
    context.moto()
    context.backend().tagger.delete_all_tags_for_resource(vault.backup_vault_arn)
    store.policies.pop(context.parameters["BackupVaultName"], None)
    return {}


@answers("backup", "ListRecoveryPointsByBackupVault")
def list_recovery_points(context: Context) -> dict[str, Any]:
    """The simulator runs no backup jobs, so that vaults are empty."""
    _vault(context)
    return {"RecoveryPoints": []}


@answers("backup", "PutBackupVaultAccessPolicy")
def put_policy(context: Context) -> dict[str, Any]:
    _vault(context)
    try:
        json.loads(context.parameters.get("Policy", ""))
    except ValueError:
        raise AwsError("InvalidParameterValueException", "The policy is no JSON document") from None
    context.store(Backups).policies[context.parameters["BackupVaultName"]] = context.parameters["Policy"]
    return {}


@answers("backup", "GetBackupVaultAccessPolicy")
def get_policy(context: Context) -> dict[str, Any]:
    vault, name = _vault(context), context.parameters["BackupVaultName"]
    policy = context.store(Backups).policies.get(name)
    if policy is None:
        raise _missing("A policy of backup vault", name)
    return {"BackupVaultName": name, "BackupVaultArn": vault.backup_vault_arn, "Policy": policy}


@answers("backup", "DeleteBackupVaultAccessPolicy")
def delete_policy(context: Context) -> dict[str, Any]:
    _vault(context)
    context.store(Backups).policies.pop(context.parameters["BackupVaultName"], None)
    return {}


@tagged_resources
def tagged(context: Context) -> list[Tagged]:
    tagger = context.backend("backup").tagger
    plans = context.store(Backups).plans.values()
    return [Tagged(plan.arn, "backup:backup-plan", tagger.get_tag_dict_for_resource(plan.arn)) for plan in plans]
