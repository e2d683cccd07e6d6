# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What CreateService and UpdateService refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from simulator.errors import AwsError, not_implemented
from simulator.overlays import ecs_clusters, ecs_hooks, ecs_rollout

if TYPE_CHECKING:
    from simulator.overlay import Context
    from simulator.overlays.ecs_model import Cluster, Facts, TaskDefinition

NOT_SIMULATED = (
    "serviceConnectConfiguration",
    "serviceRegistries",
    "vpcLatticeConfigurations",
    "gatewayConnectors",
    "volumeConfigurations",
)
MOST_BAKE = 1440
PRINCIPAL = "ecs.amazonaws.com"


def refuse(message: str) -> NoReturn:
    raise AwsError("InvalidParameterException", message)


def check(context: Context, cluster: Cluster, settings: Facts, definition: TaskDefinition) -> None:
    """Hold the complete settings of a service against AWS's rules.

    :raises AwsError: mostly InvalidParameterException; NotImplemented for what is not simulated.
    """
    for member in NOT_SIMULATED:
        if settings.get(member):
            raise not_implemented("ecs", context.call.operation, member)
    if settings["deploymentController"]["type"] != "ECS":
        raise not_implemented("ecs", context.call.operation, "deployment controllers other than ECS")
    if settings["schedulingStrategy"] != "REPLICA":
        raise not_implemented("ecs", context.call.operation, "the DAEMON scheduling strategy")
    _check_capacity(context, cluster, settings, definition)
    _check_network(context, settings, definition)
    _check_deployment(context, settings)
    for item in settings["loadBalancers"]:
        _check_load_balancer(context, item, definition)
    _check_shifting(settings)
    for placement in settings.get("placementConstraints", []) + settings.get("placementStrategy", []):
        if "FARGATE" in (settings.get("launchType"), *providers(settings)):
            refuse(f"Placement constraints and strategies are not supported on Fargate: {placement.get('type')}.")


def check_run(context: Context, cluster: Cluster, settings: Facts, definition: TaskDefinition) -> None:
    """What RunTask refuses.

    :raises AwsError: as `check`.
    """
    _check_capacity(context, cluster, settings, definition)
    _check_network(context, settings, definition)


def providers(settings: Facts) -> list[str]:
    """The capacity providers of the strategy."""
    return [item["capacityProvider"] for item in settings.get("capacityProviderStrategy") or []]


def _check_capacity(context: Context, cluster: Cluster, settings: Facts, definition: TaskDefinition) -> None:
    if settings.get("launchType") and settings.get("capacityProviderStrategy"):
        refuse("Specifying both a launch type and capacity provider strategy is not supported. Remove one and retry.")
    if not 0 <= settings.get("desiredCount", 0) <= 5000:
        refuse("Desired count must be between 0 and 5000.")
    ecs_clusters.check_strategy(
        context, settings.get("capacityProviderStrategy") or [], cluster.facts["capacityProviders"]
    )
    fargate = settings.get("launchType") == "FARGATE" or any(one.startswith("FARGATE") for one in providers(settings))
    if fargate and "FARGATE" not in definition.facts["compatibilities"]:
        raise AwsError(
            "PlatformTaskDefinitionIncompatibilityException",
            "Task definition does not support launch_type FARGATE.",
        )


