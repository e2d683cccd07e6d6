# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.cdn_distribution import (
    config_from_state,
    counted,
    distribution_state,
    state_from_config,
)
from ansible_collections.monay.platform.plugins.module_utils.core.cdn_headers import headers_config, headers_state

OPTIONS = {
    "enabled": True,
    "aliases": ["b.example", "A.example."],
    "certificate": "arn:certificate",
    "minimum_tls": "TLSv1.2_2021",
    "origin": {"bucket": "site", "region": "us-east-1", "path": "/site"},
    "default_root_object": "index.html",
    "cache_policy": "id",
    "compress": True,
    "function": "",
    "behaviors": [],
    "error_pages": [],
    "http_version": "http2and3",
    "ipv6": True,
    "price_class": "PriceClass_100",
    "web_acl": "",
}
STATES = st.fixed_dictionaries(
    {
        **{key: st.just(value) for key, value in OPTIONS.items()},
        "enabled": st.booleans(),
        "aliases": st.sets(st.sampled_from(["a.example", "b.example"])),
        "compress": st.booleans(),
        "function": st.sampled_from(["", "arn:aws:cloudfront::111111111111:function/index"]),
        "behaviors": st.lists(
            st.fixed_dictionaries(
                {"path_pattern": st.sampled_from("abc"), "cache_policy": st.just("id"), "compress": st.booleans()}
            ),
            max_size=3,
            unique_by=lambda each: each["path_pattern"],
        ),
        "error_pages": st.lists(
            st.fixed_dictionaries(
                {
                    "code": st.sampled_from([403, 404]),
                    "page": st.just("/404.html"),
                    "response_code": st.sampled_from([200, 404]),
                    "caching_seconds": st.sampled_from([0, 10]),
                }
            ),
            max_size=2,
            unique_by=lambda each: each["code"],
        ),
        "web_acl": st.sampled_from(["", "arn:acl"]),
        "ipv6": st.booleans(),
    }
)


@settings(max_examples=60, deadline=None)
@given(STATES)
def test_what_is_wanted_comes_back_from_awss_form(options):
    state = distribution_state("name", options)

    assert state_from_config(config_from_state(state, "reference")) == state


def config(**options):
    return config_from_state(distribution_state("name", {**OPTIONS, **options}), "reference")


BEHAVIOR = ("DefaultCacheBehavior",)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ((*BEHAVIOR, "ViewerProtocolPolicy"), "allow-all"),
        ((*BEHAVIOR, "AllowedMethods"), counted(["GET", "HEAD", "OPTIONS"])),
        ((*BEHAVIOR, "SmoothStreaming"), True),
        ((*BEHAVIOR, "OriginRequestPolicyId"), "id"),
        ((*BEHAVIOR, "RealtimeLogConfigArn"), "arn"),
        ((*BEHAVIOR, "FieldLevelEncryptionId"), "id"),
        ((*BEHAVIOR, "GrpcConfig"), {"Enabled": True}),
        ((*BEHAVIOR, "TrustedSigners"), {"Enabled": True, **counted(["self"])}),
        ((*BEHAVIOR, "TrustedKeyGroups"), {"Enabled": True, **counted(["id"])}),
        (
            (*BEHAVIOR, "LambdaFunctionAssociations"),
            counted([{"LambdaFunctionARN": "a", "EventType": "viewer-request"}]),
        ),
        ((*BEHAVIOR, "FunctionAssociations"), counted([{"FunctionARN": "a", "EventType": "viewer-response"}])),
        (("OriginGroups",), counted([{"Id": "group"}])),
        (("Logging",), {"Enabled": True, "Bucket": "b", "Prefix": "", "IncludeCookies": False}),
        (("Restrictions",), {"GeoRestriction": {"RestrictionType": "whitelist", **counted(["CA"])}}),
        (("ViewerCertificate", "SSLSupportMethod"), "vip"),
        (("AnycastIpListId",), "id"),
        (("ConnectionMode",), "tenant-only"),
        (("ViewerMtlsConfig",), {"Mode": "required"}),
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else "",
)
def test_what_has_no_option_is_noticed_all_the_same(path, value):
    changed = copy.deepcopy(config())
    place = changed
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value

    assert list(state_from_config(changed)["other"])


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("CustomHeaders", counted([{"HeaderName": "X", "HeaderValue": "1"}])),
        ("ConnectionAttempts", 1),
        ("OriginShield", {"Enabled": True, "OriginShieldRegion": "us-east-1"}),
        ("S3OriginConfig", {"OriginAccessIdentity": "identity"}),
    ],
)
def test_what_is_said_of_the_origin_is_noticed(member, value):
    changed = copy.deepcopy(config())
    changed["Origins"]["Items"][0][member] = value

    assert list(state_from_config(changed)["other"])


