# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The steps that take the schema of the sample API to its second version and back, as `migrate STEP` runs them.

Each part is a transaction of its own, which notes that it is done: a run that ends anywhere leaves whole parts behind,
and the next one goes on with the first that is missing. PostgreSQL's advisory lock, which ends with the connection
that holds it, lets one run in at a time.
"""

from __future__ import annotations

import os
from typing import Any

LOCK = 4712
KILLED = 137  # the exit status of a process that SIGKILL ends
# By name: the way up and the way down. The first version of the API reads and writes with all of `expand`.
EXPAND = {
    "add the currency": (
        "ALTER TABLE accounts ADD COLUMN IF NOT EXISTS currency text DEFAULT 'USD'",
        "ALTER TABLE accounts DROP COLUMN IF EXISTS currency",
    ),
    "fill the currency": (
        "UPDATE accounts SET currency = 'USD' WHERE currency IS NULL",
        "SELECT 1",
    ),
    "require the currency": (
        "ALTER TABLE accounts ALTER COLUMN currency SET NOT NULL",
        "ALTER TABLE accounts ALTER COLUMN currency DROP NOT NULL",
    ),
}
CONTRACT = {
    "accept known currencies only": (
        "ALTER TABLE accounts ADD CONSTRAINT known_currency CHECK (currency ~ '^[A-Z]{3}$')",
        "ALTER TABLE accounts DROP CONSTRAINT IF EXISTS known_currency",
    ),
}
STEPS = {"expand": EXPAND, "contract": EXPAND | CONTRACT, "down": EXPAND | CONTRACT}
NOTES = "CREATE TABLE IF NOT EXISTS schema_parts (name text PRIMARY KEY, done timestamptz NOT NULL DEFAULT now())"


class Migration:
    """One step on one connection of pg8000. `dies_at` ends the process, as a lost host would, at that statement."""

    def __init__(self, connection: Any, dies_at: int = 0) -> None:
        self._connection = connection
        self._dies_at = dies_at
        self._statements = 0

    def run(self, step: str) -> list[str]:
        """Carry out what is missing; the names of these parts.

        :raises pg8000.exceptions.DatabaseError: when the server refuses a part, which then has not happened.
        """
        self._say(f"SELECT pg_advisory_lock({LOCK})")
        self._say(NOTES)
        done = {str(row[0]) for row in self._say("SELECT name FROM schema_parts")}
        parts = list(STEPS[step])
        if step == "down":
            missing = [name for name in reversed(parts) if name in done]
        else:
            missing = [name for name in parts if name not in done]
        for name in missing:
            self._part(name, *STEPS[step][name], down=step == "down")
        self._say(f"SELECT pg_advisory_unlock({LOCK})")
        return missing

    def _part(self, name: str, up: str, way_down: str, *, down: bool) -> None:
        self._say("BEGIN")
        self._say(way_down if down else up)
        note = "DELETE FROM schema_parts WHERE name = :name" if down else "INSERT INTO schema_parts VALUES (:name)"
        self._say(note, name=name)
        self._say("COMMIT")

    def _say(self, statement: str, **values: Any) -> list[Any]:
        self._statements += 1
        if self._statements == self._dies_at:
            os._exit(KILLED)
        return list(self._connection.run(statement, **values) or [])
