#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: rollout_gate
short_description: Evaluate the gates at a pause of a rollout
version_added: 0.2.0
description:
  - Says whether a rollout that waits at a pause may go on. It reads, and decides nothing by itself; promoting and
    aborting is what M(monay.platform.ecs_rollout) is for.
  - A verdict is V(pass), V(fail) or V(inconclusive). While no gate fails and one is inconclusive, the gates are
    evaluated again after O(interval) seconds, O(attempts) times in all.
  - A gate is a dictionary with a C(kind), and a C(name) where two of one kind stand at a pause.
  - "V(smoke): all of O(answers) must have passed."
  - "V(alarms): all CloudWatch alarms named in C(alarms) must be in C(OK). One that has too little data is
    inconclusive."
  - "V(analysis): the new revision must answer as well as the old one, by what the load balancer counted for their
    target groups. Errors are answers with a status of 5xx and connections that failed; latencies are the percentiles
    of minutes."
  - "Members of V(analysis), with their defaults: C(method) V(statistical), or V(threshold); C(confidence) 95, in per
    cent; C(min_requests) 100, for each of the two revisions; C(baseline_minutes) 60, for which the old one is looked at
    before the rollout began (1 to 180); C(error_rate_above) 1, in percentage points above the old revision;
    C(latency_percentile) 90; C(latency_above_percent) 50, above the old revision; C(error_rate_most), in per cent, and
    C(latency_most_ms), which are no limits unless they are given. V(null) takes a limit away."
  - V(statistical) asks whether the figures prove, with the given confidence, that the new revision is worse than
    allowed (V(fail)) or that it is not (V(pass)); everything between is inconclusive. Error rates are compared by
    Newcombe's interval for the difference of two proportions, latencies of minutes by a one-sided test of Mann and
    Whitney. What may be said in error is divided by O(attempts). V(threshold) compares the figures as they are.
author: Monay platform engineers (@monay)
options:
  service:
    description: Name of the service.
    type: str
    required: true
  cluster:
    description: Name of the cluster.
    type: str
    required: true
  before:
    description: What the rollout waits before, at the pause where the gates stand.
    type: str
    choices: [test_traffic, production_traffic, each_step, bake]
    required: true
  gates:
    description: The gates.
    type: list
    elements: dict
    required: true
  answers:
    description: The C(answers) of M(monay.platform.api_test), for gates of kind V(smoke).
    type: list
    elements: dict
    default: []
  verdicts:
    description: Verdicts of earlier pauses, to which those of this one are added in RV(verdicts).
    type: list
    elements: dict
    default: []
  attempts:
    description: How often the gates are evaluated at most.
    type: int
    default: 10
  interval:
    description: Seconds from one time to the next.
    type: float
    default: 60
attributes:
  check_mode:
    support: full
    description: Reads only, in any mode.
  diff_mode:
    support: none
    description: Changes nothing.
requirements:
  - python >= 3.11
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Ask whether the new revision may keep the traffic
  monay.platform.rollout_gate:
    region: eu-west-1
    cluster: monay-dev
    service: monay-dev-admin
    before: bake
    gates:
      - kind: alarms
        alarms: [monay-dev-admin-5xx]
      - kind: analysis
        error_rate_above: 0.5
        latency_percentile: 95
  register: gate
"""

RETURN = r"""
verdict:
  description:
    - V(pass) where all gates pass, V(fail) where one fails, otherwise V(inconclusive); V(past) where the rollout does
      not wait at this pause (any more), so that nothing was evaluated.
  returned: always
  type: str
  sample: fail
reason:
  description: The gates that decided, in one line.
  returned: always
  type: str
  sample: "smoke: 1 of 4 API tests failed: health: status is 503, not 200"
gates:
  description: The verdict of each gate, with the figures behind it.
  returned: always
  type: list
  elements: dict
  sample:
    - stage: bake
      kind: alarms
      name: alarms
      verdict: pass
      reason: "in OK: monay-dev-admin-5xx"
      at: "2027-03-01T08:00:00Z"
      figures: {alarms: {monay-dev-admin-5xx: OK}}
verdicts:
  description: O(verdicts) and RV(gates).
  returned: always
  type: list
  elements: dict
waiting:
  description: Ids of the pauses that wait, for O(monay.platform.ecs_rollout#module:promote_hooks).
  returned: always
  type: list
  elements: str
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.ecs_rollouts import Rollouts
from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.rollout_gating import Gating
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused, State
from ansible_collections.monay.platform.plugins.module_utils.core.rollout_gates import problems, together

ARGUMENT_SPEC: dict[str, t.Any] = dict(
    service=dict(type="str", required=True),
    cluster=dict(type="str", required=True),
    before=dict(type="str", choices=["test_traffic", "production_traffic", "each_step", "bake"], required=True),
    gates=dict(type="list", elements="dict", required=True),
    answers=dict(type="list", elements="dict", default=[]),
    verdicts=dict(type="list", elements="dict", default=[]),
    attempts=dict(type="int", default=10),
    interval=dict(type="float", default=60),
)


def work(module: PlatformModule) -> t.NoReturn:
    """Evaluate the gates once. The action plugin of the same name does it again while they are inconclusive."""
    params = module.params
    wrong = problems({params["before"]: params["gates"]})
    if params["attempts"] < 1:
        wrong.append(f"attempts is 1 or more, got {params['attempts']}")
    if wrong:
        raise PlanRefused(f"service {params['service']}: {'; '.join(wrong)}")
    rollouts = Rollouts(module.api("ecs"), params["cluster"], params["service"])
    briefs = rollouts.briefs()
    newest = rollouts.deployment(briefs[0]["serviceDeploymentArn"]) if briefs else None
    if newest is None or newest.pause != params["before"]:
        told = f"service {params['service']} does not wait before {params['before']}"
        finish(module, "past", f"{told}: {newest.text if newest else 'it has no deployment'}", [], [])
    gating = Gating(module.api("cloudwatch"), rollouts, newest, params["answers"], params["attempts"])
    found = [gating.verdict(each) for each in params["gates"]]
    verdict = together(each["verdict"] for each in found)
    reason = ". ".join(f"{each['name']}: {each['reason']}" for each in found if each["verdict"] == verdict)
    finish(module, verdict, reason, found, list(newest.waiting))


def finish(module: PlatformModule, verdict: str, reason: str, found: list[State], waiting: list[str]) -> t.NoReturn:
    module.exit_json(
        changed=False,
        verdict=verdict,
        reason=reason,
        gates=found,
        verdicts=[*module.params["verdicts"], *found],
        waiting=waiting,
    )


def main() -> None:
    PlatformModule(argument_spec=ARGUMENT_SPEC).run(work)


if __name__ == "__main__":
    main()
