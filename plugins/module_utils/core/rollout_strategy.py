# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How a rollout goes: from options to a deployment configuration, its steps for people, and its fingerprint. Pure."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from .ecs_service import SHIFTING, complete_deployment, deployment_configuration, service_state
from .ecs_task_definition import revision_of
from .plan import State
from .rollout_gates import gated, pause_text, problems

# In the order of the documentation. Source: ECS developer guide, "Lifecycle hooks for Amazon ECS service deployments".
STAGES = (
    "RECONCILE_SERVICE",
    "PRE_SCALE_UP",
    "SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
    "BAKE_TIME",
    "CLEAN_UP",
)
# Documented, and a place for hooks, but no value of ServiceDeploymentLifecycleStage: nobody ever sees it.
HIDDEN_STAGE = "PRE_PRODUCTION_TRAFFIC_SHIFT"
# Where a rollout can wait for a person, by what comes next.
PAUSES = {
    "tasks": "PRE_SCALE_UP",
    "test_traffic": "POST_SCALE_UP",
    "production_traffic": "POST_TEST_TRAFFIC_SHIFT",
    "each_step": "PRE_PRODUCTION_TRAFFIC_SHIFT",
    "bake": "POST_PRODUCTION_TRAFFIC_SHIFT",
}
# ECS runs hooks of these stages again while it rolls back. Source: ECS developer guide, lifecycle hooks.
RUN_AGAIN = ("TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT")
NO_ALARMS: State = {"alarmNames": [], "enable": False, "rollback": False}
ALL = 100.0


def configuration(options: Mapping[str, Any]) -> State:
    """The complete deployment configuration of the module's options, as it is sent."""
    strategy = options["strategy"]
    built: State = {
        "strategy": strategy,
        "bakeTimeInMinutes": options["bake_minutes"] if strategy in SHIFTING else 0,
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "alarms": dict(NO_ALARMS),
        "lifecycleHooks": _pauses(options),
    }
    if options["alarms"]:
        built["alarms"] = {"alarmNames": sorted(options["alarms"]), "enable": True, "rollback": True}
    if strategy == "CANARY":
        shares = {"canaryPercent": options["canary_percent"], "canaryBakeTimeInMinutes": options["canary_bake_minutes"]}
        built["canaryConfiguration"] = shares
    if strategy == "LINEAR":
        shares = {"stepPercent": options["step_percent"], "stepBakeTimeInMinutes": options["step_bake_minutes"]}
        built["linearConfiguration"] = shares
    return complete_deployment({"deploymentConfiguration": {**built, **(options["deployment_configuration"] or {})}})


def _pauses(options: Mapping[str, Any]) -> list[State]:
    pauses = {*options["pause_before"], *gated(options["gates"])}
    stages = sorted({PAUSES[each] for each in pauses}, key=STAGES.index)
    timeout = {"timeoutInMinutes": options["pause_minutes"], "action": options["pause_action"]}
    return [{"targetType": "PAUSE", "lifecycleStages": stages, "timeoutConfiguration": timeout}] if stages else []


def without_hooks(sent: State) -> State:
    """The configuration for a first deployment: a hook there would hold a service that nobody can go back from."""
    return {**sent, "lifecycleHooks": []}


def settings(sent: Mapping[str, Any]) -> State:
    """A configuration in the form in which two of them are compared, whatever AWS leaves out of an answer."""
    found: State = service_state({"deploymentConfiguration": dict(sent)})["deploymentConfiguration"]
    for hook in found.get("lifecycleHooks") or ():
        hook["lifecycleStages"] = sorted(hook.get("lifecycleStages") or ())
    found["lifecycleHooks"] = sorted(found.get("lifecycleHooks") or (), key=str)
    alarms = found.get("alarms") or {}
    return {**found, "alarms": alarms if alarms.get("enable") else {}}


def fingerprint(task_definition: str, sent: Mapping[str, Any]) -> str:
    """What a rollout is recognised by: what it deploys, and how."""
    content = {"task definition": revision_of(task_definition), "settings": settings(sent)}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def strategy_problems(options: Mapping[str, Any], sent: Mapping[str, Any]) -> list[str]:
    """What cannot be had of this strategy; beside what core.ecs_service.problems knows."""
    wrong = problems(options["gates"])
    if sent["strategy"] not in SHIFTING:
        for option in ("pause_before", "gates"):
            if options[option]:
                wrong.append(f"{option} needs a strategy that shifts traffic: a rolling deployment has no stages")
        if options["wait_until"] == "stage":
            wrong.append("wait_until: stage needs a strategy that shifts traffic: a rolling deployment has no stages")
        if options["wait_until"] == "paused":
            wrong.append("wait_until: paused needs a strategy that shifts traffic: a rolling deployment cannot pause")
    ranges = (
        ("canary_percent", 0.1, 100),
        ("canary_bake_minutes", 0, 1440),
        ("step_percent", 3, 100),
        ("step_bake_minutes", 0, 1440),
        ("pause_minutes", 1, 20160),
    )
    for option, low, high in ranges:
        if not low <= options[option] <= high:
            wrong.append(f"{option} is {low} to {high}, got {options[option]:g}")
    return wrong


