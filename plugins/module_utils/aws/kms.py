# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""KMS: keys, found by their alias."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial

from ..core.kms import DEFAULT_ROTATION_DAYS
from ..core.plan import Observed, PlanRefused, State
from ..core.policy import canonical_policy, names_identities, policy_text
from ..core.tags import from_pairs, tag_changes, to_pairs
from .api import Api
from .reconcile import Kind, Scope, side_by_side

GONE = {"NotFoundException"}
# What AWS says of a key in a state in which it takes no such call.
UNUSABLE = GONE | {"KMSInvalidStateException"}
# Of a multi-region key with replicas AWS says the second word.
PENDING = frozenset({"PendingDeletion", "PendingReplicaDeletion"})
# The only policy of a key has this name.
POLICY = "default"
# A policy can name a role that KMS has not seen yet.
MALFORMED = {"MalformedPolicyDocumentException"}


class Keys(Kind):
    """Named by alias (`alias/...`), which is also the key's `Name` tag: a key without its alias is found by that.

    State: `alias` ("" where it is missing), `description`, `key_state` (Enabled, Disabled, PendingDeletion),
    `multi_region`, `policy` (canonical), `rotation_days` (0 = never), `tags`.
    """

    kind = "KMS key"
    named_by_tag = True
    immutable: t.ClassVar = {
        "multi_region": "AWS cannot change it: choose another alias, and re-encrypt the data with the new key."
    }

    def __init__(self, kms: Api, *, deletion_windows: Mapping[str, int] | None = None, deleting: bool = False) -> None:
        """`deletion_windows` are days by alias. `deleting`: a key whose deletion is scheduled counts as gone."""
        self.kms = kms
        self.deletion_windows = deletion_windows or {}
        self.deleting = deleting

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        aliases = self.kms.pages("list_aliases", "Aliases", "list KMS aliases")
        by_alias = {each["AliasName"]: each["TargetKeyId"] for each in aliases if "TargetKeyId" in each}
        found = {name: (by_alias[name], name) for name in names if name in by_alias}
        nameless = set(names) - found.keys()
        if nameless:
            orphans = self._orphans(nameless, set(by_alias.values()))
            found.update({name: (key, "") for name, key in orphans.items()})
        keys = side_by_side({name: partial(self._read, *each) for name, each in found.items()})
        return {name: key for name, key in keys.items() if key and not (self.deleting and self._is_pending(key))}

    @staticmethod
    def _facts(data: Mapping[str, t.Any]) -> State:
        return {"arn": data["Arn"]}

    @staticmethod
    def _is_pending(key: Observed) -> bool:
        return bool(key.state["key_state"] in PENDING)

    def _orphans(self, names: set[str], with_alias: set[str]) -> dict[str, str]:
        """Keys without any alias that a run which was interrupted has tagged with one of the names.

        Raises PlanRefused where it is not clear which key is meant.
        """
        keys = [each["KeyId"] for each in self.kms.pages("list_keys", "Keys", "list KMS keys")]
        # A key of somebody else may hide its tags from us; then it is not the one.
        hidden = {"AccessDeniedException"}
        tags = side_by_side({key: partial(self._tags, key, hidden) for key in keys if key not in with_alias})
        claims: dict[str, list[str]] = {}
        for key, tagged in tags.items():
            if tagged.get("Name") in names:
                claims.setdefault(tagged["Name"], []).append(key)
        return {name: self._living(name, candidates) for name, candidates in claims.items()}

    def _living(self, name: str, candidates: list[str]) -> str:
        if len(candidates) == 1:
            return candidates[0]
        described = side_by_side({key: partial(self._describe, key) for key in candidates})
        living = [key for key, data in described.items() if data and data["KeyState"] not in PENDING]
        if len(living) > 1 or (not living and not self.deleting):
            raise PlanRefused(
                f"KMS key {name}: {', '.join(sorted(living or candidates))} all have the tag Name={name} and no alias;"
                f" give {name} to the one that is in use, or remove the tag from the others"
            )
        return living[0] if living else candidates[0]

    def _describe(self, key: str) -> dict[str, t.Any] | None:
        answer = self.kms.read("describe_key", f"describe KMS key {key}", GONE, KeyId=key)
        return answer["KeyMetadata"] if answer else None

    def _tags(self, key: str, hidden: Collection[str] = ()) -> dict[str, str]:
        doing = f"list tags of KMS key {key}"
        pairs = self.kms.pages("list_resource_tags", "Tags", doing, GONE.union(hidden), KeyId=key)
        return from_pairs(pairs, "TagKey", "TagValue")

    def _read(self, key: str, alias: str) -> Observed | None:
        parts = side_by_side(
            {
                "metadata": partial(self._describe, key),
                "policy": partial(self._policy, key),
                "rotation_days": partial(self._rotation, key, refused=UNUSABLE),
                "tags": partial(self._tags, key),
            }
        )
        data = parts.pop("metadata")
        if data is None:
            return None
        if data["KeyState"] in PENDING:
            parts["rotation_days"] = 0  # AWS does not rotate it, and refuses to say how it was set
        elif parts["rotation_days"] is None:
            parts["rotation_days"] = self._rotation(key)  # AWS should not refuse: ask again, for its words
        state = {
            "alias": alias,
            "description": data.get("Description", ""),
            "key_state": data["KeyState"],
            "multi_region": data.get("MultiRegion", False),
            **parts,
        }
        return Observed(key, state, self._facts(data))

    def _policy(self, key: str) -> State:
        answer = self.kms.read("get_key_policy", f"read policy of KMS key {key}", GONE, KeyId=key, PolicyName=POLICY)
        return canonical_policy(answer["Policy"]) if answer else {}

    def _rotation(self, key: str, refused: Collection[str] = ()) -> int | None:
        """Days, 0 for never; None where AWS refuses to say with one of these codes."""
        answer = self.kms.read("get_key_rotation_status", f"read rotation of KMS key {key}", refused, KeyId=key)
        if answer is None:
            return None
        return int(answer.get("RotationPeriodInDays", DEFAULT_ROTATION_DAYS)) if answer["KeyRotationEnabled"] else 0

    def settle(self, wanted: State, observed: State) -> State:
        """A key that waits for its deletion is taken back only when its tag says that it is ours."""
        if observed["key_state"] in PENDING and observed["tags"].get("Name") != wanted["alias"]:
            raise PlanRefused(
                f"KMS key {wanted['alias']} belongs to a key whose deletion is scheduled, and which has no tag"
                f" Name={wanted['alias']}; cancel its deletion by hand, or choose another alias"
            )
        return wanted

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        policy = {"Policy": policy_text(wanted["policy"])} if wanted.get("policy") else {}
        tags = {**(wanted.get("tags") or {}), "Name": name}
        answer = self.kms.write(
            "create_key",
            f"create KMS key {name}",
            retry=MALFORMED if names_identities(wanted.get("policy") or {}) else (),
            repeatable=False,
            Description=wanted.get("description") or "",
            MultiRegion=bool(wanted.get("multi_region")),
            Tags=to_pairs(tags, "TagKey", "TagValue"),
            **policy,
        )
        # Not read back: for some seconds KMS may not find what it has just created.
        data = answer["KeyMetadata"]
        state = {**wanted, "alias": "", "key_state": data["KeyState"], "rotation_days": 0, "tags": tags}
        return Observed(data["KeyId"], state, self._facts(data))

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        setters: dict[str, Callable[[str, Observed, t.Any], None]] = {
            "policy": self._set_policy,
            "description": self._set_description,
            "tags": self._set_tags,
            "rotation_days": self._set_rotation,
            "alias": self._set_alias,
        }
        # AWS changes little of a key that is disabled, and nothing of one that waits for its deletion.
        disabling = wanted.get("key_state") == "Disabled" and before.state["key_state"] not in PENDING
        setters = (
            {**setters, "key_state": self._set_key_state}
            if disabling
            else {"key_state": self._set_key_state, **setters}
        )
        for field, setter in setters.items():
            if field in fields:
                setter(name, before, wanted[field])

    def _set_key_state(self, name: str, before: Observed, wanted: str) -> None:
        current = before.state["key_state"]
        if current in PENDING:
            self.kms.write("cancel_key_deletion", f"take back the deletion of KMS key {name}", KeyId=before.id)
            current = "Disabled"
        if current != wanted:
            operation = "enable_key" if wanted == "Enabled" else "disable_key"
            self.kms.write(operation, f"{operation.split('_', maxsplit=1)[0]} KMS key {name}", KeyId=before.id)

    def _set_policy(self, name: str, before: Observed, policy: State) -> None:
        self.kms.write(
            "put_key_policy",
            f"set policy of KMS key {name}",
            retry=MALFORMED if names_identities(policy) else (),
            KeyId=before.id,
            PolicyName=POLICY,
            Policy=policy_text(policy),
        )

    def _set_description(self, name: str, before: Observed, description: str) -> None:
        doing = f"describe what KMS key {name} is for"
        self.kms.write("update_key_description", doing, KeyId=before.id, Description=description)

    def _set_rotation(self, name: str, before: Observed, days: int) -> None:
        if days:
            doing = f"rotate KMS key {name} every {days} days"
            self.kms.write("enable_key_rotation", doing, retry=GONE, KeyId=before.id, RotationPeriodInDays=days)
        else:
            self.kms.write("disable_key_rotation", f"stop rotation of KMS key {name}", KeyId=before.id)

    def _set_alias(self, name: str, before: Observed, alias: str) -> None:
        doing = f"give {alias} to KMS key {before.id}"
        self.kms.write(
            "create_alias",
            doing,
            missing={"AlreadyExistsException"},
            AliasName=alias,
            TargetKeyId=before.id,
        )

    def _set_tags(self, name: str, before: Observed, tags: dict[str, str]) -> None:
        setting, removing = tag_changes(before.state["tags"], tags)
        doing = f"tag KMS key {name}"
        if setting:
            self.kms.write("tag_resource", doing, KeyId=before.id, Tags=to_pairs(setting, "TagKey", "TagValue"))
        if removing:
            self.kms.write("untag_resource", doing, KeyId=before.id, TagKeys=removing)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """Schedule the deletion; the alias stays with the key until AWS deletes both, so that it can be taken back."""
        window: dict[str, t.Any] = (
            {"PendingWindowInDays": self.deletion_windows[name]} if name in self.deletion_windows else {}
        )
        doing = f"schedule deletion of KMS key {name}"
        # KMSInvalidStateException: the deletion is scheduled already.
        self.kms.write("schedule_key_deletion", doing, missing=UNUSABLE, KeyId=before.id, **window)
