# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the warm_local connection brings: playbooks that change nothing, of 20 and of 100 tasks, with each connection.

`python -m bench.connection` starts a simulator without latency, runs the connections in turn, ROUNDS times, and prints
medians: wall-clock seconds of one ansible-playbook, and CPU seconds of it with everything that it started.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ansible_collections.monay.platform.plugins.module_utils.core.table import table
from simulator.__main__ import environment
from tools.environment import ROOT
from tools.simulated import simulated

PROGRAMS = Path(sys.executable).parent
ROUNDS = 3
SIZES = (20, 100)  # tasks

VARIANTS = {
    "builtin local": {"ANSIBLE_TRANSPORT": "ansible.builtin.local"},
    "builtin local, pipelining": {"ANSIBLE_TRANSPORT": "ansible.builtin.local", "ANSIBLE_PIPELINING": "1"},
    "warm_local, nothing kept yet": {"ANSIBLE_TRANSPORT": "monay.platform.warm_local"},
    "warm_local": {"ANSIBLE_TRANSPORT": "monay.platform.warm_local"},
}

# Ten tasks that change nothing the second time: the mix of a small deployment.
TASKS = """
- amazon.aws.aws_caller_info:
- amazon.aws.s3_bucket: {{name: bench-{n}}}
- amazon.aws.iam_role:
    name: bench-{n}
    assume_role_policy_document:
      Version: "2012-10-17"
      Statement: [{{Effect: Allow, Principal: {{Service: ecs-tasks.amazonaws.com}}, Action: "sts:AssumeRole"}}]
- amazon.aws.ec2_vpc_net: {{name: bench, cidr_block: 10.0.0.0/16}}
  register: vpc
- amazon.aws.ec2_vpc_subnet: {{vpc_id: "{{{{ vpc.vpc.id }}}}", cidr: 10.0.{n}.0/24, tags: {{Name: bench-{n}}}}}
- amazon.aws.ec2_security_group: {{name: bench-{n}, description: bench, vpc_id: "{{{{ vpc.vpc.id }}}}"}}
- amazon.aws.cloudwatchlogs_log_group: {{log_group_name: bench-{n}, retention: 30}}
- amazon.aws.rds_instance_info:
- ansible.builtin.stat: {{path: /}}
- ansible.builtin.file: {{path: "{directory}/bench-{n}", state: directory, mode: "0755"}}
"""


def playbook(tasks: int, directory: Path) -> str:
    """A playbook of so many tasks, ten at a time."""
    blocks = "".join(TASKS.format(n=number, directory=directory) for number in range(tasks // 10))
    lines = "".join(f"    {line}\n" for line in blocks.splitlines() if line)
    return f"- hosts: all\n  gather_facts: false\n  tasks:\n{lines}"


def run(book: Path, variant: str, endpoint: str) -> tuple[float, float, str]:
    """Run a playbook; return (wall-clock seconds, CPU seconds of it and all that it started, its output)."""
    home = book.parent / "home"
    if variant == "warm_local, nothing kept yet":
        shutil.rmtree(home / "warm_local", ignore_errors=True)
    env: dict[str, str] = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_"))},
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        **environment(endpoint, "123456789012", "eu-central-1"),
        "ANSIBLE_HOME": str(home),
        **VARIANTS[variant],
    }
    command = [str(PROGRAMS / "ansible-playbook"), str(book), "-i", "bench,"]
    measured = [sys.executable, str(Path(__file__).with_name("cpu_seconds.py")), *command]
    start = time.monotonic()
    done = subprocess.run(measured, env=env, cwd=book.parent, capture_output=True, text=True, check=False)
    wall = time.monotonic() - start
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    output, _newline, cpu = done.stdout.rstrip().rpartition("\n")
    return wall, float(cpu), output


def machine() -> str:
    shown = subprocess.run([str(PROGRAMS / "ansible"), "--version"], capture_output=True, text=True, check=True)
    versions = " ".join(f"{name} {importlib.metadata.version(name)}" for name in ("boto3", "moto"))
    python = platform.python_version()
    return (
        f"{time.strftime('%Y-%m-%d')} {shown.stdout.splitlines()[0]} {versions} Python {python} {os.cpu_count()} cores"
    )


def measure(tasks: int, directory: Path, endpoint: str) -> list[tuple[object, ...]]:
    """Rows of the table for one playbook."""
    book = directory / f"{tasks}.yml"
    book.write_text(playbook(tasks, directory), encoding="utf-8")
    run(book, "warm_local", endpoint)  # creates everything
    figures: dict[str, list[tuple[float, float]]] = {name: [] for name in VARIANTS}
    for _round in range(ROUNDS):
        for name in VARIANTS:
            wall, cpu, output = run(book, name, endpoint)
            if "changed=0" not in output:
                raise SystemExit(f"the second run of {tasks} tasks changed something:\n{output}")
            figures[name].append((wall, cpu))
    medians = {
        name: [statistics.median(column) for column in zip(*rows, strict=True)] for name, rows in figures.items()
    }
    stock = medians["builtin local"][0]
    return [(tasks, name, f"{wall:.1f}", f"{cpu:.1f}", f"{stock / wall:.1f}") for name, (wall, cpu) in medians.items()]


def main() -> None:
    print(machine())
    with tempfile.TemporaryDirectory() as directory, simulated("--latency-ms", "0", "--speed", "inf") as simulator:
        for tasks in SIZES:
            rows = measure(tasks, Path(directory), simulator.endpoint)
            print(table(("tasks", "connection", "wall s", "CPU s", "times quicker"), rows), flush=True)


if __name__ == "__main__":
    main()
