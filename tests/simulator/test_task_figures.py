# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""CPU and memory of tasks are those of their processes, in AWS's measure."""

from __future__ import annotations

import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from simulator.clock import Clock
from simulator.dataplane.task_figures import TaskFigures, Use, used_by_session
from simulator.overlays.ecs_model import Ecs
from simulator.watching.metrics import Metrics
from simulator.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator

ACCOUNT, REGION = "111111111111", "us-east-1"
ARN = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/monay-dev/1"
HOLDS = 64 * 1024 * 1024
# Holds some memory, says so, and keeps a processor busy.
PROGRAM = f"held = bytearray(b'x') * {HOLDS}\nprint('ready', flush=True)\nwhile True: pass"

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")


@pytest.fixture
def program() -> Iterator[int]:
    command = [sys.executable, "-c", PROGRAM]
    with subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.kill()


def test_a_session_is_measured_as_a_whole(program: int) -> None:
    use = used_by_session()[program]
    assert HOLDS < use.memory < 4 * HOLDS
    assert Use(1, 2) + Use(3, 4) == Use(4, 6)


def test_puts_what_tasks_use_and_how_many_there_are(program: int) -> None:
    world = World(Clock())
    cluster: Any = SimpleNamespace(
        name="monay-dev", facts={"settings": [{"name": "containerInsights", "value": "enhanced"}]}
    )
    service: Any = SimpleNamespace(name="app", cluster=cluster, status="ACTIVE", settings={"desiredCount": 2})
    reserved = SimpleNamespace(facts={"cpu": "256", "memory": "512"})
    task: Any = SimpleNamespace(arn=ARN, cluster=cluster, service=service, definition=reserved, last_status="RUNNING")
    ecs = world.store(Ecs, ACCOUNT, REGION)
    ecs.tasks[ARN], ecs.services["app"] = task, service
    tasks = SimpleNamespace(programs=lambda: {ARN: [program]})
    plane: Any = SimpleNamespace(world=world, component=lambda _kind: tasks)
    figures = TaskFigures(plane)

    figures.measure()
    figures.measure()

    values = {
        (name, len(dimensions)): [sample.total for sample in samples]
        for (_namespace, name, dimensions), samples in world.store(Metrics, ACCOUNT, REGION).samples.items()
    }
    # of its cluster, and of its service in that
    assert all(12.5 < value < 50 for places in (1, 2) for value in values["MemoryUtilization", places])
    # the first measurement has nothing to compare with
    assert len(values["CPUUtilization", 2]) == 1
    assert values["DesiredTaskCount", 2] == [2, 2]
    assert values["RunningTaskCount", 2] == [1, 1]
    assert values["PendingTaskCount", 2] == [0, 0]
    cluster.facts["settings"] = []
    figures.measure()
    key = ("ECS/ContainerInsights", "RunningTaskCount", (("ClusterName", "monay-dev"), ("ServiceName", "app")))
    assert len(world.store(Metrics, ACCOUNT, REGION).samples[key]) == 2
