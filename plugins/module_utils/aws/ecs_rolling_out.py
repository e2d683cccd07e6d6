# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS: from the options of the module ecs_rollout to the next step of a rollout."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable

from ..core.ecs_deployment import Progress, failure
from ..core.ecs_service import SHIFTING
from ..core.ecs_service_problems import problems
from ..core.plan import Change, Plan, PlanRefused, State
from ..core.rollout import DECISIONS, Deployment, Goal, Seen, Step, Until, Wish, superseded, verdict
from ..core.rollout_preflight import (
    ALLOWED,
    Finding,
    alarm_findings,
    alarm_names,
    forward_weights,
    stranding_findings,
    target_findings,
    weight_findings,
)
from ..core.rollout_strategy import (
    configuration,
    least_minutes,
    settings,
    steps,
    strategy_problems,
    strategy_warnings,
    without_hooks,
)
from .api import Api
from .cloudwatch_states import alarm_states
from .ecs_rollouts import Rollouts
from .reconcile import side_by_side

if t.TYPE_CHECKING:
    from .module import PlatformModule

KIND = "rollout"
ACTIONS = {"continue": "promote", "stop": "abort"}


class RolloutTask:
    """One task of the module: a decision and what follows from it, or one more look at a deployment."""

    def __init__(self, module: PlatformModule) -> None:
        self.module = module
        self.params = module.params
        self.name: str = self.params["service"]
        self.rollouts = Rollouts(module.api("ecs"), self.params["cluster"], self.name)
        self.until = Until(self.params["wait_until"], self.params["wait_stage"] or "")
        self.sent = configuration(self.params)
        self._apis: dict[str, Api] = {}

    def _api(self, service: str) -> Api:
        if service not in self._apis:
            self._apis[service] = self.module.api(service)
        return self._apis[service]

    def follow(self, arn: str, goal: Goal) -> t.NoReturn:
        """Look once more at a deployment that was started, promoted or aborted before."""
        self._exit(Plan(), self.rollouts.described(), self.rollouts.deployment(arn), goal)

    def work(self) -> t.NoReturn:
        service = self._accepted()
        state = self.params["state"]
        seen = self.rollouts.look(service, history=state == "rolled_back")
        if seen.is_first and state in ("present", "rolled_back") and self.sent["lifecycleHooks"]:
            self.sent = without_hooks(self.sent)
            self.module.warn(f"no deployment of service {self.name} has succeeded yet; this one is not paused")
        step = DECISIONS[state](seen, self._wish())
        plan = self._plan(seen, step)
        if step.action == "start":
            self._preflight(service, seen)
        arn = seen.newest.arn if seen.newest else ""
        if not self.module.check_mode:
            arn = self._do(seen, step) or arn
        if step.action == "nothing" or self.module.check_mode:
            self._exit(plan, service, None, step.goal, step)
        self._exit(plan, self.rollouts.described(), self.rollouts.deployment(arn), step.goal, step)

    def _wish(self) -> Wish:
        params, hooks = self.params, self.params["promote_hooks"]
        return Wish(
            params["task_definition"] or "",
            self.sent,
            params["promote_at"] or "",
            hooks if hooks is None else tuple(hooks),
        )

    def _accepted(self) -> State:
        """The service, once ECS can be expected to take what is wanted."""
        wrong = strategy_problems(self.params, self.sent)
        wrong += problems({"deploymentConfiguration": self.sent})
        service = self.rollouts.described() if not wrong else {}
        if not wrong and self.params["state"] in ("present", "rolled_back"):
            told = {"deploymentConfiguration": self.sent, "loadBalancers": service.get("loadBalancers") or []}
            wrong = problems(told)
        if wrong:
            raise PlanRefused(f"service {self.name}: {'; '.join(wrong)}")
        for each in strategy_warnings(self.sent):
            self.module.warn(each)
        return service

    def _plan(self, seen: Seen, step: Step) -> Plan:
        if step.action in ("nothing", "follow", "find"):
            return Plan()
        if step.action != "start":
            before = {"deployment": seen.newest.text if seen.newest else ""}
            change = Change("update", KIND, self.name, before, {"deployment": step.text}, (ACTIONS[step.action],))
            return Plan((change,))
        before = {"task_definition": seen.task_definition}
        after = {
            "task_definition": step.task_definition,
            "strategy": self.sent["strategy"],
            "steps": steps(
                self.sent, seen.task_definition, step.task_definition, self.params["gates"], self.params["pause_before"]
            ),
            "least_minutes": least_minutes(self.sent),
            "deployment_configuration": settings(self.sent),
        }
        return Plan((Change("update", KIND, self.name, before, after, ("task_definition", "strategy")),))

    def _do(self, seen: Seen, step: Step) -> str:
        """Carry the step out; the ARN of a deployment that it started."""
        newest = t.cast(Deployment, seen.newest)
        if step.action == "start":
            return self.rollouts.start(step.task_definition, self.sent, seen.newest, forced=step.forced)
        if step.action == "find":
            return self.rollouts.find(step.task_definition, newest)
        if step.action == "continue":
            self.rollouts.promote(newest, self.params["promote_hooks"])
        if step.action == "stop":
            self.rollouts.stop(newest)
        return ""

    def _preflight(self, service: State, seen: Seen) -> None:
        """Refuse to start from a state that is not sound, unless somebody allows it."""
        allowed = set(self.params["allow"])
        found = self._findings(service, seen)
        for each in found:
            if each.about in allowed:
                self.module.warn(f"service {self.name}: {each.message}")
        refused = [each for each in found if each.about not in allowed]
        if refused:
            told = "\n".join(f"- {each.message}{_way_out(each)}" for each in refused)
            raise PlanRefused(f"The rollout of service {self.name} was not started; nothing was changed.\n{told}")

    def _findings(self, service: State, seen: Seen) -> list[Finding]:
        live = self._live(service, seen)
        for api in ("elbv2", "cloudwatch"):
            self._api(api)  # made one after the other, before the calls run side by side
        found = side_by_side(
            {
                "1 weights": lambda: weight_findings(live, self._weights(live)),
                "2 targets": lambda: target_findings(self._healthy(live), int(service.get("desiredCount", 0))),
                "3 alarms": lambda: self._alarms(alarm_names(self.sent)),
            }
        )
        stranded = stranding_findings(service.get("loadBalancers") or (), live) if self._is_rolling else []
        return [*stranded, *(finding for job in sorted(found) for finding in found[job])]

    @property
    def _is_rolling(self) -> bool:
        return self.sent["strategy"] not in SHIFTING

    def _live(self, service: State, seen: Seen) -> list[State]:
        """The load balancers of the revision that serves: its resolved configuration tells the target group."""
        current = [each["arn"] for each in service.get("currentServiceRevisions") or ()]
        # Where ECS does not remember how the last deployment ended, the only revision with tasks is the one.
        serving = seen.newest.serving if seen.newest else ""
        serving = serving or (current[0] if len(current) == 1 else "")
        revision = self.rollouts.revisions([serving]).get(serving) or {}
        return list((revision.get("resolvedConfiguration") or {}).get("loadBalancers") or ())

    def _weights(self, live: Iterable[State]) -> dict[str, dict[str, int]]:
        rules = sorted({each["productionListenerRule"] for each in live if each.get("productionListenerRule")})
        if not rules:
            return {}
        answer = self._api("elbv2").read("describe_rules", "read the weights of listener rules", RuleArns=rules)
        return {each["RuleArn"]: forward_weights(each) for each in answer["Rules"]}

    def _healthy(self, live: Iterable[State]) -> dict[str, int]:
        elb, found = self._api("elbv2"), {}
        for group in sorted({each["targetGroupArn"] for each in live if each.get("targetGroupArn")}):
            answer = elb.read("describe_target_health", "look at the health of targets", TargetGroupArn=group)
            states = [each["TargetHealth"]["State"] for each in answer["TargetHealthDescriptions"]]
            found[group] = states.count("healthy")
        return found

    def _alarms(self, names: list[str]) -> list[Finding]:
        return alarm_findings(names, alarm_states(self._api("cloudwatch"), names))

    def _exit(
        self, plan: Plan, service: State, found: Deployment | None, goal: Goal, step: Step | None = None
    ) -> t.NoReturn:
        facts = self._facts(found, goal, step)
        if found is not None and facts["verdict"] == "failed":
            message = superseded(self.name, found, self.rollouts.look(service).newest) or self._failure(found)
            self.module.fail_json(msg=message, changed=plan.changed, changes=plan.summaries(), deployment=facts)
        events = self.rollouts.events(service, found.began) if found else []
        self.module.exit_planned(plan, deployment=facts, events=events)

    def _facts(self, found: Deployment | None, goal: Goal, step: Step | None) -> State:
        if found is None:
            target, text = (step.task_definition, step.text) if step else ("", "")
            planned = Deployment("", "", target, configuration=self.sent, text=text)
            return {**planned.facts(), "goal": goal, "verdict": "ready"}
        return {**found.facts(), "goal": goal, "verdict": verdict(goal, self.until, found)}

    def _failure(self, found: Deployment) -> str:
        progress = Progress("failed", found.status, found.text)
        why = self.rollouts.why(found.arn)
        if found.restored:
            why.append(f"{found.restored} runs again")
        return failure(self.name, progress, why)


def _way_out(finding: Finding) -> str:
    return f" (allow: {finding.about} goes on nevertheless)" if finding.about in ALLOWED else ""
