# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One RDS instance as a real PostgreSQL server in a directory of its own."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pg8000.native

from simulator.dataplane import binaries, processes
from simulator.dataplane.store_server import StoreError, StoreServer

if TYPE_CHECKING:
    from simulator.dataplane.store_specs import DatabaseSpec

ADMIN = "rdsadmin"
# A small server for which a crash of the machine is no matter.
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "16MB",
    "max_connections": "100",
    "max_wal_size": "64MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_worker_processes": "2",
    "max_parallel_workers": "0",
    "logging_collector": "off",
}


class Postgres(StoreServer):
    product = "PostgreSQL"
    stop_signal = processes.FAST
    start_seconds, stop_seconds = 20, 5

    def __init__(self, spec: DatabaseSpec) -> None:
        super().__init__("pg")
        self.spec = spec

    @property
    def socket(self) -> Path:
        return self._directory / ".s.PGSQL.5432"

    def start(self) -> None:
        """Make the cluster where there is none, run the server, and give it the master user and the database.

        :raises StoreError: when that does not work.
        """
        if self.is_running:
            return
        programs = binaries.postgres()
        if programs is None:
            raise StoreError(binaries.NO_POSTGRES)
        user, group = binaries.other_account()
        if user >= 0:
            os.chown(self._directory, user, group)
        programs = binaries.reachable(programs, user, self._directory)
        data = self._directory / "data"
        if not data.exists():
            self._initialise(programs, data, user, group)
        options = {**OPTIONS, "unix_socket_directories": str(self._directory)}
        command = [str(programs / "postgres"), "-D", str(data)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with self._log.open("ab") as log:
            self._process = processes.spawn(
                command, _environment(), self._directory, user=user, group=group, output=log
            )
        self._await()
        self._prepare()

    def _initialise(self, programs: Path, data: Path, user: int, group: int) -> None:
        password = self._directory / "password"
        password.write_text(self._password, encoding="utf-8")
        if user >= 0:
            os.chown(password, user, group)
        command = [str(programs / "initdb"), "-D", str(data), "-U", ADMIN, f"--pwfile={password}", "--no-sync"]
        command += ["-A", "scram-sha-256", "-E", "UTF8", "--no-instructions", "--locale=C"]
        try:
            process = processes.spawn(command, _environment(), self._directory, user=user, group=group)
            said = process.communicate(timeout=self.start_seconds * 3)[0]
        except (OSError, subprocess.TimeoutExpired) as error:
            raise StoreError(f"initdb does not run: {error}") from error
        finally:
            password.unlink()
        if process.returncode:
            raise StoreError(f"initdb failed: {said.decode('utf-8', 'replace')[-500:]}")

    def _answers(self) -> bool:
        try:
            self._run("SELECT 1")
        except (OSError, pg8000.exceptions.Error):
            return False
        return True

    def _run(self, *statements: str, database: str = "postgres", **values: Any) -> list[list[Any]]:
        connection = pg8000.native.Connection(
            ADMIN, unix_sock=str(self.socket), database=database, password=self._password, timeout=10
        )
        try:
            rows: list[list[Any]] = []
            for statement in statements:
                rows = connection.run(statement, **values) or []
            return rows
        finally:
            connection.close()

    def _prepare(self) -> None:
        """As RDS does: the master user is no superuser; the first database is its own."""
        user, name = _identifier(self.spec.user), self.spec.database
        if not self._run("SELECT 1 FROM pg_roles WHERE rolname = :name", name=self.spec.user):
            self._run(f"CREATE ROLE {user} LOGIN CREATEDB CREATEROLE")
        self.set_password(self.spec.password)
        if name and not self._run("SELECT 1 FROM pg_database WHERE datname = :name", name=name):
            self._run(f"CREATE DATABASE {_identifier(name)} OWNER {user}")

    def set_password(self, password: str) -> None:
        """Give the master user the password that Secrets Manager has."""
        quoted = password.replace("'", "''")
        # backslashes are plain text in the standard's literals
        self._run(
            "SET password_encryption = 'scram-sha-256'", f"ALTER ROLE {_identifier(self.spec.user)} PASSWORD '{quoted}'"
        )


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _identifier(name: str) -> str:
    escaped = re.sub(r'"', '""', name)
    return f'"{escaped}"'
