# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Targets of a target group: registered, healthy, draining, gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays.elbv2_model import Balancing, Item, Target, balancing, find, invalid

if TYPE_CHECKING:
    from simulator.world import World

# AWS's seconds are counted in fiftieths, as all that takes time here.
SCALE = 50
MOST_TARGETS = 1000
REASONS = {
    "Target.NotInUse": "Target group is not configured to receive traffic from the load balancer",
    "Elb.RegistrationInProgress": "Target registration is in progress",
    "Elb.InitialHealthChecking": "Initial health checks in progress",
    "Target.DeregistrationInProgress": "Target deregistration is in progress",
    "Target.NotRegistered": "Target is not registered to the target group",
}


def set_state(target: Target, state: str, reason: str = "", description: str = "") -> None:
    target.state, target.reason = state, reason
    target.description = description or REASONS.get(reason, "")


def register(world: World, account: str, region: str, group_arn: str, targets: list[Item]) -> None:
    """Register targets (Id, Port) as RegisterTargets does, for other services of the same account."""
    store = world.store(Balancing, account, region)
    group, table = store.groups[group_arn], store.targets.setdefault(group_arn, {})
    for given in targets:
        key = (given["Id"], int(given.get("Port") or group["Port"]))
        known = table.get(key)
        if known is not None and known.state != "draining":
            continue
        registration = known.registration + 1 if known else 0
        table[key] = Target(*key, given.get("AvailabilityZone"), registration=registration)
        set_state(table[key], "unused", "Target.NotInUse")
    follow_usage(world, store)


def deregister(world: World, account: str, region: str, group_arn: str, targets: list[Item]) -> None:
    """Let targets drain for the deregistration delay, then forget them, as DeregisterTargets does."""
    store = world.store(Balancing, account, region)
    group, table = store.groups[group_arn], store.targets.setdefault(group_arn, {})
    for given in targets:
        key = (given["Id"], int(given.get("Port") or group["Port"]))
        target = table.get(key)
        if target is None or target.state == "draining":
            continue
        if target.state == "unused":
            del table[key]
            continue
        set_state(target, "draining", "Target.DeregistrationInProgress")
        delay = int(store.attributes[group_arn]["deregistration_delay.timeout_seconds"])
        world.schedule.in_seconds(delay / SCALE, _drained, store, group_arn, key, target.registration)
    follow_usage(world, store)


def _drained(_world: World, store: Balancing, group_arn: str, key: tuple[str, int], registration: int) -> None:
    target = store.targets.get(group_arn, {}).get(key)
    if target is not None and target.state == "draining" and target.registration == registration:
        del store.targets[group_arn][key]


def follow_usage(world: World, store: Balancing) -> None:
    """Targets are checked while a load balancer uses their group; called when rules or targets have changed."""
    if world.data_plane is not None:
        world.data_plane.changed.set()
    for arn, table in store.targets.items():
        used = bool(store.balancers_of_group(arn))
        for key, target in table.items():
            if used and target.state == "unused":
                set_state(target, "initial", "Elb.RegistrationInProgress")
                if world.data_plane is None:
                    world.schedule.after("target_health", _healthy, store, arn, key)
            elif not used and target.state not in ("unused", "draining"):
                set_state(target, "unused", "Target.NotInUse")


def _healthy(_world: World, store: Balancing, group_arn: str, key: tuple[str, int]) -> None:
    """Without a data plane there is nobody who could look: what was registered is taken to be healthy."""
    target = store.targets.get(group_arn, {}).get(key)
    if target is not None and target.state == "initial":
        set_state(target, "healthy")


@answers("elbv2", "RegisterTargets")
def register_targets(context: Context) -> dict[str, Any]:
    group = find(context, "groups", context.parameters["TargetGroupArn"])
    for target in context.parameters["Targets"]:
        _check(group, target)
    known = balancing(context).targets.get(group["TargetGroupArn"], {})
    if len(known) + len(context.parameters["Targets"]) > MOST_TARGETS:
        raise AwsError("TooManyTargets", f"A target group has at most {MOST_TARGETS} targets")
    register(context.world, context.account, context.region, group["TargetGroupArn"], context.parameters["Targets"])
    return {}


def _check(group: Item, target: Item) -> None:
    identifier = target["Id"]
    if group["TargetType"] == "ip":
        parts = identifier.split(".")
        if len(parts) != 4 or not all(part.isdigit() and int(part) < 256 for part in parts):
            raise invalid(f"The IP address '{identifier}' is not a valid IPv4 address")
    elif group["TargetType"] == "instance" and not identifier.startswith("i-"):
        raise AwsError("InvalidTarget", f"The following targets are not in the target group VPC: '{identifier}'")


@answers("elbv2", "DeregisterTargets")
def deregister_targets(context: Context) -> dict[str, Any]:
    group = find(context, "groups", context.parameters["TargetGroupArn"])
    targets = context.parameters["Targets"]
    deregister(context.world, context.account, context.region, group["TargetGroupArn"], targets)
    return {}


@answers("elbv2", "DescribeTargetHealth")
def describe_target_health(context: Context) -> dict[str, Any]:
    """Those asked for are shown although they are not registered."""
    group = find(context, "groups", context.parameters["TargetGroupArn"])
    table = balancing(context).targets.get(group["TargetGroupArn"], {})
    wanted = context.parameters.get("Targets")
    targets = list(table.values())
    if wanted:
        keys = [(one["Id"], int(one.get("Port") or group["Port"])) for one in wanted]
        unknown = Target("", 0, None, description=REASONS["Target.NotRegistered"])
        targets = [table.get(key) or Target(*key, None, description=unknown.description) for key in keys]
    return {"TargetHealthDescriptions": [_shown(group, target) for target in targets]}


def _shown(group: Item, target: Target) -> Item:
    health = {"State": target.state, "Reason": target.reason, "Description": target.description}
    port = group["HealthCheckPort"]
    zone = {"AvailabilityZone": target.zone} if target.zone else {}
    return {
        "Target": {"Id": target.identifier, "Port": target.port} | zone,
        "HealthCheckPort": str(target.port) if port == "traffic-port" else port,
        "TargetHealth": {key: value for key, value in health.items() if value},
    }
