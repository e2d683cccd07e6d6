# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The builtin local connection, with Python modules run by forks of one process that has boto3 imported already."""

from __future__ import annotations

DOCUMENTATION = r"""
name: warm_local
short_description: Run modules on the controller from a process that has imported boto3 already
version_added: 1.0.0
author: Monay (@monay)
description:
  - The P(ansible.builtin.local#connection) connection, except for who executes a Python module.
    The builtin connection starts a Python interpreter for every task, and every AWS module then imports boto3 and
    botocore again, compiles its own code again and reads the models of the AWS services again.
    That costs several times more CPU time than the rest of the task.
  - This connection starts one server process in a run, with the interpreter of the modules, which imports boto3 and
    botocore once. Every module runs in a fork of that server, one fork a task, as many at once as C(forks) allows.
    What a module imports of ansible-core, amazon.aws and this collection, and reads of botocore, the forks after it
    need not, as long as it is exactly what their own archives hold.
  - Anything that is not exactly a pipelined Python module for this user goes the builtin way, unchanged.
    So do C(become), C(async), C(raw), C(script), file transfers, module languages other than Python, shells other than
    C(sh) and C(dash), and everything on a controller that does not run Linux (5.3 or newer) or Python 3.9 or newer.
  - The archives which ansible-core builds of modules of amazon.aws and this collection are kept in the directory
    C(warm_local) of C(ANSIBLE_HOME). They hold code only. A later run uses them if no file that they can be made of has
    changed since.
  - If the server cannot be started, or has ended, the run goes on the builtin way. C(-vvv) shows which way a task goes.
options:
  warm_local:
    description:
      - Whether to run modules from the server process.
      - V(false) leaves the builtin local connection, with pipelining as O(pipelining) says.
    type: boolean
    default: true
    env:
      - name: MONAY_WARM_LOCAL
    vars:
      - name: ansible_warm_local
  pipelining:
    description:
      - Whether a module is handed over by a pipe instead of a temporary file.
      - On by default here, other than in the builtin connection. Nothing is run from the server process without it.
    type: boolean
    default: true
    env:
      - name: ANSIBLE_PIPELINING
    ini:
      - section: defaults
        key: pipelining
      - section: connection
        key: pipelining
    vars:
      - name: ansible_pipelining
  become_success_timeout:
    description:
      - Number of seconds to wait for become to succeed, as in P(ansible.builtin.local#connection).
    type: int
    default: 10
    vars:
      - name: ansible_local_become_success_timeout
  become_strip_preamble:
    description:
      - Strip what become printed before the command, as in P(ansible.builtin.local#connection).
    type: boolean
    default: true
    vars:
      - name: ansible_local_become_strip_preamble
notes:
  - Set C(ansible_python_interpreter) for the hosts of this connection, to V({{ ansible_playbook_python }}) for example.
    Without it Ansible looks for an interpreter on each host, the builtin way.
  - Tasks with C(delegate_to) use the connection of the host that they are delegated to.
    That is the builtin one for the implicit localhost.
  - Values of C(environment) are honoured. A task that changes a variable which is read once when a process starts
    (C(PYTHON*), C(LD_*), C(LC_*), C(LANG), C(HOME), C(BOTO_*) and the like) goes the builtin way.
  - Parameters of a module go through a socket in the directory of the run, which only the user can enter.
    They are neither written to a disk nor part of a command line.
  - The server ends when C(ansible-playbook) ends, however it ends. A module that still runs then, or whose task timed
    out, is interrupted, and killed two seconds later. The builtin connection leaves such a module running.
  - A boto3 or botocore that is upgraded during the run is noticed. The rest of the run goes the builtin way.
  - The hash seed of Python is one a run and not one a task, and a module that is killed by a signal lacks the word that
    a shell says about it on the standard error.
"""

EXAMPLES = r"""
# An inventory: everything runs on the controller, and one host of it the builtin way.
all:
  vars:
    ansible_connection: monay.platform.warm_local
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  hosts:
    monay-admin:
    monay-backend-common:
      ansible_warm_local: false
"""

