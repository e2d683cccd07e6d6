# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What is left of a rollout that failed, as one document: its cause first, then all that tells of it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .ecs_deployment import reasons
from .ecs_task_definition import revision_of

Data = Mapping[str, Any]
Document = dict[str, Any]

FORMAT = 1
MOST_TASKS = 20
# What an application may have written to its log and nobody else should read.
SECRETS = (
    (re.compile(r"(\w+://[^/\s:@]*):[^/\s@]+@"), r"\1:***@"),
    (re.compile(r"(?i)\b((?:proxy-)?authorization\s*[:=]\s*(?:\w+\s+)?)\S+"), r"\1***"),
    (
        re.compile(
            r"(?i)([\w-]*(?:password|passwd|secret|token|api[_-]?key)[\w-]*[\"']?\s*[:=]\s*)(?:\"[^\"]*\"|'[^']*'|\S+)"
        ),
        r"\1***",
    ),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), "***"),
)


@dataclass(frozen=True)
class Found:
    """What was read, moments as ISO 8601 in UTC.

    `deployment`, `revisions` (by ARN), `service`, `tasks` and `alarms` are in the shapes of the API; `logs` are
    `{task, container, lines: [{at, text}]}`, `targets` `{target_group, target, state, reason, description}`, `gates`
    verdicts of a run, `timeline` what a run saw, `{at, text}`.
    """

    cluster: str
    service: Data
    deployment: Data
    revisions: Mapping[str, Data] = field(default_factory=dict)
    tasks: Sequence[Data] = ()
    logs: Sequence[Data] = ()
    targets: Sequence[Data] = ()
    alarms: Sequence[Data] = ()
    gates: Sequence[Data] = ()
    timeline: Sequence[Data] = ()


def evidence(found: Found) -> Document:
    """The document. What AWS does not say is "" or left out of a list."""
    deployment, name = found.deployment, str(found.service["serviceName"])
    target, restored = (_revision(found, arn) for arn in revision_arns(deployment))
    logs = [_log(each) for each in found.logs]
    tasks = [_task(each) for each in _newest(found.tasks)][:MOST_TASKS]
    alarms = [_alarm(each) for each in found.alarms]
    cause = _cause(deployment, tasks, logs, alarms, found.gates)
    why = [redacted(each) for each in reasons(deployment, found.service, found.tasks)]
    return {
        "format": FORMAT,
        "service": name,
        "cluster": found.cluster,
        "headline": f"{target['task_definition'] or name}: {cause or (why or ['ECS does not say why'])[0]}",
        "deployment": str(deployment["serviceDeploymentArn"]),
        "status": str(deployment["status"]),
        "stage": str(deployment.get("lifecycleStage") or ""),
        "strategy": str((deployment.get("deploymentConfiguration") or {}).get("strategy") or "ROLLING"),
        "began": str(deployment.get("createdAt") or ""),
        "ended": str(deployment.get("finishedAt") or ""),
        "wanted": target,
        "restored": restored,
        "reasons": why,
        "timeline": _timeline(found),
        "gates": [dict(each) for each in found.gates],
        "tasks": tasks,
        "logs": logs,
        "targets": [dict(each) for each in found.targets],
        "alarms": alarms,
    }


def revision_arns(deployment: Data) -> tuple[str, str]:
    """The service revisions that a deployment went to, and back to."""
    target = deployment.get("targetServiceRevision") or {}
    return str(target.get("arn") or ""), str((deployment.get("rollback") or {}).get("serviceRevisionArn") or "")


def alarm_names(deployment: Data) -> list[str]:
    """The alarms that the deployment watched."""
    configured = ((deployment.get("deploymentConfiguration") or {}).get("alarms") or {}).get("alarmNames") or []
    return sorted({*configured, *((deployment.get("alarms") or {}).get("triggeredAlarmNames") or ())})


def redacted(text: str) -> str:
    """The text without what looks like a secret: passwords in URLs, values of keys that are named so, tokens."""
    for pattern, replacement in SECRETS:
        text = pattern.sub(replacement, text)
    return text


