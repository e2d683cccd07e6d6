# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What could be changed of all services on Fargate to save money, and what it takes. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .cost_quantity import Component
from .cost_solver import Choice, Lever
from .ecs_size import fargate_problem, units

SMALLER = "look at CPU, memory and connections of the last weeks first"


def services(running: Sequence[Component], risks: Mapping[str, int]) -> list[Lever]:
    """ARM, Spot, smaller tasks, fewer of them, and none at night; for all services at once."""
    offered = [
        ("service_arm", "the images are built for ARM64", _on_arm, (1,)),
        ("service_spot", "AWS may take tasks away with two minutes' notice", _on_spot, (1, 2)),
        ("service_half", SMALLER, _halved, (1,)),
        ("service_count", "less room for peaks, and for the loss of a zone", _fewer, (1, 2)),
        ("service_schedule", "nothing answers at night and at weekends, and alarms say so", _by_day, (1,)),
    ]
    levers: list[Lever] = []
    for name, takes, change, steps in offered:
        lever = []
        for step in steps if name in risks else ():
            changes = {each.name: variables for each in running if (variables := change(each, step))}
            if changes:
                lever.append(Choice(changes, takes, risks[name] * step))
        levers.append(lever)
    return levers


def _on_arm(service: Component, _step: int) -> dict[str, Any]:
    return {"service_architecture": "ARM64"} if service.text("service_architecture").lower() != "arm64" else {}


def _on_spot(service: Component, step: int) -> dict[str, Any]:
    """Half of the tasks beyond the smallest number, or all of them."""
    percent = 50 * step
    return {"service_spot_percent": percent} if service.count("service_spot_percent") < percent else {}


def _halved(service: Component, _step: int) -> dict[str, Any]:
    cpu, memory = (int(units(service.values[name])) // 2 for name in ("service_cpu", "service_memory"))
    return {} if fargate_problem(cpu, memory) else {"service_cpu": cpu, "service_memory": memory}


def _fewer(service: Component, step: int) -> dict[str, Any]:
    left = service.count("service_min_count") - step
    return {"service_min_count": left} if left >= 1 else {}


def _by_day(service: Component, _step: int) -> dict[str, Any]:
    """From Monday to Friday by day; never where data is protected, and never over schedules that there are."""
    if service.flag("platform_data_protection") or service.values["service_autoscaling_schedules"]:
        return {}
    least = service.count("service_min_count")
    most = service.count("service_max_count") if service.flag("service_autoscaling") else least
    return {
        "service_autoscaling": True,
        "service_max_count": most,
        "service_autoscaling_schedules": [
            {"name": "night", "schedule": "cron(0 20 ? * MON-FRI *)", "min_capacity": 0, "max_capacity": 0},
            {"name": "day", "schedule": "cron(0 7 ? * MON-FRI *)", "min_capacity": least, "max_capacity": most},
        ],
    }
