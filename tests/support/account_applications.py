# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What an account holds of the applications' phases, read back with boto3: for `account.contents`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

ClientOf = Callable[..., Any]


def found(client: ClientOf) -> dict[str, list[Any]]:
    """Everything that phases 2 and 3 make, as AWS answers it, by what it is."""
    return {
        "ecs.clusters": list(_clusters(client("ecs"))),
        "ecs.services": list(_services(client("ecs"))),
        "ecs.task definitions": list(_task_definitions(client("ecs"))),
        "elbv2.load balancers": list(_load_balancers(client("elbv2"))),
        "elbv2.target groups": [
            {**each, "LoadBalancerArns": len(each["LoadBalancerArns"])}
            for each in _all(client("elbv2"), "describe_target_groups", "TargetGroups")
        ],
        "acm.certificates": list(_certificates(client("acm"))),
        "route53.zones": list(_zones(client("route53"))),
        "wafv2.web ACLs": client("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"],
        "wafv2.web ACLs of CloudFront": client("wafv2").list_web_acls(Scope="CLOUDFRONT")["WebACLs"],
        "cloudfront.distributions": list(_distributions(client("cloudfront"))),
        "cloudwatch.alarms": list(_alarms(client("cloudwatch"))),
        "cloudwatch.dashboards": [
            each["DashboardName"] for each in _all(client("cloudwatch"), "list_dashboards", "DashboardEntries")
        ],
        "budgets": list(_budgets(client("sts"), client("budgets"))),
        "sns.topics": _all(client("sns"), "list_topics", "Topics"),
        "application-autoscaling.targets": _all(
            client("application-autoscaling"), "describe_scalable_targets", "ScalableTargets", ServiceNamespace="ecs"
        ),
        "application-autoscaling.policies": _all(
            client("application-autoscaling"), "describe_scaling_policies", "ScalingPolicies", ServiceNamespace="ecs"
        ),
    }


def _all(client: Any, operation: str, key: str, **parameters: Any) -> list[Any]:
    return list(client.get_paginator(operation).paginate(**parameters).build_full_result().get(key, []))


def _budgets(sts: Any, budgets: Any) -> Iterator[Any]:
    account = {"AccountId": sts.get_caller_identity()["Account"]}
    for each in _all(budgets, "describe_budgets", "Budgets", **account):
        alerts = _all(
            budgets, "describe_notifications_for_budget", "Notifications", **account, BudgetName=each["BudgetName"]
        )
        yield {key: each[key] for key in ("BudgetName", "BudgetLimit", "CostFilters")} | {"alerts": alerts}


def _clusters(ecs: Any) -> Iterator[Any]:
    arns = _all(ecs, "list_clusters", "clusterArns")
    for each in ecs.describe_clusters(clusters=arns, include=["SETTINGS", "TAGS", "CONFIGURATIONS"])["clusters"]:
        if each["status"] != "INACTIVE":
            yield {key: each.get(key) for key in ("clusterName", "settings", "configuration", "capacityProviders")}


def _services(ecs: Any) -> Iterator[Any]:
    for cluster in _all(ecs, "list_clusters", "clusterArns"):
        for arn in _all(ecs, "list_services", "serviceArns", cluster=cluster):
            (service,) = ecs.describe_services(cluster=cluster, services=[arn], include=["TAGS"])["services"]
            told = ("serviceName", "desiredCount", "runningCount", "deploymentConfiguration", "networkConfiguration")
            yield {key: service.get(key) for key in told}


def _task_definitions(ecs: Any) -> Iterator[Any]:
    """How many revisions each family has, and what the last one says."""
    for family in _all(ecs, "list_task_definition_families", "families", status="ACTIVE"):
        arns = _all(ecs, "list_task_definitions", "taskDefinitionArns", familyPrefix=family)
        newest = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
        yield {"family": family, "revisions": len(arns), "containers": newest["containerDefinitions"]}


def _load_balancers(elb: Any) -> Iterator[Any]:
    for balancer in _all(elb, "describe_load_balancers", "LoadBalancers"):
        arn = balancer["LoadBalancerArn"]
        listeners = [
            {
                "port": each["Port"],
                "policy": each.get("SslPolicy"),
                "rules": [
                    {"priority": rule["Priority"], "conditions": rule["Conditions"]}
                    for rule in _all(elb, "describe_rules", "Rules", ListenerArn=each["ListenerArn"])
                ],
            }
            for each in _all(elb, "describe_listeners", "Listeners", LoadBalancerArn=arn)
        ]
        attributes = elb.describe_load_balancer_attributes(LoadBalancerArn=arn)["Attributes"]
        yield {"name": balancer["LoadBalancerName"], "listeners": listeners, "attributes": attributes}


def _certificates(acm: Any) -> Iterator[Any]:
    for each in _all(acm, "list_certificates", "CertificateSummaryList"):
        certificate = acm.describe_certificate(CertificateArn=each["CertificateArn"])["Certificate"]
        yield {key: certificate.get(key) for key in ("DomainName", "SubjectAlternativeNames", "Status")}


def _zones(route53: Any) -> Iterator[Any]:
    for zone in _all(route53, "list_hosted_zones", "HostedZones"):
        records = _all(route53, "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone["Id"])
        yield {"name": zone["Name"], "records": sorted(f"{each['Name'].lower()} {each['Type']}" for each in records)}


def _distributions(cloudfront: Any) -> Iterator[Any]:
    answer = cloudfront.list_distributions()["DistributionList"]
    for each in answer.get("Items", []):
        yield {key: each.get(key) for key in ("Aliases", "Comment", "Enabled", "HttpVersion", "DefaultCacheBehavior")}


def _alarms(cloudwatch: Any) -> Iterator[Any]:
    answer = cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    for each in [*answer["MetricAlarms"], *answer["CompositeAlarms"]]:
        told = ("AlarmName", "Threshold", "ComparisonOperator", "EvaluationPeriods", "AlarmRule", "ActionsEnabled")
        yield {key: each.get(key) for key in told}
