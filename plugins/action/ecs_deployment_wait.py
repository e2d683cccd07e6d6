# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Ask M(monay.platform.ecs_deployment_wait) again and again, and show how far the deployment is."""

from __future__ import annotations

import time
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.monay.platform.plugins.module_utils.core.readiness import pause_after
from ansible_collections.monay.platform.plugins.modules.ecs_deployment_wait import ARGUMENT_SPEC
from ansible_collections.monay.platform.plugins.plugin_utils.evidence import seen_now, written_down

# A line at most this often while nothing changes, so that a long wait does not fill the screen.
SECONDS_BETWEEN_LINES = 30

display = Display()


class ActionModule(ActionBase):
    """Polls with growing pauses until the deployment has ended, or time is up."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        if self._task.check_mode:
            return {"changed": False, "waited": 0, "msg": "check mode: no deployment was started to wait for"}
        arguments, timeout = dict(self._task.args), int(self._task.args.get("timeout", 3600))
        started, shown, last = time.monotonic(), 0.0, ""
        timeline: list[dict[str, Any]] = []
        while True:
            waited = time.monotonic() - started
            module_args = {**arguments, "waited": int(waited)}
            result: dict[str, Any] = self._execute_module(module_args=module_args, task_vars=task_vars)
            result["waited"] = int(waited)
            told = (result.get("deployment") or {}).get("text", "")
            if told and (not timeline or timeline[-1]["text"] != told):
                timeline.append(seen_now(waited, told))
            if result.get("failed"):
                return {**result, **written_down(self, result, timeline, ARGUMENT_SPEC, task_vars)}
            if result["deployment"]["verdict"] == "ready":
                return result
            text = f"{arguments['service']}: {told}"
            if waited >= timeout:
                message = f"not done after {int(waited)} s: {text}. It goes on; run again to go on waiting"
                return {**result, "failed": True, "msg": message}
            if text != last or waited - shown >= SECONDS_BETWEEN_LINES:
                display.display(f"  {int(waited) // 60:3d}:{int(waited) % 60:02d}  {text}")
                last, shown = text, waited
            time.sleep(pause_after(waited))
