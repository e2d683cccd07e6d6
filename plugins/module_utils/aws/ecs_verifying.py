# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS: look in AWS for what the tasks of a definition need, before anything is written."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from ..core.arn import parse_arn
from ..core.ecs_references import Reference, references, resolved
from ..core.ecs_task_definition import sendable, task_definition_state
from ..core.ecs_verify import (
    ECS,
    TASKS,
    Finding,
    definition_findings,
    health_path_findings,
    key_findings,
    keys_of,
    lets_in,
    port_findings,
    secrets,
    trusts,
)
from ..core.plan import PlanRefused, State
from .api import DENIED, Api, AwsError
from .ecs_describing import camel, options_as_input
from .ecs_lookup import Lookup
from .ecs_task_definitions import TaskDefinitions
from .reconcile import side_by_side

GONE = {"ResourceNotFoundException"}
CONTENT = ("cpu", "memory", "requires_compatibilities", "volumes")


class Verification:
    """One task of the module ecs_verify. In check mode what does not exist yet is no fault."""

    def __init__(self, api: Callable[[str], Api], params: dict[str, t.Any], *, check_mode: bool) -> None:
        self.params = params
        self.check_mode = check_mode
        self._api = api
        self._apis: dict[str, Api] = {}
        service = params["service"]
        self.kind = TaskDefinitions(self.api("ecs"), str, (service["cluster"], service["name"]) if service else None)
        self.current = self.kind.current(params["family"])
        self.unread: list[str] = []
        """Secrets whose keys the caller may not read."""

    def api(self, service: str) -> Api:
        if service not in self._apis:
            self._apis[service] = self._api(service)
        return self._apis[service]

    def findings(self) -> list[Finding]:
        """All that is wrong, in a stable order. What runs already as it is wanted is not looked for in AWS again."""
        found, definition = self._definition()
        if self._runs(definition):
            return [*found, *self._offline(definition)]
        for service in ("iam", "ec2", "secretsmanager"):
            self.api(service)  # made one after the other, before the calls run side by side
        jobs: dict[str, Callable[[], t.Any]] = {
            **{f"1 {option}": partial(self._role, option) for option in ("execution_role", "task_role")},
            "1 infrastructure_role": partial(self._role, "infrastructure_role", ECS),
            "2 secrets": partial(self._secrets, definition),
            "3 groups": self._security_groups,
        }
        answers = side_by_side(jobs)
        return [*found, *(finding for job in sorted(answers) for finding in answers[job]), *self._offline(definition)]

    def _runs(self, definition: State) -> bool:
        """Whether the service runs just this."""
        if self.current is None or not self.kind.used:
            return False
        wanted = task_definition_state(definition)
        running = self.current.state
        compared = [*(camel(option) for option in CONTENT), "containerDefinitions"]
        roles = {"taskRoleArn": "task_role", "executionRoleArn": "execution_role"}
        same_roles = all(
            running[field] == str(self.params[option] or "").rpartition("/")[2] for field, option in roles.items()
        )
        return same_roles and all(running[field] == wanted[field] for field in compared)

    def _offline(self, definition: State) -> Iterator[Finding]:
        yield from definition_findings(definition)
        balancer = self.params["load_balancer"]
        if balancer:
            yield from port_findings(definition, balancer["container"], balancer["port"])
            if balancer["health_path"]:
                yield from health_path_findings(balancer["health_path"])

    def _definition(self) -> tuple[list[Finding], State]:
        """The definition with what its references stand for; those that lead nowhere are findings."""
        found: list[Finding] = []
        containers = self.params["container_definitions"]
        images = self.current.facts["images"] if self.current else {}
        lookup = Lookup(self.api, check_mode=self.check_mode)
        lookup.load(references(containers, images))

        def text(reference: Reference) -> str:
            try:
                return lookup.text(reference)
            except PlanRefused as error:
                found.append(Finding(ABOUT.get(reference.sort, "containers"), str(error)))
                return str(reference)

        values = {**options_as_input(self.params, CONTENT), "containerDefinitions": resolved(containers, images, text)}
        return list(dict.fromkeys(found)), sendable(values)

    def _role(self, option: t.Any, service: str = TASKS) -> list[Finding]:
        name = str(self.params[option] or "").rpartition("/")[2]
        if not name:
            return []
        answer = self.api("iam").read("get_role", f"look at IAM role {name}", {"NoSuchEntity"}, RoleName=name)
        if answer is None:
            return self._missing(Finding(option, f"IAM role {name} does not exist: create it first (role account)"))
        if trusts(answer["Role"]["AssumeRolePolicyDocument"], service):
            return []
        return [Finding(option, f"IAM role {name} does not let {service} assume it; see its trust policy")]

    def _missing(self, finding: Finding) -> list[Finding]:
        return [] if self.check_mode else [finding]

    def _secrets(self, definition: State) -> list[Finding]:
        wanted: dict[str, list[str]] = {}
        for arn, key in secrets(definition):
            wanted.setdefault(arn, []).append(key)
        answers = side_by_side({arn: partial(self._secret, arn, keys) for arn, keys in wanted.items()})
        return [finding for arn in wanted for finding in answers[arn]]

    def _secret(self, arn: str, keys: Iterable[str]) -> list[Finding]:
        """Whether the secret can be read and has the keys. Its value is looked at here, and nowhere kept."""
        name = parse_arn(arn).name[:-7]
        manager = self.api("secretsmanager")
        try:
            answer = manager.read("get_secret_value", f"read secret {name}", GONE, SecretId=arn)
        except AwsError as error:
            if error.code not in DENIED:
                return [Finding("secrets", str(error))]
            self.unread.append(name)
            return []
        if answer is None:
            return self._missing(Finding("secrets", f"secret {name} has no value: give it one first (role secrets)"))
        return list(key_findings(name, keys, keys_of(answer.get("SecretString", ""))))

    def _security_groups(self) -> list[Finding]:
        names, balancer = self.params["security_groups"], self.params["load_balancer"]
        if not names or not balancer:
            return []
        filters = [{"Name": "group-name", "Values": sorted(names)}]
        groups = self.api("ec2").pages(
            "describe_security_groups", "SecurityGroups", f"look at {', '.join(names)}", Filters=filters
        )
        missing = set(names) - {each["GroupName"] for each in groups}
        if missing:
            told = f"security group {', '.join(sorted(missing))} does not exist: create it first (role security_groups)"
            return self._missing(Finding("port", told))
        if lets_in(groups, balancer["port"]):
            return []
        return [Finding("port", f"no rule of {', '.join(names)} lets the load balancer in on port {balancer['port']}")]


ABOUT: dict[str, t.Any] = {"repository": "image", "secret": "secrets"}
