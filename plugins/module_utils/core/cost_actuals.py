# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What an environment costs, from what Cost Explorer said: this month, at its end, and what is unusual. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import median
from typing import Any

from .cost_explorer import Amount, service_of, tag_value

CENT = Decimal("0.01")
# A day is unusual beyond all days before, and their median by this many deviations, a quarter, and a dollar.
DEVIATIONS, QUARTER, DOLLAR = Decimal("4.45"), Decimal("0.25"), Decimal(1)  # 3 standard deviations are 4.45 MADs
FEWEST_DAYS, MOST_DAYS, LATEST = 7, 28, 3
RUN_RATE_DAYS = 7
REQUEST_USD = Decimal("0.01")
"""What AWS takes for each page of an answer."""


@dataclass(frozen=True)
class Month:
    """The month that is looked at."""

    name: str
    """As in 2026-11."""
    days: int
    complete: str
    """The first day that may still change (ISO): Cost Explorer is up to a day late."""
    complete_days: int
    """Days of the month before it."""


@dataclass(frozen=True)
class Answers:
    """What Cost Explorer said."""

    services: Sequence[Amount]
    """By service and usage type, a month each."""
    components: Sequence[Amount]
    """By the tag that names components, a month each."""
    environments: Sequence[Amount]
    """All of the account, by the tag that names environments, a month each."""
    days: Sequence[Amount]
    """By service, a day each."""
    forecast: Decimal | None = None
    """The rest of the month, from today."""
    refused: str = ""
    """Why there is no forecast."""
    anomalies: Sequence[Mapping[str, Any]] = field(default_factory=list)
    requests: int = 0


def actuals(answers: Answers, month: Month, environment: str) -> dict[str, Any]:
    """Dollars are numbers with two places. What nobody can say is null."""
    services = _by([(each.start[:7], service_of(*each.keys), each.usd) for each in answers.services])
    spent = _sum(services.get(month.name, {}).values())
    expected, by = _expected(answers, month, spent)
    return {
        "month": month.name,
        "spent": _usd(spent),
        "expected": None if expected is None else _usd(expected),
        "expected_by": by,
        "no_forecast": answers.refused,
        "months": [{"month": name, "spent": _usd(_sum(found.values()))} for name, found in sorted(services.items())],
        "services": _services(services, month.name, spent, expected),
        "components": _components(answers.components, month.name),
        "account": _account(answers.environments, month.name, environment),
        "unusual": unusual(answers.days, month.complete),
        "anomalies": [_anomaly(each) for each in answers.anomalies],
        "requests": answers.requests,
        "requests_usd": _usd(answers.requests * REQUEST_USD),
    }


def unusual(days: Iterable[Amount], complete: str) -> list[dict[str, Any]]:
    """Of the last complete days of services, those that cost much more than all days before them did.

    `{date, service, usd, usual}`, where `usual` is the median of the days before.
    """
    found = []
    for (service,), series in _series(days, complete).items():
        before = [usd for _date, usd in series[:-LATEST]][-MOST_DAYS:]
        if len(before) < FEWEST_DAYS:
            continue
        usual = median(before)
        spread = median(abs(each - usual) for each in before)
        most = max(usual + max(spread * DEVIATIONS, usual * QUARTER, DOLLAR), *before)
        found += [
            {"date": date, "service": service, "usd": _usd(usd), "usual": _usd(usual)}
            for date, usd in series[-LATEST:]
            if usd > most
        ]
    return sorted(found, key=lambda each: (each["date"], each["service"]))


def _expected(answers: Answers, month: Month, spent: Decimal) -> tuple[Decimal | None, str]:
    """At the end of the month: by AWS's forecast, else as the last complete days went on."""
    if answers.forecast is not None:
        return spent + answers.forecast, "forecast"
    by_day: dict[str, Decimal] = {}
    for each in answers.days:
        if each.start < month.complete:
            by_day[each.start] = by_day.get(each.start, Decimal(0)) + each.usd
    last = [by_day[day] for day in sorted(by_day)][-RUN_RATE_DAYS:]
    if not last:
        return None, ""
    so_far = _sum(usd for day, usd in by_day.items() if day.startswith(month.name))
    return so_far + _sum(last) / len(last) * (month.days - month.complete_days), "run_rate"


def _services(
    found: Mapping[str, Mapping[str, Decimal]], month: str, spent: Decimal, expected: Decimal | None
) -> list[dict[str, Any]]:
    """Each service of any month; at the month's end it has the share that it has now."""
    now = found.get(month, {})
    earlier = max((name for name in found if name < month), default="")
    names = sorted({*now, *found.get(earlier, {})}, key=lambda name: (-now.get(name, Decimal(0)), name))
    return [
        {
            "service": name,
            "spent": _usd(now.get(name, Decimal(0))),
            "expected": _usd(now.get(name, Decimal(0)) * expected / spent) if expected is not None and spent else None,
            "before": _usd(found[earlier].get(name, Decimal(0))) if earlier else None,
        }
        for name in names
    ]


def _components(found: Iterable[Amount], month: str) -> list[dict[str, Any]]:
    now = _by([(each.start[:7], tag_value(each.keys[0]), each.usd) for each in found]).get(month, {})
    return [{"component": name, "spent": _usd(usd)} for name, usd in sorted(now.items(), key=lambda item: -item[1])]


def _account(found: Iterable[Amount], month: str, environment: str) -> dict[str, Any]:
    now = _by([(each.start[:7], tag_value(each.keys[0]), each.usd) for each in found]).get(month, {})
    others = {name: _usd(usd) for name, usd in sorted(now.items()) if name not in ("", environment)}
    return {
        "spent": _usd(_sum(now.values())),
        "untagged": _usd(now.get("", Decimal(0))),
        "other_environments": others,
    }


def _anomaly(found: Mapping[str, Any]) -> dict[str, Any]:
    causes = [" in ".join(filter(None, (each.get("Service"), each.get("Region")))) for each in found["RootCauses"]]
    return {
        "start": found["AnomalyStartDate"][:10],
        "end": found.get("AnomalyEndDate", "")[:10],
        "usd": _usd(Decimal(str(found["Impact"].get("TotalImpact", found["Impact"]["MaxImpact"])))),
        "causes": [cause for cause in causes if cause] or [found.get("DimensionValue", "")],
    }


def _series(days: Iterable[Amount], complete: str) -> dict[tuple[str, ...], list[tuple[str, Decimal]]]:
    """Complete days by group; a day on which a group cost nothing has no amount in AWS's answer, and counts as 0."""
    days = [each for each in days if each.start < complete]
    dates = sorted({each.start for each in days})
    found: dict[tuple[str, ...], dict[str, Decimal]] = {}
    for each in days:
        found.setdefault(each.keys, {})[each.start] = each.usd
    return {keys: [(date, usd.get(date, Decimal(0))) for date in dates] for keys, usd in found.items()}


def _by(amounts: Iterable[tuple[str, str, Decimal]]) -> dict[str, dict[str, Decimal]]:
    """By month and name."""
    found: dict[str, dict[str, Decimal]] = {}
    for month, name, usd in amounts:
        named = found.setdefault(month, {})
        named[name] = named.get(name, Decimal(0)) + usd
    return found


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _usd(amount: Decimal) -> float:
    return float(amount.quantize(CENT, "ROUND_HALF_UP"))
