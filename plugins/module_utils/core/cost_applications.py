# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What applications, their cluster and their alarms are made of, as far as it costs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .cost_components import CDN_REGION, TEN_THOUSAND, web_acl
from .cost_prices import GLOBAL
from .cost_quantity import HOURS, Band, Component, Quantity
from .cost_tasks import described, fargate_prices, size, spare, tasks


def service(component: Component) -> Iterator[Quantity]:
    """Roles service, registry, secrets and monitoring of an application in ECS."""
    yield from _tasks(component)
    yield from _registry(component)
    copies = component.values["secrets_replica_regions"]
    for region in (component.text("platform_region"), *copies):
        yield component.fixed("secrets", "secret", "secrets.secret", 1, region=region)
    asked = component.number("cost_usage_secret_requests") / TEN_THOUSAND
    yield component.used("secrets", "requests", "secrets.requests", asked, assumption="cost_usage_secret_requests")
    yield component.fixed("cloudwatch", "metric of errors in the log", "metric.custom", 1)
    yield from component.logs(
        "logs",
        component.number("cost_usage_log_gb"),
        component.number("service_log_retention_days"),
        assumption="cost_usage_log_gb",
    )


def _tasks(component: Component) -> Iterator[Quantity]:
    running, on_spot = tasks(component), spare(component)
    hours = min(component.number("cost_usage_service_hours"), HOURS)
    note = described(component, running, hours)
    if component.flag("monitoring_datadog_enabled"):
        yield component.fixed("datadog", "monitored tasks", "datadog.task", running, region=GLOBAL, assumption=note)
    if component.text("service_launch") != "fargate":
        return
    on_demand = running.plus(on_spot.times(-1))
    for name, prefix, number in (("Fargate", "", on_demand), ("Fargate Spot", "spot.", on_spot)):
        prices = fargate_prices(component, prefix)
        for what, price, each in zip(("vCPU", "memory"), prices, size(component), strict=True):
            amount = number.times(each * hours)
            yield component.fixed("fargate", f"{name} {what}", price, amount, assumption=note)


def _registry(component: Component) -> Iterator[Quantity]:
    images = component.number("cost_usage_image_gb")
    note = "cost_usage_image_gb"
    yield component.used("ecr", "images", "ecr.storage", images, assumption=note)
    for region in component.values["registry_replication_regions"]:
        yield component.used("ecr", "copies of images", "ecr.storage", images, region=region, assumption=note)
        pushed = component.number("cost_usage_image_pushed_gb")
        yield component.used(
            "data_transfer",
            "copies of images to another region",
            "transfer.region",
            pushed,
            assumption="cost_usage_image_pushed_gb",
        )


def cluster(component: Component, services: int) -> Iterator[Quantity]:
    """Role ecs_cluster."""
    if component.text("ecs_cluster_capacity") == "ec2":
        least, most = component.number("ecs_cluster_instances_min"), component.number("ecs_cluster_instances_max")
        expected = min(max(component.number("cost_usage_instances"), least), most)
        instances = Band(least, expected, most)
        note = f"{least:g} to {most:g} instances, {expected:g} expected (cost_usage_instances)"
        kind = component.text("ecs_cluster_instance_type")
        disks = instances.times(component.number("ecs_cluster_instance_disk"))
        yield component.fixed("ec2", kind, f"ec2.{kind}", instances.times(HOURS), assumption=note)
        yield component.fixed("ec2", "disks gp3", "ebs.gp3", disks, assumption=note)
    level = component.text("ecs_cluster_container_insights")
    if level != "disabled":
        metrics = component.number("cost_usage_container_insights_metrics") * services
        note = "cost_usage_container_insights_metrics for each service"
        yield component.used(
            "cloudwatch", f"Container Insights, {level}", f"insights.{level}", metrics, assumption=note
        )


def static_site(component: Component) -> Iterator[Quantity]:
    """Role static_site, behind its CDN."""
    served, asked = component.number("cost_usage_cdn_gb"), component.number("cost_usage_cdn_requests") / TEN_THOUSAND
    near = "all visitors are in North America"
    for what, price, amount, name in (
        ("out to the internet", "cloudfront.gb", served, "cost_usage_cdn_gb"),
        ("requests by HTTPS", "cloudfront.requests", asked, "cost_usage_cdn_requests"),
    ):
        yield component.used("cloudfront", what, price, amount, region=GLOBAL, assumption=f"{name}; {near}")
    paths = component.number("cost_usage_cdn_invalidations")
    yield component.used(
        "cloudfront",
        "invalidated paths",
        "cloudfront.invalidations",
        paths,
        region=GLOBAL,
        assumption="cost_usage_cdn_invalidations",
    )
    yield from web_acl(component, "cost_usage_cdn_requests", CDN_REGION)


def alarms(component: Component) -> Iterator[Quantity]:
    """Role alarms: AWS counts the metrics that alarms watch, and composite alarms each for itself."""
    for region in component.values["__alarms_plan"]:
        where = region["region"]
        expected = [alarm for alarm in region["alarms"] if alarm.get("threshold_metric")]
        metrics = sum(_metrics(alarm) for alarm in region["alarms"] if not alarm.get("threshold_metric"))
        yield component.fixed("cloudwatch", "metrics with alarms", "alarm.metric", metrics, region=where)
        yield component.fixed("cloudwatch", "alarms on the unusual", "alarm.anomaly", len(expected), region=where)
        composite = len(region["composite_alarms"])
        yield component.fixed("cloudwatch", "composite alarms", "alarm.composite", composite, region=where)


def _metrics(alarm: Mapping[str, Any]) -> int:
    return 1 if "metric" in alarm else sum("metric" in query for query in alarm["metrics"])
