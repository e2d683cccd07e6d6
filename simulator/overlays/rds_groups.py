# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""RDS parameter and subnet groups: engine defaults, sources, use by instances, which moto lacks."""

from __future__ import annotations

from typing import Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers, guards
from simulator.overlays.rds_parameters import POSTGRES, Parameter
from simulator.overlays.rds_support import facts_of

MOST_PARAMETERS = 20


def _group(context: Context, name: str) -> Any:
    group = context.backend().db_parameter_groups.get(name.lower())
    if group is None and name.startswith("default.postgres"):
        family = name.removeprefix("default.")
        description = f"Default parameter group for {family}"
        properties = {"db_parameter_group_name": name, "db_parameter_group_family": family, "description": description}
        return context.backend().create_db_parameter_group(properties)
    if group is None:
        raise AwsError("DBParameterGroupNotFound", f"DBParameterGroup not found: {name}")
    return group


def _known(group: Any) -> dict[str, Parameter]:
    return POSTGRES if (group.family or "").startswith("postgres") else {}


@guards("rds", "DescribeDBParameterGroups")
def describe_parameter_groups(context: Context) -> None:
    name = context.parameters.get("DBParameterGroupName")
    if name:
        _group(context, name)


@answers("rds", "DescribeDBParameters")
def describe_parameters(context: Context) -> dict[str, Any]:
    """What was set (Source user) and what the engine comes with."""
    group, source = _group(context, context.parameters["DBParameterGroupName"]), context.parameters.get("Source")
    items = []
    for name, parameter in sorted(_known(group).items()):
        item = parameter.shown(name)
        if name in group.parameters:
            chosen = group.parameters[name]
            item |= {"ParameterValue": chosen["ParameterValue"], "Source": "user", "ApplyMethod": chosen["ApplyMethod"]}
        items.append(item)
    return {"Parameters": [item for item in items if source in (None, item["Source"])]}


@answers("rds", "ModifyDBParameterGroup")
def modify_parameter_group(context: Context) -> dict[str, Any]:
    """Check each parameter against the engine's; static ones wait for a reboot."""
    group = _group(context, context.parameters["DBParameterGroupName"])
    parameters = context.parameters.get("Parameters", [])
    _check_change(group, parameters)
    for parameter in parameters:
        _check_value(group, parameter)
    for parameter in parameters:
        group.parameters[parameter["ParameterName"]] = {
            "ParameterValue": parameter["ParameterValue"],
            "ApplyMethod": parameter["ApplyMethod"],
        }
        if parameter["ApplyMethod"] == "pending-reboot":
            _wait_for_reboot(context, group)
    return {"DBParameterGroupName": group.name}


def _check_change(group: Any, parameters: list[dict[str, Any]]) -> None:
    if group.name.startswith("default."):
        raise AwsError("InvalidParameterValue", f"The default DB parameter group {group.name} cannot be modified.")
    if len(parameters) > MOST_PARAMETERS:
        message = f"At most {MOST_PARAMETERS} parameters can be modified in one request, not {len(parameters)}"
        raise AwsError("InvalidParameterValue", message)


def _check_value(group: Any, given: dict[str, Any]) -> None:
    name, value, method = given.get("ParameterName", ""), given.get("ParameterValue"), given.get("ApplyMethod")
    parameter = _known(group).get(name)
    if parameter is None:
        raise AwsError("InvalidParameterValue", f"Could not find parameter with name: {name}")
    if value is None or method not in ("immediate", "pending-reboot"):
        message = "The parameters ParameterName, ParameterValue and ApplyMethod must be provided"
        raise AwsError("InvalidParameterValue", message)
    if not parameter.modifiable:
        raise AwsError("InvalidParameterValue", f"The parameter {name} cannot be modified.")
    if method == "immediate" and parameter.static:
        message = f"cannot use immediate apply method for static parameter: {name}"
        raise AwsError("InvalidParameterCombination", message)
    if not parameter.allows(str(value)):
        message = f"Invalid parameter value: {value} for: {name} allowed values are: {parameter.allowed}"
        raise AwsError("InvalidParameterValue", message)


