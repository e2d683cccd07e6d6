# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECR: repositories, and the replication of a registry."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from ..core.plan import Observed, PlanRefused, State
from ..core.policy import canonical_policy, policy_text
from ..core.registry import (
    AES256,
    KMS,
    canonical_lifecycle,
    encryption_from_aws,
    lifecycle_text,
    replication_of,
    with_rule,
)
from ..core.tags import from_pairs, tag_changes, to_pairs
from .api import Api
from .key_names import KeyNames
from .reconcile import Kind, Scope, side_by_side

GONE = {"RepositoryNotFoundException"}
NO_LIFECYCLE = {"LifecyclePolicyNotFoundException"}
NO_POLICY = {"RepositoryPolicyNotFoundException"}


class Repositories(Kind):
    """State: `image_tag_mutability`, `scan_on_push`, `encryption` {type, kms_key}, `lifecycle_policy` and `policy`
    (canonical, {} for none), `tags`.

    Of what needs a call a repository, only what is in `fields` is read.
    """

    kind = "ECR repository"
    immutable: t.ClassVar = {
        "encryption": "ECR cannot encrypt a repository anew: keep its encryption, or create one of another name, push"
        " the images there, and delete this one (state: absent, force: true)."
    }

    def __init__(self, ecr: Api, keys: KeyNames, fields: Mapping[str, Iterable[str]], *, force: bool = False) -> None:
        """`fields` are the parts of interest by repository. `force` deletes images with their repository."""
        self.ecr = ecr
        self.keys = keys
        self.fields = {name: frozenset(wanted) for name, wanted in fields.items()}
        self.force = force
        self._readers: dict[str, Callable[[str, str], t.Any]] = {
            "lifecycle_policy": self._lifecycle_policy,
            "policy": self._policy,
            "tags": self._tags,
        }

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found = side_by_side({name: partial(self._find, name) for name in names})
        return {name: observed for name, observed in found.items() if observed}

    def _find(self, name: str) -> Observed | None:
        doing = f"find ECR repository {name}"
        found = self.ecr.pages("describe_repositories", "repositories", doing, GONE, repositoryNames=[name])
        if not found:
            return None
        arn = found[0]["repositoryArn"]
        parts = {
            field: partial(reader, name, arn) for field, reader in self._readers.items() if field in self.fields[name]
        }
        return self._observed(found[0], side_by_side(parts))

    def _observed(self, data: Mapping[str, t.Any], parts: State) -> Observed:
        """A repository from what AWS says of it, and the parts that it says elsewhere."""
        encryption = data.get("encryptionConfiguration") or {"encryptionType": AES256}
        state = {
            "image_tag_mutability": data["imageTagMutability"],
            "scan_on_push": (data.get("imageScanningConfiguration") or {}).get("scanOnPush", False),
            "encryption": encryption_from_aws(encryption["encryptionType"], self.keys.alias(encryption.get("kmsKey"))),
            **parts,
        }
        return Observed(data["repositoryArn"], state, {"arn": data["repositoryArn"], "uri": data["repositoryUri"]})

    def _lifecycle_policy(self, name: str, arn: str) -> State:
        doing = f"read the lifecycle policy of ECR repository {name}"
        answer = self.ecr.read("get_lifecycle_policy", doing, NO_LIFECYCLE, repositoryName=name)
        return canonical_lifecycle(answer["lifecyclePolicyText"]) if answer else {}

    def _policy(self, name: str, arn: str) -> State:
        doing = f"read the policy of ECR repository {name}"
        answer = self.ecr.read("get_repository_policy", doing, NO_POLICY, repositoryName=name)
        return canonical_policy(answer["policyText"]) if answer else {}

    def _tags(self, name: str, arn: str) -> dict[str, str]:
        answer = self.ecr.read("list_tags_for_resource", f"list tags of ECR repository {name}", resourceArn=arn)
        return from_pairs(answer.get("tags"))

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        extra: dict[str, t.Any] = {}
        if wanted.get("image_tag_mutability"):
            extra["imageTagMutability"] = wanted["image_tag_mutability"]
        if wanted.get("scan_on_push") is not None:
            extra["imageScanningConfiguration"] = {"scanOnPush": wanted["scan_on_push"]}
        if wanted.get("encryption"):
            extra["encryptionConfiguration"] = self._encryption(name, wanted["encryption"])
        answer = self.ecr.write(
            "create_repository",
            f"create ECR repository {name}",
            repeatable=False,
            repositoryName=name,
            tags=to_pairs(wanted.get("tags")),
            **extra,
        )
        parts = {"lifecycle_policy": {}, "policy": {}, "tags": wanted.get("tags") or {}}
        return self._observed(answer["repository"], parts)

    def _encryption(self, name: str, encryption: State) -> dict[str, str]:
        configuration = {"encryptionType": encryption["type"]}
        if encryption["type"] == KMS and encryption["kms_key"]:
            configuration["kmsKey"] = self.keys.arn(encryption["kms_key"], f"ECR repository {name}")
        return configuration

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        setters: dict[str, Callable[[str, Observed, t.Any], None]] = {
            "image_tag_mutability": self._set_mutability,
            "scan_on_push": self._set_scanning,
            "lifecycle_policy": self._set_lifecycle,
            "policy": self._set_policy,
            "tags": self._set_tags,
        }
        for field in fields:
            setters[field](name, before, wanted[field])

    def _set_mutability(self, name: str, before: Observed, mutability: str) -> None:
        doing = f"make the tags of ECR repository {name} {mutability}"
        self.ecr.write("put_image_tag_mutability", doing, repositoryName=name, imageTagMutability=mutability)

    def _set_scanning(self, name: str, before: Observed, scan: bool) -> None:
        configuration = {"scanOnPush": scan}
        doing = f"set the scanning of ECR repository {name}"
        self.ecr.write(
            "put_image_scanning_configuration", doing, repositoryName=name, imageScanningConfiguration=configuration
        )

    def _set_lifecycle(self, name: str, before: Observed, policy: State) -> None:
        if policy:
            doing, text = f"set the lifecycle policy of ECR repository {name}", lifecycle_text(policy)
            self.ecr.write("put_lifecycle_policy", doing, repositoryName=name, lifecyclePolicyText=text)
        else:
            doing = f"remove the lifecycle policy of ECR repository {name}"
            self.ecr.write("delete_lifecycle_policy", doing, missing=NO_LIFECYCLE, repositoryName=name)

    def _set_policy(self, name: str, before: Observed, policy: State) -> None:
        if policy:
            doing = f"set the policy of ECR repository {name}"
            self.ecr.write("set_repository_policy", doing, repositoryName=name, policyText=policy_text(policy))
        else:
            doing = f"remove the policy of ECR repository {name}"
            self.ecr.write("delete_repository_policy", doing, missing=NO_POLICY, repositoryName=name)

    def _set_tags(self, name: str, before: Observed, tags: dict[str, str]) -> None:
        setting, removing = tag_changes(before.state["tags"], tags)
        doing = f"tag ECR repository {name}"
        if setting:
            self.ecr.write("tag_resource", doing, resourceArn=before.id, tags=to_pairs(setting))
        if removing:
            self.ecr.write("untag_resource", doing, resourceArn=before.id, tagKeys=removing)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        doing = f"delete ECR repository {name}"
        self.ecr.write("delete_repository", doing, missing=GONE, repositoryName=name, force=self.force)