def strategy_warnings(sent: Mapping[str, Any]) -> list[str]:
    """What ECS takes, but what may surprise."""
    found = [
        f"a lifecycle hook at {stage} also runs while ECS rolls back, and can hinder it; take a PRE_ or POST_ stage"
        for stage in RUN_AGAIN
        for hook in sent.get("lifecycleHooks") or ()
        if stage in (hook.get("lifecycleStages") or ())
    ]
    return list(dict.fromkeys(found))


def shares(sent: Mapping[str, Any]) -> list[tuple[float, int]]:
    """Per cent of production traffic on the new revision, and the minutes for which it stays so before the next."""
    found = deployment_configuration({"deploymentConfiguration": sent})
    if found["strategy"] == "CANARY":
        canary = found["canaryConfiguration"]
        return [(float(canary["canaryPercent"]), int(canary["canaryBakeTimeInMinutes"])), (ALL, 0)]
    if found["strategy"] == "LINEAR":
        step, minutes = (float(found["linearConfiguration"][key]) for key in ("stepPercent", "stepBakeTimeInMinutes"))
        return [*((step * number, int(minutes)) for number in range(1, math.ceil(ALL / step))), (ALL, 0)]
    return [(ALL, 0)]


def least_minutes(sent: Mapping[str, Any]) -> int:
    """Minutes that a rollout takes at least, besides those for starting and stopping tasks and for pauses."""
    bake = sent.get("bakeTimeInMinutes") or 0
    return int(bake) + sum(minutes for _percent, minutes in shares(sent))


def pause_of(stage: str, sent: Mapping[str, Any], decided: int) -> str:
    """The pause (of PAUSES) at which a deployment waits that shows this stage; "" where it is none of them.

    AWS has no value for the stage before a share of the traffic. Where it shows the stage before instead, how many
    hooks are over (`decided`) tells whether the pause of that one is.
    """
    if stage in (HIDDEN_STAGE, "PRODUCTION_TRAFFIC_SHIFT"):
        return "each_step"
    places = [place for hook in sent.get("lifecycleHooks") or () for place in hook.get("lifecycleStages") or ()]
    if stage == PAUSES["production_traffic"] and HIDDEN_STAGE in places:
        reached = STAGES[: STAGES.index(stage) + 1]
        if decided >= sum(place in reached for place in places):
            return "each_step"
    return next((pause for pause, where in PAUSES.items() if where == stage), "")


def steps(
    sent: Mapping[str, Any], old: str, new: str, gates: Mapping[str, Any] | None = None, asking: Collection[str] = ()
) -> list[str]:
    """What will happen, a line a step; `asking` are the pauses that somebody has to end even if their gates pass."""
    if sent["strategy"] not in SHIFTING:
        found = deployment_configuration({"deploymentConfiguration": sent})
        least, most = found["minimumHealthyPercent"], found["maximumPercent"]
        return [f"replace tasks of {old} by tasks of {new}, keeping {least}% to {most}% of the wanted number"]
    given = gates or {}
    told = {PAUSES[pause]: pause_text(given[pause], asks=pause in asking) for pause in gated(given)}
    return list(_steps(sent, old, new, told))


def _steps(sent: Mapping[str, Any], old: str, new: str, told: Mapping[str, str]) -> Iterator[str]:
    yield from _pause(sent, "PRE_SCALE_UP", told)
    yield f"start tasks of {new} beside those of {old}"
    yield from _pause(sent, "POST_SCALE_UP", told)
    yield f"lead the test traffic to {new}"
    yield from _pause(sent, "POST_TEST_TRAFFIC_SHIFT", told)
    for percent, minutes in shares(sent):
        yield from _pause(sent, "PRE_PRODUCTION_TRAFFIC_SHIFT", told)
        yield f"lead {percent:g}% of the production traffic to {new}" + (f", for {minutes} min" if minutes else "")
    yield from _pause(sent, "POST_PRODUCTION_TRAFFIC_SHIFT", told)
    if sent.get("bakeTimeInMinutes"):
        yield f"keep both for {sent['bakeTimeInMinutes']} min"
    yield f"stop the tasks of {old}"


def _pause(sent: Mapping[str, Any], stage: str, told: Mapping[str, str]) -> Iterator[str]:
    for hook in sent.get("lifecycleHooks") or ():
        if stage not in (hook.get("lifecycleStages") or ()):
            continue
        if hook.get("targetType") != "PAUSE":
            yield f"ask {hook.get('hookTargetArn')}"
            continue
        timeout = {"timeoutInMinutes": 1440, "action": "ROLLBACK", **(hook.get("timeoutConfiguration") or {})}
        then = {"ROLLBACK": "roll back", "CONTINUE": "go on"}[timeout["action"]]
        what = told.get(stage, "pause until somebody promotes or aborts")
        yield f"{what}; {then} after {timeout['timeoutInMinutes']} min"
