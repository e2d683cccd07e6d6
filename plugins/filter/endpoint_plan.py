# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: endpoint_plan
author: Monay platform engineers (@monay)
version_added: 0.1.0
short_description: List the endpoints of a VPC
description:
  - A gateway endpoint to S3 and interface endpoints to other services, all of them for the private tier.
positional: _input, zones, services, security_group
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
  services:
    description: Services that get an interface endpoint, as in V(ecr.api).
    type: list
    elements: str
    default: []
  security_group:
    description: Name of the security group of the interface endpoints.
    type: str
    default: ""
"""

EXAMPLES = r"""
endpoints: "{{ 'monay-dev' | monay.platform.endpoint_plan(['eu-west-1a'], ['ecr.api'], 'monay-dev-endpoints') }}"
"""

RETURN = r"""
_value:
  description: The endpoints as M(monay.platform.vpc_network#module) takes them.
  type: list
  elements: dict
  sample:
    - {name: monay-dev-s3, service: s3, type: gateway, route_tables: [monay-dev-private-a]}
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.monay.platform.plugins.plugin_utils.core_filter import core_filter


class FilterModule:
    """C(monay.platform.endpoint_plan)."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"endpoint_plan": core_filter("network_plan", "endpoint_plan")}
