# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The commands that the README promises."""

from __future__ import annotations

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tools import rehearse

ROOT = Path(__file__).parents[2]


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    # MAKEFLAGS of a `make test` around this would change what make prints.
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "AWS_"))}
    return subprocess.run(command, cwd=ROOT, env=own | variables, capture_output=True, text=True, check=False)


def test_help_lists_every_target() -> None:
    targets = set(re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    help_ = run("make")
    assert help_.returncode == 0, help_.stderr
    assert set(re.findall(r"^  make (\S+)", help_.stdout, re.MULTILINE)) == targets


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_simulator_env_is_for_a_shell(environment: str) -> None:
    variables = yaml.safe_load(
        (ROOT / "inventories" / environment / "group_vars/all/environment.yml").read_text(encoding="utf-8")
    )
    printed = run(sys.executable, "-m", "tools.environment", environment)
    assert printed.returncode == 0, printed.stderr
    exports = run(sys.executable, "-m", "simulator", "env", "--port", "1234", *shlex.split(printed.stdout))
    shell = run("sh", "-c", exports.stdout + 'echo "$AWS_ENDPOINT_URL $AWS_ACCESS_KEY_ID $AWS_REGION"')
    endpoint, key, region = shell.stdout.split()
    assert endpoint == "http://127.0.0.1:1234"
    assert key.endswith(variables["platform_account_id"])
    assert region == variables["platform_region"]


def test_rehearse_knows_which_phases_an_application_needs() -> None:
    assert rehearse.phases("monay-backend-common") == ("phase2",)
    assert rehearse.phases("monay-backend-common,monay-admin") == ("phase2", "phase3")
    for unknown in ("monay-website-static", "monay-other"):
        refused = run(sys.executable, "-m", "tools.rehearse", "--limit", unknown)
        assert refused.returncode == 1
        assert f"no application on ECS {unknown}" in refused.stderr


def test_rehearse_deploys_as_a_person_would() -> None:
    command = rehearse.deploy_command("dev", "monay-admin", "1.1.0", ["-e", "rollout_strategy=CANARY"])
    words = "ansible-playbook -i inventories/dev playbooks/deploy.yml --limit monay-admin -e service_image_tag=1.1.0"
    assert " ".join(command) == f"{words} -e rollout_strategy=CANARY"


def test_unknown_environment_is_refused_by_name() -> None:
    refused = run(sys.executable, "-m", "tools.environment", "test")
    assert refused.returncode == 1
    assert "no environment 'test'" in refused.stderr
    assert "Known: dev, prod, staging" in refused.stderr


def test_a_python_without_lock_is_refused(tmp_path: Path) -> None:
    old = tmp_path / "python3.10"
    old.write_text("#!/bin/sh\necho 3.10\n", encoding="utf-8")
    old.chmod(0o755)
    refused = run("tools/make-venv", str(old), str(tmp_path / "venv"))
    assert refused.returncode == 1
    assert "is Python 3.10, for which there is no" in refused.stderr


def test_no_fitting_python_is_explained(tmp_path: Path) -> None:
    refused = run("/bin/sh", "tools/find-python", PATH=str(tmp_path))
    assert refused.returncode == 1
    assert "make PYTHON=" in refused.stderr


@pytest.mark.slow
def test_demo() -> None:
    """Phases 1 to 3 of dev from empty, and again without a write: the demo itself looks at the simulator's call log."""
    demo = run(
        sys.executable, "-m", "tools.demo", "--speed", "inf", PATH=f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    )
    assert demo.returncode == 0, demo.stdout[-6000:] + demo.stderr
    assert re.search(r"^All again .* 0 that write$", demo.stdout, re.MULTILINE)
    assert len(re.findall(r"failed=0 ", demo.stdout)) == len(re.findall(r"failed=", demo.stdout))


def test_a_tool_that_is_terminated_takes_its_simulator_along() -> None:
    script = """
import time
from tools.simulated import simulated
with simulated("--data-plane", "off") as simulator:
    print(simulator.endpoint, flush=True)
    while True:
        time.sleep(0.1)
"""
    with subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True) as tool:
        assert tool.stdout is not None
        host, port = tool.stdout.readline().strip().removeprefix("http://").split(":")
        socket.create_connection((host, int(port)), timeout=5).close()
        tool.terminate()
        assert tool.wait(timeout=60) == 128 + signal.SIGTERM

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), timeout=5)


@pytest.mark.parametrize("thread", ["main_thread", "current_thread"])
def test_a_signal_stops_the_simulator_whichever_thread_gets_it(thread: str, tmp_path: Path) -> None:
    """Its handler runs in the main thread, but a signal that another one gets does not wake that from its wait."""
    script = """
import signal, sys, threading, time
from pathlib import Path
from simulator.__main__ import main

def kill():
    while not Path(sys.argv[1]).exists():
        time.sleep(0.01)
    time.sleep(0.5)  # the main thread waits by now
    signal.pthread_kill(getattr(threading, sys.argv[2])().ident, signal.SIGTERM)

threading.Thread(target=kill, daemon=True).start()
sys.exit(main(["serve", "--port", "0", "--data-plane", "off", "--ready-file", sys.argv[1]]))
"""
    command = [sys.executable, "-c", script, str(tmp_path / "ready.json"), thread]
    served = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert served.returncode == 0, served.stderr
