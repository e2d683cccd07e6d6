# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ElastiCache: subnet groups and parameter groups."""

from __future__ import annotations

import typing as t

from ..core.parameters import batches
from .data_groups import ParameterGroups, SubnetGroups, Words


class CacheSubnetGroups(SubnetGroups):
    """Where nodes live: subnets, for Multi-AZ in at least two availability zones."""

    kind = "cache subnet group"
    words = Words(
        "CacheSubnetGroup",
        "cache_subnet_group",
        {"CacheSubnetGroupNotFoundFault"},
        busy={"CacheSubnetGroupInUse"},
        arn="ARN",
    )


class CacheParameterGroups(ParameterGroups):
    """Settings of the engine."""

    kind = "cache parameter group"
    words = Words(
        "CacheParameterGroup",
        "cache_parameter_group",
        {"CacheParameterGroupNotFound"},
        busy={"InvalidCacheParameterGroupState"},
        arn="ARN",
        parameters="describe_cache_parameters",
    )
    immutable: t.ClassVar = {
        "family": "Give the group of the new family another name (parameter_group.name), and move the cache to it.",
        "description": "AWS keeps a group's first description; leave it as it is.",
    }

    def set_parameters(self, name: str, setting: dict[str, str], resetting: list[str]) -> None:
        for batch in batches(sorted(setting)):
            self.api.write(
                self.words.modify,
                f"set {', '.join(batch)} in {self.kind} {name}",
                CacheParameterGroupName=name,
                ParameterNameValues=[{"ParameterName": each, "ParameterValue": setting[each]} for each in batch],
            )
        for batch in batches(resetting):
            self.api.write(
                self.words.reset,
                f"give {', '.join(batch)} in {self.kind} {name} back the default",
                CacheParameterGroupName=name,
                ResetAllParameters=False,
                ParameterNameValues=[{"ParameterName": each} for each in batch],
            )
