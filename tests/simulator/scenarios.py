# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls that together use every operation that an overlay answers; each scenario stands on its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.simulator.scenarios_capacity import CAPACITY
from tests.simulator.scenarios_ecs import ECS_SCENARIOS
from tests.simulator.scenarios_edge import EDGE
from tests.simulator.scenarios_monitoring import MONITORING
from tests.support.simulator import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Callable

    Aws = Callable[..., Any]

TAG = {"Key": "Project", "Value": "monay"}
OTHER_REGION = "us-west-2"
TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)


def tagged(kind: str, name: str) -> list[dict[str, Any]]:
    """TagSpecifications with a name and the project."""
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}, TAG]}]


def make_network(aws: Aws, region: str = REGION) -> dict[str, Any]:
    """A VPC with a subnet in each of two zones, a security group and a key."""
    ec2 = aws("ec2", region=region)
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=tagged("vpc", "vpc"))["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc,
            CidrBlock=f"10.0.{number}.0/24",
            AvailabilityZone=f"{region}{zone}",
            TagSpecifications=tagged("subnet", f"subnet-{zone}"),
        )["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(
        GroupName="group", Description="for tests", VpcId=vpc, TagSpecifications=tagged("security-group", "group")
    )["GroupId"]
    key = aws("kms", region=region).create_key(Tags=[{"TagKey": "Project", "TagValue": "monay"}])["KeyMetadata"]["Arn"]
    return {"vpc": vpc, "subnets": subnets, "group": group, "key": key}


def make_nat_gateway(aws: Aws, subnet: str) -> dict[str, str]:
    """An address and a NAT gateway that uses it."""
    ec2 = aws("ec2")
    address = ec2.allocate_address(Domain="vpc", TagSpecifications=tagged("elastic-ip", "nat"))["AllocationId"]
    gateway = ec2.create_nat_gateway(
        SubnetId=subnet, AllocationId=address, TagSpecifications=tagged("natgateway", "nat"), ClientToken="token-1"
    )["NatGateway"]["NatGatewayId"]
    return {"address": address, "gateway": gateway}


def network(aws: Aws) -> None:
    ec2, made = aws("ec2"), make_network(aws)
    table = ec2.create_route_table(VpcId=made["vpc"])["RouteTable"]["RouteTableId"]
    nat = make_nat_gateway(aws, made["subnets"][0])
    ec2.describe_nat_gateways(Filters=[{"Name": "tag:Name", "Values": ["nat"]}])
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat["gateway"])
    ec2.delete_nat_gateway(NatGatewayId=nat["gateway"])
    ec2.describe_route_tables(RouteTableIds=[table])
    acl = ec2.create_network_acl(VpcId=made["vpc"])["NetworkAcl"]["NetworkAclId"]
    ec2.delete_network_acl(NetworkAclId=acl)
    ec2.delete_route_table(RouteTableId=table)
    rules = [
        {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
        {"IpProtocol": "tcp", "FromPort": 90, "ToPort": 90, "UserIdGroupPairs": [{"GroupId": made["group"]}]},
    ]
    ec2.authorize_security_group_ingress(GroupId=made["group"], IpPermissions=rules)
    ec2.authorize_security_group_egress(GroupId=made["group"], IpPermissions=rules)
    for version in ("IpRanges", "Ipv6Ranges"):
        cidr = {"CidrIp": "192.0.2.0/24"} if version == "IpRanges" else {"CidrIpv6": "2001:db8::/32"}
        rule = [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, version: [cidr]}]
        ec2.authorize_security_group_ingress(GroupId=made["group"], IpPermissions=rule)
        ec2.revoke_security_group_ingress(GroupId=made["group"], IpPermissions=rule)
        ec2.authorize_security_group_egress(GroupId=made["group"], IpPermissions=rule)
        ec2.revoke_security_group_egress(GroupId=made["group"], IpPermissions=rule)
    ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [made["group"]]}])
    eni = ec2.create_network_interface(SubnetId=made["subnets"][0], Groups=[made["group"]])["NetworkInterface"]
    ec2.delete_network_interface(NetworkInterfaceId=eni["NetworkInterfaceId"])
    ec2.delete_security_group(GroupId=made["group"])
    for subnet in made["subnets"]:
        ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=made["vpc"])


