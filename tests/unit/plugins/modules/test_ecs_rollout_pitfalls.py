# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What users of ECS's deployments stumble over, by its number in docs/rollouts.md, and that the module does not."""

from __future__ import annotations

import pytest

from tests.support.modules import fail_module, recorded_calls, run_module, writes
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.rollouts import CLUSTER, MODULE, NAME, Rolled

HOOK = {"targetType": "PAUSE", "lifecycleStages": ["POST_PRODUCTION_TRAFFIC_SHIFT"]}


@pytest.fixture
def app(aws):  # noqa: F811
    return Rolled(aws)


def test_pitfall_1_a_stable_service_after_a_rollback_is_no_success(app):
    app.roll(2, pause_before=["bake"], wait_until="paused")
    app.ecs.stop_service_deployment(serviceDeploymentArn=app.newest()["serviceDeploymentArn"])

    assert "did not succeed: ROLLBACK_SUCCESSFUL" in app.fails(2, pause_before=["bake"], follow=_newest(app))
    waiter = app.ecs.get_waiter("services_stable")
    waiter.wait(cluster=CLUSTER, services=[NAME], WaiterConfig={"Delay": 1, "MaxAttempts": 2})  # what others believe


def _newest(app):
    return app.newest()["serviceDeploymentArn"]


@pytest.mark.parametrize(
    "options",
    [{"wait_until": "stage", "wait_stage": "BAKE_TIME"}, {"wait_until": "paused"}, {"pause_before": ["bake"]}],
)
def test_pitfall_2_and_20_stages_of_a_rolling_deployment_are_refused_before_anything_is_written(app, options):
    with recorded_calls() as calls:
        assert "rolling deployment" in fail_module(MODULE, app.args(2, strategy="ROLLING", **options))

    assert calls == []


def test_pitfall_3_the_first_deployment_is_never_paused(aws):  # noqa: F811
    paused = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 0, "lifecycleHooks": [HOOK]}
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    app = Rolled(aws, deploymentConfiguration={**paused, **breaker})
    app.ecs.stop_service_deployment(serviceDeploymentArn=_newest(app))
    assert app.newest()["status"] not in ("SUCCESSFUL", "ROLLBACK_SUCCESSFUL")

    done = app.roll(2, pause_before=["bake"], allow=["targets", "weights"])

    assert done["deployment"]["status"] == "SUCCESSFUL"
    assert app.newest()["deploymentConfiguration"]["lifecycleHooks"] == []
    assert any("this one is not paused" in each for each in done["warnings"])


def test_pitfall_4_no_pause_stands_in_a_stage_that_a_rollback_runs_again(app):
    every = ["tasks", "test_traffic", "production_traffic", "each_step", "bake"]
    app.roll(2, pause_before=every, wait_until="paused")

    (hook,) = app.newest()["deploymentConfiguration"]["lifecycleHooks"]
    assert not {"TEST_TRAFFIC_SHIFT", "PRODUCTION_TRAFFIC_SHIFT"} & set(hook["lifecycleStages"])


def test_pitfall_5_a_linear_rollout_is_promoted_step_by_step(app):
    options = {"strategy": "LINEAR", "step_percent": 50, "step_bake_minutes": 0, "wait_until": "paused"}
    paused = app.roll(2, pause_before=["each_step"], **options)
    hooks, weights = [paused["deployment"]["waiting"]], [app.weights()]
    for _step in range(2):
        paused = app.roll(state="promoted", wait_until="paused")
        hooks.append(paused["deployment"]["waiting"])
        weights.append(app.weights())

    assert len(hooks[0]) == len(hooks[1]) == 1
    assert hooks[0] != hooks[1]
    assert hooks[2] == []
    assert weights == [[100, 0], [50, 50], [0, 100]]
    assert paused["deployment"]["status"] == "SUCCESSFUL"


