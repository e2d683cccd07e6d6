# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The rollout of a service as a state machine: from what ECS shows to what is to be done next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .ecs_deployment import describe
from .ecs_task_definition import revision_of
from .plan import PlanRefused, State
from .readiness import Verdict
from .rollout_strategy import PAUSES, STAGES, fingerprint, pause_of

# Source: ECS API reference, ServiceDeployment.status.
TURNING_BACK = frozenset({"ROLLBACK_IN_PROGRESS", "ROLLBACK_REQUESTED", "STOP_REQUESTED"})
UNDER_WAY = TURNING_BACK | {"IN_PROGRESS", "PENDING"}
BACK = frozenset({"ROLLBACK_SUCCESSFUL", "STOPPED"})
# A deployment that ended so left a revision that works.
PROVEN = frozenset({"SUCCESSFUL", "ROLLBACK_SUCCESSFUL"})

Goal = Literal["deployed", "back"]
Action = Literal["start", "find", "follow", "continue", "stop", "nothing"]


@dataclass(frozen=True)
class Deployment:
    """A service deployment: `target` is the task definition that it goes to, `restored` the one that it went back to,
    `serving` the revision (an ARN) that it left behind when it ended, `waiting` the hooks that await a decision.

    `revision` and `sources` are the revisions (ARNs) that it goes to and from, `share` the per cent of the production
    traffic that the former is to have now, `decided` how many of its hooks are over.
    """

    arn: str
    status: str
    target: str = ""
    restored: str = ""
    stage: str = ""
    waiting: tuple[str, ...] = ()
    configuration: State = field(default_factory=dict)
    text: str = ""
    began: Any = None
    serving: str = ""
    revision: str = ""
    sources: tuple[str, ...] = ()
    share: float = 0
    decided: int = 0

    @property
    def under_way(self) -> bool:
        return self.status in UNDER_WAY

    @property
    def pause(self) -> str:
        """The pause at which it waits for a decision, "" where it waits at none."""
        return pause_of(self.stage, self.configuration, self.decided) if self.waiting else ""

    def fingerprint(self) -> str:
        return fingerprint(self.target, self.configuration)

    def facts(self) -> State:
        """For the result of a module."""
        return {
            "arn": self.arn,
            "status": self.status,
            "stage": self.stage,
            "task_definition": self.target,
            "restored": self.restored,
            "waiting": list(self.waiting),
            "pause": self.pause,
            "text": self.text,
            "fingerprint": self.fingerprint(),
        }


@dataclass(frozen=True)
class Past:
    """A deployment of the history: how it ended, and the task definition that it went to ("" where AWS forgot)."""

    status: str
    target: str = ""


@dataclass(frozen=True)
class Seen:
    """One look at a service: the task definition that it is set to, its newest deployment, and all, newest first."""

    service: str
    task_definition: str
    newest: Deployment | None = None
    history: tuple[Past, ...] = ()

    @property
    def is_first(self) -> bool:
        """Whether no deployment has ever succeeded, so that there is nothing to go back to."""
        return bool(self.history) and not any(past.status in PROVEN for past in self.history)


@dataclass(frozen=True)
class Wish:
    """What somebody wants to run (`task_definition`, "" for whatever is under way) and how it is to get there.

    `pause` is the one to promote at, "" for any; see PAUSES. `hooks` are those to continue, None for all that wait.
    """

    task_definition: str = ""
    configuration: State = field(default_factory=dict)
    pause: str = ""
    hooks: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Step:
    """What to do next, towards which task definition, and what counts as success."""

    action: Action
    text: str
    task_definition: str = ""
    goal: Goal = "deployed"
    forced: bool = False


