# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ECS scheduler: as many tasks of each revision of a service as there should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.errors import AwsError
from simulator.overlays import ecs_rollout, ecs_tasks
from simulator.overlays.ecs_model import Ecs, Revision, Service, Task

if TYPE_CHECKING:
    from simulator.overlay import Context
    from simulator.overlays.ecs_model import Deployment, Facts
    from simulator.world import World

# Failures in a row after which ECS says so.
INCONSISTENT = 3


def goal(deployment: Deployment) -> Revision:
    """The revision that a deployment is on its way to."""
    return deployment.sources[0] if deployment.is_rolling_back and deployment.sources else deployment.target


def steps(deployment: Deployment) -> tuple[ecs_rollout.Step, ...]:
    """The deployment's plan."""
    if deployment.is_rolling_back:
        return ecs_rollout.rollback_plan(deployment.strategy)
    reconciles = len(deployment.sources) > 1
    return ecs_rollout.plan(deployment.configuration, reconciles=reconciles, alarm_minutes=deployment.alarm_minutes)


def wanted(context: Context, service: Service) -> dict[Revision, int]:
    """Tasks that each revision should have now; revisions that are not named should have none."""
    deployment = service.deployment
    if service.status != "ACTIVE":
        return {}
    if deployment is None:
        # after a failure that was not rolled back, what was deployed before goes on; the first one stalls
        if service.current is None:
            return _as_it_is(context, service, service.deployments[-1])
        return {service.current: service.desired}
    if deployment.position < 0 or deployment.status == "ROLLBACK_REQUESTED":
        return _as_it_is(context, service, deployment)
    if deployment.strategy not in ecs_rollout.SHIFTING:
        return _rolling(context, service, deployment)
    plan = steps(deployment)[: deployment.position + 1]
    target = goal(deployment)
    counts: dict[Revision, int] = {}
    if any(step.scales for step in plan):
        counts[target] = service.desired
    if any(step.cleans for step in plan):
        return counts
    if deployment.is_rolling_back:
        return {deployment.target: len(_living(context, service, deployment.target)), **counts}
    return {**dict.fromkeys(deployment.sources[:1], service.desired), **counts}


def _as_it_is(context: Context, service: Service, deployment: Deployment) -> dict[Revision, int]:
    known = [*deployment.sources, deployment.target]
    return {one: min(len(_living(context, service, one)), service.desired) for one in known}


def _living(context: Context, service: Service, revision: Revision | None = None) -> list[Task]:
    return [task for task in context.store(Ecs).tasks_of(service, revision) if task.is_living]


def _rolling(context: Context, service: Service, deployment: Deployment) -> dict[Revision, int]:
    target = goal(deployment)
    new = _living(context, service, target)
    old = [task for task in _living(context, service) if task.revision is not target]
    moves = ecs_rollout.rolling_moves(
        desired=service.desired,
        new=len(new),
        new_ready=sum(task.is_ready for task in new),
        old=len(old),
        old_ready=sum(task.is_ready for task in old),
        configuration=deployment.configuration,
    )
    counts = {target: min(len(new) + moves.start, service.desired)}
    # those that do nobody good go first
    going = sorted(old, key=lambda task: task.is_ready)[: moves.stop]
    for task in old:
        if task.revision is not None:
            counts[task.revision] = counts.get(task.revision, 0) + (task not in going)
    return counts


def reconcile(world: World, service: Service, *, again: bool) -> None:
    """Start and stop tasks; `again`: try once more although a task has failed to start."""
    context = ecs_tasks.context_of(world, service.arn)
    counts = wanted(context, service)
    known = {task.revision for task in _living(context, service) if task.revision is not None}
    for revision in [*counts, *(known - set(counts))]:
        tasks, count = _living(context, service, revision), counts.get(revision, 0)
        if len(tasks) > count:
            # the least ready first, then the newest
            newest = tasks[::-1]
            surplus = sorted(newest, key=lambda task: task.is_ready)[: len(tasks) - count]
            _stop(world, service, surplus)
        elif len(tasks) < count and _may_start(world, service, again=again):
            _start(context, service, revision, count - len(tasks))


def _may_start(world: World, service: Service, *, again: bool) -> bool:
    if service.failed_launches == 0:
        return True
    if world.data_plane is not None:
        # processes that fail would be started without end where nothing takes time
        return world.clock.now() >= service.not_before
    return world.clock.reached(service.not_before) and (again or not world.clock.instant)


def _stop(world: World, service: Service, tasks: list[Task]) -> None:
    reason = "Scaling activity initiated by"
    deployment = service.deployment
    number = goal(deployment).number if deployment else (service.current.number if service.current else "")
    for task in tasks:
        ecs_tasks.stop(world, task, "ServiceSchedulerInitiated", f"{reason} (deployment ecs-svc/{number})")
    named = " ".join(f"(task {task.task_id})" for task in tasks)
    service.say(f"(service {service.name}) has stopped {len(tasks)} running tasks: {named}.")


def _start(context: Context, service: Service, revision: Revision, count: int) -> None:
    started = []
    for _number in range(count):
        facts = ecs_tasks.service_facts(service, revision)
        facts |= _provider(context, service, revision)
        facts["place"] = len(context.store(Ecs).tasks_of(service, revision))
        tags = _tags(service, revision)
        try:
            task = ecs_tasks.launch(context, service.cluster, revision.definition, facts, tags)
        except AwsError as error:
            failed(context.world, service)
            service.say(f"(service {service.name}) was unable to place a task. Reason: {error.message}")
            return
        task.service, task.revision = service, revision
        started.append(task)
    named = " ".join(f"(task {task.task_id})" for task in started)
    service.say(f"(service {service.name}) has started {len(started)} tasks: {named}.")


def failed(world: World, service: Service) -> None:
    """No new attempt before some time has passed, longer with each failure in a row."""
    service.failed_launches += 1
    if service.failed_launches == INCONSISTENT:
        service.say(
            f"(service {service.name}) is unable to consistently start tasks successfully. "
            "For more information, see the Troubleshooting section of the Amazon ECS Developer Guide."
        )
    wait = world.schedule.seconds["ecs_task"] * min(service.failed_launches, 10)
    service.not_before = world.clock.now() + wait


def _provider(context: Context, service: Service, revision: Revision) -> Facts:
    """Where the next task goes: each provider's base first, then by weight."""
    strategy = revision.facts.get("capacityProviderStrategy")
    if not strategy:
        return {"launchType": revision.facts.get("launchType", "EC2")}
    tasks = _living(context, service, revision)

    def count(item: Facts) -> int:
        return sum(task.facts.get("capacityProviderName") == item["capacityProvider"] for task in tasks)

    short = [item for item in strategy if count(item) < item.get("base", 0)]
    weighted = [item for item in strategy if item.get("weight", 0) > 0]
    chosen = (
        short[0]
        if short
        else min(
            weighted or strategy, key=lambda item: (count(item) - item.get("base", 0)) / max(item.get("weight", 0), 1)
        )
    )
    name = chosen["capacityProvider"]
    return {"capacityProviderName": name, "launchType": "FARGATE" if name.startswith("FARGATE") else "EC2"}


def _tags(service: Service, revision: Revision) -> list[dict[str, str]]:
    propagated = {"SERVICE": service.tags, "TASK_DEFINITION": revision.definition.tags}
    tags = list(propagated.get(service.settings.get("propagateTags", "NONE"), []))
    if service.settings.get("enableECSManagedTags"):
        tags += [
            {"key": "aws:ecs:clusterName", "value": service.cluster.name},
            {"key": "aws:ecs:serviceName", "value": service.name},
        ]
    return tags
