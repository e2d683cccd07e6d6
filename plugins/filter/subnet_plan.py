# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: subnet_plan
author: Monay platform engineers (@monay)
version_added: 0.1.0
short_description: Lay out the subnets of a VPC
description:
  - A public, a private and a data subnet in each availability zone.
  - The range of a subnet depends on the range of the VPC, its tier and the letter of its zone only. Zones can be added,
    removed and reordered; the subnets of the others stay where they are. An eighth of the VPC stays free.
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
"""

EXAMPLES = r"""
subnets: "{{ '10.10.0.0/16' | monay.platform.subnet_plan('monay-dev', ['eu-west-1a', 'eu-west-1b']) }}"
"""

RETURN = r"""
_value:
  description: The subnets as M(monay.platform.vpc_network#module) takes them.
  type: list
  elements: dict
  sample:
    - {name: monay-dev-public-a, cidr: 10.10.128.0/21, availability_zone: eu-west-1a, tier: public}
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.monay.platform.plugins.plugin_utils.core_filter import core_filter


class FilterModule:
    """C(monay.platform.subnet_plan)."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"subnet_plan": core_filter("network_plan", "subnet_plan")}
