# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls that together use every operation around ECS that gives it capacity: autoscaling of services and instances."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulator.scenarios_ecs import definition, make_platform, service

if TYPE_CHECKING:
    from collections.abc import Callable

    Aws = Callable[..., Any]

SCALED: dict[str, Any] = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/main/app",
    "ScalableDimension": "ecs:service:DesiredCount",
}


def make_service(aws: Aws) -> None:
    """A service that runs."""
    made = make_platform(aws)
    aws("ecs").register_task_definition(**definition(made))
    aws("ecs").create_service(**service(made, desiredCount=1))


def autoscaling(aws: Aws) -> None:
    scaling = aws("application-autoscaling")
    make_service(aws)
    arn = scaling.register_scalable_target(**SCALED, MinCapacity=2, MaxCapacity=4, Tags={"Project": "monay"})[
        "ScalableTargetARN"
    ]
    scaling.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=["service/main/app"])
    cpu = {
        "TargetValue": 60,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
    }
    scaling.put_scaling_policy(
        **SCALED, PolicyName="cpu", PolicyType="TargetTrackingScaling", TargetTrackingScalingPolicyConfiguration=cpu
    )
    scaling.describe_scaling_policies(ServiceNamespace="ecs", ResourceId="service/main/app")
    scaling.delete_scaling_policy(**SCALED, PolicyName="cpu")
    scaling.put_scheduled_action(
        **SCALED,
        ScheduledActionName="night",
        Schedule="cron(0 20 * * ? *)",
        ScalableTargetAction={"MinCapacity": 1, "MaxCapacity": 1},
    )
    scaling.describe_scheduled_actions(ServiceNamespace="ecs")
    scaling.delete_scheduled_action(**SCALED, ScheduledActionName="night")
    scaling.tag_resource(ResourceARN=arn, Tags={"Owner": "us"})
    scaling.list_tags_for_resource(ResourceARN=arn)
    scaling.untag_resource(ResourceARN=arn, TagKeys=["Owner"])
    scaling.deregister_scalable_target(**SCALED)


def instances(aws: Aws) -> None:
    made, scaling = make_platform(aws), aws("autoscaling")
    aws("ec2").create_launch_template(
        LaunchTemplateName="nodes", LaunchTemplateData={"ImageId": "ami-12345678", "InstanceType": "t3.medium"}
    )
    aws("ec2").describe_launch_templates(LaunchTemplateNames=["nodes"])
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="nodes",
        MinSize=0,
        MaxSize=2,
        VPCZoneIdentifier=made["subnets"][0],
        LaunchTemplate={"LaunchTemplateName": "nodes", "Version": "$Latest"},
        NewInstancesProtectedFromScaleIn=True,
    )
    (group,) = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=["nodes"])["AutoScalingGroups"]
    provider = {"autoScalingGroupArn": group["AutoScalingGroupARN"], "managedTerminationProtection": "ENABLED"}
    aws("ecs").create_capacity_provider(name="nodes", autoScalingGroupProvider=provider)
    aws("ecs").delete_capacity_provider(capacityProvider="nodes")


CAPACITY: list[Callable[[Aws], None]] = [autoscaling, instances]
