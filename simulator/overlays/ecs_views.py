# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Services and service deployments as AWS shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.overlays import ecs_rollout, ecs_scheduler
from simulator.overlays.ecs_model import Deployment, Ecs, Facts, Revision, Service, Task

if TYPE_CHECKING:
    from simulator.overlay import Context

PENDING = ("PROVISIONING", "PENDING", "ACTIVATING")
LINKED_ROLE = "aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"
# What a service's answer has of its settings as they are.
PLAIN = (
    "loadBalancers",
    "serviceRegistries",
    "launchType",
    "capacityProviderStrategy",
    "platformVersion",
    "deploymentConfiguration",
    "placementConstraints",
    "placementStrategy",
    "networkConfiguration",
    "healthCheckGracePeriodSeconds",
    "schedulingStrategy",
    "deploymentController",
    "enableECSManagedTags",
    "propagateTags",
    "enableExecuteCommand",
    "availabilityZoneRebalancing",
)


def _counts(tasks: list[Task]) -> tuple[int, int]:
    """Running and pending."""
    running = sum(task.last_status == "RUNNING" for task in tasks)
    return running, sum(task.last_status in PENDING and task.is_living for task in tasks)


def service(context: Context, one: Service, *, with_tags: bool) -> Facts:
    """As DescribeServices shows it."""
    running, pending = _counts(context.store(Ecs).tasks_of(one))
    facts: Facts = {
        "serviceArn": one.arn,
        "serviceName": one.name,
        "clusterArn": one.cluster.arn,
        "status": one.status,
        "desiredCount": one.desired,
        "runningCount": running,
        "pendingCount": pending,
        "taskDefinition": one.settings["taskDefinition"],
        "deployments": _deployments(context, one) if one.status == "ACTIVE" else [],
        "events": one.events,
        "createdAt": one.created_at,
        "createdBy": one.created_by,
        "tags": one.tags if with_tags else [],
    }
    facts |= {member: one.settings[member] for member in PLAIN if one.settings.get(member) is not None}
    if "platformVersion" in facts:
        facts["platformFamily"] = "Linux"
    if one.settings["loadBalancers"] or one.settings.get("networkConfiguration"):
        facts["roleArn"] = f"arn:aws:iam::{context.account}:role/{LINKED_ROLE}"
    facts |= _current(context, one)
    return facts


def _current(context: Context, one: Service) -> Facts:
    """The deployment that is under way, and the revisions that have tasks."""
    facts: Facts = {}
    if one.deployment:
        facts["currentServiceDeployment"] = one.deployment.arn
    summaries = []
    for revision in one.revisions.values():
        tasks = context.store(Ecs).tasks_of(one, revision)
        if tasks or revision is one.current:
            running, pending = _counts(tasks)
            wanted = sum(task.is_living for task in tasks)
            summaries.append({"arn": revision.arn, "requestedTaskCount": wanted})
            summaries[-1] |= {"runningTaskCount": running, "pendingTaskCount": pending}
    facts["currentServiceRevisions"] = summaries
    return facts


def _deployments(context: Context, one: Service) -> list[Facts]:
    """PRIMARY: the revision that the service is on its way to; ACTIVE: others that still have tasks."""
    if not one.deployments:
        return []
    last = one.deployments[-1]
    primary = ecs_scheduler.goal(last)
    if last.status == "ROLLBACK_SUCCESSFUL" and one.current:
        primary = one.current
    items = [_deployment(context, one, primary, last, "PRIMARY")]
    others = [
        revision
        for revision in reversed(list(one.revisions.values()))
        if revision is not primary and context.store(Ecs).tasks_of(one, revision)
    ]
    return [*items, *(_deployment(context, one, revision, last, "ACTIVE") for revision in others)]


def _deployment(context: Context, one: Service, revision: Revision, last: Deployment, status: str) -> Facts:
    tasks = context.store(Ecs).tasks_of(one, revision)
    running, pending = _counts(tasks)
    state, reason = _rollout(revision, last, status)
    facts: Facts = {
        "id": f"ecs-svc/{revision.number}",
        "status": status,
        "taskDefinition": revision.definition.arn,
        "desiredCount": one.desired if status == "PRIMARY" else sum(task.is_living for task in tasks),
        "pendingCount": pending,
        "runningCount": running,
        "failedTasks": revision.failed_tasks,
        "createdAt": revision.facts["createdAt"],
        "updatedAt": last.updated_at,
        "rolloutState": state,
        "rolloutStateReason": reason,
    }
    for member in ("capacityProviderStrategy", "launchType", "platformVersion", "platformFamily"):
        if member in revision.facts:
            facts[member] = revision.facts[member]
    if revision.facts["networkConfiguration"]:
        facts["networkConfiguration"] = revision.facts["networkConfiguration"]
    return facts


