# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Steady load on a front door, from a process of its own: half on kept-alive connections, half on new ones.

`Load` starts it and asks it how far it is. As a program (`python -m tests.support.load HOST PORT RATE PATH`) it answers
each line on stdin with a line of JSON, and ends with stdin, when all that was asked has been answered.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 16
PATIENCE_SECONDS, SLOW_SECONDS = 20.0, 1.4
TICK_SECONDS = 0.01


@dataclass
class Figures:
    """What has been asked and answered."""

    answered: int = 0
    kept: int = 0
    """Of these, on a connection that had served a request before."""
    seconds: float = 0.0
    """For which requests have become due."""
    slow: int = 0
    """Of these, after more than SLOW_SECONDS."""
    versions: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


class Load:
    """The load, from entering to leaving; `figures` afterwards, `now()` meanwhile."""

    def __init__(self, host: str, port: int, *, rate: int = 240, path: str = "/version") -> None:
        self.figures = Figures()
        self._command = [sys.executable, "-m", "tests.support.load", host, str(port), str(rate), path]

        self._lock = threading.Lock()

    def __enter__(self) -> Load:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(self._command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True)
        return self

    def now(self) -> Figures:
        """How far it is."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._lock:
            self._process.stdin.write("\n")
            self._process.stdin.flush()
            return Figures(**json.loads(self._process.stdout.readline()))

    def __exit__(self, *_exception: object) -> None:
        output, _nothing = self._process.communicate(timeout=PATIENCE_SECONDS * 2)
        self.figures = Figures(**json.loads(output.splitlines()[-1]))


class _Clients:
    """Workers that take what is due. A request that is late is asked nevertheless: the count keeps to the rate."""

    def __init__(self, host: str, port: int, path: str) -> None:
        self.figures = Figures()
        self.due: asyncio.Queue[bool] = asyncio.Queue()
        self._port = port
        self._request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: load\r\n"
        self._versions = Counter[str]()

    async def work(self, *, keeps: bool) -> None:
        """Ask until there is nothing more to ask; a fault costs the connection."""
        connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        while await self.due.get():
            used_before, keeps_it, began = connection is not None, False, time.monotonic()
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    connection = connection or await asyncio.open_connection("127.0.0.1", self._port)
                    status, body = await self._ask(*connection, keeps=keeps)
            except (OSError, EOFError, ValueError) as error:
                self._fault(f"{type(error).__name__}: {error}, on a connection {'kept' if used_before else 'new'}")
            else:
                self._note(status, body, kept=used_before, seconds=time.monotonic() - began)
                keeps_it = keeps
            if connection is not None and not keeps_it:
                connection[1].close()
                connection = None
        if connection is not None:
            connection[1].close()

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, keeps: bool
    ) -> tuple[int, bytes]:
        last = "" if keeps else "Connection: close\r\n"
        writer.write(f"{self._request}{last}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = head.partition("content-length:")[2].partition("\r\n")[0]
        return int(head.split()[1]), await reader.readexactly(int(length))

    def _note(self, status: int, body: bytes, *, kept: bool, seconds: float) -> None:
        if status != 200:
            self._fault(f"{status} {body[:200].decode('latin-1')}")
            return
        self.figures.answered += 1
        self.figures.kept += kept
        self.figures.slow += seconds > SLOW_SECONDS
        self._versions[str(json.loads(body)["version"])] += 1

    def _fault(self, text: str) -> None:
        self.figures.faults.append(f"after {self.figures.seconds:.2f} s: {text}")

    def say(self) -> None:
        """One line with the figures."""
        self.figures.versions = dict(self._versions)
        print(json.dumps(asdict(self.figures)), flush=True)


async def _pace(clients: _Clients, rate: int) -> None:
    began, given = time.monotonic(), 0
    while True:
        clients.figures.seconds = time.monotonic() - began
        owed = int(clients.figures.seconds * rate) - given
        for _number in range(owed):
            clients.due.put_nowait(True)
        given += owed
        await asyncio.sleep(TICK_SECONDS)


async def _run(host: str, port: int, rate: int, path: str) -> None:
    clients = _Clients(host, port, path)
    workers = [asyncio.ensure_future(clients.work(keeps=number % 2 == 0)) for number in range(WORKERS)]
    pace = asyncio.ensure_future(_pace(clients, rate))
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while await lines.readline():
        clients.say()
    pace.cancel()
    for _worker in workers:
        clients.due.put_nowait(False)
    await asyncio.gather(*workers)
    clients.say()


def main(arguments: list[Any]) -> None:
    """Run until stdin ends."""
    host, port, rate, path = arguments
    asyncio.run(_run(host, int(port), int(rate), path))


if __name__ == "__main__":
    main(sys.argv[1:])