def _revision(found: Found, arn: str) -> Document:
    revision = found.revisions.get(arn) or {}
    images = {each["containerName"]: each["image"] for each in revision.get("containerImages") or ()}
    return {"task_definition": revision_of(str(revision.get("taskDefinition") or "")), "images": images}


def _newest(tasks: Iterable[Data]) -> list[Data]:
    return sorted(tasks, key=lambda task: str(task.get("stoppedAt") or task.get("createdAt") or ""), reverse=True)


def _task(task: Data) -> Document:
    return {
        "task": str(task["taskArn"]).rpartition("/")[2],
        "stopped_at": str(task.get("stoppedAt") or ""),
        "stop_code": str(task.get("stopCode") or ""),
        "reason": str(task.get("stoppedReason") or ""),
        "containers": [
            {
                "name": str(each.get("name")),
                "exit_code": each.get("exitCode"),
                "reason": str(each.get("reason") or ""),
                "health": str(each.get("healthStatus") or ""),
            }
            for each in task.get("containers") or ()
        ],
    }


def _log(log: Data) -> Document:
    lines = [{"at": each["at"], "text": redacted(each["text"])} for each in log["lines"]]
    return {"task": log["task"], "container": log["container"], "lines": lines}


def _alarm(alarm: Data) -> Document:
    return {
        "name": str(alarm["AlarmName"]),
        "state": str(alarm["StateValue"]),
        "reason": str(alarm.get("StateReason") or ""),
        "updated": str(alarm.get("StateUpdatedTimestamp") or ""),
    }


def _timeline(found: Found) -> list[Document]:
    """What the run saw, and the events of the service since the deployment began, as they came."""
    began = found.deployment.get("createdAt")
    events = [
        {"at": each["createdAt"], "who": "ECS", "text": each["message"]}
        for each in found.service.get("events") or ()
        if began is None or each["createdAt"] >= began
    ]
    seen = [{"at": str(each["at"]), "who": "run", "text": str(each["text"])} for each in found.timeline]
    return sorted([*reversed(events), *seen], key=lambda each: each["at"])


def _cause(
    deployment: Data,
    tasks: Sequence[Data],
    logs: Sequence[Data],
    alarms: Sequence[Data],
    gates: Sequence[Data],
) -> str:
    """The cause in a few words, "" where only ECS's own words are left. What is known for certain goes first."""
    triggered = set((deployment.get("alarms") or {}).get("triggeredAlarmNames") or ())
    candidates = (
        *(f"gate {each.get('name') or each['kind']}: {each['reason']}" for each in gates if each["verdict"] == "fail"),
        *(f"alarm {each['name']}: {each['reason']}" for each in alarms if each["name"] in triggered),
        *_of_tasks(tasks, logs),
        *(f"nobody promoted it in time: {each['hookId']}" for each in _hooks(deployment, "TIMED_OUT")),
        *(f"lifecycle hook {each.get('targetArn') or each['hookId']} failed" for each in _hooks(deployment, "FAILED")),
    )
    return next(iter(candidates), "")


def _hooks(deployment: Data, status: str) -> Iterator[Data]:
    return (each for each in deployment.get("lifecycleHookDetails") or () if each.get("status") == status)


def _message(line: str) -> str:
    """What a line of a log says, also where it is JSON."""
    try:
        held = json.loads(line)
    except ValueError:
        return line
    return str(held.get("message") or held.get("msg") or line) if isinstance(held, dict) else line


def _of_tasks(tasks: Sequence[Data], logs: Sequence[Data]) -> Iterator[str]:
    """Causes that tasks tell. One that the scheduler stopped for another reason than its health tells none."""
    said = {(log["task"], log["container"]): _message(log["lines"][-1]["text"]) for log in logs if log["lines"]}
    for task in tasks:
        if task["stop_code"] == "TaskFailedToStart":
            yield f"a task does not start: {task['reason']}"
        if "health check" in task["reason"]:
            yield f"a task fails its health check: {task['reason']}"
        for each in task["containers"] if task["stop_code"] == "EssentialContainerExited" else ():
            if each["exit_code"]:
                last = said.get((task["task"], each["name"]))
                tail = f": {last}" if last else ""
                yield f"container {each['name']} ends with exit code {each['exit_code']}{tail}"