def present(seen: Seen, wish: Wish) -> Step:
    """Get the wanted task definition to run. Raises PlanRefused where somebody else's deployment is under way."""
    newest, wanted = seen.newest, revision_of(wish.task_definition)
    if newest is None:
        if seen.task_definition == wanted:
            return Step("nothing", f"{wanted} runs", wanted)
        return Step("start", f"deploy {wanted}", wanted)
    if newest.under_way:
        _refuse_other(seen.service, newest, wish)
        return Step("follow", f"{wanted} is on its way", wanted)
    if newest.status == "ROLLBACK_SUCCESSFUL" and newest.restored == wanted:
        return Step("nothing", f"{wanted} runs, after a deployment that was rolled back", wanted)
    if newest.target == wanted == seen.task_definition:
        if newest.status == "SUCCESSFUL":
            return Step("nothing", f"{wanted} runs", wanted)
        # ECS starts no deployment of what the service is set to already, unless it is forced to.
        return Step("start", f"deploy {wanted} again, which ended as {newest.status}", wanted, forced=True)
    if seen.task_definition == wanted:
        # A run that was killed started it, and ECS lists it in a moment.
        return Step("find", f"{wanted} was deployed a moment ago", wanted)
    return Step("start", f"deploy {wanted}", wanted)


def _refuse_other(service: str, newest: Deployment, wish: Wish) -> None:
    wanted = revision_of(wish.task_definition)
    advice = "Wait for it, or abort it first"
    if newest.target != wanted:
        raise PlanRefused(
            f"service {service}: a deployment to {newest.target or 'another task definition'} is under way"
            f" ({newest.text}), not to {wanted}. {advice} ({newest.arn})"
        )
    if newest.fingerprint() != fingerprint(wanted, wish.configuration):
        raise PlanRefused(
            f"service {service}: a deployment to {wanted} is under way ({newest.text}), but with other settings"
            f" (strategy {newest.configuration.get('strategy', 'ROLLING')}). {advice} ({newest.arn})"
        )


def promoted(seen: Seen, wish: Wish) -> Step:
    """Let a deployment that waits for a decision go on."""
    newest = _asked_for(seen, wish)
    if newest is None:
        raise PlanRefused(f"service {seen.service}: there is no deployment to promote")
    if newest.status in TURNING_BACK or (not newest.under_way and newest.status != "SUCCESSFUL"):
        raise PlanRefused(f"service {seen.service}: nothing to promote: the newest deployment is {newest.text}")
    if not newest.under_way:
        return Step("nothing", f"{newest.target} runs", newest.target)
    if newest.waiting and wish.pause and newest.stage != PAUSES[wish.pause]:
        if STAGES.index(newest.stage) < STAGES.index(PAUSES[wish.pause]):
            raise PlanRefused(f"service {seen.service}: the deployment waits earlier than before {wish.pause}")
        return Step("follow", f"the deployment to {newest.target} is past its pause before {wish.pause}", newest.target)
    if newest.waiting and wish.hooks is not None and not set(wish.hooks) & set(newest.waiting):
        return Step("follow", f"somebody has decided on the deployment to {newest.target} already", newest.target)
    if newest.waiting:
        return Step("continue", f"continue the deployment to {newest.target}", newest.target)
    return Step("follow", f"the deployment to {newest.target} waits for nobody", newest.target)


def aborted(seen: Seen, wish: Wish) -> Step:
    """Turn a deployment that is under way back."""
    newest = _asked_for(seen, wish)
    if newest is None or not newest.under_way:
        return Step("nothing", "no deployment is under way", seen.task_definition, "back")
    if newest.status in TURNING_BACK:
        return Step("follow", f"the deployment to {newest.target} is being rolled back", newest.target, "back")
    return Step("stop", f"roll the deployment to {newest.target} back", newest.target, "back")


def _asked_for(seen: Seen, wish: Wish) -> Deployment | None:
    """The newest deployment, which must be to the task definition that is named, if one is."""
    wanted, newest = revision_of(wish.task_definition), seen.newest
    if wanted and (newest is None or newest.target != wanted):
        found = f"is to {newest.target}" if newest else "does not exist"
        raise PlanRefused(f"service {seen.service}: the newest deployment {found}, not to {wanted}")
    return newest