def test_a_second_origin_is_noticed():
    changed = copy.deepcopy(config())
    changed["Origins"] = counted([*changed["Origins"]["Items"], {"Id": "second", "DomainName": "x"}])

    assert "Origins.Items.1.Id" in state_from_config(changed)["other"]


def test_what_aws_fills_in_is_no_change():
    filled = copy.deepcopy(config())
    filled["ConnectionMode"] = "direct"
    filled["ViewerCertificate"] |= {"Certificate": "arn:certificate", "CertificateSource": "acm"}
    filled["Origins"]["Items"][0]["S3OriginConfig"]["OriginReadTimeout"] = 30
    filled["DefaultCacheBehavior"]["AllowedMethods"]["Items"] = ["HEAD", "GET"]
    filled["HttpVersion"] = "HTTP2and3"

    assert state_from_config(filled) == distribution_state("name", OPTIONS)


def test_what_aws_says_of_its_own_certificate_is_no_change():
    options = {**OPTIONS, "certificate": "", "aliases": []}
    filled = config_from_state(distribution_state("name", options), "reference")
    filled["ViewerCertificate"] |= {"SSLSupportMethod": "vip", "CertificateSource": "cloudfront"}

    assert state_from_config(filled) == distribution_state("name", options)


HEADERS = {
    "hsts_seconds": 60,
    "hsts_subdomains": True,
    "hsts_preload": True,
    "content_security_policy": "default-src 'self'",
    "frame_options": "DENY",
    "referrer_policy": "no-referrer",
    "permissions_policy": "camera=()",
    "custom": {"X-Team": "web"},
}


def test_headers_are_shown_as_browsers_see_them():
    assert headers_state(headers_config("name", HEADERS)) == {
        "headers": {
            "Content-Security-Policy": "default-src 'self'",
            "Permissions-Policy": "camera=()",
            "Referrer-Policy": "no-referrer",
            "Strict-Transport-Security": "max-age=60; includeSubDomains; preload",
            "X-Content-Type-Options": "nosniff",
            "X-Frame-Options": "DENY",
            "X-Team": "web",
        },
        "other": {},
    }


def test_headers_that_are_empty_are_left_out():
    empty = {key: {} if key == "custom" else 0 if key == "hsts_seconds" else "" for key in HEADERS}

    assert headers_state(headers_config("name", empty))["headers"] == {"X-Content-Type-Options": "nosniff"}


@pytest.mark.parametrize(
    "more",
    [
        {"ServerTimingHeadersConfig": {"Enabled": True, "SamplingRate": 1.0}},
        {"RemoveHeadersConfig": counted([{"Header": "Server"}])},
        {"CorsConfig": {"OriginOverride": True}},
        {"CustomHeadersConfig": counted([{"Header": "X", "Value": "1", "Override": False}])},
    ],
    ids=lambda more: next(iter(more)),
)
def test_more_of_a_policy_is_noticed(more):
    assert headers_state({**headers_config("name", HEADERS), **more})["other"]


def test_a_header_that_the_origin_may_override_is_noticed():
    changed = headers_config("name", HEADERS)
    changed["SecurityHeadersConfig"]["FrameOptions"]["Override"] = False

    assert "X-Frame-Options" not in headers_state(changed)["headers"]
