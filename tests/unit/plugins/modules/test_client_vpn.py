# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, recorded_calls, run_module
from tests.support.network import OWNER, aws, simulator_process  # noqa: F401

NAME = "monay-dev-client-vpn"
CERTIFICATE = "arn:aws:acm:us-east-1:111111111111:certificate/{}"


@pytest.fixture
def ec2(aws):  # noqa: F811
    run_module(
        "vpc_network",
        {
            "region": "us-east-1",
            "name": "monay-dev",
            "cidr": "10.10.0.0/16",
            "subnets": [
                {
                    "name": f"monay-dev-private-{zone}",
                    "cidr": f"10.10.{n}.0/24",
                    "availability_zone": f"us-east-1{zone}",
                }
                for n, zone in enumerate("ab")
            ],
            "tags": OWNER,
        },
    )
    client = aws.client("ec2")
    vpc = client.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": ["monay-dev"]}])["Vpcs"][0]["VpcId"]
    client.create_security_group(GroupName=NAME, Description="Client VPN", VpcId=vpc)
    return client


def task(**options):
    return {
        "region": "us-east-1",
        "name": NAME,
        "vpc": "monay-dev",
        "client_cidr": "172.31.0.0/22",
        "server_certificate_arn": CERTIFICATE.format("server"),
        "authentication": {"type": "certificate", "client_certificate_arn": CERTIFICATE.format("clients")},
        "log_group": "/monay/dev/client-vpn",
        "security_groups": [NAME],
        "subnets": ["monay-dev-private-a"],
        "authorization_rules": [{"cidrs": ["10.10.0.0/16"]}],
        "tags": OWNER,
        **options,
    }


GONE = {"region": "us-east-1", "name": NAME, "vpc": "monay-dev", "state": "absent"}
ROUTE = {"cidr": "192.0.2.0/24", "subnet": "monay-dev-private-a"}


def test_create_as_previewed_then_nothing(ec2):
    created = assert_previewed("client_vpn", task(routes=[ROUTE]))

    assert changes(created) == {
        ("create", "Client VPN endpoint", NAME),
        ("create", "Client VPN association", "monay-dev-private-a"),
        ("create", "Client VPN authorization rule", "10.10.0.0/16 for everyone"),
        ("create", "Client VPN route", "192.0.2.0/24 by monay-dev-private-a"),
    }
    endpoint = ec2.describe_client_vpn_endpoints()["ClientVpnEndpoints"][0]
    assert endpoint["Status"]["Code"] == "available"
    assert endpoint["SplitTunnel"] is True
    assert endpoint["ConnectionLogOptions"] == {"Enabled": True, "CloudwatchLogGroup": "/monay/dev/client-vpn"}
    assert endpoint["AuthenticationOptions"][0]["Type"] == "certificate-authentication"
    assert_settled("client_vpn", task(routes=[ROUTE]))


@pytest.mark.parametrize(
    ("authentication", "word"),
    [
        ({"type": "saml", "saml_provider_arn": "arn:aws:iam::111111111111:saml-provider/sso"}, "federated"),
        ({"type": "directory", "directory_id": "d-1234567890"}, "directory-service"),
    ],
)
def test_other_ways_of_authentication(ec2, authentication, word):
    run_module("client_vpn", task(authentication=authentication))

    endpoint = ec2.describe_client_vpn_endpoints()["ClientVpnEndpoints"][0]
    assert endpoint["AuthenticationOptions"][0]["Type"] == f"{word}-authentication"
    assert_settled("client_vpn", task(authentication=authentication))


