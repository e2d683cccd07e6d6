# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from tests.support.balancing import issued
from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.simulator import REGION

NAME = "monay-dev"
ZONE = "dev.monay.example"
CERTIFICATE = ("create", "certificate", NAME)
RECORD = ("create", "validation record", ZONE)


def args(**extra):
    return {
        "region": REGION,
        "name": NAME,
        "domain_name": ZONE,
        "subject_alternative_names": [f"*.{ZONE}"],
        "validation_zone": ZONE,
        "tags": {"Project": "monay"},
        "wait": True,
        "wait_timeout": 60,
        **extra,
    }


@pytest.fixture
def route53(aws):  # noqa: F811
    client = aws.client("route53")
    client.create_hosted_zone(Name=ZONE, CallerReference="x")
    return client


@pytest.fixture
def acm(aws, route53):  # noqa: F811
    return aws.client("acm")


def cnames(route53):
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    found = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    return [each["Name"] for each in found if each["Type"] == "CNAME"]


def certificates(acm):
    includes = {"keyTypes": ["RSA_2048", "EC_prime256v1"]}
    return [each["CertificateArn"] for each in acm.list_certificates(Includes=includes)["CertificateSummaryList"]]


def listener(aws, arn):  # noqa: F811
    """Something that serves the certificate: a listener."""
    ec2, elb = aws.client("ec2"), aws.client("elbv2")
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]][:2]
    balancer = elb.create_load_balancer(Name="user", Scheme="internal", Subnets=subnets)["LoadBalancers"][0][
        "LoadBalancerArn"
    ]
    answer = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]
    made = elb.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTPS",
        Port=443,
        Certificates=[{"CertificateArn": arn}],
        DefaultActions=answer,
    )
    return made["Listeners"][0]["ListenerArn"]


def test_creates_as_previewed_and_settles(acm, route53):
    done = assert_previewed("acm_certificate", args())

    assert changes(done) == {CERTIFICATE, RECORD}
    facts = done["resources"]["certificate"][NAME]
    assert facts["status"] == "ISSUED"
    found = acm.describe_certificate(CertificateArn=facts["id"])["Certificate"]
    assert found["DomainName"] == ZONE
    assert sorted(found["SubjectAlternativeNames"]) == [f"*.{ZONE}", ZONE]
    assert cnames(route53) == [f"{facts['validation'][0]['name']}."]
    assert_settled("acm_certificate", args())


def test_a_check_run_needs_no_zone(aws):  # noqa: F811
    assert changes(run_module("acm_certificate", args(), check=True)) == {CERTIFICATE, RECORD}


def test_writes_the_record_again_when_it_is_gone(acm, route53):
    run_module("acm_certificate", args())
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    found = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    (record,) = [each for each in found if each["Type"] == "CNAME"]
    batch = {"Changes": [{"Action": "DELETE", "ResourceRecordSet": record}]}
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)

    assert changes(assert_previewed("acm_certificate", args())) == {RECORD}


class TestAdvice:
    def test_says_which_record_is_missing_elsewhere(self, acm):
        message = fail_module("acm_certificate", args(validation_zone=None, wait_timeout=1))

        (arn,) = certificates(acm)
        option = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"][0]
        record = option["ResourceRecord"]
        assert "certificate not ready after 1 s: monay-dev is PENDING_VALIDATION" in message
        assert f"CNAME {record['Name'].rstrip('.')} = {record['Value'].rstrip('.')} is missing in the DNS" in message

    def test_says_to_whom_the_zone_is_to_be_delegated(self, aws, acm, route53):  # noqa: F811
        aws.settings(speed=1, provisioning={"acm_record": 0, "acm": 100000, "acm_validation_window": 100000})
        try:
            message = fail_module("acm_certificate", args(wait_timeout=1))
        finally:
            aws.settings(speed="inf", provisioning={"acm_record": 1, "acm": 5, "acm_validation_window": 5184})

        zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
        servers = route53.get_hosted_zone(Id=zone)["DelegationSet"]["NameServers"]
        assert f"stands in hosted zone {ZONE}: see that the parent of {ZONE} delegates to" in message
        assert all(server.rstrip(".") in message for server in servers)

    def test_names_the_zone_that_is_missing(self, acm):
        assert "hosted zone nope.example does not exist" in fail_module(
            "acm_certificate", args(domain_name="nope.example", validation_zone="nope.example")
        )


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        pytest.param({"transparency_logging": False}, ["transparency_logging"], id="logging"),
        pytest.param({"tags": {"Owner": "us"}}, ["tags"], id="tags"),
    ],
)
def test_changes_one_field(acm, change, fields):
    run_module("acm_certificate", args())

    assert assert_previewed("acm_certificate", args(**change))["changes"][0]["fields"] == fields
    assert_settled("acm_certificate", args(**change))
    assert len(certificates(acm)) == 1


