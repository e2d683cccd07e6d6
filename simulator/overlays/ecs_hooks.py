# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Hooks of a deployment at a stage: pauses until somebody decides, functions until they answer, both for a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from simulator.errors import AwsError, not_implemented
from simulator.overlays import ecs_hook_functions, ecs_tasks
from simulator.overlays.ecs_model import Deployment, Ecs, Facts, Service, hex_id, now

if TYPE_CHECKING:
    from simulator.overlays.ecs_rollout import Step
    from simulator.world import World

TIMEOUT_MINUTES, LONGEST_MINUTES = 1440, 20160
MOST = 10
OPEN = ("AWAITING_ACTION", "IN_PROGRESS")
# ECS itself acts at these, so that nobody can hold it.
NO_PAUSE = ("TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT")
STOPPED = "Service deployment rolled back because of a stop request."


class Decided(Protocol):
    """Told when a hook is over; `reason` is that of going back, empty to go on."""

    def __call__(self, world: World, service: Service, deployment: Deployment, reason: str) -> None: ...


DECIDED: list[Decided] = []


def when_decided(function: Decided) -> Decided:
    """Register what goes on with the deployment."""
    DECIDED.append(function)
    return function


def _refuse(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)


def check(world: World, configuration: Facts, operation: str) -> None:
    """Hold hooks against AWS's rules.

    :raises AwsError: InvalidParameterException; NotImplemented for a function that nothing answers for.
    """
    hooks = configuration.get("lifecycleHooks") or []
    for hook in hooks:
        if not hook.get("lifecycleStages"):
            raise _refuse("A lifecycle hook needs at least one lifecycle stage.")
        minutes = (hook.get("timeoutConfiguration") or {}).get("timeoutInMinutes", TIMEOUT_MINUTES)
        if not 1 <= minutes <= LONGEST_MINUTES:
            raise _refuse(f"timeoutInMinutes must be between 1 and {LONGEST_MINUTES}.")
        if _is_pause(hook):
            _check_pause(hook)
        else:
            _check_function(world, hook, operation)
    pauses = sum(_is_pause(hook) for hook in hooks)
    if max(pauses, len(hooks) - pauses) > MOST:
        raise _refuse(f"A service has at most {MOST} PAUSE hooks and {MOST} AWS_LAMBDA hooks.")


def _is_pause(hook: Facts) -> bool:
    return bool(hook.get("targetType", "AWS_LAMBDA") == "PAUSE")


def _check_pause(hook: Facts) -> None:
    if set(hook["lifecycleStages"]) & set(NO_PAUSE):
        raise _refuse(f"PAUSE hooks are not allowed at {' and '.join(NO_PAUSE)}.")
    if hook.get("hookTargetArn"):
        raise _refuse("A PAUSE hook has no hookTargetArn.")


def _check_function(world: World, hook: Facts, operation: str) -> None:
    if not hook.get("hookTargetArn"):
        raise _refuse("hookTargetArn is required for an AWS_LAMBDA lifecycle hook.")
    if hook["hookTargetArn"] not in world.functions:
        text = f"the function {hook['hookTargetArn']}, for which no address was registered (PUT /_simulator/functions)"
        raise not_implemented("ecs", operation, text)


def open_hooks(world: World, service: Service, deployment: Deployment, step: Step) -> None:
    """Pause and invoke at a step where the configuration says so; a rollback invokes functions as well."""
    for hook in deployment.configuration.get("lifecycleHooks") or []:
        if step.stage not in hook["lifecycleStages"]:
            continue
        timeout = hook.get("timeoutConfiguration") or {}
        minutes = timeout.get("timeoutInMinutes", TIMEOUT_MINUTES)
        detail = {
            "hookId": hex_id(),
            "targetType": hook.get("targetType", "AWS_LAMBDA"),
            "targetArn": hook.get("hookTargetArn"),
            "status": "AWAITING_ACTION" if _is_pause(hook) else "IN_PROGRESS",
            "expiresAt": now() + timedelta(minutes=minutes),
            "timeoutAction": timeout.get("action", "ROLLBACK"),
        }
        deployment.hooks.append(detail)
        # where nothing takes time a hook would be over before anybody sees it
        if not world.clock.instant:
            world.schedule.after("ecs_minute", _timed_out, service, deployment, detail, step.stage, times=minutes)
        if not _is_pause(hook):
            _invoke(world, _Call(service, deployment, detail, step.stage, hook.get("hookDetails")))


@dataclass(frozen=True)
class _Call:
    """An invocation of a function; `details` is what it is given to remember."""

    service: Service
    deployment: Deployment
    hook: Facts
    stage: str
    details: Any


def _invoke(world: World, call: _Call) -> None:
    if not _is_open(world, call.service, call.hook):
        return
    event = ecs_hook_functions.payload(call.service, call.deployment, call.stage, call.hook, call.details)
    seconds = ecs_hook_functions.LIMIT_MINUTES * world.schedule.seconds["ecs_minute"]
    real = seconds if world.clock.instant else seconds / world.clock.speed
    world.functions.invoke(world, call.hook["targetArn"], event, real, _answered, call)


def _answered(world: World, call: _Call, answer: Any, error: str) -> None:
    hook = call.hook
    if not _is_open(world, call.service, hook):
        return
    said = ecs_hook_functions.verdict(hook["targetArn"], answer, error)
    hook["status"] = said.status
    if said.status == "IN_PROGRESS":
        again = call if said.details is None else replace(call, details=said.details)
        world.schedule.after("ecs_minute", _invoke, again, times=said.delay / 60)
        return
    reason = f"Service deployment rolled back because {call.stage} lifecycle hook(s) failed. {said.reason}"
    _tell(world, call.service, call.deployment, reason if said.status == "FAILED" else "")


def are_open(deployment: Deployment) -> bool:
    return any(hook["status"] in OPEN for hook in deployment.hooks)


def close(deployment: Deployment) -> None:
    """A deployment that turns back waits for nobody."""
    for hook in deployment.hooks:
        if hook["status"] in OPEN:
            hook["status"] = "FAILED"


def _is_open(world: World, service: Service, hook: Facts) -> bool:
    """Whether a hook is still to be decided, of a service that the world has not forgotten meanwhile."""
    known = ecs_tasks.context_of(world, service.arn).store(Ecs).services.get(service.arn)
    return hook["status"] in OPEN and known is service


def _timed_out(world: World, service: Service, deployment: Deployment, hook: Facts, stage: str) -> None:
    if _is_open(world, service, hook):
        hook["status"] = "TIMED_OUT"
        reason = f"Service deployment rolled back because {stage} lifecycle hook(s) timed out."
        _tell(world, service, deployment, reason if hook["timeoutAction"] == "ROLLBACK" else "")


def decide(world: World, service: Service, deployment: Deployment, hook_id: str, *, rollback: bool) -> None:
    """End a pause.

    :raises AwsError: InvalidParameterException when there is nothing to decide.
    """
    hook = next((hook for hook in deployment.hooks if hook["hookId"] == hook_id), None)
    if hook is None or hook["status"] != "AWAITING_ACTION" or deployment.status != "IN_PROGRESS":
        raise _refuse(
            f"The lifecycle hook {hook_id} is not awaiting an action in the service deployment {deployment.arn}."
        )
    hook["status"] = "FAILED" if rollback else "SUCCEEDED"
    _tell(world, service, deployment, STOPPED if rollback else "")


def _tell(world: World, service: Service, deployment: Deployment, reason: str) -> None:
    for function in DECIDED:
        function(world, service, deployment, reason)
