# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Cost Explorer and Compute Optimizer as the simulator has them: what it was told, and what AWS refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.test_ec2_states import refused
from tests.support.simulator import ACCOUNT, Simulator, SimulatorError

if TYPE_CHECKING:
    from collections.abc import Callable

    Aws = Callable[..., Any]

TODAY = datetime.now(UTC).date()
WEEK = {"Start": (TODAY - timedelta(days=6)).isoformat(), "End": (TODAY + timedelta(days=1)).isoformat()}
NOT_TAX = {"Not": {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Tax"]}}}
DEV = {"Tags": {"Key": "Environment", "Values": ["dev"]}}
UNTAGGED = {"Tags": {"Key": "Environment", "Values": [""]}}
USAGE = {"TimePeriod": WEEK, "Granularity": "DAILY", "Metrics": ["UnblendedCost"]}
BY_TAG = [{"Type": "TAG", "Key": "Environment"}]


def record(days_ago: int, usd: float, service: str = "AWS WAF", **more: Any) -> dict[str, Any]:
    date = (TODAY - timedelta(days=days_ago)).isoformat()
    return {"date": date, "usd": usd, "service": service, "tags": {"Environment": "dev"}, **more}


@pytest.fixture
def told(simulator: Simulator, aws: Aws) -> Callable[..., Any]:
    """Tell costs; Cost Explorer's client."""

    def tell(*records: dict[str, Any], **more: Any) -> Any:
        simulator.control("PUT", "costs", {"account": ACCOUNT, "records": list(records), **more})
        return aws("ce")

    return tell


def groups(answer: dict[str, Any]) -> dict[tuple[str, ...], str]:
    return {
        (period["TimePeriod"]["Start"], *group["Keys"]): group["Metrics"]["UnblendedCost"]["Amount"]
        for period in answer["ResultsByTime"]
        for group in period["Groups"]
    }


@pytest.mark.parametrize(
    ("chosen", "usd"),
    [
        ({}, "10.75"),
        ({"Filter": NOT_TAX}, "3.75"),
        ({"Filter": DEV}, "8.5"),
        ({"Filter": {"And": [DEV, NOT_TAX]}}, "1.5"),
        ({"Filter": {"Or": [UNTAGGED, DEV]}}, "10.75"),
        ({"Filter": UNTAGGED}, "2.25"),
        ({"Filter": {"Dimensions": {"Key": "SERVICE", "Values": ["AWS WAF"]}}}, "3.75"),
    ],
)
def test_filters(told: Callable[..., Any], chosen: dict[str, Any], usd: str) -> None:
    ce = told(record(0, 1.5), record(0, 2.25, tags={}), record(0, 7, "Tax", record_type="Tax"))
    today = {"Start": TODAY.isoformat(), "End": WEEK["End"]}

    answer = ce.get_cost_and_usage(**{**USAGE, "TimePeriod": today}, **chosen)

    (period,) = answer["ResultsByTime"]
    assert period["Total"]["UnblendedCost"] == {"Amount": usd, "Unit": "USD"}


def test_groups_are_by_day_or_month_and_the_end_is_exclusive(told: Callable[..., Any]) -> None:
    ce = told(record(0, 1), record(1, 2), record(1, 3, tags={}), record(40, 9))

    by_day = groups(ce.get_cost_and_usage(**USAGE, GroupBy=BY_TAG))
    until_today = {"Start": WEEK["Start"], "End": TODAY.isoformat()}
    before = groups(ce.get_cost_and_usage(**{**USAGE, "TimePeriod": until_today}, GroupBy=BY_TAG))

    yesterday = (TODAY - timedelta(days=1)).isoformat()
    assert by_day[TODAY.isoformat(), "Environment$dev"] == "1"
    assert by_day[yesterday, "Environment$"] == "3"
    assert set(before) == {(yesterday, "Environment$dev"), (yesterday, "Environment$")}
    month = (TODAY.replace(day=1) - timedelta(days=1)).replace(day=1)
    period = {"Start": month.isoformat(), "End": WEEK["End"]}
    monthly = ce.get_cost_and_usage(TimePeriod=period, Granularity="MONTHLY", Metrics=["UnblendedCost"], GroupBy=BY_TAG)
    starts = [each["TimePeriod"]["Start"] for each in monthly["ResultsByTime"]]
    assert starts == [month.isoformat(), TODAY.replace(day=1).isoformat()]


def test_answers_have_pages(told: Callable[..., Any]) -> None:
    ce = told(*[record(0, number, f"service {number:03}") for number in range(1, 126)])
    by = [{"Type": "DIMENSION", "Key": "SERVICE"}]
    pages, token = [], {}
    while True:
        pages.append(ce.get_cost_and_usage(**USAGE, GroupBy=by, **token))
        if "NextPageToken" not in pages[-1]:
            break
        token = {"NextPageToken": pages[-1]["NextPageToken"]}

    found = [usd for page in pages for usd in groups(page).values()]
    assert len(pages) > 2
    assert sorted(map(int, found)) == list(range(1, 126))
    refused("InvalidNextTokenException", ce, "get_cost_and_usage", **USAGE, NextPageToken="more")


def test_costs_are_those_of_one_account(told: Callable[..., Any], aws: Aws) -> None:
    told(record(0, 1))

    other = aws("ce", account="222222222222").get_cost_and_usage(**USAGE, GroupBy=BY_TAG)

    assert groups(other) == {}


def test_what_is_refused(told: Callable[..., Any]) -> None:
    ce = told()
    for period in ({"Start": WEEK["End"], "End": WEEK["Start"]}, {"Start": WEEK["End"], "End": "2999-01-01"}):
        refused("ValidationException", ce, "get_cost_and_usage", **{**USAGE, "TimePeriod": period})
    three = [*BY_TAG, {"Type": "DIMENSION", "Key": "SERVICE"}, {"Type": "DIMENSION", "Key": "USAGE_TYPE"}]
    refused("ValidationException", ce, "get_cost_and_usage", **USAGE, GroupBy=three)
    refused("ValidationException", ce, "get_cost_and_usage", **USAGE, Filter={**DEV, **NOT_TAX})
    refused("ValidationException", ce, "get_cost_and_usage", **USAGE, Filter={"And": [DEV]})
    refused("NotImplemented", ce, "get_cost_and_usage", **{**USAGE, "Metrics": ["AmortizedCost"]})
    refused("NotImplemented", ce, "get_cost_and_usage", **{**USAGE, "Granularity": "HOURLY"})
    account = {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [ACCOUNT]}}
    refused("NotImplemented", ce, "get_cost_and_usage", **USAGE, Filter=account)


def test_a_forecast_needs_history_and_by_tags_it_is_an_option(told: Callable[..., Any]) -> None:
    month = {"Start": TODAY.isoformat(), "End": (TODAY + timedelta(days=9)).isoformat()}
    ask = {"TimePeriod": month, "Metric": "UNBLENDED_COST", "Granularity": "MONTHLY"}
    refused("DataUnavailableException", told(), "get_cost_forecast", **ask)
    ce = told(forecast=12.5)
    assert ce.get_cost_forecast(**ask)["Total"] == {"Amount": "12.5", "Unit": "USD"}
    refused("ValidationException", ce, "get_cost_forecast", **ask, Filter=DEV)
    refused("ValidationException", ce, "get_cost_forecast", **{**ask, "TimePeriod": WEEK})
    assert told(forecast=12.5, forecast_by_tag=True).get_cost_forecast(**ask, Filter=DEV)["Total"]["Amount"] == "12.5"


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        ({"records": []}, "the account that they are of is missing"),
        ({"account": ACCOUNT, "record": []}, "costs have anomalies, forecast, forecast_by_tag, records, not record"),
        ({"account": ACCOUNT, "records": [{"date": "2026-11-01", "usd": 1}]}, "a record has date, service and usd"),
        ({"account": ACCOUNT, "records": [{"date": "1.11.", "usd": 1, "service": "S"}]}, "1.11."),
    ],
)
def test_what_cannot_be_told(simulator: Simulator, costs: dict[str, Any], words: str) -> None:
    with pytest.raises(SimulatorError, match=words):
        simulator.control("PUT", "costs", costs)


