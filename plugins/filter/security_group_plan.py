# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: security_group_plan
author: Monay platform engineers (@monay)
version_added: 0.1.0
short_description: List the security groups of an environment
description:
  - Groups for the load balancer, each application, PostgreSQL, Redis, endpoints and Client VPN, with least privilege.
  - Callers reach the load balancer, the load balancer each application on its port, and applications PostgreSQL and
    Redis where they use them. Nothing else is open.
positional: _input, name, project
options:
  _input:
    description: The applications by host, each with its C(port) and C(kind). Those of kind C(static) have no network.
    type: dict
    required: true
  name:
    description: What the names of all groups begin with.
    type: str
    required: true
  project:
    description: What hosts begin with, and names of groups do not.
    type: str
    required: true
  database_users:
    description: Hosts of the applications that use PostgreSQL. By default those of kind C(api).
    type: list
    elements: str
  cache_users:
    description: Hosts of the applications that use Redis. By default those of kind C(api).
    type: list
    elements: str
  alb_ports:
    description: Ports on which the load balancer listens.
    type: list
    elements: str
    default: ["80", "443"]
  alb_cidrs:
    description: Networks that reach the load balancer.
    type: list
    elements: str
    default: []
  alb_prefix_lists:
    description: Prefix lists that reach the load balancer.
    type: list
    elements: str
    default: []
  test_ports:
    description: Ports on which the load balancer shows next versions.
    type: list
    elements: str
    default: []
  test_cidrs:
    description: Networks that reach these.
    type: list
    elements: str
    default: []
  egress_cidrs:
    description: Networks that applications reach by HTTPS, besides endpoints.
    type: list
    elements: str
    default: []
  admin_access:
    description: How administrators come in. With V(client_vpn) they reach PostgreSQL and Redis.
    type: str
    default: none
  admin_cidrs:
    description: Networks of administrators that reach PostgreSQL and Redis.
    type: list
    elements: str
    default: []
"""

EXAMPLES = r"""
groups: "{{ platform_applications | monay.platform.security_group_plan('monay-dev', 'monay', alb_ports=['443']) }}"
"""

RETURN = r"""
_value:
  description: The groups as M(monay.platform.security_group#module) takes them.
  type: list
  elements: dict
  sample:
    - name: monay-dev-backend-common
      description: Application monay-backend-common
      ingress: [{ports: "3001", groups: [monay-dev-alb], description: From the load balancer}]
      egress: [{ports: "5432", groups: [monay-dev-postgres], description: PostgreSQL}]
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.monay.platform.plugins.plugin_utils.core_filter import core_filter


class FilterModule:
    """C(monay.platform.security_group_plan)."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"security_group_plan": core_filter("security_group_plan", "security_group_plan")}
