# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Services of ECS in canonical form: what is compared, what can be changed, and what is sent for it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from .ecs_fields import SERVICE
from .ecs_task_definition import empty, revision_of
from .plan import State
from .shape import canonical

# What names the service, and tags, which have calls of their own.
APART = ("cluster", "serviceName", "tags")
# Left alone where nothing is said: AWS fills them in from the cluster, from the account or from what was there before,
# and the count of tasks belongs to autoscaling.
UNSAID = (
    "availabilityZoneRebalancing",
    "capacityProviderStrategy",
    "desiredCount",
    "launchType",
    "role",
    "taskDefinition",
)
IMMUTABLE = {
    "launchType": "Say a capacity provider strategy instead (FARGATE, FARGATE_SPOT or your own), which can be changed.",
    "role": "Create the service again under another name, or leave the role to ECS's service-linked one.",
    "schedulingStrategy": "Create the service again under another name.",
}
SHIFTING = ("BLUE_GREEN", "LINEAR", "CANARY")
# Changes that ECS carries out by a deployment. Source: ECS API reference, UpdateService, and service revisions.
DEPLOYS = frozenset(
    {
        "capacityProviderStrategy",
        "gatewayConnectors",
        "loadBalancers",
        "networkConfiguration",
        "platformVersion",
        "serviceConnectConfiguration",
        "serviceRegistries",
        "taskDefinition",
        "volumeConfigurations",
        "vpcLatticeConfigurations",
    }
)
# Of these DescribeServices tells nothing; the revision in use does.
IN_REVISION = ("gatewayConnectors", "monitoring")
IN_DEPLOYMENT = ("serviceConnectConfiguration", "volumeConfigurations", "vpcLatticeConfigurations")


def sendable(values: Mapping[str, Any]) -> State:
    """What is wanted in the shape of CreateService, without what says nothing.

    Raises PlanRefused for keys that AWS does not have.
    """
    found: State = canonical(SERVICE, values, fill=False, strict=True) or {}
    return found


def service_state(values: Mapping[str, Any]) -> State:
    """Everything that ECS keeps of a service, with AWS's defaults. None: nothing is said, and it is left alone."""
    said: State = canonical(SERVICE, values, fill=False) or {}
    said["deploymentConfiguration"] = deployment_configuration(said)
    if "taskDefinition" in said:
        said["taskDefinition"] = revision_of(said["taskDefinition"])
    if "role" in said:
        said["role"] = said["role"].rpartition("/")[2]
    filled = canonical(SERVICE, said) or {}
    shapes = {name: shape for name, shape in SERVICE.fields.items() if name not in APART}
    return {name: filled.get(name, None if name in UNSAID else empty(shape)) for name, shape in shapes.items()}


