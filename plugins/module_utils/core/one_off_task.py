# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which one-off task to run, to go on with or to take the result of, and what has become of it. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .plan import PlanRefused
from .readiness import Verdict

Data = Mapping[str, Any]
MARK = "monay-task/"


@dataclass(frozen=True)
class Decision:
    """`token` makes the same start, by whomever, the same task."""

    action: Literal["run", "attach"]
    arn: str
    token: str


def fingerprint(request: Data) -> str:
    """The same for the same task definition, container, command, environment and network."""
    return _digest(json.dumps(request, sort_keys=True))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def decide(print_of: str, tasks: Iterable[Data]) -> Decision:
    """Decide by the one-off tasks of the family that ECS knows. Raises PlanRefused while another one is under way.

    Only the newest counts: a result from before another task is a result no more. One that failed is run again.
    """
    own = [task for task in tasks if str(task.get("startedBy", "")).startswith(MARK)]
    newest = max(own, key=lambda task: (task["createdAt"], task["taskArn"]), default=None)
    arn = str(newest["taskArn"]) if newest else ""
    token = _digest(f"{print_of} after {arn}")
    if newest is None or (newest["lastStatus"] == "STOPPED" and not _is_good(newest, print_of)):
        return Decision("run", "", token)
    if newest["startedBy"] != MARK + print_of:
        if newest["lastStatus"] == "STOPPED":
            return Decision("run", "", token)
        raise PlanRefused(
            f"task {arn} of the same family is under way with another command, settings or revision: wait until it has"
            " ended, or stop it in ECS, and run again"
        )
    return Decision("attach", arn, token)


def _is_good(task: Data, print_of: str) -> bool:
    return task["startedBy"] == MARK + print_of and outcome(task) == "ready"


def outcome(task: Data) -> Verdict:
    """A task has done its work when all its containers that ran ended with 0."""
    if task["lastStatus"] != "STOPPED":
        return "pending"
    codes = [each.get("exitCode") for each in task["containers"]]
    return "ready" if codes and all(code == 0 for code in codes) else "failed"


def told(task: Data) -> str:
    """Status, exit codes and ECS's reasons, in one line."""
    said = [str(task["lastStatus"])]
    if task.get("stoppedReason"):
        said.append(str(task["stoppedReason"]))
    for each in task["containers"]:
        if each.get("exitCode") is not None:
            said.append(f"container {each['name']} ended with exit code {each['exitCode']}")
        if each.get("reason"):
            said.append(f"container {each['name']}: {each['reason']}")
    return "; ".join(said)
