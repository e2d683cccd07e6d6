# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The server process of the warm_local connection: imports boto3 once and runs each module in a fork of itself.

Run by the interpreter of the modules, and only by the connection plugin:
`python warm_server.py SOCKET_PATH LISTENING_FD CONTROLLER_PIDFD [DIRECTORY_WITH_COLLECTIONS...]`.

It is single-threaded, opens no connection to AWS and knows no credentials, so a fork inherits none of these.
It keeps what modules import and load (helpers, models of AWS services), never their parameters.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import ctypes
import gc
import importlib.machinery
import io
import json
import os
import re
import select
import signal
import socket
import struct
import sys
import threading
import time
import traceback
import types
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

PR_SET_PDEATHSIG = 1  # linux/prctl.h
REQUEST_SECONDS = 10.0  # for a request to arrive in full
GRACE_SECONDS = 2.0  # between the interrupt and the kill of a module that nobody waits for any more
SPARE_SESSIONS = 8  # of botocore, for each module

# Read once, when a process or a library starts: a module that wants another value needs a process of its own.
STARTUP_NAMES = re.compile(
    r"PYTHON.*|LD_.*|LC_.*|LANG|LANGUAGE|HOME|MALLOC_.*|GLIBC_.*|OPENSSL_.*|BOTO_.*|SSLKEYLOGFILE|NLSPATH|LOCPATH"
)
ARCHIVE = re.compile(r"\nzip_data='([A-Za-z0-9+/=]+)',\n")
# Files of an archive that are imported here: those of ansible-core and of collections that are known to be harmless.
HELPER = re.compile(
    r"(ansible/module_utils/(?!__init__).+?|ansible_collections/(?:amazon/aws|monay/platform)/plugins/module_utils.*?)"
    r"(?:/__init__)?\.py"
)


def unforkable(env: dict[str, str]) -> list[object]:
    """What a fork cannot take over: variables, and libraries that a task of this run may have upgraded."""
    files = [Path(str(sys.modules[name].__file__)) for name in ("boto3", "botocore") if name in sys.modules]
    times = [file.stat().st_mtime_ns if file.exists() else 0 for file in files]
    return [{name: value for name, value in env.items() if STARTUP_NAMES.fullmatch(name)}, times]


class Loaded(dict[Any, Any]):
    """The memory of botocore's loader, which tells the server of each service that it did not hold yet."""

    def __init__(self, teach: socket.socket) -> None:
        super().__init__()
        self.teach = teach

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, value)
        if "load_service_model" in key and "service-2" in key:
            with contextlib.suppress(OSError):  # a lesson that is lost costs time, nothing else
                self.teach.send(key[1].encode(), socket.MSG_DONTWAIT)


class Boto:
    """What botocore loads and works out for each client: kept, so that a fork makes its own in a tenth of the time."""

    def __init__(self) -> None:
        self.lessons, self.teach = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)  # from forks to the server
        self.known: set[str] = set()  # services
        self.spare: list[Any] = []  # sessions that nobody has used: they look at the environment when they are used
        with contextlib.suppress(ImportError):  # a module that needs boto3 says so itself
            self.boto3: Any = importlib.import_module("boto3.session")
            session: Any = importlib.import_module("botocore.session")
            loaders: Any = importlib.import_module("botocore.loaders")
            # A loader reads and parses a model, up to megabytes of JSON, once. Now that is once a run.
            memory: dict[tuple[str, ...], Loaded] = {}
            loaders.Loader._cache = property(
                lambda loader: memory.setdefault(tuple(loader.search_paths), Loaded(self.teach)),
                lambda _loader, _new: None,
            )
            self.make_session = session.get_session
            self.spare += [self.make_session() for _number in range(SPARE_SESSIONS)]
            session.get_session = self.get_session
            self.learn("sts")

    def get_session(self, env_vars: Any = None) -> Any:
        return self.spare.pop() if self.spare and env_vars is None else self.make_session(env_vars)

    def learn(self, service: str) -> None:
        """Make a client that is never used and belongs to nobody: what it needs, the next forks inherit."""
        if service not in self.known:
            self.known.add(service)
            with contextlib.suppress(Exception):  # a module that needs it makes its own, and says what is wrong
                session = self.boto3.Session("nobody", "nobody", None, "us-east-1", self.make_session())
                config = importlib.import_module("botocore.config").Config(defaults_mode="legacy")
                client = session.client(service, config=config)
                client.can_paginate(next(iter(client.meta.method_to_api_mapping)))


