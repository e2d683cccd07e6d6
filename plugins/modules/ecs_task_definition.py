#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs_task_definition
short_description: Manage ECS task definitions
version_added: 0.1.0
description:
  - Registers a new revision of a task definition where its content differs from the revision in use, in whatever field.
  - Every field of the API is compared, with AWS's defaults filled in on both sides. What is no longer said counts as
    removed. The order of lists matters only where it matters to AWS.
  - A revision that was registered before, but is not in use yet, is taken instead of registering it once more.
author: Monay platform engineers (@monay)
options:
  family:
    description: Name of the task definition.
    type: str
    required: true
  service:
    description:
      - The service that uses the task definition. The revision that it uses is the one in use, and its images are those
        that run now. Without it, or while there is no such service, the newest active revision is.
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
    description:
      - The containers, with all keys of the API and in its spelling, as in C(portMappings).
      - C(environment) and C(secrets) may be mappings.
      - In the place of a value of C(environment) or C(secrets), and of C(image), a reference may stand, which is looked
        up in AWS. C({database, attribute}) is C(host), C(port), C(name) or C(secret_arn) of an RDS instance,
        C({cache, attribute}) C(host) or C(port) of a Redis replication group, C({secret, key}) the ARN of a secret or
        of a key in it, and C({repository, tag, first_tag}) an image by its digest.
      - An image without C(tag) is the one that this container has in the revision in use; where there is none,
        C(first_tag) says which.
      - In check mode what does not exist yet is shown by its name.
    type: list
    elements: dict
  task_role_arn:
    description: Name or ARN of the role that the code in the containers has.
    type: str
  execution_role_arn:
    description: Name or ARN of the role that ECS pulls images and reads secrets with.
    type: str
  network_mode:
    description: The network of the containers. V(awsvpc) where Fargate is required, else V(bridge).
    type: str
    choices: [bridge, host, awsvpc, none]
  volumes:
    description: The volumes, in the API's spelling.
    type: list
    elements: dict
  placement_constraints:
    description: Constraints of where tasks are placed, in the API's spelling.
    type: list
    elements: dict
  requires_compatibilities:
    description: Where the tasks must be able to run.
    type: list
    elements: str
    choices: [EC2, FARGATE, EXTERNAL, MANAGED_INSTANCES]
  cpu:
    description: CPU units of a task, as in V(256) or V(0.25 vCPU).
    type: str
  memory:
    description: MiB of memory of a task, as in V(512) or V(1 GB).
    type: str
  pid_mode:
    description: Whose processes the containers see.
    type: str
    choices: [host, task]
  ipc_mode:
    description: Whose shared memory the containers see.
    type: str
    choices: [host, task, none]
  proxy_configuration:
    description: A proxy, in the API's spelling.
    type: dict
  inference_accelerators:
    description: Accelerators, in the API's spelling.
    type: list
    elements: dict
  ephemeral_storage:
    description: Storage of a task on Fargate; C(sizeInGiB) is 21 to 200.
    type: dict
  runtime_platform:
    description: Processor and operating system, in the API's spelling.
    type: dict
  enable_fault_injection:
    description: Whether AWS Fault Injection Service may disturb the tasks.
    type: bool
  trusted_execution_configuration:
    description: Isolation of the tasks, in the API's spelling.
    type: dict
  state:
    description: Whether the task definition exists. V(absent) deregisters and deletes all revisions.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Describe the tasks of the backend
  monay.platform.ecs_task_definition:
    region: eu-west-1
    family: monay-dev-backend-common
    service: {cluster: monay-dev, name: monay-dev-backend-common}
    requires_compatibilities: [FARGATE]
    cpu: 256
    memory: 512
    execution_role_arn: monay-dev-task-execution
    task_role_arn: monay-dev-backend-common-task
    container_definitions:
      - name: backend-common
        image: {repository: monay/dev/backend-common, first_tag: 1.0.0}
        portMappings: [{containerPort: 3001}]
        environment:
          DATABASE_HOST: {database: monay-dev-postgres, attribute: host}
        secrets:
          JWT_SECRET: {secret: monay/dev/backend-common, key: JWT_SECRET}
  register: described
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: update, kind: task definition, name: monay-dev-admin, fields: [containerDefinitions]}]
task_definition:
  description:
    - Family and revision at the end; in check mode those that a real run would come to. Empty with O(state=absent).
  returned: always
  type: str
  sample: monay-dev-admin:7
resources:
  description: The revision at the end, by kind and family.
  returned: always
  type: dict
  sample:
    task definition:
      monay-dev-admin:
        id: arn:aws:ecs:eu-west-1:111111111111:task-definition/monay-dev-admin:7
        revision: monay-dev-admin:7
        images: {admin: "111111111111.dkr.ecr.eu-west-1.amazonaws.com/monay/dev/admin@sha256:0f"}
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.ecs_describing import TaskDefinitionTask
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule

CONTENT_SPEC: dict[str, t.Any] = dict(
    container_definitions=dict(type="list", elements="dict"),
    task_role_arn=dict(type="str"),
    execution_role_arn=dict(type="str"),
    network_mode=dict(type="str", choices=["bridge", "host", "awsvpc", "none"]),
    volumes=dict(type="list", elements="dict"),
    placement_constraints=dict(type="list", elements="dict"),
    requires_compatibilities=dict(
        type="list", elements="str", choices=["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"]
    ),
    cpu=dict(type="str"),
    memory=dict(type="str"),
    pid_mode=dict(type="str", choices=["host", "task"]),
    ipc_mode=dict(type="str", choices=["host", "task", "none"]),
    proxy_configuration=dict(type="dict"),
    inference_accelerators=dict(type="list", elements="dict"),
    ephemeral_storage=dict(type="dict"),
    runtime_platform=dict(type="dict"),
    enable_fault_injection=dict(type="bool"),
    trusted_execution_configuration=dict(type="dict"),
)
SERVICE_SPEC = dict(cluster=dict(type="str", required=True), name=dict(type="str", required=True))


def work(module: PlatformModule) -> t.NoReturn:
    task = TaskDefinitionTask(module, tuple(CONTENT_SPEC))
    if module.params["state"] == "absent":
        task.remove()
    task.describe()


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            family=dict(type="str", required=True),
            service=dict(type="dict", options=SERVICE_SPEC),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **CONTENT_SPEC,
            **TAGS_SPEC,
        ),
        required_if=[("state", "present", ["container_definitions"])],
    ).run(work)


if __name__ == "__main__":
    main()
