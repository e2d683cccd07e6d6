# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ECS keeps: clusters, task definitions, services with their revisions and deployments, tasks."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError

if TYPE_CHECKING:
    from simulator.overlay import Context

MANAGED_PROVIDERS = ("FARGATE", "FARGATE_SPOT")
PAGE = 100
Facts = dict[str, Any]


def now() -> datetime:
    return datetime.now(UTC)


def hex_id() -> str:
    """The 32 hexadecimal digits that end a task's ARN."""
    return secrets.token_hex(16)


def long_number() -> str:
    """The number that ends a service revision's ARN and its deployment's id."""
    return str(10**18 + secrets.randbelow(8 * 10**18))


@dataclass(eq=False)
class Cluster:
    """`facts` as DescribeClusters shows them, without counts."""

    name: str
    arn: str
    facts: Facts
    tags: list[dict[str, str]]
    status: str = "ACTIVE"


@dataclass(eq=False)
class TaskDefinition:
    """One revision of a family; `facts` as DescribeTaskDefinition shows them."""

    facts: Facts
    tags: list[dict[str, str]]

    @property
    def arn(self) -> str:
        return str(self.facts["taskDefinitionArn"])

    @property
    def containers(self) -> list[Facts]:
        return list(self.facts["containerDefinitions"])


@dataclass(eq=False)
class Family:
    """All revisions of a task definition that were ever registered; numbers are not used twice."""

    name: str
    revisions: dict[int, TaskDefinition] = field(default_factory=dict)
    latest: int = 0

    def active(self) -> TaskDefinition | None:
        """The newest revision that can be run."""
        for number in sorted(self.revisions, reverse=True):
            if self.revisions[number].facts["status"] == "ACTIVE":
                return self.revisions[number]
        return None


@dataclass(eq=False)
class Revision:
    """What a service is to run, frozen; `facts` as DescribeServiceRevisions shows them."""

    arn: str
    number: str
    definition: TaskDefinition
    facts: Facts
    settings: Facts
    """The service's own settings when the revision was made: what a rollback puts back."""
    failed_tasks: int = 0

    @property
    def target_groups(self) -> list[Facts]:
        """`{targetGroupArn, productionListenerRule, containerName, containerPort}` of what this revision serves."""
        return [
            {**declared, **resolved}
            for declared, resolved in zip(
                self.facts["loadBalancers"], self.facts["resolvedConfiguration"]["loadBalancers"], strict=True
            )
        ]


@dataclass(eq=False)
class Deployment:
    """A service deployment: the way from the revisions that run to another one."""

    arn: str
    target: Revision
    sources: list[Revision]
    configuration: Facts
    created_at: datetime
    updated_at: datetime
    status: str = "PENDING"
    reason: str | None = None
    position: int = -1
    """The step of its plan that it is in."""
    waits_for: str | None = None
    """What a scheduled action must name for it to count: `bake`, or a hook's id."""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    stopped_at: datetime | None = None
    rollback: Facts | None = None
    failures: int = 0
    circuit_open: bool = False
    watched_alarms: list[str] = field(default_factory=list)
    alarm_minutes: float = 0.0
    """What the longest of them looks at: ECS computes a bake of a rolling deployment from its alarms."""
    looked_at: float = 0.0
    triggered_alarms: list[str] = field(default_factory=list)
    hooks: list[Facts] = field(default_factory=list)
    test_weight: dict[str, float] = field(default_factory=dict)
    production_weight: dict[str, float] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        return self.status in ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED")

    @property
    def is_rolling_back(self) -> bool:
        return self.status in ("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")

    @property
    def strategy(self) -> str:
        return str(self.configuration["strategy"])


@dataclass(eq=False)
class Service:
    """`settings` are CreateService's, with AWS's defaults."""

    name: str
    arn: str
    cluster: Cluster
    settings: Facts
    tags: list[dict[str, str]]
    created_at: datetime
    created_by: str
    status: str = "ACTIVE"
    client_token: str | None = None
    events: list[Facts] = field(default_factory=list)
    revisions: dict[str, Revision] = field(default_factory=dict)
    current: Revision | None = None
    """The revision that was deployed last with success."""
    deployments: list[Deployment] = field(default_factory=list)
    failed_launches: int = 0
    not_before: float = 0.0
    """No task is started before this moment of the clock after one has failed."""

    @property
    def deployment(self) -> Deployment | None:
        """The deployment under way."""
        return next((one for one in reversed(self.deployments) if not one.is_over), None)

    @property
    def desired(self) -> int:
        return int(self.settings.get("desiredCount", 0))

    def say(self, text: str) -> None:
        """Add an event; AWS keeps the latest hundred."""
        self.events.insert(0, {"id": f"{hex_id()[:8]}-{hex_id()[:4]}", "createdAt": now(), "message": text})
        del self.events[100:]


