# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Build phase 1 of one environment on simulated AWS, then run it again to show that nothing changes."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from dataclasses import dataclass

from tools.environment import ROOT, Environment, read
from tools.simulated import Simulated, simulated


@dataclass(frozen=True)
class Outcome:
    """What one playbook run took: seconds, AWS calls that read and AWS calls that wrote."""

    seconds: float
    reads: int
    writes: int


def heading(text: str) -> None:
    rule = "=" * 100
    print(f"\n{rule}\n{text}\n{rule}", flush=True)


def build(simulator: Simulated, environment: Environment) -> Outcome:
    """Run phase 1; exit when it fails, which ansible-playbook has explained by then."""
    command = ["ansible-playbook", "-i", f"inventories/{environment.name}", "playbooks/phase1.yml"]
    print(f"$ {' '.join(command)}", flush=True)
    before, start = len(simulator.calls()), time.monotonic()
    run = subprocess.run(command, cwd=ROOT, env=simulator.variables(environment), check=False)
    seconds = time.monotonic() - start
    if run.returncode:
        raise SystemExit(f"demo: the run failed with exit code {run.returncode}; see the failed task above.")
    calls = simulator.calls()[before:]
    writes = sum(call["mutating"] for call in calls)
    return Outcome(seconds, len(calls) - writes, writes)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.demo", description=__doc__)
    parser.add_argument("--environment", default="dev", help="dev, staging or prod")
    parser.add_argument("--speed", default="1", help="factor of the simulator's provisioning times")
    options = parser.parse_args()
    environment = read(options.environment)

    with simulated("--speed", options.speed) as simulator:
        heading(f"1. Phase 1 of {environment.name}, in account {environment.account} on {simulator.endpoint}")
        first = build(simulator, environment)
        heading("2. The same again: what stands is read, nothing is written")
        second = build(simulator, environment)

    heading("Done; the simulator is stopped")
    for title, outcome in (("from empty", first), ("again", second)):
        print(
            f"{title:<10}  {outcome.seconds:6.1f} s  {outcome.reads:5} AWS calls that read  "
            f"{outcome.writes:5} that write"
        )
    if second.writes:
        print("demo: the second run wrote to AWS; it must not.", file=sys.stderr)
        return 1
    print(
        "\nThe same command builds it in a real account: export credentials of account "
        f"{environment.account} and run\n  ansible-playbook -i inventories/{environment.name} playbooks/phase1.yml"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
