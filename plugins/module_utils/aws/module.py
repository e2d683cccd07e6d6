# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What every module of the collection shares: connection options, the one gate for check mode, results and errors."""

from __future__ import annotations

import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ..core.plan import Plan, PlanRefused, State
from ..core.readiness import StatusTable
from ..core.tags import wanted_tags
from .api import Api, AwsError, client_config
from .reconcile import ApplyError, Kind, Request, Scope, reconcile
from .wait import status_of, wait_ready

TAGS_SPEC: dict[str, t.Any] = {
    "tags": {"type": "dict", "aliases": ["resource_tags"]},
    "purge_tags": {"type": "bool", "default": True},
}
WAIT_SPEC: dict[str, t.Any] = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 3600},
}


class PlatformModule(AnsibleAWSModule):
    """AnsibleAWSModule with check mode always on, one way to reach AWS and one way to end."""

    def __init__(self, argument_spec: dict[str, t.Any], **kwargs: t.Any) -> None:
        super().__init__(argument_spec=argument_spec, supports_check_mode=True, **kwargs)

    def warn(self, *args: t.Any, **kwargs: t.Any) -> None:
        """Straight to ansible-core: amazon.aws 10 would put warnings into the result as well, which is deprecated."""
        self._module.warn(*args, **kwargs)

    def api(self, service: str, region: str | None = None) -> Api:
        """Calls to a service, in the module's region or another one."""
        extra = {"region": region} if region else {}
        return Api(self.client(service, config=client_config(), **extra))

    def run(self, work: t.Callable[[PlatformModule], t.NoReturn]) -> t.NoReturn:
        """Do the module's work; turn refusals and AWS's errors into a failed task that says what to do."""
        try:
            work(self)
        except PlanRefused as error:
            self.fail_json(msg=str(error))
        except ApplyError as error:
            self.fail_json(msg=str(error), changed=True, changes=[change.summary() for change in error.done])
        except AwsError as error:
            self.fail_json(msg=str(error), error_code=error.code)
        raise AssertionError("unreachable: exit_json and fail_json end the module")

    def listed(self, kind: Kind, option: str, state_of: t.Callable[[dict[str, t.Any]], State]) -> Request:
        """The request of a module with a list of named resources, `state`, and tags: `state_of` translates one item.

        The item's tags (key `tags`) go over the task's; a kind that says `named_by_tag` gets its name as `Name` tag.
        """
        items = {item["name"]: item for item in self.params[option]}
        if self.params["state"] == "absent":
            return Request(kind, absent=frozenset(items))
        wanted = {name: {**state_of(item), "tags": self.tags_of(kind, item)} for name, item in items.items()}
        return Request(kind, wanted, keep_tags=not self.params["purge_tags"])

    @property
    def wait_seconds(self) -> int:
        """How long to wait for slow resources, from the options in WAIT_SPEC."""
        return self.params["wait_timeout"] if self.params["wait"] else 0

    def tags_of(self, kind: Kind, item: dict[str, t.Any]) -> dict[str, str] | None:
        """Tags of one resource: the task's, its own over them, and its name where AWS has no other place for it."""
        name_tag = {"Name": item["name"]} if kind.named_by_tag else {}
        return wanted_tags(self.params["tags"], item.get("tags"), **name_tag)

    def reconcile(self, *requests: Request, wait: float = 0, **values: t.Any) -> t.NoReturn:
        """Bring AWS to what the requests want and exit with what was planned and what exists at the end.

        `wait` is how many seconds to wait for slow resources to become ready (0: start them and go on).
        """
        plan, scope = reconcile(list(requests), check_mode=self.check_mode)
        waits = bool(wait) and not self.check_mode
        if waits:
            self._wait(requests, plan, scope, wait)
        resources = {request.kind.kind: resource_facts(scope, request) for request in requests}
        if any(request.kind.statuses for request in requests):
            values["pending"] = pending(requests, Plan() if waits else plan, scope)
        self.exit_planned(plan, resources=resources, **values)

    @staticmethod
    def _wait(requests: t.Iterable[Request], plan: Plan, scope: Scope, timeout: float) -> None:
        """Wait for each slow kind. Raises ApplyError when it fails after changes: they are made, and kept."""
        try:
            for request in requests:
                if request.kind.statuses:
                    wait_ready(request.kind, scope, list(request.wanted), timeout)
        except AwsError as error:
            if not plan.changed:
                raise
            raise ApplyError(f"{error}. What was changed is kept; run again to continue", list(plan.changes)) from error

    def exit_planned(self, plan: Plan, **values: t.Any) -> t.NoReturn:
        """Exit with what the plan says: the diff and the list of changes cannot differ from what was done."""
        self.exit_json(changed=plan.changed, diff=plan.diff(), changes=plan.summaries(), **values)

    def exit_json(self, *args: t.Any, **kwargs: t.Any) -> t.NoReturn:
        """End the module with a result; here because amazon.aws carries no types."""
        super().exit_json(*args, **kwargs)
        raise AssertionError("unreachable: exit_json ends the module")


def pending(requests: t.Iterable[Request], plan: Plan, scope: Scope) -> list[str]:
    """Slow resources that are not ready, or that are in the plan: AWS may not have begun with them. By name."""
    changed = {(change.kind, change.name) for change in plan.changes if change.action != "delete"}

    def is_ready(kind: Kind, name: str) -> bool:
        table = t.cast(StatusTable, kind.statuses)
        return (kind.kind, name) not in changed and table.verdict(status_of(scope.find(kind.kind, name))) == "ready"

    slow = [request for request in requests if request.kind.statuses]
    return sorted(name for request in slow for name in request.wanted if not is_ready(request.kind, name))


def resource_facts(scope: Scope, request: Request) -> dict[str, dict[str, t.Any]]:
    """Id and facts of each resource of the request's kind that exists, by name."""
    return {name: {"id": found.id, **found.facts} for name, found in scope.of_kind(request.kind.kind).items()}
