# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudWatch Logs: log groups."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable
from functools import partial

from ..core.plan import Observed, State
from ..core.tags import owned, tag_changes
from .api import Api
from .key_names import KeyNames
from .reconcile import Kind, Scope, side_by_side

GONE = {"ResourceNotFoundException"}
# An encrypted group can be refused while KMS has not seen the key's new policy everywhere.
KEY_NOT_SEEN = {"InvalidParameterException"}


class LogGroups(Kind):
    """State: `retention_days` (0 = for ever), `kms_key` (alias or ARN, or ""), `tags`."""

    kind = "log group"

    def __init__(self, logs: Api, keys: KeyNames) -> None:
        self.logs = logs
        self.keys = keys

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found = side_by_side({name: partial(self._find, name) for name in names})
        return {name: observed for name, observed in found.items() if observed}

    def _find(self, name: str) -> Observed | None:
        groups = self.logs.pages("describe_log_groups", "logGroups", f"find log group {name}", logGroupNamePrefix=name)
        group = next((each for each in groups if each["logGroupName"] == name), None)
        if group is None:
            return None
        arn = group["arn"].removesuffix(":*")
        tags = self.logs.read("list_tags_for_resource", f"list tags of log group {name}", GONE, resourceArn=arn)
        state = {
            "retention_days": group.get("retentionInDays", 0),
            "kms_key": group.get("kmsKeyId", ""),
            "tags": owned((tags or {}).get("tags")),
        }
        return Observed(arn, state, {"arn": arn})

    def settle(self, wanted: State, observed: State) -> State:
        """CloudWatch Logs keeps the ARN of a key that is wanted by its alias."""
        alias, arn = wanted.get("kms_key") or "", observed.get("kms_key")
        if alias.startswith("alias/") and arn and self.keys.alias(arn) == alias:
            return {**wanted, "kms_key": arn}
        return wanted

    def _key_arn(self, name: str, key: str) -> str:
        return self.keys.arn(key, f"log group {name}") if key.startswith("alias/") else key

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        extra: State = {"kmsKeyId": self._key_arn(name, wanted["kms_key"])} if wanted.get("kms_key") else {}
        self.logs.write(
            "create_log_group",
            f"create log group {name}",
            missing={"ResourceAlreadyExistsException"},
            retry=KEY_NOT_SEEN if extra else (),
            logGroupName=name,
            tags=wanted.get("tags") or {},
            **extra,
        )
        return t.cast("Observed", self._find(name))  # CreateLogGroup is read-after-write consistent

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        setters: dict[str, Callable[[str, Observed, t.Any], None]] = {
            "retention_days": self._set_retention,
            "kms_key": self._set_key,
            "tags": self._set_tags,
        }
        for field in fields:
            setters[field](name, before, wanted[field])

    def _set_retention(self, name: str, before: Observed, days: int) -> None:
        if days:
            doing = f"keep log group {name} for {days} days"
            self.logs.write("put_retention_policy", doing, logGroupName=name, retentionInDays=days)
        else:
            self.logs.write("delete_retention_policy", f"keep log group {name} for ever", logGroupName=name)

    def _set_key(self, name: str, before: Observed, key: str) -> None:
        if key:
            doing, arn = f"encrypt log group {name}", self._key_arn(name, key)
            self.logs.write("associate_kms_key", doing, retry=KEY_NOT_SEEN, logGroupName=name, kmsKeyId=arn)
        else:
            self.logs.write("disassociate_kms_key", f"take the key from log group {name}", logGroupName=name)

    def _set_tags(self, name: str, before: Observed, tags: dict[str, str]) -> None:
        setting, removing = tag_changes(before.state["tags"], tags)
        doing = f"tag log group {name}"
        if setting:
            self.logs.write("tag_resource", doing, resourceArn=before.id, tags=setting)
        if removing:
            self.logs.write("untag_resource", doing, resourceArn=before.id, tagKeys=removing)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.logs.write("delete_log_group", f"delete log group {name}", missing=GONE, logGroupName=name)
