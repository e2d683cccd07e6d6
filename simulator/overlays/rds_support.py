# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the RDS overlays share: what moto does not keep of an instance, versions, storage rules, lookups."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from simulator.errors import AwsError

if TYPE_CHECKING:
    from simulator.overlay import Context

# The newest minor version of each major one, as of the moto release that this builds on.
POSTGRES_VERSIONS = {"13": "13.20", "14": "14.17", "15": "15.12", "16": "16.8", "17": "17.4"}
LARGE_GIB = 400
# Iops and throughput (MiB/s) that gp3 comes with below and from 400 GiB, for PostgreSQL
# (Amazon RDS User Guide, "Amazon RDS DB instance storage").
GP3_SMALL = (3000, 125)
GP3_LARGE = (12000, 500)
_RESOURCE_ID = string.ascii_uppercase + "234567"


@dataclass
class Facts:
    """What moto does not keep of a DB instance."""

    resource_id: str = field(default_factory=lambda: "db-" + "".join(secrets.choice(_RESOURCE_ID) for _ in range(26)))
    iops: int | None = None
    throughput: int | None = None
    pending: dict[str, Any] = field(default_factory=dict)
    performance_insights: dict[str, Any] = field(default_factory=dict)
    insights_mode: str = "standard"
    max_allocated: int | None = None
    parameters_applied: str = "in-sync"
    replications: list[str] = field(default_factory=list)
    ready: bool = False
    created: datetime | None = None
    new_password: str = ""
    """The master password that waits for its modification."""


def facts_of(database: Any) -> Facts:
    """The facts of an instance; they live in moto's object, so that they are saved and deleted with it."""
    if "simulator_facts" not in database.__dict__:
        database.simulator_facts = Facts()
    facts: Facts = database.simulator_facts
    return facts


def find(context: Context, identifier: str) -> Any:
    """moto's object of an instance.

    :raises AwsError: DBInstanceNotFound.
    """
    database = context.backend("rds").databases.get(identifier.lower())
    if database is None:
        raise AwsError("DBInstanceNotFound", f"DBInstance {identifier} not found.")
    return database


def require_available(database: Any, purpose: str) -> None:
    """AWS changes, copies and replicates only what is available.

    :raises AwsError: InvalidDBInstanceState.
    """
    if database.status not in ("available", "storage-optimization"):
        name = database.db_instance_identifier
        message = f"Instance {name} is not in available state (it is {database.status}): cannot {purpose}"
        raise AwsError("InvalidDBInstanceState", message)


def resolve_version(engine: str, version: str | None) -> str | None:
    """The full version that AWS would run: 16 becomes 16.8.

    :raises AwsError: InvalidParameterCombination for a version that RDS does not have.
    """
    if engine != "postgres":
        return version
    if version is None:
        return POSTGRES_VERSIONS["17"]
    major, dot, minor = version.partition(".")
    newest = POSTGRES_VERSIONS.get(major)
    if newest is None or (dot and (not minor.isdigit() or int(minor) > int(newest.partition(".")[2]))):
        raise AwsError("InvalidParameterCombination", f"Cannot find version {version} for postgres")
    return version if dot else newest


def gp3_baseline(allocated: int) -> tuple[int, int]:
    return GP3_LARGE if allocated >= LARGE_GIB else GP3_SMALL


def check_storage(storage_type: str | None, allocated: int, parameters: dict[str, Any]) -> None:
    """gp3 below 400 GiB has fixed Iops and throughput; throughput is for gp3 only.

    :raises AwsError: InvalidParameterCombination.
    """
    iops, throughput = parameters.get("Iops"), parameters.get("StorageThroughput")
    if storage_type == "gp3" and allocated < LARGE_GIB:
        baseline = gp3_baseline(allocated)
        if (iops and iops != baseline[0]) or (throughput and throughput != baseline[1]):
            message = "You can't specify IOPS or storage throughput for engine postgres and a storage size less than "
            message += f"{LARGE_GIB}."
            raise AwsError("InvalidParameterCombination", message)
    if throughput and storage_type != "gp3":
        raise AwsError("InvalidParameterCombination", "You can specify storage throughput only for gp3 storage.")


def set_status(_world: Any, resource: Any, status: str, expected: str) -> None:
    """A scheduled change of status; not carried out when something else has happened meanwhile."""
    if resource.status == expected:
        resource.status = status
