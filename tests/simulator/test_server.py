# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The server: accounts and regions, many clients, settings, command line, state that survives a restart."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.scenarios import make_cache, make_database, make_network, tagged
from tests.support.simulator import ROOT, Simulator, SimulatorError

if TYPE_CHECKING:
    from pathlib import Path

CLIENTS, TURNS = 20, 2


def _command(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "simulator", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def test_the_account_is_the_end_of_the_access_key(simulator: Simulator) -> None:
    for account in ("111111111111", "222222222222"):
        assert simulator.client("sts", account=account).get_caller_identity()["Account"] == account
    variables = simulator.env(account="333333333333")
    assert variables["AWS_ACCESS_KEY_ID"].endswith("333333333333")


def test_accounts_and_regions_do_not_see_each_other(simulator: Simulator) -> None:
    simulator.client("logs").create_log_group(logGroupName="/here")
    simulator.client("kms").create_alias(
        AliasName="alias/here", TargetKeyId=simulator.client("kms").create_key()["KeyMetadata"]["KeyId"]
    )
    simulator.client("iam").create_role(RoleName="here", AssumeRolePolicyDocument="{}")
    for account, region in (("222222222222", "us-east-1"), ("111111111111", "eu-west-1")):
        assert simulator.client("logs", account, region).describe_log_groups()["logGroups"] == []
        aliases = simulator.client("kms", account, region).list_aliases()["Aliases"]
        assert "alias/here" not in [alias["AliasName"] for alias in aliases]
    assert len(simulator.client("iam", "111111111111", "eu-west-1").list_roles()["Roles"]) == 1
    assert simulator.client("iam", "222222222222").list_roles()["Roles"] == []


def test_a_bucket_of_another_account_is_closed(simulator: Simulator) -> None:
    simulator.client("s3").create_bucket(Bucket="monay-closed")
    stranger = simulator.client("s3", account="222222222222")
    with pytest.raises(stranger.exceptions.ClientError, match="403"):
        stranger.head_bucket(Bucket="monay-closed")
    with pytest.raises(stranger.exceptions.ClientError, match="AccessDenied"):
        stranger.delete_bucket(Bucket="monay-closed")


def _mixed(simulator: Simulator, number: int) -> None:
    """One client's work: writes and reads of seven services, in an account that it shares with others."""
    account = f"{number % 4:012}"
    ec2, s3, rds = (simulator.client(name, account=account) for name in ("ec2", "s3", "rds"))
    for turn in range(TURNS):
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc", f"v{number}-{turn}"))
        ec2.describe_vpcs(VpcIds=[vpc["Vpc"]["VpcId"]])
        ec2.describe_subnets()
        s3.create_bucket(Bucket=f"monay-{number}-{turn}")
        s3.put_object(Bucket=f"monay-{number}-{turn}", Key="k", Body=b"x" * 1000)
        s3.list_buckets()
        rds.describe_db_instances()
        simulator.client("kms", account=account).create_key()
        simulator.client("iam", account=account).create_role(
            RoleName=f"r{number}-{turn}", AssumeRolePolicyDocument="{}"
        )
        simulator.client("iam", account=account).list_roles()
        simulator.client("resourcegroupstaggingapi", account=account).get_resources()


def test_twenty_clients_at_once_meet_no_error(simulator: Simulator) -> None:
    for number in range(4):  # clients are made one by one: botocore's sessions are not thread-safe
        for service in ("ec2", "s3", "rds", "kms", "iam", "resourcegroupstaggingapi"):
            simulator.client(service, account=f"{number:012}")
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(lambda number: _mixed(simulator, number), range(CLIENTS)))
    entries = simulator.calls()
    assert len(entries) == CLIENTS * TURNS * 11
    assert [entry for entry in entries if entry["status"] != 200] == []
    assert len({entry["seq"] for entry in entries}) == len(entries)


def test_latency_is_waited_for_and_does_not_add_up_between_clients(simulator: Simulator) -> None:
    simulator.settings(latency_ms=200)
    ec2, started = simulator.client("ec2"), time.monotonic()
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda _number: ec2.describe_vpcs(), range(5)))
    elapsed = time.monotonic() - started
    assert 0.2 <= elapsed < 0.9
    assert all(entry["duration_ms"] >= 200 for entry in simulator.calls("ec2"))


