# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from tests.support.balancing import Balancer
from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.simulator import REGION

ZONE = "dev.monay.example"
NAME = f"admin.{ZONE}"
KEY = f"A {NAME}"
RECORD = {"name": NAME, "values": ["192.0.2.2", "192.0.2.1"], "ttl": 60}
ALIAS = {"name": NAME, "alias": {"load_balancer": "monay-dev"}}


# CachingOptimized, as everybody has it.
CACHED = "658327ea-f89d-4fab-a63d-7e88639e58f6"


def args(*records, **extra):
    return {"region": REGION, "zone": ZONE, "records": list(records) or [RECORD], **extra}


@pytest.fixture
def route53(aws):  # noqa: F811
    client = aws.client("route53")
    client.create_hosted_zone(Name=ZONE, CallerReference="x")
    return client


def records(route53):
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    found = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return {each["Name"]: each for each in found if each["Type"] not in ("NS", "SOA")}


def test_creates_as_previewed_and_settles(route53):
    wild = {"name": f"*.{ZONE}", "type": "CNAME", "values": [f"{NAME}."]}
    text = {"name": ZONE, "type": "TXT", "values": ["v=spf1 -all"]}

    done = assert_previewed("route53_record", args(RECORD, wild, text))

    assert changes(done) == {("create", "record", key) for key in (KEY, f"CNAME *.{ZONE}", f"TXT {ZONE}")}
    assert records(route53)[f"{NAME}."]["TTL"] == 60
    assert_settled("route53_record", args({**RECORD, "values": ["192.0.2.1", "192.0.2.2"]}, wild, text))


def test_a_check_run_needs_no_zone(aws):  # noqa: F811
    assert changes(run_module("route53_record", args(ALIAS), check=True)) == {("create", "record", KEY)}
    assert f"hosted zone {ZONE} does not exist" in fail_module("route53_record", args())


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        pytest.param({"values": ["192.0.2.1"]}, ["values"], id="values"),
        pytest.param({"ttl": 300}, ["ttl"], id="TTL"),
        pytest.param({"values": None, **ALIAS}, ["alias", "ttl", "values"], id="alias"),
    ],
)
def test_changes_one_field(aws, route53, change, fields):  # noqa: F811
    Balancer(aws, ports=())
    run_module("route53_record", args())

    done = assert_previewed("route53_record", args({**RECORD, **change}))

    assert done["changes"][0]["fields"] == fields
    assert_settled("route53_record", args({**RECORD, **change}))


def test_follows_a_load_balancer_that_is_made_anew(aws, route53):  # noqa: F811
    balancer = Balancer(aws, ports=())
    run_module("route53_record", args(ALIAS))
    target = records(route53)[f"{NAME}."]["AliasTarget"]
    described = balancer.elb.describe_load_balancers(Names=["monay-dev"])["LoadBalancers"][0]
    assert target["DNSName"].rstrip(".") == described["DNSName"].lower()
    assert target["HostedZoneId"] == described["CanonicalHostedZoneId"]

    balancer.elb.delete_load_balancer(LoadBalancerArn=balancer.arn)
    balancer.elb.create_load_balancer(Name="monay-dev", Subnets=list(balancer.subnets.values()))

    assert assert_previewed("route53_record", args(ALIAS))["changes"][0]["fields"] == ["alias"]
    assert_settled("route53_record", args(ALIAS))


def test_leads_to_a_distribution(aws, route53):  # noqa: F811
    cloudfront = aws.client("cloudfront")
    origin = {"Id": "o", "DomainName": "b.s3.amazonaws.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}
    config = {
        "CallerReference": "x",
        "Comment": "",
        "Enabled": True,
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all", "CachePolicyId": CACHED},
    }
    tags = {"Items": [{"Key": "Name", "Value": "monay-dev-website-static"}]}
    made = cloudfront.create_distribution_with_tags(
        DistributionConfigWithTags={"DistributionConfig": config, "Tags": tags}
    )["Distribution"]
    alias = {"name": ZONE, "alias": {"distribution": "monay-dev-website-static"}}

    run_module("route53_record", args(alias))

    target = records(route53)[f"{ZONE}."]["AliasTarget"]
    assert target["DNSName"].rstrip(".") == made["DomainName"]
    assert target["HostedZoneId"] == "Z2FDTNDATAQYW2"
    assert_settled("route53_record", args(alias))


@pytest.mark.parametrize(
    ("record", "words"),
    [
        pytest.param(
            {"name": "admin.example", "values": ["192.0.2.1"]}, f"not inside of hosted zone {ZONE}", id="zone"
        ),
        pytest.param({"name": NAME}, "needs either values or an alias", id="neither"),
        pytest.param({**RECORD, **ALIAS}, "needs either values or an alias", id="both"),
        pytest.param({**ALIAS, "type": "CNAME"}, "an alias has the type A or AAAA", id="type"),
        pytest.param({"name": ZONE, "type": "CNAME", "values": [NAME]}, "no CNAME for the zone's own", id="apex"),
    ],
)
def test_refuses_before_the_first_call(record, words):
    assert words in fail_module("route53_record", args(record), check=True)


def test_says_what_does_not_exist(route53):
    assert "load balancer monay-dev, which does not exist" in fail_module("route53_record", args(ALIAS))


def test_records_with_a_routing_policy_are_refused(route53):
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    value = {"Name": NAME, "Type": "A", "TTL": 1, "Weight": 1, "SetIdentifier": "one"}
    change = {"Action": "CREATE", "ResourceRecordSet": {**value, "ResourceRecords": [{"Value": "192.0.2.1"}]}}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})

    assert "with a routing policy (one)" in fail_module("route53_record", args())


def test_deletes_once(aws, route53):  # noqa: F811
    Balancer(aws, ports=())
    run_module("route53_record", args(ALIAS))

    absent = args({"name": NAME}, state="absent")
    assert changes(assert_previewed("route53_record", absent)) == {("delete", "record", KEY)}
    assert_settled("route53_record", absent)
    assert records(route53) == {}
