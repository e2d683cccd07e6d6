# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module rds_instance against the simulator: previewed, made, settled, changed, deleted, refused."""

from __future__ import annotations

import copy

import pytest

from tests.support.data_tier import TAGS, lay_foundation, point_at
from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module
from tests.support.simulator import Simulator

NAME = "monay-dev-postgres"
DR_REGION = "us-west-2"
PRESENT = {
    "region": "us-east-1",
    "name": NAME,
    "vpc": "monay-dev",
    "subnet_group": {"name": NAME, "subnets": ["monay-dev-data-b", "monay-dev-data-a"]},
    "parameter_group": {
        "name": NAME,
        "family": "postgres16",
        "parameters": {"rds.force_ssl": True, "log_min_duration_statement": 1000},
    },
    "instance": {
        "engine_version": "16",
        "instance_class": "db.t3.medium",
        "allocated_storage": 20,
        "max_allocated_storage": 100,
        "kms_key": "alias/monay-dev-data",
        "master_secret_kms_key": "alias/monay-dev-secrets",
        "database_name": "monay",
        "master_username": "monay",
        "multi_az": False,
        "security_groups": ["monay-dev-postgres"],
        "backup_retention_days": 7,
        "backup_window": "03:00-04:00",
        "maintenance_window": "sun:05:00-sun:06:00",
        "log_exports": ["upgrade", "postgresql"],
        "monitoring_interval": 0,
        "performance_insights": False,
        "copy_tags_to_snapshot": True,
        "deletion_protection": False,
    },
    "tags": TAGS,
}
COMPLETE = {
    **PRESENT,
    "replicas": [{"name": f"{NAME}-replica-1"}],
    "backup_replication": {"region": DR_REGION, "retention_days": 14, "kms_key": "alias/monay-dev-data"},
}
ABSENT = {
    "region": "us-east-1",
    "name": NAME,
    "subnet_group": PRESENT["subnet_group"],
    "parameter_group": PRESENT["parameter_group"],
    "final_snapshot": False,
    "state": "absent",
}


@pytest.fixture(scope="module")
def running():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running, monkeypatch):
    running.reset()
    running.clear_faults()
    point_at(running, monkeypatch)
    lay_foundation(running, DR_REGION)
    return running


def edited(args, section, **options):
    args = copy.deepcopy(args)
    args[section] |= options
    return args


def described(simulator, name=NAME):
    return simulator.client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]


def user_parameters(simulator):
    answer = simulator.client("rds").describe_db_parameters(DBParameterGroupName=NAME, Source="user")
    return {each["ParameterName"]: each["ParameterValue"] for each in answer["Parameters"]}


def mutating(simulator):
    return [call["operation"] for call in simulator.calls(mutating=True)]


def test_create_as_previewed_then_nothing(simulator):
    made = assert_previewed("rds_instance", PRESENT)

    assert changes(made) == {
        ("create", "DB subnet group", NAME),
        ("create", "DB parameter group", NAME),
        ("create", "RDS instance", NAME),
    }
    instance = described(simulator)
    assert instance["StorageEncrypted"]
    assert not instance["PubliclyAccessible"]
    assert instance["StorageType"] == "gp3"
    assert instance["MaxAllocatedStorage"] == 100
    assert instance["MasterUserSecret"]["SecretArn"]
    assert instance["BackupRetentionPeriod"] == 7
    assert sorted(instance["EnabledCloudwatchLogsExports"]) == ["postgresql", "upgrade"]
    assert {tag["Key"]: tag["Value"] for tag in instance["TagList"]} == TAGS
    assert user_parameters(simulator) == {"rds.force_ssl": "1", "log_min_duration_statement": "1000"}
    assert_settled("rds_instance", PRESENT)


def test_the_result_names_the_secret_and_holds_no_password(simulator):
    facts = run_module("rds_instance", PRESENT)["resources"]["RDS instance"][NAME]

    assert facts["status"] == "available"
    assert facts["port"] == 5432
    secret = simulator.client("secretsmanager").get_secret_value(SecretId=facts["master_secret_arn"])["SecretString"]
    assert secret not in str(run_module("rds_instance", PRESENT))