def _check_network(context: Context, settings: Facts, definition: TaskDefinition) -> None:
    network = (settings.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    awsvpc = definition.facts.get("networkMode") == "awsvpc"
    if awsvpc and not network:
        refuse("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    if not awsvpc and network:
        refuse("Network Configuration is only supported when networkMode 'awsvpc' is specified.")
    if not network:
        return
    if not network["subnets"]:
        refuse("subnets can not be empty.")
    backend = context.backend("ec2")
    subnets = {subnet.id: subnet for zone in backend.subnets.values() for subnet in zone.values()}
    for subnet in network["subnets"]:
        if subnet not in subnets:
            text = f"Error retrieving subnet information for [{subnet}]: The subnet ID '{subnet}' does not exist"
            refuse(f"{text} (ErrorCode: InvalidSubnetID.NotFound)")
    groups = {group for known in backend.groups.values() for group in known}
    for group in network.get("securityGroups", []):
        if group not in groups:
            text = f"Error retrieving security group information for [{group}]: "
            refuse(f"{text}The security group '{group}' does not exist (ErrorCode: InvalidGroup.NotFound)")
    if len({subnets[subnet].vpc_id for subnet in network["subnets"]}) > 1:
        refuse("The subnets must be in one VPC.")


def _check_deployment(context: Context, settings: Facts) -> None:
    configuration = settings["deploymentConfiguration"]
    least, most = configuration["minimumHealthyPercent"], configuration["maximumPercent"]
    if not 0 <= least <= 100 or most < 100 or least == most == 100:
        refuse("Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.")
    if not 0 <= configuration["bakeTimeInMinutes"] <= MOST_BAKE:
        refuse(f"bakeTimeInMinutes must be between 0 and {MOST_BAKE}.")
    strategy = configuration["strategy"]
    for member, owner in (("canaryConfiguration", "CANARY"), ("linearConfiguration", "LINEAR")):
        if configuration.get(member) and strategy != owner:
            refuse(f"{member} is allowed only with the {owner} strategy.")
    step = (configuration.get("linearConfiguration") or {}).get("stepPercent", 10.0)
    part = (configuration.get("canaryConfiguration") or {}).get("canaryPercent", 5.0)
    if not 3.0 <= step <= 100.0 or not 0.1 <= part <= 100.0:
        refuse("stepPercent must be between 3.0 and 100.0, canaryPercent between 0.1 and 100.0.")
    _check_early_success(configuration)
    ecs_hooks.check(context.world, configuration, context.call.operation)


def _check_early_success(configuration: Facts) -> None:
    criteria = ecs_rollout.early(configuration)
    if not criteria:
        return
    if configuration["strategy"] in ecs_rollout.SHIFTING:
        refuse("earlySuccessCriteria is allowed only with the ROLLING strategy.")
    if not {"healthyPercent", "sourceServiceRevisionCleanup"} <= criteria.keys():
        refuse("earlySuccessCriteria needs healthyPercent and sourceServiceRevisionCleanup.")
    least = configuration["minimumHealthyPercent"]
    if not least <= criteria["healthyPercent"] <= ecs_rollout.ALL:
        refuse(f"healthyPercent must be between minimumHealthyPercent ({least}) and 100.")


def _check_load_balancer(context: Context, item: Facts, definition: TaskDefinition) -> None:
    if item.get("loadBalancerName") or not item.get("targetGroupArn"):
        refuse("A target group ARN must be given: classic load balancers do not go with awsvpc.")
    container = next((one for one in definition.containers if one["name"] == item.get("containerName")), None)
    if container is None:
        refuse(f"The container {item.get('containerName')} does not exist in the task definition.")
    if item.get("containerPort") not in [mapping.get("containerPort") for mapping in container["portMappings"]]:
        name, port = item.get("containerName"), item.get("containerPort")
        refuse(f"The container {name} did not have a container port {port} defined.")
    group = _target_group(context, item["targetGroupArn"])
    more = item.get("advancedConfiguration")
    if definition.facts.get("networkMode") == "awsvpc" and group.get("TargetType") != "ip":
        message = "has target type instance, which is incompatible with the awsvpc network mode specified in the task "
        refuse(f"The provided target group {item['targetGroupArn']} {message}definition.")
    if not group.get("LoadBalancerArns"):
        message = f"The target group with targetGroupArn {item['targetGroupArn']}"
        refuse(f"{message} does not have an associated load balancer.")
    if more:
        _check_advanced(context, more)


def _target_group(context: Context, arn: str) -> Facts:
    try:
        found: Facts = context.invoke("elbv2", "DescribeTargetGroups", TargetGroupArns=[arn])["TargetGroups"][0]
    except AwsError:
        refuse(f"The target group {arn} does not exist.")
    return found


def _check_advanced(context: Context, more: Facts) -> None:
    for member in ("alternateTargetGroupArn", "productionListenerRule", "roleArn"):
        if not more.get(member):
            refuse(f"{member} is required in advancedConfiguration.")
    _target_group(context, more["alternateTargetGroupArn"])
    for member in ("productionListenerRule", "testListenerRule"):
        if more.get(member) and ":listener-rule/" not in more[member]:
            raise not_implemented("ecs", context.call.operation, "network load balancers")
        if more.get(member):
            _check_rule(context, more[member])
    check_role(context, more["roleArn"])


def _check_rule(context: Context, rule: str) -> None:
    try:
        context.invoke("elbv2", "DescribeRules", RuleArns=[rule])
    except AwsError:
        refuse(f"The listener rule {rule} does not exist.")


def check_role(context: Context, arn: str) -> None:
    """ECS must be allowed to assume the infrastructure role.

    :raises AwsError: InvalidParameterException.
    """
    role = next((one for one in context.backend("iam", "aws").roles.values() if one.arn == arn), None)
    if role is None or PRINCIPAL not in str(role.assume_role_policy_document):
        message = f"ECS was unable to assume the role '{arn}' that was provided for this load balancer. Please verify "
        refuse(f"{message}that the role being passed has the proper trust relationship and permissions.")


def _check_shifting(settings: Facts) -> None:
    strategy = settings["deploymentConfiguration"]["strategy"]
    for item in settings["loadBalancers"]:
        if strategy != "ROLLING" and not item.get("advancedConfiguration"):
            refuse(f"advancedConfiguration is required in loadBalancers with the {strategy} deployment strategy.")
