# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The call log: who asked what of which resource, without secrets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from simulator.mutations import is_mutating
from tests.support.simulator import Simulator, SimulatorError

if TYPE_CHECKING:
    from collections.abc import Callable


def test_an_entry_says_who_what_and_how_it_ended(simulator: Simulator) -> None:
    simulator.client("s3", account="222222222222", region="eu-west-1").create_bucket(
        Bucket="monay-logs", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    (entry,) = simulator.calls("s3")
    assert entry | {"seq": 0, "at": 0, "duration_ms": 0} == {
        "seq": 0,
        "at": 0,
        "account": "222222222222",
        "region": "eu-west-1",
        "service": "s3",
        "operation": "CreateBucket",
        "mutating": True,
        "resource": "monay-logs",
        "parameters": {
            "Bucket": "monay-logs",
            "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"},
        },
        "status": 200,
        "error": None,
        "duration_ms": 0,
        "fault": None,
    }
    assert entry["duration_ms"] >= 0
    assert entry["at"] > 1_700_000_000


CALLS: list[tuple[str, str, dict[str, Any], str, str | None]] = [
    ("sts", "get_caller_identity", {}, "GetCallerIdentity", None),
    ("ec2", "describe_vpcs", {}, "DescribeVpcs", None),
    ("s3control", "get_public_access_block", {"AccountId": "111111111111"}, "GetPublicAccessBlock", "111111111111"),
    ("s3", "list_objects_v2", {"Bucket": "monay-x"}, "ListObjectsV2", "monay-x"),
    ("s3", "get_bucket_versioning", {"Bucket": "monay-x"}, "GetBucketVersioning", "monay-x"),
    ("s3", "head_object", {"Bucket": "monay-x", "Key": "a b/c"}, "HeadObject", "monay-x"),
    ("iam", "get_role", {"RoleName": "nobody"}, "GetRole", "nobody"),
    ("rds", "describe_db_instances", {"DBInstanceIdentifier": "main"}, "DescribeDBInstances", "main"),
    ("elasticache", "describe_replication_groups", {"ReplicationGroupId": "r"}, "DescribeReplicationGroups", "r"),
    ("kms", "describe_key", {"KeyId": "alias/none"}, "DescribeKey", "alias/none"),
    ("ecr", "get_authorization_token", {}, "GetAuthorizationToken", None),
    ("secretsmanager", "describe_secret", {"SecretId": "s"}, "DescribeSecret", "s"),
    ("logs", "describe_log_groups", {}, "DescribeLogGroups", None),
    ("resourcegroupstaggingapi", "get_resources", {}, "GetResources", None),
    ("accessanalyzer", "get_analyzer", {"analyzerName": "a"}, "GetAnalyzer", "a"),
    ("backup", "describe_backup_vault", {"BackupVaultName": "v"}, "DescribeBackupVault", "v"),
    ("directconnect", "describe_direct_connect_gateways", {}, "DescribeDirectConnectGateways", None),
]


@pytest.mark.parametrize(("service", "method", "parameters", "operation", "resource"), CALLS, ids=lambda v: str(v)[:30])
def test_every_protocol_is_recognised(
    simulator: Simulator, service: str, method: str, parameters: dict[str, Any], operation: str, resource: str | None
) -> None:
    client = simulator.client(service)
    try:
        getattr(client, method)(**parameters)
    except client.exceptions.ClientError as error:
        refusal = error.response["Error"]["Code"]
    else:
        refusal = None
    (entry,) = simulator.calls()
    assert (entry["service"], entry["operation"]) == (service, operation)
    assert entry["resource"] == resource
    assert entry["mutating"] is False
    assert parameters.items() <= entry["parameters"].items()
    # an answer to HEAD has no body: boto3 knows the status only
    assert refusal in (entry["error"], str(entry["status"]))


def test_a_new_ec2_thing_is_named_by_its_name_tag(simulator: Simulator) -> None:
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "monay-vpc"}]}]
    simulator.client("ec2").create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tags)
    assert simulator.calls("ec2")[0]["resource"] == "monay-vpc"


