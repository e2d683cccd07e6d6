#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: vpc_network
short_description: Manage a VPC and what lives in it
version_added: 0.1.0
description:
  - Creates, updates and deletes a VPC, its subnets, NAT gateways, network ACLs, route tables, endpoints and flow log.
  - Each option from O(cidr) to O(flow_log) is a section; a section that is not given is left alone.
  - The VPC is found by its C(Name) tag, and everything else by the C(Name) tag within the VPC. All is read side by
    side, so one task with many sections is far quicker than a task for each resource.
  - O(route_tables), O(endpoints) and O(flow_log) are complete. What the collection owns besides (tag
    C(ManagedBy=monay.platform)) is removed.
  - Subnets, NAT gateways and network ACLs are removed by O(keep_only) alone, so that traffic can be moved away from
    them first.
author: Monay platform engineers (@monay)
options:
  name:
    description: Name of the VPC, of its internet gateway, and of its default security group's C(Name) tag.
    type: str
    required: true
  cidr:
    description:
      - IPv4 range of the VPC, a /16 to a /28. It cannot be changed.
      - The VPC resolves names and gives names to hosts, has an internet gateway, and its default security group is
        closed.
    type: str
  subnets:
    description: Subnets.
    type: list
    elements: dict
    suboptions:
      name: {description: Name of the subnet., type: str, required: true}
      cidr: {description: IPv4 range within that of the VPC. It cannot be changed., type: str, required: true}
      availability_zone: {description: Zone. It cannot be changed., type: str, required: true}
      tier: {description: Value of the subnet's C(Tier) tag., type: str}
      map_public_ip: {description: Whether hosts get public addresses., type: bool, default: false}
      tags: {description: Tags of this subnet., type: dict}
  nat_gateways:
    description:
      - Public NAT gateways, each with an elastic IP of the same name.
      - A gateway that failed is replaced. A removal waits until the gateway is gone and then releases its elastic IP.
    type: list
    elements: dict
    suboptions:
      name: {description: Name of the NAT gateway and of its elastic IP., type: str, required: true}
      subnet: {description: Name of the public subnet that it is in. It cannot be changed., type: str, required: true}
      tags: {description: Tags of this NAT gateway and its elastic IP., type: dict}
  network_acls:
    description: Network ACLs. A subnet that is taken out of one goes back to the VPC's default one.
    type: list
    elements: dict
    suboptions:
      name: {description: Name of the network ACL., type: str, required: true}
      subnets: {description: Names of the subnets behind it., type: list, elements: str, required: true}
      ingress: &rules
        description: All rules of this direction; what they do not decide is denied.
        type: list
        elements: dict
        required: true
        suboptions:
          rule_number:
            description: Place among the rules, V(1) to V(32766). The first rule that fits decides.
            type: int
            required: true
          protocol: {description: Protocol., type: str, choices: [all, tcp, udp, icmp], default: tcp}
          ports: {description: 'A port or a range, as in V(1024-65535); without it, all ports.', type: str}
          cidr: {description: IPv4 range of the other side., type: str, required: true}
          action: {description: What happens to packets., type: str, choices: [allow, deny], default: allow}
      egress: *rules
      tags: {description: Tags of this network ACL., type: dict}
  route_tables:
    description: All route tables of the VPC but its main one.
    type: list
    elements: dict
    suboptions:
      name: {description: Name of the route table., type: str, required: true}
      subnets: {description: Names of the subnets that use it., type: list, elements: str, required: true}
      routes:
        description:
          - All routes but that of the VPC itself. Routes of gateway endpoints and of a virtual private gateway stay.
        type: list
        elements: dict
        required: true
        suboptions:
          cidr: {description: Destination., type: str, required: true}
          target:
            description: Sort of gateway.
            type: str
            required: true
            choices: [internet_gateway, nat_gateway]
          name: {description: Name of the gateway., type: str, required: true}
      tags: {description: Tags of this route table., type: dict}
  endpoints:
    description: All endpoints by which the VPC reaches services of AWS.
    type: list
    elements: dict
    suboptions:
      name: {description: Name of the endpoint., type: str, required: true}
      service:
        description: Service, as in V(s3) or V(ecr.api), or its full name, as in V(com.amazonaws.eu-west-1.s3).
        type: str
        required: true
      type:
        description: V(gateway) exists for S3 and DynamoDB.
        type: str
        choices: [gateway, interface]
        default: interface
      route_tables: {description: Names of the route tables of a gateway., type: list, elements: str}
      subnets: {description: Names of the subnets of an interface., type: list, elements: str}
      security_groups: {description: Names of the security groups of an interface., type: list, elements: str}
      private_dns:
        description: Whether the service's own name leads to an interface endpoint. V(true) unless said otherwise.
        type: bool
      policy: {description: Policy document. Without it the policy is left alone., type: dict}
      tags: {description: Tags of this endpoint., type: dict}
  flow_log:
    description: The record of all connections of the VPC. A change replaces it.
    type: dict
    suboptions:
      name: {description: Name of the flow log., type: str, required: true}
      log_group: {description: Name of the CloudWatch log group that it is written to., type: str}
      bucket: {description: Name of the S3 bucket that it is written to., type: str}
      role: {description: Name of the IAM role that writes to O(flow_log.log_group)., type: str}
      traffic_type:
        description: Which connections are recorded.
        type: str
        choices: [ALL, ACCEPT, REJECT]
        default: ALL
      max_aggregation_interval:
        description: Seconds that one record may cover.
        type: int
        choices: [60, 600]
        default: 600
      tags: {description: Tags of the flow log., type: dict}
  keep_only:
    description:
      - Names that stay. Others that the collection owns (tag C(ManagedBy=monay.platform)) are removed after
        everything else is in place.
    type: dict
    suboptions:
      subnets: {description: Names of subnets., type: list, elements: str}
      nat_gateways: {description: Names of NAT gateways and their elastic IPs., type: list, elements: str}
      network_acls: {description: Names of network ACLs., type: list, elements: str}
  state:
    description:
      - V(absent) removes what the given sections name, and with it everything of the same kinds that the collection
        owns in the VPC.
      - V(absent) with O(cidr), or without any section, removes the VPC with everything that the collection owns in it.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
  - monay.platform.platform.wait
"""

EXAMPLES = r"""
- name: Manage a VPC with a public and a private subnet
  monay.platform.vpc_network:
    region: eu-west-1
    name: monay-dev
    cidr: 10.10.0.0/16
    subnets:
      - {name: monay-dev-public-a, cidr: 10.10.128.0/21, availability_zone: eu-west-1a, tier: public}
      - {name: monay-dev-private-a, cidr: 10.10.0.0/20, availability_zone: eu-west-1a, tier: private}
    nat_gateways:
      - {name: monay-dev-nat-a, subnet: monay-dev-public-a}
    tags:
      ManagedBy: monay.platform

- name: Send the private subnet's traffic through the NAT gateway
  monay.platform.vpc_network:
    region: eu-west-1
    name: monay-dev
    route_tables:
      - name: monay-dev-private-a
        subnets: [monay-dev-private-a]
        routes:
          - {cidr: 0.0.0.0/0, target: nat_gateway, name: monay-dev-nat-a}
    endpoints:
      - {name: monay-dev-s3, service: s3, type: gateway, route_tables: [monay-dev-private-a]}
    keep_only:
      nat_gateways: [monay-dev-nat-a]
    tags:
      ManagedBy: monay.platform

- name: Remove the VPC and everything that the collection owns in it
  monay.platform.vpc_network:
    region: eu-west-1
    name: monay-dev
    state: absent
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: subnet, name: monay-dev-public-a, fields: []}]
pending:
  description:
    - Names of slow resources that are not ready, or that the task has changed without waiting for them.
      M(monay.platform.wait_for) need not be asked where there are none.
  returned: when a section is about NAT gateways or endpoints
  type: list
  elements: str
  sample: []
