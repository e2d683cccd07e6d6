# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One request to a target and its answer back, streaming both ways."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING

from simulator.dataplane.floor import Floor, Streams, Unreachable, Watch
from simulator.dataplane.routing import GROUP_COOKIE, TARGET_COOKIE, target_token, token
from simulator.dataplane.wire import (
    HOP,
    Head,
    Headers,
    WireError,
    both_ways,
    has_no_body,
    pieces,
    read_head,
    write_head,
)

if TYPE_CHECKING:
    from simulator.dataplane.picture import Group, Listener, Target
    from simulator.dataplane.routing import Request

REPLACED = HOP | {"host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-port", "x-amzn-trace-id", "expect"}
# A body up to here is kept, so that it can be sent again over a new connection.
KEPT = 65536


@dataclass
class Visit:
    """One request of a client."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    watch: Watch
    head: Head
    request: Request
    is_local: bool
    """Whether it came by a name that ends in `.localhost`."""
    unread: bool = True
    """Whether the body, if any, is still to be read."""
    spoiled: bool = False
    """Whether part of the body will never be read, so that no other request can follow."""


@dataclass
class Exchange:
    """A request on its way to a target, and back."""

    floor: Floor
    listener: Listener
    group: Group
    target: Target
    config: dict[str, object]
    headers: Headers
    visit: Visit
    keeps_open: bool = True
    body: bytes | None = b""
    """The whole body where it is small; None where it is streamed."""
    begun: float = 0.0
    size: int = 0

    @property
    def head(self) -> Head:
        return self.visit.head

    @property
    def watch(self) -> Watch:
        return self.visit.watch

    @property
    def reader(self) -> asyncio.StreamReader:
        return self.visit.reader

    @property
    def writer(self) -> asyncio.StreamWriter:
        return self.visit.writer

    @property
    def secure(self) -> bool:
        return bool(self.group.facts["Protocol"] == "HTTPS")

    def touch(self) -> None:
        self.watch.touched = asyncio.get_running_loop().time()


async def forward(exchange: Exchange) -> int:
    """Send the request and pass the answer on; a status that the load balancer has to answer itself, or 0."""
    floor, target = exchange.floor, exchange.target
    key = (target.identifier, target.port)
    floor.turns.under_way[key] = floor.turns.under_way.get(key, 0) + 1
    try:
        await _keep_body(exchange)
        return await _attempts(exchange)
    finally:
        exchange.watch.target, exchange.watch.expired = None, False
        left = floor.turns.under_way.get(key, 1) - 1
        if left:
            floor.turns.under_way[key] = left
        else:
            floor.turns.under_way.pop(key, None)


async def _keep_body(exchange: Exchange) -> None:
    head = exchange.head
    exchange.visit.unread = False
    length = head.length or 0
    if head.is_chunked or length > KEPT:
        exchange.body = None
    elif length:
        exchange.body = await exchange.reader.readexactly(length)


async def _attempts(exchange: Exchange) -> int:
    """A kept connection may have been closed by the target just now: such a request is sent again over a new one."""
    fresh = exchange.body is None
    while True:
        try:
            streams, reused = await exchange.floor.connect(exchange.target, secure=exchange.secure, fresh=fresh)
        except Unreachable as unreachable:
            exchange.floor.figures.unreachable(exchange.listener, exchange.group)
            exchange.visit.spoiled = exchange.body is None
            return unreachable.status
        exchange.watch.target = streams[1]
        exchange.begun = time.monotonic()
        try:
            await _send(exchange, streams)
            response = await _response(streams)
        except (ConnectionError, WireError, asyncio.IncompleteReadError):
            streams[1].close()
            if reused and not exchange.watch.expired:
                fresh = True
                continue
            exchange.visit.spoiled = exchange.body is None
            return 504 if exchange.watch.expired else 502
        await _answer(exchange, streams, response)
        return 0


async def _send(exchange: Exchange, streams: Streams) -> None:
    head, writer = exchange.head, streams[1]
    kept = [(name, value) for name, value in head.headers if name.lower() not in REPLACED]
    if head.upgrades:
        kept += [("Connection", "Upgrade"), ("Upgrade", head.values["upgrade"])]
    raw = write_head(f"{head.first} {head.second} HTTP/1.1", [*exchange.headers, *kept])
    if exchange.body is not None:
        writer.write(raw + exchange.body)
        return
    writer.write(raw)
    async for piece in pieces(exchange.reader, head, until_close=False):
        exchange.touch()
        writer.write(piece)
        await writer.drain()


async def _response(streams: Streams) -> Head:
    """The first head that is an answer.

    :raises WireError: when the target closes before it.
    """
    while True:
        head = await read_head(streams[0])
        if head is None:
            raise WireError("the target closed the connection")
        if not head.second.isdigit():
            raise WireError(f"the status {head.second!r}")
        if head.second == "101" or not head.second.startswith("1"):
            return head


async def _answer(exchange: Exchange, streams: Streams, response: Head) -> None:
    status = int(response.second)
    seconds = time.monotonic() - exchange.begun
    exchange.touch()
    if status == 101:
        await _upgrade(exchange, streams, response)
    else:
        await _pass_body(exchange, streams, response)
    exchange.floor.figures.served(exchange.listener, exchange.group, status, seconds, exchange.size)


async def _upgrade(exchange: Exchange, streams: Streams, response: Head) -> None:
    line = f"HTTP/1.1 {response.second} {response.third}"
    exchange.writer.write(write_head(line, response.headers))
    await both_ways((exchange.reader, exchange.writer), streams, exchange.touch)
    streams[1].close()
    exchange.keeps_open = False


async def _pass_body(exchange: Exchange, streams: Streams, response: Head) -> None:
    reader, writer = streams[0], exchange.writer
    status, method = int(response.second), exchange.head.first
    bare = has_no_body(method, status)
    measured = bare or response.is_chunked or response.length is not None
    exchange.keeps_open = exchange.head.keeps_alive and measured
    kept = exchange.listener.modified([one for one in response.headers if one[0].lower() not in HOP])
    kept += [("Set-Cookie", cookie) for cookie in _cookies(exchange)]
    kept.append(("Connection", "keep-alive" if exchange.keeps_open else "close"))
    raw = write_head(f"HTTP/1.1 {response.second} {response.third}", kept)
    try:
        if bare:
            writer.write(raw)
        elif not response.is_chunked and (response.length or KEPT + 1) <= KEPT:
            body = await reader.readexactly(response.length or 0)
            exchange.size = len(body)
            writer.write(raw + body)
        else:
            writer.write(raw)
            async for piece in pieces(reader, response, until_close=True):
                exchange.touch()
                exchange.size += len(piece)
                writer.write(piece)
                await writer.drain()
        await writer.drain()
    except (WireError, asyncio.IncompleteReadError):
        # the target broke off in the middle: so does the load balancer
        streams[1].close()
        exchange.writer.transport.abort()
        exchange.keeps_open = False
        return
    except BaseException:
        streams[1].close()
        raise
    if measured and response.keeps_alive:
        exchange.floor.give_back(exchange.target, streams, secure=exchange.secure)
    else:
        streams[1].close()


def _cookies(exchange: Exchange) -> list[str]:
    """The cookies of stickiness: of the target, and of the target group."""
    cookies = []
    attributes = exchange.group.attributes
    if attributes["stickiness.enabled"] == "true" and attributes["stickiness.type"] == "lb_cookie":
        seconds = int(attributes["stickiness.lb_cookie.duration_seconds"])
        cookies += _pair(TARGET_COOKIE, target_token(exchange.group, exchange.target), seconds)
    sticky = exchange.config["TargetGroupStickinessConfig"]
    if isinstance(sticky, dict) and sticky.get("Enabled"):
        cookies += _pair(GROUP_COOKIE, token(exchange.group.arn), int(sticky["DurationSeconds"]))
    return cookies


def _pair(name: str, value: str, seconds: int) -> list[str]:
    expires = formatdate(time.time() + seconds, usegmt=True)
    plain = f"{name}={value}; Expires={expires}; Path=/"
    cors = f"{name}CORS={value}; Expires={expires}; Path=/; SameSite=None"
    return [plain, f"{cors}; Secure"]
