# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Container health checks: the command runs as a process of this machine, with the task's address for localhost."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.dataplane import processes

if TYPE_CHECKING:
    from collections.abc import Mapping

# Ten times as often as the definition says, so that tests of a minute on AWS take seconds here.
PACE, SHORTEST, CALM = 10.0, 0.3, 5.0
_LOCAL = re.compile(r"\b(?:localhost|127\.0\.0\.1|0\.0\.0\.0)\b")


def make_tools(directory: Path) -> None:
    """Write `curl` and `wget` for machines that have none; they come last in the PATH."""
    fetch = Path(__file__).with_name("fetch.py")
    for name in ("curl", "wget"):
        script = directory / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -S "{fetch}" "$@"\n', encoding="utf-8")
        script.chmod(0o755)


class HealthCheck:
    """One container's check, moved on by `step`."""

    def __init__(self, check: dict[str, Any], address: str, environment: Mapping[str, str], directory: Path) -> None:
        self.state = "UNKNOWN"
        self._check = check
        kind, *words = check["command"]
        local = [_LOCAL.sub(address, word) for word in words]
        self._command = ["/bin/sh", "-c", " ".join(local)] if kind == "CMD-SHELL" else local
        self._environment = {**environment, "PATH": f"{os.environ.get('PATH', os.defpath)}:{directory}"}
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self._started = self._since = time.monotonic()
        self._next = self._started + SHORTEST
        self._failures = 0
        self._is_up = False

    def step(self, *, is_up: bool) -> str:
        """Begin a check that is due, or see how one has ended; the state.

        A failure does not count before the program `is_up`: its start takes real seconds, which nothing speeds up.
        """
        self._is_up = is_up
        now = time.monotonic()
        if self._process is None:
            if now >= self._next:
                self._begin(now)
        elif self._process.poll() is not None:
            self._ended(now, good=self._process.returncode == 0)
        elif now - self._since > self._check["timeout"]:
            processes.kill_all(self._process)
            self._ended(now, good=False)
        return self.state

    def _begin(self, now: float) -> None:
        self._since = now
        try:
            # it ends by itself within seconds: the launcher that ties a process to the simulator would cost more
            self._process = subprocess.Popen(
                self._command,
                env=self._environment,
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            self._ended(now, good=False)

    def _ended(self, now: float, *, good: bool) -> None:
        self._process = None
        starting = not self._is_up or now - self._started < self._check.get("startPeriod", 0) / PACE
        if good:
            self.state, self._failures = "HEALTHY", 0
        elif self.state == "HEALTHY" or not starting:
            self._failures += 1
            if self._failures >= self._check["retries"]:
                self.state = "UNHEALTHY"
        pace = self._check["interval"] / PACE
        self._next = now + max(pace, CALM if self.state == "HEALTHY" else SHORTEST)

    def stop(self) -> None:
        """End a check that is under way."""
        if self._process is not None:
            processes.kill_all(self._process)
            self._process = None
