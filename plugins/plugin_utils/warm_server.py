# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The server process of the warm_local connection: imports boto3 once and runs each module in a fork of itself.

Run by the interpreter of the modules, and only by the connection plugin:
`python warm_server.py SOCKET_PATH LISTENING_FD CONTROLLER_PIDFD`.

It is single-threaded and makes no AWS client, so a fork inherits no held lock, no connection and no credentials.
It keeps what modules load and compile (models of AWS services, files of AnsiballZ archives), never their parameters.
"""

from __future__ import annotations

import _imp
import atexit
import base64
import contextlib
import ctypes
import functools
import gc
import importlib
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
import zipimport
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NoReturn

PR_SET_PDEATHSIG = 1  # linux/prctl.h
REQUEST_SECONDS = 10.0  # for a request to arrive in full
GRACE_SECONDS = 2.0  # between the interrupt and the kill of a module that nobody waits for any more

# What AWS modules import at some time. One that is missing belongs to another version of its library.
MODULES = """
runpy tempfile zipfile shutil base64 datetime uuid syslog grp pwd subprocess shlex locale decimal ipaddress
pkgutil argparse unicodedata encodings.idna encodings.cp437 concurrent.futures.thread distro typing_extensions
packaging.version boto3.session boto3.s3.inject botocore.args botocore.auth botocore.client botocore.compress
botocore.config botocore.configloader botocore.credentials botocore.crt botocore.discovery botocore.endpoint
botocore.endpoint_provider botocore.handlers botocore.httpsession botocore.loaders botocore.paginate
botocore.parsers botocore.plugin botocore.regions botocore.retries.adaptive botocore.retries.special
botocore.retries.standard botocore.retryhandler botocore.serialize botocore.signers botocore.tokens botocore.waiter
"""

# Read once, when a process or a library starts: a module that wants another value needs a process of its own.
STARTUP_NAMES = re.compile(
    r"PYTHON.*|LD_.*|LC_.*|LANG|LANGUAGE|HOME|MALLOC_.*|GLIBC_.*|OPENSSL_.*|BOTO_.*|SSLKEYLOGFILE|NLSPATH|LOCPATH"
)
ARCHIVE = re.compile(rb"\nzip_data='([A-Za-z0-9+/=]+)',\n")


def startup_variables(env: dict[str, str]) -> dict[str, str]:
    """The part of an environment that a fork cannot take over."""
    return {name: value for name, value in env.items() if STARTUP_NAMES.fullmatch(name)}


def library_times() -> list[int]:
    """Modification times of the libraries that are held in memory, to notice that a task has upgraded them."""
    files = [Path(str(sys.modules[name].__file__)) for name in ("boto3", "botocore") if name in sys.modules]
    return [file.stat().st_mtime_ns if file.exists() else 0 for file in files]


class Memory:
    """What forks inherit, so that they need not load or compile it again: most of the CPU time of a short module."""

    def __init__(self) -> None:
        self.code: dict[tuple[str, bytes], types.CodeType] = {}  # (path in the archive, source): its code
        self.archives: set[bytes] = set()  # whose files are in `code`
        self.loaded: dict[
            tuple[Any, ...], Any
        ] = {}  # (method, search path, arguments): what botocore's loader returned
        self.loader_methods: dict[str, Any] = {}
        self.compile = zipimport._compile_source  # type: ignore[attr-defined]
        # Forks say here what they had to load; the server then loads it too.
        self.lessons, self.teach = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)

    def install(self) -> None:
        """Put the memory in the place of what it remembers for."""
        zipimport._compile_source = self.compiled  # type: ignore[attr-defined]
        if "botocore.loaders" in sys.modules:
            for name in ("list_available_services", "list_api_versions", "load_data_with_path"):
                self.remember(sys.modules["botocore.loaders"].Loader, name)

    def compile_archive(self, payload: bytes) -> None:
        """Compile the files of a payload that no payload had before: an AnsiballZ archive holds no compiled code."""
        match = ARCHIVE.search(payload)
        if match is None or match[1] in self.archives:
            return
        with zipfile.ZipFile(io.BytesIO(base64.b64decode(match[1]))) as archive:
            for name in archive.namelist():
                source = archive.read(name)
                if name.endswith(".py") and (name, source) not in self.code:
                    self.code[name, source] = self.compile(name, source)
        self.archives.add(match[1])

    def compiled(self, path: str, source: bytes) -> types.CodeType:
        """The code of a file in the archive of a fork's module; tracebacks name the file as they do without memory."""
        code = self.code.get((path.partition(".zip/")[2], source))
        if code is None:
            return self.compile(path, source)  # type: ignore[no-any-return]
        _imp._fix_co_filename(code, path)  # type: ignore[attr-defined]
        return code

    def remember(self, loader: type, name: str) -> None:
        """Let a method of botocore's loader read and parse a file (models of services, in JSON) once a run."""
        original = self.loader_methods[name] = getattr(loader, name)

        @functools.wraps(original)
        def method(this: Any, *args: str, **kwargs: str) -> Any:
            if kwargs:
                return original(this, *args, **kwargs)
            key = (name, tuple(this.search_paths), args)
            if key not in self.loaded:
                self.loaded[key] = original(this, *args)
                with contextlib.suppress(OSError):  # a lesson that is lost costs time, nothing else
                    self.teach.send(json.dumps(key).encode(), socket.MSG_DONTWAIT)
            return self.loaded[key]

        setattr(loader, name, method)

    def take_lesson(self) -> None:
        """Load what a fork had to load, so that the next ones inherit it."""
        name, search_paths, args = json.loads(self.lessons.recv(65536))
        key = (name, tuple(search_paths), tuple(args))
        if key not in self.loaded:
            with contextlib.suppress(Exception):  # a module that needs it loads it, and says what is wrong with it
                self.loaded[key] = self.loader_methods[name](self.loader(search_paths), *args)

    @staticmethod
    def loader(search_paths: list[str]) -> Any:
        loaders = sys.modules["botocore.loaders"]
        return loaders.Loader(include_default_search_paths=False, extra_search_paths=search_paths)


