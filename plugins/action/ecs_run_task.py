# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Ask M(monay.platform.ecs_run_task) again and again until its task has ended, and show how far it is."""

from __future__ import annotations

import time
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.monay.platform.plugins.module_utils.core.readiness import pause_after

display = Display()


class ActionModule(ActionBase):
    """Lets the module start or find the task once, then polls with growing pauses."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments, timeout = dict(self._task.args), int(self._task.args.get("wait_timeout", 3600))
        first: dict[str, Any] = self._execute_module(module_args=arguments, task_vars=task_vars)
        result, started, last = first, time.monotonic(), ""
        while not self._task.check_mode and not result.get("failed") and result["task"]["verdict"] == "pending":
            waited = time.monotonic() - started
            text = f"{arguments['task_definition']}: {result['task']['text']}"
            if text != last:
                display.display(f"  {int(waited) // 60:3d}:{int(waited) % 60:02d}  {text}")
                last = text
            if waited >= timeout:
                message = f"not done after {int(waited)} s: {text}. The task goes on; run again to go on waiting"
                result = {**result, "failed": True, "msg": message}
                break
            time.sleep(pause_after(waited))
            followed = {**arguments, "follow": first["task"]["arn"]}
            result = self._execute_module(module_args=followed, task_vars=task_vars)
        # What was started the first answer tells, and what has become of it the last one.
        return {**result, **{key: first[key] for key in ("changed", "changes") if key in first}}
