# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A distribution's configuration with all that CloudFront fills in."""

from __future__ import annotations

from typing import Any

from simulator.errors import AwsError, not_implemented
from simulator.overlays.cloudfront_model import Item, items_of, listed

METHODS = ("HEAD", "DELETE", "POST", "GET", "OPTIONS", "PUT", "PATCH")
ERROR_CODES = (400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504)


def complete(given: Item) -> Item:
    """The configuration as GetDistributionConfig shows it.

    :raises AwsError: for what CloudFront refuses without looking at anything else.
    """
    origins = [_origin(one) for one in items_of(given.get("Origins"))]
    if not origins:
        raise AwsError("InvalidArgument", "The parameter Origins is required.", 400)
    root = given.get("DefaultRootObject") or ""
    if root.startswith("/"):
        raise AwsError("InvalidDefaultRootObject", "The default root object must not begin with /.", 400)
    if items_of(given.get("OriginGroups")):
        raise not_implemented("cloudfront", "CreateDistribution", "origin groups")
    return {
        "CallerReference": given["CallerReference"],
        "Aliases": listed(items_of(given.get("Aliases"))),
        "DefaultRootObject": root,
        "Origins": listed(origins),
        "OriginGroups": {"Quantity": 0},
        "DefaultCacheBehavior": _behaviour(given["DefaultCacheBehavior"]),
        "CacheBehaviors": listed([_behaviour(one) for one in items_of(given.get("CacheBehaviors"))]),
        "CustomErrorResponses": listed([_error(one) for one in items_of(given.get("CustomErrorResponses"))]),
        "Comment": given.get("Comment", ""),
        "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""}
        | (given.get("Logging") or {}),
        "PriceClass": given.get("PriceClass") or "PriceClass_All",
        "Enabled": bool(given["Enabled"]),
        "ViewerCertificate": _certificate(given.get("ViewerCertificate") or {}),
        "Restrictions": {"GeoRestriction": _geography(given)},
        "WebACLId": given.get("WebACLId") or "",
        "HttpVersion": given.get("HttpVersion") or "http2",
        "IsIPV6Enabled": bool(given.get("IsIPV6Enabled", False)),
        "ContinuousDeploymentPolicyId": "",
        "Staging": False,
    }


def _origin(given: Item) -> Item:
    origin: Item = {
        "Id": given["Id"],
        "DomainName": given["DomainName"],
        "OriginPath": given.get("OriginPath") or "",
        "CustomHeaders": listed(items_of(given.get("CustomHeaders"))),
        "ConnectionAttempts": given.get("ConnectionAttempts") or 3,
        "ConnectionTimeout": given.get("ConnectionTimeout") or 10,
        "OriginShield": given.get("OriginShield") or {"Enabled": False},
        "OriginAccessControlId": given.get("OriginAccessControlId") or "",
    }
    if origin["OriginPath"] and (not origin["OriginPath"].startswith("/") or origin["OriginPath"].endswith("/")):
        raise AwsError("InvalidArgument", "The parameter Origin Path must begin with / and must not end with /.", 400)
    custom = given.get("CustomOriginConfig")
    if custom:
        defaults = {"OriginReadTimeout": 30, "OriginKeepaliveTimeout": 5}
        protocols = listed(items_of(custom.get("OriginSslProtocols")) or ["TLSv1.2"])
        origin["CustomOriginConfig"] = defaults | custom | {"OriginSslProtocols": protocols}
    else:
        config = given.get("S3OriginConfig") or {}
        if config.get("OriginAccessIdentity") and origin["OriginAccessControlId"]:
            message = "An origin has an origin access identity or an origin access control, not both."
            raise AwsError("InvalidOriginAccessControl", message, 400)
        origin["S3OriginConfig"] = {
            "OriginAccessIdentity": config.get("OriginAccessIdentity") or "",
            "OriginReadTimeout": config.get("OriginReadTimeout") or 30,
        }
    return origin


