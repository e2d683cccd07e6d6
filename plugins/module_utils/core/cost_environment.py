# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""From the components of an inventory to quantities a month. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from . import cost_applications as applications
from . import cost_components as components
from .cost_quantity import Component, Quantity

Counter = Callable[[Component], Iterable[Quantity]]
# By group of the inventory: the roles whose defaults and vars apply to a component's variables.
ROLES: dict[str, tuple[str, ...]] = {
    "accounts": ("encryption",),
    "networks": ("network", "admin_access", "alarms"),
    "databases": ("database", "alarms"),
    "caches": ("cache", "alarms"),
    "storage": ("storage",),
    "domains": ("dns", "alarms"),
    "monitoring": ("monitoring",),
    "clusters": ("ecs_cluster",),
    "load_balancers": ("load_balancer", "web_acl", "alarms"),
    "services": ("service", "rollout", "registry", "secrets", "monitoring", "alarms"),
    "static_sites": ("static_site", "web_acl", "alarms"),
}
COUNTERS: dict[str, tuple[Counter, ...]] = {
    "accounts": (components.keys,),
    "networks": (components.network, components.admin_access, applications.alarms),
    "databases": (components.database, applications.alarms),
    "caches": (components.cache, applications.alarms),
    "storage": (components.storage,),
    "domains": (components.domain, applications.alarms),
    "monitoring": (components.monitoring,),
    "load_balancers": (components.load_balancer, applications.alarms),
    "services": (applications.service, applications.alarms),
    "static_sites": (applications.static_site, applications.alarms),
}


def roles_of(groups: Iterable[str]) -> list[str]:
    """The roles whose variables a component of these groups is counted by; role cost has what is assumed of its use."""
    return ["cost", *(role for group in groups for role in ROLES.get(group, ()))]


def quantities(environment: Iterable[Component]) -> list[Quantity]:
    """What all components use in a month. What none of is used is left out."""
    environment = list(environment)
    return [each for component in environment for each in _of(component, environment) if each.band.maximum]


def _of(component: Component, environment: list[Component]) -> Iterator[Quantity]:
    for group, counters in COUNTERS.items():
        if stands(component, group):
            for count in counters:
                yield from count(component)
    if stands(component, "clusters"):
        yield from applications.cluster(component, sum(stands(each, "services") for each in environment))


def stands(component: Component, group: str) -> bool:
    """Whether it is of the group, and the role that makes it is not told to take it away (`database_state: absent`)."""
    return group in component.groups and component.values.get(f"{ROLES[group][0]}_state") != "absent"
