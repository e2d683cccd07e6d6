# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""AWS Budgets: what a month may cost, and who is told when it costs more."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping
from functools import partial

from ..core.budget import (
    Notification,
    Subscriber,
    budget_parameters,
    notification,
    observed_budget,
    replaced,
    subscribers,
)
from ..core.plan import Observed, State
from ..core.tags import from_pairs, tag_changes, to_pairs
from .api import Api
from .reconcile import Kind, Scope, side_by_side

# The API is a global one, which is signed for this region.
BUDGETS_REGION = "us-east-1"
GONE = {"NotFoundException"}
THERE = {"DuplicateRecordException"}


class Budgets(Kind):
    """State: see core.budget, and `tags`."""

    kind = "budget"

    def __init__(self, budgets: Api, account: str) -> None:
        self.budgets = budgets
        self.account = account
        self._data: dict[str, Mapping[str, t.Any]] = {}

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found = side_by_side({name: partial(self._find, name) for name in names})
        return {name: budget for name, budget in found.items() if budget}

    def _find(self, name: str) -> Observed | None:
        doing, where = f"read budget {name}", self._where(name)
        answer = self.budgets.read("describe_budget", doing, GONE, **where)
        if answer is None:
            return None
        self._data[name] = answer["Budget"]
        arn = f"arn:aws:budgets::{self.account}:budget/{name}"
        alerts = self.budgets.pages("describe_notifications_for_budget", "Notifications", doing, GONE, **where)
        told = side_by_side({str(index): partial(self._told, name, each) for index, each in enumerate(alerts)})
        tags = self.budgets.read("list_tags_for_resource", doing, GONE, ResourceARN=arn)
        state = observed_budget(answer["Budget"], [(each, told[str(index)]) for index, each in enumerate(alerts)])
        spent = answer["Budget"].get("CalculatedSpend", {})
        facts = {
            "arn": arn,
            "actual_spend": spent.get("ActualSpend", {}).get("Amount", ""),
            "forecasted_spend": spent.get("ForecastedSpend", {}).get("Amount", ""),
        }
        return Observed(arn, {**state, "tags": from_pairs((tags or {}).get("ResourceTags"))}, facts)

    def _told(self, name: str, alert: Notification) -> list[Subscriber]:
        named = {key: value for key, value in alert.items() if key != "NotificationState"}
        found = self.budgets.pages(
            "describe_subscribers_for_notification",
            "Subscribers",
            f"find who is told of budget {name}",
            GONE,
            **self._where(name),
            Notification=named,
        )
        return [(each["SubscriptionType"], each["Address"]) for each in found]

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        """Where the answer was lost, the engine looks: a second call would be refused."""
        tags: dict[str, t.Any] = {"ResourceTags": to_pairs(wanted["tags"])} if wanted.get("tags") else {}
        self.budgets.write(
            "create_budget",
            f"create budget {name}",
            repeatable=False,
            AccountId=self.account,
            Budget=budget_parameters(name, wanted),
            NotificationsWithSubscribers=[_alert(each) for each in wanted["alerts"]],
            **tags,
        )
        arn = f"arn:aws:budgets::{self.account}:budget/{name}"
        return Observed(arn, {**wanted, "tags": wanted.get("tags") or {}}, {"arn": arn})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        """`wanted` has the changed fields only, and AWS wants all of a budget, without its alerts."""
        if set(fields) - {"tags", "alerts"}:
            budget = budget_parameters(name, {**before.state, **wanted}, self._data.get(name))
            self.budgets.write("update_budget", f"change budget {name}", AccountId=self.account, NewBudget=budget)
        if "alerts" in fields:
            self._set_alerts(name, before.state["alerts"], wanted["alerts"])
        if "tags" in fields:
            setting, removing = tag_changes(before.state["tags"], wanted["tags"])
            doing = f"tag budget {name}"
            if setting:
                self.budgets.write("tag_resource", doing, ResourceARN=before.id, ResourceTags=to_pairs(setting))
            if removing:
                self.budgets.write("untag_resource", doing, ResourceARN=before.id, ResourceTagKeys=removing)

    def _set_alerts(self, name: str, before: list[State], wanted: list[State]) -> None:
        """Old alerts go first: AWS takes ten, and none twice."""
        doing, where = f"set the alerts of budget {name}", self._where(name)
        gone, new = replaced(before, wanted)
        for each in gone:
            self.budgets.write("delete_notification", doing, missing=GONE, **where, Notification=notification(each))
        for each in new:
            self.budgets.write("create_notification", doing, missing=THERE, **where, **_alert(each))

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """With its alerts."""
        self.budgets.write("delete_budget", f"delete budget {name}", missing=GONE, **self._where(name))

    def _where(self, name: str) -> dict[str, t.Any]:
        return {"AccountId": self.account, "BudgetName": name}


def _alert(alert: State) -> dict[str, t.Any]:
    told = [{"SubscriptionType": kind, "Address": address} for kind, address in subscribers(alert)]
    return {"Notification": notification(alert), "Subscribers": told}
