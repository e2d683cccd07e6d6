# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from tests.support.modules import fail_module, recorded_calls, run_module, writes
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.rollouts import NAME, Rolled

MODULE = "ecs_rollout_info"


@pytest.fixture
def app(aws):  # noqa: F811
    return Rolled(aws)


def args(app):
    return {name: value for name, value in app.args().items() if name in ("region", "cluster", "service")}


def info(app, **options):
    with recorded_calls() as calls:
        found = run_module(MODULE, {**args(app), **options})
    assert writes(calls) == []
    return found


def test_shows_what_is_under_way_and_what_was(app):
    app.roll(2)
    paused = app.roll(3, pause_before=["bake"], wait_until="paused")["deployment"]

    found = info(app)

    assert found["task_definition"] == f"{NAME}:3"
    assert found["under_way"] == {key: paused[key] for key in paused if key not in ("goal", "verdict")}
    assert [each["task_definition"] for each in found["deployments"]] == [f"{NAME}:3", f"{NAME}:2", f"{NAME}:1"]
    assert [each["status"] for each in found["deployments"]] == ["IN_PROGRESS", "SUCCESSFUL", "SUCCESSFUL"]
    assert app.made["digest"] in found["deployments"][0]["images"]["app"]
    assert found["deployments"][1]["finished_at"] > found["deployments"][1]["created_at"] > ""


def test_nothing_is_under_way_when_it_is_over(app):
    assert info(app, limit=1)["under_way"] == {}
    assert len(info(app, limit=1)["deployments"]) == 1


def test_names_the_service_that_does_not_exist(app):
    assert "service other does not exist" in fail_module(MODULE, {**args(app), "service": "other"})
