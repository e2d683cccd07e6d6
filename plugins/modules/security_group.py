#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: security_group
short_description: Manage the security groups of a VPC and their rules
version_added: 0.1.0
description:
  - Creates, updates and deletes security groups. Rules name other groups, networks or prefix lists; two groups may name
    each other.
  - The rules of a direction that is given are complete. Others are revoked, also the rule by which AWS lets every new
    group send anything to anywhere.
author: Monay platform engineers (@monay)
options:
  vpc:
    description: Name of the VPC (its C(Name) tag).
    type: str
    required: true
  groups:
    description: The security groups.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the group, also its C(Name) tag.
        type: str
        required: true
      description:
        description: What the group is for. It cannot be changed.
        type: str
      ingress: &rules
        description: All rules of this direction. Without it, they are left alone.
        type: list
        elements: dict
        suboptions:
          protocol:
            description: Protocol.
            type: str
            choices: [all, tcp, udp, icmp]
            default: tcp
          ports:
            description: A port or a range, as in V(3001-3007); without it, all ports.
            type: str
          cidrs:
            description: IPv4 and IPv6 networks on the other side.
            type: list
            elements: str
          groups:
            description: Names of security groups on the other side.
            type: list
            elements: str
          prefix_lists:
            description: Names of prefix lists on the other side, as in V(com.amazonaws.eu-west-1.s3).
            type: list
            elements: str
          description:
            description: What the rule is for.
            type: str
      egress: *rules
      tags:
        description: Tags of this group.
        type: dict
  purge_groups:
    description:
      - Delete the groups of the VPC that are not listed and that the collection owns (tag
        C(ManagedBy=monay.platform)).
      - With O(state=absent) this deletes all groups that the collection owns.
    type: bool
    default: false
  state:
    description: Whether the groups exist. Rules of other groups that name a deleted group are revoked first.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
"""

EXAMPLES = r"""
- name: Let the load balancer, and nothing else, reach the application
  monay.platform.security_group:
    region: eu-west-1
    vpc: monay-dev
    groups:
      - name: monay-dev-alb
        description: Load balancer
        ingress:
          - {ports: "443", cidrs: [0.0.0.0/0], description: HTTPS}
        egress:
          - {ports: "3001", groups: [monay-dev-backend-common]}
      - name: monay-dev-backend-common
        description: Application backend-common
        ingress:
          - {ports: "3001", groups: [monay-dev-alb]}
        egress: []
    tags:
      Project: monay
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: update, kind: security group, name: monay-dev-alb, fields: [ingress]}]
resources:
  description: Each group that exists at the end, by kind and name, and the VPC.
  returned: always
  type: dict
  sample: {security group: {monay-dev-alb: {id: sg-0a1b2c3d4e5f60718}}}
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.ec2 import Network
from ansible_collections.monay.platform.plugins.module_utils.aws.ec2_security_group import SecurityGroups
from ansible_collections.monay.platform.plugins.module_utils.aws.ec2_vpc import Vpcs
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request
from ansible_collections.monay.platform.plugins.module_utils.core.plan import State
from ansible_collections.monay.platform.plugins.module_utils.core.security_group import wanted_groups

RULES = dict(
    type="list",
    elements="dict",
    options=dict(
        protocol=dict(type="str", choices=["all", "tcp", "udp", "icmp"], default="tcp"),
        ports=dict(type="str"),
        cidrs=dict(type="list", elements="str"),
        groups=dict(type="list", elements="str"),
        prefix_lists=dict(type="list", elements="str"),
        description=dict(type="str"),
    ),
)
GROUP_SPEC = dict(
    name=dict(type="str", required=True),
    description=dict(type="str"),
    ingress=RULES,
    egress=RULES,
    tags=dict(type="dict"),
)


def states(options: dict[str, t.Any]) -> dict[str, State]:
    """The wanted state of each group, tags included."""
    common = options["tags"] or {}
    wanted = wanted_groups(options["groups"])
    for item in options["groups"]:
        wanted[item["name"]]["tags"] = {**common, **(item["tags"] or {}), "Name": item["name"]}
    return wanted


def work(module: PlatformModule) -> t.NoReturn:
    options = module.params
    network = Network(module.api("ec2"), options["vpc"], [SecurityGroups.operation])
    vpc = Request(Vpcs(network, with_attributes=False))
    if options["state"] == "absent":
        names = frozenset(item["name"] for item in options["groups"])
        kind = SecurityGroups(network, {})
        module.reconcile(vpc, Request(kind, absent=names, purge=options["purge_groups"]))
    wanted = states(options)
    keep_tags = options["tags"] is None or not options["purge_tags"]
    kind = SecurityGroups(network, wanted)
    module.reconcile(vpc, Request(kind, wanted, purge=options["purge_groups"], keep_tags=keep_tags))


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            vpc=dict(type="str", required=True),
            groups=dict(type="list", elements="dict", required=True, options=GROUP_SPEC),
            purge_groups=dict(type="bool", default=False),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
        )
    ).run(work)


if __name__ == "__main__":
    main()
