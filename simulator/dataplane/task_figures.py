# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What CloudWatch is told of tasks: the CPU and memory that their processes really use, and how many there are."""

from __future__ import annotations

import os
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.dataplane.tasks import Tasks
from simulator.overlays.ecs_model import Ecs
from simulator.watching.metrics import put_metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.dataplane import DataPlane
    from simulator.overlays.ecs_model import Service, Task
    from simulator.world import World

ROUND_SECONDS = 15
UNITS_OF_A_CPU, MIB = 1024, 1024 * 1024
USAGE, INSIGHTS = "AWS/ECS", "ECS/ContainerInsights"
# Where the fields of /proc/PID/stat are, behind the name of the program (proc(5)).
SESSION, USER_TICKS, SYSTEM_TICKS, PAGES = 3, 11, 12, 21


@dataclass(frozen=True)
class Use:
    """What processes have used: seconds of a CPU since they began, bytes of memory now."""

    seconds: float = 0.0
    memory: int = 0

    def __add__(self, other: Use) -> Use:
        return Use(self.seconds + other.seconds, self.memory + other.memory)


class TaskFigures:
    """Measures every few seconds; only where the kernel tells in /proc."""

    def __init__(self, plane: DataPlane) -> None:
        self._plane, self._world = plane, plane.world
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="task figures", daemon=True)
        self._before: dict[str, tuple[float, float]] = {}

    def start(self) -> None:
        if Path("/proc/self/stat").exists():
            self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=30)

    def reset(self) -> None:
        self._before.clear()

    def _run(self) -> None:
        while not self._stopping.wait(ROUND_SECONDS):
            try:
                self.measure()
            # what one round cannot measure must not keep the next one from it
            except Exception:  # noqa: BLE001
                traceback.print_exc(file=sys.stderr)

    def measure(self) -> None:
        """Put the figures of this moment."""
        programs = self._plane.component(Tasks).programs()
        sessions, now = used_by_session(), time.monotonic()
        with self._world.lock:
            for account, region, ecs in self._world.stores(Ecs):
                for arn, task in ecs.tasks.items():
                    uses = [sessions[each] for each in programs.get(arn, ()) if each in sessions]
                    if uses:
                        self._put(account, region, task, sum(uses, start=Use()), now)
                for service in ecs.services.values():
                    _count(self._world, account, region, service, ecs.tasks)
        self._before = {arn: known for arn, known in self._before.items() if arn in programs}

    def _put(self, account: str, region: str, task: Task, use: Use, now: float) -> None:
        """A task's share of what its definition reserves, as AWS counts it: for its service and its cluster."""
        then, seconds = self._before.get(task.arn, (now, use.seconds))
        self._before[task.arn] = (now, use.seconds)
        cpu, memory = (float(task.definition.facts.get(key) or 0) for key in ("cpu", "memory"))
        figures = {}
        if cpu and now > then:
            figures["CPUUtilization"] = 100 * (use.seconds - seconds) / (now - then) / (cpu / UNITS_OF_A_CPU)
        if memory:
            figures["MemoryUtilization"] = 100 * use.memory / (memory * MIB)
        cluster = {"ClusterName": task.cluster.name}
        places = [cluster, {**cluster, "ServiceName": task.service.name}] if task.service else [cluster]
        for name, value in figures.items():
            for dimensions in places:
                put_metric(self._world, account, region, USAGE, name, dimensions, value, "Percent")


def _count(world: World, account: str, region: str, service: Service, tasks: Mapping[str, Task]) -> None:
    """What Container Insights counts, where the cluster has it switched on."""
    settings = {each["name"]: each["value"] for each in service.cluster.facts.get("settings", [])}
    if settings.get("containerInsights", "disabled") == "disabled" or service.status != "ACTIVE":
        return
    own = [task for task in tasks.values() if task.service is service]
    counts = {
        "DesiredTaskCount": int(service.settings.get("desiredCount") or 0),
        "RunningTaskCount": sum(task.last_status == "RUNNING" for task in own),
        "PendingTaskCount": sum(task.last_status in ("PROVISIONING", "PENDING", "ACTIVATING") for task in own),
    }
    dimensions = {"ClusterName": service.cluster.name, "ServiceName": service.name}
    for name, value in counts.items():
        put_metric(world, account, region, INSIGHTS, name, dimensions, value, "Count")


def used_by_session() -> dict[int, Use]:
    """What the processes of each session have used; a task's program begins a session of its own."""
    ticks, page = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")
    found: dict[int, Use] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        seconds = (int(fields[USER_TICKS]) + int(fields[SYSTEM_TICKS])) / ticks
        use = Use(seconds, int(fields[PAGES]) * page)
        session = int(fields[SESSION])
        found[session] = found.get(session, Use()) + use
    return found
