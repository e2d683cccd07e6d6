# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Load balancers and target groups: AWS's attributes from and to the options of modules. Pure.

AWS keeps attributes as pairs of strings. Both sides are completed with AWS's defaults, so that an option that is taken
away goes back to the default, and an answer that leaves attributes out is no difference.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from .plan import PlanRefused, State

Attributes = dict[str, str]

# Source: ELBv2 API, TargetGroupAttribute, for target groups of application load balancers.
TARGET_GROUP_DEFAULTS: Attributes = {
    "deregistration_delay.timeout_seconds": "300",
    "load_balancing.algorithm.anomaly_mitigation": "off",
    "load_balancing.algorithm.type": "round_robin",
    "load_balancing.cross_zone.enabled": "use_load_balancer_configuration",
    "slow_start.duration_seconds": "0",
    "stickiness.app_cookie.cookie_name": "",
    "stickiness.app_cookie.duration_seconds": "86400",
    "stickiness.enabled": "false",
    "stickiness.lb_cookie.duration_seconds": "86400",
    "stickiness.type": "lb_cookie",
}
# Source: ELBv2 API, LoadBalancerAttribute, for application load balancers.
LOAD_BALANCER_DEFAULTS: Attributes = {
    "access_logs.s3.bucket": "",
    "access_logs.s3.enabled": "false",
    "access_logs.s3.prefix": "",
    "client_keep_alive.seconds": "3600",
    "connection_logs.s3.bucket": "",
    "connection_logs.s3.enabled": "false",
    "connection_logs.s3.prefix": "",
    "deletion_protection.enabled": "false",
    "idle_timeout.timeout_seconds": "60",
    "routing.http.desync_mitigation_mode": "defensive",
    "routing.http.drop_invalid_header_fields.enabled": "false",
    "routing.http.preserve_host_header.enabled": "false",
    "routing.http.x_amzn_tls_version_and_cipher_suite.enabled": "false",
    "routing.http.xff_client_port.enabled": "false",
    "routing.http.xff_header_processing.mode": "append",
    "routing.http2.enabled": "true",
    "waf.fail_open.enabled": "false",
    "zonal_shift.config.enabled": "false",
}
# Options of a target group, besides stickiness.
TARGET_GROUP_OPTIONS = {
    "algorithm": "load_balancing.algorithm.type",
    "anomaly_mitigation": "load_balancing.algorithm.anomaly_mitigation",
    "cross_zone": "load_balancing.cross_zone.enabled",
    "deregistration_delay": "deregistration_delay.timeout_seconds",
    "slow_start": "slow_start.duration_seconds",
}
LOAD_BALANCER_OPTIONS = {
    "client_keep_alive": "client_keep_alive.seconds",
    "deletion_protection": "deletion_protection.enabled",
    "desync_mitigation": "routing.http.desync_mitigation_mode",
    "drop_invalid_headers": "routing.http.drop_invalid_header_fields.enabled",
    "http2": "routing.http2.enabled",
    "idle_timeout": "idle_timeout.timeout_seconds",
    "preserve_host_header": "routing.http.preserve_host_header.enabled",
    "tls_headers": "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
    "waf_fail_open": "waf.fail_open.enabled",
    "xff_client_port": "routing.http.xff_client_port.enabled",
    "xff_header": "routing.http.xff_header_processing.mode",
    "zonal_shift": "zonal_shift.config.enabled",
}
LOGS = {"access_logs": "access_logs.s3", "connection_logs": "connection_logs.s3"}


def observed_attributes(pairs: Iterable[Mapping[str, str]], defaults: Mapping[str, str]) -> Attributes:
    """AWS's pairs of those attributes that are managed, completed with the defaults."""
    found = {pair["Key"]: str(pair.get("Value") or "") for pair in pairs}
    return _canonical({**defaults, **{key: value for key, value in found.items() if key in defaults}})


def changed_attributes(current: Mapping[str, str], wanted: Mapping[str, str]) -> list[dict[str, str]]:
    """The pairs to send, in a stable order.

    A type of stickiness, or logs that are switched on, go with all that belongs to them: AWS checks them together.
    """
    changed = {key for key, value in wanted.items() if current.get(key) != value}
    for family in ("stickiness.", "access_logs.s3.", "connection_logs.s3."):
        if any(key.startswith(family) for key in changed):
            changed |= {key for key in wanted if key.startswith(family)}
    return [{"Key": key, "Value": wanted[key]} for key in sorted(changed) if _sendable(key, wanted)]


def _sendable(key: str, wanted: Mapping[str, str]) -> bool:
    """AWS takes no empty names of cookies or buckets; they have no meaning while the thing is off."""
    return bool(wanted[key]) or key.endswith(".prefix")


