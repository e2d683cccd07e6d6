# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module rds_restore_point_info: the moment, or a refusal that says what is missing."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.support.modules import fail_module, recorded_calls, run_module, writes
from tests.support.network import aws, simulator_process  # noqa: F401

MODULE, NAME = "rds_restore_point_info", "monay-dev-postgres"
ARGS = {"region": "us-east-1", "name": NAME}


@pytest.fixture
def database(aws):  # noqa: F811
    """Make the instance with this many days of backups."""

    def make(days: int) -> None:
        aws.client("rds").create_db_instance(
            DBInstanceIdentifier=NAME,
            Engine="postgres",
            DBInstanceClass="db.t3.medium",
            AllocatedStorage=20,
            MasterUsername="monay",
            ManageMasterUserPassword=True,
            BackupRetentionPeriod=days,
        )

    return make


@pytest.mark.parametrize("check", [False, True])
def test_names_the_moment_and_the_way_back_and_writes_nothing(database, check):
    database(7)
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)

    with recorded_calls() as calls:
        found = run_module(MODULE, ARGS, check=check)

    assert (found["changed"], writes(calls)) == (False, [])
    assert before <= dt.datetime.fromisoformat(found["time"]) <= dt.datetime.now(dt.UTC)
    assert found["retention_days"] == 7
    assert found["restore"].endswith(f"makes {NAME} as it was at {found['time']}, in a new instance")


def test_refuses_where_there_are_no_backups(database):
    database(0)

    assert "has no automated backups" in fail_module(MODULE, ARGS)


def test_refuses_where_there_is_no_instance(aws):  # noqa: F811
    assert f"RDS instance {NAME} does not exist" in fail_module(MODULE, ARGS)
