# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The decisions of a rollout, as tables: what is seen, what is wanted, what is to be done."""

from __future__ import annotations

from dataclasses import replace

import boto3
import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from ansible_collections.monay.platform.plugins.module_utils.core.rollout import (
    PROVEN,
    TURNING_BACK,
    UNDER_WAY,
    Deployment,
    Past,
    Seen,
    Until,
    Wish,
    aborted,
    present,
    promoted,
    rolled_back,
    superseded,
    verdict,
)
from ansible_collections.monay.platform.plugins.module_utils.core.rollout_strategy import HIDDEN_STAGE, STAGES

BLUE_GREEN = {"strategy": "BLUE_GREEN", "bakeTimeInMinutes": 5}
CANARY = {"strategy": "CANARY", "bakeTimeInMinutes": 5}
ENDED = ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED")


def seen(status="", target="app:2", runs="app:1", history=(), **extra):
    """A service set to `runs`, with a newest deployment of `status` to `target`."""
    newest = Deployment("arn", status, target, configuration=BLUE_GREEN, text=status, **extra) if status else None
    return Seen("app", runs, newest, history)


def past(*targets):
    """Successful deployments to these, newest first."""
    return tuple(Past("SUCCESSFUL", target) for target in targets)


WISH = Wish("app:2", BLUE_GREEN)


@pytest.mark.parametrize(
    ("look", "action", "forced"),
    [
        pytest.param(seen(), "start", False, id="no deployment is remembered"),
        pytest.param(seen(runs="app:2"), "nothing", False, id="no deployment is remembered, but it runs"),
        pytest.param(seen("SUCCESSFUL", "app:1"), "start", False, id="another one runs"),
        pytest.param(seen("SUCCESSFUL", "app:2", "app:2"), "nothing", False, id="it runs"),
        pytest.param(seen("SUCCESSFUL", "app:1", "app:2"), "find", False, id="started, but not listed yet"),
        pytest.param(seen("PENDING", runs="app:2"), "follow", False, id="ours waits"),
        pytest.param(seen("IN_PROGRESS", runs="app:2"), "follow", False, id="ours is under way"),
        pytest.param(seen("ROLLBACK_IN_PROGRESS"), "follow", False, id="ours is being rolled back"),
        pytest.param(seen("ROLLBACK_SUCCESSFUL", restored="app:1"), "start", False, id="ours was rolled back"),
        pytest.param(
            seen("ROLLBACK_SUCCESSFUL", "app:3", "app:2", restored="app:2"), "nothing", False, id="ours was restored"
        ),
        pytest.param(seen("STOPPED", runs="app:2"), "start", True, id="ours was stopped where it stood"),
        pytest.param(seen("ROLLBACK_FAILED", runs="app:2"), "start", True, id="ours could not be rolled back"),
        pytest.param(seen("SUCCESSFUL", "app:2", "app:1"), "start", False, id="somebody set the service back"),
    ],
)
def test_what_gets_a_task_definition_to_run(look, action, forced):
    step = present(look, WISH)

    assert (step.action, step.forced) == (action, forced)
    assert step.task_definition == "app:2"
    assert step.goal == "deployed"


@pytest.mark.parametrize("status", sorted(UNDER_WAY))
def test_refuses_to_run_over_the_deployment_of_somebody_else(status):
    with pytest.raises(PlanRefused, match=r"a deployment to app:3 is under way .*not to app:2.*abort it first"):
        present(seen(status, "app:3"), WISH)
    with pytest.raises(PlanRefused, match="with other settings"):
        present(seen(status), Wish("app:2", CANARY))


def test_recognises_its_own_deployment_by_content_whatever_aws_fills_in():
    filled = {
        **BLUE_GREEN,
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "lifecycleHooks": [],
        "alarms": {"alarmNames": [], "enable": False, "rollback": False},
    }
    newest = Deployment("arn", "IN_PROGRESS", "app:2", configuration=filled)

    assert present(Seen("app", "app:2", newest), WISH).action == "follow"


@pytest.mark.parametrize(
    ("look", "action"),
    [
        (seen("IN_PROGRESS", waiting=("h1", "h2")), "continue"),
        (seen("IN_PROGRESS"), "follow"),
        (seen("PENDING"), "follow"),
        (seen("SUCCESSFUL"), "nothing"),
    ],
)
def test_promotes_what_waits(look, action):
    assert promoted(look, Wish()).action == action
    assert promoted(look, Wish("app:2")).action == action


