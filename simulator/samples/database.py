# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Accounts in PostgreSQL, through pg8000 in threads of their own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import queue
from typing import TYPE_CHECKING, Any

import pg8000.native

from simulator.samples import aws
from simulator.samples.migrations import Migration
from simulator.samples.settings import tls

if TYPE_CHECKING:
    from simulator.samples.settings import Settings

CONNECTIONS = 2
SECONDS = 3
MIGRATION_SECONDS = 60  # also for the lock that another run holds
# The second version only adds a column: the first one goes on beside it.
SCHEMA = (
    "SELECT pg_advisory_lock(4711)",
    "CREATE TABLE IF NOT EXISTS accounts (id serial PRIMARY KEY, owner text NOT NULL UNIQUE, balance bigint NOT NULL)",
    "INSERT INTO accounts (owner, balance) VALUES ('Ada', 1200), ('Grace', 3400) ON CONFLICT DO NOTHING",
    "SELECT pg_advisory_unlock(4711)",
)
SCHEMA_2 = ("ALTER TABLE accounts ADD COLUMN IF NOT EXISTS currency text NOT NULL DEFAULT 'USD'",)


class Database:
    """A few connections, each made when it is first needed and again when it is lost."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._free: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._slots = asyncio.Semaphore(CONNECTIONS)
        self._has_schema = False

    @property
    def is_configured(self) -> bool:
        return bool(self._settings.get("DATABASE_HOST"))

    async def rows(self, statement: str, **values: Any) -> list[dict[str, Any]]:
        """The rows of a statement by column.

        :raises pg8000.exceptions.Error: when the server refuses, or cannot be reached.
        """
        async with self._slots:
            return await asyncio.to_thread(self._rows, statement, values)

    def migrate(self, step: str) -> list[str]:
        """Make the schema of the first version, then take a step of the migrations; the parts that were missing."""
        connection = self._connect(MIGRATION_SECONDS)
        for statement in SCHEMA:
            connection.run(statement)
        # a task of its own: what it holds ends with the process
        return Migration(connection, int(self._settings.get("MIGRATION_DIES_AT", "0"))).run(step)

    def _rows(self, statement: str, values: dict[str, Any]) -> list[dict[str, Any]]:
        connection = self._connection()
        try:
            found = connection.run(statement, **values) or []
            names = [column["name"] for column in connection.columns or []]
        except pg8000.native.DatabaseError:
            self._free.put(connection)
            raise
        # a connection that failed in any other way is not used again
        self._free.put(connection)
        return [dict(zip(names, row, strict=True)) for row in found]

    def _login(self) -> tuple[str, str]:
        """User and password; from Secrets Manager they are those of this moment, which RDS changes now and then."""
        get = self._settings.get
        secret = get("DATABASE_SECRET_ARN")
        if not secret:
            return get("DATABASE_USER", "postgres"), get("DATABASE_PASSWORD")
        answer = aws.call("secretsmanager", "GetSecretValue", {"SecretId": secret})
        login = json.loads(answer["SecretString"])
        return login["username"], login["password"]

    def _connection(self) -> Any:
        with contextlib.suppress(queue.Empty):
            return self._free.get_nowait()
        connection = self._connect(SECONDS)
        if not self._has_schema:
            for statement in SCHEMA + (SCHEMA_2 if self._settings.is_new else ()):
                connection.run(statement)
            self._has_schema = True
        return connection

    def _connect(self, timeout: float) -> Any:
        get = self._settings.get
        user, password = self._login()
        return pg8000.native.Connection(
            user,
            host=get("DATABASE_HOST"),
            port=int(get("DATABASE_PORT", "5432")),
            database=get("DATABASE_NAME", "postgres"),
            password=password,
            timeout=timeout,
            ssl_context=False if get("DATABASE_SSL", "require") == "disable" else tls(),
            application_name=f"{self._settings.name} {self._settings.version}",
        )
