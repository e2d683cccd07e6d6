# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Elastic Load Balancing: finding load balancers, listeners and target groups by name, and tags."""

from __future__ import annotations

import threading
import typing as t
from collections.abc import Iterable, Mapping
from functools import partial

from ..core.plan import Observed, PlanRefused
from ..core.tags import Tags, from_pairs, tag_changes, to_pairs
from .api import Api
from .reconcile import side_by_side

Item = dict[str, t.Any]

# DescribeTags takes so many ARNs.
TAGS_AT_ONCE = 20


class Balancing:
    """The load balancers, listeners and target groups of a region, by name. Shared by the kinds of one module call.

    What was found is kept; what was not is looked for again when it is asked for again.
    """

    def __init__(self, elb: Api) -> None:
        self.elb = elb
        self._balancers: dict[str, Item] = {}
        self._listeners: dict[str, list[Item]] = {}
        self._groups: dict[str, Item] | None = None
        self._lock = threading.RLock()

    def balancer(self, name: str) -> Item | None:
        """A load balancer as ELB describes it, None where there is none."""
        with self._lock:
            if name not in self._balancers:
                found = self.elb.read(
                    "describe_load_balancers", f"find load balancer {name}", {"LoadBalancerNotFound"}, Names=[name]
                )
                if not found or not found["LoadBalancers"]:
                    return None
                self._balancers[name] = found["LoadBalancers"][0]
            return self._balancers[name]

    def forget(self, name: str) -> None:
        """Look at a load balancer and its listeners again when they are asked for next."""
        with self._lock:
            self._balancers.pop(name, None)
            self._listeners.pop(name, None)

    def required_balancer(self, name: str) -> Item:
        """Raises PlanRefused where there is none."""
        found = self.balancer(name)
        if found is None:
            raise PlanRefused(
                f"load balancer {name} does not exist in {self.elb.region}; create it first (role load_balancer), or"
                " correct its name"
            )
        return found

    def listeners(self, balancer: str) -> list[Item]:
        """The listeners of a load balancer; none where it does not exist."""
        with self._lock:
            if balancer not in self._listeners:
                found = self.balancer(balancer)
                if found is None:
                    return []
                self._listeners[balancer] = self.elb.pages(
                    "describe_listeners",
                    "Listeners",
                    f"list the listeners of load balancer {balancer}",
                    LoadBalancerArn=found["LoadBalancerArn"],
                )
            return self._listeners[balancer]

    def listener(self, balancer: str, port: int) -> Item | None:
        """The listener of a load balancer on a port, None where there is none."""
        return next((each for each in self.listeners(balancer) if each["Port"] == port), None)

    def required_listener(self, balancer: str, port: int) -> str:
        """The ARN of a listener. Raises PlanRefused where there is none."""
        self.required_balancer(balancer)
        found = self.listener(balancer, port)
        if found is None:
            raise PlanRefused(
                f"load balancer {balancer} has no listener on port {port}; create it first (role load_balancer, entry"
                " point complete), or correct the port"
            )
        return str(found["ListenerArn"])

    def groups(self, afresh: bool = False) -> dict[str, Item]:
        """All target groups of the region by name; asking for names would fail where one of them is missing."""
        with self._lock:
            if self._groups is None or afresh:
                found = self.elb.pages("describe_target_groups", "TargetGroups", "list target groups")
                self._groups = {each["TargetGroupName"]: each for each in found}
            return self._groups

    def group_name(self, arn: str) -> str:
        """The name behind an ARN, which has it in it."""
        return arn.partition(":targetgroup/")[2].partition("/")[0]

    def group_arn(self, name: str) -> str:
        """Raises PlanRefused where there is none."""
        found = self.groups().get(name) or self.groups(afresh=True).get(name)
        if found is None:
            raise PlanRefused(
                f"target group {name} does not exist in {self.elb.region}; create it first (module alb_target_group),"
                " or correct its name"
            )
        return str(found["TargetGroupArn"])

    def tags(self, arns: Iterable[str], what: str) -> dict[str, Tags]:
        """Tags by ARN; what is gone meanwhile has none."""
        wanted = sorted(arns)
        batches = [wanted[start : start + TAGS_AT_ONCE] for start in range(0, len(wanted), TAGS_AT_ONCE)]
        answers = side_by_side({batch[0]: partial(self._tags, batch, what) for batch in batches})
        return {arn: tags for answer in answers.values() for arn, tags in answer.items()}

    def _tags(self, arns: list[str], what: str) -> dict[str, Tags]:
        gone = {"RuleNotFound", "ListenerNotFound", "TargetGroupNotFound", "LoadBalancerNotFound"}
        answer = self.elb.read("describe_tags", f"list tags of {what}", gone, ResourceArns=arns)
        if answer is None and len(arns) > 1:
            # One that somebody else has just deleted makes AWS refuse them all.
            answers = side_by_side({arn: partial(self._tags, [arn], what) for arn in arns})
            return {arn: tags for each in answers.values() for arn, tags in each.items()}
        descriptions = (answer or {}).get("TagDescriptions") or []
        return {each["ResourceArn"]: from_pairs(each.get("Tags")) for each in descriptions}

    def set_tags(self, what: str, before: Observed, tags: Mapping[str, str]) -> None:
        """Bring the tags of a resource from those that it has to the wanted ones."""
        setting, removing = tag_changes(before.state["tags"], tags)
        if setting:
            self.elb.write("add_tags", f"tag {what}", ResourceArns=[before.id], Tags=to_pairs(setting))
        if removing:
            self.elb.write("remove_tags", f"take tags from {what}", ResourceArns=[before.id], TagKeys=removing)


def tags_argument(tags: Mapping[str, str] | None) -> dict[str, t.Any]:
    """The tags as a Create call takes them; ELB refuses an empty list."""
    return {"Tags": to_pairs(tags)} if tags else {}
