# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each environment from an empty account: preview, build, nothing more to do, and what AWS then holds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.playbooks.conftest import Environment

ENVIRONMENTS = ("dev", "staging", "prod")
ZONES = {"dev": 2, "staging": 2, "prod": 3}
NAT_GATEWAYS = {"dev": 1, "staging": 2, "prod": 3}
APPLICATIONS = {"backend-common": 3001, "admin": 3002, "cross-platform-web": 3003, "enterprise-wallet": 3007}


class Story:
    """What happened to one environment: the preview, the first and the second run."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        before = environment.now
        self.preview = environment.playbooks.run("phase1", "--check", "--diff")
        self.preview_writes = environment.writes(before)
        self.first = environment.playbooks.run("phase1")
        before = environment.now
        self.second = environment.playbooks.run("phase1")
        self.second_writes = environment.writes(before)


@pytest.fixture(scope="module")
def stories() -> dict[str, Story]:
    return {}


@pytest.fixture(params=ENVIRONMENTS)
def name(request):
    return request.param


@pytest.fixture
def story(name, stories, environment) -> Story:
    """Told once an environment, then read by many tests."""
    if name not in stories:
        stories[name] = Story(environment(name))
    return stories[name]


@pytest.fixture
def aws(story):
    return story.environment.client


def test_preview_of_an_empty_account_completes_and_writes_nothing(story):
    story.preview.succeeded()

    assert story.preview_writes == []
    assert story.preview.diffs


def test_preview_names_what_the_real_run_creates(story):
    assert sorted(story.preview.changes) == sorted(story.first.changes)


def test_first_run_completes(story):
    story.first.succeeded()


def test_second_run_changes_nothing_and_writes_nothing(story):
    story.second.succeeded()

    assert story.second.changed_tasks == []
    assert [(call["operation"], call["resource"]) for call in story.second_writes] == []


def test_second_run_waits_for_nothing(story):
    assert "Wait for" in story.first.output
    assert "Wait for" not in story.second.output


def test_second_run_ends_with_a_summary(story):
    assert "ec2:vpc" in story.second.output
    assert "rds:db" in story.second.output


# ----------------------------------------------------------------------------------------------------------- network


def tagged(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Items by their Name tag."""
    return {next(tag["Value"] for tag in item["Tags"] if tag["Key"] == "Name"): item for item in items}


@pytest.fixture
def vpc(aws, name):
    vpcs = aws("ec2").describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [f"monay-{name}"]}])["Vpcs"]
    assert len(vpcs) == 1
    return vpcs[0]


def of_vpc(vpc, key="vpc-id"):
    return {"Filters": [{"Name": key, "Values": [vpc["VpcId"]]}]}


@pytest.fixture
def subnets(aws, vpc):
    return tagged(aws("ec2").describe_subnets(**of_vpc(vpc))["Subnets"])


def test_each_tier_has_a_subnet_in_each_zone(subnets, name):
    zones = "abc"[: ZONES[name]]

    assert set(subnets) == {f"monay-{name}-{tier}-{zone}" for tier in ("public", "private", "data") for zone in zones}
    assert all(each["AvailabilityZone"].endswith(title[-1]) for title, each in subnets.items())


def test_no_subnet_hands_out_public_addresses(subnets):
    assert not any(each["MapPublicIpOnLaunch"] for each in subnets.values())


def test_nat_gateways(aws, vpc, name):
    gateways = aws("ec2").describe_nat_gateways(Filter=of_vpc(vpc)["Filters"])["NatGateways"]

    assert [each["State"] for each in gateways] == ["available"] * NAT_GATEWAYS[name]
    assert len({each["SubnetId"] for each in gateways}) == NAT_GATEWAYS[name]


def routes_of(aws, vpc, subnet):
    tables = aws("ec2").describe_route_tables(**of_vpc(vpc))["RouteTables"]
    table = next(
        each for each in tables if subnet["SubnetId"] in {link.get("SubnetId") for link in each["Associations"]}
    )
    return [route for route in table["Routes"] if route.get("GatewayId") != "local"]


