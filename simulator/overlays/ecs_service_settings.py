# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The settings of a service: AWS's defaults, what an update changes, and the revisions that come of them."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from simulator.overlays import ecs_clusters, ecs_rollout
from simulator.overlays.ecs_model import Revision, Service, long_number, now

if TYPE_CHECKING:
    from simulator.overlays.ecs_model import Cluster, Facts, TaskDefinition

BREAKER = {
    "enable": False,
    "rollback": False,
    "resetOnHealthyTask": True,
    "thresholdConfiguration": {"type": "BOUNDED_PERCENT", "value": ecs_rollout.BREAKER_PERCENT},
}
# What belongs to a revision: a change of it starts a deployment, and a rollback puts it back.
REVISED = (
    "taskDefinition",
    "networkConfiguration",
    "loadBalancers",
    "platformVersion",
    "serviceRegistries",
    "serviceConnectConfiguration",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
)
# What goes into the next revision but starts no deployment.
SILENT = ("capacityProviderStrategy", "launchType")


def completed(parameters: Facts, cluster: Cluster) -> Facts:
    """CreateService's parameters with AWS's defaults."""
    settings: Facts = {
        "loadBalancers": [],
        "serviceRegistries": [],
        "desiredCount": 0,
        "placementConstraints": [],
        "placementStrategy": [],
        "schedulingStrategy": "REPLICA",
        "deploymentController": {"type": "ECS"},
        "enableECSManagedTags": False,
        "propagateTags": "NONE",
        "enableExecuteCommand": False,
        "availabilityZoneRebalancing": "ENABLED",
        **copy.deepcopy(parameters),
    }
    for member in ("cluster", "clientToken", "tags", "serviceName", "role"):
        settings.pop(member, None)
    if not settings.get("launchType") and not settings.get("capacityProviderStrategy"):
        default = cluster.facts["defaultCapacityProviderStrategy"]
        settings |= {"capacityProviderStrategy": default} if default else {"launchType": "EC2"}
    normalise(settings)
    return settings


def normalise(settings: Facts) -> None:
    """Fill defaults in that lie deeper."""
    settings["deploymentConfiguration"] = configuration(settings.get("deploymentConfiguration") or {})
    if settings.get("capacityProviderStrategy"):
        settings["capacityProviderStrategy"] = ecs_clusters.complete_strategy(settings["capacityProviderStrategy"])
    network = settings.get("networkConfiguration")
    if network and network.get("awsvpcConfiguration"):
        own = {"securityGroups": [], "assignPublicIp": "DISABLED", **network["awsvpcConfiguration"]}
        settings["networkConfiguration"] = {"awsvpcConfiguration": own}
    if settings.get("launchType") == "FARGATE" or is_fargate(settings):
        settings.setdefault("platformVersion", "LATEST")
    if settings["loadBalancers"]:
        settings.setdefault("healthCheckGracePeriodSeconds", 0)


def is_fargate(settings: Facts) -> bool:
    strategy = settings.get("capacityProviderStrategy") or []
    return settings.get("launchType") == "FARGATE" or any(
        item["capacityProvider"].startswith("FARGATE") for item in strategy
    )


def configuration(given: Facts) -> Facts:
    """A deployment configuration with AWS's defaults."""
    complete: Facts = {
        "maximumPercent": 200,
        "minimumHealthyPercent": 100,
        "strategy": "ROLLING",
        "bakeTimeInMinutes": 0,
        **copy.deepcopy(given),
    }
    complete["deploymentCircuitBreaker"] = {**BREAKER, **(given.get("deploymentCircuitBreaker") or {})}
    if complete["strategy"] == "CANARY":
        complete["canaryConfiguration"] = {**ecs_rollout.CANARY, **(given.get("canaryConfiguration") or {})}
    if complete["strategy"] == "LINEAR":
        complete["linearConfiguration"] = {**ecs_rollout.LINEAR, **(given.get("linearConfiguration") or {})}
    return complete


def revise(service: Service, definition: TaskDefinition, previous: Revision | None) -> Revision:
    """A new revision of a service from its settings."""
    settings, number = service.settings, long_number()
    region_account = service.arn.split(":")[3:5]
    prefix = f"arn:aws:ecs:{':'.join(region_account)}:service-revision/{service.cluster.name}/{service.name}"
    load_balancers = copy.deepcopy(settings["loadBalancers"])
    facts: Facts = {
        "serviceRevisionArn": f"{prefix}/{number}",
        "serviceArn": service.arn,
        "clusterArn": service.cluster.arn,
        "taskDefinition": definition.arn,
        "loadBalancers": load_balancers,
        "networkConfiguration": copy.deepcopy(settings.get("networkConfiguration")),
        "containerImages": [{"containerName": one["name"], "image": one["image"]} for one in definition.containers],
        "guardDutyEnabled": False,
        "createdAt": now(),
        "resolvedConfiguration": {
            "loadBalancers": [_resolved(item, previous, settings) for item in load_balancers],
        },
    }
    for member in ("capacityProviderStrategy", "launchType"):
        if settings.get(member):
            facts[member] = copy.deepcopy(settings[member])
    if is_fargate(settings):
        version = settings["platformVersion"]
        facts |= {"platformVersion": "1.4.0" if version == "LATEST" else version, "platformFamily": "Linux"}
    kept = {member: copy.deepcopy(settings[member]) for member in (*REVISED, *SILENT) if member in settings}
    revision = Revision(facts["serviceRevisionArn"], number, definition, facts, kept)
    service.revisions[revision.arn] = revision
    return revision


def _resolved(item: Facts, previous: Revision | None, settings: Facts) -> Facts:
    """The target group that a new revision serves: the one of its pair that the running one does not."""
    more = item.get("advancedConfiguration")
    if not more:
        return {"targetGroupArn": item["targetGroupArn"]}
    pair = [item["targetGroupArn"], more["alternateTargetGroupArn"]]
    serving = {one["targetGroupArn"] for one in previous.target_groups} if previous else set()
    shifts = settings["deploymentConfiguration"]["strategy"] != "ROLLING"
    taken = next((group for group in pair if group in serving), None)
    chosen = taken or pair[0]
    if taken and shifts:
        chosen = pair[1 - pair.index(taken)]
    return {"targetGroupArn": chosen, "productionListenerRule": more["productionListenerRule"]}
