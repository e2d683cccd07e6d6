# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One replication group as a real Redis or Valkey server."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.dataplane import binaries, processes
from simulator.dataplane.store_server import StoreError, StoreServer

if TYPE_CHECKING:
    from simulator.dataplane.store_specs import CacheSpec

ADMIN = "simulator"
# ElastiCache keeps these commands to itself.
FORBIDDEN = ("acl", "bgrewriteaof", "bgsave", "config", "debug", "migrate", "replicaof", "save", "shutdown", "sync")


class Valkey(StoreServer):
    product = "Redis"
    stop_signal = processes.TERMINATE
    start_seconds, stop_seconds = 10, 3

    def __init__(self, spec: CacheSpec) -> None:
        super().__init__("redis")
        self.spec = spec

    @property
    def socket(self) -> Path:
        return self._directory / "socket"

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
        with self._log.open("ab") as log:
            self._process = processes.spawn(
                [str(program), str(configuration)], environment, self._directory, output=log
            )
        self._await()

    def _answers(self) -> bool:
        return self._asked("PING").startswith(b"+PONG")

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


def _written(words: tuple[str, ...]) -> bytes:
    encoded = [word.encode() for word in words]
    return b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)
