# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from tests.support.modules import changes, fail_module, recorded_calls, run_module, writes

REGION = "us-east-1"
NAME = "monay-dev-admin"
CLUSTER = "monay-dev"


def args(**extra):
    return {"region": REGION, "name": NAME, "cluster": CLUSTER, "task_definition": f"{NAME}:1", **extra}


@pytest.fixture
def ecs():
    with mock_aws():
        yield boto3.client("ecs", region_name=REGION)


@pytest.mark.usefixtures("ecs")
def test_a_check_run_on_an_empty_account_needs_nothing():
    network = {"awsvpcConfiguration": {"subnets": ["monay-dev-app-a"], "securityGroups": [NAME]}}

    with recorded_calls() as calls:
        done = run_module("ecs_service", args(network_configuration=network), check=True)

    assert changes(done) == {("create", "service", NAME)}
    assert writes(calls) == []


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"deployment_configuration": {"strategie": "ROLLING"}}, "did you mean strategy?"),
        ({"deployment_configuration": {"strategy": "GREEN"}}, "strategy is one of ROLLING"),
        ({"load_balancers": [{"target_group": "x"}]}, "did you mean targetGroupArn?"),
        ({"capacity_provider_strategy": [{"capacityProvider": "FARGATE"}]}, "weight above 0"),
    ],
)
def test_refuses_in_check_mode_what_ecs_would_refuse(ecs, options, words):
    with recorded_calls() as calls:
        message = fail_module("ecs_service", args(**options), check=True)

    assert words in message
    assert calls == []
