#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: client_vpn
short_description: Manage a Client VPN endpoint
version_added: 0.1.0
description:
  - Creates, updates and deletes an AWS Client VPN endpoint, by which people reach a VPC from their own machines.
  - Subnets, authorization rules and routes that are not listed are removed.
author: Monay platform engineers (@monay)
options:
  name:
    description: Name of the endpoint (its C(Name) tag).
    type: str
    required: true
  vpc:
    description: Name of the VPC that it leads into.
    type: str
    required: true
  description:
    description: What the endpoint is for.
    type: str
  client_cidr:
    description: IPv4 range that clients get their addresses from, a /12 to a /22. It cannot be changed.
    type: str
  server_certificate_arn:
    description: ARN of the ACM certificate that the endpoint shows.
    type: str
  authentication:
    description: How people prove who they are. It cannot be changed.
    type: dict
    suboptions:
      type:
        description: By a certificate of their own, by a SAML identity provider, or by Active Directory.
        type: str
        choices: [certificate, saml, directory]
        required: true
      client_certificate_arn:
        description: ARN of the certificate in ACM that has issued those of the clients.
        type: str
      saml_provider_arn:
        description: ARN of the SAML provider in IAM.
        type: str
      directory_id:
        description: Id of the directory.
        type: str
  split_tunnel:
    description: Whether only traffic to the VPC and to O(routes) goes through the VPN.
    type: bool
    default: true
  dns_servers:
    description: DNS servers of the clients. Without any, they keep their own.
    type: list
    elements: str
    default: []
  transport_protocol:
    description: Protocol of the tunnel. It cannot be changed.
    type: str
    choices: [udp, tcp]
    default: udp
  vpn_port:
    description: Port of the endpoint.
    type: int
    choices: [443, 1194]
    default: 443
  session_timeout_hours:
    description: Hours after which people have to prove again who they are.
    type: int
    choices: [8, 10, 12, 24]
    default: 12
  log_group:
    description: CloudWatch log group that connections are logged to.
    type: str
  security_groups:
    description: Names of the security groups of the endpoint's interfaces.
    type: list
    elements: str
    default: []
  subnets:
    description: Names of the subnets that the endpoint leads into, at most one in each availability zone.
    type: list
    elements: str
    default: []
  authorization_rules:
    description: Which networks people may reach.
    type: list
    elements: dict
    default: []
    suboptions:
      cidrs: {description: The networks., type: list, elements: str, required: true}
      group:
        description: Id of the group of people at the directory or identity provider. Without it, everyone.
        type: str
      description: {description: What the rule is for., type: str}
  routes:
    description: Networks besides the VPC that clients are led to.
    type: list
    elements: dict
    default: []
    suboptions:
      cidr: {description: The network., type: str, required: true}
      subnet: {description: Name of one of O(subnets)., type: str, required: true}
      description: {description: What the route is for., type: str}
  state:
    description: Whether the endpoint exists. V(absent) waits until it has left its subnets.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
  - monay.platform.platform.wait
"""

EXAMPLES = r"""
- name: Let administrators reach the private tier
  monay.platform.client_vpn:
    region: eu-west-1
    name: monay-dev-client-vpn
    vpc: monay-dev
    client_cidr: 172.31.0.0/22
    server_certificate_arn: arn:aws:acm:eu-west-1:111111111111:certificate/5d1e7c6a-0000-4000-8000-000000000001
    authentication:
      type: certificate
      client_certificate_arn: arn:aws:acm:eu-west-1:111111111111:certificate/5d1e7c6a-0000-4000-8000-000000000002
    log_group: /monay/dev/client-vpn
    security_groups: [monay-dev-client-vpn]
    subnets: [monay-dev-private-a]
    authorization_rules:
      - {cidrs: [10.10.0.0/16], description: The whole VPC}
    tags:
      ManagedBy: monay.platform
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: Client VPN endpoint, name: monay-dev-client-vpn, fields: []}]
pending:
  description:
    - Names of slow resources that are not ready, or that the task has changed without waiting for them.
      M(monay.platform.wait_for) need not be asked where there are none.
  returned: always
  type: list
  elements: str
  sample: []
