# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the connection recognises, and what its server remembers."""

from __future__ import annotations

import base64
import io
import shlex
import types
import zipfile
from collections.abc import Iterator

import pytest

from ansible_collections.monay.platform.plugins.connection.warm_local import parse_command
from ansible_collections.monay.platform.plugins.plugin_utils.warm_server import Memory, startup_variables

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
def memory() -> Iterator[Memory]:
    made = Memory()
    yield made
    made.lessons.close()
    made.teach.close()


def payload_of(files: dict[str, str]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        for name, content in files.items():
            writer.writestr(name, content)
    return b"_ansiballz_main(\nzip_data='" + base64.b64encode(archive.getvalue()) + b"',\nparams='{}',\n)\n"


def inner_function(code: types.CodeType) -> types.CodeType:
    return next(constant for constant in code.co_consts if isinstance(constant, types.CodeType))


def test_a_file_is_compiled_once_and_named_as_in_each_payload(memory: Memory) -> None:
    source = b"def function():\n    return 1\n"
    memory.compile_archive(payload_of({"ansible/x.py": source.decode(), "data.txt": "no code"}))
    memory.compile = None  # nothing is compiled any more
    for path in ("/one/a_payload.zip/ansible/x.py", "/two/b_payload.zip/ansible/x.py"):
        code = memory.compiled(path, source)
        assert code.co_filename == inner_function(code).co_filename == path


def test_another_content_of_the_same_file_is_compiled(memory: Memory) -> None:
    memory.compile_archive(payload_of({"ansible/x.py": "one = 1\n"}))
    code = memory.compiled("/one/a_payload.zip/ansible/x.py", b"two = 2\n")
    assert code.co_names == ("two",)


def test_a_payload_without_an_archive_is_left_to_the_module(memory: Memory) -> None:
    memory.compile_archive(b"print('a payload of another kind')\n")
    assert not memory.code


def test_what_a_fork_had_to_load_the_server_loads_too(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    loads = []

    class Loader:
        def __init__(self, search_paths: list[str]) -> None:
            self.search_paths = search_paths

        def load_data_with_path(self, name: str) -> tuple[str, str]:
            loads.append((*self.search_paths, name))
            return f"model of {name}", name

    monkeypatch.setattr(memory, "loader", Loader)
    memory.remember(Loader, "load_data_with_path")
    for _task in range(2):  # the fork loads it and says so
        assert Loader(["/data"]).load_data_with_path("ecs") == ("model of ecs", "ecs")
    assert loads == [("/data", "ecs")]
    memory.loaded.clear()  # the server has not loaded it
    memory.take_lesson()
    assert list(memory.loaded) == [("load_data_with_path", ("/data",), ("ecs",))]
    assert Loader(["/other"]).load_data_with_path("ecs") == ("model of ecs", "ecs")
    assert loads == [("/data", "ecs"), ("/data", "ecs"), ("/other", "ecs")]


def test_only_variables_that_a_fork_cannot_take_over_ask_for_a_real_start() -> None:
    asks = {"PYTHONPATH": "a", "LD_PRELOAD": "b", "LC_ALL": "c", "LANG": "d", "HOME": "e", "BOTO_DISABLE_CRT": "f"}
    takes = {"PATH": "g", "AWS_PROFILE": "h", "TZ": "i", "LANGUAGES": "j", "MY_HOME": "k", "TMPDIR": "l"}
    assert startup_variables({**asks, **takes}) == asks


def test_a_lesson_that_cannot_be_followed_is_passed_over(memory: Memory, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(_loader: object, name: str) -> None:
        raise LookupError(name)

    monkeypatch.setattr(memory, "loader", lambda _search_paths: None)
    monkeypatch.setattr(memory, "loader_methods", {"load_data_with_path": lost})
    memory.teach.send(b'["load_data_with_path", ["/gone"], ["ecs"]]')
    memory.take_lesson()
    assert memory.loaded == {}
