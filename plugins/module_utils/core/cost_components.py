# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What the components that applications share are made of, as far as it costs. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from .cost_quantity import HOURS, Band, Component, Quantity
from .network_plan import nat_gateway_plan

# Where the web ACL of a CDN is.
CDN_REGION = "us-east-1"
# The family of classes that pay for CPU beyond their baseline.
BURSTABLE = "t"
MILLION, TEN_THOUSAND = Decimal(1_000_000), Decimal(10_000)


def keys(component: Component) -> Iterator[Quantity]:
    """Role encryption: three keys here, and three in each region that keeps copies."""
    copies = component.values["encryption_copy_regions"]
    for region in (component.text("platform_region"), *copies):
        yield component.fixed("kms", "customer keys", "kms.key", 3, region=region)
    requests = component.number("cost_usage_kms_requests") / TEN_THOUSAND
    yield component.used("kms", "requests", "kms.requests", requests, assumption="cost_usage_kms_requests")


def network(component: Component) -> Iterator[Quantity]:
    """Role network."""
    zones = component.values["network_availability_zones"]
    gateways = len(nat_gateway_plan(component.name, zones, component.text("network_nat_gateways")))
    yield component.fixed("nat_gateway", "NAT gateways", "nat.hours", gateways * HOURS)
    yield component.fixed("public_ipv4", "addresses of NAT gateways", "ipv4.hours", gateways * HOURS)
    if gateways:
        through = component.number("cost_usage_nat_gb")
        yield component.used("nat_gateway", "data processed", "nat.gb", through, assumption="cost_usage_nat_gb")
    endpoints = len(component.values["network_interface_endpoints"])
    yield component.fixed("vpc_endpoints", "endpoint of S3", "endpoint.gateway", HOURS)
    yield component.fixed("vpc_endpoints", "interface endpoints", "endpoint.hours", endpoints * len(zones) * HOURS)
    if endpoints:
        through = component.number("cost_usage_endpoint_gb")
        yield component.used("vpc_endpoints", "data", "endpoint.gb", through, assumption="cost_usage_endpoint_gb")
    between = component.number("cost_usage_cross_zone_gb") * 2
    yield component.used(
        "data_transfer", "between zones, out and in", "transfer.zone", between, assumption="cost_usage_cross_zone_gb"
    )
    yield from component.logs(
        "flow logs",
        component.number("cost_usage_flow_log_gb"),
        component.number("network_flow_log_retention_days"),
        price="logs.vended",
        assumption="cost_usage_flow_log_gb",
    )


def admin_access(component: Component) -> Iterator[Quantity]:
    """Role admin_access."""
    method = component.text("admin_access_method")
    if method == "client_vpn":
        subnets = len(component.values["admin_access_subnets"])
        yield component.fixed("vpn", "Client VPN", "client_vpn.association", subnets * HOURS)
        hours = component.number("cost_usage_vpn_hours")
        yield component.used("vpn", "connections", "client_vpn.connection", hours, assumption="cost_usage_vpn_hours")
    if method == "site_to_site":
        yield component.fixed("vpn", "site-to-site VPN", "vpn.connection", HOURS)
    if method == "direct_connect":
        yield component.fixed(
            "vpn", "Direct Connect", "direct_connect.port", HOURS, assumption="the line is ordered elsewhere"
        )


def database(component: Component) -> Iterator[Quantity]:
    """Role database. Storage is between what is allocated and what it may grow to."""
    zones = "multi" if component.flag("database_multi_az") else "single"
    kind, replicas = component.text("database_instance_class"), component.count("database_read_replicas")
    allocated = component.number("database_allocated_storage")
    storage = Band(allocated, allocated, max(allocated, component.number("database_max_allocated_storage")))
    yield component.fixed("rds", f"{kind}, {zones}-AZ", f"rds.{kind}.{zones}", HOURS)
    yield component.fixed("rds", f"storage gp3, {zones}-AZ", f"rds.storage.{zones}", storage)
    if replicas:
        yield component.fixed("rds", f"{kind}, read replicas", f"rds.{kind}.single", replicas * HOURS)
        yield component.fixed("rds", "storage gp3, read replicas", "rds.storage.single", storage.times(replicas))
    yield from _database_backups(component)
    yield from _database_watch(component, kind, 1 + replicas)
    yield component.fixed("secrets", "master password", "secrets.secret", 1)


def _database_backups(component: Component) -> Iterator[Quantity]:
    beyond = component.number("cost_usage_database_backup_gb")
    yield component.used(
        "rds", "backups beyond the size", "rds.backup", beyond, assumption="cost_usage_database_backup_gb"
    )
    region = component.text("database_backup_replication_region")
    if region:
        copies = component.number("cost_usage_database_copy_gb")
        assumption = "cost_usage_database_copy_gb"
        yield component.used("rds", "copies of backups", "rds.backup", copies, region=region, assumption=assumption)
        moved = component.number("cost_usage_database_copied_gb")
        yield component.used(
            "data_transfer",
            "copies of backups to another region",
            "transfer.region",
            moved,
            assumption="cost_usage_database_copied_gb",
        )


