# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an answer over HTTP must be like, and what is said when it is not. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .table import table

MISSING = object()
"""Stands for a member of a document, or a header, that is not there."""

TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
    "list": list,
    "dict": dict,
    "null": type(None),
}
PATH = re.compile(r"[^.\[\]]+|\[\d+\]")
PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
# Members of an answer whose value is not shown, whatever it is.
SECRET = re.compile(r"secret|token|passw|authorization|cookie|session|jwt|credential|api_?key", re.IGNORECASE)
HIDDEN = "(hidden)"
LONGEST_EXCERPT = 300

PASSED, FAILED, NOT_ASKED = "passed", "FAILED", "not asked"


@dataclass(frozen=True)
class Condition:
    """What one member of a document, or one header, must be. None: not said."""

    path: str
    equals: Any = None
    matches: str | None = None
    exists: bool | None = None
    type: str | None = None

    def problems(self, value: Any) -> Iterator[str]:
        """What is wrong with a value, or with its absence (MISSING)."""
        if value is MISSING:
            if self.exists is not False:
                yield "is not there"
            return
        if self.exists is False:
            yield f"is there: {shown(value, self.path)}"
            return
        if self.equals is not None and not same(value, self.equals):
            yield f"is {shown(value, self.path)}, not {shown(self.equals, self.path)}"
        if self.matches is not None and not re.search(self.matches, text_of(value)):
            yield f"is {shown(value, self.path)}, which does not match {self.matches!r}"
        if self.type is not None and not has_type(value, self.type):
            yield f"is {shown(value, self.path)}, not of type {self.type}"


@dataclass(frozen=True)
class Expectation:
    """What the whole answer to one request must be like."""

    statuses: tuple[int, ...] = (200,)
    headers: tuple[Condition, ...] = ()
    members: tuple[Condition, ...] = ()
    body_matches: str | None = None
    longest_ms: int | None = None


@dataclass(frozen=True)
class Answer:
    """What came back: the whole answer, or `error` where none came."""

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)  # names in lower case
    body: str = ""
    milliseconds: int = 0
    error: str = ""


@dataclass(frozen=True)
class Result:
    """One request, and what became of it."""

    name: str
    method: str
    path: str
    outcome: str
    attempts: int = 0
    answer: Answer | None = None
    problems: tuple[str, ...] = ()

    def summary(self) -> dict[str, Any]:
        """The shape that the module returns."""
        return {
            "name": self.name,
            "method": self.method,
            "path": self.path,
            "outcome": self.outcome,
            "attempts": self.attempts,
            "status": self.answer.status if self.answer else None,
            "milliseconds": self.answer.milliseconds if self.answer else None,
            "problems": list(self.problems),
        }


def problems(expected: Expectation, answer: Answer) -> tuple[str, ...]:
    """Every condition that the answer does not meet, in words; none when all is well."""
    if answer.error:
        return (answer.error,)
    return tuple(_problems(expected, answer))


def _problems(expected: Expectation, answer: Answer) -> Iterator[str]:
    if answer.status not in expected.statuses:
        yield f"status is {answer.status}, not {' or '.join(str(each) for each in expected.statuses)}"
    for condition in expected.headers:
        found = answer.headers.get(condition.path.lower(), MISSING)
        yield from (f"header {condition.path} {problem}" for problem in condition.problems(found))
    if expected.members:
        yield from _member_problems(expected.members, answer.body)
    if expected.body_matches is not None and not re.search(expected.body_matches, answer.body):
        yield f"the body does not match {expected.body_matches!r}"
    if expected.longest_ms is not None and answer.milliseconds > expected.longest_ms:
        yield f"took {answer.milliseconds} ms, more than {expected.longest_ms} ms"


def _member_problems(conditions: Iterable[Condition], body: str) -> Iterator[str]:
    try:
        document = json.loads(body)
    except ValueError:
        yield "the body is not JSON"
        return
    for condition in conditions:
        found = member(document, condition.path)
        yield from (f"JSON {condition.path or 'document'} {problem}" for problem in condition.problems(found))


def member(document: Any, path: str) -> Any:
    """The member at a path as in `checks[0].name`, or MISSING; the empty path is the document itself."""
    for step in PATH.findall(path):
        if step.startswith("["):
            index = int(step[1:-1])
            document = document[index] if isinstance(document, list) and index < len(document) else MISSING
        else:
            document = document.get(step, MISSING) if isinstance(document, dict) else MISSING
    return document


def same(value: Any, wanted: Any) -> bool:
    """Equality as JSON has it: true is not 1. A text stands for the number or truth value that it spells."""
    if isinstance(wanted, str) and not isinstance(value, str):
        return text_of(value) == wanted
    return isinstance(value, bool) == isinstance(wanted, bool) and bool(value == wanted)


def has_type(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, TYPES[name])


def text_of(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def shown(value: Any, path: str = "") -> str:
    """A value for people; what looks like a secret by its name is not shown."""
    if SECRET.search(path):
        return HIDDEN
    return short(json.dumps(without_secrets(value), sort_keys=True, ensure_ascii=False))


def without_secrets(value: Any) -> Any:
    """The value with everything hidden whose name says that it is secret."""
    if isinstance(value, dict):
        return {key: HIDDEN if SECRET.search(key) else without_secrets(each) for key, each in value.items()}
    if isinstance(value, list):
        return [without_secrets(each) for each in value]
    return value


def short(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= LONGEST_EXCERPT else f"{one_line[:LONGEST_EXCERPT]}…"


def excerpt(body: str) -> str:
    """The beginning of a body for people, secrets hidden."""
    try:
        document = json.loads(body)
    except ValueError:
        return short(re.sub(r"<(script|style)\b.*?</\1>", "", body, flags=re.DOTALL | re.IGNORECASE))
    return shown(document)


def bad_patterns(expected: Expectation) -> Iterator[str]:
    """The regular expressions of an expectation that are none."""
    patterns = [expected.body_matches, *(each.matches for each in (*expected.headers, *expected.members))]
    for pattern in patterns:
        if pattern is not None:
            try:
                re.compile(pattern)
            except re.error as error:
                yield f"{pattern!r} is no regular expression: {error}"


def filled(text: str, secrets: Mapping[str, str]) -> str:
    """Text with each `${name}` replaced by the secret of that name. A name that is not given stays as it is."""
    return PLACEHOLDER.sub(lambda match: secrets.get(match[1], match[0]), text)


def unfilled(texts: Iterable[str], secrets: Mapping[str, str]) -> list[str]:
    """The names that texts refer to but that no secret has, sorted."""
    return sorted({name for text in texts for name in PLACEHOLDER.findall(text)} - set(secrets))


def report(results: Sequence[Result]) -> str:
    """A table of all requests and, below it, what was wrong with each that failed and what was answered."""
    rows = [
        (
            each.name,
            f"{each.method} {each.path}",
            (each.answer.status or "-") if each.answer else "-",
            each.answer.milliseconds if each.answer else "-",
            each.attempts or "-",
            each.outcome,
        )
        for each in results
    ]
    lines = [table(("test", "request", "status", "ms", "tries", "outcome"), rows)]
    for each in results:
        if each.problems:
            lines += ["", f"{each.name} ({each.method} {each.path}):", *(f"  - {problem}" for problem in each.problems)]
            lines += [f"  answered: {excerpt(each.answer.body)}"] if each.answer and each.answer.body else []
    return "\n".join(lines)
