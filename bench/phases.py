# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long the phases take on simulated AWS with 60 ms a call and its default provisioning times.

`python -m bench.phases [--environments dev prod] [--phases phase1 ...] [--rounds 3]` builds each environment from
empty, phase by phase, runs it again without a change (with the collection's connection and settings and with Ansible's
own, in turn), makes one edit, and destroys it. Each run is shown when it has ended, and all in a table at the end.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

from ansible_collections.monay.platform.plugins.module_utils.core.table import table
from simulator.provisioning import DEFAULT_SECONDS
from tools.environment import ROOT, Environment, read
from tools.simulated import Simulated, simulated

HEAD = ("environment", "run", "wall s", "CPU s", "reads", "writes", "load", "")
PHASES = ("phase1", "phase2", "phase3")
EVERYTHING = "all"  # the playbook that runs all phases

# What one has to wait for one after another, as the simulator's provisioning names it; unknown for the other phases.
CHAINS = {
    ("phase1", "dev"): ("rds_instance",),
    ("phase1", "staging"): ("rds_instance_multi_az",),
    ("phase1", "prod"): ("rds_instance_multi_az", "rds_read_replica"),
}
# One change of one variable, by the phase that makes it.
EDITS: dict[str, dict[str, Any]] = {
    "phase1": {"database_backup_retention_days": 9},
    "phase2": {"alarms_limits": {"cpu": 71}},
    "phase3": {"alarms_limits": {"cpu": 72}},
}
# The site that stands for what the website's own build writes.
SITE = {"static_site_folder": str(ROOT / "simulator/samples/site")}
STOCK_VARIABLES = {"ansible_connection": "ansible.builtin.local"}
STOCK_SETTINGS = {
    "ANSIBLE_FORKS": "5",
    "ANSIBLE_PIPELINING": "0",
    "ANSIBLE_INTERNAL_POLL_INTERVAL": "0.001",
    "ANSIBLE_PRIVATE_ROLE_VARS": "0",
}


@dataclass(frozen=True)
class Measured:
    """One run: wall-clock and CPU seconds (controller, modules and their server), AWS calls, load of the machine."""

    wall: float
    cpu: float
    reads: float
    writes: float
    load: float


class Bench:
    """The runs of one environment on one simulator, and the rows that they make."""

    def __init__(self, simulator: Simulated, environment: Environment) -> None:
        self.simulator = simulator
        self.environment = environment
        self.rows: list[tuple[object, ...]] = []

    def run(self, playbook: str, variables: Mapping[str, Any] | None = None, **settings: str) -> Measured:
        """Run one playbook; exit with its output when it fails."""
        command = ["ansible-playbook", "-i", f"inventories/{self.environment.name}", f"playbooks/{playbook}.yml"]
        extra = {"destroy_confirmation": f"monay-{self.environment.name}", **SITE, **(variables or {})}
        before, start = len(self.simulator.calls()), time.monotonic()
        run = subprocess.run(
            [sys.executable, "-m", "bench.cpu_seconds", *command, "-e", json.dumps(extra)],
            cwd=ROOT,
            env={**self.simulator.variables(self.environment), **settings},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        wall = time.monotonic() - start
        if run.returncode:
            raise SystemExit(run.stdout)
        calls = self.simulator.calls()[before:]
        writes = sum(call["mutating"] for call in calls)
        return Measured(wall, float(run.stdout.splitlines()[-1]), len(calls) - writes, writes, os.getloadavg()[0])

    def show(self, title: str, measured: Measured, note: str = "") -> None:
        seconds = f"{measured.wall:.1f}", f"{measured.cpu:.1f}"
        calls = f"{measured.reads:.0f}", f"{measured.writes:.0f}"
        row = (self.environment.name, title, *seconds, *calls, f"{measured.load:.1f}", note)
        self.rows.append(row)
        print(*(f"{name} {value}" for name, value in zip(HEAD, row, strict=True) if value), sep=", ", flush=True)

    def start_of_ansible(self) -> float:
        """Seconds that ansible-playbook takes to start and end: a run that touches no host."""
        command = ["ansible-playbook", "-i", f"inventories/{self.environment.name}", "playbooks/summary.yml"]
        variables, start = self.simulator.variables(self.environment), time.monotonic()
        subprocess.run([*command, "--list-tasks"], cwd=ROOT, env=variables, stdout=subprocess.DEVNULL, check=True)
        return time.monotonic() - start

    def from_empty(self, phase: str) -> None:
        if phase == "phase2":
            self.push_samples()
        start = self.start_of_ansible()
        measured = self.run(phase)
        kinds = CHAINS.get((phase, self.environment.name), ())
        chain = sum(DEFAULT_SECONDS[kind] for kind in kinds)
        note = f"start of Ansible {start:.1f} s"
        if chain:
            note += f"; the rest {(measured.wall - start) / chain:.2f} x the chain of {chain:.0f} s"
        self.show(f"{phase} from empty", measured, note)

    def no_change(self, playbook: str, rounds: int) -> None:
        """Both variants in turn, so that what else the machine does slows both."""
        ours, stock = [], []
        for _round in range(rounds):
            ours.append(self.run(playbook))
            stock.append(self.run(playbook, STOCK_VARIABLES, **STOCK_SETTINGS))
        quick, slow = median(ours), median(stock)
        note = f"{slow.wall / quick.wall:.1f} times quicker than stock, {slow.cpu / quick.cpu:.1f} times less CPU"
        self.show(f"{playbook}, nothing to do", quick, note)
        self.show(f"{playbook}, nothing to do, stock Ansible", slow)

    def push_samples(self) -> None:
        """The images, which CI would have pushed."""
        command = [sys.executable, "-m", "simulator", "push-samples", "--endpoint", self.simulator.endpoint]
        command += ["--account", self.environment.account, "--region", self.environment.region]
        command += ["--environment", self.environment.name]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)

    def story(self, phases: list[str], rounds: int) -> None:
        """All runs, in the order in which an owner makes them."""
        for phase in phases:
            self.from_empty(phase)
        for playbook in [*phases, EVERYTHING] if len(phases) == len(PHASES) else phases:
            self.no_change(playbook, rounds)
        for phase in phases:
            self.show(f"{phase}, one edit", self.run(phase, EDITS[phase]))
        self.show("destroy", self.run("destroy"))


def median(runs: list[Measured]) -> Measured:
    return Measured(*(statistics.median(values) for values in zip(*map(astuple, runs), strict=True)))


def machine() -> str:
    versions = " ".join(f"{name} {importlib.metadata.version(name)}" for name in ("ansible-core", "boto3", "moto"))
    versions += f" Python {platform.python_version()}"
    return f"{time.strftime('%Y-%m-%d %H:%M')} {platform.platform()}, {os.cpu_count()} cores, {versions}"


def main() -> int:
    there = [phase for phase in PHASES if (ROOT / "playbooks" / f"{phase}.yml").is_file()]
    parser = argparse.ArgumentParser(prog="python -m bench.phases", description=__doc__)
    parser.add_argument("--environments", nargs="+", default=["dev", "prod"])
    parser.add_argument("--phases", nargs="+", default=there, choices=there)
    parser.add_argument("--rounds", type=int, default=3, help="runs without a change, of which the median is shown")
    options = parser.parse_args()
    print(machine(), flush=True)
    rows = []
    for name in options.environments:
        with simulated() as simulator:
            bench = Bench(simulator, read(name))
            bench.story(sorted(options.phases), options.rounds)
            rows += bench.rows
    print(table(HEAD, rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