def _database_watch(component: Component, kind: str, instances: int) -> Iterator[Quantity]:
    yield from component.logs(
        "logs of PostgreSQL",
        component.number("cost_usage_database_log_gb"),
        component.number("database_log_retention_days"),
        assumption="cost_usage_database_log_gb",
    )
    if kind.removeprefix("db.").startswith(BURSTABLE):
        credits_ = component.number("cost_usage_database_cpu_credits")
        yield component.used(
            "rds", "CPU beyond the baseline", "rds.cpu_credits", credits_, assumption="cost_usage_database_cpu_credits"
        )
    # The first seven days are free.
    if component.flag("database_performance_insights") and component.count(
        "database_performance_insights_retention_days"
    ) > 7:  # fmt: skip
        yield component.fixed("rds", "Performance Insights, long-term", "rds.performance_insights", instances)


def cache(component: Component) -> Iterator[Quantity]:
    """Role cache."""
    engine, kind = component.text("cache_engine"), component.text("cache_node_type")
    nodes = component.count("cache_nodes")
    yield component.fixed("elasticache", f"{kind}, {engine}", f"elasticache.{engine}.{kind}", nodes * HOURS)
    beyond = component.number("cost_usage_cache_backup_gb")
    yield component.used(
        "elasticache", "snapshots", "elasticache.backup", beyond, assumption="cost_usage_cache_backup_gb"
    )
    yield component.fixed("secrets", "access token", "secrets.secret", 1)
    yield from component.logs(
        "logs of Redis",
        component.number("cost_usage_cache_log_gb"),
        component.number("cache_log_retention_days"),
        assumption="cost_usage_cache_log_gb",
    )


def storage(component: Component) -> Iterator[Quantity]:
    """Role storage: all buckets together, and their copies."""
    stored = component.number("cost_usage_storage_gb")
    writes, reads = component.number("cost_usage_storage_writes"), component.number("cost_usage_storage_reads")
    yield component.used("s3", "storage", "s3.storage", stored, assumption="cost_usage_storage_gb")
    yield component.used("s3", "writes", "s3.writes", writes / 1000, assumption="cost_usage_storage_writes")
    yield component.used("s3", "reads", "s3.reads", reads / 1000, assumption="cost_usage_storage_reads")
    region = component.text("storage_replication_region")
    if region:
        copied = component.number("cost_usage_storage_copy_gb")
        assumption = "cost_usage_storage_copy_gb"
        yield component.used("s3", "copies", "s3.storage", copied, region=region, assumption=assumption)
        moved = component.number("cost_usage_storage_copied_gb")
        yield component.used(
            "data_transfer",
            "copies of buckets to another region",
            "transfer.region",
            moved,
            assumption="cost_usage_storage_copied_gb",
        )


def domain(component: Component) -> Iterator[Quantity]:
    """Role dns. Public certificates of ACM cost nothing."""
    yield component.fixed("route53", "hosted zone", "route53.zone", 1)
    queries = component.number("cost_usage_dns_queries") / MILLION
    yield component.used("route53", "queries", "route53.queries", queries, assumption="cost_usage_dns_queries")


def monitoring(component: Component) -> Iterator[Quantity]:
    """Role monitoring: dashboard, topics and their keys."""
    yield component.fixed("cloudwatch", "dashboard", "dashboard", 1)
    filters = len(component.values["monitoring_metric_filters"])
    yield component.fixed("cloudwatch", "metrics counted in logs", "metric.custom", filters)
    for region in component.values["monitoring_topic_regions"]:
        yield component.fixed("kms", "key of the topic", "kms.key", 1, region=region)
    told = component.number("cost_usage_notifications") / MILLION
    yield component.used("sns", "notifications", "sns.requests", told, assumption="cost_usage_notifications")


def load_balancer(component: Component) -> Iterator[Quantity]:
    """Role load_balancer. What leaves for the internet leaves here."""
    yield component.fixed("alb", "load balancer", "alb.hours", HOURS)
    lcus = component.number("cost_usage_load_balancer_lcus")
    yield component.used("alb", "LCUs", "alb.lcu", lcus * HOURS, assumption="cost_usage_load_balancer_lcus")
    if component.text("load_balancer_scheme") == "internet-facing":
        addresses = len(component.values["load_balancer_subnets"])
        yield component.fixed("public_ipv4", "addresses of the load balancer", "ipv4.hours", addresses * HOURS)
    out = component.number("cost_usage_internet_gb")
    yield component.used(
        "data_transfer", "out to the internet", "transfer.internet", out, assumption="cost_usage_internet_gb"
    )
    yield from web_acl(component, "cost_usage_load_balancer_requests", component.text("platform_region"))


def web_acl(component: Component, requests: str, region: str) -> Iterator[Quantity]:
    """Role web_acl."""
    if not component.flag("web_acl_enabled"):
        return
    # AWS's groups count as one rule each; the 1 is the rate limit.
    rules = len(component.values["__web_acl_groups"]) + 1 + len(component.values["web_acl_rate_limits"])
    rules += sum(bool(component.values[name]) for name in ("web_acl_allow_cidrs", "web_acl_deny_cidrs"))
    yield component.fixed("waf", "web ACL", "waf.acl", 1, region=region)
    yield component.fixed("waf", "rules and groups of rules", "waf.rule", rules, region=region)
    asked = component.number(requests) / MILLION
    yield component.used("waf", "requests", "waf.requests", asked, region=region, assumption=requests)
    if component.flag("web_acl_logging"):
        yield from component.logs(
            "logs of the web ACL",
            component.number("cost_usage_web_acl_log_gb"),
            component.number("web_acl_log_retention_days"),
            price="logs.vended",
            region=region,
            assumption="cost_usage_web_acl_log_gb",
        )
