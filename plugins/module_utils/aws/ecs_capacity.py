# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2 Auto Scaling groups whose instances are an ECS cluster's, and the capacity providers that scale them."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping
from functools import partial

from ..core.ecs_capacity import observed_group, observed_provider, provider_settings
from ..core.plan import Observed, State
from ..core.tags import from_pairs, tag_changes, to_pairs
from .api import Api
from .data_names import NetworkNames
from .reconcile import Kind, Scope
from .wait import wait_gone

# A group is refused while IAM has not spread the new instance profile.
PROFILE_NOT_SEEN = {"ValidationError"}
BUSY = {"UpdateInProgressException", "ResourceContention", "ScalingActivityInProgress", "ResourceInUse"}


class AutoScalingGroups(Kind):
    """State: see core.ecs_capacity, and `tags`, which instances inherit."""

    kind = "Auto Scaling group"
    after: t.ClassVar[tuple[str, ...]] = ("launch template",)
    found_alone = True

    def __init__(self, scaling: Api, network: NetworkNames, timeout: float) -> None:
        self.scaling = scaling
        self.network = network
        self.timeout = timeout

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        asked = sorted(names)
        groups = self.scaling.pages(
            "describe_auto_scaling_groups",
            "AutoScalingGroups",
            f"find Auto Scaling groups {', '.join(asked)}",
            AutoScalingGroupNames=asked,
        )
        return {each["AutoScalingGroupName"]: self._observed(each) for each in groups}

    def _observed(self, group: dict[str, t.Any]) -> Observed:
        subnets = [each for each in (group.get("VPCZoneIdentifier") or "").split(",") if each]
        state = observed_group(group, self.network.subnet_names(subnets))
        return Observed(
            group["AutoScalingGroupARN"],
            state,
            {"status": group.get("Status", "InService"), "instances": len(group.get("Instances") or ())},
        )

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        self.scaling.write(
            "create_auto_scaling_group",
            f"create Auto Scaling group {name}",
            retry=PROFILE_NOT_SEEN,
            repeatable=False,
            AutoScalingGroupName=name,
            Tags=self._tags(name, wanted.get("tags") or {}),
            **self._settings(wanted),
        )
        return self.observe(scope, [name])[name]

    def _settings(self, state: State) -> State:
        return {
            "LaunchTemplate": {"LaunchTemplateName": state["launch_template"], "Version": "$Latest"},
            "MinSize": state["min_size"],
            "MaxSize": state["max_size"],
            "VPCZoneIdentifier": ",".join(self.network.subnet_ids(state["subnets"])),
            "NewInstancesProtectedFromScaleIn": state["protected"],
        }

    @staticmethod
    def _tags(name: str, tags: Mapping[str, str]) -> list[dict[str, t.Any]]:
        of_group = {"ResourceId": name, "ResourceType": "auto-scaling-group", "PropagateAtLaunch": True}
        return [{**pair, **of_group} for pair in to_pairs(tags)]

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        changed, doing = set(fields), f"update Auto Scaling group {name}"
        if changed - {"tags"}:
            settings = self._settings({**before.state, **wanted})
            self.scaling.write("update_auto_scaling_group", doing, retry=BUSY, AutoScalingGroupName=name, **settings)
        if "tags" in changed:
            setting, removing = tag_changes(before.state["tags"], wanted["tags"])
            if setting:
                self.scaling.write("create_or_update_tags", doing, Tags=self._tags(name, setting))
            if removing:
                of_group = {"ResourceId": name, "ResourceType": "auto-scaling-group"}
                self.scaling.write("delete_tags", doing, Tags=[{"Key": key, **of_group} for key in removing])

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """With its instances, and awaited: what they use can only go after them."""
        doing = f"delete Auto Scaling group {name}"
        self.scaling.write("delete_auto_scaling_group", doing, retry=BUSY, AutoScalingGroupName=name, ForceDelete=True)
        wait_gone(self, scope, [name], self.timeout)


class CapacityProviders(Kind):
    """State: see core.ecs_capacity, and `tags`."""

    kind = "capacity provider"
    after: t.ClassVar[tuple[str, ...]] = ("Auto Scaling group",)
    found_alone = True
    immutable: t.ClassVar = {
        "auto_scaling_group": "Create a capacity provider of another name, and take the old one out of the cluster.",
    }

    def __init__(self, ecs: Api) -> None:
        self.ecs = ecs

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        asked = sorted(names)
        answer = self.ecs.read(
            "describe_capacity_providers",
            f"find capacity providers {', '.join(asked)}",
            capacityProviders=asked,
            include=["TAGS"],
        )
        return {
            each["name"]: Observed(each["capacityProviderArn"], observed_provider(each), {"status": each["status"]})
            for each in answer["capacityProviders"]
            if each["status"] == "ACTIVE"
        }

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        group = scope.id("Auto Scaling group", wanted["auto_scaling_group"])
        tags: State = {"tags": to_pairs(wanted["tags"], "key", "value")} if wanted.get("tags") else {}
        answer = self.ecs.write(
            "create_capacity_provider",
            f"create capacity provider {name}",
            repeatable=False,
            name=name,
            autoScalingGroupProvider={"autoScalingGroupArn": group, **provider_settings(wanted)},
            **tags,
        )
        provider = answer["capacityProvider"]
        state = {**wanted, "tags": from_pairs(provider.get("tags"), "key", "value")}
        return Observed(provider["capacityProviderArn"], state, {"status": provider["status"]})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        changed, doing = set(fields), f"update capacity provider {name}"
        if changed - {"tags"}:
            settings = provider_settings({**before.state, **wanted})
            self.ecs.write("update_capacity_provider", doing, retry=BUSY, name=name, autoScalingGroupProvider=settings)
        if "tags" in changed:
            setting, removing = tag_changes(before.state["tags"], wanted["tags"])
            write = partial(self.ecs.write, doing=doing, resourceArn=before.id)
            if setting:
                write("tag_resource", tags=to_pairs(setting, "key", "value"))
            if removing:
                write("untag_resource", tagKeys=removing)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.ecs.write("delete_capacity_provider", f"delete capacity provider {name}", capacityProvider=name)
