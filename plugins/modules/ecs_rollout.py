#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs_rollout
short_description: Roll out, promote, abort and roll back a service of ECS
version_added: 0.1.0
description:
  - Deploys a task definition to a service that exists, by the strategies of ECS, and follows the deployment with
    progress and events on the screen until the stage, the pause or the end that O(wait_until) names.
  - A rollout is recognised by the task definition that it goes to and by its settings. A run that finds its own rollout
    under way goes on with it and starts no second one; over somebody else's it refuses to run.
  - It succeeds only if ECS calls the deployment SUCCESSFUL. A rollback fails the task, with ECS's reasons, when it is
    over.
  - Before it starts it refuses when the weights of the load balancer do not fit the revision that ECS calls live, when
    the live revision has too few healthy targets, or when an alarm is in ALARM already; ECS would then watch none.
  - The settings are sent complete, together with the task definition, and with an empty list where no hook is wanted.
    A service of which no deployment has succeeded yet is never paused, for want of something to go back to.
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
  state:
    description:
      - V(present) gets O(task_definition) to run.
      - V(promoted) lets a rollout that is paused go on. Where it waits for nobody, nothing is changed.
      - V(aborted) has ECS roll back what is under way, and succeeds when that is done. Where nothing is under way,
        nothing is changed.
      - V(rolled_back) deploys O(task_definition), or, without it, what ran before. That is found in ECS's list of
        deployments. Where the service was gone back already, nothing is changed.
    type: str
    choices: [present, promoted, aborted, rolled_back]
    default: present
  task_definition:
    description:
      - Family and revision. Needed for O(state=present).
      - For O(state=promoted) and O(state=aborted) the rollout must be to this one, if it is given.
    type: str
    default: ""
  strategy:
    description: How the new revision takes over.
    type: str
    choices: [BLUE_GREEN, CANARY, LINEAR, ROLLING]
    default: BLUE_GREEN
  bake_minutes:
    description: Minutes for which both revisions stay after all traffic has moved. Not for V(ROLLING).
    type: int
    default: 5
  canary_percent:
    description: Per cent of the production traffic of the first step of O(strategy=CANARY).
    type: float
    default: 5
  canary_bake_minutes:
    description: Minutes for which the traffic stays so.
    type: int
    default: 10
  step_percent:
    description: Per cent of the production traffic that each step of O(strategy=LINEAR) adds.
    type: float
    default: 10
  step_bake_minutes:
    description: Minutes between two steps.
    type: int
    default: 6
  pause_before:
    description:
      - What ECS waits for somebody to promote before. V(each_step) means before each share of production traffic.
      - In the stages in which ECS itself moves traffic there is no pause; their hooks would run during a rollback, too.
    type: list
    elements: str
    choices: [tasks, test_traffic, production_traffic, each_step, bake]
    default: []
  gates:
    description:
      - Lists of gates by the pause that they stand at, V(test_traffic), V(production_traffic), V(each_step) or V(bake).
        The rollout pauses there, as with O(pause_before).
      - This module looks at their form, and shows them among the steps. M(monay.platform.rollout_gate) evaluates them
        and documents what they are.
    type: dict
    default: {}
  pause_minutes:
    description: Minutes after which a pause ends by itself.
    type: int
    default: 1440
  pause_action:
    description: What ECS then does.
    type: str
    choices: [ROLLBACK, CONTINUE]
    default: ROLLBACK
  promote_at:
    description:
      - For O(state=promoted), the pause of O(pause_before) that is to end. A rollout that is past it is left alone, so
        that a second run promotes nothing else. Without it every pause ends that waits.
    type: str
    choices: [tasks, test_traffic, production_traffic, bake]
  promote_hooks:
    description:
      - For O(state=promoted), the ids of the pauses that are to end, as C(waiting) has them. Where none of them waits
        any more, none is ended. Without it every pause ends that waits.
    type: list
    elements: str
  alarms:
    description: Names of CloudWatch alarms that roll the deployment back.
    type: list
    elements: str
    default: []
  deployment_configuration:
    description: Settings over those above, in the API's spelling, as for Lambda hooks or the circuit breaker.
    type: dict
    default: {}
  allow:
    description: What the rollout starts in spite of; it is a warning then.
    type: list
    elements: str
    choices: [alarms, targets, weights]
    default: []
  wait_until:
    description:
      - V(none) goes on at once.
      - V(stage) waits until O(wait_stage) is reached, V(paused) until somebody has to decide, both until the rollout is
        over if that comes first. Neither works with O(strategy=ROLLING), which has no stages.
      - V(completed) waits until the rollout is over.
    type: str
    choices: [none, stage, paused, completed]
    default: completed
  wait_stage:
    description: The lifecycle stage, needed for O(wait_until=stage).
    type: str
    choices:
      - SCALE_UP
      - POST_SCALE_UP
      - TEST_TRAFFIC_SHIFT
      - POST_TEST_TRAFFIC_SHIFT
      - PRODUCTION_TRAFFIC_SHIFT
      - POST_PRODUCTION_TRAFFIC_SHIFT
      - BAKE_TIME
      - CLEAN_UP
  wait_timeout:
    description: Seconds to wait before the task fails. The rollout goes on; run again to go on waiting.
    type: int
    default: 3600
  evidence_directory:
    description:
      - Folder that gets a page and JSON with what AWS tells of a rollout that failed, as
        M(monay.platform.rollout_evidence) writes them. Empty for none.
      - A relative path is taken from where C(ansible-playbook) was started.
    type: str
    default: ""
  evidence_gates:
    description: Verdicts of gates that this run has asked, for the page.
    type: list
    elements: dict
    default: []
  evidence_ledger:
    description: Bucket of the ledger of releases, where the page finds verdicts that other runs asked. Empty for none.
    type: str
    default: ""
  follow:
    description: ARN of a deployment to look at once more; for the action plugin of the same name.
    type: str
    default: ""
  follow_goal:
    description: Whether that deployment is expected to be rolled back; for the action plugin of the same name.
    type: str
    choices: [deployed, back]
    default: deployed
