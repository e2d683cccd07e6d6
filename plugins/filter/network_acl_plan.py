# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: network_acl_plan
author: Monay platform engineers (@monay)
version_added: 0.1.0
short_description: Lay out the network ACLs of a VPC
description:
  - The public tier is reached by HTTP and HTTPS, the private tier from the VPC and by answers from the internet.
  - The data tier is reached from the private tier alone, on the ports of PostgreSQL and Redis.
positional: _input, name, zones
options:
  _input:
    description: IPv4 range of the VPC, a /16 to a /22.
    type: str
    required: true
  name:
    description: Name of the VPC, with which all names begin.
    type: str
    required: true
  zones:
    description: Availability zones, as in V(eu-west-1a). Their letters name the resources in them.
    type: list
    elements: str
    required: true
  admin_cidrs:
    description: IPv4 ranges of administrators who reach the private tier and the stores by VPN or Direct Connect.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
network_acls: "{{ '10.10.0.0/16' | monay.platform.network_acl_plan('monay-dev', ['eu-west-1a']) }}"
"""

RETURN = r"""
_value:
  description: The network ACLs as M(monay.platform.vpc_network#module) takes them.
  type: list
  elements: dict
  sample:
    - name: monay-dev-data
      subnets: [monay-dev-data-a]
      ingress: [{rule_number: 110, protocol: tcp, ports: "5432", cidr: 10.10.0.0/17, action: allow}]
      egress: [{rule_number: 110, protocol: tcp, ports: 1024-65535, cidr: 10.10.0.0/17, action: allow}]
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.monay.platform.plugins.plugin_utils.core_filter import core_filter


class FilterModule:
    """C(monay.platform.network_acl_plan)."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"network_acl_plan": core_filter("network_acl", "network_acl_plan")}
