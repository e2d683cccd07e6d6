# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""RDS: subnet groups and parameter groups."""

from __future__ import annotations

import typing as t

from ..core.parameters import batches
from .data_groups import ParameterGroups, SubnetGroups, Words


class DbSubnetGroups(SubnetGroups):
    """Where instances live: subnets in at least two availability zones."""

    kind = "DB subnet group"
    words = Words(
        "DBSubnetGroup", "db_subnet_group", {"DBSubnetGroupNotFoundFault"}, busy={"InvalidDBSubnetGroupStateFault"}
    )


class DbParameterGroups(ParameterGroups):
    """Settings of the engine. Static ones take effect when an instance is rebooted, the others at once."""

    kind = "DB parameter group"
    words = Words(
        "DBParameterGroup",
        "db_parameter_group",
        {"DBParameterGroupNotFound"},
        busy={"InvalidDBParameterGroupState"},
        parameters="describe_db_parameters",
    )
    immutable: t.ClassVar = {
        "family": "Give the group of the new family another name (parameter_group.name), and move the instance to it.",
        "description": "AWS keeps a group's first description; leave it as it is.",
    }

    def set_parameters(self, name: str, setting: dict[str, str], resetting: list[str]) -> None:
        methods = self._apply_methods(name)
        doing = f"{self.kind} {name}"
        changed: list[dict[str, t.Any]] = [
            {"ParameterName": each, "ParameterValue": value, "ApplyMethod": methods.get(each, "pending-reboot")}
            for each, value in sorted(setting.items())
        ]
        for batch in batches(changed):
            named = ", ".join(each["ParameterName"] for each in batch)
            self.api.write(
                self.words.modify, f"set {named} in {doing}", DBParameterGroupName=name, Parameters=list(batch)
            )
        reset = [{"ParameterName": each, "ApplyMethod": methods.get(each, "pending-reboot")} for each in resetting]
        for some in batches(reset):
            named = ", ".join(each["ParameterName"] for each in some)
            self.api.write(
                self.words.reset,
                f"give {named} in {doing} back the default",
                DBParameterGroupName=name,
                ResetAllParameters=False,
                Parameters=list(some),
            )

    def _apply_methods(self, name: str) -> dict[str, str]:
        """How each parameter can be changed: RDS refuses `immediate` for a static one.

        A name that RDS does not know is not in it, and is left for RDS to refuse.
        """
        return {
            each["ParameterName"]: "immediate" if each.get("ApplyType") == "dynamic" else "pending-reboot"
            for each in self.parameters(name)
        }