attributes:
  check_mode:
    support: full
    description: Says what it would do, with the steps of the strategy, and does not wait.
  diff_mode:
    support: full
    description: Shows the task definitions, the strategy and its steps.
requirements:
  - python >= 3.11
  - botocore >= 1.43.106 to pause and to promote
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Give a tenth of the traffic to the new revision, and ask a person before
  monay.platform.ecs_rollout:
    region: eu-west-1
    cluster: monay-dev
    service: monay-dev-admin
    task_definition: "{{ described.task_definition }}"
    strategy: CANARY
    canary_percent: 10
    pause_before: [production_traffic]
    wait_until: paused

- name: Go on
  monay.platform.ecs_rollout:
    region: eu-west-1
    cluster: monay-dev
    service: monay-dev-admin
    state: promoted

- name: Go back to what ran before
  monay.platform.ecs_rollout:
    region: eu-west-1
    cluster: monay-dev
    service: monay-dev-admin
    state: rolled_back
    bake_minutes: 0
"""

RETURN = r"""
changes:
  description: What was done, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: update, kind: rollout, name: monay-dev-admin, fields: [task_definition, strategy]}]
deployment:
  description:
    - The deployment at the end. C(verdict) is V(ready), V(pending) or V(failed); C(waiting) holds the hooks that wait
      for somebody, and C(pause) says which pause of O(pause_before) that is; C(restored) is the task definition that
      ECS went back to.
  returned: always
  type: dict
  sample:
    arn: arn:aws:ecs:eu-west-1:111111111111:service-deployment/monay-dev/monay-dev-admin/h4kR
    fingerprint: 0c9a7f0d2b1e5a34
    goal: deployed
    pause: ""
    restored: ""
    stage: CLEAN_UP
    status: SUCCESSFUL
    task_definition: monay-dev-admin:8
    text: SUCCESSFUL, stage CLEAN_UP, 2 of 2 tasks run, production traffic 100%
    verdict: ready
    waiting: []
