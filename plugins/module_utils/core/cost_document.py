# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An estimate as data: what is written as JSON, and what all other reports are made of. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from .cost_budget import SERVICES, Comparison
from .cost_change import Difference, Rollout
from .cost_estimate import Line, Total, by_application, by_component, by_service, total, totals
from .cost_prices import stale
from .cost_quantity import Band

Document = dict[str, Any]


@dataclass(frozen=True)
class Findings:
    """All that a report tells of an environment."""

    environment: str
    date: str
    lines: Sequence[Line]
    comparison: Comparison
    stale_before: str
    """ISO date; prices that were read before it are old."""
    rollouts: Sequence[Rollout] = ()
    change: Sequence[Difference] | None = None
    changed: Mapping[str, Any] = field(default_factory=dict)
    """The variables that `change` is about, where it is about variables."""
    proposal: Document | None = None
    """How the budget can be kept; see cost_proposal."""
    actuals: Mapping[str, Any] | None = None
    """What was spent; see cost_actuals."""
    rightsizing: Document | None = None
    """What sizes should be; see rightsizing."""


def document(findings: Findings) -> Document:
    """Dollars are numbers with two places; what is unknown is null."""
    lines = findings.lines
    used = [line.price for line in lines if line.price]
    return {
        "environment": findings.environment,
        "date": findings.date,
        "currency": "USD",
        "total": _total(total(lines)),
        "services": _totals(lines, by_service, SERVICES),
        "applications": _totals(lines, by_application),
        "components": _totals(lines, by_component),
        "budget": _budget(findings.comparison),
        "change": None if findings.change is None else _change(findings.change, findings.changed),
        "proposal": findings.proposal,
        "actuals": findings.actuals,
        "rightsizing": findings.rightsizing,
        "rollouts": [_rollout(each) for each in findings.rollouts],
        "prices": {"stale_before": findings.stale_before, "stale": stale(used, findings.stale_before)},
        "lines": [_line(line) for line in lines],
    }


def costs(lines: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str, str, str], Band | None]:
    """The costs of the lines of an earlier document, by their keys."""
    return {(line["component"], line["service"], line["what"], line["region"]): _read(line["cost"]) for line in lines}


def _read(cost: Mapping[str, float] | None) -> Band | None:
    if cost is None:
        return None
    return Band(*(Decimal(str(cost[name])) for name in ("minimum", "expected", "maximum")))


def _band(band: Band | None) -> dict[str, float] | None:
    if band is None:
        return None
    return {"minimum": float(band.minimum), "expected": float(band.expected), "maximum": float(band.maximum)}


def _total(each: Total) -> Document:
    return {
        **(_band(each.cost) or {}),
        "fixed": float(each.fixed),
        "usage": float(each.usage),
        "assumed": float(each.assumed),
        "unknown": each.unknown,
    }


def _totals(
    lines: Sequence[Line], by: Callable[[Line], str], titles: Mapping[str, str] | None = None
) -> list[Document]:
    return [
        {"name": name, "title": (titles or {}).get(name, name), **_total(each)}
        for name, each in totals(lines, by).items()
    ]


def _line(line: Line) -> Document:
    quantity, price = line.quantity, line.price
    return {
        "component": quantity.component,
        "application": quantity.application,
        "service": quantity.service,
        "what": quantity.what,
        "region": quantity.region,
        "kind": "usage" if quantity.usage else "fixed",
        "quantity": _band(quantity.band),
        "free": _band(line.free),
        "unit": price.unit if price else "",
        "price": quantity.price,
        "usd": [{"from": float(tier.start), "usd": float(tier.usd)} for tier in price.tiers] if price else None,
        "cost": _band(line.cost),
        "basis": price.basis if price else "unknown",
        "assumption": line.assumption,
        "source": price.source if price else "",
        "source_date": price.source_date if price else "",
        "confidence": price.confidence if price else "",
    }


def _budget(comparison: Comparison) -> Document:
    return {
        "total": float(comparison.budget),
        "verdict": comparison.verdict,
        "message": comparison.message,
        "lines": [
            {
                "service": each.service,
                "title": SERVICES.get(each.service, each.service),
                "budget": None if each.budget is None else float(each.budget),
                "expected": float(each.expected),
                "unknown": each.unknown,
                "standing": each.standing,
            }
            for each in comparison.lines
        ],
    }


def _change(change: Sequence[Difference], changed: Mapping[str, Any]) -> Document:
    return {
        "variables": dict(changed),
        "expected": float(sum((each.expected for each in change), Decimal(0))),
        "unknown": sum(each.unknown for each in change),
        "lines": [
            {
                **dict(zip(("component", "service", "what", "region"), each.key, strict=True)),
                "before": _band(each.before),
                "after": _band(each.after),
                "expected": float(each.expected),
                "unknown": each.unknown,
            }
            for each in change
        ],
    }


def _rollout(each: Rollout) -> Document:
    return {
        "application": each.application,
        "minutes": float(each.minutes),
        "tasks": _band(each.tasks),
        "cost": _band(each.cost),
    }