EDITS = {
    "class": ("instance", {"instance_class": "db.t3.large"}, "RDS instance", ["instance_class"]),
    "storage": ("instance", {"allocated_storage": 50}, "RDS instance", ["allocated_storage"]),
    "autoscaling": ("instance", {"max_allocated_storage": 200}, "RDS instance", ["max_allocated_storage"]),
    "no autoscaling": ("instance", {"max_allocated_storage": 0}, "RDS instance", ["max_allocated_storage"]),
    "multi-az": ("instance", {"multi_az": True}, "RDS instance", ["multi_az"]),
    "security group": ("instance", {"security_groups": ["monay-dev-other"]}, "RDS instance", ["security_groups"]),
    "backups": ("instance", {"backup_retention_days": 14}, "RDS instance", ["backup_retention_days"]),
    "window": ("instance", {"backup_window": "01:00-02:00"}, "RDS instance", ["backup_window"]),
    "maintenance": ("instance", {"maintenance_window": "Mon:05:00-Mon:06:00"}, "RDS instance", ["maintenance_window"]),
    "protection": ("instance", {"deletion_protection": True}, "RDS instance", ["deletion_protection"]),
    "logs": ("instance", {"log_exports": ["postgresql"]}, "RDS instance", ["log_exports"]),
    "iam": ("instance", {"iam_authentication": True}, "RDS instance", ["iam_authentication"]),
    "port": ("instance", {"port": 5433}, "RDS instance", ["port"]),
    "minor upgrades": (
        "instance",
        {"auto_minor_version_upgrade": False},
        "RDS instance",
        ["auto_minor_version_upgrade"],
    ),
    "monitoring": (
        "instance",
        {"monitoring_interval": 60, "monitoring_role": "monay-dev-rds-monitoring"},
        "RDS instance",
        ["monitoring_interval", "monitoring_role"],
    ),
    "insights": (
        "instance",
        {
            "performance_insights": True,
            "performance_insights_retention_days": 31,
            "performance_insights_kms_key": "alias/monay-dev-data",
        },
        "RDS instance",
        ["performance_insights", "performance_insights_kms_key", "performance_insights_retention_days"],
    ),
    "tags": ("instance", {"tags": {"Cost": "7"}}, "RDS instance", ["tags"]),
    "parameter": (
        "parameter_group",
        {"parameters": {"rds.force_ssl": "on", "log_min_duration_statement": 250}},
        "DB parameter group",
        ["parameters"],
    ),
    "parameter gone": (
        "parameter_group",
        {"parameters": {"rds.force_ssl": 1}},
        "DB parameter group",
        ["parameters"],
    ),
    "description": ("subnet_group", {"description": "Data tier"}, "DB subnet group", ["description"]),
}


@pytest.mark.usefixtures("simulator")
def test_each_edit_is_previewed_made_and_settled(subtests):
    """One edit upon the other, so that the instance is made only once."""
    args = PRESENT
    run_module("rds_instance", args)
    for edit, (section, options, kind, fields) in EDITS.items():
        with subtests.test(edit):
            args = edited(args, section, **options)

            done = assert_previewed("rds_instance", args)

            assert [(change["kind"], change["fields"]) for change in done["changes"]] == [(kind, fields)]
            assert_settled("rds_instance", args)


def test_a_static_parameter_waits_for_the_reboot(simulator):
    run_module("rds_instance", PRESENT)
    simulator.clear_calls()

    run_module("rds_instance", edited(PRESENT, "parameter_group", parameters={"max_connections": 200}))

    answer = simulator.client("rds").describe_db_parameters(DBParameterGroupName=NAME, Source="user")
    assert [(each["ParameterName"], each["ApplyMethod"]) for each in answer["Parameters"]] == [
        ("max_connections", "pending-reboot")
    ]


def test_storage_that_has_grown_and_a_newer_minor_version_are_left_alone(simulator):
    run_module("rds_instance", edited(PRESENT, "instance", engine_version="16.4"))
    rds = simulator.client("rds")
    rds.modify_db_instance(DBInstanceIdentifier=NAME, AllocatedStorage=40, EngineVersion="16.6", ApplyImmediately=True)

    assert_settled("rds_instance", edited(PRESENT, "instance", engine_version="16.4"))

    assert described(simulator)["AllocatedStorage"] == 40


