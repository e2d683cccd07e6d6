# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""ElastiCache: from the options of the module elasticache_replication_group to requests of the kinds."""

from __future__ import annotations

import typing as t

from ..core.cache import group_problems
from ..core.database import refuse
from ..core.plan import State
from .data_groups import parameter_group_state, subnet_group_state
from .data_names import KeyNames, NetworkNames
from .elasticache_groups import CacheParameterGroups, CacheSubnetGroups
from .elasticache_replication import GroupUsers, Policy, ReplicationGroups
from .elasticache_token import TokenSecret
from .reconcile import Kind, Request

if t.TYPE_CHECKING:
    from .module import PlatformModule


class Assembly:
    """The kinds of one task and what is wanted of each."""

    def __init__(self, module: PlatformModule) -> None:
        self.module = module
        self.params = module.params
        self.name: str = self.params["name"]
        cache = module.api("elasticache")
        option = self.params["replication_group"] or {}
        network = NetworkNames(module.api("ec2"), self.params["vpc"])
        keys = KeyNames(module.api("kms"), [option.get("kms_key")])
        secret = option.get("auth_token_secret")
        token = TokenSecret(module.api("secretsmanager"), secret) if secret else None
        self.groups = ReplicationGroups(cache, network, keys, token, self._policy())
        users = GroupUsers(self.groups)
        self.subnet_groups = CacheSubnetGroups(cache, network, users.wait_free)
        self.parameter_groups = CacheParameterGroups(cache, users.wait_free)

    def requests(self) -> list[Request]:
        """What is wanted of the sections that are given. Raises PlanRefused for what ElastiCache would not accept."""
        requests = []
        for option, kind, state_of in (
            ("subnet_group", self.subnet_groups, subnet_group_state),
            ("parameter_group", self.parameter_groups, parameter_group_state),
        ):
            section = self.params[option]
            if section:
                requests.append(self._request(kind, section["name"], state_of(section, self._tags(section))))
        if self.params["replication_group"]:
            refuse(f"replication group {self.name}", group_problems(self.name, self.params["replication_group"]))
            requests.append(self._request(self.groups, self.name, self._group_state()))
        return requests

    def removal(self) -> list[Request]:
        """What is to go: the replication group, and other groups where they are named."""
        groups = {"subnet_group": self.subnet_groups, "parameter_group": self.parameter_groups}
        named = {option: self.params[option]["name"] for option in groups if self.params[option]}
        requests = [Request(groups[option], absent=frozenset({name})) for option, name in named.items()]
        return [Request(self.groups, absent=frozenset({self.name})), *requests]

    def _group_state(self) -> State:
        option = dict(self.params["replication_group"])
        secret = option.pop("auth_token_secret")
        renewal = self.params["auth_token_update"]
        groups = {
            section: option[section] or (self.params[section] or {}).get("name")
            for section in ("subnet_group", "parameter_group")
        }
        return {
            **option,
            **groups,
            "description": option["description"] or f"Replication group {self.name}",
            "encrypted": True,
            "transit_encryption": "required",
            "auth": True if secret else None,
            "token": "that of the secret" if secret and renewal != "keep" else None,
            "security_groups": sorted(option["security_groups"]),
            "maintenance_window": (option["maintenance_window"] or "").lower() or None,
            "tags": self._tags(option),
        }

    def _request(self, kind: Kind, name: str, wanted: State) -> Request:
        return Request(kind, {name: wanted}, keep_tags=not self.params["purge_tags"])

    def _tags(self, section: dict[str, t.Any]) -> dict[str, str] | None:
        return self.module.tags_of(self.groups, {"name": "", "tags": None, **section})

    def _policy(self) -> Policy:
        params = self.params
        return Policy(
            timeout=params["wait_timeout"],
            apply_immediately=params["apply_immediately"],
            allow_major=params["allow_major_version_upgrade"],
            final_snapshot=params["final_snapshot"],
            renewal=params["auth_token_update"],
        )
