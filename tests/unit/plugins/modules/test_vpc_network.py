# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import copy
import json
from unittest import mock

import pytest

from ansible_collections.monay.platform.plugins.module_utils.aws import api
from ansible_collections.monay.platform.plugins.module_utils.aws.ec2_nat import NatGateways
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Scope
from ansible_collections.monay.platform.plugins.module_utils.core.network_acl import network_acl_plan
from ansible_collections.monay.platform.plugins.module_utils.core.network_plan import (
    nat_gateway_plan,
    route_table_plan,
    subnet_plan,
)
from ansible_collections.monay.platform.plugins.module_utils.core.plan import Observed
from tests.support.modules import (
    assert_previewed,
    assert_settled,
    changes,
    fail_module,
    recorded_calls,
    run_module,
    writes,
)
from tests.support.network import OWNER, account_contents, aws, by_name, simulator_process  # noqa: F401

NAME, CIDR, ZONES = "monay-dev", "10.10.0.0/16", ["us-east-1a", "us-east-1b"]
TAGS = {**OWNER, "Environment": "dev"}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def whole(nat="1", zones=ZONES, **more):
    """Everything that the network role asks for, in one task."""
    private = [f"{NAME}-private-{zone[-1]}" for zone in zones]
    return {
        "region": "us-east-1",
        "name": NAME,
        "cidr": CIDR,
        "subnets": subnet_plan(CIDR, NAME, zones),
        "nat_gateways": nat_gateway_plan(NAME, zones, nat),
        "network_acls": network_acl_plan(CIDR, NAME, zones),
        "route_tables": route_table_plan(NAME, zones, nat),
        "endpoints": [{"name": f"{NAME}-s3", "service": "s3", "type": "gateway", "route_tables": private}],
        "flow_log": {"name": f"{NAME}-flow-logs", "log_group": "/monay/dev/flow-logs", "role": "monay-dev-flow-logs"},
        "tags": TAGS,
        **more,
    }


def keeping(arguments):
    """The same task, which also removes what is not listed any more."""
    kept = {key: [each["name"] for each in arguments[key]] for key in ("subnets", "nat_gateways", "network_acls")}
    return {**arguments, "keep_only": kept}


@pytest.fixture
def ec2(aws):  # noqa: F811
    aws.client("logs").create_log_group(logGroupName="/monay/dev/flow-logs")
    aws.client("iam").create_role(RoleName="monay-dev-flow-logs", AssumeRolePolicyDocument=json.dumps(TRUST))
    return aws.client("ec2")


@pytest.fixture
def built(ec2):
    run_module("vpc_network", whole())
    return ec2


def tags_of(item):
    return {tag["Key"]: tag["Value"] for tag in item["Tags"]}


def test_create_as_previewed_then_nothing(ec2):
    created = assert_previewed("vpc_network", whole())

    kinds = [change["kind"] for change in created["changes"]]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "VPC": 1,
        "internet gateway": 1,
        "default security group": 1,
        "subnet": 6,
        "elastic IP": 1,
        "NAT gateway": 1,
        "network ACL": 3,
        "route table": 4,
        "VPC endpoint": 1,
        "flow log": 1,
    }
    assert_settled("vpc_network", whole())


def test_vpc_resolves_names_and_is_attached_to_the_internet(built):
    vpc = by_name(built.describe_vpcs()["Vpcs"])[NAME]
    gateway = by_name(built.describe_internet_gateways()["InternetGateways"])[NAME]

    assert vpc["CidrBlock"] == CIDR
    assert tags_of(vpc) == {**TAGS, "Name": NAME}
    assert gateway["Attachments"][0]["VpcId"] == vpc["VpcId"]
    for attribute in ("enableDnsSupport", "enableDnsHostnames"):
        answer = built.describe_vpc_attribute(VpcId=vpc["VpcId"], Attribute=attribute)
        assert answer[attribute[0].upper() + attribute[1:]]["Value"] is True


def test_default_security_group_is_closed_again(built):
    vpc = by_name(built.describe_vpcs()["Vpcs"])[NAME]
    filters = [{"Name": "vpc-id", "Values": [vpc["VpcId"]]}, {"Name": "group-name", "Values": ["default"]}]
    group = built.describe_security_groups(Filters=filters)["SecurityGroups"][0]
    assert (group["IpPermissions"], group["IpPermissionsEgress"]) == ([], [])
    built.authorize_security_group_ingress(
        GroupId=group["GroupId"],
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}],
    )

    closed = assert_previewed("vpc_network", whole())

    assert changes(closed) == {("update", "default security group", NAME)}
    group = built.describe_security_groups(Filters=filters)["SecurityGroups"][0]
    assert group["IpPermissions"] == []