import ctypes
import fcntl
import hashlib
import io
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.errors import AnsibleConnectionFailure
from ansible.plugins.connection.local import Connection as LocalConnection
from ansible.utils.collection_loader import AnsibleCollectionConfig
from ansible.utils.display import Display

from ansible_collections.monay.platform.plugins.plugin_utils.warm_archives import Archives, is_private

display = Display()

SERVER = Path(__file__).absolute().parents[1] / "plugin_utils" / "warm_server.py"
PR_SET_PDEATHSIG = 1  # linux/prctl.h
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
SERVER_LOST = b"warm_local: the server process ended while this module was running, so its result is not known\n"


class WarmUnavailableError(OSError):
    """The server cannot run this module, and nothing of the module has run: the builtin way is safe."""


def parse_command(cmd: str, payload: bytes) -> tuple[str, dict[str, str]] | None:
    """Return (interpreter, environment of the task) of a command that only starts an AnsiballZ payload, else None.

    ansible-core sends `/bin/sh -c '[NAME=value ...] /path/of/python [&& sleep 0]'` with the payload on standard input.
    """
    try:
        shell, option, inner = shlex.split(cmd)
        inner = inner.removesuffix(" && sleep 0")  # ansible-core before 2.21 appends it
        *assignments, interpreter = shlex.split(inner)
        env = dict(word.split("=", 1) for word in assignments)
    except ValueError:
        return None
    # Building the command again proves that it held nothing which a shell would have expanded.
    rebuilt = " ".join([f"{name}={shlex.quote(value)}" for name, value in env.items()] + [shlex.quote(interpreter)])
    recognised = (
        (Path(shell).name, option, rebuilt) in (("sh", "-c", inner), ("dash", "-c", inner))
        and all(NAME.fullmatch(name) for name in env)
        and Path(interpreter).is_absolute()
        and payload.startswith(b"#!" + os.fsencode(interpreter) + b"\n")
        and b"\n_ANSIBALLZ_WRAPPER = True\n" in payload[:1000]
        and b"\nextensions={},\n" in payload  # else coverage or a debugger, which need a real start
    )
    return (interpreter, env) if recognised else None


