# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS: everything that AWS still tells of one deployment, read side by side."""

from __future__ import annotations

import datetime as dt
import typing as t
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from ..core.ecs_task_definition import revision_of
from ..core.evidence import Found, alarm_names, revision_arns
from ..core.plan import PlanRefused, State
from .api import Api
from .cloudwatch_states import described_alarms
from .ecs_deployments import Deployments
from .ecs_rollouts import Rollouts
from .log_streams import last_events
from .reconcile import side_by_side

ApiOf = Callable[[str], Api]
# Tasks whose logs are read: more say the same.
LOGGED_TASKS = 3


class Evidence:
    """One deployment of a service; `arn` is "" for the newest."""

    def __init__(self, api: ApiOf, cluster: str, service: str, arn: str, log_lines: int) -> None:
        self.apis = {name: api(name) for name in ("ecs", "elbv2", "cloudwatch", "logs")}
        self.cluster = cluster
        self.name = service
        self.arn = arn
        self.log_lines = log_lines
        self.rollouts = Rollouts(self.apis["ecs"], cluster, service)

    def find(self, timeline: list[State]) -> Found:
        """Read it all but what gates said. Raises PlanRefused where there is no such service or deployment."""
        service = self.rollouts.described()
        deployment = self.rollouts.raw(self.arn or self._newest())
        arns = revision_arns(deployment)
        revisions = dict(self.rollouts.revisions(arns))
        definition = str(revisions.get(arns[0], {}).get("taskDefinition") or "")
        parts = side_by_side(
            {
                "tasks": partial(self._tasks, definition),
                "targets": partial(self._targets, service),
                "alarms": partial(described_alarms, self.apis["cloudwatch"], alarm_names(deployment)),
            }
        )
        logs = self._logs(definition, parts["tasks"]) if definition else []
        read = {"service": service, "deployment": deployment, "revisions": revisions, "logs": logs, **parts}
        return Found(self.cluster, timeline=timeline, **plain(read))

    def _newest(self) -> str:
        briefs = self.rollouts.briefs()
        if not briefs:
            raise PlanRefused(f"service {self.name} has no deployment that ECS remembers, so there is nothing to show")
        return str(briefs[0]["serviceDeploymentArn"])

    def _tasks(self, definition: str) -> list[State]:
        """The stopped tasks of the revision that was to be rolled out. ECS remembers them for an hour."""
        stopped = Deployments(self.apis["ecs"], self.cluster, self.name).stopped()
        return [each for each in stopped if each["taskDefinitionArn"] == definition]

    def _targets(self, service: State) -> list[State]:
        elb = self.apis["elbv2"]
        groups = sorted(set(_target_groups(service.get("loadBalancers") or ())))
        doing = "look at the health of targets"
        answers = {group: elb.read("describe_target_health", doing, TargetGroupArn=group) for group in groups}
        return [
            {
                "target_group": group.split("/")[-2],
                "target": f"{each['Target']['Id']}:{each['Target'].get('Port', '')}",
                "state": each["TargetHealth"]["State"],
                "reason": each["TargetHealth"].get("Reason", ""),
                "description": each["TargetHealth"].get("Description", ""),
            }
            for group, answer in answers.items()
            for each in answer["TargetHealthDescriptions"]
        ]

    def _logs(self, definition: str, tasks: list[State]) -> list[State]:
        """The last lines of each container of the tasks that stopped last."""
        doing = f"look at task definition {revision_of(definition)}"
        answer = self.apis["ecs"].read("describe_task_definition", doing, taskDefinition=definition)
        newest = sorted(tasks, key=lambda task: str(task.get("stoppedAt") or ""), reverse=True)
        jobs: dict[str, t.Any] = {}
        for task in newest[:LOGGED_TASKS]:
            task_id = task["taskArn"].rpartition("/")[2]
            for container, group, prefix in _log_streams(answer["taskDefinition"]["containerDefinitions"]):
                where = f"{prefix}/{container}/{task_id}"
                jobs[where] = partial(self._log, task_id, container, group, where)
        return [each for each in side_by_side(jobs).values() if each["lines"]]

    def _log(self, task: str, container: str, group: str, stream: str) -> State:
        doing = f"read the log of container {container} of task {task}"
        lines = [
            {"at": dt.datetime.fromtimestamp(each["timestamp"] / 1000, dt.UTC), "text": each["message"]}
            for each in last_events(self.apis["logs"], doing, group, stream, self.log_lines)
        ]
        return {"task": task, "container": container, "lines": lines}


def plain(value: t.Any) -> t.Any:
    """An answer of AWS with its moments as text: ISO 8601 in UTC, to the second."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, dt.datetime):
        return f"{value.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
    return value


def _target_groups(load_balancers: Iterable[State]) -> Iterator[str]:
    for each in load_balancers:
        yield from filter(None, (each.get("targetGroupArn"), _alternate(each)))


def _alternate(load_balancer: State) -> str:
    return str((load_balancer.get("advancedConfiguration") or {}).get("alternateTargetGroupArn") or "")


def _log_streams(containers: Iterable[State]) -> Iterator[tuple[str, str, str]]:
    """Container, log group and stream prefix of each container that writes to CloudWatch Logs."""
    for each in containers:
        logging = each.get("logConfiguration") or {}
        options = logging.get("options") or {}
        if logging.get("logDriver") == "awslogs" and "awslogs-stream-prefix" in options:
            yield each["name"], options["awslogs-group"], options["awslogs-stream-prefix"]
