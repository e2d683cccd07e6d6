# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What listens at a store's endpoint: speaks TLS with a certificate for its name, and leads to the server's socket."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from pathlib import Path

# PostgreSQL's first message where a client wants TLS, and the answers to it.
SSL_REQUEST, GSS_REQUEST = 80877103, 80877104
YES, NO = b"S", b"N"
PIECE = 65536
START_SECONDS = 30


@dataclass
class Door:
    """How clients come in; `ready` starts the server where it does not run, and returns its socket."""

    context: ssl.SSLContext | None
    """None: the store does not speak TLS."""
    takes_plain: bool
    is_postgres: bool
    ready: Callable[[], Awaitable[Path]]


class StoreFront:
    """One address and port of a store; all methods run in the loop."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def open(self, address: str, port: int) -> None:
        """Listen.

        :raises OSError: when the port is taken.
        """
        door = self._door
        # Redis speaks TLS from the first byte, PostgreSQL after a question
        context = None if door.is_postgres else door.context
        self._server = await asyncio.start_server(self._connected, address, port, ssl=context)

    async def close(self) -> None:
        """Listen no more, and end all connections."""
        if self._server is not None:
            self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first = await self._greet(reader, writer) if self._door.is_postgres else b""
            if first is None:
                return
            async with asyncio.timeout(START_SECONDS):
                socket = await self._door.ready()
            inner_reader, inner_writer = await asyncio.open_unix_connection(str(socket))
            inner_writer.write(first)
            await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))
        except (OSError, asyncio.IncompleteReadError, TimeoutError):
            return  # one side is gone, or the server does not start: the client sees its connection end
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes | None:
        """Settle TLS as PostgreSQL does; the client's startup message, or None for a client that is refused."""
        secure = False
        while True:
            head = await reader.readexactly(8)
            length, code = struct.unpack("!ii", head)
            if code == GSS_REQUEST or (code == SSL_REQUEST and self._door.context is None):
                writer.write(NO)
            elif code == SSL_REQUEST and self._door.context is not None:
                writer.write(YES)
                await writer.drain()
                await writer.start_tls(self._door.context)
                secure = True
            else:
                break
        rest = await reader.readexactly(max(0, min(length, PIECE) - 8))
        if not secure and not self._door.takes_plain:
            writer.write(_refusal("no pg_hba.conf entry for this host, no encryption"))
            await writer.drain()
            return None
        return head + rest


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes until one side ends."""
    try:
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()


def _refusal(message: str) -> bytes:
    """PostgreSQL's ErrorResponse."""
    fields = b"".join(
        kind + text.encode() + b"\0" for kind, text in ((b"S", "FATAL"), (b"C", "28000"), (b"M", message))
    )
    body = fields + b"\0"
    return b"E" + struct.pack("!i", len(body) + 4) + body