def test_promotes_at_the_pause_that_is_named_and_at_no_other():
    early = seen("IN_PROGRESS", waiting=("h",), stage="POST_TEST_TRAFFIC_SHIFT")
    late = seen("IN_PROGRESS", waiting=("h",), stage="POST_PRODUCTION_TRAFFIC_SHIFT")

    assert promoted(early, Wish(pause="production_traffic")).action == "continue"
    assert promoted(late, Wish(pause="bake")).action == "continue"
    assert promoted(late, Wish(pause="production_traffic")).action == "follow"
    with pytest.raises(PlanRefused, match="waits earlier than before bake"):
        promoted(early, Wish(pause="bake"))


@pytest.mark.parametrize("status", [*sorted(TURNING_BACK), "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED"])
def test_promotes_nothing_that_turns_back_or_failed(status):
    with pytest.raises(PlanRefused, match="nothing to promote"):
        promoted(seen(status), Wish())


@pytest.mark.parametrize("decide", [promoted, aborted])
def test_decides_on_nothing_but_what_was_named(decide):
    with pytest.raises(PlanRefused, match="the newest deployment is to app:2, not to app:3"):
        decide(seen("IN_PROGRESS", waiting=("h",)), Wish("app:3"))
    with pytest.raises(PlanRefused, match="does not exist"):
        decide(seen(), Wish("app:3"))


@pytest.mark.parametrize(
    ("status", "action"),
    [
        ("", "nothing"),
        ("PENDING", "stop"),
        ("IN_PROGRESS", "stop"),
        *((each, "follow") for each in sorted(TURNING_BACK)),
        *((each, "nothing") for each in ENDED),
    ],
)
def test_aborts_what_is_under_way(status, action):
    step = aborted(seen(status), Wish())

    assert (step.action, step.goal) == (action, "back")


@pytest.mark.parametrize(
    ("history", "action", "target"),
    [
        pytest.param(past("app:2", "app:1"), "start", "app:1", id="to what ran before"),
        pytest.param(past("app:2", "app:2", "app:1"), "start", "app:1", id="not to the same once more"),
        pytest.param(past("app:1", "app:2", "app:1"), "nothing", "app:1", id="not forward again"),
        pytest.param(past("app:4", "app:1", "app:2", "app:1"), "start", "app:1", id="from the next release"),
        pytest.param(
            (Past("SUCCESSFUL", "app:2"), Past("ROLLBACK_SUCCESSFUL", "app:9"), Past("SUCCESSFUL", "app:1")),
            "start",
            "app:1",
            id="never to what failed",
        ),
        pytest.param(
            (Past("SUCCESSFUL", "app:2"), Past("SUCCESSFUL"), Past("SUCCESSFUL", "app:1")),
            "start",
            "app:1",
            id="over what AWS forgot",
        ),
        pytest.param((Past("STOPPED", "app:3"), *past("app:2", "app:1")), "start", "app:2", id="from what failed"),
        pytest.param(past("app:1", "app:2", "app:1"), "nothing", "app:1", id="not twice"),
        pytest.param(past("app:2", "app:1", "app:2", "app:1"), "start", "app:1", id="from what came a second time"),
        pytest.param(past("app:9", "app:10", "app:9"), "nothing", "app:9", id="revisions are numbers"),
        pytest.param(past("b:2", "a:1", "b:2"), "nothing", "b:2", id="of other families nobody knows"),
        pytest.param(
            (Past("SUCCESSFUL", "app:2"), Past("STOPPED", "app:3"), *past("app:2", "app:1")),
            "nothing",
            "app:2",
            id="not further than once",
        ),
    ],
)
def test_goes_back_to_what_ran_before_without_remembering_it(history, action, target):
    now = history[0].target
    step = rolled_back(seen(history[0].status, now, now, history), Wish("", BLUE_GREEN))

    assert (step.action, step.task_definition) == (action, target)


def test_goes_back_to_a_revision_that_is_named():
    look = seen("SUCCESSFUL", "app:3", "app:3", past("app:3", "app:2", "app:1"))

    assert rolled_back(look, Wish("app:1", BLUE_GREEN)).task_definition == "app:1"


def test_says_what_is_missing_where_there_is_nothing_to_go_back_to():
    with pytest.raises(PlanRefused, match="remembers no task definition that ran before app:1; name the revision"):
        rolled_back(seen("SUCCESSFUL", "app:1", history=past("app:1")), Wish("", BLUE_GREEN))


def test_goes_on_with_its_own_way_back_and_refuses_over_a_rollout():
    history = (Past("IN_PROGRESS", "app:1"), *past("app:2", "app:1"))

    assert rolled_back(seen("IN_PROGRESS", "app:1", "app:1", history), Wish("", BLUE_GREEN)).action == "follow"
    with pytest.raises(PlanRefused, match="abort it, which goes back to what ran before it"):
        rolled_back(seen("IN_PROGRESS", "app:3", "app:3", (Past("IN_PROGRESS", "app:3"), *history[1:])), Wish())


