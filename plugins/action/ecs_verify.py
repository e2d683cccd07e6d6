# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Put the file and the line of each variable into what M(monay.platform.ecs_verify) finds."""

from __future__ import annotations

from typing import Any

from ansible.plugins.action import ActionBase

from ansible_collections.monay.platform.plugins.plugin_utils.inventory_files import place_of


class ActionModule(ActionBase):
    """Runs the module; only the controller knows where a variable stands."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        variables = task_vars or {}
        result: dict[str, Any] = self._execute_module(task_vars=task_vars)
        if not result.get("failed") or not result.get("problems"):
            return result
        place = (variables.get("inventory_dir"), str(variables.get("inventory_hostname")))
        told = [f"- {_named(problem, *place)}: {problem['message']}" for problem in result["problems"]]
        head = str(result["msg"]).partition("\n")[0]
        return {**result, "msg": "\n".join([head, *told])}


def _named(problem: dict[str, Any], inventory_dir: str | None, host: str) -> str:
    """The variable with its place, or what the problem is about where no variable is to blame."""
    variable = problem["variable"]
    return f"{variable} ({place_of(variable, inventory_dir, host)})" if variable else str(problem["about"])
