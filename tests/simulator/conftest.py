# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One simulator for all tests of the simulator, emptied before each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def running_simulator() -> Iterator[Simulator]:
    """A simulator without latency, where nothing takes time."""
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running_simulator: Simulator) -> Simulator:
    """The session's simulator, without state, log and faults, and with the settings it started with."""
    running_simulator.reset()
    running_simulator.settings(latency_ms=0, speed="inf")
    return running_simulator
