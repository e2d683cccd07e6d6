#!/usr/bin/env python3
# Copyright (c) 2025 Monay
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the warm_local connection brings: no-change playbooks of 20 and 100 tasks, run with each connection in turn.

C(python bench/connection.py) starts moto on a free loopback port, runs every variant ROUNDS times, interleaved, and prints a table of
medians. Wall-clock and CPU seconds (controller, modules and server together) of one C(ansible-playbook).
"""
from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import resource
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
ROUNDS = 3
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
SIZES = (20, 100)

VARIANTS: dict[str, dict[str, str]] = {
    'builtin local': {'connection': 'ansible.builtin.local'},
    'builtin local, pipelining': {'connection': 'ansible.builtin.local', 'ANSIBLE_PIPELINING': '1'},
    'warm_local, switched off': {'connection': 'monay.platform.warm_local', 'MONAY_WARM_LOCAL': '0'},
    'warm_local': {'connection': 'monay.platform.warm_local'},
}

# ten tasks that change nothing the second time: the mix of a small deployment
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
    blocks = ''.join(TASKS.format(n=number, directory=directory) for number in range(tasks // 10))
    lines = ''.join(f'    {line}\n' for line in blocks.splitlines() if line)
    return f'- hosts: all\n  gather_facts: false\n  tasks:\n{lines}'


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


@contextmanager
def moto() -> Iterator[str]:
    """An endpoint that answers the AWS API on loopback, stopped at the end."""
    endpoint = f'http://127.0.0.1:{free_port()}'
    command = [str(Path(sys.executable).with_name('moto_server')), '-H', '127.0.0.1', '-p', endpoint.rsplit(':', 1)[1]]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f'{endpoint}/moto-api/data.json', timeout=5).read()
                break
            except OSError:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f'moto does not answer at {endpoint}: {" ".join(command)}') from None
                time.sleep(0.1)
        yield endpoint
    finally:
        server.terminate()
        server.wait()


def run(book: Path, variant: dict[str, str], endpoint: str) -> tuple[float, float, str]:
    """Run a playbook; return (wall-clock seconds, CPU seconds of it and all that it started, its output)."""
    env = {
        **os.environ,
        'ANSIBLE_COLLECTIONS_PATH': str(REPOSITORY / 'collections'),
        'ANSIBLE_NOCOLOR': '1',
        'AWS_ENDPOINT_URL': endpoint, 'AWS_ACCESS_KEY_ID': 'bench', 'AWS_SECRET_ACCESS_KEY': 'bench', 'AWS_REGION': 'eu-central-1',
        **{name: value for name, value in variant.items() if name.isupper()},
    }
    command = [
        str(Path(sys.executable).with_name('ansible-playbook')), str(book), '-i', 'bench,',
        '-e', f'ansible_connection={variant["connection"]}', '-e', f'ansible_python_interpreter={sys.executable}',
    ]
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, __file__, '--adopt', *command], env=env, cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    wall = time.monotonic() - start
    if done.returncode != 0:
        raise SystemExit(f'{" ".join(command)} failed:\n{done.stdout}{done.stderr}')
    output, _newline, cpu = done.stdout.rstrip().rpartition('\n')
    return wall, float(cpu), output


def adopt(command: list[str]) -> int:
    """Run a command and print, as the last line, the CPU seconds of it and of all that it started, adopting what it leaves behind."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    status = subprocess.run(command, check=False).returncode
    with contextlib.suppress(ChildProcessError):  # nobody is left
        while True:
            os.wait()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f'{used.ru_utime + used.ru_stime:.3f}')
    return status


def versions() -> str:
    shown = subprocess.run([str(Path(sys.executable).with_name('ansible')), '--version'], capture_output=True, text=True, check=True)
    import boto3
    return f'{shown.stdout.splitlines()[0]}, boto3 {boto3.__version__}, Python {platform.python_version()}, {os.cpu_count()} cores'


def main() -> None:
    if sys.argv[1:2] == ['--adopt']:
        raise SystemExit(adopt(sys.argv[2:]))
    sizes = tuple(map(int, sys.argv[1:])) or SIZES
    print(time.strftime('%Y-%m-%d'), versions(), flush=True)
    with tempfile.TemporaryDirectory() as name, moto() as endpoint:
        directory = Path(name)
        for tasks in sizes:
            book = directory / f'{tasks}.yml'
            book.write_text(playbook(tasks, directory), encoding='utf-8')
            run(book, VARIANTS['warm_local'], endpoint)  # creates everything
            figures: dict[str, list[tuple[float, float]]] = {variant: [] for variant in VARIANTS}
            for _round in range(ROUNDS):
                for variant, settings in VARIANTS.items():
                    wall, cpu, output = run(book, settings, endpoint)
                    if 'changed=0' not in output:
                        raise SystemExit(f'the second run of {tasks} tasks changed something:\n{output}')
                    figures[variant].append((wall, cpu))
            base = statistics.median(wall for wall, _cpu in figures['builtin local'])
            print(f'\n{tasks} tasks, no change: wall s, CPU s, times quicker than builtin local')
            for variant, rows in figures.items():
                wall, cpu = (statistics.median(column) for column in zip(*rows, strict=True))
                print(f'  {variant:28} {wall:7.1f} {cpu:7.1f} {base / wall:6.1f}', flush=True)


if __name__ == '__main__':
    main()
