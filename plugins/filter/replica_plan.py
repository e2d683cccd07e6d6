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

from ansible.errors import AnsibleFilterError

from ansible_collections.monay.platform.plugins.module_utils.core import database
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused


def replica_plan(name: str, count: int) -> list[dict[str, str]]:
    """See DOCUMENTATION. Raises AnsibleFilterError for what the plan refuses."""
    try:
        return database.replica_plan(name, count)
    except PlanRefused as error:
        raise AnsibleFilterError(f"replica_plan: {error}") from error


class FilterModule:
    """C(monay.platform.replica_plan)."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"replica_plan": replica_plan}