def _wait_for_reboot(context: Context, group: Any) -> None:
    for database in context.backend().databases.values():
        if group.name == database.db_parameter_group_name:
            facts_of(database).parameters_applied = "pending-reboot"


@answers("rds", "ResetDBParameterGroup")
def reset_parameter_group(context: Context) -> dict[str, Any]:
    """Back to the engine's defaults."""
    group, parameters = _group(context, context.parameters["DBParameterGroupName"]), context.parameters
    chosen = parameters.get("Parameters", [])
    _check_change(group, chosen)
    if parameters.get("ResetAllParameters", not chosen):
        group.parameters.clear()
        return {"DBParameterGroupName": group.name}
    for parameter in chosen:
        known = _known(group).get(parameter.get("ParameterName", ""))
        if known is None:
            message = f"Could not find parameter with name: {parameter.get('ParameterName')}"
            raise AwsError("InvalidParameterValue", message)
        if known.static and parameter.get("ApplyMethod") == "immediate":
            message = f"cannot use immediate apply method for static parameter: {parameter['ParameterName']}"
            raise AwsError("InvalidParameterCombination", message)
        group.parameters.pop(parameter["ParameterName"], None)
        if known.static:
            _wait_for_reboot(context, group)
    return {"DBParameterGroupName": group.name}


@guards("rds", "DeleteDBParameterGroup")
def delete_parameter_group(context: Context) -> None:
    """A group that an instance uses stays."""
    group = _group(context, context.parameters["DBParameterGroupName"])
    if group.name.startswith("default."):
        raise AwsError("InvalidDBParameterGroupState", f"The default DB parameter group {group.name} cannot be deleted")
    for database in context.backend().databases.values():
        if database.db_parameter_group_name == group.name:
            message = f"One or more database instances are still members of this parameter group {group.name}, "
            message += f"so the group cannot be deleted ({database.db_instance_identifier})"
            raise AwsError("InvalidDBParameterGroupState", message)


@guards("rds", "CreateDBSubnetGroup", "ModifyDBSubnetGroup")
def check_subnet_group(context: Context) -> None:
    """It exists, its subnets exist in one VPC, and they cover two availability zones."""
    name, backend = context.parameters["DBSubnetGroupName"].lower(), context.backend()
    if context.call.operation == "ModifyDBSubnetGroup" and name not in backend.subnet_groups:
        raise AwsError("DBSubnetGroupNotFoundFault", f"DB subnet group '{name}' does not exist.", 404)
    known = {key: subnet for zone in context.backend("ec2").subnets.values() for key, subnet in zone.items()}
    wanted = context.parameters.get("SubnetIds", [])
    missing = [subnet_id for subnet_id in wanted if subnet_id not in known]
    if missing:
        raise AwsError("InvalidSubnet", f"Subnet {missing[0]} is invalid: it does not exist")
    if len({known[subnet_id].vpc_id for subnet_id in wanted}) > 1:
        raise AwsError("InvalidSubnet", "The subnets are in different VPCs")
    if len({known[subnet_id].availability_zone for subnet_id in wanted}) < 2:
        message = "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: "
        message += f"{sorted({known[subnet_id].availability_zone for subnet_id in wanted})}. Add subnets to cover at "
        raise AwsError("DBSubnetGroupDoesNotCoverEnoughAZs", message + "least 2 AZs.")


@answers("rds", "ModifyDBSubnetGroup")
def modify_subnet_group(context: Context) -> dict[str, Any]:
    """moto takes the group out of its list and does not put it back."""
    groups, name = context.backend().subnet_groups, context.parameters["DBSubnetGroupName"].lower()
    group = groups[name]
    try:
        return context.moto({**context.parameters, "DBSubnetGroupName": name})
    finally:
        groups[name] = group


@guards("rds", "DeleteDBSubnetGroup")
def delete_subnet_group(context: Context) -> None:
    """A group that an instance is in stays."""
    name = context.parameters["DBSubnetGroupName"].lower()
    for database in context.backend().databases.values():
        group = database.__dict__.get("db_subnet_group")
        if group is not None and group.name == name:
            message = f"Cannot delete the subnet group '{name}' because at least one database instance: "
            message += f"{database.db_instance_identifier} is still using it."
            raise AwsError("InvalidDBSubnetGroupStateFault", message)
