# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls that together use every operation of ECS that the overlays answer, and what they need to run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.support.simulator import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Callable

    Aws = Callable[..., Any]

ECS_TAG = {"key": "Project", "value": "monay"}
REPOSITORY = "monay/dev/admin"
IMAGE = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{REPOSITORY}"


def trust(service: str) -> str:
    """A policy that lets a service assume the role."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def make_image(aws: Aws, tag: str = "1.0.0") -> str:
    """An image with a tag; its digest."""
    manifest = {
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": f"sha256:{'0' * 64}", "size": 2},
        "layers": [],
        "annotations": {"org.opencontainers.image.version": tag},
    }
    put = aws("ecr").put_image(repositoryName=REPOSITORY, imageManifest=json.dumps(manifest), imageTag=tag)
    return str(put["image"]["imageId"]["imageDigest"])


def make_platform(aws: Aws) -> dict[str, Any]:
    """A network, roles, a repository with an image, a secret, a log group, a cluster, a load balancer."""
    ec2, iam, elb = aws("ec2"), aws("iam"), aws("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.10.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.10.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(GroupName="app", Description="tasks", VpcId=vpc)["GroupId"]
    roles = {
        name: iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service))["Role"]["Arn"]
        for name, service in (
            ("execution", "ecs-tasks.amazonaws.com"),
            ("task", "ecs-tasks.amazonaws.com"),
            ("infrastructure", "ecs.amazonaws.com"),
        )
    }
    aws("ecr").create_repository(repositoryName=REPOSITORY)
    digest = make_image(aws)
    secret = aws("secretsmanager").create_secret(Name="app", SecretString='{"KEY": "value"}')["ARN"]
    aws("logs").create_log_group(logGroupName="/app")
    balancer = elb.create_load_balancer(Name="alb", Subnets=subnets, Scheme="internal")["LoadBalancers"][0][
        "LoadBalancerArn"
    ]
    groups = [
        elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")["TargetGroups"][0][
            "TargetGroupArn"
        ]
        for name in ("blue", "green")
    ]
    made = {"vpc": vpc, "subnets": subnets, "group": group, "roles": roles, "digest": digest, "secret": secret}
    made |= {"groups": groups, "balancer": balancer}
    made["rules"] = [_make_rule(elb, balancer, port, groups) for port in (80, 8443)]
    aws("ecs").create_cluster(
        clusterName="main",
        tags=[ECS_TAG],
        capacityProviders=["FARGATE", "FARGATE_SPOT"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 1}],
    )
    return made


def _make_rule(elb: Any, balancer: str, port: int, groups: list[str]) -> str:
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"}}
    listener = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=port, DefaultActions=[fixed])
    weights = [{"TargetGroupArn": group, "Weight": weight} for group, weight in zip(groups, (1, 0), strict=True)]
    rule = elb.create_rule(
        ListenerArn=listener["Listeners"][0]["ListenerArn"],
        Priority=10,
        Conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": ["app.example"]}}],
        Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": weights}}],
    )
    return str(rule["Rules"][0]["RuleArn"])


def container(made: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """A container definition with a port, a secret, a health check and logs."""
    return {
        "name": "app",
        "image": f"{IMAGE}@{made['digest']}",
        "portMappings": [{"containerPort": 3001}],
        "environment": [{"name": "A", "value": "1"}],
        "secrets": [{"name": "KEY", "valueFrom": f"{made['secret']}:KEY::"}],
        "healthCheck": {"command": ["CMD-SHELL", "true"]},
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {"awslogs-group": "/app", "awslogs-region": REGION, "awslogs-stream-prefix": "app"},
        },
        **changes,
    }


def definition(made: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Parameters of RegisterTaskDefinition; `container` replaces members of the container."""
    own = changes.pop("container", {})
    return {
        "family": "app",
        "networkMode": "awsvpc",
        "requiresCompatibilities": ["FARGATE"],
        "cpu": "256",
        "memory": "512",
        "executionRoleArn": made["roles"]["execution"],
        "taskRoleArn": made["roles"]["task"],
        "containerDefinitions": [container(made, **own)],
        "tags": [ECS_TAG],
        **changes,
    }


def service(made: dict[str, Any], strategy: str = "ROLLING", **changes: Any) -> dict[str, Any]:
    """Parameters of CreateService behind the load balancer."""
    balancer: dict[str, Any] = {"targetGroupArn": made["groups"][0], "containerName": "app", "containerPort": 3001}
    balancer["advancedConfiguration"] = {
        "alternateTargetGroupArn": made["groups"][1],
        "productionListenerRule": made["rules"][0],
        "testListenerRule": made["rules"][1],
        "roleArn": made["roles"]["infrastructure"],
    }
    return {
        "cluster": "main",
        "serviceName": "app",
        "taskDefinition": "app",
        "desiredCount": 2,
        "launchType": "FARGATE",
        "networkConfiguration": network(made),
        "loadBalancers": [balancer],
        "deploymentConfiguration": {
            "strategy": strategy,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        },
        "tags": [ECS_TAG],
        **changes,
    }


