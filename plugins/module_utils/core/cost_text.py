# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The report for a terminal, and as Markdown for a pull request. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from . import cost_actuals_text, cost_proposal_text, rightsizing_text
from .cost_section import UNKNOWN, Rows, Section, amount, dollars
from .table import table

Report = Mapping[str, Any]
Tabulate = Callable[[Sequence[str], Rows], str]
BAND = ("minimum", "expected", "maximum")


def terminal(report: Report) -> str:
    """Tables one under the other, the lines first and the verdict last: the end is what people see."""
    *parts, lines = sections(report)
    blocks = [f"{each.title}\n{table(each.headers, each.rows)}" for each in (lines, *parts)]
    return "\n\n".join([*blocks, "\n".join(remarks(report))])


def markdown(report: Report) -> str:
    """The verdict first; the lines folded away."""
    *parts, lines = sections(report)
    blocks = [f"## {report['environment']}: cost a month in USD", "\n".join(f"- {each}" for each in remarks(report))]
    blocks += [f"### {each.title}\n\n{_pipes(each.headers, each.rows)}" for each in parts]
    folded = f"<details><summary>{lines.title}</summary>\n\n{_pipes(lines.headers, lines.rows)}\n\n</details>"
    return "\n\n".join([*blocks, folded]) + "\n"


def sections(report: Report) -> list[Section]:
    """What reports show, in this order; the lines are last."""
    found = [_by("service", report["services"]), _by("application", report["applications"])]
    if report["budget"]["verdict"] != "no_budget":
        found.insert(0, _budget(report["budget"]))
    if report["actuals"]:
        found.extend(cost_actuals_text.sections(report))
    if report["rightsizing"]:
        found.extend(rightsizing_text.sections(report["rightsizing"]))
    if report["proposal"]:
        found.append(cost_proposal_text.section(report["proposal"]))
    if report["change"]:
        found.append(_change(report["change"]))
    if report["rollouts"]:
        found.append(_rollouts(report["rollouts"]))
    return [*found, _lines(report["lines"])]


def remarks(report: Report) -> list[str]:
    """What must not be missed."""
    whole, change, prices = report["total"], report["change"], report["prices"]
    said = [report["budget"]["message"] + "."]
    said.append(
        f"Between {dollars(whole['minimum'])} and {dollars(whole['maximum'])} with autoscaling;"
        f" {dollars(whole['fixed'])} for what stands, {dollars(whole['usage'])} by use."
    )
    if report["proposal"]:
        said.append(cost_proposal_text.remark(report["proposal"]))
    if whole["assumed"]:
        said.append(f"{dollars(whole['assumed'])} of it at prices that are assumed.")
    if missing := [f"{line['what']} of {line['component']}" for line in report["lines"] if line["cost"] is None]:
        said.append(f"No price is known for: {', '.join(missing)}.")
    if prices["stale"]:
        said.append(f"{len(prices['stale'])} prices were read before {prices['stale_before']}, or nobody knows when.")
    if change:
        unknown = f"; {change['unknown']} lines of it have no price" if change["unknown"] else ""
        way = "less" if change["expected"] < 0 else "more"
        said.append(f"The change costs {dollars(abs(change['expected']))} a month {way}{unknown}.")
    if report["actuals"]:
        said.extend(cost_actuals_text.remarks(report["actuals"]))
    if report["rightsizing"]:
        said.extend(rightsizing_text.remarks(report["rightsizing"]))
    return said


def _band(cost: Mapping[str, float] | None) -> tuple[str, ...]:
    return tuple(amount(cost[name] if cost else None) for name in BAND)


def _by(title: str, groups: Iterable[Report]) -> Section:
    rows = [
        (each["title"], *_band(each), amount(each["fixed"]), amount(each["usage"]), str(each["unknown"] or ""))
        for each in groups
    ]
    return Section(f"By {title}", (title, *BAND, "fixed", "usage", "without price"), rows)


def _budget(budget: Report) -> Section:
    rows: Rows = []
    for each in budget["lines"]:
        given = "" if each["budget"] is None else amount(each["budget"])
        rows.append((each["title"], given, amount(each["expected"]), each["standing"].replace("_", " ")))
    total = sum(each["expected"] for each in budget["lines"])
    rows.append(("total", amount(budget["total"]), amount(total), budget["verdict"]))
    return Section("Budget", ("service", "budget", "expected", "standing"), rows)


def _change(change: Report) -> Section:
    rows = [
        (each["component"], each["what"], each["region"], *map(_expected, (each["before"], each["after"])),
         UNKNOWN if each["unknown"] else f"{each['expected']:+,.2f}")
        for each in change["lines"]
    ]  # fmt: skip
    return Section("Change", ("component", "what", "region", "before", "after", "difference"), rows)


def _expected(cost: Mapping[str, float] | None) -> str:
    return "" if cost is None else amount(cost["expected"])


def _rollouts(rollouts: Iterable[Report]) -> Section:
    rows: Rows = []
    for each in rollouts:
        cost = tuple(f"{each['cost'][name]:.3f}" if each["cost"] else UNKNOWN for name in BAND)
        rows.append((each["application"], f"{each['minutes']:g}", f"{each['tasks']['expected']:g}", *cost))
    return Section("One rollout, once", ("application", "minutes", "tasks", *BAND), rows)


def _lines(lines: Iterable[Report]) -> Section:
    headers = ("component", "service", "what", "region", "quantity", "unit", "price", *BAND, "kind", "basis")
    return Section("Lines", headers, [_line(each) for each in lines])


def _line(line: Report) -> tuple[str, ...]:
    tiers = line["usd"]
    # More tiers than one: the price of the first, and the sign that it is not that of all.
    price = f"{tiers[0]['usd']:g}{'…' if len(tiers) > 1 else ''}" if tiers else UNKNOWN
    names = tuple(line[name] for name in ("component", "service", "what", "region"))
    quantity = f"{line['quantity']['expected']:,.4f}".rstrip("0").rstrip(".")
    return (*names, quantity, line["unit"], price, *_band(line["cost"]), line["kind"], line["basis"])


def _pipes(headers: Sequence[str], rows: Rows) -> str:
    cells = [headers, ["---"] * len(headers), *rows]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |" for row in cells)
