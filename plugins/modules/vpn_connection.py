#!/usr/bin/python
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: vpn_connection
short_description: Connect a VPC with another network by site-to-site VPN or Direct Connect
version_added: 0.1.0
description:
  - Attaches a virtual private gateway to a VPC, and connects it with a customer gateway by a VPN connection, or with a
    Direct Connect gateway that exists already, or with both.
  - Gateways and connection have the same name. Route tables that are listed learn the routes of the other side.
  - The tunnels' pre-shared keys are made by AWS. They are never read, logged or returned.
author: Monay platform engineers (@monay)
options:
  name:
    description: Name of the gateways and the connection (their C(Name) tag).
    type: str
    required: true
  vpc:
    description: Name of the VPC.
    type: str
    required: true
  amazon_asn:
    description: BGP number of AWS's side. It cannot be changed. Without it, AWS takes 64512.
    type: int
  customer_gateway:
    description: The device on the other side. Without it there is no VPN connection.
    type: dict
    suboptions:
      ip_address:
        description: Its public IPv4 address. It cannot be changed.
        type: str
        required: true
      bgp_asn:
        description: Its BGP number. It cannot be changed.
        type: int
        default: 65000
  static_routes:
    description: Networks on the other side. Without it, they are learned by BGP.
    type: list
    elements: str
  pre_shared_key_storage:
    description: Where AWS keeps the pre-shared keys of a new connection.
    type: str
    choices: [secrets_manager, standard]
    default: secrets_manager
  direct_connect_gateway:
    description: Name of the Direct Connect gateway. Without it there is no association. One of both is needed.
    type: str
  allowed_prefixes:
    description: Networks that the Direct Connect gateway announces to the other side.
    type: list
    elements: str
    default: []
  route_tables:
    description: Names of the route tables that learn the routes of the other side. Others of the VPC unlearn them.
    type: list
    elements: str
    default: []
  state:
    description: Whether gateways and connection exist. V(absent) waits until the connection is gone.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - monay.platform.platform
  - monay.platform.platform.tags
  - monay.platform.platform.wait
"""

EXAMPLES = r"""
- name: Connect the office with the VPC
  monay.platform.vpn_connection:
    region: eu-west-1
    name: monay-dev-vpn
    vpc: monay-dev
    customer_gateway:
      ip_address: 198.51.100.10
    static_routes: [192.168.0.0/16]
    route_tables: [monay-dev-private-a, monay-dev-private-b]
    tags:
      ManagedBy: monay.platform
"""

RETURN = r"""
changes:
  description: What was changed, or would be in check mode.
  returned: always
  type: list
  elements: dict
  sample: [{action: create, kind: VPN connection, name: monay-dev-vpn, fields: []}]
pending:
  description:
    - Names of slow resources that are not ready, or that the task has changed without waiting for them.
      M(monay.platform.wait_for) need not be asked where there are none.
  returned: always
  type: list
  elements: str
  sample: []
resources:
  description: The gateways and the connection with its status, by kind and name.
  returned: always
  type: dict
  sample:
    VPN connection: {monay-dev-vpn: {id: vpn-0a1b2c3d4e5f60718, status: available}}
