# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rollouts against the simulated ECS, from the start to each of their ends."""

from __future__ import annotations

import pytest

from tests.simulator.scenarios_ecs import IMAGE, definition
from tests.support.modules import assert_settled, fail_module, recorded_calls, run_module, writes
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.rollouts import CLUSTER, MODULE, NAME, Rolled

SHIFTING = ["BLUE_GREEN", "CANARY", "LINEAR"]


@pytest.fixture
def app(aws):  # noqa: F811
    return Rolled(aws)


@pytest.mark.parametrize("strategy", [*SHIFTING, "ROLLING"])
def test_deploys_as_previewed_by_one_call_and_settles(app, strategy):
    with recorded_calls() as calls:
        preview = run_module(MODULE, app.args(2, strategy=strategy), check=True)
    assert writes(calls) == []

    with recorded_calls() as calls:
        done = app.roll(2, strategy=strategy)

    assert writes(calls) == ["ecs:UpdateService"]
    assert preview["changes"] == done["changes"]
    assert done["deployment"]["status"] == "SUCCESSFUL"
    assert done["deployment"]["task_definition"] == f"{NAME}:2" == app.runs()
    assert app.newest()["deploymentConfiguration"]["strategy"] == strategy
    assert_settled(MODULE, app.args(2, strategy=strategy))


def test_a_preview_shows_task_definition_strategy_and_steps(app):
    done = run_module(MODULE, app.args(2, strategy="CANARY", pause_before=["production_traffic"]), check=True)

    (diff,) = done["diff"]
    assert '"task_definition": "app:1"' in diff["before"]
    for words in ('"task_definition": "app:2"', '"strategy": "CANARY"', "lead 5% of the production traffic", "pause"):
        assert words in diff["after"]


def test_pauses_promotes_and_ends(app):
    paused = app.roll(2, pause_before=["production_traffic"], wait_until="paused")

    assert paused["deployment"]["status"] == "IN_PROGRESS"
    assert len(paused["deployment"]["waiting"]) == 1
    assert "waits for somebody to promote or abort" in paused["deployment"]["text"]
    assert app.weights() == [100, 0]
    preview = run_module(MODULE, app.args(state="promoted"), check=True)

    done = app.roll(state="promoted")

    assert preview["changes"] == done["changes"]
    assert done["changed"] is True
    assert done["deployment"]["status"] == "SUCCESSFUL"
    assert app.weights() == [0, 100]
    assert_settled(MODULE, app.args(state="promoted"))


def test_says_at_which_of_all_pauses_it_waits(app):
    pauses = ["tasks", "test_traffic", "production_traffic", "each_step", "bake"]
    found = [app.roll(2, strategy="CANARY", pause_before=pauses, wait_until="paused")["deployment"]["pause"]]
    while found[-1]:
        found.append(app.roll(state="promoted", wait_until="paused")["deployment"]["pause"])

    assert found == ["tasks", "test_traffic", "production_traffic", "each_step", "each_step", "bake", ""]


def test_aborts_a_paused_rollout_and_calls_that_a_success(app):
    app.roll(2, pause_before=["bake"], wait_until="paused")
    assert app.weights() == [0, 100]

    done = app.roll(state="aborted")

    assert (done["changed"], done["deployment"]["status"]) == (True, "ROLLBACK_SUCCESSFUL")
    assert done["deployment"]["restored"] == f"{NAME}:1" == app.runs()
    assert app.weights() == [100, 0]
    assert_settled(MODULE, app.args(state="aborted"))
    assert "nothing to promote" in fail_module(MODULE, app.args(state="promoted"))


def test_goes_back_to_what_ran_before_and_no_further(app):
    app.roll(2)
    app.roll(3)

    assert run_module(MODULE, app.args(state="rolled_back"), check=True)["changed"] is True
    done = app.roll(state="rolled_back")

    assert (done["changed"], app.runs()) == (True, f"{NAME}:2")
    assert_settled(MODULE, app.args(state="rolled_back"))


def test_goes_back_to_a_named_revision(app):
    app.roll(2)
    app.roll(3)

    app.roll(1, state="rolled_back")

    assert app.runs() == f"{NAME}:1"
    assert_settled(MODULE, app.args(1, state="rolled_back"))


@pytest.mark.parametrize("strategy", SHIFTING)
def test_an_alarm_rolls_back_and_the_task_fails_with_what_runs_again(app, strategy):
    app.aws.client("cloudwatch").put_metric_alarm(
        AlarmName="errors",
        MetricName="Errors",
        Namespace="app",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    args = {"strategy": strategy, "alarms": ["errors"], "pause_before": ["bake"]}
    paused = app.roll(2, wait_until="paused", **args)
    app.aws.client("cloudwatch").set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="broken")

    message = app.fails(2, follow=paused["deployment"]["arn"], **args)

    assert "did not succeed: ROLLBACK_SUCCESSFUL" in message
    assert "alarms: errors" in message
    assert f"{NAME}:1 runs again" in message
    assert app.runs() == f"{NAME}:1"


