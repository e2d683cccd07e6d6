# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A simulator in a process of its own, for as long as it is needed."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.__main__ import environment as client_environment
from tools.environment import ROOT, Environment

START_SECONDS = 60


@dataclass(frozen=True)
class Simulated:
    """A simulator that runs. `log` is the file with what it wrote to stderr."""

    endpoint: str
    log: Path

    def calls(self) -> list[dict[str, Any]]:
        """Every AWS call so far, oldest first."""
        with urllib.request.urlopen(f"{self.endpoint}/_simulator/calls", timeout=60) as answer:  # noqa: S310
            return list(json.load(answer)["calls"])

    def addresses(self, environment: Environment) -> list[str]:
        """The front doors of an environment's host names, as a browser on this machine reaches them."""
        with urllib.request.urlopen(f"{self.endpoint}/_simulator/front_doors", timeout=60) as answer:  # noqa: S310
            doors = json.load(answer)["front_doors"]
        names = {
            f"https://{name}.localhost:{door['port']}/"
            for door in doors
            if door["account"] == environment.account and door["listener_port"] == 443
            for name in door["hostnames"]
            if not name.endswith((".amazonaws.com", ".cloudfront.net"))
        }
        return sorted(names)

    def variables(self, environment: Environment) -> dict[str, str]:
        """This process's environment, pointed at the simulator; nothing of a real account is left in it."""
        ours = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        ours |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        return ours | client_environment(self.endpoint, environment.account, environment.region)


@contextlib.contextmanager
def simulated(*options: str) -> Iterator[Simulated]:
    """Start a simulator on a free port of loopback with these options of `serve`; stop it at the end."""
    with tempfile.TemporaryDirectory(prefix="monay-simulator-") as directory:
        ready, log = Path(directory, "ready.json"), Path(directory, "log")
        command = [sys.executable, "-m", "simulator", "serve", "--port", "0", "--ready-file", str(ready), *options]
        # In a session of its own: Ctrl-C must not take the simulator away from a playbook that is ending.
        with log.open("w", encoding="utf-8") as lines:
            process = subprocess.Popen(
                command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=lines, start_new_session=True
            )
        # SIGTERM, too, has to come through the `finally` below: nobody else would stop the simulator.
        before = signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
        try:
            wait_until_ready(process, ready, log)
            yield Simulated(json.loads(ready.read_text(encoding="utf-8"))["endpoint"], log)
        finally:
            signal.signal(signal.SIGTERM, before)
            process.terminate()
            process.wait(timeout=30)


def wait_until_ready(process: subprocess.Popen[bytes], ready: Path, log: Path) -> None:
    """Return when the ready file is there; exit with the simulator's words when it ends or takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while not ready.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"The simulator did not start:\n{log.read_text(encoding='utf-8')}")
        time.sleep(0.05)
