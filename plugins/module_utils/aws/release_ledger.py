# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""S3: the ledger of releases of a service. ECS: what is written down in it."""

from __future__ import annotations

import json
import typing as t
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from ..core.ecs_fields import TASK_DEFINITION
from ..core.ecs_task_definition import revision_of
from ..core.ledger import (
    Entry,
    canonical,
    folder,
    key,
    number_of,
    sealed,
    together,
    verdict_folder,
    verdict_key,
)
from ..core.plan import State
from ..core.rollout import UNDER_WAY
from ..core.shape import canonical as in_shape
from ..core.tags import from_pairs
from .api import Api, AwsError
from .ecs_rollouts import Rollouts
from .ecs_task_definitions import GONE

# How far a run looks back for deployments that no other run has written down, and for those that one has.
DEPLOYMENTS, ENTRIES = 20, 50
# Writers that are ahead of one, each with an entry, before it gives up.
ATTEMPTS = 20
# S3's answers to a write of an object that exists, or that somebody else is just writing.
TAKEN = {"PreconditionFailed", "ConditionalRequestConflict"}


class Ledger:
    """The entries of one service, an object each. S3 writes an object only where there is none of its name."""

    def __init__(self, s3: Api, bucket: str, cluster: str, service: str) -> None:
        self.s3 = s3
        self.bucket = bucket
        self.cluster = cluster
        self.service = service

    def numbers(self) -> list[int]:
        doing = f"list the ledger of service {self.service} in S3 bucket {self.bucket}"
        names = self._names(doing, folder(self.cluster, self.service))
        return sorted(number for name in names if (number := number_of(name)) is not None)

    def _names(self, doing: str, prefix: str) -> list[str]:
        """The objects in a folder, without those in its subfolders."""
        found = self.s3.pages("list_objects_v2", "Contents", doing, Bucket=self.bucket, Prefix=prefix, Delimiter="/")
        return [str(each["Key"]) for each in found]

    def read(self, numbers: Sequence[int]) -> dict[int, Entry]:
        """Entries by number; one that is no JSON object is empty."""
        return {number: self._read(key(self.cluster, self.service, number)) for number in numbers}

    def _read(self, name: str) -> Entry:
        body = self.s3.body("get_object", f"read {name} in S3 bucket {self.bucket}", Bucket=self.bucket, Key=name)
        try:
            entry = json.loads(body or b"")
        except ValueError:
            return {}
        return entry if isinstance(entry, dict) else {}

    def append(self, content: State) -> Entry | None:
        """Write an entry; None where somebody else has written one of the same deployment."""
        for _attempt in range(ATTEMPTS):
            entries = self.read(self.numbers()[-ENTRIES:])
            if content["deployment"] in {each.get("deployment") for each in entries.values()}:
                return None
            last = entries[max(entries)] if entries else None
            if last is not None and not {"number", "hash"} <= last.keys():
                raise AwsError(
                    f"entry {max(entries)} is damaged, so that none can follow it; restore its first version"
                )
            entry = sealed(content, last)
            name = key(self.cluster, self.service, entry["number"])
            if self._add(name, entry):
                return entry
        raise AwsError(f"others write to the ledger of service {self.service} all the time: {ATTEMPTS} attempts failed")

    def _add(self, name: str, content: Mapping[str, t.Any]) -> bool:
        """Write an object that is not there yet; whether this did."""
        answer = self.s3.write(
            "put_object",
            f"write {name} to S3 bucket {self.bucket}",
            missing=TAKEN,
            Bucket=self.bucket,
            Key=name,
            Body=canonical(content),
            ContentType="application/json",
            IfNoneMatch="*",
            # A bucket with Object Lock takes no object without one, whatever the client is set to.
            ChecksumAlgorithm="SHA256",
        )
        return answer is not None

    def verdicts(self, deployment: str) -> list[Entry]:
        """What gates have said in a deployment, whoever asked them; oldest first."""
        return together(each for each in map(self._read, self._verdict_names(deployment)) if each)

    def _verdict_names(self, deployment: str) -> list[str]:
        doing = f"list the verdicts of gates of service {self.service} in S3 bucket {self.bucket}"
        return self._names(doing, verdict_folder(self.cluster, self.service, deployment))

    def unknown(self, deployment: str, verdicts: Sequence[State]) -> dict[str, State]:
        """Those of the verdicts that are not kept yet, by the name of their object."""
        if not (deployment and verdicts):
            return {}
        known = set(self._verdict_names(deployment))
        named = {verdict_key(self.cluster, self.service, deployment, each): each for each in verdicts}
        return {name: each for name, each in named.items() if name not in known}

    def keep(self, verdicts: Mapping[str, State]) -> None:
        """Write verdicts down; they are `unknown`."""
        for name, verdict in verdicts.items():
            self._add(name, verdict)


class Releases:
    """What ECS remembers of the deployments of a service that are over."""

    def __init__(self, ecs: Api, cluster: str, service: str) -> None:
        self.ecs = ecs
        self.cluster = cluster
        self.service = service
        self.rollouts = Rollouts(ecs, cluster, service)

    def over(self) -> list[str]:
        """ARNs of the newest deployments, oldest first."""
        briefs = self.rollouts.briefs()[:DEPLOYMENTS]
        return [each["serviceDeploymentArn"] for each in reversed(briefs) if each["status"] not in UNDER_WAY]

    def content(self, arn: str, gates: Sequence[State], who: str) -> State:
        """What the ledger says of a deployment. ECS forgets all of it."""
        found = self.rollouts.raw(arn)
        target = (found.get("targetServiceRevision") or {}).get("arn") or ""
        restored = (found.get("rollback") or {}).get("serviceRevisionArn") or ""
        revisions = self.rollouts.revisions([target, restored])
        revision = revisions.get(target, {})
        definition, tags = self._definition(str(revision.get("taskDefinition") or ""))
        return {
            "deployment": arn,
            "cluster": self.cluster,
            "service": self.service,
            "status": found["status"],
            "reason": found.get("statusReason") or "",
            "strategy": (found.get("deploymentConfiguration") or {}).get("strategy") or "ROLLING",
            "began": moment(found.get("createdAt")),
            "ended": moment(found.get("finishedAt")),
            "task_definition": revision_of(str(revision.get("taskDefinition") or "")),
            "restored": revision_of(str(revisions.get(restored, {}).get("taskDefinition") or "")),
            "images": {each["containerName"]: each["image"] for each in revision.get("containerImages") or ()},
            "gates": [dict(each) for each in gates],
            "recorded_by": who,
            "recorded_at": moment(datetime.now(UTC)),
            "definition": definition,
            "tags": tags,
        }

    def _definition(self, arn: str) -> tuple[State, dict[str, str]]:
        """The input that registers a task definition again, empty where ECS has it no more."""
        doing = f"read task definition {revision_of(arn)}"
        answer = arn and self.ecs.read("describe_task_definition", doing, GONE, taskDefinition=arn, include=["TAGS"])
        if not answer:
            return {}, {}
        said: Mapping[str, t.Any] = answer["taskDefinition"]
        return in_shape(TASK_DEFINITION, said, fill=False) or {}, from_pairs(answer.get("tags"), "key", "value")


def moment(value: t.Any) -> str:
    """ISO 8601 in UTC, to the second; "" for none."""
    return value.astimezone(UTC).isoformat(timespec="seconds") if value else ""
