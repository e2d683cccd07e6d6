# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Databases and caches that AWS is busy with: nothing fails, nothing is done twice, the next run finds its way."""

from __future__ import annotations

import copy

import pytest

from tests.support.data_tier import SECRET, TAGS, lay_foundation, point_at
from tests.support.modules import assert_settled, fail_module, run_module
from tests.support.simulator import Simulator

DR_REGION = "us-west-2"
# Simulated seconds a second: an instance is created in about one second.
SPEED = "15"
SUBNETS = ["monay-dev-data-a", "monay-dev-data-b"]
DATABASE = {
    "region": "us-east-1",
    "name": "monay-dev-postgres",
    "vpc": "monay-dev",
    "subnet_group": {"name": "monay-dev-postgres", "subnets": SUBNETS},
    "parameter_group": {"name": "monay-dev-postgres", "family": "postgres16", "parameters": {"rds.force_ssl": 1}},
    "instance": {
        "engine_version": "16",
        "instance_class": "db.t3.medium",
        "allocated_storage": 20,
        "kms_key": "alias/monay-dev-data",
        "database_name": "monay",
        "master_username": "monay",
        "multi_az": True,
        "security_groups": ["monay-dev-postgres"],
        "log_exports": ["postgresql"],
        "performance_insights": True,
    },
    "tags": TAGS,
    "wait": False,
}
CACHE = {
    "region": "us-east-1",
    "name": "monay-dev-redis",
    "vpc": "monay-dev",
    "subnet_group": {"name": "monay-dev-redis", "subnets": SUBNETS},
    "parameter_group": {"name": "monay-dev-redis", "family": "redis7", "parameters": {}},
    "replication_group": {
        "engine_version": "7.1",
        "node_type": "cache.t3.small",
        "kms_key": "alias/monay-dev-data",
        "auth_token_secret": SECRET,
        "security_groups": ["monay-dev-redis"],
    },
    "tags": TAGS,
    "wait": False,
}
MODULES = {
    "rds_instance": (DATABASE, "instance", "instance_class", ["db.t3.large", "db.m5.large"]),
    "elasticache_replication_group": (CACHE, "replication_group", "node_type", ["cache.t3.medium", "cache.m5.large"]),
}
KINDS = {"rds_instance": "RDS instance", "elasticache_replication_group": "replication group"}


@pytest.fixture(scope="module")
def running():
    with Simulator(speed=SPEED) as simulator:
        yield simulator


@pytest.fixture
def simulator(running, monkeypatch):
    running.reset()
    running.settings(speed=SPEED)
    point_at(running, monkeypatch)
    lay_foundation(running, DR_REGION)
    return running


def edited(args, section, **options):
    args = copy.deepcopy(args)
    args[section] |= options
    return args


def absent(args, **options):
    kept = {key: args[key] for key in ("region", "name", "subnet_group", "parameter_group")}
    return {**kept, "state": "absent", **options}


def status(module, result):
    return next(iter(result["resources"][KINDS[module]].values()))["status"]


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.usefixtures("simulator")
def test_a_run_during_creation_changes_nothing(module):
    args = MODULES[module][0]

    started = run_module(module, args)

    assert status(module, started) == "creating"
    assert_settled(module, args)
    ready = run_module(module, {**args, "wait": True})
    assert ready["changed"] is False
    assert status(module, ready) == "available"
    assert_settled(module, args)


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.usefixtures("simulator")
def test_changes_during_creation_and_during_another_change_wait_their_turn(module):
    args, section, field, values = MODULES[module]
    run_module(module, args)
    for value in values:
        args = edited(args, section, **{field: value})
        changed = run_module(module, args)
        assert changed["changes"][0]["fields"] == [field]
        assert_settled(module, args)

    ready = run_module(module, {**args, "wait": True})

    assert ready["changed"] is False
    assert status(module, ready) == "available"


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.usefixtures("simulator")
def test_what_is_being_created_is_deleted_and_what_is_being_deleted_is_made_again(module):
    args = MODULES[module][0]
    run_module(module, args)
    only = {key: value for key, value in absent(args).items() if not key.endswith("_group")}

    assert run_module(module, only)["changed"]
    assert run_module(module, only)["changed"] is False
    again = run_module(module, {**args, "wait": True})

    assert [change["kind"] for change in again["changes"]] == [KINDS[module]]
    assert_settled(module, args)


@pytest.mark.parametrize("module", MODULES)
@pytest.mark.usefixtures("simulator")
def test_groups_go_when_their_last_user_is_gone(module):
    run_module(module, MODULES[module][0])

    gone = run_module(module, absent(MODULES[module][0], final_snapshot=False))

    assert len(gone["changes"]) == 3
    assert_settled(module, absent(MODULES[module][0], final_snapshot=False))


@pytest.mark.parametrize("module", MODULES)
def test_time_that_is_up_is_said_with_the_status(module, simulator):
    args, section, field, values = MODULES[module]
    simulator.settings(speed="0.01")  # so slow that no machine is slower
    run_module(module, args)

    message = fail_module(module, {**edited(args, section, **{field: values[0]}), "wait_timeout": 0})

    assert f"{KINDS[module]} not ready after 0 s: {args['name']} is creating" in message


def test_replicas_and_copies_of_backups_wait_for_their_source(simulator):
    run_module("rds_instance", {**DATABASE, "part": "start"})
    complete = {
        **DATABASE,
        "part": "complete",
        "replicas": [{"name": "monay-dev-postgres-replica-1"}],
        "backup_replication": {"region": DR_REGION, "kms_key": "alias/monay-dev-data"},
    }

    made = run_module("rds_instance", complete)

    assert {change["kind"] for change in made["changes"]} == {"RDS read replica", "RDS backup replication"}
    assert_settled("rds_instance", complete)
    replicas = simulator.client("rds").describe_db_instances(DBInstanceIdentifier="monay-dev-postgres")
    assert replicas["DBInstances"][0]["ReadReplicaDBInstanceIdentifiers"] == ["monay-dev-postgres-replica-1"]


@pytest.mark.usefixtures("simulator")
def test_more_nodes_failover_and_a_rotation_are_made_one_after_the_other():
    run_module("elasticache_replication_group", CACHE)
    larger = edited(CACHE, "replication_group", nodes=2, automatic_failover=True, multi_az=True)

    run_module("elasticache_replication_group", {**larger, "auth_token_update": "set"})

    assert_settled("elasticache_replication_group", larger)
    smaller = edited(CACHE, "replication_group", nodes=1, automatic_failover=False, multi_az=False)
    assert run_module("elasticache_replication_group", smaller)["changed"]