def endpoints(aws: Aws) -> None:
    ec2, made = aws("ec2"), make_network(aws)
    table = ec2.create_route_table(VpcId=made["vpc"])["RouteTable"]["RouteTableId"]
    ids = []
    gateway = ec2.create_vpc_endpoint(
        VpcId=made["vpc"], ServiceName=f"com.amazonaws.{REGION}.s3", VpcEndpointType="Gateway", RouteTableIds=[table]
    )
    ids.append(gateway["VpcEndpoint"]["VpcEndpointId"])
    interface = ec2.create_vpc_endpoint(
        VpcId=made["vpc"],
        ServiceName=f"com.amazonaws.{REGION}.ecr.api",
        VpcEndpointType="Interface",
        SubnetIds=made["subnets"][:1],
        SecurityGroupIds=[made["group"]],
        PrivateDnsEnabled=True,
        TagSpecifications=tagged("vpc-endpoint", "ecr"),
    )
    ids.append(interface["VpcEndpoint"]["VpcEndpointId"])
    ec2.describe_vpc_endpoints(VpcEndpointIds=ids)
    ec2.modify_vpc_endpoint(VpcEndpointId=ids[0], RemoveRouteTableIds=[table])
    ec2.modify_vpc_endpoint(VpcEndpointId=ids[1], AddSubnetIds=made["subnets"][1:])
    ec2.delete_vpc_endpoints(VpcEndpointIds=ids)
    ec2.create_flow_logs(
        ResourceIds=[made["vpc"]],
        ResourceType="VPC",
        TrafficType="ALL",
        LogGroupName="/flow",
        DeliverLogsPermissionArn=f"arn:aws:iam::{ACCOUNT}:role/flow",
        TagSpecifications=tagged("vpc-flow-log", "flow"),
    )
    ec2.describe_flow_logs()


def ebs(aws: Aws) -> None:
    ec2 = aws("ec2")
    ec2.enable_ebs_encryption_by_default()
    ec2.get_ebs_encryption_by_default()
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=aws("kms").create_key()["KeyMetadata"]["Arn"])
    ec2.get_ebs_default_kms_key_id()
    ec2.reset_ebs_default_kms_key_id()


def client_vpn(aws: Aws) -> None:
    ec2, made = aws("ec2"), make_network(aws)
    endpoint = ec2.create_client_vpn_endpoint(
        ClientCidrBlock="172.16.0.0/22",
        ServerCertificateArn=f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/server",
        AuthenticationOptions=[
            {
                "Type": "certificate-authentication",
                "MutualAuthentication": {
                    "ClientRootCertificateChainArn": f"arn:aws:acm:{REGION}:{ACCOUNT}:certificate/c"
                },
            }
        ],
        ConnectionLogOptions={"Enabled": False},
        TagSpecifications=tagged("client-vpn-endpoint", "admin"),
    )["ClientVpnEndpointId"]
    subnet = made["subnets"][0]
    network_id = ec2.associate_client_vpn_target_network(ClientVpnEndpointId=endpoint, SubnetId=subnet)
    ec2.authorize_client_vpn_ingress(
        ClientVpnEndpointId=endpoint, TargetNetworkCidr="10.0.0.0/16", AuthorizeAllGroups=True
    )
    route = {"ClientVpnEndpointId": endpoint, "DestinationCidrBlock": "0.0.0.0/0", "TargetVpcSubnetId": subnet}
    ec2.create_client_vpn_route(**route)
    ec2.modify_client_vpn_endpoint(ClientVpnEndpointId=endpoint, SplitTunnel=True, VpnPort=1194)
    ec2.apply_security_groups_to_client_vpn_target_network(
        ClientVpnEndpointId=endpoint, VpcId=made["vpc"], SecurityGroupIds=[made["group"]]
    )
    ec2.create_tags(Resources=[endpoint, made["vpc"]], Tags=[{"Key": "Owner", "Value": "net"}])
    ec2.delete_tags(Resources=[endpoint, made["vpc"]], Tags=[{"Key": "Owner"}])
    ec2.describe_client_vpn_endpoints(ClientVpnEndpointIds=[endpoint])
    ec2.describe_client_vpn_target_networks(ClientVpnEndpointId=endpoint)
    ec2.describe_client_vpn_authorization_rules(ClientVpnEndpointId=endpoint)
    ec2.describe_client_vpn_routes(ClientVpnEndpointId=endpoint)
    ec2.delete_client_vpn_route(**route)
    ec2.revoke_client_vpn_ingress(ClientVpnEndpointId=endpoint, TargetNetworkCidr="10.0.0.0/16", RevokeAllGroups=True)
    ec2.disassociate_client_vpn_target_network(ClientVpnEndpointId=endpoint, AssociationId=network_id["AssociationId"])
    ec2.describe_client_vpn_endpoints()
    ec2.delete_client_vpn_endpoint(ClientVpnEndpointId=endpoint)