def _rollout(revision: Revision, last: Deployment, status: str) -> tuple[str, str]:
    name = f"ECS deployment ecs-svc/{revision.number}"
    if revision is last.target and (last.rollback or last.status in ("STOPPED", "ROLLBACK_FAILED")):
        return "FAILED", last.reason or f"{name} failed."
    if status == "PRIMARY" and not last.is_over:
        back = f"ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/{revision.number}."
        return "IN_PROGRESS", back if last.is_rolling_back else f"{name} in progress."
    return "COMPLETED", f"{name} completed."


def service_deployment(context: Context, one: Service, deployment: Deployment) -> Facts:
    """As DescribeServiceDeployments shows it."""
    breaker = deployment.configuration["deploymentCircuitBreaker"]
    facts: Facts = {
        **brief(one, deployment),
        "updatedAt": deployment.updated_at,
        "stoppedAt": deployment.stopped_at,
        "sourceServiceRevisions": [_summary(context, one, deployment, source) for source in deployment.sources],
        "targetServiceRevision": _summary(context, one, deployment, deployment.target),
        "lifecycleStage": _stage(deployment),
        "lifecycleHookDetails": [
            {key: value for key, value in hook.items() if value is not None} for hook in deployment.hooks
        ],
        "deploymentConfiguration": deployment.configuration,
        "rollback": deployment.rollback,
        "deploymentCircuitBreaker": {
            "status": _watch(deployment, enabled=breaker["enable"], triggered=deployment.circuit_open),
            "failureCount": deployment.failures,
            "threshold": ecs_rollout.threshold(breaker, one.desired) if breaker["enable"] else 0,
        },
    }
    alarms = deployment.configuration.get("alarms")
    if alarms:
        triggered = bool(deployment.triggered_alarms)
        facts["alarms"] = {
            "status": _watch(deployment, enabled=bool(deployment.watched_alarms), triggered=triggered),
            "alarmNames": alarms.get("alarmNames", []),
            "triggeredAlarmNames": deployment.triggered_alarms,
        }
    facts.pop("targetServiceRevisionArn")
    return {name: value for name, value in facts.items() if value is not None}


def brief(one: Service, deployment: Deployment) -> Facts:
    """As ListServiceDeployments shows it."""
    facts = {
        "serviceDeploymentArn": deployment.arn,
        "serviceArn": one.arn,
        "clusterArn": one.cluster.arn,
        "startedAt": deployment.started_at,
        "createdAt": deployment.created_at,
        "finishedAt": deployment.finished_at,
        "targetServiceRevisionArn": deployment.target.arn,
        "status": deployment.status,
        "statusReason": deployment.reason,
    }
    return {name: value for name, value in facts.items() if value is not None}


def _watch(deployment: Deployment, *, enabled: bool, triggered: bool) -> str:
    if triggered:
        return "TRIGGERED"
    if not enabled:
        return "DISABLED"
    return "MONITORING_COMPLETE" if deployment.is_over else "MONITORING"


def _stage(deployment: Deployment) -> str | None:
    """The stage; what the enumeration lacks shows as the one before it, a rolling deployment has none."""
    plan = ecs_scheduler.steps(deployment)[: deployment.position + 1]
    known = [step.stage for step in plan if step.stage and step.stage != ecs_rollout.HIDDEN]
    if deployment.is_over and deployment.status != "SUCCESSFUL":
        return None
    return known[-1] if known else None


def _summary(context: Context, one: Service, deployment: Deployment, revision: Revision) -> Facts:
    tasks = context.store(Ecs).tasks_of(one, revision)
    running, pending = _counts(tasks)
    facts = {
        "arn": revision.arn,
        "requestedTaskCount": sum(task.is_living for task in tasks),
        "runningTaskCount": running,
        "pendingTaskCount": pending,
    }
    for member, weights in (
        ("requestedTestTrafficWeight", deployment.test_weight),
        ("requestedProductionTrafficWeight", deployment.production_weight),
    ):
        if revision.arn in weights:
            facts[member] = weights[revision.arn]
    return facts
