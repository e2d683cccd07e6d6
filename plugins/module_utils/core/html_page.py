# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Pages that need nothing besides themselves: no script, no font, no picture from elsewhere. Pure."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape
from typing import Any

STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --rule: #d1d9e0; --paper: #fff; --bar: #0969da;
  --band: #8250df; --mark: #bc4c00; --good: #1a7f37; --bad: #cf222e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --rule: #3d444d; --paper: #0d1117;
  --bar: #4493f8; --band: #ab7df8; --mark: #f0883e; --good: #3fb950; --bad: #f85149; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 64rem; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.3rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.soft { color: var(--soft); }
.scroll { overflow-x: auto; } table { border-collapse: collapse; font-size: .85rem; width: 100%; }
th, td { padding: .25rem .5rem; border-bottom: 1px solid var(--rule); text-align: left; }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
@media print { :root { color-scheme: light; } body { max-width: none; padding: 0; font-size: 9pt; }
  .scroll { overflow: visible; } table { font-size: 7pt; } td, th { padding: 1pt 2pt; } tr { break-inside: avoid; }
  thead { display: table-header-group; } @page { margin: 12mm; } }
"""


def page(title: str, style: str, body: str, data: Mapping[str, Any]) -> str:
    """A page. `data` is in it too, as JSON (element `report`), for whoever wants to work on with it."""
    held = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}{style}</style>
</head>
<body>
{body}
<script type="application/json" id="report">{held}</script>
</body>
</html>
"""


def table(title: str, headers: Sequence[str], rows: Iterable[Sequence[str]], words: Collection[str]) -> str:
    """A table under its title. Columns whose header is not among the `words` hold numbers."""
    right = ["" if header in words else ' class="number"' for header in headers]
    head = "".join(f"<th{kind}>{escape(each)}</th>" for kind, each in zip(right, headers, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{kind}>{escape(cell)}</td>" for kind, cell in zip(right, row, strict=True)) + "</tr>\n"
        for row in rows
    )
    return (
        f'<section><h2>{escape(title)}</h2><div class="scroll"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>\n{body}</tbody></table></div></section>\n"
    )
