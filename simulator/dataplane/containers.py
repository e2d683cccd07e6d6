# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A task's containers as processes: started in their order, watched, ended."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.dataplane import processes
from simulator.dataplane.container_health import HealthCheck

if TYPE_CHECKING:
    from simulator.dataplane.log_pump import LogPump, Stream
    from simulator.samples.catalogue import Sample

STOP_SECONDS = 30
# A program that does not listen after so many real seconds will not do so any more.
START_SECONDS, SETTLE_SECONDS = 20, 5


@dataclass
class Plan:
    """What a container is to run; without a sample it is left out."""

    definition: dict[str, Any]
    sample: Sample | None
    environment: dict[str, str]
    command: list[str]
    stream: Stream | None

    @property
    def name(self) -> str:
        return str(self.definition["name"])


@dataclass
class Container:
    """One process, or the place of one that is not simulated."""

    plan: Plan
    process: subprocess.Popen[bytes] | None = None
    check: HealthCheck | None = None
    stop_by: float | None = None
    reason: str = ""

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def is_over(self) -> bool:
        return bool(self.reason) or (self.process is not None and self.process.poll() is not None)

    def has(self, condition: str) -> bool:
        """Whether another container may go on that waits for this one."""
        if self.plan.sample is None:
            return True
        if condition == "START":
            return self.process is not None
        if condition == "HEALTHY":
            return self.check is not None and self.check.state == "HEALTHY"
        over = self.process is not None and self.process.poll() is not None
        return over and (condition == "COMPLETE" or (self.process is not None and self.process.returncode == 0))


@dataclass
class Running:
    """All containers of one task."""

    arn: str
    name: str
    """By which its address was given."""
    address: str
    containers: list[Container]
    pump: LogPump
    tools: Path
    directory: Path = field(default_factory=lambda: processes.scratch("task"))
    is_stopping: bool = False
    up_at: float | None = None
    """Since when it listens, or has had all the time that there is for it."""
    _since: float = field(default_factory=time.monotonic)

    def step(self) -> None:
        """Start what can start now, check health, end what does not end by itself."""
        now = time.monotonic()
        if self.up_at is None and (now - self._since > START_SECONDS or self._listens()):
            self.up_at = now
        if not self.is_stopping:
            for container in self.containers:
                if container.process is None and not container.reason and self._may_start(container):
                    self._start(container)
        for container in self.containers:
            if container.check is not None and container.is_running and not self.is_stopping:
                container.check.step(is_up=self.up_at is not None)
            if container.stop_by is not None and container.is_running and time.monotonic() > container.stop_by:
                processes.kill_all(container.process)  # type: ignore[arg-type] # it runs

    @property
    def is_settled(self) -> bool:
        """Whether a load balancer that found it closed has had the time to find it open."""
        return self.up_at is not None and time.monotonic() - self.up_at > SETTLE_SECONDS

    def _listens(self) -> bool:
        for container in self.containers:
            for mapping in container.plan.definition["portMappings"]:
                if "containerPort" in mapping and container.is_running:
                    with socket.socket() as probe:
                        probe.settimeout(0.2)
                        return probe.connect_ex((self.address, mapping["containerPort"])) == 0
        return False

    def _may_start(self, container: Container) -> bool:
        by_name = {one.plan.name: one for one in self.containers}
        waits = container.plan.definition.get("dependsOn", [])
        return all(by_name[one["containerName"]].has(one["condition"]) for one in waits)

    def _start(self, container: Container) -> None:
        plan = container.plan
        if plan.sample is None:
            container.reason = f"CannotPullContainerError: the simulator cannot run {plan.definition['image']}"
            return
        command = [sys.executable, "-m", "simulator.samples", plan.sample.program, *plan.command]
        environment = {"PYTHONPATH": str(processes.ROOT), "PATH": os.environ.get("PATH", os.defpath)}
        environment |= {"HOME": str(self.directory), "PYTHONUNBUFFERED": "1", **plan.environment}
        try:
            container.process = processes.spawn(command, environment, self.directory)
        except OSError as error:
            container.reason = f"CannotStartContainerError: {error}"
            return
        if container.process.stdout is not None:
            self.pump.add(container.process.stdout, plan.stream)
        check = plan.definition.get("healthCheck")
        if check and check["command"][0] != "NONE":
            container.check = HealthCheck(check, self.address, environment, self.tools)

    @property
    def has_started(self) -> bool:
        """Whether every container has been started, or is left out."""
        return all(one.process is not None or one.reason for one in self.containers)

    @property
    def has_failed(self) -> bool:
        """Whether an essential container has ended."""
        return any(one.is_over for one in self.containers if one.plan.definition["essential"])

    @property
    def is_over(self) -> bool:
        return not any(one.is_running for one in self.containers)

    def stop(self) -> None:
        """SIGTERM to all, and SIGKILL to what is left after its stop timeout."""
        if self.is_stopping:
            return
        self.is_stopping = True
        for container in self.containers:
            if container.check is not None:
                container.check.stop()
            if container.is_running and container.process is not None:
                processes.send(container.process, signal.SIGTERM)
                container.stop_by = time.monotonic() + container.plan.definition.get("stopTimeout", STOP_SECONDS)

    def kill(self) -> None:
        """End all at once."""
        for container in self.containers:
            if container.check is not None:
                container.check.stop()
            if container.process is not None:
                processes.kill_all(container.process)
        self.clean()

    def clean(self) -> None:
        """Take the task's files away, and what its processes left running."""
        for container in self.containers:
            if container.process is not None:
                processes.kill_all(container.process)
        shutil.rmtree(self.directory, ignore_errors=True)

    def codes(self) -> dict[str, int]:
        """Exit codes by container."""
        return {
            one.plan.name: processes.exit_code(one.process)
            for one in self.containers
            if one.process is not None and one.process.poll() is not None
        }

    def reasons(self) -> dict[str, str]:
        return {one.plan.name: one.reason for one in self.containers if one.reason}

    def health(self) -> dict[str, str]:
        return {one.plan.name: one.check.state for one in self.containers if one.check is not None}
