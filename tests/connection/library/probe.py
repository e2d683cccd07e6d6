# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A module of the tests: says how it was started, and waits where a test wants to look at it."""

from __future__ import annotations

import os
import random
import stat
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

LONGEST_WAIT = 60  # seconds


def wait_until(condition):
    deadline = time.monotonic() + LONGEST_WAIT
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("nobody came")
        time.sleep(0.02)


def call_aws(endpoint):
    """What two AWS calls from threads answer: our own modules call AWS from a pool of threads."""
    import boto3

    session = boto3.session.Session(aws_access_key_id="a", aws_secret_access_key="b", region_name="eu-central-1")
    clients = [session.client(name, endpoint_url=endpoint) for name in ("sts", "ec2")]
    with ThreadPoolExecutor() as pool:
        account = pool.submit(lambda: clients[0].get_caller_identity()["Account"])
        images = pool.submit(lambda: clients[1].describe_vpcs()["Vpcs"][0]["CidrBlock"])
        return [account.result(), images.result()]


def network_sockets():
    """Open descriptors of the process that are sockets with an address other than of this machine's file system."""
    listed = []
    for target in Path("/proc/self/fd").iterdir():
        if target.exists() and stat.S_ISSOCK(target.stat().st_mode):
            inode = str(target.readlink()).strip("socket:[]")
            if any(inode in Path("/proc/net", table).read_text().split() for table in ("tcp", "udp")):
                listed.append(target.name)
    return listed


def main():
    module = AnsibleModule(
        {
            "secret": {"no_log": True},
            "started": {"type": "path"},
            "wait_for": {"type": "path"},
            "together": {"type": "path"},
            "count": {"type": "int"},
            "endpoint": {},
            "variables": {"type": "list", "elements": "str", "default": []},
            "child": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    sockets = network_sockets()
    if module.params["child"]:
        subprocess.Popen(["sleep", "600"])
    if module.params["started"]:
        Path(module.params["started"]).touch()
    if module.params["wait_for"]:
        wait_until(Path(module.params["wait_for"]).exists)
    if module.params["together"]:
        together = Path(module.params["together"])
        (together / str(os.getpid())).touch()
        wait_until(lambda: len(list(together.iterdir())) >= module.params["count"])
    parent = Path("/proc", str(os.getppid()), "cmdline").read_bytes()
    module.exit_json(
        warm=b"warm_server.py" in parent,
        process={
            "pid": os.getpid(),
            "parent": os.getppid(),
            "uuid": str(uuid.uuid4()),
            "random": random.random(),  # noqa: S311
            "temporary": tempfile.mktemp(),  # noqa: S306
        },
        directory=str(Path.cwd()),
        arguments=sys.argv[1:],
        input=sys.stdin.read(),
        umask=module.run_command("umask", use_unsafe_shell=True)[1],
        variables={name: os.environ.get(name) for name in module.params["variables"]},
        time_zone=time.strftime("%z"),
        sockets=sockets,
        threads=threading.active_count(),
        check=module.check_mode,
        aws=call_aws(module.params["endpoint"]) if module.params["endpoint"] else None,
    )


if __name__ == "__main__":
    main()
