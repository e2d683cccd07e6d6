# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The evidence of a failed rollout as one page. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from . import html_page

Document = Mapping[str, Any]

STYLE = """
.headline { font-size: 1.5rem; font-weight: 700; line-height: 1.3; color: var(--bad); overflow-wrap: anywhere; }
pre { overflow-x: auto; border: 1px solid var(--rule); padding: .5rem; font-size: .8rem; }
@media print { pre { white-space: pre-wrap; } }
"""
NUMBERS = frozenset(("exit code",))


def page(evidence: Document) -> str:
    """The page of a document that `evidence.evidence` made. The document is in it too, as JSON."""
    name = evidence["service"]
    reasons = "".join(f"<li>{escape(each)}</li>" for each in evidence["reasons"])
    body = f"""<header>
<h1>Rollout of {escape(name)} in {escape(evidence["cluster"])}</h1>
<p class="headline">{escape(evidence["headline"])}</p>
<p class="soft">{escape(_summary(evidence))}</p>
</header>
<section><h2>Why</h2><ul>{reasons}</ul></section>
{"".join(_tables(evidence))}{"".join(_logs(evidence["logs"]))}"""
    return html_page.page(f"Rollout of {name}", STYLE, body, evidence)


def _summary(evidence: Document) -> str:
    back = evidence["restored"]["task_definition"]
    parts = [
        f"{evidence['strategy']} to {evidence['wanted']['task_definition'] or 'an unknown revision'}",
        f"{evidence['status']} in stage {evidence['stage']}" if evidence["stage"] else evidence["status"],
        f"from {evidence['began']} to {evidence['ended'] or 'now'}",
        f"{back} runs again" if back else "nothing was gone back to",
    ]
    return "; ".join(parts) + f". {evidence['deployment']}"


def _tables(evidence: Document) -> Iterator[str]:
    revisions = [
        (what, container, image)
        for what in ("wanted", "restored")
        for container, image in sorted(evidence[what]["images"].items())
    ]
    yield _table("Images", ("revision", "container", "image"), revisions)
    yield _table("Timeline", ("at", "who", "text"), _rows(evidence["timeline"], "at", "who", "text"))
    yield _table(
        "Gates", ("stage", "kind", "name", "verdict", "reason"),
        _rows(evidence["gates"], "stage", "kind", "name", "verdict", "reason"),
    )  # fmt: skip
    yield _table(
        "Stopped tasks", ("task", "stopped at", "code", "reason", "container", "exit code", "said"),
        list(_containers(evidence["tasks"])),
    )  # fmt: skip
    yield _table(
        "Targets", ("target group", "target", "state", "reason", "description"),
        _rows(evidence["targets"], "target_group", "target", "state", "reason", "description"),
    )  # fmt: skip
    yield _table(
        "Alarms",
        ("name", "state", "updated", "reason"),
        _rows(evidence["alarms"], "name", "state", "updated", "reason"),
    )


def _rows(items: Sequence[Mapping[str, Any]], *keys: str) -> list[tuple[str, ...]]:
    return [tuple(str(item.get(key, "")) for key in keys) for item in items]


def _containers(tasks: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    for task in tasks:
        told = _rows([task], "task", "stopped_at", "stop_code", "reason")[0]
        for each in task["containers"]:
            code = "" if each["exit_code"] is None else str(each["exit_code"])
            yield (*told, each["name"], code, ", ".join(filter(None, (each["reason"], each["health"]))))


def _table(title: str, headers: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return html_page.table(title, headers, rows, {*headers} - NUMBERS) if rows else ""


def _logs(logs: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for log in logs:
        lines = escape("\n".join(f"{each['at']}  {each['text']}" for each in log["lines"]))
        title = escape(f"Log of {log['container']}, task {log['task']}")
        yield f"<section><h2>{title}</h2><pre>{lines}</pre></section>\n"
