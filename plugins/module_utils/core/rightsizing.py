# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""What a component's size should be, by how much of it was used. Pure.

One rule for all: a size is enough where nothing that was used, at its peak, is more than HEADROOM per cent of it. What
is used beyond TIGHT per cent is too small. Between them a component stays as it is, so that hints do not go to and fro.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .cost_options import ladder_of
from .cost_quantity import Component
from .ecs_size import FARGATE_SIZES, units
from .instance_memory import GIB, default_max_connections, memory_gib
from .plan import PlanRefused

Verdict = Literal["smaller", "larger", "keep", "no_data"]
HEADROOM, TIGHT = 70.0, 90.0
FEWEST_HOURS = 7 * 24
"""Less than a week says nothing of the week's busiest hour."""


@dataclass(frozen=True)
class Hint:
    """What is said of one component."""

    component: str
    verdict: Verdict
    loads: Mapping[str, float]
    """Per cent of what the component has, at the peak, by `cpu`, `memory` and `connections`."""
    changes: Mapping[str, Any] = field(default_factory=dict)
    """The variables to change, where there is a size to change to."""
    note: str = ""


def hints(components: Iterable[Component], usage: Mapping[str, Mapping[str, Any]]) -> list[Hint]:
    """One for each component that was looked at."""
    return [_hint(each, usage[each.name]) for each in components if each.name in usage]


def _hint(component: Component, used: Mapping[str, Any]) -> Hint:
    loads, note = _loads(component, used)
    if used["hours"] < FEWEST_HOURS:
        return Hint(component.name, "no_data", loads, note=f"{used['hours']} hours of at least {FEWEST_HOURS}")
    peak = max(loads.values())
    changes = _service(component, loads) if used["kind"] == "service" else _class(component, used["kind"], peak)
    if peak > TIGHT:
        return Hint(component.name, "larger", loads, changes, note if changes else "there is no larger size here")
    return Hint(component.name, "smaller" if changes else "keep", loads, changes, note)


def _loads(component: Component, used: Mapping[str, Any]) -> tuple[dict[str, float], str]:
    loads = {name: float(used[name]) for name in ("cpu", "memory") if used.get(name) is not None}
    if used["kind"] != "database":
        return loads, ""
    try:
        memory = memory_gib(component.text("database_instance_class"))
    except PlanRefused as error:
        return loads, f"memory and connections are not looked at: {error}"
    if used["free_memory"] is not None:
        loads["memory"] = max(0.0, 100 * (1 - float(used["free_memory"]) / (memory * GIB)))
    if used["connections"] is not None:
        loads["connections"] = 100 * float(used["connections"]) / default_max_connections(memory)
    return loads, ""


def _service(component: Component, loads: Mapping[str, float]) -> dict[str, Any]:
    """The smallest pair that Fargate has with room for both; to a larger one only where it is tight now."""
    if component.text("service_launch") != "fargate":
        return {}
    now = tuple(int(units(component.values[name])) for name in ("service_cpu", "service_memory"))
    if "cpu" not in loads or "memory" not in loads:
        return {}
    needed = (now[0] * loads["cpu"] / HEADROOM, now[1] * loads["memory"] / HEADROOM)
    pairs = sorted((cpu, memory) for cpu, sizes in FARGATE_SIZES.items() for memory in sizes)
    enough = next((pair for pair in pairs if pair[0] >= needed[0] and pair[1] >= needed[1]), None)
    tight = max(loads.values()) > TIGHT
    if enough is None or enough == now or (not tight and (enough[0] > now[0] or enough[1] > now[1])):
        return {}
    return {"service_cpu": enough[0], "service_memory": enough[1]}


def _class(component: Component, kind: str, peak: float) -> dict[str, Any]:
    """The smallest size of the same family with room for everything; each has twice what the one below it has."""
    variable = {"database": "database_instance_class", "cache": "cache_node_type"}[kind]
    *family, size = component.text(variable).split(".")
    ladder = ladder_of(family[-1])
    if size not in ladder:
        return {}
    found = _rung(ladder, ladder.index(size), peak)
    return {} if found == size else {variable: ".".join((*family, found))}


def _rung(ladder: Sequence[str], now: int, peak: float) -> str:
    at, load = now, peak
    if peak > TIGHT:
        while load > HEADROOM and at + 1 < len(ladder):
            load *= _capacity(ladder[at]) / _capacity(ladder[at + 1])
            at += 1
        return ladder[at]
    while at and load * _capacity(ladder[at]) / _capacity(ladder[at - 1]) <= HEADROOM:
        load *= _capacity(ladder[at]) / _capacity(ladder[at - 1])
        at -= 1
    return ladder[at]


def _capacity(size: str) -> float:
    """In xlarge."""
    below = {"micro": 1 / 16, "small": 1 / 8, "medium": 1 / 4, "large": 1 / 2}
    return below.get(size) or float(size.removesuffix("xlarge") or 1)