def test_subnets_routes_and_acls(built):
    subnets = by_name(built.describe_subnets()["Subnets"])
    nat = by_name(built.describe_nat_gateways()["NatGateways"])[f"{NAME}-nat-a"]
    tables = by_name(built.describe_route_tables()["RouteTables"])
    acls = by_name(built.describe_network_acls()["NetworkAcls"])

    assert tags_of(subnets[f"{NAME}-data-b"])["Tier"] == "data"
    assert nat["SubnetId"] == subnets[f"{NAME}-public-a"]["SubnetId"]
    private = tables[f"{NAME}-private-b"]
    assert private["Associations"][0]["SubnetId"] == subnets[f"{NAME}-private-b"]["SubnetId"]
    assert {each.get("NatGatewayId") for each in private["Routes"]} == {None, nat["NatGatewayId"]}
    assert [each["GatewayId"] for each in tables[f"{NAME}-data"]["Routes"]] == ["local"]
    data = acls[f"{NAME}-data"]
    assert {each["SubnetId"] for each in data["Associations"]} == {
        subnets[f"{NAME}-data-{zone}"]["SubnetId"] for zone in "ab"
    }
    ports = {each["PortRange"]["From"] for each in data["Entries"] if "PortRange" in each and not each["Egress"]}
    assert ports == {5432, 6379}


def test_a_run_that_changes_nothing_makes_few_calls(built):
    main = {key: value for key, value in whole().items() if key not in ("route_tables", "endpoints")}
    complete = {
        key: value for key, value in whole().items() if key in ("region", "name", "tags", "route_tables", "endpoints")
    }

    with recorded_calls() as started:
        run_module("vpc_network", {**main, "wait": False})
    with recorded_calls() as completed:
        run_module("vpc_network", complete)

    assert len(started) <= 11
    assert len(completed) <= 8


def edit_tags(arguments):
    arguments["tags"] = {**TAGS, "CostCenter": "finance"}


def edit_acl_rule(arguments):
    arguments["network_acls"][2]["ingress"][1]["ports"] = "5433"


def edit_acl_rules(arguments):
    arguments["network_acls"][2]["ingress"].pop(0)
    arguments["network_acls"][2]["egress"].append(
        {"rule_number": 200, "protocol": "udp", "ports": "53", "cidr": CIDR, "action": "deny"}
    )


def edit_acl_members(arguments):
    arguments["network_acls"][0]["subnets"].append(f"{NAME}-data-a")
    arguments["network_acls"][2]["subnets"].remove(f"{NAME}-data-a")


def edit_route_members(arguments):
    arguments["route_tables"][1]["subnets"] = []
    arguments["route_tables"][2]["subnets"] = [f"{NAME}-private-a", f"{NAME}-private-b"]


def edit_routes(arguments):
    arguments["route_tables"][1]["routes"] = [
        {"cidr": "192.0.2.0/24", "target": "nat_gateway", "name": f"{NAME}-nat-a"}
    ]


def edit_route_target(arguments):
    arguments["route_tables"][1]["routes"][0].update(target="internet_gateway", name=NAME)


def edit_flow_log(arguments):
    arguments["flow_log"]["max_aggregation_interval"] = 60


def edit_public_addresses(arguments):
    arguments["subnets"][0]["map_public_ip"] = True


def edit_subnet_tags(arguments):
    arguments["subnets"][0]["tags"] = {"Use": "edge"}


def edit_endpoint(arguments):
    arguments["endpoints"][0]["route_tables"] = [f"{NAME}-private-a", f"{NAME}-public"]


def edit_policy(arguments):
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}
    arguments["endpoints"][0]["policy"] = {"Version": "2012-10-17", "Statement": [statement]}


EDITS = {
    edit_acl_rule: {("update", "network ACL", "monay-dev-data")},
    edit_acl_rules: {("update", "network ACL", "monay-dev-data")},
    edit_acl_members: {("update", "network ACL", "monay-dev-data"), ("update", "network ACL", "monay-dev-public")},
    edit_route_members: {
        ("update", "route table", "monay-dev-private-a"),
        ("update", "route table", "monay-dev-private-b"),
    },
    edit_routes: {("update", "route table", "monay-dev-private-a")},
    edit_route_target: {("update", "route table", "monay-dev-private-a")},
    edit_flow_log: {("update", "flow log", "monay-dev-flow-logs")},
    edit_public_addresses: {("update", "subnet", "monay-dev-public-a")},
    edit_subnet_tags: {("update", "subnet", "monay-dev-public-a")},
    edit_endpoint: {("update", "VPC endpoint", "monay-dev-s3")},
    edit_policy: {("update", "VPC endpoint", "monay-dev-s3")},
}


