# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Ask M(monay.platform.rollout_gate) again while its gates are inconclusive, and show what they say."""

from __future__ import annotations

import time
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

display = Display()


class ActionModule(ActionBase):
    """Evaluates the gates at most `attempts` times, `interval` seconds apart."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments = dict(self._task.args)
        service = str(arguments.get("service", ""))  # what is missing the module says
        attempts, interval = int(arguments.get("attempts", 10)), float(arguments.get("interval", 60))
        for attempt in range(1, attempts + 1):
            result: dict[str, Any] = self._execute_module(module_args=arguments, task_vars=task_vars)
            self._tell(service, result)
            if result.get("failed") or result["verdict"] != "inconclusive" or attempt == attempts:
                break
            display.display(f"  {service}: look again in {interval:g} s ({attempt} of {attempts})")
            time.sleep(interval)
        return result

    @staticmethod
    def _tell(service: str, result: dict[str, Any]) -> None:
        for each in result.get("gates") or ():
            display.display(f"  {service}: {each['verdict']}: {each['name']} before {each['stage']}: {each['reason']}")
