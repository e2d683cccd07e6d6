# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What front doors decide by: patterns, bucket policies, lifetimes, cache keys, headers. Without a server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simulator.dataplane.bucket_policy import Caller, allows
from simulator.dataplane.edge_cache import EdgeCache, Stored, key_of, lifetime
from simulator.dataplane.edge_headers import apply
from simulator.dataplane.health import fits
from simulator.dataplane.objects import Fetched
from simulator.dataplane.routing import Request, choose_group, cookies_of, host_of, matches, redirect, token
from simulator.dataplane.wire import WireError, parse_head
from simulator.overlays.acm_model import covers

ARN = "arn:aws:cloudfront::111111111111:distribution/E1"
SITE = Caller(ARN, "111111111111")
OBJECT = "arn:aws:s3:::site/a.html"


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _statement(**changes: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": "cloudfront.amazonaws.com"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::site/*",
        **changes,
    }


@pytest.mark.parametrize(
    ("condition", "allowed"),
    [
        ({}, True),
        ({"StringEquals": {"AWS:SourceArn": ARN}}, True),
        ({"ArnLike": {"aws:SourceArn": "arn:aws:cloudfront::111111111111:distribution/*"}}, True),
        ({"StringEquals": {"aws:SourceArn": ["x", ARN], "aws:SourceAccount": "111111111111"}}, True),
        ({"StringEquals": {"aws:SourceArn": ARN, "aws:SourceAccount": "2"}}, False),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, False),
        ({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-1"}}, True),
        ({"StringNotEquals": {"aws:SourceArn": ARN}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, False),
    ],
)
def test_a_condition_that_cannot_be_judged_does_not_allow(condition: dict[str, Any], allowed: bool) -> None:
    assert allows(_policy(_statement(Condition=condition)), SITE, "s3:GetObject", OBJECT) is allowed


def test_a_denial_wins_also_where_it_cannot_be_judged() -> None:
    plain = {"Effect": "Deny", "Principal": "*", "Action": "s3:*"}
    insecure = _statement(**plain, Condition={"Bool": {"aws:SecureTransport": "false"}})
    old = _statement(**plain, Condition={"NumericLessThan": {"s3:TlsVersion": "1.2"}})
    unknown = _statement(**plain, Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    allow = _statement()
    assert allows(_policy(allow, insecure, old), SITE, "s3:GetObject", OBJECT)
    assert not allows(_policy(allow, unknown), SITE, "s3:GetObject", OBJECT)
    assert not allows(_policy(allow, _statement(**plain)), SITE, "s3:GetObject", OBJECT)


def test_only_who_is_named_may() -> None:
    everybody = _statement(Principal={"AWS": "*"})
    assert allows(_policy(everybody), Caller(), "s3:GetObject", OBJECT)
    assert not allows(_policy(_statement()), Caller(), "s3:GetObject", OBJECT), "who does not sign is no service"
    assert not allows(_policy(_statement(Principal={"Service": "logs.amazonaws.com"})), SITE, "s3:GetObject", OBJECT)
    assert not allows(_policy(_statement(Resource="arn:aws:s3:::site/b/*")), SITE, "s3:GetObject", OBJECT)
    assert not allows(None, SITE, "s3:GetObject", OBJECT)


@pytest.mark.parametrize(
    ("control", "seconds"),
    [
        ("", 86400),
        ("max-age=60", 60),
        ("public, max-age=60, s-maxage=90", 90),
        ("max-age=99999999999", 31536000),
        ("no-cache", 1),
        ("private", 1),
        ("max-age=0", 1),
    ],
)
def test_the_origin_says_how_long_within_the_bounds_of_the_policy(control: str, seconds: float) -> None:
    policy = {"MinTTL": 1, "DefaultTTL": 86400, "MaxTTL": 31536000}
    headers = {"Cache-Control": control} if control else {}
    assert lifetime(policy, Fetched(200, b"", headers)) == seconds
    assert lifetime({"MinTTL": 0, "DefaultTTL": 0, "MaxTTL": 0}, Fetched(200, b"", headers)) == 0


def test_the_cache_key_has_what_the_policy_names() -> None:
    def policy(query: str, **members: Any) -> dict[str, Any]:
        named = {"QueryStringsConfig": {"QueryStringBehavior": query, **members}}
        return {"ParametersInCacheKeyAndForwardedToOrigin": named}

    def key(config: dict[str, Any], query: str, **headers: str) -> tuple[str, ...]:
        return key_of(config, "/a", query, headers, "origin")

    assert key(policy("none"), "v=1") == key(policy("none"), "v=2")
    assert key(policy("all"), "b=2&a=1") == key(policy("all"), "a=1&b=2")
    assert key(policy("all"), "a=1") != key(policy("all"), "a=2")
    chosen = policy("whitelist", QueryStrings={"Quantity": 1, "Items": ["v"]})
    assert key(chosen, "v=1&x=1") == key(chosen, "v=1&x=2")
    assert key(chosen, "v=1") != key(chosen, "v=2")
    by_origin = {
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": {"Quantity": 1, "Items": ["Origin"]}},
            "CookiesConfig": {"CookieBehavior": "all"},
        }
    }
    assert key(by_origin, "", origin="a") != key(by_origin, "", origin="b")
    assert key(by_origin, "", cookie="a=1") != key(by_origin, "", cookie="a=2")


def test_what_was_fetched_before_an_invalidation_is_not_kept_after_it() -> None:
    cache, stored = EdgeCache(), Stored("/a", Fetched(200, b"old"), 0, 100)
    generation = cache.generation
    cache.invalidate(["/*"])
    cache.store(("/a",), stored, generation)
    assert cache.find(("/a",), 1) is None
    cache.store(("/a",), stored, cache.generation)
    assert cache.find(("/a",), 1) == stored
    assert cache.find(("/a",), 101) is None
    cache.invalidate(["/b", "/a*"])
    assert cache.find(("/a",), 1) is None


def test_a_headers_policy_overrides_only_where_it_says_so() -> None:
    options = {"ContentTypeOptions": {"Override": True}, "FrameOptions": {"Override": False, "FrameOption": "DENY"}}
    cors = {
        "AccessControlAllowOrigins": {"Items": ["https://*.example"]},
        "AccessControlAllowHeaders": {"Items": ["*"]},
        "AccessControlAllowMethods": {"Items": ["GET"]},
        "AccessControlAllowCredentials": True,
        "AccessControlMaxAgeSec": 60,
        "OriginOverride": True,
    }
    policy = {"SecurityHeadersConfig": options, "CorsConfig": cors}
    found = apply(policy, {"x-frame-options": "SAMEORIGIN", "x-content-type-options": "x"}, "https://a.example")
    assert found["x-frame-options"] == "SAMEORIGIN"
    assert found["X-Content-Type-Options"] == "nosniff"
    assert found["Access-Control-Allow-Origin"] == "https://a.example"
    assert found["Access-Control-Allow-Credentials"] == "true"
    assert "Access-Control-Allow-Origin" not in apply(policy, {}, "https://elsewhere")
    assert "Access-Control-Allow-Origin" not in apply(policy, {}, "")


def _request(**members: Any) -> Request:
    known = {"method": "GET", "host": "a.example", "path": "/x", "query": "", "headers": {}, "client": "127.0.0.1"}
    return Request(**(known | members))


def test_conditions_must_all_hold() -> None:
    host = {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.example"]}}
    path = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/x", "/y/*"]}}
    assert matches([host, path], _request())
    assert matches([host, path], _request(path="/y/z"))
    assert not matches([host, path], _request(path="/z"))
    assert not matches([host, path], _request(host="a.elsewhere"))
    assert matches([], _request())


def test_a_redirect_fills_in_what_it_keeps() -> None:
    config = {"Protocol": "HTTPS", "Port": "443", "Host": "www.#{host}", "Path": "/#{path}", "Query": "#{query}&z=1"}
    assert redirect(config, _request(query="q=1"), "http", 80) == "https://www.a.example:443/x?q=1&z=1"


def test_a_group_without_weight_gets_nothing_even_with_its_cookie() -> None:
    groups = [{"TargetGroupArn": "blue", "Weight": 0}, {"TargetGroupArn": "green", "Weight": 1}]
    config = {"TargetGroups": groups, "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60}}
    assert choose_group(config, {"AWSALBTG": token("blue")}) == "green"
    groups[0]["Weight"] = 1
    assert choose_group(config, {"AWSALBTG": token("blue")}) == "blue"
    assert choose_group({**config, "TargetGroups": [{"TargetGroupArn": "x", "Weight": 0}]}, {}) == ""


def test_small_things() -> None:
    assert host_of("A.Example.localhost:8443") == ("a.example", True)
    assert host_of("a.example:80") == ("a.example", False)
    assert cookies_of("a=1; b=2;c; a=3") == {"a": "1", "b": "2"}
    assert fits(204, "200-299,301")
    assert fits(301, "200-299,301")
    assert not fits(302, "200-299,301")
    assert covers(["*.a.example"], "B.a.example")
    assert not covers(["*.a.example"], "c.b.a.example")
    assert not covers(["*.a.example"], "a.example")


@pytest.mark.parametrize(
    "raw", [b"GET /\r\n\r\n", b"GET / HTTP/2\r\n\r\n", b"GET / HTTP/1.1\r\na b\r\n\r\n", b"\r\n\r\n"]
)
def test_what_is_no_http_is_refused(raw: bytes) -> None:
    with pytest.raises(WireError):
        parse_head(raw)