def site_to_site(aws: Aws) -> None:
    ec2, direct, made = aws("ec2"), aws("directconnect"), make_network(aws)
    customer = ec2.create_customer_gateway(Type="ipsec.1", PublicIp="198.51.100.1", BgpAsn=65000)
    gateway = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    ec2.attach_vpn_gateway(VpcId=made["vpc"], VpnGatewayId=gateway)
    table = ec2.create_route_table(VpcId=made["vpc"])["RouteTable"]["RouteTableId"]
    ec2.enable_vgw_route_propagation(RouteTableId=table, GatewayId=gateway)
    ec2.describe_route_tables(RouteTableIds=[table])
    ec2.disable_vgw_route_propagation(RouteTableId=table, GatewayId=gateway)
    connection = ec2.create_vpn_connection(
        Type="ipsec.1",
        CustomerGatewayId=customer["CustomerGateway"]["CustomerGatewayId"],
        VpnGatewayId=gateway,
        Options={"StaticRoutesOnly": True},
        TagSpecifications=tagged("vpn-connection", "office"),
    )["VpnConnection"]["VpnConnectionId"]
    ec2.create_vpn_connection_route(VpnConnectionId=connection, DestinationCidrBlock="192.168.0.0/16")
    ec2.describe_vpn_connections(VpnConnectionIds=[connection])
    ec2.delete_vpn_connection_route(VpnConnectionId=connection, DestinationCidrBlock="192.168.0.0/16")
    ec2.delete_vpn_connection(VpnConnectionId=connection)
    created = direct.create_direct_connect_gateway(
        directConnectGatewayName="office", tags=[{"key": "Project", "value": "monay"}]
    )["directConnectGateway"]["directConnectGatewayId"]
    arn = f"arn:aws:directconnect::{ACCOUNT}:dx-gateway/{created}"
    direct.update_direct_connect_gateway(directConnectGatewayId=created, newDirectConnectGatewayName="office-2")
    direct.describe_direct_connect_gateways(directConnectGatewayId=created)
    association = direct.create_direct_connect_gateway_association(directConnectGatewayId=created, gatewayId=gateway)
    association_id = association["directConnectGatewayAssociation"]["associationId"]
    direct.describe_direct_connect_gateway_associations(directConnectGatewayId=created)
    direct.update_direct_connect_gateway_association(
        associationId=association_id, addAllowedPrefixesToDirectConnectGateway=[{"cidr": "10.0.0.0/16"}]
    )
    direct.tag_resource(resourceArn=arn, tags=[{"key": "Owner", "value": "net"}])
    direct.untag_resource(resourceArn=arn, tagKeys=["Owner"])
    direct.describe_tags(resourceArns=[arn])
    direct.delete_direct_connect_gateway_association(associationId=association_id)
    direct.describe_direct_connect_gateway_associations(directConnectGatewayId=created)
    direct.delete_direct_connect_gateway(directConnectGatewayId=created)


