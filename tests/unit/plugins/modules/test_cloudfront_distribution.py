# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.aws import cloudfront_distribution
from tests.simulator.scenarios_edge import make_certificate, make_zone
from tests.support.killing import Killer
from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module
from tests.support.network import aws, simulator_process  # noqa: F401

NAME = "monay-dev-website-static"
DISTRIBUTION = "CloudFront distribution"
REGION = "eu-west-1"
OWN = {
    ("create", "CloudFront origin access control", NAME),
    ("create", "CloudFront response headers policy", NAME),
    ("create", DISTRIBUTION, NAME),
}
PAGES = [
    {"code": 404, "page": "/404.html", "response_code": 404},
    {"code": 403, "page": "/404.html", "response_code": 404},
]


def args(**extra):
    return {
        "region": REGION,
        "name": NAME,
        "origin": {"bucket": "monay-dev-111111111111-site"},
        "error_pages": PAGES,
        "tags": {"Project": "monay"},
        **extra,
    }


@pytest.fixture
def cloudfront(aws):  # noqa: F811
    return aws.client("cloudfront")


def distribution(cloudfront):
    (found,) = cloudfront.list_distributions()["DistributionList"]["Items"]
    return cloudfront.get_distribution(Id=found["Id"])["Distribution"]


def config(cloudfront):
    return distribution(cloudfront)["DistributionConfig"]


def changed_by_hand(cloudfront, change):
    found = distribution(cloudfront)
    edited = found["DistributionConfig"]
    change(edited)
    etag = cloudfront.get_distribution(Id=found["Id"])["ETag"]
    cloudfront.update_distribution(Id=found["Id"], IfMatch=etag, DistributionConfig=edited)


def test_creates_as_previewed_and_settles(cloudfront):
    done = assert_previewed("cloudfront_distribution", args())

    assert changes(done) == OWN
    made = config(cloudfront)
    origin = made["Origins"]["Items"][0]
    assert (origin["DomainName"], origin["OriginPath"]) == (
        "monay-dev-111111111111-site.s3.eu-west-1.amazonaws.com",
        "/site",
    )
    assert origin["OriginAccessControlId"]
    assert made["HttpVersion"] == "http2and3"
    assert made["IsIPV6Enabled"]
    assert made["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    facts = done["resources"][DISTRIBUTION][NAME]
    assert facts["status"] == "Deployed"
    assert facts["domain_name"].endswith(".cloudfront.net")
    tags = cloudfront.list_tags_for_resource(Resource=facts["arn"])["Tags"]["Items"]
    assert {each["Key"]: each["Value"] for each in tags} == {"Name": NAME, "Project": "monay"}
    assert_settled("cloudfront_distribution", args())


def test_sends_security_headers(cloudfront):
    run_module("cloudfront_distribution", args())

    identifier = config(cloudfront)["DefaultCacheBehavior"]["ResponseHeadersPolicyId"]
    policy = cloudfront.get_response_headers_policy(Id=identifier)["ResponseHeadersPolicy"]
    security = policy["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    assert set(security) == {
        "ContentSecurityPolicy",
        "ContentTypeOptions",
        "FrameOptions",
        "ReferrerPolicy",
        "StrictTransportSecurity",
    }
    custom = policy["ResponseHeadersPolicyConfig"]["CustomHeadersConfig"]["Items"]
    assert [each["Header"] for each in custom] == ["Permissions-Policy"]


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        pytest.param({"origin": {"bucket": "other", "path": ""}}, ["origin"], id="origin"),
        pytest.param({"default_root_object": "home.html"}, ["default_root_object"], id="root"),
        pytest.param({"cache_policy": "CachingDisabled"}, ["cache_policy"], id="caching"),
        pytest.param({"compress": False}, ["compress"], id="compression"),
        pytest.param({"behaviors": [{"path_pattern": "/downloads/*"}]}, ["behaviors"], id="behavior"),
        pytest.param({"error_pages": PAGES[:1]}, ["error_pages"], id="error page"),
        pytest.param({"http_version": "http2"}, ["http_version"], id="HTTP"),
        pytest.param({"ipv6": False}, ["ipv6"], id="IPv6"),
        pytest.param({"price_class": "PriceClass_All"}, ["price_class"], id="price class"),
        pytest.param({"enabled": False}, ["enabled"], id="disabled"),
        pytest.param({"tags": {"Project": "monay", "Owner": "us"}}, ["tags"], id="tag"),
        pytest.param({"response_headers": {"hsts_seconds": 5}}, ["headers"], id="HSTS"),
        pytest.param({"response_headers": {"frame_options": ""}}, ["headers"], id="header left out"),
        pytest.param({"response_headers": {"custom": {"X-Team": "web"}}}, ["headers"], id="own header"),
    ],
)
def test_changes_one_field(cloudfront, change, fields):
    run_module("cloudfront_distribution", args())

    done = assert_previewed("cloudfront_distribution", args(**change))

    assert [each["fields"] for each in done["changes"]] == [fields]
    assert_settled("cloudfront_distribution", args(**change))


