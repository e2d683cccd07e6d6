# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The roles of monitoring by themselves: previewed in an empty account, made, left alone, cut back to another level."""

from __future__ import annotations

import json

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.names import short_name
from tests.simulator.scenarios_edge import distribution_config, make_certificate, make_zone
from tests.support.monitoring import make_load_balancer

pytestmark = pytest.mark.slow
PLAYBOOK = "../tests/playbooks/monitoring"
# Two services are as good as four.
SERVICES = ("admin", "cross-platform-web")
LIMIT = ("--limit", "all:!monay-backend-common:!monay-enterprise-wallet")
DOMAIN = "dev.monay.example"


@pytest.fixture(scope="module")
def dev(environment):
    made = environment("dev")
    made.inventory.edit(platform_monitoring_level="full")
    return made


def watched(dev):
    """What the alarms watch, as the other roles leave it behind."""
    groups = [f"{short_name(f'monay-dev-{each}', 26)}-{colour}" for each in SERVICES for colour in ("blue", "green")]
    make_load_balancer(dev.simulator, "monay-dev", groups)
    for each in SERVICES:
        dev.client("logs").create_log_group(logGroupName=f"/monay/dev/{each}")
    dev.client("logs").create_log_group(logGroupName="/aws/rds/instance/monay-dev-postgres/postgresql")
    ec2 = dev.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    tags = [{"ResourceType": "natgateway", "Tags": [{"Key": "Name", "Value": "monay-dev-nat-a"}]}]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address, TagSpecifications=tags)
    certificate = make_certificate(dev.client, make_zone(dev.client, DOMAIN), domain=DOMAIN)
    cdn = dev.client("acm").request_certificate(
        DomainName=DOMAIN, ValidationMethod="DNS", Tags=[{"Key": "Name", "Value": "monay-dev-cdn"}]
    )["CertificateArn"]
    viewer = {
        "ACMCertificateArn": certificate,
        "SSLSupportMethod": "sni-only",
        "MinimumProtocolVersion": "TLSv1.2_2021",
    }
    aliases = {"Quantity": 1, "Items": [f"www.{DOMAIN}"]}
    config = distribution_config(Aliases=aliases, ViewerCertificate=viewer)
    both = {"DistributionConfig": config, "Tags": {"Items": [{"Key": "Name", "Value": "monay-dev-website-static"}]}}
    made = dev.client("cloudfront").create_distribution_with_tags(DistributionConfigWithTags=both)
    identifier = made["Distribution"]["Id"]
    return {"www": identifier, "certificate": certificate, "cdn": cdn}


def alarms(dev):
    kinds = ["MetricAlarm", "CompositeAlarm"]
    answer = dev.client("cloudwatch").describe_alarms(AlarmTypes=kinds, MaxRecords=100)
    return {alarm["AlarmName"]: alarm for kind in ("MetricAlarms", "CompositeAlarms") for alarm in answer[kind]}


def test_from_a_preview_to_nothing(dev):
    preview = dev.playbooks.run(PLAYBOOK, *LIMIT, "--check", "--diff").succeeded()
    assert dev.writes(since=0) == []
    made_by = watched(dev)

    done = dev.playbooks.run(PLAYBOOK, *LIMIT).succeeded()

    assert sorted(done.changes) == sorted(preview.changes)
    full = alarms(dev)
    assert {name for action, kind, name in done.changes if kind.endswith("alarm")} == full.keys()
    (dimension,) = full["monay-dev-cdn-certificate-expiry"]["Dimensions"]
    assert dimension["Value"] == made_by["cdn"]
    assert full["monay-dev-admin"]["AlarmActions"] == ["arn:aws:sns:us-east-1:111111111111:monay-dev-alarms"]
    board = json.loads(dev.client("cloudwatch").get_dashboard(DashboardName="monay-dev")["DashboardBody"])
    assert made_by["www"] in json.dumps(board)
    budget = dev.client("budgets").describe_budget(AccountId=dev.inventory.account, BudgetName="monay-dev")["Budget"]
    assert float(budget["BudgetLimit"]["Amount"]) == 355
    assert budget["CostFilters"] == {"TagKeyValue": ["user:Environment$dev"]}
    dev.client("sns").subscribe(
        TopicArn="arn:aws:sns:us-east-1:111111111111:monay-dev-alarms", Protocol="email", Endpoint="us@monay.example"
    )

    mark = dev.now
    dev.inventory.edit(
        platform_monitoring_level="basic",
        monitoring_subscriptions=[{"protocol": "email", "endpoint": "us@monay.example"}],
        cost_budget={},
    )
    cut = dev.playbooks.run(PLAYBOOK, *LIMIT).succeeded()

    assert {action for action, _kind, _name in cut.changes} == {"delete", "update"}  # rules of applications are shorter
    assert ("delete", "budget", "monay-dev") in cut.changes
    assert dev.client("budgets").describe_budgets(AccountId=dev.inventory.account)["Budgets"] == []
    basic = alarms(dev)
    assert basic.keys() < full.keys()
    assert {"monay-dev-admin-cpu-high", "monay-dev-postgres-connections", "monay-dev-redis-memory"} <= basic.keys()
    assert "1 subscriptions" in cut.output.replace("\n", " ")
    assert dev.writes(since=mark)

    mark = dev.now
    assert dev.playbooks.run(PLAYBOOK, *LIMIT).succeeded().changed_tasks == []
    assert dev.writes(since=mark) == []
