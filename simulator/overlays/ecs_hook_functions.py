# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lambda hooks of a deployment: what ECS sends a function, and what it makes of the answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.overlays.ecs_model import Deployment, Facts, Service

# AWS's limit of an invocation, and what passes before the next one where the function does not say.
LIMIT_MINUTES, DELAY_SECONDS = 15, 30
STATUSES = ("SUCCEEDED", "FAILED", "IN_PROGRESS")


def payload(service: Service, deployment: Deployment, stage: str, hook: Facts, details: Any) -> dict[str, Any]:
    """The event of one invocation."""
    return {
        "executionDetails": {
            "serviceArn": service.arn,
            "targetServiceRevisionArn": deployment.target.arn,
            "testTrafficWeights": dict(deployment.test_weight),
            "productionTrafficWeights": dict(deployment.production_weight),
        },
        "executionId": hook["hookId"],
        "lifecycleStage": stage,
        "resourceArn": deployment.arn,
        **({"hookDetails": details} if details is not None else {}),
    }


@dataclass(frozen=True)
class Verdict:
    """What an invocation comes to."""

    status: str
    reason: str = ""
    """In AWS's words, of one that failed."""
    delay: float = 0.0
    details: Any = None
    """What the next invocation is given."""


def verdict(arn: str, answer: Any, error: str) -> Verdict:
    """Judge an answer; what is none, or says nothing valid, has failed."""
    if error:
        return Verdict("FAILED", f"ECS was unable to invoke {arn} due to: {error}")
    unreadable = f"ECS was unable to parse the response from {arn} due to:"
    if not isinstance(answer, dict) or answer.get("hookStatus") is None:
        return Verdict("FAILED", f"{unreadable} HookStatus must not be null")
    status, delay = answer["hookStatus"], answer.get("callBackDelay", DELAY_SECONDS)
    if status not in STATUSES:
        return Verdict("FAILED", f"{unreadable} HookStatus must be one of {', '.join(STATUSES)}")
    if isinstance(delay, bool) or not isinstance(delay, int | float) or delay < 0:
        return Verdict("FAILED", f"{unreadable} CallBackDelay must be a number of seconds")
    if status == "FAILED":
        return Verdict("FAILED", f"Lifecycle hook target {arn} returned FAILED status.")
    return Verdict(status, "", float(delay), answer.get("hookDetails"))
