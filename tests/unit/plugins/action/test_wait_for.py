# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The wait ends when it should, says what it waits for, and never calls a failure success."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.monay.platform.plugins.action import wait_for


def status(name, word, verdict):
    return {"type": "rds_instance", "name": name, "status": word, "verdict": verdict}


CREATING = status("db", "creating", "pending")
READY = status("db", "available", "ready")
FAILED = status("db", "incompatible-network", "failed")


@pytest.fixture
def wait(monkeypatch):
    """Run the action over a list of answers of its module; returns its result and what it said."""

    def run(answers, check_mode=False, **arguments):
        said, clock = [], SimpleNamespace(now=0.0)
        monkeypatch.setattr(wait_for.display, "display", said.append)
        monkeypatch.setattr(wait_for.time, "monotonic", lambda: clock.now)
        monkeypatch.setattr(wait_for.time, "sleep", lambda seconds: setattr(clock, "now", clock.now + seconds))
        task = SimpleNamespace(args={"prefix": "x", **arguments}, check_mode=check_mode, async_val=0, diff=False)
        action = wait_for.ActionModule.__new__(wait_for.ActionModule)
        action._task = task
        monkeypatch.setattr(wait_for.ActionBase, "run", lambda *_args: {})
        left = list(answers)
        action._execute_module = lambda **_kwargs: left.pop(0) if len(left) > 1 else dict(left[0])
        return action.run(task_vars={}), said

    return run


def test_waits_until_everything_is_ready(wait):
    result, said = wait([{"statuses": [CREATING]}, {"statuses": [CREATING]}, {"statuses": [READY]}])

    assert "failed" not in result
    assert result["statuses"] == [READY]
    assert result["waited"] == 1
    assert said == ["    0:00  waiting for db (creating)"]


def test_nothing_to_wait_for_is_ready(wait):
    assert "failed" not in wait([{"statuses": []}])[0]


def test_ends_at_once_when_one_has_failed(wait):
    result, _said = wait([{"statuses": [CREATING]}, {"statuses": [FAILED]}])

    assert result["failed"] is True
    assert "db (incompatible-network)" in result["msg"]


def test_says_what_is_missing_when_time_is_up(wait):
    result, said = wait([{"statuses": [CREATING]}], timeout=120)

    assert result["failed"] is True
    assert result["msg"].startswith("not ready after 12")
    assert "db (creating)" in result["msg"]
    assert 3 <= len(said) <= 6, "a line about every half minute"


def test_goal_gone_waits_for_absence_whatever_the_status(wait):
    result, _said = wait([{"statuses": [READY]}, {"statuses": [FAILED]}, {"statuses": []}], goal="gone")

    assert "failed" not in result
    assert result["waited"] == 1


def test_a_failing_module_ends_the_wait(wait):
    result, _said = wait([{"failed": True, "msg": "no credentials"}])

    assert result == {"failed": True, "msg": "no credentials"}


def test_check_mode_does_not_wait(wait):
    result, said = wait([{"statuses": [CREATING]}], check_mode=True)

    assert result["changed"] is False
    assert said == []
