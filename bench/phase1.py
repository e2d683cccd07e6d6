# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long phase 1 takes on simulated AWS with 60 ms a call and its default provisioning times.

`python -m bench.phase1 [--environments dev prod] [--rounds 1]` prints a table: from empty, nothing to do (with the
collection's connection and with Ansible's own under stock settings), one edit, destroy.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.monay.platform.plugins.module_utils.core.table import table
from tools.environment import ROOT, Environment, read
from tools.simulated import Simulated, simulated

# Seconds at speed 1, as `python -m simulator serve` has them: what one has to wait for, one after another.
CHAINS = {"dev": {"PostgreSQL": 18}, "staging": {"PostgreSQL": 24}, "prod": {"PostgreSQL": 24, "read replica": 18}}
STOCK = {"ANSIBLE_FORKS": "5", "ANSIBLE_PIPELINING": "0"}
STOCK_CONNECTION = {"ansible_connection": "ansible.builtin.local"}
EDIT = {"database_backup_retention_days": 9}


@dataclass(frozen=True)
class Measured:
    """Wall-clock and CPU seconds of one run (controller, modules and their server), and its AWS calls."""

    wall: float
    cpu: float
    reads: int
    writes: int


def measure(
    simulator: Simulated,
    environment: Environment,
    playbook: str,
    variables: Mapping[str, object] | None = None,
    settings: Mapping[str, str] | None = None,
) -> Measured:
    """Run one playbook; exit with its output when it fails."""
    command = ["ansible-playbook", "-i", f"inventories/{environment.name}", f"playbooks/{playbook}.yml"]
    command += ["-e", json.dumps({"destroy_confirmation": f"monay-{environment.name}", **(variables or {})})]
    counted = [sys.executable, "-m", "bench.cpu_seconds", *command]
    before, start = len(simulator.calls()), time.monotonic()
    run = subprocess.run(
        counted,
        cwd=ROOT,
        env={**simulator.variables(environment), **(settings or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    wall = time.monotonic() - start
    if run.returncode:
        raise SystemExit(run.stdout)
    calls = simulator.calls()[before:]
    writes = sum(call["mutating"] for call in calls)
    return Measured(wall, float(run.stdout.splitlines()[-1]), len(calls) - writes, writes)


def median(runs: int, run: Callable[[], Measured]) -> Measured:
    results = [run() for _round in range(runs)]
    middle = [statistics.median(values) for values in zip(*(_values(each) for each in results), strict=True)]
    return Measured(middle[0], middle[1], int(middle[2]), int(middle[3]))


def _values(measured: Measured) -> tuple[float, float, int, int]:
    return measured.wall, measured.cpu, measured.reads, measured.writes


def start_of_ansible(simulator: Simulated, environment: Environment) -> float:
    """Seconds that ansible-playbook takes to start and end: a run that touches no host."""
    command = ["ansible-playbook", "-i", f"inventories/{environment.name}", "playbooks/summary.yml", "--list-tasks"]
    start = time.monotonic()
    subprocess.run(command, cwd=ROOT, env=simulator.variables(environment), stdout=subprocess.DEVNULL, check=True)
    return time.monotonic() - start


def story(environment: Environment, rounds: int) -> list[tuple[object, ...]]:
    """All runs of one environment, in the order in which its owner makes them."""
    chain = sum(CHAINS[environment.name].values())
    with simulated() as simulator:
        start = start_of_ansible(simulator, environment)
        empty = measure(simulator, environment, "phase1")
        same = median(rounds, lambda: measure(simulator, environment, "phase1"))
        stock = median(rounds, lambda: measure(simulator, environment, "phase1", STOCK_CONNECTION, STOCK))
        edit = measure(simulator, environment, "phase1", EDIT)
        destroy = measure(simulator, environment, "destroy")
    return [
        _row(environment, "from empty", empty, f"{(empty.wall - start) / chain:.2f} x the chain of {chain} s"),
        _row(environment, "nothing to do", same, f"{stock.wall / same.wall:.1f} times quicker than stock"),
        _row(environment, "nothing to do, stock Ansible", stock, ""),
        _row(environment, "one edit", edit, ""),
        _row(environment, "destroy", destroy, ""),
        (environment.name, "start of ansible-playbook", f"{start:.1f}", "", "", "", "subtracted above"),
    ]


def _row(environment: Environment, title: str, measured: Measured, note: str) -> tuple[object, ...]:
    seconds = (f"{measured.wall:.1f}", f"{measured.cpu:.1f}")
    return (environment.name, title, *seconds, measured.reads, measured.writes, note)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.phase1", description=__doc__)
    parser.add_argument("--environments", nargs="+", default=["dev", "prod"], choices=sorted(CHAINS))
    parser.add_argument("--rounds", type=int, default=3, help="runs without a change, of which the median is shown")
    options = parser.parse_args()
    rows = [row for name in options.environments for row in story(read(name), options.rounds)]
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, {Path(sys.prefix).name}")
    print(table(("environment", "run", "wall s", "CPU s", "reads", "writes", ""), rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
