# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What must be so before a rollout starts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .plan import State

# The findings that somebody may let pass.
ALLOWED = ("alarms", "targets", "weights")


@dataclass(frozen=True)
class Finding:
    """`about` is one of ALLOWED, or what nobody can let pass."""

    about: str
    message: str


def forward_weights(rule: Mapping[str, Any]) -> dict[str, int]:
    """Weight by target group of a listener rule."""
    found: dict[str, int] = {}
    for action in rule.get("Actions") or ():
        groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or ()
        found.update({group["TargetGroupArn"]: group.get("Weight", 1) for group in groups})
        if not groups and action.get("TargetGroupArn"):
            found[action["TargetGroupArn"]] = 1
    return found


def weight_findings(live: Iterable[Mapping[str, str]], weights: Mapping[str, Mapping[str, int]]) -> list[Finding]:
    """Whether the traffic goes where ECS says that the live revision serves.

    `live` are the load balancers of the revision's resolvedConfiguration; `weights` are by rule, then by target group.
    """
    found = []
    for each in live:
        rule, group = each.get("productionListenerRule", ""), each.get("targetGroupArn", "")
        if rule not in weights:
            continue
        total, own = sum(weights[rule].values()), weights[rule].get(group, 0)
        if own == 0 or own != total:
            told = ", ".join(f"{_short(arn)} {weight}" for arn, weight in sorted(weights[rule].items())) or "none"
            message = f"the live revision serves {_short(group)}, but the weights of its listener rule are {told}"
            found.append(Finding("weights", f"{message}; set them right, or find out who changed them"))
    return found


def stranding_findings(declared: Iterable[Mapping[str, Any]], live: Iterable[Mapping[str, str]]) -> list[Finding]:
    """A rolling deployment moves no weights: its tasks must stand where the traffic goes.

    `declared` are the load balancers of the service, in whose `targetGroupArn` a rolling deployment has its tasks.
    """
    kept = {each.get("targetGroupArn") for each in declared}
    lost = sorted({each.get("targetGroupArn", "") for each in live} - kept)
    told = "serves the traffic now, and a rolling deployment would have no tasks in it"
    advice = "deploy once more with the present strategy, which moves the traffic back"
    return [Finding("strategy", f"target group {_short(group)} {told}; {advice}") for group in lost]


def target_findings(healthy: Mapping[str, int], wanted: int) -> list[Finding]:
    """Whether the live revision is well: `healthy` targets by target group that it serves."""
    return [
        Finding("targets", f"{count} of {wanted} targets of {_short(group)} are healthy before the rollout starts")
        for group, count in sorted(healthy.items())
        if count < wanted
    ]


def alarm_findings(names: Iterable[str], states: Mapping[str, str]) -> list[Finding]:
    """ECS watches no alarm in a deployment that starts while one of them is in ALARM.

    Source: ECS developer guide, "How CloudWatch alarms detect Amazon ECS deployment failures".
    """
    found = []
    for name in sorted(set(names)):
        if name not in states:
            found.append(Finding("alarms", f"alarm {name} does not exist"))
        elif states[name] == "ALARM":
            message = f"alarm {name} is in ALARM; ECS would watch none of the alarms during this deployment"
            found.append(Finding("alarms", message))
    return found


def alarm_names(configuration: State) -> list[str]:
    """The alarms that the deployment is watched by."""
    alarms = configuration.get("alarms") or {}
    return list(alarms.get("alarmNames") or ()) if alarms.get("enable") else []


def _short(arn: str) -> str:
    """Name of a target group."""
    return arn.split("/")[1] if ":targetgroup/" in arn else arn
