# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What sections of the report are made of, and how amounts are written in them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Rows: TypeAlias = "list[tuple[str, ...]]"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Section:
    """A table with its title."""

    title: str
    headers: tuple[str, ...]
    rows: Rows


def dollars(amount: float) -> str:
    return f"${amount:,.2f}"


def amount(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.2f}"
