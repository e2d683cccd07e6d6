# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is made of Cost Explorer's answers."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.cost_actuals import (
    FEWEST_DAYS,
    Answers,
    Month,
    actuals,
    unusual,
)
from ansible_collections.monay.platform.plugins.module_utils.core.cost_budget import SERVICES
from ansible_collections.monay.platform.plugins.module_utils.core.cost_explorer import (
    Amount,
    amounts,
    service_of,
    usage_filter,
    usage_query,
)

TENTH = Month("2026-11", 30, "2026-11-09", 8)
FIRST = Month("2026-11", 30, "2026-10-31", 0)
ECS, CLOUDWATCH = "Amazon Elastic Container Service", "AmazonCloudWatch"


def amount(start, usd, *keys):
    return Amount(start, keys, Decimal(str(usd)))


def november(usd, day=1):
    return [amount(f"2026-11-{number:02}", usd, ECS) for number in range(day, 9)]


def october(usd, days=31):
    return [amount(f"2026-10-{number:02}", usd, ECS) for number in range(1, days + 1)]


def found(month=TENTH, **answers):
    lists = {"services": [], "components": [], "environments": [], "days": []}
    return actuals(Answers(**{**lists, **answers}), month, "dev")


@pytest.mark.parametrize(
    ("service", "usage_type", "name"),
    [
        (ECS, "USE1-Fargate-vCPU-Hours:perCPU", "fargate"),
        (ECS, "EU-Fargate-ARM-GB-Hours", "fargate"),
        ("Amazon Relational Database Service", "USE1-InstanceUsage:db.t4g.medium", "rds"),
        ("Amazon Relational Database Service", "RDS:GP3-Storage", "rds"),
        ("EC2 - Other", "NatGateway-Hours", "nat_gateway"),
        ("EC2 - Other", "EUW2-NatGateway-Bytes", "nat_gateway"),
        ("EC2 - Other", "EBS:VolumeUsage.gp3", "ec2"),
        ("EC2 - Other", "USW2-DataTransfer-Regional-Bytes", "data_transfer"),
        ("EC2 - Other", "USE1-USW2-AWS-Out-Bytes", "data_transfer"),
        ("Amazon Elastic Compute Cloud - Compute", "BoxUsage:c5.xlarge", "ec2"),
        ("Amazon Virtual Private Cloud", "PublicIPv4:InUseAddress", "public_ipv4"),
        ("Amazon Virtual Private Cloud", "USE1-PublicIPv4:IdleAddress", "public_ipv4"),
        ("Amazon Virtual Private Cloud", "USE1-VpcEndpoint-Hours", "vpc_endpoints"),
        ("Amazon Virtual Private Cloud", "ClientVPN-EndpointHours", "vpn"),
        ("Amazon Virtual Private Cloud", "EUC1-VPN-Usage-Hours:ipsec.1", "vpn"),
        ("Amazon Elastic Load Balancing", "LoadBalancerUsage", "alb"),
        ("Amazon Elastic Load Balancing", "DataTransfer-Out-Bytes", "data_transfer"),
        ("Amazon CloudFront", "US-DataTransfer-Out-Bytes", "cloudfront"),
        (CLOUDWATCH, "USE1-DataProcessing-Bytes", "cloudwatch"),
        ("Amazon Simple Storage Service", "TimedStorage-ByteHrs", "s3"),
        ("AWS Cost Explorer", "USE1-APIRequest", "AWS Cost Explorer"),
    ],
)
def test_services_as_budgets_name_them(service, usage_type, name):
    assert service_of(service, usage_type) == name
    assert name in SERVICES or name == service


def test_a_query_leaves_out_what_is_no_use():
    query = usage_query("2026-11-01", "2026-11-28", {"Environment": "dev"}, ["SERVICE", "tag:Component"])

    assert query["GroupBy"] == [{"Type": "DIMENSION", "Key": "SERVICE"}, {"Type": "TAG", "Key": "Component"}]
    tagged, use = query["Filter"]["And"]
    assert tagged == {"Tags": {"Key": "Environment", "Values": ["dev"]}}
    assert use["Not"]["Dimensions"]["Values"] == ["Credit", "Refund", "Tax"]
    # And takes two or more.
    assert usage_filter({}) == use


def test_a_period_in_two_pages_is_one():
    def page(key):
        group = {"Keys": [key], "Metrics": {"UnblendedCost": {"Amount": "1.5", "Unit": "USD"}}}
        return {"TimePeriod": {"Start": "2026-11-01", "End": "2026-11-28"}, "Groups": [group], "Total": {}}

    assert amounts([page("a"), page("b")]) == [amount("2026-11-01", 1.5, "a"), amount("2026-11-01", 1.5, "b")]
    assert amounts([{"TimePeriod": {"Start": "2026-11-01"}, "Total": {}, "Groups": []}]) == []


@pytest.mark.parametrize(
    ("answers", "month", "expected", "by"),
    [
        # What was spent, and what AWS expects from today on.
        ({"forecast": Decimal(50), "days": november(2)}, TENTH, 66, "forecast"),
        # Eight days at 2, and the 22 that are left like the last seven.
        ({"days": november(2)}, TENTH, 60, "run_rate"),
        # It has become cheaper on the third; the days before count in what was spent only.
        ({"days": [*november(1, day=2), amount("2026-11-01", 100, ECS)]}, TENTH, 107 + 22, "run_rate"),
        # The ninth and tenth are not complete, and count for nothing yet.
        ({"days": [*november(2), amount("2026-11-09", 900, ECS)]}, TENTH, 60, "run_rate"),
        # On the first day of a month: as the last days of the one before.
        ({"days": october(3, 30)}, FIRST, 90, "run_rate"),
        ({"days": []}, TENTH, None, ""),
        ({"days": [amount("2026-11-09", 5, ECS)]}, TENTH, None, ""),
    ],
)
def test_the_end_of_the_month(answers, month, expected, by):
    spent = [amount("2026-11-01", 16, ECS, "Fargate")] if "forecast" in answers else []

    told = found(month, services=spent, **answers)

    assert (told["expected"], told["expected_by"]) == (expected, by)


