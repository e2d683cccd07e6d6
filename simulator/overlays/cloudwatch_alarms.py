# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CloudWatch alarms, which moto keeps and never evaluates: metric and composite ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError, not_implemented
from simulator.overlay import Context, answers
from simulator.overlays.cloudwatch_checks import check_composite_alarm, check_metric_alarm
from simulator.overlays.cloudwatch_states import Alarm, Alarms, look, make_transition, shown, stamp
from simulator.tagged import Tagged, as_dict, tagged_resources
from simulator.watching import rules

if TYPE_CHECKING:
    from collections.abc import Iterable

TYPES = {"MetricAlarm": "MetricAlarms", "CompositeAlarm": "CompositeAlarms"}
MOST_RECORDS = 100


def _existing(context: Context, name: str) -> Alarm:
    alarm = context.store(Alarms).by_name.get(name)
    if alarm is None:
        raise AwsError("ResourceNotFound", f"The alarm {name} does not exist", 404)
    return alarm


def _put(context: Context, kind: str, parameters: dict[str, Any]) -> dict[str, Any]:
    alarms = context.store(Alarms)
    name = parameters["AlarmName"]
    definition = {key: value for key, value in parameters.items() if key != "Tags"}
    existing = alarms.by_name.get(name)
    if existing is not None and existing.kind != kind:
        raise AwsError("ValidationError", f"An alarm of another type is called {name}")
    if existing is None:
        arn = f"arn:aws:cloudwatch:{context.region}:{context.account}:alarm:{name}"
        existing = Alarm(arn, kind, definition, as_dict(parameters.get("Tags", [])))
        alarms.by_name[name] = existing
    # tags of an alarm that exists are not touched
    existing.configure(definition)
    alarms.remember(existing, "ConfigurationUpdate", f'Alarm "{name}" put', {"type": "Create"})
    look(context)
    return {}


@answers("cloudwatch", "PutMetricAlarm")
def put_metric_alarm(context: Context) -> dict[str, Any]:
    check_metric_alarm(context.parameters)
    return _put(context, "MetricAlarm", context.parameters)


@answers("cloudwatch", "PutCompositeAlarm")
def put_composite_alarm(context: Context) -> dict[str, Any]:
    check_composite_alarm(context.parameters, context.store(Alarms).by_name)
    return _put(context, "CompositeAlarm", context.parameters)


def _parents(context: Context, name: str) -> list[str]:
    """The composite alarms whose rule asks an alarm."""
    composites = [alarm for alarm in context.store(Alarms).by_name.values() if alarm.kind == "CompositeAlarm"]
    return [one.name for one in composites if name in rules.alarms_in(rules.parse(one.definition["AlarmRule"]))]


@answers("cloudwatch", "DeleteAlarms")
def delete_alarms(context: Context) -> dict[str, Any]:
    """Alarms that do not exist are no error, those that a composite alarm asks are."""
    known, names = context.store(Alarms).by_name, context.parameters["AlarmNames"]
    going = [name for name in names if name in known]
    if len(names) > MOST_RECORDS or sum(known[name].kind == "CompositeAlarm" for name in going) > 1:
        raise AwsError("ValidationError", "At most 100 alarms, and one composite alarm, can be deleted at once")
    for name in going:
        if _parents(context, name):
            raise AwsError("ValidationError", f"Cannot delete {name} as there are composite alarm(s) depending on it.")
    for name in going:
        del known[name]
    return {}


@answers("cloudwatch", "DescribeAlarms")
def describe_alarms(context: Context) -> dict[str, Any]:
    """Metric alarms only, where the caller does not name types."""
    look(context)
    parameters = context.parameters
    kinds = parameters.get("AlarmTypes") or ["MetricAlarm"]
    found = [alarm for alarm in _chosen(context) if alarm.kind in kinds]
    begin = int(parameters.get("NextToken") or 0)
    count = parameters.get("MaxRecords", 50)
    page = found[begin : begin + count]
    answer: dict[str, Any] = {
        members: [shown(alarm) for alarm in page if alarm.kind == kind] for kind, members in TYPES.items()
    }
    if begin + count < len(found):
        answer["NextToken"] = str(begin + count)
    return answer


def _chosen(context: Context) -> list[Alarm]:
    parameters, known = context.parameters, context.store(Alarms).by_name
    names: Iterable[str] = sorted(known)
    if "ChildrenOfAlarmName" in parameters:
        parent = _existing(context, parameters["ChildrenOfAlarmName"])
        names = rules.alarms_in(rules.parse(parent.definition["AlarmRule"]))
    elif "ParentsOfAlarmName" in parameters:
        names = _parents(context, parameters["ParentsOfAlarmName"])
    elif "AlarmNames" in parameters:
        names = parameters["AlarmNames"]
    alarms = [known[name] for name in sorted(names) if name in known]
    return [alarm for alarm in alarms if _matches(alarm, parameters)]


