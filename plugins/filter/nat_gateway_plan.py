# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: nat_gateway_plan
author: Monay platform engineers (@monay)
version_added: 0.1.0
short_description: Choose the zones of NAT gateways
description:
  - NAT gateways in the public subnets of the first zones of the list, or of all of them.
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
nat_gateways: "{{ 'monay-dev' | monay.platform.nat_gateway_plan(['eu-west-1a', 'eu-west-1b'], 1) }}"
"""

RETURN = r"""
_value:
  description: The NAT gateways as M(monay.platform.vpc_network#module) takes them.
  type: list
  elements: dict
  sample:
    - {name: monay-dev-nat-a, subnet: monay-dev-public-a}
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.monay.platform.plugins.plugin_utils.core_filter import core_filter


class FilterModule:
    """C(monay.platform.nat_gateway_plan)."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"nat_gateway_plan": core_filter("network_plan", "nat_gateway_plan")}
