# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2 capacity of an ECS cluster: launch template, Auto Scaling group and capacity provider as states. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

from .plan import State
from .tags import from_pairs, to_pairs

SSM = "resolve:ssm:"
# ECS puts this tag on the groups that it scales.
OF_ECS = "AmazonECSManaged"
# What the root device of the ECS-optimized images is called.
ROOT_DEVICE = "/dev/xvda"


def user_data(cluster: str) -> str:
    """What an instance is told at its first start: its cluster, and to keep tasks away from its own credentials."""
    settings = {
        "ECS_CLUSTER": cluster,
        "ECS_AWSVPC_BLOCK_IMDS": "true",
        "ECS_ENABLE_SPOT_INSTANCE_DRAINING": "true",
        "ECS_CONTAINER_INSTANCE_PROPAGATE_TAGS_FROM": "ec2_instance",
    }
    lines = [f"echo {name}={value} >> /etc/ecs/ecs.config" for name, value in settings.items()]
    return "\n".join(["#!/bin/bash", *lines, ""])


def template_state(options: Mapping[str, Any], instance_tags: Mapping[str, str]) -> State:
    """The wanted launch template; groups by name. The image is looked up by EC2 whenever an instance starts."""
    return {
        "instance_type": options["instance_type"],
        "image": f"{SSM}{options['ami_parameter']}",
        "volume_size": options["volume_size"],
        "volume_encrypted": True,
        "metadata_tokens": "required",
        "metadata_hops": 1,
        "instance_profile": options["instance_role"],
        "security_groups": sorted(options["security_groups"]),
        "user_data": user_data(options["cluster"]),
        "instance_tags": dict(instance_tags),
    }


def observed_template(data: Mapping[str, Any], group_names: Mapping[str, str]) -> State:
    """The content of a version, as DescribeLaunchTemplateVersions shows it."""
    disk: State = next((each.get("Ebs", {}) for each in data.get("BlockDeviceMappings") or ()), {})
    metadata = data.get("MetadataOptions") or {}
    specifications = data.get("TagSpecifications") or ()
    tags: list[dict[str, str]] = next(
        (each.get("Tags") for each in specifications if each["ResourceType"] == "instance"), []
    )
    return {
        "instance_type": data.get("InstanceType", ""),
        "image": data.get("ImageId", ""),
        "volume_size": disk.get("VolumeSize", 0),
        "volume_encrypted": bool(disk.get("Encrypted")),
        "metadata_tokens": metadata.get("HttpTokens", "optional"),
        "metadata_hops": metadata.get("HttpPutResponseHopLimit", 1),
        "instance_profile": (data.get("IamInstanceProfile") or {}).get("Name", ""),
        "security_groups": sorted(group_names.get(each, each) for each in data.get("SecurityGroupIds") or ()),
        "user_data": _decoded(data.get("UserData", "")),
        "instance_tags": from_pairs(tags),
    }


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text).decode()
    except (binascii.Error, UnicodeDecodeError):
        return text


def template_data(state: State, group_ids: Iterable[str]) -> State:
    """The content as CreateLaunchTemplate takes it."""
    disk = {
        "Encrypted": state["volume_encrypted"],
        "VolumeSize": state["volume_size"],
        "VolumeType": "gp3",
        "DeleteOnTermination": True,
    }
    tags = to_pairs(state["instance_tags"])
    return {
        "InstanceType": state["instance_type"],
        "ImageId": state["image"],
        "BlockDeviceMappings": [{"DeviceName": ROOT_DEVICE, "Ebs": disk}],
        "MetadataOptions": {
            "HttpTokens": state["metadata_tokens"],
            "HttpPutResponseHopLimit": state["metadata_hops"],
            "HttpEndpoint": "enabled",
        },
        "IamInstanceProfile": {"Name": state["instance_profile"]},
        "SecurityGroupIds": sorted(group_ids),
        "UserData": base64.b64encode(state["user_data"].encode()).decode(),
        **(
            {"TagSpecifications": [{"ResourceType": each, "Tags": tags} for each in ("instance", "volume")]}
            if tags
            else {}
        ),
    }


def group_state(options: Mapping[str, Any]) -> State:
    """The wanted Auto Scaling group. Its number of instances is left to managed scaling."""
    return {
        "launch_template": options["name"],
        "min_size": options["min_size"],
        "max_size": options["max_size"],
        "subnets": sorted(options["subnets"]),
        # Managed termination protection needs it.
        "protected": options["termination_protection"],
    }


def observed_group(group: Mapping[str, Any], subnet_names: Mapping[str, str]) -> State:
    """One group of DescribeAutoScalingGroups' answer."""
    subnets = [each for each in (group.get("VPCZoneIdentifier") or "").split(",") if each]
    tags = from_pairs(group.get("Tags"))
    tags.pop(OF_ECS, None)
    return {
        "launch_template": (group.get("LaunchTemplate") or {}).get("LaunchTemplateName", ""),
        "min_size": group["MinSize"],
        "max_size": group["MaxSize"],
        "subnets": sorted(subnet_names.get(each, each) for each in subnets),
        "protected": bool(group.get("NewInstancesProtectedFromScaleIn")),
        "tags": tags,
    }


def provider_state(options: Mapping[str, Any]) -> State:
    """The wanted capacity provider."""
    return {
        "auto_scaling_group": options["name"],
        "target_capacity": options["target_capacity"],
        "managed_scaling": True,
        "termination_protection": options["termination_protection"],
        "draining": options["draining"],
    }


def observed_provider(provider: Mapping[str, Any]) -> State:
    """One provider of DescribeCapacityProviders' answer."""
    group = provider.get("autoScalingGroupProvider") or {}
    scaling = group.get("managedScaling") or {}
    return {
        "auto_scaling_group": str(group.get("autoScalingGroupArn", "")).rpartition("/")[2],
        "target_capacity": scaling.get("targetCapacity", 100),
        "managed_scaling": scaling.get("status", "DISABLED") == "ENABLED",
        "termination_protection": group.get("managedTerminationProtection", "DISABLED") == "ENABLED",
        "draining": group.get("managedDraining", "ENABLED") == "ENABLED",
        "tags": from_pairs(provider.get("tags"), "key", "value"),
    }


def provider_settings(state: State) -> State:
    """The settings as CreateCapacityProvider and UpdateCapacityProvider take them."""
    return {
        "managedScaling": {"status": _word(state["managed_scaling"]), "targetCapacity": state["target_capacity"]},
        "managedTerminationProtection": _word(state["termination_protection"]),
        "managedDraining": _word(state["draining"]),
    }


def _word(on: bool) -> str:
    return "ENABLED" if on else "DISABLED"
