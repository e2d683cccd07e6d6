# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""RDS: from the options of the module rds_instance to requests of the kinds."""

from __future__ import annotations

import functools
import typing as t

from ..core.database import instance_problems, refuse, replication_problems, without_idle_settings
from ..core.database_state import Resolver
from ..core.plan import State
from .api import Api
from .data_groups import parameter_group_state, subnet_group_state
from .data_names import KeyNames, NetworkNames, role_finder
from .rds_backup_replication import BackupReplications
from .rds_groups import DbParameterGroups, DbSubnetGroups
from .rds_instances import DbInstances, GroupUsers, Policy
from .rds_replicas import DbReplicas, replica_state
from .reconcile import Request

if t.TYPE_CHECKING:
    from .module import PlatformModule


class Assembly:
    """The kinds of one task and what is wanted of each."""

    def __init__(self, module: PlatformModule) -> None:
        self.module = module
        self.params = module.params
        self.name: str = self.params["name"]
        rds = module.api("rds")
        network = NetworkNames(module.api("ec2"), self.params["vpc"])
        keys = KeyNames(module.api("kms"), self._key_options())
        resolve = Resolver(network.group_ids, keys.arn, role_finder(lambda: module.api("iam")))
        self.instances = DbInstances(self.name, rds, network, keys, resolve, self._policy())
        users = GroupUsers(self.instances)
        self.subnet_groups = DbSubnetGroups(rds, network, users.wait_free)
        self.parameter_groups = DbParameterGroups(rds, users.wait_free)
        self.replicas = DbReplicas(self.instances, self._owner(), all_of_them=self.params["state"] == "absent")
        self.backups = BackupReplications(self.instances, self._rds_in, self._keys_in)

    def requests(self) -> list[Request]:
        """What is wanted of the sections that are given. Raises PlanRefused for what RDS would not accept."""
        self._refuse()
        part = self.params["part"]
        requests = self._groups() + self._instance() if part != "complete" else [Request(self.instances)]
        return requests + (self._dependents() if part != "start" else [])

    def _refuse(self) -> None:
        instance, replication = self.params["instance"] or {}, self.params["backup_replication"] or {}
        problems = replication_problems(replication, instance, self.instances.rds.region)
        if instance:
            problems += instance_problems(self.name, instance, len(self.params["replicas"] or ()))
        refuse(f"RDS instance {self.name}", problems)

    def removal(self) -> list[Request]:
        """What is to go; groups only where they are named."""
        requests = [Request(self.replicas, purge=True), Request(self.backups, purge=True)]
        if self.params["part"] == "complete":
            return [Request(self.instances), *requests]
        groups = {"subnet_group": self.subnet_groups, "parameter_group": self.parameter_groups}
        named = {option: self.params[option]["name"] for option in groups if self.params[option]}
        requests += [Request(groups[option], absent=frozenset({named[option]})) for option in named]
        return [Request(self.instances, absent=frozenset({self.name})), *requests]

    def _groups(self) -> list[Request]:
        requests = []
        for option, kind, state_of in (
            ("subnet_group", self.subnet_groups, subnet_group_state),
            ("parameter_group", self.parameter_groups, parameter_group_state),
        ):
            section = self.params[option]
            if section:
                requests.append(self._request(kind, {section["name"]: state_of(section, self._tags(section))}))
        return requests

    def _instance(self) -> list[Request]:
        wanted = {self.name: self._instance_state()} if self.params["instance"] else {}
        return [self._request(self.instances, wanted)]

    def _dependents(self) -> list[Request]:
        requests = []
        if self.params["replicas"] is not None:
            requests.append(self._request(self.replicas, self._replica_states(), purge=True))
        replication = self.params["backup_replication"]
        if replication:
            region = replication["region"]
            state = {"retention_days": replication["retention_days"], "kms_key": replication["kms_key"]}
            wanted = {region: {**state, "tags": self._tags({})}} if region else {}
            requests.append(self._request(self.backups, wanted, purge=True))
        return requests

    def _instance_state(self) -> State:
        option = self.params["instance"]
        groups = {
            section: option[section] or (self.params[section] or {}).get("name")
            for section in ("subnet_group", "parameter_group")
        }
        return without_idle_settings(
            {
                **option,
                **groups,
                "engine": "postgres",
                "encrypted": True,
                "managed_password": True,
                "security_groups": sorted(option["security_groups"]),
                "log_exports": None if option["log_exports"] is None else sorted(option["log_exports"]),
                "maintenance_window": (option["maintenance_window"] or "").lower() or None,
                "tags": self._tags(option),
            }
        )

    def _replica_states(self) -> dict[str, State]:
        instance = self._instance_state() if self.params["instance"] else {}
        return {
            each["name"]: without_idle_settings({**replica_state(instance, each, self.name), "tags": self._tags(each)})
            for each in self.params["replicas"]
        }

    def _request(self, kind: t.Any, wanted: dict[str, State], *, purge: bool = False) -> Request:
        return Request(kind, wanted, purge=purge, keep_tags=not self.params["purge_tags"])

    def _tags(self, section: dict[str, t.Any]) -> dict[str, str] | None:
        return self.module.tags_of(self.instances, {"name": "", "tags": None, **section})

    def _policy(self) -> Policy:
        params = self.params
        return Policy(
            timeout=params["wait_timeout"],
            apply_immediately=params["apply_immediately"],
            allow_major=params["allow_major_version_upgrade"],
            remove=params["state"] == "absent" and params["part"] != "complete",
            unprotect=params["force_unprotect"],
            final_snapshot=params["final_snapshot"],
        )

    def _owner(self) -> str | None:
        """Whose replicas may be deleted when they are not wanted any more: those of this task's tag ManagedBy."""
        return (self._tags({}) or {}).get("ManagedBy")

    def _key_options(self) -> list[str | None]:
        sections = (self.params["instance"] or {}, self.params["backup_replication"] or {})
        return [value for section in sections for option, value in section.items() if option.endswith("kms_key")]

    @functools.lru_cache(maxsize=8)  # noqa: B019 - lives as long as the task
    def _rds_in(self, region: str) -> Api:
        return self.module.api("rds", region)

    @functools.lru_cache(maxsize=8)  # noqa: B019 - lives as long as the task
    def _keys_in(self, region: str) -> KeyNames:
        return KeyNames(self.module.api("kms", region), self._key_options())