def test_recommendations_are_for_those_who_opt_in(simulator: Simulator, aws: Aws) -> None:
    optimizer = aws("compute-optimizer")
    assert optimizer.get_enrollment_status()["status"] == "Inactive"
    refused("OptInRequiredException", optimizer, "get_ecs_service_recommendations")
    found = [{"resourceArn": f"arn:aws:rds:us-east-1:{ACCOUNT}:db:{name}"} for name in "abc"]
    simulator.control("PUT", "recommendations", {"account": ACCOUNT, "rds": found})
    first = optimizer.get_rds_database_recommendations()
    second = optimizer.get_rds_database_recommendations(nextToken=first["nextToken"])
    assert [*first["rdsDBRecommendations"], *second["rdsDBRecommendations"]] == found
    assert "nextToken" not in second
    assert optimizer.get_ecs_service_recommendations()["ecsServiceRecommendations"] == []
    refused("NotImplemented", optimizer, "get_rds_database_recommendations", maxResults=1)
    refused("InvalidParameterValueException", optimizer, "get_rds_database_recommendations", nextToken="more")
    refused("InvalidParameterValueException", optimizer, "update_enrollment_status", status="Pending")
    assert optimizer.update_enrollment_status(status="Inactive")["status"] == "Inactive"
    other = aws("compute-optimizer", region="us-west-2")
    assert other.get_enrollment_status()["status"] == "Inactive"
    with pytest.raises(SimulatorError, match="recommendations are lists by ecs and rds, not lambda"):
        simulator.control("PUT", "recommendations", {"account": ACCOUNT, "lambda": []})