def test_settings_are_shown_changed_and_checked(simulator: Simulator) -> None:
    assert simulator.settings()["speed"] == "inf"
    changed = simulator.settings(latency_ms=5, speed=2.5, provisioning={"nat_gateway": 9})
    assert (changed["latency_ms"], changed["speed"], changed["provisioning"]["nat_gateway"]) == (5, 2.5, 9)
    simulator.settings(provisioning={"nat_gateway": 6})
    refused: list[dict[str, Any]] = [{"speed": -1}, {"speed": "fast"}, {"latency_ms": "no"}, {"colour": 1}]
    for change in [*refused, {"provisioning": {"moon": 1}}]:
        with pytest.raises(SimulatorError, match="400"):
            simulator.settings(**change)
    assert simulator.settings(speed=0)["speed"] == "inf"


def test_reset_forgets_state_and_keeps_settings(simulator: Simulator) -> None:
    simulator.client("s3").create_bucket(Bucket="monay-gone")
    simulator.settings(latency_ms=1)
    simulator.fault("error500", match={})
    simulator.reset()
    assert simulator.client("s3").list_buckets()["Buckets"] == []
    assert simulator.settings()["latency_ms"] == 1
    assert simulator.faults()["faults"] == []


def test_only_loopback_is_listened_on() -> None:
    for host in ("0.0.0.0", "192.0.2.1"):
        refused = _command("serve", "--host", host, "--port", "0")
        assert refused.returncode == 2
        assert "only a loopback address is allowed" in refused.stderr


def test_env_prints_exports() -> None:
    printed = _command("env", "--account", "111111111111", "--region", "eu-west-1", "--port", "5999").stdout
    assert printed.splitlines() == [
        "export AWS_ENDPOINT_URL=http://127.0.0.1:5999",
        "export AWS_ACCESS_KEY_ID=AKIASIMU111111111111",
        "export AWS_SECRET_ACCESS_KEY=simulated",
        "export AWS_REGION=eu-west-1",
    ]
    assert _command("env", "--account", "12345").returncode == 2


def test_health_names_the_process(simulator: Simulator) -> None:
    health = simulator.control("GET", "health")
    assert (health["status"], health["pid"]) == ("ok", simulator.pid)
    with pytest.raises(SimulatorError, match="404"):
        simulator.control("GET", "nonsense")


def _everything(simulator: Simulator) -> str:
    """What the accounts hold, as the describing operations tell it."""

    def ask(service: str, method: str, key: str, region: str = "us-east-1", **parameters: Any) -> Any:
        return getattr(simulator.client(service, region=region), method)(**parameters)[key]

    found = {
        "vpcs": ask("ec2", "describe_vpcs", "Vpcs"),
        "nat": ask("ec2", "describe_nat_gateways", "NatGateways"),
        "endpoints": ask("ec2", "describe_vpc_endpoints", "VpcEndpoints"),
        "groups": ask("ec2", "describe_security_groups", "SecurityGroups"),
        "addresses": ask("ec2", "describe_addresses", "Addresses"),
        "databases": ask("rds", "describe_db_instances", "DBInstances"),
        "caches": ask("elasticache", "describe_replication_groups", "ReplicationGroups"),
        "parameters": ask("elasticache", "describe_cache_parameter_groups", "CacheParameterGroups"),
        "buckets": ask("s3", "list_buckets", "Buckets"),
        "lifecycle": ask("s3", "get_bucket_lifecycle_configuration", "Rules", Bucket="monay-kept"),
        "object": ask("s3", "get_object", "Body", Bucket="monay-kept", Key="k").read(),
        "keys": ask("kms", "list_keys", "Keys"),
        "aliases": ask("kms", "list_aliases", "Aliases"),
        "roles": ask("iam", "list_roles", "Roles"),
        "providers": ask("iam", "list_open_id_connect_providers", "OpenIDConnectProviderList"),
        "repositories": ask("ecr", "describe_repositories", "repositories"),
        "secret": ask("secretsmanager", "get_secret_value", "SecretString", SecretId="app"),
        "replica": ask("secretsmanager", "get_secret_value", "SecretString", region="us-west-2", SecretId="app"),
        "groups of logs": ask("logs", "describe_log_groups", "logGroups"),
        "analyzers": ask("accessanalyzer", "list_analyzers", "analyzers"),
        "block": ask("s3control", "get_public_access_block", "PublicAccessBlockConfiguration", AccountId="1" * 12),
        "plans": ask("backup", "list_backup_plans", "BackupPlansList"),
        "vaults": ask("backup", "list_backup_vaults", "BackupVaultList"),
        "gateways": ask("directconnect", "describe_direct_connect_gateways", "directConnectGateways"),
        "client vpn": ask("ec2", "describe_client_vpn_endpoints", "ClientVpnEndpoints"),
        "tagged": ask("resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList"),
    }
    for database in found["databases"]:
        database.pop("LatestRestorableTime", None)  # it is the present moment
    assert all(found.values()), [name for name, value in found.items() if not value]
    return json.dumps(found, default=str, sort_keys=True)


