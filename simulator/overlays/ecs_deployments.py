# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Service deployments on their way: each step is entered, waited for and left; failures stop them or turn them back."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from simulator.overlays import ecs_hooks, ecs_rollout, ecs_scheduler, ecs_tasks, ecs_traffic
from simulator.overlays.ecs_model import Deployment, Ecs, Revision, Service, Task, hex_id, now

if TYPE_CHECKING:
    from simulator.overlay import Context
    from simulator.overlays.ecs_model import Facts
    from simulator.overlays.ecs_rollout import Step
    from simulator.world import World

ALARM_SECONDS = 1.0
NOTHING_TO_RETURN_TO = "No rollback candidate was found to run the rollback."


def begin(context: Context, service: Service, target: Revision) -> Deployment:
    """Start a deployment; one that is under way ends, and leaves its revision to the new one to clear."""
    before = service.deployment
    ecs = context.store(Ecs)
    active = [one for one in service.revisions.values() if one is not target and ecs.tasks_of(service, one)]
    sources = [service.current] if service.current else []
    sources += [one for one in active if one not in sources]
    if before is not None:
        _finish(service, before, "STOPPED", "Service deployment was superseded by a new service deployment.")
    identifier = hex_id()[:21]
    arn = f"arn:aws:ecs:{context.region}:{context.account}:service-deployment/{service.cluster.name}/{service.name}"
    configuration = copy.deepcopy(service.settings["deploymentConfiguration"])
    deployment = Deployment(f"{arn}/{identifier}", target, sources, configuration, now(), now())
    deployment.watched_alarms = _quiet_alarms(context, configuration)
    deployment.alarm_minutes = _longest_minutes(context, deployment.watched_alarms)
    service.deployments.append(deployment)
    service.failed_launches = 0
    context.world.schedule.after("ecs_task", _started, service, deployment, times=0.2)
    return deployment


def _quiet_alarms(context: Context, configuration: Facts) -> list[str]:
    """Alarms to watch; those that are in ALARM when the deployment starts are not, as on AWS: then none is."""
    alarms = configuration.get("alarms") or {}
    names = list(alarms.get("alarmNames", [])) if alarms.get("enable") else []
    return [] if names and _in_alarm(context, names) else names


def _longest_minutes(context: Context, names: list[str]) -> float:
    if not names:
        return 0.0
    found = context.invoke("cloudwatch", "DescribeAlarms", AlarmNames=names)["MetricAlarms"]
    return max((one.get("Period", 60) * one["EvaluationPeriods"] / 60 for one in found), default=0.0)


