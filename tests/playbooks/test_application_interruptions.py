# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Phases 2 and 3 killed or disturbed: the next run ends where an undisturbed one ends, with nothing twice."""

from __future__ import annotations

import pytest

from tests.support.account import contents, differences

# What stands before a phase, in numbers of phases.
BEFORE = {"phase2": 1, "phase3": 2}
# Where in the run it is killed, as a share of all its writes.
SHARES = (0.0, 0.5, 1.0)


@pytest.fixture(scope="module")
def undisturbed(standing):
    """What runs that nothing disturbs leave behind, and how many writes they take, by phase."""
    left = {}
    with standing("dev", 1) as dev:
        for phase in BEFORE:
            before = dev.now
            dev.playbooks.run(phase).succeeded()
            left[phase] = contents(dev.client), len(dev.writes(before))
    return left


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("phase", BEFORE)
def test_killed_at_a_write_the_next_run_completes(standing, undisturbed, phase, share):
    wanted, writes = undisturbed[phase]
    nth = 1 + round(share * (writes - 1))
    with standing("dev", BEFORE[phase]) as dev:
        assert dev.killed_at_write(nth, phase), f"write {nth} of {writes} never came"

        dev.playbooks.run(phase).succeeded()

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
def test_every_operation_disturbed_once(standing, undisturbed, fault):
    with standing("dev", 1) as dev:
        dev.simulator.fault(**fault, match={}, each_operation=True)
        for phase in BEFORE:
            dev.playbooks.run(phase).succeeded()
            assert differences(undisturbed[phase][0], contents(dev.client)) == {}
        dev.simulator.clear_faults()
        before = dev.now

        for phase in BEFORE:
            assert dev.playbooks.run(phase).succeeded().changed_tasks == []
        assert dev.writes(before) == []
