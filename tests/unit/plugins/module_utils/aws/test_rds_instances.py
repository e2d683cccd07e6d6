# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What no simulator shows on demand: instances that have failed, and answers that are lost."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from ansible_collections.monay.platform.plugins.module_utils.aws.api import AmbiguousError, AwsError
from ansible_collections.monay.platform.plugins.module_utils.aws.rds_instances import (
    DbInstances,
    Policy,
    final_snapshot_name,
)
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Scope
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from ansible_collections.monay.platform.plugins.module_utils.core.readiness import RDS_INSTANCE

DESCRIBED = {
    "DBInstanceIdentifier": "db",
    "DBInstanceArn": "arn:db",
    "DbiResourceId": "db-ABC",
    "DBInstanceStatus": "available",
    "Engine": "postgres",
    "EngineVersion": "16.4",
    "DBInstanceClass": "db.t3.medium",
    "AllocatedStorage": 20,
    "StorageType": "gp3",
}


class FakeRds:
    """One instance, the writes that were made, and errors that the next writes are answered with."""

    def __init__(self, **described):
        self.items = [{**DESCRIBED, **described}]
        self.region = "eu-west-1"
        self.written = []
        self.errors = []

    def pages(self, _operation, _key, _doing, _missing=(), **_params):
        return self.items

    def write(self, operation, _doing, *, missing=(), retry=(), repeatable=True, **params):
        self.written.append((operation, params))
        if self.errors:
            raise self.errors.pop(0)


def instances(rds, **policy):
    network = SimpleNamespace(group_names=lambda _ids: {}, group_ids=list)
    return DbInstances("db", rds, network, SimpleNamespace(name=str), None, Policy(timeout=0, **policy))


def observed(kind):
    return kind.observe(Scope(), ["db"])["db"]


def test_a_full_instance_can_be_given_more_storage():
    rds = FakeRds(DBInstanceStatus="storage-full")
    kind = instances(rds)

    kind.update(Scope(), "db", observed(kind), {"allocated_storage": 40}, ["allocated_storage"])

    operation, params = rds.written[0]
    assert operation == "modify_db_instance"
    assert params["AllocatedStorage"] == 40


@pytest.mark.parametrize("status", ["failed", "incompatible-restore", "incompatible-network"])
def test_a_failed_instance_goes_only_without_the_snapshot_that_rds_cannot_take(status):
    rds = FakeRds(DBInstanceStatus=status)
    kind = instances(rds)

    with pytest.raises(PlanRefused, match="final_snapshot: false"):
        kind.delete(Scope(), "db", observed(kind))
    assert rds.written == []

    given_up = instances(rds, final_snapshot=False)
    given_up.delete(Scope(), "db", observed(given_up))
    assert rds.written == [
        (
            "delete_db_instance",
            {"DBInstanceIdentifier": "db", "SkipFinalSnapshot": True, "DeleteAutomatedBackups": True},
        )
    ]


@pytest.mark.parametrize("error", [AmbiguousError("lost"), AwsError("busy", "InvalidDBInstanceState")])
def test_a_lost_answer_to_a_deletion_is_answered_by_looking(error):
    rds = FakeRds()
    kind = instances(rds)
    before = observed(kind)
    rds.errors = [error]
    rds.items = [{**DESCRIBED, "DBInstanceStatus": "deleting"}]

    kind.delete(Scope(), "db", before)

    assert len(rds.written) == 1


def test_a_deletion_that_was_refused_is_an_error():
    rds = FakeRds()
    kind = instances(rds)
    rds.errors = [AwsError("no", "InvalidDBInstanceState")]

    with pytest.raises(AwsError, match="no"):
        kind.delete(Scope(), "db", observed(kind))


def test_the_deletion_protection_is_seen_before_anything_is_written():
    kind = instances(FakeRds(DeletionProtection=True), remove=True)

    with pytest.raises(PlanRefused, match="force_unprotect"):
        observed(kind)


def test_every_instance_has_a_snapshot_name_of_its_own():
    assert final_snapshot_name("db", "db-ABC") == "db-final-abc"
    assert final_snapshot_name("db", "db-ABC") != final_snapshot_name("db", "db-DEF")


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        ("available", "ready"),
        ("storage-optimization", "ready"),
        ("creating", "pending"),
        ("backing-up", "pending"),
        ("modifying", "pending"),
        ("configuring-enhanced-monitoring", "pending"),
        ("incompatible-network", "failed"),
        ("inaccessible-encryption-credentials", "failed"),
        ("storage-full", "failed"),
    ],
)
def test_statuses(status, verdict):
    assert RDS_INSTANCE.verdict(status) == verdict
