# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Application Auto Scaling of one ECS service: its target, policies and schedules."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable

from ..core.plan import Observed, PlanRefused, State
from ..core.scaling import DIMENSION, NAMESPACE, observed_policy, observed_schedule, tracking
from ..core.tags import owned, tag_changes
from .api import Api
from .reconcile import Kind, Scope

GONE = {"ObjectNotFoundException"}
# Two changes of one target at a time are refused, and done when they come again.
BUSY = {"ConcurrentUpdateException"}


class ScalingTargets(Kind):
    """State: `min_capacity`, `max_capacity`, `tags`. The name is the resource id, `service/CLUSTER/SERVICE`."""

    kind = "scaling target"

    def __init__(self, scaling: Api) -> None:
        self.scaling = scaling

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        asked = sorted(names)
        found = self.scaling.pages(
            "describe_scalable_targets",
            "ScalableTargets",
            f"find the scaling of {', '.join(asked)}",
            ServiceNamespace=NAMESPACE,
            ResourceIds=asked,
            ScalableDimension=DIMENSION,
        )
        return {each["ResourceId"]: self._observed(each) for each in found}

    def _observed(self, target: dict[str, t.Any]) -> Observed:
        name, arn = target["ResourceId"], target.get("ScalableTargetARN", "")
        tags = self.scaling.read("list_tags_for_resource", f"list the tags of the scaling of {name}", ResourceARN=arn)
        state = {
            "min_capacity": target["MinCapacity"],
            "max_capacity": target["MaxCapacity"],
            "tags": owned(tags["Tags"]),
        }
        return Observed(arn, state, {})

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        tags = {"Tags": wanted["tags"]} if wanted.get("tags") else {}
        answer = self._register(name, wanted, **tags)
        return Observed(answer.get("ScalableTargetARN", ""), {"tags": {}, **wanted}, {})

    def _register(self, name: str, wanted: State, **tags: t.Any) -> t.Any:
        return self.scaling.write(
            "register_scalable_target",
            f"scale {name}",
            retry=BUSY,
            ServiceNamespace=NAMESPACE,
            ResourceId=name,
            ScalableDimension=DIMENSION,
            MinCapacity=wanted["min_capacity"],
            MaxCapacity=wanted["max_capacity"],
            **tags,
        )

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        changed = set(fields)
        if changed - {"tags"}:
            self._register(name, {**before.state, **wanted})
        if "tags" in changed:
            setting, removing = tag_changes(before.state["tags"], wanted["tags"])
            doing = f"tag the scaling of {name}"
            if setting:
                self.scaling.write("tag_resource", doing, ResourceARN=before.id, Tags=setting)
            if removing:
                self.scaling.write("untag_resource", doing, ResourceARN=before.id, TagKeys=removing)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """Its policies and schedules go with it."""
        self.scaling.write(
            "deregister_scalable_target",
            f"scale {name} no more",
            missing=GONE,
            retry=BUSY,
            ServiceNamespace=NAMESPACE,
            ResourceId=name,
            ScalableDimension=DIMENSION,
        )


class TargetGroupDimensions:
    """The dimensions of CloudWatch that stand for target groups and their load balancer, looked up once."""

    def __init__(self, elbv2: Callable[[], Api], names: Iterable[str]) -> None:
        self.elbv2 = elbv2
        self.names = sorted(set(names))
        self._found: dict[str, tuple[str, str]] | None = None

    def found(self) -> dict[str, tuple[str, str]]:
        """Group and load balancer of those that exist and are used, by name."""
        if self._found is None:
            self._found = {}
            for name in self.names:
                answer = self.elbv2().read(
                    "describe_target_groups", f"find target group {name}", {"TargetGroupNotFound"}, Names=[name]
                )
                group = answer["TargetGroups"][0] if answer else {"LoadBalancerArns": []}
                for balancer in group["LoadBalancerArns"]:
                    arn = group["TargetGroupArn"].rpartition(":")[2]
                    self._found[name] = (arn, balancer.partition(":loadbalancer/")[2])
        return self._found

    def all(self) -> dict[str, tuple[str, str]]:
        """Raises PlanRefused naming those that do not exist, or that no load balancer uses."""
        missing = [name for name in self.names if name not in self.found()]
        if missing:
            raise PlanRefused(
                f"target group {', '.join(missing)} does not exist, or no load balancer uses it: create it and its"
                " listener rule first (role service), or correct target_groups"
            )
        return self.found()


