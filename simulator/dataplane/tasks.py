# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ECS tasks as local processes, each task on an address of its own."""

from __future__ import annotations

import shutil
import sys
import threading
import time
import traceback
from typing import TYPE_CHECKING

from simulator.dataplane import processes
from simulator.dataplane.container_health import make_tools
from simulator.dataplane.containers import Container, Plan, Running
from simulator.dataplane.front_doors import FrontDoors
from simulator.dataplane.log_pump import LogPump, Stream
from simulator.errors import AwsError
from simulator.overlays import ecs_deployments, ecs_launch, ecs_tasks, ecs_traffic
from simulator.overlays.ecs_model import Ecs
from simulator.samples.catalogue import sample_of

if TYPE_CHECKING:
    from simulator.dataplane import DataPlane
    from simulator.overlay import Context
    from simulator.overlays.ecs_model import Facts, Task

ROUND_SECONDS, TARGET_SECONDS = 0.2, 1.0
# Simulated time goes fifty times as fast as AWS's.
PACE = 50
# A group that no rule leads to is not looked at by its load balancer.
IN_SERVICE = ("healthy", "unused", "unavailable")
NOT_RUNNABLE = "CannotPullContainerError: the image {} names no sample application that the simulator can run"


class Tasks:
    """Follows the ECS scheduler: starts, watches and ends the processes of its tasks."""

    def __init__(self, plane: DataPlane) -> None:
        self._plane, self._world = plane, plane.world
        self._pump = LogPump(plane.world)
        self._running: dict[str, Running] = {}
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._targets_at = 0.0
        self._directory = processes.scratch("tools")
        self._lock = threading.Lock()

    def start(self) -> None:
        """Begin to follow; children are started by this thread alone, whose end would be theirs."""
        make_tools(self._directory)
        self._pump.start()
        self._thread = threading.Thread(target=self._run, name="tasks", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(timeout=30)
        self._end_all()
        self._pump.stop()
        shutil.rmtree(self._directory, ignore_errors=True)

    def reset(self) -> None:
        self._end_all()
        self._pump.forget()

    def health(self) -> dict[str, int]:
        """How many tasks run."""
        return {"tasks": len(self._running)}

    def programs(self) -> dict[str, list[int]]:
        """The processes that run for each task, by its ARN; each leads a session of its own."""
        with self._lock:
            return {
                arn: [each.process.pid for each in running.containers if each.process is not None and each.is_running]
                for arn, running in self._running.items()
            }

    def _end_all(self) -> None:
        with self._lock:
            for running in list(self._running.values()):
                running.kill()
                self._forget(running)

    def _run(self) -> None:
        while not self._stopping.wait(ROUND_SECONDS):
            try:
                self._round()
            # one fault of the simulator must not leave all tasks without anybody who looks after them
            except Exception:  # noqa: BLE001
                traceback.print_exc(file=sys.stderr)

    def _round(self) -> None:
        with self._lock:
            with self._world.lock:
                self._world.schedule.run_due(self._world)
                ecs_deployments.tick(self._world)
                tasks = {arn: task for _a, _r, ecs in self._world.stores(Ecs) for arn, task in ecs.tasks.items()}
                self._begin(tasks)
            for running in self._running.values():
                running.step()
            with self._world.lock:
                self._report(tasks)

    def _begin(self, tasks: dict[str, Task]) -> None:
        for arn, task in tasks.items():
            running = self._running.get(arn)
            if running is None and task.is_living and task.launch and task.last_status in ("PENDING", "RUNNING"):
                self._prepare(task)
            elif running is not None and task.last_status == "STOPPING" and not self._is_sent_requests(task):
                running.stop()
            elif running is None and task.last_status == "STOPPING" and task.launch:
                # nothing was started, or it was lost with an earlier simulator
                ecs_tasks.exited(self._world, task, {}, {})

    def _is_sent_requests(self, task: Task) -> bool:
        """Whether front doors still lead to a task. AWS's drain takes longer than load balancers need to learn of it;
        the simulator's is a fiftieth of that, which a busy machine can need for them.
        """
        return task.address is not None and self._plane.component(FrontDoors).leads_to(task.address)

    def _prepare(self, task: Task) -> None:
        context = ecs_tasks.context_of(self._world, task.arn)
        try:
            plans = [self._plan(context, task, definition) for definition in task.definition.containers]
        except ecs_launch.LaunchError as error:
            ecs_tasks.failed_to_start(self._world, task, str(error))
            return
        name = task.address or task.task_id
        address = self._plane.addresses.give(name)
        for plan in plans:
            plan.environment["SIMULATOR_ADDRESS"] = address
        containers, tools = [Container(plan) for plan in plans], self._directory
        self._running[task.arn] = Running(task.arn, name, address, containers, self._pump, tools)

    def _plan(self, context: Context, task: Task, definition: Facts) -> Plan:
        name = definition["name"]
        image = (task.launch or {})["containers"][name]
        sample = sample_of(image["manifest"])
        if sample is None and definition["essential"]:
            raise ecs_launch.LaunchError(NOT_RUNNABLE.format(image["image"]))
        overrides: Facts = next(
            (one for one in task.facts["overrides"]["containerOverrides"] if one.get("name") == name), {}
        )
        environment = ecs_launch.environment(context, definition)
        environment |= {one["name"]: one["value"] for one in overrides.get("environment", [])}
        if sample is not None:
            environment |= self._own(task, definition, sample.version, sample.fault)
        command = overrides.get("command") or [*definition.get("entryPoint", []), *definition.get("command", [])]
        return Plan(definition, sample, environment, command, _stream(context, task, definition))

    def _own(self, task: Task, definition: Facts, version: str, fault: str) -> dict[str, str]:
        """What the sample applications are told by the simulator, and every task by Fargate."""
        _arn, _partition, _service, region, _account, *_rest = task.arn.split(":")
        port = next((one["containerPort"] for one in definition["portMappings"] if "containerPort" in one), 8080)
        endpoint = self._plane.endpoint
        values = {
            "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_ENDPOINT_URL": endpoint,
            "SIMULATOR_APPLICATION": definition["name"],
            "SIMULATOR_VERSION": version,
            "SIMULATOR_FAULT": fault,
            "SIMULATOR_PORT": str(port),
            "SIMULATOR_TASK": task.task_id,
            "SIMULATOR_ENDPOINT": endpoint,
            "SSL_CERT_FILE": str(self._plane.component(FrontDoors).authority.bundle),
        }
        if task.definition.facts.get("taskRoleArn"):
            uri = f"{endpoint}/_simulator/credentials?task={task.task_id}"
            values["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = uri
        return values

    def _report(self, tasks: dict[str, Task]) -> None:
        for arn, running in list(self._running.items()):
            task = tasks.get(arn)
            if task is None or task.last_status == "STOPPED":
                running.kill()
                self._forget(running)
            elif running.has_failed or running.is_stopping:
                running.stop()
                if running.is_over:
                    self._forget(running)
                    ecs_tasks.exited(self._world, task, running.codes(), running.reasons())
            elif running.has_started:
                ecs_tasks.started(self._world, task, running.reasons())
                ecs_tasks.report_health(self._world, task, running.health())
        if time.monotonic() - self._targets_at >= TARGET_SECONDS:
            self._targets_at = time.monotonic()
            for running in self._running.values():
                self._look_at_targets(running, tasks[running.arn])

    def _forget(self, running: Running) -> None:
        running.clean()
        del self._running[running.arn]
        self._plane.addresses.take_back(running.name)

    def _look_at_targets(self, running: Running, task: Task) -> None:
        """What the load balancers say of a task; one that they find unhealthy is replaced after its grace period."""
        if not task.targets or task.last_status != "RUNNING" or not task.is_living or task.service is None:
            return
        try:
            states = ecs_traffic.states(ecs_tasks.context_of(self._world, task.arn), task)
        except AwsError:
            return  # the target group is gone: there is nothing to say of it
        good = all(state in IN_SERVICE for _group, state, _reason in states)
        was_good = task.in_service
        ecs_tasks.report_targets(self._world, task, in_service=good)
        grace = task.service.settings.get("healthCheckGracePeriodSeconds", 0) / PACE
        age = time.time() - task.moments["startedAt"].timestamp()
        for group, state, reason in states:
            if state == "unhealthy" and running.is_settled and (was_good or age >= grace):
                name, port = task.service.name, task.targets[0][1]
                task.service.say(
                    f"(service {name}) (port {port}) is unhealthy in (target-group {group}) due to (reason {reason})."
                )
                why = f"Task failed ELB health checks in (target-group {group})"
                ecs_tasks.stop(self._world, task, "ServiceSchedulerInitiated", why)
                return


def _stream(context: Context, task: Task, definition: Facts) -> Stream | None:
    """Where the awslogs driver writes; other drivers are not simulated."""
    configuration = definition.get("logConfiguration") or {}
    options = configuration.get("options", {})
    if configuration.get("logDriver") != "awslogs":
        return None
    prefix, region = options.get("awslogs-stream-prefix"), options.get("awslogs-region") or context.region
    name = f"{prefix}/{definition['name']}/{task.task_id}" if prefix else task.task_id
    return Stream(context.account, region, options["awslogs-group"], name)