def test_an_edit_changes_what_it_says(built, subtests):
    for edit, wanted in EDITS.items():
        edited = copy.deepcopy(whole())
        edit(edited)
        with subtests.test(edit.__name__):
            assert changes(assert_previewed("vpc_network", edited)) == wanted
            assert_settled("vpc_network", edited)
        run_module("vpc_network", whole())


def test_a_new_tag_reaches_everything(built):
    edited = whole(tags={**TAGS, "CostCenter": "finance"})

    result = assert_previewed("vpc_network", edited)

    assert {change["action"] for change in result["changes"]} == {"update"}
    assert len(result["changes"]) == 20
    assert_settled("vpc_network", edited)


def test_tags_stay_without_purge(built):
    vpc = by_name(built.describe_vpcs()["Vpcs"])[NAME]
    built.create_tags(Resources=[vpc["VpcId"]], Tags=[{"Key": "Owner", "Value": "somebody"}])

    assert_settled("vpc_network", whole(purge_tags=False))
    assert changes(run_module("vpc_network", whole())) == {("update", "VPC", NAME)}


def test_a_nat_gateway_more_and_less(built):
    more = keeping(whole(nat="2"))
    added = assert_previewed("vpc_network", more)
    assert changes(added) == {
        ("create", "elastic IP", "monay-dev-nat-b"),
        ("create", "NAT gateway", "monay-dev-nat-b"),
        ("update", "route table", "monay-dev-private-b"),
    }
    assert_settled("vpc_network", more)
    assert run_module("vpc_network", whole())["changed"], "route tables go back"

    removed = assert_previewed("vpc_network", keeping(whole()))

    assert changes(removed) == {
        ("delete", "elastic IP", "monay-dev-nat-b"),
        ("delete", "NAT gateway", "monay-dev-nat-b"),
    }
    assert [each["PublicIp"] for each in built.describe_addresses()["Addresses"]] == [
        run_module("vpc_network", whole())["resources"]["elastic IP"]["monay-dev-nat-a"]["public_ip"]
    ]
    assert_settled("vpc_network", keeping(whole()))


def test_routes_leave_a_nat_gateway_before_it_goes(built):
    run_module("vpc_network", whole(nat="2"))

    with recorded_calls() as calls:
        run_module("vpc_network", keeping(whole()))

    made = writes(calls)
    assert made.index("ec2:ReplaceRoute") < made.index("ec2:DeleteNatGateway") < made.index("ec2:ReleaseAddress")


def test_a_zone_more_and_less(built):
    zones = [*ZONES, "us-east-1c"]
    before = by_name(built.describe_subnets()["Subnets"])

    added = assert_previewed("vpc_network", keeping(whole(zones=zones)))

    assert ("create", "subnet", "monay-dev-private-c") in changes(added)
    assert ("update", "network ACL", "monay-dev-private") in changes(added)
    after = by_name(built.describe_subnets()["Subnets"])
    assert {name: after[name]["SubnetId"] for name in before} == {
        name: each["SubnetId"] for name, each in before.items()
    }
    assert_settled("vpc_network", keeping(whole(zones=zones)))
    removed = assert_previewed("vpc_network", keeping(whole()))
    assert ("delete", "subnet", "monay-dev-private-c") in changes(removed)
    assert_settled("vpc_network", keeping(whole()))


def test_what_is_not_ours_stays(built):
    vpc = by_name(built.describe_vpcs()["Vpcs"])[NAME]
    foreign = built.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.10.255.0/24")["Subnet"]
    built.create_tags(Resources=[foreign["SubnetId"]], Tags=[{"Key": "Name", "Value": "somebody-elses"}])

    assert_settled("vpc_network", keeping(whole()))


def test_interface_endpoint(built):
    vpc = by_name(built.describe_vpcs()["Vpcs"])[NAME]
    built.create_security_group(GroupName="monay-dev-endpoints", Description="Endpoints", VpcId=vpc["VpcId"])
    arguments = whole()
    arguments["endpoints"].append(
        {
            "name": "monay-dev-logs",
            "service": "logs",
            "subnets": ["monay-dev-private-a", "monay-dev-private-b"],
            "security_groups": ["monay-dev-endpoints"],
        }
    )

    added = assert_previewed("vpc_network", arguments)

    assert changes(added) == {("create", "VPC endpoint", "monay-dev-logs")}
    assert added["resources"]["VPC endpoint"]["monay-dev-logs"]["status"] == "available"
    assert_settled("vpc_network", arguments)
    arguments["endpoints"][1]["subnets"].pop()
    assert changes(assert_previewed("vpc_network", arguments)) == {("update", "VPC endpoint", "monay-dev-logs")}
    assert_settled("vpc_network", arguments)
    assert changes(assert_previewed("vpc_network", whole())) == {("delete", "VPC endpoint", "monay-dev-logs")}


