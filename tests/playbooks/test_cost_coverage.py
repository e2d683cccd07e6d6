# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Nothing stands after phases 1 to 3 that the estimate knows nothing of, and as many of it as the estimate counts."""

from __future__ import annotations

from collections import Counter

import pytest

pytestmark = pytest.mark.slow
# By kind of resource: the prices of which a line must be there, whether their cost is known or not.
PRICED = {
    "cloudfront:distribution": {"cloudfront.gb", "cloudfront.requests"},
    "cloudwatch:alarm": {"alarm.metric", "alarm.composite"},
    "ec2:elastic-ip": {"ipv4.hours"},
    "ec2:natgateway": {"nat.hours", "nat.gb"},
    "ec2:vpc-endpoint": {"endpoint.gateway"},
    "ec2:vpc-flow-log": {"logs.vended"},
    "ecr:repository": {"ecr.storage"},
    "ecs:service": {"fargate.vcpu.x86_64", "fargate.memory.x86_64"},
    "ecs:task": {"fargate.vcpu.x86_64", "fargate.memory.x86_64"},
    "elasticache:replicationgroup": {"elasticache.redis.cache.t3.small"},
    "elasticloadbalancing:loadbalancer": {"alb.hours", "alb.lcu", "ipv4.hours"},
    "kms:key": {"kms.key", "kms.requests"},
    "logs:log-group": {"logs.ingest", "logs.vended", "logs.storage"},
    "rds:db": {"rds.db.t3.medium.single", "rds.storage.single"},
    "route53:hostedzone": {"route53.zone", "route53.queries"},
    "s3": {"s3.storage", "s3.writes", "s3.reads"},
    "secretsmanager:secret": {"secrets.secret", "secrets.requests"},
    "sns": {"sns.requests"},
    "wafv2:global": {"waf.acl", "waf.rule", "waf.requests"},
    "wafv2:regional": {"waf.acl", "waf.rule", "waf.requests"},
}
# AWS takes nothing for these; docs/cost.md says so.
FREE = {
    "access-analyzer:analyzer",
    "acm:certificate",
    "ec2:internet-gateway",
    "ec2:network-acl",
    "ec2:route-table",
    "ec2:security-group",
    "ec2:subnet",
    "ec2:vpc",
    "ecs:cluster",
    "ecs:task-definition",
    "elasticache:cluster",  # the nodes of a replication group, which is what has the price
    "elasticache:parametergroup",
    "elasticache:subnetgroup",
    "elasticloadbalancing:listener",
    "elasticloadbalancing:listener-rule",
    "elasticloadbalancing:targetgroup",
    "iam:oidc-provider",
    "iam:role",
    "rds:pg",
    "rds:snapshot",  # automated backups, up to the size of the database; beyond it is cost_usage_database_backup_gb
    "rds:subgrp",
}


@pytest.fixture(scope="module")
def dev(standing):
    with standing("dev", 3) as built:
        yield built


@pytest.fixture(scope="module")
def kinds(dev):
    run = dev.playbooks.run("summary").succeeded()
    (resources,) = [each["result"]["resources"] for each in run.tasks if "resources" in each["result"]]
    return Counter(each["kind"] for each in resources)


@pytest.fixture(scope="module")
def lines(dev):
    run = dev.playbooks.run("cost").succeeded()
    (report,) = [each["result"]["report"] for each in run.tasks if "report" in each["result"]]
    return report["lines"]


def counted(lines, price, unit=1):
    return sum(line["quantity"]["expected"] for line in lines if line["price"] == price) / unit


def test_every_kind_that_stands_has_a_line_or_costs_nothing(kinds, lines):
    prices = {line["price"] for line in lines}

    assert not kinds.keys() - PRICED.keys() - FREE
    assert not {kind: PRICED[kind] - prices for kind in kinds.keys() & PRICED.keys() if PRICED[kind] - prices}


def test_there_are_as_many_as_are_counted(dev, kinds, lines):
    found = {
        "kms:key": counted(lines, "kms.key"),
        "ec2:natgateway": counted(lines, "nat.hours", 730),
        "web ACLs": counted(lines, "waf.acl"),
        "cloudwatch:dashboard": counted(lines, "dashboard"),
        "route53:hostedzone": counted(lines, "route53.zone"),
        "secretsmanager:secret": counted(lines, "secrets.secret"),
    }
    # The dashboard has no tags, and the master's secret is RDS's.
    dashboards = len(dev.client("cloudwatch").list_dashboards()["DashboardEntries"])
    secrets = len(dev.client("secretsmanager").list_secrets()["SecretList"])

    assert found == {
        **{kind: kinds[kind] for kind in found},
        "web ACLs": kinds["wafv2:global"] + kinds["wafv2:regional"],
        "cloudwatch:dashboard": dashboards,
        "secretsmanager:secret": secrets,
    }


def test_alarms_watch_as_many_metrics_as_are_counted(dev, lines):
    answer = {"MetricAlarms": [], "CompositeAlarms": []}
    for page in dev.client("cloudwatch").get_paginator("describe_alarms").paginate(
        AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    ):  # fmt: skip
        for kind, found in answer.items():
            found.extend(page.get(kind, []))
    metrics = sum(
        len([query for query in alarm["Metrics"] if "MetricStat" in query]) if alarm.get("Metrics") else 1
        for alarm in answer["MetricAlarms"]
    )

    assert counted(lines, "alarm.metric") == metrics
    assert counted(lines, "alarm.composite") == len(answer["CompositeAlarms"])


def test_services_run_as_many_tasks_as_are_counted(dev, lines):
    ecs = dev.client("ecs")
    names = [each.rsplit("/", 1)[-1] for each in ecs.list_services(cluster="monay-dev")["serviceArns"]]
    services = ecs.describe_services(cluster="monay-dev", services=names)["services"]

    assert counted(lines, "fargate.vcpu.x86_64", 730 * 0.25) == sum(each["desiredCount"] for each in services)
