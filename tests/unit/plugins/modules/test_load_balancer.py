# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import pytest

from tests.support.balancing import Network
from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.simulator import REGION

NAME = "monay-dev"
LOGS = {"bucket": "monay-dev-111111111111-logs"}
ATTRIBUTES = {"drop_invalid_headers": True, "access_logs": LOGS}
CREATED = {("create", "load balancer", NAME)}


def args(**extra):
    return {
        "region": REGION,
        "name": NAME,
        "vpc": NAME,
        "subnets": [f"{NAME}-public-a", f"{NAME}-public-b"],
        "security_groups": [f"{NAME}-alb"],
        "attributes": ATTRIBUTES,
        "tags": {"Project": "monay"},
        **extra,
    }


@pytest.fixture
def elb(aws):  # noqa: F811
    Network(aws)
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=LOGS["bucket"])
    principal = {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    resource = f"arn:aws:s3:::{LOGS['bucket']}/*"
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:PutObject", "Resource": resource}
    s3.put_bucket_policy(Bucket=LOGS["bucket"], Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    return aws.client("elbv2")


def attributes(elb):
    (balancer,) = elb.describe_load_balancers(Names=[NAME])["LoadBalancers"]
    found = elb.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])["Attributes"]
    return {each["Key"]: each["Value"] for each in found}


def test_creates_as_previewed_and_settles(elb):
    done = assert_previewed("load_balancer", args())

    assert changes(done) == CREATED
    facts = done["resources"]["load balancer"][NAME]
    assert facts["status"] == "active"
    assert facts["dns_name"].endswith(".elb.amazonaws.com")
    found = attributes(elb)
    assert found["routing.http.drop_invalid_header_fields.enabled"] == "true"
    assert (found["access_logs.s3.enabled"], found["access_logs.s3.bucket"]) == ("true", LOGS["bucket"])
    assert_settled("load_balancer", args())


def test_a_check_run_needs_no_network(aws):  # noqa: F811
    assert changes(run_module("load_balancer", args(), check=True)) == CREATED


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        pytest.param({"subnets": [f"{NAME}-public-a", f"{NAME}-public-c"]}, ["subnets"], id="subnets"),
        pytest.param({"security_groups": [f"{NAME}-other"]}, ["security_groups"], id="groups"),
        pytest.param({"ip_address_type": "dualstack"}, ["ip_address_type"], id="addresses"),
        pytest.param({"attributes": {"access_logs": LOGS}}, ["attributes"], id="attribute taken away"),
        pytest.param({"attributes": {"drop_invalid_headers": True}}, ["attributes"], id="logs off"),
        pytest.param({"attributes": {**ATTRIBUTES, "idle_timeout": 120}}, ["attributes"], id="idle timeout"),
        pytest.param({"attributes": {**ATTRIBUTES, "connection_logs": LOGS}}, ["attributes"], id="connection logs"),
        pytest.param({"attributes": {**ATTRIBUTES, "http2": False}}, ["attributes"], id="HTTP/2"),
        pytest.param({"tags": {"Owner": "us"}}, ["tags"], id="tags"),
    ],
)
def test_changes_one_field(elb, change, fields):
    run_module("load_balancer", args())

    done = assert_previewed("load_balancer", args(**change))

    assert [each["fields"] for each in done["changes"]] == [fields]
    assert_settled("load_balancer", args(**change))


def test_what_is_not_said_is_left_alone(elb):
    run_module("load_balancer", args())

    assert_settled("load_balancer", args(attributes=None, tags=None))


def test_refuses_what_aws_cannot_change(elb):
    run_module("load_balancer", args())

    assert "scheme cannot be changed" in fail_module("load_balancer", args(scheme="internal"), check=True)


def test_says_what_is_missing(elb):
    nowhere = {"access_logs": {"bucket": "nowhere"}}
    assert "Access Denied for bucket: nowhere" in fail_module("load_balancer", args(attributes=nowhere))
    assert "subnet nope does not exist" in fail_module("load_balancer", args(subnets=["nope", f"{NAME}-public-a"]))
    assert "security group nope does not exist" in fail_module("load_balancer", args(security_groups=["nope"]))
    assert "may have 32 characters and has 33" in fail_module("load_balancer", args(name="x" * 33))


def test_protected_ones_are_not_deleted_by_accident(elb):
    run_module("load_balancer", args(attributes={"deletion_protection": True}))

    assert "is protected against deletion" in fail_module("load_balancer", args(state="absent"))
    run_module("load_balancer", args(state="absent", force_unprotect=True))

    assert elb.describe_load_balancers()["LoadBalancers"] == []


def test_deletes_once(elb):
    run_module("load_balancer", args())

    done = assert_previewed("load_balancer", args(state="absent"))

    assert changes(done) == {("delete", "load balancer", NAME)}
    assert_settled("load_balancer", args(state="absent"))
