# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""A CloudFront distribution in front of a bucket: AWS's configuration and the form that it is compared in. Pure.

The form is flat and says what people say. What AWS holds besides is found by writing the form back into AWS's shape:
everything that differs stands under `other`, by its path, so that nothing that somebody changed by hand is overlooked.
UpdateDistribution wants every member, also those that CreateDistribution fills in; both get all of them here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .plan import PlanRefused, State

Config = dict[str, Any]

ORIGIN_ID = "bucket"
READ_ONLY = ["GET", "HEAD"]
# UpdateDistribution: a distribution without a certificate of its own has CloudFront's, and its oldest protocol.
ANY_TLS = "TLSv1"
# What AWS puts where nothing is said, by the name of the member.
DEFAULTS: dict[str, Any] = {
    "ConnectionAttempts": 3,
    "ConnectionTimeout": 10,
    "OriginReadTimeout": 30,
    "ConnectionMode": "direct",
    "RestrictionType": "none",
}
# Said twice by AWS, counted by it, ours to choose once, or of a continuous deployment, which is nobody's wanted state.
UNCOMPARED = {
    "CallerReference",
    "Quantity",
    "Certificate",
    "CertificateSource",
    "ContinuousDeploymentPolicyId",
    "Staging",
}
MOST_ALIASES = 100


def distribution_state(name: str, options: Mapping[str, Any]) -> State:
    """The form of the module's options, with names. Raises PlanRefused with all that is wrong."""
    aliases = sorted({alias.lower().rstrip(".") for alias in options["aliases"]})
    faults = _faults(options, aliases)
    if faults:
        raise PlanRefused(f"CloudFront distribution {name}: {'; '.join(faults)}")
    certificate = options["certificate"] or ""
    origin = options["origin"]
    return {
        "enabled": options["enabled"],
        "comment": name,
        "aliases": aliases,
        "certificate": certificate,
        "minimum_tls": options["minimum_tls"] if certificate else ANY_TLS,
        "origin": {"domain": f"{origin['bucket']}.s3.{origin['region']}.amazonaws.com", "path": origin["path"] or ""},
        "access_control": name,
        "response_headers": name,
        "default_root_object": options["default_root_object"] or "",
        "cache_policy": options["cache_policy"],
        "compress": options["compress"],
        "function": options["function"] or "",
        "behaviors": [
            {"path_pattern": each["path_pattern"], "cache_policy": each["cache_policy"], "compress": each["compress"]}
            for each in options["behaviors"]
        ],
        "error_pages": sorted((dict(each) for each in options["error_pages"]), key=lambda each: int(each["code"])),
        "http_version": options["http_version"],
        "ipv6": options["ipv6"],
        "price_class": options["price_class"],
        "web_acl": options["web_acl"] or "",
        "other": {},
    }


def _faults(options: Mapping[str, Any], aliases: list[str]) -> list[str]:
    faults = []
    if aliases and not options["certificate"]:
        faults.append(f"aliases ({', '.join(aliases)}) need a certificate that covers them")
    if len(aliases) > MOST_ALIASES:
        faults.append(f"{len(aliases)} aliases; AWS takes {MOST_ALIASES}")
    path = options["origin"]["path"] or ""
    if path and (not path.startswith("/") or path.endswith("/")):
        faults.append(f"origin.path begins with / and does not end with it, got {path}")
    if (options["default_root_object"] or "").startswith("/"):
        faults.append("default_root_object does not begin with /")
    patterns = [each["path_pattern"] for each in options["behaviors"]]
    faults += [f"two behaviors for {each}" for each in sorted({each for each in patterns if patterns.count(each) > 1})]
    codes = [each["code"] for each in options["error_pages"]]
    faults += [f"two error_pages for {each}" for each in sorted({each for each in codes if codes.count(each) > 1})]
    faults += [
        f"the error page for {each['code']} begins with /, got {each['page']}"
        for each in options["error_pages"]
        if not each["page"].startswith("/")
    ]
    return faults


def config_from_state(state: Mapping[str, Any], reference: str) -> Config:
    """The whole configuration as AWS takes it. `state` has ids and ARNs where the form has names."""
    return {
        "CallerReference": reference,
        "Comment": state["comment"],
        "Enabled": state["enabled"],
        "Aliases": counted(state["aliases"]),
        "DefaultRootObject": state["default_root_object"],
        "Origins": counted([_origin(state)]),
        "OriginGroups": counted([]),
        "DefaultCacheBehavior": _behavior(state, state),
        "CacheBehaviors": counted(
            [{"PathPattern": each["path_pattern"], **_behavior(state, each)} for each in state["behaviors"]]
        ),
        "CustomErrorResponses": counted([_error_page(each) for each in state["error_pages"]]),
        "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
        "PriceClass": state["price_class"],
        "ViewerCertificate": _certificate(state),
        "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
        "WebACLId": state["web_acl"],
        "HttpVersion": state["http_version"],
        "IsIPV6Enabled": state["ipv6"],
        "ContinuousDeploymentPolicyId": "",
        "Staging": False,
    }