def test_what_waits_for_the_maintenance_window_counts_as_made(simulator):
    run_module("rds_instance", PRESENT)
    args = {**edited(PRESENT, "instance", instance_class="db.t3.large"), "apply_immediately": False}

    assert_previewed("rds_instance", args)

    assert described(simulator)["DBInstanceClass"] == "db.t3.medium"
    assert_settled("rds_instance", args)
    now = run_module("rds_instance", {**args, "apply_immediately": True})
    assert now["changes"][0]["fields"] == ["instance_class"]
    assert described(simulator)["DBInstanceClass"] == "db.t3.large"


def test_replicas_and_replicated_backups(simulator):
    run_module("rds_instance", PRESENT)

    made = assert_previewed("rds_instance", COMPLETE)

    assert changes(made) == {
        ("create", "RDS read replica", f"{NAME}-replica-1"),
        ("create", "RDS backup replication", DR_REGION),
    }
    replica = described(simulator, f"{NAME}-replica-1")
    assert replica["ReadReplicaSourceDBInstanceIdentifier"] == NAME
    assert replica["VpcSecurityGroups"][0]["VpcSecurityGroupId"]
    assert {tag["Key"]: tag["Value"] for tag in replica["TagList"]} == TAGS
    backups = simulator.client("rds", region=DR_REGION).describe_db_instance_automated_backups()
    assert [each["BackupRetentionPeriod"] for each in backups["DBInstanceAutomatedBackups"]] == [14]
    assert_settled("rds_instance", COMPLETE)


def test_a_replica_follows_its_source_and_goes_when_it_is_not_wanted(simulator):
    run_module("rds_instance", COMPLETE)
    larger = edited(COMPLETE, "instance", instance_class="db.t3.large")

    assert changes(assert_previewed("rds_instance", larger)) == {
        ("update", "RDS instance", NAME),
        ("update", "RDS read replica", f"{NAME}-replica-1"),
    }
    gone = run_module("rds_instance", {**larger, "replicas": []})

    assert changes(gone) == {("delete", "RDS read replica", f"{NAME}-replica-1")}
    assert_settled("rds_instance", {**larger, "replicas": []})
    assert [each["DBInstanceIdentifier"] for each in all_instances(simulator)] == [NAME]


def test_replication_of_backups_changes_and_ends(simulator):
    run_module("rds_instance", COMPLETE)
    longer = edited(COMPLETE, "backup_replication", retention_days=21)

    assert changes(assert_previewed("rds_instance", longer)) == {("update", "RDS backup replication", DR_REGION)}
    assert_settled("rds_instance", longer)
    ended = edited(COMPLETE, "backup_replication", region="")

    assert changes(assert_previewed("rds_instance", ended)) == {("delete", "RDS backup replication", DR_REGION)}
    assert_settled("rds_instance", ended)
    assert not described(simulator).get("DBInstanceAutomatedBackupsReplications")


def all_instances(simulator):
    return simulator.client("rds").describe_db_instances()["DBInstances"]


@pytest.mark.usefixtures("simulator")
def test_the_parts_start_and_complete():
    started = run_module("rds_instance", {**COMPLETE, "part": "start", "wait": False})
    completed = run_module("rds_instance", {**COMPLETE, "part": "complete"})

    assert {kind for _action, kind, _name in changes(started)} == {
        "DB subnet group",
        "DB parameter group",
        "RDS instance",
    }
    assert {kind for _action, kind, _name in changes(completed)} == {"RDS read replica", "RDS backup replication"}
    assert_settled("rds_instance", COMPLETE)


def test_delete_everything_and_again(simulator):
    run_module("rds_instance", COMPLETE)

    gone = assert_previewed("rds_instance", ABSENT)

    assert changes(gone) == {
        ("delete", "RDS backup replication", DR_REGION),
        ("delete", "RDS read replica", f"{NAME}-replica-1"),
        ("delete", "RDS instance", NAME),
        ("delete", "DB subnet group", NAME),
        ("delete", "DB parameter group", NAME),
    }
    assert all_instances(simulator) == []
    assert_settled("rds_instance", ABSENT)


