# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keys, roles, buckets, secrets, plans and tags as AWS keeps them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.scenarios import (
    LIFECYCLE,
    OTHER_REGION,
    REPLICATION,
    TAG,
    TRUST,
    make_cache,
    make_database,
    make_nat_gateway,
    make_network,
    tagged,
)
from tests.simulator.test_ec2_states import refused
from tests.support.simulator import ACCOUNT, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable

    Aws = Callable[..., Any]


def test_a_key_that_waits_for_its_deletion_is_of_no_use(aws: Aws) -> None:
    kms = aws("kms")
    key = kms.create_key(Tags=[{"TagKey": "Project", "TagValue": "monay"}])["KeyMetadata"]
    kms.create_alias(AliasName="alias/data", TargetKeyId=key["KeyId"])
    kms.schedule_key_deletion(KeyId=key["Arn"], PendingWindowInDays=7)
    described = kms.describe_key(KeyId="alias/data")["KeyMetadata"]
    assert (described["KeyState"], described["Enabled"]) == ("PendingDeletion", False)
    assert "DeletionDate" in described
    name = {"KeyId": key["KeyId"]}
    refused("KMSInvalidStateException", kms, "encrypt", **name, Plaintext=b"x")
    refused("KMSInvalidStateException", kms, "enable_key_rotation", **name)
    refused("KMSInvalidStateException", kms, "tag_resource", **name, Tags=[{"TagKey": "a", "TagValue": "b"}])
    refused("KMSInvalidStateException", kms, "schedule_key_deletion", **name)
    assert kms.list_resource_tags(**name)["Tags"] == [{"TagKey": "Project", "TagValue": "monay"}]
    kms.cancel_key_deletion(KeyId=key["Arn"])
    assert kms.describe_key(**name)["KeyMetadata"]["KeyState"] == "Disabled"
    kms.enable_key(KeyId=key["Arn"])
    kms.encrypt(**name, Plaintext=b"x")


def test_the_rotation_period_is_kept(aws: Aws) -> None:
    kms = aws("kms")
    name = {"KeyId": kms.create_key()["KeyMetadata"]["KeyId"]}
    assert kms.get_key_rotation_status(**name)["KeyRotationEnabled"] is False
    kms.enable_key_rotation(**name, RotationPeriodInDays=180)
    status = kms.get_key_rotation_status(**name)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 180)
    assert "NextRotationDate" in status
    assert kms.describe_key(KeyId="alias/aws/rds")["KeyMetadata"]["KeyManager"] == "AWS"


def test_a_symmetric_key_has_no_public_half_and_an_asymmetric_one_has(aws: Aws) -> None:
    kms = aws("kms")
    symmetric = kms.create_key()["KeyMetadata"]["KeyId"]
    refused("UnsupportedOperationException", kms, "get_public_key", KeyId=symmetric)
    asymmetric = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    assert kms.get_public_key(KeyId=asymmetric)["PublicKey"]


def test_roles_have_path_boundary_tags_and_aws_policies(aws: Aws) -> None:
    iam = aws("iam")
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=POLICY)["Policy"]["Arn"]
    iam.create_role(
        RoleName="task",
        Path="/monay/",
        AssumeRolePolicyDocument=TRUST,
        PermissionsBoundary=boundary,
        Tags=[TAG],
    )
    role = iam.get_role(RoleName="task")["Role"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/monay/task"
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert role["Tags"] == [TAG]
    managed = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
    iam.attach_role_policy(RoleName="task", PolicyArn=managed)
    iam.put_role_policy(RoleName="task", PolicyName="inline", PolicyDocument=POLICY)
    assert iam.list_attached_role_policies(RoleName="task")["AttachedPolicies"][0]["PolicyArn"] == managed
    missing = "arn:aws:iam::aws:policy/NoSuchPolicy"
    refused("NoSuchEntity", iam, "attach_role_policy", RoleName="task", PolicyArn=missing)
    refused("DeleteConflict", iam, "delete_role", RoleName="task")
    iam.detach_role_policy(RoleName="task", PolicyArn=managed)
    refused("DeleteConflict", iam, "delete_role", RoleName="task")
    iam.delete_role_policy(RoleName="task", PolicyName="inline")
    iam.delete_role(RoleName="task")


POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
)


