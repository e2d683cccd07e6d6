# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Simulated accounts in which the first phases stand already, built once for all processes of a test run.

A phase is built in a simulator that saves its state at the end; tests begin with copies of that file.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.inventories import Inventory
from tests.support.playbooks import ROOT, Playbooks
from tests.support.simulator import Simulator

PHASES = ("phase1", "phase2", "phase3")


@dataclass(frozen=True)
class Prepared:
    """State files below a directory that all test processes share."""

    directory: Path

    @contextmanager
    def simulator(self, environment: str, phases: int, *, data_plane: bool = False) -> Iterator[Simulator]:
        """A simulator in which the environment's first phases stand, and the images for the others are pushed."""
        with tempfile.TemporaryDirectory(prefix="monay-prepared-") as directory:
            state = Path(directory, "state")
            shutil.copy(self._state(environment, phases), state)
            with Simulator(state_file=state, data_plane=data_plane) as running:
                yield running

    def _state(self, environment: str, phases: int) -> Path:
        state = self.directory / f"{environment}-{phases}"
        with Path(f"{state}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # the first process builds, the others wait for it
            if not state.exists():
                self._build(environment, phases, state)
        return state

    def _build(self, environment: str, phases: int, state: Path) -> None:
        unfinished = state.with_suffix(".unfinished")
        if phases > 1:
            shutil.copy(self._state(environment, phases - 1), unfinished)
        with tempfile.TemporaryDirectory(prefix="monay-inventory-") as directory:
            inventory = Inventory(environment, Path(directory))
            with Simulator(state_file=unfinished) as simulator:
                credentials = simulator.env(inventory.account, inventory.region)
                variables: dict[str, Any] = {"api_tests_requests": []}  # without a data plane nobody answers
                Playbooks(inventory.path, credentials, variables).run(PHASES[phases - 1]).succeeded()
                if phases == 1:
                    push_samples(inventory, credentials)
        unfinished.rename(state)


def push_samples(inventory: Inventory, credentials: Mapping[str, str]) -> None:
    """Push the sample applications' images, as CI would push those of the real ones."""
    command = [sys.executable, "-m", "simulator", "push-samples"]
    command += ["--account", inventory.account, "--region", inventory.region]
    command += ["--project", "monay", "--environment", inventory.environment]
    command += ["--port", credentials["AWS_ENDPOINT_URL"].rpartition(":")[2]]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **credentials}, check=True, capture_output=True)
