# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sample's migrations on a real PostgreSQL: ended anywhere, by a host that is lost, the next run repairs it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simulator.dataplane import binaries
from simulator.samples.migrations import CONTRACT, EXPAND, KILLED
from tests.simulator.test_dataplane_stores import made, place, rows  # noqa: F401
from tests.support.simulator import ROOT, Simulator

pytestmark = pytest.mark.skipif(
    binaries.postgres() is None or binaries.redis() is None, reason="no PostgreSQL or no Redis on this machine"
)

STEPS = ("expand", "contract", "down")
# More statements than any step has.
STATEMENTS = 24


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(data_plane=True) as running:
        yield running


class Schema:
    """The database of the sample, and its migrations, each in a process of its own."""

    def __init__(self, simulator: Simulator, made: dict[str, Any]) -> None:  # noqa: F811
        self.simulator = simulator
        self.made = made
        self.host = made["database"]["Endpoint"]["Address"]

    def say(self, statement: str) -> list[list[Any]]:
        return rows(self.simulator, self.made, self.host, statement)

    def begin(self, step: str, dies_at: int = 0) -> subprocess.Popen[str]:
        variables = {
            "DATABASE_HOST": self.host,
            "DATABASE_NAME": "monay",
            "DATABASE_USER": "monay",
            "DATABASE_PASSWORD": self.made["login"]["password"],
            "SSL_CERT_FILE": self.simulator.control("GET", "front_doors")["ca_bundle"],
            "SIMULATOR_ENDPOINT": self.simulator.endpoint,
            "MIGRATION_DIES_AT": str(dies_at),
        }
        command = [sys.executable, "-m", "simulator.samples", "backend", "migrate", step]
        environment = {"PATH": os.environ["PATH"], **variables}
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)

    def migrate(self, step: str, dies_at: int = 0) -> int:
        """The exit status of one run."""
        process = self.begin(step, dies_at)
        output, _errors = process.communicate(timeout=60)
        assert process.returncode in (0, KILLED), output
        return process.returncode

    def forget(self) -> None:
        for table in ("accounts", "schema_parts"):
            self.say(f"DROP TABLE IF EXISTS {table}")

    def parts(self) -> set[str]:
        return {str(row[0]) for row in self.say("SELECT name FROM schema_parts")}

    def columns(self) -> set[str]:
        return {
            str(row[0])
            for row in self.say("SELECT column_name FROM information_schema.columns WHERE table_name = 'accounts'")
        }


@pytest.fixture(scope="module")
def schema(simulator: Simulator, made: dict[str, Any]) -> Schema:  # noqa: F811
    return Schema(simulator, made)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ended=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, STATEMENTS)), max_size=3),
    last=st.sampled_from(STEPS),
)
def test_what_ends_anywhere_the_next_run_repairs_and_no_row_is_lost(schema, ended, last):
    schema.forget()
    assert schema.migrate("down") == 0  # the schema of the first version, with its two accounts
    schema.say("INSERT INTO accounts (owner, balance) VALUES ('Edsger', 5)")

    for step, dies_at in ended:
        schema.migrate(step, dies_at)
        schema.say("UPDATE accounts SET balance = balance + 1")  # either version can write, whatever has happened
    assert schema.migrate(last) == 0

    wanted = {"expand": set(EXPAND), "contract": {*EXPAND, *CONTRACT}, "down": set()}[last]
    assert schema.parts() >= wanted if last == "expand" else schema.parts() == wanted
    assert ("currency" in schema.columns()) == (last != "down")
    more = len(ended)
    balances = {str(owner): int(balance) for owner, balance in schema.say("SELECT owner, balance FROM accounts")}
    assert balances == {"Ada": 1200 + more, "Grace": 3400 + more, "Edsger": 5 + more}


@pytest.mark.parametrize("dies_at", range(1, 18))
def test_expand_that_ends_at_each_statement_is_completed(schema, dies_at):
    schema.forget()

    first = schema.migrate("expand", dies_at)

    assert schema.migrate("expand") == 0
    assert schema.parts() == set(EXPAND)
    assert [row[0] for row in schema.say("SELECT currency FROM accounts")] == ["USD", "USD"]
    assert first == (KILLED if dies_at <= 16 else 0)


def test_one_run_at_a_time_takes_a_step(schema):
    schema.forget()

    runs = [schema.begin("expand") for _number in range(3)]
    said = [run.communicate(timeout=60)[0] for run in runs]

    assert [run.returncode for run in runs] == [0, 0, 0]
    assert sorted("nothing is missing" in output for output in said) == [False, True, True]