def _matches(alarm: Alarm, parameters: dict[str, Any]) -> bool:
    actions = alarm.definition.get("AlarmActions", [])
    return (
        alarm.name.startswith(parameters.get("AlarmNamePrefix", ""))
        and parameters.get("StateValue", alarm.state) == alarm.state
        and ("ActionPrefix" not in parameters or any(each.startswith(parameters["ActionPrefix"]) for each in actions))
    )


@answers("cloudwatch", "DescribeAlarmsForMetric")
def describe_alarms_for_metric(context: Context) -> dict[str, Any]:
    look(context)
    wanted = {key: context.parameters.get(key) for key in ("Namespace", "MetricName")}
    dimensions = as_pairs(context.parameters.get("Dimensions", []))
    return {
        "MetricAlarms": [
            shown(alarm)
            for alarm in context.store(Alarms).by_name.values()
            if all(alarm.definition.get(key) == value for key, value in wanted.items())
            and as_pairs(alarm.definition.get("Dimensions", [])) == dimensions
        ]
    }


def as_pairs(dimensions: list[dict[str, str]]) -> set[tuple[str, str]]:
    return {(each["Name"], each["Value"]) for each in dimensions}


@answers("cloudwatch", "DescribeAlarmHistory")
def describe_alarm_history(context: Context) -> dict[str, Any]:
    """The newest first; alarms that are gone keep theirs."""
    look(context)
    parameters = context.parameters
    kinds = parameters.get("AlarmTypes") or ["MetricAlarm"]
    items = [
        item
        for item in context.store(Alarms).history
        if parameters.get("AlarmName", item["AlarmName"]) == item["AlarmName"]
        and item["AlarmType"] in kinds
        and parameters.get("HistoryItemType", item["HistoryItemType"]) == item["HistoryItemType"]
        and parameters.get("StartDate", item["Timestamp"]) <= item["Timestamp"]
        and item["Timestamp"] <= parameters.get("EndDate", item["Timestamp"])
    ]
    ordered = items if parameters.get("ScanBy") == "TimestampAscending" else items[::-1]
    begin, count = int(parameters.get("NextToken") or 0), parameters.get("MaxRecords", MOST_RECORDS)
    answer: dict[str, Any] = {"AlarmHistoryItems": ordered[begin : begin + count]}
    if begin + count < len(ordered):
        answer["NextToken"] = str(begin + count)
    return answer


@answers("cloudwatch", "SetAlarmState")
def set_alarm_state(context: Context) -> dict[str, Any]:
    """Until the next evaluation, which comes within a minute, or with new data."""
    parameters = context.parameters
    alarm = _existing(context, parameters["AlarmName"])
    look(context)
    data = parameters.get("StateReasonData", "{}")
    make_transition(context, alarm, parameters["StateValue"], parameters["StateReason"], data)
    alarm.rest()
    look(context)
    return {}


@answers("cloudwatch", "EnableAlarmActions", "DisableAlarmActions")
def switch_actions(context: Context) -> dict[str, Any]:
    known = context.store(Alarms).by_name
    for name in context.parameters["AlarmNames"]:
        if name in known:
            known[name].definition["ActionsEnabled"] = context.call.operation == "EnableAlarmActions"
            known[name].configured = stamp()
    return {}


@answers("cloudwatch", "ListTagsForResource", "TagResource", "UntagResource")
def tags(context: Context) -> dict[str, Any]:
    arn = context.parameters["ResourceARN"]
    if ":alarm:" not in arn:
        raise not_implemented("cloudwatch", context.call.operation, "only alarms have tags here")
    name = arn.rpartition(":alarm:")[2]
    if name not in context.store(Alarms).by_name:
        members = {"ResourceType": "alarm", "ResourceId": name}
        raise AwsError("ResourceNotFoundException", f"Unknown {name}", 404, **members)
    alarm = _existing(context, name)
    if context.call.operation == "TagResource":
        alarm.tags |= as_dict(context.parameters["Tags"])
    elif context.call.operation == "UntagResource":
        for key in context.parameters["TagKeys"]:
            alarm.tags.pop(key, None)
    else:
        return {"Tags": [{"Key": key, "Value": value} for key, value in alarm.tags.items()]}
    return {}


@tagged_resources
def tagged(context: Context) -> list[Tagged]:
    alarms = context.store(Alarms).by_name.values()
    return [Tagged(alarm.arn, "cloudwatch:alarm", alarm.tags) for alarm in alarms]
