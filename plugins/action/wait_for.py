# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Ask M(monay.platform.wait_for) again and again, and show what is awaited. Sleeping belongs here, not in modules."""

from __future__ import annotations

import time
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

from ansible_collections.monay.platform.plugins.module_utils.core.readiness import pause_after

# A line at most this often while nothing changes, so that a long wait does not fill the screen.
SECONDS_BETWEEN_LINES = 30

display = Display()


class ActionModule(ActionBase):
    """Polls with growing pauses until everything is ready (or gone), something has failed, or time is up."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        super().run(tmp, task_vars)
        if self._task.check_mode:
            return {"changed": False, "statuses": [], "waited": 0, "msg": "check mode: nothing was started to wait for"}
        goal, timeout = self._task.args.get("goal", "ready"), int(self._task.args.get("timeout", 5400))
        started, shown = time.monotonic(), _Shown()
        while True:
            result: dict[str, Any] = self._execute_module(task_vars=task_vars)
            waited = int(time.monotonic() - started)
            if result.get("failed"):
                return result
            result["waited"] = waited
            failed = [each for each in result["statuses"] if each["verdict"] == "failed" and goal == "ready"]
            if failed:
                return _failure(result, f"{_listed(failed)}: it will not become ready by itself; see its events in AWS")
            waiting = [each for each in result["statuses"] if goal == "gone" or each["verdict"] == "pending"]
            shown.say(waiting, waited)
            if not waiting:
                return result
            if waited >= timeout:
                return _failure(result, f"not {goal} after {waited} s: {_listed(waiting)}. Run again to go on waiting")
            time.sleep(pause_after(time.monotonic() - started))


class _Shown:
    """What was said last, so that a line is written when something changed or the silence grew long."""

    def __init__(self) -> None:
        self._last = ""
        self._at = 0

    def say(self, waiting: list[dict[str, Any]], waited: int) -> None:
        text = _listed(waiting)
        if waiting and (text != self._last or waited - self._at >= SECONDS_BETWEEN_LINES):
            display.display(f"  {waited // 60:3d}:{waited % 60:02d}  waiting for {text}")
            self._last, self._at = text, waited


def _listed(statuses: list[dict[str, Any]]) -> str:
    return ", ".join(f"{each['name']} ({each['status']})" for each in statuses)


def _failure(result: dict[str, Any], message: str) -> dict[str, Any]:
    return {**result, "failed": True, "msg": message}
