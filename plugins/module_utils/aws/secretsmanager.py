# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Secrets Manager: secrets, whose values are made here once and never read."""

from __future__ import annotations

import secrets
import typing as t
import uuid
from collections.abc import Iterable, Mapping
from functools import partial

from ..core.plan import Observed, State
from ..core.policy import canonical_policy, policy_text
from ..core.secret import secret_value
from ..core.tags import from_pairs, tag_changes, to_pairs
from .api import Api
from .key_names import KeyNames
from .reconcile import Kind, Scope, side_by_side

GONE = {"ResourceNotFoundException"}
# The name of a secret that was deleted at once stays taken for some seconds.
STILL_GOING = {"InvalidRequestException"}
# A secret cannot go while AWS still takes its replicas away.
HAS_REPLICAS = {"InvalidParameterException"}


class Secrets(Kind):
    """State: `deletion_scheduled`, `has_value`, `description`, `kms_key` (alias, or "" for AWS's own key), `policy`
    (canonical, {} for none), `replica_regions` (sorted), `tags`.
    """

    kind = "secret"

    def __init__(
        self,
        manager: Api,
        keys: KeyNames,
        items: Mapping[str, Mapping[str, t.Any]],
        *,
        force: bool = False,
        recovery_days: int = 30,
        deleting: bool = False,
    ) -> None:
        """`items` are the module's options by name, with what values are made of. `force` deletes at once.

        `deleting`: a secret whose deletion is scheduled counts as gone, unless `force` is to end it.
        """
        self.manager = manager
        self.keys = keys
        self.items = items
        self.force = force
        self.recovery_days = recovery_days
        self.deleting = deleting

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        """Secret by secret: the list call lags up to five minutes behind, and knows neither replicas nor policies."""
        found = side_by_side({name: partial(self._find, name) for name in names})
        return {name: secret for name, secret in found.items() if secret and not self._counts_as_gone(secret)}

    def _counts_as_gone(self, secret: Observed) -> bool:
        return bool(self.deleting and not self.force and secret.state["deletion_scheduled"])

    def _find(self, name: str) -> Observed | None:
        data = self.manager.read("describe_secret", f"find secret {name}", GONE, SecretId=name)
        if data is None:
            return None
        stages = (data.get("VersionIdsToStages") or {}).values()
        going = bool(data.get("DeletedDate"))
        state = {
            "deletion_scheduled": going,
            "has_value": any("AWSCURRENT" in each for each in stages),
            "description": data.get("Description", ""),
            "kms_key": self.keys.alias(data.get("KmsKeyId")),
            "policy": {} if going else self._policy(name),
            "replica_regions": sorted(each["Region"] for each in data.get("ReplicationStatus") or ()),
            "tags": from_pairs(data.get("Tags")),
        }
        return Observed(data["ARN"], state, {"arn": data["ARN"]})

    def _policy(self, name: str) -> State:
        """Asked for only where somebody says something about it: it is a call a secret."""
        if self.items.get(name, {}).get("policy") is None:
            return {}
        answer = self.manager.read("get_resource_policy", f"read the policy of secret {name}", GONE, SecretId=name)
        text = (answer or {}).get("ResourcePolicy")
        return canonical_policy(text) if text else {}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        key = wanted.get("kms_key")
        extra: dict[str, t.Any] = {"KmsKeyId": self.keys.arn(key, f"secret {name}")} if key else {}
        answer = self.manager.write(
            "create_secret",
            f"create secret {name}",
            retry=STILL_GOING,
            Name=name,
            # With token and value AWS knows a repeated request again.
            ClientRequestToken=str(uuid.uuid4()),
            SecretString=self._new_value(name),
            Description=wanted.get("description") or "",
            Tags=to_pairs(wanted.get("tags")),
            **extra,
        )
        state: State = {
            "deletion_scheduled": False,
            "has_value": True,
            "description": wanted.get("description") or "",
            "kms_key": key or "",
            "policy": {},
            "replica_regions": [],
            "tags": wanted.get("tags") or {},
        }
        return Observed(answer["ARN"], state, {"arn": answer["ARN"]})

    def _new_value(self, name: str) -> str:
        return secret_value(self.items[name], secrets.choice)

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        setters: dict[str, t.Callable[[str, Observed, t.Any], None]] = {
            "deletion_scheduled": self._restore,  # first: nothing else can be done to a secret that is going
            "has_value": self._set_value,
            "description": self._set_description,
            "kms_key": self._set_key,
            "policy": self._set_policy,
            "replica_regions": self._set_replicas,
            "tags": self._set_tags,
        }
        chosen = set(fields)
        for field, setter in setters.items():
            if field in chosen:
                setter(name, before, wanted[field])

    def _restore(self, name: str, before: Observed, wanted: bool) -> None:
        self.manager.write("restore_secret", f"cancel the deletion of secret {name}", SecretId=name)

    def _set_value(self, name: str, before: Observed, wanted: bool) -> None:
        self.manager.write(
            "put_secret_value",
            f"give secret {name} its first value",
            SecretId=name,
            ClientRequestToken=str(uuid.uuid4()),
            SecretString=self._new_value(name),
        )

    def _set_description(self, name: str, before: Observed, description: str) -> None:
        self.manager.write("update_secret", f"describe secret {name}", SecretId=name, Description=description)

    def _set_key(self, name: str, before: Observed, key: str) -> None:
        arn = self.keys.arn(key or "alias/aws/secretsmanager", f"secret {name}")
        self.manager.write("update_secret", f"encrypt secret {name} with {key}", SecretId=name, KmsKeyId=arn)

    def _set_policy(self, name: str, before: Observed, policy: State) -> None:
        if policy:
            self.manager.write(
                "put_resource_policy",
                f"set the policy of secret {name}",
                SecretId=name,
                ResourcePolicy=policy_text(policy),
                BlockPublicPolicy=True,
            )
        else:
            self.manager.write("delete_resource_policy", f"remove the policy of secret {name}", SecretId=name)

    def _set_replicas(self, name: str, before: Observed, regions: list[str]) -> None:
        existing = set(before.state["replica_regions"])
        adding, removing = sorted(set(regions) - existing), sorted(existing - set(regions))
        if adding:
            self.manager.write(
                "replicate_secret_to_regions",
                f"replicate secret {name} to {', '.join(adding)}",
                SecretId=name,
                AddReplicaRegions=[{"Region": region} for region in adding],
            )
        if removing:
            self._remove_replicas(name, removing)

    def _remove_replicas(self, name: str, regions: list[str]) -> None:
        self.manager.write(
            "remove_regions_from_replication",
            f"remove the replicas of secret {name} in {', '.join(regions)}",
            missing=GONE,
            SecretId=name,
            RemoveReplicaRegions=regions,
        )

    def _set_tags(self, name: str, before: Observed, tags: dict[str, str]) -> None:
        setting, removing = tag_changes(before.state["tags"], tags)
        doing = f"tag secret {name}"
        if setting:
            self.manager.write("tag_resource", doing, SecretId=name, Tags=to_pairs(setting))
        if removing:
            self.manager.write("untag_resource", doing, SecretId=name, TagKeys=removing)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """Replicas go at once and first; the secret itself after its recovery window, or at once with `force`."""
        replicas = before.state["replica_regions"]
        if replicas:
            self._remove_replicas(name, replicas)
        how: dict[str, t.Any] = (
            {"ForceDeleteWithoutRecovery": True} if self.force else {"RecoveryWindowInDays": self.recovery_days}
        )
        self.manager.write(
            "delete_secret",
            f"delete secret {name}",
            missing=GONE,
            retry=HAS_REPLICAS if replicas else (),
            SecretId=name,
            **how,
        )
