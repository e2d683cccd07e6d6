# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""How many tasks of which size a service runs. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from .cost_prices import ZERO
from .cost_quantity import Band, Component
from .cost_schedule import WEEK, Period, periods, uncounted
from .ecs_size import units

UNITS = Decimal(1024)
"""CPU units of a vCPU, MiB of a GB."""


def tasks(component: Component) -> Band:
    """How many tasks run on average. Where they are scaled, the expected number is so many per cent of the way up."""
    return _mean((period, _running(component, period)) for period in _periods(component))


def spare(component: Component) -> Band:
    """How many of them run on Fargate Spot on average: of those beyond the base, which is service_min_count."""
    base, percent = component.number("service_min_count"), component.number("service_spot_percent") / 100
    return _mean(
        (period, _running(component, period).map(lambda number: max(number - base, ZERO) * percent))
        for period in _periods(component)
    )


def described(component: Component, running: Band, hours: Decimal) -> str:
    """What is assumed of them."""
    low, middle, high = (f"{round(each, 2):g}" for each in (running.minimum, running.expected, running.maximum))
    note = f"{low} to {high} tasks, {middle} expected, {hours:g} hours"
    if not component.flag("service_autoscaling") or not component.values["service_autoscaling_schedules"]:
        return note
    left_out = ", ".join(uncounted(component.values["service_autoscaling_schedules"]))
    return f"{note}; on average, by the schedules" + (f" without {left_out}" if left_out else "")


def size(component: Component) -> tuple[Decimal, Decimal]:
    """vCPUs and GB of a task."""
    cpu, memory = (Decimal(units(component.values[name])) for name in ("service_cpu", "service_memory"))
    return cpu / UNITS, memory / UNITS


def fargate_prices(component: Component, spot: str = "") -> tuple[str, str]:
    """Keys of the prices of a vCPU and of a GB."""
    architecture = component.text("service_architecture").lower()
    return f"fargate.{spot}vcpu.{architecture}", f"fargate.{spot}memory.{architecture}"


def _periods(component: Component) -> list[Period]:
    least = component.number("service_min_count")
    if not component.flag("service_autoscaling"):
        return [Period(WEEK, least, least)]
    most = max(least, component.number("service_max_count"))
    return periods(component.values["service_autoscaling_schedules"], least, most)


def _running(component: Component, period: Period) -> Band:
    up = component.number("cost_usage_autoscaling_percent") / 100
    return Band(period.least, period.least + (period.most - period.least) * up, period.most)


def _mean(parts: Iterable[tuple[Period, Band]]) -> Band:
    total = Band(ZERO, ZERO, ZERO)
    for period, each in parts:
        total = total.plus(each.times(period.minutes))
    return total.map(lambda minutes: minutes / WEEK)
