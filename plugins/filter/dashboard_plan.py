# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: dashboard_plan
author: Monay platform engineers (@monay)
version_added: 0.2.0
short_description: Lay out the dashboard of an environment
description:
  - The states of the alarms on top, then a row for each application, for the load balancer, and for each store.
options:
  _input:
    description: What there is in the environment; the role C(monitoring) fills it in.
    type: dict
    required: true
"""

EXAMPLES = r"""
body: "{{ environment | monay.platform.dashboard_plan }}"
"""

RETURN = r"""
_value:
  description: The body, as M(monay.platform.cloudwatch_dashboard#module) takes it.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.monay.platform.plugins.plugin_utils.core_filter import core_filter


class FilterModule:
    """C(monay.platform.dashboard_plan)."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"dashboard_plan": core_filter("dashboard_plan", "dashboard_plan")}
