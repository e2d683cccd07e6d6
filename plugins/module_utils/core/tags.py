# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Tags in one shape: a plain mapping of strings, without those that belong to AWS. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Tags = dict[str, str]


def wanted_tags(common: Mapping[str, Any] | None, own: Mapping[str, Any] | None = None, **extra: str) -> Tags | None:
    """The tags that a resource should have: common ones, its own over them, and e.g. `Name=...` over all.

    None (leave the tags alone) when neither the task nor the resource says anything.
    """
    if common is None and own is None:
        return None
    return {key: str(value) for key, value in {**(common or {}), **(own or {}), **extra}.items()}


def from_pairs(pairs: Iterable[Mapping[str, str]] | None, key: str = "Key", value: str = "Value") -> Tags:
    """AWS's list of pairs as a mapping, without AWS's own (`aws:`) tags."""
    found = {pair[key]: pair.get(value) or "" for pair in pairs or ()}
    return owned(found)


def owned(tags: Mapping[str, str] | None) -> Tags:
    """The tags without AWS's own, which cannot be changed."""
    return {key: value for key, value in (tags or {}).items() if not key.startswith("aws:")}


def to_pairs(tags: Mapping[str, str] | None, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """A mapping as AWS's list of pairs, in a stable order."""
    return [{key: name, value: tags[name]} for name in sorted(tags)] if tags else []


def tag_changes(current: Mapping[str, str], wanted: Mapping[str, str]) -> tuple[Tags, list[str]]:
    """What to set and which keys to remove to get from the current tags to the wanted ones."""
    setting = {key: value for key, value in wanted.items() if current.get(key) != value}
    return setting, sorted(current.keys() - wanted.keys())
