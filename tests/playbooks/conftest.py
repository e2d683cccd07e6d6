# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One simulator a file of tests, and environments to build in it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.inventories import Inventory
from tests.support.playbooks import Playbooks
from tests.support.prepared import Prepared
from tests.support.simulator import Simulator

# Without a data plane there are no front doors to ask. test_traffic.py has one.
NOBODY_ANSWERS = {"api_tests_requests": []}
PATIENCE = 120  # seconds until the n-th write must have come


@dataclass
class Environment:
    """An environment's inventory, its account in the simulator, and the playbooks that act on it."""

    inventory: Inventory
    simulator: Simulator
    playbooks: Playbooks

    def client(self, service: str, region: str = "") -> Any:
        return self.simulator.client(service, self.inventory.account, region or self.inventory.region, retries=3)

    def writes(self, since: int) -> list[dict[str, Any]]:
        """The mutating calls to this environment's account after the given sequence number."""
        calls = self.simulator.calls(mutating=True, since=since)
        return [call for call in calls if call["account"] == self.inventory.account]

    def killed_at_write(self, nth: int, playbook: str, *arguments: str, **variables: Any) -> bool:
        """SIGKILL for a run when AWS has done its n-th write and it does not know yet.

        False where it has ended, well, with fewer of them.
        """
        return self.killed_at({"mutating": True}, nth, playbook, *arguments, **variables)

    def killed_at(self, match: dict[str, Any], nth: int, playbook: str, *arguments: str, **variables: Any) -> bool:
        """The same at the n-th call that matches, as faults do."""
        self.simulator.fault("hold", match=match, nth=nth, when="after")
        try:
            with self.playbooks.started(playbook, *arguments, **variables) as run:
                deadline = time.monotonic() + PATIENCE
                while not self.simulator.faults()["holding"]:
                    if run.process.poll() is not None:
                        run.ended().succeeded()
                        return False
                    assert time.monotonic() < deadline, f"call {nth} of {match} never came"
                    time.sleep(0.05)
                run.kill()
        finally:
            self.simulator.clear_faults()
        return True

    @property
    def now(self) -> int:
        """The sequence number of the last call, for `writes(since=...)`."""
        return max((call["seq"] for call in self.simulator.calls()), default=0)


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture(scope="module")
def environment(simulator: Simulator, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Environment]:
    """Make an environment (nothing is built yet) with an inventory of its own to edit."""

    def make(name: str) -> Environment:
        inventory = Inventory(name, Path(tmp_path_factory.mktemp("inventory")))
        credentials = simulator.env(inventory.account, inventory.region)
        return Environment(inventory, simulator, Playbooks(inventory.path, credentials, NOBODY_ANSWERS))

    return make


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """Accounts in which the first phases stand; all processes of a test run share them."""
    own = tmp_path_factory.getbasetemp()
    directory = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "prepared"
    directory.mkdir(exist_ok=True)
    return Prepared(directory)


@pytest.fixture(scope="module")
def standing(
    prepared: Prepared, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, int], AbstractContextManager[Environment]]:
    """An environment, in a simulator of its own, in which the first phases stand: `with standing("dev", 1) as dev`."""

    @contextmanager
    def stand(name: str, phases: int) -> Iterator[Environment]:
        inventory = Inventory(name, Path(tmp_path_factory.mktemp("inventory")))
        with prepared.simulator(name, phases) as simulator:
            credentials = simulator.env(inventory.account, inventory.region)
            yield Environment(inventory, simulator, Playbooks(inventory.path, credentials, NOBODY_ANSWERS))

    return stand
