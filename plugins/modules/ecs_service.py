#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs_service
short_description: Manage ECS services
version_added: 0.1.0
description:
  - Creates, updates and deletes a service of ECS, and follows its deployment until ECS says what has become of it.
  - Every field of the API is compared, with AWS's defaults filled in on both sides. An option that is not given means
    AWS's default, except for O(availability_zone_rebalancing), O(capacity_provider_strategy), O(launch_type), O(role)
    and O(task_definition), which are then left alone.
  - Options that are structures have the API's keys in the API's spelling, as in C(advancedConfiguration). Subnets,
    security groups, target groups and roles may be given by name; listener rules are given by ARN.
  - Weights of listener rules are ECS's, and never looked at. The number of tasks is left to whoever scales the service.
author: Monay platform engineers (@monay)
options:
  name:
    description: Name of the service.
    type: str
    required: true
  cluster:
    description: Name of the cluster.
    type: str
    required: true
  vpc:
    description: Name of the VPC in which names of subnets and security groups are looked up.
    type: str
  task_definition:
    description: Family and revision, as M(monay.platform.ecs_task_definition) returns it.
    type: str
  desired_count:
    description: Number of tasks of a new service.
    type: int
    default: 1
  keep_desired_count:
    description: Leave the number of tasks of a service that exists alone. V(false) sets it to O(desired_count).
    type: bool
    default: true
  deployment_configuration:
    description:
      - How the service is deployed. What is not said has the default of the strategy.
      - It is always sent complete, together with everything that starts a deployment.
    type: dict
  keep_deployment_configuration:
    description:
      - Leave the deployment configuration of a service that exists alone, as M(monay.platform.ecs_rollout) left it,
        until something else starts a deployment. V(false) compares it like everything else.
    type: bool
    default: false
  load_balancers:
    description: Target groups that the tasks are registered in, with C(advancedConfiguration) for blue/green.
    type: list
    elements: dict
  network_configuration:
    description: Subnets, security groups and C(assignPublicIp), under C(awsvpcConfiguration).
    type: dict
  launch_type:
    description: Where the tasks run. It cannot be changed; a capacity provider strategy can.
    type: str
    choices: [EC2, FARGATE, EXTERNAL, MANAGED_INSTANCES]
  capacity_provider_strategy:
    description: Capacity providers with weight and base. A new service without them has those of the cluster.
    type: list
    elements: dict
  platform_version:
    description: Platform version of Fargate.
    type: str
  availability_zone_rebalancing:
    description: Whether ECS evens out the tasks over the zones.
    type: str
    choices: [ENABLED, DISABLED]
  service_registries:
    description: Registries of Cloud Map.
    type: list
    elements: dict
  role:
    description: Role that ECS calls a load balancer with, in place of the service-linked one. It cannot be changed.
    type: str
  placement_constraints:
    description: Constraints of where tasks are placed.
    type: list
    elements: dict
  placement_strategy:
    description: How tasks are spread over instances, most important first.
    type: list
    elements: dict
  health_check_grace_period_seconds:
    description: Seconds for which failed health checks of a new task do not count.
    type: int
  scheduling_strategy:
    description: A number of tasks, or one on each instance. It cannot be changed.
    type: str
    choices: [REPLICA, DAEMON]
  deployment_controller:
    description: Who deploys.
    type: dict
  enable_ecs_managed_tags:
    description: Whether ECS tags the tasks with cluster and service.
    type: bool
  propagate_tags:
    description: What the tasks inherit their tags from.
    type: str
    choices: [TASK_DEFINITION, SERVICE, NONE]
  enable_execute_command:
    description: Whether administrators can open a shell in a container (ECS Exec).
    type: bool
  service_connect_configuration:
    description: Service Connect.
    type: dict
  volume_configurations:
    description: EBS volumes that ECS makes for the tasks.
    type: list
    elements: dict
  vpc_lattice_configurations:
    description: Target groups of VPC Lattice.
    type: list
    elements: dict
  gateway_connectors:
    description: Connectors of an ECS gateway. Compared only where they are given.
    type: list
    elements: dict
  monitoring:
    description: Resolution of metrics. Compared only where it is given.
    type: dict
  wait:
    description:
      - Wait until the newest deployment of the service is SUCCESSFUL with O(task_definition), and fail with ECS's
        reasons where it is not. With O(state=absent), wait until the tasks are gone.
      - V(false) starts it and goes on; M(monay.platform.ecs_deployment_wait) waits with progress.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait before the task fails. The deployment goes on; run again to go on waiting.
    type: int
    default: 3600
  state:
    description: Whether the service exists. V(absent) stops its tasks and deletes it.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Run the backend, and deploy it blue/green
  monay.platform.ecs_service:
    region: eu-west-1
    name: monay-dev-backend-common
    cluster: monay-dev
    vpc: monay-dev
    task_definition: "{{ described.task_definition }}"
    desired_count: 2
    deployment_configuration:
      strategy: BLUE_GREEN
      bakeTimeInMinutes: 5
      deploymentCircuitBreaker: {enable: true, rollback: true}
    network_configuration:
      awsvpcConfiguration:
        subnets: [monay-dev-app-a, monay-dev-app-b]
        securityGroups: [monay-dev-backend-common]
    load_balancers:
      - targetGroupArn: monay-dev-backend-common-blue
        containerName: backend-common
        containerPort: 3001
        advancedConfiguration:
          alternateTargetGroupArn: monay-dev-backend-common-green
          productionListenerRule: "{{ rules.production }}"
          testListenerRule: "{{ rules.test }}"
          roleArn: monay-dev-ecs-infrastructure
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: update, kind: service, name: monay-dev-admin, fields: [taskDefinition]}]
deployment:
  description: Status of the deployment that was waited for, and a line about it. Empty where nothing was waited for.
  returned: always
  type: dict
  sample: {status: SUCCESSFUL, text: "SUCCESSFUL, 2 of 2 tasks run, production traffic 100%"}
