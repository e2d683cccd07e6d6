# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Killed, throttled or answered with errors: the next run ends where an undisturbed one ends, with nothing twice."""

from __future__ import annotations

import pytest

from tests.support.account import contents, differences

# Where in the run it is killed, as a share of all its writes: the first one, the last one, and a spread between.
SHARES = (0.0, 0.07, 0.15, 0.25, 0.4, 0.55, 0.7, 0.85, 1.0)


@pytest.fixture(scope="module")
def undisturbed(environment):
    """What a run that nothing disturbs leaves behind, and how many writes it takes."""
    dev = environment("dev")
    dev.playbooks.run("phase1").succeeded()
    return contents(dev.client), len(dev.writes(0))


@pytest.fixture
def dev(environment, undisturbed):
    """An empty account again."""
    empty = environment("dev")
    empty.simulator.reset()
    empty.simulator.clear_faults()
    yield empty
    empty.simulator.clear_faults()


@pytest.mark.parametrize("share", SHARES)
def test_killed_at_a_write_the_next_run_completes(dev, undisturbed, share):
    wanted, writes = undisturbed
    nth = 1 + round(share * (writes - 1))
    assert dev.killed_at_write(nth, "phase1"), f"write {nth} of {writes} never came"

    dev.playbooks.run("phase1").succeeded()
    assert differences(wanted, contents(dev.client)) == {}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"kind": "throttle"}, id="throttled"),
        pytest.param({"kind": "error500", "when": "before"}, id="error before the work"),
        pytest.param({"kind": "error500", "when": "after"}, id="error after the work"),
        pytest.param({"kind": "reset", "when": "after"}, id="answer lost"),
    ],
)
def test_every_operation_disturbed_once(dev, undisturbed, fault):
    wanted, _writes = undisturbed
    dev.simulator.fault(**fault, match={}, each_operation=True)

    dev.playbooks.run("phase1").succeeded()

    assert differences(wanted, contents(dev.client)) == {}
    before = dev.now
    dev.simulator.clear_faults()
    again = dev.playbooks.run("phase1").succeeded()
    assert (again.changed_tasks, dev.writes(before)) == ([], [])
