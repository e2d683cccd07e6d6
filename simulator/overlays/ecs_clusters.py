# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ECS clusters: settings, ECS Exec configuration, capacity providers with the default strategy."""

from __future__ import annotations

import re
from typing import Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays.ecs_model import (
    MANAGED_PROVIDERS,
    Cluster,
    Ecs,
    Facts,
    arn,
    check_tags,
    failure,
    find_cluster,
    page,
)

INSIGHTS = ("enabled", "disabled", "enhanced")
MOST_PROVIDERS = 20


@answers("ecs", "CreateCluster")
def create_cluster(context: Context) -> dict[str, Any]:
    """The one that exists is answered with, as on AWS; its settings stay."""
    parameters, clusters = context.parameters, context.store(Ecs).clusters
    name = parameters.get("clusterName") or "default"
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name):
        message = "Cluster name must be 1 to 255 letters, digits, hyphens and underscores."
        raise AwsError("InvalidParameterException", message)
    known = clusters.get(name)
    if known is not None and known.status == "ACTIVE":
        return {"cluster": shown(context, known, ["SETTINGS", "CONFIGURATIONS", "TAGS"])}
    check_tags(parameters.get("tags", []))
    providers = parameters.get("capacityProviders", [])
    strategy = parameters.get("defaultCapacityProviderStrategy", [])
    check_strategy(context, strategy, providers)
    facts = {
        "settings": _settings(parameters.get("settings", [])),
        "configuration": _configuration(parameters.get("configuration")),
        "capacityProviders": providers,
        "defaultCapacityProviderStrategy": complete_strategy(strategy),
        "serviceConnectDefaults": parameters.get("serviceConnectDefaults"),
    }
    cluster = Cluster(name, arn(context, f"cluster/{name}"), facts, list(parameters.get("tags", [])))
    clusters[name] = cluster
    return {"cluster": shown(context, cluster, ["SETTINGS", "CONFIGURATIONS", "TAGS"])}


def _settings(given: list[Facts]) -> list[Facts]:
    wanted = {one.get("name"): one.get("value") for one in given}
    if set(wanted) - {"containerInsights"} or wanted.get("containerInsights", "disabled") not in INSIGHTS:
        message = f"Invalid cluster setting: containerInsights is one of {', '.join(INSIGHTS)}."
        raise AwsError("InvalidParameterException", message)
    return [{"name": "containerInsights", "value": wanted.get("containerInsights", "disabled")}]


def _configuration(given: Facts | None) -> Facts | None:
    execute = (given or {}).get("executeCommandConfiguration", {})
    log = execute.get("logConfiguration")
    if execute.get("logging") == "OVERRIDE" and not log:
        message = "logConfiguration is required when logging is OVERRIDE in executeCommandConfiguration."
        raise AwsError("InvalidParameterException", message)
    if log and execute.get("logging") != "OVERRIDE":
        message = "logConfiguration is allowed in executeCommandConfiguration only when logging is OVERRIDE."
        raise AwsError("InvalidParameterException", message)
    if log and not log.get("cloudWatchLogGroupName") and not log.get("s3BucketName"):
        raise AwsError("InvalidParameterException", "logConfiguration needs a log group or a bucket.")
    return given


def complete_strategy(items: list[Facts]) -> list[Facts]:
    """Weight and base 0 where they are not given, as AWS shows a strategy."""
    return [{"weight": 0, "base": 0, **item} for item in items]


def check_strategy(context: Context, strategy: list[Facts], providers: list[str]) -> None:
    """A strategy names providers of the cluster that exist; one base at most, and some weight.

    :raises AwsError: InvalidParameterException, ClientException.
    """
    own = [name for name in providers if name not in MANAGED_PROVIDERS]
    if own:
        found = context.invoke("ecs", "DescribeCapacityProviders", capacityProviders=own)["capacityProviders"]
        missing = set(own) - {one["name"] for one in found} - {one["capacityProviderArn"] for one in found}
        if missing:
            message = f"The specified capacity provider '{min(missing)}' was not found. Specify a valid name or ARN."
            raise AwsError("InvalidParameterException", message)
    if len(providers) > MOST_PROVIDERS:
        raise AwsError("InvalidParameterException", f"A cluster has at most {MOST_PROVIDERS} capacity providers.")
    foreign = [item["capacityProvider"] for item in strategy if item["capacityProvider"] not in providers]
    if foreign:
        message = f"The capacity provider '{foreign[0]}' in the strategy is not associated with the cluster."
        raise AwsError("InvalidParameterException", message)
    if sum(1 for item in strategy if item.get("base")) > 1:
        raise AwsError("InvalidParameterException", "Only one capacity provider in a strategy can have a base.")
    if strategy and not any(item.get("weight") for item in strategy):
        message = "At least one capacity provider in a strategy must have a weight greater than 0."
        raise AwsError("InvalidParameterException", message)
    managed = {item["capacityProvider"] in MANAGED_PROVIDERS for item in strategy}
    if len(managed) > 1:
        message = "A capacity provider strategy cannot contain a mix of capacity providers using Auto Scaling groups "
        raise AwsError("InvalidParameterException", f"{message}and Fargate providers.")


