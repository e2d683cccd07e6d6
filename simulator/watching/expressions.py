# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Metric math: read an expression. `arithmetic.py` works it out.

The grammar of the CloudWatch user guide, "Using math expressions with CloudWatch metrics", as far as alarms use it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

FUNCTIONS = {
    "ABS": (1, 1),
    "AVG": (1, 1),
    "CEIL": (1, 1),
    "DATAPOINT_COUNT": (1, 1),
    "DIFF": (1, 1),
    "FILL": (2, 2),
    "FLOOR": (1, 1),
    "IF": (2, 3),
    "MAX": (1, 1),
    "METRICS": (0, 1),
    "MIN": (1, 1),
    "PERIOD": (1, 1),
    "RATE": (1, 1),
    "RUNNING_SUM": (1, 1),
    "STDDEV": (1, 1),
    "SUM": (1, 1),
}
TOKEN = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)|(?P<name>[A-Za-z][A-Za-z0-9_]*)"
    r"|(?P<text>\"[^\"]*\"|'[^']*')|(?P<operator>==|!=|<=|>=|&&|\|\||[-+*/^<>(),\[\]]))"
)
# From the loosest to the tightest.
LEVELS: tuple[tuple[str, ...], ...] = (
    ("||", "OR"),
    ("&&", "AND"),
    ("==", "!=", "<", "<=", ">", ">="),
    ("+", "-"),
    ("*", "/"),
    ("^",),
)


class ExpressionError(ValueError):
    """The expression cannot be read or worked out; the text says why."""


@dataclass(frozen=True)
class Number:
    value: float


@dataclass(frozen=True)
class Text:
    value: str


@dataclass(frozen=True)
class Name:
    name: str


@dataclass(frozen=True)
class Array:
    items: tuple[Node, ...]


@dataclass(frozen=True)
class Apply:
    """A function or an operator and what it is applied to."""

    function: str
    arguments: tuple[Node, ...]


Node = Number | Text | Name | Array | Apply


@lru_cache(maxsize=256)
def parse(text: str) -> Node:
    """The tree of an expression.

    :raises ExpressionError: for text that is none.
    """
    reader = _Reader(_tokens(text))
    node = reader.level(0)
    if reader.peek():
        raise ExpressionError(f"unexpected {reader.peek()!r} in {text!r}")
    return node


def names_in(node: Node) -> set[str]:
    """The ids of the metrics and expressions that an expression names."""
    if isinstance(node, Name):
        return {node.name}
    if isinstance(node, Array):
        return set().union(*(names_in(item) for item in node.items))
    if isinstance(node, Apply):
        return set().union(*(names_in(item) for item in node.arguments)) - {"REPEAT", "LINEAR"}
    return set()


def asks_for_all(node: Node) -> bool:
    """Whether the expression calls METRICS()."""
    if isinstance(node, Apply):
        return node.function == "METRICS" or any(asks_for_all(item) for item in node.arguments)
    return isinstance(node, Array) and any(asks_for_all(item) for item in node.items)


def _tokens(text: str) -> list[str]:
    found, position, end = [], 0, len(text.rstrip())
    while position < end:
        match = TOKEN.match(text, position)
        if match is None:
            raise ExpressionError(f"cannot read {text[position:].strip()!r} in {text!r}")
        found.append(match[0].strip())
        position = match.end()
    return found


class _Reader:
    def __init__(self, tokens: list[str]) -> None:
        self._tokens = tokens
        self._next = 0

    def peek(self) -> str:
        return self._tokens[self._next] if self._next < len(self._tokens) else ""

    def take(self) -> str:
        token = self.peek()
        self._next += 1
        return token

    def expect(self, wanted: str) -> None:
        found = self.take()
        if found != wanted:
            raise ExpressionError(f"expected {wanted!r} and found {found or 'the end'!r}")

    def level(self, number: int) -> Node:
        if number == len(LEVELS):
            return self.operand()
        left = self.level(number + 1)
        while self.peek() in LEVELS[number]:
            operator = {"OR": "||", "AND": "&&"}.get(self.peek(), self.peek())
            self.take()
            left = Apply(operator, (left, self.level(number + 1)))
        return left

    def operand(self) -> Node:
        piece = self.take()
        if piece == "-":
            return Apply("-", (Number(0), self.operand()))
        if piece == "(":
            inner = self.level(0)
            self.expect(")")
            return inner
        if piece == "[":
            return Array(self.items("]"))
        if piece[:1] in ("'", '"'):
            return Text(piece[1:-1])
        if piece[:1].isdigit() or (piece.startswith(".") and len(piece) > 1):
            return Number(float(piece))
        if piece[:1].isalpha():
            return self.call(piece) if self.peek() == "(" else Name(piece)
        raise ExpressionError(f"unexpected {piece or 'end'!r}")

    def call(self, name: str) -> Node:
        self.take()
        arguments = self.items(")")
        if name not in FUNCTIONS:
            raise ExpressionError(f"the function {name} is not simulated or does not exist")
        fewest, most = FUNCTIONS[name]
        if not fewest <= len(arguments) <= most:
            raise ExpressionError(f"{name} takes {fewest} to {most} arguments, not {len(arguments)}")
        return Apply(name, arguments)

    def items(self, end: str) -> tuple[Node, ...]:
        if self.peek() == end:
            self.take()
            return ()
        found = [self.level(0)]
        while self.peek() == ",":
            self.take()
            found.append(self.level(0))
        self.expect(end)
        return tuple(found)
