# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Cost Explorer, of which moto repeats what it was given. Here nothing costs anything: costs are told."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError, not_implemented
from simulator.overlay import Context, answers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

# AWS does not say how many groups a page has.
PAGE = 50
METRIC = "UnblendedCost"
OPERATION = "GetCostAndUsage"


@dataclass(frozen=True)
class Record:
    """What one thing cost on one day."""

    date: str
    usd: Decimal
    dimensions: dict[str, str]
    """SERVICE, USAGE_TYPE and RECORD_TYPE."""
    tags: dict[str, str]


@dataclass
class Spending:
    """What an account has spent, and what Cost Explorer says about it."""

    records: list[Record] = field(default_factory=list)
    forecast: Decimal | None = None
    """The rest of the month; None where there is too little history."""
    forecast_by_tag: bool = False
    """Whether forecasts of tags are made, on which AWS's documentation is silent."""
    anomalies: list[dict[str, Any]] = field(default_factory=list)


def told(given: Mapping[str, Any]) -> Spending:
    """Spending as the control API gets it.

    :raises ValueError: for what is no such thing.
    """
    known = {"records", "forecast", "forecast_by_tag", "anomalies"}
    if set(given) - known:
        raise ValueError(f"costs have {', '.join(sorted(known))}, not {', '.join(sorted(set(given) - known))}")
    try:
        records = [
            Record(
                date.fromisoformat(each["date"]).isoformat(),
                Decimal(str(each["usd"])),
                {
                    "SERVICE": each["service"],
                    "USAGE_TYPE": each.get("usage_type", ""),
                    "RECORD_TYPE": each.get("record_type", "Usage"),
                },
                each.get("tags", {}),
            )
            for each in given.get("records", [])
        ]
    except (KeyError, TypeError, ArithmeticError) as error:
        raise ValueError(f"a record has date, service and usd: {error!r}") from error
    forecast = given.get("forecast")
    return Spending(
        records,
        None if forecast is None else Decimal(str(forecast)),
        bool(given.get("forecast_by_tag", False)),
        list(given.get("anomalies", [])),
    )


@answers("ce", OPERATION)
def get_cost_and_usage(context: Context) -> dict[str, Any]:
    parameters = context.parameters
    if parameters["Metrics"] != [METRIC]:
        raise not_implemented("ce", OPERATION, f"metrics but {METRIC}")
    start, end = _period(parameters["TimePeriod"])
    by = [_grouping(each) for each in parameters.get("GroupBy", [])]
    if len(by) > 2:
        raise _invalid("GroupBy takes two groups at most")
    matches = _filter(parameters.get("Filter"))
    records = [each for each in context.store(Spending, "").records if matches(each)]
    periods = list(_periods(start, end, parameters["Granularity"]))
    rows: list[tuple[int, tuple[str, ...], Decimal]] = []
    for number, (since, until) in enumerate(periods):
        sums: dict[tuple[str, ...], Decimal] = {}
        for each in records:
            if since <= each.date < until:
                keys = tuple(key(each) for key in by)
                sums[keys] = sums.get(keys, Decimal(0)) + each.usd
        rows += [(number, keys, usd) for keys, usd in sorted(sums.items())] or [(number, (), Decimal(0))]
    first, more = _page(parameters.get("NextPageToken"), len(rows))
    results: dict[int, dict[str, Any]] = {}
    for number, keys, usd in rows[first : first + PAGE]:
        period = {"Start": periods[number][0], "End": periods[number][1]}
        result = results.setdefault(number, {"TimePeriod": period, "Total": {}, "Groups": [], "Estimated": True})
        if by and keys:
            result["Groups"].append({"Keys": list(keys), "Metrics": {METRIC: _money(usd)}})
        elif not by:
            result["Total"] = {METRIC: _money(usd)}
    return {"ResultsByTime": list(results.values()), "DimensionValueAttributes": [], **more}


