# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""As much of Redis's protocol as an application needs that counts and caches."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from simulator.samples.settings import tls

if TYPE_CHECKING:
    from simulator.samples.settings import Settings

SECONDS = 3.0


class RedisError(Exception):
    """What the server refused."""


class Redis:
    """One connection, made when it is first needed and again when it is lost."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @property
    def is_configured(self) -> bool:
        return bool(self._settings.get("REDIS_HOST"))

    async def ask(self, *words: str) -> Any:
        """One command; its answer as text, number, list or None.

        :raises RedisError: when the server refuses.
        :raises OSError: when it cannot be reached.
        """
        async with self._lock, asyncio.timeout(SECONDS):
            try:
                if self._streams is None:
                    self._streams = await self._connect()
                return await self._command(*words)
            except (OSError, asyncio.IncompleteReadError):
                self._streams = None
                raise
            except TimeoutError:
                self._streams = None
                raise

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        host, port = self._settings.get("REDIS_HOST"), int(self._settings.get("REDIS_PORT", "6379"))
        secure = self._settings.get("REDIS_TLS", "true") == "true"
        options: dict[str, Any] = {"ssl": tls(), "server_hostname": host} if secure else {}
        self._streams = await asyncio.open_connection(host, port, **options)
        token = self._settings.get("REDIS_AUTH_TOKEN")
        if token:
            await self._command("AUTH", token)
        return self._streams

    async def _command(self, *words: str) -> Any:
        if self._streams is None:
            raise ConnectionError("not connected")
        reader, writer = self._streams
        encoded = [word.encode() for word in words]
        writer.write(b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded))
        await writer.drain()
        return await self._read(reader)

    async def _read(self, reader: asyncio.StreamReader) -> Any:
        line = (await reader.readuntil(b"\r\n"))[:-2].decode()
        kind, rest = line[:1], line[1:]
        if kind == "-":
            raise RedisError(rest)
        if kind == ":":
            return int(rest)
        if kind == "$":
            size = int(rest)
            return None if size < 0 else (await reader.readexactly(size + 2))[:-2].decode()
        if kind == "*":
            return [await self._read(reader) for _item in range(int(rest))]
        return rest
