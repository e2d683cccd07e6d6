# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run a playbook as a user would, in a process of its own, and read what each task answered."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CALLBACKS = Path(__file__).parent / "callbacks"
LONGEST_RUN = 300  # seconds; a run that takes longer hangs

Named = tuple[str, str, str]
"""What one change is about: action, kind and name."""


@dataclass(frozen=True)
class Run:
    """The end of a playbook run."""

    returncode: int
    output: str
    tasks: list[dict[str, Any]]

    @property
    def changed_tasks(self) -> list[str]:
        return [f"{each['host']}: {each['task']}" for each in self.tasks if each["result"].get("changed")]

    @property
    def changes(self) -> list[Named]:
        """Every change that the modules named, in the order of the tasks."""
        return [
            (change["action"], change["kind"], change["name"])
            for each in self.tasks
            for change in each["result"].get("changes", [])
        ]

    @property
    def failures(self) -> list[str]:
        return [str(each["result"].get("msg")) for each in self.tasks if each["outcome"] == "failed"]

    @property
    def diffs(self) -> list[dict[str, Any]]:
        return [diff for each in self.tasks for diff in _listed(each["result"].get("diff"))]

    def succeeded(self) -> Run:
        """This run, or an assertion error that shows what went wrong."""
        failures = "\n".join(self.failures)
        assert self.returncode == 0, f"exit code {self.returncode}\n{self.output[-6000:]}\n{failures}"
        return self


def _listed(diff: Any) -> list[dict[str, Any]]:
    return diff if isinstance(diff, list) else [diff] if diff else []


@dataclass
class Playbooks:
    """Runs playbooks of the repository with one environment's inventory and credentials."""

    inventory: Path
    credentials: Mapping[str, str]
    variables: Mapping[str, Any] = field(default_factory=dict)

    def command(self, playbook: str, *arguments: str, **variables: Any) -> list[str]:
        ansible = Path(sys.executable).with_name("ansible-playbook")
        extra = {**self.variables, **variables}
        extras = ["-e", json.dumps(extra)] if extra else []
        return [str(ansible), "-i", str(self.inventory), f"playbooks/{playbook}.yml", *extras, *arguments]

    def run(self, playbook: str, *arguments: str, **variables: Any) -> Run:
        with self.started(playbook, *arguments, **variables) as started:
            return started.ended()

    def started(self, playbook: str, *arguments: str, **variables: Any) -> Started:
        return Started(self.command(playbook, *arguments, **variables), self.credentials)


class Started:
    """A playbook that runs; leaving the `with` block kills what still runs of it."""

    def __init__(self, command: list[str], credentials: Mapping[str, str]) -> None:
        self._record = Path(tempfile.mkstemp(prefix="monay-run-", suffix=".jsonl")[1])
        self._output = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed in __exit__
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_"))},
            **credentials,
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "record",
            "ANSIBLE_NOCOLOR": "1",
            "MONAY_TEST_RECORD": str(self._record),
        }
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=self._output, stderr=subprocess.STDOUT, start_new_session=True
        )

    def __enter__(self) -> Started:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.kill()
        self._output.close()
        self._record.unlink()

    def ended(self) -> Run:
        code = self.process.wait(timeout=LONGEST_RUN)
        self._output.seek(0)
        return Run(code, self._output.read(), list(self._tasks()))

    def kill(self) -> None:
        """SIGKILL to all of the run's processes, as a lost machine would."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def _tasks(self) -> Iterator[dict[str, Any]]:
        for line in self._record.read_text(encoding="utf-8").splitlines():
            task = json.loads(line)
            # A loop's items count each for itself.
            for result in task["result"].get("results", [task["result"]]):
                yield {**task, "result": result}
