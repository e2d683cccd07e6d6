# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.database import (
    gp3_baseline,
    grown_storage,
    instance_problems,
    refuse,
    replica_plan,
    replication_problems,
    settled_instance,
    without_idle_settings,
)
from ansible_collections.monay.platform.plugins.module_utils.core.database_version import settled_version
from ansible_collections.monay.platform.plugins.module_utils.core.database_window import (
    daily_minutes,
    overlap,
    weekly_minutes,
)
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused

GOOD = {
    "engine_version": "16",
    "allocated_storage": 20,
    "max_allocated_storage": 100,
    "storage_type": "gp3",
    "database_name": "monay",
    "master_username": "monay",
    "backup_retention_days": 7,
    "backup_window": "03:00-04:00",
    "maintenance_window": "sun:05:00-sun:06:00",
    "monitoring_interval": 0,
    "performance_insights": True,
    "performance_insights_retention_days": 7,
}


def test_a_good_instance_has_no_problems():
    assert instance_problems("monay-dev-postgres", GOOD, replicas=1) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"allocated_storage": 10}, "gp3 begins at 20 GiB"),
        ({"max_allocated_storage": 21}, "at least a tenth above allocated_storage 20"),
        ({"iops": 3000}, "iops cannot be chosen for gp3 below 400 GiB"),
        ({"storage_throughput": 250}, "storage_throughput cannot be chosen"),
        ({"database_name": "1st"}, "database_name '1st'"),
        ({"master_username": "a-b"}, "master_username 'a-b'"),
        ({"master_username": "Admin"}, "is reserved"),
        ({"backup_retention_days": 36}, "between 0 and 35"),
        ({"backup_retention_days": 0}, "must not be 0 where there are read replicas"),
        ({"backup_window": "3-4"}, "must look like 03:00-04:00"),
        ({"backup_window": "03:00-03:10"}, "at least 30 minutes"),
        ({"maintenance_window": "someday"}, "must look like sun:05:00-sun:06:00"),
        ({"backup_window": "05:59-06:59"}, "must not overlap"),
        ({"monitoring_interval": 60}, "needs monitoring_role"),
        ({"performance_insights_retention_days": 30}, "multiple of 31"),
        ({"database_insights_mode": "advanced"}, "465 or more"),
        ({"database_insights_mode": "advanced", "performance_insights": False}, "needs performance_insights"),
    ],
)
def test_each_problem_names_its_option(options, words):
    problems = instance_problems("monay-dev-postgres", {**GOOD, **options}, replicas=1)

    assert len(problems) == 1
    assert words in problems[0]


@pytest.mark.parametrize("name", ["Monay", "1st", "a--b", "a-", "", "a" * 64, "a_b"])
def test_names_that_rds_does_not_take(name):
    assert len(instance_problems(name, GOOD, replicas=0)) == 1


def test_all_problems_are_told_at_once():
    with pytest.raises(PlanRefused, match=r"RDS instance x: one; two"):
        refuse("RDS instance x", ["one", "two"])
    refuse("RDS instance x", [])


@pytest.mark.parametrize(
    ("wanted", "observed", "settled"),
    [
        ("16", "16.4", "16.4"),
        ("16.4", "16.4", "16.4"),
        ("16.3", "16.4", "16.4"),
        ("16.6", "16.4", "16.6"),
        ("16.10", "16.9", "16.10"),
        ("16.4", "16.4-R2", "16.4-R2"),
        ("7.1", "7.1.0", "7.1.0"),
        ("7.1", "7.0.7", "7.1"),
    ],
)
def test_versions_go_up_or_stay(wanted, observed, settled):
    assert settled_version("it", wanted, observed, allow_major=False) == settled


def test_a_major_version_needs_permission_and_never_goes_back():
    with pytest.raises(PlanRefused, match="allow_major_version_upgrade"):
        settled_version("it", "17", "16.4", allow_major=False)
    assert settled_version("it", "17", "16.4", allow_major=True) == "17"
    with pytest.raises(PlanRefused, match="no way back"):
        settled_version("it", "15", "16.4", allow_major=True)
    with pytest.raises(PlanRefused, match="is no version"):
        settled_version("it", "latest", "16.4", allow_major=True)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=3), st.lists(st.integers(0, 30), min_size=2, max_size=3))
def test_a_settled_version_is_settled(wanted, observed):
    """What runs after an upgrade to the settled version asks for nothing more."""
    want, have = ".".join(map(str, wanted)), ".".join(map(str, observed))
    if wanted[0] < observed[0]:
        return
    settled = settled_version("it", want, have, allow_major=True)
    assert settled_version("it", want, settled, allow_major=False) == settled


