# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gates against the simulated ECS and CloudWatch."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.monay.platform.plugins.module_utils.aws import rollout_gating
from tests.support.modules import fail_module, recorded_calls, run_module, writes
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.rollouts import CLUSTER, NAME, Rolled
from tests.support.simulator import REGION

MODULE = "rollout_gate"
SMOKE = {"kind": "smoke"}
PASSED = {"name": "health", "outcome": "passed", "problems": []}


@pytest.fixture
def app(aws):  # noqa: F811
    return Rolled(aws)


def args(pause, *gates, **more):
    return {"region": REGION, "service": NAME, "cluster": CLUSTER, "before": pause, "gates": list(gates), **more}


def waiting(app, pause, **options):
    """A rollout of revision 2 that waits before this."""
    found = app.roll(2, gates={pause: [{"kind": "smoke"}]}, wait_until="paused", **options)["deployment"]
    assert found["pause"] == pause
    return found


def ask(pause, *gates, **more):
    with recorded_calls() as calls:
        result = run_module(MODULE, args(pause, *gates, **more))
    assert (result["changed"], writes(calls)) == (False, [])
    return result, calls


def test_judges_the_answers_of_smoke_tests_and_adds_to_earlier_verdicts(app):
    deployment = waiting(app, "production_traffic")
    earlier = {"stage": "test_traffic", "verdict": "pass"}

    result, _calls = ask("production_traffic", SMOKE, answers=[PASSED], verdicts=[earlier])

    assert result["verdict"] == "pass"
    assert result["waiting"] == deployment["waiting"]
    (gate,) = result["gates"]
    assert {key: gate[key] for key in ("stage", "kind", "name", "verdict")} == {
        "stage": "production_traffic",
        "kind": "smoke",
        "name": "smoke",
        "verdict": "pass",
    }
    assert datetime.strptime(gate["at"], "%Y-%m-%dT%H:%M:%S%z") > datetime.now(UTC) - timedelta(minutes=1)
    assert result["verdicts"] == [earlier, gate]


def test_reads_the_states_of_alarms(app):
    waiting(app, "bake")
    cloudwatch = app.aws.client("cloudwatch")
    for name in ("quiet", "loud"):
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            MetricName="Errors",
            Namespace="app",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )
        cloudwatch.set_alarm_state(
            AlarmName=name, StateValue={"quiet": "OK", "loud": "ALARM"}[name], StateReason="said"
        )

    assert ask("bake", {"kind": "alarms", "alarms": ["quiet"]})[0]["verdict"] == "pass"
    result, _calls = ask("bake", {"kind": "alarms", "alarms": ["quiet", "loud"]}, SMOKE, answers=[PASSED])
    assert (result["verdict"], result["reason"]) == ("fail", "alarms: in ALARM: loud")
    assert ask("bake", {"kind": "alarms", "alarms": ["nobody"]})[0]["verdict"] == "inconclusive"


class Counted:
    """What the load balancer says that it counted for a target group, in the minutes from a moment on."""

    def __init__(self, app):
        self.cloudwatch = app.aws.client("cloudwatch")
        self.balancer = app.made["balancer"].partition("loadbalancer/")[2]
        self.groups = [group.rpartition(":")[2] for group in app.made["groups"]]

    def put(self, group, minute, requests, errors, seconds):
        dimensions = [
            {"Name": "LoadBalancer", "Value": self.balancer},
            {"Name": "TargetGroup", "Value": self.groups[group]},
        ]
        at = datetime.fromtimestamp(minute * 60, UTC)
        shared = {"Dimensions": dimensions, "Timestamp": at}
        data = [
            {**shared, "MetricName": "RequestCount", "Values": [1.0], "Counts": [requests]},
            {**shared, "MetricName": "TargetResponseTime", "Values": [seconds], "Counts": [requests]},
        ]
        if errors:
            data.append({**shared, "MetricName": "HTTPCode_Target_5XX_Count", "Values": [1.0], "Counts": [errors]})
        self.cloudwatch.put_metric_data(Namespace="AWS/ApplicationELB", MetricData=data)


