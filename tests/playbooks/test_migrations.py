# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The database is migrated around releases, on a real PostgreSQL: up, on, back down, and not where that is not safe."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pg8000.native
import pytest

from simulator.dataplane import binaries
from simulator.samples.migrations import CONTRACT, EXPAND
from tests.playbooks.conftest import Environment
from tests.support.alarms import silent_alarm
from tests.support.inventories import Inventory
from tests.support.playbooks import Playbooks, Run

pytestmark = pytest.mark.skipif(binaries.postgres() is None, reason="no PostgreSQL on this machine")

HOST, SERVICE, CLUSTER = "monay-backend-common", "monay-dev-backend-common", "monay-dev"
LIMIT = ("--limit", HOST)
COMMANDS = {step: ["migrate", step] for step in ("expand", "contract", "down")}
MIGRATED: dict[str, Any] = {"migration_commands": COMMANDS, "rollout_evidence_directory": ""}
UNHEALTHY = "1.2.0-health"


class Dev(Environment):
    """dev with a data plane, in which the backend runs."""

    def parts(self) -> set[str]:
        """The parts of the migrations that PostgreSQL says are done."""
        rds, secrets = self.client("rds"), self.client("secretsmanager")
        (database,) = rds.describe_db_instances(DBInstanceIdentifier="monay-dev-postgres")["DBInstances"]
        login = json.loads(secrets.get_secret_value(SecretId=database["MasterUserSecret"]["SecretArn"])["SecretString"])
        context = ssl.create_default_context(cafile=self.simulator.control("GET", "front_doors")["ca_bundle"])
        context.check_hostname = False  # the certificate is for the endpoint's name, and this is its address
        place = self.simulator.control("GET", f"resolve?name={database['Endpoint']['Address']}")["address"]
        with pg8000.native.Connection(
            login["username"],
            host=place,
            database=database["DBName"],
            password=login["password"],
            ssl_context=context,
            timeout=30,
        ) as connection:
            connection.run("CREATE TABLE IF NOT EXISTS schema_parts (name text PRIMARY KEY, done timestamptz)")
            return {str(row[0]) for row in connection.run("SELECT name FROM schema_parts") or []}

    def runs(self) -> int:
        service = self.client("ecs").describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
        return int(service["taskDefinition"].rpartition(":")[2])

    def deploy(self, tag: str, *arguments: str, **variables: Any) -> Run:
        return self.playbooks.run("deploy", *LIMIT, *arguments, service_image_tag=tag, **{**MIGRATED, **variables})

    def started(self, since: int) -> list[list[str]]:
        """The commands of the one-off tasks that were started."""
        calls = [each for each in self.writes(since) if each["operation"] == "RunTask"]
        return [each["parameters"]["overrides"]["containerOverrides"][0]["command"] for each in calls]


@pytest.fixture(scope="module")
def dev(prepared, tmp_path_factory) -> Iterator[Dev]:
    inventory = Inventory("dev", Path(tmp_path_factory.mktemp("inventory")))
    with prepared.simulator("dev", 1, data_plane=True) as simulator:
        built = Dev(inventory, simulator, Playbooks(inventory.path, simulator.env(inventory.account, inventory.region)))
        built.playbooks.run("phase2").succeeded()
        yield built


def test_a_preview_says_what_it_would_run_and_writes_nothing(dev):
    before = dev.now

    run = dev.deploy("1.1.0", "--check", "--diff").succeeded()

    assert dev.writes(before) == []
    assert ("create", "task", f"{SERVICE}:2") in run.changes


def test_a_migration_that_fails_stops_the_release_and_says_why(dev):
    broken = {**COMMANDS, "expand": ["migrate", "sideways"]}

    run = dev.deploy("1.1.0", migration_commands=broken)

    assert run.returncode != 0
    assert "exit code 127" in run.failures[0]
    assert "migrate sideways: not found in the sample image" in run.failures[0]
    assert (dev.runs(), dev.parts()) == (1, set())


def test_after_a_rollout_that_fails_the_way_down_is_taken_where_it_is_safe(dev):
    before = dev.now

    run = dev.deploy(UNHEALTHY, migration_down_is_safe=True)

    assert run.returncode != 0
    assert dev.started(before) == [["migrate", "expand"], ["migrate", "down"]]
    assert dev.parts() == set()
    assert "RestoreDBInstanceToPointInTime" in run.output