def deployment_configuration(values: Mapping[str, Any]) -> State:
    """The deployment configuration complete, with the defaults of its strategy.

    Source: ECS API reference, DeploymentConfiguration, LinearConfiguration, CanaryConfiguration.
    """
    said = dict(values.get("deploymentConfiguration") or {})
    strategy = said.get("strategy") or "ROLLING"
    daemon = values.get("schedulingStrategy") == "DAEMON"
    defaults: State = {
        "strategy": strategy,
        "maximumPercent": 100 if daemon else 200,
        "minimumHealthyPercent": 0 if daemon else 100,
        "bakeTimeInMinutes": 0,
    }
    if strategy == "LINEAR":
        steps = {"stepPercent": 10.0, "stepBakeTimeInMinutes": 6}
        said["linearConfiguration"] = {**steps, **(said.get("linearConfiguration") or {})}
    if strategy == "CANARY":
        steps = {"canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10}
        said["canaryConfiguration"] = {**steps, **(said.get("canaryConfiguration") or {})}
    return {**defaults, **said}


def with_names(state: State, names: Mapping[str, str], stale: Collection[str] = ()) -> State:
    """A state with names in place of ids, on both sides of a comparison.

    `names` are those of subnets and security groups by id. A target group is called by the name in its ARN, unless that
    is in `stale`: a group that was made again has the name of the old one, but is another.
    """
    awsvpc = dict(state["networkConfiguration"].get("awsvpcConfiguration") or {})
    for field in ("subnets", "securityGroups"):
        if field in awsvpc:
            awsvpc[field] = sorted(names.get(each, each) for each in awsvpc[field])
    network = {"awsvpcConfiguration": awsvpc} if awsvpc else {}
    balancers = [_balancer_names(each, stale) for each in state["loadBalancers"]]
    return {**state, "networkConfiguration": network, "loadBalancers": sorted(balancers, key=str)}


def _balancer_names(balancer: State, stale: Collection[str]) -> State:
    def group(arn: str) -> str:
        return arn if arn in stale or ":targetgroup/" not in arn else arn.split("/")[1]

    named = {**balancer, "targetGroupArn": group(balancer.get("targetGroupArn", ""))}
    advanced = dict(balancer.get("advancedConfiguration") or {})
    if "alternateTargetGroupArn" in advanced:
        advanced["alternateTargetGroupArn"] = group(advanced["alternateTargetGroupArn"])
    if "roleArn" in advanced:
        advanced["roleArn"] = advanced["roleArn"].rpartition("/")[2]
    return {**named, "advancedConfiguration": advanced} if advanced else named


def target_groups(values: Mapping[str, Any]) -> list[str]:
    """The target groups that are mentioned, by ARN or name."""
    balancers = values.get("loadBalancers") or ()
    found = [each.get("targetGroupArn") for each in balancers]
    found += [(each.get("advancedConfiguration") or {}).get("alternateTargetGroupArn") for each in balancers]
    return sorted({str(each) for each in found if each})


def stale_groups(wanted: Mapping[str, Any], observed: Mapping[str, Any]) -> set[str]:
    """ARNs of observed target groups whose name is wanted, but as another ARN."""
    arns = {each for each in target_groups(wanted) if each.startswith("arn:")}
    names = {each.split("/")[1] for each in arns}
    return {each for each in target_groups(observed) if each not in arns and each.split("/")[1] in names}


def leaves_shifting(wanted: Mapping[str, Any], observed: Mapping[str, Any]) -> bool:
    """Whether a service whose traffic ECS moves between target groups is to be deployed task by task from now on."""
    return (
        deployment_configuration(wanted)["strategy"] == "ROLLING"
        and deployment_configuration(observed)["strategy"] in SHIFTING
        and bool(wanted.get("loadBalancers"))
    )


def stranded(wanted: Mapping[str, Any], serving: Collection[str]) -> list[str]:
    """Names of target groups that get traffic now, and would get no tasks of a rolling deployment."""
    groups = [str(each.get("targetGroupArn")) for each in wanted.get("loadBalancers") or ()]
    kept = {each.split("/")[1] if each.startswith("arn:") else each for each in groups}
    return sorted({arn.split("/")[1] for arn in serving} - kept)


def observed_values(description: Mapping[str, Any], revision: Mapping[str, Any] | None = None) -> State:
    """One service of DescribeServices' answer in the shape of CreateService's input.

    `revision` is the service revision in use, for what only that tells.
    """
    deployments = description.get("deployments") or ()
    primary: Mapping[str, Any] = next((each for each in deployments if each.get("status") == "PRIMARY"), {})
    return {
        **description,
        **{field: primary.get(field) for field in IN_DEPLOYMENT},
        **{field: (revision or {}).get(field) for field in IN_REVISION},
        "role": description.get("roleArn"),
    }


def update_arguments(wanted: State, sending: State, fields: Collection[str]) -> State:
    """What UpdateService is told to bring the fields to the wanted state.

    `sending` is what was said (ids in place of names). A field that is no longer said is emptied explicitly. With
    everything that starts a deployment the whole deployment configuration goes along: it does not start one by itself,
    and ECS does not say whether it merges or replaces it.
    """
    told = set(fields) - set(APART)
    if told & DEPLOYS:
        told.add("deploymentConfiguration")
    arguments = {field: sending.get(field, _emptied(field, wanted)) for field in sorted(told)}
    if "deploymentConfiguration" in told:
        arguments["deploymentConfiguration"] = complete_deployment(sending)
    if "capacityProviderStrategy" in told:
        # ECS refuses another strategy without it.
        arguments["forceNewDeployment"] = True
    return arguments


def complete_deployment(sending: State) -> State:
    """The deployment configuration to send: complete, with an empty list of hooks where there are none.

    Source: containers-roadmap 2664: hooks that are not mentioned may stay behind when the strategy changes.
    """
    found = deployment_configuration(sending)
    if found["strategy"] in SHIFTING:
        return {"lifecycleHooks": [], **found}
    return {"lifecycleHooks": [], **{key: value for key, value in found.items() if key != "bakeTimeInMinutes" or value}}


def _emptied(field: str, wanted: State) -> Any:
    if field == "serviceConnectConfiguration":
        return {"enabled": False}
    value = wanted.get(field)
    return value if value not in ("", None) else empty(SERVICE.fields[field])


def starts_deployment(fields: Collection[str]) -> bool:
    """Whether a change of these fields makes ECS deploy."""
    return bool(DEPLOYS & set(fields))