resources:
  description: The endpoint with its DNS name, and what belongs to it, by kind and name.
  returned: always
  type: dict
  sample:
    Client VPN endpoint:
      monay-dev-client-vpn:
        id: cvpn-endpoint-0a1b2c3d4e5f60718
        status: available
        dns_name: "*.cvpn-endpoint-0a1b2c3d4e5f60718.prod.clientvpn.eu-west-1.amazonaws.com"
"""

import typing as t

from ansible_collections.monay.platform.plugins.module_utils.aws.ec2 import Network
from ansible_collections.monay.platform.plugins.module_utils.aws.ec2_subnet import Subnets
from ansible_collections.monay.platform.plugins.module_utils.aws.ec2_vpc import Vpcs
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, WAIT_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request
from ansible_collections.monay.platform.plugins.module_utils.aws.vpn_client import (
    Associations,
    AuthorizationRules,
    ClientVpnEndpoints,
    Routes,
)
from ansible_collections.monay.platform.plugins.module_utils.core.vpn import (
    authorization_rules,
    client_routes,
    client_vpn_endpoint,
)

LISTS = ("describe_subnets", "describe_security_groups")
AUTHENTICATION = dict(
    type=dict(type="str", choices=["certificate", "saml", "directory"], required=True),
    client_certificate_arn=dict(type="str"),
    saml_provider_arn=dict(type="str"),
    directory_id=dict(type="str"),
)
RULE = dict(
    cidrs=dict(type="list", elements="str", required=True), group=dict(type="str"), description=dict(type="str")
)
ROUTE = dict(cidr=dict(type="str", required=True), subnet=dict(type="str", required=True), description=dict(type="str"))


def work(module: PlatformModule) -> t.NoReturn:
    options, name = module.params, module.params["name"]
    network = Network(module.api("ec2"), options["vpc"], LISTS)
    context = (Request(Vpcs(network, with_attributes=False)), Subnets(network).for_reference())
    endpoints, associations = ClientVpnEndpoints(network, name), Associations(network, name)
    rules, routes = AuthorizationRules(network, name), Routes(network, name, associations)
    if options["state"] == "absent":
        members = [Request(kind, purge=True) for kind in (associations, rules, routes)]
        # Without an endpoint there is nothing that the VPC and its subnets would be needed for.
        around = context if endpoints.look() else ()
        module.reconcile(*around, Request(endpoints, absent=frozenset({name})), *members)
    endpoint = {**client_vpn_endpoint(options), "tags": {**(options["tags"] or {}), "Name": name}}
    keep_tags = options["tags"] is None or not options["purge_tags"]
    module.reconcile(
        *context,
        Request(endpoints, {name: endpoint}, keep_tags=keep_tags),
        Request(associations, {subnet: {} for subnet in options["subnets"]}, purge=True),
        Request(rules, authorization_rules(options["authorization_rules"], name), purge=True),
        Request(routes, client_routes(options["routes"], options["subnets"], name), purge=True),
        wait=module.wait_seconds,
    )


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            name=dict(type="str", required=True),
            vpc=dict(type="str", required=True),
            description=dict(type="str"),
            client_cidr=dict(type="str"),
            server_certificate_arn=dict(type="str"),
            authentication=dict(type="dict", options=AUTHENTICATION),
            split_tunnel=dict(type="bool", default=True),
            dns_servers=dict(type="list", elements="str", default=[]),
            transport_protocol=dict(type="str", choices=["udp", "tcp"], default="udp"),
            vpn_port=dict(type="int", choices=[443, 1194], default=443),
            session_timeout_hours=dict(type="int", choices=[8, 10, 12, 24], default=12),
            log_group=dict(type="str"),
            security_groups=dict(type="list", elements="str", default=[]),
            subnets=dict(type="list", elements="str", default=[]),
            authorization_rules=dict(type="list", elements="dict", default=[], options=RULE),
            routes=dict(type="list", elements="dict", default=[], options=ROUTE),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
            **WAIT_SPEC,
        ),
        required_if=[("state", "present", ["client_cidr", "server_certificate_arn", "authentication"])],
    ).run(work)


if __name__ == "__main__":
    main()
