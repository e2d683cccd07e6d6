# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudWatch Logs: metric filters and subscription filters."""

from __future__ import annotations

import typing as t
from abc import abstractmethod
from collections.abc import Callable, Iterable
from functools import partial

from ..core.log_filter import key, observed_metric_filter, parts, transformation_of
from ..core.plan import Observed, State
from .api import Api
from .reconcile import Kind, Scope, side_by_side

GONE = {"ResourceNotFoundException"}
# A role that IAM has not spread yet, or whose policy is not.
NOT_SEEN = {"InvalidParameterException"}


class _Filters(Kind):
    """Named "filter in log group". Putting a filter again replaces it."""

    listing: t.ClassVar[tuple[str, str]]
    deletion: t.ClassVar[str]

    def __init__(self, logs: Api) -> None:
        self.logs = logs

    @abstractmethod
    def _state(self, data: dict[str, t.Any]) -> State: ...

    @abstractmethod
    def _put(self, name: str, wanted: State) -> None: ...

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        wanted = set(names)
        groups = sorted({parts(name)[0] for name in wanted})
        found = side_by_side({group: partial(self._of_group, group) for group in groups})
        return {name: each for filters in found.values() for name, each in filters.items() if name in wanted}

    def _of_group(self, group: str) -> dict[str, Observed]:
        operation, member = self.listing
        doing = f"list the {self.kind}s of log group {group}"
        filters = self.logs.pages(operation, member, doing, GONE, logGroupName=group)
        names = {key(group, each["filterName"]): each for each in filters}
        return {name: Observed(name, self._state(each)) for name, each in names.items()}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        self._put(name, wanted)
        return Observed(name, wanted)

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        self._put(name, {**before.state, **wanted})

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        group, filter_name = parts(name)
        doing = f"delete {self.kind} {name}"
        self.logs.write(self.deletion, doing, missing=GONE, logGroupName=group, filterName=filter_name)


class MetricFilters(_Filters):
    """State: see core.log_filter."""

    kind = "metric filter"
    listing = ("describe_metric_filters", "metricFilters")
    deletion = "delete_metric_filter"

    def _state(self, data: dict[str, t.Any]) -> State:
        return observed_metric_filter(data)

    def _put(self, name: str, wanted: State) -> None:
        group, filter_name = parts(name)
        self.logs.write(
            "put_metric_filter",
            f"put metric filter {name}",
            logGroupName=group,
            filterName=filter_name,
            filterPattern=wanted["pattern"],
            metricTransformations=[transformation_of(wanted)],
        )


class SubscriptionFilters(_Filters):
    """State: `pattern`, `destination_arn`, `role` (name, or "" for none), `distribution`."""

    kind = "subscription filter"
    listing = ("describe_subscription_filters", "subscriptionFilters")
    deletion = "delete_subscription_filter"

    def __init__(self, logs: Api, role_arn: Callable[[str], str]) -> None:
        super().__init__(logs)
        self.role_arn = role_arn

    def _state(self, data: dict[str, t.Any]) -> State:
        return {
            "pattern": data.get("filterPattern", ""),
            "destination_arn": data["destinationArn"],
            "role": data.get("roleArn", "").rpartition("/")[2],
            "distribution": data.get("distribution", "ByLogStream"),
        }

    def _put(self, name: str, wanted: State) -> None:
        group, filter_name = parts(name)
        role = {"roleArn": self.role_arn(wanted["role"])} if wanted["role"] else {}
        self.logs.write(
            "put_subscription_filter",
            f"put subscription filter {name}",
            retry=NOT_SEEN if role else (),
            logGroupName=group,
            filterName=filter_name,
            filterPattern=wanted["pattern"],
            destinationArn=wanted["destination_arn"],
            distribution=wanted["distribution"],
            **t.cast("dict[str, t.Any]", role),
        )
