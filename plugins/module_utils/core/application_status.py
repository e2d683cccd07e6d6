# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How applications are doing, for people: version, tasks, deployment, health, alarms. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from .table import table

ABSENT = "not deployed"
UNKNOWN = "-"
ALARM = "ALARM"
# States of a target that no longer counts: it is on its way out, or its group is not in use.
LEAVING = frozenset({"draining", "unused"})


@dataclass(frozen=True)
class Status:
    """One application as AWS has it; what is not known is "-" or None."""

    application: str
    url: str
    version: str = UNKNOWN
    running: int | None = None
    desired: int | None = None
    deployment: str = ABSENT
    health: str = UNKNOWN
    alarms: Mapping[str, str] = field(default_factory=dict)
    """States of its alarms by name."""

    def summary(self) -> dict[str, Any]:
        return {**asdict(self), "alarms": dict(self.alarms)}


def application_list(
    catalogue: Mapping[str, Mapping[str, Any]],
    project: str,
    environment: str,
    domain: str,
    account: str,
    hosts: Iterable[str],
) -> list[dict[str, Any]]:
    """The applications among the hosts, with the names that the roles give to what belongs to them."""
    listed = []
    for host in hosts:
        if host in catalogue:
            short = host.removeprefix(f"{project}-")
            listed.append(
                {
                    "host": host,
                    "name": f"{project}-{environment}-{short}",
                    "kind": catalogue[host]["kind"],
                    "hostname": f"{catalogue[host]['subdomain']}.{domain}",
                    "container": short,
                    "repository": f"{project}/{environment}/{short}",
                    "bucket": f"{project}-{environment}-{account}-site",
                }
            )
    return listed


def version(image: str, tags: Iterable[str], digest: str) -> str:
    """What a running image is called: its tags in the repository, else the tag in its name, else its digest."""
    known = sorted(tags)
    if known:
        return ", ".join(known)
    tagged = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    return tagged or digest.removeprefix("sha256:")[:12] or UNKNOWN


def deployment(deployments: Iterable[Mapping[str, Any]]) -> str:
    """The state of the newest service deployment, with ECS's reason where it is not a success."""
    newest = max(deployments, key=lambda each: str(each["createdAt"]), default=None)
    if newest is None:
        return UNKNOWN
    reason = newest.get("statusReason")
    return f"{newest['status']}: {reason}" if reason and newest["status"] != "SUCCESSFUL" else str(newest["status"])


def health(states: Iterable[str]) -> str:
    """How many of the targets that count are healthy, and what the others are."""
    counting = [state for state in states if state not in LEAVING]
    if not counting:
        return "no targets"
    others = sorted({state for state in counting if state != "healthy"})
    told = f"{counting.count('healthy')}/{len(counting)} healthy"
    return f"{told} ({', '.join(others)})" if others else told


def alarms_of(name: str, names: Sequence[str], alarms: Mapping[str, str]) -> dict[str, str]:
    """The alarms of one application: those whose name begins with its name, and with no longer one of `names`."""
    longer = tuple(f"{each}-" for each in names if each.startswith(f"{name}-"))
    mine = {each: state for each, state in alarms.items() if each == name or each.startswith(f"{name}-")}
    return {each: state for each, state in sorted(mine.items()) if not f"{each}-".startswith(longer)}


def told_alarms(alarms: Mapping[str, str], prefix: str = "") -> str:
    """Alarms in a few words; those that are in alarm by name."""
    if not alarms:
        return "none"
    ringing = [name for name, state in sorted(alarms.items()) if state == ALARM]
    if ringing:
        return f"{ALARM}: {', '.join(name.removeprefix(prefix) or name for name in ringing)}"
    waiting = sum(state != "OK" for state in alarms.values())
    return f"{len(alarms)} quiet" + (f", {waiting} without data" if waiting else "")


def report(statuses: Sequence[Status], prefix: str, others: Mapping[str, str]) -> str:
    """A table of the applications, and a line about the environment's other alarms."""
    rows = [
        (
            each.application,
            each.version,
            UNKNOWN if each.running is None else f"{each.running}/{each.desired}",
            each.deployment,
            each.health,
            each.url,
            told_alarms(each.alarms, prefix),
        )
        for each in statuses
    ]
    headers = ("application", "version", "running", "deployment", "health", "url", "alarms")
    return f"{table(headers, rows)}\n\nother alarms: {told_alarms(others, prefix)}"
