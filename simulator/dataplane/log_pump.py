# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The awslogs driver: what processes write goes to the simulated CloudWatch Logs, line by line."""

from __future__ import annotations

import contextlib
import os
import selectors
import threading
import time
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from simulator.errors import AwsError
from simulator.overlay import inside

if TYPE_CHECKING:
    from simulator.world import World

SECONDS, MOST_EVENTS, LONGEST_LINE = 0.4, 1000, 256 * 1024


@dataclass(frozen=True)
class Stream:
    """Where a container's lines go."""

    account: str
    region: str
    group: str
    name: str


@dataclass
class _Source:
    pipe: IO[bytes]
    stream: Stream | None
    rest: bytes = b""


@dataclass
class LogPump:
    """One thread that reads all pipes; without a stream the lines are read and dropped."""

    world: World
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    _events: dict[Stream, list[tuple[int, str]]] = field(default_factory=dict)
    _made: set[Stream] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="log-pump", daemon=True)
        self._thread.start()

    def add(self, pipe: IO[bytes], stream: Stream | None) -> None:
        """Read a process's output from now on, until it ends."""
        os.set_blocking(pipe.fileno(), False)
        with self._lock:
            self._selector.register(pipe, selectors.EVENT_READ, _Source(pipe, stream))

    def stop(self) -> None:
        """Send what is left, and end."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=10)
        self._read_all(0)
        self._send()
        with self._lock:
            for key in list(self._selector.get_map().values()):
                self._close(key.data)
            self._selector.close()

    def forget(self) -> None:
        """Drop what was not sent: there is nothing left to send it to."""
        self._events.clear()
        self._made.clear()

    def _run(self) -> None:
        sent = time.monotonic()
        while not self._stopping.is_set():
            self._read_all(SECONDS / 2)
            if time.monotonic() - sent >= SECONDS:
                self._send()
                sent = time.monotonic()

    def _read_all(self, timeout: float) -> None:
        if not self._selector.get_map():
            self._stopping.wait(timeout)
            return
        for key, _mask in self._selector.select(timeout):
            self._read(key.data)

    def _read(self, source: _Source) -> None:
        try:
            piece = os.read(source.pipe.fileno(), 65536)
        except BlockingIOError:
            return
        if not piece:
            if source.rest:
                self._keep(source.stream, source.rest)
            with self._lock:
                self._close(source)
            return
        *lines, source.rest = (source.rest + piece).split(b"\n")
        for line in lines:
            self._keep(source.stream, line)
        if len(source.rest) > LONGEST_LINE:
            self._keep(source.stream, source.rest)
            source.rest = b""

    def _close(self, source: _Source) -> None:
        self._selector.unregister(source.pipe)
        source.pipe.close()

    def _keep(self, stream: Stream | None, line: bytes) -> None:
        text = line.decode("utf-8", "replace")
        if stream is not None and text.strip():
            self._events.setdefault(stream, []).append((int(time.time() * 1000), text))

    def _send(self) -> None:
        for stream, events in list(self._events.items()):
            batch = events[:MOST_EVENTS]
            del events[: len(batch)]
            if not events:
                del self._events[stream]
            self._put(stream, batch)

    def _put(self, stream: Stream, events: list[tuple[int, str]]) -> None:
        names = {"logGroupName": stream.group, "logStreamName": stream.name}
        with self.world.lock:
            context = inside(self.world, stream.account, stream.region)
            if stream not in self._made:
                self._made.add(stream)
                # it may be there from before a restart; where its group is gone the next call says so
                with contextlib.suppress(AwsError):
                    context.invoke("logs", "CreateLogStream", **names)
            items = [{"timestamp": at, "message": text} for at, text in events]
            try:
                context.invoke("logs", "PutLogEvents", **names, logEvents=items)
            except AwsError:
                self._made.discard(stream)  # the group was deleted while the task ran: its lines are lost, as on AWS