def test_private_subnets_leave_by_nat(aws, vpc, subnets):
    for title, subnet in subnets.items():
        if "-private-" in title:
            defaults = [each for each in routes_of(aws, vpc, subnet) if each.get("DestinationCidrBlock") == "0.0.0.0/0"]
            assert [bool(each.get("NatGatewayId")) for each in defaults] == [True], title


def test_data_subnets_have_no_way_out(aws, vpc, subnets):
    for title, subnet in subnets.items():
        if "-data-" in title:
            assert [
                each for each in routes_of(aws, vpc, subnet) if each.get("DestinationCidrBlock") == "0.0.0.0/0"
            ] == []


def test_every_subnet_has_a_network_acl_of_its_tier(aws, vpc, subnets, name):
    acls = tagged(
        [each for each in aws("ec2").describe_network_acls(**of_vpc(vpc))["NetworkAcls"] if not each["IsDefault"]]
    )
    members = {title: {link["SubnetId"] for link in acl["Associations"]} for title, acl in acls.items()}

    for tier in ("public", "private", "data"):
        assert members[f"monay-{name}-{tier}"] == {
            each["SubnetId"] for title, each in subnets.items() if f"-{tier}-" in title
        }


def test_the_default_security_group_is_closed(aws, vpc):
    groups = aws("ec2").describe_security_groups(**of_vpc(vpc))["SecurityGroups"]
    default = next(each for each in groups if each["GroupName"] == "default")

    assert (default["IpPermissions"], default["IpPermissionsEgress"]) == ([], [])


def test_s3_is_reached_by_a_gateway_endpoint(aws, vpc):
    endpoints = aws("ec2").describe_vpc_endpoints(**of_vpc(vpc))["VpcEndpoints"]

    assert [each["State"] for each in endpoints if each["VpcEndpointType"] == "Gateway"] == ["available"]


def test_traffic_is_logged(aws, vpc):
    logs = aws("ec2").describe_flow_logs(Filter=of_vpc(vpc, "resource-id")["Filters"])["FlowLogs"]

    assert [each["TrafficType"] for each in logs] == ["ALL"]


# --------------------------------------------------------------------------------------------------- security groups


@pytest.fixture
def groups(aws, vpc):
    return {each["GroupName"]: each for each in aws("ec2").describe_security_groups(**of_vpc(vpc))["SecurityGroups"]}


def callers(groups, name, port):
    """The names of the groups that may reach a group's port, and the networks that may."""
    by_id = {each["GroupId"]: title for title, each in groups.items()}
    rules = [each for each in groups[name]["IpPermissions"] if each.get("FromPort") == port == each.get("ToPort")]
    names = {by_id[pair["GroupId"]] for rule in rules for pair in rule["UserIdGroupPairs"]}
    return names, {each["CidrIp"] for rule in rules for each in rule["IpRanges"]}


@pytest.mark.parametrize(("application", "port"), APPLICATIONS.items())
def test_an_application_is_reached_by_the_load_balancer_alone(groups, name, application, port):
    group = groups[f"monay-{name}-{application}"]

    assert callers(groups, f"monay-{name}-{application}", port) == ({f"monay-{name}-alb"}, set())
    assert len(group["IpPermissions"]) == 1


@pytest.mark.parametrize(("store", "port"), [("postgres", 5432), ("redis", 6379)])
def test_data_stores_are_reached_by_applications_alone(groups, name, store, port):
    names, networks = callers(groups, f"monay-{name}-{store}", port)

    assert networks == set()
    assert f"monay-{name}-backend-common" in names
    assert names <= {f"monay-{name}-{application}" for application in APPLICATIONS}


@pytest.mark.parametrize("store", ["postgres", "redis"])
def test_data_stores_open_no_connection_themselves(groups, name, store):
    assert groups[f"monay-{name}-{store}"]["IpPermissionsEgress"] == []


def test_only_the_load_balancer_is_open_to_the_world(groups, name):
    open_groups = {
        title
        for title, group in groups.items()
        for rule in group["IpPermissions"]
        if any(each["CidrIp"] == "0.0.0.0/0" for each in rule["IpRanges"])
    }

    assert open_groups <= {f"monay-{name}-alb"}


# -------------------------------------------------------------------------------------------------- PostgreSQL, Redis