def test_client_ids_of_an_oidc_provider_change(aws: Aws) -> None:
    iam = aws("iam")
    created = iam.create_open_id_connect_provider(Url="https://ci.example.com", ClientIDList=["a"], Tags=[TAG])
    arn = {"OpenIDConnectProviderArn": created["OpenIDConnectProviderArn"]}
    for _twice in range(2):
        iam.add_client_id_to_open_id_connect_provider(**arn, ClientID="b")
    assert iam.get_open_id_connect_provider(**arn)["ClientIDList"] == ["a", "b"]
    for _twice in range(2):
        iam.remove_client_id_from_open_id_connect_provider(**arn, ClientID="a")
    assert iam.get_open_id_connect_provider(**arn)["ClientIDList"] == ["b"]
    wrong = {"OpenIDConnectProviderArn": f"arn:aws:iam::{ACCOUNT}:oidc-provider/none"}
    refused("NoSuchEntity", iam, "add_client_id_to_open_id_connect_provider", **wrong, ClientID="b")


def test_a_service_linked_role_has_awss_name_and_is_made_once(aws: Aws) -> None:
    iam = aws("iam")
    role = iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")["Role"]
    assert role["Arn"].endswith("role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS")
    assert iam.get_role(RoleName="AWSServiceRoleForECS")["Role"]["Arn"] == role["Arn"]
    refused("InvalidInput", iam, "create_service_linked_role", AWSServiceName="ecs.amazonaws.com")


def test_a_new_bucket_is_private_owned_and_encrypted(aws: Aws) -> None:
    s3, bucket = aws("s3"), {"Bucket": "monay-new"}
    s3.create_bucket(**bucket)
    assert all(s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"].values())
    (rule,) = s3.get_bucket_ownership_controls(**bucket)["OwnershipControls"]["Rules"]
    assert rule == {"ObjectOwnership": "BucketOwnerEnforced"}
    (rule,) = s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    s3.put_bucket_encryption(**bucket, ServerSideEncryptionConfiguration=KMS_ENCRYPTION)
    assert s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"] == KMS_ENCRYPTION
    s3.delete_bucket_encryption(**bucket)
    (rule,) = s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    refused("NoSuchBucketPolicy", s3, "get_bucket_policy", **bucket)


KMS_ENCRYPTION: dict[str, Any] = {
    "Rules": [
        {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/monay"},
            "BucketKeyEnabled": True,
        }
    ]
}


def test_configurations_of_a_bucket_come_back_as_they_were_put(aws: Aws) -> None:
    s3 = aws("s3")
    for name in ("monay-source", "monay-target"):
        s3.create_bucket(Bucket=name)
    bucket = {"Bucket": "monay-source"}
    refused("InvalidRequest", s3, "put_bucket_replication", **bucket, ReplicationConfiguration=REPLICATION)
    for name in ("monay-source", "monay-target"):
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_replication(**bucket, ReplicationConfiguration=REPLICATION)
    assert s3.get_bucket_replication(**bucket)["ReplicationConfiguration"] == REPLICATION
    s3.put_bucket_lifecycle_configuration(**bucket, LifecycleConfiguration=LIFECYCLE)
    assert s3.get_bucket_lifecycle_configuration(**bucket)["Rules"] == LIFECYCLE["Rules"]
    s3.delete_bucket_lifecycle(**bucket)
    refused("NoSuchLifecycleConfiguration", s3, "get_bucket_lifecycle_configuration", **bucket)
    s3.delete_bucket_replication(**bucket)
    refused("ReplicationConfigurationNotFoundError", s3, "get_bucket_replication", **bucket)
    logging = {"LoggingEnabled": {"TargetBucket": "monay-target", "TargetPrefix": "source/"}}
    s3.put_bucket_logging(**bucket, BucketLoggingStatus=logging)
    assert s3.get_bucket_logging(**bucket)["LoggingEnabled"] == logging["LoggingEnabled"]
    wrong = {"LoggingEnabled": {"TargetBucket": "monay-none", "TargetPrefix": ""}}
    refused("InvalidTargetBucketForLogging", s3, "put_bucket_logging", **bucket, BucketLoggingStatus=wrong)


def test_a_tls_only_policy_does_not_close_the_bucket_and_nonsense_is_refused(aws: Aws) -> None:
    s3, bucket = aws("s3"), {"Bucket": "monay-policy"}
    s3.create_bucket(**bucket)
    condition = {"Bool": {"aws:SecureTransport": "false"}}
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*", "Condition": condition}
    s3.put_bucket_policy(**bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    s3.put_object(**bucket, Key="k", Body=b"content")
    refused("MalformedPolicy", s3, "put_bucket_policy", **bucket, Policy="{nonsense")
    public = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::monay-policy/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [public]})
    refused("AccessDenied", s3, "put_bucket_policy", **bucket, Policy=document)
    refused("BucketNotEmpty", s3, "delete_bucket", **bucket)


