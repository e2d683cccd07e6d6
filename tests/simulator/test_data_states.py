# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""RDS and ElastiCache as AWS runs them: states, pending changes, groups in use, deletion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.scenarios import OTHER_REGION, TAG, make_cache, make_database, make_network
from tests.simulator.test_ec2_states import refused
from tests.support.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Callable

    Aws = Callable[..., Any]


def _database(aws: Aws, name: str = "main") -> dict[str, Any]:
    found: dict[str, Any] = aws("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    return found


def test_an_instance_is_created_and_refuses_all_until_it_is_available(simulator: Simulator, aws: Aws) -> None:
    rds, made = aws("rds"), make_network(aws)
    simulator.settings(speed=1)
    arn = make_database(aws, made)
    assert _database(aws)["DBInstanceStatus"] == "creating"
    assert "Endpoint" not in _database(aws)
    change = {"DBInstanceIdentifier": "main", "BackupRetentionPeriod": 14}
    refused("InvalidDBInstanceState", rds, "modify_db_instance", **change)
    refused(
        "InvalidDBInstanceState",
        rds,
        "create_db_instance_read_replica",
        DBInstanceIdentifier="r",
        SourceDBInstanceIdentifier="main",
    )
    refused("InvalidDBInstanceState", rds, "create_db_snapshot", DBInstanceIdentifier="main", DBSnapshotIdentifier="s")
    refused(
        "InvalidDBInstanceState",
        aws("rds", region=OTHER_REGION),
        "start_db_instance_automated_backups_replication",
        SourceDBInstanceArn=arn,
    )
    simulator.settings(speed="inf")
    database = _database(aws)
    assert (database["DBInstanceStatus"], database["Endpoint"]["Port"]) == ("available", 5432)
    rds.modify_db_instance(**change)
    assert _database(aws)["BackupRetentionPeriod"] == 14


def test_gp3_has_the_iops_and_throughput_of_its_size(aws: Aws) -> None:
    rds, made = aws("rds"), make_network(aws)
    make_database(aws, made)
    assert (_database(aws)["Iops"], _database(aws)["StorageThroughput"]) == (3000, 125)
    change = {"DBInstanceIdentifier": "main", "ApplyImmediately": True}
    refused("InvalidParameterCombination", rds, "modify_db_instance", **change, Iops=6000)
    rds.modify_db_instance(**change, AllocatedStorage=400)
    assert (_database(aws)["Iops"], _database(aws)["StorageThroughput"]) == (12000, 500)
    rds.modify_db_instance(**change, Iops=15000, StorageThroughput=600)
    assert (_database(aws)["Iops"], _database(aws)["StorageThroughput"]) == (15000, 600)
    refused("InvalidParameterCombination", rds, "modify_db_instance", **change, AllocatedStorage=100)


def test_a_change_waits_until_it_is_carried_out(simulator: Simulator, aws: Aws) -> None:
    rds, made = aws("rds"), make_network(aws)
    make_database(aws, made)
    simulator.settings(speed=1)
    change = {"DBInstanceIdentifier": "main", "DBInstanceClass": "db.m7g.large", "MultiAZ": True}
    waiting = rds.modify_db_instance(**change, ApplyImmediately=False)["DBInstance"]
    assert waiting["DBInstanceStatus"] == "available"
    assert waiting["PendingModifiedValues"] == {"DBInstanceClass": "db.m7g.large", "MultiAZ": True}
    assert waiting["DBInstanceClass"] == "db.t4g.micro"
    changing = rds.modify_db_instance(DBInstanceIdentifier="main", ApplyImmediately=True)["DBInstance"]
    assert changing["DBInstanceStatus"] == "modifying"
    refused("InvalidDBInstanceState", rds, "modify_db_instance", **change)
    simulator.settings(speed="inf")
    done = _database(aws)
    assert (done["DBInstanceStatus"], done["DBInstanceClass"], done["MultiAZ"]) == ("available", "db.m7g.large", True)
    assert done["PendingModifiedValues"] == {}
    assert done["SecondaryAvailabilityZone"] != done["AvailabilityZone"]


def test_a_change_that_is_taken_back_waits_no_more(aws: Aws) -> None:
    rds, made = aws("rds"), make_network(aws)
    make_database(aws, made)
    change = {"DBInstanceIdentifier": "main", "ApplyImmediately": False}
    rds.modify_db_instance(**change, DBInstanceClass="db.m7g.large")
    rds.modify_db_instance(**change, DBInstanceClass="db.t4g.micro")
    assert _database(aws)["PendingModifiedValues"] == {}


def test_monitoring_insights_and_logs_can_be_changed(aws: Aws) -> None:
    rds, made = aws("rds"), make_network(aws)
    make_database(aws, made, EnableCloudwatchLogsExports=["postgresql"])
    role = aws("iam").create_role(RoleName="monitoring", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    change = {"DBInstanceIdentifier": "main", "ApplyImmediately": True}
    refused("InvalidParameterCombination", rds, "modify_db_instance", **change, MonitoringInterval=60)
    refused(
        "InvalidParameterValue",
        rds,
        "modify_db_instance",
        **change,
        MonitoringInterval=60,
        MonitoringRoleArn=f"{role}x",
    )
    refused("InvalidParameterCombination", rds, "modify_db_instance", **change, DatabaseInsightsMode="advanced")
    rds.modify_db_instance(
        **change,
        MonitoringInterval=60,
        MonitoringRoleArn=role,
        EnablePerformanceInsights=True,
        PerformanceInsightsRetentionPeriod=465,
        DatabaseInsightsMode="advanced",
        CloudwatchLogsExportConfiguration={"EnableLogTypes": ["upgrade"], "DisableLogTypes": ["postgresql"]},
        MaxAllocatedStorage=20,
    )
    database = _database(aws)
    assert (database["MonitoringInterval"], database["MonitoringRoleArn"]) == (60, role)
    assert database["PerformanceInsightsEnabled"] is True
    assert (database["DatabaseInsightsMode"], database["PerformanceInsightsRetentionPeriod"]) == ("advanced", 465)
    assert database["EnabledCloudwatchLogsExports"] == ["upgrade"]
    assert "MaxAllocatedStorage" not in database


def test_the_master_password_is_a_secret_of_its_own(aws: Aws) -> None:
    rds, made = aws("rds"), make_network(aws)
    make_database(aws, made, MasterUserSecretKmsKeyId=made["key"])
    secret = _database(aws)["MasterUserSecret"]
    assert secret["KmsKeyId"] == made["key"]
    assert "password" in aws("secretsmanager").get_secret_value(SecretId=secret["SecretArn"])["SecretString"]
    rds.modify_db_instance(DBInstanceIdentifier="main", ManageMasterUserPassword=True, ApplyImmediately=True)
    assert _database(aws)["MasterUserSecret"]["SecretArn"] == secret["SecretArn"]
    rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    assert aws("secretsmanager").list_secrets()["SecretList"] == []


def test_a_replica_is_an_instance_of_its_own(aws: Aws) -> None:
    rds, made = aws("rds"), make_network(aws)
    make_database(aws, made, MultiAZ=True)
    parameters = {"DBInstanceIdentifier": "replica", "SourceDBInstanceIdentifier": "main"}
    assert _database(aws)["DBInstanceStatus"] == "available"
    rds.create_db_instance_read_replica(**parameters, Tags=[{"Key": "Role", "Value": "reader"}])
    source, replica = _database(aws), _database(aws, "replica")
    assert source["ReadReplicaDBInstanceIdentifiers"] == ["replica"]
    assert replica["ReadReplicaSourceDBInstanceIdentifier"] == "main"
    assert "ReadReplicaSourceDBInstanceIdentifier" not in source
    for member in ("DBInstanceArn", "DbiResourceId", "TagList"):
        assert replica[member] != source[member]
    assert (replica["KmsKeyId"], replica["MultiAZ"]) == (source["KmsKeyId"], False)
    assert "MasterUserSecret" not in replica
    refused(
        "InvalidParameterCombination",
        rds,
        "delete_db_instance",
        DBInstanceIdentifier="replica",
        FinalDBSnapshotIdentifier="f",
    )
    rds.delete_db_instance(DBInstanceIdentifier="replica", SkipFinalSnapshot=True)
    assert _database(aws)["ReadReplicaDBInstanceIdentifiers"] == []


def test_a_restored_and_a_promoted_instance_stand_alone(simulator: Simulator, aws: Aws) -> None:
    rds, made = aws("rds"), make_network(aws)
    make_database(aws, made)
    assert _database(aws)["DBInstanceStatus"] == "available"
    rds.create_db_snapshot(DBInstanceIdentifier="main", DBSnapshotIdentifier="by-hand")
    simulator.settings(speed=1)
    rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier="restored", DBSnapshotIdentifier="by-hand", DBSubnetGroupName="data", Tags=[TAG]
    )
    assert _database(aws, "restored")["DBInstanceStatus"] == "creating"
    simulator.settings(speed="inf")
    restored = _database(aws, "restored")
    assert (restored["DBInstanceStatus"], restored["Endpoint"]["Port"]) == ("available", 5432)
    assert restored["DbiResourceId"] != _database(aws)["DbiResourceId"]
    rds.create_db_instance_read_replica(DBInstanceIdentifier="replica", SourceDBInstanceIdentifier="main")
    refused("InvalidDBInstanceState", rds, "promote_read_replica", DBInstanceIdentifier="main")
    rds.promote_read_replica(DBInstanceIdentifier="replica", BackupRetentionPeriod=7)
    assert "ReadReplicaSourceDBInstanceIdentifier" not in _database(aws, "replica")
    assert _database(aws, "replica")["BackupRetentionPeriod"] == 7
    assert _database(aws)["ReadReplicaDBInstanceIdentifiers"] == []


def test_deletion_takes_time_and_keeps_what_is_protected(simulator: Simulator, aws: Aws) -> None:
    rds, ec2, made = aws("rds"), aws("ec2"), make_network(aws)
    make_database(aws, made, DeletionProtection=True)
    delete = {"DBInstanceIdentifier": "main", "FinalDBSnapshotIdentifier": "final"}
    refused("InvalidParameterCombination", rds, "delete_db_instance", **delete)
    rds.modify_db_instance(DBInstanceIdentifier="main", DeletionProtection=False)
    refused("InvalidParameterCombination", rds, "delete_db_instance", DBInstanceIdentifier="main")
    refused("InvalidDBParameterGroupState", rds, "delete_db_parameter_group", DBParameterGroupName="pg16")
    refused("InvalidDBSubnetGroupStateFault", rds, "delete_db_subnet_group", DBSubnetGroupName="data")
    refused("DependencyViolation", ec2, "delete_security_group", GroupId=made["group"])
    simulator.settings(speed=1)
    rds.delete_db_instance(**delete)
    assert _database(aws)["DBInstanceStatus"] == "deleting"
    refused("InvalidDBInstanceState", rds, "delete_db_instance", **delete)
    refused("DependencyViolation", ec2, "delete_subnet", SubnetId=made["subnets"][0])
    simulator.settings(speed="inf")
    refused("DBInstanceNotFound", rds, "describe_db_instances", DBInstanceIdentifier="main")
    (snapshot,) = rds.describe_db_snapshots()["DBSnapshots"]
    assert (snapshot["DBSnapshotIdentifier"], snapshot["Status"]) == ("final", "available")
    assert snapshot["TagList"] == [TAG]
    rds.delete_db_parameter_group(DBParameterGroupName="pg16")
    rds.delete_db_subnet_group(DBSubnetGroupName="data")
    ec2.delete_security_group(GroupId=made["group"])
    ec2.delete_subnet(SubnetId=made["subnets"][0])


def test_a_name_can_be_used_again_after_its_backups_were_kept(aws: Aws) -> None:
    rds, made = aws("rds"), make_network(aws)
    make_database(aws, made)
    first = _database(aws)["DbiResourceId"]
    rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True, DeleteAutomatedBackups=False)
    rds.describe_db_instances()
    for group in ("delete_db_parameter_group", "delete_db_subnet_group"):
        name = "DBParameterGroupName" if "parameter" in group else "DBSubnetGroupName"
        getattr(rds, group)(**{name: "pg16" if "parameter" in group else "data"})
    make_database(aws, made)
    assert _database(aws)["DbiResourceId"] != first
    assert len({snapshot["DBSnapshotIdentifier"] for snapshot in rds.describe_db_snapshots()["DBSnapshots"]}) == 2