"""

import typing as t
from functools import cache, partial

from ansible_collections.monay.platform.plugins.module_utils.aws.ec2 import Network
from ansible_collections.monay.platform.plugins.module_utils.aws.ec2_route import RouteTables
from ansible_collections.monay.platform.plugins.module_utils.aws.ec2_vpc import Vpcs
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, WAIT_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request, side_by_side
from ansible_collections.monay.platform.plugins.module_utils.aws.vpn import NamedKind
from ansible_collections.monay.platform.plugins.module_utils.aws.vpn_direct_connect import DirectConnectAssociations
from ansible_collections.monay.platform.plugins.module_utils.aws.vpn_site import (
    CustomerGateways,
    RoutePropagations,
    VpnConnections,
    VpnGateways,
)
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused, State
from ansible_collections.monay.platform.plugins.module_utils.core.vpn import customer_gateway, networks, vpn_connection

KEY_STORAGE = {"secrets_manager": "SecretsManager", "standard": "Standard"}


def wanted_states(options: dict[str, t.Any]) -> tuple[State, State | None, State | None, State | None]:
    """Virtual private gateway, customer gateway, connection and Direct Connect association, as far as wanted.

    Raises PlanRefused where there is nothing to connect with.
    """
    name = options["name"]
    tags = {"tags": {**(options["tags"] or {}), "Name": name}}
    gateway = {"vpc": options["vpc"], **tags}
    if options["amazon_asn"] is not None:
        gateway["amazon_asn"] = options["amazon_asn"]
    customer = connection = association = None
    if not options["customer_gateway"] and not options["direct_connect_gateway"]:
        raise PlanRefused(
            f"virtual private gateway {name} would lead nowhere: give customer_gateway or direct_connect_gateway"
            " (admin_access_direct_connect_gateway)"
        )
    if options["customer_gateway"]:
        customer = {**customer_gateway(options["customer_gateway"], name), **tags}
        connection = {**vpn_connection(options["static_routes"], name), **tags}
    if options["direct_connect_gateway"]:
        association = {"allowed_prefixes": networks(options["allowed_prefixes"], f"allowed_prefixes of {name}")}
    return gateway, customer, connection, association


def work(module: PlatformModule) -> t.NoReturn:
    options, name = module.params, module.params["name"]
    network = Network(module.api("ec2"), options["vpc"], [RouteTables.operation])
    gateways, customers = VpnGateways(network, name), CustomerGateways(network, name)
    connections = VpnConnections(network, name, KEY_STORAGE[options["pre_shared_key_storage"]])
    associations = DirectConnectAssociations(cache(partial(module.api, "directconnect")), name)
    propagations = RoutePropagations(network, name)
    context = (Request(Vpcs(network, with_attributes=False)), RouteTables(network).for_reference())
    if options["state"] == "absent":
        named: tuple[NamedKind, ...] = (gateways, customers, connections)
        # Where there is none of them there is nothing that the VPC and its route tables would be needed for.
        found = side_by_side({kind.kind: kind.look for kind in named})
        module.reconcile(
            *(context if any(found.values()) else ()),
            *(Request(kind, absent=frozenset({name})) for kind in named),
            *(Request(kind, purge=True) for kind in (propagations, associations)),
        )
    gateway, customer, connection, association = wanted_states(options)
    keep_tags = options["tags"] is None or not options["purge_tags"]

    def one(kind: CustomerGateways | VpnConnections, state: State | None) -> Request:
        return Request(kind, {name: state}, keep_tags=keep_tags) if state else Request(kind, absent=frozenset({name}))

    module.reconcile(
        *context,
        Request(gateways, {name: gateway}, keep_tags=keep_tags),
        one(customers, customer),
        one(connections, connection),
        Request(associations, {options["direct_connect_gateway"]: association} if association else {}, purge=True),
        Request(propagations, {table: {} for table in options["route_tables"]}, purge=True),
        wait=module.wait_seconds,
    )


def main() -> None:
    PlatformModule(
        argument_spec=dict(
            name=dict(type="str", required=True),
            vpc=dict(type="str", required=True),
            amazon_asn=dict(type="int"),
            customer_gateway=dict(
                type="dict",
                options=dict(ip_address=dict(type="str", required=True), bgp_asn=dict(type="int", default=65000)),
            ),
            static_routes=dict(type="list", elements="str"),
            pre_shared_key_storage=dict(
                type="str", choices=["secrets_manager", "standard"], default="secrets_manager", no_log=False
            ),
            direct_connect_gateway=dict(type="str"),
            allowed_prefixes=dict(type="list", elements="str", default=[]),
            route_tables=dict(type="list", elements="str", default=[]),
            state=dict(type="str", choices=["present", "absent"], default="present"),
            **TAGS_SPEC,
            **WAIT_SPEC,
        )
    ).run(work)


if __name__ == "__main__":
    main()
