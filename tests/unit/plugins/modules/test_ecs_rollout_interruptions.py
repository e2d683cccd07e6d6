# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The controller is killed after each call of a rollout, or an answer is lost: one deployment, and it ends well."""

from __future__ import annotations

from contextlib import suppress

import pytest

from ansible_collections.monay.platform.plugins.module_utils.aws import api
from tests.support.killing import Killed, killed_after
from tests.support.modules import assert_settled, recorded_calls
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.rollouts import MODULE, NAME, Rolled

PAUSED = {"pause_before": ["production_traffic"], "wait_until": "paused"}


def calls_of(app, revision, **options):
    """How many calls a rollout makes when nobody kills it."""
    with recorded_calls() as calls:
        app.roll(revision, **options)
    return len(calls)


@pytest.fixture
def app(aws, monkeypatch):  # noqa: F811
    monkeypatch.setattr(api, "backoff", lambda _attempt: 0)
    # Calls that run side by side would be killed in their own thread only.
    monkeypatch.setattr(
        "ansible_collections.monay.platform.plugins.module_utils.aws.ecs_rolling_out.side_by_side",
        lambda jobs: {name: job() for name, job in jobs.items()},
    )
    return Rolled(aws)


def kill(app, number, revision=0, **options):
    with suppress(Killed), killed_after(number):
        app.roll(revision, **options)


def test_a_rollout_that_is_killed_after_any_call_is_one_deployment(app, subtests):
    # There and back again between two revisions, so that each try is a rollout of its own.
    number = calls_of(app, 2)
    revision, known = 2, 2
    for last in range(1, number + 1):
        revision = 3 - revision
        with subtests.test(killed_after=last):
            kill(app, last, revision)
            done = app.roll(revision)

            known += 1
            assert len(app.deployments()) == known
            assert app.newest()["status"] == "SUCCESSFUL"
            assert app.runs() == done["deployment"]["task_definition"] == f"{NAME}:{revision}"
    assert_settled(MODULE, app.args(revision))


@pytest.mark.parametrize(
    ("options", "status", "runs"),
    [({"state": "promoted"}, "SUCCESSFUL", 2), ({"state": "aborted"}, "ROLLBACK_SUCCESSFUL", 1)],
)
def test_a_decision_that_is_killed_after_any_call_is_carried_out_once(app, subtests, options, status, runs):
    """On the same service again and again: what was promoted is taken back for the next try."""
    app.roll(2, **PAUSED)
    number, known = calls_of(app, 0, **options), 2
    for last in range(1, number + 1):
        target = 3 if app.runs() != f"{NAME}:3" else 4
        before = app.runs()
        with subtests.test(killed_after=last):
            app.roll(target, **PAUSED)
            kill(app, last, **options)
            app.roll(**options)

            known += 1
            assert len(app.deployments()) == known
            assert app.newest()["status"] == status
            assert app.runs() == (f"{NAME}:{target}" if status == "SUCCESSFUL" else before)


def test_a_way_back_that_is_killed_after_any_call_is_one_deployment(app, subtests):
    app.roll(2)
    number, known = calls_of(app, 0, state="rolled_back"), 3
    for last in range(1, number + 1):
        with subtests.test(killed_after=last):
            app.roll(2)
            kill(app, last, state="rolled_back")
            app.roll(state="rolled_back")

            known += 2
            assert len(app.deployments()) == known
            assert app.newest()["status"] == "SUCCESSFUL"
            assert app.runs() == f"{NAME}:1"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_starts_no_second_deployment(app, when):
    app.aws.fault("reset", match={"operation": "UpdateService"}, when=when)

    app.roll(2)

    assert len(app.deployments()) == 2
    assert app.newest()["status"] == "SUCCESSFUL"


def test_throttled_at_every_call_it_ends_well(app):
    app.aws.fault("throttle", match={"service": "ecs"}, each_operation=True)

    app.roll(2)

    assert app.newest()["status"] == "SUCCESSFUL"
    assert len(app.deployments()) == 2


def test_a_lost_answer_of_a_promotion_is_looked_up(app):
    app.roll(2, **PAUSED)
    app.aws.fault("reset", match={"operation": "ContinueServiceDeployment"}, when="after")

    assert app.roll(state="promoted")["deployment"]["status"] == "SUCCESSFUL"
