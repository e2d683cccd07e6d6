# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One replication group as a real Redis or Valkey server."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.dataplane import binaries, processes
from simulator.dataplane.postgres import StoreError

if TYPE_CHECKING:
    from simulator.dataplane.store_specs import CacheSpec

ADMIN = "simulator"
START_SECONDS, STOP_SECONDS = 10, 3
# ElastiCache keeps these commands to itself.
FORBIDDEN = ("acl", "bgrewriteaof", "bgsave", "config", "debug", "migrate", "replicaof", "save", "shutdown", "sync")


class Valkey:
    """Started when it is first asked; `start` belongs to a thread that lives as long as the server may."""

    def __init__(self, spec: CacheSpec) -> None:
        self.spec = spec
        self._directory = processes.scratch("redis")
        self._process: subprocess.Popen[bytes] | None = None
        self._password = secrets.token_urlsafe(24)

    @property
    def socket(self) -> Path:
        return self._directory / "socket"

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Run the server with the group's token.

        :raises StoreError: when that does not work.
        """
        if self.is_running:
            return
        program = binaries.redis()
        if program is None:
            raise StoreError(binaries.NO_REDIS)
        configuration = self._directory / "conf"
        configuration.write_text("\n".join(self._lines()) + "\n", encoding="utf-8")
        configuration.chmod(0o600)
        environment = {"PATH": os.environ.get("PATH", os.defpath)}
        with (self._directory / "log").open("ab") as log:
            self._process = processes.spawn(
                [str(program), str(configuration)], environment, self._directory, output=log
            )
        self._await()

    def _await(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.is_running:
            if self._asked("PING").startswith(b"+PONG"):
                return
            time.sleep(0.02)
        said = (self._directory / "log").read_text(encoding="utf-8", errors="replace")[-500:]
        self.stop()
        raise StoreError(f"Redis did not start: {said}")

    def _lines(self) -> list[str]:
        default = "nopass" if not self.spec.tokens else " ".join(f">{token}" for token in self.spec.tokens)
        denied = " ".join(f"-{command}" for command in FORBIDDEN)
        return [
            "port 0",
            f"unixsocket {self.socket}",
            "unixsocketperm 700",
            'save ""',
            "appendonly no",
            "maxmemory 64mb",
            f"dir {self._directory}",
            f"user default on {default} ~* &* +@all {denied}",
            f"user {ADMIN} on >{self._password} ~* &* +@all",
        ]

    def _asked(self, *words: str) -> bytes:
        """The answer to a command of the simulator's own user; nothing while the server does not answer."""
        commands = (("AUTH", ADMIN, self._password), words)
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(str(self.socket))
                answer = b""
                for command in commands:
                    connection.sendall(_written(command))
                    answer = connection.recv(4096)
                return answer
        except OSError:
            return b""

    def set_tokens(self, tokens: tuple[str, ...]) -> None:
        """Take these tokens and no others from now on."""
        passwords = ["nopass"] if not tokens else ["resetpass", *(f">{token}" for token in tokens)]
        self._asked("ACL", "SETUSER", "default", *passwords)

    def stop(self) -> None:
        if self._process is not None:
            processes.send(self._process, processes.TERMINATE)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                processes.kill_all(self._process)
            self._process = None

    def remove(self) -> None:
        """End the server, and forget its data."""
        self.stop()
        shutil.rmtree(self._directory, ignore_errors=True)


def _written(words: tuple[str, ...]) -> bytes:
    encoded = [word.encode() for word in words]
    return b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)
