# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Web ACLs, what they protect and where their logs go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Item = dict[str, Any]


@dataclass
class WebAcl:
    """`facts` as GetWebACL shows them."""

    facts: Item
    scope: str
    lock: str
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class WebAcls:
    """Of an account and region; those of CloudFront are in us-east-1."""

    by_arn: dict[str, WebAcl] = field(default_factory=dict)
    protected: dict[str, str] = field(default_factory=dict)
    """The ARN of a load balancer to that of its web ACL."""
    logging: dict[str, Item] = field(default_factory=dict)
