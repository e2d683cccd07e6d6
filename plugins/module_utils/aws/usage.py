# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudWatch and Compute Optimizer, asked how much of their sizes components use."""

from __future__ import annotations

import datetime as dt
import typing as t
from collections.abc import Iterable, Sequence

from ..core.usage import HOUR, NOT_OPTED_IN, Target, peaks, queries, recommendation
from .api import DENIED, Api, AwsError
from .cloudwatch_states import QUERIES_AT_ONCE, batches

Found = dict[str, t.Any]


def measured(cloudwatch: Api, targets: Iterable[Target], days: int, now: dt.datetime) -> dict[str, Found]:
    """The peaks of each component in the last days, an hour each; see core.usage.peaks."""
    asked = {f"q{number}": query for number, query in enumerate(queries(targets))}
    values: dict[str, list[float]] = {key: [] for key in asked}
    for some in batches(sorted(asked), QUERIES_AT_ONCE):
        results = cloudwatch.pages(
            "get_metric_data",
            "MetricDataResults",
            "read how much of their sizes components use",
            MetricDataQueries=[{"Id": each, "MetricStat": asked[each].metric} for each in some],
            # CloudWatch keeps hours in hours: it cuts off what is left of them.
            StartTime=now.timestamp() // HOUR * HOUR - days * 24 * HOUR,
            EndTime=now.timestamp() // HOUR * HOUR,
        )
        for each in results:
            values[each["Id"]] += each["Values"]
    return peaks([(query, values[key]) for key, query in asked.items()])


class ComputeOptimizer:
    """What it recommends, where the account has opted in."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._said: list[str] = []

    @property
    def status(self) -> str:
        """Why something is missing; empty where nothing is."""
        return "; ".join(self._said)

    def recommendations(self, targets: Sequence[Target]) -> list[Found]:
        """For services and databases, not for caches. What it may not be asked is missing, and `status` says so."""
        enrolled = self._asked("get_enrollment_status", "see whether Compute Optimizer looks at the account")
        if enrolled is None:
            return []
        if enrolled["status"] != "Active":
            self._said.append(f"the account has not opted in (it is {enrolled['status']})")
            return []
        return [*self._services(targets), *self._databases(targets)]

    def _asked(self, operation: str, doing: str, **query: t.Any) -> Found | None:
        try:
            return t.cast("Found", self._api.read(operation, doing, **query))
        except AwsError as error:
            if error.code not in {*DENIED, NOT_OPTED_IN}:
                raise
            self._said.append(str(error))
            return None

    def _services(self, targets: Iterable[Target]) -> Iterable[Found]:
        ends = {
            f":service/{each.dimensions['ClusterName']}/{each.dimensions['ServiceName']}": each.component
            for each in targets
            if each.kind == "service"
        }
        for found in self._all("get_ecs_service_recommendations", "ecsServiceRecommendations", bool(ends)):
            yield from (recommendation(name, found) for end, name in ends.items() if found["serviceArn"].endswith(end))

    def _databases(self, targets: Iterable[Target]) -> Iterable[Found]:
        ends = {
            f":db:{each.dimensions['DBInstanceIdentifier']}": each.component
            for each in targets
            if each.kind == "database"
        }
        for found in self._all("get_rds_database_recommendations", "rdsDBRecommendations", bool(ends)):
            yield from (recommendation(name, found) for end, name in ends.items() if found["resourceArn"].endswith(end))

    def _all(self, operation: str, key: str, wanted: bool) -> list[Found]:
        """botocore has no paginator for these."""
        found: list[Found] = []
        more: dict[str, str] = {}
        while wanted:
            answer = self._asked(operation, "read what Compute Optimizer recommends", **more)
            if answer is None:
                break
            found += answer.get(key, [])
            self._said += [f"{each['identifier']}: {each['message']}" for each in answer.get("errors", [])]
            wanted = bool(answer.get("nextToken"))
            more = {"nextToken": answer.get("nextToken", "")}
        return found
