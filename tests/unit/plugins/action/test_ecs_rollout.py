# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action acts once, then only looks, and shows what is new."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.monay.platform.plugins.action import ecs_rollout


def answer(verdict, text, events=(), **extra):
    deployment = {"arn": "d1", "goal": "deployed", "verdict": verdict, "text": text}
    told = [{"id": each, "message": f"event {each}"} for each in events]
    return {"changed": False, "changes": [], "diff": [], "deployment": deployment, "events": told, **extra}


@pytest.fixture
def roll(monkeypatch):
    """Run the action over a list of answers of its module; returns its result, what it said and what it asked."""

    def run(answers, **arguments):
        said, asked, clock = [], [], SimpleNamespace(now=0.0)
        monkeypatch.setattr(ecs_rollout.display, "display", said.append)
        monkeypatch.setattr(ecs_rollout.time, "monotonic", lambda: clock.now)
        monkeypatch.setattr(ecs_rollout.time, "sleep", lambda seconds: setattr(clock, "now", clock.now + seconds))
        action = ecs_rollout.ActionModule.__new__(ecs_rollout.ActionModule)
        args = {"service": "admin", "cluster": "dev", **arguments}
        action._task = SimpleNamespace(args=args, check_mode=False, async_val=0, diff=False)
        monkeypatch.setattr(ecs_rollout.ActionBase, "run", lambda *_args: {})
        left = list(answers)

        def execute(module_name="", module_args=None, task_vars=None):
            asked.append({**module_args, "module": module_name} if module_name else module_args)
            return dict(left.pop(0) if len(left) > 1 else left[0])

        action._execute_module = execute
        return action.run(task_vars={}), said, asked

    return run


def test_acts_once_and_then_follows_what_it_started(roll):
    begun = {"changed": True, "changes": ["started"], "diff": ["steps"]}
    result, said, asked = roll(
        [
            answer("pending", "stage A", [1], **begun),
            answer("pending", "stage A", [1, 2]),
            answer("ready", "done", [1, 2]),
        ]
    )

    assert [each.get("follow", "") for each in asked] == ["", "d1", "d1"]
    assert {key: result[key] for key in begun} == begun
    assert result["deployment"]["text"] == "done"
    assert [(each["seconds"], each["text"]) for each in result["timeline"]] == [(0, "stage A"), (1, "done")]
    assert [each[8:].strip() for each in said] == ["event 1", "admin: stage A", "event 2", "admin: done"]


def test_what_needs_no_wait_ends_at_once(roll):
    result, said, asked = roll([answer("ready", "it runs")])

    assert (result["changed"], result["timeline"], said, len(asked)) == (False, [], [], 1)


def test_a_failure_on_the_way_keeps_what_was_changed(roll):
    failed = {"failed": True, "msg": "rolled back", "changed": False, "deployment": {"text": "ROLLBACK_SUCCESSFUL"}}
    result, _said, _asked = roll([answer("pending", "stage A", changed=True), failed])

    assert (result["failed"], result["msg"], result["changed"]) == (True, "rolled back", True)
    assert result["timeline"][-1]["text"] == "ROLLBACK_SUCCESSFUL"


def test_a_failure_at_the_start_is_told_as_it_is(roll):
    result, _said, asked = roll([{"failed": True, "msg": "refused"}])

    assert (result["failed"], result["msg"], len(asked)) == (True, "refused", 1)


def test_says_that_time_is_up_and_that_the_rollout_goes_on(roll):
    result, said, _asked = roll([answer("pending", "stage A")], wait_timeout=90)

    assert result["failed"] is True
    assert "admin: stage A. It goes on" in result["msg"]
    assert 3 <= len(said) <= 5  # at once, and after each half minute of silence


FAILED = {
    "failed": True,
    "msg": "rolled back",
    "changed": False,
    "deployment": {"arn": "d1", "verdict": "failed", "text": "ROLLBACK_SUCCESSFUL"},
}


def test_a_failure_is_written_down_with_what_was_seen(roll, tmp_path):
    made = {"headline": "no DATABASE_URL", "page": "/e/d1.html", "json": "/e/d1.json"}
    result, _said, asked = roll(
        [answer("pending", "stage A"), FAILED, made],
        region="eu-west-1",
        evidence_directory=str(tmp_path),
        evidence_gates=[{"kind": "smoke"}],
        evidence_ledger="releases",
    )

    assert result["msg"] == "no DATABASE_URL\nrolled back\nEvidence: /e/d1.html"
    assert result["evidence"] == made
    written = asked[-1]
    assert (written["module"], written["region"]) == ("monay.platform.rollout_evidence", "eu-west-1")
    assert (written["deployment"], written["directory"]) == ("d1", str(tmp_path))
    assert (written["gates"], written["ledger_bucket"]) == ([{"kind": "smoke"}], "releases")
    assert [each["text"] for each in written["timeline"]] == ["stage A", "ROLLBACK_SUCCESSFUL"]


def test_a_failure_without_evidence_is_told_in_full(roll):
    result, _said, _asked = roll([FAILED, {"failed": True, "msg": "AccessDenied"}], evidence_directory="evidence")

    assert (result["failed"], result["msg"]) == (True, "rolled back\nThere is no evidence: AccessDenied")
    assert "evidence" not in result


def test_a_rollout_that_was_refused_leaves_no_evidence(roll):
    _result, _said, asked = roll([{"failed": True, "msg": "refused"}], evidence_directory="evidence")

    assert len(asked) == 1
