# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the connection recognises, and what its server remembers."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import boto3.session
import botocore.exceptions
import botocore.loaders
import botocore.session
import pytest

from ansible_collections.monay.platform.plugins.connection.warm_local import parse_command
from ansible_collections.monay.platform.plugins.plugin_utils.warm_server import SPARE_SESSIONS, Boto, unforkable

PYTHON = "/opt/python/bin/python3.12"
PAYLOAD = b"#!" + PYTHON.encode() + b"\n_ANSIBALLZ_WRAPPER = True\nmain(\nextensions={},\n)\n"


def in_shell(inner: str, program: str = "/bin/sh") -> str:
    return f"{program} -c {shlex.quote(inner)}"


@pytest.mark.parametrize(
    ("inner", "variables"),
    [
        pytest.param(PYTHON, {}, id="ansible-core 2.21"),
        pytest.param(f"{PYTHON} && sleep 0", {}, id="ansible-core 2.19"),
        pytest.param(f"A=1 B='it '\"'\"'s $x' {PYTHON} && sleep 0", {"A": "1", "B": "it 's $x"}, id="environment"),
        pytest.param(f"A='' {PYTHON}", {"A": ""}, id="empty value"),
    ],
)
def test_a_module_is_recognised(inner: str, variables: dict[str, str]) -> None:
    assert parse_command(in_shell(inner), PAYLOAD) == (PYTHON, variables)


@pytest.mark.parametrize(
    "cmd",
    [
        pytest.param("echo hello", id="other command"),
        pytest.param(in_shell("echo ~ && sleep 0"), id="raw"),
        pytest.param(in_shell(f"{PYTHON} /tmp/AnsiballZ_x.py && sleep 0"), id="module in a file"),
        pytest.param(in_shell(f"cd / && {PYTHON}"), id="directory"),
        pytest.param(in_shell(f"A=$HOME {PYTHON}"), id="expansion"),
        pytest.param(in_shell(f"A=`id` {PYTHON}"), id="substitution"),
        pytest.param(in_shell(f"{PYTHON}; id"), id="second command"),
        pytest.param(in_shell("A=1"), id="only a variable"),
        pytest.param(in_shell("python3"), id="no path"),
        pytest.param(in_shell("/usr/bin/python3"), id="interpreter other than in the payload"),
        pytest.param(in_shell(f"{PYTHON} -I"), id="option"),
        pytest.param(in_shell(PYTHON, program="/bin/bash"), id="other shell"),
        pytest.param(f"sudo -u root {in_shell(PYTHON)}", id="become"),
        pytest.param("/bin/sh -c 'unfinished", id="unfinished"),
    ],
)
def test_anything_else_is_not(cmd: str) -> None:
    assert parse_command(cmd, PAYLOAD) is None


@pytest.mark.parametrize(
    "payload",
    [
        pytest.param(b"#!/usr/bin/perl\n_ANSIBALLZ_WRAPPER = True\nextensions={},\n", id="perl"),
        pytest.param(PAYLOAD.replace(b"_ANSIBALLZ_WRAPPER = True", b""), id="other wrapper"),
        pytest.param(PAYLOAD.replace(b"extensions={}", b"extensions={'_coverage': {}}"), id="coverage"),
    ],
)
def test_no_other_payload_is(payload: bytes) -> None:
    assert parse_command(in_shell(PYTHON), payload) is None


@pytest.fixture
def boto(monkeypatch: pytest.MonkeyPatch) -> Iterator[Boto]:
    """What the server keeps of botocore, in this process for one test."""
    monkeypatch.setattr(botocore.session, "get_session", botocore.session.get_session)
    monkeypatch.setattr(botocore.loaders.Loader, "_cache", None, raising=False)
    made = Boto()
    yield made
    made.lessons.close()
    made.teach.close()


def client(service: str) -> Any:
    return boto3.session.Session("id", "key", region_name="eu-central-1").client(service)


def test_what_a_fork_had_to_load_the_server_learns(boto: Boto) -> None:
    client("sqs")
    assert boto.lessons.recv(256) == b"sts"  # the first, for what all services share
    assert boto.lessons.recv(256) == b"sqs"
    boto.learn("sqs")
    assert boto.known == {"sts", "sqs"}


def test_a_model_is_read_once(boto: Boto, monkeypatch: pytest.MonkeyPatch) -> None:
    boto.learn("sqs")
    monkeypatch.setattr(botocore.loaders.JSONFileLoader, "load_file", None)  # nothing is read any more
    assert client("sqs").meta.endpoint_url == "https://sqs.eu-central-1.amazonaws.com"


def test_a_client_belongs_to_its_session(boto: Boto, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions that were made before know the environment of now, and nothing of the client that belongs to nobody."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "mine")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    for _session in range(SPARE_SESSIONS + 1):
        session = boto3.session.Session()
        assert session.get_credentials().access_key == "mine"
        assert session.client("sts").meta.region_name == "eu-west-1"
    assert boto.spare == []


def test_a_service_that_does_not_exist_teaches_nothing(boto: Boto) -> None:
    boto.learn("no-such-service")
    with pytest.raises(botocore.exceptions.UnknownServiceError):
        client("no-such-service")


def test_only_variables_that_a_fork_cannot_take_over_ask_for_a_real_start() -> None:
    asks = {"PYTHONPATH": "a", "LD_PRELOAD": "b", "LC_ALL": "c", "LANG": "d", "HOME": "e", "BOTO_DISABLE_CRT": "f"}
    takes = {"PATH": "g", "AWS_PROFILE": "h", "TZ": "i", "LANGUAGES": "j", "MY_HOME": "k", "TMPDIR": "l"}
    assert unforkable({**asks, **takes})[0] == asks
