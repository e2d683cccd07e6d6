# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Pauses of a deployment at a stage, until somebody decides or their time is over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from simulator.errors import AwsError, not_implemented
from simulator.overlays.ecs_model import Deployment, Facts, Service, hex_id, now

if TYPE_CHECKING:
    from simulator.overlays.ecs_rollout import Step
    from simulator.world import World

TIMEOUT_MINUTES = 1440
# ECS itself acts at these, so that nobody can hold it.
NO_PAUSE = ("TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT")


class Decided(Protocol):
    """Told when a hook is over."""

    def __call__(self, world: World, service: Service, deployment: Deployment, *, rollback: bool) -> None: ...


DECIDED: list[Decided] = []


def when_decided(function: Decided) -> Decided:
    """Register what goes on with the deployment."""
    DECIDED.append(function)
    return function


def check(configuration: Facts, operation: str) -> None:
    """Only pauses are simulated.

    :raises AwsError: NotImplemented for a Lambda function, InvalidParameterException for what AWS refuses.
    """
    hooks = configuration.get("lifecycleHooks") or []
    for hook in hooks:
        if hook.get("targetType", "AWS_LAMBDA") != "PAUSE":
            raise not_implemented("ecs", operation, "lifecycle hooks that call a Lambda function")
        if not hook.get("lifecycleStages"):
            raise AwsError("InvalidParameterException", "A lifecycle hook needs at least one lifecycle stage.")
        if set(hook["lifecycleStages"]) & set(NO_PAUSE):
            message = f"PAUSE hooks are not allowed at {' and '.join(NO_PAUSE)}."
            raise AwsError("InvalidParameterException", message)
        if hook.get("hookTargetArn"):
            raise AwsError("InvalidParameterException", "A PAUSE hook has no hookTargetArn.")
    if len(hooks) > 10:
        raise AwsError("InvalidParameterException", "A service has at most 10 PAUSE hooks.")


def open_hooks(world: World, service: Service, deployment: Deployment, step: Step) -> None:
    """Pause at a step where the configuration says so; a rollback is not paused."""
    if deployment.is_rolling_back or not step.stage:
        return
    for hook in deployment.configuration.get("lifecycleHooks") or []:
        if step.stage not in hook["lifecycleStages"]:
            continue
        timeout = hook.get("timeoutConfiguration") or {}
        minutes = timeout.get("timeoutInMinutes", TIMEOUT_MINUTES)
        detail = {
            "hookId": hex_id(),
            "targetType": "PAUSE",
            "status": "AWAITING_ACTION",
            "expiresAt": now() + timedelta(minutes=minutes),
            "timeoutAction": timeout.get("action", "ROLLBACK"),
        }
        deployment.hooks.append(detail)
        # where nothing takes time a pause would be over before anybody sees it
        if not world.clock.instant:
            world.schedule.after("ecs_minute", _timed_out, service, deployment, detail["hookId"], times=float(minutes))


def are_open(deployment: Deployment) -> bool:
    return any(hook["status"] == "AWAITING_ACTION" for hook in deployment.hooks)


def close(deployment: Deployment) -> None:
    """A deployment that turns back waits for nobody."""
    for hook in deployment.hooks:
        if hook["status"] == "AWAITING_ACTION":
            hook["status"] = "FAILED"


def _find(deployment: Deployment, hook_id: str) -> dict[str, Any] | None:
    return next((hook for hook in deployment.hooks if hook["hookId"] == hook_id), None)


def _timed_out(world: World, service: Service, deployment: Deployment, hook_id: str) -> None:
    hook = _find(deployment, hook_id)
    if hook is not None and hook["status"] == "AWAITING_ACTION" and deployment.status == "IN_PROGRESS":
        hook["status"] = "TIMED_OUT"
        _tell(world, service, deployment, rollback=hook["timeoutAction"] == "ROLLBACK")


def decide(world: World, service: Service, deployment: Deployment, hook_id: str, *, rollback: bool) -> None:
    """End a pause.

    :raises AwsError: InvalidParameterException when there is nothing to decide.
    """
    hook = _find(deployment, hook_id)
    if hook is None or hook["status"] != "AWAITING_ACTION" or deployment.status != "IN_PROGRESS":
        message = f"The lifecycle hook {hook_id} is not awaiting an action in the service deployment {deployment.arn}."
        raise AwsError("InvalidParameterException", message)
    hook["status"] = "FAILED" if rollback else "SUCCEEDED"
    _tell(world, service, deployment, rollback=rollback)


def _tell(world: World, service: Service, deployment: Deployment, *, rollback: bool) -> None:
    for function in DECIDED:
        function(world, service, deployment, rollback=rollback)
