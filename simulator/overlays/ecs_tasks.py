# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The life of a task: provisioned, started, stopped; with a data plane as its processes do, else by the schedule."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from simulator.errors import AwsError
from simulator.overlay import Context, inside
from simulator.overlays import ecs_launch, ecs_traffic
from simulator.overlays.ecs_model import Ecs, Facts, Task, hex_id, now

if TYPE_CHECKING:
    from simulator.overlays.ecs_model import Cluster, Revision, Service, TaskDefinition
    from simulator.world import World

Listener = Callable[["World", "Task"], None]
LISTENERS: list[Listener] = []
# As on AWS, a stopped task can be described for a while; so many of an account and region are kept.
KEPT = 200
PLATFORM_VERSION = "1.4.0"


def when_changed(function: Listener) -> Listener:
    """Register what is told when a task has become ready, failed or stopped."""
    LISTENERS.append(function)
    return function


def _tell(world: World, task: Task) -> None:
    for listener in LISTENERS:
        listener(world, task)


def context_of(world: World, arn: str) -> Context:
    """A context in the account and region of an ARN."""
    _arn, _partition, _service, region, account, *_rest = arn.split(":")
    return inside(world, account, region)


def launch(
    context: Context, cluster: Cluster, definition: TaskDefinition, facts: Facts, tags: list[dict[str, str]]
) -> Task:
    """Begin to start a task; `facts` are launchType, group, startedBy, overrides and what else never changes.

    :raises AwsError: when its network interface cannot be made.
    """
    identifier = hex_id()
    arn = f"arn:aws:ecs:{context.region}:{context.account}:task/{cluster.name}/{identifier}"
    network, place = facts.pop("networkConfiguration", None), facts.pop("place", 0)
    facts = {"attributes": [{"name": "ecs.cpu-architecture", "value": _architecture(definition)}], **facts}
    containers = [_container(context, cluster, arn, one) for one in definition.containers]
    task = Task(arn, cluster, definition, facts, containers, tags)
    task.moments["createdAt"] = now()
    if network:
        _attach(context, task, network["awsvpcConfiguration"], place)
    ecs = context.store(Ecs)
    ecs.tasks[arn] = task
    _forget_oldest(ecs)
    kind = "ecs_task" if context.world.data_plane else "ecs_service"
    context.world.schedule.after(kind, provisioned, task)
    return task


def _architecture(definition: TaskDefinition) -> str:
    platform = definition.facts.get("runtimePlatform", {})
    return "arm64" if platform.get("cpuArchitecture") == "ARM64" else "x86_64"


def _container(context: Context, cluster: Cluster, task_arn: str, definition: Facts) -> Facts:
    prefix = f"arn:aws:ecs:{context.region}:{context.account}:container/{cluster.name}"
    container = {
        "containerArn": f"{prefix}/{task_arn.rpartition('/')[2]}/{hex_id()}",
        "taskArn": task_arn,
        "name": definition["name"],
        "image": definition["image"],
        "lastStatus": "PENDING",
        "networkInterfaces": [],
        "healthStatus": "UNKNOWN",
        "cpu": str(definition["cpu"]),
    }
    for member in ("memory", "memoryReservation"):
        if member in definition:
            container[member] = str(definition[member])
    return container


def _attach(context: Context, task: Task, network: Facts, place: int) -> None:
    """Give the task a network interface in one of its subnets, by turns."""
    subnet = network["subnets"][place % len(network["subnets"])]
    groups = {"Groups": network["securityGroups"]} if network.get("securityGroups") else {}
    made = context.invoke(
        "ec2", "CreateNetworkInterface", SubnetId=subnet, Description=f"ECS task {task.task_id}", **groups
    )["NetworkInterface"]
    identifier = f"{hex_id()[:8]}-{hex_id()[:4]}-{hex_id()[:4]}-{hex_id()[:4]}-{hex_id()[:12]}"
    details = {
        "subnetId": subnet,
        "networkInterfaceId": made["NetworkInterfaceId"],
        "macAddress": made["MacAddress"],
        "privateDnsName": f"ip-{made['PrivateIpAddress'].replace('.', '-')}.ec2.internal",
        "privateIPv4Address": made["PrivateIpAddress"],
    }
    task.address = made["PrivateIpAddress"]
    task.facts["availabilityZone"] = made["AvailabilityZone"]
    task.facts["attachments"] = [
        {
            "id": identifier,
            "type": "ElasticNetworkInterface",
            "status": "ATTACHED",
            "details": [{"name": name, "value": value} for name, value in details.items()],
        }
    ]
    for container in task.containers:
        container["networkInterfaces"] = [{"attachmentId": identifier, "privateIpv4Address": task.address}]