def identity(aws: Aws) -> None:
    iam, analyzer = aws("iam"), aws("accessanalyzer")
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    arn = iam.create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"], Tags=[TAG]
    )["OpenIDConnectProviderArn"]
    iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="second")
    iam.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="second")
    created = analyzer.create_analyzer(analyzerName="external", type="ACCOUNT", tags={"Project": "monay"})
    analyzer.get_analyzer(analyzerName="external")
    analyzer.list_analyzers()
    analyzer.tag_resource(resourceArn=created["arn"], tags={"Owner": "security"})
    analyzer.untag_resource(resourceArn=created["arn"], tagKeys=["Owner"])
    analyzer.list_tags_for_resource(resourceArn=created["arn"])
    analyzer.delete_analyzer(analyzerName="external")


def keys_and_logs(aws: Aws) -> None:
    kms, logs = aws("kms"), aws("logs")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
    kms.get_key_rotation_status(KeyId=key)
    kms.describe_key(KeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    kms.cancel_key_deletion(KeyId=key)
    kms.enable_key(KeyId=key)
    kms.disable_key(KeyId=key)
    logs.create_log_group(logGroupName="/app", logGroupClass="STANDARD")
    logs.associate_kms_key(logGroupName="/app", kmsKeyId=key)
    logs.disassociate_kms_key(logGroupName="/app")
    logs.put_log_group_deletion_protection(logGroupIdentifier="/app", deletionProtectionEnabled=False)
    logs.describe_log_groups(logGroupNamePrefix="/app")
    logs.delete_log_group(logGroupName="/app")


def buckets(aws: Aws) -> None:
    s3 = aws("s3")
    for name in ("monay-source", "monay-target"):
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_lifecycle_configuration(Bucket="monay-source", LifecycleConfiguration=LIFECYCLE)
    s3.get_bucket_lifecycle_configuration(Bucket="monay-source")
    retention = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": retention}
    s3.put_object_lock_configuration(Bucket="monay-target", ObjectLockConfiguration=lock)
    s3.get_object_lock_configuration(Bucket="monay-target")
    s3.put_bucket_replication(Bucket="monay-source", ReplicationConfiguration=REPLICATION)
    s3.get_bucket_replication(Bucket="monay-source")
    enabled = {"TargetBucket": "monay-target", "TargetPrefix": "source/"}
    s3.put_bucket_logging(Bucket="monay-source", BucketLoggingStatus={"LoggingEnabled": enabled})
    s3.get_bucket_logging(Bucket="monay-source")
    s3.delete_bucket_encryption(Bucket="monay-source")


LIFECYCLE: dict[str, Any] = {
    "Rules": [
        {
            "ID": "old-versions",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30, "NewerNoncurrentVersions": 3},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        }
    ]
}
REPLICATION: dict[str, Any] = {
    "Role": f"arn:aws:iam::{ACCOUNT}:role/replication",
    "Rules": [
        {
            "ID": "all",
            "Priority": 1,
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "DeleteMarkerReplication": {"Status": "Enabled"},
            "Destination": {"Bucket": "arn:aws:s3:::monay-target", "StorageClass": "STANDARD_IA"},
        }
    ],
}


