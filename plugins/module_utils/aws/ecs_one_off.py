# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS: one-off tasks with the network and the capacity of a service."""

from __future__ import annotations

import typing as t

from ..core.one_off_task import MARK
from ..core.plan import PlanRefused
from .api import Api, AwsError
from .log_streams import last_events

TASKS_AT_ONCE = 100
LOG_LINES = 20
TAKEN_FROM_SERVICE = ("networkConfiguration", "launchType", "capacityProviderStrategy", "platformVersion")


class OneOffTasks:
    """The one-off tasks of a family in a cluster."""

    def __init__(self, ecs: Api, cluster: str, definition: str) -> None:
        self.ecs = ecs
        self.cluster = cluster
        self.definition = definition
        self.family = definition.rpartition("/")[2].partition(":")[0]

    def placed_like(self, service: str) -> dict[str, t.Any]:
        """Network and capacity of a service. Raises PlanRefused where there is none."""
        answer = self.ecs.read(
            "describe_services", f"read the network of service {service}", cluster=self.cluster, services=[service]
        )
        found = next((each for each in answer["services"] if each["status"] == "ACTIVE"), None)
        if found is None:
            raise PlanRefused(
                f"service {service} does not run in cluster {self.cluster}: create it first (phase 2 or 3)"
            )
        return {key: found[key] for key in TAKEN_FROM_SERVICE if found.get(key)}

    def known(self) -> list[dict[str, t.Any]]:
        """All tasks of the family, those that ended in the last hour among them."""
        arns: list[str] = []
        for status in ("RUNNING", "STOPPED"):
            arns += self.ecs.pages(
                "list_tasks",
                "taskArns",
                f"list the tasks of {self.family}",
                cluster=self.cluster,
                family=self.family,
                desiredStatus=status,
            )
        return [task for at in range(0, len(arns), TASKS_AT_ONCE) for task in self._look(arns[at : at + TASKS_AT_ONCE])]

    def _look(self, arns: list[str]) -> list[dict[str, t.Any]]:
        doing = f"look at tasks of {self.family}"
        return list(self.ecs.read("describe_tasks", doing, cluster=self.cluster, tasks=arns)["tasks"])

    def one(self, arn: str) -> dict[str, t.Any]:
        """Raises AwsError where ECS has forgotten it."""
        found = self._look([arn])
        if not found:
            raise AwsError(f"task {arn} is not known to ECS any more: look into its log, and run again", "MISSING")
        return found[0]

    def run(self, request: dict[str, t.Any], print_of: str, token: str) -> dict[str, t.Any]:
        """Start it; a lost answer is asked for again with the same token, which starts no second one."""
        answer = self.ecs.write(
            "run_task",
            f"run a task of {self.definition}",
            cluster=self.cluster,
            startedBy=MARK + print_of,
            clientToken=token,
            count=1,
            **request,
        )
        if answer["failures"]:
            said = "; ".join(f"{each.get('reason')} {each.get('detail', '')}".strip() for each in answer["failures"])
            raise AwsError(f"ECS started no task of {self.definition} in cluster {self.cluster}: {said}", "failures")
        return dict(answer["tasks"][0])

    def log(self, logs: t.Callable[[str], Api], task: dict[str, t.Any], container: str, *, patient: bool) -> list[str]:
        """The last lines of a container's log; who is `patient` waits for something."""
        answer = self.ecs.read(
            "describe_task_definition", f"find the log of {self.definition}", taskDefinition=task["taskDefinitionArn"]
        )
        definitions = answer["taskDefinition"]["containerDefinitions"]
        configuration = next(each for each in definitions if each["name"] == container).get("logConfiguration") or {}
        options = configuration.get("options") or {}
        if configuration.get("logDriver") != "awslogs" or "awslogs-stream-prefix" not in options:
            return []
        stream = f"{options['awslogs-stream-prefix']}/{container}/{task['taskArn'].rpartition('/')[2]}"
        group = options["awslogs-group"]
        doing = f"read log stream {stream} of {group}"
        events = last_events(logs(options["awslogs-region"]), doing, group, stream, LOG_LINES, patient=patient)
        return [str(event["message"]) for event in events]
