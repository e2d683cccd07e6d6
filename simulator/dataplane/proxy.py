# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An HTTP proxy that knows the simulated names: clients ask for `https://admin.dev.monay.example/` as ever."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from simulator.dataplane.wire import (
    HOP,
    MOST_HEAD,
    Head,
    WireError,
    answer,
    both_ways,
    pieces,
    read_head,
    write_head,
)

if TYPE_CHECKING:
    from simulator.dataplane.floor import Floor, Streams

CONNECT_SECONDS = 10
PLAIN = [("Content-Type", "text/plain"), ("Connection", "close")]


class Refused(Exception):
    """The name leads nowhere; the text says why."""


class Proxy:
    """CONNECT for TLS, absolute URLs for plain HTTP; one request a connection, as far as the proxy is concerned."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await read_head(reader)
            if head is not None:
                await self._one(reader, writer, head)
        except (ConnectionError, WireError, asyncio.IncompleteReadError):
            return  # the client has gone: there is nobody to tell
        finally:
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: Head) -> None:
        try:
            if head.first == "CONNECT":
                host, _colon, port = head.second.rpartition(":")
                streams = await self._open(host.strip("[]"), int(port))
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                streams = await self._plain(reader, head)
        except (Refused, ValueError) as refused:
            writer.write(answer(502, f"The simulator's proxy: {refused}\n".encode(), PLAIN))
            await writer.drain()
            return
        try:
            await both_ways((reader, writer), streams, _nothing)
        finally:
            streams[1].close()

    async def _plain(self, reader: asyncio.StreamReader, head: Head) -> Streams:
        """:raises Refused: for what is no http:// URL."""
        url = urlsplit(head.second)
        if url.scheme != "http" or not url.hostname:
            raise Refused(f"this is a proxy: it takes CONNECT and http:// URLs, not {head.second[:100]}")
        streams = await self._open(url.hostname, url.port or 80)
        await self._send(reader, streams[1], head, f"{url.path or '/'}{'?' if url.query else ''}{url.query}")
        return streams

    async def _open(self, host: str, port: int) -> Streams:
        """:raises Refused: for a name that leads nowhere, or a port on which nothing listens."""
        address, door = host, port
        loop, names = asyncio.get_running_loop(), self._floor.names
        place = await loop.run_in_executor(None, names.resolve, host)
        if place is not None:
            address = place.address
            door = place.ports.get(port, 0) if place.ports or place.address == "127.0.0.1" else port
            if not door:
                raise Refused(f"nothing listens on port {port} of {host}")
        elif await loop.run_in_executor(None, names.is_simulated, host):
            raise Refused(f"no record of the simulated Route 53 leads from {host} to anything that is running")
        try:
            opening = asyncio.open_connection(address, door, limit=MOST_HEAD)
            return await asyncio.wait_for(opening, CONNECT_SECONDS)
        except OSError as error:
            raise Refused(f"cannot connect to {host}:{port}: {error}") from None

    async def _send(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: Head, target: str) -> None:
        """The request as the server wants it; the connection is closed after the answer."""
        kept = [(name, value) for name, value in head.headers if name.lower() not in HOP]
        writer.write(write_head(f"{head.first} {target} HTTP/1.1", [*kept, ("Connection", "close")]))
        async for piece in pieces(reader, head, until_close=False):
            writer.write(piece)
            await writer.drain()


def _nothing() -> None:
    return None