resources:
  description:
    - Ids and facts of what exists at the end, by kind and name, of the kinds that the task's sections are about.
    - NAT gateways and endpoints have their C(status), NAT gateways and elastic IPs their C(public_ip).
  returned: always
  type: dict
  sample:
    VPC: {monay-dev: {id: vpc-0a1b2c3d4e5f60718, cidr: 10.10.0.0/16}}
    NAT gateway: {monay-dev-nat-a: {id: nat-0a1b2c3d4e5f60718, status: available, public_ip: 198.51.100.7}}
"""

import typing as t
from functools import cache, partial

from ansible_collections.monay.platform.plugins.module_utils.aws.ec2_network import network_requests, removal_requests
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, WAIT_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.core.network_state import wanted_network


def text(**more: t.Any) -> dict[str, t.Any]:
    return dict(type="str", **more)


def names(**more: t.Any) -> dict[str, t.Any]:
    return dict(type="list", elements="str", **more)


def section(**options: t.Any) -> dict[str, t.Any]:
    return dict(type="list", elements="dict", options=dict(name=text(required=True), tags=dict(type="dict"), **options))


RULES = dict(
    type="list",
    elements="dict",
    required=True,
    options=dict(
        rule_number=dict(type="int", required=True),
        protocol=text(choices=["all", "tcp", "udp", "icmp"], default="tcp"),
        ports=text(),
        cidr=text(required=True),
        action=text(choices=["allow", "deny"], default="allow"),
    ),
)
ROUTES = dict(
    type="list",
    elements="dict",
    required=True,
    options=dict(
        cidr=text(required=True),
        target=text(required=True, choices=["internet_gateway", "nat_gateway"]),
        name=text(required=True),
    ),
)
SECTIONS = dict(
    subnets=section(
        cidr=text(required=True),
        availability_zone=text(required=True),
        tier=text(),
        map_public_ip=dict(type="bool", default=False),
    ),
    nat_gateways=section(subnet=text(required=True)),
    network_acls=section(subnets=names(required=True), ingress=RULES, egress=RULES),
    route_tables=section(subnets=names(required=True), routes=ROUTES),
    endpoints=section(
        service=text(required=True),
        type=text(choices=["gateway", "interface"], default="interface"),
        route_tables=names(),
        subnets=names(),
        security_groups=names(),
        private_dns=dict(type="bool"),
        policy=dict(type="dict"),
    ),
    flow_log=dict(
        type="dict",
        options=dict(
            name=text(required=True),
            log_group=text(),
            bucket=text(),
            role=text(),
            traffic_type=text(choices=["ALL", "ACCEPT", "REJECT"], default="ALL"),
            max_aggregation_interval=dict(type="int", choices=[60, 600], default=600),
            tags=dict(type="dict"),
        ),
    ),
)
SLOW = ("nat_gateways", "endpoints")


def work(module: PlatformModule) -> t.NoReturn:
    options = module.params
    ec2, iam, name = module.api("ec2"), cache(partial(module.api, "iam")), options["name"]
    wanted = wanted_network(options, module.region)
    if options["state"] == "absent":
        whole = bool(options["cidr"]) or not wanted
        module.reconcile(*removal_requests(ec2, iam, name, None if whole else wanted))
    keep = {option: kept for option, kept in (options["keep_only"] or {}).items() if kept is not None}
    keep_tags = options["tags"] is None or not options["purge_tags"]
    slow = any(options[section] for section in SLOW)
    requests = network_requests(ec2, iam, name, wanted, keep=keep, keep_tags=keep_tags)
    module.reconcile(*requests, wait=module.wait_seconds if slow else 0)


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            name=text(required=True),
            cidr=text(),
            **SECTIONS,
            keep_only=dict(type="dict", options=dict(subnets=names(), nat_gateways=names(), network_acls=names())),
            state=text(choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
            **WAIT_SPEC,
        )
    ).run(work)


if __name__ == "__main__":
    main()