@pytest.fixture
def database(aws, name):
    return aws("rds").describe_db_instances(DBInstanceIdentifier=f"monay-{name}-postgres")["DBInstances"][0]


@pytest.mark.parametrize(
    ("member", "values"),
    [
        ("Engine", {"dev": "postgres", "staging": "postgres", "prod": "postgres"}),
        ("DBInstanceStatus", {"dev": "available", "staging": "available", "prod": "available"}),
        ("MultiAZ", {"dev": False, "staging": True, "prod": True}),
        ("DBInstanceClass", {"dev": "db.t3.medium", "staging": "db.t3.large", "prod": "db.r5.xlarge"}),
        ("StorageEncrypted", {"dev": True, "staging": True, "prod": True}),
        ("StorageType", {"dev": "gp3", "staging": "gp3", "prod": "gp3"}),
        ("PubliclyAccessible", {"dev": False, "staging": False, "prod": False}),
        ("DeletionProtection", {"dev": False, "staging": True, "prod": True}),
        ("BackupRetentionPeriod", {"dev": 7, "staging": 14, "prod": 35}),
        ("MaxAllocatedStorage", {"dev": 100, "staging": 200, "prod": 1000}),
        ("MonitoringInterval", {"dev": 0, "staging": 60, "prod": 15}),
        ("CopyTagsToSnapshot", {"dev": True, "staging": True, "prod": True}),
    ],
)
def test_postgresql(database, name, member, values):
    assert database[member] == values[name]


def test_postgresql_has_its_password_in_secrets_manager(aws, database):
    secret = database["MasterUserSecret"]["SecretArn"]

    assert aws("secretsmanager").describe_secret(SecretId=secret)["ARN"] == secret


def test_postgresql_takes_encrypted_connections_only(aws, name):
    parameters = (
        aws("rds")
        .get_paginator("describe_db_parameters")
        .paginate(DBParameterGroupName=f"monay-{name}-postgres", Source="user")
        .build_full_result()["Parameters"]
    )

    assert {each["ParameterName"]: each["ParameterValue"] for each in parameters}["rds.force_ssl"] == "1"


def test_postgresql_stands_in_the_data_subnets(database, subnets):
    ids = {each["SubnetIdentifier"] for each in database["DBSubnetGroup"]["Subnets"]}

    assert ids == {each["SubnetId"] for title, each in subnets.items() if "-data-" in title}


def test_read_replicas(database, name):
    assert len(database["ReadReplicaDBInstanceIdentifiers"]) == {"dev": 0, "staging": 0, "prod": 1}[name]


def test_backups_are_copied_to_a_second_region_in_production(aws, name):
    copies = aws("rds", "us-west-2").describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"]

    assert [each["DBInstanceIdentifier"] for each in copies] == {"prod": ["monay-prod-postgres"]}.get(name, [])


@pytest.fixture
def redis(aws, name):
    return aws("elasticache").describe_replication_groups(ReplicationGroupId=f"monay-{name}-redis")[
        "ReplicationGroups"
    ][0]


@pytest.mark.parametrize(
    ("member", "values"),
    [
        ("Status", {"dev": "available", "staging": "available", "prod": "available"}),
        ("TransitEncryptionEnabled", {"dev": True, "staging": True, "prod": True}),
        ("AtRestEncryptionEnabled", {"dev": True, "staging": True, "prod": True}),
        ("AuthTokenEnabled", {"dev": True, "staging": True, "prod": True}),
        ("AutomaticFailover", {"dev": "disabled", "staging": "enabled", "prod": "enabled"}),
        ("MultiAZ", {"dev": "disabled", "staging": "enabled", "prod": "enabled"}),
        ("CacheNodeType", {"dev": "cache.t3.small", "staging": "cache.t3.medium", "prod": "cache.r5.large"}),
        ("SnapshotRetentionLimit", {"dev": 1, "staging": 3, "prod": 7}),
    ],
)
def test_redis(redis, name, member, values):
    assert redis[member] == values[name]


def test_redis_nodes(redis, name):
    assert len(redis["MemberClusters"]) == {"dev": 1, "staging": 2, "prod": 2}[name]


# ------------------------------------------------------------------------------------- buckets, images, secrets, keys


