# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a report says of sizes. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .cost_section import Rows, Section, amount, dollars

Report = Mapping[str, Any]
SAID = {"smaller": "could be smaller", "larger": "is too small", "keep": "fits", "no_data": "too little is known"}


def sections(found: Report) -> Iterator[Section]:
    rows: Rows = [
        (
            each["component"],
            *(_per_cent(each["loads"].get(name)) for name in ("cpu", "memory", "connections")),
            SAID[each["verdict"]],
            ", ".join(f"{one['variable']}: {one['before']} → {one['after']}" for one in each["variables"]),
            "" if each["saves"] is None else f"{each['saves']:,.2f}",
            each["note"],
        )
        for each in found["hints"]
    ]
    headers = ("component", "CPU %", "memory %", "connections %", "standing", "change", "saves", "note")
    yield Section(f"Sizes, by the busiest hours of {found['days']} days", headers, rows)
    if found["recommendations"]:
        recommended: Rows = [
            (each["component"], each["finding"], each["recommended"], amount(each["saves"]))
            for each in found["recommendations"]
        ]
        yield Section("Compute Optimizer", ("component", "finding", "recommended", "saves"), recommended)


def remarks(found: Report) -> Iterator[str]:
    """What must not be missed."""
    smaller = _named(found["hints"], "smaller")
    if smaller:
        saved = sum(each["saves"] or 0.0 for each in found["hints"] if each["verdict"] == "smaller")
        yield f"Could be smaller, which would save {dollars(saved)} a month: {', '.join(smaller)}."
    if larger := _named(found["hints"], "larger"):
        yield f"Too small for their busiest hour: {', '.join(larger)}."
    if unknown := _named(found["hints"], "no_data"):
        yield f"CloudWatch knows too little of: {', '.join(unknown)}."
    if found["optimizer"]:
        yield f"Compute Optimizer lacks something: {found['optimizer'].rstrip('.')}."


def _named(hints: Iterable[Report], verdict: str) -> list[str]:
    return [each["component"] for each in hints if each["verdict"] == verdict]


def _per_cent(load: float | None) -> str:
    return "" if load is None else f"{load:.1f}"
