# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Filter patterns of CloudWatch Logs: terms, and conditions on JSON. Regular expressions and columns are left out."""

from __future__ import annotations

import fnmatch
import json
import operator
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

Test = Callable[[str], bool]
TERM = re.compile(r'([?-]?)(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))')
CONDITION = re.compile(
    r"\s*(?P<selector>\$(?:\.[A-Za-z_][\w-]*|\[\d+\])+)\s*"
    r"(?:(?P<word>IS\s+NULL|IS\s+TRUE|IS\s+FALSE|NOT\s+EXISTS)|(?P<operator><=|>=|!=|=|<|>)\s*"
    r'(?:"(?P<text>[^"]*)"|(?P<bare>[^\s()&|]+)))'
)
COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
MISSING = object()


class PatternError(ValueError):
    """The pattern cannot be read, or is of a sort that is not simulated; the text says which."""


@lru_cache(maxsize=256)
def matcher(pattern: str) -> Test:
    """What tells whether a message matches.

    :raises PatternError: for a pattern that cannot be read.
    """
    text = pattern.strip()
    if not text:
        return lambda message: isinstance(message, str)
    if text.startswith("["):
        raise PatternError(f"patterns of columns are not simulated: {pattern}")
    if text.startswith("{"):
        if not text.endswith("}"):
            raise PatternError(f"no }} at the end of {pattern}")
        return _json_matcher(text[1:-1])
    if "%" in text:
        raise PatternError(f"regular expressions are not simulated: {pattern}")
    return _term_matcher(text)


def _term_matcher(text: str) -> Test:
    """All terms, none of those with a minus, and one of those with a question mark."""
    terms: dict[str, list[str]] = {"": [], "-": [], "?": []}
    for sign, quoted, bare in TERM.findall(text):
        terms[sign].append(quoted.replace('\\"', '"') or bare)
    if not any(terms.values()):
        raise PatternError(f"no term in {text}")

    def matches(message: str) -> bool:
        return (
            all(term in message for term in terms[""])
            and not any(term in message for term in terms["-"])
            and (not terms["?"] or any(term in message for term in terms["?"]))
        )

    return matches


def _json_matcher(text: str) -> Test:
    test, rest = _any_of(text)
    if rest.strip():
        raise PatternError(f"cannot read {rest.strip()!r}")

    def matches(message: str) -> bool:
        try:
            document = json.loads(message)
        except ValueError:
            return False
        return test(document)

    return matches


def _any_of(text: str) -> tuple[Callable[[Any], bool], str]:
    first, text = _all_of(text)
    tests = [first]
    while text.lstrip().startswith("||"):
        more, text = _all_of(text.lstrip()[2:])
        tests.append(more)
    return lambda document: any(test(document) for test in tests), text


def _all_of(text: str) -> tuple[Callable[[Any], bool], str]:
    first, text = _one(text)
    tests = [first]
    while text.lstrip().startswith("&&"):
        more, text = _one(text.lstrip()[2:])
        tests.append(more)
    return lambda document: all(test(document) for test in tests), text


def _one(text: str) -> tuple[Callable[[Any], bool], str]:
    if text.lstrip().startswith("("):
        test, rest = _any_of(text.lstrip()[1:])
        if not rest.lstrip().startswith(")"):
            raise PatternError(f"no ) before {rest.strip()!r}")
        return test, rest.lstrip()[1:]
    match = CONDITION.match(text)
    if match is None:
        raise PatternError(f"cannot read {text.strip()!r}")
    return _condition(match), text[match.end() :]


def _condition(match: re.Match[str]) -> Callable[[Any], bool]:
    path = re.findall(r"\.([\w-]+)|\[(\d+)\]", match["selector"])

    def found(document: Any) -> Any:
        return select(document, path)

    if match["word"]:
        word = " ".join(match["word"].split())
        wanted = {"IS NULL": None, "IS TRUE": True, "IS FALSE": False, "NOT EXISTS": MISSING}[word]
        return lambda document: found(document) is wanted
    sign = match["operator"]
    if sign in COMPARISONS:
        limit = _number(match["text"] or match["bare"])
        return lambda document: _is_number(found(document)) and bool(COMPARISONS[sign](found(document), limit))
    equals = _equals(match)
    if sign == "=":
        return lambda document: equals(found(document))
    return lambda document: found(document) is not MISSING and not equals(found(document))


def _equals(match: re.Match[str]) -> Callable[[Any], bool]:
    """Texts may have stars; numbers without quotes are compared as numbers."""
    text = match["text"]
    if text is None and re.fullmatch(r"[+-]?\d+(\.\d+)?", match["bare"]):
        number = float(match["bare"])
        return lambda value: _is_number(value) and float(value) == number
    wanted = match["bare"] if text is None else text
    return lambda value: isinstance(value, str) and fnmatch.fnmatchcase(value, wanted.replace("[", "[[]"))


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise PatternError(f"{text!r} is no number") from error


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def selector(text: str) -> list[tuple[str, str]] | None:
    """The path of a selector such as `$.latency`, or None for text that is none."""
    if not re.fullmatch(r"\$(\.[A-Za-z_][\w-]*|\[\d+\])+", text):
        return None
    return [(key, index) for key, index in re.findall(r"\.([\w-]+)|\[(\d+)\]", text)]


def select(document: Any, path: list[tuple[str, str]]) -> Any:
    """What is at a path of a document; MISSING where there is nothing."""
    for key, index in path:
        if key and isinstance(document, dict) and key in document:
            document = document[key]
        elif index and isinstance(document, list) and int(index) < len(document):
            document = document[int(index)]
        else:
            return MISSING
    return document
