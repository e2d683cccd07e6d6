# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The wait shows how far a deployment is, and ends when it should."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.monay.platform.plugins.action import ecs_deployment_wait


def deployment(verdict, text):
    return {"deployment": {"verdict": verdict, "status": "", "text": text}}


@pytest.fixture
def wait(monkeypatch):
    """Run the action over a list of answers of its module; returns its result, what it said and what it asked."""

    def run(answers, check_mode=False, **arguments):
        said, asked, clock = [], [], SimpleNamespace(now=0.0)
        monkeypatch.setattr(ecs_deployment_wait.display, "display", said.append)
        monkeypatch.setattr(ecs_deployment_wait.time, "monotonic", lambda: clock.now)
        monkeypatch.setattr(
            ecs_deployment_wait.time, "sleep", lambda seconds: setattr(clock, "now", clock.now + seconds)
        )
        args = {"service": "admin", "cluster": "dev", **arguments}
        action = ecs_deployment_wait.ActionModule.__new__(ecs_deployment_wait.ActionModule)
        action._task = SimpleNamespace(args=args, check_mode=check_mode, async_val=0, diff=False)
        monkeypatch.setattr(ecs_deployment_wait.ActionBase, "run", lambda *_args: {})
        left = list(answers)

        def execute(module="", module_args=None, task_vars=None):
            asked.append({"module": module, **module_args})
            return dict(left.pop(0) if len(left) > 1 else left[0])

        action._execute_module = execute
        return action.run(task_vars={}), said, asked

    return run


def test_shows_progress_until_it_is_done(wait):
    result, said, asked = wait(
        [deployment("pending", "stage A"), deployment("pending", "stage B"), deployment("ready", "")]
    )

    assert "failed" not in result
    assert said == ["    0:00  admin: stage A", "    0:00  admin: stage B"]
    assert [each["waited"] for each in asked] == [0, 0, 1]


def test_a_failure_ends_it_with_the_words_of_the_module(wait):
    result, _said, _asked = wait([{"failed": True, "msg": "rolled back", **deployment("failed", "")}])

    assert (result["failed"], result["msg"]) == (True, "rolled back")


def test_says_that_time_is_up_and_what_it_waited_for(wait):
    result, said, _asked = wait([deployment("pending", "stage A")], timeout=90)

    assert result["failed"] is True
    assert "admin: stage A. It goes on" in result["msg"]
    assert len(said) == 3  # at once, and after each half minute of silence


def test_a_check_run_does_not_ask(wait):
    result, _said, asked = wait([deployment("pending", "")], check_mode=True)

    assert result["changed"] is False
    assert asked == []


FAILED = {"failed": True, "msg": "rolled back", **deployment("failed", "ROLLBACK_SUCCESSFUL")}


def test_a_failure_is_written_down_with_what_was_seen(wait, tmp_path):
    made = {"headline": "no DATABASE_URL", "page": "/e/d1.html", "json": "/e/d1.json"}
    result, _said, asked = wait(
        [deployment("pending", "stage A"), FAILED, made], region="eu-west-1", evidence_directory=str(tmp_path)
    )

    assert result["msg"] == "no DATABASE_URL\nrolled back\nEvidence: /e/d1.html"
    assert result["evidence"] == made
    written = asked[-1]
    assert (written["module"], written["region"]) == ("monay.platform.rollout_evidence", "eu-west-1")
    assert not {"waited", "timeout", "evidence_directory", "task_definition"} & written.keys()
    assert [each["text"] for each in written["timeline"]] == ["stage A", "ROLLBACK_SUCCESSFUL"]


def test_a_failure_without_a_folder_leaves_nothing(wait):
    _result, _said, asked = wait([FAILED])

    assert len(asked) == 1
