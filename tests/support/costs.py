# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small environment to estimate, and the prices that come with the collection."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ansible_collections.monay.platform.plugins.module_utils.core.cost_environment import quantities
from ansible_collections.monay.platform.plugins.module_utils.core.cost_estimate import Line, estimate
from ansible_collections.monay.platform.plugins.module_utils.core.cost_prices import Assumptions, Prices, price_table
from ansible_collections.monay.platform.plugins.module_utils.core.cost_quantity import Component

ROOT = Path(__file__).parents[2]
TABLES = ROOT / "roles" / "cost" / "files" / "prices"
HOSTS = {
    "account": {"accounts"},
    "vpc": {"networks"},
    "postgres": {"databases"},
    "redis": {"caches"},
    "storage": {"storage"},
    "domain": {"domains"},
    "monitoring": {"monitoring"},
    "ecs": {"clusters"},
    "alb": {"load_balancers"},
    "api": {"services", "applications"},
    "admin": {"services", "applications"},
    "www": {"static_sites", "applications"},
}
VALUES: dict[str, Any] = {
    "platform_region": "us-east-1",
    "platform_data_protection": False,
    "__alarms_plan": [
        {
            "region": "us-east-1",
            "alarms": [
                {"name": "one", "metric": {}},
                {"name": "two", "metrics": [{"metric": {}}, {"metric": {}}, {"expression": "m1 + m2"}]},
            ],
            "composite_alarms": [{"name": "both"}],
        }
    ],
    "__web_acl_groups": [{"name": "common"}],
    "encryption_copy_regions": [],
    "network_availability_zones": ["us-east-1a", "us-east-1b", "us-east-1c"],
    "network_nat_gateways": "2",
    "network_interface_endpoints": ["logs"],
    "network_flow_log_retention_days": 30,
    "admin_access_method": "none",
    "admin_access_subnets": ["private-a"],
    "database_instance_class": "db.t4g.medium",
    "database_multi_az": True,
    "database_read_replicas": 1,
    "database_allocated_storage": 50,
    "database_max_allocated_storage": 100,
    "database_backup_replication_region": "",
    "database_log_retention_days": 30,
    "database_performance_insights": True,
    "database_performance_insights_retention_days": 7,
    "cache_engine": "redis",
    "cache_node_type": "cache.t3.small",
    "cache_nodes": 2,
    "cache_log_retention_days": 30,
    "storage_replication_region": "",
    "monitoring_metric_filters": [],
    "monitoring_topic_regions": ["us-east-1"],
    "monitoring_datadog_enabled": False,
    "ecs_cluster_capacity": "fargate",
    "ecs_cluster_instance_type": "t3.medium",
    "ecs_cluster_instances_min": 1,
    "ecs_cluster_instances_max": 4,
    "ecs_cluster_instance_disk": 30,
    "ecs_cluster_container_insights": "enabled",
    "load_balancer_scheme": "internet-facing",
    "load_balancer_subnets": ["public-a", "public-b", "public-c"],
    "web_acl_enabled": True,
    "web_acl_rate_limits": [],
    "web_acl_allow_cidrs": [],
    "web_acl_deny_cidrs": [],
    "web_acl_logging": True,
    "web_acl_log_retention_days": 30,
    "service_launch": "fargate",
    "service_cpu": 1024,
    "service_memory": 2048,
    "service_architecture": "X86_64",
    "service_min_count": 2,
    "service_max_count": 6,
    "service_autoscaling": True,
    "service_autoscaling_schedules": [],
    "service_spot_percent": 0,
    "service_log_retention_days": 30,
    "service_start_seconds": 60,
    "service_deregistration_delay": 30,
    "rollout_strategy": "BLUE_GREEN",
    "rollout_bake_minutes": 10,
    "rollout_canary_bake_minutes": 10,
    "rollout_step_percent": 10,
    "rollout_step_bake_minutes": 6,
    "registry_replication_regions": [],
    "secrets_replica_regions": [],
    "cost_usage_autoscaling_percent": 25,
    "cost_usage_service_hours": 730,
    "cost_usage_instances": 2,
    "cost_usage_container_insights_metrics": 15,
    "cost_usage_rollout_pause_minutes": 0,
}
USED = (
    "log_gb image_gb image_pushed_gb secret_requests load_balancer_lcus load_balancer_requests internet_gb cdn_gb"
    " cdn_requests cdn_invalidations web_acl_log_gb nat_gb endpoint_gb cross_zone_gb flow_log_gb vpn_hours dns_queries"
    " database_backup_gb database_copy_gb database_copied_gb database_log_gb database_cpu_credits cache_backup_gb"
    " cache_log_gb storage_gb storage_writes storage_reads storage_copy_gb storage_copied_gb kms_requests notifications"
)


def environment(**changes: Any) -> list[Component]:
    """Two services and all that they need; every use that is not said is 10 units."""
    values = {**{f"cost_usage_{name}": 10 for name in USED.split()}, **VALUES, **changes}
    return [Component(name, frozenset(groups), values) for name, groups in HOSTS.items()]


def prices(**assumptions: Any) -> Prices:
    tables = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(TABLES.glob("*.json"))]
    return Prices({table["region"]: price_table(table) for table in tables}, Assumptions(**assumptions))


def changed_environment(by_host: Mapping[str, Mapping[str, Any]], **changes: Any) -> list[Component]:
    """The same with variables that single hosts have for themselves."""
    return [replace(each, values={**each.values, **by_host.get(each.name, {})}) for each in environment(**changes)]


def lines_of(components: Iterable[Component], free_tier: bool, assuming: Prices) -> list[Line]:
    return estimate(quantities(components), assuming, free_tier)


def lines(free_tier: bool = False, assuming: Prices | None = None, **changes: Any) -> list[Line]:
    return lines_of(environment(**changes), free_tier, assuming or PRICES)


PRICES = prices()