class DeletedRepositories(Repositories):
    """Repositories that are to go: one with images is refused before anything is deleted, unless `force` is given."""

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found = super().observe(scope, names)
        if self.force:
            return found
        images = side_by_side({name: partial(self._has_images, name) for name in found})
        full = sorted(name for name, yes in images.items() if yes)
        if full:
            raise PlanRefused(
                f"ECR repository {', '.join(full)}: there are images in it. Nothing was deleted."
                " Set force: true (registry_force_destroy) to delete them too"
            )
        return found

    def _has_images(self, name: str) -> bool:
        doing = f"look into ECR repository {name}"
        answer = self.ecr.read("list_images", doing, GONE, repositoryName=name, maxResults=1)
        return bool((answer or {}).get("imageIds"))


class Replications(Kind):
    """State: `destinations` [{region, account}]; "" is the registry's own account. The name is the prefix.

    A registry has one document for all prefixes: the rules for others are put back as they are.
    """

    kind = "ECR replication"

    def __init__(self, ecr: Api) -> None:
        self.ecr = ecr

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        registry, rules = self._registry()
        states = {name: replication_of(rules, name, registry) for name in names}
        return {name: Observed(registry, state) for name, state in states.items() if state}

    def _registry(self) -> tuple[str, list[dict[str, t.Any]]]:
        """The account of the registry, and its rules."""
        answer = self.ecr.read("describe_registry", "read the replication of the ECR registry")
        return answer["registryId"], list(answer.get("replicationConfiguration", {}).get("rules") or ())

    def _put(self, name: str, state: State | None) -> str:
        """Read, change and write the document: whatever was added to it since the plan stays."""
        registry, rules = self._registry()
        self.ecr.write(
            "put_replication_configuration",
            f"set the replication of ECR repositories {name}*",
            replicationConfiguration={"rules": with_rule(rules, name, registry, state)},
        )
        return registry

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        return Observed(self._put(name, wanted), wanted)

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        self._put(name, wanted)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self._put(name, None)