def _build(simulator: Simulator) -> None:
    """Something of every kind that phase 1 makes."""
    aws = simulator.client
    made = make_network(aws)
    ec2 = aws("ec2")
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=made["subnets"][0], AllocationId=address)
    ec2.create_vpc_endpoint(VpcId=made["vpc"], ServiceName="com.amazonaws.us-east-1.s3", VpcEndpointType="Gateway")
    ec2.create_flow_logs(
        ResourceIds=[made["vpc"]],
        ResourceType="VPC",
        TrafficType="ALL",
        LogGroupName="/f",
        DeliverLogsPermissionArn="a",
    )
    options = {"Type": "certificate-authentication", "MutualAuthentication": {"ClientRootCertificateChainArn": "arn:c"}}
    ec2.create_client_vpn_endpoint(
        ClientCidrBlock="172.16.0.0/22",
        ServerCertificateArn="arn:s",
        AuthenticationOptions=[options],
        ConnectionLogOptions={"Enabled": False},
    )
    make_database(aws, made)
    make_cache(aws, made)
    aws("kms").create_alias(AliasName="alias/data", TargetKeyId=made["key"])
    s3 = aws("s3")
    s3.create_bucket(Bucket="monay-kept")
    rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 9}}
    s3.put_bucket_lifecycle_configuration(Bucket="monay-kept", LifecycleConfiguration={"Rules": [rule]})
    s3.put_object(Bucket="monay-kept", Key="k", Body=b"content")
    aws("iam").create_role(RoleName="task", AssumeRolePolicyDocument="{}")
    aws("iam").create_open_id_connect_provider(Url="https://ci.example.com", ClientIDList=["sts.amazonaws.com"])
    aws("ecr").create_repository(repositoryName="monay/backend")
    secret = {"Name": "app", "SecretString": "s", "AddReplicaRegions": [{"Region": "us-west-2"}]}
    aws("secretsmanager").create_secret(**secret)
    aws("logs").create_log_group(logGroupName="/app", tags={"a": "b"})
    aws("accessanalyzer").create_analyzer(analyzerName="a", type="ACCOUNT")
    block = {"BlockPublicAcls": True}
    aws("s3control").put_public_access_block(AccountId="1" * 12, PublicAccessBlockConfiguration=block)
    aws("backup").create_backup_vault(BackupVaultName="v")
    plan = {"BackupPlanName": "p", "Rules": [{"RuleName": "r", "TargetBackupVaultName": "v"}]}
    aws("backup").create_backup_plan(BackupPlan=plan)
    aws("directconnect").create_direct_connect_gateway(directConnectGatewayName="g")


def test_state_survives_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "state"
    with Simulator(state_file=file) as first:
        _build(first)
        before = _everything(first)
    assert file.stat().st_mode & 0o077 == 0
    with Simulator(state_file=file) as second:
        assert _everything(second) == before
        # references between services hold: the database still keeps its subnets from being deleted
        ec2 = second.client("ec2")
        subnet = ec2.describe_subnets(Filters=[{"Name": "tag:Name", "Values": ["subnet-b"]}])["Subnets"][0]
        with pytest.raises(ec2.exceptions.ClientError, match="DB instance main"):
            ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        stranger = second.client("s3", account="222222222222")
        with pytest.raises(stranger.exceptions.ClientError, match="BucketAlreadyExists"):
            stranger.create_bucket(Bucket="monay-kept")


def test_what_is_under_way_goes_on_after_a_restart(tmp_path: Path) -> None:
    file = tmp_path / "state"
    with Simulator(speed="1", state_file=file) as first:
        make_database(first.client, make_network(first.client))
        first.control("POST", "save")
    with Simulator(speed="1", state_file=file) as second:
        rds = second.client("rds")
        assert rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"] == "creating"
        assert second.control("GET", "health")["pending"] == 1
        second.settings(speed="inf")
        assert rds.describe_db_instances()["DBInstances"][0]["DBInstanceStatus"] == "available"


def test_saving_without_a_state_file_is_refused(simulator: Simulator) -> None:
    with pytest.raises(SimulatorError, match="without --state-file"):
        simulator.control("POST", "save")


def test_it_stops_cleanly() -> None:
    started = Simulator()
    assert started.stop() == 0
    assert started.errors() == ""
