#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs_verify
short_description: Find out whether the tasks of a service could run, before anything is written
version_added: 0.1.0
description:
  - Looks for everything that a task needs, and fails with all that is missing or does not fit, each problem with the
    variable and the file to change.
  - Checked are images in ECR; databases, caches, secrets that are referred to, and the keys in the secrets; roles and
    who may assume them; ports of containers, load balancer and security groups; sizes; names of containers, volumes
    and log groups; the form of the health check's path.
  - Values of secrets are looked at for their keys only, and kept nowhere. Where the caller may not read a secret, its
    keys are not checked.
  - What the service runs already, just as it is wanted, is not looked for again.
  - In check mode what does not exist yet is no problem, except for an image that a repository lacks.
author: Monay platform engineers (@monay)
options:
  family:
    description: Name of the task definition.
    type: str
    required: true
  service:
    description: The service, whose running images are kept where a container says no tag.
    type: dict
    suboptions:
      cluster:
        description: Name of the cluster.
        type: str
        required: true
      name:
        description: Name of the service.
        type: str
        required: true
  container_definitions:
    description: The containers, as M(monay.platform.ecs_task_definition) takes them.
    type: list
    elements: dict
    required: true
  volumes:
    description: The volumes.
    type: list
    elements: dict
  requires_compatibilities:
    description: Where the tasks must be able to run.
    type: list
    elements: str
  cpu:
    description: CPU units of a task.
    type: str
  memory:
    description: MiB of memory of a task.
    type: str
  task_role:
    description: Name or ARN of the role of the code.
    type: str
  execution_role:
    description: Name or ARN of the role that ECS pulls images and reads secrets with.
    type: str
  infrastructure_role:
    description: Name or ARN of the role that ECS moves the traffic with.
    type: str
  security_groups:
    description: Names of the security groups of the tasks.
    type: list
    elements: str
  load_balancer:
    description: What the load balancer asks.
    type: dict
    suboptions:
      container:
        description: Name of the container.
        type: str
        required: true
      port:
        description: Its port.
        type: int
        required: true
      health_path:
        description: Path of the health check.
        type: str
  variables:
    description:
      - The variable that is to be changed, by what a problem is about, that is C(image), C(secrets), C(size), C(port),
        C(containers), C(log_group), C(health_path), C(task_role), C(execution_role) or C(infrastructure_role).
    type: dict
    default: {}
attributes:
  check_mode:
    support: full
    description: What does not exist yet is no problem.
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
- name: Refuse what could not run
  monay.platform.ecs_verify:
    region: eu-west-1
    family: monay-dev-admin
    service: {cluster: monay-dev, name: monay-dev-admin}
    requires_compatibilities: [FARGATE]
    cpu: 256
    memory: 512
    execution_role: monay-dev-task-execution
    container_definitions:
      - name: admin
        image: {repository: monay/dev/admin, tag: 1.1.0}
        portMappings: [{containerPort: 3002}]
        secrets:
          JWT_SECRET: {secret: monay/dev/admin, key: JWT_SECRET}
    load_balancer: {container: admin, port: 3002, health_path: /api/health}
    variables: {image: service_image_tag}
"""

RETURN = r"""
problems:
  description: What is wrong.
  returned: always
  type: list
  elements: dict
  sample: [{about: image, variable: service_image_tag, message: repository monay/dev/admin has no image 1.1.0}]
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.ecs_verifying import Verification
from ansible_collections.monay.platform.plugins.module_utils.aws.module import PlatformModule

SERVICE_SPEC = dict(cluster=dict(type="str", required=True), name=dict(type="str", required=True))
BALANCER_SPEC = dict(
    container=dict(type="str", required=True), port=dict(type="int", required=True), health_path=dict(type="str")
)
ARGUMENT_SPEC: dict[str, t.Any] = dict(
    family=dict(type="str", required=True),
    service=dict(type="dict", options=SERVICE_SPEC),
    container_definitions=dict(type="list", elements="dict", required=True),
    volumes=dict(type="list", elements="dict"),
    requires_compatibilities=dict(type="list", elements="str"),
    cpu=dict(type="str"),
    memory=dict(type="str"),
    task_role=dict(type="str"),
    execution_role=dict(type="str"),
    infrastructure_role=dict(type="str"),
    security_groups=dict(type="list", elements="str"),
    load_balancer=dict(type="dict", options=BALANCER_SPEC),
    variables=dict(type="dict", default={}),
)


def work(module: PlatformModule) -> t.NoReturn:
    verification = Verification(module.api, module.params, check_mode=module.check_mode)
    variables = module.params["variables"]
    problems = [
        {"about": each.about, "variable": variables.get(each.about, ""), "message": each.message}
        for each in verification.findings()
    ]
    for name in sorted(set(verification.unread)):
        module.warn(f"the keys of secret {name} are not checked: the caller may not read it")
    if problems:
        told = "\n".join(f"- {each['variable'] or each['about']}: {each['message']}" for each in problems)
        module.fail_json(
            msg=f"{module.params['family']} could not run; nothing was changed.\n{told}", problems=problems
        )
    module.exit_json(changed=False, problems=[])


def main() -> None:
    PlatformModule(argument_spec=ARGUMENT_SPEC).run(work)


if __name__ == "__main__":
    main()