def target_group_attributes(name: str, options: Mapping[str, Any]) -> Attributes:
    """The wanted attributes of a target group.

    Raises PlanRefused for what AWS refuses together.
    """
    wanted = {**TARGET_GROUP_DEFAULTS, **_translated(options, TARGET_GROUP_OPTIONS)}
    stickiness = options.get("stickiness") or {}
    kind = str(stickiness.get("type") or "lb_cookie")
    wanted["stickiness.enabled"] = _text(bool(stickiness))
    wanted["stickiness.type"] = kind
    if stickiness:
        wanted[f"stickiness.{kind}.duration_seconds"] = _text(stickiness["duration"])
        wanted["stickiness.app_cookie.cookie_name"] = stickiness.get("cookie") or ""
    if kind == "app_cookie" and not stickiness.get("cookie"):
        raise PlanRefused(f"target group {name}: stickiness by the application's cookie needs its name (cookie)")
    algorithm = wanted["load_balancing.algorithm.type"]
    if wanted["slow_start.duration_seconds"] != "0" and algorithm != "round_robin":
        raise PlanRefused(
            f"target group {name}: slow_start works with the algorithm round_robin only, not with {algorithm};"
            " take one of the two away"
        )
    if wanted["load_balancing.algorithm.anomaly_mitigation"] == "on" and algorithm != "weighted_random":
        raise PlanRefused(
            f"target group {name}: anomaly_mitigation works with the algorithm weighted_random only, not with"
            f" {algorithm}; change one of the two"
        )
    return _canonical(wanted)


def load_balancer_attributes(options: Mapping[str, Any]) -> Attributes:
    """The wanted attributes of a load balancer."""
    wanted = {**LOAD_BALANCER_DEFAULTS, **_translated(options, LOAD_BALANCER_OPTIONS)}
    for option, prefix in LOGS.items():
        logs = options.get(option)
        wanted[f"{prefix}.enabled"] = _text(bool(logs))
        wanted[f"{prefix}.bucket"] = logs["bucket"] if logs else ""
        wanted[f"{prefix}.prefix"] = (logs.get("prefix") or "") if logs else ""
    return _canonical(wanted)


def _translated(options: Mapping[str, Any], keys: Mapping[str, str]) -> Attributes:
    return {key: _text(options[option]) for option, key in keys.items() if options.get(option) is not None}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _canonical(attributes: Attributes) -> Attributes:
    """What belongs to something that is switched off does not matter, and is not compared."""
    off = {prefix for prefix in LOGS.values() if attributes.get(f"{prefix}.enabled") == "false"}
    result = {
        key: "" if key.rpartition(".")[0] in off and not key.endswith(".enabled") else value
        for key, value in attributes.items()
    }
    if result.get("stickiness.enabled") == "false":
        stickiness = {key: value for key, value in TARGET_GROUP_DEFAULTS.items() if key.startswith("stickiness.")}
        return {**result, **stickiness}
    unused = "lb_cookie" if result.get("stickiness.type") == "app_cookie" else "app_cookie"
    kept = {key: value for key, value in TARGET_GROUP_DEFAULTS.items() if key.startswith(f"stickiness.{unused}.")}
    return {**result, **{key: value for key, value in kept.items() if key in result}}


HEALTH_CHECK = {
    "protocol": "HealthCheckProtocol",
    "port": "HealthCheckPort",
    "path": "HealthCheckPath",
    "interval": "HealthCheckIntervalSeconds",
    "timeout": "HealthCheckTimeoutSeconds",
    "healthy_threshold": "HealthyThresholdCount",
    "unhealthy_threshold": "UnhealthyThresholdCount",
}


def wanted_health_check(name: str, options: Mapping[str, Any], protocol_version: str) -> State:
    """The health check of a target group. Raises PlanRefused for one that AWS refuses."""
    if options["timeout"] >= options["interval"]:
        raise PlanRefused(
            f"target group {name}: the health check's timeout ({options['timeout']} s) must be shorter than its"
            f" interval ({options['interval']} s)"
        )
    if not str(options["path"]).startswith("/"):
        raise PlanRefused(f"target group {name}: the health check's path begins with /, got {options['path']!r}")
    codes = options.get("codes") or ("12" if protocol_version == "GRPC" else "200")
    return {**{key: options[key] for key in HEALTH_CHECK}, "codes": str(codes).replace(" ", "")}


def observed_health_check(group: Mapping[str, Any]) -> State:
    """The health check as ELB describes it."""
    matcher = group.get("Matcher") or {}
    found = {key: group.get(aws) for key, aws in HEALTH_CHECK.items()}
    return {**found, "codes": matcher.get("GrpcCode") or matcher.get("HttpCode") or ""}


def health_check_call(check: Mapping[str, Any], protocol_version: str) -> dict[str, Any]:
    """The health check as ELB's calls take it."""
    codes = "GrpcCode" if protocol_version == "GRPC" else "HttpCode"
    return {**{aws: check[key] for key, aws in HEALTH_CHECK.items()}, "Matcher": {codes: check["codes"]}}