def test_secrets_are_not_logged(simulator: Simulator) -> None:
    simulator.client("secretsmanager").create_secret(Name="s", SecretString="hush")
    rds = simulator.client("rds")
    with pytest.raises(rds.exceptions.ClientError):
        rds.modify_db_instance(DBInstanceIdentifier="none", MasterUserPassword="hush-hush")
    cache = simulator.client("elasticache")
    with pytest.raises(cache.exceptions.ClientError):
        cache.modify_replication_group(ReplicationGroupId="none", AuthToken="hush-hush-hush-hush")
    entries = simulator.calls()
    assert len(entries) == 3
    assert "hush" not in str(entries)
    assert entries[0]["parameters"]["SecretString"] == "<redacted>"


def test_the_log_can_be_filtered_and_emptied(simulator: Simulator) -> None:
    ec2, s3 = simulator.client("ec2"), simulator.client("s3")
    ec2.describe_vpcs()
    s3.create_bucket(Bucket="monay-a")
    s3.list_buckets()
    assert [e["operation"] for e in simulator.calls(mutating=True)] == ["CreateBucket"]
    assert [e["operation"] for e in simulator.calls("s3", mutating=False)] == ["ListBuckets"]
    assert [e["operation"] for e in simulator.calls(operation="DescribeVpcs")] == ["DescribeVpcs"]
    first = simulator.calls()[0]["seq"]
    assert [e["operation"] for e in simulator.calls(since=first)] == ["CreateBucket", "ListBuckets"]
    simulator.clear_calls()
    assert simulator.calls() == []
    s3.list_buckets()
    assert simulator.calls()[0]["seq"] == first + 3


def test_a_senseless_filter_is_refused(simulator: Simulator) -> None:
    with pytest.raises(SimulatorError, match="since must be a whole number"):
        simulator.control("GET", "calls?since=soon")
    with pytest.raises(SimulatorError, match="mutating must be true or false"):
        simulator.control("GET", "calls?mutating=maybe")


@pytest.mark.parametrize(
    ("service", "operation", "mutates"),
    [
        ("ec2", "CreateVpc", True),
        ("ec2", "AssociateRouteTable", True),
        ("ec2", "DescribeVpcs", False),
        ("ecr", "GetAuthorizationToken", False),
        ("ecr", "BatchGetImage", False),
        ("ecr", "PutReplicationConfiguration", True),
        ("sts", "AssumeRole", False),
        ("kms", "GenerateDataKey", False),
        ("kms", "ScheduleKeyDeletion", True),
        ("secretsmanager", "GetRandomPassword", False),
        ("secretsmanager", "RotateSecret", True),
        ("elasticache", "TestFailover", True),
        ("rds", "StartDBInstanceAutomatedBackupsReplication", True),
        ("iam", "SimulatePrincipalPolicy", False),
        ("s3", "HeadBucket", False),
        ("s3", "DeleteObjects", True),
    ],
)
def test_what_mutates_is_known(service: str, operation: str, mutates: bool) -> None:
    assert is_mutating(service, operation) is mutates


def test_an_unsigned_call_is_refused_and_logged(simulator: Simulator) -> None:
    import urllib.error
    import urllib.request

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{simulator.endpoint}/some/path", timeout=10)  # noqa: S310
    with refused.value:
        assert refused.value.code == 403
        assert b"MissingAuthenticationToken" in refused.value.read()
    assert simulator.calls()[0]["error"] == "MissingAuthenticationToken"


def test_what_is_not_simulated_is_an_error_that_names_it(simulator: Simulator) -> None:
    attempts: list[tuple[str, Callable[[Any], Any]]] = [
        ("iam", lambda client: client.simulate_principal_policy(PolicySourceArn="a" * 20, ActionNames=["s3:Get*"])),
        ("rds", lambda client: client.describe_db_recommendations()),
        ("accessanalyzer", lambda client: client.list_findings_v2(analyzerArn="arn:aws:access-analyzer:x")),
        ("ec2", lambda client: client.describe_verified_access_instances()),
        ("appstream", lambda client: client.describe_fleets()),
    ]
    for service, attempt in attempts:
        client = simulator.client(service)
        with pytest.raises(client.exceptions.ClientError) as refused:
            attempt(client)
        error = refused.value.response
        assert error["Error"]["Code"] == "NotImplemented", service
        assert error["ResponseMetadata"]["HTTPStatusCode"] == 501
        assert service in error["Error"]["Message"]
        assert refused.value.operation_name in error["Error"]["Message"]
