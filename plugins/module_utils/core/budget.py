# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Budgets of AWS in canonical form, and what of their alerts has to change. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from .plan import PlanRefused, State

# AWS takes no more.
MOST_ALERTS, MOST_EMAILS = 10, 10
TAG_FILTER = "TagKeyValue"
TOPIC, EMAIL = "SNS", "EMAIL"
Notification = dict[str, Any]
Subscriber = tuple[str, str]


def wanted_budget(item: Mapping[str, Any]) -> State:
    """The state of one budget of the options. Raises PlanRefused for what AWS would not take."""
    name, tags = item["name"], item["cost_tag"] or {}
    if item["limit"] is None or not item["limit"] > 0:
        raise PlanRefused(f"budget {name}: limit has to be more than 0 dollars, not {item['limit']}")
    if len(tags) > 1:
        raise PlanRefused(f"budget {name}: cost_tag has one tag; AWS would take the costs of any of several")
    told = [*((TOPIC, arn) for arn in [item["topic_arn"]] if arn), *((EMAIL, each) for each in item["emails"])]
    if item["alerts"] and not told:
        raise PlanRefused(f"budget {name}: nobody is told of its alerts; name a topic_arn or emails")
    if len(item["alerts"]) > MOST_ALERTS or len(item["emails"]) > MOST_EMAILS:
        raise PlanRefused(f"budget {name}: AWS takes {MOST_ALERTS} alerts, and {MOST_EMAILS} emails for each")
    found = [_alert(each["type"].upper(), Decimal(str(each["threshold"])), told) for each in item["alerts"]]
    if len({str(_key(each)) for each in found}) < len(found):
        raise PlanRefused(f"budget {name}: two of its alerts have the same type and threshold")
    return {
        "limit": _amount(item["limit"]),
        "budget_type": "COST",
        "time_unit": "MONTHLY",
        "cost_filters": {TAG_FILTER: [f"user:{key}${value}" for key, value in tags.items()]} if tags else {},
        "alerts": _sorted(found),
    }


def observed_budget(data: Mapping[str, Any], alerts: Iterable[tuple[Notification, Iterable[Subscriber]]]) -> State:
    """The same of a budget as DescribeBudget has it, and its notifications with those who are told."""
    return {
        "limit": _limit(data.get("BudgetLimit")),
        "budget_type": data["BudgetType"],
        "time_unit": data["TimeUnit"],
        "cost_filters": {key: sorted(values) for key, values in sorted((data.get("CostFilters") or {}).items())},
        "alerts": _sorted(
            {
                "type": notification["NotificationType"],
                "comparison": notification["ComparisonOperator"],
                "threshold": _amount(notification["Threshold"]),
                "threshold_type": notification.get("ThresholdType", "PERCENTAGE"),
                "subscribers": sorted(f"{kind} {address}" for kind, address in told),
            }
            for notification, told in alerts
        ),
    }


def budget_parameters(name: str, state: Mapping[str, Any], before: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The budget as CreateBudget and UpdateBudget want it: all of it. `before` has what nobody here decides."""
    kept = {key: value for key, value in (before or {}).items() if key in ("TimePeriod", "CostTypes")}
    return {
        **kept,
        "BudgetName": name,
        "BudgetType": state["budget_type"],
        "TimeUnit": state["time_unit"],
        "BudgetLimit": {"Amount": state["limit"], "Unit": "USD"},
        "CostFilters": state["cost_filters"],
    }


def notification(alert: Mapping[str, Any]) -> Notification:
    """An alert as AWS names it in calls: it has no id."""
    return {
        "NotificationType": alert["type"],
        "ComparisonOperator": alert["comparison"],
        "Threshold": float(alert["threshold"]),
        "ThresholdType": alert["threshold_type"],
    }


def subscribers(alert: Mapping[str, Any]) -> tuple[Subscriber, ...]:
    pairs = (each.partition(" ") for each in alert["subscribers"])
    return tuple((kind, address) for kind, _space, address in pairs)


def replaced(before: Iterable[State], wanted: Iterable[State]) -> tuple[list[State], list[State]]:
    """The alerts to delete, and those to create. One that tells others is another one: AWS takes one topic for each."""
    old, new = list(before), list(wanted)
    return [each for each in old if each not in new], [each for each in new if each not in old]


def _alert(kind: str, threshold: Decimal, told: Iterable[Subscriber]) -> State:
    return {
        "type": kind,
        "comparison": "GREATER_THAN",
        "threshold": _amount(threshold),
        "threshold_type": "PERCENTAGE",
        "subscribers": sorted({f"{kind} {address}" for kind, address in told}),
    }


def _key(alert: Mapping[str, Any]) -> tuple[str, ...]:
    return (alert["type"], alert["comparison"], alert["threshold"], alert["threshold_type"])


def _sorted(alerts: Iterable[State]) -> list[State]:
    return sorted(alerts, key=lambda each: (each["type"], Decimal(each["threshold"]), _key(each)))


def _limit(spend: Mapping[str, str] | None) -> str:
    if not spend:
        return "none"
    return _amount(spend["Amount"]) if spend["Unit"] == "USD" else f"{spend['Amount']} {spend['Unit']}"


def _amount(value: object) -> str:
    """Without zeros at the end: AWS answers 355.0 to 355."""
    text = f"{Decimal(str(value)):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
