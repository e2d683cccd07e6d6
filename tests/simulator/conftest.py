# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One simulator for all tests of the simulator, emptied before each; clients that check every answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.conformance import watch
from tests.support.simulator import ACCOUNT, REGION, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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


class Watched:
    """Makes clients, and holds every answer that they get against botocore's model."""

    def __init__(self, simulator: Simulator) -> None:
        self.problems: list[str] = []
        self.operations: set[tuple[str, str]] = set()
        self._simulator = simulator
        self._unwatch: dict[int, Callable[[], None]] = {}

    def __call__(self, service: str, account: str = ACCOUNT, region: str = REGION) -> Any:
        client = self._simulator.client(service, account=account, region=region)
        if id(client) not in self._unwatch:
            self._unwatch[id(client)] = watch(client, self.problems, self.operations)
        return client

    def end(self) -> None:
        for unwatch in self._unwatch.values():
            unwatch()
        self._unwatch.clear()


@pytest.fixture
def aws(simulator: Simulator) -> Iterator[Watched]:
    """Make clients of which every answer conforms."""
    watched = Watched(simulator)
    yield watched
    watched.end()
    assert not watched.problems
    assert watched.operations, "the test asked AWS nothing"


@pytest.fixture(scope="module")
def watched(running_simulator: Simulator) -> Iterator[Watched]:
    """The same for a module that looks at the problems itself."""
    watched = Watched(running_simulator)
    yield watched
    watched.end()
