# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HTTP/1.1 on asyncio's streams: heads are read whole, bodies are passed on as they come."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

Headers = list[tuple[str, str]]
# AWS allows 64 KB for a request's headers.
MOST_HEAD = 65536
PIECE = 65536
# Headers that belong to one connection and are not passed on.
HOP = frozenset(("connection", "keep-alive", "proxy-connection", "te", "trailer", "upgrade", "proxy-authorization"))
_REASONS = {status.value: status.phrase for status in HTTPStatus}


class WireError(Exception):
    """The bytes are no HTTP/1.1."""


@dataclass(slots=True)
class Head:
    """A request's or an answer's first lines; `values` by lower-case name, the first of each."""

    first: str
    second: str
    third: str
    headers: Headers
    values: dict[str, str] = field(default_factory=dict)

    @property
    def keeps_alive(self) -> bool:
        connection = self.values.get("connection", "").lower()
        version = self.third if self.third.startswith("HTTP/") else self.first
        return "close" not in connection and (version == "HTTP/1.1" or "keep-alive" in connection)

    @property
    def is_chunked(self) -> bool:
        return "chunked" in self.values.get("transfer-encoding", "").lower()

    @property
    def upgrades(self) -> bool:
        return "upgrade" in self.values.get("connection", "").lower() and "upgrade" in self.values

    @property
    def length(self) -> int | None:
        """The length that is announced.

        :raises WireError: when it is no number.
        """
        value = self.values.get("content-length")
        if value is None:
            return None
        if not value.isdigit():
            raise WireError(f"Content-Length {value!r}")
        return int(value)


async def read_head(reader: asyncio.StreamReader) -> Head | None:
    """The next head; None when the other side has closed between two of them.

    :raises WireError: for what is no HTTP/1.1, or too long.
    """
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial.strip():
            raise WireError("the connection ended within the headers") from None
        return None
    except asyncio.LimitOverrunError:
        raise WireError("the headers are too long") from None
    return parse_head(raw)


def parse_head(raw: bytes) -> Head:
    """:raises WireError: for what is no HTTP/1.1."""
    lines = raw.decode("latin-1").lstrip("\r\n").split("\r\n")
    parts = lines[0].split(" ", 2)
    if len(parts) == 2 and parts[0].startswith("HTTP/"):
        parts.append("")
    if len(parts) != 3 or not (parts[0].startswith("HTTP/1.") or parts[2].startswith("HTTP/1.")):
        raise WireError(f"not HTTP/1.1: {lines[0][:100]!r}")
    head = Head(parts[0], parts[1], parts[2], [])
    for line in lines[1:]:
        if not line:
            continue
        name, colon, value = line.partition(":")
        if not colon or not name or name != name.strip():
            raise WireError(f"a malformed header: {line[:100]!r}")
        value = value.strip()
        head.headers.append((name, value))
        head.values.setdefault(name.lower(), value)
    return head


def write_head(line: str, headers: Headers) -> bytes:
    text = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"{line}\r\n{text}\r\n".encode("latin-1", "replace")


def reason(status: int) -> str:
    return _REASONS.get(status, "Unknown")


def answer(status: int, body: bytes, headers: Headers, *, head_only: bool = False, text: str = "") -> bytes:
    """A whole answer with its length."""
    line = f"HTTP/1.1 {status} {text or reason(status)}"
    whole = write_head(line, [*headers, ("Content-Length", str(len(body)))])
    return whole if head_only else whole + body


def has_no_body(method: str, status: int) -> bool:
    """Whether an answer has no body whatever its headers say."""
    return method == "HEAD" or status in (204, 304) or status < 200


async def pieces(reader: asyncio.StreamReader, head: Head, *, until_close: bool) -> AsyncIterator[bytes]:
    """The bytes of a body as they are on the wire (chunks with their frames), as they come.

    :raises WireError: when it ends too early.
    """
    if head.is_chunked:
        async for piece in _chunks(reader):
            yield piece
        return
    left = head.length
    if left is None and not until_close:
        return
    while left is None or left > 0:
        piece = await reader.read(PIECE if left is None else min(left, PIECE))
        if not piece:
            if left is None:
                return
            raise WireError(f"the connection ended {left} bytes before the end of the body")
        if left is not None:
            left -= len(piece)
        yield piece


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while True:
        try:
            line = await reader.readuntil(b"\r\n")
            size = int(line.split(b";")[0], 16)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            raise WireError("a broken chunk") from None
        if size == 0:
            trailer = line
            while True:
                line = await reader.readuntil(b"\r\n")
                trailer += line
                if line == b"\r\n":
                    break
            yield trailer
            return
        left = size + 2
        yield line
        while left:
            piece = await reader.read(min(left, PIECE))
            if not piece:
                raise WireError("the connection ended within a chunk")
            left -= len(piece)
            yield piece


async def pass_on(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, touch: Callable[[], None], first: bytes = b""
) -> None:
    """Everything from one side to the other until it ends; for connections that are no HTTP any more."""
    if first:
        writer.write(first)
    while piece := await reader.read(PIECE):
        touch()
        writer.write(piece)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def both_ways(
    one: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    other: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    touch: Callable[[], None],
) -> None:
    """Let two connections talk until one of them ends."""
    tasks = [
        asyncio.create_task(pass_on(one[0], other[1], touch)),
        asyncio.create_task(pass_on(other[0], one[1], touch)),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
