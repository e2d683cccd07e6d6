# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Build phases 1 to 3 of one environment on simulated AWS, look at it, and run all again: nothing changes."""

from __future__ import annotations

import argparse
import contextlib
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

from tools.environment import ROOT, Environment, read
from tools.simulated import Simulated, simulated

# The site that stands for what the website's own build writes.
SAMPLE_SITE = ROOT / "simulator" / "samples" / "site"
RULE = "=" * 100


@dataclass(frozen=True)
class Outcome:
    """What one run took: seconds, AWS calls that read and AWS calls that wrote."""

    title: str
    seconds: float
    reads: int
    writes: int

    def __str__(self) -> str:
        return f"{self.title:<18}{self.seconds:7.1f} s  {self.reads:5} AWS calls that read  {self.writes:5} that write"


@dataclass
class Demo:
    """One environment in one simulator, and what each run of it took."""

    simulator: Simulated
    environment: Environment
    started: float

    def run(self, title: str, *command: str) -> Outcome:
        """Run a command against the simulator; exit when it fails, which it has explained by then."""
        minutes, seconds = divmod(int(time.monotonic() - self.started), 60)
        print(f"\n{RULE}\n{minutes}:{seconds:02}  {title}\n{RULE}\n$ {' '.join(command)}", flush=True)
        before, start = len(self.simulator.calls()), time.monotonic()
        done = subprocess.run(command, cwd=ROOT, env=self.simulator.variables(self.environment), check=False)
        if done.returncode:
            raise SystemExit(f"demo: it failed with exit code {done.returncode}; the reason stands above.")
        calls = self.simulator.calls()[before:]
        writes = sum(call["mutating"] for call in calls)
        return Outcome(title.partition(":")[0], time.monotonic() - start, len(calls) - writes, writes)

    def play(self, title: str, playbook: str) -> Outcome:
        site = f"static_site_folder={SAMPLE_SITE}"
        inventory = f"inventories/{self.environment.name}"
        return self.run(title, "ansible-playbook", "-i", inventory, f"playbooks/{playbook}.yml", "-e", site)

    def push(self) -> Outcome:
        account, region = self.environment.account, self.environment.region
        port = self.simulator.endpoint.rpartition(":")[2]
        where = ("--account", account, "--region", region, "--port", port)
        names = ("--project", "monay", "--environment", self.environment.name)
        command = ("python", "-m", "simulator", "push-samples", *where, *names)
        return self.run("Images: sample applications in place of what CI pushes", *command)


def look(demo: Demo, *, keep: bool) -> None:
    """Where to look with a browser; with `keep` everything goes on until Ctrl-C."""
    print("\nIn a browser (their certificates are of a local authority, so it warns):")
    for address in demo.simulator.addresses(demo.environment):
        print(f"  {address}")
    if not keep:
        print("They are gone when the demo ends; `make demo KEEP=1` keeps them until Ctrl-C.")
        return
    print(f"\nThe AWS API is at {demo.simulator.endpoint}. Everything runs until Ctrl-C.", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        threading.Event().wait()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.demo", description=__doc__)
    parser.add_argument("--environment", default="dev", help="dev, staging or prod")
    parser.add_argument("--speed", default="1", help="factor of the simulator's provisioning times")
    parser.add_argument("--keep", action="store_true", help="keep everything running at the end, until Ctrl-C")
    options = parser.parse_args()
    environment = read(options.environment)

    with simulated("--speed", options.speed) as simulator:
        demo = Demo(simulator, environment, time.monotonic())
        outcomes = [
            demo.play("Phase 1: the foundation", "phase1"),
            demo.push(),
            demo.play("Phase 2: the backend, with API tests through the front door", "phase2"),
            demo.play("Phase 3: the site and the frontends", "phase3"),
            demo.play("Status: how the applications are doing", "status"),
            again := demo.play("All again: what stands is read, nothing is written", "all"),
        ]
        print(f"\n{RULE}\nDone in {time.monotonic() - demo.started:.0f} s\n{RULE}")
        print("\n".join(str(outcome) for outcome in outcomes))
        if again.writes:
            print("demo: the run of all phases again wrote to AWS; it must not.", file=sys.stderr)
            return 1
        print(f"\nThe same playbooks build it in a real account: export credentials of account {environment.account}.")
        look(demo, keep=options.keep)
    return 0


if __name__ == "__main__":
    sys.exit(main())
