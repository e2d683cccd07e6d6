# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Budgets, of which moto keeps no subscribers and changes none. Nothing is spent here, so no alert ever tells."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from simulator.errors import AwsError, not_implemented
from simulator.overlay import Context, answers

NAME = re.compile(r"(?![^:\\]*/action/)[^:\\]{1,100}")
MOST_NOTIFICATIONS, MOST_EMAILS = 10, 10
END = datetime(2087, 6, 15, tzinfo=UTC)
NOTHING = {"Amount": "0.0", "Unit": "USD"}
# What a budget by filters counts where nobody says; True but for the last two.
COST_TYPES = {
    **dict.fromkeys(
        (
            "IncludeCredit",
            "IncludeDiscount",
            "IncludeOtherSubscription",
            "IncludeRecurring",
            "IncludeRefund",
            "IncludeSubscription",
            "IncludeSupport",
            "IncludeTax",
            "IncludeUpfront",
        ),
        True,
    ),
    "UseAmortized": False,
    "UseBlended": False,
}
Key = tuple[str, str, float, str]


@dataclass
class Kept:
    """One budget: as DescribeBudget shows it, its notifications with subscribers, and its tags."""

    budget: dict[str, Any]
    alerts: dict[Key, dict[str, Any]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Budgets:
    """The budgets of an account by name."""

    by_name: dict[str, Kept] = field(default_factory=dict)


def _all(context: Context) -> dict[str, Kept]:
    account = context.parameters.get("AccountId", context.account)
    if account != context.account:
        raise AwsError("AccessDeniedException", f"Account {context.account} may not see budgets of {account}", 400)
    return context.store(Budgets, "").by_name


def _find(context: Context, name: str = "") -> Kept:
    name = name or context.parameters["BudgetName"]
    found = _all(context).get(name)
    if found is None:
        raise AwsError("NotFoundException", f"Unable to get budget: {name} - the budget doesn't exist.", 400)
    return found


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message, 400)


def _checked(budget: dict[str, Any]) -> dict[str, Any]:
    """The budget with what AWS fills in."""
    if not NAME.fullmatch(budget["BudgetName"]):
        raise _invalid(f"The budget name {budget['BudgetName']} is not valid")
    if budget["BudgetType"] != "COST" or budget["TimeUnit"] != "MONTHLY":
        raise not_implemented("budgets", "CreateBudget", "budgets that are not of costs a month")
    if budget.keys() & {"FilterExpression", "Metrics", "PlannedBudgetLimits", "AutoAdjustData", "BillingViewArn"}:
        raise not_implemented("budgets", "CreateBudget", "budgets beyond BudgetLimit and CostFilters")
    limit = budget.get("BudgetLimit")
    if limit is None or limit["Unit"] != "USD" or not float(limit["Amount"]) > 0:
        raise _invalid("BudgetLimit must be more than 0 USD")
    for value in (budget.get("CostFilters") or {}).get("TagKeyValue", []):
        if not re.fullmatch(r"(user|aws):[^$]+\$.*", value):
            raise _invalid(f"TagKeyValue must be like user:Key$value, not {value}")
    now = datetime.now(UTC)
    period = {"Start": now.replace(day=1, hour=0, minute=0, second=0, microsecond=0), "End": END}
    amount = {"Amount": str(float(limit["Amount"])), "Unit": "USD"}
    return {
        "CostFilters": {},
        "CostTypes": dict(COST_TYPES),
        **copy.deepcopy(budget),
        "BudgetLimit": amount,
        "TimePeriod": {**period, **budget.get("TimePeriod", {})},
        "CalculatedSpend": {"ActualSpend": NOTHING, "ForecastedSpend": NOTHING},
        "LastUpdatedTime": now,
    }


@answers("budgets", "CreateBudget")
def create_budget(context: Context) -> dict[str, Any]:
    budget, budgets = _checked(context.parameters["Budget"]), _all(context)
    if budget["BudgetName"] in budgets:
        message = f"Error creating budget: {budget['BudgetName']} - the budget already exists."
        raise AwsError("DuplicateRecordException", message, 400)
    kept = Kept(budget, tags={each["Key"]: each["Value"] for each in context.parameters.get("ResourceTags", [])})
    for each in context.parameters.get("NotificationsWithSubscribers", []):
        _add(kept, each["Notification"], each["Subscribers"])
    budgets[budget["BudgetName"]] = kept
    return {}


