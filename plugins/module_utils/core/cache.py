# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Redis and Valkey groups without cluster mode: what ElastiCache would refuse, and what may differ. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .database_version import settled_version
from .database_window import daily_minutes, overlap, weekly_minutes
from .plan import State, without_unsaid

# Source: ElastiCache API, CreateReplicationGroup.NumCacheClusters.
MOST_NODES = 6
LONGEST_NAME = 40
# Source: ElastiCache user guide, "Authenticating with the AUTH command".
TOKEN_LENGTH = (16, 128)
TOKEN_FORBIDDEN = frozenset('/"@% ')


def group_problems(name: str, group: Mapping[str, Any]) -> list[str]:
    """What ElastiCache would refuse about a replication group, in words that name the option."""
    said = without_unsaid(group)
    return [problem for rule in (_name(name), _nodes(said), _windows(said)) for problem in rule]


def token_problem(token: str) -> str | None:
    """What is wrong with a token, without a word of it; None for one that ElastiCache takes."""
    shortest, longest = TOKEN_LENGTH
    if not shortest <= len(token) <= longest:
        return f"it must have {shortest} to {longest} characters"
    if not token.isascii() or not token.isprintable() or TOKEN_FORBIDDEN & set(token):
        return 'it must be of printable ASCII characters without blanks, / " @ and %'
    return None


def settled_group(kind: str, wanted: State, observed: State, *, allow_major: bool) -> State:
    """Wanted as it is to be compared: AWS may have upgraded the engine or not told everything yet.

    A key that `observed` does not have is not known yet (the group is being created) and is not compared.
    """
    settled = {key: value for key, value in wanted.items() if key in observed}
    if settled.get("engine_version") is not None:
        settled["engine_version"] = settled_version(
            f"{kind} {observed['name']}",
            settled["engine_version"],
            observed["engine_version"],
            allow_major=allow_major,
        )
    return settled


def _name(name: str) -> Iterator[str]:
    if not re.fullmatch(r"[a-z](-?[a-z0-9])*", name) or len(name) > LONGEST_NAME:
        yield (
            f"name {name!r} must have 1 to {LONGEST_NAME} lower-case letters, digits and single hyphens, begin with a"
            " letter and not end with a hyphen"
        )


def _nodes(said: State) -> Iterator[str]:
    nodes = said.get("nodes")
    if nodes is not None and not 1 <= nodes <= MOST_NODES:
        yield f"nodes {nodes} must be between 1 and {MOST_NODES}: one that takes writes, the others its replicas"
    if said.get("automatic_failover") and nodes is not None and nodes < 2:
        yield f"automatic_failover needs 2 nodes or more, nodes is {nodes}"
    if said.get("multi_az") and not said.get("automatic_failover"):
        yield "multi_az needs automatic_failover"


def _windows(said: State) -> Iterator[str]:
    days = said.get("snapshot_retention_days", 0)
    if not 0 <= days <= 35:
        yield f"snapshot_retention_days {days} must be between 0 and 35"
    try:
        daily = daily_minutes(said["snapshot_window"]) if said.get("snapshot_window") else None
        weekly = weekly_minutes(said["maintenance_window"]) if said.get("maintenance_window") else None
    except ValueError as error:
        yield str(error)
        return
    if daily and weekly and overlap(daily, weekly):
        snapshots, maintenance = said["snapshot_window"], said["maintenance_window"]
        yield f"snapshot_window {snapshots} must not overlap maintenance_window {maintenance}"