class TestReplacement:
    @pytest.mark.parametrize(
        ("change", "fields"),
        [
            pytest.param({"subject_alternative_names": []}, ["names"], id="names"),
            pytest.param({"key_algorithm": "EC_prime256v1"}, ["key_algorithm"], id="key"),
        ],
    )
    def test_stands_beside_the_old_one_until_that_serves_nobody(self, aws, acm, change, fields):  # noqa: F811
        old = run_module("acm_certificate", args())["resources"]["certificate"][NAME]["id"]
        user = listener(aws, old)

        done = assert_previewed("acm_certificate", args(**change))

        assert done["changes"][0]["fields"] == fields
        new = done["resources"]["certificate"][NAME]
        assert new["id"] != old
        assert new["status"] == "ISSUED"
        assert set(certificates(acm)) == {old, new["id"]}
        assert_settled("acm_certificate", args(**change))
        assert_settled("acm_certificate", args(**change, state="tidied"))

        aws.client("elbv2").delete_listener(ListenerArn=user)
        tidied = assert_previewed("acm_certificate", args(**change, state="tidied"))

        assert changes(tidied) == {("delete", "superseded certificate", old.rpartition("/")[2])}
        assert certificates(acm) == [new["id"]]
        assert_settled("acm_certificate", args(**change, state="tidied"))

    def test_order_and_capitals_are_no_other_names(self, acm):
        run_module("acm_certificate", args())

        assert_settled(
            "acm_certificate", args(domain_name=f"*.{ZONE}", subject_alternative_names=[ZONE.upper(), f"*.{ZONE}"])
        )


class TestGiven:
    def test_is_checked_and_returned(self, acm):
        arn = run_module("acm_certificate", args(name="other"))["resources"]["certificate"]["other"]["id"]

        assert_settled("acm_certificate", args(arn=arn))
        facts = run_module("acm_certificate", args(arn=arn))["resources"]["certificate"][NAME]
        assert (facts["id"], facts["status"]) == (arn, "ISSUED")
        assert_settled("acm_certificate", args(arn=arn, state="absent"))
        assert certificates(acm) == [arn]

    def test_must_serve_all_names(self, acm):
        arn = run_module("acm_certificate", args(name="other", subject_alternative_names=[]))["resources"][
            "certificate"
        ]["other"]["id"]

        assert f"not good for *.{ZONE}" in fail_module("acm_certificate", args(arn=arn), check=True)
        pending = acm.request_certificate(DomainName="x.example", ValidationMethod="DNS")["CertificateArn"]
        assert "its status is PENDING_VALIDATION" in fail_module("acm_certificate", args(arn=pending))
        assert "does not exist in us-east-1" in fail_module("acm_certificate", args(arn=f"{arn[:-4]}0000"))


def test_an_imported_one_of_the_name_is_used(acm):
    arn = issued(acm, NAME, f"a.{ZONE}")

    wanted = args(domain_name=f"a.{ZONE}", subject_alternative_names=[], tags=None)
    assert_settled("acm_certificate", wanted)
    assert run_module("acm_certificate", wanted)["resources"]["certificate"][NAME]["id"] == arn
    assert f"is not good for {ZONE}" in fail_module("acm_certificate", args(subject_alternative_names=[]), check=True)


def test_deletes_once(acm, route53):
    run_module("acm_certificate", args())

    done = assert_previewed("acm_certificate", args(state="absent"))

    assert changes(done) == {("delete", "certificate", NAME), ("delete", "validation record", ZONE)}
    assert_settled("acm_certificate", args(state="absent"))
    assert cnames(route53) == []


def test_deletes_what_was_superseded_too(acm):
    run_module("acm_certificate", args())
    run_module("acm_certificate", args(subject_alternative_names=[]))

    run_module("acm_certificate", args(state="absent", domain_name=None, subject_alternative_names=[]))

    assert certificates(acm) == []