class ScalingPolicies(Kind):
    """State: see core.scaling. All policies of the service are owned."""

    kind = "scaling policy"
    after: t.ClassVar[tuple[str, ...]] = ("scaling target",)

    def __init__(self, scaling: Api, resource: str, dimensions: TargetGroupDimensions) -> None:
        self.scaling = scaling
        self.resource = resource
        self.dimensions = dimensions

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        if scope.find("scaling target", self.resource) is None:
            return {}
        found = self.scaling.pages(
            "describe_scaling_policies",
            "ScalingPolicies",
            f"find the scaling policies of {self.resource}",
            ServiceNamespace=NAMESPACE,
            ResourceId=self.resource,
        )
        groups = {group: name for name, (group, _balancer) in self.dimensions.found().items()}
        return {each["PolicyName"]: Observed(each["PolicyARN"], observed_policy(each, groups), {}) for each in found}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        self.scaling.write(
            "put_scaling_policy",
            f"set scaling policy {name}",
            retry=BUSY,
            PolicyName=name,
            ServiceNamespace=NAMESPACE,
            ResourceId=self.resource,
            ScalableDimension=DIMENSION,
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration=tracking(wanted, self._dimensions(wanted)),
        )
        return Observed(name, wanted, {})

    def _dimensions(self, wanted: State) -> dict[str, tuple[str, str]]:
        return self.dimensions.all() if wanted["target_groups"] else {}

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        self.create(scope, name, {**before.state, **wanted})

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.scaling.write(
            "delete_scaling_policy",
            f"delete scaling policy {name}",
            missing=GONE,
            retry=BUSY,
            PolicyName=name,
            ServiceNamespace=NAMESPACE,
            ResourceId=self.resource,
            ScalableDimension=DIMENSION,
        )


class ScalingSchedules(Kind):
    """State: see core.scaling. All schedules of the service are owned."""

    kind = "scaling schedule"
    after: t.ClassVar[tuple[str, ...]] = ("scaling target",)

    def __init__(self, scaling: Api, resource: str) -> None:
        self.scaling = scaling
        self.resource = resource

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        if scope.find("scaling target", self.resource) is None:
            return {}
        found = self.scaling.pages(
            "describe_scheduled_actions",
            "ScheduledActions",
            f"find the scaling schedules of {self.resource}",
            ServiceNamespace=NAMESPACE,
            ResourceId=self.resource,
        )
        return {
            each["ScheduledActionName"]: Observed(each["ScheduledActionARN"], observed_schedule(each), {})
            for each in found
        }

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        capacity = {"MinCapacity": wanted["min_capacity"], "MaxCapacity": wanted["max_capacity"]}
        self.scaling.write(
            "put_scheduled_action",
            f"set scaling schedule {name}",
            retry=BUSY,
            ServiceNamespace=NAMESPACE,
            ScheduledActionName=name,
            ResourceId=self.resource,
            ScalableDimension=DIMENSION,
            Schedule=wanted["schedule"],
            Timezone=wanted["timezone"],
            ScalableTargetAction={key: value for key, value in capacity.items() if value is not None},
        )
        return Observed(name, wanted, {})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        self.create(scope, name, {**before.state, **wanted})

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.scaling.write(
            "delete_scheduled_action",
            f"delete scaling schedule {name}",
            missing=GONE,
            retry=BUSY,
            ServiceNamespace=NAMESPACE,
            ScheduledActionName=name,
            ResourceId=self.resource,
            ScalableDimension=DIMENSION,
        )
