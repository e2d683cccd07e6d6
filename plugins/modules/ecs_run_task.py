#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs_run_task
short_description: Run a one-off task of ECS, and take its exit code for the result
version_added: 0.1.0
description:
  - Runs one task of a task definition with the network and the capacity of a service, waits for its end, and fails
    unless every container ended with 0. The failure has ECS's reason, the exit codes and the last lines of the log.
  - A run that was stopped is continued. The same task (revision, command, environment, network) is not started twice
    while it is under way, and its good result is taken as long as ECS knows it (about an hour) and no other one-off
    task of the family came after it. One that failed is started again.
  - While another one-off task of the family is under way it refuses to start. Two that start in the same second are
    the same task where they ask for the same; where they do not, ECS offers no lock, and the program needs its own.
  - Tasks that this module did not start do not count.
author: Monay platform engineers (@monay)
options:
  cluster:
    description: Name of the cluster.
    type: str
    required: true
  service:
    description: The service whose network and capacity the task has.
    type: str
    required: true
  task_definition:
    description: Family and revision, as M(monay.platform.ecs_task_definition) returns it.
    type: str
    required: true
  container:
    description: The container that O(command) and O(environment) are for, and whose log is shown.
    type: str
    required: true
  command:
    description: The command in place of the container's own.
    type: list
    elements: str
    default: []
  environment:
    description:
      - Variables over those of the container. Everybody who may look at tasks can read them, so that secrets belong
        into the task definition, by reference.
    type: dict
    default: {}
  follow:
    description: ARN of the task to look at again; for the action plugin of the same name.
    type: str
    default: ""
  wait_timeout:
    description: Seconds to wait. The task goes on when they are over; run again to go on waiting.
    type: int
    default: 3600
attributes:
  check_mode:
    support: full
    description: Says whether a task would be started; starts none and waits for none.
  diff_mode:
    support: none
    description: What a task changes is not known.
requirements:
  - python >= 3.11
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Bring the schema of the database to version 2
  monay.platform.ecs_run_task:
    region: eu-west-1
    cluster: monay-dev
    service: monay-dev-backend-common
    task_definition: monay-dev-backend-common:8
    container: backend-common
    command: [migrate]
"""

RETURN = r"""
changes:
  description: The task that was started, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: task, name: "monay-dev-backend-common:8", fields: []}]
task:
  description: The task. C(verdict) is V(ready), V(pending), V(failed), or V(planned) in check mode.
  returned: always
  type: dict
  sample: {arn: "arn:aws:ecs:eu-west-1:111111111111:task/monay-dev/0f1c", verdict: ready, text: STOPPED}
log:
  description: The last lines of the container's log, when the task has ended.
  returned: always
  type: list
  elements: str
  sample: [the schema is up to date]
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.ecs_one_off import OneOffTasks
from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.core.one_off_task import decide, fingerprint, outcome, told

ARGUMENT_SPEC: dict[str, t.Any] = dict(
    cluster=dict(type="str", required=True),
    service=dict(type="str", required=True),
    task_definition=dict(type="str", required=True),
    container=dict(type="str", required=True),
    command=dict(type="list", elements="str", default=[]),
    environment=dict(type="dict", default={}),
    follow=dict(type="str", default=""),
    wait_timeout=dict(type="int", default=3600),
)


def wanted(tasks: OneOffTasks, params: dict[str, t.Any]) -> dict[str, t.Any]:
    """What RunTask is asked."""
    override: dict[str, t.Any] = {"name": params["container"]}
    if params["command"]:
        override["command"] = params["command"]
    if params["environment"]:
        pairs = sorted(params["environment"].items())
        override["environment"] = [{"name": name, "value": str(value)} for name, value in pairs]
    where = tasks.placed_like(params["service"])
    return {"taskDefinition": tasks.definition, "overrides": {"containerOverrides": [override]}, **where}


def work(module: PlatformModule) -> t.NoReturn:
    tasks = OneOffTasks(module.api("ecs"), module.params["cluster"], module.params["task_definition"])
    if module.params["follow"]:
        finish(module, tasks, tasks.one(module.params["follow"]), [])
    request = wanted(tasks, module.params)
    print_of = fingerprint(request)
    decision = decide(print_of, tasks.known())
    if decision.action == "attach":
        finish(module, tasks, tasks.one(decision.arn), [])
    changes = [{"action": "create", "kind": "task", "name": tasks.definition, "fields": []}]
    if module.check_mode:
        planned = {"arn": "", "verdict": "planned", "text": f"would run {tasks.definition}"}
        module.exit_json(changed=True, changes=changes, task=planned, log=[])
    finish(module, tasks, tasks.run(request, print_of, decision.token), changes)


def finish(
    module: PlatformModule, tasks: OneOffTasks, task: dict[str, t.Any], changes: list[dict[str, t.Any]]
) -> t.NoReturn:
    """Say how far it is; the action plugin of the same name looks again and again."""
    verdict, container = outcome(task), module.params["container"]
    facts = {"arn": task["taskArn"], "verdict": verdict, "text": told(task)}
    lines: list[str] = []
    if verdict != "pending":
        failed = verdict == "failed"
        lines = tasks.log(lambda region: module.api("logs", region), task, container, patient=failed)
    result: dict[str, t.Any] = {"changed": bool(changes), "changes": changes, "task": facts, "log": lines}
    if verdict == "failed":
        shown = "\n".join(lines) or f"container {container} has no log that can be read"
        module.fail_json(
            msg=f"Task {task['taskArn']} of {tasks.definition} failed: {facts['text']}.\n{shown}", **result
        )
    module.exit_json(**result)


def main() -> None:
    PlatformModule(argument_spec=ARGUMENT_SPEC).run(work)


if __name__ == "__main__":
    main()
