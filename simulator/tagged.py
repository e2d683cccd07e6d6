# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the tagging API lists beside moto's own: overlays register the tagged things that they keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.overlay import Context


@dataclass(frozen=True)
class Tagged:
    """One tagged thing; `kind` as ResourceTypeFilters name it, `ec2:vpc`."""

    arn: str
    kind: str
    tags: dict[str, str]


Source = Callable[[Any], Iterable[Tagged]]
SOURCES: list[Source] = []


def tagged_resources(function: Source) -> Source:
    """Register what lists tagged things in the context's account and region."""
    SOURCES.append(function)
    return function


def as_dict(tags: list[dict[str, str]]) -> dict[str, str]:
    """`[{Key, Value}]` as a mapping."""
    return {tag["Key"]: tag["Value"] for tag in tags}


def everything(context: Context) -> list[Tagged]:
    """All that overlays know of."""
    return [item for source in SOURCES for item in source(context)]
