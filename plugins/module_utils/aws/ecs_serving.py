# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS: from the options of the module ecs_service to a service that runs."""

from __future__ import annotations

import typing as t

from ..core.ecs_service import sendable
from ..core.ecs_service_problems import problems
from ..core.plan import Plan, PlanRefused, State
from .api import AwsError
from .data_names import NetworkNames, role_finder
from .ecs_deployments import Deployments
from .ecs_describing import options_as_input
from .ecs_ids import Ids, role_by_name
from .ecs_services import Policy, Services
from .module import resource_facts
from .reconcile import ApplyError, Request, reconcile

if t.TYPE_CHECKING:
    from .module import PlatformModule

SPELLINGS = {"enableEcsManagedTags": "enableECSManagedTags"}


class ServiceTask:
    """One task of the module."""

    def __init__(self, module: PlatformModule, options: tuple[str, ...]) -> None:
        self.module = module
        self.params = module.params
        self.name: str = self.params["name"]
        ecs = module.api("ecs")
        ids = Ids(
            NetworkNames(module.api("ec2"), self.params["vpc"]),
            lambda: module.api("elbv2"),
            role_by_name(role_finder(lambda: module.api("iam"))),
        )
        said = options_as_input(self.params, options)
        self.values: State = {SPELLINGS.get(name, name): value for name, value in said.items()}
        policy = Policy(
            keep_count=self.params["keep_desired_count"],
            keep_deployment=self.params["keep_deployment_configuration"],
            timeout=self.params["wait_timeout"],
        )
        self.kind = Services(ecs, ids, self.params["cluster"], {self.name: sendable(self.values)}, policy)
        self.deployments = Deployments(ecs, self.params["cluster"], self.name)

    def remove(self) -> t.NoReturn:
        request = Request(self.kind, absent=frozenset({self.name}))
        plan, _scope = reconcile([request], check_mode=self.module.check_mode)
        if self.module.wait_seconds and not self.module.check_mode:
            self.deployments.wait_gone(self.module.wait_seconds)
        self.module.exit_planned(plan, resources={self.kind.kind: {}}, deployment={})

    def serve(self) -> t.NoReturn:
        self._refuse()
        wanted = {**self.kind.wanted(self.name), "tags": self.module.tags_of(self.kind, {"name": self.name})}
        request = Request(self.kind, {self.name: wanted}, keep_tags=not self.params["purge_tags"])
        plan, scope = reconcile([request], check_mode=self.module.check_mode)
        deployment = self._wait(plan)
        if deployment:
            scope.record(self.kind.kind, self.kind.observe(scope, [self.name]))
        resources = {self.kind.kind: resource_facts(scope, request)}
        self.module.exit_planned(plan, resources=resources, deployment=deployment)

    def _refuse(self) -> None:
        """Refuse what ECS would not accept, or would never get done."""
        wrong = problems(self.kind.sending[self.name])
        if wrong:
            raise PlanRefused(f"service {self.name}: {'; '.join(wrong)}")

    def _wait(self, plan: Plan) -> State:
        if not self.module.wait_seconds or self.module.check_mode:
            return {}
        try:
            found = self.deployments.wait(self.params["task_definition"] or "", self.module.wait_seconds)
        except AwsError as error:
            if not plan.changed:
                raise
            raise ApplyError(str(error), list(plan.changes)) from error
        return {"status": found.status, "text": found.text}
