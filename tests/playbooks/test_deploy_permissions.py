# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role that GitHub's workflow takes may do what a release needs, and nothing of it more widely."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.support.permissions import lacking, needed, unused
from tests.support.roles import DEV, role_variable

HOSTS = ("monay-backend-common", "monay-admin")
LIMIT = ("--limit", ",".join(HOSTS))
ALARM = "monay-dev-gate"
GATES: dict[str, Any] = {
    "production_traffic": [{"kind": "alarms", "alarms": [ALARM]}],
    "bake": [{"kind": "analysis"}],
}
LEDGER = "monay-dev-111111111111-ledger"
MIGRATION = {"expand": ["migrate", "expand"]}
# What a run asks for without needing it: values of secrets, to see whether they have the keys. It goes on without.
REFUSED = "secretsmanager:GetSecretValue"


def policies() -> list[dict[str, Any]]:
    (role,) = role_variable("account", "__account_deploy_roles", {**DEV, "account_ledger_bucket": LEDGER})
    return list(role["inline_policies"].values())


@pytest.fixture(scope="module")
def calls(standing):
    """All calls of releases with gates: looked at, left to a person, promoted, gone back from, and aborted."""
    with standing("dev", 3) as dev:
        dev.simulator.fault("deny", match={"operation": REFUSED.partition(":")[2]}, times=1000)
        dev.client("cloudwatch").put_metric_alarm(
            AlarmName=ALARM,
            Namespace="test",
            MetricName="gate",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            TreatMissingData="notBreaching",
        )
        dev.client("cloudwatch").set_alarm_state(AlarmName=ALARM, StateValue="OK", StateReason="nothing is said")
        dev.client("s3", "us-east-1").create_bucket(Bucket=LEDGER)
        # An account that was prepared this very minute has no full minute of its revisions to ask CloudWatch for.
        time.sleep(60 - time.time() % 60)
        before = dev.now
        written = {"rollout_ledger_bucket": LEDGER}
        gated = {"rollout_gates": GATES, "rollout_gate_attempts": 1, "rollout_alarms": [ALARM], **written}
        dev.playbooks.run("deploy", *LIMIT, "--check", service_image_tag="1.1.0", **gated).succeeded()
        dev.playbooks.run("deploy", *LIMIT, service_image_tag="1.1.0", **gated).succeeded()
        dev.playbooks.run("promote", *LIMIT, **gated).succeeded()
        dev.playbooks.run("releases", *LIMIT, **written).succeeded()
        dev.playbooks.run("rollback", *LIMIT, **written).succeeded()
        dev.playbooks.run("deploy", *LIMIT, service_image_tag="1.1.0", **gated).succeeded()
        dev.playbooks.run("abort", *LIMIT, **written).succeeded()
        # A task that nothing runs in does not end here: what is waited for is that it was started.
        migrated = dev.playbooks.run("migrate", *LIMIT, migration_commands=MIGRATION, migration_timeout=1)
        assert "run again to go on waiting" in migrated.failures[0]
        yield [each for each in dev.simulator.calls(since=before) if each["account"] == dev.inventory.account]


def test_pitfall_18_a_release_needs_nothing_that_the_role_may_not_do(calls):
    missing = lacking(calls, policies())

    assert {each.partition(" ")[0] for each in missing} == {REFUSED}, missing


def test_what_the_test_saw_is_what_a_release_does(calls):
    """So that an empty log cannot pass."""
    seen = {each.action for call in calls for each in needed(call)}

    assert {
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricData",
        "ecs:ContinueServiceDeployment",
        "ecs:StopServiceDeployment",
        "ecs:UpdateService",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeTargetHealth",
        "iam:GetRole",
        "iam:PassRole",
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
    } <= seen


def test_a_release_does_not_reach_beyond_its_ledger(calls):
    ledger = [document for document in policies() if "ReadAndAddEntries" in str(document)]
    written = [call for call in calls if call["service"] == "s3"]

    assert unused(written, ledger) == set()
    assert lacking(written, ledger) == []
    moved = [{**call, "parameters": {**call["parameters"], "Bucket": "monay-dev-assets"}} for call in written]
    assert {action.partition(" ")[0] for action in lacking(moved, policies())} == {
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
    }


def test_every_statement_about_services_is_used_or_for_something_else(calls):
    services = [document for document in policies() if "DeployServices" in str(document)]

    assert unused(calls, services) == {
        "PassTheInfrastructureRoleToEcs",  # with a changed load balancer
        "ReadLogs",  # of tasks that failed
    }


@pytest.mark.parametrize(
    "sid", ["DeployServices", "RunMigrations", "PassRolesToTasks", "ReadTheTraffic", "CheckTheRoles", "FindTheCache"]
)
def test_without_a_statement_something_is_missing(calls, sid):
    (document,) = (each for each in policies() if "DeployServices" in str(each))
    cut = {"Statement": [each for each in document["Statement"] if each["Sid"] != sid]}
    rest = [each for each in policies() if each != document]

    assert len(lacking(calls, [cut, *rest])) > len(lacking(calls, policies()))


def test_another_environment_is_out_of_reach(calls):
    elsewhere = [{**each, "account": "222222222222", "parameters": _other(each["parameters"])} for each in calls]
    allowed = {each.action for call in elsewhere for each in needed(call)} - {
        each.partition(" ")[0] for each in lacking(elsewhere, policies())
    }

    assert allowed == {
        "cloudwatch:DescribeAlarms",
        "cloudwatch:GetMetricData",
        "ec2:DescribeAvailabilityZones",
        "ec2:DescribeSecurityGroups",
        "ecs:DescribeTaskDefinition",
        "ecs:ListTaskDefinitions",
        "elasticloadbalancing:DescribeRules",
        "elasticloadbalancing:DescribeTargetHealth",
    }


def _other(value: Any) -> Any:
    """The same parameters about prod."""
    if isinstance(value, dict):
        return {key: _other(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_other(each) for each in value]
    if isinstance(value, str):
        return value.replace("111111111111", "222222222222").replace("dev", "prod")
    return value