def test_parameters_tell_what_was_set_and_refuse_what_makes_no_sense(aws: Aws) -> None:
    rds = aws("rds")
    group = {"DBParameterGroupName": "pg16"}
    rds.create_db_parameter_group(**group, DBParameterGroupFamily="postgres16", Description="d")

    def setting(name: str, value: str, method: str = "immediate") -> list[dict[str, str]]:
        return [{"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}]

    rds.modify_db_parameter_group(**group, Parameters=setting("log_connections", "1"))
    (user,) = rds.describe_db_parameters(**group, Source="user")["Parameters"]
    assert (user["ParameterName"], user["ParameterValue"], user["ApplyType"]) == ("log_connections", "1", "dynamic")
    everything = {one["ParameterName"]: one for one in rds.describe_db_parameters(**group)["Parameters"]}
    assert everything["rds.force_ssl"]["Source"] == "system"
    assert everything["max_connections"]["ApplyType"] == "static"
    for bad, code in (
        (setting("no_such_parameter", "1"), "InvalidParameterValue"),
        (setting("log_connections", "perhaps"), "InvalidParameterValue"),
        (setting("max_connections", "100"), "InvalidParameterCombination"),
        (setting("log_connections", "1") * 21, "InvalidParameterValue"),
    ):
        refused(code, rds, "modify_db_parameter_group", **group, Parameters=bad)
    rds.reset_db_parameter_group(**group, Parameters=setting("log_connections", "1"))
    assert rds.describe_db_parameters(**group, Source="user")["Parameters"] == []
    missing = {"DBParameterGroupName": "missing"}
    refused("DBParameterGroupNotFound", rds, "describe_db_parameter_groups", **missing)


def test_a_static_parameter_waits_for_a_reboot(simulator: Simulator, aws: Aws) -> None:
    rds, made = aws("rds"), make_network(aws)
    make_database(aws, made)
    change = {"ParameterName": "max_connections", "ParameterValue": "100", "ApplyMethod": "pending-reboot"}
    _database(aws)
    rds.modify_db_parameter_group(DBParameterGroupName="pg16", Parameters=[change])
    assert _database(aws)["DBParameterGroups"][0]["ParameterApplyStatus"] == "pending-reboot"
    simulator.settings(speed=1)
    assert rds.reboot_db_instance(DBInstanceIdentifier="main")["DBInstance"]["DBInstanceStatus"] == "rebooting"
    simulator.settings(speed="inf")
    assert _database(aws)["DBParameterGroups"][0]["ParameterApplyStatus"] == "in-sync"


def test_a_subnet_group_needs_two_zones_and_existing_subnets(aws: Aws) -> None:
    rds, made = aws("rds"), make_network(aws)
    group = {"DBSubnetGroupName": "data", "DBSubnetGroupDescription": "d"}
    few = made["subnets"][:1]
    refused("DBSubnetGroupDoesNotCoverEnoughAZs", rds, "create_db_subnet_group", **group, SubnetIds=few)
    refused("InvalidSubnet", rds, "create_db_subnet_group", **group, SubnetIds=["subnet-none"])
    refused("DBSubnetGroupNotFoundFault", rds, "modify_db_subnet_group", **group, SubnetIds=made["subnets"])
    rds.create_db_subnet_group(**group, SubnetIds=made["subnets"])
    rds.modify_db_subnet_group(DBSubnetGroupName="data", DBSubnetGroupDescription="e", SubnetIds=made["subnets"])
    assert (
        rds.describe_db_subnet_groups(DBSubnetGroupName="data")["DBSubnetGroups"][0]["DBSubnetGroupDescription"] == "e"
    )


def test_backups_are_replicated_to_another_region(simulator: Simulator, aws: Aws) -> None:
    rds, there, made = aws("rds"), aws("rds", region=OTHER_REGION), make_network(aws)
    arn = make_database(aws, made)
    assert _database(aws)["DBInstanceStatus"] == "available"
    refused(
        "InvalidParameterCombination", there, "start_db_instance_automated_backups_replication", SourceDBInstanceArn=arn
    )
    key = aws("kms", region=OTHER_REGION).create_key()["KeyMetadata"]["Arn"]
    simulator.settings(speed=1)
    started = there.start_db_instance_automated_backups_replication(SourceDBInstanceArn=arn, KmsKeyId=key)
    assert started["DBInstanceAutomatedBackup"]["Status"] == "pending"
    simulator.settings(speed="inf")
    (backup,) = there.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"]
    assert (backup["Status"], backup["Region"], backup["KmsKeyId"]) == ("replicating", "us-east-1", key)
    assert _database(aws)["DBInstanceAutomatedBackupsReplications"] == [
        {"DBInstanceAutomatedBackupsArn": backup["DBInstanceAutomatedBackupsArn"]}
    ]
    rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)
    assert rds.describe_db_instances()["DBInstances"] == []
    (backup,) = there.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"]
    assert backup["Status"] == "retained"


def _group(aws: Aws) -> dict[str, Any]:
    found = aws("elasticache").describe_replication_groups(ReplicationGroupId="sessions")
    group: dict[str, Any] = found["ReplicationGroups"][0]
    return group


def test_a_replication_group_takes_time_and_refuses_changes_meanwhile(simulator: Simulator, aws: Aws) -> None:
    cache, made = aws("elasticache"), make_network(aws)
    simulator.settings(speed=1)
    make_cache(aws, made)
    assert _group(aws)["Status"] == "creating"
    assert "NodeGroups" not in _group(aws)
    change: dict[str, Any] = {"ReplicationGroupId": "sessions", "ApplyImmediately": True}
    larger = change | {"CacheNodeType": "cache.m7g.large"}
    arn = _group(aws)["ARN"]
    refused("InvalidReplicationGroupState", cache, "modify_replication_group", **larger)
    refused("InvalidReplicationGroupState", cache, "add_tags_to_resource", ResourceName=arn, Tags=[TAG])
    refused("InvalidReplicationGroupState", cache, "list_tags_for_resource", ResourceName=arn)
    refused("InvalidReplicationGroupState", cache, "delete_replication_group", ReplicationGroupId="sessions")
    simulator.settings(speed="inf")
    group = _group(aws)
    assert group["Status"] == "available"
    assert [member["CurrentRole"] for member in group["NodeGroups"][0]["NodeGroupMembers"]] == ["primary", "replica"]
    simulator.settings(speed=1)
    assert cache.modify_replication_group(**larger)["ReplicationGroup"]["Status"] == "modifying"
    member = cache.describe_cache_clusters(CacheClusterId="sessions-001")["CacheClusters"][0]
    assert member["PendingModifiedValues"] == {"CacheNodeType": "cache.m7g.large"}
    assert member["CacheNodeType"] == "cache.t4g.micro"
    simulator.settings(speed="inf")
    assert _group(aws)["CacheNodeType"] == "cache.m7g.large"


def test_a_replication_group_is_as_it_was_asked_for(aws: Aws) -> None:
    make_cache(aws, make_network(aws))
    group = _group(aws)
    assert (group["AutomaticFailover"], group["MultiAZ"]) == ("enabled", "enabled")
    assert (group["TransitEncryptionEnabled"], group["TransitEncryptionMode"]) == (True, "required")
    assert (group["AuthTokenEnabled"], group["AtRestEncryptionEnabled"]) == (True, True)
    assert "secret" not in str(group)
    members = aws("elasticache").describe_cache_clusters()["CacheClusters"]
    assert {member["EngineVersion"] for member in members} == {"7.1.0"}
    assert {member["PreferredAvailabilityZone"] for member in members} == {"us-east-1a", "us-east-1b"}
    assert {member["CacheParameterGroup"]["CacheParameterGroupName"] for member in members} == {"redis7"}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"AuthToken": "too-short"}, "InvalidParameterValue"),
        ({"TransitEncryptionEnabled": False}, "InvalidParameterCombination"),
        ({"NumCacheClusters": 1, "MultiAZEnabled": False}, "InvalidParameterValue"),
        ({"AutomaticFailoverEnabled": False}, "InvalidParameterCombination"),
        ({"EngineVersion": "9.9"}, "InvalidParameterValue"),
        ({"CacheParameterGroupName": "default.valkey8"}, "InvalidParameterCombination"),
        ({"CacheParameterGroupName": "missing"}, "CacheParameterGroupNotFound"),
        ({"CacheSubnetGroupName": "missing"}, "CacheSubnetGroupNotFoundFault"),
        ({"SecurityGroupIds": ["sg-none"]}, "InvalidParameterValue"),
        ({"NumNodeGroups": 3}, "NotImplemented"),
    ],
)
def test_a_senseless_replication_group_is_refused(aws: Aws, changes: dict[str, Any], code: str) -> None:
    cache = aws("elasticache")
    with pytest.raises(cache.exceptions.ClientError) as caught:
        make_cache(aws, make_network(aws), **changes)
    assert caught.value.response["Error"]["Code"] == code
    assert cache.describe_replication_groups()["ReplicationGroups"] == []