@pytest.fixture
def counted(app, monkeypatch):
    """A rollout that waits before the bake; figures of the five minutes after its beginning, which are over.

    The old revision serves the first target group, the new one the second. Both have been there for no minute, so that
    the minutes after the beginning are what there is of either; CloudWatch takes them up to two hours ahead.
    """
    waiting(app, "bake")
    now = time.time()
    monkeypatch.setattr(rollout_gating.time, "time", lambda: now + 600)
    first = int(now // 60) + 2
    figures = Counted(app)

    def put(errors=0.0, seconds=0.1, minutes=5):
        for minute in range(first, first + minutes):
            figures.put(0, minute, 1000.0, 0.0, 0.1)
            figures.put(1, minute, 1000.0, errors, seconds)

    return put


@pytest.mark.parametrize(
    ("figures", "verdict", "words"),
    [
        pytest.param({}, "pass", "p90 100 ms against 100 ms", id="as good"),
        pytest.param({"errors": 50.0}, "fail", "5.00% errors (250 of 5000 requests)", id="errors"),
        pytest.param({"seconds": 1.6}, "fail", "p90 1600 ms against 100 ms", id="slow"),
        pytest.param({"seconds": 1.6, "minutes": 1}, "inconclusive", "1 minutes against 1 do not tell", id="early"),
        pytest.param({"minutes": 0}, "inconclusive", "has had 0 requests, 100 are needed", id="no traffic"),
    ],
)
def test_compares_the_target_groups_by_one_call(counted, figures, verdict, words):
    counted(**figures)

    result, calls = ask("bake", {"kind": "analysis"}, attempts=2)

    assert (result["verdict"], words in result["reason"]) == (verdict, True), result["reason"]
    assert calls.count("cloudwatch:GetMetricData") == 1
    assert set(result["gates"][0]["figures"]) == {"green", "blue"}


def test_what_the_target_groups_counted_for_earlier_revisions_is_left_out(app, monkeypatch):
    figures, now = Counted(app), time.time()
    for group in (0, 1):
        figures.put(group, int(now // 60) - 10, 1000.0, 1000.0, 9.0)
        figures.put(group, int(now // 60), 1000.0, 1000.0, 9.0)
    waiting(app, "bake")
    monkeypatch.setattr(rollout_gating.time, "time", lambda: now + 600)

    found = ask("bake", {"kind": "analysis"})[0]["gates"][0]["figures"]

    assert (found["green"]["requests"], found["blue"]["requests"]) == (0, 0)


def test_the_old_revision_is_looked_at_before_the_rollout_and_the_new_one_since(app, monkeypatch):
    figures, now = Counted(app), time.time()
    earlier = int(now // 60) - 10
    for group in (0, 1):
        figures.put(group, earlier, 1000.0, 10.0, 0.1)
    waiting(app, "bake")
    # The simulated revision is as young as the test: let it be old.
    monkeypatch.setattr(rollout_gating.Gating, "_since", lambda *_args: earlier * 60.0)

    result, calls = ask("bake", {"kind": "analysis"})

    assert calls.count("cloudwatch:GetMetricData") == 1
    found = result["gates"][0]["figures"]
    assert (found["green"]["requests"], found["blue"]["requests"], found["blue"]["errors"]) == (0, 1000, 10)


def test_before_the_first_step_there_is_nothing_to_compare(app):
    waiting(app, "each_step", strategy="CANARY")

    result, calls = ask("each_step", {"kind": "analysis"})

    assert (result["verdict"], "no production traffic yet" in result["reason"]) == ("pass", True)
    assert not [call for call in calls if call.startswith("cloudwatch:")]


def test_a_rollout_that_does_not_wait_there_is_past(app):
    waiting(app, "bake")
    assert ask("production_traffic", SMOKE)[0]["verdict"] == "past"

    app.roll(state="aborted")
    result, _calls = ask("bake", SMOKE)

    assert (result["verdict"], result["gates"], result["waiting"]) == ("past", [], [])
    assert "ROLLBACK_SUCCESSFUL" in result["reason"]


def test_refuses_what_is_no_gate(app):
    assert "kind is one of" in fail_module(MODULE, args("bake", {"kind": "hope"}))
    assert "attempts is 1 or more" in fail_module(MODULE, args("bake", SMOKE, attempts=0))


def test_promotes_only_the_pauses_that_its_gates_were_about(app):
    old = waiting(app, "production_traffic", pause_before=["bake"])["waiting"]

    done = app.roll(state="promoted", promote_hooks=old, wait_until="paused")
    assert (done["changed"], done["deployment"]["pause"]) == (True, "bake")

    for hooks in (old, []):
        again = app.roll(state="promoted", promote_hooks=hooks, wait_until="paused")
        assert (again["changed"], again["deployment"]["pause"]) == (False, "bake")


def test_promotes_one_of_two_pauses_that_wait_at_once(app):
    pauses = [{"targetType": "PAUSE", "lifecycleStages": ["POST_PRODUCTION_TRAFFIC_SHIFT"]}] * 2
    both = app.roll(2, deployment_configuration={"lifecycleHooks": pauses}, wait_until="paused")["deployment"][
        "waiting"
    ]
    assert len(both) == 2

    left = app.roll(state="promoted", promote_hooks=both[:1], wait_until="paused")

    assert (left["changed"], left["deployment"]["waiting"]) == (True, both[1:])


def test_a_rolling_deployment_has_no_gates(app):
    message = fail_module("ecs_rollout", app.args(2, strategy="ROLLING", gates={"bake": [SMOKE]}))

    assert "gates needs a strategy that shifts traffic" in message
