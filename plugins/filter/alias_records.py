# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
name: alias_records
author: Monay platform engineers (@monay)
version_added: 0.2.0
short_description: List the records that lead host names to a distribution
description:
  - Gives each host name an alias for IPv4 and one for IPv6.
positional: _input, distribution
options:
  _input:
    description: The host names.
    type: list
    elements: str
    required: true
  distribution:
    description: Name of the CloudFront distribution.
    type: str
    required: true
"""

EXAMPLES = r"""
records: "{{ ['www.dev.monay.example'] | monay.platform.alias_records('monay-dev-website-static') }}"
"""

RETURN = r"""
_value:
  description: The records as M(monay.platform.route53_record#module) takes them.
  type: list
  elements: dict
  sample: [{name: www.dev.monay.example, type: A, alias: {distribution: monay-dev-website-static}}]
"""

from collections.abc import Callable, Iterable
from typing import Any


def alias_records(hostnames: Iterable[str], distribution: str) -> list[dict[str, Any]]:
    """See DOCUMENTATION."""
    return [
        {"name": hostname, "type": type_, "alias": {"distribution": distribution}}
        for hostname in hostnames
        for type_ in ("A", "AAAA")
    ]


class FilterModule:
    """C(monay.platform.alias_records)."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"alias_records": alias_records}
