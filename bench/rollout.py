# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long deploy.yml takes for a blue/green rollout, against the least that its simulated stages take.

`PYTHONPATH=collections:. python -m bench.rollout [--bakes 0 10 60] [--rounds 3]` builds dev on a simulator, then
deploys one application with 60 ms a call and the simulator's default times, by turns to either of two images. The least
is the sum of what the simulator takes: starting the tasks, finding them healthy, baking, and draining the old ones.
`deploy.yml` is timed
from the start of ansible-playbook to its end; the service deployment from its creation to its end, as ECS tells it.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import time
import urllib.request
from typing import Any

import boto3

from ansible_collections.monay.platform.plugins.module_utils.core.table import table
from tools.demo import Demo
from tools.environment import ROOT, read
from tools.simulated import Simulated, simulated

HOST, CLUSTER, SERVICE = "monay-backend-common", "monay-dev", "monay-dev-backend-common"
TAGS = ("1.1.0", "1.0.0")
LATENCY_MS = 60
# Without a data plane nobody answers API tests, and tasks take the same time each time.
OPTIONS = ("--data-plane", "off", "--latency-ms", "0", "--speed", "inf")
NO_TESTS = json.dumps({"api_tests_requests": []})


def settings(simulator: Simulated, **changes: Any) -> dict[str, Any]:
    """Change the simulator's settings; all of them."""
    url, body = f"{simulator.endpoint}/_simulator/settings", json.dumps(changes).encode()
    request = urllib.request.Request(url, body, method="PUT")  # noqa: S310 - loopback
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return dict(json.load(answer))


def client(demo: Demo, service: str) -> Any:
    variables = demo.simulator.variables(demo.environment)
    factory: Any = boto3.session.Session().client
    return factory(
        service,
        endpoint_url=demo.simulator.endpoint,
        region_name=demo.environment.region,
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    )


def least(demo: Demo, seconds: dict[str, float], bake: int) -> float:
    """What the stages take if nobody ever waits for anybody."""
    found = client(demo, "ecs").describe_services(cluster=CLUSTER, services=[SERVICE])["services"][0]
    group = found["loadBalancers"][0]["targetGroupArn"]
    attributes = client(demo, "elbv2").describe_target_group_attributes(TargetGroupArn=group)["Attributes"]
    delay = next(float(one["Value"]) for one in attributes if one["Key"] == "deregistration_delay.timeout_seconds")
    return seconds["ecs_service"] + seconds["target_health"] + seconds["ecs_minute"] * (bake + delay / 60)


def deploy(demo: Demo, tag: str, bake: int) -> tuple[float, float]:
    """Wall-clock seconds of one deploy.yml, and of its service deployment."""
    more = {"service_image_tag": tag, "rollout_bake_minutes": bake, "rollout_strategy": "BLUE_GREEN"}
    command = ["ansible-playbook", "-i", f"inventories/{demo.environment.name}", "playbooks/deploy.yml"]
    command += ["--limit", HOST, "-e", json.dumps(more), "-e", NO_TESTS]
    variables, began = demo.simulator.variables(demo.environment), time.monotonic()
    run = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False)
    wall = time.monotonic() - began
    if run.returncode:
        raise SystemExit(run.stdout + run.stderr)
    newest = client(demo, "ecs").list_service_deployments(cluster=CLUSTER, service=SERVICE)["serviceDeployments"][0]
    if newest["status"] != "SUCCESSFUL":
        raise SystemExit(f"the newest deployment is {newest['status']}")
    return wall, (newest["finishedAt"] - newest["createdAt"]).total_seconds()


def measure(demo: Demo, bakes: list[int], rounds: int) -> list[list[str]]:
    """A row for each bake: medians of the rounds."""
    seconds = settings(demo.simulator, latency_ms=LATENCY_MS, speed=1)["provisioning"]
    turns, rows = 0, []
    for bake in bakes:
        runs = []
        for _round in range(rounds):
            runs.append(deploy(demo, TAGS[turns % 2], bake))
            turns += 1
        lowest = least(demo, seconds, bake)
        wall, own = (statistics.median(each) for each in zip(*runs, strict=True))
        times = [f"{each:.1f}" for each in (lowest, own, wall)]
        rows.append([str(bake), *times, f"{own / lowest:.2f}", f"{wall / lowest:.2f}"])
    return rows


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench.rollout", description=__doc__)
    parser.add_argument("--bakes", type=int, nargs="+", default=[0, 10, 60], help="minutes of ECS")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    environment = read("dev")
    with simulated(*OPTIONS) as simulator:
        demo = Demo(simulator, environment, time.monotonic())
        inventory = ("ansible-playbook", "-i", "inventories/dev")
        demo.run("Phase 1", *inventory, "playbooks/phase1.yml")
        demo.push()
        demo.run("Phase 2", *inventory, "playbooks/phase2.yml", "-e", NO_TESTS)
        rows = measure(demo, options.bakes, options.rounds)
    print(f"\nMedian of {options.rounds}, {LATENCY_MS} ms a call, load average {os.getloadavg()[0]:.1f}\n")
    head = ["bake min", "stages at least s", "deployment s", "deploy.yml s", "deployment / least", "deploy.yml / least"]
    print(table(head, rows))


if __name__ == "__main__":
    main()
