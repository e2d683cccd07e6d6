# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A third version that is broken in some way is deployed: taken back, and the play says why."""

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
CONTAINER = "container backend-common ends with exit code"
# A bake that is never over by itself: what ends these rollouts is what is wrong.
LONG = 1440
# By default a task that became healthy resets the count: tasks that crash later never open the circuit breaker.
BREAKER = {"deploymentCircuitBreaker": {"enable": True, "rollback": True, "resetOnHealthyTask": False}}
# One request in twenty fails, so that of this many one does.
REQUESTS = [{"name": f"request {number}", "path": "/version"} for number in range(1, 21)]
CASES: dict[str, tuple[str, dict[str, Any], str]] = {
    "start": (
        "ROLLING",
        {},
        f"{CONTAINER} 1: Error: Cannot find module './server.js'",
    ),
    "health": (
        "BLUE_GREEN",
        {"rollout_bake_minutes": LONG, "service_start_seconds": 5},
        "a task fails its health check: ",
    ),
    "errors": (
        "LINEAR",
        {
            "rollout_step_percent": 50,
            "rollout_step_bake_minutes": LONG,
            "rollout_gates": {"each_step": [{"kind": "smoke"}]},
            "rollout_smoke_requests": REQUESTS,
            "rollout_smoke_retries": 0,
        },
        "gate smoke: 1 of 20 API tests failed: request ",
    ),
    "crash": (
        "CANARY",
        {
            "rollout_canary_percent": 50,
            "rollout_canary_bake_minutes": LONG,
            "rollout_configuration": BREAKER,
            # Sooner than its 30 s, and late enough for its health checks.
            "service_environment": {"SAMPLE_CRASH_SECONDS": "3"},
        },
        f"{CONTAINER} 139",
    ),
}


@pytest.fixture(scope="module")
def dev(prepared, tmp_path_factory) -> Iterator[Environment]:
    """Phases 1 and 2, with tasks that run."""
    inventory = Inventory("dev", Path(tmp_path_factory.mktemp("inventory")))
    with prepared.simulator("dev", 2, data_plane=True) as simulator:
        simulator.settings(speed=10)  # where nothing takes time, nothing happens while it bakes
        playbooks = Playbooks(inventory.path, simulator.env(inventory.account, inventory.region))
        yield Environment(inventory, simulator, playbooks)


def runs(dev: Environment) -> str:
    """The task definition that the service is set to."""
    service = dev.client("ecs").describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    return str(service["taskDefinition"].rpartition("/")[2])


@pytest.mark.parametrize("fault", CASES)
def test_a_broken_version_is_rolled_back_and_the_play_fails_with_the_cause(dev, tmp_path, fault):
    strategy, variables, cause = CASES[fault]
    folder = {"rollout_evidence_directory": str(tmp_path), "rollout_strategy": strategy}

    run = dev.playbooks.run("deploy", "--limit", HOST, service_image_tag=f"1.2.0-{fault}", **folder, **variables)

    assert run.returncode != 0
    (data,) = tmp_path.glob("*.json")
    evidence = json.loads(data.read_text(encoding="utf-8"))
    assert (evidence["strategy"], evidence["status"]) == (strategy, "ROLLBACK_SUCCESSFUL")
    assert evidence["headline"].startswith(f"{evidence['wanted']['task_definition']}: {cause}")
    assert evidence["restored"]["task_definition"] == runs(dev) == f"{SERVICE}:1"
    # The failure names the cause, and where the page is.
    told = run.failures[-1]
    assert cause.removeprefix("gate ") in told
    assert told.rstrip(". ").endswith(f"Evidence: {data.with_suffix('.html')}")
