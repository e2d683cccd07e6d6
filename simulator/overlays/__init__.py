# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What moto gets wrong or lacks: one module a service, all of them registered here."""

from __future__ import annotations

import importlib

MODULES: tuple[str, ...] = (
    "accessanalyzer",
    "acm",
    "application_autoscaling",
    "backup",
    "budgets",
    "cache_changes",
    "cache_groups",
    "cache_others",
    "cache_parameter_groups",
    "ce",
    "cloudfront_distributions",
    "cloudfront_functions",
    "cloudfront_invalidations",
    "cloudfront_kept",
    "cloudwatch_alarms",
    "cloudwatch_dashboards",
    "cloudwatch_metrics",
    "compute_optimizer",
    "directconnect",
    "ec2_client_vpn",
    "ec2_dependencies",
    "ec2_ebs",
    "ec2_endpoints",
    "ec2_interfaces",
    "ec2_launch_templates",
    "ec2_nat",
    "ec2_network_acls",
    "ec2_security_groups",
    "ec2_vpn",
    "ecr",
    "ecs_capacity",
    "ecs_clusters",
    "ecs_service_deployments",
    "ecs_services",
    "ecs_tags",
    "ecs_task_definitions",
    "ecs_task_operations",
    "elbv2_attributes",
    "elbv2_balancers",
    "elbv2_groups",
    "elbv2_listeners",
    "elbv2_rules",
    "elbv2_targets",
    "iam",
    "kms",
    "logs",
    "logs_filters",
    "pricing",
    "rds_backups",
    "rds_changes",
    "rds_deletion",
    "rds_groups",
    "rds_instances",
    "rds_secrets",
    "route53",
    "route53_zones",
    "s3",
    "secretsmanager",
    "sns",
    "tagging",
    "wafv2",
    "wafv2_ip_sets",
    "wafv2_protection",
)


def load_all() -> None:
    """Import every overlay; importing one registers its operations."""
    for name in MODULES:
        importlib.import_module(f"simulator.overlays.{name}")
