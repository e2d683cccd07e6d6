# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""The alarms of what stands between the internet and the applications. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .alarm_parts import BELOW, Alarm, Metric, either, filled_sum

DAY = 86_400


def load_balancer_alarms(component: Mapping[str, Any], limits: Mapping[str, float]) -> list[Alarm]:
    """`component`: name, title (what the names of alarms begin with), region, web_acl ("" for none).

    A load balancer counts a request only when it has found a target for it, so its own errors are counted as requests.
    """
    title = component["title"]

    def metric(name: str, statistic: str = "Sum") -> Metric:
        return Metric("AWS/ApplicationELB", name, {"LoadBalancer": component["name"]}, statistic)

    counts = {
        "requests": metric("RequestCount"),
        "own": metric("HTTPCode_ELB_5XX_Count"),
        "theirs": metric("HTTPCode_Target_5XX_Count"),
    }
    total = filled_sum("requests", "own")
    web_acl = component["web_acl"]
    blocked = _blocked(
        f"{title}-waf-blocked", {"WebACL": web_acl, "Region": component["region"], "Rule": "ALL"}, limits
    )
    return [
        replace(blocked, applies=bool(web_acl)),
        Alarm(
            f"{title}-errors",
            "basic",
            f"More than {limits['errors']:g}% of the requests to the load balancer {component['name']} fail.",
            counts,
            limits["errors"],
            expression=either(total, limits["minimum_requests"], f"100 * {filled_sum('own', 'theirs')} / {total}"),
            points=3,
            missing="notBreaching",
        ),
        Alarm(
            f"{title}-rejected-connections",
            "enhanced",
            f"The load balancer {component['name']} turns connections away.",
            metric("RejectedConnectionCount"),
            0,
            points=3,
            missing="notBreaching",
        ),
        Alarm(
            f"{title}-latency-p99",
            "full",
            "One answer in a hundred is slow, over all applications.",
            {"requests": metric("RequestCount"), "seconds": metric("TargetResponseTime", "p99")},
            limits["latency_p99"],
            expression=either("FILL(requests, 0)", limits["minimum_requests"], "seconds"),
            points=3,
            missing="notBreaching",
        ),
    ]


def static_site_alarms(component: Mapping[str, Any], limits: Mapping[str, float]) -> list[Alarm]:
    """`component`: name (the distribution has it too), web_acl ("" for none). CloudFront is watched in us-east-1."""
    name = component["name"]

    def metric(metric_name: str, statistic: str = "Average") -> Metric:
        dimensions = {"DistributionId": component["name"], "Region": "Global"}
        return Metric("AWS/CloudFront", metric_name, dimensions, statistic)

    def rate(suffix: str, level: Any, text: str, metric_name: str, limit: float) -> Alarm:
        return Alarm(
            f"{name}-{suffix}",
            level,
            text,
            {"requests": metric("Requests", "Sum"), "failed": metric(metric_name)},
            limit,
            expression=either("FILL(requests, 0)", limits["minimum_requests"], "FILL(failed, 0)"),
            points=3,
            missing="notBreaching",
            everywhere=True,
        )

    errors = f"CloudFront answers more than {limits['errors']:g}% of the requests to {name} with 5xx."
    missing = f"CloudFront answers more than {limits['not_found']:g}% of the requests to {name} with 4xx."
    blocked = _blocked(f"{name}-waf-blocked", {"WebACL": component["web_acl"], "Rule": "ALL"}, limits)
    return [
        rate("cdn-errors", "basic", errors, "5xxErrorRate", limits["errors"]),
        rate("cdn-not-found", "enhanced", missing, "4xxErrorRate", limits["not_found"]),
        replace(blocked, applies=bool(component["web_acl"]), everywhere=True),
    ]


def _blocked(name: str, where: Mapping[str, str], limits: Mapping[str, float]) -> Alarm:
    return Alarm(
        name,
        "enhanced",
        f"The web ACL {where['WebACL']} blocks unusually many requests: an attack, or a rule that is too strict.",
        Metric("AWS/WAFV2", "BlockedRequests", where, "Sum", 300),
        limits["blocked_requests"],
        periods=1,
        missing="notBreaching",
    )


def domain_alarms(component: Mapping[str, Any], limits: Mapping[str, float]) -> list[Alarm]:
    """`component`: title, certificate and cdn_certificate ("" for none)."""
    title = component["title"]

    def expiry(name: str, certificate: str, *, everywhere: bool) -> Alarm:
        return Alarm(
            name,
            "basic",
            f"The certificate {certificate} expires soon: AWS has not renewed it, look at its validation records.",
            Metric("AWS/CertificateManager", "DaysToExpiry", {"CertificateArn": certificate}, "Minimum", DAY),
            limits["certificate_days"],
            comparison=BELOW,
            periods=1,
            everywhere=everywhere,
            applies=bool(certificate),
        )

    return [
        expiry(f"{title}-certificate-expiry", component["certificate"], everywhere=False),
        expiry(f"{title}-cdn-certificate-expiry", component["cdn_certificate"], everywhere=True),
    ]


def network_alarms(component: Mapping[str, Any], limits: Mapping[str, float]) -> list[Alarm]:
    """`component`: title, nat_gateways."""
    title, gateways = component["title"], component["nat_gateways"]

    def together(suffix: str, level: Any, text: str, metric: str, limit: float) -> Alarm:
        watched = {
            f"gateway{number}": Metric("AWS/NATGateway", metric, {"NatGatewayId": each}, "Sum")
            for number, each in enumerate(gateways)
        }
        return Alarm(
            f"{title}-{suffix}",
            level,
            text,
            watched,
            limit,
            expression="SUM(METRICS())",
            points=3,
            missing="notBreaching",
            applies=bool(gateways),
        )

    ports = "A NAT gateway has no ports left: connections to the internet fail."
    lost = "A NAT gateway loses packets."
    return [
        together("nat-errors", "basic", ports, "ErrorPortAllocation", 0),
        together("nat-packets-dropped", "enhanced", lost, "PacketsDropCount", limits["packets_dropped"]),
    ]