def rolled_back(seen: Seen, wish: Wish) -> Step:
    """Go back to a task definition that is named, or to the one that ran before."""
    newest = seen.newest
    if wish.task_definition:
        return present(seen, wish)
    if newest is not None and newest.status in TURNING_BACK:
        return Step("follow", f"ECS rolls the deployment to {newest.target} back", newest.target, "back")
    if newest is not None and newest.status == "ROLLBACK_SUCCESSFUL":
        return Step("nothing", f"ECS has rolled back to {newest.restored}", newest.restored, "back")
    is_under_way = newest is not None and newest.under_way
    past = [each for each in seen.history[is_under_way:] if each.target]
    left = _gone_back_from(past)
    if left and not is_under_way:
        ran = past[0].target
        return Step("nothing", f"{ran} runs, and was gone back to from {left}; name a revision to go on", ran)
    goal = _before(past)
    if newest is not None and is_under_way and newest.target != goal:
        raise PlanRefused(
            f"service {seen.service}: a deployment to {newest.target} is under way ({newest.text});"
            " abort it, which goes back to what ran before it"
        )
    if not goal:
        raise PlanRefused(
            f"service {seen.service}: ECS remembers no task definition that ran before {seen.task_definition};"
            " name the revision to go back to"
        )
    return present(seen, Wish(goal, wish.configuration))


def _before(past: list[Past]) -> str:
    """The last task definition that was deployed with success before the newest of all; "" where there is none."""
    return next((each.target for each in past[1:] if each.status == "SUCCESSFUL" and each.target != past[0].target), "")


def _gone_back_from(past: list[Past]) -> str:
    """The task definition that the newest deployment went back from: it came after an earlier success of the same.

    What went on to a later revision went forward, even where that had run before: a release that comes a second time.
    """
    between = ""
    for each in past[1:] if past and past[0].status == "SUCCESSFUL" else ():
        if each.target != past[0].target:
            between = between or each.target
        elif between and each.status == "SUCCESSFUL":
            return "" if _is_later(past[0].target, between) else between
    return ""


def _is_later(task_definition: str, other: str) -> bool:
    """Whether it is a later revision of the same family."""
    (family, _colon, revision), (other_family, _colon, other_revision) = (
        each.rpartition(":") for each in (task_definition, other)
    )
    return family == other_family and int(revision) > int(other_revision)


DECISIONS = {"present": present, "promoted": promoted, "aborted": aborted, "rolled_back": rolled_back}


@dataclass(frozen=True)
class Until:
    """What is waited for: nothing, a stage, a pause or the end."""

    what: str = "completed"
    stage: str = ""


def verdict(goal: Goal, until: Until, found: Deployment) -> Verdict:
    """Whether what is waited for has come. A deployment that turns back is waited for until it is back."""
    if goal == "back":
        ends: dict[str, Verdict] = {**dict.fromkeys(BACK, "ready"), "SUCCESSFUL": "failed", "ROLLBACK_FAILED": "failed"}
        return ends.get(found.status, "ready" if until.what == "none" else "pending")
    if found.status == "SUCCESSFUL":
        return "ready"
    if not found.under_way:
        return "failed"
    return "ready" if _reached(until, found) else "pending"


def _reached(until: Until, found: Deployment) -> bool:
    if until.what == "none":
        return True
    if found.status in TURNING_BACK:
        return False
    if until.what == "paused":
        return bool(found.waiting)
    if until.what == "stage":
        # A stage that is not known here is not taken for one that lies behind.
        return found.stage in STAGES and STAGES.index(found.stage) >= STAGES.index(until.stage)
    return False


def line(found: Mapping[str, Any], waiting: Iterable[str]) -> str:
    """One line about a deployment of DescribeServiceDeployments."""
    pauses = " (waits for somebody to promote or abort)" if tuple(waiting) else ""
    return f"{describe(found)}{pauses}"


def superseded(service: str, ours: Deployment, newest: Deployment | None) -> str:
    """Why our deployment ended although nothing was wrong with it; "" where that is not so."""
    if ours.status != "STOPPED" or newest is None or newest.arn == ours.arn:
        return ""
    return (
        f"Another deployment of service {service} took the place of the one to {ours.target}: to"
        f" {newest.target} ({newest.text}). Only one of the two can win; this run stops ({newest.arn})"
    )
