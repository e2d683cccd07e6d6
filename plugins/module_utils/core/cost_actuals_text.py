# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a report says of what was spent, beside what was estimated. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .cost_budget import SERVICES
from .cost_section import Rows, Section, amount, dollars

Report = Mapping[str, Any]
BY = {
    "forecast": "by AWS's forecast",
    "run_rate": "if it goes on like the last seven days that are complete",
}
UNTAGGED = "(no such tag)"
UNUSUAL = "What was unusual"


def sections(report: Report) -> Iterator[Section]:
    """By service, by component, and the days that stand out."""
    actuals = report["actuals"]
    yield _services(report, actuals)
    rows: Rows = [(each["component"] or UNTAGGED, amount(each["spent"])) for each in actuals["components"]]
    yield Section("Spent this month, by component", ("component", "so far"), rows)
    unusual = [*_days(actuals["unusual"]), *_anomalies(actuals["anomalies"])]
    if unusual:
        yield Section(UNUSUAL, ("day", "what", "found by", "cost", "usually"), unusual)


def remarks(actuals: Report) -> Iterator[str]:
    """What must not be missed."""
    account, month = actuals["account"], actuals["month"]
    if not any(each["spent"] for each in actuals["months"]):
        yield f"Cost Explorer knows of no costs in {month}. Is cost_actuals_tag activated as a cost allocation tag?"
    else:
        end = "nobody can say what it will be at the end"
        if actuals["expected"] is not None:
            end = f"{dollars(actuals['expected'])} at the end of it, {BY[actuals['expected_by']]}"
        yield f"Spent in {month}: {dollars(actuals['spent'])} so far; {end}."
    if actuals["no_forecast"]:
        yield f"AWS has no forecast: {actuals['no_forecast'].rstrip('.')}."
    others = "".join(f", {dollars(usd)} {name}" for name, usd in account["other_environments"].items())
    spent, untagged = dollars(account["spent"]), dollars(account["untagged"])
    yield f"The account spent {spent} in {month}, {untagged} without a tag{others}."
    if found := len(actuals["unusual"]) + len(actuals["anomalies"]):
        yield f"{found} of the costs {'is' if found == 1 else 'are'} unusual."
    yield f"Asking took {actuals['requests']} requests, for which AWS takes {dollars(actuals['requests_usd'])}."


def spent_by_service(report: Report) -> dict[str, float]:
    """What services come to by the end of the month, where anybody can say."""
    found = report["actuals"]["services"] if report["actuals"] else []
    return {each["service"]: each["expected"] for each in found if each["expected"] is not None}


def _services(report: Report, actuals: Report) -> Section:
    estimated = {each["name"]: each["expected"] for each in report["services"]}
    budgets = {each["service"]: each["budget"] for each in report["budget"]["lines"] if each["budget"] is not None}
    spent = {each["service"]: each for each in actuals["services"]}
    rows: Rows = []
    for name in [*spent, *(name for name in estimated if name not in spent)]:
        found = spent.get(name, {"before": None, "spent": 0.0, "expected": None})
        # What AWS names no costs of costs nothing, or has no tag: both are 0 here.
        expected = found["expected"] if name in spent else (None if actuals["expected"] is None else 0.0)
        rows.append(
            (
                SERVICES.get(name, name),
                _or_nothing(budgets.get(name)),
                _or_nothing(estimated.get(name)),
                _or_nothing(found["before"]),
                amount(found["spent"]),
                _or_nothing(expected),
                "" if expected is None else f"{expected - estimated.get(name, 0.0):+,.2f}",
            )
        )
    headers = ("service", "budget", "estimate", "month before", "so far", "at its end", "beyond the estimate")
    return Section("Spent this month, by service", headers, rows)


def _or_nothing(value: float | None) -> str:
    return "" if value is None else amount(value)


def _days(unusual: Iterable[Report]) -> Rows:
    return [
        (each["date"], each["service"], "the days before", amount(each["usd"]), amount(each["usual"]))
        for each in unusual
    ]


def _anomalies(anomalies: Iterable[Report]) -> Rows:
    return [(each["start"], ", ".join(each["causes"]), "AWS", f"+{amount(each['usd'])}", "") for each in anomalies]
