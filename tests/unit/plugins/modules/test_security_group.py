# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.aws import api
from ansible_collections.monay.platform.plugins.module_utils.core.security_group_plan import security_group_plan
from tests.support.modules import (
    assert_previewed,
    assert_settled,
    changes,
    fail_module,
    recorded_calls,
    run_module,
    writes,
)
from tests.support.network import OWNER, aws, simulator_process  # noqa: F401

APPLICATIONS = {
    "monay-backend-common": {"port": 3001, "kind": "api"},
    "monay-admin": {"port": 3002, "kind": "nextjs"},
}
S3 = "com.amazonaws.us-east-1.s3"


@pytest.fixture
def ec2(aws):  # noqa: F811
    client = aws.client("ec2")
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "monay-dev"}]}]
    client.create_vpc(CidrBlock="10.10.0.0/16", TagSpecifications=tags)
    return client


def task(groups=None, **options):
    if groups is None:
        groups = security_group_plan(APPLICATIONS, "monay-dev", "monay", alb_cidrs=["0.0.0.0/0"])
    return {"region": "us-east-1", "vpc": "monay-dev", "groups": groups, "tags": OWNER, **options}


def one(**parts):
    return {"name": "monay-dev-one", "description": "One", **parts}


def group_of(ec2, name):
    return next(each for each in ec2.describe_security_groups()["SecurityGroups"] if each["GroupName"] == name)


def test_create_as_previewed_then_nothing(ec2):
    created = assert_previewed("security_group", task())

    assert changes(created) == {
        ("create", "security group", f"monay-dev-{name}")
        for name in ("alb", "backend-common", "admin", "postgres", "redis", "endpoints", "client-vpn", "ecs-instances")
    }
    alb, backend = (group_of(ec2, f"monay-dev-{name}") for name in ("alb", "backend-common"))
    assert [pair["GroupId"] for each in backend["IpPermissions"] for pair in each["UserIdGroupPairs"]] == [
        alb["GroupId"]
    ]
    assert group_of(ec2, "monay-dev-postgres")["IpPermissionsEgress"] == []
    assert {tag["Key"]: tag["Value"] for tag in alb["Tags"]} == {**OWNER, "Name": "monay-dev-alb"}
    assert_settled("security_group", task())


def test_a_run_that_changes_nothing_makes_two_calls(ec2):
    run_module("security_group", task())

    with recorded_calls() as calls:
        run_module("security_group", task())

    assert calls == ["ec2:DescribeVpcs", "ec2:DescribeSecurityGroups"]


EDITS = {
    "another port": ({"ingress": [{"ports": "8443", "cidrs": ["10.0.0.0/8"]}]}, {"ingress"}),
    "another network": ({"ingress": [{"ports": "443", "cidrs": ["10.0.0.0/9"]}]}, {"ingress"}),
    "a network more": ({"ingress": [{"ports": "443", "cidrs": ["10.0.0.0/8", "192.168.0.0/16"]}]}, {"ingress"}),
    "a description": ({"ingress": [{"ports": "443", "cidrs": ["10.0.0.0/8"], "description": "Office"}]}, {"ingress"}),
    "no rule": ({"ingress": []}, {"ingress"}),
    "all protocols": ({"egress": [{"protocol": "all", "cidrs": ["10.0.0.0/8"]}]}, {"egress"}),
    "ICMP": ({"egress": [{"protocol": "icmp", "cidrs": ["10.0.0.0/8"]}]}, {"egress"}),
    "a prefix list": ({"egress": [{"ports": "443", "prefix_lists": [S3]}]}, {"egress"}),
    "itself": ({"ingress": [{"groups": ["monay-dev-one"]}]}, {"ingress"}),
    "a tag": ({"tags": {"Use": "test"}}, {"tags"}),
}
BEFORE = {"ingress": [{"ports": "443", "cidrs": ["10.0.0.0/8"]}], "egress": []}


def test_an_edit_changes_what_it_says(ec2, subtests):
    for title, (edit, fields) in EDITS.items():
        run_module("security_group", task([one(**BEFORE)]))
        with subtests.test(title):
            edited = task([one(**{**BEFORE, **edit})])
            result = assert_previewed("security_group", edited)
            assert [set(change["fields"]) for change in result["changes"]] == [fields]
            assert_settled("security_group", edited)