def _in_alarm(context: Context, names: list[str]) -> list[str]:
    found = context.invoke("cloudwatch", "DescribeAlarms", AlarmNames=names, StateValue="ALARM")
    return [one["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for one in found.get(kind, [])]


def _started(world: World, service: Service, deployment: Deployment) -> None:
    if deployment.status != "PENDING":
        return
    deployment.status, deployment.started_at = "IN_PROGRESS", now()
    context = ecs_tasks.context_of(world, service.arn)
    if deployment.strategy in ecs_rollout.SHIFTING:
        for weights in (deployment.test_weight, deployment.production_weight):
            weights |= {deployment.target.arn: 0.0, **{source.arn: 100.0 for source in deployment.sources[:1]}}
        try:
            ecs_traffic.check_rules(context, deployment.target)
        except ecs_traffic.TrafficError as error:
            fail(world, service, deployment, str(error))
            return
    follow(world, service)


def follow(world: World, service: Service, *, again: bool = False) -> None:
    """Bring a service as far as it comes now."""
    context = ecs_tasks.context_of(world, service.arn)
    while True:
        ecs_scheduler.reconcile(world, service, again=again)
        deployment = service.deployment
        if service.status == "DRAINING":
            _end_draining(context, service)
        if deployment is None or service.status != "ACTIVE" or not _advance(world, context, service, deployment):
            return


def _advance(world: World, context: Context, service: Service, deployment: Deployment) -> bool:
    """Leave the present step if it is done; whether there was a change."""
    if deployment.status not in ("IN_PROGRESS", "ROLLBACK_IN_PROGRESS"):
        return False
    triggered = _look_at_alarms(context, deployment)
    if triggered and not deployment.is_rolling_back:
        deployment.triggered_alarms = triggered
        fail(world, service, deployment, f"Service deployment rolled back because of alarm(s): {', '.join(triggered)}.")
        return True
    plan = ecs_scheduler.steps(deployment)
    if deployment.position >= 0 and not _is_done(context, service, deployment, plan[deployment.position]):
        return False
    if deployment.position + 1 == len(plan):
        _succeed(service, deployment)
        return True
    deployment.position += 1
    deployment.updated_at = now()
    try:
        _enter(world, context, service, deployment, plan[deployment.position])
    except ecs_traffic.TrafficError as error:
        fail(world, service, deployment, str(error))
    return True


def _look_at_alarms(context: Context, deployment: Deployment) -> list[str]:
    """The watched alarms that are in ALARM; asked at most once a second."""
    clock = context.world.clock
    moment = clock.now()
    if not deployment.watched_alarms or not (clock.instant or moment - deployment.looked_at >= ALARM_SECONDS):
        return []
    deployment.looked_at = moment
    return _in_alarm(context, deployment.watched_alarms)


def _is_done(context: Context, service: Service, deployment: Deployment, step: Step) -> bool:
    if deployment.waits_for is not None or ecs_hooks.are_open(deployment):
        return False
    tasks = context.store(Ecs).tasks_of(service)
    target = ecs_scheduler.goal(deployment)
    ready = sum(task.is_ready for task in tasks if task.revision is target)
    needed = service.desired
    if not deployment.is_rolling_back:
        needed = ecs_rollout.enough(deployment.configuration, service.desired)
    if step.scales and ready < needed:
        return False
    return not step.cleans or all(task.revision is target and task.is_living for task in tasks)


def _enter(world: World, context: Context, service: Service, deployment: Deployment, step: Step) -> None:
    for percent, member, weights in (
        (step.test, "testListenerRule", deployment.test_weight),
        (step.production, "productionListenerRule", deployment.production_weight),
    ):
        if percent is not None:
            ecs_traffic.shift(context, deployment.target, percent, member)
            weights[deployment.target.arn] = percent
            weights |= {source.arn: 100 - percent for source in deployment.sources[:1]}
    ecs_hooks.open_hooks(world, service, deployment, step)
    if step.minutes:
        deployment.waits_for = f"{step.stage} {deployment.position}"
        world.schedule.after(
            "ecs_minute", _waited, service, deployment, deployment.waits_for, times=float(step.minutes)
        )


def _waited(world: World, service: Service, deployment: Deployment, what: str) -> None:
    if deployment.waits_for == what:
        deployment.waits_for = None
        follow(world, service)


def _succeed(service: Service, deployment: Deployment) -> None:
    goal = ecs_scheduler.goal(deployment)
    service.current = goal
    if deployment.is_rolling_back:
        _finish(service, deployment, "ROLLBACK_SUCCESSFUL", deployment.reason)
    else:
        _finish(service, deployment, "SUCCESSFUL", None)
        service.say(f"(service {service.name}) (deployment ecs-svc/{goal.number}) deployment completed.")
    service.say(f"(service {service.name}) has reached a steady state.")


def _finish(service: Service, deployment: Deployment, status: str, reason: str | None) -> None:
    deployment.status, deployment.reason = status, reason
    deployment.finished_at = deployment.updated_at = now()
    deployment.waits_for = None
    ecs_hooks.close(deployment)
    if status == "STOPPED":
        deployment.stopped_at = now()
    service.failed_launches = 0


def abandon(service: Service) -> None:
    """End the deployment of a service that is deleted."""
    if service.deployment is not None:
        _finish(service, service.deployment, "STOPPED", "Service deployment stopped because the service was deleted.")


def fail(world: World, service: Service, deployment: Deployment, reason: str) -> None:
    """Stop a deployment, or roll it back where that is wanted."""
    if deployment.is_rolling_back:
        _finish(service, deployment, "ROLLBACK_FAILED", reason)
        return
    target = deployment.target
    service.say(f"(service {service.name}) (deployment ecs-svc/{target.number}) deployment failed: {reason}")
    breaker = deployment.configuration["deploymentCircuitBreaker"]
    alarms = deployment.configuration.get("alarms") or {}
    wanted = alarms.get("rollback") if deployment.triggered_alarms else breaker["rollback"]
    if wanted or (deployment.strategy in ecs_rollout.SHIFTING and not deployment.circuit_open):
        roll_back(world, service, deployment, reason)
    else:
        _finish(service, deployment, "STOPPED", reason)
        follow(world, service)


def roll_back(world: World, service: Service, deployment: Deployment, reason: str) -> None:
    """Turn a deployment back to the revision that it began with."""
    if not deployment.sources:
        _finish(service, deployment, "ROLLBACK_FAILED", f"{reason} {NOTHING_TO_RETURN_TO}")
        return
    restored = deployment.sources[0]
    deployment.status, deployment.reason = "ROLLBACK_IN_PROGRESS", reason
    deployment.position, deployment.waits_for = -1, None
    ecs_hooks.close(deployment)
    deployment.rollback = {"reason": reason, "startedAt": now(), "serviceRevisionArn": restored.arn}
    service.settings |= copy.deepcopy(restored.settings)
    service.failed_launches = 0
    service.say(f"(service {service.name}) rolling back to deployment ecs-svc/{restored.number}.")
    follow(world, service)


def _requested(world: World, service: Service, deployment: Deployment, reason: str) -> None:
    if deployment.status == "ROLLBACK_REQUESTED":
        roll_back(world, service, deployment, reason)


def request_rollback(world: World, service: Service, deployment: Deployment, reason: str = ecs_hooks.STOPPED) -> None:
    """ROLLBACK_REQUESTED now, and on the way back a moment later."""
    deployment.status, deployment.updated_at = "ROLLBACK_REQUESTED", now()
    world.schedule.after("ecs_task", _requested, service, deployment, reason, times=0.2)


@ecs_hooks.when_decided
def hook_decided(world: World, service: Service, deployment: Deployment, reason: str) -> None:
    """A hook is over."""
    if not reason:
        follow(world, service)
    elif deployment.is_rolling_back:
        fail(world, service, deployment, reason)
    else:
        request_rollback(world, service, deployment, reason)


@ecs_tasks.when_changed
def task_changed(world: World, task: Task) -> None:
    """A task has become ready, or has stopped: count failures, then see what its service needs."""
    service = task.service
    if service is None:
        return
    deployment = service.deployment
    if task.last_status == "STOPPED":
        _count_failure(world, service, deployment, task)
    elif task.is_ready:
        service.failed_launches = 0
        if deployment is not None and task.revision is deployment.target:
            _reset(deployment)
    follow(world, service)


def _reset(deployment: Deployment) -> None:
    if deployment.configuration["deploymentCircuitBreaker"].get("resetOnHealthyTask", True):
        deployment.failures = 0


def _is_failure(task: Task) -> bool:
    reason = task.stopped_reason or ""
    unhealthy = reason.startswith(("Task failed", "Task could not"))
    return task.stop_code in ("TaskFailedToStart", "EssentialContainerExited") or unhealthy


def _count_failure(world: World, service: Service, deployment: Deployment | None, task: Task) -> None:
    if not _is_failure(task) or service.status != "ACTIVE":
        return
    ecs_scheduler.failed(world, service)
    if task.revision is not None:
        task.revision.failed_tasks += 1
    if deployment is None or deployment.status != "IN_PROGRESS" or task.revision is not deployment.target:
        return
    deployment.failures += 1
    breaker = deployment.configuration["deploymentCircuitBreaker"]
    if breaker["enable"] and deployment.failures >= ecs_rollout.threshold(breaker, service.desired):
        deployment.circuit_open = True
        fail(
            world,
            service,
            deployment,
            "Service deployment rolled back because the circuit breaker threshold was exceeded.",
        )


def _end_draining(context: Context, service: Service) -> None:
    if not context.store(Ecs).tasks_of(service):
        service.status = "INACTIVE"


def tick(world: World) -> None:
    """Try again what has failed, and look at alarms; asked with each call that reads, and by the data plane."""
    for _account, _region, ecs in world.stores(Ecs):
        for service in list(ecs.services.values()):
            if service.status != "INACTIVE" and (service.failed_launches or service.deployment):
                follow(world, service, again=True)
    world.schedule.run_due(world)
