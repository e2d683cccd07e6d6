# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small HTTP/1.1 server on asyncio: kept-alive connections, streams, and an orderly end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit

MOST_HEAD, MOST_BODY = 32768, 10 * 1024 * 1024
IDLE_SECONDS = 75
QUIET = ("/health", "/api/health")


@dataclass
class Request:
    """One request; header names in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body's JSON value; ValueError when it is none."""
        return json.loads(self.body or b"null")


@dataclass
class Response:
    """One answer; a body of pieces is sent as they come."""

    status: int = 200
    body: bytes | AsyncIterator[bytes] = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)


def as_json(value: Any, status: int = 200) -> Response:
    return Response(status, json.dumps(value, default=str).encode() + b"\n")


Handler = Callable[[Request], Awaitable[Response]]


def log(**members: Any) -> None:
    """One line of JSON on stdout, where the log driver takes it."""
    sys.stdout.write(json.dumps({"time": round(time.time(), 3), **members}, default=str) + "\n")
    sys.stdout.flush()


class BadRequestError(Exception):
    """What came is not HTTP as this server knows it."""


class Server:
    """Answers requests with a handler until it is told to end."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._stopping = asyncio.Event()
        self._idle: set[asyncio.StreamWriter] = set()
        self._open: set[asyncio.Task[None]] = set()

    async def serve(self, host: str, port: int, ready: Callable[[], None]) -> None:
        """Listen until SIGTERM or SIGINT, then finish what is under way."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stopping.set)
        server = await asyncio.start_server(self._connected, host, port, limit=MOST_HEAD, backlog=512)
        ready()
        await self._stopping.wait()
        log(level="info", message="stopping: no new connections, requests under way are finished")
        server.close()
        for writer in list(self._idle):
            writer.close()
        while self._open:
            await asyncio.wait(self._open)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._connection(reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except BadRequestError as error:
            writer.write(_head(Response(400), len(str(error)), keep=False) + str(error).encode())
        except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            return  # the client is gone
        finally:
            self._idle.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection stays open."""
        self._idle.add(writer)
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                raw = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            raise BadRequestError("the head is too long") from None
        finally:
            self._idle.discard(writer)
        request = await _read(raw, reader)
        started = time.monotonic()
        response = await self._answer(request)
        keep = request.headers.get("connection", "").lower() != "close" and not self._stopping.is_set()
        await _write(writer, request, response, keep=keep)
        if request.path not in QUIET:
            milliseconds = round((time.monotonic() - started) * 1000, 1)
            log(level="info", method=request.method, path=request.path, status=response.status, ms=milliseconds)
        return keep

    async def _answer(self, request: Request) -> Response:
        try:
            return await self._handler(request)
        # a fault of a handler is an answer, never the end of the server
        except Exception as error:  # noqa: BLE001
            log(level="error", path=request.path, message=f"{type(error).__name__}: {error}")
            return as_json({"error": "internal error"}, 500)


async def _read(raw: bytes, reader: asyncio.StreamReader) -> Request:
    try:
        first, *lines = raw.decode("latin-1").split("\r\n")[:-2]
        method, target, _version = first.split(" ")
        pairs = [line.split(":", 1) for line in lines]
        headers = {name.strip().lower(): value.strip() for name, value in pairs}
        length = int(headers.get("content-length", 0))
    except ValueError:
        raise BadRequestError("the request cannot be read") from None
    if "transfer-encoding" in headers or not 0 <= length <= MOST_BODY:
        raise BadRequestError("only bodies with a Content-Length of at most 10 MiB are taken")
    url = urlsplit(target)
    query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
    return Request(method, url.path, query, headers, await reader.readexactly(length) if length else b"")


def _head(response: Response, length: int | None, *, keep: bool) -> bytes:
    lines = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}"]
    headers = {"Content-Type": response.content_type, **response.headers}
    if length is None:
        headers["Transfer-Encoding"] = "chunked"
    else:
        headers["Content-Length"] = str(length)
    headers["Connection"] = "keep-alive" if keep else "close"
    return ("\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items())]) + "\r\n\r\n").encode()


async def _write(writer: asyncio.StreamWriter, request: Request, response: Response, *, keep: bool) -> None:
    if isinstance(response.body, bytes):
        body = b"" if request.method == "HEAD" else response.body
        writer.write(_head(response, len(response.body), keep=keep) + body)
        await writer.drain()
        return
    writer.write(_head(response, None, keep=keep))
    async for piece in response.body:
        writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        await writer.drain()
    writer.write(b"0\r\n\r\n")
    await writer.drain()