def test_versions_keep_a_bucket_from_being_deleted(aws: Aws) -> None:
    s3, bucket = aws("s3"), {"Bucket": "monay-versions"}
    s3.create_bucket(**bucket)
    s3.put_bucket_versioning(**bucket, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(**bucket, Key="k", Body=b"1")
    s3.delete_object(**bucket, Key="k")
    refused("BucketNotEmpty", s3, "delete_bucket", **bucket)
    listed = s3.list_object_versions(**bucket)
    for one in listed["Versions"] + listed["DeleteMarkers"]:
        s3.delete_object(**bucket, Key="k", VersionId=one["VersionId"])
    s3.delete_bucket(**bucket)


def test_a_log_group_takes_only_awss_retentions(aws: Aws) -> None:
    logs = aws("logs")
    logs.create_log_group(logGroupName="/app", logGroupClass="INFREQUENT_ACCESS", tags={"Project": "monay"})
    refused("InvalidParameterException", logs, "put_retention_policy", logGroupName="/app", retentionInDays=13)
    logs.put_retention_policy(logGroupName="/app", retentionInDays=14)
    logs.associate_kms_key(logGroupName="/app", kmsKeyId="arn:aws:kms:us-east-1:111111111111:key/k")
    (group,) = logs.describe_log_groups()["logGroups"]
    assert (group["retentionInDays"], group["logGroupClass"]) == (14, "INFREQUENT_ACCESS")
    assert group["kmsKeyId"].endswith("key/k")


def test_images_of_an_immutable_repository_stay(aws: Aws) -> None:
    ecr, name = aws("ecr"), {"repositoryName": "monay/backend"}
    ecr.create_repository(**name, imageTagMutability="IMMUTABLE", tags=[TAG])
    ecr.put_image(**name, imageManifest=_manifest("a"), imageTag="v1")
    refused("ImageTagAlreadyExistsException", ecr, "put_image", **name, imageManifest=_manifest("b"), imageTag="v1")
    refused("RepositoryNotEmptyException", ecr, "delete_repository", **name)
    rules = [{"destinations": [{"region": region, "registryId": ACCOUNT}]} for region in (OTHER_REGION, "eu-west-1")]
    ecr.put_replication_configuration(replicationConfiguration={"rules": rules})
    assert ecr.describe_registry()["replicationConfiguration"]["rules"] == rules
    own = [{"destinations": [{"region": "us-east-1", "registryId": ACCOUNT}]}]
    refused(
        "InvalidParameterException",
        ecr,
        "put_replication_configuration",
        replicationConfiguration={"rules": rules + own},
    )


def _manifest(letter: str) -> str:
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    config = {
        "mediaType": "application/vnd.docker.container.image.v1+json",
        "size": 1,
        "digest": f"sha256:{letter * 64}",
    }
    return json.dumps({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": []})


def test_a_secret_that_waits_for_its_deletion_keeps_its_name(aws: Aws) -> None:
    secrets = aws("secretsmanager")
    regions = [{"Region": OTHER_REGION, "KmsKeyId": "alias/there"}]
    created = secrets.create_secret(Name="app", SecretString="s", Tags=[TAG], AddReplicaRegions=regions)
    there = aws("secretsmanager", region=OTHER_REGION)
    assert there.describe_secret(SecretId="app")["KmsKeyId"] == "alias/there"
    refused("InvalidRequestException", there, "put_secret_value", SecretId="app", SecretString="t")
    with pytest.raises(secrets.exceptions.ClientError):
        secrets.delete_secret(SecretId="app")
    removed = secrets.remove_regions_from_replication(SecretId="app", RemoveReplicaRegions=[OTHER_REGION])
    assert removed["ARN"] == created["ARN"]
    secrets.delete_secret(SecretId="app", RecoveryWindowInDays=7)
    refused("InvalidRequestException", secrets, "create_secret", Name="app", SecretString="s")
    refused("InvalidRequestException", secrets, "get_secret_value", SecretId="app")
    secrets.restore_secret(SecretId="app")
    secrets.delete_secret(SecretId="app", ForceDeleteWithoutRecovery=True)
    secrets.create_secret(Name="app", SecretString="s")


def test_the_versions_of_a_secret_keep_their_dates(aws: Aws) -> None:
    secrets = aws("secretsmanager")
    refused("ResourceNotFoundException", secrets, "list_secret_version_ids", SecretId="none")
    first = secrets.create_secret(Name="app", SecretString="1")["VersionId"]
    before = {one["VersionId"]: one for one in secrets.list_secret_version_ids(SecretId="app")["Versions"]}
    second = secrets.put_secret_value(SecretId="app", SecretString="2")["VersionId"]
    after = {one["VersionId"]: one for one in secrets.list_secret_version_ids(SecretId="app")["Versions"]}
    assert after[first]["CreatedDate"] == before[first]["CreatedDate"] < after[second]["CreatedDate"]
    assert after[second]["VersionStages"] == ["AWSCURRENT"]


def test_one_analyzer_of_a_type_in_a_region(aws: Aws) -> None:
    analyzer = aws("accessanalyzer")
    analyzer.create_analyzer(analyzerName="a", type="ACCOUNT", tags={"Project": "monay"})
    refused("ConflictException", analyzer, "create_analyzer", analyzerName="a", type="ACCOUNT")
    refused("ServiceQuotaExceededException", analyzer, "create_analyzer", analyzerName="b", type="ACCOUNT")
    assert analyzer.list_analyzers(type="ACCOUNT")["analyzers"][0]["status"] == "ACTIVE"
    assert analyzer.list_analyzers(type="ORGANIZATION")["analyzers"] == []
    refused("ResourceNotFoundException", analyzer, "delete_analyzer", analyzerName="b")
    analyzer.delete_analyzer(analyzerName="a")


def test_a_backup_plan_changes_and_goes_without_selections_only(aws: Aws) -> None:
    backup = aws("backup")
    rule = {"RuleName": "daily", "TargetBackupVaultName": "vault", "Lifecycle": {"DeleteAfterDays": 35}}
    plan = {"BackupPlanName": "daily", "Rules": [rule]}
    refused("ResourceNotFoundException", backup, "create_backup_plan", BackupPlan=plan)
    backup.create_backup_vault(BackupVaultName="vault")
    created = backup.create_backup_plan(BackupPlan=plan)
    name = {"BackupPlanId": created["BackupPlanId"]}
    refused("AlreadyExistsException", backup, "create_backup_plan", BackupPlan=plan)
    longer = plan | {"Rules": [rule | {"Lifecycle": {"DeleteAfterDays": 90}}]}
    assert backup.update_backup_plan(**name, BackupPlan=longer)["VersionId"] != created["VersionId"]
    (shown,) = backup.get_backup_plan(**name)["BackupPlan"]["Rules"]
    assert (shown["Lifecycle"]["DeleteAfterDays"], shown["StartWindowMinutes"]) == (90, 480)
    role = aws("iam").create_role(RoleName="backup", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    selection = {"SelectionName": "all", "IamRoleArn": role, "Resources": ["*"]}
    chosen = backup.create_backup_selection(**name, BackupSelection=selection)["SelectionId"]
    refused("InvalidRequestException", backup, "delete_backup_plan", **name)
    backup.delete_backup_selection(**name, SelectionId=chosen)
    backup.delete_backup_plan(**name)
    assert backup.list_backup_plans()["BackupPlansList"] == []


def test_a_direct_connect_gateway_is_global_and_keeps_its_associations(aws: Aws) -> None:
    direct, ec2 = aws("directconnect"), aws("ec2")
    gateway = direct.create_direct_connect_gateway(directConnectGatewayName="g")["directConnectGateway"]
    name = {"directConnectGatewayId": gateway["directConnectGatewayId"]}
    assert (
        len(aws("directconnect", region="eu-west-1").describe_direct_connect_gateways()["directConnectGateways"]) == 1
    )
    vgw = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    direct.create_direct_connect_gateway_association(**name, gatewayId=vgw)
    refused("DirectConnectClientException", direct, "delete_direct_connect_gateway", **name)
    refused(
        "DirectConnectClientException",
        direct,
        "create_direct_connect_gateway_association",
        **name,
        gatewayId="vgw-none",
    )
    (one,) = direct.describe_direct_connect_gateway_associations(**name)["directConnectGatewayAssociations"]
    assert (one["associationState"], one["associatedGateway"]["id"]) == ("associated", vgw)
    direct.delete_direct_connect_gateway_association(associationId=one["associationId"])
    assert direct.describe_direct_connect_gateway_associations(**name)["directConnectGatewayAssociations"] == []
    direct.delete_direct_connect_gateway(**name)


def _kinds(aws: Aws, **parameters: Any) -> dict[str, int]:
    """How many things of which kind the tagging API finds for the project."""
    pages = aws("resourcegroupstaggingapi").get_paginator("get_resources")
    counts: dict[str, int] = {}
    for page in pages.paginate(TagFilters=[{"Key": "Project", "Values": ["monay"]}], **parameters):
        for item in page["ResourceTagMappingList"]:
            parts = item["ResourceARN"].split(":")
            kind = f"{parts[2]}:{parts[5].split('/')[0]}"
            counts[kind] = counts.get(kind, 0) + 1
    return counts


def test_the_tagging_api_finds_every_kind_and_forgets_the_deleted(simulator: Simulator, aws: Aws) -> None:
    made = make_network(aws)
    ec2 = aws("ec2")
    nat = make_nat_gateway(aws, made["subnets"][0])
    ec2.create_flow_logs(
        ResourceIds=[made["vpc"]],
        ResourceType="VPC",
        TrafficType="ALL",
        LogGroupName="/f",
        DeliverLogsPermissionArn="a",
        TagSpecifications=tagged("vpc-flow-log", "f"),
    )
    for kind, method in (("internet-gateway", "create_internet_gateway"),):
        getattr(ec2, method)(TagSpecifications=tagged(kind, kind))
    for kind, method in (("route-table", "create_route_table"), ("network-acl", "create_network_acl")):
        getattr(ec2, method)(VpcId=made["vpc"], TagSpecifications=tagged(kind, kind))
    ec2.create_vpc_endpoint(
        VpcId=made["vpc"], ServiceName="com.amazonaws.us-east-1.s3", TagSpecifications=tagged("vpc-endpoint", "s3")
    )
    make_database(aws, made)
    make_cache(aws, made)
    assert simulator.control("GET", "health")["pending"] > 0
    aws("rds").create_db_snapshot(DBInstanceIdentifier="main", DBSnapshotIdentifier="by-hand", Tags=[TAG])
    aws("s3").create_bucket(Bucket="monay-tagged")
    aws("s3").put_bucket_tagging(Bucket="monay-tagged", Tagging={"TagSet": [TAG]})
    aws("ecr").create_repository(repositoryName="monay/backend", tags=[TAG])
    aws("secretsmanager").create_secret(Name="app", SecretString="s", Tags=[TAG])
    aws("logs").create_log_group(logGroupName="/app", tags={"Project": "monay"})
    iam = aws("iam")
    iam.create_open_id_connect_provider(Url="https://ci.example.com", ClientIDList=["a"], Tags=[TAG])
    iam.create_role(RoleName="task", AssumeRolePolicyDocument=TRUST, Tags=[TAG])
    expected = {
        "ec2:vpc": 1,
        "ec2:subnet": 2,
        "ec2:security-group": 1,
        "ec2:natgateway": 1,
        "ec2:elastic-ip": 1,
        "ec2:vpc-flow-log": 1,
        "ec2:internet-gateway": 1,
        "ec2:route-table": 1,
        "ec2:network-acl": 1,
        "ec2:vpc-endpoint": 1,
        "kms:key": 1,
        "rds:db": 1,
        "rds:snapshot": 2,  # the one by hand, and the automated one, which copies the instance's tags
        "rds:pg": 1,
        "rds:subgrp": 1,
        "elasticache:replicationgroup": 1,
        "elasticache:cluster": 2,
        "elasticache:parametergroup": 1,
        "elasticache:subnetgroup": 1,
        "s3:monay-tagged": 1,
        "ecr:repository": 1,
        "secretsmanager:secret": 1,
        "logs:log-group": 1,
        "iam:oidc-provider": 1,
    }
    assert _kinds(aws) == expected
    assert _kinds(aws, ResourcesPerPage=3) == expected
    assert _kinds(aws, ResourceTypeFilters=["ec2:natgateway", "kms"]) == {"ec2:natgateway": 1, "kms:key": 1}
    ec2.delete_nat_gateway(NatGatewayId=nat["gateway"])
    assert "ec2:natgateway" not in _kinds(aws)
    assert aws("resourcegroupstaggingapi", region=OTHER_REGION).get_resources()["ResourceTagMappingList"] == []


def test_a_price_list_has_pages_and_decoys(aws: Aws) -> None:
    pricing = aws("pricing")
    filters = [{"Type": "TERM_MATCH", "Field": "instanceType", "Value": "cache.r5.large"}]
    pages = list(pricing.get_paginator("get_products").paginate(ServiceCode="AmazonElastiCache", Filters=filters))
    found = [json.loads(text)["product"]["attributes"]["usagetype"] for page in pages for text in page["PriceList"]]
    assert len(pages) > 1
    assert found.count("NodeUsage:cache.r5.large") == 3, "Redis, Valkey, Memcached"
    assert "Outpost-NodeUsage:cache.r5.large" in found
    refused("InvalidNextTokenException", pricing, "get_products", ServiceCode="AmazonElastiCache", NextToken="next")
    contains = [{**filters[0], "Type": "CONTAINS"}]
    refused("NotImplemented", pricing, "get_products", ServiceCode="AmazonElastiCache", Filters=contains)
    refused("NotImplemented", pricing, "get_products", ServiceCode="AmazonPolly")
    refused("NotImplemented", aws("pricing", region="eu-west-1"), "get_products", ServiceCode="AmazonECS")


def test_a_budget_has_alerts_that_tell_somebody(aws: Aws) -> None:
    budgets, where = aws("budgets"), {"AccountId": ACCOUNT, "BudgetName": "dev"}
    limit = {"BudgetLimit": {"Amount": "10", "Unit": "USD"}, "BudgetType": "COST", "TimeUnit": "MONTHLY"}
    budget = {"BudgetName": "dev", **limit}
    create = {"AccountId": ACCOUNT, "Budget": budget}
    without = {key: value for key, value in budget.items() if key != "BudgetLimit"}
    refused("InvalidParameterException", budgets, "create_budget", AccountId=ACCOUNT, Budget=without)
    unlike = {**budget, "CostFilters": {"TagKeyValue": ["Environment$dev"]}}
    refused("InvalidParameterException", budgets, "create_budget", AccountId=ACCOUNT, Budget=unlike)
    refused("NotImplemented", budgets, "create_budget", AccountId=ACCOUNT, Budget={**budget, "TimeUnit": "DAILY"})
    refused("AccessDeniedException", budgets, "create_budget", AccountId="222222222222", Budget=budget)
    budgets.create_budget(**create)
    refused("DuplicateRecordException", budgets, "create_budget", **create)
    late = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
    topic = {"SubscriptionType": "SNS", "Address": f"arn:aws:sns:us-east-1:{ACCOUNT}:one"}
    two = [topic, {**topic, "Address": f"arn:aws:sns:us-east-1:{ACCOUNT}:two"}]
    refused("InvalidParameterException", budgets, "create_notification", **where, Notification=late, Subscribers=two)
    budgets.create_notification(**where, Notification=late, Subscribers=[topic])
    again = {**late, "ThresholdType": "PERCENTAGE"}
    refused(
        "DuplicateRecordException", budgets, "create_notification", **where, Notification=again, Subscribers=[topic]
    )
    budgets.update_budget(AccountId=ACCOUNT, NewBudget={**budget, "BudgetLimit": {"Amount": "20", "Unit": "USD"}})
    assert budgets.describe_budget(**where)["Budget"]["BudgetLimit"] == {"Amount": "20.0", "Unit": "USD"}
    (kept,) = budgets.describe_notifications_for_budget(**where)["Notifications"]
    assert kept == {**late, "ThresholdType": "PERCENTAGE", "NotificationState": "OK"}
    budgets.delete_budget(**where)
    refused("NotFoundException", budgets, "describe_budget", **where)
