# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sample API: accounts in PostgreSQL, a counter in Redis, health, streams."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from simulator.samples.database import Database
from simulator.samples.redis import Redis
from simulator.samples.web import Handler, Request, Response, as_json

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from simulator.samples.settings import Settings

MOST_PIECES, LONGEST_SECONDS = 1000, 30.0


class Backend:
    """The handlers."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._database = Database(settings)
        self._redis = Redis(settings)
        self._routes: dict[tuple[str, str], Handler] = {
            ("GET", "/"): self._version,
            ("GET", "/health"): self._health,
            ("GET", "/api/health"): self._health,
            ("GET", "/ready"): self._ready,
            ("GET", "/version"): self._version,
            ("GET", "/api/version"): self._version,
            ("GET", "/api/accounts"): self._accounts,
            ("POST", "/api/accounts"): self._add_account,
            ("GET", "/api/cache"): self._cache,
            ("GET", "/api/stream"): self._stream,
            ("GET", "/api/slow"): self._slow,
        }

    async def handle(self, request: Request) -> Response:
        """Answer one request; pages of the other applications may ask."""
        method = "GET" if request.method == "HEAD" else request.method
        route = self._routes.get((method, request.path))
        response = await route(request) if route else as_json({"error": "not found"}, 404)
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["X-Version"] = self._settings.version
        return response

    def migrate(self, step: str) -> list[str]:
        """`migrate STEP` as the container's command; the parts of the step that were missing."""
        return self._database.migrate(step)

    async def _health(self, _request: Request) -> Response:
        return as_json({"status": "ok", "version": self._settings.version})

    async def _version(self, _request: Request) -> Response:
        return as_json({"name": self._settings.name, "version": self._settings.version, "task": self._settings.task})

    async def _ready(self, _request: Request) -> Response:
        """Whether the database and the cache answer."""
        checks: dict[str, str] = {}
        for name, store, ask in (
            ("database", self._database, lambda: self._database.rows("SELECT 1 AS one")),
            ("redis", self._redis, lambda: self._redis.ask("PING")),
        ):
            if not store.is_configured:
                checks[name] = "not configured"
                continue
            try:
                await ask()
                checks[name] = "ok"
            # whatever is wrong with a store, the answer says it
            except Exception as error:  # noqa: BLE001
                checks[name] = f"{type(error).__name__}: {error}"
        ready = all(state == "ok" for state in checks.values())
        content = {"status": "ready" if ready else "not ready", "version": self._settings.version, **checks}
        return as_json(content, 200 if ready else 503)

    async def _accounts(self, _request: Request) -> Response:
        columns = "id, owner, balance, currency" if self._settings.is_new else "id, owner, balance"
        rows = await self._database.rows(f"SELECT {columns} FROM accounts ORDER BY id")  # noqa: S608 - no input in it
        return as_json({"accounts": rows})

    async def _add_account(self, request: Request) -> Response:
        try:
            given = request.json()
            owner, balance = str(given["owner"]), int(given["balance"])
        except (ValueError, KeyError, TypeError):
            return as_json({"error": "an account has an owner and a balance"}, 400)
        rows = await self._database.rows(
            "INSERT INTO accounts (owner, balance) VALUES (:owner, :balance) "
            "ON CONFLICT (owner) DO UPDATE SET balance = excluded.balance RETURNING id, owner, balance",
            owner=owner,
            balance=balance,
        )
        return as_json(rows[0], 201)

    async def _cache(self, _request: Request) -> Response:
        return as_json({"hits": await self._redis.ask("INCR", "hits")})

    async def _stream(self, request: Request) -> Response:
        """Lines, one after the other."""
        count = min(int(request.query.get("n", 5)), MOST_PIECES)
        pause = min(float(request.query.get("pause", 0.1)), LONGEST_SECONDS)
        return Response(200, self._lines(count, pause), "application/x-ndjson")

    async def _lines(self, count: int, pause: float) -> AsyncIterator[bytes]:
        for number in range(count):
            line: dict[str, Any] = {"number": number, "version": self._settings.version}
            yield json.dumps(line).encode() + b"\n"
            await asyncio.sleep(pause)

    async def _slow(self, request: Request) -> Response:
        seconds = min(float(request.query.get("seconds", 1)), LONGEST_SECONDS)
        await asyncio.sleep(seconds)
        return as_json({"slept": seconds, "version": self._settings.version})
