# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How much memory an RDS instance class has, and how many connections PostgreSQL allows for it. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .plan import PlanRefused

GIB = 1024**3
# GiB of the size `large`; RDS user guide, "Hardware specifications for DB instance classes".
_LARGE = {"t": 8, "m": 8, "r": 16, "x": 32}
_BURSTABLE = {"micro": 1, "small": 2, "medium": 4}
_CLASS = re.compile(r"db\.([tmr]|x(?=2))[0-9][a-z0-9]*\.(micro|small|medium|large|(?:\d+)?xlarge)")
# RDS's default for PostgreSQL: LEAST({DBInstanceClassMemory/9531392}, 5000).
BYTES_PER_CONNECTION, MOST_CONNECTIONS = 9_531_392, 5_000


def memory_gib(instance_class: str) -> int:
    """GiB of memory. Raises PlanRefused for a class that is not known here."""
    match = _CLASS.fullmatch(instance_class)
    family, size = match.groups() if match else ("", "")
    if family == "t" and size in _BURSTABLE:
        return _BURSTABLE[size]
    if family not in _LARGE or size in _BURSTABLE:
        raise PlanRefused(
            f"the memory of the instance class {instance_class!r} is not known:"
            " set alarms_database_memory_gib to its GiB"
        )
    doublings = 1 if size == "large" else 2 * int(size.removesuffix("xlarge") or 1)
    return _LARGE[family] * doublings


def default_max_connections(gib: float) -> int:
    """How many connections RDS for PostgreSQL allows unless its parameter group says otherwise."""
    return min(int(gib * GIB // BYTES_PER_CONNECTION), MOST_CONNECTIONS)


def connection_limit(database: Mapping[str, Any]) -> int:
    """`max_connections` where it is said, else what follows from `memory_gib` or `instance_class`."""
    memory = database.get("memory_gib") or memory_gib(database["instance_class"])
    return int(database.get("max_connections") or default_max_connections(memory))
