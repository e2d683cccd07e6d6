# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The policies that AWS gives everybody, with their ids."""

from __future__ import annotations

from datetime import UTC, datetime

from simulator.overlays.cloudfront_model import Item, Kept, listed

SINCE = datetime(2021, 1, 1, tzinfo=UTC)
NONE: Item = {
    "HeadersConfig": {"HeaderBehavior": "none"},
    "CookiesConfig": {"CookieBehavior": "none"},
    "QueryStringsConfig": {"QueryStringBehavior": "none"},
}
ALL: Item = {
    "HeadersConfig": {"HeaderBehavior": "allViewer"},
    "CookiesConfig": {"CookieBehavior": "all"},
    "QueryStringsConfig": {"QueryStringBehavior": "all"},
}


def _kept(identifier: str, config: Item) -> tuple[str, Kept]:
    return identifier, Kept(identifier, config, "E23ZP02F085DFQ", managed=True, modified=SINCE)


def _cache(
    identifier: str, name: str, seconds: tuple[int, int, int], *, gzip: bool, brotli: bool, key: Item = NONE
) -> tuple[str, Kept]:
    parameters = {"EnableAcceptEncodingGzip": gzip, "EnableAcceptEncodingBrotli": brotli} | key
    config = {
        "Comment": f"{name} policy",
        "Name": f"Managed-{name}",
        "MinTTL": seconds[0],
        "DefaultTTL": seconds[1],
        "MaxTTL": seconds[2],
        "ParametersInCacheKeyAndForwardedToOrigin": parameters,
    }
    return _kept(identifier, config)


def _origin(identifier: str, name: str, members: Item) -> tuple[str, Kept]:
    return _kept(identifier, {"Comment": f"{name} policy", "Name": f"Managed-{name}"} | members)


def _named(*names: str) -> Item:
    return {"HeaderBehavior": "whitelist", "Headers": listed(list(names))}


SECURITY: Item = {
    "XSSProtection": {"Override": False, "Protection": True, "ModeBlock": True},
    "FrameOptions": {"Override": False, "FrameOption": "SAMEORIGIN"},
    "ReferrerPolicy": {"Override": False, "ReferrerPolicy": "strict-origin-when-cross-origin"},
    "ContentTypeOptions": {"Override": True},
    "StrictTransportSecurity": {"Override": False, "AccessControlMaxAgeSec": 31536000},
}


def _cors(methods: list[str], headers: list[str], exposed: list[str] | None) -> Item:
    config: Item = {
        "AccessControlAllowOrigins": listed(["*"]),
        "AccessControlAllowHeaders": listed(headers),
        "AccessControlAllowMethods": listed(methods),
        "AccessControlAllowCredentials": False,
        "OriginOverride": False,
    }
    return config | ({"AccessControlExposeHeaders": listed(exposed)} if exposed else {})


SIMPLE = {"CorsConfig": _cors(["GET", "HEAD"], ["*"], None)}
PREFLIGHT = {"CorsConfig": _cors(["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"], ["*"], ["*"])}


def _headers(identifier: str, name: str, members: Item) -> tuple[str, Kept]:
    return _kept(identifier, {"Comment": f"{name} policy", "Name": f"Managed-{name}"} | members)


ORIGIN_CONTROLLED: Item = {
    "HeadersConfig": _named("host", "origin", "x-http-method-override", "x-http-method", "x-method-override"),
    "CookiesConfig": {"CookieBehavior": "all"},
    "QueryStringsConfig": {"QueryStringBehavior": "none"},
}
WITH_QUERY: Item = ORIGIN_CONTROLLED | {"QueryStringsConfig": {"QueryStringBehavior": "all"}}
YEAR, DAY = 31536000, 86400

MANAGED: dict[str, dict[str, Kept]] = {
    "CachePolicy": dict(
        [
            _cache("658327ea-f89d-4fab-a63d-7e88639e58f6", "CachingOptimized", (1, DAY, YEAR), gzip=True, brotli=True),
            _cache(
                "b2884449-e4de-46a7-ac36-70bc7f1ddd6d",
                "CachingOptimizedForUncompressedObjects",
                (1, DAY, YEAR),
                gzip=False,
                brotli=False,
            ),
            _cache("4135ea2d-6df8-44a3-9df3-4b5a84be39ad", "CachingDisabled", (0, 0, 0), gzip=False, brotli=False),
            _cache(
                "83da9c7e-98b4-4e11-a168-04f0df8e2c65",
                "UseOriginCacheControlHeaders",
                (0, 0, YEAR),
                gzip=True,
                brotli=True,
                key=ORIGIN_CONTROLLED,
            ),
            _cache(
                "4cc15a8a-d715-48a4-82b8-cc0b614638fe",
                "UseOriginCacheControlHeaders-QueryStrings",
                (0, 0, YEAR),
                gzip=True,
                brotli=True,
                key=WITH_QUERY,
            ),
        ]
    ),
    "OriginRequestPolicy": dict(
        [
            _origin("216adef6-5c7f-47e4-b989-5492eafa07d3", "AllViewer", ALL),
            _origin(
                "b689b0a8-53d0-40ab-baf2-68738e2966ac",
                "AllViewerExceptHostHeader",
                ALL | {"HeadersConfig": {"HeaderBehavior": "allExcept", "Headers": listed(["host"])}},
            ),
            _origin(
                "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf",
                "CORS-S3Origin",
                NONE
                | {
                    "HeadersConfig": _named("origin", "access-control-request-headers", "access-control-request-method")
                },
            ),
            _origin(
                "59781a5b-3903-41f3-afcb-af62929ccde1", "CORS-CustomOrigin", NONE | {"HeadersConfig": _named("origin")}
            ),
            _origin(
                "acba4595-bd28-49b8-b9fe-13317c0390fa",
                "UserAgentRefererHeaders",
                NONE | {"HeadersConfig": _named("user-agent", "referer")},
            ),
        ]
    ),
    "ResponseHeadersPolicy": dict(
        [
            _headers("60669652-455b-4ae9-85a4-c4c02393f86c", "SimpleCORS", SIMPLE),
            _headers("5cc3b908-e619-4b99-88e5-2cf7f45965bd", "CORS-With-Preflight", PREFLIGHT),
            _headers(
                "67f7725c-6f97-4210-82d7-5512b31e9d03", "SecurityHeadersPolicy", {"SecurityHeadersConfig": SECURITY}
            ),
            _headers(
                "e61eb60c-9c35-4d20-a928-2b84e02af89c",
                "CORS-and-SecurityHeadersPolicy",
                SIMPLE | {"SecurityHeadersConfig": SECURITY},
            ),
            _headers(
                "eaab4381-ed33-4a86-88ca-d9558dc6cd63",
                "CORS-with-preflight-and-SecurityHeadersPolicy",
                PREFLIGHT | {"SecurityHeadersConfig": SECURITY},
            ),
        ]
    ),
}