@dataclass(eq=False)
class Task:
    """`facts` are what DescribeTasks shows and never changes."""

    arn: str
    cluster: Cluster
    definition: TaskDefinition
    facts: Facts
    containers: list[Facts]
    tags: list[dict[str, str]]
    service: Service | None = None
    revision: Revision | None = None
    last_status: str = "PROVISIONING"
    desired_status: str = "RUNNING"
    health: str = "UNKNOWN"
    address: str | None = None
    moments: dict[str, datetime] = field(default_factory=dict)
    stop_code: str | None = None
    stopped_reason: str | None = None
    targets: list[tuple[str, int]] = field(default_factory=list)
    """Target groups that it is registered with, and the port."""
    in_service: bool = False
    """Whether all its load balancers send it requests; true without one."""
    launch: Facts | None = None
    """What its containers run, resolved when it was provisioned; set when a process may be started."""
    version: int = 1

    @property
    def task_id(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def is_living(self) -> bool:
        """Started or starting, and not told to stop."""
        return self.desired_status == "RUNNING"

    @property
    def is_ready(self) -> bool:
        """Whether a deployment counts it as healthy."""
        checked = any(one["essential"] and one.get("healthCheck") for one in self.definition.containers)
        runs = self.is_living and self.last_status == "RUNNING" and self.in_service
        return runs and self.health == ("HEALTHY" if checked else "UNKNOWN")


@dataclass
class Ecs:
    """The state of an account and region."""

    clusters: dict[str, Cluster] = field(default_factory=dict)
    families: dict[str, Family] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    run_tokens: dict[tuple[str, str], tuple[Facts, list[str]]] = field(default_factory=dict)
    """What RunTask was asked with a client token in a cluster, and the tasks that came of it."""

    def tasks_of(self, service: Service, revision: Revision | None = None) -> list[Task]:
        """Tasks that are not stopped."""
        return [
            task
            for task in self.tasks.values()
            if task.service is service and task.last_status != "STOPPED" and revision in (None, task.revision)
        ]


def arn(context: Context, resource: str) -> str:
    return f"arn:aws:ecs:{context.region}:{context.account}:{resource}"


def find_cluster(context: Context, given: str | None) -> Cluster:
    """By name or ARN; "default" where none is given.

    :raises AwsError: ClusterNotFoundException.
    """
    cluster = context.store(Ecs).clusters.get((given or "default").rpartition("/")[2])
    if cluster is None or cluster.status != "ACTIVE" or ((given or "").startswith("arn:") and cluster.arn != given):
        raise AwsError("ClusterNotFoundException", "Cluster not found.")
    return cluster


def find_service(context: Context, cluster: Cluster, given: str) -> Service:
    """The service of a name or ARN, which may be INACTIVE.

    :raises AwsError: ServiceNotFoundException.
    """
    service = context.store(Ecs).services.get(service_arn(context, cluster, given))
    if service is None:
        raise AwsError("ServiceNotFoundException", "Service not found.")
    return service


def service_arn(context: Context, cluster: Cluster, given: str) -> str:
    return arn(context, f"service/{cluster.name}/{given.rpartition('/')[2]}")


_DEFINITION = re.compile(r"(?:arn:aws:ecs:[^:]*:\d*:task-definition/)?([A-Za-z0-9_-]+)(?::(\d+))?")


def find_definition(context: Context, given: str) -> TaskDefinition | None:
    """By family (the newest that is active), family:revision or ARN."""
    match = _DEFINITION.fullmatch(given)
    family = context.store(Ecs).families.get(match.group(1)) if match else None
    if match is None or family is None:
        return None
    return family.revisions.get(int(match.group(2))) if match.group(2) else family.active()


def runnable_definition(context: Context, given: str) -> TaskDefinition:
    """A task definition that a service or task may be made of.

    :raises AwsError: ClientException for one that does not exist or was deregistered.
    """
    found = find_definition(context, given)
    if found is None:
        raise AwsError("ClientException", "TaskDefinition not found.")
    if found.facts["status"] != "ACTIVE":
        raise AwsError("ClientException", "TaskDefinition is inactive")
    return found


def page(items: list[str], parameters: Facts, member: str, size: int = PAGE) -> Facts:
    """A page of a listing, with nextToken where there is more.

    :raises AwsError: InvalidParameterException for a token that is none.
    """
    token = parameters.get("nextToken") or "0"
    if not token.isdigit():
        raise AwsError("InvalidParameterException", "Invalid token")
    start, size = int(token), int(parameters.get("maxResults") or size)
    answer: Facts = {member: items[start : start + size]}
    if start + size < len(items):
        answer["nextToken"] = str(start + size)
    return answer


def check_tags(tags: list[dict[str, str]]) -> None:
    """At most 50, none of AWS's own, no key twice.

    :raises AwsError: InvalidParameterException.
    """
    keys = [tag.get("key", "") for tag in tags]
    if len(keys) > 50 or len(set(keys)) != len(keys) or any(not key for key in keys):
        raise AwsError("InvalidParameterException", "Tags must be at most 50, each with a key of its own.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise AwsError("InvalidParameterException", "Tag keys must not begin with aws:, which AWS keeps for itself.")


def failure(resource: str) -> Facts:
    return {"arn": resource, "reason": "MISSING"}