def settle(wanted, observed):
    return settled_instance("RDS instance", wanted, {"name": "x", **observed}, allow_major=False)


@pytest.mark.parametrize(("wanted", "observed", "settled"), [(20, 20, 20), (20, 25, 25), (30, 25, 30)])
def test_storage_never_shrinks(wanted, observed, settled):
    assert settle({"allocated_storage": wanted}, {"allocated_storage": observed}) == {"allocated_storage": settled}


def test_what_aws_does_not_tell_yet_is_not_compared():
    assert settle({"multi_az": True, "tags": {}}, {}) == {"tags": {}}


def test_settings_of_a_feature_that_is_off_mean_nothing():
    state = without_idle_settings(
        {
            "monitoring_interval": 0,
            "monitoring_role": "r",
            "performance_insights": False,
            "performance_insights_retention_days": 7,
            "performance_insights_kms_key": "k",
        }
    )

    assert {key for key, value in state.items() if value is not None} == {"monitoring_interval", "performance_insights"}


@pytest.mark.parametrize(("size", "baseline"), [(20, (3000, 125)), (399, (3000, 125)), (400, (12000, 500))])
def test_gp3_baseline(size, baseline):
    assert gp3_baseline(size) == baseline


@pytest.mark.parametrize(
    ("before", "wanted", "arguments"),
    [
        ({"allocated_storage": 100, "storage_type": "gp3"}, {"allocated_storage": 200}, {}),
        ({"allocated_storage": 100, "storage_type": "gp2"}, {"allocated_storage": 500}, {}),
        (
            {"allocated_storage": 100, "storage_type": "gp3", "iops": 3000, "storage_throughput": 125},
            {"allocated_storage": 500},
            {"iops": 12000, "storage_throughput": 500},
        ),
        (
            {"allocated_storage": 500, "storage_type": "gp3", "iops": 12000, "storage_throughput": 500},
            {"iops": 16000},
            {"iops": 16000, "storage_throughput": 500},
        ),
    ],
)
def test_striped_storage_grows_with_its_iops(before, wanted, arguments):
    assert grown_storage(before, wanted) == arguments


@pytest.mark.parametrize(
    ("daily", "weekly", "meet"),
    [
        ("03:00-04:00", "sun:05:00-sun:06:00", False),
        ("05:30-06:30", "sun:05:00-sun:06:00", True),
        ("04:00-05:00", "sun:05:00-sun:06:00", False),
        ("23:30-00:30", "mon:00:00-mon:01:00", True),
        ("23:30-00:30", "sun:00:00-sun:01:00", True),
        ("00:30-01:00", "sat:23:30-sun:00:45", True),
    ],
)
def test_windows_meet(daily, weekly, meet):
    assert overlap(daily_minutes(daily), weekly_minutes(weekly)) is meet


@given(st.integers(0, 1439), st.integers(30, 600), st.integers(0, 10079), st.integers(30, 1440))
def test_windows_meet_exactly_where_a_minute_is_in_both(start, length, week_start, week_length):
    minutes = {(week_start + each) % 10080 % 1440 for each in range(week_length)}
    both = any((start + each) % 1440 in minutes for each in range(length))

    assert overlap((start, start + length), (week_start, week_start + week_length)) is both


@pytest.mark.parametrize(
    ("replication", "instance", "words"),
    [
        ({"region": "us-east-1", "kms_key": "alias/x"}, {}, "is the region of the instance"),
        ({"region": "us-west-2", "kms_key": None}, {}, "needs kms_key"),
        ({"region": "us-west-2", "kms_key": "alias/x"}, {"backup_retention_days": 0}, "needs backups"),
    ],
)
def test_backups_that_cannot_be_replicated(replication, instance, words):
    problems = replication_problems(replication, instance, "us-east-1")

    assert len(problems) == 1
    assert words in problems[0]


def test_backups_that_can_be_replicated_or_are_not():
    assert (
        replication_problems({"region": "us-west-2", "kms_key": "k"}, {"backup_retention_days": 7}, "us-east-1") == []
    )
    assert replication_problems({"region": ""}, {"backup_retention_days": 0}, "us-east-1") == []
    assert replication_problems({}, {}, "us-east-1") == []


def test_replicas_are_numbered():
    assert replica_plan("db", 0) == []
    assert replica_plan("db", 2) == [{"name": "db-replica-1"}, {"name": "db-replica-2"}]
    for count in (-1, 16):
        with pytest.raises(PlanRefused, match="0 to 15 read replicas"):
            replica_plan("db", count)