def test_pitfall_7_an_alarm_that_is_on_before_the_start_is_refused(app):
    cloudwatch = app.aws.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="errors",
        MetricName="Errors",
        Namespace="app",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")

    for check in (True, False):
        assert "ECS would watch none of the alarms" in fail_module(MODULE, app.args(2, alarms=["errors"]), check=check)
    assert "alarm other does not exist" in fail_module(MODULE, app.args(2, alarms=["other"]))
    assert len(app.deployments()) == 1


def test_pitfall_8_the_circuit_breaker_is_passed_on_whatever_the_strategy(app):
    breaker = {"enable": True, "rollback": True, "thresholdConfiguration": {"type": "COUNT", "value": 7}}
    app.roll(2, strategy="CANARY", deployment_configuration={"deploymentCircuitBreaker": breaker})

    assert app.newest()["deploymentConfiguration"]["deploymentCircuitBreaker"].items() >= breaker.items()


def test_pitfall_9_without_an_earlier_success_there_is_nothing_to_go_back_to(app):
    assert "remembers no task definition that ran before" in fail_module(MODULE, app.args(state="rolled_back"))


def test_pitfall_10_weights_are_never_written_and_may_stand_on_either_side(app):
    for revision, weights in ((2, [0, 100]), (3, [100, 0]), (4, [0, 100])):
        with recorded_calls() as calls:
            app.roll(revision)
        assert writes(calls) == ["ecs:UpdateService"]
        assert app.weights() == weights


def test_pitfall_13_hooks_are_emptied_when_the_strategy_changes(app):
    app.roll(2, pause_before=["bake"], wait_until="paused")
    app.roll(state="promoted")

    assert "green serves the traffic now" in fail_module(MODULE, app.args(3, strategy="ROLLING", allow=["weights"]))
    app.roll(3)

    app.roll(4, strategy="ROLLING")

    sent = app.aws.calls(operation="UpdateService")[-1]["parameters"]
    assert sent["deploymentConfiguration"]["lifecycleHooks"] == []
    assert sent["taskDefinition"] == f"{NAME}:4"


def test_pitfall_14_going_back_is_a_deployment_of_the_old_revision_and_not_a_restart(app):
    app.roll(2)
    app.roll(state="rolled_back")

    sent = app.aws.calls(operation="UpdateService")[-1]["parameters"]
    assert sent["taskDefinition"] == f"{NAME}:1"
    assert "forceNewDeployment" not in sent


def test_pitfall_15_a_revision_that_aws_cannot_describe_any_more_is_passed_over(app, monkeypatch):
    from ansible_collections.monay.platform.plugins.module_utils.aws.api import Api

    app.roll(2)
    app.roll(3)
    read, listed = Api.read, app.deployments()
    lost = listed[1]["targetServiceRevisionArn"]

    def forget(self, operation, doing, *args, **params):
        answer = read(self, operation, doing, *args, **params)
        if operation == "describe_service_revisions":
            kept = [each for each in answer["serviceRevisions"] if each["serviceRevisionArn"] != lost]
            answer = {**answer, "serviceRevisions": kept}
        return answer

    monkeypatch.setattr(Api, "read", forget)
    assert app.roll(state="rolled_back")["deployment"]["task_definition"] == f"{NAME}:1"


def test_pitfall_16_a_rollback_of_ecs_names_the_revision_that_runs_again(app):
    app.roll(2, pause_before=["bake"], wait_until="paused")

    done = app.roll(state="aborted")

    assert done["deployment"]["restored"] == f"{NAME}:1"
    assert run_module(MODULE, app.args(1))["changed"] is False


def test_pitfall_17_hooks_are_read_afresh_in_each_rollout(app):
    seen = set()
    for revision in (2, 3):
        found = app.roll(revision, pause_before=["bake"], wait_until="paused")["deployment"]
        seen.update([found["arn"], *found["waiting"]])
        app.roll(state="promoted")

    assert len(seen) == 4
