# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module looks once; how often it is asked is the action plugin's affair (tests/unit/plugins/action)."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from ansible_collections.monay.platform.plugins.module_utils.aws.slow import SORTS
from tests.support.modules import fail_module, recorded_calls, run_module, writes

REGION = "us-east-1"


def look(**extra):
    wanted = {"region": REGION, "prefix": "monay-dev-", "types": ["rds_instance"], **extra}
    with recorded_calls() as calls:
        result = run_module("wait_for", wanted)
    assert writes(calls) == []
    return result["statuses"], calls


@mock_aws
def test_sees_the_environments_instances_in_one_call():
    rds = boto3.client("rds", region_name=REGION)
    for name in ("monay-dev-postgres", "monay-prod-postgres"):
        rds.create_db_instance(DBInstanceIdentifier=name, Engine="postgres", DBInstanceClass="db.t3.medium")

    statuses, calls = look()

    assert statuses == [
        {"type": "rds_instance", "name": "monay-dev-postgres", "status": "available", "verdict": "ready"}
    ]
    assert calls == ["rds:DescribeDBInstances"]


@mock_aws
def test_sees_the_one_load_balancer_that_has_the_environments_own_name():
    ec2, elb = boto3.client("ec2", region_name=REGION), boto3.client("elbv2", region_name=REGION)
    subnets = [each["SubnetId"] for each in ec2.describe_subnets()["Subnets"]][:2]
    for name in ("monay-dev", "monay-dev-internal", "monay-development"):
        elb.create_load_balancer(Name=name, Subnets=subnets)

    statuses, calls = look(types=["load_balancer"])

    assert [(each["name"], each["verdict"]) for each in statuses] == [
        ("monay-dev", "ready"),
        ("monay-dev-internal", "ready"),
    ]
    assert calls == ["elbv2:DescribeLoadBalancers"]


@mock_aws
def test_nothing_is_no_failure():
    assert look(types=["nat_gateway", "rds_instance", "replication_group"])[0] == []


def test_refuses_an_unknown_type():
    message = fail_module("wait_for", {"region": REGION, "prefix": "x", "types": ["weather"]})

    assert "nat_gateway" in message


@pytest.mark.parametrize(
    ("type_", "status", "verdict"),
    [
        ("nat_gateway", "pending", "pending"),
        ("nat_gateway", "available", "ready"),
        ("nat_gateway", "failed", "failed"),
        ("rds_instance", "creating", "pending"),
        ("rds_instance", "backing-up", "pending"),
        ("rds_instance", "available", "ready"),
        ("rds_instance", "incompatible-network", "failed"),
        ("rds_instance", "storage-full", "failed"),
        ("replication_group", "creating", "pending"),
        ("replication_group", "available", "ready"),
        ("replication_group", "create-failed", "failed"),
        ("load_balancer", "provisioning", "pending"),
        ("load_balancer", "active", "ready"),
        ("load_balancer", "active_impaired", "ready"),
        ("load_balancer", "failed", "failed"),
    ],
)
def test_what_a_status_means(type_, status, verdict):
    assert SORTS[type_].table.verdict(status) == verdict