@pytest.mark.parametrize("strategy", [*SHIFTING, "ROLLING"])
def test_a_revision_that_does_not_start_is_rolled_back_and_the_reason_is_told(app, strategy):
    missing = app.made["digest"].replace("sha256:", "sha256:0")[: len(app.made["digest"])]
    app.ecs.register_task_definition(**definition(app.made, container={"image": f"{IMAGE}@{missing}"}))

    message = app.fails(5, strategy=strategy)

    assert message.startswith("The deployment of service app did not succeed: ROLLBACK_SUCCESSFUL")
    assert "CannotPullContainerError" in message
    assert f"{NAME}:1 runs again" in message
    assert (app.runs(), app.newest()["status"]) == (f"{NAME}:1", "ROLLBACK_SUCCESSFUL")
    assert app.weights()[1] == 0


def test_goes_on_with_its_own_rollout_and_refuses_over_that_of_somebody_else(app):
    args = {"pause_before": ["bake"], "wait_until": "paused"}
    app.roll(2, **args)

    with recorded_calls() as calls:
        again = app.roll(2, **args)
        assert "a deployment to app:2 is under way" in fail_module(MODULE, app.args(3))
        assert "with other settings" in fail_module(MODULE, app.args(2, strategy="LINEAR"))
        assert "abort it" in fail_module(MODULE, app.args(state="rolled_back"))
        assert "is to app:2, not to app:3" in fail_module(MODULE, app.args(3, state="aborted"))

    assert writes(calls) == []
    assert again["changed"] is False
    assert len(app.deployments()) == 2


def test_of_two_controllers_one_wins_and_the_other_says_why_it_stops(app):
    first = run_module(MODULE, app.args(2, pause_before=["bake"], wait_until="paused"))["deployment"]
    # What a second controller does that looked before the first had written.
    app.ecs.update_service(cluster=CLUSTER, service=NAME, taskDefinition=f"{NAME}:3")

    message = fail_module(MODULE, app.args(2, follow=first["arn"]))

    assert "took the place of the one to app:2: to app:3" in message
    assert app.newest()["status"] in ("PENDING", "IN_PROGRESS", "SUCCESSFUL")


def test_two_controllers_with_the_same_wish_make_one_deployment(app):
    args = app.args(2, pause_before=["bake"], wait_until="paused")
    first = run_module(MODULE, args)["deployment"]
    second = app.roll(2, pause_before=["bake"], wait_until="paused")

    assert second["deployment"]["arn"] == first["arn"]
    assert second["deployment"]["fingerprint"] == first["fingerprint"]
    assert len(app.deployments()) == 2


def test_refuses_while_the_weights_do_not_fit_the_live_revision(app):
    groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in zip(app.made["groups"], (0, 1), strict=True)]
    forward = [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]
    app.aws.client("elbv2").modify_rule(RuleArn=app.made["rules"][0], Actions=forward)

    for check in (True, False):
        message = fail_module(MODULE, app.args(2), check=check)
        assert "serves blue, but the weights of its listener rule are blue 0, green 1" in message
    assert len(app.deployments()) == 1
    allowed = app.roll(2, allow=["weights"])
    assert any("the live revision serves blue" in each for each in allowed["warnings"])


def test_refuses_while_the_live_revision_is_not_well(app):
    elb = app.aws.client("elbv2")
    targets = elb.describe_target_health(TargetGroupArn=app.made["groups"][0])["TargetHealthDescriptions"]
    elb.deregister_targets(TargetGroupArn=app.made["groups"][0], Targets=[each["Target"] for each in targets])

    assert "0 of 1 targets of blue are healthy" in fail_module(MODULE, app.args(2))
    assert app.roll(2, allow=["targets"])["changed"] is True


def test_says_that_a_service_must_exist(app):
    message = fail_module(MODULE, {**app.args(2), "service": "other"})

    assert "service other does not exist in cluster main" in message


def test_a_service_without_a_load_balancer_is_deployed_by_rolling(aws):  # noqa: F811
    Rolled(aws, "ROLLING", loadBalancers=[]).roll(2, strategy="ROLLING")


def test_a_strategy_that_shifts_traffic_needs_a_load_balancer_that_is_made_for_it(aws):  # noqa: F811
    made = Rolled(aws, "ROLLING", loadBalancers=[])
    balancer = {"targetGroupArn": made.made["groups"][0], "containerName": NAME, "containerPort": 3001}
    made.ecs.update_service(cluster=CLUSTER, service=NAME, loadBalancers=[balancer])

    assert "needs advancedConfiguration.alternateTargetGroupArn" in fail_module(MODULE, made.args(2))
