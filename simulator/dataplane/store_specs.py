# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which database servers there should be, drawn from the control plane."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator import moto_backend
from simulator.errors import AwsError
from simulator.overlay import inside
from simulator.overlays.cache_model import Caches, Group, show_group
from simulator.overlays.rds_support import facts_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.world import World

# States in which an instance or group answers.
UP = ("available", "modifying", "backing-up", "storage-optimization", "configuring-enhanced-monitoring", "snapshotting")
FORCES_TLS_FROM = 15


@dataclass(frozen=True)
class DatabaseSpec:
    """A PostgreSQL server; replicas are further names of it."""

    key: str
    names: tuple[str, ...]
    port: int
    user: str
    password: str
    database: str
    forces_tls: bool
    is_up: bool


@dataclass(frozen=True)
class CacheSpec:
    """A Redis server, under the names of all endpoints and nodes of its group."""

    key: str
    names: tuple[str, ...]
    port: int
    tokens: tuple[str, ...]
    has_tls: bool
    takes_plain: bool
    is_up: bool


def databases(world: World) -> Iterator[DatabaseSpec]:
    """The PostgreSQL instances of all accounts that stand for themselves; the caller holds the lock."""
    for account, region, backend in _backends():
        for database in backend.databases.values():
            if database.engine == "postgres" and not database.is_replica:
                names = [database.address, *_replica_names(account, database)] if facts_of(database).ready else []
                yield DatabaseSpec(
                    key=database.arn,
                    names=tuple(names),
                    port=int(database.port),
                    user=database.master_username or "postgres",
                    password=_password(world, account, region, database),
                    database=database.db_name or "",
                    forces_tls=_forces_tls(backend, database),
                    is_up=database.status in UP,
                )


def _backends() -> Iterator[tuple[str, str, Any]]:
    found = moto_backend.backend_dict("rds")
    for account, regions in list(found.items()) if found is not None else []:
        for region, backend in list(regions.items()):
            yield account, region, backend


def _replica_names(account: str, source: Any) -> list[str]:
    """The endpoints of the replicas of an instance, in all regions."""
    names = []
    for owner, _region, backend in _backends():
        for one in backend.databases.values():
            wanted = (one.source_db_instance_identifier or "").rpartition(":")[2]
            if owner == account and one.is_replica and wanted == source.db_instance_identifier and facts_of(one).ready:
                names.append(one.address)
    return names


def _password(world: World, account: str, region: str, database: Any) -> str:
    """The master password: what Secrets Manager has now, where RDS keeps it there."""
    secret = getattr(database, "master_user_secret", None)
    if secret is None:
        # moto's property only takes it
        return str(getattr(database, "_master_user_password", "") or "")
    try:
        value = inside(world, account, region).invoke("secretsmanager", "GetSecretValue", SecretId=secret.secret_arn)
        return str(json.loads(value["SecretString"])["password"])
    except (AwsError, ValueError, KeyError):
        return ""


def _forces_tls(backend: Any, database: Any) -> bool:
    group = backend.db_parameter_groups.get(database.db_parameter_group_name or "")
    default = "1" if int(database.engine_version.partition(".")[0]) >= FORCES_TLS_FROM else "0"
    chosen = (group.parameters if group is not None else {}).get("rds.force_ssl", {})
    return str(chosen.get("ParameterValue", default)) == "1"


def caches(world: World) -> Iterator[CacheSpec]:
    """The replication groups of all accounts; the caller holds the lock."""
    for _account, _region, store in world.stores(Caches):
        for group in store.groups.values():
            settings = group.settings
            has_tls = bool(settings["TransitEncryptionEnabled"])
            yield CacheSpec(
                key=group.arn,
                names=_names(group),
                port=int(settings["Port"]),
                tokens=tuple(token for token in (group.auth_token, group.rotated_token) if group.auth_token and token),
                has_tls=has_tls,
                takes_plain=not has_tls or settings["TransitEncryptionMode"] == "preferred",
                is_up=group.status in UP,
            )


def _names(group: Group) -> tuple[str, ...]:
    names = []
    for part in show_group(group).get("NodeGroups", []):
        names += [part["PrimaryEndpoint"]["Address"], part["ReaderEndpoint"]["Address"]]
        names += [member["ReadEndpoint"]["Address"] for member in part["NodeGroupMembers"]]
    return tuple(dict.fromkeys(name.lower() for name in names))
