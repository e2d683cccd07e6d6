# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A simulated AWS for tests of modules that run in this process."""

from __future__ import annotations

import atexit
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from tests.support.simulator import REGION, Simulator

OWNER = {"ManagedBy": "monay.platform"}


@cache
def _running() -> Simulator:
    """One simulator for all test modules of this process: starting one takes seconds."""
    running = Simulator()
    atexit.register(running.stop)
    return running


@pytest.fixture(scope="module")
def simulator_process() -> Iterator[Simulator]:
    """A simulator with its first settings; provisioning takes no time."""
    running = _running()
    settings = running.settings()
    yield running
    running.settings(**settings)


@pytest.fixture
def aws(simulator_process: Simulator, monkeypatch: pytest.MonkeyPatch) -> Simulator:
    """An empty account at which modules of this process are pointed."""
    simulator_process.reset()
    simulator_process.clear_faults()
    for name, value in simulator_process.env().items():
        monkeypatch.setenv(name, value)
    return simulator_process


def by_name(items: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Items of EC2 by their Name tag; those without one are left out."""
    tagged = [({tag["Key"]: tag["Value"] for tag in item.get("Tags", [])}, item) for item in items]
    return {tags["Name"]: item for tags, item in tagged if "Name" in tags}


def account_contents(aws: Simulator) -> dict[str, int]:
    """How many resources of each sort of a VPC there are, besides the account's default VPC and what is deleted."""
    ec2 = aws.client("ec2", region=REGION)
    default = {vpc["VpcId"] for vpc in ec2.describe_vpcs()["Vpcs"] if vpc["IsDefault"]}
    lists = {
        "VPCs": ec2.describe_vpcs()["Vpcs"],
        "subnets": ec2.describe_subnets()["Subnets"],
        "NAT gateways": [each for each in ec2.describe_nat_gateways()["NatGateways"] if each["State"] != "deleted"],
        "route tables": ec2.describe_route_tables()["RouteTables"],
        "network ACLs": ec2.describe_network_acls()["NetworkAcls"],
        "security groups": ec2.describe_security_groups()["SecurityGroups"],
        "VPC endpoints": ec2.describe_vpc_endpoints()["VpcEndpoints"],
        "flow logs": ec2.describe_flow_logs()["FlowLogs"],
        "elastic IPs": ec2.describe_addresses()["Addresses"],
        "internet gateways": [
            each
            for each in ec2.describe_internet_gateways()["InternetGateways"]
            if not {link["VpcId"] for link in each["Attachments"]} & default
        ],
    }
    return {sort: len([each for each in items if each.get("VpcId") not in default]) for sort, items in lists.items()}
