# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""IAM: roles with their inline and attached policies."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable
from functools import partial

from ..core.plan import Observed, PlanRefused, State
from ..core.policy import canonical_policy, names_identities, policy_text
from ..core.tags import from_pairs, tag_changes, to_pairs
from .api import Api
from .reconcile import Kind, Scope, side_by_side

GONE = {"NoSuchEntity"}
# IAM spreads a new role over its servers; until then some of them do not know it.
NOT_SPREAD = {"NoSuchEntity"}
# A detached policy or a removed instance profile can still count for some seconds.
STILL_ATTACHED = {"DeleteConflict"}
MALFORMED = {"MalformedPolicyDocument"}


class Roles(Kind):
    """State: `path`, `description`, `trust_policy`, `inline_policies` {name: document}, `managed_policies` (ARNs),
    `permissions_boundary` (ARN or ""), `max_session_duration` (seconds), `tags`. Documents are canonical.
    """

    kind = "IAM role"
    immutable: t.ClassVar = {
        "path": "AWS cannot move a role: keep its path, or delete the role (state: absent) and create it anew."
    }

    def __init__(self, iam: Api) -> None:
        self.iam = iam

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        """Role by role: the only listing with policies covers the whole account and lacks half of a role's fields."""
        found = side_by_side({name: partial(self._find, name) for name in names})
        return {name: observed for name, observed in found.items() if observed}

    def _find(self, name: str) -> Observed | None:
        doing = f"find IAM role {name}"
        parts = side_by_side(
            {
                "role": partial(self.iam.read, "get_role", doing, GONE, RoleName=name),
                "inline_policies": partial(self._inline, name),
                "managed_policies": partial(self._attached, name),
            }
        )
        if parts["role"] is None:
            return None
        role = parts["role"]["Role"]
        state = {
            "path": role["Path"],
            "description": role.get("Description", ""),
            "trust_policy": canonical_policy(role["AssumeRolePolicyDocument"]),
            "inline_policies": parts["inline_policies"],
            "managed_policies": parts["managed_policies"],
            "permissions_boundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
            "max_session_duration": role.get("MaxSessionDuration", 3600),
            "tags": from_pairs(role.get("Tags")),
        }
        return Observed(role["Arn"], state, self._facts(role))

    def _inline(self, name: str) -> State:
        doing = f"list inline policies of IAM role {name}"
        names = self.iam.pages("list_role_policies", "PolicyNames", doing, GONE, RoleName=name)
        documents = side_by_side({each: partial(self._document, name, each) for each in names})
        return {each: document for each, document in documents.items() if document}

    def _document(self, role: str, policy: str) -> State | None:
        doing = f"read inline policy {policy} of IAM role {role}"
        answer = self.iam.read("get_role_policy", doing, GONE, RoleName=role, PolicyName=policy)
        return canonical_policy(answer["PolicyDocument"]) if answer else None

    def _attached(self, name: str) -> list[str]:
        doing = f"list attached policies of IAM role {name}"
        found = self.iam.pages("list_attached_role_policies", "AttachedPolicies", doing, GONE, RoleName=name)
        return sorted(policy["PolicyArn"] for policy in found)

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        if not wanted.get("trust_policy"):
            raise PlanRefused(f"IAM role {name} does not exist, and cannot be created without trust_policy; add it")
        defaults = {
            "path": "/",
            "description": "",
            "permissions_boundary": "",
            "max_session_duration": 3600,
            "tags": {},
        }
        state = {**defaults, **wanted}
        fields: dict[str, t.Any] = {
            "Path": state["path"],
            "Description": state["description"],
            "PermissionsBoundary": state["permissions_boundary"],
            "MaxSessionDuration": state["max_session_duration"],
            "Tags": to_pairs(state["tags"]),
        }
        answer = self.iam.write(
            "create_role",
            f"create IAM role {name}",
            missing={"EntityAlreadyExists"},
            retry=MALFORMED if names_identities(wanted["trust_policy"]) else (),
            RoleName=name,
            AssumeRolePolicyDocument=policy_text(wanted["trust_policy"]),
            **{key: value for key, value in fields.items() if value},
        )
        if answer is None:  # the first of two tries had done it
            return t.cast(Observed, self._find(name))
        # Policies at once, not by a later update: only here it is known that the role may not be seen everywhere yet.
        for policy, document in (wanted.get("inline_policies") or {}).items():
            self._put_inline(name, policy, document, retry=NOT_SPREAD)
        for arn in wanted.get("managed_policies") or []:
            self._attach(name, arn, retry=NOT_SPREAD)
        return Observed(answer["Role"]["Arn"], state, self._facts(answer["Role"]))

    @staticmethod
    def _facts(role: t.Mapping[str, t.Any]) -> State:
        return {"arn": role["Arn"], "role_id": role["RoleId"]}

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        setters: dict[str, Callable[[str, Observed, t.Any], None]] = {
            "trust_policy": self._set_trust,
            "inline_policies": self._set_inline,
            "managed_policies": self._set_managed,
            "permissions_boundary": self._set_boundary,
            "tags": self._set_tags,
        }
        for field in fields:
            if field in setters:
                setters[field](name, before, wanted[field])
        if {"description", "max_session_duration"} & set(fields):
            self._set_details(name, {**before.state, **wanted})

    def _set_details(self, name: str, state: State) -> None:
        """Both together: AWS resets the one that a call leaves out (API reference of UpdateRole)."""
        self.iam.write(
            "update_role",
            f"update IAM role {name}",
            RoleName=name,
            Description=state["description"],
            MaxSessionDuration=state["max_session_duration"],
        )

    def _set_trust(self, name: str, before: Observed, document: State) -> None:
        self.iam.write(
            "update_assume_role_policy",
            f"set trust policy of IAM role {name}",
            retry=MALFORMED if names_identities(document) else (),
            RoleName=name,
            PolicyDocument=policy_text(document),
        )

    def _set_inline(self, name: str, before: Observed, documents: State) -> None:
        current = before.state["inline_policies"]
        for policy, document in documents.items():
            if current.get(policy) != document:
                self._put_inline(name, policy, document)
        for policy in sorted(current.keys() - documents.keys()):
            self._delete_inline(name, policy)

    def _put_inline(self, name: str, policy: str, document: State, retry: t.Collection[str] = ()) -> None:
        doing = f"put inline policy {policy} of IAM role {name}"
        text = policy_text(document)
        self.iam.write("put_role_policy", doing, retry=retry, RoleName=name, PolicyName=policy, PolicyDocument=text)

    def _delete_inline(self, name: str, policy: str) -> None:
        doing = f"delete inline policy {policy} of IAM role {name}"
        self.iam.write("delete_role_policy", doing, missing=GONE, RoleName=name, PolicyName=policy)

    def _set_managed(self, name: str, before: Observed, arns: list[str]) -> None:
        current = before.state["managed_policies"]
        for arn in sorted(set(arns) - set(current)):
            self._attach(name, arn)
        for arn in sorted(set(current) - set(arns)):
            self._detach(name, arn)

    def _attach(self, name: str, arn: str, retry: t.Collection[str] = ()) -> None:
        doing = f"attach policy {arn} to IAM role {name}"
        self.iam.write("attach_role_policy", doing, retry=retry, RoleName=name, PolicyArn=arn)

    def _detach(self, name: str, arn: str) -> None:
        doing = f"detach policy {arn} from IAM role {name}"
        self.iam.write("detach_role_policy", doing, missing=GONE, RoleName=name, PolicyArn=arn)

    def _set_boundary(self, name: str, before: Observed, arn: str) -> None:
        if arn:
            doing = f"set permissions boundary of IAM role {name}"
            self.iam.write("put_role_permissions_boundary", doing, RoleName=name, PermissionsBoundary=arn)
        else:
            doing = f"remove permissions boundary of IAM role {name}"
            self.iam.write("delete_role_permissions_boundary", doing, missing=GONE, RoleName=name)

    def _set_tags(self, name: str, before: Observed, tags: dict[str, str]) -> None:
        setting, removing = tag_changes(before.state["tags"], tags)
        doing = f"tag IAM role {name}"
        if setting:
            self.iam.write("tag_role", doing, RoleName=name, Tags=to_pairs(setting))
        if removing:
            self.iam.write("untag_role", doing, RoleName=name, TagKeys=removing)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """Everything that hangs on the role goes first: AWS refuses to delete a role that has anything."""
        self._leave_profiles(name)
        for arn in before.state["managed_policies"]:
            self._detach(name, arn)
        for policy in before.state["inline_policies"]:
            self._delete_inline(name, policy)
        self.iam.write("delete_role", f"delete IAM role {name}", missing=GONE, retry=STILL_ATTACHED, RoleName=name)

    def _leave_profiles(self, name: str) -> None:
        """Take the role out of its instance profiles; the one of the role's own name goes with it."""
        doing = f"list instance profiles of IAM role {name}"
        profiles = self.iam.pages("list_instance_profiles_for_role", "InstanceProfiles", doing, GONE, RoleName=name)
        for profile in [each["InstanceProfileName"] for each in profiles]:
            doing = f"remove IAM role {name} from instance profile {profile}"
            self.iam.write(
                "remove_role_from_instance_profile",
                doing,
                missing=GONE,
                InstanceProfileName=profile,
                RoleName=name,
            )
            if profile == name:
                doing = f"delete instance profile {profile}"
                self.iam.write(
                    "delete_instance_profile", doing, missing=GONE, retry=STILL_ATTACHED, InstanceProfileName=profile
                )
