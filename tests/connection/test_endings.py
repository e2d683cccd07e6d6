# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""However a playbook ends, no process and no socket of the connection is left."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest

from tests.connection.sandbox import ONE_CORE, Sandbox, eventually


def probe(sandbox: Sandbox, **parameters: Any) -> dict[str, Any]:
    """A task that says that it runs, and waits for a file which no test makes."""
    never = {"started": str(sandbox.path / "started"), "wait_for": str(sandbox.path / "never"), "child": True}
    return {"probe": {**never, **parameters}}


def nothing_is_left(sandbox: Sandbox) -> None:
    eventually(lambda: not sandbox.processes(), f"no process is left, but {sandbox.processes()}")
    assert not sandbox.sockets()


def wait_for_module(sandbox: Sandbox) -> None:
    eventually((sandbox.path / "started").exists, f"the module runs: {sandbox.output}")
    commands = sandbox.processes().values()
    assert any("sleep 600" in command for command in commands), commands
    assert sandbox.server()
    assert sandbox.sockets()


@pytest.mark.parametrize(("fails", "status"), [(False, 0), (True, 2)], ids=["success", "failure"])
def test_a_playbook_that_ends_by_itself(sandbox: Sandbox, fails: bool, status: int) -> None:
    ends = {"misbehave": {"how": "raise"}} if fails else {"probe": {}}
    results = sandbox.run([{"probe": {}}, ends], status=status)
    assert results[0]["warm"]
    nothing_is_left(sandbox)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["ctrl-c", "kill-9"])
def test_a_playbook_that_is_stopped_while_a_module_runs(sandbox: Sandbox, number: int) -> None:
    playbook = sandbox.start([{**probe(sandbox), "loop": [1, 2]}])
    wait_for_module(sandbox)
    if number == signal.SIGINT:
        os.killpg(playbook.pid, number)  # as a terminal does
    else:
        playbook.send_signal(number)
    assert playbook.wait(timeout=60) != 0
    nothing_is_left(sandbox)


def test_a_playbook_that_is_killed_in_a_task_without_a_module(sandbox: Sandbox) -> None:
    playbook = sandbox.start([{"ansible.builtin.pause": {"seconds": 600}}])
    eventually(lambda: "Pausing for 600 seconds" in sandbox.output, f"the task runs: {sandbox.output}")
    playbook.send_signal(signal.SIGKILL)
    assert playbook.wait(timeout=60) != 0
    nothing_is_left(sandbox)


@ONE_CORE
def test_a_module_whose_task_timed_out(sandbox: Sandbox) -> None:
    timed_out = {"block": [{**probe(sandbox), "timeout": 4}], "rescue": [{"probe": {}}]}
    first, second = sandbox.run([timed_out])
    assert first["timedout"]["period"] == 4
    assert second["warm"]
    nothing_is_left(sandbox)


@ONE_CORE
def test_a_server_that_is_killed_while_a_module_runs(sandbox: Sandbox) -> None:
    """The module dies too, and its task fails because nobody knows how far it came; the rest goes the builtin way."""
    playbook = sandbox.start([{**probe(sandbox, child=False), "failed_when": False}, {"probe": {}}])
    eventually((sandbox.path / "started").exists, f"the module runs: {sandbox.output}")
    os.kill(sandbox.server(), signal.SIGKILL)
    assert playbook.wait(timeout=60) == 0, sandbox.output
    lost, after = sandbox.results
    assert "the server process ended while this module was running" in str(lost)
    assert after["warm"] is False
    eventually(lambda: not sandbox.processes(), "no process is left")
