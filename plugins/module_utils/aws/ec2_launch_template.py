# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2: launch templates, of which the newest version counts; IAM: instance profiles, each of one role."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable
from functools import partial

from ..core.ecs_capacity import observed_template, template_data
from ..core.plan import Observed, State
from ..core.tags import from_pairs, tag_changes, to_pairs
from .api import Api
from .data_names import NetworkNames
from .reconcile import Kind, Scope, side_by_side

NO_ENTITY = {"NoSuchEntity"}
GONE = {"InvalidLaunchTemplateName.NotFoundException", "InvalidLaunchTemplateId.NotFound"}


class InstanceProfiles(Kind):
    """State: `role`, `tags`. A profile is called like its role."""

    kind = "instance profile"

    def __init__(self, iam: Api, path: str) -> None:
        self.iam = iam
        self.path = path

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found = side_by_side({name: partial(self._find, name) for name in names})
        return {name: observed for name, observed in found.items() if observed}

    def _find(self, name: str) -> Observed | None:
        answer = self.iam.read(
            "get_instance_profile", f"find instance profile {name}", NO_ENTITY, InstanceProfileName=name
        )
        if answer is None:
            return None
        profile = answer["InstanceProfile"]
        role = next((each["RoleName"] for each in profile["Roles"]), "")
        return Observed(profile["Arn"], {"role": role, "tags": from_pairs(profile.get("Tags"))}, {})

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        answer = self.iam.write(
            "create_instance_profile",
            f"create instance profile {name}",
            repeatable=False,
            InstanceProfileName=name,
            Path=self.path,
            Tags=to_pairs(wanted.get("tags")),
        )
        # The role is added as a change of what stands then.
        return Observed(answer["InstanceProfile"]["Arn"], {"role": "", "tags": wanted.get("tags") or {}}, {})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        changed, doing = set(fields), f"update instance profile {name}"
        if "role" in changed:
            self._take_role(name, before)
            self.iam.write(
                "add_role_to_instance_profile",
                doing,
                missing={"LimitExceeded"},  # it is there already: a profile has one role at most
                InstanceProfileName=name,
                RoleName=wanted["role"],
            )
        if "tags" in changed:
            setting, removing = tag_changes(before.state["tags"], wanted["tags"])
            if setting:
                self.iam.write("tag_instance_profile", doing, InstanceProfileName=name, Tags=to_pairs(setting))
            if removing:
                self.iam.write("untag_instance_profile", doing, InstanceProfileName=name, TagKeys=removing)

    def _take_role(self, name: str, before: Observed) -> None:
        if before.state["role"]:
            self.iam.write(
                "remove_role_from_instance_profile",
                f"take the role from instance profile {name}",
                missing=NO_ENTITY,
                InstanceProfileName=name,
                RoleName=before.state["role"],
            )

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self._take_role(name, before)
        doing = f"delete instance profile {name}"
        self.iam.write("delete_instance_profile", doing, missing=NO_ENTITY, InstanceProfileName=name)


class LaunchTemplates(Kind):
    """State: see core.ecs_capacity, and `tags`. A change makes a new version, which becomes the default."""

    kind = "launch template"
    after: t.ClassVar[tuple[str, ...]] = ("instance profile",)
    found_alone = True

    def __init__(self, ec2: Api, network: NetworkNames) -> None:
        self.ec2 = ec2
        self.network = network

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found = side_by_side({name: partial(self._find, name) for name in names})
        return {name: observed for name, observed in found.items() if observed}

    def _find(self, name: str) -> Observed | None:
        doing = f"find launch template {name}"
        templates = self.ec2.pages(
            "describe_launch_templates", "LaunchTemplates", doing, GONE, LaunchTemplateNames=[name]
        )
        if not templates:
            return None
        answer = self.ec2.read(
            "describe_launch_template_versions", doing, LaunchTemplateName=name, Versions=["$Latest"]
        )
        data = answer["LaunchTemplateVersions"][0]["LaunchTemplateData"]
        state = observed_template(data, self.network.group_names(data.get("SecurityGroupIds") or ()))
        state["tags"] = from_pairs(templates[0].get("Tags"))
        return Observed(templates[0]["LaunchTemplateId"], state, {"version": templates[0]["LatestVersionNumber"]})

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        tags = to_pairs(wanted.get("tags"))
        tagged: State = {"TagSpecifications": [{"ResourceType": "launch-template", "Tags": tags}]} if tags else {}
        answer = self.ec2.write(
            "create_launch_template",
            f"create launch template {name}",
            repeatable=False,
            LaunchTemplateName=name,
            LaunchTemplateData=self._data(wanted),
            **tagged,
        )
        template = answer["LaunchTemplate"]
        return Observed(template["LaunchTemplateId"], {"tags": {}, **wanted}, {"version": 1})

    def _data(self, state: State) -> State:
        return template_data(state, self.network.group_ids(state["security_groups"]))

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        changed, doing = set(fields), f"update launch template {name}"
        if changed - {"tags"}:
            data = self._data({**before.state, **wanted})
            answer = self.ec2.write(
                "create_launch_template_version", doing, LaunchTemplateName=name, LaunchTemplateData=data
            )
            version = str(answer["LaunchTemplateVersion"]["VersionNumber"])
            self.ec2.write("modify_launch_template", doing, LaunchTemplateName=name, DefaultVersion=version)
        if "tags" in changed:
            setting, removing = tag_changes(before.state["tags"], wanted["tags"])
            if setting:
                self.ec2.write("create_tags", doing, Resources=[before.id], Tags=to_pairs(setting))
            if removing:
                self.ec2.write("delete_tags", doing, Resources=[before.id], Tags=[{"Key": key} for key in removing])

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        doing = f"delete launch template {name}"
        self.ec2.write("delete_launch_template", doing, missing=GONE, LaunchTemplateName=name)