@answers("ce", "GetCostForecast")
def get_cost_forecast(context: Context) -> dict[str, Any]:
    parameters, spending = context.parameters, context.store(Spending, "")
    if parameters["Metric"] != "UNBLENDED_COST" or parameters["Granularity"] != "MONTHLY":
        raise not_implemented("ce", "GetCostForecast", "forecasts but UNBLENDED_COST by the month")
    start, end = parameters["TimePeriod"]["Start"], parameters["TimePeriod"]["End"]
    if not _today().isoformat() <= start < end:
        raise _invalid("Start date must be today or later, and before the end date")
    _filter(parameters.get("Filter"))
    if "Tags" in str(parameters.get("Filter")) and not spending.forecast_by_tag:
        raise _invalid("Forecasts cannot be filtered by tags")
    if spending.forecast is None:
        raise AwsError("DataUnavailableException", "Insufficient amount of historical data.", 400)
    mean = {"TimePeriod": {"Start": start, "End": end}, "MeanValue": str(spending.forecast)}
    return {"Total": _money(spending.forecast), "ForecastResultsByTime": [mean]}


@answers("ce", "GetAnomalies")
def get_anomalies(context: Context) -> dict[str, Any]:
    parameters = context.parameters
    if parameters.keys() & {"MonitorArn", "Feedback", "TotalImpact"}:
        raise not_implemented("ce", "GetAnomalies", "anything but DateInterval")
    start, end = parameters["DateInterval"]["StartDate"], parameters["DateInterval"].get("EndDate", "9999")
    found = [
        each for each in context.store(Spending, "").anomalies if start <= each.get("AnomalyEndDate", start)[:10] <= end
    ]
    first, more = _page(parameters.get("NextPageToken"), len(found))
    return {"Anomalies": found[first : first + PAGE], **more}


def _filter(expression: Mapping[str, Any] | None) -> Callable[[Record], bool]:
    """Whether a record is meant."""
    if not expression:
        return lambda _record: True
    if len(expression) != 1:
        raise _invalid("An expression has exactly one of And, Or, Not, Dimensions, Tags, CostCategories")
    ((kind, inner),) = expression.items()
    if kind in ("And", "Or"):
        if len(inner) < 2:
            raise _invalid(f"{kind} takes two expressions or more")
        every, parts = all if kind == "And" else any, [_filter(each) for each in inner]
        return lambda record: every(part(record) for part in parts)
    if kind == "Not":
        part = _filter(inner)
        return lambda record: not part(record)
    if kind not in ("Dimensions", "Tags") or inner.get("MatchOptions", ["EQUALS"]) != ["EQUALS"]:
        raise not_implemented("ce", OPERATION, f"filters by {kind} with {inner.get('MatchOptions')}")
    key, values = inner["Key"], inner["Values"]
    if kind == "Tags":
        return lambda record: record.tags.get(key, "") in values
    _known(key)
    return lambda record: record.dimensions[key] in values


def _grouping(given: Mapping[str, str]) -> Callable[[Record], str]:
    key = given["Key"]
    if given["Type"] == "TAG":
        return lambda record: f"{key}${record.tags.get(key, '')}"
    if given["Type"] != "DIMENSION":
        raise not_implemented("ce", OPERATION, f"groups by {given['Type']}")
    _known(key)
    return lambda record: record.dimensions[key]


def _known(dimension: str) -> None:
    if dimension not in ("SERVICE", "USAGE_TYPE", "RECORD_TYPE"):
        raise not_implemented("ce", OPERATION, f"the dimension {dimension}")


def _period(given: Mapping[str, str]) -> tuple[date, date]:
    try:
        start, end = date.fromisoformat(given["Start"]), date.fromisoformat(given["End"])
    except ValueError:
        raise _invalid(f"Dates are YYYY-MM-DD, not {given['Start']} and {given['End']}") from None
    if not start < end:
        raise _invalid("Start date (and hour) should be before end date (and hour)")
    if start > _today():
        raise _invalid("Start date must be equal to or no later than the current date")
    return start, end


def _periods(start: date, end: date, granularity: str) -> Iterator[tuple[str, str]]:
    if granularity == "HOURLY":
        raise not_implemented("ce", OPERATION, "hours")
    while start < end:
        month = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        until = min(end, month if granularity == "MONTHLY" else start + timedelta(days=1))
        yield start.isoformat(), until.isoformat()
        start = until


def _page(token: str | None, rows: int) -> tuple[int, dict[str, str]]:
    if token is not None and not token.isdigit():
        raise AwsError("InvalidNextTokenException", "The pagination token is invalid.", 400)
    first = int(token or 0)
    return first, {"NextPageToken": str(first + PAGE)} if first + PAGE < rows else {}


def _money(usd: Decimal) -> dict[str, str]:
    return {"Amount": str(usd), "Unit": "USD"}


def _today() -> date:
    return datetime.now(UTC).date()


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message, 400)
