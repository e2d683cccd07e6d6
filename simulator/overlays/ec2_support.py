# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the EC2 overlays share: filters, tags, the things that live in a subnet."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from simulator.errors import AwsError

Item = dict[str, Any]
Values = Callable[[Item], list[str]]


def new_id(prefix: str) -> str:
    """An id as EC2 makes them: nat-0123456789abcdef0."""
    return f"{prefix}-0{uuid.uuid4().hex[:16]}"


def tags_for(parameters: dict[str, Any], kind: str) -> list[dict[str, str]]:
    """The tags that a request gives to a new thing of this kind."""
    return [
        tag
        for specification in parameters.get("TagSpecifications", [])
        if specification.get("ResourceType") == kind
        for tag in specification.get("Tags", [])
    ]


def tags_of(backend: Any, resource_id: str) -> list[dict[str, str]]:
    """The tags of a thing, from the table in which CreateTags puts them."""
    return [{"Key": key, "Value": value} for key, value in backend.tags.get(resource_id, {}).items()]


def _pattern(value: str) -> re.Pattern[str]:
    escaped = re.escape(value).replace(r"\*", ".*").replace(r"\?", ".")
    return re.compile(f"^{escaped}$", re.DOTALL)


def filtered(items: list[Item], filters: list[dict[str, Any]] | None, values: dict[str, Values]) -> list[Item]:
    """The items that match every filter; any value of a filter will do, with * and ? as wildcards.

    :raises AwsError: InvalidParameterValue for a filter that the operation does not have.
    """
    for one in filters or []:
        name = one["Name"]
        patterns = [_pattern(value) for value in one.get("Values", [])]
        found = _values_of(name, values)
        items = [item for item in items if any(p.match(value) for p in patterns for value in found(item))]
    return items


def _values_of(name: str, values: dict[str, Values]) -> Values:
    if name.startswith("tag:"):
        key = name[4:]
        return lambda item: [tag["Value"] for tag in item.get("Tags", []) if tag["Key"] == key]
    if name == "tag-key":
        return lambda item: [tag["Key"] for tag in item.get("Tags", [])]
    if name not in values:
        raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
    return values[name]


def member(*path: str) -> Values:
    """The value at a path of members, for `filtered`; through lists, too."""

    def values(item: Item) -> list[str]:
        return [value if isinstance(value, str) else str(value).lower() for value in _walk(item, path)]

    return values


def _walk(item: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(item, list):
        for element in item:
            yield from _walk(element, path)
    elif not path:
        if item is not None:
            yield item
    elif isinstance(item, dict) and path[0] in item:
        yield from _walk(item[path[0]], path[1:])