def test_where_it_is_not_safe_the_database_stays_expanded_and_the_run_says_so(dev):
    before = dev.now

    run = dev.deploy(UNHEALTHY)

    assert run.returncode != 0
    assert dev.started(before) == [["migrate", "expand"]]
    assert dev.parts() == set(EXPAND)
    assert "not marked as safe (migration_down_is_safe)" in " ".join(run.output.split())


def test_somebody_takes_the_way_down_by_hand_and_a_second_time_nothing_runs(dev):
    down = {**MIGRATED, "migration_step": "down", "service_image_tag": UNHEALTHY}

    dev.playbooks.run("migrate", *LIMIT, **down).succeeded()
    assert dev.parts() == set()

    before = dev.now
    dev.playbooks.run("migrate", *LIMIT, **down).succeeded()
    assert dev.writes(before) == []


GATE = "monay-dev-gate"
SAFE: dict[str, Any] = {**MIGRATED, "migration_down_is_safe": True}
GATED: dict[str, Any] = {"rollout_gates": {"bake": [{"kind": "alarms", "alarms": [GATE]}]}}
PAUSED: dict[str, Any] = {"rollout_pause_before": ["production_traffic"]}


@pytest.mark.parametrize("safe", [True, False])
def test_what_a_train_takes_back_goes_down_where_it_is_safe(dev, safe):
    silent_alarm(dev.client("cloudwatch"), GATE, "breaching")
    before = dev.now

    run = dev.deploy("1.1.0", rollout_train=True, migration_down_is_safe=safe, **GATED)

    assert run.returncode != 0
    assert "in ALARM: monay-dev-gate. ECS has rolled it back" in " ".join(run.failures[-1].split())
    assert dev.started(before) == [["migrate", "expand"], ["migrate", "down"]][: 1 + safe]
    assert (dev.runs(), dev.parts()) == (1, set() if safe else set(EXPAND))
    assert ("not marked as safe" in " ".join(run.output.split())) is not safe
    dev.playbooks.run("migrate", *LIMIT, **MIGRATED, migration_step="down", service_image_tag="1.1.0").succeeded()


def test_after_promote_fails_the_way_down_is_taken(dev):
    silent_alarm(dev.client("cloudwatch"), GATE, "breaching")
    dev.deploy("1.1.0", **PAUSED, **GATED).succeeded()
    assert dev.parts() == set(EXPAND)
    before = dev.now

    run = dev.playbooks.run("promote", *LIMIT, **SAFE, **GATED)

    assert run.returncode != 0
    assert "in ALARM: monay-dev-gate" in run.failures[-1]
    assert (dev.started(before), dev.runs(), dev.parts()) == ([["migrate", "down"]], 1, set())


def test_what_somebody_aborts_goes_down_and_a_second_time_nothing_runs(dev):
    dev.deploy("1.1.0", **PAUSED).succeeded()
    before = dev.now

    dev.playbooks.run("abort", *LIMIT, **SAFE).succeeded()

    assert (dev.started(before), dev.runs(), dev.parts()) == ([["migrate", "down"]], 1, set())
    before = dev.now
    dev.playbooks.run("abort", *LIMIT, **SAFE).succeeded()
    assert dev.writes(before) == []


def test_a_migration_whose_host_is_lost_is_completed_by_the_next_run(dev):
    lost = dev.deploy("1.1.0", migration_environment={"MIGRATION_DIES_AT": 10})
    assert lost.returncode != 0
    assert "exit code 137" in lost.failures[0]
    assert len(dev.parts()) == 1

    before = dev.now
    dev.deploy("1.1.0").succeeded()

    assert dev.started(before) == [["migrate", "expand"], ["migrate", "contract"]]
    assert dev.parts() == {*EXPAND, *CONTRACT}


def test_a_second_run_of_a_release_migrates_nothing(dev):
    before = dev.now

    run = dev.deploy("1.1.0").succeeded()

    assert (run.changed_tasks, dev.writes(before)) == ([], [])


def test_a_step_without_a_command_is_refused(dev):
    run = dev.playbooks.run("migrate", *LIMIT, migration_commands={"expand": ["true"]}, migration_step="contract")

    assert run.returncode != 0
    assert "no command for the step contract: set migration_commands.contract" in " ".join(run.output.split())