def _behaviour(given: Item) -> Item:
    if given.get("ForwardedValues") or not given.get("CachePolicyId"):
        raise not_implemented("cloudfront", "CreateDistribution", "cache behaviours without a cache policy")
    for member in ("TrustedSigners", "TrustedKeyGroups", "LambdaFunctionAssociations"):
        if items_of(given.get(member)):
            raise not_implemented("cloudfront", "CreateDistribution", member)
    behaviour: Item = {
        "TargetOriginId": given["TargetOriginId"],
        "TrustedSigners": {"Enabled": False, "Quantity": 0},
        "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
        "ViewerProtocolPolicy": given["ViewerProtocolPolicy"],
        "AllowedMethods": _methods(given.get("AllowedMethods") or {}),
        "SmoothStreaming": False,
        "Compress": bool(given.get("Compress", False)),
        "LambdaFunctionAssociations": {"Quantity": 0},
        "FunctionAssociations": listed(items_of(given.get("FunctionAssociations"))),
        "FieldLevelEncryptionId": "",
        "CachePolicyId": given["CachePolicyId"],
        "GrpcConfig": {"Enabled": False},
    }
    for member in ("OriginRequestPolicyId", "ResponseHeadersPolicyId"):
        if given.get(member):
            behaviour[member] = given[member]
    return ({"PathPattern": given["PathPattern"]} if given.get("PathPattern") else {}) | behaviour


def _methods(given: Item) -> Item:
    allowed = items_of(given) or ["GET", "HEAD"]
    cached = items_of(given.get("CachedMethods")) or ["GET", "HEAD"]
    wanted = [method for method in METHODS if method in allowed]
    if set(wanted) not in ({"GET", "HEAD"}, {"GET", "HEAD", "OPTIONS"}, set(METHODS)):
        raise AwsError("InvalidArgument", "The parameter AllowedMethods is not valid.", 400)
    return listed(wanted) | {"CachedMethods": listed([method for method in METHODS if method in cached])}


def _error(given: Item) -> Item:
    if given["ErrorCode"] not in ERROR_CODES:
        raise AwsError("InvalidErrorCode", f"CloudFront has no error page for {given['ErrorCode']}.", 400)
    page, code = given.get("ResponsePagePath") or "", given.get("ResponseCode") or ""
    if bool(page) != bool(code) or (page and not page.startswith("/")):
        raise AwsError("InvalidResponseCode", "An error page has a path that begins with / and a response code.", 400)
    seconds = given.get("ErrorCachingMinTTL")
    caching = {"ErrorCachingMinTTL": 10 if seconds is None else seconds}
    return {"ErrorCode": given["ErrorCode"], "ResponsePagePath": page, "ResponseCode": code} | caching


def _certificate(given: Item) -> Item:
    arn = given.get("ACMCertificateArn")
    if given.get("IAMCertificateId"):
        raise not_implemented("cloudfront", "CreateDistribution", "certificates of IAM")
    if not arn:
        return {
            "CloudFrontDefaultCertificate": True,
            "SSLSupportMethod": "vip",
            "MinimumProtocolVersion": "TLSv1",
            "CertificateSource": "cloudfront",
        }
    if given.get("SSLSupportMethod") not in ("sni-only", "vip"):
        raise AwsError("InvalidViewerCertificate", "A certificate needs SSLSupportMethod.", 400)
    return {
        "CloudFrontDefaultCertificate": False,
        "ACMCertificateArn": arn,
        "SSLSupportMethod": given["SSLSupportMethod"],
        "MinimumProtocolVersion": given.get("MinimumProtocolVersion") or "TLSv1",
        "Certificate": arn,
        "CertificateSource": "acm",
    }


def _geography(given: Item) -> Item:
    restriction: Item = (given.get("Restrictions") or {}).get("GeoRestriction") or {}
    places: list[Any] = items_of(restriction)
    return {"RestrictionType": restriction.get("RestrictionType") or "none"} | listed(places)