@answers("ecs", "UpdateCluster", "UpdateClusterSettings")
def update_cluster(context: Context) -> dict[str, Any]:
    cluster, parameters = find_cluster(context, context.parameters["cluster"]), context.parameters
    if "settings" in parameters:
        cluster.facts["settings"] = _settings(parameters["settings"])
    if "configuration" in parameters:
        cluster.facts["configuration"] = _configuration(parameters["configuration"])
    if "serviceConnectDefaults" in parameters:
        cluster.facts["serviceConnectDefaults"] = parameters["serviceConnectDefaults"]
    return {"cluster": shown(context, cluster, ["SETTINGS", "CONFIGURATIONS"])}


@answers("ecs", "PutClusterCapacityProviders")
def put_capacity_providers(context: Context) -> dict[str, Any]:
    """In place of what there was; a provider that a service uses cannot be taken away."""
    cluster, parameters = find_cluster(context, context.parameters["cluster"]), context.parameters
    providers, strategy = parameters["capacityProviders"], parameters["defaultCapacityProviderStrategy"]
    check_strategy(context, strategy, providers)
    for service in context.store(Ecs).services.values():
        used = {item["capacityProvider"] for item in service.settings.get("capacityProviderStrategy", [])}
        if service.cluster is cluster and service.status != "INACTIVE" and used - set(providers):
            message = f"The specified capacity provider '{min(used - set(providers))}' is in use and cannot be removed."
            raise AwsError("ResourceInUseException", message)
    cluster.facts["capacityProviders"] = providers
    cluster.facts["defaultCapacityProviderStrategy"] = complete_strategy(strategy)
    return {"cluster": shown(context, cluster, ["SETTINGS", "CONFIGURATIONS", "TAGS"])}


@answers("ecs", "DescribeClusters")
def describe_clusters(context: Context) -> dict[str, Any]:
    """Deleted ones as INACTIVE, as AWS does for a while."""
    clusters, found, failures = context.store(Ecs).clusters, [], []
    for given in context.parameters.get("clusters") or ["default"]:
        cluster = clusters.get(given.rpartition("/")[2])
        if cluster is None:
            failures.append(failure(given if given.startswith("arn:") else arn(context, f"cluster/{given}")))
        else:
            found.append(shown(context, cluster, context.parameters.get("include", [])))
    return {"clusters": found, "failures": failures}


@answers("ecs", "ListClusters")
def list_clusters(context: Context) -> dict[str, Any]:
    known = context.store(Ecs).clusters.values()
    return page(sorted(one.arn for one in known if one.status == "ACTIVE"), context.parameters, "clusterArns")


@answers("ecs", "DeleteCluster")
def delete_cluster(context: Context) -> dict[str, Any]:
    """INACTIVE; refused while services or tasks are in it."""
    cluster, ecs = find_cluster(context, context.parameters["cluster"]), context.store(Ecs)
    if any(one.cluster is cluster and one.status != "INACTIVE" for one in ecs.services.values()):
        message = "The Cluster cannot be deleted while Services are active."
        raise AwsError("ClusterContainsServicesException", message)
    if any(one.cluster is cluster and one.last_status != "STOPPED" for one in ecs.tasks.values()):
        raise AwsError("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
    cluster.status = "INACTIVE"
    cluster.tags = []
    return {"cluster": shown(context, cluster, [])}


def shown(context: Context, cluster: Cluster, include: list[str]) -> Facts:
    """A cluster as DescribeClusters shows it."""
    ecs = context.store(Ecs)
    tasks = [task for task in ecs.tasks.values() if task.cluster is cluster]
    active = [one for one in ecs.services.values() if one.cluster is cluster and one.status == "ACTIVE"]
    facts = {
        "clusterArn": cluster.arn,
        "clusterName": cluster.name,
        "status": cluster.status,
        "registeredContainerInstancesCount": 0,
        "runningTasksCount": sum(task.last_status == "RUNNING" for task in tasks),
        "pendingTasksCount": sum(task.last_status in ("PROVISIONING", "PENDING", "ACTIVATING") for task in tasks),
        "activeServicesCount": len(active),
        "statistics": [],
        "tags": cluster.tags if "TAGS" in include else [],
        "settings": cluster.facts["settings"] if "SETTINGS" in include else [],
        "capacityProviders": cluster.facts["capacityProviders"],
        "defaultCapacityProviderStrategy": cluster.facts["defaultCapacityProviderStrategy"],
    }
    if "CONFIGURATIONS" in include and cluster.facts["configuration"]:
        facts["configuration"] = cluster.facts["configuration"]
    if cluster.facts["serviceConnectDefaults"]:
        facts["serviceConnectDefaults"] = cluster.facts["serviceConnectDefaults"]
    return facts
