# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was released is in the ledger, from which it is brought back when ECS has forgotten it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.playbooks.conftest import Environment
from tests.support.inventories import Inventory
from tests.support.playbooks import Playbooks

HOST, SERVICE, CLUSTER = "monay-backend-common", "monay-dev-backend-common", "monay-dev"
LIMIT = ("--limit", HOST)
BUCKET = "monay-dev-ledger-of-the-test"
LEDGER = {"rollout_ledger_bucket": BUCKET, "rollout_evidence_directory": ""}


@pytest.fixture(scope="module")
def dev(prepared, tmp_path_factory) -> Iterator[Environment]:
    """Version 1.0.0 by phase 2, then 1.1.0, and 1.2.0, which does not start; tasks run."""
    inventory = Inventory("dev", Path(tmp_path_factory.mktemp("inventory")))
    with prepared.simulator("dev", 1, data_plane=True) as simulator:
        playbooks = Playbooks(inventory.path, simulator.env(inventory.account, inventory.region))
        playbooks.run("phase2").succeeded()
        dev = Environment(inventory, simulator, playbooks)
        dev.client("s3", "us-east-1").create_bucket(Bucket=BUCKET)
        yield dev


def deploy(dev: Environment, tag: str, *more: str, **variables: Any):
    return dev.playbooks.run("deploy", *LIMIT, *more, service_image_tag=tag, **{**LEDGER, **variables})


def entries(dev: Environment) -> list[dict[str, Any]]:
    s3 = dev.client("s3")
    names = sorted(each["Key"] for each in s3.list_objects_v2(Bucket=BUCKET).get("Contents", ()))
    return [json.loads(s3.get_object(Bucket=BUCKET, Key=name)["Body"].read()) for name in names]


def image(dev: Environment) -> str:
    """What the service is set to run."""
    ecs = dev.client("ecs")
    service = ecs.describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    found = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    return str(found["containerDefinitions"][0]["image"])


def test_releases_are_written_down_and_brought_back(dev):
    first = image(dev)
    before = dev.now
    deploy(dev, "1.1.0", "--check").succeeded()
    assert dev.writes(before) == []

    behind = deploy(dev, "1.1.0", rollout_ledger_bucket="no-such-bucket-of-the-test")
    assert behind.returncode != 0
    assert "is not up to date; the deployment is as ECS says" in " ".join(behind.failures)
    assert image(dev) != first

    deploy(dev, "1.1.0").succeeded()
    assert deploy(dev, "1.1.0").succeeded().changed_tasks == []
    broken = deploy(dev, "1.2.0")
    assert broken.returncode != 0
    assert "Cannot find module" in " ".join(broken.failures) or "did not succeed" in " ".join(broken.failures)

    assert [(each["number"], each["status"]) for each in entries(dev)] == [
        (1, "SUCCESSFUL"),
        (2, "SUCCESSFUL"),
        (3, "ROLLBACK_SUCCESSFUL"),
    ]
    assert list(entries(dev)[0]["images"].values()) == [first]

    told = dev.playbooks.run("releases", *LIMIT, **LEDGER).succeeded()
    assert "The chain of 3 entries is whole" in told.output
    assert first.rpartition("/")[2] in told.output

    ecs = dev.client("ecs")
    ecs.deregister_task_definition(taskDefinition=f"{SERVICE}:1")
    ecs.delete_task_definitions(taskDefinitions=[f"{SERVICE}:1"])
    dev.playbooks.run("rollback", *LIMIT, rollout_back_to_release=1, **LEDGER).succeeded()
    assert image(dev) == first
    assert entries(dev)[3]["task_definition"] == f"{SERVICE}:4"
    before = dev.now
    dev.playbooks.run("rollback", *LIMIT, rollout_back_to_release=1, **LEDGER).succeeded()
    assert dev.writes(before) == []

    changed = {**entries(dev)[1], "recorded_by": "somebody else"}
    name = f"ledger/{CLUSTER}/{SERVICE}/000002.json"
    dev.client("s3").put_object(Bucket=BUCKET, Key=name, Body=json.dumps(changed).encode())
    told = dev.playbooks.run("releases", *LIMIT, **LEDGER)
    assert told.returncode != 0
    assert "entry 2 is not what was written" in " ".join(told.failures)
    refused = dev.playbooks.run("rollback", *LIMIT, rollout_back_to_release=1, **LEDGER)
    assert "cannot be trusted" in " ".join(refused.failures)


def test_a_release_of_no_ledger_is_refused(dev):
    run = dev.playbooks.run("rollback", *LIMIT, rollout_back_to_release=1)

    assert "needs rollout_ledger_bucket" in " ".join(run.failures)
