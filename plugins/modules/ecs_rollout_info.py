#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs_rollout_info
short_description: Read the rollouts of an ECS service
version_added: 0.1.0
description:
  - Returns the rollout that is under way, if there is one, what waits for somebody in it, and the deployments that ECS
    remembers, newest first, with task definitions and images.
  - The task definitions are what O(monay.platform.ecs_rollout#module:task_definition) takes to go back to one.
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
  limit:
    description: At most so many deployments.
    type: int
    default: 20
attributes:
  check_mode:
    support: full
    description: Reads only.
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
- name: Look at the rollouts of the backend
  monay.platform.ecs_rollout_info:
    region: eu-west-1
    cluster: monay-dev
    service: monay-dev-backend-common
  register: rollouts
"""

RETURN = r"""
task_definition:
  description: The task definition that the service is set to.
  returned: always
  type: str
  sample: monay-dev-admin:8
under_way:
  description:
    - The rollout that is under way; empty where there is none. C(waiting) holds hooks that wait for somebody, and
      C(pause) says before what.
  returned: always
  type: dict
  sample:
    arn: arn:aws:ecs:eu-west-1:111111111111:service-deployment/monay-dev/monay-dev-admin/h4kR
    fingerprint: 0c9a7f0d2b1e5a34
    pause: ""
    stage: BAKE_TIME
    status: IN_PROGRESS
    task_definition: monay-dev-admin:8
    text: IN_PROGRESS, stage BAKE_TIME, 2 of 2 tasks run, production traffic 100%
    waiting: []
deployments:
  description: The deployments, newest first. What AWS does not describe any more is empty.
  returned: always
  type: list
  elements: dict
  sample:
    - arn: arn:aws:ecs:eu-west-1:111111111111:service-deployment/monay-dev/monay-dev-admin/h4kR
      created_at: "2026-11-25T20:00:00+00:00"
      finished_at: "2026-11-25T20:09:00+00:00"
      images: {admin: "111111111111.dkr.ecr.eu-west-1.amazonaws.com/monay/dev/admin@sha256:0f1c"}
      reason: ""
      status: SUCCESSFUL
      task_definition: monay-dev-admin:8
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.ecs_rollouts import Rollouts
from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.core.ecs_task_definition import revision_of

ARGUMENT_SPEC: dict[str, t.Any] = dict(
    service=dict(type="str", required=True),
    cluster=dict(type="str", required=True),
    limit=dict(type="int", default=20),
)


def work(module: PlatformModule) -> t.NoReturn:
    rollouts = Rollouts(module.api("ecs"), module.params["cluster"], module.params["service"])
    service = rollouts.described()
    newest = rollouts.look(service).newest
    briefs = rollouts.briefs()[: module.params["limit"]]
    revisions = rollouts.revisions(each.get("targetServiceRevisionArn") for each in briefs)
    module.exit_json(
        changed=False,
        task_definition=revision_of(service.get("taskDefinition", "")),
        under_way=newest.facts() if newest and newest.under_way else {},
        deployments=[told(each, revisions.get(each.get("targetServiceRevisionArn", ""), {})) for each in briefs],
    )


def told(brief: dict[str, t.Any], revision: dict[str, t.Any]) -> dict[str, t.Any]:
    """One deployment of the list, with what its revision runs."""
    return {
        "arn": brief["serviceDeploymentArn"],
        "status": brief["status"],
        "reason": brief.get("statusReason", ""),
        "created_at": moment(brief.get("createdAt")),
        "finished_at": moment(brief.get("finishedAt")),
        "task_definition": revision_of(revision.get("taskDefinition", "")),
        "images": {each["containerName"]: each["image"] for each in revision.get("containerImages") or ()},
    }


def moment(value: t.Any) -> str:
    return value.isoformat() if value else ""


def main() -> None:
    PlatformModule(argument_spec=ARGUMENT_SPEC).run(work)


if __name__ == "__main__":
    main()
