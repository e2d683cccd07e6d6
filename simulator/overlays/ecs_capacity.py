# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""EC2 capacity of ECS: what AWS refuses of capacity providers and Auto Scaling groups, and their tags.

No instance ever starts: a group that wants one is answered with NotImplemented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers, guards
from simulator.overlays.ecs_model import MANAGED_PROVIDERS, Ecs
from simulator.tagged import Tagged, tagged_resources

if TYPE_CHECKING:
    from collections.abc import Iterator


@guards("autoscaling", "CreateAutoScalingGroup", "UpdateAutoScalingGroup", "SetDesiredCapacity")
def no_instances(context: Context) -> None:
    wanted = max(context.parameters.get("MinSize") or 0, context.parameters.get("DesiredCapacity") or 0)
    if wanted:
        raise AwsError("NotImplemented", f"No instances are simulated, and {wanted} were wanted", 501)


@answers("autoscaling", "DescribeAutoScalingGroups")
def describe_groups(context: Context) -> dict[str, Any]:
    """moto keeps the protection of new instances, and does not tell."""
    answer = context.moto()
    known = context.backend().autoscaling_groups
    for group in answer["AutoScalingGroups"]:
        protected = getattr(known[group["AutoScalingGroupName"]], "new_instances_protected_from_scale_in", False)
        group["NewInstancesProtectedFromScaleIn"] = bool(protected)
    return answer


def _group(context: Context, arn: str) -> Any:
    groups = context.backend("autoscaling").autoscaling_groups
    return next((each for each in groups.values() if each.arn == arn), None)


@guards("ecs", "CreateCapacityProvider")
def create_provider(context: Context) -> None:
    name, own = context.parameters["name"], context.parameters.get("autoScalingGroupProvider")
    if name.startswith(("aws", "ecs", "fargate")):
        raise AwsError("InvalidParameterException", "The name must not begin with aws, ecs or fargate.")
    if own is None:
        raise AwsError("NotImplemented", "Only capacity providers of Auto Scaling groups are simulated", 501)
    group = _group(context, own["autoScalingGroupArn"])
    if group is None:
        raise AwsError("InvalidParameterException", "The specified Auto Scaling group was not found.")
    protected = getattr(group, "new_instances_protected_from_scale_in", False)
    if own.get("managedTerminationProtection") == "ENABLED" and not protected:
        message = "The managed termination protection setting for the capacity provider is invalid. To enable managed "
        message += "termination protection for a capacity provider, the Auto Scaling group must have instance "
        raise AwsError("InvalidParameterException", f"{message}protection from scale in enabled.")


@guards("ecs", "DeleteCapacityProvider")
def delete_provider(context: Context) -> None:
    name = context.parameters["capacityProvider"].rpartition("/")[2]
    if name in MANAGED_PROVIDERS:
        raise AwsError("InvalidParameterException", f"The capacity provider {name} cannot be deleted.")
    for cluster in context.store(Ecs).clusters.values():
        if cluster.status == "ACTIVE" and name in cluster.facts["capacityProviders"]:
            message = f"The capacity provider cannot be deleted because it is associated with cluster: {cluster.name}."
            raise AwsError("ClientException", f"{message} Remove the capacity provider from the cluster and try again.")


@tagged_resources
def capacity(context: Context) -> Iterator[Tagged]:
    for group in context.backend("autoscaling").autoscaling_groups.values():
        tags = {tag["Key"]: tag["Value"] for tag in group.tags}
        yield Tagged(group.arn, "autoscaling:autoScalingGroup", tags)
    for provider in context.backend("ecs").capacity_providers.values():
        tags = {tag["key"]: tag["value"] for tag in provider.tags or ()}
        yield Tagged(provider.capacity_provider_arn, "ecs:capacity-provider", tags)