def make_database(aws: Aws, made: dict[str, Any], **changes: Any) -> str:
    """A gp3 PostgreSQL instance in its own groups; its ARN."""
    rds = aws("rds")
    rds.create_db_subnet_group(
        DBSubnetGroupName="data", DBSubnetGroupDescription="d", SubnetIds=made["subnets"], Tags=[TAG]
    )
    rds.create_db_parameter_group(
        DBParameterGroupName="pg16", DBParameterGroupFamily="postgres16", Description="d", Tags=[TAG]
    )
    parameters: dict[str, Any] = {
        "DBInstanceIdentifier": "main",
        "DBInstanceClass": "db.t4g.micro",
        "Engine": "postgres",
        "EngineVersion": "16",
        "AllocatedStorage": 20,
        "MaxAllocatedStorage": 100,
        "StorageType": "gp3",
        "StorageEncrypted": True,
        "KmsKeyId": made["key"],
        "MasterUsername": "monay",
        "ManageMasterUserPassword": True,
        "DBSubnetGroupName": "data",
        "DBParameterGroupName": "pg16",
        "VpcSecurityGroupIds": [made["group"]],
        "BackupRetentionPeriod": 7,
        "CopyTagsToSnapshot": True,
        "Tags": [TAG],
    }
    return str(rds.create_db_instance(**(parameters | changes))["DBInstance"]["DBInstanceArn"])


def databases(aws: Aws) -> None:
    rds, made = aws("rds"), make_network(aws)
    arn = make_database(aws, made)
    setting = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "immediate"}
    rds.modify_db_parameter_group(DBParameterGroupName="pg16", Parameters=[setting])
    rds.describe_db_parameter_groups(DBParameterGroupName="pg16")
    rds.describe_db_parameters(DBParameterGroupName="pg16")
    rds.reset_db_parameter_group(DBParameterGroupName="pg16", Parameters=[setting])
    rds.describe_db_subnet_groups(DBSubnetGroupName="data")
    rds.modify_db_subnet_group(DBSubnetGroupName="data", SubnetIds=made["subnets"][::-1])
    rds.describe_db_instances(DBInstanceIdentifier="main")
    rds.modify_db_instance(DBInstanceIdentifier="main", AllocatedStorage=30, ApplyImmediately=True)
    rds.reboot_db_instance(DBInstanceIdentifier="main")
    rds.create_db_snapshot(DBInstanceIdentifier="main", DBSnapshotIdentifier="by-hand")
    rds.stop_db_instance(DBInstanceIdentifier="main")
    rds.start_db_instance(DBInstanceIdentifier="main")
    rds.create_db_instance_read_replica(
        DBInstanceIdentifier="replica", SourceDBInstanceIdentifier="main", EnablePerformanceInsights=True
    )
    restored = {"DBInstanceIdentifier": "restored", "DBSnapshotIdentifier": "by-hand"}
    rds.restore_db_instance_from_db_snapshot(**restored)
    moment = {"SourceDBInstanceIdentifier": "main", "TargetDBInstanceIdentifier": "earlier"}
    rds.restore_db_instance_to_point_in_time(**moment, UseLatestRestorableTime=True)
    rds.create_db_instance_read_replica(DBInstanceIdentifier="promoted", SourceDBInstanceIdentifier="main")
    rds.promote_read_replica(DBInstanceIdentifier="promoted")
    backups(aws, arn)
    rds.delete_db_instance(DBInstanceIdentifier="replica", SkipFinalSnapshot=True)
    rds.delete_db_instance(DBInstanceIdentifier="main", FinalDBSnapshotIdentifier="final")


def backups(aws: Aws, arn: str) -> None:
    """Replicated automated backups of the instance, in another region."""
    there = aws("rds", region=OTHER_REGION)
    key = aws("kms", region=OTHER_REGION).create_key()["KeyMetadata"]["Arn"]
    there.start_db_instance_automated_backups_replication(SourceDBInstanceArn=arn, KmsKeyId=key, Tags=[TAG])
    found = there.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"][0]
    aws("rds").describe_db_instances()
    there.stop_db_instance_automated_backups_replication(SourceDBInstanceArn=arn)
    there.delete_db_instance_automated_backup(DBInstanceAutomatedBackupsArn=found["DBInstanceAutomatedBackupsArn"])


