# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What of a service ECS would refuse, or would accept and never get done. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .ecs_service import SHIFTING, deployment_configuration


def problems(values: Mapping[str, Any]) -> list[str]:
    """What ECS would refuse, or would accept and never get done."""
    return [*_deployment_problems(values), *_balancer_problems(values), *_capacity_problems(values)]


def _deployment_problems(values: Mapping[str, Any]) -> list[str]:
    found = deployment_configuration(values)
    strategy, wrong = found["strategy"], []
    if strategy not in ("ROLLING", *SHIFTING):
        wrong.append(f"deploymentConfiguration.strategy is one of ROLLING, {', '.join(SHIFTING)}; got {strategy!r}")
    if not 0 <= found["bakeTimeInMinutes"] <= 1440:
        wrong.append(f"deploymentConfiguration.bakeTimeInMinutes is 0 to 1440, got {found['bakeTimeInMinutes']}")
    for part, owner in (("linearConfiguration", "LINEAR"), ("canaryConfiguration", "CANARY")):
        if part in found and strategy != owner:
            wrong.append(f"deploymentConfiguration.{part} is for the strategy {owner}, not for {strategy}")
    if found["maximumPercent"] <= 100 and found["minimumHealthyPercent"] >= 100 and strategy == "ROLLING":
        wrong.append("with maximumPercent 100 and minimumHealthyPercent 100 a rolling deployment cannot replace a task")
    return wrong


def _balancer_problems(values: Mapping[str, Any]) -> list[str]:
    strategy = deployment_configuration(values)["strategy"]
    wrong = []
    for position, each in enumerate(values.get("loadBalancers") or ()):
        advanced = each.get("advancedConfiguration") or {}
        missing = {"alternateTargetGroupArn", "productionListenerRule", "roleArn"} - advanced.keys()
        if strategy in SHIFTING and missing:
            needs = ", ".join(f"advancedConfiguration.{name}" for name in sorted(missing))
            wrong.append(f"loadBalancers[{position}] needs {needs} for the strategy {strategy}")
    return wrong


def _capacity_problems(values: Mapping[str, Any]) -> list[str]:
    strategy, wrong = values.get("capacityProviderStrategy") or (), []
    if strategy and values.get("launchType"):
        wrong.append("say launchType or capacityProviderStrategy, not both")
    if len([each for each in strategy if each.get("base")]) > 1:
        wrong.append("only one capacity provider of capacityProviderStrategy can have a base")
    if strategy and not any(each.get("weight") for each in strategy):
        wrong.append("one capacity provider of capacityProviderStrategy must have a weight above 0")
    return wrong
