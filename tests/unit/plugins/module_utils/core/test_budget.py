# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wanted of a budget, and what AWS says of it, are one form."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.budget import (
    budget_parameters,
    notification,
    observed_budget,
    replaced,
    subscribers,
    wanted_budget,
)

ALERTS = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["actual", "forecasted"]),
            "threshold": st.decimals(0, 1000, places=2).map(float),
        }
    ),
    max_size=10,
    unique_by=lambda each: (each["type"], each["threshold"]),
)
BUDGETS = st.fixed_dictionaries(
    {
        "name": st.just("monay-dev"),
        "limit": st.decimals("0.01", 100_000, places=2).map(float),
        "cost_tag": st.sampled_from([{}, {"Environment": "dev"}, {"a:b": "c$d"}]),
        "alerts": ALERTS,
        "topic_arn": st.sampled_from(["arn:aws:sns:us-east-1:111111111111:a", "arn:aws:sns:us-east-1:111111111111:b"]),
        "emails": st.lists(st.sampled_from(["a@monay.example", "b@monay.example"]), unique=True),
    }
)


@given(BUDGETS)
def test_what_was_made_is_what_was_wanted(item):
    wanted = wanted_budget(item)
    amount = str(float(wanted["limit"]))
    made = {**budget_parameters("monay-dev", wanted), "BudgetLimit": {"Amount": amount, "Unit": "USD"}}
    alerts = [(notification(each), subscribers(each)) for each in reversed(wanted["alerts"])]

    assert observed_budget(made, alerts) == wanted


@given(BUDGETS, BUDGETS)
def test_alerts_become_the_wanted_ones_and_never_stand_twice(one, other):
    before, wanted = wanted_budget(one)["alerts"], wanted_budget(other)["alerts"]

    gone, new = replaced(before, wanted)

    left = [each for each in before if each not in gone]
    assert sorted(map(str, left + new)) == sorted(map(str, wanted))
    assert not [each for each in new if notification(each) in [notification(one) for one in left]]


def test_a_budget_of_another_sort_under_the_name_differs():
    data = {
        "BudgetType": "USAGE",
        "TimeUnit": "DAILY",
        "BudgetLimit": {"Amount": "7.0", "Unit": "GB"},
        "CostFilters": {"Service": ["b", "a"]},
    }
    assert observed_budget(data, []) == {
        "limit": "7.0 GB",
        "budget_type": "USAGE",
        "time_unit": "DAILY",
        "cost_filters": {"Service": ["a", "b"]},
        "alerts": [],
    }
    assert observed_budget({"BudgetType": "RI_COVERAGE", "TimeUnit": "MONTHLY"}, [])["limit"] == "none"
