# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS: from the options of the module ecs_task_definition to a revision."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping

from ..core.ecs_references import references, resolved
from ..core.ecs_task_definition import sendable, task_definition_state
from ..core.plan import State
from .data_names import role_finder
from .ecs_ids import role_by_name
from .ecs_lookup import Lookup
from .ecs_task_definitions import TaskDefinitions
from .reconcile import Request, reconcile

if t.TYPE_CHECKING:
    from .module import PlatformModule


def camel(option: str) -> str:
    """AWS's spelling of an option: `container_definitions` is containerDefinitions."""
    first, *others = option.split("_")
    return first + "".join(each.capitalize() for each in others)


def options_as_input(params: Mapping[str, t.Any], options: Iterable[str]) -> State:
    """The options that are said, in AWS's spelling."""
    return {camel(option): params[option] for option in options if params[option] is not None}


class TaskDefinitionTask:
    """One task of the module."""

    def __init__(self, module: PlatformModule, options: tuple[str, ...]) -> None:
        self.module = module
        self.options = options
        self.family: str = module.params["family"]
        service = module.params["service"]
        role_arn = role_by_name(role_finder(lambda: module.api("iam")))
        used = (service["cluster"], service["name"]) if service else None
        self.kind = TaskDefinitions(module.api("ecs"), role_arn, used)

    def remove(self) -> t.NoReturn:
        self.module.reconcile(Request(self.kind, absent=frozenset({self.family})), task_definition="")

    def describe(self) -> t.NoReturn:
        """Look up the references, and register where something differs."""
        module, family = self.module, self.family
        values = {**options_as_input(module.params, self.options), "family": family}
        lookup = self._replace_references(values)
        self.kind.sending = {family: sendable(values)}
        wanted: State = {
            **task_definition_state(self.kind.sending[family]),
            "tags": module.tags_of(self.kind, {"name": family}),
        }
        request = Request(self.kind, {family: wanted}, keep_tags=not module.params["purge_tags"])
        plan, scope = reconcile([request], check_mode=module.check_mode)
        for each in lookup.missing:
            module.warn(f"{each.sort} {each.name} does not exist yet; its place is shown as {each}")
        found = scope.of_kind(self.kind.kind)
        facts = {name: {"id": each.id, **each.facts} for name, each in found.items()}
        if plan.changed and module.check_mode:
            revision = self.kind.target(family, wanted)
        else:
            revision = found[family].facts["revision"]
        module.exit_planned(plan, resources={self.kind.kind: facts}, task_definition=revision)

    def _replace_references(self, values: State) -> Lookup:
        """Put what the references stand for into their places."""
        current = self.kind.current(self.family)
        images = current.facts["images"] if current else {}
        lookup = Lookup(self.module.api, check_mode=self.module.check_mode)
        containers = values.get("containerDefinitions")
        lookup.load(references(containers, images))
        values["containerDefinitions"] = resolved(containers, images, lookup.text)
        return lookup
