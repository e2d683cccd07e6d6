# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What subnet and parameter groups of RDS and ElastiCache have in common: the two services differ only in words."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Iterable
from functools import partial
from typing import Any

from ..core.parameters import canonical_parameters, parameter_changes, settled_parameters
from ..core.plan import Observed, State
from ..core.tags import from_pairs, tag_changes, to_pairs
from .api import Api
from .data_names import NetworkNames
from .reconcile import Kind, Scope, side_by_side

# Waits until nothing uses a group any more: AWS deletes only groups that are free.
WaitFree = Callable[[str], None]


class Words:
    """One service's words for a sort of group: its operations, and where things stand in arguments and answers."""

    def __init__(self, noun: str, sort: str, gone: Collection[str], busy: Collection[str], **odd: str) -> None:
        """`noun` is "DBSubnetGroup", `sort` its operations' "db_subnet_group"; `odd` what does not follow from them.

        `gone` are the error codes of a group that does not exist, `busy` those of one that something still uses.
        """
        self.create = f"create_{sort}"
        self.describe = f"describe_{sort}s"
        self.modify = f"modify_{sort}"
        self.reset = f"reset_{sort}"
        self.delete = f"delete_{sort}"
        self.gone = frozenset(gone)
        self.busy = frozenset(busy)
        self.one = noun
        self.listed = f"{noun}s"
        self.name = f"{noun}Name"
        self.family = f"{noun}Family"
        self.description = f"{noun}Description"
        self.arn = odd.get("arn", f"{noun}Arn")
        self.parameters = odd.get("parameters", "")

    def arguments(self, name: str, description: str | None = None) -> dict[str, Any]:
        """The arguments that name a group, and describe it where a description is given."""
        return {self.name: name} | ({} if description is None else {self.description: description})


class ServiceTags:
    """Tags of RDS and ElastiCache resources, which both keep by ARN. The answers differ in one key."""

    def __init__(self, api: Api) -> None:
        self.api = api

    def of(self, what: str, arn: str, busy: Collection[str] = ()) -> dict[str, str] | None:
        """The tags, or None where the service answers with one of the codes `busy`."""
        answer = self.api.read("list_tags_for_resource", f"list tags of {what}", busy, ResourceName=arn)
        return from_pairs(answer["TagList"]) if answer else None

    def set(self, what: str, arn: str, current: dict[str, str], wanted: dict[str, str]) -> None:
        setting, removing = tag_changes(current, wanted)
        doing = f"tag {what}"
        if setting:
            self.api.write("add_tags_to_resource", doing, ResourceName=arn, Tags=to_pairs(setting))
        if removing:
            self.api.write("remove_tags_from_resource", doing, ResourceName=arn, TagKeys=removing)


class SubnetGroups(Kind):
    """State: `description`, `subnets` (names, sorted), `tags`."""

    words: Words

    def __init__(self, api: Api, network: NetworkNames, wait_free: WaitFree) -> None:
        self.api = api
        self.network = network
        self.wait_free = wait_free
        self.tags = ServiceTags(api)

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found = side_by_side({name: partial(self._find, name) for name in names})
        return {name: observed for name, observed in found.items() if observed}

    def _find(self, name: str) -> Observed | None:
        words = self.words
        found = self.api.read(words.describe, f"find {self.kind} {name}", words.gone, **words.arguments(name))
        if found is None:
            return None
        group = found[words.listed][0]
        arn = group[words.arn]
        ids = [subnet["SubnetIdentifier"] for subnet in group.get("Subnets") or ()]
        answers = side_by_side(
            {
                "names": lambda: self.network.subnet_names(ids),
                "tags": lambda: self.tags.of(f"{self.kind} {name}", arn),
            }
        )
        state = {
            "description": group[words.description],
            "subnets": sorted(answers["names"].values()),
            "tags": answers["tags"],
        }
        return Observed(arn, state, {"arn": arn})

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        words = self.words
        answer = self.api.write(
            words.create,
            f"create {self.kind} {name}",
            repeatable=False,
            **words.arguments(name, wanted["description"]),
            SubnetIds=self.network.subnet_ids(wanted["subnets"]),
            Tags=to_pairs(wanted.get("tags")),
        )
        arn = answer[words.one][words.arn]
        return Observed(arn, {"tags": {}, **wanted}, {"arn": arn})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        words = self.words
        after = {**before.state, **wanted}
        if {"subnets", "description"} & set(fields):
            self.api.write(
                words.modify,
                f"change {self.kind} {name}",
                SubnetIds=self.network.subnet_ids(after["subnets"]),
                **words.arguments(name, after["description"]),
            )
        if "tags" in fields:
            self.tags.set(f"{self.kind} {name}", before.id, before.state["tags"], after["tags"])

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.wait_free(name)
        words = self.words
        doing = f"delete {self.kind} {name}"
        self.api.write(words.delete, doing, missing=words.gone, retry=words.busy, **words.arguments(name))


