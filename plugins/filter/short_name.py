# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: short_name
author: Monay platform engineers (@monay)
version_added: 0.1.0
short_description: Shorten a name to what AWS takes
description:
  - The name itself where it fits. Otherwise its beginning, a hyphen and six digits that depend on the whole name, so
    that two long names stay two names and the same name is shortened to the same every time.
positional: _input, width
options:
  _input:
    description: The name.
    type: str
    required: true
  width:
    description: The most characters that the result may have, at least 8.
    type: int
    required: true
"""

EXAMPLES = r"""
# AWS takes 32 characters for a target group; six are left for "-green".
target_group: "{{ application_name | monay.platform.short_name(26) }}-green"
"""

RETURN = r"""
_value:
  description: A name of at most O(width) characters.
  type: str
  sample: monay-staging-cross-3f2a1b
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.monay.platform.plugins.plugin_utils.core_filter import core_filter


class FilterModule:
    """C(monay.platform.short_name)."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"short_name": core_filter("names", "short_name")}
