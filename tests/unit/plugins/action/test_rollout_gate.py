# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action asks again while the gates are inconclusive, and shows what they say."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.monay.platform.plugins.action import rollout_gate

GATE = {"stage": "bake", "name": "analysis", "reason": "because"}


def answer(verdict):
    return {"verdict": verdict, "gates": [{**GATE, "verdict": verdict}]}


@pytest.fixture
def ask(monkeypatch):
    """Run the action over the answers of its module: the result, how often it asked, how it slept, what it said."""

    def run(answers, **arguments):
        said, slept, left = [], [], list(answers)
        monkeypatch.setattr(rollout_gate.display, "display", said.append)
        monkeypatch.setattr(rollout_gate.time, "sleep", slept.append)
        monkeypatch.setattr(rollout_gate.ActionBase, "run", lambda *_args: {})
        action = rollout_gate.ActionModule.__new__(rollout_gate.ActionModule)
        args = {"service": "admin", "attempts": 3, "interval": 7, **arguments}
        action._task = SimpleNamespace(args=args, check_mode=False, async_val=0, diff=False)
        action._execute_module = lambda module_args, task_vars: left.pop(0)
        result = action.run(task_vars={})
        return result, len(answers) - len(left), slept, said

    return run


@pytest.mark.parametrize("verdict", ["pass", "fail", "past"])
def test_what_is_clear_ends_at_once(ask, verdict):
    result, asked, slept, said = ask([answer(verdict), answer("pass")])

    assert (result["verdict"], asked, slept) == (verdict, 1, [])
    assert said == [f"  admin: {verdict}: analysis before bake: because"]


def test_asks_again_until_it_is_clear(ask):
    result, asked, slept, said = ask([answer("inconclusive"), answer("inconclusive"), answer("pass")])

    assert (result["verdict"], asked, slept) == ("pass", 3, [7.0, 7.0])
    assert "  admin: look again in 7 s (2 of 3)" in said


def test_gives_up_after_its_attempts_without_another_sleep(ask):
    result, asked, slept, _said = ask([answer("inconclusive")] * 4)

    assert (result["verdict"], asked, slept) == ("inconclusive", 3, [7.0, 7.0])


def test_a_failure_is_told_as_it_is(ask):
    result, asked, slept, said = ask([{"failed": True, "msg": "refused"}, answer("pass")])

    assert (result["failed"], asked, slept, said) == (True, 1, [], [])
