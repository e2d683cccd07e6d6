# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Modules answer the same with this connection as with the builtin one."""

from __future__ import annotations

import re
import urllib.request
from pathlib import Path
from typing import Any

from tests.connection.sandbox import BUILTIN, ONE_CORE, ROOT, WARM, Sandbox

ROLE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
VARIABLES = ["PLAIN", "QUOTED", "UNICODE", "TMPDIR", "PWD", "PYTHONPATH", "AWS_REGION", "NOT_THERE"]

# {here} is a directory of the run. A task that is to fail has `failed_when: false`, and keeps the rest of its result.
TASKS: list[dict[str, Any]] = [
    {"ansible.builtin.command": {"cmd": "sh -c 'pwd; umask; echo to stderr >&2; exit 3'"}, "failed_when": False},
    {"ansible.builtin.shell": {"cmd": "cat; echo $PLAIN", "stdin": "typed"}, "environment": {"PLAIN": "value"}},
    {"ansible.builtin.copy": {"content": "new\n", "dest": "{here}/copied"}, "check_mode": True, "diff": True},
    {"ansible.builtin.copy": {"content": "new\n", "dest": "{here}/copied", "mode": "0600"}, "diff": True},
    {"ansible.builtin.file": {"path": "{here}/made", "state": "directory", "mode": "0750"}, "diff": True},
    {"ansible.builtin.stat": {"path": "{here}/copied"}},
    {"ansible.builtin.tempfile": {"path": "{here}"}},
    {"ansible.builtin.stat": {"path": "{here}/copied", "no_such_option": 1}, "failed_when": False},
    {
        "probe": {"secret": "hidden", "variables": VARIABLES},
        "environment": {"PLAIN": "value", "QUOTED": 'it\'s "$HOME" `x` \\ \n&& y', "UNICODE": "Zürich", "TZ": "UTC-5"},
    },
    {"probe": {"endpoint": "{{ lookup('env', 'AWS_ENDPOINT_URL') }}"}},
    *[
        {"misbehave": {"how": how}, "failed_when": False}
        for how in ("raise", "silent", "text", "signal", "noise", "late")
    ],
    {"not_python": {}},
    {"amazon.aws.s3_bucket": {"name": "a-bucket", "tags": {"a": "b"}}},
    {"amazon.aws.iam_role": {"name": "a-role", "assume_role_policy_document": ROLE}, "check_mode": True},
    {"amazon.aws.ec2_vpc_net": {"name": "a-vpc", "cidr_block": "10.0.0.0/16"}, "register": "vpc"},
    {
        "amazon.aws.ec2_vpc_subnet": {"vpc_id": "{{ vpc.vpc.id }}", "cidr": "10.0.0.0/24", "tags": {"Name": "a"}},
        "check_mode": True,
    },
    {"amazon.aws.ec2_vpc_net_info": {"vpc_ids": ["vpc-0000"]}, "failed_when": False},
]

# what differs between any two runs: process ids, times, random names
VARYING_KEYS = {
    *(
        "process",
        "warm",
        "start",
        "end",
        "delta",
        "atime",
        "mtime",
        "ctime",
        "inode",
        "version",
        "creation_date",
        "create_date",
    ),
    *("date", "host_id", "request_id", "x-amzn-requestid", "RequestId", "user_id", "update_date", "_original_basename"),
}
VARYING_TEXT = [
    (re.compile(r"/[^ \"']*/ansible_[\w.]+_payload_\w+/"), "PAYLOAD/"),
    (re.compile(r"ansible\.\w{8}(?=\W|$)"), "ansible.RANDOM"),
    (re.compile(r"ansible-tmp-[\d.-]+"), "ansible-tmp"),
    (re.compile(r"\b(vpc|vpc-cidr-assoc|subnet|dopt)-[0-9a-f]{17}\b"), r"\1-ID"),
    (re.compile(r"^Terminated\n$"), ""),  # a shell says this, which is not there when a module is a fork
]


def comparable(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: comparable(inner) for key, inner in value.items() if key not in VARYING_KEYS}
    if isinstance(value, list):
        return [comparable(inner) for inner in value]
    if isinstance(value, str):
        for pattern, fixed in VARYING_TEXT:
            value = pattern.sub(fixed, value)
    return value


def placed(value: Any, here: Path) -> Any:
    """Tasks for one directory."""
    if isinstance(value, dict):
        return {key: placed(inner, here) for key, inner in value.items()}
    if isinstance(value, list):
        return [placed(inner, here) for inner in value]
    return value.replace("{here}", str(here)) if isinstance(value, str) else value


def empty_account(moto: str) -> None:
    urllib.request.urlopen(urllib.request.Request(f"{moto}/moto-api/reset", method="POST"), timeout=10).close()  # noqa: S310