def test_ipv6(ec2):
    edited = task([one(egress=[{"ports": "443", "cidrs": ["2001:db8::/32"]}])])

    assert_previewed("security_group", edited)

    ranges = [
        network for each in group_of(ec2, "monay-dev-one")["IpPermissionsEgress"] for network in each["Ipv6Ranges"]
    ]
    assert [each["CidrIpv6"] for each in ranges] == ["2001:db8::/32"]
    assert_settled("security_group", edited)


def test_unsaid_rules_are_left_alone(ec2):
    run_module("security_group", task([one(**BEFORE)]))

    assert_settled("security_group", task([one()]))


def test_new_rules_come_before_old_ones_go(ec2):
    run_module("security_group", task([one(**BEFORE)]))

    with recorded_calls() as calls:
        run_module("security_group", task([one(ingress=[{"ports": "443", "cidrs": ["10.0.0.0/9"]}])]))

    assert writes(calls) == ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"]


def test_a_rule_that_somebody_added_goes(ec2):
    run_module("security_group", task())
    group = group_of(ec2, "monay-dev-postgres")["GroupId"]
    ssh = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[ssh])

    assert changes(assert_previewed("security_group", task())) == {("update", "security group", "monay-dev-postgres")}
    assert_settled("security_group", task())


def test_groups_that_are_not_listed_go_when_asked(ec2):
    run_module("security_group", task())
    foreign = ec2.create_security_group(
        GroupName="somebody-elses", Description="x", VpcId=group_of(ec2, "monay-dev-alb")["VpcId"]
    )
    fewer = security_group_plan(
        {"monay-backend-common": APPLICATIONS["monay-backend-common"]}, "monay-dev", "monay", alb_cidrs=["0.0.0.0/0"]
    )

    removed = assert_previewed("security_group", task(fewer, purge_groups=True))

    assert ("delete", "security group", "monay-dev-admin") in changes(removed)
    assert ec2.describe_security_groups(GroupIds=[foreign["GroupId"]])["SecurityGroups"]
    assert_settled("security_group", task(fewer, purge_groups=True))


def test_groups_that_name_each_other_are_deleted(ec2):
    run_module("security_group", task())
    gone = task(state="absent", purge_groups=True)

    removed = assert_previewed("security_group", gone)

    assert len(removed["changes"]) == 8
    assert [each["GroupName"] for each in ec2.describe_security_groups()["SecurityGroups"]] == ["default", "default"]
    assert_settled("security_group", gone)


def test_one_group_is_deleted_with_the_rules_that_name_it(ec2):
    run_module("security_group", task())

    run_module("security_group", task([{"name": "monay-dev-alb"}], state="absent"))

    assert group_of(ec2, "monay-dev-admin")["IpPermissions"] == []


def test_deletion_says_what_is_in_the_way(ec2, monkeypatch):
    monkeypatch.setattr(api, "backoff", lambda _attempt: 0)
    run_module("security_group", task([one()]))
    group = group_of(ec2, "monay-dev-one")
    subnet = ec2.create_subnet(VpcId=group["VpcId"], CidrBlock="10.10.0.0/24")["Subnet"]["SubnetId"]
    ec2.create_network_interface(SubnetId=subnet, Groups=[group["GroupId"]], Description="somebody's host")

    message = fail_module("security_group", task([one()], state="absent"))

    assert "delete security group monay-dev-one" in message
    assert "somebody's host" in message


def test_an_unknown_group_in_a_rule_is_named(ec2):
    rules = [{"ports": "443", "groups": ["monay-dev-nobody"]}]

    message = fail_module("security_group", task([one(ingress=rules)]))

    assert "a rule names security group monay-dev-nobody, which is not listed" in message


def test_an_unknown_prefix_list_is_named(ec2):
    rules = [{"ports": "443", "prefix_lists": ["nothing"]}]

    assert "there is no prefix list nothing" in fail_module("security_group", task([one(ingress=rules)]))


def test_another_description_is_refused(ec2):
    run_module("security_group", task([one()]))

    message = fail_module("security_group", task([one(description="Two")]))

    assert "security group monay-dev-one: description cannot be changed from 'One' to 'Two'" in message


def test_without_a_vpc_check_mode_previews_and_the_real_run_refuses(aws):  # noqa: F811
    assert len(run_module("security_group", task(), check=True)["changes"]) == 8

    assert "VPC monay-dev does not exist" in fail_module("security_group", task())
