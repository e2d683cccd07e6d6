# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Ask M(monay.platform.ecs_rollout) again and again, and show how far the rollout is and what ECS says of it."""

from __future__ import annotations

import time
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.monay.platform.plugins.module_utils.core.readiness import pause_after
from ansible_collections.monay.platform.plugins.modules.ecs_rollout import ARGUMENT_SPEC
from ansible_collections.monay.platform.plugins.plugin_utils.evidence import seen_now, written_down

# A line at most this often while nothing changes, so that a long wait does not fill the screen.
SECONDS_BETWEEN_LINES = 30

display = Display()


class ActionModule(ActionBase):
    """Lets the module act once, then polls with growing pauses until what is waited for has come, or time is up."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        arguments, timeout = dict(self._task.args), int(self._task.args.get("wait_timeout", 3600))
        first: dict[str, Any] = self._execute_module(module_args=arguments, task_vars=task_vars)
        self._told: set[str] = set()
        self._lines: list[dict[str, Any]] = []
        result, started, shown = first, time.monotonic(), 0.0
        while not result.get("failed") and result["deployment"]["verdict"] == "pending":
            waited = time.monotonic() - started
            if self._tell(arguments["service"], result, waited, silent=waited - shown):
                shown = waited
            if waited >= timeout:
                message = f"not done after {int(waited)} s: {arguments['service']}: {result['deployment']['text']}"
                result = {**result, "failed": True, "msg": f"{message}. It goes on; run again to go on waiting"}
                break
            time.sleep(pause_after(waited))
            followed = {"follow": first["deployment"]["arn"], "follow_goal": first["deployment"]["goal"]}
            result = self._execute_module(module_args={**arguments, **followed}, task_vars=task_vars)
        if self._lines:
            self._tell(arguments["service"], result, time.monotonic() - started, silent=0)
        # What was changed the first answer tells, and what has become of it the last one.
        kept: dict[str, Any] = {key: first[key] for key in ("changed", "changes", "diff") if key in first}
        evidence = written_down(self, result, self._lines, ARGUMENT_SPEC, task_vars)
        return {**result, **kept, "timeline": self._lines, **evidence}

    def _tell(self, service: str, result: dict[str, Any], waited: float, silent: float) -> bool:
        """Show what is new: a state, and events; whether there was anything."""
        fresh = [each for each in result.get("events") or () if each["id"] not in self._told]
        self._told.update(each["id"] for each in fresh)
        text = (result.get("deployment") or {}).get("text", "")
        is_new = bool(text) and (not self._lines or self._lines[-1]["text"] != text)
        if is_new:
            self._lines.append(seen_now(waited, text))
        moment = f"  {int(waited) // 60:3d}:{int(waited) % 60:02d}  "
        for event in fresh:
            display.display(f"{moment}{event['message']}")
        if is_new or silent >= SECONDS_BETWEEN_LINES:
            display.display(f"{moment}{service}: {text}")
        return is_new or bool(fresh) or silent >= SECONDS_BETWEEN_LINES
