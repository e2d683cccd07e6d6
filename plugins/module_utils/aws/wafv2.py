# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS WAF: finding web ACLs by name, and what stands behind them."""

from __future__ import annotations

import threading
import typing as t

from ..core.plan import PlanRefused
from .api import Api

GONE = frozenset({"WAFNonexistentItemException"})
Item = dict[str, t.Any]
Scoped = t.Literal["REGIONAL", "CLOUDFRONT"]


def listed(waf: Api, operation: str, key: str, doing: str, scope: str) -> list[Item]:
    """All items of a list; WAF has no paginators, and its marker is there on the last page too."""
    items: list[Item] = []
    marker: dict[str, str] = {}
    while True:
        answer = waf.read(operation, doing, Scope=scope, Limit=100, **marker)
        page = answer.get(key) or []
        items += page
        if not page or not answer.get("NextMarker"):
            return items
        marker = {"NextMarker": answer["NextMarker"]}


class WebAclNames:
    """Web ACLs of one scope by name. Safe between threads; nothing is asked before it is needed."""

    def __init__(self, api: Api, scope: Scoped) -> None:
        self.api = api
        self.scope = scope
        self._arns: dict[str, str] | None = None
        self._lock = threading.Lock()

    def arn(self, name: str) -> str:
        """The ARN of a web ACL. Raises PlanRefused where there is none."""
        with self._lock:
            if self._arns is None:
                found = listed(self.api, "list_web_acls", "WebACLs", "list web ACLs", self.scope)
                self._arns = {each["Name"]: each["ARN"] for each in found}
            if name not in self._arns:
                raise PlanRefused(
                    f"web ACL {name} does not exist for {self.scope} in {self.api.region}; create it first"
                    " (role web_acl), or correct its name"
                )
            return self._arns[name]

    def in_front_of(self, what: str, arn: str) -> str:
        """The name of the web ACL in front of a load balancer, "" for none."""
        doing = f"find the web ACL in front of load balancer {what}"
        answer = self.api.read("get_web_acl_for_resource", doing, GONE, ResourceArn=arn)
        return str(((answer or {}).get("WebACL") or {}).get("Name") or "")