resources:
  description: The service at the end, by kind and name.
  returned: always
  type: dict
  sample:
    service:
      monay-dev-admin:
        id: arn:aws:ecs:eu-west-1:111111111111:service/monay-dev/monay-dev-admin
        status: ACTIVE
        task_definition: monay-dev-admin:7
        desired_count: 2
        running_count: 2
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.ecs_serving import ServiceTask
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, WAIT_SPEC, PlatformModule

CONTENT_SPEC: dict[str, t.Any] = dict(
    task_definition=dict(type="str"),
    desired_count=dict(type="int", default=1),
    deployment_configuration=dict(type="dict"),
    load_balancers=dict(type="list", elements="dict"),
    network_configuration=dict(type="dict"),
    launch_type=dict(type="str", choices=["EC2", "FARGATE", "EXTERNAL", "MANAGED_INSTANCES"]),
    capacity_provider_strategy=dict(type="list", elements="dict"),
    platform_version=dict(type="str"),
    availability_zone_rebalancing=dict(type="str", choices=["ENABLED", "DISABLED"]),
    service_registries=dict(type="list", elements="dict"),
    role=dict(type="str"),
    placement_constraints=dict(type="list", elements="dict"),
    placement_strategy=dict(type="list", elements="dict"),
    health_check_grace_period_seconds=dict(type="int"),
    scheduling_strategy=dict(type="str", choices=["REPLICA", "DAEMON"]),
    deployment_controller=dict(type="dict"),
    enable_ecs_managed_tags=dict(type="bool"),
    propagate_tags=dict(type="str", choices=["TASK_DEFINITION", "SERVICE", "NONE"]),
    enable_execute_command=dict(type="bool"),
    service_connect_configuration=dict(type="dict"),
    volume_configurations=dict(type="list", elements="dict"),
    vpc_lattice_configurations=dict(type="list", elements="dict"),
    gateway_connectors=dict(type="list", elements="dict"),
    monitoring=dict(type="dict"),
)


def work(module: PlatformModule) -> t.NoReturn:
    task = ServiceTask(module, tuple(CONTENT_SPEC))
    if module.params["state"] == "absent":
        task.remove()
    task.serve()


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            name=dict(type="str", required=True),
            cluster=dict(type="str", required=True),
            vpc=dict(type="str"),
            keep_desired_count=dict(type="bool", default=True),
            keep_deployment_configuration=dict(type="bool", default=False),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **CONTENT_SPEC,
            **TAGS_SPEC,
            **WAIT_SPEC,
        ),
        mutually_exclusive=[("launch_type", "capacity_provider_strategy")],
    ).run(work)


if __name__ == "__main__":
    main()