def make_cache(aws: Aws, made: dict[str, Any], **changes: Any) -> None:
    """A two-node Redis with TLS and a token in its own groups."""
    cache = aws("elasticache")
    cache.create_cache_subnet_group(
        CacheSubnetGroupName="cache", CacheSubnetGroupDescription="d", SubnetIds=made["subnets"], Tags=[TAG]
    )
    cache.create_cache_parameter_group(
        CacheParameterGroupName="redis7", CacheParameterGroupFamily="redis7", Description="d", Tags=[TAG]
    )
    parameters: dict[str, Any] = {
        "ReplicationGroupId": "sessions",
        "ReplicationGroupDescription": "d",
        "NumCacheClusters": 2,
        "AutomaticFailoverEnabled": True,
        "MultiAZEnabled": True,
        "CacheNodeType": "cache.t4g.micro",
        "Engine": "redis",
        "EngineVersion": "7.1",
        "CacheParameterGroupName": "redis7",
        "CacheSubnetGroupName": "cache",
        "SecurityGroupIds": [made["group"]],
        "TransitEncryptionEnabled": True,
        "AtRestEncryptionEnabled": True,
        "KmsKeyId": made["key"],
        "AuthToken": "a-very-long-and-secret-token",
        "SnapshotRetentionLimit": 3,
        "Tags": [TAG],
    }
    cache.create_replication_group(**(parameters | changes))


def caches(aws: Aws) -> None:
    cache, made = aws("elasticache"), make_network(aws)
    make_cache(aws, made)
    setting = [{"ParameterName": "maxmemory-policy", "ParameterValue": "allkeys-lru"}]
    cache.modify_cache_parameter_group(CacheParameterGroupName="redis7", ParameterNameValues=setting)
    cache.describe_cache_parameter_groups(CacheParameterGroupName="redis7")
    cache.describe_cache_parameters(CacheParameterGroupName="redis7")
    cache.reset_cache_parameter_group(CacheParameterGroupName="redis7", ParameterNameValues=setting)
    cache.describe_cache_subnet_groups(CacheSubnetGroupName="cache")
    cache.modify_cache_subnet_group(CacheSubnetGroupName="cache", CacheSubnetGroupDescription="e")
    cache.describe_replication_groups(ReplicationGroupId="sessions")
    cache.describe_cache_clusters(ShowCacheNodeInfo=True)
    cache.modify_replication_group(
        ReplicationGroupId="sessions", CacheNodeType="cache.t4g.small", ApplyImmediately=True
    )
    cache.increase_replica_count(ReplicationGroupId="sessions", NewReplicaCount=2, ApplyImmediately=True)
    cache.decrease_replica_count(ReplicationGroupId="sessions", NewReplicaCount=1, ApplyImmediately=True)
    cache.test_failover(ReplicationGroupId="sessions", NodeGroupId="0001")
    arn = f"arn:aws:elasticache:{REGION}:{ACCOUNT}:replicationgroup:sessions"
    cache.add_tags_to_resource(ResourceName=arn, Tags=[{"Key": "Owner", "Value": "data"}])
    cache.remove_tags_from_resource(ResourceName=arn, TagKeys=["Owner"])
    cache.list_tags_for_resource(ResourceName=arn)
    cache.create_snapshot(SnapshotName="by-hand", ReplicationGroupId="sessions")
    cache.describe_snapshots(SnapshotName="by-hand")
    cache.delete_snapshot(SnapshotName="by-hand")
    cache.delete_replication_group(ReplicationGroupId="sessions", FinalSnapshotIdentifier="final")
    cache.describe_replication_groups()
    cache.delete_cache_subnet_group(CacheSubnetGroupName="cache")
    cache.delete_cache_parameter_group(CacheParameterGroupName="redis7")