class Connection(LocalConnection):
    """The builtin local connection, whose modules run in forks of a server process."""

    transport = "local"  # ansible-core compares this word to run tasks in the directory of the playbook
    has_pipelining = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._archives = Archives()
        self._controller_pid = int(kwargs.get("ansible_playbook_pid") or 0)

    def set_options(self, *args: Any, **kwargs: Any) -> None:
        super().set_options(*args, **kwargs)
        if self._may_be_warm():
            self._end_with_controller()
            self._try(self._prepare)  # ansible-core builds the archive of the task's module after this

    def _end_with_controller(self) -> None:
        """A worker whose ansible-playbook is killed would go on, and then wait for ever to hand over its result."""
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != self._controller_pid:  # it ended before that
            raise AnsibleConnectionFailure(f"ansible-playbook (process {self._controller_pid}) has ended")

    def _prepare(self) -> None:
        """With the first task of a run, whatever it does: others will need a server, which takes a second to start."""
        if self._archives.give():
            connect_server(sys.executable, self._controller_pid).close()

    def _try(self, step: Callable[[], None]) -> None:
        """Do something that saves time, and without which the task runs too."""
        try:
            step()
        except (OSError, AttributeError) as error:  # the latter of another ansible-core than the ones tested
            display.vvv(f"warm_local: archives: {error!r}", host=self._play_context.remote_addr)

    def exec_command(self, cmd: str, in_data: bytes | None = None, sudoable: bool = True) -> tuple[int, bytes, bytes]:
        """Run a command the warm way where it is a module that this connection recognises, else the builtin way."""
        parsed = parse_command(cmd, in_data) if in_data and self._may_be_warm() else None
        if in_data and parsed:
            self._try(self._archives.take)
            try:
                return self._run_module(*parsed, in_data)
            except WarmUnavailableError as reason:
                display.vvv(f"warm_local: {reason}; going the builtin way", host=self._play_context.remote_addr)
        builtin: tuple[int, bytes, bytes] = super().exec_command(cmd, in_data=in_data, sudoable=sudoable)
        return builtin

    def _may_be_warm(self) -> bool:
        return bool(
            not self.become
            and self._controller_pid
            and sys.platform.startswith("linux")
            and hasattr(os, "pidfd_open")
            and self.get_option("warm_local")
        )

    def _run_module(self, interpreter: str, env: dict[str, str], payload: bytes) -> tuple[int, bytes, bytes]:
        """Have a fork of the server execute the payload; return what a subprocess would: (status, output, errors)."""
        self._connect()
        display.vvv(f"EXEC (warm) {interpreter}", host=self._play_context.remote_addr)
        cwd = os.fsdecode(self.cwd) if self.cwd else str(Path.cwd())
        request = json.dumps({"env": {**os.environ, **env}, "cwd": cwd, "payload": payload.decode()})
        # Leaving the block early (task timeout, Ctrl-C) closes the connection, which makes the server stop the module.
        with memory_file() as out, memory_file() as err, connect_server(interpreter, self._controller_pid) as server:
            try:
                socket.send_fds(server, [b"M"], [out.fileno(), err.fileno()])
                server.sendall(request.encode() + b"\n")
                # S, which the server sends before it starts a module, and its exit status in a byte when it has ended.
                reply = server.recv(1) + server.recv(1)
            except ConnectionError as error:
                raise WarmUnavailableError(f"the server has ended ({error})") from error
            if not reply:
                raise WarmUnavailableError("the server declines this module")
            return (*reply[1:], 137)[0], content(out), content(err) + SERVER_LOST * (len(reply) == 1)


def memory_file() -> io.FileIO:
    """A file in memory, to which every writer appends."""
    handle = os.memfd_create("warm_local")
    fcntl.fcntl(handle, fcntl.F_SETFL, os.O_APPEND)
    return open(handle, "r+b", 0)


def content(file: io.FileIO) -> bytes:
    file.seek(0)
    return file.readall()


def connect_server(interpreter: str, controller_pid: int) -> socket.socket:
    """Connect to the server of this run for an interpreter; the first module of a run starts it.

    A server is started once in a run: if it has ended, connecting fails, and the run goes on the builtin way.
    """
    directory = Path(constants.DEFAULT_LOCAL_TMP)  # of this run: made by ansible-core, and removed when the run ends
    if not is_private(directory):
        raise WarmUnavailableError(f"{directory} is not a private directory of this user")
    path = directory / ("warm-" + hashlib.sha256(interpreter.encode()).hexdigest()[:8])
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)  # one worker starts the server
        # The path of a socket has at most 107 characters, and a private directory of AWX has more.
        short = f"/proc/self/fd/{handle}/{path.name}"
        if not path.exists():
            start_server(interpreter, controller_pid, short, path)
        connection.connect(short)
    except OSError as error:
        connection.close()
        raise WarmUnavailableError(f"no server at {path} ({error})") from error
    finally:
        os.close(handle)
    return connection


def start_server(interpreter: str, controller_pid: int, short: str, path: Path) -> None:
    """Start the server on a socket that listens already, so that modules can queue while it imports boto3."""
    controller = os.pidfd_open(controller_pid)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(short)
            path.chmod(0o600)
            listener.listen(128)
            # Another interpreter has other libraries, so it must not import what this one would.
            roots = AnsibleCollectionConfig.collection_paths if interpreter == sys.executable else []
            subprocess.Popen(
                [interpreter, str(SERVER), str(path), str(listener.fileno()), str(controller), *roots],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                start_new_session=True,
                pass_fds=(listener.fileno(), controller),
            )
    finally:
        os.close(controller)