events:
  description: Events of the service since the deployment began, oldest first.
  returned: always
  type: list
  elements: dict
  sample: [{id: 6f0d, message: (service monay-dev-admin) has reached a steady state.}]
evidence:
  description: The cause of a failure in a line, and the paths of the files that hold what AWS says about it.
  returned: when the rollout failed and O(evidence_directory) is set
  type: dict
  sample:
    headline: "monay-dev-admin:8: container app ends with exit code 1: no DATABASE_URL"
    json: /var/log/rollouts/monay-dev-admin-h4kR.json
    page: /var/log/rollouts/monay-dev-admin-h4kR.html
timeline:
  description: What was seen, when, and after how many seconds.
  returned: when it was waited
  type: list
  elements: dict
  sample:
    - at: "2026-11-26T20:01:31Z"
      seconds: 31
      text: IN_PROGRESS, stage BAKE_TIME, 2 of 2 tasks run, production traffic 100%
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.ecs_rolling_out import RolloutTask
from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule

STAGES = [
    "SCALE_UP",
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRODUCTION_TRAFFIC_SHIFT",
    "POST_PRODUCTION_TRAFFIC_SHIFT",
    "BAKE_TIME",
    "CLEAN_UP",
]
ARGUMENT_SPEC: dict[str, t.Any] = dict(
    service=dict(type="str", required=True),
    cluster=dict(type="str", required=True),
    state=dict(type="str", choices=["present", "promoted", "aborted", "rolled_back"], default="present"),
    task_definition=dict(type="str", default=""),
    strategy=dict(type="str", choices=["BLUE_GREEN", "CANARY", "LINEAR", "ROLLING"], default="BLUE_GREEN"),
    bake_minutes=dict(type="int", default=5),
    canary_percent=dict(type="float", default=5),
    canary_bake_minutes=dict(type="int", default=10),
    step_percent=dict(type="float", default=10),
    step_bake_minutes=dict(type="int", default=6),
    pause_before=dict(
        type="list",
        elements="str",
        choices=["tasks", "test_traffic", "production_traffic", "each_step", "bake"],
        default=[],
    ),
    gates=dict(type="dict", default={}),
    pause_minutes=dict(type="int", default=1440),
    pause_action=dict(type="str", choices=["ROLLBACK", "CONTINUE"], default="ROLLBACK"),
    promote_at=dict(type="str", choices=["tasks", "test_traffic", "production_traffic", "bake"]),
    promote_hooks=dict(type="list", elements="str"),
    alarms=dict(type="list", elements="str", default=[]),
    deployment_configuration=dict(type="dict", default={}),
    allow=dict(type="list", elements="str", choices=["alarms", "targets", "weights"], default=[]),
    wait_until=dict(type="str", choices=["none", "stage", "paused", "completed"], default="completed"),
    wait_stage=dict(type="str", choices=STAGES),
    wait_timeout=dict(type="int", default=3600),
    evidence_directory=dict(type="str", default=""),
    evidence_gates=dict(type="list", elements="dict", default=[]),
    evidence_ledger=dict(type="str", default=""),
    follow=dict(type="str", default=""),
    follow_goal=dict(type="str", choices=["deployed", "back"], default="deployed"),
)
# ContinueServiceDeployment and hooks that pause.
PAUSES_SINCE = "1.43.106"


def work(module: PlatformModule) -> t.NoReturn:
    """Decide and act, or look once. The action plugin of the same name looks again and again."""
    params = module.params
    if params["state"] == "promoted" or params["pause_before"] or params["gates"]:
        module.require_botocore_at_least(PAUSES_SINCE, reason="to pause and to promote")
    task = RolloutTask(module)
    if params["follow"]:
        task.follow(params["follow"], params["follow_goal"])
    task.work()


def main() -> None:
    PlatformModule(
        argument_spec=ARGUMENT_SPEC,
        required_if=[
            ("state", "present", ("task_definition",)),
            ("wait_until", "stage", ("wait_stage",)),
        ],
    ).run(work)


if __name__ == "__main__":
    main()