# ---------------------------------------------------------------------------------------------------------- the fork
def become_fresh_process(request: dict[str, Any], out_fd: int, err_fd: int, keep_fd: int) -> None:
    """Give this fork what a process that was started for the module would have."""
    os.dup2(out_fd, 1)
    os.dup2(err_fd, 2)
    os.closerange(3, keep_fd)
    os.closerange(keep_fd + 1, 4096)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    os.chdir(request["cwd"])
    if "PWD" in os.environ:
        os.environ["PWD"] = str(Path.cwd())  # as the shell between ansible-core and a module does
    importlib.invalidate_caches()
    sys.argv = [""]


def execute(payload: bytes) -> int:
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


def run_fork(server_pid: int, request: dict[str, Any], payload: bytes, *fds: int) -> NoReturn:
    """Run one module in this fork, and end as the interpreter ends."""
    status = 1
    try:
        os.setsid()  # a process group of its own, so that the module is stopped with everything that it started
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() == server_pid:  # else the server ended before it could take this fork with it
            become_fresh_process(request, *fds)
            status = execute(payload)
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


# -------------------------------------------------------------------------------------------------------- the server
def receive_request(connection: socket.socket, fds: list[int]) -> tuple[dict[str, Any], bytes]:
    """Read (request, payload), and put the descriptors for output and errors into fds."""
    connection.settimeout(REQUEST_SECONDS)
    _pid, uid, _gid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    if uid != os.getuid():
        raise PermissionError
    prefix, received, _flags, _address = socket.recv_fds(connection, 8, 2)
    fds.extend(received)
    request_size, payload_size = struct.unpack("!II", prefix)
    with connection.makefile("rb") as stream:
        request = json.loads(stream.read(request_size))
        payload = stream.read(payload_size)
    if len(payload) != payload_size or len(fds) != 2:
        raise EOFError
    return request, payload


def signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended by itself, or is too young to lead a group
        os.killpg(pid, number)


class Server:
    """Forks for each connection, reports how each fork ended, and stops the forks that nobody waits for."""

    def __init__(self, listener: socket.socket, controller: int, memory: Memory) -> None:
        self.listener = listener
        self.controller = controller
        self.memory = memory
        self.at_start = startup_variables(dict(os.environ))
        self.times = library_times()
        self.jobs: dict[int, tuple[int, socket.socket]] = {}  # pidfd of the fork: its pid, its connection
        self.kill_at: dict[int, float] = {}  # pidfd of a fork that was interrupted: when to kill it
        self.poll = select.poll()
        for fd in (listener.fileno(), controller, memory.lessons.fileno()):
            self.poll.register(fd, select.POLLIN)

    def serve(self) -> None:
        """Serve until the controller and all forks have ended."""
        controlled = True
        while controlled or self.jobs:
            for fd, _event in self.poll.poll(100 if self.kill_at else None):
                if fd == self.controller:
                    controlled = False
                    self.poll.unregister(self.controller)
                    self.poll.unregister(self.listener)
                    self.interrupt(self.jobs)
                elif fd == self.listener.fileno():
                    self.accept()
                elif fd == self.memory.lessons.fileno():
                    self.memory.take_lesson()
                elif fd in self.jobs:
                    self.report(fd)
                else:  # the plugin does not wait any more: task timeout, Ctrl-C, end of the worker
                    self.poll.unregister(fd)
                    self.interrupt(
                        pidfd for pidfd, (_pid, connection) in self.jobs.items() if connection.fileno() == fd
                    )
            for pidfd, deadline in self.kill_at.items():
                if time.monotonic() > deadline:
                    signal_group(self.jobs[pidfd][0], signal.SIGKILL)

    def accept(self) -> None:
        """Fork for a request; closing the connection without an answer makes the plugin go the builtin way."""
        connection, _address = self.listener.accept()
        fds: list[int] = []
        try:
            request, payload = receive_request(connection, fds)
            if startup_variables(request["env"]) == self.at_start and library_times() == self.times:
                self.memory.compile_archive(payload)
                self.fork(connection, request, payload, fds)
            else:
                connection.close()
        except Exception:  # noqa: BLE001 - whatever is wrong with a request, the modules that run must not suffer
            connection.close()
        finally:
            for fd in fds:
                os.close(fd)

    def fork(self, connection: socket.socket, request: dict[str, Any], payload: bytes, fds: list[int]) -> None:
        gc.freeze()  # the collector of the fork then leaves the shared pages alone
        connection.sendall(b"S")
        server_pid = os.getpid()
        pid = os.fork()
        if pid == 0:
            run_fork(server_pid, request, payload, *fds, self.memory.teach.fileno())
        pidfd = os.pidfd_open(pid)
        self.jobs[pidfd] = (pid, connection)
        self.poll.register(pidfd, select.POLLIN)
        self.poll.register(connection, 0)  # tells only that the other side has gone

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

    def interrupt(self, pidfds: Iterable[int]) -> None:
        """Stop modules, with all that they started: an interrupt now, a kill later."""
        for pidfd in pidfds:
            self.kill_at[pidfd] = time.monotonic() + GRACE_SECONDS
            signal_group(self.jobs[pidfd][0], signal.SIGINT)


def main() -> None:
    path, listener_fd, controller = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    # Modules must not find the files of this directory.
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != Path(__file__).resolve().parent]
    try:
        for name in MODULES.split():
            with contextlib.suppress(ImportError):  # the module that needs it will say so
                importlib.import_module(name)
        memory = Memory()
        memory.install()
        Server(socket.socket(fileno=listener_fd), controller, memory).serve()
    finally:
        path.unlink(missing_ok=True)  # ansible-core removes the directory when it ends by itself


if __name__ == "__main__":
    main()
