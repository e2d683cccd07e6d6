# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: route_table_plan
author: Monay platform engineers (@monay)
version_added: 0.1.0
short_description: Lay out the route tables of a VPC
description:
  - The public tier leaves by the internet gateway.
  - A private subnet leaves by the NAT gateway of its zone, or else by that of the next zone that has one.
  - The data tier has no way out.
positional: _input, zones, count
options:
  _input:
    description: Name of the VPC, with which all names begin.
    type: str
    required: true
  zones:
    description: Availability zones, as in V(eu-west-1a). Their letters name the resources in them.
    type: list
    elements: str
    required: true
  count:
    description: In how many zones there is a NAT gateway, or V(all).
    type: str
    required: true
"""

EXAMPLES = r"""
route_tables: "{{ 'monay-dev' | monay.platform.route_table_plan(['eu-west-1a', 'eu-west-1b'], 1) }}"
"""

RETURN = r"""
_value:
  description: The route tables as M(monay.platform.vpc_network#module) takes them.
  type: list
  elements: dict
  sample:
    - name: monay-dev-private-b
      subnets: [monay-dev-private-b]
      routes: [{cidr: 0.0.0.0/0, target: nat_gateway, name: monay-dev-nat-a}]
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.monay.platform.plugins.plugin_utils.core_filter import core_filter


class FilterModule:
    """C(monay.platform.route_table_plan)."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"route_table_plan": core_filter("network_plan", "route_table_plan")}
