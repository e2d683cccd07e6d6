# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS: clusters with their capacity providers."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable
from functools import partial

from ..core.ecs_cluster import CLUSTER, PROVIDERS, observed_state, provider_arguments, settings_arguments
from ..core.plan import Observed, State
from ..core.tags import from_pairs, tag_changes, to_pairs
from .api import Api
from .key_names import KeyNames
from .reconcile import Kind, Scope

# ECS takes one change of the capacity providers at a time.
BUSY = {"UpdateInProgressException"}
# The first cluster of an account: ECS makes its service-linked role, and does not see it at once.
ROLE_NOT_SEEN = {"InvalidParameterException"}
# Services and tasks are still counted for a moment after they have gone.
STILL_GOING = {"ClusterContainsServicesException", "ClusterContainsTasksException"}


class Clusters(Kind):
    """State: see core.ecs_cluster, and `tags`."""

    kind = "ECS cluster"
    statuses = CLUSTER

    def __init__(self, ecs: Api, keys: KeyNames, discovery: Callable[[], Api], *, keep_providers: bool = False) -> None:
        """`discovery` gives Cloud Map, which is asked only where a namespace is wanted by name; `keep_providers` leaves
        capacity providers in a cluster that are not wanted.
        """
        self.ecs = ecs
        self.keys = keys
        self.discovery = discovery
        self.keep_providers = keep_providers
        self._namespaces: dict[str, str] | None = None

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        asked = sorted(names)
        if not asked:
            return {}  # asked for nothing, ECS would tell of the cluster "default"
        answer = self.ecs.read(
            "describe_clusters",
            f"find ECS clusters {', '.join(asked)}",
            clusters=asked,
            include=["CONFIGURATIONS", "SETTINGS", "TAGS"],
        )
        return {
            each["clusterName"]: self._observed(each) for each in answer["clusters"] if each["status"] != "INACTIVE"
        }

    def _observed(self, cluster: dict[str, t.Any]) -> Observed:
        state = {
            **observed_state(cluster, self.keys.alias),
            "tags": from_pairs(cluster.get("tags"), "key", "value"),
        }
        return Observed(cluster["clusterArn"], state, {"status": cluster["status"]})

    def settle(self, wanted: State, observed: State) -> State:
        """ECS keeps the ARN of a namespace that was given by name."""
        settled = dict(wanted)
        name, arn = wanted.get("service_connect_namespace"), observed.get("service_connect_namespace")
        if name and arn and name != arn and self._namespace(arn) == name:
            settled["service_connect_namespace"] = arn
        if self.keep_providers and wanted.get("capacity_providers") is not None:
            present = observed.get("capacity_providers") or []
            settled["capacity_providers"] = sorted({*wanted["capacity_providers"], *present})
        return settled

    def _namespace(self, arn: str) -> str:
        if self._namespaces is None:
            found = self.discovery().pages("list_namespaces", "Namespaces", "list the namespaces of Cloud Map")
            self._namespaces = {each["Arn"]: each["Name"] for each in found}
        return self._namespaces.get(arn, "")

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        """CreateCluster answers with the cluster where it exists already, so that a lost answer does no harm."""
        providers = {key: value for key, value in provider_arguments(wanted).items() if value}
        arguments: State = {**settings_arguments(wanted, wanted.keys(), self._key_arn(name)), **providers}
        if wanted.get("tags"):
            arguments["tags"] = to_pairs(wanted["tags"], "key", "value")
        answer = self.ecs.write(
            "create_cluster", f"create ECS cluster {name}", retry=ROLE_NOT_SEEN, clusterName=name, **arguments
        )
        cluster = answer["cluster"]
        return Observed(cluster["clusterArn"], {"tags": {}, **wanted}, {"status": cluster["status"]})

    def _key_arn(self, name: str) -> Callable[[str], str]:
        return partial(self.keys.arn, what=f"ECS Exec of cluster {name}")

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        changed = set(fields)
        doing = f"update ECS cluster {name}"
        settings = settings_arguments(wanted, changed, self._key_arn(name))
        if settings:
            self.ecs.write("update_cluster", doing, retry=BUSY, cluster=name, **settings)
        if changed & PROVIDERS:
            arguments = provider_arguments({**before.state, **wanted})
            self.ecs.write("put_cluster_capacity_providers", doing, retry=BUSY, cluster=name, **arguments)
        if "tags" in changed:
            self._set_tags(name, before, wanted["tags"])

    def _set_tags(self, name: str, before: Observed, tags: dict[str, str]) -> None:
        setting, removing = tag_changes(before.state["tags"], tags)
        doing = f"tag ECS cluster {name}"
        if setting:
            self.ecs.write("tag_resource", doing, resourceArn=before.id, tags=to_pairs(setting, "key", "value"))
        if removing:
            self.ecs.write("untag_resource", doing, resourceArn=before.id, tagKeys=removing)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.ecs.write(
            "delete_cluster",
            f"delete ECS cluster {name}",
            missing={"ClusterNotFoundException"},
            retry=BUSY | STILL_GOING,
            cluster=name,
        )
