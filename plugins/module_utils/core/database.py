# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""PostgreSQL instances: the rules of RDS that can be checked before it is asked, and storage that grows. Pure.

An instance's state has the keys of FIELDS and DERIVED in `database_state`. Sizes are in GiB.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .database_version import settled_version
from .database_window import daily_minutes, overlap, weekly_minutes
from .plan import PlanRefused, State, without_unsaid

# Source: RDS user guide, "Amazon RDS DB instance storage": gp3 of PostgreSQL is striped from this size on.
GP3_STRIPED_FROM = 400
GP3_SMALLEST = 20
# RDS refuses an upper limit of autoscaling that is nearer than a tenth to the size.
AUTOSCALING_MARGIN = 1.1
# Source: RDS API, CreateDBInstance.PerformanceInsightsRetentionPeriod.
INSIGHTS_RETENTION = frozenset({7, 731} | {31 * months for months in range(1, 24)})
# Source: RDS user guide, "Considerations for Database Insights": the advanced mode wants 15 months.
INSIGHTS_ADVANCED_DAYS = 465
# Source: RDS user guide, "Working with read replicas for Amazon RDS for PostgreSQL".
MOST_REPLICAS = 15
RESERVED_MASTERS = frozenset({"admin", "rdsadmin", "rds_superuser", "rds_password", "user", "public"})


def gp3_baseline(size: int) -> tuple[int, int]:
    """IOPS and throughput (MiB/s) that gp3 storage of PostgreSQL has without asking, by its size in GiB."""
    return (12000, 500) if size >= GP3_STRIPED_FROM else (3000, 125)


def replica_plan(name: str, count: int) -> list[dict[str, str]]:
    """The read replicas of an instance, as `rds_instance` takes them.

    Raises PlanRefused for a count that RDS refuses.
    """
    if not 0 <= count <= MOST_REPLICAS:
        raise PlanRefused(f"{name} may have 0 to {MOST_REPLICAS} read replicas, not {count}")
    return [{"name": f"{name}-replica-{number}"} for number in range(1, count + 1)]


def instance_problems(name: str, instance: Mapping[str, Any], replicas: int) -> list[str]:
    """What RDS would refuse about an instance with that many replicas, in words that name the option."""
    said = without_unsaid(instance)
    rules = (_name(name), _names_inside(said), _storage(said), _backups(said, replicas), _monitoring(said))
    return [problem for rule in rules for problem in rule]


def replication_problems(replication: Mapping[str, Any], instance: Mapping[str, Any], region: str) -> list[str]:
    """What RDS would refuse about replicating the backups of an (encrypted) instance in `region`."""
    target = replication.get("region")
    if not target:
        return []
    problems = []
    if target == region:
        problems.append(f"backup_replication.region {target} is the region of the instance; give another one")
    if not replication.get("kms_key"):
        problems.append(f"backup_replication needs kms_key, the alias of a KMS key in {target}")
    if instance.get("backup_retention_days") == 0:
        problems.append("backup_replication needs backups: backup_retention_days must not be 0")
    return problems


def settled_instance(kind: str, wanted: State, observed: State, *, allow_major: bool) -> State:
    """Wanted as it is to be compared: AWS may have upgraded the engine, grown the storage or not told everything yet.

    A key that `observed` does not have is not known yet (the instance is being created) and is not compared.
    """
    settled = {key: value for key, value in wanted.items() if key in observed or key == "tags"}
    if settled.get("engine_version") is not None:
        settled["engine_version"] = settled_version(
            f"{kind} {observed['name']}",
            settled["engine_version"],
            observed["engine_version"],
            allow_major=allow_major,
        )
    if settled.get("allocated_storage") is not None:
        # Autoscaling grows it behind our back, and storage never shrinks.
        settled["allocated_storage"] = max(settled["allocated_storage"], observed["allocated_storage"])
    return settled


def without_idle_settings(wanted: State) -> State:
    """Leave out what only has a meaning beside another setting that is off: AWS keeps no value for it."""
    state = dict(wanted)
    if state.get("monitoring_interval") == 0:
        state["monitoring_role"] = None
    if state.get("performance_insights") is False:
        state["performance_insights_retention_days"] = state["performance_insights_kms_key"] = None
    return state


