# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The other ansible-core that the lock files name, installed once into .cache with a Python that it runs on."""

from __future__ import annotations

import fcntl
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".cache/cores"
PACKAGES = ("ansible-core", "boto3")


class NoOtherCoreError(Exception):
    """Says why there is none on this machine."""


def locked_core(lock: Path) -> str:
    return re.findall(r"^ansible-core==(\S+)$", lock.read_text(encoding="utf-8"), re.MULTILINE)[0]


def pythons(minor: str) -> Iterator[str]:
    """Where a Python of a minor version may be."""
    on_path = shutil.which(f"python{minor}")
    if on_path:
        yield on_path
    yield from map(str, sorted((Path.home() / ".pyenv/versions").glob(f"{minor}.*/bin/python"), reverse=True))


def works(python: str, minor: str) -> bool:
    code = "import sys, ensurepip, venv; print('%d.%d' % sys.version_info[:2])"
    shown = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return shown.stdout.strip() == minor


def other_core() -> Path:
    """The directory of the programs of another ansible-core than this one's. Raises NoOtherCoreError without one."""
    ours = version("ansible-core")
    locks = {lock.stem.removeprefix("lock-"): lock for lock in sorted((ROOT / "requirements").glob("lock-*.txt"))}
    others = {minor: lock for minor, lock in locks.items() if locked_core(lock) != ours}
    for minor, lock in others.items():
        for python in pythons(minor):
            if works(python, minor):
                return installed(python, lock)
    raise NoOtherCoreError(
        f"another ansible-core than {ours} needs Python {' or '.join(others)}; none is on this machine"
    )


def installed(python: str, lock: Path) -> Path:
    """A virtual environment with what a lock says of PACKAGES and what these need."""
    place = CACHE / f"{lock.stem}-{locked_core(lock)}"
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.with_suffix(".lock").open("w") as mutex:
        fcntl.flock(mutex, fcntl.LOCK_EX)  # of several test processes one installs, and the others wait
        if not (place / "complete").exists():
            subprocess.run([python, "-m", "venv", "--clear", str(place)], check=True)
            pip = [str(place / "bin/python"), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
            done = subprocess.run([*pip, "-c", str(lock), *PACKAGES], capture_output=True, text=True, check=False)
            if done.returncode:
                raise NoOtherCoreError(f"pip could not install {PACKAGES}: {done.stderr.strip()[-300:]}")
            (place / "complete").touch()
    return place / "bin"


if __name__ == "__main__":
    try:
        print(other_core())
    except NoOtherCoreError as reason:
        sys.exit(str(reason))
