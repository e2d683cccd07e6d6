# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The network modules under faults: whatever goes wrong, nothing stands twice, and the next run completes the work."""

from __future__ import annotations

import json

import pytest

from ansible_collections.monay.platform.plugins.module_utils.aws import api
from ansible_collections.monay.platform.plugins.module_utils.core.network_acl import network_acl_plan
from ansible_collections.monay.platform.plugins.module_utils.core.network_plan import (
    endpoint_plan,
    nat_gateway_plan,
    route_table_plan,
    subnet_plan,
)
from ansible_collections.monay.platform.plugins.module_utils.core.security_group_plan import security_group_plan
from tests.support.modules import ModuleFailedError, assert_settled, run_module
from tests.support.network import OWNER, account_contents, aws, simulator_process  # noqa: F401

NAME, CIDR, ZONES = "monay-dev", "10.10.0.0/16", ["us-east-1a", "us-east-1b"]
COMMON = {"region": "us-east-1", "tags": OWNER}
APPLICATIONS = {"monay-backend-common": {"port": 3001, "kind": "api"}}
TASKS = [
    (
        "vpc_network",
        {
            **COMMON,
            "name": NAME,
            "cidr": CIDR,
            "subnets": subnet_plan(CIDR, NAME, ZONES),
            "nat_gateways": nat_gateway_plan(NAME, ZONES, "all"),
            "network_acls": network_acl_plan(CIDR, NAME, ZONES),
            "flow_log": {"name": NAME, "log_group": "/monay/dev/flow-logs", "role": "monay-dev-flow-logs"},
        },
    ),
    (
        "security_group",
        {
            **COMMON,
            "vpc": NAME,
            "groups": security_group_plan(APPLICATIONS, NAME, "monay", alb_cidrs=["0.0.0.0/0"]),
            "purge_groups": True,
        },
    ),
    (
        "vpc_network",
        {
            **COMMON,
            "name": NAME,
            "route_tables": route_table_plan(NAME, ZONES, "all"),
            "endpoints": endpoint_plan(NAME, ZONES, ["logs"], f"{NAME}-endpoints"),
        },
    ),
    (
        "vpn_connection",
        {
            **COMMON,
            "name": f"{NAME}-vpn",
            "vpc": NAME,
            "customer_gateway": {"ip_address": "198.51.100.10"},
            "static_routes": ["192.168.0.0/16"],
            "route_tables": [f"{NAME}-data"],
        },
    ),
]
REMOVALS = [
    ("vpn_connection", {**COMMON, "name": f"{NAME}-vpn", "vpc": NAME, "state": "absent"}),
    ("vpc_network", {**TASKS[2][1], "state": "absent"}),
    ("security_group", {**TASKS[1][1], "state": "absent"}),
    ("vpc_network", {**COMMON, "name": NAME, "state": "absent"}),
]
BUILT = {
    "VPCs": 1,
    "subnets": 6,
    "NAT gateways": 2,
    "route tables": 5,
    "network ACLs": 4,
    "security groups": 8,
    "VPC endpoints": 2,
    "flow logs": 1,
    "elastic IPs": 2,
    "internet gateways": 1,
}
FAULTS = [
    pytest.param({"kind": "throttle"}, id="throttled"),
    pytest.param({"kind": "error500"}, id="refused"),
    pytest.param({"kind": "error500", "when": "after"}, id="done, then 500"),
    pytest.param({"kind": "reset", "when": "after"}, id="done, then reset"),
]


@pytest.fixture
def account(aws, monkeypatch):  # noqa: F811
    monkeypatch.setattr(api, "backoff", lambda _attempt: 0)
    aws.client("logs").create_log_group(logGroupName="/monay/dev/flow-logs")
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "vpc-flow-logs.amazonaws.com"}}]}
    aws.client("iam").create_role(RoleName="monay-dev-flow-logs", AssumeRolePolicyDocument=json.dumps(trust))
    return aws


def run_all(tasks):
    for module, arguments in tasks:
        run_module(module, arguments)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_operation_fails_once(account, fault):
    account.fault(each_operation=True, match={"mutating": True}, **fault)
    run_all(TASKS)
    account.clear_faults()

    assert account_contents(account) == BUILT
    for module, arguments in TASKS:
        assert_settled(module, arguments)
    account.fault(each_operation=True, match={"mutating": True}, **fault)
    run_all(REMOVALS)
    account.clear_faults()
    assert set(account_contents(account).values()) == {0}


def run_until_killed(account, tasks, call):
    """Run the tasks; from the given mutating call on AWS refuses everything. Returns whether that was noticed."""
    account.fault("error500", match={"mutating": True}, nth=call, times=100_000)
    try:
        run_all(tasks)
    except ModuleFailedError:
        return True
    finally:
        account.clear_faults()
    return False


@pytest.mark.parametrize("call", [1, 3, 9, 25, 50, 80])
def test_an_interrupted_run_is_continued(account, call):
    assert run_until_killed(account, TASKS, call), "the work took fewer calls than that"

    run_all(TASKS)

    assert account_contents(account) == BUILT
    for module, arguments in TASKS:
        assert_settled(module, arguments)


def test_an_interrupted_removal_is_continued(account):
    run_all(TASKS)
    for call in (1, 2, 4, 8, 16):
        assert run_until_killed(account, REMOVALS, call)

    run_all(REMOVALS)

    assert set(account_contents(account).values()) == {0}
    for module, arguments in REMOVALS:
        assert_settled(module, arguments)