def network(made: dict[str, Any]) -> dict[str, Any]:
    """Where tasks are."""
    return {"awsvpcConfiguration": {"subnets": made["subnets"], "securityGroups": [made["group"]]}}


def clusters(aws: Aws) -> None:
    ecs = aws("ecs")
    arn = ecs.create_cluster(clusterName="main", settings=[{"name": "containerInsights", "value": "enabled"}])[
        "cluster"
    ]["clusterArn"]
    logging = {"executeCommandConfiguration": {"logging": "DEFAULT"}}
    ecs.update_cluster(cluster="main", configuration=logging)
    ecs.update_cluster_settings(cluster="main", settings=[{"name": "containerInsights", "value": "enhanced"}])
    ecs.put_cluster_capacity_providers(
        cluster="main", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[]
    )
    ecs.describe_clusters(clusters=["main", "other"], include=["SETTINGS", "CONFIGURATIONS", "TAGS", "STATISTICS"])
    ecs.list_clusters()
    ecs.tag_resource(resourceArn=arn, tags=[ECS_TAG])
    ecs.list_tags_for_resource(resourceArn=arn)
    ecs.untag_resource(resourceArn=arn, tagKeys=["Project"])
    ecs.delete_cluster(cluster="main")


def task_definitions(aws: Aws) -> None:
    ecs, made = aws("ecs"), make_platform(aws)
    arn = ecs.register_task_definition(**definition(made))["taskDefinition"]["taskDefinitionArn"]
    ecs.describe_task_definition(taskDefinition="app", include=["TAGS"])
    ecs.list_task_definitions(familyPrefix="app")
    ecs.list_task_definition_families(familyPrefix="a")
    ecs.deregister_task_definition(taskDefinition=arn)
    ecs.delete_task_definitions(taskDefinitions=[arn])


def services(aws: Aws) -> None:
    ecs, made = aws("ecs"), make_platform(aws)
    ecs.register_task_definition(**definition(made))
    ecs.create_service(**service(made, "BLUE_GREEN"))
    ecs.describe_services(cluster="main", services=["app", "other"], include=["TAGS"])
    ecs.list_services(cluster="main")
    ecs.register_task_definition(**definition(made, cpu="512", memory="1024"))
    ecs.update_service(cluster="main", service="app", taskDefinition="app", desiredCount=1)
    first = pause(aws)
    ecs.continue_service_deployment(serviceDeploymentArn=first["serviceDeploymentArn"], hookId=open_hook(aws, first))
    assert deployment(aws, first)["status"] == "SUCCESSFUL"
    second = pause(aws)
    ecs.stop_service_deployment(serviceDeploymentArn=second["serviceDeploymentArn"])
    assert deployment(aws, second)["status"] == "ROLLBACK_SUCCESSFUL"
    ecs.describe_service_revisions(serviceRevisionArns=[second["targetServiceRevisionArn"]])
    ecs.delete_service(cluster="main", service="app", force=True)
    ecs.describe_services(cluster="main", services=["app"])


def pause(aws: Aws) -> dict[str, Any]:
    """Start a deployment that pauses when test traffic has moved; as ListServiceDeployments shows it."""
    ecs = aws("ecs")
    hook = {"targetType": "PAUSE", "lifecycleStages": ["POST_TEST_TRAFFIC_SHIFT"]}
    configuration = {"strategy": "BLUE_GREEN", "lifecycleHooks": [hook]}
    ecs.update_service(cluster="main", service="app", deploymentConfiguration=configuration, forceNewDeployment=True)
    found: dict[str, Any] = ecs.list_service_deployments(cluster="main", service="app")["serviceDeployments"][0]
    return found


def deployment(aws: Aws, brief: dict[str, Any]) -> dict[str, Any]:
    """A service deployment in full."""
    arns = [brief["serviceDeploymentArn"]]
    found: dict[str, Any] = aws("ecs").describe_service_deployments(serviceDeploymentArns=arns)["serviceDeployments"][0]
    return found


def open_hook(aws: Aws, brief: dict[str, Any]) -> str:
    """The hook that waits for a decision."""
    (hook,) = [one for one in deployment(aws, brief)["lifecycleHookDetails"] if one["status"] == "AWAITING_ACTION"]
    return str(hook["hookId"])


def tasks(aws: Aws) -> None:
    ecs, made = aws("ecs"), make_platform(aws)
    ecs.register_task_definition(**definition(made))
    started = ecs.run_task(
        cluster="main", taskDefinition="app", launchType="FARGATE", networkConfiguration=network(made), startedBy="me"
    )
    arn = started["tasks"][0]["taskArn"]
    ecs.list_tasks(cluster="main", startedBy="me")
    ecs.describe_tasks(cluster="main", tasks=[arn, "0" * 32], include=["TAGS"])
    ecs.stop_task(cluster="main", task=arn, reason="enough")
    ecs.describe_tasks(cluster="main", tasks=[arn])


ECS_SCENARIOS: list[Callable[[Aws], None]] = [clusters, task_definitions, services, tasks]