@answers("budgets", "UpdateBudget")
def update_budget(context: Context) -> dict[str, Any]:
    new = context.parameters["NewBudget"]
    _find(context, new["BudgetName"]).budget = _checked(new)
    return {}


@answers("budgets", "DescribeBudget")
def describe_budget(context: Context) -> dict[str, Any]:
    return {"Budget": _find(context).budget}


@answers("budgets", "DescribeBudgets")
def describe_budgets(context: Context) -> dict[str, Any]:
    return {"Budgets": [each.budget for each in _all(context).values()]}


@answers("budgets", "DeleteBudget")
def delete_budget(context: Context) -> dict[str, Any]:
    _find(context)
    del _all(context)[context.parameters["BudgetName"]]
    return {}


def _key(notification: dict[str, Any]) -> Key:
    return (
        notification["NotificationType"],
        notification["ComparisonOperator"],
        float(notification["Threshold"]),
        notification.get("ThresholdType", "PERCENTAGE"),
    )


def _subscriber(subscribers: list[dict[str, Any]], new: dict[str, Any]) -> None:
    kind, address = new["SubscriptionType"], new["Address"]
    if new in subscribers:
        raise AwsError("DuplicateRecordException", f"The subscriber {address} already exists.", 400)
    if kind == "SNS" and (
        not address.startswith("arn:aws:sns:") or any(each["SubscriptionType"] == kind for each in subscribers)
    ):
        raise _invalid("A notification has one SNS topic, named by its ARN")
    if kind == "EMAIL" and "@" not in address:
        raise _invalid(f"{address} is no email address")
    if sum(each["SubscriptionType"] == "EMAIL" for each in subscribers) >= MOST_EMAILS and kind == "EMAIL":
        raise AwsError("CreationLimitExceededException", f"A notification has {MOST_EMAILS} email addresses", 400)
    subscribers.append(dict(new))


def _add(kept: Kept, notification: dict[str, Any], subscribers: list[dict[str, Any]]) -> None:
    key = _key(notification)
    if key in kept.alerts:
        raise AwsError("DuplicateRecordException", "The notification already exists.", 400)
    if len(kept.alerts) >= MOST_NOTIFICATIONS:
        raise AwsError("CreationLimitExceededException", f"A budget has {MOST_NOTIFICATIONS} notifications", 400)
    if not subscribers:
        raise _invalid("A notification needs a subscriber")
    told: list[dict[str, Any]] = []
    for each in subscribers:
        _subscriber(told, each)
    kept.alerts[key] = {
        "notification": {**notification, "ThresholdType": key[3], "NotificationState": "OK"},
        "subscribers": told,
    }


def _alert(context: Context) -> tuple[Kept, Key]:
    kept, key = _find(context), _key(context.parameters["Notification"])
    if key not in kept.alerts:
        raise AwsError("NotFoundException", "The notification doesn't exist.", 400)
    return kept, key


@answers("budgets", "DescribeNotificationsForBudget")
def describe_notifications(context: Context) -> dict[str, Any]:
    return {"Notifications": [each["notification"] for each in _find(context).alerts.values()]}


@answers("budgets", "CreateNotification")
def create_notification(context: Context) -> dict[str, Any]:
    _add(_find(context), context.parameters["Notification"], context.parameters["Subscribers"])
    return {}


@answers("budgets", "DeleteNotification")
def delete_notification(context: Context) -> dict[str, Any]:
    kept, key = _alert(context)
    del kept.alerts[key]
    return {}


@answers("budgets", "DescribeSubscribersForNotification")
def describe_subscribers(context: Context) -> dict[str, Any]:
    kept, key = _alert(context)
    return {"Subscribers": kept.alerts[key]["subscribers"]}


@answers("budgets", "TagResource", "UntagResource", "ListTagsForResource")
def tags(context: Context) -> dict[str, Any]:
    kept = _find(context, context.parameters["ResourceARN"].partition(":budget/")[2])
    if context.call.operation == "TagResource":
        kept.tags |= {each["Key"]: each["Value"] for each in context.parameters["ResourceTags"]}
    elif context.call.operation == "UntagResource":
        for key in context.parameters["ResourceTagKeys"]:
            kept.tags.pop(key, None)
    else:
        return {"ResourceTags": [{"Key": key, "Value": value} for key, value in kept.tags.items()]}
    return {}