def test_services_now_before_and_at_the_end():
    rds = "Amazon Relational Database Service"
    told = found(
        services=[
            amount("2026-11-01", 20, ECS, "USE1-Fargate-vCPU-Hours"),
            amount("2026-11-01", 10, ECS, "USE1-Fargate-GB-Hours"),
            amount("2026-11-01", 10, rds, "InstanceUsage:db.t3.medium"),
            amount("2026-10-01", 75, rds, "InstanceUsage:db.t3.medium"),
            amount("2026-10-01", 5, "AWS WAF", "WebACL"),
            amount("2026-09-01", 1, "AWS WAF", "WebACL"),
        ],
        forecast=Decimal(80),
    )

    assert told["months"] == [
        {"month": "2026-09", "spent": 1}, {"month": "2026-10", "spent": 80}, {"month": "2026-11", "spent": 40},
    ]  # fmt: skip
    assert told["services"] == [
        {"service": "fargate", "spent": 30, "expected": 90, "before": 0},
        {"service": "rds", "spent": 10, "expected": 30, "before": 75},
        {"service": "waf", "spent": 0, "expected": 0, "before": 5},
    ]


def test_what_has_no_tag_and_what_is_of_others():
    told = found(
        components=[amount("2026-11-01", 4, "Component$monay-postgres"), amount("2026-11-01", 6, "Component$")],
        environments=[
            amount("2026-11-01", 10, "Environment$dev"),
            amount("2026-11-01", 3, "Environment$"),
            amount("2026-11-01", 7, "Environment$staging"),
        ],
    )

    assert told["components"] == [{"component": "", "spent": 6}, {"component": "monay-postgres", "spent": 4}]
    assert told["account"] == {"spent": 20, "untagged": 3, "other_environments": {"staging": 7}}


def test_an_account_without_costs():
    told = found()

    assert (told["spent"], told["expected"], told["services"], told["months"]) == (0, None, [], [])


def days(*usd, service=CLOUDWATCH):
    """One after the other, up to the eighth of November."""
    dates = [f"2026-10-{number:02}" for number in range(1, 32)] + [f"2026-11-{number:02}" for number in range(1, 9)]
    return [amount(date, each, service) for date, each in zip(dates[-len(usd) :], usd, strict=True) if each]


@pytest.mark.parametrize(
    ("series", "dates"),
    [
        (days(*[1] * 20, 10), ["2026-11-08"]),
        (days(*[1] * 20, 10, 10, 10), ["2026-11-06", "2026-11-07", "2026-11-08"]),
        # Long ago, and told already.
        (days(*[1] * 20, 10, 1, 1, 1), []),
        # Less is no matter.
        (days(*[10] * 20, 1), []),
        # It has been as dear before.
        (days(*[1, 9] * 10, 9), []),
        # A dollar, or a quarter, more is nothing.
        (days(*[1] * 20, 2), []),
        (days(*[100] * 20, 125), []),
        (days(*[100] * 20, 126), ["2026-11-08"]),
        # A day without costs is one: AWS leaves it out.
        ([*days(*[1] * 20), *days(*[0] * 19, 5, service="AWS WAF")], ["2026-11-08"]),
        # Too few days to say what is usual.
        (days(*[1] * (FEWEST_DAYS + 1), 50), []),
        (days(*[1] * (FEWEST_DAYS + 2), 50), ["2026-11-08"]),
        # Not complete yet.
        ([*days(*[1] * 20), amount("2026-11-09", 50, CLOUDWATCH)], []),
    ],
)
def test_unusual_days(series, dates):
    assert [each["date"] for each in unusual(series, "2026-11-09")] == dates


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=38), st.integers(1, 5))
def test_what_grows_by_a_factor_stays_as_unusual_but_for_small_sums(series, factor):
    plain = [each["date"] for each in unusual(days(*series), "2026-11-09")]
    grown = [each["date"] for each in unusual(days(*[each * factor for each in series]), "2026-11-09")]

    assert set(plain) <= set(grown)


def test_anomalies_of_aws():
    anomaly = {
        "AnomalyStartDate": "2026-11-02T00:00:00Z",
        "AnomalyEndDate": "2026-11-03T00:00:00Z",
        "DimensionValue": "EC2 - Other",
        "RootCauses": [{"Service": "EC2 - Other", "Region": "us-east-1", "UsageType": "NatGateway-Bytes"}],
        "Impact": {"MaxImpact": 20.0, "TotalImpact": 31.456},
    }
    bare = {**anomaly, "RootCauses": [], "Impact": {"MaxImpact": 20.0}}

    first, second = found(anomalies=[anomaly, bare])["anomalies"]

    assert first == {"start": "2026-11-02", "end": "2026-11-03", "usd": 31.46, "causes": ["EC2 - Other in us-east-1"]}
    assert (second["usd"], second["causes"]) == (20, ["EC2 - Other"])