def _forget_oldest(ecs: Ecs) -> None:
    stopped = [arn for arn, task in ecs.tasks.items() if task.last_status == "STOPPED"]
    for arn in stopped[: max(0, len(stopped) - KEPT)]:
        del ecs.tasks[arn]


def provisioned(world: World, task: Task) -> None:
    """Scheduled: the task has its network; fetch what it needs, and start it."""
    if task.last_status != "PROVISIONING" or not task.is_living:
        return
    context = context_of(world, task.arn)
    task.moments |= {"connectivityAt": now(), "pullStartedAt": now()}
    try:
        task.launch = ecs_launch.resolve(context, task)
    except ecs_launch.LaunchError as error:
        failed_to_start(world, task, str(error))
        return
    task.moments["pullStoppedAt"] = now()
    for container in task.containers:
        image = task.launch["containers"][container["name"]]
        if image["digest"]:
            container |= {"imageDigest": image["digest"]}
            _remember_digest(task, container)
        container["runtimeId"] = f"{task.task_id}-{hex_id()[:10]}"
    task.last_status = "PENDING"
    if world.data_plane is None:
        started(world, task)
        checked = [one["name"] for one in task.definition.containers if one.get("healthCheck")]
        report_health(world, task, dict.fromkeys(checked, "HEALTHY"))


def _remember_digest(task: Task, container: Facts) -> None:
    for image in task.revision.facts["containerImages"] if task.revision else []:
        if image["containerName"] == container["name"]:
            image.setdefault("imageDigest", container["imageDigest"])


def started(world: World, task: Task, left_out: dict[str, str] | None = None) -> None:
    """All containers run: the task is RUNNING, and a target of its load balancers.

    Containers that are not essential may be left out, for the reasons that are given.
    """
    if not task.is_living or task.last_status not in ("PENDING", "ACTIVATING"):
        return
    for container in task.containers:
        reason = (left_out or {}).get(container["name"])
        container.update({"lastStatus": "STOPPED", "reason": reason} if reason else {"lastStatus": "RUNNING"})
    task.moments["startedAt"] = now()
    task.last_status = "RUNNING"
    try:
        ecs_traffic.register(context_of(world, task.arn), task)
    except AwsError as error:
        stop(world, task, "ServiceSchedulerInitiated", f"Task could not be registered: {error.message}")
        return
    task.in_service = not task.targets
    if task.targets and world.data_plane is None:
        world.schedule.after("target_health", _found_healthy, task)  # after its targets, which were registered above
    _tell(world, task)


def _found_healthy(world: World, task: Task) -> None:
    """Without a data plane there is nobody who could look: what was registered is taken to be healthy."""
    if task.is_living:
        report_targets(world, task, in_service=True)


def report_health(world: World, task: Task, health: dict[str, str]) -> None:
    """What the containers' health checks say: HEALTHY, UNHEALTHY, or UNKNOWN without a check."""
    for container in task.containers:
        container["healthStatus"] = health.get(container["name"], "UNKNOWN")
    essential = {one["name"] for one in task.definition.containers if one["essential"] and one.get("healthCheck")}
    states = {one["healthStatus"] for one in task.containers if one["name"] in essential}
    before, task.health = task.health, next((s for s in ("UNHEALTHY", "UNKNOWN", "HEALTHY") if s in states), "UNKNOWN")
    if task.health == "UNHEALTHY" and task.is_living and task.service is not None:
        stop(world, task, "ServiceSchedulerInitiated", "Task failed container health checks")
    elif task.health != before:
        _tell(world, task)


def report_targets(world: World, task: Task, *, in_service: bool) -> None:
    """Whether all load balancers send the task requests."""
    before, task.in_service = task.in_service, in_service
    if before != in_service:
        _tell(world, task)


def failed_to_start(world: World, task: Task, reason: str) -> None:
    """Stopped before it ran."""
    if task.service is not None:
        task.service.say(f"(service {task.service.name}) (task {task.task_id}) failed to start: {reason}")
    task.desired_status = "STOPPED"
    task.stop_code, task.stopped_reason = "TaskFailedToStart", reason
    task.moments |= {"stoppingAt": now(), "executionStoppedAt": now()}
    _end(world, task)


