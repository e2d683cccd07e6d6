# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The alarms of an account and region, and how their states change."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.watching import alarms as metric_alarms
from simulator.watching import rules
from simulator.watching.metrics import Metrics

if TYPE_CHECKING:
    from simulator.overlay import Context

LOOK_SECONDS = 60
# How long a new alarm waits for data before it is told that there is none.
FIRST_LOOK_SECONDS = 120
MOST_HISTORY = 5_000
ACTIONS = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
# What AWS fills in.
DEFAULTS: dict[str, Any] = {
    "ActionsEnabled": True,
    "OKActions": [],
    "AlarmActions": [],
    "InsufficientDataActions": [],
}


def stamp() -> datetime:
    return datetime.now(UTC)


@dataclass
class Alarm:
    """One alarm; `definition` is what was put."""

    arn: str
    kind: str
    definition: dict[str, Any]
    tags: dict[str, str]
    state: str = "INSUFFICIENT_DATA"
    reason: str = "Unchecked: Initial alarm creation"
    reason_data: str = ""
    configured: datetime = field(default_factory=stamp)
    updated: datetime = field(default_factory=stamp)
    transitioned: datetime = field(default_factory=stamp)
    born: float = field(default_factory=time.time)
    next_look: float = 0
    seen: Any = None
    """What the last evaluation looked at: counts of late data, or the states of other alarms."""

    @property
    def name(self) -> str:
        return str(self.definition["AlarmName"])

    def configure(self, definition: dict[str, Any]) -> None:
        self.definition, self.configured, self.next_look, self.seen = definition, stamp(), 0, None

    def rest(self) -> None:
        """Leave the state alone for a minute, or until something new comes."""
        self.next_look = time.time() + LOOK_SECONDS


@dataclass
class Alarms:
    """By name, and what happened to them, oldest first."""

    by_name: dict[str, Alarm] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)

    def remember(self, alarm: Alarm, kind: str, summary: str, data: dict[str, Any]) -> None:
        self.history.append(
            {
                "AlarmName": alarm.name,
                "AlarmType": alarm.kind,
                "Timestamp": stamp(),
                "HistoryItemType": kind,
                "HistorySummary": summary,
                "HistoryData": json.dumps({"version": "1.0", **data}),
            }
        )
        del self.history[:-MOST_HISTORY]


def shown(alarm: Alarm) -> dict[str, Any]:
    """As DescribeAlarms shows it."""
    facts: dict[str, Any] = {
        "AlarmArn": alarm.arn,
        "AlarmConfigurationUpdatedTimestamp": alarm.configured,
        "StateValue": alarm.state,
        "StateReason": alarm.reason,
        "StateUpdatedTimestamp": alarm.updated,
        "StateTransitionedTimestamp": alarm.transitioned,
    }
    if alarm.reason_data:
        facts["StateReasonData"] = alarm.reason_data
    if alarm.kind == "MetricAlarm":
        facts |= {"Dimensions": []} if "Metrics" not in alarm.definition else {}
    return {**DEFAULTS, **facts, **alarm.definition}


def look(context: Context) -> None:
    """Evaluate every alarm that is due: a minute is over, or there is something new to see in those before."""
    alarms, metrics, now = context.store(Alarms), context.store(Metrics), time.time()
    for alarm in alarms.by_name.values():
        if alarm.kind == "MetricAlarm":
            _look_at_metrics(context, alarm, metrics, now)
    composites = [alarm for alarm in alarms.by_name.values() if alarm.kind == "CompositeAlarm"]
    # as often as composite alarms can stand on each other
    for _depth in composites:
        changed = [alarm for alarm in composites if _look_at_alarms(context, alarm)]
        if not changed:
            break


