#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: load_balancer
short_description: Manage an application load balancer
version_added: 0.1.0
description:
  - Creates, updates and deletes an application load balancer, by name, with its attributes and logs.
  - Listeners and rules are managed by M(monay.platform.alb_listener) and M(monay.platform.alb_listener_rule), the web
    ACL in front of it by M(monay.platform.wafv2_association).
  - An attribute that is taken away goes back to AWS's default.
author: Monay platform engineers (@monay)
options:
  name:
    description: Name, at most 32 characters.
    type: str
    required: true
  vpc:
    description: Name of the VPC in which subnets and security groups are looked for. Required with O(state=present).
    type: str
  subnets:
    description: Names of subnets, in at least two zones. Required with O(state=present).
    type: list
    elements: str
  security_groups:
    description: Names of security groups. Required with O(state=present).
    type: list
    elements: str
  scheme:
    description: Whether it is reached from the internet. It cannot be changed.
    type: str
    choices: [internet-facing, internal]
    default: internet-facing
  ip_address_type:
    description: Sort of its addresses.
    type: str
    choices: [ipv4, dualstack, dualstack-without-public-ipv4]
    default: ipv4
  attributes:
    description: How it works. Without it, the attributes are left alone.
    type: dict
    suboptions:
      deletion_protection:
        description: Refuse deletion.
        type: bool
        default: false
      idle_timeout:
        description: Seconds after which a silent connection is closed, 1 to 4000.
        type: int
        default: 60
      client_keep_alive:
        description: Seconds for which a client's connection is kept at most, 60 to 604800.
        type: int
        default: 3600
      http2:
        description: Speak HTTP/2 with clients.
        type: bool
        default: true
      drop_invalid_headers:
        description: Leave out headers that are no valid ones, instead of passing them on.
        type: bool
        default: false
      desync_mitigation:
        description: What to do with requests that two programs may read differently.
        type: str
        choices: [monitor, defensive, strictest]
        default: defensive
      preserve_host_header:
        description: Pass the C(Host) header on as the client wrote it.
        type: bool
        default: false
      tls_headers:
        description: Tell targets the TLS version and cipher in headers.
        type: bool
        default: false
      xff_client_port:
        description: Put the client's port into C(X-Forwarded-For).
        type: bool
        default: false
      xff_header:
        description: What to do with C(X-Forwarded-For).
        type: str
        choices: [append, preserve, remove]
        default: append
      waf_fail_open:
        description: Let requests through while the web ACL cannot be asked.
        type: bool
        default: false
      zonal_shift:
        description: Allow Route 53 ARC to take a zone out.
        type: bool
        default: false
      access_logs: &logs
        description: Where a line for each of them is written. Without it, nothing is.
        type: dict
        suboptions:
          bucket:
            description: Name of a bucket that allows ELB to write into it.
            type: str
            required: true
          prefix:
            description: What the objects' names begin with, before C(AWSLogs).
            type: str
      connection_logs: *logs
  force_unprotect:
    description: With O(state=absent), take the protection against deletion away first.
    type: bool
    default: false
  state:
    description: Whether the load balancer exists. V(absent) deletes its listeners and their rules too.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
  - monay.platform.platform.wait
"""

EXAMPLES = r"""
- name: Start a load balancer
  monay.platform.load_balancer:
    region: eu-west-1
    name: monay-dev
    vpc: monay-dev
    subnets: [monay-dev-public-a, monay-dev-public-b]
    security_groups: [monay-dev-alb]
    scheme: internet-facing
    attributes:
      drop_invalid_headers: true
      access_logs: {bucket: monay-dev-111111111111-logs}
    tags:
      Project: monay
    wait: false
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: load balancer, name: monay-dev, fields: []}]
pending:
  description:
    - Names of slow resources that are not ready, or that the task has changed without waiting for them.
      M(monay.platform.wait_for) need not be asked where there are none.
  returned: always
  type: list
  elements: str
  sample: []
resources:
  description: The load balancer where it exists at the end, by kind and name.
  returned: always
  type: dict
  sample:
    load balancer:
      monay-dev:
        id: arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/monay-dev/0123456789abcdef
        dns_name: monay-dev-1234567890.eu-west-1.elb.amazonaws.com
        zone: Z32O12XQLNTSW2
        status: active
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.data_names import NetworkNames
from ansible_collections.monay.platform.plugins.module_utils.aws.elbv2 import Balancing
from ansible_collections.monay.platform.plugins.module_utils.aws.elbv2_load_balancer import LoadBalancers
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, WAIT_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request
from ansible_collections.monay.platform.plugins.module_utils.core.alb import load_balancer_attributes
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused, State

LONGEST_NAME = 32
LOGS_SPEC = dict(type="dict", options=dict(bucket=dict(type="str", required=True), prefix=dict(type="str")))
ATTRIBUTES_SPEC = dict(
    deletion_protection=dict(type="bool", default=False),
    idle_timeout=dict(type="int", default=60),
    client_keep_alive=dict(type="int", default=3600),
    http2=dict(type="bool", default=True),
    drop_invalid_headers=dict(type="bool", default=False),
    desync_mitigation=dict(type="str", choices=["monitor", "defensive", "strictest"], default="defensive"),
    preserve_host_header=dict(type="bool", default=False),
    tls_headers=dict(type="bool", default=False),
    xff_client_port=dict(type="bool", default=False),
    xff_header=dict(type="str", choices=["append", "preserve", "remove"], default="append"),
    waf_fail_open=dict(type="bool", default=False),
    zonal_shift=dict(type="bool", default=False),
    access_logs=LOGS_SPEC,
    connection_logs=LOGS_SPEC,
)


def state_of(options: dict[str, t.Any]) -> State:
    """The wanted state, without tags."""
    return {
        "scheme": options["scheme"],
        "ip_address_type": options["ip_address_type"],
        "subnets": sorted(set(options["subnets"])),
        "security_groups": sorted(set(options["security_groups"])),
        "attributes": None if options["attributes"] is None else load_balancer_attributes(options["attributes"]),
    }


def work(module: PlatformModule) -> t.NoReturn:
    options = module.params
    name = options["name"]
    if len(name) > LONGEST_NAME:
        raise PlanRefused(f"load balancer {name}: the name may have {LONGEST_NAME} characters and has {len(name)}")
    network = NetworkNames(module.api("ec2"), options["vpc"])
    kind = LoadBalancers(Balancing(module.api("elbv2")), network, options["force_unprotect"])
    if options["state"] == "absent":
        module.reconcile(Request(kind, absent=frozenset({name})))
    wanted = {name: {**state_of(options), "tags": module.tags_of(kind, {"name": name})}}
    module.reconcile(Request(kind, wanted, keep_tags=not options["purge_tags"]), wait=module.wait_seconds)


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            name=dict(type="str", required=True),
            vpc=dict(type="str"),
            subnets=dict(type="list", elements="str"),
            security_groups=dict(type="list", elements="str"),
            scheme=dict(type="str", choices=["internet-facing", "internal"], default="internet-facing"),
            ip_address_type=dict(
                type="str", choices=["ipv4", "dualstack", "dualstack-without-public-ipv4"], default="ipv4"
            ),
            attributes=dict(type="dict", options=ATTRIBUTES_SPEC),
            force_unprotect=dict(type="bool", default=False),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
            **WAIT_SPEC,
        ),
        required_if=[("state", "present", ["vpc", "subnets", "security_groups"])],
    ).run(work)


if __name__ == "__main__":
    main()
