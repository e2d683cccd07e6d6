# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.simulator import REGION

NAME = "dev.monay.example"


def args(**extra):
    return {"region": REGION, "name": NAME, "tags": {"ManagedBy": "monay.platform"}, **extra}


@pytest.fixture
def route53(aws):  # noqa: F811
    return aws.client("route53")


def tags(route53, zone):
    found = route53.list_tags_for_resource(ResourceType="hostedzone", ResourceId=zone)
    return {each["Key"]: each["Value"] for each in found["ResourceTagSet"]["Tags"]}


def foreign(route53, name=NAME):
    return route53.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"].rpartition("/")[2]


def record(route53, zone, name=f"www.{NAME}"):
    value = {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": value}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


def test_creates_as_previewed_and_settles(route53):
    done = assert_previewed("route53_zone", args())

    assert changes(done) == {("create", "hosted zone", NAME)}
    zone = done["resources"]["hosted zone"][NAME]
    assert zone["owned"] is True
    assert zone["name_servers"]
    assert tags(route53, zone["id"]) == {"ManagedBy": "monay.platform"}
    assert_settled("route53_zone", args(name=f"{NAME.upper()}."))


def test_a_zone_whose_tags_were_never_set_is_ours_and_gets_them(route53):
    config = {"Comment": "Managed by monay.platform", "PrivateZone": False}
    route53.create_hosted_zone(Name=NAME, CallerReference="x", HostedZoneConfig=config)

    assert assert_previewed("route53_zone", args())["changes"][0]["fields"] == ["tags"]
    assert_settled("route53_zone", args())


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        pytest.param({"comment": "Other words"}, ["comment"], id="comment"),
        pytest.param({"tags": {"ManagedBy": "monay.platform", "Owner": "us"}}, ["tags"], id="tag"),
        pytest.param({"tags": {}}, ["tags"], id="tags removed"),
    ],
)
def test_changes_one_field(route53, change, fields):
    run_module("route53_zone", args())

    assert assert_previewed("route53_zone", args(**change))["changes"][0]["fields"] == fields
    assert_settled("route53_zone", args(**change))


def test_the_zone_of_somebody_else_is_used_and_left_alone(route53):
    zone = foreign(route53)

    assert_settled("route53_zone", args())
    assert_settled("route53_zone", args(state="absent", force=True))
    found = run_module("route53_zone", args(create=False))["resources"]["hosted zone"][NAME]

    assert (found["id"], found["owned"]) == (zone, False)
    assert tags(route53, zone) == {}


def test_can_be_told_not_to_make_one(route53):
    assert "is not to be made" in fail_module("route53_zone", args(create=False), check=True)
    assert_settled("route53_zone", args(create=False, state="absent"))


def test_two_zones_of_one_name_are_refused(route53):
    foreign(route53)
    route53.create_hosted_zone(Name=NAME, CallerReference="twin")

    assert f"are both called {NAME}" in fail_module("route53_zone", args())


def test_private_zones_and_longer_names_are_others(route53):
    foreign(route53, f"www.{NAME}")
    vpc = {"VPCRegion": REGION, "VPCId": "vpc-1"}
    route53.create_hosted_zone(Name=NAME, CallerReference="p", VPC=vpc, HostedZoneConfig={"PrivateZone": True})

    assert changes(run_module("route53_zone", args())) == {("create", "hosted zone", NAME)}


def test_deletes_once(route53):
    run_module("route53_zone", args())

    assert changes(assert_previewed("route53_zone", args(state="absent"))) == {("delete", "hosted zone", NAME)}
    assert_settled("route53_zone", args(state="absent"))


def test_records_are_deleted_only_when_that_is_said(route53):
    zone = run_module("route53_zone", args())["resources"]["hosted zone"][NAME]["id"]
    record(route53, zone)

    assert f"1 records besides its own: A www.{NAME}" in fail_module("route53_zone", args(state="absent"))
    run_module("route53_zone", args(state="absent", force=True))

    assert route53.list_hosted_zones()["HostedZones"] == []
