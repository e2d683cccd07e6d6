# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A directory of its own for playbooks, and a way to see what they leave behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections import amazon

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# Another ansible-core has no collections of its own.
AMAZON = Path(str(amazon.__path__[0])).parents[1]
WARM, BUILTIN = "monay.platform.warm_local", "ansible.builtin.local"
ONE_CORE = pytest.mark.parametrize("core", ["this-core"], indirect=True)  # where versions cannot differ
LONGEST_WAIT = 60  # seconds, for what should happen soon, on a machine that is busy with other things


def eventually(condition: Callable[[], Any], what: str) -> Any:
    """The first true value of a condition; an error that says what did not come true."""
    deadline = time.monotonic() + LONGEST_WAIT
    while not (value := condition()):
        assert time.monotonic() < deadline, f"after {LONGEST_WAIT} s still not: {what}"
        time.sleep(0.05)
    return value


@dataclass
class Sandbox:
    """A directory where playbooks run, with everything that they and their modules write inside."""

    path: Path
    core: Path
    tag: str = field(default_factory=lambda: f"tag-{uuid.uuid4()}")
    playbook: subprocess.Popen[str] | None = None

    def __post_init__(self) -> None:
        for name in ("home", "tmp"):
            (self.path / name).mkdir()

    def environment(self, connection: str, more: dict[str, str]) -> dict[str, str]:
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "MONAY_"))},
            "PATH": f"{self.core}:{os.environ['PATH']}",
            "HOME": str(self.path / "home"),
            "TMPDIR": str(self.path / "tmp"),
            "ANSIBLE_COLLECTIONS_PATH": f"{ROOT / 'collections'}:{AMAZON}",
            "ANSIBLE_LIBRARY": str(HERE / "library"),
            "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "tests/support/callbacks"),
            "ANSIBLE_CALLBACKS_ENABLED": "record",
            "ANSIBLE_TRANSPORT": connection,
            "ANSIBLE_REMOTE_TMP": str(self.path / "tmp"),
            "ANSIBLE_ASYNC_DIR": str(self.path / "tmp"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PYTHON_INTERPRETER": str(self.core / "python"),
            "MONAY_TEST_RECORD": str(self.path / "record.jsonl"),
            "MONAY_TEST_TAG": self.tag,
            **more,
        }

    def start(
        self,
        tasks: list[dict[str, Any]],
        *arguments: str,
        hosts: int = 1,
        connection: str = WARM,
        environment: dict[str, str] | None = None,
        **play: Any,
    ) -> subprocess.Popen[str]:
        book = self.path / "play.yml"
        book.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks, **play}]), encoding="utf-8")
        inventory = "".join(f"host{number}," for number in range(hosts))
        (self.path / "record.jsonl").write_text("", encoding="utf-8")
        with (self.path / "output.txt").open("w", encoding="utf-8") as output:
            self.playbook = subprocess.Popen(
                [str(self.core / "ansible-playbook"), str(book), "-i", inventory, "--forks", str(hosts), *arguments],
                cwd=self.path,
                env=self.environment(connection, environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                text=True,
            )
        return self.playbook

    def kill(self) -> None:
        """End everything that was started here."""
        for pid in self.processes():
            os.kill(pid, signal.SIGKILL)
        if self.playbook:
            self.playbook.wait()

    def run(self, tasks: list[dict[str, Any]], *arguments: str, status: int = 0, **how: Any) -> list[dict[str, Any]]:
        """The result of every task of a playbook that ends with a status."""
        process = self.start(tasks, *arguments, **how)
        assert process.wait(timeout=LONGEST_WAIT * 3) == status, self.output
        return self.results

    @property
    def output(self) -> str:
        return (self.path / "output.txt").read_text(encoding="utf-8")

    @property
    def results(self) -> list[dict[str, Any]]:
        lines = (self.path / "record.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["result"] for line in lines]

    def processes(self) -> dict[int, str]:
        """Command lines of everything that was started in this sandbox and still runs, by process id."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if self.tag.encode() in (process / "environ").read_bytes():
                    found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue  # it ended while this loop came to it, or is another user's
        return found

    def server(self) -> int:
        """The process id of the server, which is older than its forks."""
        servers = [pid for pid, command in self.processes().items() if "warm_server.py" in command]
        assert servers, f"no server among {self.processes()}"
        return min(servers)

    def sockets(self) -> list[str]:
        """Sockets of the connection; ansible-core makes some of its own."""
        return [str(path) for path in self.path.rglob("warm-*") if path.is_socket()]
