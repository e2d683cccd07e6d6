# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Cost Explorer: what an environment has cost, and will have cost by the end of the month."""

from __future__ import annotations

import datetime as dt
import typing as t
from calendar import monthrange
from collections.abc import Mapping
from decimal import Decimal
from functools import partial

from ..core.cost_actuals import Answers, Month
from ..core.cost_explorer import Parameters, amounts, usage_filter, usage_query
from .api import DENIED, Api, AwsError
from .reconcile import side_by_side

# The API is a global one, which is signed for this region.
COST_EXPLORER_REGION = "us-east-1"
DAYS = 35
"""Days that are looked at one by one."""
NO_FORECAST = frozenset({"DataUnavailableException", "ValidationException"})


class CostExplorer:
    """Asks, and counts how often: each page of an answer costs a cent."""

    def __init__(self, api: Api, today: dt.date) -> None:
        self._api = api
        self._today = today
        self._first = today.replace(day=1)
        self._asked: list[str] = []

    @property
    def month(self) -> Month:
        """Yesterday's costs may still be on their way."""
        yesterday = self._today - dt.timedelta(days=1)
        days = monthrange(self._today.year, self._today.month)[1]
        return Month(f"{self._today:%Y-%m}", days, yesterday.isoformat(), max((yesterday - self._first).days, 0))

    def answers(self, tag: Mapping[str, str], component_tag: str, months: int, anomalies: bool) -> Answers:
        """All that the report tells, asked side by side."""
        start, end = _months_before(self._first, months), self._today + dt.timedelta(days=1)
        by_day = self._today - dt.timedelta(days=DAYS)
        key = next(iter(tag))
        month = partial(usage_query, end=end.isoformat())
        queries = {
            "services": month(start.isoformat(), tag=tag, by=["SERVICE", "USAGE_TYPE"]),
            "components": month(self._first.isoformat(), tag=tag, by=[f"tag:{component_tag}"]),
            "environments": month(self._first.isoformat(), tag={}, by=[f"tag:{key}"]),
            "days": month(by_day.isoformat(), tag=tag, by=["SERVICE"], granularity="DAILY"),
        }
        calls: dict[str, t.Callable[[], t.Any]] = {
            name: partial(self._pages, "get_cost_and_usage", "ResultsByTime", f"read costs by {name}", query)
            for name, query in queries.items()
        }
        calls["forecast"] = partial(self._forecast, tag)
        if anomalies:
            period = {"StartDate": start.isoformat(), "EndDate": self._today.isoformat()}
            query = {"DateInterval": period}
            calls["anomalies"] = partial(self._pages, "get_anomalies", "Anomalies", "read anomalies of costs", query)
        found = side_by_side(calls)
        forecast, refused = found["forecast"]
        return Answers(
            **{name: amounts(found[name]) for name in queries},
            forecast=forecast,
            refused=refused,
            anomalies=found.get("anomalies", []),
            requests=len(self._asked),
        )

    def _pages(self, operation: str, key: str, doing: str, query: Parameters) -> list[t.Any]:
        """botocore has no paginator for these."""
        found: list[t.Any] = []
        more: dict[str, str] = {}
        while True:
            self._asked.append(operation)
            answer = self._api.read(operation, doing, **query, **more)
            found += answer[key]
            if not answer.get("NextPageToken"):
                return found
            more = {"NextPageToken": answer["NextPageToken"]}

    def _forecast(self, tag: Mapping[str, str]) -> tuple[Decimal | None, str]:
        """The rest of the month; AWS has none of a young account, and documents none by tags."""
        last = self._first.replace(day=self.month.days)
        period = {"Start": self._today.isoformat(), "End": (last + dt.timedelta(days=1)).isoformat()}
        self._asked.append("get_cost_forecast")
        try:
            answer = self._api.read(
                "get_cost_forecast",
                "forecast costs",
                TimePeriod=period,
                Metric="UNBLENDED_COST",
                Granularity="MONTHLY",
                Filter=usage_filter(tag),
            )
        except AwsError as error:
            if error.code not in NO_FORECAST:
                raise
            return None, str(error)
        return Decimal(answer["Total"]["Amount"]), ""


def denied(error: AwsError) -> str:
    """What to do about it, where AWS does not let the caller in."""
    if error.code not in DENIED:
        return str(error)
    return (
        f"{error}. The caller needs ce:GetCostAndUsage, ce:GetCostForecast and ce:GetAnomalies; Cost Explorer has to be"
        " enabled in the Billing console, and IAM's access to billing by the account's owner"
    )


def _months_before(first: dt.date, months: int) -> dt.date:
    for _each in range(months):
        first = (first - dt.timedelta(days=1)).replace(day=1)
    return first
