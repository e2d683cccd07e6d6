# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Run M(monay.platform.static_site), and show how far it is: a module itself has no voice until it ends."""

from __future__ import annotations

import os
import tempfile
import threading
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.utils.display import Display

SECONDS_BETWEEN_LOOKS = 1.0

display = Display()


class ActionModule(ActionBase):
    """Gives the module a file to write its progress to, and shows what it writes there while it runs."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        site = str(self._task.args.get("bucket", ""))
        with tempfile.NamedTemporaryFile("r", prefix="static-site-", encoding="utf-8") as progress:
            ended = threading.Event()
            teller = threading.Thread(target=_tell, args=(progress, site, ended), daemon=True)
            teller.start()
            try:
                args = {**self._task.args, **_folder(self._task.args), "progress_file": progress.name}
                result.update(self._execute_module(module_args=args, task_vars=task_vars))
            finally:
                ended.set()
                teller.join()
        # Of this run only: nobody who reads the result can do anything with it.
        arguments = result.get("invocation", {}).get("module_args", {})
        arguments.pop("progress_file", None)
        return result


def _folder(args: dict[str, Any]) -> dict[str, str]:
    """The folder as an absolute path: modules run in the playbook's directory, people in theirs."""
    folder = args.get("folder")
    return {"folder": os.path.abspath(os.path.expanduser(os.path.expandvars(folder)))} if folder else {}


def _tell(progress: Any, site: str, ended: threading.Event) -> None:
    while True:
        last = ended.wait(SECONDS_BETWEEN_LOOKS)
        for line in progress:
            display.display(f"  {site}: {line.rstrip()}")
        if last:
            return