def test_the_token_and_the_replicas_of_a_group_change(aws: Aws) -> None:
    cache = aws("elasticache")
    make_cache(aws, make_network(aws))
    before = _group(aws)["AuthTokenLastModifiedDate"]
    change: dict[str, Any] = {"ReplicationGroupId": "sessions", "ApplyImmediately": True}
    cache.modify_replication_group(**change, AuthToken="another-long-secret-token", AuthTokenUpdateStrategy="ROTATE")
    assert _group(aws)["AuthTokenLastModifiedDate"] > before
    refused("InvalidParameterCombination", cache, "decrease_replica_count", **change, NewReplicaCount=0)
    cache.increase_replica_count(**change, NewReplicaCount=2)
    assert _group(aws)["MemberClusters"] == ["sessions-001", "sessions-002", "sessions-003"]
    cache.decrease_replica_count(**change, NewReplicaCount=1)
    assert _group(aws)["MemberClusters"] == ["sessions-001", "sessions-002"]


def test_a_group_is_deleted_with_its_members_and_leaves_its_snapshot(simulator: Simulator, aws: Aws) -> None:
    cache, ec2, made = aws("elasticache"), aws("ec2"), make_network(aws)
    make_cache(aws, made)
    assert _group(aws)["Status"] == "available"
    in_use = (
        ("CacheSubnetGroupInUse", cache, "delete_cache_subnet_group", {"CacheSubnetGroupName": "cache"}),
        (
            "InvalidCacheParameterGroupState",
            cache,
            "delete_cache_parameter_group",
            {"CacheParameterGroupName": "redis7"},
        ),
        ("DependencyViolation", ec2, "delete_security_group", {"GroupId": made["group"]}),
        ("DependencyViolation", ec2, "delete_subnet", {"SubnetId": made["subnets"][0]}),
    )
    simulator.settings(speed=1)
    cache.delete_replication_group(ReplicationGroupId="sessions", FinalSnapshotIdentifier="final")
    assert _group(aws)["Status"] == "deleting"
    for code, client, method, parameters in in_use:
        refused(code, client, method, **parameters)
    simulator.settings(speed="inf")
    refused("ReplicationGroupNotFoundFault", cache, "describe_replication_groups", ReplicationGroupId="sessions")
    assert cache.describe_cache_clusters()["CacheClusters"] == []
    assert cache.describe_snapshots()["Snapshots"][0]["SnapshotStatus"] == "available"
    for _code, client, method, parameters in in_use:
        getattr(client, method)(**parameters)


def test_cache_parameters_tell_what_was_set(aws: Aws) -> None:
    cache = aws("elasticache")
    group = {"CacheParameterGroupName": "valkey"}
    cache.create_cache_parameter_group(**group, CacheParameterGroupFamily="valkey8", Description="d")
    setting = {"ParameterName": "maxmemory-policy", "ParameterValue": "allkeys-lru"}
    cache.modify_cache_parameter_group(**group, ParameterNameValues=[setting])
    (user,) = cache.describe_cache_parameters(**group, Source="user")["Parameters"]
    assert (user["ParameterName"], user["ParameterValue"]) == ("maxmemory-policy", "allkeys-lru")
    for wrong in ({"ParameterName": "colour", "ParameterValue": "red"}, setting | {"ParameterValue": "sometimes"}):
        refused("InvalidParameterValue", cache, "modify_cache_parameter_group", **group, ParameterNameValues=[wrong])
    cache.reset_cache_parameter_group(**group, ResetAllParameters=True)
    assert cache.describe_cache_parameters(**group, Source="user")["Parameters"] == []
    default = {"CacheParameterGroupName": "default.redis7", "ParameterNameValues": [setting]}
    refused("InvalidCacheParameterGroupState", cache, "modify_cache_parameter_group", **default)
