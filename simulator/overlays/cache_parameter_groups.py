# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ElastiCache parameter groups, which moto lacks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers
from simulator.overlays.cache_model import VERSIONS, Caches
from simulator.overlays.cache_parameters import PARAMETERS, Parameter

FAMILIES = {family for _version, family in VERSIONS.values()}
MOST_PARAMETERS = 20


@dataclass
class ParameterGroup:
    """One parameter group; `values` are those that somebody set."""

    name: str
    family: str
    description: str
    arn: str
    values: dict[str, str] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        return {
            "CacheParameterGroupName": self.name,
            "CacheParameterGroupFamily": self.family,
            "Description": self.description,
            "IsGlobal": False,
            "ARN": self.arn,
        }


def _arn(context: Context, name: str) -> str:
    return f"arn:aws:elasticache:{context.region}:{context.account}:parametergroup:{name}"


def _groups(context: Context) -> dict[str, ParameterGroup]:
    """The groups of the account and region; AWS's own default groups are always there."""
    groups: dict[str, ParameterGroup] = context.store(Caches).parameter_groups
    for family in FAMILIES:
        name = f"default.{family}"
        if name not in groups:
            description = f"Default parameter group for {family}"
            groups[name] = ParameterGroup(name, family, description, _arn(context, name))
    return groups


def _find(context: Context, name: str) -> ParameterGroup:
    group = _groups(context).get(name.lower())
    if group is None:
        raise AwsError("CacheParameterGroupNotFound", f"CacheParameterGroup {name} not found.", 404)
    return group


def require_family(context: Context, name: str, family: str) -> None:
    """A replication group takes the parameter groups of its engine's family only.

    :raises AwsError: CacheParameterGroupNotFound or InvalidParameterCombination.
    """
    group = _find(context, name)
    if group.family != family:
        message = f"Expected a parameter group of family {family} but found one of family {group.family}"
        raise AwsError("InvalidParameterCombination", message)


@answers("elasticache", "CreateCacheParameterGroup")
def create(context: Context) -> dict[str, Any]:
    parameters, groups = context.parameters, _groups(context)
    name, family = parameters["CacheParameterGroupName"].lower(), parameters["CacheParameterGroupFamily"]
    if name in groups:
        raise AwsError("CacheParameterGroupAlreadyExists", f"Cache parameter group {name} already exists")
    if family not in FAMILIES:
        raise AwsError(
            "InvalidParameterValue", f"CacheParameterGroupFamily {family} is not a valid parameter group family."
        )
    if not re.fullmatch(r"[a-z](?:-?[a-z0-9])*", name):
        message = f"The parameter CacheParameterGroupName is not a valid identifier: {name}"
        raise AwsError("InvalidParameterValue", message)
    groups[name] = ParameterGroup(name, family, parameters["Description"], _arn(context, name))
    context.backend().tagging_service.tag_resource(groups[name].arn, parameters.get("Tags", []))
    return {"CacheParameterGroup": groups[name].shown()}


@answers("elasticache", "DescribeCacheParameterGroups")
def describe(context: Context) -> dict[str, Any]:
    name = context.parameters.get("CacheParameterGroupName")
    groups = [_find(context, name)] if name else sorted(_groups(context).values(), key=lambda group: group.name)
    return {"CacheParameterGroups": [group.shown() for group in groups]}


@answers("elasticache", "DeleteCacheParameterGroup")
def delete(context: Context) -> dict[str, Any]:
    """Refused for AWS's own groups, and while a replication group uses it."""
    group = _find(context, context.parameters["CacheParameterGroupName"])
    users = [one.identifier for one in context.store(Caches).groups.values() if _uses(one, group)]
    if group.name.startswith("default.") or users:
        message = f"One or more cache clusters are still members of this parameter group {group.name}, "
        raise AwsError("InvalidCacheParameterGroupState", f"{message}so the group cannot be deleted. {users}")
    del _groups(context)[group.name]
    context.backend().tagging_service.delete_all_tags_for_resource(group.arn)
    return {}


def _uses(replication_group: Any, group: ParameterGroup) -> bool:
    return bool(replication_group.settings["CacheParameterGroupName"] == group.name)


def _known(group: ParameterGroup) -> dict[str, Parameter]:
    return {name: parameter for name, parameter in PARAMETERS.items() if parameter.since in ("", group.family)}


@answers("elasticache", "DescribeCacheParameters")
def describe_parameters(context: Context) -> dict[str, Any]:
    """What was set (Source user) and what the engine comes with (system)."""
    group, source = _find(context, context.parameters["CacheParameterGroupName"]), context.parameters.get("Source")
    items = []
    for name, parameter in sorted(_known(group).items()):
        item = parameter.shown(name)
        if name in group.values:
            item |= {"ParameterValue": group.values[name], "Source": "user"}
        items.append(item)
    return {"Parameters": [item for item in items if source in (None, item["Source"])]}


@answers("elasticache", "ModifyCacheParameterGroup")
def modify(context: Context) -> dict[str, Any]:
    """All or nothing: one bad parameter refuses the request."""
    group = _changeable(context)
    given = context.parameters.get("ParameterNameValues", [])
    _check_count(given)
    for one in given:
        parameter = _parameter(group, one.get("ParameterName", ""))
        if not parameter.allows(str(one.get("ParameterValue", ""))):
            message = f"The parameter {one['ParameterName']} does not allow {one.get('ParameterValue')!r}; "
            raise AwsError("InvalidParameterValue", f"{message}allowed: {parameter.allowed}")
    group.values |= {one["ParameterName"]: str(one["ParameterValue"]) for one in given}
    return {"CacheParameterGroupName": group.name}


@answers("elasticache", "ResetCacheParameterGroup")
def reset(context: Context) -> dict[str, Any]:
    group, given = _changeable(context), context.parameters.get("ParameterNameValues", [])
    if context.parameters.get("ResetAllParameters"):
        group.values.clear()
        return {"CacheParameterGroupName": group.name}
    _check_count(given)
    for one in given:
        _parameter(group, one.get("ParameterName", ""))
    for one in given:
        group.values.pop(one["ParameterName"], None)
    return {"CacheParameterGroupName": group.name}


def _changeable(context: Context) -> ParameterGroup:
    group = _find(context, context.parameters["CacheParameterGroupName"])
    if group.name.startswith("default."):
        message = f"The parameter group {group.name} is a default group and cannot be modified."
        raise AwsError("InvalidCacheParameterGroupState", message)
    return group


def _check_count(given: list[Any]) -> None:
    if not 1 <= len(given) <= MOST_PARAMETERS:
        message = f"1 to {MOST_PARAMETERS} parameters can be changed in one request, not {len(given)}"
        raise AwsError("InvalidParameterValue", message)


def _parameter(group: ParameterGroup, name: str) -> Parameter:
    parameter = _known(group).get(name)
    if parameter is None:
        raise AwsError("InvalidParameterValue", f"The parameter {name} is not known to the family {group.family}.")
    if not parameter.modifiable:
        raise AwsError("InvalidParameterValue", f"The parameter {name} cannot be modified.")
    return parameter