def test_names_certificate_and_web_acl(aws, cloudfront):  # noqa: F811
    wanted = args(aliases=["www.monay.example", "Monay.example"], certificate="monay-dev-cdn", web_acl="monay-dev-cdn")
    assert changes(run_module("cloudfront_distribution", wanted, check=True)) == OWN
    assert "no issued certificate with the Name tag monay-dev-cdn" in fail_module("cloudfront_distribution", wanted)

    arn = make_certificate(aws.client, make_zone(aws.client, "monay.example"), "us-east-1", "monay.example")
    aws.client("acm").add_tags_to_certificate(CertificateArn=arn, Tags=[{"Key": "Name", "Value": "monay-dev-cdn"}])
    acl = aws.client("wafv2").create_web_acl(
        Name="monay-dev-cdn",
        Scope="CLOUDFRONT",
        DefaultAction={"Allow": {}},
        VisibilityConfig={"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "cdn"},
        Rules=[],
    )["Summary"]["ARN"]
    run_module("cloudfront_distribution", wanted)

    made = config(cloudfront)
    assert made["Aliases"]["Items"] == ["monay.example", "www.monay.example"]
    assert made["ViewerCertificate"]["ACMCertificateArn"] == arn
    assert made["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert made["WebACLId"] == acl
    assert_settled("cloudfront_distribution", wanted)


def test_what_somebody_changed_by_hand_is_put_right(cloudfront):
    run_module("cloudfront_distribution", args())
    changed_by_hand(
        cloudfront,
        lambda edited: edited["DefaultCacheBehavior"].update(
            ViewerProtocolPolicy="allow-all", AllowedMethods={"Quantity": 3, "Items": ["GET", "HEAD", "OPTIONS"]}
        ),
    )

    done = assert_previewed("cloudfront_distribution", args())

    assert [each["fields"] for each in done["changes"]] == [["other"]]
    assert "ViewerProtocolPolicy" in done["diff"][0]["before"]
    assert config(cloudfront)["DefaultCacheBehavior"]["ViewerProtocolPolicy"] == "redirect-to-https"
    assert_settled("cloudfront_distribution", args())


def test_logs_are_delivered_and_stopped(aws, cloudfront):  # noqa: F811
    logged = args(access_logs={"bucket": "monay-dev-111111111111-logs", "prefix": "cloudfront"})
    sorts = {"CloudFront log source", "CloudFront log destination", "CloudFront log delivery"}

    assert {kind for _action, kind, _name in changes(assert_previewed("cloudfront_distribution", logged))} >= sorts
    assert_settled("cloudfront_distribution", logged)
    (delivery,) = aws.client("logs").describe_deliveries()["deliveries"]
    assert delivery["deliverySourceName"] == NAME
    assert_settled("cloudfront_distribution", args())

    stopped = assert_previewed("cloudfront_distribution", args(access_logs={}))
    assert {(action, kind) for action, kind, _name in changes(stopped)} == {("delete", sort) for sort in sorts}


def test_is_disabled_waited_for_and_deleted(aws, cloudfront, monkeypatch):  # noqa: F811
    run_module("cloudfront_distribution", args(access_logs={"bucket": "monay-dev-111111111111-logs"}))
    monkeypatch.setattr(cloudfront_distribution.time, "sleep", lambda _seconds: None)

    gone = {"region": REGION, "name": NAME, "state": "absent"}
    done = assert_previewed("cloudfront_distribution", gone)

    assert {action for action, _kind, _name in changes(done)} == {"delete"}
    assert len(done["changes"]) == 6
    assert cloudfront.list_distributions()["DistributionList"]["Quantity"] == 0
    assert cloudfront.list_origin_access_controls()["OriginAccessControlList"]["Quantity"] == 0
    assert_settled("cloudfront_distribution", gone)


def test_lost_answers_make_nothing_twice(aws, cloudfront):  # noqa: F811
    aws.fault("reset", match={"service": "cloudfront", "mutating": True}, when="after", each_operation=True)
    aws.fault("throttle", match={"service": "logs", "mutating": True}, each_operation=True)
    run_module("cloudfront_distribution", LOGGED)

    assert contents(aws) == WHOLE
    assert_settled("cloudfront_distribution", LOGGED)


LOGGED = args(access_logs={"bucket": "monay-dev-111111111111-logs"})
WHOLE = {"distributions": 1, "access controls": 1, "policies": 1, "deliveries": 1}


def contents(aws):  # noqa: F811
    cloudfront, logs = aws.client("cloudfront"), aws.client("logs")
    policies = cloudfront.list_response_headers_policies(Type="custom")["ResponseHeadersPolicyList"]
    return {
        "distributions": cloudfront.list_distributions()["DistributionList"]["Quantity"],
        "access controls": cloudfront.list_origin_access_controls()["OriginAccessControlList"]["Quantity"],
        "policies": policies["Quantity"],
        "deliveries": len(logs.describe_deliveries()["deliveries"]),
    }


def test_killed_after_any_call_the_next_run_goes_on(aws, cloudfront, monkeypatch):  # noqa: F811
    monkeypatch.setattr(cloudfront_distribution.time, "sleep", lambda _seconds: None)
    gone = {"region": REGION, "name": NAME, "state": "absent"}
    for task, wanted in ((LOGGED, WHOLE), (gone, dict.fromkeys(WHOLE, 0))):
        nth = 1
        while nth:
            with Killer(nth) as killer:
                run_module("cloudfront_distribution", task)
            nth = nth + 1 if killer.made >= killer.nth else 0
            if nth:
                run_module("cloudfront_distribution", task)
                assert contents(aws) == wanted
                run_module("cloudfront_distribution", gone if task is LOGGED else LOGGED)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"aliases": ["www.monay.example"]}, "need a certificate"),
        ({"origin": {"bucket": "site", "path": "site"}}, r"origin.path begins with /"),
        ({"default_root_object": "/index.html"}, "does not begin with /"),
        ({"error_pages": PAGES + PAGES[:1]}, "two error_pages for 404"),
        ({"error_pages": [{**PAGES[0], "page": "404.html"}]}, "the error page for 404 begins with /"),
        ({"behaviors": [{"path_pattern": "/a"}] * 2}, "two behaviors for /a"),
        ({"cache_policy": "Nonsense"}, "no cache policy Nonsense; there are CachingDisabled"),
    ],
)
def test_refuses_what_cannot_be(cloudfront, change, said):
    assert said in fail_module("cloudfront_distribution", args(**change))
    assert cloudfront.list_distributions()["DistributionList"]["Quantity"] == 0