RULE = "Client VPN authorization rule"
EDITS = [
    ({"description": "For administrators"}, {("update", "Client VPN endpoint", NAME)}),
    ({"split_tunnel": False}, {("update", "Client VPN endpoint", NAME)}),
    ({"server_certificate_arn": CERTIFICATE.format("new")}, {("update", "Client VPN endpoint", NAME)}),
    ({"log_group": None}, {("update", "Client VPN endpoint", NAME)}),
    ({"dns_servers": ["10.10.0.2"]}, {("update", "Client VPN endpoint", NAME)}),
    ({"session_timeout_hours": 8}, {("update", "Client VPN endpoint", NAME)}),
    ({"vpn_port": 1194}, {("update", "Client VPN endpoint", NAME)}),
    (
        {"subnets": ["monay-dev-private-b"]},
        {
            ("create", "Client VPN association", "monay-dev-private-b"),
            ("delete", "Client VPN association", "monay-dev-private-a"),
        },
    ),
    (
        {"authorization_rules": [{"cidrs": ["10.10.0.0/16"], "group": "admins"}]},
        {("create", RULE, "10.10.0.0/16 for admins"), ("delete", RULE, "10.10.0.0/16 for everyone")},
    ),
    (
        {"authorization_rules": [{"cidrs": ["10.10.0.0/16"], "description": "All"}]},
        {("update", RULE, "10.10.0.0/16 for everyone")},
    ),
    ({"routes": [ROUTE]}, {("create", "Client VPN route", "192.0.2.0/24 by monay-dev-private-a")}),
]


def test_an_edit_changes_what_it_says(ec2, subtests):
    for edit, wanted in EDITS:
        run_module("client_vpn", task())
        with subtests.test(next(iter(edit))):
            assert changes(assert_previewed("client_vpn", task(**edit))) == wanted
            assert_settled("client_vpn", task(**edit))


def test_delete_twice(ec2):
    run_module("client_vpn", task(routes=[ROUTE]))

    removed = assert_previewed("client_vpn", GONE)

    assert len(removed["changes"]) == 4
    assert ec2.describe_client_vpn_endpoints()["ClientVpnEndpoints"] == []
    assert_settled("client_vpn", GONE)


def test_a_slow_association_is_awaited(ec2, aws):  # noqa: F811
    aws.settings(speed="4")

    created = run_module("client_vpn", task(routes=[ROUTE]))

    association = created["resources"]["Client VPN association"]["monay-dev-private-a"]
    assert association["status"] == "associated"
    aws.settings(speed="inf")


def test_on_an_empty_account_check_mode_previews_and_the_real_run_refuses(aws):  # noqa: F811
    assert len(run_module("client_vpn", task(), check=True)["changes"]) == 3

    assert "VPC monay-dev does not exist" in fail_module("client_vpn", task(security_groups=[]))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"client_cidr": "172.31.0.0/24"}, "clients get addresses from a /12 to a /22"),
        ({"server_certificate_arn": ""}, "admin_access_server_certificate_arn"),
        ({"authentication": {"type": "saml", "directory_id": "d-1"}}, "authentication by saml needs saml_provider_arn"),
        ({"routes": [{"cidr": "0.0.0.0/0", "subnet": "elsewhere"}]}, "which is not among its subnets"),
        ({"authorization_rules": [{"cidrs": ["10.0.0.0/8"]}] * 2}, "two authorization rules 10.0.0.0/8 for everyone"),
        ({"authorization_rules": [{"cidrs": ["everywhere"]}]}, "is not an IPv4 network"),
        ({"security_groups": ["nobody"]}, "there is no security group nobody"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_a_write(ec2, options, words):
    with recorded_calls() as calls:
        assert words in fail_module("client_vpn", task(**options))

    assert [call for call in calls if "Create" in call] == []


def test_another_client_range_is_refused(ec2):
    run_module("client_vpn", task())

    message = fail_module("client_vpn", task(client_cidr="172.30.0.0/22"))

    assert "client_cidr cannot be changed from '172.31.0.0/22' to '172.30.0.0/22'" in message


def test_where_there_is_nothing_to_delete_nothing_else_is_read(ec2):
    with recorded_calls() as calls:
        assert run_module("client_vpn", GONE)["changed"] is False

    assert sorted(calls) == ["ec2:DescribeClientVpnEndpoints"]
