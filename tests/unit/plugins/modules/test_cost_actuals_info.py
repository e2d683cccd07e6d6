# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module against a simulated Cost Explorer that was told what is spent."""

from __future__ import annotations

import datetime as dt

import pytest

from ansible_collections.monay.platform.plugins.module_utils.aws.cost_explorer import CostExplorer
from tests.support.data_tier import point_at
from tests.support.modules import fail_module, run_module
from tests.support.simulator import ACCOUNT, Simulator

MODULE = "cost_actuals_info"
TODAY = dt.datetime.now(tz=dt.UTC).date()
FIRST = TODAY.replace(day=1)
BEFORE = (FIRST - dt.timedelta(days=1)).replace(day=1)
ARGS = {"region": "eu-west-1", "cost_tag": {"Environment": "dev"}}
DEV = {"Environment": "dev", "Component": "monay-postgres"}
RDS = {"service": "Amazon Relational Database Service", "usage_type": "InstanceUsage:db.t3.medium"}


@pytest.fixture(scope="module")
def running():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running, monkeypatch):
    running.reset()
    point_at(running, monkeypatch)
    return running


def record(date, usd, tags=None, **more):
    return {"date": date.isoformat(), "usd": usd, "tags": DEV if tags is None else tags, **RDS, **more}


def tell(simulator, *records, **more):
    simulator.control("PUT", "costs", {"account": ACCOUNT, "records": list(records), **more})


def actuals(**change):
    return run_module(MODULE, {**ARGS, **change})["actuals"]


def test_this_month_and_the_one_before(simulator):
    tell(
        simulator,
        record(FIRST, 12.5),
        record(TODAY, 2.5),
        record(BEFORE, 70),
        record(FIRST, 4, tags={}),
        record(FIRST, 8, tags={"Environment": "prod"}),
        record(FIRST, 100, record_type="Tax"),
    )

    told = actuals()

    assert told["month"] == f"{TODAY:%Y-%m}"
    assert told["spent"] == 15
    assert [each["spent"] for each in told["months"]] == [70, 15]
    assert [(each["service"], each["spent"], each["before"]) for each in told["services"]] == [("rds", 15, 70)]
    assert told["components"] == [{"component": "monay-postgres", "spent": 15}]
    assert told["account"] == {"spent": 27, "untagged": 4, "other_environments": {"prod": 8}}


def test_only_reads_and_says_what_that_costs(simulator):
    told = actuals()

    calls = simulator.calls(service="ce")
    assert not [call for call in calls if call["mutating"]]
    assert told["requests"] == len(calls) == 6
    assert told["requests_usd"] == 0.06
    assert actuals(anomalies=False)["requests"] == 5


def test_turns_pages(simulator):
    """The simulator's have fifty groups."""
    tell(simulator, *[record(TODAY, number, service=f"service {number}") for number in range(1, 71)])

    told = actuals()

    assert told["spent"] == sum(range(1, 71))
    assert len(told["services"]) == 70
    assert told["requests"] == len(simulator.calls(service="ce")) > 6


def test_a_forecast(simulator):
    tell(simulator, record(TODAY, 10), forecast=25.5, forecast_by_tag=True)

    told = actuals()

    assert (told["expected"], told["expected_by"], told["no_forecast"]) == (35.5, "forecast", "")


@pytest.mark.parametrize(
    ("more", "words"),
    [({}, "ValidationException"), ({"forecast_by_tag": True}, "Insufficient amount of historical data")],
)
def test_no_forecast(simulator, more, words):
    """AWS may refuse it because of the tag, or because the account is young."""
    tell(simulator, *[record(TODAY - dt.timedelta(days=ago), 2) for ago in range(35)], **more)

    told = actuals()

    days = ((FIRST + dt.timedelta(days=32)).replace(day=1) - FIRST).days
    assert (told["expected"], told["expected_by"]) == (2 * days, "run_rate")
    assert words in told["no_forecast"]


def test_what_is_unusual(simulator):
    """Yesterday may still grow; the day before was dear."""
    steady = [record(TODAY - dt.timedelta(days=ago), 2) for ago in range(1, 30)]
    dear = TODAY - dt.timedelta(days=2)
    anomaly = {
        "AnomalyId": "a",
        "AnomalyStartDate": dear.isoformat(),
        "AnomalyEndDate": dear.isoformat(),
        "RootCauses": [{"Service": RDS["service"]}],
        "AnomalyScore": {"MaxScore": 1, "CurrentScore": 1},
        "Impact": {"MaxImpact": 50},
        "MonitorArn": "arn",
    }
    tell(simulator, *steady, record(dear, 48), anomalies=[anomaly])

    told = actuals()

    assert told["unusual"] == [{"date": dear.isoformat(), "service": RDS["service"], "usd": 50, "usual": 2}]
    assert [(each["usd"], each["causes"]) for each in told["anomalies"]] == [(50, [RDS["service"]])]


def test_throttling_is_waited_out(simulator):
    tell(simulator, record(TODAY, 3))
    simulator.fault("throttle", match={"service": "ce"}, each_operation=True)

    assert actuals()["spent"] == 3


def test_somebody_who_may_not_look(simulator):
    simulator.fault("deny", match={"operation": "GetCostAndUsage"}, times=9)

    message = fail_module(MODULE, ARGS)

    assert "read costs by" in message
    assert "AccessDenied" in message
    assert "The caller needs ce:GetCostAndUsage" in message
    assert "enabled in the Billing console" in message


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cost_tag": {}}, "cost_tag has to be one tag, got 0"),
        ({"cost_tag": {"Environment": "dev", "Project": "monay"}}, "cost_tag has to be one tag, got 2"),
        ({"months": 14}, "months must be from 0 to 13"),
        ({"months": -1}, "months must be from 0 to 13"),
    ],
)
def test_refuses(simulator, change, words):
    assert words in fail_module(MODULE, {**ARGS, **change})
    assert not simulator.calls(service="ce")


class Asked:
    """In the place of the API: keeps the periods that were asked for."""

    def __init__(self):
        self.periods = {}

    def read(self, operation, _doing, **query):
        period = query.get("TimePeriod") or query["DateInterval"]
        self.periods.setdefault(operation, set()).add(tuple(period.values()))
        return {"ResultsByTime": [], "Anomalies": [], "Total": {"Amount": "0"}}


@pytest.mark.parametrize(
    ("today", "usage", "forecast", "complete_days"),
    [
        ("2026-11-01", ("2026-10-01", "2026-11-02"), ("2026-11-01", "2026-12-01"), 0),
        ("2026-11-02", ("2026-10-01", "2026-11-03"), ("2026-11-02", "2026-12-01"), 0),
        ("2026-11-30", ("2026-10-01", "2026-12-01"), ("2026-11-30", "2026-12-01"), 28),
        ("2027-01-15", ("2026-12-01", "2027-01-16"), ("2027-01-15", "2027-02-01"), 13),
        ("2028-02-29", ("2028-01-01", "2028-03-01"), ("2028-02-29", "2028-03-01"), 27),
    ],
)
def test_periods_on_any_day(today, usage, forecast, complete_days):
    """No period is empty, not even on the first day of a month or on the last."""
    asked = Asked()
    explorer = CostExplorer(asked, dt.date.fromisoformat(today))
    explorer.answers({"Environment": "dev"}, "Component", 1, anomalies=True)

    assert usage in asked.periods["get_cost_and_usage"]
    assert asked.periods["get_cost_forecast"] == {forecast}
    assert all(start < end for periods in asked.periods.values() for start, end in periods)
    assert explorer.month.complete_days == complete_days
