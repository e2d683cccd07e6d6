# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: replica_plan
author: Monay platform engineers (@monay)
version_added: 0.1.0
short_description: List the read replicas of a database
description:
  - Gives each read replica a name of its own.
positional: _input, count
options:
  _input:
    description: Name of the instance that is replicated.
    type: str
    required: true
  count:
    description: Number of read replicas.
    type: int
    required: true
"""

EXAMPLES = r"""
replicas: "{{ 'monay-prod-postgres' | monay.platform.replica_plan(1) }}"
"""

RETURN = r"""
_value:
  description: The replicas as M(monay.platform.rds_instance#module) takes them.
  type: list
  elements: dict
  sample: [{name: monay-prod-postgres-replica-1}]
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.monay.platform.plugins.plugin_utils.core_filter import core_filter


class FilterModule:
    """C(monay.platform.replica_plan)."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"replica_plan": core_filter("database", "replica_plan")}
