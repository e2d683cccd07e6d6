# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a service deployment has come to, and why it failed, in ECS's own words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .ecs_task_definition import revision_of
from .readiness import StatusTable, Verdict

Data = Mapping[str, Any]

# Source: ECS API reference, ServiceDeployment.status.
DEPLOYMENT = StatusTable(
    ready=frozenset({"SUCCESSFUL"}),
    failed=frozenset(
        {
            "ROLLBACK_FAILED",
            "ROLLBACK_IN_PROGRESS",
            "ROLLBACK_REQUESTED",
            "ROLLBACK_SUCCESSFUL",
            "STOPPED",
            "STOP_REQUESTED",
        }
    ),
)
EVENTS, TASKS = 5, 3


@dataclass(frozen=True)
class Progress:
    """How far a deployment is: `text` for the screen, `verdict` for the one who waits."""

    verdict: Verdict
    status: str
    text: str


@dataclass(frozen=True)
class Target:
    """Task definitions: which one is `wanted` ("" for any), which one the newest deployment goes to, and which one it
    went back to where it was rolled back."""

    wanted: str = ""
    deployed: str = ""
    restored: str = ""


def progress(deployment: Data | None, target: Target, *, late: bool = False) -> Progress:
    """What the newest deployment of a service means to somebody who waits.

    Success is what ECS calls SUCCESSFUL, of our revision; that tasks run, or that the service is stable, is not. `late`
    says that ECS had time enough to list the deployment that was started last.
    """
    if deployment is None:
        return Progress("failed" if late else "pending", "PENDING", "there is no deployment")
    status, wanted = str(deployment["status"]), revision_of(target.wanted)
    if not wanted or revision_of(target.deployed) == wanted:
        return Progress(DEPLOYMENT.verdict(status), status, describe(deployment))
    if status == "ROLLBACK_SUCCESSFUL" and revision_of(target.restored) == wanted:
        return Progress("ready", status, f"{wanted} runs again, after a deployment that was rolled back")
    text = f"{describe(deployment)}: the newest deployment is of {revision_of(target.deployed)}, not of {wanted}"
    return Progress("failed" if late else "pending", status, text)


def describe(deployment: Data) -> str:
    """One line: status, stage, tasks and weights."""
    target = deployment.get("targetServiceRevision") or {}
    parts = [str(deployment["status"])]
    if deployment.get("lifecycleStage"):
        parts.append(f"stage {deployment['lifecycleStage']}")
    if "requestedTaskCount" in target:
        parts.append(f"{target.get('runningTaskCount', 0)} of {target['requestedTaskCount']} tasks run")
    for kind in ("Test", "Production"):
        weight = target.get(f"requested{kind}TrafficWeight")
        if weight is not None:
            parts.append(f"{kind.lower()} traffic {weight:g}%")
    return ", ".join(parts)


def reasons(deployment: Data | None, service: Data | None, tasks: Iterable[Data]) -> list[str]:
    """Why a deployment failed, most telling first: ECS's reason, stopped tasks, failed checks, events."""
    found = [*_own_words(deployment or {}), *_stopped(tasks), *_events(deployment or {}, service or {})]
    return list(dict.fromkeys(found))


def _own_words(deployment: Data) -> Iterator[str]:
    if deployment.get("statusReason"):
        yield str(deployment["statusReason"])
    rollback = deployment.get("rollback") or {}
    if rollback.get("reason"):
        yield f"rolled back: {rollback['reason']}"
    breaker = deployment.get("deploymentCircuitBreaker") or {}
    if breaker.get("status") == "TRIGGERED":
        yield f"circuit breaker: {breaker.get('failureCount')} tasks failed, {breaker.get('threshold')} are too many"
    alarms = (deployment.get("alarms") or {}).get("triggeredAlarmNames")
    if alarms:
        yield f"alarms: {', '.join(alarms)}"
    for hook in deployment.get("lifecycleHookDetails") or ():
        if hook.get("status") in ("FAILED", "TIMED_OUT"):
            yield f"lifecycle hook {hook.get('targetArn') or hook.get('hookId')}: {hook['status']}"


def _stopped(tasks: Iterable[Data]) -> Iterator[str]:
    newest = sorted(tasks, key=lambda task: str(task.get("stoppedAt") or task.get("createdAt") or ""), reverse=True)
    for task in newest[:TASKS]:
        said = [str(task["stoppedReason"])] if task.get("stoppedReason") else []
        for container in task.get("containers") or ():
            said.extend(_container(container))
        if said:
            yield f"task {str(task.get('taskArn', '')).rpartition('/')[2]}: {'; '.join(said)}"


def _container(container: Data) -> Iterator[str]:
    name = container.get("name")
    if container.get("exitCode"):
        yield f"container {name} ended with exit code {container['exitCode']}"
    if container.get("reason"):
        yield f"container {name}: {container['reason']}"
    if container.get("healthStatus") == "UNHEALTHY":
        yield f"container {name} failed its health check"


def _events(deployment: Data, service: Data) -> Iterator[str]:
    """The newest events of the service since the deployment began."""
    began = deployment.get("createdAt")
    events = [event for event in service.get("events") or () if began is None or event["createdAt"] >= began]
    for event in events[:EVENTS]:
        yield f"event: {event['message']}"


def failure(name: str, found: Progress, why: Iterable[str]) -> str:
    """The message of a deployment that did not succeed."""
    told = [f"- {reason}" for reason in why] or ["- ECS says no more; see the service's events"]
    return "\n".join([f"The deployment of service {name} did not succeed: {found.text}.", *told])
