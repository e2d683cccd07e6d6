# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS: task definitions. AWS keeps revisions; a new one is registered only where its content is another."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Collection, Iterable, Mapping

from ..core.ecs_task_definition import ROLES, revision_of, task_definition_state
from ..core.parameters import batches
from ..core.plan import Observed, State, differing_fields
from ..core.tags import from_pairs, tag_changes, to_pairs
from .api import AmbiguousError, Api
from .reconcile import Kind, Scope

# DescribeTaskDefinition knows no other word for a family or a revision that does not exist.
GONE = {"ClientException"}
SERVICE_GONE = {"ClusterNotFoundException", "ServiceNotFoundException"}
STATUSES = ("ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS")
# Source: ECS API reference, DeleteTaskDefinitions.
DELETED_AT_ONCE = 10


class TaskDefinitions(Kind):
    """State: see core.ecs_task_definition, and `tags`. The revision that a service uses counts, else the newest one."""

    kind = "task definition"

    def __init__(self, ecs: Api, role_arn: Callable[[str], str], service: tuple[str, str] | None = None) -> None:
        """`service` names the cluster and the service that uses the family."""
        self.ecs = ecs
        self.role_arn = role_arn
        self.service = service
        self.sending: Mapping[str, State] = {}
        """What to register, by family, in the shape of RegisterTaskDefinition; roles by name or ARN."""
        self.used = False
        """Whether the revision in use is that of the service, and not only the newest one."""
        self._cache: dict[str, Observed | None] = {}

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found = {name: self.current(name) for name in names}
        return {name: observed for name, observed in found.items() if observed}

    def current(self, family: str) -> Observed | None:
        """The revision in use, read once."""
        if family not in self._cache:
            arn = self._in_service()
            # A service goes on with a revision that was deregistered meanwhile.
            in_use = revision_of(arn).partition(":")[0] == family
            used = self._describe(arn, {"ACTIVE", "INACTIVE"}) if in_use else None
            self.used = used is not None
            self._cache[family] = used or self._describe(family)
        return self._cache[family]

    def _in_service(self) -> str:
        if self.service is None:
            return ""
        cluster, name = self.service
        answer = self.ecs.read(
            "describe_services", f"find service {name}", SERVICE_GONE, cluster=cluster, services=[name]
        )
        found = [each for each in (answer or {}).get("services", ()) if each["status"] == "ACTIVE"]
        return str(found[0].get("taskDefinition", "")) if found else ""

    def _describe(self, name: str, statuses: Collection[str] = ("ACTIVE",)) -> Observed | None:
        answer = self.ecs.read(
            "describe_task_definition", f"find task definition {name}", GONE, taskDefinition=name, include=["TAGS"]
        )
        if answer is None or answer["taskDefinition"]["status"] not in statuses:
            return None
        content = answer["taskDefinition"]
        images = {each["name"]: each["image"] for each in content["containerDefinitions"]}
        state = {**task_definition_state(content), "tags": from_pairs(answer.get("tags"), "key", "value")}
        arn = content["taskDefinitionArn"]
        return Observed(arn, state, {"revision": revision_of(arn), "images": images})

    def is_active(self, revision: str) -> bool:
        """Whether a service can be set to this revision."""
        return self._describe(revision) is not None

    def target(self, family: str, wanted: State) -> str:
        """The revision that the wanted state has, or will have: in use, waiting for its first use, or the next one."""
        current = self.current(family)
        if current is not None and not self.content_differs(wanted, current):
            return str(current.facts["revision"])
        waiting = self._waiting(family, wanted)
        return waiting.facts["revision"] if waiting else f"{family}:{self._last(family) + 1}"

    @staticmethod
    def content_differs(wanted: State, existing: Observed) -> bool:
        return any(field != "tags" for field in differing_fields(wanted, existing.state))

    def _waiting(self, family: str, wanted: State) -> Observed | None:
        """The newest revision where it is as wanted, but not in use yet: a run that was interrupted left it."""
        newest = self._describe(family)
        return newest if newest and not self.content_differs(wanted, newest) else None

    def _last(self, family: str) -> int:
        """The highest revision that AWS has ever given."""
        numbers = [0]
        for status in STATUSES:
            answer = self.ecs.read(
                "list_task_definitions",
                f"list the revisions of task definition {family}",
                familyPrefix=family,
                status=status,
                sort="DESC",
                maxResults=1,
            )
            numbers += [int(arn.rpartition(":")[2]) for arn in answer["taskDefinitionArns"]]
        return max(numbers)

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        return self._register(name, wanted)

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        # `wanted` holds only what differs; the whole is registered.
        whole = {**before.state, **wanted}
        used = before
        if set(fields) - {"tags"}:
            used = self._waiting(name, whole) or self._registered(name, whole)
            scope.record(self.kind, {name: used})
        self._set_tags(name, used, whole["tags"])

    def _registered(self, family: str, wanted: State) -> Observed:
        """Register; where the answer is lost, look for the revision."""
        try:
            return self._register(family, wanted)
        except AmbiguousError:
            found = self._waiting(family, wanted)
            if found is None:
                raise
            return found

    def _register(self, family: str, wanted: State) -> Observed:
        # What was read before the registration is not true any more after it, however it ends.
        self._cache.pop(family, None)
        roles = {role: self.role_arn(self.sending[family][role]) for role in ROLES if role in self.sending[family]}
        arguments: State = {**self.sending[family], **roles, "family": family}
        if wanted.get("tags"):
            arguments["tags"] = to_pairs(wanted["tags"], "key", "value")
        answer = self.ecs.write(
            "register_task_definition", f"register task definition {family}", repeatable=False, **arguments
        )
        arn = answer["taskDefinition"]["taskDefinitionArn"]
        images = {each["name"]: each["image"] for each in answer["taskDefinition"]["containerDefinitions"]}
        return Observed(arn, {"tags": {}, **wanted}, {"revision": revision_of(arn), "images": images})

    def _set_tags(self, family: str, used: Observed, tags: dict[str, str]) -> None:
        setting, removing = tag_changes(used.state["tags"], tags)
        doing = f"tag task definition {family}"
        if setting:
            self.ecs.write("tag_resource", doing, resourceArn=used.id, tags=to_pairs(setting, "key", "value"))
        if removing:
            self.ecs.write("untag_resource", doing, resourceArn=used.id, tagKeys=removing)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """Deregister and delete every revision; AWS lets go of them when no task uses them any more."""
        doing = f"delete task definition {name}"
        for arn in self._all(name, "ACTIVE"):
            self.ecs.write("deregister_task_definition", doing, taskDefinition=arn)
        for some in batches(self._all(name, "INACTIVE"), DELETED_AT_ONCE):
            self.ecs.write("delete_task_definitions", doing, taskDefinitions=list(some))

    def _all(self, family: str, status: str) -> list[t.Any]:
        return self.ecs.pages(
            "list_task_definitions",
            "taskDefinitionArns",
            f"list the revisions of task definition {family}",
            familyPrefix=family,
            status=status,
        )