def exited(world: World, task: Task, codes: dict[str, int], reasons: dict[str, str]) -> None:
    """The data plane says that all processes of a task have ended."""
    for container in task.containers:
        container["lastStatus"] = "STOPPED"
        if container["name"] in codes:
            container["exitCode"] = codes[container["name"]]
        if container["name"] in reasons:
            container["reason"] = reasons[container["name"]]
    if task.is_living:
        task.desired_status = "STOPPED"
        task.stop_code = "EssentialContainerExited"
        task.stopped_reason = "Essential container in task exited"
        task.moments["stoppingAt"] = now()
        ecs_traffic.deregister(context_of(world, task.arn), task)
    task.moments["executionStoppedAt"] = now()
    _end(world, task)


def stop(world: World, task: Task, code: str, reason: str) -> None:
    """Begin to stop a task: out of the load balancer first, then its containers."""
    if not task.is_living:
        return
    context = context_of(world, task.arn)
    task.desired_status = "STOPPED"
    task.stop_code, task.stopped_reason = code, reason
    task.moments["stoppingAt"] = now()
    was_running = task.last_status == "RUNNING"
    seconds = ecs_traffic.deregister(context, task)
    task.last_status = "DEACTIVATING" if was_running else "STOPPING"
    world.schedule.after("ecs_minute", drained, task, times=seconds / 60)


def drained(world: World, task: Task) -> None:
    """Scheduled: no request comes any more, the containers get their signal."""
    if task.last_status not in ("DEACTIVATING", "STOPPING"):
        return
    task.last_status = "STOPPING"
    if world.data_plane is not None and task.launch is not None:
        return  # its processes are ended by the data plane, which reports it
    for container in task.containers:
        if container["lastStatus"] == "RUNNING":
            container["exitCode"] = 0
        container["lastStatus"] = "STOPPED"
    task.moments["executionStoppedAt"] = now()
    _end(world, task)


def _end(world: World, task: Task) -> None:
    context = context_of(world, task.arn)
    task.last_status = "STOPPED"
    task.moments["stoppedAt"] = now()
    for container in task.containers:
        container["lastStatus"] = "STOPPED"
        if container["healthStatus"] != "UNKNOWN":
            container["healthStatus"] = "UNKNOWN"
    for attachment in task.facts.get("attachments", []):
        attachment["status"] = "DELETED"
        details = {one["name"]: one["value"] for one in attachment["details"]}
        try:
            context.invoke("ec2", "DeleteNetworkInterface", NetworkInterfaceId=details["networkInterfaceId"])
        except AwsError:
            continue  # somebody was quicker
    _tell(world, task)


def shown(task: Task, *, with_tags: bool) -> Facts:
    """A task as DescribeTasks shows it."""
    definition = task.definition.facts
    facts: Facts = {
        "attachments": [],
        "taskArn": task.arn,
        "clusterArn": task.cluster.arn,
        "taskDefinitionArn": task.definition.arn,
        "lastStatus": task.last_status,
        "desiredStatus": task.desired_status,
        "healthStatus": task.health,
        "connectivity": "CONNECTED" if "connectivityAt" in task.moments else None,
        "containers": task.containers,
        "cpu": definition.get("cpu"),
        "memory": definition.get("memory"),
        "stopCode": task.stop_code,
        "stoppedReason": task.stopped_reason,
        "tags": task.tags if with_tags else [],
        "version": task.version,
        **task.facts,
        **task.moments,
    }
    if facts.get("launchType") == "FARGATE" or "FARGATE" in str(facts.get("capacityProviderName")):
        storage = definition.get("ephemeralStorage", {"sizeInGiB": 20})
        facts |= {"platformVersion": PLATFORM_VERSION, "platformFamily": "Linux", "ephemeralStorage": storage}
        facts["fargateEphemeralStorage"] = storage
    return {name: value for name, value in facts.items() if value is not None}


def service_facts(service: Service, revision: Revision) -> Facts:
    """What a service's tasks are launched with."""
    settings = revision.facts
    return {
        "group": f"service:{service.name}",
        "startedBy": f"ecs-svc/{revision.number}",
        "enableExecuteCommand": bool(service.settings.get("enableExecuteCommand")),
        "overrides": {"containerOverrides": [{"name": one["name"]} for one in revision.definition.containers]},
        "networkConfiguration": settings.get("networkConfiguration"),
    }
