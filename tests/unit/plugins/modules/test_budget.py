# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module against the simulator: previewed, made, settled, changed, deleted, refused."""

from __future__ import annotations

import pytest

from tests.support.data_tier import point_at
from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module
from tests.support.simulator import ACCOUNT, Simulator

MODULE = "budget"
NAME = "monay-dev"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:monay-dev-alarms"
BUDGET = {
    "name": NAME,
    "limit": 355,
    "cost_tag": {"Environment": "dev"},
    "alerts": [{"type": "forecasted", "threshold": 100}, {"type": "actual", "threshold": 80}],
    "topic_arn": TOPIC,
    "emails": ["us@monay.example"],
}


@pytest.fixture(scope="module")
def running():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running, monkeypatch):
    running.reset()
    running.clear_faults()
    point_at(running, monkeypatch)
    return running


@pytest.fixture
def budgets(simulator):
    return simulator.client("budgets")


def args(**change):
    """From another region: budgets are global."""
    extra = {key: change.pop(key) for key in ("state", "tags", "purge_tags") if key in change}
    return {"region": "eu-west-1", "budgets": [{**BUDGET, **change}], "tags": {"Project": "monay"}, **extra}


def stored(budgets):
    return budgets.describe_budget(AccountId=ACCOUNT, BudgetName=NAME)["Budget"]


def told(budgets):
    where = {"AccountId": ACCOUNT, "BudgetName": NAME}
    found = {}
    for each in budgets.describe_notifications_for_budget(**where)["Notifications"]:
        each.pop("NotificationState")
        answer = budgets.describe_subscribers_for_notification(**where, Notification=each)
        addresses = {one["Address"] for one in answer["Subscribers"]}
        found[each["NotificationType"], each["Threshold"]] = addresses
    return found


def tags(budgets):
    answer = budgets.list_tags_for_resource(ResourceARN=f"arn:aws:budgets::{ACCOUNT}:budget/{NAME}")
    return {each["Key"]: each["Value"] for each in answer["ResourceTags"]}


def test_creates_as_previewed_and_settles(budgets):
    done = assert_previewed(MODULE, args())

    assert changes(done) == {("create", "budget", NAME)}
    budget = stored(budgets)
    assert float(budget["BudgetLimit"]["Amount"]) == 355
    assert (budget["TimeUnit"], budget["BudgetType"]) == ("MONTHLY", "COST")
    assert budget["CostFilters"] == {"TagKeyValue": ["user:Environment$dev"]}
    both = {TOPIC, "us@monay.example"}
    assert told(budgets) == {("ACTUAL", 80.0): both, ("FORECASTED", 100.0): both}
    assert tags(budgets) == {"Project": "monay"}
    assert_settled(MODULE, args())
    found = run_module(MODULE, args())["resources"]["budget"][NAME]
    assert found["arn"] == f"arn:aws:budgets::{ACCOUNT}:budget/{NAME}"
    assert float(found["actual_spend"]) == 0


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"limit": 400.5}, ["limit"]),
        ({"cost_tag": {"Environment": "test"}}, ["cost_filters"]),
        ({"cost_tag": {}}, ["cost_filters"]),
        ({"alerts": [{"type": "actual", "threshold": 90.5}]}, ["alerts"]),
        ({"alerts": []}, ["alerts"]),
        ({"topic_arn": f"{TOPIC}-2"}, ["alerts"]),
        ({"emails": []}, ["alerts"]),
        ({"topic_arn": ""}, ["alerts"]),
        ({"tags": {"Project": "other"}}, ["tags"]),
        ({"limit": 1, "emails": [], "tags": {"Owner": "us"}}, ["alerts", "limit", "tags"]),
    ],
)
def test_changes_what_differs(budgets, change, fields):
    run_module(MODULE, args())
    started = stored(budgets)["TimePeriod"]

    done = assert_previewed(MODULE, args(**change))

    assert [each["fields"] for each in done["changes"]] == [fields]
    assert stored(budgets)["TimePeriod"] == started
    assert_settled(MODULE, args(**change))


def test_what_differs_is_what_aws_then_has(budgets):
    run_module(MODULE, args())
    run_module(
        MODULE, args(limit=400.5, alerts=[{"type": "actual", "threshold": 90.5}], emails=[], tags={"Owner": "us"})
    )

    assert stored(budgets)["BudgetLimit"]["Amount"] == "400.5"
    assert told(budgets) == {("ACTUAL", 90.5): {TOPIC}}
    assert tags(budgets) == {"Owner": "us"}


def test_what_was_added_by_hand_goes(budgets):
    run_module(MODULE, args())
    late = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 5.0}
    by_hand = {"Notification": {**late, "ThresholdType": "ABSOLUTE_VALUE"}}
    mail = {"SubscriptionType": "EMAIL", "Address": "you@monay.example"}
    budgets.create_notification(AccountId=ACCOUNT, BudgetName=NAME, **by_hand, Subscribers=[mail])

    assert [each["fields"] for each in assert_previewed(MODULE, args())["changes"]] == [["alerts"]]
    assert set(told(budgets)) == {("ACTUAL", 80.0), ("FORECASTED", 100.0)}


def test_deletes(budgets):
    run_module(MODULE, args())

    done = assert_previewed(MODULE, {"budgets": [{"name": NAME}], "region": "us-east-1", "state": "absent"})

    assert changes(done) == {("delete", "budget", NAME)}
    assert budgets.describe_budgets(AccountId=ACCOUNT)["Budgets"] == []
    assert_settled(MODULE, {"budgets": [{"name": NAME}], "region": "us-east-1", "state": "absent"})


@pytest.mark.parametrize("operation", ["CreateBudget", "UpdateBudget", "CreateNotification", "DeleteNotification"])
def test_a_lost_answer_does_nothing_twice(simulator, budgets, operation):
    if operation != "CreateBudget":
        run_module(MODULE, args())
    simulator.fault("error500", match={"service": "budgets", "operation": operation}, when="after")
    change = {} if operation == "CreateBudget" else {"limit": 400, "alerts": [{"type": "actual", "threshold": 90}]}

    run_module(MODULE, args(**change))

    assert simulator.faults()["faults"][0]["fired"] == 1
    assert_settled(MODULE, args(**change))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"limit": 0}, "limit has to be more than 0"),
        ({"limit": None}, "limit has to be more than 0"),
        ({"cost_tag": {"Environment": "dev", "Project": "monay"}}, "cost_tag has one tag"),
        ({"topic_arn": "", "emails": []}, "nobody is told"),
        ({"alerts": [{"threshold": 80}, {"threshold": 80.0}]}, "the same type and threshold"),
        ({"alerts": [{"threshold": 10 * each} for each in range(1, 12)]}, "AWS takes 10 alerts"),
    ],
)
def test_refused_before_anything_is_asked(simulator, change, said):
    message = fail_module(MODULE, args(**change))

    assert f"budget {NAME}: " in message
    assert said in message
    assert simulator.calls(service="budgets") == []


def test_who_may_not_is_told_so(simulator):
    simulator.fault("deny", match={"service": "budgets", "operation": "CreateBudget"})

    message = fail_module(MODULE, args())

    assert f"Cannot create budget {NAME}" in message
    assert "Allow budgets:ModifyBudget to the caller" in message, "IAM knows no budgets:CreateBudget"
