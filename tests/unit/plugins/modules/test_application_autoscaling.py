# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from tests.simulator.scenarios_ecs import definition, make_platform, service
from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.simulator import REGION

MODULE = "application_autoscaling"
RESOURCE = "service/main/app"
CPU = {"name": "cpu", "metric": "cpu", "target": 60}
REQUESTS = {"name": "requests", "metric": "requests", "target": 500, "target_groups": ["blue", "green"]}
NIGHT = {"name": "night", "schedule": "cron(0 20 * * ? *)", "min_capacity": 1, "max_capacity": 2}


def args(**extra):
    return {
        "region": REGION,
        "cluster": "main",
        "service": "app",
        "min_capacity": 2,
        "max_capacity": 4,
        "policies": [CPU, REQUESTS],
        "schedules": [NIGHT],
        "tags": {"Project": "monay"},
        **extra,
    }


@pytest.fixture
def scaling(aws):  # noqa: F811
    made = make_platform(aws.client)
    aws.client("ecs").register_task_definition(**definition(made))
    aws.client("ecs").create_service(**service(made, desiredCount=1))
    return aws.client("application-autoscaling")


def test_scales_as_previewed_and_settles(scaling, aws):  # noqa: F811
    done = assert_previewed(MODULE, args())

    assert changes(done) == {
        ("create", "scaling target", RESOURCE),
        ("create", "scaling policy", "cpu"),
        ("create", "scaling policy", "requests"),
        ("create", "scaling schedule", "night"),
    }
    assert_settled(MODULE, args())
    found = aws.client("ecs").describe_services(cluster="main", services=["app"])["services"][0]
    assert found["desiredCount"] == 2


def test_requests_are_counted_over_blue_and_green(scaling):
    run_module(MODULE, args(policies=[REQUESTS]))

    (policy,) = scaling.describe_scaling_policies(ServiceNamespace="ecs")["ScalingPolicies"]
    metrics = policy["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"]["Metrics"]
    dimensions = [each["MetricStat"]["Metric"]["Dimensions"] for each in metrics[:2]]
    assert [each["Value"].split("/")[1] for pair in dimensions for each in pair if each["Name"] == "TargetGroup"] == [
        "blue",
        "green",
    ]
    assert dimensions[0][0]["Value"].startswith("app/alb/")
    assert metrics[2] == {"Id": "requests", "Expression": "FILL(m1, 0) + FILL(m2, 0)", "ReturnData": True}


EDITS = [
    ({"max_capacity": 6}, [("update", RESOURCE, ["max_capacity"])]),
    ({"tags": {}}, [("update", RESOURCE, ["tags"])]),
    ({"policies": [{**CPU, "target": 70}, REQUESTS]}, [("update", "cpu", ["target"])]),
    ({"policies": [CPU, {**REQUESTS, "scale_in": False}]}, [("update", "requests", ["scale_in"])]),
    ({"policies": [CPU]}, [("delete", "requests", [])]),
    ({"schedules": [{**NIGHT, "timezone": "Europe/Berlin"}]}, [("update", "night", ["timezone"])]),
    ({"schedules": []}, [("delete", "night", [])]),
]


@pytest.mark.usefixtures("scaling")
def test_changes_one_thing_at_a_time(subtests):
    for edit, expected in EDITS:
        run_module(MODULE, args())
        with subtests.test(expected=expected):
            done = assert_previewed(MODULE, args(**edit))

            assert [(each["action"], each["name"], each["fields"]) for each in done["changes"]] == expected
            assert_settled(MODULE, args(**edit))


def test_a_policy_of_another_make_is_replaced(scaling):
    run_module(MODULE, args())
    other = {
        "TargetValue": 500,
        "ScaleOutCooldown": 60,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ALBRequestCountPerTarget", "ResourceLabel": "x"},
    }
    scaling.put_scaling_policy(
        ServiceNamespace="ecs",
        ResourceId=RESOURCE,
        ScalableDimension="ecs:service:DesiredCount",
        PolicyName="requests",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=other,
    )

    assert changes(assert_previewed(MODULE, args())) == {("update", "scaling policy", "requests")}
    assert_settled(MODULE, args())


@pytest.mark.usefixtures("aws")
def test_a_check_run_on_an_empty_account_needs_nothing():
    assert len(run_module(MODULE, args(), check=True)["changes"]) == 4


@pytest.mark.usefixtures("scaling")
def test_says_what_is_wrong():
    nobody = [{**REQUESTS, "target_groups": ["blue", "red"]}]

    assert "target group red does not exist" in fail_module(MODULE, args(policies=nobody))
    assert "min_capacity (5) must not be above max_capacity (4)" in fail_module(MODULE, args(min_capacity=5))
    assert "requests needs target_groups" in fail_module(
        MODULE, args(policies=[{"name": "r", "metric": "requests", "target": 1}])
    )


@pytest.mark.usefixtures("scaling")
def test_stops_scaling_once():
    run_module(MODULE, args())

    gone = {"region": REGION, "cluster": "main", "service": "app", "state": "absent"}
    assert changes(assert_previewed(MODULE, gone)) == {("delete", "scaling target", RESOURCE)}
    assert_settled(MODULE, gone)
