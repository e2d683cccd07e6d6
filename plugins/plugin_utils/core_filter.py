# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Filters that are functions of `module_utils/core`."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError

CORE = "ansible_collections.monay.platform.plugins.module_utils.core"


def core_filter(module: str, name: str) -> Callable[..., Any]:
    """The function `name` of a module of core as a filter. It raises AnsibleFilterError for what core refuses.

    To find one filter Ansible imports all filters of its collection, in each worker anew. What they stand for is
    therefore imported when it is called.
    """

    def call(*args: Any, **options: Any) -> Any:
        refused = importlib.import_module(f"{CORE}.plan").PlanRefused
        function = getattr(importlib.import_module(f"{CORE}.{module}"), name)
        try:
            return function(*args, **options)
        except (refused, ValueError) as error:
            raise AnsibleFilterError(f"{name}: {error}") from error

    return call