def _look_at_metrics(context: Context, alarm: Alarm, metrics: Metrics, now: float) -> None:
    seen = {key: metrics.late.get(key, 0) for key in metric_alarms.keys_of(alarm.definition)}
    if seen == alarm.seen and now < alarm.next_look:
        return
    is_young = now - alarm.born < FIRST_LOOK_SECONDS
    if is_young and not metric_alarms.has_data(alarm.definition, metrics, now):
        return
    verdict = metric_alarms.evaluate(alarm.definition, metrics, now)
    alarm.seen, alarm.next_look = seen, (now // LOOK_SECONDS + 1) * LOOK_SECONDS
    if verdict.value is not None:
        make_transition(context, alarm, verdict.value, verdict.reason, verdict.data)


def _look_at_alarms(context: Context, alarm: Alarm) -> bool:
    """Whether the state of a composite alarm changed; it is asked again only when one of its alarms has changed."""
    known = context.store(Alarms).by_name
    rule = rules.parse(alarm.definition["AlarmRule"])
    states = {name: known[name].state for name in sorted(rules.alarms_in(rule)) if name in known}
    if states == alarm.seen:
        return False
    alarm.seen, before = states, alarm.state
    value = "ALARM" if rules.holds(rule, states) else "OK"
    told = ", ".join(f"{known[name].arn} is {state}" for name, state in states.items())
    make_transition(context, alarm, value, f"{alarm.arn}: the alarm rule evaluates to {value}: {told}", "{}")
    return before != value


def make_transition(context: Context, alarm: Alarm, value: str, reason: str, data: str) -> None:
    """Give an alarm its state; when that is another one, tell those who are to be told."""
    if value == alarm.state:
        return
    before, alarm.state = alarm.state, value
    alarm.reason, alarm.reason_data = reason, data
    alarm.updated = alarm.transitioned = stamp()
    alarms = context.store(Alarms)
    change = {
        "oldState": {"stateValue": before},
        "newState": {"stateValue": value, "stateReason": reason, "stateReasonData": data},
    }
    alarms.remember(alarm, "StateUpdate", f"Alarm updated from {before} to {value}", change)
    if alarm.definition.get("ActionsEnabled", True):
        for action in alarm.definition.get(ACTIONS[value], []):
            _act(context, alarm, action, before)


def _act(context: Context, alarm: Alarm, action: str, before: str) -> None:
    """Carry out an action; one that fails is written down, as AWS does."""
    alarms = context.store(Alarms)
    fault = f"the simulator does not carry out {action}"
    if ":sns:" in action:
        fault = _publish(context, alarm, action, before)
    data = {"actionState": "Failed" if fault else "Succeeded", "notificationResource": action, "error": fault or None}
    done = f"Failed to execute action {action}: {fault}" if fault else f"Successfully executed action {action}"
    alarms.remember(alarm, "Action", done, data)


def _publish(context: Context, alarm: Alarm, topic: str, before: str) -> str:
    """Tell a topic; what stood in the way, or ""."""
    region = topic.split(":")[3]
    try:
        attributes = context.invoke("sns", "GetTopicAttributes", region, TopicArn=topic)["Attributes"]
        fault = _locked_out(context, attributes, region)
        if not fault:
            subject = f'{alarm.state}: "{alarm.name}" in {context.region}'[:100]
            message = json.dumps(_message(context, alarm, before))
            context.invoke("sns", "Publish", region, TopicArn=topic, Subject=subject, Message=message)
    except AwsError as error:
        return error.message
    return fault


def _locked_out(context: Context, attributes: dict[str, str], region: str) -> str:
    """Why CloudWatch may not publish to a topic: its policy, or that of its key."""
    policy = attributes.get("Policy", "")
    if "cloudwatch.amazonaws.com" not in policy and "__default_statement_ID" not in policy:
        return "CloudWatch Alarms is not authorized to perform: SNS:Publish on the topic"
    key = attributes.get("KmsMasterKeyId", "")
    if not key:
        return ""
    refusal = "CloudWatch Alarms does not have authorization to access the SNS topic encryption key."
    if key.endswith("alias/aws/sns"):
        return refusal
    described = context.invoke("kms", "DescribeKey", region, KeyId=key)["KeyMetadata"]["KeyId"]
    text = context.invoke("kms", "GetKeyPolicy", region, KeyId=described, PolicyName="default")["Policy"]
    return "" if "cloudwatch.amazonaws.com" in text else refusal


def _message(context: Context, alarm: Alarm, before: str) -> dict[str, Any]:
    definition = alarm.definition
    message = {
        "AlarmName": alarm.name,
        "AlarmDescription": definition.get("AlarmDescription"),
        "AWSAccountId": context.account,
        "NewStateValue": alarm.state,
        "NewStateReason": alarm.reason,
        "StateChangeTime": alarm.transitioned.isoformat(),
        "Region": context.region,
        "AlarmArn": alarm.arn,
        "OldStateValue": before,
        **{actions: definition.get(actions, []) for actions in ACTIONS.values()},
    }
    if alarm.kind == "CompositeAlarm":
        return {**message, "AlarmRule": definition["AlarmRule"]}
    trigger = ("MetricName", "Namespace", "Period", "EvaluationPeriods", "ComparisonOperator", "Threshold", "Metrics")
    return {**message, "Trigger": {key: definition[key] for key in trigger if key in definition}}
