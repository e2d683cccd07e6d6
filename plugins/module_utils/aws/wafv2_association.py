# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS WAF: web ACLs in front of load balancers."""

from __future__ import annotations

from collections.abc import Iterable

from ..core.plan import Observed, State
from .api import Api
from .elbv2 import Balancing
from .reconcile import Kind, Scope
from .wafv2 import GONE, WebAclNames

# A load balancer that is not active yet, or a web ACL that was made a moment ago.
NOT_READY = frozenset({"WAFUnavailableEntityException"})


class Associations(Kind):
    """Which web ACL stands in front of a load balancer, by name of the load balancer. State: `web_acl` (name)."""

    kind = "web ACL association"

    def __init__(self, waf: Api, balancing: Balancing) -> None:
        self.waf = waf
        self.acls = WebAclNames(waf, "REGIONAL")
        self.balancing = balancing

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        balancers = {name: self.balancing.balancer(name) for name in names}
        arns = {name: str(each["LoadBalancerArn"]) for name, each in balancers.items() if each}
        acls = {name: self.acls.in_front_of(name, arn) for name, arn in arns.items()}
        return {name: Observed(arns[name], {"web_acl": acl}) for name, acl in acls.items() if acl}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        arn = str(self.balancing.required_balancer(name)["LoadBalancerArn"])
        self._associate(name, arn, wanted["web_acl"])
        return Observed(arn, wanted)

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        """A load balancer has one web ACL: the new one takes the place of the old one."""
        self._associate(name, before.id, wanted["web_acl"])

    def _associate(self, name: str, arn: str, web_acl: str) -> None:
        doing = f"put web ACL {web_acl} in front of load balancer {name}"
        acl = self.acls.arn(web_acl)
        self.waf.write("associate_web_acl", doing, retry=NOT_READY, WebACLArn=acl, ResourceArn=arn)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        doing = f"take the web ACL from load balancer {name}"
        self.waf.write("disassociate_web_acl", doing, missing=GONE, retry=NOT_READY, ResourceArn=before.id)
