# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The headers that CloudFront adds to every answer, as browsers see them. Pure.

Source: CloudFront API reference, ResponseHeadersPolicyConfig.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .cdn_distribution import counted, items, leaves
from .plan import State

Config = dict[str, Any]


def headers_config(name: str, options: Mapping[str, Any]) -> Config:
    """The policy as AWS takes it. An empty text leaves a header out."""
    security: Config = {"ContentTypeOptions": {"Override": True}}
    if options["hsts_seconds"]:
        security["StrictTransportSecurity"] = {
            "Override": True,
            "AccessControlMaxAgeSec": options["hsts_seconds"],
            "IncludeSubdomains": options["hsts_subdomains"],
            "Preload": options["hsts_preload"],
        }
    for key, member in (
        ("content_security_policy", "ContentSecurityPolicy"),
        ("frame_options", "FrameOptions"),
        ("referrer_policy", "ReferrerPolicy"),
    ):
        if options[key]:
            security[member] = {"Override": True, _VALUES.get(member, member): options[key]}
    custom = {**({"Permissions-Policy": options["permissions_policy"]} if options["permissions_policy"] else {})}
    custom |= {str(header): str(value) for header, value in (options["custom"] or {}).items()}
    return {
        "Name": name,
        "Comment": "",
        "SecurityHeadersConfig": security,
        "CustomHeadersConfig": counted(
            [{"Header": header, "Value": custom[header], "Override": True} for header in sorted(custom)]
        ),
    }


_VALUES = {"FrameOptions": "FrameOption"}
_HEADERS = {
    "ContentSecurityPolicy": "Content-Security-Policy",
    "FrameOptions": "X-Frame-Options",
    "ReferrerPolicy": "Referrer-Policy",
}


def headers_state(config: Mapping[str, Any]) -> State:
    """`{headers, other}`: each header with its value, and what is more than that."""
    rest = {key: value for key, value in config.items() if key not in ("Name", "Comment")}
    security = dict(rest.pop("SecurityHeadersConfig", None) or {})
    headers, kept = {}, {}
    for member, value in security.items():
        found = _header(member, value)
        if found and value["Override"]:
            headers[found[0]] = found[1]
        elif value:
            kept[member] = value
    for each in items(rest.pop("CustomHeadersConfig", None)):
        if each["Override"]:
            headers[each["Header"]] = each["Value"]
        else:
            kept[each["Header"]] = {"Value": each["Value"]}
    return {"headers": headers, "other": leaves({**rest, "NotOverriding": kept})}


def _header(member: str, value: Mapping[str, Any]) -> tuple[str, str] | None:
    if member == "ContentTypeOptions":
        return "X-Content-Type-Options", "nosniff"
    if member == "StrictTransportSecurity":
        parts = [f"max-age={value['AccessControlMaxAgeSec']}"]
        parts += ["includeSubDomains"] if value.get("IncludeSubdomains") else []
        parts += ["preload"] if value.get("Preload") else []
        return "Strict-Transport-Security", "; ".join(parts)
    if member in _HEADERS:
        return _HEADERS[member], value[_VALUES.get(member, member)]
    return None
