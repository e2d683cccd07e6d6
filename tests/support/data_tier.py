# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An account in the simulator with what a database and a cache stand on: network, keys, roles, a secret."""

from __future__ import annotations

import functools
import json

import pytest
from botocore.loaders import create_loader

from tests.support.simulator import Simulator

VPC = "monay-dev"
SUBNETS = ("monay-dev-data-a", "monay-dev-data-b")
GROUPS = ("monay-dev-postgres", "monay-dev-redis", "monay-dev-other")
KEYS = ("alias/monay-dev-data", "alias/monay-dev-secrets")
ROLE = "monay-dev-rds-monitoring"
SECRET = "monay/dev/redis-auth"
TOKEN = "not-a-token-that-any-cache-outside-of-tests-has"
TAGS = {"Project": "monay", "Environment": "dev", "ManagedBy": "monay.platform"}

_shared_loader = functools.cache(create_loader)


def point_at(simulator: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Point the modules that a test runs at the simulator.

    They share what botocore has read of its service models: reading them again takes most of a module's time.
    """
    for name, value in simulator.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("botocore.session.create_loader", _shared_loader)


def lay_foundation(simulator: Simulator, dr_region: str) -> None:
    """Create everything that the data tier names, by the names above."""
    _network(simulator)
    for region in (simulator.env()["AWS_REGION"], dr_region):
        kms = simulator.client("kms", region=region)
        for alias in KEYS:
            kms.create_alias(AliasName=alias, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    trust = {"Statement": [{"Effect": "Allow", "Principal": {"Service": "monitoring.rds.amazonaws.com"}}]}
    simulator.client("iam").create_role(RoleName=ROLE, Path="/monay/dev/", AssumeRolePolicyDocument=json.dumps(trust))
    simulator.client("secretsmanager").create_secret(Name=SECRET, SecretString=TOKEN)
    simulator.clear_calls()


def _network(simulator: Simulator) -> None:
    ec2 = simulator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.10.0.0/16", TagSpecifications=_named("vpc", VPC))["Vpc"]["VpcId"]
    for number, name in enumerate(SUBNETS):
        ec2.create_subnet(
            VpcId=vpc,
            CidrBlock=f"10.10.{number}.0/24",
            AvailabilityZone=f"us-east-1{'ab'[number]}",
            TagSpecifications=_named("subnet", name),
        )
    for name in GROUPS:
        ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)


def _named(sort: str, name: str) -> list[dict[str, object]]:
    return [{"ResourceType": sort, "Tags": [{"Key": "Name", "Value": name}]}]
