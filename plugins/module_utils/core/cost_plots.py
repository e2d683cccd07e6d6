# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Bars as SVG, narrow enough for a phone: each has its words above it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from .cost_section import dollars

WIDTH, ROW = 340, 34


@dataclass(frozen=True)
class Bar:
    """One amount, what it may be between, and its budget."""

    label: str
    value: float
    low: float
    high: float
    budget: float | None = None
    incomplete: bool = False
    """Whether something of it has no price."""
    spent: float | None = None
    """What it really comes to."""

    @property
    def words(self) -> str:
        of_budget = "" if self.budget is None else f" of {dollars(self.budget)}"
        spent = "" if self.spent is None else f", spent {dollars(self.spent)}"
        return f"{dollars(self.value)}{' + unknown' if self.incomplete else ''}{of_budget}{spent}"


def plot(title: str, bars: Sequence[Bar]) -> str:
    """All bars on one scale, from 0 to the largest of what they show."""
    most = max((max(each.high, each.budget or 0, each.spent or 0) for each in bars), default=0) or 1
    rows = "".join(_row(each, index * ROW, (WIDTH - 2) / most) for index, each in enumerate(bars))
    height = max(len(bars), 1) * ROW
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}">{rows}</svg>'


def _row(each: Bar, top: int, scale: float) -> str:
    parts = [
        f'<text x="0" y="{top + 12}">{escape(each.label)}</text>',
        f'<text x="{WIDTH}" y="{top + 12}" text-anchor="end">{escape(each.words)}</text>',
        f'<rect class="bar" x="0" y="{top + 17}" width="{each.value * scale:.1f}" height="9"/>',
    ]
    if each.high > each.low:
        low, high, middle = each.low * scale + 1, each.high * scale + 1, top + 21.5
        ends = "".join(f"M{x:.1f} {middle - 4}v8" for x in (low, high))
        parts.append(f'<path class="band" d="M{low:.1f} {middle}H{high:.1f}{ends}"/>')
    if each.spent is not None:
        parts.append(f'<rect class="spent" x="0" y="{top + 27}" width="{each.spent * scale:.1f}" height="4"/>')
    if each.budget is not None:
        x = each.budget * scale + 1
        parts.append(f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{top + 15}" y2="{top + 28}"/>')
    return "".join(parts)
