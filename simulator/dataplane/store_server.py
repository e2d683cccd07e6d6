# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the servers behind databases and caches share: a directory, a process, a password of the simulator's own."""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar

from simulator.dataplane import processes

POLL_SECONDS = 0.02


class StoreError(Exception):
    """A server does not start; the text says why."""


class StoreServer(ABC):
    """Started when it is first asked; `start` belongs to a thread that lives as long as the server may."""

    product: ClassVar[str]
    """The server's name, for people."""
    stop_signal: ClassVar[signal.Signals]
    """What makes it end connections and stop in order."""
    start_seconds: ClassVar[float]
    stop_seconds: ClassVar[float]

    def __init__(self, scratch: str) -> None:
        self._directory = processes.scratch(scratch)
        self._process: subprocess.Popen[bytes] | None = None
        self._password = secrets.token_urlsafe(24)

    @property
    @abstractmethod
    def socket(self) -> Path:
        """The Unix socket on which it answers."""

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def _log(self) -> Path:
        return self._directory / "log"

    @abstractmethod
    def start(self) -> None:
        """Run the server.

        :raises StoreError: when that does not work.
        """

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it takes requests by now."""

    def _await(self) -> None:
        deadline = time.monotonic() + self.start_seconds
        while time.monotonic() < deadline and self.is_running:
            if self._answers():
                return
            time.sleep(POLL_SECONDS)
        said = self._log.read_text(encoding="utf-8", errors="replace")[-500:]
        self.stop()
        raise StoreError(f"{self.product} did not start: {said}")

    def stop(self) -> None:
        """End the server; what it has on disk stays."""
        if self._process is not None:
            processes.send(self._process, self.stop_signal)
            try:
                self._process.wait(self.stop_seconds)
            except subprocess.TimeoutExpired:
                processes.kill_all(self._process)
            self._process = None

    def remove(self) -> None:
        """End the server, and forget its data."""
        self.stop()
        shutil.rmtree(self._directory, ignore_errors=True)
