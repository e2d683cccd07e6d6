# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The report as one page that needs nothing besides itself: no script, no font, no picture from elsewhere. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from .cost_plots import Bar, plot
from .cost_text import Section, dollars, remarks, sections

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --rule: #d1d9e0; --paper: #fff; --bar: #0969da;
  --band: #8250df; --mark: #bc4c00; --good: #1a7f37; --bad: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --rule: #3d444d; --paper: #0d1117;
  --bar: #4493f8; --band: #ab7df8; --mark: #f0883e; --good: #3fb950; --bad: #f85149; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.3rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
figcaption .soft { font-weight: 400; font-size: .85rem; }
.total { font-size: 2.4rem; font-weight: 700; line-height: 1.2; } .soft { color: var(--soft); }
.within { color: var(--good); } .over, .unknown { color: var(--bad); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1.5rem; }
figure { margin: 0; break-inside: avoid; } figcaption { font-weight: 600; margin-bottom: .5rem; }
svg { width: 100%; max-width: 34rem; height: auto; display: block; }
svg text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.bar { fill: var(--bar); } .band { stroke: var(--band); stroke-width: 2; fill: none; }
.mark { stroke: var(--mark); stroke-width: 2; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; width: 100%; }
th, td { padding: .25rem .5rem; border-bottom: 1px solid var(--rule); text-align: left; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
@media print { :root { color-scheme: light; } body { max-width: none; padding: 0; font-size: 9pt; }
  .scroll { overflow: visible; } table { font-size: 7pt; } td, th { padding: 1pt 2pt; } tr { break-inside: avoid; }
  thead { display: table-header-group; } @page { margin: 12mm; } }
"""
LEGEND = "Bar: expected. Line: the least and the most that autoscaling makes of it."
# Columns of words; all others are numbers.
WORDS = frozenset(("application", "basis", "component", "kind", "region", "service", "standing", "unit", "what"))


def page(report: Mapping[str, Any]) -> str:
    """The page. The report itself is in it too, as JSON, for whoever wants to calculate with it."""
    name, verdict = escape(report["environment"]), report["budget"]["verdict"]
    data = json.dumps(report, ensure_ascii=False).replace("<", "\\u003c")
    said = "".join(f"<li>{escape(each)}</li>" for each in remarks(report))
    tables = "".join(_table(each) for each in sections(report))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cost of {name}</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>Cost of {name} a month</h1>
<div class="total {verdict}">{dollars(report["total"]["expected"])}</div>
<p class="soft">Estimated on {escape(report["date"])} from the inventory, in USD without taxes.</p>
</header>
<ul>{said}</ul>
<div class="plots">{"".join(_plots(report))}</div>
{tables}
<script type="application/json" id="report">{data}</script>
</body>
</html>
"""


def _plots(report: Mapping[str, Any]) -> Iterable[str]:
    budgets = {each["service"]: each["budget"] for each in report["budget"]["lines"] if each["budget"] is not None}
    if budgets:
        whole = report["total"]
        total = _bar({"title": "Everything", **whole}, report["budget"]["total"])
        lines = [_bar(each, budgets[each["name"]])
                 for each in report["services"] if each["name"] in budgets]  # fmt: skip
        yield _figure("Budget and estimate", f"{LEGEND} Mark: the budget.", [total, *lines])
    yield _figure("By service", LEGEND, [_bar(each) for each in report["services"]])
    yield _figure("By application", LEGEND, [_bar(each) for each in report["applications"]])


def _bar(each: Mapping[str, Any], budget: float | None = None) -> Bar:
    return Bar(each["title"], each["expected"], each["minimum"], each["maximum"], budget, bool(each["unknown"]))


def _figure(title: str, legend: str, bars: Sequence[Bar]) -> str:
    return f'<figure><figcaption>{title}<br><span class="soft">{legend}</span></figcaption>{plot(title, bars)}</figure>'


def _table(section: Section) -> str:
    right = ["" if header in WORDS else ' class="number"' for header in section.headers]
    head = "".join(f"<th{kind}>{escape(each)}</th>" for kind, each in zip(right, section.headers, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(right, row, strict=True)) + "</tr>\n"
        for row in section.rows
    )
    return (
        f'<section><h2>{escape(section.title)}</h2><div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>\n{body}</tbody></table></div></section>\n"
    )
