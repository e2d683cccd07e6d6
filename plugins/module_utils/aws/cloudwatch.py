# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""CloudWatch: metric alarms, composite alarms and dashboards."""

from __future__ import annotations

import json
import typing as t
from abc import abstractmethod
from collections.abc import Callable, Iterable
from functools import partial

from ..core.alarm_state import (
    alarm_parameters,
    composite_parameters,
    observed_alarm,
    observed_composite,
)
from ..core.dashboard import translated
from ..core.plan import Observed, State
from ..core.tags import from_pairs, tag_changes, to_pairs
from .api import Api
from .monitored import DimensionNames, TopicNames
from .reconcile import Kind, Scope, side_by_side

GONE = {"ResourceNotFound", "ResourceNotFoundException"}
# DescribeAlarms takes no more names at once.
NAMES_AT_ONCE = 100


class _Alarms(Kind):
    """What both sorts of alarms share: PutX replaces all of an alarm but its tags."""

    alarm_type: t.ClassVar[str]

    def __init__(self, cloudwatch: Api, topics: TopicNames, dimensions: DimensionNames) -> None:
        self.cloudwatch = cloudwatch
        self.topics = topics
        self.dimensions = dimensions

    @abstractmethod
    def _state(self, data: dict[str, t.Any]) -> State: ...

    @abstractmethod
    def _put(self, doing: str, name: str, wanted: State, tags: dict[str, str] | None = None) -> None: ...

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        alarms = self._described(sorted(names))
        tags = side_by_side({each["AlarmName"]: partial(self._tags, each["AlarmArn"]) for each in alarms})
        return {each["AlarmName"]: self._observed(each, tags[each["AlarmName"]]) for each in alarms}

    def _described(self, names: list[str]) -> list[dict[str, t.Any]]:
        found = []
        for first in range(0, len(names), NAMES_AT_ONCE):
            chunk = names[first : first + NAMES_AT_ONCE]
            # Without AlarmTypes AWS does not mention composite alarms.
            found += self.cloudwatch.pages(
                "describe_alarms",
                f"{self.alarm_type}s",
                f"find alarms {', '.join(chunk)}",
                AlarmNames=chunk,
                AlarmTypes=[self.alarm_type],
                MaxRecords=100,
            )
        return found

    def _tags(self, arn: str) -> dict[str, str]:
        answer = self.cloudwatch.read("list_tags_for_resource", f"list tags of {arn}", GONE, ResourceARN=arn)
        return from_pairs((answer or {}).get("Tags"))

    def _observed(self, data: dict[str, t.Any], tags: dict[str, str]) -> Observed:
        facts = {"arn": data["AlarmArn"], "state": data["StateValue"], "reason": data.get("StateReason", "")}
        return Observed(data["AlarmArn"], {**self._state(data), "tags": tags}, facts)

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        self._put(f"create {self.kind} {name}", name, wanted, wanted.get("tags"))
        (data,) = self._described([name])
        return self._observed(data, wanted.get("tags") or {})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        """`wanted` has the changed fields only, and AWS wants all of them."""
        if set(fields) - {"tags"}:
            self._put(f"change {self.kind} {name}", name, {**before.state, **wanted})
        if "tags" in fields:
            self._set_tags(name, before, wanted["tags"])

    def _set_tags(self, name: str, before: Observed, tags: dict[str, str]) -> None:
        setting, removing = tag_changes(before.state["tags"], tags)
        doing = f"tag {self.kind} {name}"
        if setting:
            self.cloudwatch.write("tag_resource", doing, ResourceARN=before.id, Tags=to_pairs(setting))
        if removing:
            self.cloudwatch.write("untag_resource", doing, ResourceARN=before.id, TagKeys=removing)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """One by one: AWS takes a single composite alarm a call."""
        self.cloudwatch.write("delete_alarms", f"delete {self.kind} {name}", missing=GONE, AlarmNames=[name])


class MetricAlarms(_Alarms):
    """State: see core.alarm_state, and `tags`."""

    kind = "alarm"
    alarm_type = "MetricAlarm"

    def _state(self, data: dict[str, t.Any]) -> State:
        topic = partial(self.topics.name, owner=data["AlarmArn"])
        return observed_alarm(data, self.dimensions.name, topic)

    def settle(self, wanted: State, observed: State) -> State:
        """Of one metric by an ordinary statistic AWS keeps no word about low sample counts."""
        return {**wanted, "low_samples": wanted["low_samples"] if _percentile(wanted) else observed["low_samples"]}

    def _put(self, doing: str, name: str, wanted: State, tags: dict[str, str] | None = None) -> None:
        parameters = alarm_parameters(name, wanted, self.dimensions.id, self.topics.arn)
        self.cloudwatch.write("put_metric_alarm", doing, **parameters, Tags=to_pairs(tags))


class CompositeAlarms(_Alarms):
    """State: see core.alarm_state, and `tags`. Made after the alarms that they ask, and deleted before them."""

    kind = "composite alarm"
    alarm_type = "CompositeAlarm"
    after = ("alarm",)

    def _state(self, data: dict[str, t.Any]) -> State:
        return observed_composite(data, partial(self.topics.name, owner=data["AlarmArn"]))

    def _put(self, doing: str, name: str, wanted: State, tags: dict[str, str] | None = None) -> None:
        parameters = composite_parameters(name, wanted, self.topics.arn)
        self.cloudwatch.write("put_composite_alarm", doing, **parameters, Tags=to_pairs(tags))


def _percentile(state: State) -> bool:
    statistic: str = state["metric"].get("statistic", "")
    return statistic.startswith("p")


class Dashboards(Kind):
    """State: `body`, the dashboard as data, with names instead of ids. AWS tags no dashboards.

    `warn` is told what CloudWatch has to say about a dashboard that it took.
    """

    kind = "dashboard"

    def __init__(self, cloudwatch: Api, dimensions: DimensionNames, warn: Callable[[str], None]) -> None:
        self.cloudwatch = cloudwatch
        self.dimensions = dimensions
        self.warn = warn

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found = side_by_side({name: partial(self._find, name) for name in names})
        return {name: observed for name, observed in found.items() if observed}

    def _find(self, name: str) -> Observed | None:
        answer = self.cloudwatch.read("get_dashboard", f"find dashboard {name}", GONE, DashboardName=name)
        if answer is None:
            return None
        body = translated(json.loads(answer["DashboardBody"]), self.dimensions.name)
        return Observed(answer["DashboardArn"], {"body": body}, {"arn": answer["DashboardArn"]})

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        self._put(name, wanted["body"])
        found = self._find(name)
        return Observed(found.id if found else name, wanted, found.facts if found else {})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        self._put(name, wanted["body"])

    def _put(self, name: str, body: State) -> None:
        text = json.dumps(translated(body, self.dimensions.id), sort_keys=True, separators=(",", ":"))
        answer = self.cloudwatch.write(
            "put_dashboard", f"write dashboard {name}", DashboardName=name, DashboardBody=text
        )
        for each in answer.get("DashboardValidationMessages") or ():
            self.warn(f"CloudWatch says of dashboard {name}: {each.get('DataPath', '')} {each.get('Message', '')}")

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.cloudwatch.write("delete_dashboards", f"delete dashboard {name}", missing=GONE, DashboardNames=[name])