def state_from_config(config: Mapping[str, Any]) -> State:
    """The form of what AWS holds, with ids and ARNs; what it cannot say stands under `other`, by its path."""
    origin = (config["Origins"].get("Items") or [{}])[0]
    default = config["DefaultCacheBehavior"]
    certificate = config.get("ViewerCertificate") or {}
    state = {
        "enabled": config["Enabled"],
        "comment": config["Comment"],
        "aliases": sorted(items(config.get("Aliases"))),
        "certificate": certificate.get("ACMCertificateArn", ""),
        "minimum_tls": certificate.get("MinimumProtocolVersion", ANY_TLS),
        "origin": {"domain": origin.get("DomainName", ""), "path": origin.get("OriginPath", "")},
        "access_control": origin.get("OriginAccessControlId", ""),
        "response_headers": default.get("ResponseHeadersPolicyId", ""),
        "default_root_object": config.get("DefaultRootObject", ""),
        **_behavior_state(default),
        "function": next((each["FunctionARN"] for each in items(default.get("FunctionAssociations"))), ""),
        "behaviors": [
            {"path_pattern": each["PathPattern"], **_behavior_state(each)}
            for each in items(config.get("CacheBehaviors"))
        ],
        "error_pages": sorted(
            (_error_page_state(each) for each in items(config.get("CustomErrorResponses"))),
            key=lambda each: int(each["code"]),
        ),
        "http_version": config.get("HttpVersion", "").lower(),
        "ipv6": config.get("IsIPV6Enabled", False),
        "price_class": config.get("PriceClass", ""),
        "web_acl": config.get("WebACLId", ""),
    }
    other = beyond({**config, "HttpVersion": ""}, leaves({**config_from_state(state, ""), "HttpVersion": ""}))
    if not state["certificate"]:
        other.pop("ViewerCertificate.SSLSupportMethod", None)  # AWS names one where there is no choice
    return {**state, "other": other}


def beyond(config: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """What AWS holds that the form does not say, and what it lacks of that, by path."""
    held = leaves(config)
    return {path: held.get(path) for path in sorted({*held, *said}) if held.get(path) != said.get(path)}


def leaves(value: Any, path: str = "", key: str = "") -> dict[str, Any]:
    """The values of a nested structure by path, without what is empty or AWS's default; lists of values are sorted."""
    if key in UNCOMPARED or not value or value == DEFAULTS.get(key):
        return {}
    if isinstance(value, Mapping):
        return _merged(leaves(member, f"{path}.{name}" if path else name, name) for name, member in value.items())
    if isinstance(value, list) and isinstance(value[0], Mapping):
        return _merged(leaves(member, f"{path}.{index}") for index, member in enumerate(value))
    return {path: sorted(value) if isinstance(value, list) else value}


def counted(members: Iterable[Any]) -> Config:
    """A list in CloudFront's shape."""
    listed = list(members)
    return {"Quantity": len(listed), **({"Items": listed} if listed else {})}


def items(listed: Mapping[str, Any] | None) -> list[Any]:
    """The members of a list in CloudFront's shape."""
    return list((listed or {}).get("Items") or ())


def _merged(parts: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {path: value for part in parts for path, value in part.items()}


def _origin(state: Mapping[str, Any]) -> Config:
    return {
        "Id": ORIGIN_ID,
        "DomainName": state["origin"]["domain"],
        "OriginPath": state["origin"]["path"],
        "CustomHeaders": counted([]),
        "S3OriginConfig": {"OriginAccessIdentity": ""},  # the old way in, which an access control takes the place of
        "ConnectionAttempts": DEFAULTS["ConnectionAttempts"],
        "ConnectionTimeout": DEFAULTS["ConnectionTimeout"],
        "OriginShield": {"Enabled": False},
        "OriginAccessControlId": state["access_control"],
    }


def _behavior(state: Mapping[str, Any], own: Mapping[str, Any]) -> Config:
    function = [{"FunctionARN": state["function"], "EventType": "viewer-request"}] if state["function"] else []
    headers = {"ResponseHeadersPolicyId": state["response_headers"]} if state["response_headers"] else {}
    return {
        "TargetOriginId": ORIGIN_ID,
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": {**counted(READ_ONLY), "CachedMethods": counted(READ_ONLY)},
        "Compress": own["compress"],
        "CachePolicyId": own["cache_policy"],
        **headers,
        "TrustedSigners": {"Enabled": False, "Quantity": 0},
        "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
        "SmoothStreaming": False,
        "LambdaFunctionAssociations": counted([]),
        "FunctionAssociations": counted(function),
        "FieldLevelEncryptionId": "",
        "GrpcConfig": {"Enabled": False},
    }


def _behavior_state(behavior: Mapping[str, Any]) -> State:
    return {"cache_policy": behavior.get("CachePolicyId", ""), "compress": behavior.get("Compress", False)}


def _error_page(page: Mapping[str, Any]) -> Config:
    return {
        "ErrorCode": page["code"],
        "ResponsePagePath": page["page"],
        "ResponseCode": str(page["response_code"]),
        "ErrorCachingMinTTL": page["caching_seconds"],
    }


def _error_page_state(page: Mapping[str, Any]) -> State:
    return {
        "code": page["ErrorCode"],
        "page": page.get("ResponsePagePath", ""),
        "response_code": int(page.get("ResponseCode") or page["ErrorCode"]),
        "caching_seconds": page.get("ErrorCachingMinTTL", 10),
    }


def _certificate(state: Mapping[str, Any]) -> Config:
    if not state["certificate"]:
        return {"CloudFrontDefaultCertificate": True, "MinimumProtocolVersion": state["minimum_tls"]}
    return {
        "ACMCertificateArn": state["certificate"],
        "SSLSupportMethod": "sni-only",
        "MinimumProtocolVersion": state["minimum_tls"],
        "CloudFrontDefaultCertificate": False,
    }
