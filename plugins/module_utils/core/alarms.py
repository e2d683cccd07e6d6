# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Which alarms a component has at which monitoring level. Pure.

Every level has the alarms of the one below: basic ⊂ enhanced ⊂ full. docs/monitoring.md has the table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .alarm_edges import domain_alarms, load_balancer_alarms, network_alarms, static_site_alarms
from .alarm_parts import GLOBAL_REGION, LEVELS, Alarm, Level, exists_at
from .alarm_services import service_alarms
from .alarm_stores import cache_alarms, database_alarms
from .plan import PlanRefused

Builder = Callable[[Mapping[str, Any], Mapping[str, float]], list[Alarm]]
BUILDERS: dict[str, Builder] = {
    "service": service_alarms,
    "static_site": static_site_alarms,
    "load_balancer": load_balancer_alarms,
    "database": database_alarms,
    "cache": cache_alarms,
    "domain": domain_alarms,
    "network": network_alarms,
}
# Applications have one alarm that tells; what it is made of tells nobody by itself.
APPLICATIONS = ("service", "static_site")

# Percent, unless the name says otherwise. The first five are the design document's.
LIMITS: dict[str, float] = {
    "cpu": 80,
    "memory": 90,
    "errors": 1,
    "connections": 80,
    "cache_memory": 75,
    "disk": 80,
    "free_storage": 10,
    "hit_rate": 80,
    "not_found": 20,
    # seconds
    "latency_p95": 1,
    "latency_p99": 3,
    "storage_latency": 0.05,
    "replica_lag": 60,
    # days
    "certificate_days": 30,
    # a minute
    "minimum_requests": 20,
    "minimum_reads": 100,
    "evictions": 100,
    "packets_dropped": 100,
    # in five minutes
    "log_errors": 10,
    "blocked_requests": 1000,
    # credits
    "cpu_credits": 20,
}


def alarm_plan(
    component: Mapping[str, Any],
    kind: str,
    level: Level,
    region: str,
    topic: str = "",
    limits: Mapping[str, float] | None = None,
) -> list[dict[str, Any]]:
    """One entry a region: `{region, alarms, composite_alarms, absent}` for the module cloudwatch_alarm.

    `limits` go over LIMITS. `topic` is told; "" for nobody. `absent` are the alarms of other levels,
    and those that have nothing to watch.
    Raises PlanRefused for a kind, level or limit that does not exist.
    """
    limits = limits or {}
    _check(kind, level, limits)
    alarms = BUILDERS[kind](component, {**LIMITS, **{key: float(value) for key, value in limits.items()}})
    regions = {region: [each for each in alarms if not each.everywhere]}
    for alarm in alarms:
        if alarm.everywhere:
            regions.setdefault(GLOBAL_REGION, []).append(alarm)
    plans = {where: _region(component, kind, level, topic, found) for where, found in regions.items() if found}
    return [{"region": where, **plan} for where, plan in plans.items()]


def _check(kind: str, level: str, limits: Mapping[str, float]) -> None:
    unknown = sorted(limits.keys() - LIMITS.keys())
    if unknown:
        raise PlanRefused(f"alarms_limits has {', '.join(unknown)}; it can have {', '.join(sorted(LIMITS))}")
    if kind not in BUILDERS:
        raise PlanRefused(f"there are no alarms for a {kind}; alarms_kind is one of {', '.join(BUILDERS)}")
    if level not in LEVELS:
        raise PlanRefused(f"alarms_level is {level!r}; it must be one of {', '.join(LEVELS)}")


def _region(
    component: Mapping[str, Any], kind: str, level: Level, topic: str, alarms: list[Alarm]
) -> dict[str, list[Any]]:
    wanted = [each for each in alarms if each.applies and exists_at(each.level, level)]
    absent = [each.name for each in alarms if each not in wanted]
    actions = [topic] if topic else []
    if kind not in APPLICATIONS:
        return {"alarms": [each.option(actions, actions) for each in wanted], "composite_alarms": [], "absent": absent}
    return {
        "alarms": [each.option([], actions) for each in wanted],
        "composite_alarms": [_composite(component["name"], wanted, actions)],
        "absent": absent,
    }


def _composite(name: str, alarms: list[Alarm], actions: list[str]) -> dict[str, Any]:
    return {
        "name": name,
        "description": f"Something is wrong with {name}; the alarms that begin with {name}- say what.",
        "rule": " OR ".join(f'ALARM("{each.name}")' for each in alarms),
        "alarm_actions": actions,
        "ok_actions": actions,
    }
