# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Bring a nested AWS structure into canonical form, by a description of its fields. Pure.

A description says of each field what it holds, what AWS takes where nothing is said, and of each list whether its order
means anything. Two structures that mean the same to AWS have one canonical form, so that equality is all that is left
to ask, and a key that somebody took away is noticed as well as one that was added.
"""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from .plan import PlanRefused

YES, NO = frozenset({"true", "yes", "on"}), frozenset({"false", "no", "off"})


@dataclass(frozen=True)
class Leaf:
    """One value. `default` is what AWS takes where it is not said; None: AWS takes nothing."""

    kind: Literal["text", "number", "fraction", "flag", "document"]
    default: Any = None


@dataclass(frozen=True)
class Struct:
    """Named fields. One that says nothing but defaults counts as not said at all."""

    fields: Mapping[str, Shape]


@dataclass(frozen=True)
class ListOf:
    """Items of one shape. Without `ordered` they are sorted, structures by their first field."""

    item: Shape
    ordered: bool = False


@dataclass(frozen=True)
class MapOf:
    """Texts by names that the user chooses."""


Shape: TypeAlias = "Leaf | Struct | ListOf | MapOf"

TEXT, NUMBER, FRACTION, FLAG = Leaf("text"), Leaf("number"), Leaf("fraction"), Leaf("flag")
# JSON that AWS hands on as it is.
DOCUMENT = Leaf("document")
TEXTS, WORDS = ListOf(TEXT), ListOf(TEXT, ordered=True)
MAP = MapOf()
OFF = Leaf("flag", default=False)


def text(default: str) -> Leaf:
    return Leaf("text", default)


def number(default: int) -> Leaf:
    return Leaf("number", default)


def struct(**fields: Shape) -> Struct:
    return Struct(fields)


def bag(**fields: Shape) -> ListOf:
    """A list of structures whose order means nothing."""
    return ListOf(Struct(fields))


def series(**fields: Shape) -> ListOf:
    """A list of structures whose order means something."""
    return ListOf(Struct(fields), ordered=True)


def canonical(shape: Shape, value: Any, *, fill: bool = True, strict: bool = False, where: str = "") -> Any:
    """The canonical form, or None where nothing is said.

    `fill` puts AWS's defaults in; without it the result is what can be sent. `strict` refuses keys that the shape does
    not have (for what users write); otherwise they are left out (for what AWS answers). Raises PlanRefused for values
    of the wrong kind, naming the place.
    """
    if isinstance(shape, Leaf):
        return _leaf(shape, value, fill, where)
    if value is None:
        return None
    if isinstance(shape, Struct):
        return _struct(shape, value, fill, strict, where)
    if isinstance(shape, MapOf):
        _expect(value, Mapping, "a mapping", where)
        return {str(key): as_text(value[key], f"{where}.{key}") for key in sorted(value)} or None
    _expect(value, (list, tuple), "a list", where)
    return _items(shape, value, fill, strict, where) or None


def _items(shape: ListOf, value: Any, fill: bool, strict: bool, where: str) -> list[Any]:
    found = [
        _item(shape.item, each, fill, strict, f"{where}[{position}]")
        for position, each in enumerate(value)
        if each is not None
    ]
    return found if shape.ordered else sorted(found, key=lambda each: _order(shape.item, each))


def _item(shape: Shape, value: Any, fill: bool, strict: bool, where: str) -> Any:
    """An item keeps its place also where it says nothing but defaults, or is an empty text."""
    if isinstance(shape, Leaf) and shape.kind == "text":
        return as_text(value, where)
    if isinstance(shape, Struct):
        return _fields(shape, value, fill, strict, where)
    return canonical(shape, value, fill=fill, strict=strict, where=where)


def _order(shape: Shape, item: Any) -> tuple[str, str]:
    first = item.get(next(iter(shape.fields))) if isinstance(shape, Struct) else item
    # Numbers are padded, so that port 80 stands before port 443.
    head = f"{first:020}" if isinstance(first, int) else str(first if first is not None else "")
    return head, json.dumps(item, sort_keys=True, default=str)


def _struct(shape: Struct, value: Any, fill: bool, strict: bool, where: str) -> dict[str, Any] | None:
    found = _fields(shape, value, fill, strict, where)
    return None if found == _fields(shape, {}, fill, strict, where) else found


def _fields(shape: Struct, value: Any, fill: bool, strict: bool, where: str) -> dict[str, Any]:
    _expect(value, Mapping, "a mapping", where)
    if strict:
        _refuse_unknown(shape, value, where)
    found = {
        name: canonical(each, value.get(name), fill=fill, strict=strict, where=f"{where}.{name}" if where else name)
        for name, each in shape.fields.items()
    }
    return {name: each for name, each in found.items() if each is not None}


def _refuse_unknown(shape: Struct, value: Mapping[str, Any], where: str) -> None:
    for name in value:
        if name not in shape.fields:
            near = difflib.get_close_matches(_camel(str(name)), shape.fields, n=1)
            hint = f"did you mean {near[0]}?" if near else f"AWS knows {', '.join(sorted(shape.fields))}"
            raise PlanRefused(f"{where + '.' if where else ''}{name}: AWS has no such key; {hint}")


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


def _leaf(shape: Leaf, value: Any, fill: bool, where: str) -> Any:
    if value is None or value == "":
        return shape.default if fill or shape.default == "" else None
    readers: dict[str, Callable[[Any, str], Any]] = {"text": as_text, "flag": _flag, "document": lambda each, _: each}
    if shape.kind in readers:
        return readers[shape.kind](value, where)
    return _number(value, shape.kind == "fraction", where)


def as_text(value: Any, where: str) -> str:
    """Text as AWS keeps it: YAML's `true` is the word, a number is its digits. Raises PlanRefused for structures."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (Mapping, list, tuple)):
        raise PlanRefused(f"{where}: a text is needed, got {value!r}")
    return str(value)


def _flag(value: Any, where: str) -> bool:
    word = str(value).lower()
    if word not in YES | NO:
        raise PlanRefused(f"{where}: true or false is needed, got {value!r}")
    return word in YES


def _number(value: Any, fraction: bool, where: str) -> float | int:
    try:
        found = float(str(value))
    except ValueError:
        found = float("nan")
    whole = math.isfinite(found) and found.is_integer()
    if isinstance(value, bool) or not (whole or (fraction and not math.isnan(found))):
        raise PlanRefused(f"{where}: a {'number' if fraction else 'whole number'} is needed, got {value!r}")
    return found if fraction else int(found)


def _expect(value: Any, kind: Any, words: str, where: str) -> None:
    if not isinstance(value, kind):
        raise PlanRefused(f"{where or 'the value'}: {words} is needed, got {value!r}")