class ParameterGroups(Kind):
    """State: `family`, `description`, `parameters` (those that somebody set, as text), `tags`."""

    words: Words

    def __init__(self, api: Api, wait_free: WaitFree) -> None:
        self.api = api
        self.wait_free = wait_free
        self.tags = ServiceTags(api)

    @abstractmethod
    def set_parameters(self, name: str, setting: dict[str, str], resetting: list[str]) -> None:
        """Set some parameters and give others back their default. `setting` and `resetting` may be empty."""

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found = side_by_side({name: partial(self._find, name) for name in names})
        return {name: observed for name, observed in found.items() if observed}

    def _find(self, name: str) -> Observed | None:
        words = self.words
        found = self.api.read(words.describe, f"find {self.kind} {name}", words.gone, **words.arguments(name))
        if not found or not found[words.listed]:
            return None
        group = found[words.listed][0]
        arn = group[words.arn]
        answers = side_by_side(
            {
                "parameters": lambda: self.parameters(name, Source="user"),
                "tags": lambda: self.tags.of(f"{self.kind} {name}", arn),
            }
        )
        state = {
            "family": group[words.family],
            "description": group["Description"],
            "parameters": {
                each["ParameterName"]: each["ParameterValue"]
                for each in answers["parameters"]
                if each.get("ParameterValue") is not None
            },
            "tags": answers["tags"],
        }
        return Observed(arn, state, {"arn": arn})

    def parameters(self, name: str, **filters: str) -> list[dict[str, Any]]:
        """What the service says about the parameters of a group."""
        words = self.words
        doing = f"read the parameters of {self.kind} {name}"
        return self.api.pages(words.parameters, "Parameters", doing, **{words.name: name, **filters})

    def settle(self, wanted: State, observed: State) -> State:
        if wanted.get("parameters") is None:
            return wanted
        return {**wanted, "parameters": settled_parameters(wanted["parameters"], observed["parameters"])}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        words = self.words
        answer = self.api.write(
            words.create,
            f"create {self.kind} {name}",
            repeatable=False,
            Description=wanted["description"],
            Tags=to_pairs(wanted.get("tags")),
            **{words.name: name, words.family: wanted["family"]},
        )
        arn = answer[words.one][words.arn]
        return Observed(arn, {"tags": {}, **wanted, "parameters": {}}, {"arn": arn})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        if "parameters" in fields:
            self.set_parameters(name, *parameter_changes(before.state["parameters"], wanted["parameters"]))
        if "tags" in fields:
            self.tags.set(f"{self.kind} {name}", before.id, before.state["tags"], wanted["tags"])

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.wait_free(name)
        words = self.words
        doing = f"delete {self.kind} {name}"
        self.api.write(words.delete, doing, missing=words.gone, retry=words.busy, **words.arguments(name))


def parameter_group_state(section: dict[str, Any], tags: dict[str, str] | None) -> State:
    """The wanted state in a `parameter_group` option, whose description may be unsaid."""
    return {
        "family": section["family"],
        "description": section["description"] or f"Parameters of {section['name']}",
        "parameters": canonical_parameters(section["parameters"]),
        "tags": tags,
    }


def subnet_group_state(section: dict[str, Any], tags: dict[str, str] | None) -> State:
    """The wanted state in a `subnet_group` option, whose description may be unsaid."""
    return {
        "description": section["description"] or f"Subnets of {section['name']}",
        "subnets": sorted(section["subnets"]),
        "tags": tags,
    }
