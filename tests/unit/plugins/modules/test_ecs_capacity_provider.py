# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import base64

import pytest

from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.simulator import REGION

MODULE = "ecs_capacity_provider"
NAME = "monay-dev-ec2"
ROLE = "monay-dev-ecs-instance"
KINDS = {
    "instance profile": ROLE,
    "launch template": NAME,
    "Auto Scaling group": NAME,
    "capacity provider": NAME,
}


def args(**extra):
    return {
        "region": REGION,
        "name": NAME,
        "cluster": "monay-dev",
        "instance_role": ROLE,
        "iam_path": "/monay/dev/",
        "instance_type": "t3.medium",
        "vpc": "vpc",
        "subnets": ["private-a", "private-b"],
        "security_groups": ["instances"],
        "tags": {"Project": "monay"},
        **extra,
    }


@pytest.fixture
def account(aws):  # noqa: F811
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.10.0.0/16")["Vpc"]["VpcId"]
    ec2.create_tags(Resources=[vpc], Tags=[{"Key": "Name", "Value": "vpc"}])
    for number, zone in enumerate("ab"):
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.10.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")[
            "Subnet"
        ]["SubnetId"]
        ec2.create_tags(Resources=[subnet], Tags=[{"Key": "Name", "Value": f"private-{zone}"}])
    ec2.create_security_group(GroupName="instances", Description="instances", VpcId=vpc)
    aws.client("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": []}')
    return aws


def template(account):
    versions = account.client("ec2").describe_launch_template_versions(LaunchTemplateName=NAME, Versions=["$Default"])
    return versions["LaunchTemplateVersions"][0]["LaunchTemplateData"]


def test_creates_as_previewed_and_settles(account):
    done = assert_previewed(MODULE, args())

    assert changes(done) == {("create", kind, name) for kind, name in KINDS.items()}
    assert_settled(MODULE, args())
    data = template(account)
    assert data["MetadataOptions"]["HttpTokens"] == "required"
    assert data["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    assert data["ImageId"].startswith("resolve:ssm:/aws/service/ecs/optimized-ami/")
    assert "ECS_CLUSTER=monay-dev >>" in base64.b64decode(data["UserData"]).decode()
    (provider,) = account.client("ecs").describe_capacity_providers(capacityProviders=[NAME])["capacityProviders"]
    assert provider["autoScalingGroupProvider"]["managedScaling"]["status"] == "ENABLED"
    assert provider["autoScalingGroupProvider"]["managedTerminationProtection"] == "ENABLED"


EDITS = [
    ({"instance_type": "t3.large"}, [("launch template", ["instance_type"])]),
    ({"volume_size": 50}, [("launch template", ["volume_size"])]),
    ({"max_size": 6}, [("Auto Scaling group", ["max_size"])]),
    ({"subnets": ["private-a"]}, [("Auto Scaling group", ["subnets"])]),
    ({"target_capacity": 80}, [("capacity provider", ["target_capacity"])]),
    (
        {"tags": {}},
        [
            ("Auto Scaling group", ["tags"]),
            ("capacity provider", ["tags"]),
            ("instance profile", ["tags"]),
            ("launch template", ["instance_tags", "tags"]),
        ],
    ),
]


@pytest.mark.usefixtures("account")
def test_changes_one_thing_at_a_time(subtests):
    for edit, expected in EDITS:
        run_module(MODULE, args())
        with subtests.test(expected=expected):
            done = assert_previewed(MODULE, args(**edit))

            assert sorted((each["kind"], each["fields"]) for each in done["changes"]) == expected
            assert_settled(MODULE, args(**edit))


def test_a_change_is_the_version_that_new_instances_get(account):
    run_module(MODULE, args())
    run_module(MODULE, args(instance_type="t3.large"))

    assert template(account)["InstanceType"] == "t3.large"


def test_the_number_of_instances_is_left_to_ecs(account):
    run_module(MODULE, args())
    group = {"ResourceId": NAME, "ResourceType": "auto-scaling-group", "PropagateAtLaunch": True}
    account.client("autoscaling").create_or_update_tags(Tags=[{"Key": "AmazonECSManaged", "Value": "", **group}])

    assert_settled(MODULE, args())


@pytest.mark.usefixtures("aws")
def test_a_check_run_on_an_empty_account_needs_nothing():
    assert len(run_module(MODULE, args(), check=True)["changes"]) == 4


@pytest.mark.usefixtures("account")
def test_says_what_is_wrong():
    assert "min_size must not be above max_size (4)" in fail_module(MODULE, args(min_size=5))
    assert "security group nobody does not exist" in fail_module(MODULE, args(security_groups=["nobody"]))


def test_deletes_once_and_not_under_a_cluster(account):
    run_module(MODULE, args())
    ecs = account.client("ecs")
    ecs.create_cluster(clusterName="monay-dev", capacityProviders=[NAME])
    gone = {"region": REGION, "name": NAME, "instance_role": ROLE, "state": "absent"}
    assert "associated with cluster: monay-dev" in fail_module(MODULE, gone)

    ecs.delete_cluster(cluster="monay-dev")
    assert changes(assert_previewed(MODULE, gone)) == {("delete", kind, name) for kind, name in KINDS.items()}
    assert_settled(MODULE, gone)
    tagged = account.client("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "Project"}])
    assert tagged["ResourceTagMappingList"] == []