def test_lets_ecs_roll_back_where_it_does_so_already():
    assert rolled_back(seen("ROLLBACK_IN_PROGRESS"), Wish()).goal == "back"
    assert rolled_back(seen("ROLLBACK_SUCCESSFUL", restored="app:1"), Wish()).action == "nothing"


WAITS = [
    ("completed", "", "deployed", {"SUCCESSFUL": "ready", "IN_PROGRESS": "pending", "STOPPED": "failed"}),
    ("completed", "", "deployed", dict.fromkeys(TURNING_BACK, "pending")),
    ("completed", "", "deployed", {"ROLLBACK_SUCCESSFUL": "failed", "ROLLBACK_FAILED": "failed", "PENDING": "pending"}),
    ("none", "", "deployed", {"PENDING": "ready", "IN_PROGRESS": "ready", "STOPPED": "failed"}),
    ("paused", "", "deployed", {"IN_PROGRESS": "pending", "SUCCESSFUL": "ready", "ROLLBACK_IN_PROGRESS": "pending"}),
    ("completed", "", "back", {"ROLLBACK_SUCCESSFUL": "ready", "STOPPED": "ready", "IN_PROGRESS": "pending"}),
    (
        "completed",
        "",
        "back",
        {"SUCCESSFUL": "failed", "ROLLBACK_FAILED": "failed", **dict.fromkeys(TURNING_BACK, "pending")},
    ),
]


@pytest.mark.parametrize(("what", "stage", "goal", "table"), WAITS)
def test_what_a_wait_comes_to(what, stage, goal, table):
    found = {status: verdict(goal, Until(what, stage), Deployment("arn", status)) for status in table}

    assert found == table


def test_every_status_of_ecs_ends_a_wait_or_goes_on():
    model = boto3.client("ecs", region_name="us-east-1").meta.service_model

    assert set(model.shape_for("ServiceDeploymentStatus").enum) == UNDER_WAY | set(ENDED)
    assert set(ENDED) >= PROVEN


def test_waits_until_paused():
    paused = Deployment("arn", "IN_PROGRESS", waiting=("h",))

    assert verdict("deployed", Until("paused"), paused) == "ready"
    assert verdict("deployed", Until("completed"), paused) == "pending"


@pytest.mark.parametrize(
    ("stage", "reached"),
    [("", False), ("SCALE_UP", False), ("BAKE_TIME", True), ("CLEAN_UP", True), ("A_NEW_STAGE", False)],
)
def test_a_stage_that_nobody_knows_is_not_taken_for_reached(stage, reached):
    found = verdict("deployed", Until("stage", "BAKE_TIME"), Deployment("arn", "IN_PROGRESS", stage=stage))

    assert found == ("ready" if reached else "pending")


def test_the_stages_of_ecs_are_those_that_are_documented_but_one():
    """A stage that AWS adds must get its place in the order."""
    model = boto3.client("ecs", region_name="us-east-1").meta.service_model

    assert set(model.shape_for("ServiceDeploymentLifecycleStage").enum) == set(STAGES) - {HIDDEN_STAGE}


def test_the_loser_of_two_controllers_is_told_who_won():
    ours = Deployment("ours", "STOPPED", "app:2")
    other = Deployment("other", "IN_PROGRESS", "app:3", text="IN_PROGRESS")

    assert "took the place of the one to app:2: to app:3" in superseded("app", ours, other)
    assert superseded("app", ours, ours) == ""
    assert superseded("app", replace(ours, status="ROLLBACK_SUCCESSFUL"), other) == ""


def test_a_service_is_new_until_a_deployment_has_succeeded():
    assert Seen("app", "app:1", history=(Past("IN_PROGRESS"), Past("ROLLBACK_FAILED"))).is_first
    assert not Seen("app", "app:1", history=(Past("IN_PROGRESS"), Past("ROLLBACK_SUCCESSFUL"))).is_first
    assert not Seen("app", "app:1").is_first  # ECS forgets the deployments of old services


@pytest.mark.parametrize(
    ("hooks", "action"),
    [(None, "continue"), (("a",), "continue"), (("a", "z"), "continue"), (("z",), "follow"), ((), "follow")],
)
def test_promotes_only_the_pauses_that_are_named(hooks, action):
    look = seen("IN_PROGRESS", stage="POST_PRODUCTION_TRAFFIC_SHIFT", waiting=("a", "b"))

    assert promoted(look, Wish(hooks=hooks)).action == action
