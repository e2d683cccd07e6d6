# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Processes of the data plane: none of them outlives the simulator."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

CHILD = Path(__file__).with_name("child.py")
ROOT = Path(__file__).resolve().parents[2]
SAME = -1
TERMINATE, FAST = signal.SIGTERM, signal.SIGINT


def scratch(kind: str) -> Path:
    """A directory of this simulator's; those of simulators that were killed are taken away."""
    place = Path(tempfile.gettempdir())
    for old in place.glob("simulator-[0-9]*-*"):
        owner = old.name.split("-")[1]
        if owner.isdigit() and not Path(f"/proc/{owner}").exists() and sys.platform == "linux":
            shutil.rmtree(old, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"simulator-{os.getpid()}-{kind}-"))


def spawn(
    command: Sequence[str],
    environment: Mapping[str, str],
    directory: str | Path,
    *,
    user: int = SAME,
    group: int = SAME,
    output: int | IO[bytes] = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    """Start a program in a process group of its own; call it from a thread that lives as long as the program may.

    :raises OSError: when it cannot be started.
    """
    launcher = [sys.executable, "-I", "-S", str(CHILD), str(os.getpid()), str(user), str(group)]
    return subprocess.Popen(
        [*launcher, *command],
        env=dict(environment),
        cwd=directory,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def send(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """A signal to the program alone, as a container's first process gets it."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """End a program and all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def exit_code(process: subprocess.Popen[bytes]) -> int:
    """As a container has it: 128 and the signal's number where a signal ended it."""
    code = process.returncode or 0
    return 128 - code if code < 0 else code
