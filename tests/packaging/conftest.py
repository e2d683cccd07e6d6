# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run Ansible's commands as somebody does who has no more than the collection."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import pytest

BIN = Path(sys.executable).parent


class Ansible(Protocol):
    def __call__(self, program: str, *arguments: str, cwd: Path) -> str: ...


@pytest.fixture
def ansible(tmp_path: Path) -> Ansible:
    """Run one of Ansible's programs and return what it printed; a failure fails the test with the program's words."""

    def run(program: str, *arguments: str, cwd: Path) -> str:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "AWS_"))},
            "HOME": str(tmp_path / "home"),
            "ANSIBLE_NOCOLOR": "1",
        }
        command = [str(BIN / program), *arguments]
        done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    return run
