# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a report says of how the budget can be kept. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .cost_section import Rows, Section, dollars

FEW = 3
"""Hosts that are listed; of more, the number is said."""


def section(proposal: Mapping[str, Any]) -> Section:
    rows: Rows = [
        (
            _changes(step["variables"]),
            _hosts(step["variables"]),
            f"{step['saved']:,.2f}",
            str(step["risk"]),
            step["takes"],
        )
        for step in proposal["steps"]
    ]
    title = "How the budget can be kept" if proposal["met"] else "What comes nearest to the budget"
    return Section(title, ("change", "where", "saves", "risk", "what it takes"), rows)


def remark(proposal: Mapping[str, Any]) -> str:
    """One sentence or two."""
    steps, expected = len(proposal["steps"]), dollars(proposal["expected"])
    missing = sorted({each["variable"] for unpriced in proposal["unpriced"] for each in unpriced})
    left_out = f" Without a price, and so left out: {', '.join(missing)}." if missing else ""
    changes = "one change" if steps == 1 else f"{steps} changes"
    if proposal["met"]:
        return f"The least risky way to keep it takes {changes}, after which {expected} are expected.{left_out}"
    if not steps:
        return f"Nothing that may be changed (cost_proposal_risks) saves anything.{left_out}"
    over = dollars(proposal["expected"] - proposal["budget"])
    return (
        f"No set of changes keeps the budget: with {changes}, which save the most, {expected} are expected, {over} over"
        f" it. Sizes or the budget have to change.{left_out}"
    )


def _changes(variables: Iterable[Mapping[str, Any]]) -> str:
    """Without what is assumed of the use, which is nobody's to set."""
    return ", ".join(
        f"{each['variable']}: {_value(each['before'])} → {_value(each['after'])}"
        for each in variables
        if not each["variable"].startswith("cost_usage_")
    )


def _value(value: Any) -> str:
    """Of lists how many, so that a table stays one."""
    return f"{len(value)} of them" if isinstance(value, list) and value else "none" if value == [] else f"{value}"


def _hosts(variables: Iterable[Mapping[str, Any]]) -> str:
    hosts = list(dict.fromkeys(host for each in variables for host in each["hosts"]))
    return ", ".join(hosts) if len(hosts) <= FEW else f"{len(hosts)} components"
