# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The report as one page. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from . import html_page
from .cost_actuals_text import spent_by_service
from .cost_plots import Bar, plot
from .cost_section import dollars
from .cost_text import remarks, sections

STYLE = """
figcaption .soft { font-weight: 400; font-size: .85rem; }
.total { font-size: 2.4rem; font-weight: 700; line-height: 1.2; }
.within { color: var(--good); } .over, .unknown { color: var(--bad); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1.5rem; }
figure { margin: 0; break-inside: avoid; } figcaption { font-weight: 600; margin-bottom: .5rem; }
svg { width: 100%; max-width: 34rem; height: auto; display: block; }
svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.bar { fill: var(--bar); } .band { stroke: var(--band); stroke-width: 2; fill: none; }
.spent { fill: var(--mark); opacity: .6; }
.mark { stroke: var(--mark); stroke-width: 2; }
"""
LEGEND = "Bar: expected. Line: the least and the most that autoscaling makes of it."
SPENT = "Thin bar: what is really spent, by the end of the month."
# Columns of words; all others are numbers.
WORDS = frozenset((
    "application", "basis", "change", "component", "day", "finding", "found by", "kind", "note", "recommended",
    "region", "service", "standing", "unit", "what", "what it takes", "where",
))  # fmt: skip


def page(report: Mapping[str, Any]) -> str:
    """The page. The report itself is in it too, as JSON, for whoever wants to calculate with it."""
    name, verdict = escape(report["environment"]), report["budget"]["verdict"]
    said = "".join(f"<li>{escape(each)}</li>" for each in remarks(report))
    tables = "".join(html_page.table(each.title, each.headers, each.rows, WORDS) for each in sections(report))
    body = f"""<header>
<h1>Cost of {name} a month</h1>
<div class="total {verdict}">{dollars(report["total"]["expected"])}</div>
<p class="soft">Estimated on {escape(report["date"])} from the inventory, in USD without taxes.</p>
</header>
<ul>{said}</ul>
<div class="plots">{"".join(_plots(report))}</div>
{tables}"""
    return html_page.page(f"Cost of {report['environment']}", STYLE, body, report)


def _plots(report: Mapping[str, Any]) -> Iterable[str]:
    budgets = {each["service"]: each["budget"] for each in report["budget"]["lines"] if each["budget"] is not None}
    spent = spent_by_service(report)
    legend = f"{LEGEND} {SPENT}" if spent else LEGEND
    if budgets:
        whole = {"title": "Everything", **report["total"]}
        total = _bar(whole, report["budget"]["total"], report["actuals"]["expected"] if spent else None)
        lines = [_bar(each, budgets[each["name"]], spent.get(each["name"]))
                 for each in report["services"] if each["name"] in budgets]  # fmt: skip
        yield _figure("Budget and estimate", f"{legend} Mark: the budget.", [total, *lines])
    yield _figure("By service", legend, [_bar(each, spent=spent.get(each["name"])) for each in report["services"]])
    yield _figure("By application", LEGEND, [_bar(each) for each in report["applications"]])


def _bar(each: Mapping[str, Any], budget: float | None = None, spent: float | None = None) -> Bar:
    incomplete = bool(each["unknown"])
    return Bar(each["title"], each["expected"], each["minimum"], each["maximum"], budget, incomplete, spent)


def _figure(title: str, legend: str, bars: Sequence[Bar]) -> str:
    return f'<figure><figcaption>{title}<br><span class="soft">{legend}</span></figcaption>{plot(title, bars)}</figure>'
