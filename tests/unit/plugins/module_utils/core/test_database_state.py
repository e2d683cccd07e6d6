# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.database_state import (
    LATE,
    Resolver,
    create_arguments,
    instance_state,
    modify_arguments,
    with_pending,
)

DESCRIBED = {
    "DBInstanceIdentifier": "db",
    "DBInstanceStatus": "available",
    "Engine": "postgres",
    "EngineVersion": "16.4",
    "DBInstanceClass": "db.t3.medium",
    "AllocatedStorage": 20,
    "StorageType": "gp3",
    "StorageEncrypted": True,
    "KmsKeyId": "arn:key/1",
    "Endpoint": {"Address": "db.example", "Port": 5432},
    "VpcSecurityGroups": [
        {"VpcSecurityGroupId": "sg-2", "Status": "active"},
        {"VpcSecurityGroupId": "sg-1", "Status": "adding"},
        {"VpcSecurityGroupId": "sg-3", "Status": "removing"},
    ],
    "DBParameterGroups": [{"DBParameterGroupName": "pg", "ParameterApplyStatus": "in-sync"}],
    "DBSubnetGroup": {"DBSubnetGroupName": "sn"},
    "PreferredMaintenanceWindow": "Sun:05:00-Sun:06:00",
    "MonitoringRoleArn": "arn:aws:iam::1:role/monay/dev/monitoring",
    "MonitoringInterval": 60,
    "MasterUserSecret": {"SecretArn": "arn:secret", "KmsKeyId": "arn:key/2"},
    "EnabledCloudwatchLogsExports": ["upgrade", "postgresql"],
    "TagList": [{"Key": "Project", "Value": "monay"}, {"Key": "aws:x", "Value": "y"}],
}
RESOLVE = Resolver(
    lambda names: [f"id of {name}" for name in names], lambda key: f"arn of {key}", lambda role: f"arn of {role}"
)


def state_of(pending=True, **described):
    return instance_state(
        {**DESCRIBED, **described},
        key_name={"arn:key/1": "alias/data", "arn:key/2": "alias/secrets"}.__getitem__,
        group_names={"sg-1": "a", "sg-2": "b"},
        pending=pending,
    )


def test_state_has_names_and_the_defaults_of_aws():
    state = state_of()

    assert state["security_groups"] == ["a", "b"]
    assert state["kms_key"] == "alias/data"
    assert state["master_secret_kms_key"] == "alias/secrets"
    assert state["managed_password"] is True
    assert state["monitoring_role"] == "monitoring"
    assert (state["iops"], state["storage_throughput"]) == (3000, 125)
    assert state["maintenance_window"] == "sun:05:00-sun:06:00"
    assert state["log_exports"] == ["postgresql", "upgrade"]
    assert state["max_allocated_storage"] == 0
    assert state["database_insights_mode"] == "standard"
    assert state["tags"] == {"Project": "monay"}


def test_an_instance_that_is_being_created_does_not_tell_everything():
    state = state_of(DBInstanceStatus="creating", Endpoint={})

    assert not state.keys() & LATE
    assert "port" not in state
    assert state["instance_class"] == "db.t3.medium"


def test_what_is_pending_counts_where_it_is_asked_for():
    pending = {
        "DBInstanceClass": "db.t3.large",
        "Port": 5433,
        "MasterUserPassword": "****",
        "PendingCloudwatchLogsExports": {"LogTypesToEnable": ["iam-db-auth-error"], "LogTypesToDisable": ["upgrade"]},
    }

    state = state_of(PendingModifiedValues=pending)

    assert state["instance_class"] == "db.t3.large"
    assert state["port"] == 5433
    assert state["log_exports"] == ["iam-db-auth-error", "postgresql"]
    assert "MasterUserPassword" not in with_pending({**DESCRIBED, "PendingModifiedValues": pending})
    assert state_of(pending=False, PendingModifiedValues=pending)["instance_class"] == "db.t3.medium"


@pytest.mark.parametrize(
    ("wanted", "arguments"),
    [
        ({"instance_class": "db.t3.large"}, {"DBInstanceClass": "db.t3.large"}),
        ({"port": 5433}, {"DBPortNumber": 5433}),
        ({"max_allocated_storage": 0}, {"MaxAllocatedStorage": 20}),
        ({"max_allocated_storage": 50}, {"MaxAllocatedStorage": 50}),
        ({"allocated_storage": 30}, {"AllocatedStorage": 30}),
        ({"allocated_storage": 400}, {"AllocatedStorage": 400, "Iops": 12000, "StorageThroughput": 500}),
        ({"monitoring_interval": 0}, {"MonitoringInterval": 0}),
        ({"monitoring_interval": 15}, {"MonitoringInterval": 15, "MonitoringRoleArn": "arn of monitoring"}),
        ({"security_groups": ["x"]}, {"VpcSecurityGroupIds": ["id of x"]}),
        (
            {"log_exports": ["postgresql", "iam-db-auth-error"]},
            {
                "CloudwatchLogsExportConfiguration": {
                    "EnableLogTypes": ["iam-db-auth-error"],
                    "DisableLogTypes": ["upgrade"],
                }
            },
        ),
        (
            {"performance_insights": True, "performance_insights_kms_key": "alias/data"},
            {
                "EnablePerformanceInsights": True,
                "PerformanceInsightsRetentionPeriod": 7,
                "PerformanceInsightsKMSKeyId": "arn of alias/data",
            },
        ),
        ({"performance_insights": False}, {"EnablePerformanceInsights": False}),
        ({"tags": {}}, {}),
        ({"managed_password": True}, {"ManageMasterUserPassword": True}),
    ],
)
def test_modify_arguments(wanted, arguments):
    assert modify_arguments(state_of(), wanted, wanted.keys(), RESOLVE) == arguments


def test_create_arguments_leave_out_what_is_not_said():
    wanted = {"instance_class": "c", "multi_az": False, "iops": None, "max_allocated_storage": 0, "port": 5432}

    assert create_arguments(wanted, RESOLVE) == {"DBInstanceClass": "c", "MultiAZ": False, "Port": 5432}
