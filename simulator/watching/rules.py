# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The rules of composite alarms: read, and decided from the states of other alarms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
TOKEN = re.compile(
    r"\s*(?:(?P<word>[A-Z_]+(?=\s*\(|\s|\)|$))|(?P<name>\"[^\"]+\"|'[^']+'|[^\s()\"',]+)|(?P<mark>[()]))"
)


class RuleError(ValueError):
    """The rule cannot be read; the text says why."""


@dataclass(frozen=True)
class Node:
    """`word` is AND, OR, NOT, TRUE, FALSE or a state; `alarm` the name behind a state."""

    word: str
    parts: tuple[Node, ...] = ()
    alarm: str = ""


@lru_cache(maxsize=256)
def parse(text: str) -> Node:
    """The tree of a rule.

    :raises RuleError: for text that is none.
    """
    reader = _Reader(_tokens(text))
    node = reader.any_of()
    if reader.peek():
        raise RuleError(f"unexpected {reader.peek()!r}")
    return node


def alarms_in(node: Node) -> set[str]:
    """The names of the alarms that a rule asks."""
    return ({node.alarm} if node.alarm else set()).union(*(alarms_in(part) for part in node.parts))


def holds(node: Node, states: Mapping[str, str]) -> bool:
    """Whether the rule holds; an alarm that is gone has no state."""
    if node.word in STATES:
        return states.get(node.alarm) == node.word
    parts = [holds(part, states) for part in node.parts]
    if node.word == "AND":
        return all(parts)
    if node.word == "OR":
        return any(parts)
    return not parts[0] if node.word == "NOT" else node.word == "TRUE"


def _tokens(text: str) -> list[str]:
    found, position, end = [], 0, len(text.rstrip())
    while position < end:
        match = TOKEN.match(text, position)
        if match is None:
            raise RuleError(f"cannot read {text[position:].strip()!r}")
        found.append(match[0].strip())
        position = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._next = 0

    def peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def take(self, wanted: str = "") -> str:
        token = self.peek()
        if not token or (wanted and token != wanted):
            raise RuleError(f"expected {wanted or 'more'!r} and found {token or 'the end'!r}")
        self._next += 1
        return token

    def any_of(self) -> Node:
        parts = [self.all_of()]
        while self.peek() == "OR":
            self.take()
            parts.append(self.all_of())
        return parts[0] if len(parts) == 1 else Node("OR", tuple(parts))

    def all_of(self) -> Node:
        parts = [self.one()]
        while self.peek() == "AND":
            self.take()
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else Node("AND", tuple(parts))

    def one(self) -> Node:
        piece = self.take()
        if piece == "NOT":
            return Node("NOT", (self.one(),))
        if piece == "(":
            inner = self.any_of()
            self.take(")")
            return inner
        if piece in ("TRUE", "FALSE"):
            return Node(piece)
        if piece in STATES:
            self.take("(")
            name = self.take().strip("\"'")
            self.take(")")
            return Node(piece, alarm=name.rpartition(":alarm:")[2])
        raise RuleError(f"unexpected {piece!r}")
