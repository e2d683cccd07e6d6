# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Samples of an operation's input, made from botocore's own model, so that no field can be forgotten."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session

Path = tuple[str | int, ...]


def input_shape(service: str, operation: str) -> Any:
    """botocore's shape of an operation's input."""
    return botocore.session.Session().get_service_model(service).operation_model(operation).input_shape


def leaves(shape: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every leaf with its path: keys of structures and maps, and 0 for the item of a list."""
    if shape.type_name == "structure" and not getattr(shape, "is_document_type", False):
        for name, member in shape.members.items():
            yield from leaves(member, (*path, name))
    elif shape.type_name == "list":
        yield from leaves(shape.member, (*path, 0))
    elif shape.type_name == "map":
        yield from leaves(shape.value, (*path, "Key"))
    else:
        yield path, shape


def name_of(path: Path) -> str:
    """A path for people: `loadBalancers[].containerPort`."""
    return "".join("[]" if step == 0 else f".{step}" for step in path).lstrip(".")


def sample(shape: Any, defaults: Mapping[str, Any]) -> Any:
    """An input in which every field is said, none as AWS would have it by default."""
    found: dict[str, Any] = {}
    for path, leaf in leaves(shape):
        put(found, path, value_of(leaf, avoid=(defaults.get(name_of(path)),)))
    return found


def value_of(leaf: Any, avoid: tuple[Any, ...]) -> Any:
    """A value of the leaf's type that is none of those to avoid."""
    candidates: dict[str, tuple[Any, ...]] = {
        "boolean": (True, False),
        "integer": (7, 8, 9),
        "double": (7.5, 8.5, 9.5),
        "structure": ({"say": 1}, {"say": 2}, {"say": 3}),
    }
    words = (*(getattr(leaf, "enum", ()) or ()), "one", "two", "three")
    return next(each for each in candidates.get(leaf.type_name, words) if each not in avoid)


def get(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def put(value: Any, path: Path, leaf: Any) -> None:
    """Set a leaf in place, with the structures and lists on the way to it."""
    for step, following in itertools.pairwise(path):
        below: Any = [] if following == 0 else {}
        if step == 0:
            value.append(below) if not value else None
            value = value[0]
        else:
            value = value.setdefault(step, below)
    if path[-1] == 0:
        value[:] = [leaf]
    else:
        value[path[-1]] = leaf


def with_leaf(value: Any, path: Path, leaf: Any) -> Any:
    """A copy with another leaf."""
    changed = copy.deepcopy(value)
    put(changed, path, leaf)
    return changed


def without_leaf(value: Any, path: Path) -> Any:
    """A copy without the leaf."""
    changed = copy.deepcopy(value)
    del get(changed, path[:-1])[path[-1]]
    return changed
