# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Elastic Load Balancing: target groups."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable
from functools import partial

from ..core.alb import (
    TARGET_GROUP_DEFAULTS,
    changed_attributes,
    health_check_call,
    observed_attributes,
    observed_health_check,
)
from ..core.plan import Observed, State
from .elbv2 import Balancing, Item, tags_argument
from .reconcile import Kind, Scope, side_by_side
from .vpc_names import VpcNames

RENAME = "Give the new target group another name, move the listener rules to it, then delete the old one."


class TargetGroups(Kind):
    """Target groups of application load balancers. Which targets are in them is the business of ECS.

    State: `protocol`, `protocol_version`, `port`, `target_type`, `ip_address_type`, `vpc` (name), `health_check` and
    `attributes` (see core.alb), `tags`.
    """

    kind = "target group"
    immutable: t.ClassVar = dict.fromkeys(
        ("protocol", "protocol_version", "port", "target_type", "ip_address_type", "vpc"), RENAME
    )

    def __init__(self, balancing: Balancing, vpcs: VpcNames) -> None:
        self.balancing = balancing
        self.elb = balancing.elb
        self.vpcs = vpcs

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        groups = {name: group for name, group in self.balancing.groups(afresh=True).items() if name in set(names)}
        if not groups:
            return {}
        arns = [group["TargetGroupArn"] for group in groups.values()]
        jobs: dict[str, t.Callable[[], t.Any]] = {
            name: partial(self._attributes, name, group["TargetGroupArn"]) for name, group in groups.items()
        }
        answers = side_by_side({**jobs, "": partial(self.balancing.tags, arns, "target groups")})
        return {
            name: self._observed(group, answers[name], answers[""].get(group["TargetGroupArn"], {}))
            for name, group in groups.items()
            if answers[name] is not None
        }

    def _attributes(self, name: str, arn: str) -> list[dict[str, str]] | None:
        doing = f"read the attributes of target group {name}"
        gone = {"TargetGroupNotFound"}
        answer = self.elb.read("describe_target_group_attributes", doing, gone, TargetGroupArn=arn)
        return None if answer is None else t.cast("list[dict[str, str]]", answer["Attributes"])

    def _observed(self, group: Item, attributes: list[dict[str, str]], tags: dict[str, str]) -> Observed:
        state = {
            "protocol": group["Protocol"],
            "protocol_version": group.get("ProtocolVersion") or "HTTP1",
            "port": group["Port"],
            "target_type": group["TargetType"],
            "ip_address_type": group.get("IpAddressType") or "ipv4",
            "vpc": self.vpcs.name(group["VpcId"]),
            "health_check": observed_health_check(group),
            "attributes": observed_attributes(attributes, TARGET_GROUP_DEFAULTS),
            "tags": tags,
        }
        arn = group["TargetGroupArn"]
        return Observed(arn, state, {"arn": arn, "load_balancers": group.get("LoadBalancerArns") or []})

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        answer = self.elb.write(
            "create_target_group",
            f"create target group {name}",
            missing={"DuplicateTargetGroupName"},
            Name=name,
            Protocol=wanted["protocol"],
            ProtocolVersion=wanted["protocol_version"],
            Port=wanted["port"],
            VpcId=self.vpcs.id(wanted["vpc"]),
            TargetType=wanted["target_type"],
            IpAddressType=wanted["ip_address_type"],
            **health_check_call(wanted["health_check"], wanted["protocol_version"]),
            **tags_argument(wanted.get("tags")),
        )
        if answer is None:  # the answer to an earlier attempt was lost
            return self.observe(scope, [name])[name]
        group = answer["TargetGroups"][0]
        return self._observed(group, [], wanted.get("tags") or {})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        for field in fields:
            if field == "tags":
                self.balancing.set_tags(f"target group {name}", before, wanted["tags"])
            elif field == "health_check":
                self.elb.write(
                    "modify_target_group",
                    f"set the health check of target group {name}",
                    TargetGroupArn=before.id,
                    **health_check_call(wanted["health_check"], before.state["protocol_version"]),
                )
            else:
                self.elb.write(
                    "modify_target_group_attributes",
                    f"set the attributes of target group {name}",
                    TargetGroupArn=before.id,
                    Attributes=changed_attributes(before.state["attributes"], wanted["attributes"]),
                )

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """A rule that was deleted a moment ago may hold the group for some seconds more."""
        self.elb.write(
            "delete_target_group",
            f"delete target group {name}",
            missing={"TargetGroupNotFound"},
            retry={"ResourceInUse"},
            TargetGroupArn=before.id,
        )