def grown_storage(before: State, wanted: Mapping[str, Any]) -> dict[str, int]:
    """IOPS and throughput that RDS wants beside a new size of striped gp3 storage: at least the baseline."""
    size = int(wanted.get("allocated_storage") or before["allocated_storage"])
    kind = wanted.get("storage_type") or before["storage_type"]
    if kind != "gp3" or size < GP3_STRIPED_FROM:
        return {}
    baseline_iops, baseline_throughput = gp3_baseline(size)
    return {
        "iops": max(int(wanted.get("iops") or before.get("iops") or 0), baseline_iops),
        "storage_throughput": max(
            int(wanted.get("storage_throughput") or before.get("storage_throughput") or 0), baseline_throughput
        ),
    }


def refuse(resource: str, problems: list[str]) -> None:
    """Raise PlanRefused with all problems at once, if there are any."""
    if problems:
        raise PlanRefused(f"{resource}: {'; '.join(problems)}")


def _name(name: str) -> Iterator[str]:
    if not re.fullmatch(r"[a-z](-?[a-z0-9])*", name) or len(name) > 63:
        yield (
            f"name {name!r} must have 1 to 63 lower-case letters, digits and single hyphens, begin with a letter and"
            " not end with a hyphen"
        )


def _names_inside(said: State) -> Iterator[str]:
    for option, longest in (("database_name", 63), ("master_username", 16)):
        value = said.get(option)
        if value is not None and not re.fullmatch(rf"[A-Za-z]\w{{0,{longest - 1}}}", value, re.ASCII):
            yield f"{option} {value!r} must have 1 to {longest} letters, digits or underscores and begin with a letter"
    if str(said.get("master_username", "")).lower() in RESERVED_MASTERS:
        yield f"master_username {said['master_username']!r} is reserved; take another, e.g. monay"


def _storage(said: State) -> Iterator[str]:
    size, limit = said.get("allocated_storage"), said.get("max_allocated_storage")
    if size is None:
        return
    if limit and limit < size * AUTOSCALING_MARGIN:
        yield (
            f"max_allocated_storage {limit} must be at least a tenth above allocated_storage {size}, or 0 for storage"
            " that does not grow by itself"
        )
    if said.get("storage_type", "gp3") != "gp3":
        return
    if size < GP3_SMALLEST:
        yield f"allocated_storage {size} is too small: gp3 begins at {GP3_SMALLEST} GiB"
    for option in ("iops", "storage_throughput"):
        if said.get(option) and size < GP3_STRIPED_FROM:
            yield (
                f"{option} cannot be chosen for gp3 below {GP3_STRIPED_FROM} GiB (allocated_storage is {size}):"
                " leave it out"
            )


def _backups(said: State, replicas: int) -> Iterator[str]:
    days = said.get("backup_retention_days")
    if days is not None and not 0 <= days <= 35:
        yield f"backup_retention_days {days} must be between 0 and 35"
    if days == 0 and replicas:
        yield f"backup_retention_days must not be 0 where there are read replicas ({replicas})"
    backup, maintenance = said.get("backup_window"), said.get("maintenance_window")
    try:
        daily = daily_minutes(backup) if backup else None
        weekly = weekly_minutes(maintenance) if maintenance else None
    except ValueError as error:
        yield str(error)
        return
    if daily and weekly and overlap(daily, weekly):
        yield f"backup_window {backup} must not overlap maintenance_window {maintenance}"


def _monitoring(said: State) -> Iterator[str]:
    if said.get("monitoring_interval") and not said.get("monitoring_role"):
        yield "monitoring_interval needs monitoring_role, the IAM role that writes the metrics"
    if not said.get("performance_insights"):
        if said.get("database_insights_mode") == "advanced":
            yield "database_insights_mode advanced needs performance_insights"
        return
    days = said.get("performance_insights_retention_days", 7)
    if days not in INSIGHTS_RETENTION:
        yield f"performance_insights_retention_days {days} must be 7, 731 or a multiple of 31 up to 713"
    if said.get("database_insights_mode") == "advanced" and days < INSIGHTS_ADVANCED_DAYS:
        yield (
            f"database_insights_mode advanced needs performance_insights_retention_days {INSIGHTS_ADVANCED_DAYS} or"
            f" more, got {days}"
        )