def test_delete_everything_twice(built, aws):  # noqa: F811
    run_module("vpc_network", whole(nat="2"))
    gone = {"region": "us-east-1", "name": NAME, "state": "absent"}

    removed = assert_previewed("vpc_network", gone)

    assert {change["action"] for change in removed["changes"]} == {"delete"}
    assert set(account_contents(aws).values()) == {0}
    assert_settled("vpc_network", gone)


def test_delete_in_two_steps(built, aws):  # noqa: F811
    complete = {key: value for key, value in whole().items() if key in ("region", "name", "route_tables", "endpoints")}
    run_module("vpc_network", {**complete, "state": "absent"})
    contents = account_contents(aws)
    assert (contents["route tables"], contents["VPC endpoints"], contents["NAT gateways"]) == (1, 0, 1)

    run_module("vpc_network", {**whole(), "state": "absent"})

    assert set(account_contents(aws).values()) == {0}


def test_deletion_says_what_is_in_the_way(built, monkeypatch):
    monkeypatch.setattr(api, "backoff", lambda _attempt: 0)
    subnet = by_name(built.describe_subnets()["Subnets"])["monay-dev-data-a"]
    built.create_network_interface(SubnetId=subnet["SubnetId"], Description="RDSNetworkInterface")

    message = fail_module("vpc_network", {"region": "us-east-1", "name": NAME, "state": "absent"})

    assert "delete subnet monay-dev-data-a" in message
    assert "RDSNetworkInterface" in message
    assert "run again" in message


def test_two_vpcs_of_one_name_are_refused(built):
    twin = built.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]
    built.create_tags(Resources=[twin["VpcId"]], Tags=[{"Key": "Name", "Value": NAME}])

    message = fail_module("vpc_network", whole())

    assert twin["VpcId"] in message
    assert "both have this Name tag" in message


def test_two_subnets_of_one_name_are_refused(built):
    vpc = by_name(built.describe_vpcs()["Vpcs"])[NAME]
    twin = built.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.10.255.0/24")["Subnet"]
    built.create_tags(Resources=[twin["SubnetId"]], Tags=[{"Key": "Name", "Value": "monay-dev-data-a"}])

    assert twin["SubnetId"] in fail_module("vpc_network", whole())


def test_another_range_is_refused(built):
    message = fail_module("vpc_network", {**whole(), "cidr": "10.11.0.0/16", "subnets": None})

    assert "VPC monay-dev: cidr cannot be changed from '10.10.0.0/16' to '10.11.0.0/16'" in message


def test_missing_role_is_named(ec2):
    arguments = whole()
    arguments["flow_log"]["role"] = "nobody"

    message = fail_module("vpc_network", arguments)

    assert "there is no IAM role nobody" in message
    assert "network_flow_log_role" in message


def test_missing_vpc_is_named(ec2):
    arguments = {key: value for key, value in whole().items() if key in ("region", "name", "subnets")}

    assert run_module("vpc_network", arguments, check=True)["changed"] is True
    assert "VPC monay-dev does not exist" in fail_module("vpc_network", arguments)


def test_a_nat_gateway_that_is_being_deleted_is_replaced(built, aws):  # noqa: F811
    old = by_name(built.describe_nat_gateways()["NatGateways"])["monay-dev-nat-a"]["NatGatewayId"]
    aws.settings(speed="2")
    built.delete_nat_gateway(NatGatewayId=old)

    replaced = run_module("vpc_network", {**whole(), "wait": False})

    aws.settings(speed="inf")
    assert ("update", "NAT gateway", "monay-dev-nat-a") in changes(replaced)
    alive = [each for each in built.describe_nat_gateways()["NatGateways"] if each["State"] != "deleted"]
    assert len(alive) == 1
    assert alive[0]["NatGatewayId"] != old
    run_module("vpc_network", whole())  # the routes follow
    assert_settled("vpc_network", whole())


def test_a_nat_gateway_that_failed_does_not_count_as_alive():
    kind = NatGateways(mock.Mock(name="network"))
    failed = {"State": "failed", "SubnetId": "subnet-1", "FailureCode": "Gateway.NotAttached", "FailureMessage": "none"}

    assert kind.read(Scope(), failed) == {"subnet": "subnet-1", "alive": False}
    assert kind.facts(failed) == {"status": "failed", "failure": "Gateway.NotAttached: none"}
    old, new = (Observed(name, {"alive": alive}) for name, alive in (("old", False), ("new", True)))
    assert kind.choose("nat", old, new) is kind.choose("nat", new, old) is new
