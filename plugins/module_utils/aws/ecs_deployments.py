# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS: service deployments, followed until ECS says what has become of them."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Callable

from ..core.ecs_deployment import Progress, Target, failure, progress, reasons
from ..core.readiness import pause_after
from .api import Api, AwsError

GONE = {"ClusterNotFoundException", "ServiceNotFoundException"}
# Source: ECS API reference, DescribeTasks.
TASKS_AT_ONCE = 100
STILL_THERE = {"ACTIVE", "DRAINING"}
# A deployment is listed a moment after the call that started it.
SECONDS_TO_LIST = 60


class Deployments:
    """The newest deployment of one service."""

    def __init__(self, ecs: Api, cluster: str, service: str) -> None:
        self.ecs = ecs
        self.cluster = cluster
        self.service = service

    def look(self, wanted: str = "", waited: float = 0) -> Progress:
        """How far the newest deployment is, for somebody who has waited for `wanted` ("": any) for some seconds."""
        deployment = self.newest()
        target = self._target(deployment, wanted) if deployment and wanted else Target(wanted)
        return progress(deployment, target, late=waited >= SECONDS_TO_LIST)

    def newest(self) -> dict[str, t.Any] | None:
        """The description of the newest deployment, or None where there is none."""
        doing = f"list the deployments of service {self.service}"
        # The service has no paginator for it, and answers with the newest first.
        answer = self.ecs.read(
            "list_service_deployments", doing, GONE, cluster=self.cluster, service=self.service, maxResults=1
        )
        found = (answer or {}).get("serviceDeployments") or []
        if not found:
            return None
        described = self.ecs.read(
            "describe_service_deployments",
            f"look at the deployment of service {self.service}",
            serviceDeploymentArns=[found[0]["serviceDeploymentArn"]],
        )
        return next(iter(described["serviceDeployments"]), None)

    def _target(self, deployment: dict[str, t.Any], wanted: str) -> Target:
        """The task definitions of the revisions that the deployment goes to, and went back to."""
        arns = [
            (deployment.get("targetServiceRevision") or {}).get("arn"),
            (deployment.get("rollback") or {}).get("serviceRevisionArn"),
        ]
        doing = f"look at the revisions of service {self.service}"
        asked = sorted({arn for arn in arns if arn})
        answer = self.ecs.read("describe_service_revisions", doing, serviceRevisionArns=asked) if asked else {}
        found = {
            each["serviceRevisionArn"]: each.get("taskDefinition", "") for each in answer.get("serviceRevisions", ())
        }
        deployed, restored = (found.get(arn, "") for arn in arns)
        return Target(wanted, deployed, restored)

    def why(self) -> list[str]:
        """Why the newest deployment failed, in ECS's words."""
        service = self._describe(f"read the events of service {self.service}")
        return reasons(self.newest(), service, self.stopped())

    def stopped(self) -> list[dict[str, t.Any]]:
        arns = self.ecs.pages(
            "list_tasks",
            "taskArns",
            f"list the stopped tasks of service {self.service}",
            GONE,
            cluster=self.cluster,
            serviceName=self.service,
            desiredStatus="STOPPED",
        )
        if not arns:
            return []
        doing = f"look at the stopped tasks of service {self.service}"
        answer = self.ecs.read("describe_tasks", doing, cluster=self.cluster, tasks=arns[:TASKS_AT_ONCE])
        return list(answer["tasks"])

    def wait(
        self,
        wanted: str,
        timeout: float,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> Progress:
        """Wait until the deployment of `wanted` has succeeded. Raises AwsError with the reasons where it has not."""
        started = clock()
        while True:
            waited = clock() - started
            found = self.look(wanted, waited)
            if found.verdict == "ready":
                return found
            if found.verdict == "failed":
                raise AwsError(failure(self.service, found, self.why()), found.status)
            if waited >= timeout:
                message = f"The deployment of service {self.service} is not done after {timeout:.0f} s: {found.text}"
                raise AwsError(f"{message}. It goes on; run again to go on waiting", "WaitTimeout")
            sleep(pause_after(waited))

    def wait_gone(
        self,
        timeout: float,
        *,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Wait until the service has let go of its tasks. Raises AwsError when time is up."""
        started = clock()
        while self._status() in STILL_THERE:
            waited = clock() - started
            if waited >= timeout:
                raise AwsError(f"service {self.service} still stops its tasks after {timeout:.0f} s", "WaitTimeout")
            sleep(pause_after(waited))

    def _status(self) -> str:
        service = self._describe(f"look at service {self.service}")
        return str(service["status"]) if service else ""

    def _describe(self, doing: str) -> dict[str, t.Any] | None:
        answer = self.ecs.read("describe_services", doing, GONE, cluster=self.cluster, services=[self.service])
        return next(iter((answer or {}).get("services", ())), None)
