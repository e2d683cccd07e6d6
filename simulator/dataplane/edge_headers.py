# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a response headers policy puts on answers, and takes away."""

from __future__ import annotations

from typing import Any

from simulator.dataplane.routing import pattern
from simulator.overlays.cloudfront_model import items_of

Item = dict[str, Any]


class Answered:
    """The headers of an answer; names keep their spelling and are compared without case."""

    def __init__(self, headers: dict[str, str]) -> None:
        self.headers = dict(headers)

    def put(self, name: str, value: str, *, override: bool) -> None:
        known = next((one for one in self.headers if one.lower() == name.lower()), None)
        if known and not override:
            return
        if known:
            del self.headers[known]
        self.headers[name] = value

    def drop(self, name: str) -> None:
        for known in [one for one in self.headers if one.lower() == name.lower()]:
            del self.headers[known]


def apply(policy: Item | None, headers: dict[str, str], origin: str) -> dict[str, str]:
    """The headers after the policy; `origin` is the request's Origin header."""
    if policy is None:
        return headers
    answered = Answered(headers)
    for one in items_of(policy.get("RemoveHeadersConfig")):
        answered.drop(one["Header"])
    _cors(policy.get("CorsConfig"), answered, origin)
    _security(policy.get("SecurityHeadersConfig") or {}, answered)
    for one in items_of(policy.get("CustomHeadersConfig")):
        answered.put(one["Header"], one["Value"], override=bool(one["Override"]))
    return answered.headers


def _cors(config: Item | None, answered: Answered, origin: str) -> None:
    if not config or not origin:
        return
    origins = items_of(config["AccessControlAllowOrigins"])
    if not any(pattern(one, ignore_case=True).fullmatch(origin) for one in origins):
        return
    override = bool(config["OriginOverride"])
    everybody = "*" in origins and not config["AccessControlAllowCredentials"]
    answered.put("Access-Control-Allow-Origin", "*" if everybody else origin, override=override)
    if config["AccessControlAllowCredentials"]:
        answered.put("Access-Control-Allow-Credentials", "true", override=override)
    exposed = items_of(config.get("AccessControlExposeHeaders"))
    if exposed:
        answered.put("Access-Control-Expose-Headers", ",".join(exposed), override=override)
    answered.put(
        "Access-Control-Allow-Methods", ",".join(items_of(config["AccessControlAllowMethods"])), override=override
    )
    answered.put(
        "Access-Control-Allow-Headers", ",".join(items_of(config["AccessControlAllowHeaders"])), override=override
    )
    if config.get("AccessControlMaxAgeSec") is not None:
        answered.put("Access-Control-Max-Age", str(config["AccessControlMaxAgeSec"]), override=override)


def _security(config: Item, answered: Answered) -> None:
    def put(member: str, name: str, value: str) -> None:
        answered.put(name, value, override=bool(config[member]["Override"]))

    if config.get("StrictTransportSecurity"):
        hsts = config["StrictTransportSecurity"]
        value = f"max-age={hsts['AccessControlMaxAgeSec']}"
        value += "; includeSubDomains" if hsts.get("IncludeSubdomains") else ""
        put(
            "StrictTransportSecurity", "Strict-Transport-Security", value + ("; preload" if hsts.get("Preload") else "")
        )
    if config.get("ContentTypeOptions"):
        put("ContentTypeOptions", "X-Content-Type-Options", "nosniff")
    if config.get("FrameOptions"):
        put("FrameOptions", "X-Frame-Options", config["FrameOptions"]["FrameOption"])
    if config.get("ReferrerPolicy"):
        put("ReferrerPolicy", "Referrer-Policy", config["ReferrerPolicy"]["ReferrerPolicy"])
    if config.get("ContentSecurityPolicy"):
        put(
            "ContentSecurityPolicy", "Content-Security-Policy", config["ContentSecurityPolicy"]["ContentSecurityPolicy"]
        )
    if config.get("XSSProtection"):
        xss = config["XSSProtection"]
        value = "1" if xss["Protection"] else "0"
        value += "; mode=block" if xss.get("ModeBlock") else ""
        value += f"; report={xss['ReportUri']}" if xss.get("ReportUri") else ""
        put("XSSProtection", "X-XSS-Protection", value)
