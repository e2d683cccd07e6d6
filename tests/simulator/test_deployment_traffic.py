# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Clients do not notice that an application is deployed: control plane, tasks and front doors together."""

from __future__ import annotations

import json
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.scenarios_ecs import definition, make_platform, service
from tests.simulator.targets import Client, door, eventually
from tests.simulator.test_dataplane_tasks import HEALTH, finished, processes, push
from tests.support.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def running() -> Iterator[Simulator]:
    with Simulator(data_plane=True, speed="5") as simulator:
        yield simulator


class Load:
    """Clients on kept-alive connections that ask until they are told to stop."""

    def __init__(self, port: int, clients: int = 3) -> None:
        self.versions = Counter[str]()
        self.faults: list[tuple[int, bytes]] = []
        self._port = port
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _number in range(clients)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        Client.close_all()

    def _ask(self) -> None:
        client = Client("app.example", self._port)
        while not self._stop.is_set():
            status, _headers, body = client.ask("/version")
            if status == 200:
                self.versions[json.loads(body)["version"]] += 1
            else:
                self.faults.append((status, body))


def _register(simulator: Simulator, made: dict[str, Any], version: str) -> str:
    container = {"image": push(simulator, version), "healthCheck": HEALTH, "stopTimeout": 5}
    registered = simulator.client("ecs").register_task_definition(**definition(made, container=container))
    return str(registered["taskDefinition"]["taskDefinitionArn"])


@pytest.mark.parametrize("strategy", ["BLUE_GREEN", "ROLLING"])
def test_a_deployment_loses_no_request(running: Simulator, strategy: str) -> None:
    running.reset()
    made = make_platform(running.client)
    ecs, elb = running.client("ecs"), running.client("elbv2")
    for group in made["groups"]:
        elb.modify_target_group(TargetGroupArn=group, HealthCheckPath="/health")
    _register(running, made, "1.0.0")
    wanted = service(made, strategy)
    if strategy == "ROLLING":
        del wanted["loadBalancers"][0]["advancedConfiguration"]
    ecs.create_service(**wanted)
    assert finished(running)["status"] == "SUCCESSFUL"
    port = door(running, 80)["port"]
    eventually(lambda: Client("app.example", port).ask("/version")[0] == 200)
    with Load(port) as load:
        eventually(lambda: load.versions["1.0.0"] > 50)
        ecs.update_service(cluster="main", service="app", taskDefinition=_register(running, made, "1.1.0"))
        assert finished(running)["status"] == "SUCCESSFUL"
        eventually(lambda: len(processes(running)) == 2, 30)
        new = load.versions["1.1.0"]
        eventually(lambda: load.versions["1.1.0"] > new + 50)
        old = load.versions["1.0.0"]
        eventually(lambda: load.versions["1.1.0"] > new + 150)
        assert load.versions["1.0.0"] == old, "the old version gets nothing any more"
    assert load.faults == []
