# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Parameter groups of databases and caches: what a value means, and what must change. Pure.

Parameters are a mapping of names to AWS's text; only those that somebody set, never the engine's defaults.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

Item = TypeVar("Item")

# Both services refuse more in one call.
BATCH = 20
_YES = frozenset({"1", "on", "true", "yes"})
_NO = frozenset({"0", "off", "false", "no"})


def canonical_parameters(parameters: Mapping[str, Any] | None) -> dict[str, str] | None:
    """Values as text, the way AWS keeps them. None (nothing said) stays None."""
    if parameters is None:
        return None
    return {name: canonical_value(value) for name, value in parameters.items()}


def canonical_value(value: Any) -> str:
    """YAML's `true` is AWS's 1, a number is its digits, a list is joined by commas without blanks."""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, (list, tuple)):
        return ",".join(canonical_value(each) for each in value)
    return str(value).strip()


def same_value(one: str, other: str) -> bool:
    """Whether two texts mean the same to the engine: `on` and 1, 0.50 and 0.5, `a, b` and `a,b`."""
    return _meaning(one) == _meaning(other)


def settled_parameters(wanted: Mapping[str, str], observed: Mapping[str, str]) -> dict[str, str]:
    """Wanted in the spelling that AWS has, where both mean the same."""
    return {
        name: observed[name] if name in observed and same_value(value, observed[name]) else value
        for name, value in wanted.items()
    }


def parameter_changes(current: Mapping[str, str], wanted: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """What to set, and which names to give back their default, to get from the current to the wanted parameters."""
    settled = settled_parameters(wanted, current)
    setting = {name: value for name, value in settled.items() if current.get(name) != value}
    return setting, sorted(current.keys() - wanted.keys())


def batches(items: Sequence[Item], size: int = BATCH) -> Iterator[Sequence[Item]]:
    """The items in their order, at most `size` at a time."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def _meaning(text: str) -> str | Decimal:
    folded = text.strip().casefold()
    if folded in _YES:
        return Decimal(1)
    if folded in _NO:
        return Decimal(0)
    try:
        number = Decimal(folded)
    except InvalidOperation:
        return re.sub(r"\s*,\s*", ",", text.strip())
    return number if number.is_finite() else folded