class Helpers:
    """The module_utils of ansible-core and of AWS collections: imported once a run and not once a task.

    They are imported from where ansible-core takes what it puts into an archive, and used for archives that hold
    exactly the same. A module whose archive holds anything else imports its own, as it would in a process of its own.
    """

    def __init__(self, roots: list[str]) -> None:
        self.roots = roots  # where collections are looked for, in this order
        self.sources: dict[str, bytes] = {}  # what the files that were imported hold
        self.verdicts: dict[str, bool] = {}  # by archive
        self.in_fork = False
        sys.meta_path.insert(0, self)

    def fit(self, payload: str) -> bool:
        """Whether the helpers in this process are those in the archive of a payload; imports what is missing."""
        match = ARCHIVE.search(payload)
        if match is None or not self.roots:
            return False
        if match[1] not in self.verdicts:
            with zipfile.ZipFile(io.BytesIO(base64.b64decode(match[1]))) as archive:
                helpers = filter(None, map(HELPER.fullmatch, archive.namelist()))
                self.verdicts[match[1]] = all(self.has(helper, archive.read(helper[0])) for helper in helpers)
        return self.verdicts[match[1]]

    def has(self, helper: re.Match[str], wanted: bytes) -> bool:
        """Whether the file of a helper holds this; imports it then."""
        file = helper[0]
        if file not in self.sources:
            found = [path for root in [*self.roots, *sys.path] if (path := Path(root, file)).is_file()]
            self.sources[file] = found[0].read_bytes() if found else b""
            if found and self.sources[file] == wanted:
                package, _dot, name = helper[1].replace("/", ".").rpartition(".")
                with contextlib.suppress(Exception):  # a module would not get it either
                    if not hasattr(importlib.import_module(package), name):  # else it would hide what has its name
                        importlib.import_module(f"{package}.{name}")
        return self.sources[file] == wanted

    def give(self, fit: bool) -> None:
        """Let the module of this fork use them, or forget them."""
        self.in_fork = True
        if not fit:
            sys.meta_path.remove(self)
            for name in [name for name in sys.modules if name.partition(".")[0] in ("ansible", "ansible_collections")]:
                del sys.modules[name]

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> Any:
        """Python asks here first. In a fork, what is not imported yet comes from the archive, which is put first."""
        package, _dot, _last = name.rpartition(".")
        collections = name.partition(".")[0] == "ansible_collections"
        if not collections and not (self.in_fork and name.startswith("ansible.")):
            return None
        for root in sys.path[:1] if self.in_fork else self.roots:
            spec = importlib.machinery.PathFinder.find_spec(name, [f"{root}/{package.replace('.', '/')}"])
            if spec is not None:
                return spec
        if collections:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


# ---------------------------------------------------------------------------------------------------------- the fork
def become_fresh_process(request: dict[str, Any], fds: list[int], keep: int) -> None:
    """Give this fork what a process that was started for the module would have."""
    os.setsid()  # a process group of its own, so that the module is stopped with everything that it started
    os.dup2(fds[0], 1)
    os.dup2(fds[1], 2)
    os.closerange(3, keep)
    os.closerange(keep + 1, 4096)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.chdir(request["cwd"])
    if "PWD" in os.environ:
        os.environ["PWD"] = str(Path.cwd())  # as the shell between ansible-core and a module does
    importlib.invalidate_caches()
    sys.argv = [""]


def execute(payload: str) -> int:
    """Execute a payload as `python < payload` does; return the exit status."""
    main = sys.modules["__main__"] = types.ModuleType("__main__")
    main.__dict__["__builtins__"] = __builtins__
    try:
        exec(compile(payload, "<stdin>", "exec", dont_inherit=True), main.__dict__)  # noqa: S102
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        print(end.code, file=sys.stderr)
        return 1
    except BaseException as error:  # noqa: BLE001 - what the interpreter does at its top level
        traceback.print_exception(type(error), error, error.__traceback__ and error.__traceback__.tb_next)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    return 0


# -------------------------------------------------------------------------------------------------------- the server
def receive(connection: socket.socket, fds: list[int]) -> dict[str, Any]:
    """Read a request, and put the descriptors for output and errors into fds."""
    connection.settimeout(REQUEST_SECONDS)
    _pid, uid, _gid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    if uid != os.getuid():
        raise PermissionError
    fds += socket.recv_fds(connection, 1, 2)[1]
    with connection.makefile("rb") as stream:
        return dict(json.loads(stream.readline()))


