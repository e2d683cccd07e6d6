# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: application_list
author: Monay platform engineers (@monay)
version_added: 0.2.0
short_description: List applications with the names of what belongs to them
description:
  - Names everything of each application as the roles do, so that one task can look at all of them.
positional: _input, project, environment, domain, account, hosts
options:
  _input:
    description: The applications with kind and subdomain, by host.
    type: dict
    required: true
  project:
    description: First part of all names.
    type: str
    required: true
  environment:
    description: Second part of all names.
    type: str
    required: true
  domain:
    description: Domain under which the applications are reached.
    type: str
    required: true
  account:
    description: AWS account of the environment.
    type: str
    required: true
  hosts:
    description: The hosts to list, in this order. Those that are no applications are left out.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
applications: "{{ platform_applications
  | monay.platform.application_list('monay', 'dev', 'dev.monay.example', '111111111111', ['monay-admin']) }}"
"""

RETURN = r"""
_value:
  description: The applications as M(monay.platform.application_info#module) takes them.
  type: list
  elements: dict
  sample:
    - host: monay-admin
      name: monay-dev-admin
      kind: nextjs
      hostname: admin.dev.monay.example
      container: admin
      repository: monay/dev/admin
      bucket: monay-dev-111111111111-site
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.monay.platform.plugins.plugin_utils.core_filter import core_filter


class FilterModule:
    """C(monay.platform.application_list)."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"application_list": core_filter("application_status", "application_list")}