def all_results(sandbox: Sandbox, moto: str, connection: str) -> list[dict[str, Any]]:
    empty_account(moto)
    here = sandbox.path / "here"
    here.mkdir()
    environment = {"AWS_ENDPOINT_URL": moto, "AWS_REGION": "eu-central-1", "PWD": "/wrong"}
    results = sandbox.run(placed(TASKS, here), connection=connection, environment=environment)
    here.rename(sandbox.path / f"here-of-{connection}")
    return results


def test_results_are_those_of_the_builtin_connection(sandbox: Sandbox, moto: str) -> None:
    warm, builtin = (all_results(sandbox, moto, connection) for connection in (WARM, BUILTIN))
    assert len(warm) == len(builtin) == len(TASKS)
    assert comparable(warm) == comparable(builtin)
    assert [result["warm"] for result in warm if "warm" in result] == [True, True]
    assert [result["warm"] for result in builtin if "warm" in result] == [False, False]


@ONE_CORE
def test_each_module_of_the_collection_answers_as_with_the_builtin_connection(sandbox: Sandbox, moto: str) -> None:
    """Without arguments, as a start of each of them takes a second the builtin way; most say what is missing."""
    files = (ROOT / "plugins/modules").glob("*.py")
    modules = sorted(path.stem for path in files if "def main" in path.read_text(encoding="utf-8"))
    tasks = [{f"monay.platform.{module}": {}, "failed_when": False} for module in modules]
    environment = {"AWS_ENDPOINT_URL": moto, "AWS_REGION": "eu-central-1"}
    warm, builtin = (
        sandbox.run(tasks, hosts=1, connection=connection, environment=environment) for connection in (WARM, BUILTIN)
    )
    assert len(warm) == len(modules)
    for module, one, other in zip(modules, warm, builtin, strict=True):
        assert comparable(one) == comparable(other), module


def test_ten_hosts_at_once_have_a_process_each(sandbox: Sandbox, moto: str) -> None:
    """They all wait for each other, so they run at the same time; nothing random is the same in two of them."""
    together = sandbox.path / "together"
    together.mkdir()
    task = {"probe": {"together": str(together), "count": 10, "endpoint": moto}}
    results = sandbox.run([task], hosts=10)
    assert len(results) == 10
    assert all(result["warm"] for result in results)
    assert all(result["sockets"] == [] and result["threads"] == 1 for result in results)
    assert {tuple(result["aws"]) for result in results} == {("123456789012", "172.31.0.0/16")}
    for what in ("pid", "uuid", "random", "temporary"):
        assert len({result["process"][what] for result in results}) == 10, what
    assert len({result["process"]["parent"] for result in results}) == 1


FALLBACKS: dict[str, dict[str, Any]] = {
    "switched off for a task": {"vars": {"ansible_warm_local": False}},
    "no pipelining": {"vars": {"ansible_pipelining": False}},
    "start-up variable": {"environment": {"PYTHONHASHSEED": "0"}},
    "locale": {"environment": {"LC_ALL": "C"}},
    "home, from which botocore takes its models": {"environment": {"HOME": "/"}},
    "another shell": {"vars": {"ansible_shell_executable": "/bin/bash"}},
    "in the background": {"async": 60, "poll": 1},
}


def test_what_goes_the_builtin_way(sandbox: Sandbox) -> None:
    tasks: list[dict[str, Any]] = [{"probe": {}, **how} for how in FALLBACKS.values()]
    results = sandbox.run([{"probe": {}}, *tasks, {"probe": {}}])
    ended = [result["warm"] for result in results if "warm" in result]
    assert ended == [True, *[False] * len(FALLBACKS), True]


@ONE_CORE
def test_one_variable_of_the_environment_switches_it_off(sandbox: Sandbox) -> None:
    (result,) = sandbox.run([{"probe": {}}], environment={"MONAY_WARM_LOCAL": "0"})
    assert result["warm"] is False


@ONE_CORE
def test_an_upgrade_of_boto3_during_the_run_is_noticed(sandbox: Sandbox) -> None:
    """Also what happens with an interpreter that has another boto3 than the controller's."""
    package = sandbox.path / "packages/boto3/__init__.py"
    package.parent.mkdir(parents=True)
    package.write_text("", encoding="utf-8")
    upgrade = {"ansible.builtin.file": {"path": str(package), "state": "touch"}}
    before, _touched, after = sandbox.run(
        [{"probe": {}}, upgrade, {"probe": {}}], environment={"PYTHONPATH": str(package.parents[1])}
    )
    assert before["warm"] is True
    assert after["warm"] is False
