# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""An inventory whose cost is estimated, as it is or with other variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, cast

from ansible_collections.monay.platform.plugins.module_utils.core.cost_environment import quantities, roles_of, stands
from ansible_collections.monay.platform.plugins.module_utils.core.cost_estimate import Line, Total, estimate, total
from ansible_collections.monay.platform.plugins.module_utils.core.cost_options import groups
from ansible_collections.monay.platform.plugins.module_utils.core.cost_prices import Prices
from ansible_collections.monay.platform.plugins.module_utils.core.cost_proposal import described, propose
from ansible_collections.monay.platform.plugins.module_utils.core.cost_quantity import Component
from ansible_collections.monay.platform.plugins.module_utils.core.cost_solver import Changes
from ansible_collections.monay.platform.plugins.module_utils.core.database import replica_plan
from ansible_collections.monay.platform.plugins.module_utils.core.rightsizing import hints

from .effective_variables import EffectiveVariables, RoleFiles


class CostInventory:
    """All hosts, whatever the play is limited to: a part of an environment has no budget."""

    def __init__(
        self, templar: Any, loader: Any, variables: Mapping[str, Any], prices: Prices, free_tier: bool
    ) -> None:
        self._templar, self._variables = templar, variables
        self._files = RoleFiles(loader)
        self._prices, self._free_tier = prices, free_tier

    def components(self, changes: Mapping[str, Any]) -> list[Component]:
        """With variables that are changed for all of them."""
        hostvars = self._variables["hostvars"]
        found = []
        for name in sorted(self._variables["groups"]["all"]):
            host = hostvars.raw_get(name)
            groups = host["group_names"]
            values = EffectiveVariables(self._templar, host, roles_of(groups), self._files, changes)
            found.append(Component(name, frozenset(groups), values))
        return found

    def lines(self, environment: Iterable[Component]) -> list[Line]:
        return estimate(quantities(environment), self._prices, self._free_tier)

    def rightsizing(self, environment: Iterable[Component], found: Mapping[str, Any]) -> dict[str, Any]:
        """What sizes should be by what rightsizing_info `found` of how much of them is used, and what that saves."""
        kept = {name: found.get(name) for name in ("days", "optimizer", "recommendations")}
        return {**kept, "hints": self._hints(environment, found["usage"])}

    def _hints(self, environment: Iterable[Component], usage: Mapping[str, Any]) -> list[dict[str, Any]]:
        hosts = {component.name: component for component in environment}
        base = total(self.lines(hosts.values()))
        found = []
        for hint in hints(hosts.values(), usage):
            component = hosts[hint.component]
            changed = {**hosts, component.name: _changed(component, hint.changes)} if hint.changes else hosts
            after = total(self.lines(changed.values()))
            known = after.unknown <= base.unknown
            found.append(
                {
                    "component": hint.component,
                    "verdict": hint.verdict,
                    "loads": {name: round(load, 1) for name, load in hint.loads.items()},
                    "variables": [
                        {"variable": name, "before": component.values[name], "after": value}
                        for name, value in hint.changes.items()
                    ],
                    "saves": float(base.cost.expected - after.cost.expected) if hint.changes and known else None,
                    "note": hint.note,
                }
            )
        return found

    def proposal(self, environment: Iterable[Component], budget: Decimal, risks: Mapping[str, int]) -> dict[str, Any]:
        """How the budget can be kept."""
        hosts = {component.name: component for component in environment}

        def estimated(changes: Changes) -> Total:
            changed = {name: _changed(hosts[name], variables) for name, variables in changes.items()}
            return total(self.lines({**hosts, **changed}.values()))

        found = propose(groups(hosts.values(), risks), budget, estimated)
        return described(found, lambda host, variable: hosts[host].values.get(variable))


def measured(environment: Iterable[Component]) -> dict[str, list[dict[str, Any]]]:
    """What rightsizing_info is to look at."""
    found: dict[str, list[dict[str, Any]]] = {"services": [], "databases": [], "caches": []}
    for each in environment:
        if stands(each, "services"):
            where = {"cluster": each.text("service_cluster"), "service": each.text("service_name")}
            found["services"].append({"name": each.name, **where})
        if stands(each, "databases"):
            name = each.text("database_name")
            replicas = [replica["name"] for replica in replica_plan(name, each.count("database_read_replicas"))]
            found["databases"] += [{"name": each.name, "identifier": one} for one in (name, *replicas)]
        if stands(each, "caches"):
            name = each.text("cache_name")
            nodes = [f"{name}-{number:03}" for number in range(1, each.count("cache_nodes") + 1)]
            found["caches"].append({"name": each.name, "nodes": nodes})
    return found


def _changed(component: Component, variables: Mapping[str, Any]) -> Component:
    return replace(component, values=cast("EffectiveVariables", component.values).changed(variables))