def secrets_and_images(aws: Aws) -> None:
    secrets = aws("secretsmanager")
    secrets.create_secret(Name="app/main", SecretString="{}", Tags=[TAG])
    secrets.replicate_secret_to_regions(SecretId="app/main", AddReplicaRegions=[{"Region": OTHER_REGION}])
    secrets.put_secret_value(SecretId="app/main", SecretString="{}")
    secrets.update_secret(SecretId="app/main", Description="changed")
    secrets.list_secret_version_ids(SecretId="app/main")
    secrets.describe_secret(SecretId="app/main")
    aws("secretsmanager", region=OTHER_REGION).describe_secret(SecretId="app/main")
    secrets.remove_regions_from_replication(SecretId="app/main", RemoveReplicaRegions=[OTHER_REGION])
    aws("ecr").create_repository(repositoryName="monay/backend", tags=[TAG])
    aws("ecr").describe_repositories()
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json", "layers": []}
    aws("ecr").put_image(repositoryName="monay/backend", imageManifest=json.dumps(manifest), imageTag="v1")
    destinations = [{"region": OTHER_REGION, "registryId": ACCOUNT}]
    rules = [{"destinations": destinations}, {"destinations": [{"region": "eu-west-1", "registryId": ACCOUNT}]}]
    aws("ecr").put_replication_configuration(replicationConfiguration={"rules": rules})


def backup_plans(aws: Aws) -> None:
    backup, iam = aws("backup"), aws("iam")
    role = iam.create_role(RoleName="backup", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    backup.create_backup_vault(BackupVaultName="vault", BackupVaultTags={"Project": "monay"})
    backup.describe_backup_vault(BackupVaultName="vault")
    backup.list_recovery_points_by_backup_vault(BackupVaultName="vault")
    backup.put_backup_vault_access_policy(BackupVaultName="vault", Policy=TRUST)
    backup.get_backup_vault_access_policy(BackupVaultName="vault")
    backup.delete_backup_vault_access_policy(BackupVaultName="vault")
    rule = {"RuleName": "daily", "TargetBackupVaultName": "vault", "Lifecycle": {"DeleteAfterDays": 35}}
    plan = {"BackupPlanName": "daily", "Rules": [rule]}
    identifier = backup.create_backup_plan(BackupPlan=plan, BackupPlanTags={"Project": "monay"})["BackupPlanId"]
    backup.update_backup_plan(BackupPlanId=identifier, BackupPlan=plan)
    backup.get_backup_plan(BackupPlanId=identifier)
    backup.list_backup_plans()
    condition = {"ConditionType": "STRINGEQUALS", "ConditionKey": "Backup", "ConditionValue": "yes"}
    selection = {"SelectionName": "tagged", "IamRoleArn": role, "ListOfTags": [condition]}
    chosen = backup.create_backup_selection(BackupPlanId=identifier, BackupSelection=selection)["SelectionId"]
    backup.get_backup_selection(BackupPlanId=identifier, SelectionId=chosen)
    backup.list_backup_selections(BackupPlanId=identifier)
    backup.delete_backup_selection(BackupPlanId=identifier, SelectionId=chosen)
    backup.delete_backup_plan(BackupPlanId=identifier)
    backup.delete_backup_vault(BackupVaultName="vault")


def tagging(aws: Aws) -> None:
    api, made = aws("resourcegroupstaggingapi"), make_network(aws)
    arn = f"arn:aws:ec2:{REGION}:{ACCOUNT}:vpc/{made['vpc']}"
    api.tag_resources(ResourceARNList=[arn, made["key"]], Tags={"Owner": "net"})
    api.get_resources(TagFilters=[{"Key": "Owner"}])
    api.get_tag_keys()
    api.get_tag_values(Key="Owner")
    api.untag_resources(ResourceARNList=[arn, made["key"]], TagKeys=["Owner"])


SCENARIOS: list[Callable[[Aws], None]] = [
    network,
    endpoints,
    ebs,
    client_vpn,
    site_to_site,
    identity,
    keys_and_logs,
    buckets,
    databases,
    caches,
    secrets_and_images,
    backup_plans,
    tagging,
    *EDGE,
    *MONITORING,
    *ECS_SCENARIOS,
    *CAPACITY,
]