@pytest.fixture
def buckets(aws, story):
    return [each["Name"] for each in aws("s3").list_buckets()["Buckets"]]


@pytest.mark.parametrize("purpose", ["assets", "site", "logs", "backups"])
def test_buckets_exist(buckets, story, name, purpose):
    assert f"monay-{name}-{story.environment.inventory.account}-{purpose}" in buckets


def test_buckets_are_private_and_encrypted(aws, buckets):
    for bucket in buckets:
        blocked = aws("s3").get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        rules = aws("s3").get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
        assert all(blocked.values()), bucket
        assert rules[0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] in ("aws:kms", "AES256"), bucket


def test_buckets_take_encrypted_connections_only(aws, buckets):
    for bucket in buckets:
        statements = json.loads(aws("s3").get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
        assert any(
            each["Effect"] == "Deny" and each.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false"
            for each in statements
        ), bucket


def test_buckets_keep_versions(aws, buckets, name, story):
    for purpose in ("assets", "site", "backups"):
        bucket = f"monay-{name}-{story.environment.inventory.account}-{purpose}"
        assert aws("s3").get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled", bucket


def test_backups_bucket_is_replicated_in_production(aws, name, story):
    bucket = f"monay-{name}-{story.environment.inventory.account}-backups"
    if name == "prod":
        rules = aws("s3").get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]["Rules"]
        assert [each["Status"] for each in rules] == ["Enabled"]
    else:
        with pytest.raises(aws("s3").exceptions.ClientError, match="ReplicationConfigurationNotFound"):
            aws("s3").get_bucket_replication(Bucket=bucket)


def test_repositories_keep_tags_and_scan(aws, name):
    repositories = {each["repositoryName"]: each for each in aws("ecr").describe_repositories()["repositories"]}

    assert set(repositories) == {f"monay/{name}/{application}" for application in APPLICATIONS}
    for repository in repositories.values():
        assert repository["imageTagMutability"] == "IMMUTABLE"
        assert repository["imageScanningConfiguration"]["scanOnPush"] is True
        assert aws("ecr").get_lifecycle_policy(repositoryName=repository["repositoryName"])["lifecyclePolicyText"]


def test_images_are_copied_to_a_second_region_in_production(aws, name):
    rules = aws("ecr").describe_registry()["replicationConfiguration"]["rules"]

    assert [each["destinations"][0]["region"] for each in rules] == {"prod": ["us-west-2"]}.get(name, [])


def test_each_application_has_a_secret(aws, name):
    names = {each["Name"] for each in aws("secretsmanager").list_secrets()["SecretList"]}

    assert {f"monay/{name}/{application}" for application in APPLICATIONS} <= names
    assert f"monay/{name}/redis-auth" in names


def test_keys_rotate(aws, name):
    kms = aws("kms")
    aliases = {each["AliasName"]: each.get("TargetKeyId") for each in kms.list_aliases()["Aliases"]}
    keys = {alias: key for alias, key in aliases.items() if not alias.startswith("alias/aws/")}

    assert {f"alias/monay-{name}-{purpose}" for purpose in ("data", "secrets", "logs")} <= set(keys)
    assert all(kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] for key in keys.values())


# ------------------------------------------------------------------------------------------------------ account and IAM


def test_volumes_are_encrypted_by_default(aws, story):
    assert aws("ec2").get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is True


def test_the_account_blocks_public_buckets(aws, story):
    account = story.environment.inventory.account
    blocked = aws("s3control").get_public_access_block(AccountId=account)["PublicAccessBlockConfiguration"]

    assert all(blocked.values())


@pytest.fixture
def roles(aws, name):
    found = aws("iam").list_roles(PathPrefix=f"/monay/{name}/")["Roles"]
    return {each["RoleName"]: each for each in found}


def test_roles(roles, name):
    shared = {"task-execution", "ecs-infrastructure", "rds-monitoring", "flow-logs", "backup", "deploy"}

    assert {f"monay-{name}-{each}" for each in shared} <= set(roles)
    assert {f"monay-{name}-{application}-task" for application in APPLICATIONS} <= set(roles)


