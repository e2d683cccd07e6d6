# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the references of a task definition stand for, looked up by name in AWS, each thing once."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable
from functools import partial

from ..core.ecs_references import Reference
from ..core.plan import PlanRefused
from .api import Api
from .reconcile import side_by_side

ROLES = {"database": "database", "cache": "cache", "secret": "secrets", "repository": "registry"}
SERVICES = {"database": "rds", "cache": "elasticache", "secret": "secretsmanager", "repository": "ecr"}
WAY_OUT = "push it first, or name a tag that is there"


class Lookup:
    """Resolves references. In check mode what does not exist yet is shown by name, and listed in `missing`."""

    def __init__(self, api: Callable[[str], Api], *, check_mode: bool) -> None:
        self._api = api
        self._apis: dict[str, Api] = {}
        self.check_mode = check_mode
        self.missing: list[Reference] = []
        self._found: dict[tuple[str, str], dict[str, str] | None] = {}

    def load(self, references: Iterable[Reference]) -> None:
        """Look up what all the references need, side by side."""
        readers: dict[str, Callable[[str], dict[str, str] | None]] = {
            "database": self._database,
            "cache": self._cache,
            "secret": self._secret,
        }
        jobs: dict[str, Callable[[], t.Any]] = {}
        keys: dict[str, tuple[str, str]] = {}
        for each in references:
            # Before the calls run side by side: clients are made one after the other.
            self._client(each.sort)
            image = each.sort == "repository"
            name = f"{each.name}:{each.detail}" if image else each.name
            job = f"{each.sort} {name}"
            keys[job] = (each.sort, name)
            jobs[job] = partial(self._image, each) if image else partial(readers[each.sort], each.name)
        for job, answer in side_by_side(jobs).items():
            self._found[keys[job]] = answer

    def _client(self, sort: str) -> Api:
        if sort not in self._apis:
            self._apis[sort] = self._api(SERVICES[sort])
        return self._apis[sort]

    def text(self, reference: Reference) -> str:
        """What stands in the place of a reference. Raises PlanRefused where it does not exist."""
        image = reference.sort == "repository"
        name = f"{reference.name}:{reference.detail}" if image else reference.name
        found = self._found.get((reference.sort, name))
        if found is None:
            return self._unknown(reference, "does not exist")
        if "refused" in found:
            raise PlanRefused(found["refused"])
        if reference.sort == "secret":
            return f"{found['arn']}:{reference.detail}::" if reference.detail else found["arn"]
        value = found["image"] if image else found.get(reference.detail, "")
        return value or self._unknown(reference, f"has no {reference.detail} yet")

    def _unknown(self, reference: Reference, why: str) -> str:
        if not self.check_mode:
            raise PlanRefused(
                f"{reference.sort} {reference.name} {why}: create it first (role {ROLES[reference.sort]}), or correct"
                " its name"
            )
        self.missing.append(reference)
        return str(reference)

    def _database(self, name: str) -> dict[str, str] | None:
        answer = self._client("database").read(
            "describe_db_instances", f"find database {name}", {"DBInstanceNotFound"}, DBInstanceIdentifier=name
        )
        if answer is None:
            return None
        instance = answer["DBInstances"][0]
        endpoint = instance.get("Endpoint") or {}
        return {
            "host": endpoint.get("Address", ""),
            "port": str(endpoint.get("Port", "")),
            "name": instance.get("DBName", ""),
            "secret_arn": (instance.get("MasterUserSecret") or {}).get("SecretArn", ""),
        }

    def _cache(self, name: str) -> dict[str, str] | None:
        answer = self._client("cache").read(
            "describe_replication_groups",
            f"find cache {name}",
            {"ReplicationGroupNotFoundFault"},
            ReplicationGroupId=name,
        )
        if answer is None:
            return None
        nodes = answer["ReplicationGroups"][0].get("NodeGroups") or [{}]
        endpoint = nodes[0].get("PrimaryEndpoint") or {}
        return {"host": endpoint.get("Address", ""), "port": str(endpoint.get("Port", ""))}

    def _secret(self, name: str) -> dict[str, str] | None:
        answer = self._client("secret").read(
            "describe_secret", f"find secret {name}", {"ResourceNotFoundException"}, SecretId=name
        )
        return None if answer is None or answer.get("DeletedDate") else {"arn": answer["ARN"]}

    def _image(self, reference: Reference) -> dict[str, str] | None:
        """The image by digest. A repository that exists without the image is refused in check mode too."""
        ecr, doing = self._client("repository"), f"find image {reference.name}:{reference.detail}"
        gone = {"RepositoryNotFoundException"}
        found = ecr.read("describe_repositories", doing, gone, repositoryNames=[reference.name])
        if found is None:
            return None
        image = ecr.read(
            "describe_images",
            doing,
            gone | {"ImageNotFoundException"},
            repositoryName=reference.name,
            imageIds=[{"imageTag": reference.detail}],
        )
        if image is None:
            return {"refused": f"repository {reference.name} has no image {reference.detail}: {WAY_OUT}"}
        return {"image": f"{found['repositories'][0]['repositoryUri']}@{image['imageDetails'][0]['imageDigest']}"}
