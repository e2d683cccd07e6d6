#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: ecs_capacity_provider
short_description: Manage EC2 capacity of an ECS cluster
version_added: 0.1.0
description:
  - Manages a capacity provider with all that it stands on, that is an instance profile, a launch template and an Auto
    Scaling group, all of the same name. The cluster is told of it by M(monay.platform.ecs_cluster).
  - Instances have encrypted disks, IMDSv2 only, and the newest ECS-optimized image at the time of their start.
  - The number of instances is left to ECS (managed scaling).
author: Monay platform engineers (@monay)
options:
  name:
    description: Name of the capacity provider, the Auto Scaling group and the launch template.
    type: str
    required: true
  cluster:
    description: Name of the cluster that the instances join.
    type: str
  instance_role:
    description: Name of the role of the instances. The instance profile is called like it.
    type: str
    required: true
  iam_path:
    description: Path of the instance profile.
    type: str
    default: /
  instance_type:
    description: Type of the instances.
    type: str
  ami_parameter:
    description: Public parameter of Systems Manager with the image.
    type: str
    default: /aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id
  volume_size:
    description: GiB of the root disk.
    type: int
    default: 30
  vpc:
    description: Name of the VPC.
    type: str
  subnets:
    description: Names of the subnets.
    type: list
    elements: str
    default: []
  security_groups:
    description: Names of the security groups of the instances. Tasks have their own.
    type: list
    elements: str
    default: []
  min_size:
    description: Smallest number of instances.
    type: int
    default: 0
  max_size:
    description: Largest number of instances.
    type: int
    default: 4
  target_capacity:
    description: Per cent of the instances that are to be in use. Below V(100) some stand ready.
    type: int
    default: 100
  termination_protection:
    description: Keep an instance on which tasks run from being taken away.
    type: bool
    default: true
  draining:
    description: Let tasks go elsewhere before an instance ends.
    type: bool
    default: true
  wait_timeout:
    description: Seconds to wait for instances that end, with O(state=absent).
    type: int
    default: 1800
  state:
    description: Whether it exists. V(absent) ends the instances, and needs a cluster that does not use it any more.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Instances for the cluster
  monay.platform.ecs_capacity_provider:
    region: eu-west-1
    name: monay-dev-ec2
    cluster: monay-dev
    instance_role: monay-dev-ecs-instance
    instance_type: t3.medium
    vpc: monay-dev
    subnets: [monay-dev-private-a, monay-dev-private-b]
    security_groups: [monay-dev-ecs-instances]
    max_size: 4
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: update, kind: launch template, name: monay-dev-ec2, fields: [instance_type]}]
resources:
  description: What exists at the end, by kind and name.
  returned: always
  type: dict
  sample: {capacity provider: {monay-dev-ec2: {id: "arn:aws:ecs:eu-west-1:1:capacity-provider/monay-dev-ec2"}}}
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.data_names import NetworkNames
from ansible_collections.monay.platform.plugins.module_utils.aws.ec2_launch_template import (
    InstanceProfiles,
    LaunchTemplates,
)
from ansible_collections.monay.platform.plugins.module_utils.aws.ecs_capacity import (
    AutoScalingGroups,
    CapacityProviders,
)
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Kind, Request
from ansible_collections.monay.platform.plugins.module_utils.core.ecs_capacity import (
    group_state,
    provider_state,
    template_state,
)
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused, State

ARGUMENT_SPEC: dict[str, t.Any] = dict(
    name=dict(type="str", required=True),
    cluster=dict(type="str"),
    instance_role=dict(type="str", required=True),
    iam_path=dict(type="str", default="/"),
    instance_type=dict(type="str"),
    ami_parameter=dict(type="str", default="/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"),
    volume_size=dict(type="int", default=30),
    vpc=dict(type="str"),
    subnets=dict(type="list", elements="str", default=[]),
    security_groups=dict(type="list", elements="str", default=[]),
    min_size=dict(type="int", default=0),
    max_size=dict(type="int", default=4),
    target_capacity=dict(type="int", default=100),
    termination_protection=dict(type="bool", default=True),
    draining=dict(type="bool", default=True),
    wait_timeout=dict(type="int", default=1800),
    state=dict(type="str", choices=["present", "absent"], default="present"),
    **TAGS_SPEC,
)


def work(module: PlatformModule) -> t.NoReturn:
    params = module.params
    if not 0 <= params["min_size"] <= params["max_size"]:
        raise PlanRefused(f"{params['name']}: min_size must not be above max_size ({params['max_size']})")
    ec2 = module.api("ec2")
    network = NetworkNames(ec2, params["vpc"])
    profiles = InstanceProfiles(module.api("iam"), params["iam_path"])
    templates = LaunchTemplates(ec2, network)
    groups = AutoScalingGroups(module.api("autoscaling"), network, params["wait_timeout"])
    providers = CapacityProviders(module.api("ecs"))
    name, role = params["name"], params["instance_role"]
    if params["state"] == "absent":
        gone = {profiles: role, templates: name, groups: name, providers: name}
        module.reconcile(*(Request(kind, absent=frozenset({each})) for kind, each in gone.items()))

    tags = module.tags_of(groups, {"name": name})

    def request(kind: Kind, named: str, state: State) -> Request:
        return Request(kind, {named: {**state, "tags": tags}}, keep_tags=not params["purge_tags"])

    module.reconcile(
        request(profiles, role, {"role": role}),
        request(templates, name, template_state(params, tags or {})),
        request(groups, name, group_state(params)),
        request(providers, name, provider_state(params)),
    )


def main() -> None:
    PlatformModule(
        argument_spec=ARGUMENT_SPEC,
        required_if=[("state", "present", ["cluster", "instance_type", "subnets", "security_groups"])],
    ).run(work)


if __name__ == "__main__":
    main()
