# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS: the rollouts of one service, read in few calls, and the calls that move them."""

from __future__ import annotations

import time
import typing as t
from collections.abc import Callable, Iterable

from ..core.ecs_deployment import reasons
from ..core.ecs_task_definition import revision_of
from ..core.parameters import batches
from ..core.plan import PlanRefused, State
from ..core.rollout import Deployment, Past, Seen, line
from .api import AmbiguousError, Api, AwsError
from .ecs_deployments import GONE, SECONDS_TO_LIST, Deployments

# Source: ECS API reference, ListServiceDeployments, DescribeServiceDeployments and DescribeServiceRevisions.
LISTED_AT_ONCE, DESCRIBED_AT_ONCE = 100, 20
# More than ECS keeps of a service that is deployed every day of a quarter.
MOST_PAGES = 5
EVENTS = 20


class Rollouts:
    """The deployments of one service."""

    def __init__(self, ecs: Api, cluster: str, service: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self.ecs = ecs
        self.cluster = cluster
        self.service = service
        self._sleep = sleep
        self._revisions: dict[str, State] = {}

    def described(self) -> State:
        """The service. Raises PlanRefused where there is none."""
        doing = f"look at service {self.service}"
        answer = self.ecs.read("describe_services", doing, GONE, cluster=self.cluster, services=[self.service])
        found: list[State] = [each for each in (answer or {}).get("services", ()) if each["status"] == "ACTIVE"]
        if not found:
            raise PlanRefused(
                f"service {self.service} does not exist in cluster {self.cluster}; the phase that makes it comes first,"
                " because the first deployment of a service has nothing to go back to and is never paused"
            )
        return found[0]

    def look(self, service: State, *, history: bool = False) -> Seen:
        """One look; with `history` the task definitions of the past deployments are read, too."""
        briefs = self.briefs(MOST_PAGES if history else 1)
        newest = self.deployment(briefs[0]["serviceDeploymentArn"]) if briefs else None
        if history:
            self._read_revisions(each.get("targetServiceRevisionArn") for each in briefs)
        past = tuple(Past(each["status"], self._target(each.get("targetServiceRevisionArn"))) for each in briefs)
        return Seen(self.service, revision_of(service.get("taskDefinition", "")), newest, past)

    def briefs(self, pages: int = 1) -> list[State]:
        """The deployments as they are listed, newest first. The operation has no paginator."""
        found: list[State] = []
        more: State = {}
        for _page in range(pages):
            answer = self.ecs.read(
                "list_service_deployments",
                f"list the deployments of service {self.service}",
                GONE,
                cluster=self.cluster,
                service=self.service,
                maxResults=LISTED_AT_ONCE,
                **more,
            )
            found += (answer or {}).get("serviceDeployments") or []
            if not (answer or {}).get("nextToken"):
                break
            more = {"nextToken": answer["nextToken"]}
        return found

    def raw(self, arn: str) -> State:
        """A deployment as DescribeServiceDeployments shows it. Raises PlanRefused where there is none."""
        doing = f"look at the deployment of service {self.service}"
        answer = self.ecs.read("describe_service_deployments", doing, serviceDeploymentArns=[arn])
        if not answer["serviceDeployments"]:
            raise PlanRefused(f"service {self.service} has no deployment {arn}")
        found: State = answer["serviceDeployments"][0]
        return found

    def deployment(self, arn: str) -> Deployment:
        found = self.raw(arn)
        summary = found.get("targetServiceRevision") or {}
        target = summary.get("arn")
        restored = (found.get("rollback") or {}).get("serviceRevisionArn")
        self._read_revisions([target, restored])
        hooks = found.get("lifecycleHookDetails") or ()
        waiting = tuple(each["hookId"] for each in hooks if each.get("status") == "AWAITING_ACTION")
        return Deployment(
            arn=arn,
            status=found["status"],
            target=self._target(target),
            restored=self._target(restored),
            stage=found.get("lifecycleStage") or "",
            waiting=waiting,
            configuration=found.get("deploymentConfiguration") or {},
            text=line(found, waiting),
            began=found.get("createdAt"),
            serving={"SUCCESSFUL": target, "ROLLBACK_SUCCESSFUL": restored}.get(found["status"]) or "",
            revision=target or "",
            sources=tuple(each["arn"] for each in found.get("sourceServiceRevisions") or ()),
            decided=sum(each.get("status") not in ("AWAITING_ACTION", "IN_PROGRESS") for each in hooks),
            share=summary.get("requestedProductionTrafficWeight") or 0,
        )

    def revisions(self, arns: Iterable[str | None]) -> dict[str, State]:
        """Service revisions by ARN; those that AWS cannot describe any more are left out. They never change."""
        self._read_revisions(arns)
        return self._revisions

    def _read_revisions(self, arns: Iterable[str | None]) -> None:
        unread = sorted({arn for arn in arns if arn} - self._revisions.keys())
        doing = f"look at the revisions of service {self.service}"
        for some in batches(unread, DESCRIBED_AT_ONCE):
            answer = self.ecs.read("describe_service_revisions", doing, serviceRevisionArns=list(some))
            self._revisions.update({each["serviceRevisionArn"]: each for each in answer["serviceRevisions"]})

    def _target(self, arn: str | None) -> str:
        return revision_of(self._revisions.get(arn or "", {}).get("taskDefinition", ""))

    def start(self, task_definition: str, configuration: State, before: Deployment | None, *, forced: bool) -> str:
        """Start a deployment: the settings go along with the task definition, because alone they would start none.

        Returns the ARN of the deployment. An answer that was lost does no harm: what ECS lists afterwards counts.
        """
        more: State = {"forceNewDeployment": True} if forced else {}
        try:
            self.ecs.write(
                "update_service",
                f"deploy service {self.service}",
                repeatable=not forced,
                cluster=self.cluster,
                service=self.service,
                taskDefinition=task_definition,
                deploymentConfiguration=configuration,
                **more,
            )
        except AmbiguousError:
            self._sleep(1)
        return self.find(task_definition, before)

    def find(self, task_definition: str, before: Deployment | None) -> str:
        """The ARN of a deployment that was started a moment ago, after `before`."""
        for _second in range(SECONDS_TO_LIST):
            briefs = self.briefs()
            if briefs and (before is None or briefs[0]["serviceDeploymentArn"] != before.arn):
                return self._ours(briefs[0]["serviceDeploymentArn"], task_definition)
            self._sleep(1)
        raise AwsError(
            f"service {self.service} lists no deployment to {revision_of(task_definition)} after {SECONDS_TO_LIST} s;"
            " run again",
            "WaitTimeout",
        )

    def _ours(self, arn: str, task_definition: str) -> str:
        found = self.deployment(arn)
        if found.target != revision_of(task_definition):
            raise PlanRefused(
                f"service {self.service}: somebody else's deployment to {found.target} came in between ({found.text})."
                f" Only one of the two can win; this run stops ({arn})"
            )
        return arn

    def promote(self, found: Deployment, only: t.Collection[str] | None = None) -> None:
        """Continue every pause that waits, or those of `only`. Hooks have a new id in each deployment."""
        hooks = [hook for hook in found.waiting if only is None or hook in only]
        self._decide("continue", found, [{"hookId": hook, "action": "CONTINUE"} for hook in hooks])
        left = set(hooks) & set(self.deployment(found.arn).waiting)
        if left:
            raise AwsError(f"the deployment of service {self.service} still waits at {', '.join(sorted(left))}")

    def stop(self, found: Deployment) -> None:
        """Roll a deployment back; one that has ended meanwhile is looked at, not stopped."""
        self._decide("stop", found, [{"stopType": "ROLLBACK"}])

    def _decide(self, what: str, found: Deployment, calls: list[State]) -> None:
        for call in calls:
            self.ecs.write(
                f"{what}_service_deployment",
                f"{what} the deployment of service {self.service}",
                # Somebody else has decided, or the deployment is over; what has become of it is read afterwards.
                missing={"InvalidParameterException", "ConflictException"},
                serviceDeploymentArn=found.arn,
                **call,
            )

    def why(self, arn: str) -> list[str]:
        """Why a deployment failed, in ECS's words."""
        return reasons(self.raw(arn), self.described(), Deployments(self.ecs, self.cluster, self.service).stopped())

    def events(self, service: State, since: t.Any) -> list[State]:
        """The newest events of a service since a moment, oldest first."""
        found = [each for each in service.get("events") or () if since is None or each["createdAt"] >= since]
        return [{"id": each["id"], "message": each["message"]} for each in reversed(found[:EVENTS])]
