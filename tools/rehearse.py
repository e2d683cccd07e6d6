# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rehearse a rollout: build what an inventory describes on simulated AWS, deploy there, and show how it goes.

What stands behind `--` goes to deploy.yml as it is, as in `-- -e rollout_strategy=CANARY`. The exit code is that of the
rollout. The images are the simulator's samples: 1.1.0 is a good one; others show what a bad one does.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

import yaml

from tools.demo import RULE, Demo
from tools.environment import ROOT, read
from tools.simulated import simulated

SHARED = ROOT / "inventories" / "shared" / "group_vars" / "all.yml"


def deploy_command(environment: str, limit: str, tag: str, more: list[str]) -> list[str]:
    """The command that a person would give against the real account."""
    playbook = ["ansible-playbook", "-i", f"inventories/{environment}", "playbooks/deploy.yml", "--limit", limit]
    return [*playbook, "-e", f"service_image_tag={tag}", *more]


def phases(limit: str) -> tuple[str, ...]:
    """The phases after the first one that make these applications."""
    every = yaml.safe_load(SHARED.read_text(encoding="utf-8"))["platform_applications"]
    applications = {host: each for host, each in every.items() if each["kind"] != "static"}
    unknown = sorted(set(limit.split(",")) - set(applications))
    if unknown:
        raise SystemExit(
            f"There is no application on ECS {', '.join(unknown)}. Known: {', '.join(sorted(applications))}."
        )
    backend_alone = all(applications[host]["kind"] == "api" for host in limit.split(","))
    return ("phase2",) if backend_alone else ("phase2", "phase3")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.rehearse", description=__doc__)
    parser.add_argument("--environment", default="dev", help="dev, staging or prod")
    parser.add_argument("--limit", default="monay-backend-common", help="applications, with commas between them")
    parser.add_argument("--tag", default="1.1.0", help="tag of a sample image")
    parser.add_argument("more", nargs="*", help="arguments of ansible-playbook")
    options = parser.parse_args(arguments)
    wanted = phases(options.limit)
    environment = read(options.environment)

    with simulated("--speed", "1") as simulator:
        demo = Demo(simulator, environment, time.monotonic())
        demo.play("Phase 1: the foundation", "phase1")
        demo.push()
        for phase in wanted:
            demo.play(f"Phase {phase[-1]}: what stands before the rollout", phase)
        command = deploy_command(options.environment, options.limit, options.tag, options.more)
        title = "The rollout (a minute of ECS takes about a second here)"
        print(f"\n{RULE}\n{title}\n{RULE}\n$ {' '.join(command)}", flush=True)
        return subprocess.run(command, cwd=ROOT, env=simulator.variables(environment), check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