def test_the_final_snapshot_has_a_name_of_its_own_each_time(simulator):
    for _time in range(2):
        run_module("rds_instance", PRESENT)
        run_module("rds_instance", {**ABSENT, "final_snapshot": True})

    snapshots = simulator.client("rds").describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    names = {each["DBSnapshotIdentifier"] for each in snapshots}
    assert len(names) == 2
    assert all(name.startswith(f"{NAME}-final-") for name in names)


def test_a_protected_instance_is_deleted_only_by_force(simulator):
    run_module("rds_instance", edited(PRESENT, "instance", deletion_protection=True))
    simulator.clear_calls()

    for check in (True, False):
        message = fail_module("rds_instance", ABSENT, check=check)
        assert "protected" in message
        assert "force_unprotect" in message
    assert mutating(simulator) == []

    run_module("rds_instance", {**ABSENT, "force_unprotect": True})
    assert all_instances(simulator) == []


def test_replicas_of_a_protected_instance_go_without_force(simulator):
    run_module("rds_instance", edited(COMPLETE, "instance", deletion_protection=True))

    gone = run_module("rds_instance", {**ABSENT, "part": "complete"})

    assert changes(gone) == {
        ("delete", "RDS backup replication", DR_REGION),
        ("delete", "RDS read replica", f"{NAME}-replica-1"),
    }
    assert [each["DBInstanceIdentifier"] for each in all_instances(simulator)] == [NAME]


def test_an_interrupted_creation_is_continued(simulator):
    for lost in ("CreateDBSubnetGroup", "CreateDBParameterGroup", "CreateDBInstance"):
        simulator.fault("error500", match={"operation": lost}, when="after", times=1)

    run_module("rds_instance", PRESENT)

    simulator.clear_faults()
    assert len(all_instances(simulator)) == 1
    assert_settled("rds_instance", PRESENT)


REFUSALS = {
    "downgrade": ({"engine_version": "15"}, "no way back"),
    "major upgrade": ({"engine_version": "17"}, "allow_major_version_upgrade"),
    "key": ({"kms_key": "alias/monay-dev-secrets"}, "kms_key cannot be changed"),
    "master": ({"master_username": "other"}, "master_username cannot be changed"),
    "database": ({"database_name": "other"}, "database_name cannot be changed"),
    "iops": ({"iops": 4000}, "iops cannot be chosen"),
    "limit": ({"max_allocated_storage": 21}, "max_allocated_storage 21"),
    "reserved": ({"master_username": "admin"}, "reserved"),
    "windows": ({"backup_window": "05:30-06:30"}, "must not overlap"),
    "monitoring": ({"monitoring_interval": 60}, "monitoring_role"),
}


def test_refused_before_the_first_write(simulator, subtests):
    run_module("rds_instance", PRESENT)
    simulator.clear_calls()
    for case, (options, words) in REFUSALS.items():
        with subtests.test(case):
            for check in (True, False):
                message = fail_module("rds_instance", edited(PRESENT, "instance", **options), check=check)
                assert words in message
                assert NAME in message
    assert mutating(simulator) == []


@pytest.mark.parametrize(
    ("section", "options", "words"),
    [
        ("subnet_group", {"subnets": ["monay-dev-data-z"]}, "subnet monay-dev-data-z does not exist in VPC monay-dev"),
        ("instance", {"security_groups": ["nobody"]}, "security group nobody does not exist in VPC monay-dev"),
        ("instance", {"kms_key": "alias/nothing"}, "KMS key alias/nothing does not exist"),
        ("instance", {"monitoring_interval": 60, "monitoring_role": "nobody"}, "IAM role nobody does not exist"),
    ],
)
@pytest.mark.usefixtures("simulator")
def test_what_is_missing_is_named(section, options, words):
    assert words in fail_module("rds_instance", edited(PRESENT, section, **options))


@pytest.mark.usefixtures("simulator")
def test_what_aws_refuses_is_said_with_the_call_and_the_resource():
    args = edited(PRESENT, "parameter_group", parameters={"no_such_parameter": 1})

    message = fail_module("rds_instance", args)

    assert "no_such_parameter" in message
    assert "rds:ModifyDBParameterGroup" in message
    assert f"DB parameter group {NAME}" in message
