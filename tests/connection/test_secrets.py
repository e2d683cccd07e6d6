# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Secrets in parameters are nowhere on the disk and in no command line while a module runs."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path

from tests.connection.sandbox import ONE_CORE, Sandbox, eventually

SECRET = "correct-horse-battery-staple"
# The playbook itself must not hold the secret, or the search would find it there.
TASK_SECRET = "{{ lookup('env', 'MONAY_TEST_SECRET') }}"


def files_with_secret(*directories: Path) -> list[str]:
    """Files that hold the secret, looking into the archives of modules too."""
    found = []
    for path in (path for directory in directories for path in directory.rglob("*")):
        if not path.is_file():
            continue
        contents = [path.read_bytes()]
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                contents += [archive.read(name) for name in archive.namelist()]
        found += [str(path) for content in contents if SECRET.encode() in content]
    return found


def command_lines_with_secret() -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if SECRET.encode() in path.read_bytes():
                found.append(str(path))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it ended while this loop came to it
    return found


def others_reach(socket: Path) -> bool:
    """Whether the modes of a socket or of its directory let another user connect."""
    return bool((socket.stat().st_mode | socket.parent.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO))


def search_while_a_module_runs(sandbox: Sandbox, **environment: str) -> tuple[list[str], list[str]]:
    """Where the secret is, in (files, command lines), while a module has it as a parameter and in its environment."""
    started, go = sandbox.path / "started", sandbox.path / "go"
    task = {
        "probe": {"secret": TASK_SECRET, "started": str(started), "wait_for": str(go)},
        "environment": {"PASSWORD": TASK_SECRET},
    }
    environment["MONAY_TEST_SECRET"] = SECRET
    playbook = sandbox.start([task], environment=environment)
    eventually(started.exists, f"the module runs: {sandbox.output}")
    found = files_with_secret(sandbox.path, Path("/dev/shm")), command_lines_with_secret()  # noqa: S108
    reachable = [path for path in sandbox.sockets() if others_reach(Path(path))]
    go.touch()
    assert playbook.wait(timeout=60) == 0, sandbox.output
    assert not reachable
    return found


def test_nobody_else_sees_a_secret(sandbox: Sandbox) -> None:
    assert search_while_a_module_runs(sandbox) == ([], [])
    assert sandbox.results[0]["warm"]
    assert files_with_secret(sandbox.path) == []


@ONE_CORE
def test_the_search_finds_what_there_is_to_find(sandbox: Sandbox) -> None:
    """Without pipelining the builtin way writes parameters to a file and the environment into a command line."""
    files, command_lines = search_while_a_module_runs(sandbox, ANSIBLE_PIPELINING="0")
    assert files
    assert command_lines