class Server:
    """Forks for each connection, reports how each fork ended, and stops the forks that nobody waits for."""

    def __init__(self, listener: socket.socket, controller: int, roots: list[str]) -> None:
        self.listener = listener
        self.controller = controller
        self.boto = Boto()
        self.helpers = Helpers(roots)
        self.at_start = unforkable(dict(os.environ))
        self.jobs: dict[int, tuple[int, socket.socket]] = {}  # pidfd of the fork: its pid, its connection
        self.kill_at: dict[int, float] = {}  # pidfd of a fork that was interrupted: when to kill it
        self.poll = select.poll()
        for fd in (listener.fileno(), controller, self.boto.lessons.fileno()):
            self.poll.register(fd, select.POLLIN)

    def serve(self) -> None:
        """Serve until the controller and all forks have ended."""
        controlled = True
        while controlled or self.jobs:
            events = self.poll.poll(100 if self.kill_at else None)
            for fd, _event in events:
                if fd == self.controller:
                    controlled = False
                    self.poll.unregister(self.controller)
                    self.poll.unregister(self.listener)
                    self.stop(self.jobs)
                elif fd == self.listener.fileno():
                    self.accept()
                elif fd == self.boto.lessons.fileno():
                    if len(events) == 1:  # learning takes up to a tenth of a second: whoever waits comes first
                        self.boto.learn(self.boto.lessons.recv(256).decode())
                elif fd in self.jobs:
                    self.report(fd)
                else:  # the plugin does not wait any more: task timeout, Ctrl-C, end of the worker
                    self.poll.unregister(fd)
                    self.stop(pidfd for pidfd, (_pid, connection) in self.jobs.items() if connection.fileno() == fd)
            self.stop([pidfd for pidfd, at in self.kill_at.items() if time.monotonic() > at], signal.SIGKILL)

    def accept(self) -> None:
        """Fork for a request; closing the connection without an answer makes the plugin go the builtin way."""
        connection, _address = self.listener.accept()
        fds: list[int] = []
        try:
            request = receive(connection, fds)
            if unforkable(request["env"]) == self.at_start:
                self.fork(connection, request, fds)
            else:
                connection.close()
        except Exception:  # noqa: BLE001 - whatever is wrong with a request, the modules that run must not suffer
            connection.close()
        finally:
            for fd in fds:
                os.close(fd)

    def fork(self, connection: socket.socket, request: dict[str, Any], fds: list[int]) -> None:
        fit = self.helpers.fit(request["payload"])
        gc.freeze()  # the collector of the fork then leaves the shared pages alone
        connection.sendall(b"S")
        server_pid = os.getpid()
        pid = os.fork()
        if pid == 0:
            self.run(server_pid, request, fds, fit)
        pidfd = os.pidfd_open(pid)
        self.jobs[pidfd] = (pid, connection)
        self.poll.register(pidfd, select.POLLIN)
        self.poll.register(connection, 0)  # tells only that the other side has gone

    def run(self, server_pid: int, request: dict[str, Any], fds: list[int], fit: bool) -> NoReturn:
        """Run one module in this fork, and end as the interpreter ends."""
        status = 1
        try:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            if os.getppid() == server_pid:  # else the server ended before it could take this fork with it
                become_fresh_process(request, fds, self.boto.teach.fileno())
                self.helpers.give(fit)
                status = execute(request["payload"])
                threading._shutdown()  # type: ignore[attr-defined]  # waits for the threads that are not daemons
                atexit._run_exitfuncs()
        except BaseException:  # noqa: BLE001 - a fork must never go on as a second server
            traceback.print_exc()
            status = 1
        finally:
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            finally:
                os._exit(status)

    def report(self, pidfd: int) -> None:
        """Tell the connection plugin how a fork ended: as a shell would, in one byte."""
        pid, connection = self.jobs.pop(pidfd)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with contextlib.suppress(OSError, KeyError):  # nobody waits any more
            self.poll.unregister(connection)
            connection.sendall(bytes([code if code >= 0 else 128 - code]))
        connection.close()
        self.poll.unregister(pidfd)
        self.kill_at.pop(pidfd, None)
        os.close(pidfd)

    def stop(self, pidfds: Iterable[int], number: signal.Signals = signal.SIGINT) -> None:
        """Stop modules, with all that they started: an interrupt now, a kill later."""
        for pidfd in pidfds:
            self.kill_at.setdefault(pidfd, time.monotonic() + GRACE_SECONDS)
            with contextlib.suppress(ProcessLookupError):  # it ended by itself, or is too young to lead a group
                os.killpg(self.jobs[pidfd][0], number)


def main() -> None:
    path, listener, controller, *roots = sys.argv[1:]
    # Modules must not find the files of this directory.
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != Path(__file__).resolve().parent]
    try:
        Server(socket.socket(fileno=int(listener)), int(controller), roots).serve()
    finally:
        Path(path).unlink(missing_ok=True)  # ansible-core removes the directory when it ends by itself


if __name__ == "__main__":
    main()
