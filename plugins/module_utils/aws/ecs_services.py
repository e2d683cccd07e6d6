# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS: services of one cluster."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..core.ecs_service import (
    IMMUTABLE,
    IN_REVISION,
    complete_deployment,
    leaves_shifting,
    observed_values,
    service_state,
    stale_groups,
    stranded,
    update_arguments,
    with_names,
)
from ..core.parameters import batches
from ..core.plan import Observed, PlanRefused, State
from ..core.tags import from_pairs, tag_changes, to_pairs
from .api import Api
from .ecs_deployments import Deployments
from .ecs_ids import Ids
from .reconcile import Kind, Scope

GONE = {"ClusterNotFoundException"}
# Source: ECS API reference, DescribeServices.
DESCRIBED_AT_ONCE = 10


@dataclass(frozen=True)
class Policy:
    """`keep_count` leaves the number of tasks of a living service to whoever scales it, `keep_deployment` its settings
    for deployments to whoever deployed last; `timeout` is how many seconds to wait for an old service of the same name
    that still stops its tasks.
    """

    keep_count: bool = True
    keep_deployment: bool = False
    timeout: float = 900


class Services(Kind):
    """State: see core.ecs_service, with names in place of ids, and `tags`. Services that drain count as gone."""

    kind = "service"
    immutable = IMMUTABLE

    def __init__(self, ecs: Api, ids: Ids, cluster: str, sending: Mapping[str, State], policy: Policy) -> None:
        """`sending` is what is wanted by name of the service, in the shape of CreateService, with names or ids."""
        self.ecs = ecs
        self.ids = ids
        self.cluster = cluster
        self.sending = sending
        self.policy = policy
        self._draining: set[str] = set()

    def wanted(self, name: str) -> State:
        """What is wanted of a service as it is compared."""
        return with_names(service_state(self.sending[name]), {})

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found: dict[str, Observed] = {}
        for some in batches(sorted(names), DESCRIBED_AT_ONCE):
            answer = self.ecs.read(
                "describe_services",
                f"find services {', '.join(some)}",
                GONE,
                cluster=self.cluster,
                services=list(some),
                include=["TAGS"],
            )
            for each in (answer or {}).get("services", ()):
                if each["status"] == "ACTIVE":
                    found[each["serviceName"]] = self._observed(each)
                elif each["status"] == "DRAINING":
                    self._draining.add(each["serviceName"])
        return found

    def _observed(self, description: dict[str, t.Any]) -> Observed:
        name = description["serviceName"]
        values = observed_values(description, self._revision(name, description))
        wanted = self.sending.get(name, {})
        if wanted and leaves_shifting(wanted, values):
            self._refuse_stranding(name, wanted, values)
        state = with_names(service_state(values), self.ids.names(values), stale_groups(wanted, values))
        tags = from_pairs(description.get("tags"), "key", "value")
        return Observed(description["serviceArn"], {**state, "tags": tags}, _facts(description))

    def _refuse_stranding(self, name: str, wanted: State, observed: State) -> None:
        """A rolling deployment leaves the weights as they are: it must have its tasks where the traffic goes."""
        rules = [
            each["advancedConfiguration"]["productionListenerRule"]
            for each in observed.get("loadBalancers") or ()
            if (each.get("advancedConfiguration") or {}).get("productionListenerRule")
        ]
        groups = ", ".join(stranded(wanted, self.ids.serving(rules)))
        if groups:
            raise PlanRefused(
                f"service {name}: target group {groups} serves its traffic now, and a rolling deployment would have no"
                " tasks in it. Deploy once more with the present strategy, which moves the traffic back, then change it"
            )

    def _revision(self, name: str, description: dict[str, t.Any]) -> dict[str, t.Any] | None:
        """The service revision in use, read only where something is wanted that it alone tells."""
        current = description.get("currentServiceRevisions") or ()
        if not current or not set(IN_REVISION) & self.sending.get(name, {}).keys():
            return None
        doing = f"look at the revision of service {name}"
        answer = self.ecs.read("describe_service_revisions", doing, serviceRevisionArns=[current[0]["arn"]])
        return next(iter(answer["serviceRevisions"]), None)

    def settle(self, wanted: State, observed: State) -> State:
        kept = {"desiredCount": self.policy.keep_count, "deploymentConfiguration": self.policy.keep_deployment}
        return {**wanted, **{field: None for field, keep in kept.items() if keep}}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        if name in self._draining:
            Deployments(self.ecs, self.cluster, name).wait_gone(self.policy.timeout)
        sending = self.ids.resolved(self.sending[name])
        arguments: State = {
            **sending,
            "cluster": self.cluster,
            "serviceName": name,
            "deploymentConfiguration": complete_deployment(sending),
        }
        if wanted.get("tags"):
            arguments["tags"] = to_pairs(wanted["tags"], "key", "value")
        answer = self.ecs.write("create_service", f"create service {name}", repeatable=False, **arguments)
        return Observed(answer["service"]["serviceArn"], {"tags": {}, **wanted}, _facts(answer["service"]))

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        changed = set(fields)
        told = changed - {"tags"}
        if told:
            arguments = update_arguments(wanted, self.ids.resolved(self.sending[name]), told)
            self.ecs.write("update_service", f"update service {name}", cluster=self.cluster, service=name, **arguments)
        if "tags" in changed:
            self._set_tags(name, before, wanted["tags"])

    def _set_tags(self, name: str, before: Observed, tags: dict[str, str]) -> None:
        setting, removing = tag_changes(before.state["tags"], tags)
        doing = f"tag service {name}"
        if setting:
            self.ecs.write("tag_resource", doing, resourceArn=before.id, tags=to_pairs(setting, "key", "value"))
        if removing:
            self.ecs.write("untag_resource", doing, resourceArn=before.id, tagKeys=removing)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """Forced: ECS stops the tasks by itself, whatever the number that is wanted."""
        self.ecs.write(
            "delete_service",
            f"delete service {name}",
            missing={"ServiceNotFoundException", "ServiceNotActiveException"},
            cluster=self.cluster,
            service=name,
            force=True,
        )


def _facts(description: Mapping[str, t.Any]) -> State:
    return {
        "arn": description["serviceArn"],
        "status": description.get("status", ""),
        "task_definition": str(description.get("taskDefinition", "")).rpartition("/")[2],
        "desired_count": description.get("desiredCount", 0),
        "running_count": description.get("runningCount", 0),
    }
