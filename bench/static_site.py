# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""How long it takes to publish a static site, with monay.platform.static_site and with `aws s3 sync`.

`PYTHONPATH=collections:. python -m bench.static_site [--files 5000] [--latency 0 60]` makes a site, publishes it to a
simulated S3 of its own with either, and prints a table: the first run, again without a change, again after a build that
wrote the same files anew, and after a change of one page. awscli is installed from PyPI into an environment of its own
below `.cache`. `ansible-playbook` is timed from its start to its end, like `aws`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import boto3

from ansible_collections.monay.platform.plugins.module_utils.core.table import table
from tools.environment import ROOT, Environment
from tools.simulated import Simulated, simulated

AWSCLI = "awscli==1.46.3"
ENVIRONMENT = Environment("bench", "111111111111", "us-east-1")
BUCKET = "monay-bench-111111111111-site"
# Of a hundred files: pages, and assets without a hash in their name. The others have one.
PAGES, PLAIN = 6, 4
LARGEST = 200_000
PLAY = [
    {
        "hosts": "localhost",
        "gather_facts": False,
        "tasks": [
            {
                "name": "Publish the site",
                "monay.platform.static_site": {"bucket": BUCKET, "folder": "{{ folder }}", "region": "us-east-1"},
            }
        ],
    }
]


def make_site(folder: Path, files: int) -> None:
    """The same files each time: sizes as they are on the web, most of them small."""
    chance = random.Random(5)  # noqa: S311 - the same site each time, no secret
    for number in range(files - 1):
        content = chance.randbytes(min(int(chance.lognormvariate(8.8, 1.0)), LARGEST))
        path = folder / _name(number, content)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    (folder / "index.html").write_text("<title>Bench</title>", encoding="utf-8")


def _name(number: int, content: bytes) -> str:
    if number % 100 < PAGES:
        return f"section{number % 7}/page{number}/index.html"
    if number % 100 < PAGES + PLAIN:
        return f"images/photo{number}.jpg"
    # A letter is a part of it always, as in nearly every real hash.
    return f"assets/{number % 20}/chunk.{hashlib.sha256(content).hexdigest()[:12]}a1.js"


def awscli() -> str:
    """The command of an awscli that is not in the way of the collection's own botocore."""
    home = ROOT / ".cache" / AWSCLI.replace("==", "-")
    command = home / "bin" / "aws"
    if not command.exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([home / "bin" / "pip", "install", "--quiet", AWSCLI], check=True)
    return str(command)


def timed(command: list[str], variables: Mapping[str, str]) -> tuple[float, float]:
    """Wall-clock and CPU seconds of a command and all that it starts; exit with its output when it fails."""
    started = time.monotonic()
    run = subprocess.run(
        [sys.executable, "-m", "bench.cpu_seconds", *command],
        cwd=ROOT,
        env=dict(variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if run.returncode:
        raise SystemExit(run.stdout)
    return time.monotonic() - started, float(run.stdout.splitlines()[-1])


def with_ansible(folder: Path, simulator: Simulated, scratch: Path) -> Callable[[], tuple[float, float]]:
    playbook = scratch / "playbook.yml"
    playbook.write_text(json.dumps(PLAY), encoding="utf-8")
    variables = {"folder": str(folder), "ansible_connection": "monay.platform.warm_local"}
    variables["ansible_python_interpreter"] = sys.executable
    command = ["ansible-playbook", "-i", "localhost,", "-e", json.dumps(variables), str(playbook)]
    return lambda: timed(command, simulator.variables(ENVIRONMENT))


def with_awscli(folder: Path, simulator: Simulated, _scratch: Path) -> Callable[[], tuple[float, float]]:
    command = [awscli(), "s3", "sync", "--delete", "--only-show-errors", str(folder), f"s3://{BUCKET}/"]
    return lambda: timed(command, simulator.variables(ENVIRONMENT))


TOOLS = {"static_site": with_ansible, "aws s3 sync": with_awscli}


def make_bucket(simulator: Simulated) -> None:
    variables = simulator.variables(ENVIRONMENT)
    boto3.client(
        "s3",
        endpoint_url=simulator.endpoint,
        region_name=ENVIRONMENT.region,
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    ).create_bucket(Bucket=BUCKET)


def story(tool: str, latency: str, files: int) -> list[tuple[str, str, str, str, str, int]]:
    """All runs of one tool, in the order in which one makes them."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="monay-bench-") as scratch:
        folder = Path(scratch, "site")
        make_site(folder, files)
        with simulated("--latency-ms", latency, "--data-plane", "off") as simulator:
            make_bucket(simulator)
            publish = TOOLS[tool](folder, simulator, Path(scratch))
            for run, change in CHANGES.items():
                change(folder)
                before = len(simulator.calls())
                wall, cpu = publish()
                rows.append((latency, run, tool, f"{wall:.1f}", f"{cpu:.1f}", len(simulator.calls()) - before))
    return rows


def _rebuild(folder: Path) -> None:
    for path in folder.rglob("*"):
        os.utime(path)


def _edit(folder: Path) -> None:
    (folder / "index.html").write_text("<title>Bench, edited</title>", encoding="utf-8")


CHANGES: dict[str, Callable[[Path], None]] = {
    "first": lambda _folder: None,
    "no change": lambda _folder: None,
    "built anew without a change": _rebuild,
    "one page changed": _edit,
}


def start_of_ansible() -> tuple[float, float]:
    """Wall-clock and CPU seconds that ansible-playbook takes to start and end: a run without a task."""
    with tempfile.TemporaryDirectory(prefix="monay-bench-") as scratch:
        playbook = Path(scratch, "playbook.yml")
        playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False}]), encoding="utf-8")
        return timed(["ansible-playbook", "-i", "localhost,", str(playbook)], os.environ)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.static_site", description=__doc__)
    parser.add_argument("--files", type=int, default=5000)
    parser.add_argument("--latency", nargs="+", default=["0", "60"], help="milliseconds that every call takes longer")
    options = parser.parse_args()
    awscli()
    rows = [row for latency in options.latency for tool in TOOLS for row in story(tool, latency, options.files)]
    order = list(CHANGES)
    rows.sort(key=lambda row: (options.latency.index(row[0]), order.index(row[1])))
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, {AWSCLI}")
    wall, cpu = start_of_ansible()
    print(f"ansible-playbook without a task: {wall:.1f} s, {cpu:.1f} CPU s")
    print(table(("latency ms", "run", "with", "wall s", "CPU s", "calls"), rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
