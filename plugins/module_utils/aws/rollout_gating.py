# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From the gates of a pause to their verdicts: reads what they are about, and writes nothing."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ..core.plan import State
from ..core.rollout import Deployment
from ..core.rollout_analysis import ERRORS, LATENCY, REQUESTS, analyse, side
from ..core.rollout_gates import ANALYSIS, Finding, alarms, name_of, smoke
from .api import Api
from .cloudwatch_states import alarm_states, target_group_series
from .ecs_rollouts import Rollouts

MINUTE = 60


class Gating:
    """The gates of one deployment; `answers` are those of the API tests, `looks` how often they are evaluated."""

    def __init__(
        self,
        cloudwatch: Api,
        rollouts: Rollouts,
        deployment: Deployment,
        answers: Sequence[Mapping[str, Any]],
        looks: int,
    ) -> None:
        self.cloudwatch = cloudwatch
        self.rollouts = rollouts
        self.deployment = deployment
        self.answers = answers
        self.looks = looks

    def finding(self, gate: Mapping[str, Any]) -> Finding:
        if gate["kind"] == "smoke":
            return smoke(self.answers)
        if gate["kind"] == "alarms":
            return alarms(gate["alarms"], alarm_states(self.cloudwatch, gate["alarms"]))
        return self._analysis({**ANALYSIS, **gate})

    def verdict(self, gate: Mapping[str, Any]) -> State:
        """A finding with what it is about, for results and evidence."""
        found, moment = self.finding(gate), time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time()))
        return {
            "stage": self.deployment.pause,
            "kind": gate["kind"],
            "name": name_of(gate),
            "verdict": found.verdict,
            "reason": found.reason,
            "at": moment,
            "figures": found.figures,
        }

    def _analysis(self, gate: State) -> Finding:
        if self.deployment.pause == "each_step" and not self.deployment.share:
            return Finding(
                "pass", "the new revision has no production traffic yet, so that there is nothing to compare"
            )
        target, sources = self.deployment.revision, self.deployment.sources
        revisions = self.rollouts.revisions([target, *sources])
        green = _groups(revisions.get(target))
        blue = [pair for each in sources for pair in _groups(revisions.get(each)) if pair not in green]
        if not green or not blue:
            return Finding("inconclusive", "ECS does not say which target groups the old and the new revision serve")
        now, start, since = time.time(), _whole(self.deployment.began), self._since(gate, sources, revisions)
        if now <= min(start, since):
            return Finding("inconclusive", "requests are counted by the minute, and the first one is not over yet")
        statistics = {LATENCY: f"p{gate['latency_percentile']:g}", **dict.fromkeys((REQUESTS, *ERRORS), "Sum")}
        series = target_group_series(self.cloudwatch, [*green, *blue], statistics, min(start, since), now)
        ours = side([series[group] for group, _rule in green], start)
        theirs = side([series[group] for group, _rule in blue], since)
        return analyse(gate, ours, theirs, self.looks)

    def _since(self, gate: State, sources: Sequence[str], revisions: Mapping[str, State]) -> float:
        """From when on the old revision is looked at: its target group had another revision before it."""
        made = [_whole(revisions[each]["createdAt"]) for each in sources if "createdAt" in revisions.get(each, {})]
        longest: int = gate["baseline_minutes"]
        return max([_whole(self.deployment.began) - longest * MINUTE, *made])


def _whole(moment: Any) -> float:
    """The first full minute from a moment on: CloudWatch has the requests of load balancers by the minute."""
    return float(math.ceil(moment.timestamp() / MINUTE) * MINUTE)


def _groups(revision: State | None) -> list[tuple[str, str]]:
    """The target groups that a revision serves, each with its listener rule."""
    balancers = ((revision or {}).get("resolvedConfiguration") or {}).get("loadBalancers") or ()
    pairs = ((each.get("targetGroupArn", ""), each.get("productionListenerRule", "")) for each in balancers)
    return [pair for pair in pairs if all(pair)]