def test_github_may_deploy_from_its_repository_and_environment_only(roles, name):
    statement = roles[f"monay-{name}-deploy"]["AssumeRolePolicyDocument"]["Statement"][0]
    conditions = json.dumps(statement["Condition"])

    assert statement["Action"] in ("sts:AssumeRoleWithWebIdentity", ["sts:AssumeRoleWithWebIdentity"])
    assert f"repo:monay/platform:environment:{name}" in conditions
    assert "sts.amazonaws.com" in conditions


def test_no_role_is_an_administrator(aws, roles):
    for role in roles:
        attached = aws("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        assert "AdministratorAccess" not in {each["PolicyName"] for each in attached}, role
        for policy in aws("iam").list_role_policies(RoleName=role)["PolicyNames"]:
            document = aws("iam").get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
            actions = [action for each in document["Statement"] for action in _listed(each["Action"])]
            assert not {"*", "*:*"} & set(actions), (role, policy)


def _listed(value):
    return value if isinstance(value, list) else [value]


# ------------------------------------------------------------------------------------------------------- --limit, tags


@pytest.mark.parametrize("component", ["monay-admin", "monay-redis", "monay-vpc", "monay-storage", "monay-account"])
def test_limited_to_one_component_a_built_environment_is_unchanged(stories, environment, component):
    if "dev" not in stories:
        stories["dev"] = Story(environment("dev"))
    dev = stories["dev"].environment
    before = dev.now

    run = dev.playbooks.run("phase1", "--limit", component).succeeded()

    assert run.changed_tasks == []
    assert dev.writes(before) == []
    assert {each["host"] for each in run.tasks} == {component}


# ------------------------------------------------------------------------------------------------------------- destroy


def left(environment: Environment) -> list[str]:
    """What carries the environment's tags or stands below its IAM path, asked of AWS and not of the collection."""
    tags = [{"Key": "Environment", "Values": [environment.inventory.environment]}]
    found = []
    for region in (environment.inventory.region, "us-west-2"):
        pages = (
            environment.client("resourcegroupstaggingapi", region)
            .get_paginator("get_resources")
            .paginate(TagFilters=tags)
        )
        found += [each["ResourceARN"] for page in pages for each in page["ResourceTagMappingList"]]
    path = f"/monay/{environment.inventory.environment}/"
    found += [each["Arn"] for each in environment.client("iam").list_roles(PathPrefix=path)["Roles"]]
    kms = environment.client("kms")
    going = [
        arn
        for arn in found
        if ":kms:" in arn and kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    ]
    return sorted(set(found) - set(going))


@pytest.mark.parametrize("name", ["staging", "prod"], indirect=False)
def test_destroy_refuses_outside_dev_without_confirmation(stories, environment, name):
    if name not in stories:
        stories[name] = Story(environment(name))
    target = stories[name].environment
    before = target.now

    run = target.playbooks.run("destroy")

    assert run.returncode != 0
    assert f"destroy_confirmation=monay-{name}" in " ".join(run.failures)
    assert target.writes(before) == []


def test_destroy_leaves_nothing_of_dev(environment):
    """In an account of its own, so that the other tests keep theirs; a locked ledger goes when it is said, too."""
    dev = environment("dev")
    dev.inventory.edit(platform_account_id="444444444444", platform_release_ledger=True, storage_ledger_lock_days=30)
    dev.playbooks.credentials = dev.simulator.env("444444444444", dev.inventory.region)
    dev.playbooks.run("phase1").succeeded()
    assert left(dev)
    ledger, entry = "monay-dev-444444444444-ledger", {"Key": "ledger/monay-dev/app/000001.json", "Body": b"{}"}
    s3 = dev.client("s3")
    s3.put_object(Bucket=ledger, ChecksumAlgorithm="SHA256", **entry)

    refused = dev.playbooks.run("destroy")
    assert refused.returncode != 0
    assert "storage_bypass_governance_retention" in " ".join(refused.failures)
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=ledger)["Contents"]] == [entry["Key"]]
    destroyed = dev.playbooks.run("destroy", storage_bypass_governance_retention=True).succeeded()

    assert left(dev) == []
    assert destroyed.changes
    assert dev.playbooks.run("destroy").succeeded().changed_tasks == []
