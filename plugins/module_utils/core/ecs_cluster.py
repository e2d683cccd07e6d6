# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ECS clusters: the state of one, as it is wanted and as AWS describes it, and what is sent for it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from .plan import PlanRefused, State
from .readiness import StatusTable

# Source: ECS API reference, Cluster.status.
CLUSTER = StatusTable(frozenset({"ACTIVE"}), frozenset({"FAILED"}))
FARGATE = frozenset({"FARGATE", "FARGATE_SPOT"})
PROVIDERS = frozenset({"capacity_providers", "default_strategy"})


def cluster_state(item: Mapping[str, Any]) -> State:
    """State: `capacity_providers` and `default_strategy` (sorted), `container_insights`, `exec`,
    `service_connect_namespace`. None: nothing is said.

    Raises PlanRefused for a strategy that ECS does not take.
    """
    strategy, providers = item["default_strategy"], item["capacity_providers"]
    if strategy is not None:
        _refuse(str(item["name"]), strategy, providers)
    shell = item["exec"]
    return {
        "capacity_providers": None if providers is None else sorted(providers),
        "default_strategy": None if strategy is None else _strategy(strategy),
        "container_insights": item["container_insights"],
        "exec": None
        if shell is None
        else {
            "log_group": shell["log_group"] or "",
            "log_encrypted": bool(shell["log_group"]) and shell["log_encrypted"],
            "kms_key": shell["kms_key"] or "",
        },
        "service_connect_namespace": item["service_connect_namespace"],
    }


def _refuse(name: str, strategy: list[Any], providers: list[str] | None) -> None:
    used = {each["provider"] for each in strategy}
    wrong = []
    if providers is not None and used - set(providers):
        wrong.append(f"{', '.join(sorted(used - set(providers)))} is not one of its capacity_providers")
    if used & FARGATE and used - FARGATE:
        wrong.append("own capacity providers and those of Fargate do not mix in one strategy")
    if len([each for each in strategy if each["base"]]) > 1:
        wrong.append("only one capacity provider can have a base")
    if strategy and not any(each["weight"] for each in strategy):
        wrong.append("one capacity provider must have a weight above 0")
    if wrong:
        raise PlanRefused(f"ECS cluster {name}, default_strategy: {'; '.join(wrong)}")


def _strategy(items: list[Any]) -> list[State]:
    plain = [{"provider": each["provider"], "weight": each["weight"] or 0, "base": each["base"] or 0} for each in items]
    return sorted(plain, key=lambda each: str(each["provider"]))


def observed_state(cluster: Mapping[str, Any], alias: Callable[[str | None], str]) -> State:
    """One cluster of DescribeClusters' answer. `alias` names a KMS key."""
    settings = {each["name"]: each["value"] for each in cluster.get("settings") or ()}
    shell = (cluster.get("configuration") or {}).get("executeCommandConfiguration") or {}
    log = shell.get("logConfiguration") or {}
    strategy = [
        {"provider": each["capacityProvider"], "weight": each.get("weight"), "base": each.get("base")}
        for each in cluster.get("defaultCapacityProviderStrategy") or ()
    ]
    return {
        "capacity_providers": sorted(cluster.get("capacityProviders") or ()),
        "default_strategy": _strategy(strategy),
        "container_insights": settings.get("containerInsights", "disabled"),
        "exec": {
            "log_group": log.get("cloudWatchLogGroupName", ""),
            "log_encrypted": bool(log.get("cloudWatchEncryptionEnabled")),
            "kms_key": alias(shell.get("kmsKeyId")),
        },
        "service_connect_namespace": (cluster.get("serviceConnectDefaults") or {}).get("namespace", ""),
    }


def settings_arguments(wanted: State, fields: Collection[str], key_arn: Callable[[str], str]) -> State:
    """What CreateCluster and UpdateCluster are told of the fields."""
    arguments: State = {}
    if wanted.get("container_insights") and "container_insights" in fields:
        arguments["settings"] = [{"name": "containerInsights", "value": wanted["container_insights"]}]
    if wanted.get("exec") is not None and "exec" in fields:
        arguments["configuration"] = {"executeCommandConfiguration": _exec(wanted["exec"], key_arn)}
    if wanted.get("service_connect_namespace") is not None and "service_connect_namespace" in fields:
        arguments["serviceConnectDefaults"] = {"namespace": wanted["service_connect_namespace"]}
    return arguments


def _exec(shell: State, key_arn: Callable[[str], str]) -> State:
    key = {"kmsKeyId": key_arn(shell["kms_key"])} if shell["kms_key"] else {}
    if not shell["log_group"]:
        return {**key, "logging": "DEFAULT"}
    log = {"cloudWatchLogGroupName": shell["log_group"], "cloudWatchEncryptionEnabled": shell["log_encrypted"]}
    return {**key, "logging": "OVERRIDE", "logConfiguration": log}


def provider_arguments(wanted: State) -> State:
    """What CreateCluster and PutClusterCapacityProviders are told; the call replaces both lists."""
    strategy = [
        {"capacityProvider": each["provider"], "weight": each["weight"], "base": each["base"]}
        for each in wanted.get("default_strategy") or ()
    ]
    return {
        "capacityProviders": wanted.get("capacity_providers") or [],
        "defaultCapacityProviderStrategy": strategy,
    }
