# Copyright (c) 2025 Monay
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The server process of the warm_local connection: imports boto3 once and runs each module in a fork of itself.

Run by the interpreter of the modules, and only by the connection plugin:
C(python warm_server.py SOCKET_PATH LISTENING_FD CONTROLLER_PIDFD).

It is single-threaded and holds no AWS connection, so a fork inherits no lock, no socket of botocore and no credentials.
What a task makes it load or compile (models of AWS services, files of an AnsiballZ archive) it keeps for the tasks that follow;
parameters of tasks it does not keep.
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
from collections.abc import Callable

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1  # linux/prctl.h
REQUEST_SECONDS = 10.0  # for a request to arrive in full
GRACE_SECONDS = 2.0  # between the interrupt and the kill of a module that nobody waits for any more

# what every AWS module imports at some time; a module that is missing is one of another version of the library
MODULES = """
runpy tempfile zipfile shutil base64 datetime uuid syslog grp pwd subprocess shlex locale decimal ipaddress concurrent.futures.thread
pkgutil argparse unicodedata encodings.idna encodings.cp437 distro typing_extensions packaging.version
boto3.session boto3.s3.inject botocore.args botocore.auth botocore.client botocore.compress botocore.config botocore.configloader
botocore.credentials botocore.crt botocore.discovery botocore.endpoint botocore.endpoint_provider botocore.handlers botocore.httpsession
botocore.paginate botocore.parsers botocore.plugin botocore.regions botocore.retries.adaptive botocore.retries.special
botocore.retries.standard botocore.retryhandler botocore.serialize botocore.signers botocore.tokens botocore.waiter
""".split()  # noqa: SIM905

# read once, when a process or a library starts: a module that wants another value needs a process of its own
STARTUP_NAMES = re.compile(
    r'PYTHON.*|LD_.*|LC_.*|LANG|LANGUAGE|HOME|MALLOC_.*|GLIBC_.*|OPENSSL_.*|BOTO_.*|SSLKEYLOGFILE|NLSPATH|LOCPATH'
)


def startup_variables(env: dict[str, str]) -> dict[str, str]:
    """The part of an environment that a fork cannot take over."""
    return {name: value for name, value in env.items() if STARTUP_NAMES.fullmatch(name)}


def library_times() -> list[int]:
    """Modification times of the libraries that are held in memory, to notice that a task has upgraded them."""
    return [os.stat(sys.modules[name].__file__).st_mtime_ns for name in ('boto3', 'botocore') if name in sys.modules]


def preload() -> None:
    """Import what AWS modules import, and start remembering what they read and compile."""
    for name in MODULES:
        with contextlib.suppress(ImportError):  # the module that needs it will say so
            importlib.import_module(name)
    zipimport._compile_source = compile_remembered
    if 'botocore.loaders' in sys.modules:
        for name in ('list_available_services', 'list_api_versions', 'load_data_with_path'):
            remember_loader_method(sys.modules['botocore.loaders'].Loader, name)


# ------------------------------------------------------------------------------------------ what forks need not do again
COMPILED: dict[tuple[str, bytes], types.CodeType] = {}  # (path in the archive, source): its code
ARCHIVES: set[int] = set()  # hashes of the archives whose files are in COMPILED
LOADED: dict[tuple, object] = {}  # (method, search path, arguments) of botocore's loader: what it returned
LOADERS: dict[str, Callable] = {}  # the methods themselves
LESSONS, TEACH = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)  # forks name what they had to load
ARCHIVE = re.compile(rb"\nzip_data='([A-Za-z0-9+/=]+)',\n")
compile_source = zipimport._compile_source


def compile_archive(payload: bytes) -> None:
    """Compile the files of a payload that no payload had before: an AnsiballZ archive holds no compiled code."""
    match = ARCHIVE.search(payload)
    if match is None or hash(match[1]) in ARCHIVES:
        return
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(match[1]))) as archive:
        for name in archive.namelist():
            source = archive.read(name)
            if name.endswith('.py') and (name, source) not in COMPILED:
                COMPILED[name, source] = compile_source(name, source)
    ARCHIVES.add(hash(match[1]))


def compile_remembered(path: str, source: bytes) -> types.CodeType:
    """C(zipimport._compile_source), for a file whose code is known: the same code under the path of this payload."""
    code = COMPILED.get((path.partition('.zip/')[2], source))
    if code is None:
        return compile_source(path, source)
    _imp._fix_co_filename(code, path)
    return code


def remember_loader_method(loader_class: type, name: str) -> None:
    """Make a method of botocore's loader read its data (models of services, in JSON) once a run instead of once a task."""
    original = LOADERS[name] = getattr(loader_class, name)

    @functools.wraps(original)
    def method(self, *args, **kwargs):
        if kwargs:
            return original(self, *args, **kwargs)
        key = (name, tuple(self.search_paths), args)
        if key not in LOADED:
            LOADED[key] = original(self, *args)
            with contextlib.suppress(OSError):  # a lesson that is lost costs time, nothing else
                TEACH.send(json.dumps(key).encode(), socket.MSG_DONTWAIT)
        return LOADED[key]

    setattr(loader_class, name, method)


def take_lesson() -> None:
    """Load what a fork had to load, so that the next ones inherit it."""
    name, search_paths, args = json.loads(LESSONS.recv(65536))
    key = (name, tuple(search_paths), tuple(args))
    if key not in LOADED:
        loader = sys.modules['botocore.loaders'].Loader(include_default_search_paths=False, extra_search_paths=search_paths)
        LOADED[key] = LOADERS[name](loader, *args)


# ------------------------------------------------------------------------------------------------------------ the fork
def become_fresh_process(request: dict, out_fd: int, err_fd: int) -> None:
    """Give this fork what a process that was started for the module would have."""
    os.dup2(out_fd, 1)
    os.dup2(err_fd, 2)
    os.closerange(3, TEACH.fileno())
    os.closerange(TEACH.fileno() + 1, 4096)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(request['env'])
    time.tzset()
    os.chdir(request['cwd'])
    if 'PWD' in os.environ:
        os.environ['PWD'] = os.getcwd()  # as the shell between ansible-core and a module does
    importlib.invalidate_caches()
    sys.argv = ['']


def execute(payload: bytes) -> int:
    """Execute a payload as C(python < payload) does; return the exit status."""
    main = types.ModuleType('__main__')
    main.__dict__['__builtins__'] = __builtins__
    sys.modules['__main__'] = main
    try:
        exec(compile(payload, '<stdin>', 'exec', dont_inherit=True), main.__dict__)
        return 0
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        print(end.code, file=sys.stderr)
        return 1
    except BaseException as error:  # what the interpreter does at its top level
        traceback.print_exception(type(error), error, error.__traceback__.tb_next)
        return 130 if isinstance(error, KeyboardInterrupt) else 1


def finish() -> None:
    """What the interpreter does before it ends."""
    threading._shutdown()  # waits for the threads that are not daemons
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()


def run_fork(server_pid: int, request: dict, payload: bytes, out_fd: int, err_fd: int) -> None:
    """Run one module in this fork. Never returns."""
    status = 1
    try:
        os.setsid()  # a process group of its own, so that the module is stopped with everything that it started
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != server_pid:
            return
        become_fresh_process(request, out_fd, err_fd)
        status = execute(payload)
        finish()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
        status = 1
    finally:
        os._exit(status)


# ---------------------------------------------------------------------------------------------------------- the server
def receive_request(connection: socket.socket, fds: list[int]) -> tuple[dict, bytes]:
    """Read (request, payload), and put the descriptors for output and errors into fds."""
    connection.settimeout(REQUEST_SECONDS)
    prefix, received, _flags, _address = socket.recv_fds(connection, 8, 2)
    fds.extend(received)
    request_size, payload_size = struct.unpack('!II', prefix)
    with connection.makefile('rb') as stream:
        request = json.loads(stream.read(request_size))
        payload = stream.read(payload_size)
    if len(payload) != payload_size or len(fds) != 2:
        raise EOFError
    return request, payload


class Server:
    """Forks for each connection, reports how each fork ended, and stops the forks that nobody waits for."""

    def __init__(self, listener: socket.socket, controller: int) -> None:
        self.listener = listener
        self.controller = controller
        self.at_start = startup_variables(dict(os.environ))
        self.times = library_times()
        self.jobs: dict[int, tuple[int, socket.socket]] = {}  # pidfd of the fork: its pid, its connection
        self.kill_at: dict[int, float] = {}  # pidfd of a fork that was interrupted: when to kill it
        self.poll = select.poll()
        self.poll.register(listener, select.POLLIN)
        self.poll.register(controller, select.POLLIN)
        self.poll.register(LESSONS, select.POLLIN)

    def serve(self) -> None:
        """Serve until the controller has ended."""
        while True:
            timeout = 100 if self.kill_at else None
            for fd, _event in self.poll.poll(timeout):
                if fd == self.controller:
                    return
                if fd == self.listener.fileno():
                    self.accept()
                elif fd == LESSONS.fileno():
                    take_lesson()
                elif fd in self.jobs:
                    self.report(fd)
                else:
                    self.interrupt(fd)
            self.kill_overdue()

    def accept(self) -> None:
        connection, _address = self.listener.accept()
        _pid, uid, _gid = struct.unpack('3i', connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        if uid != os.getuid() or library_times() != self.times:
            connection.close()
            return
        fds: list[int] = []
        try:
            request, payload = receive_request(connection, fds)
            if startup_variables(request['env']) != self.at_start:
                connection.close()
                return
            compile_archive(payload)
            self.fork(connection, request, payload, *fds)
        except (OSError, EOFError, ValueError):  # an unusable request: the connection plugin went away while it sent
            connection.close()
        finally:
            for fd in fds:
                os.close(fd)

    def fork(self, connection: socket.socket, request: dict, payload: bytes, out_fd: int, err_fd: int) -> None:
        gc.freeze()  # the collector of the fork leaves the shared pages alone
        server_pid = os.getpid()
        connection.sendall(b'S')
        pid = os.fork()
        if pid == 0:
            run_fork(server_pid, request, payload, out_fd, err_fd)
        pidfd = os.pidfd_open(pid)
        self.jobs[pidfd] = (pid, connection)
        self.poll.register(pidfd, select.POLLIN)
        self.poll.register(connection, 0)  # only that the other side has gone

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

    def interrupt(self, connection_fd: int) -> None:
        """Stop the module whose task has gone (timeout, Ctrl-C, end of the worker)."""
        for pidfd, (pid, connection) in self.jobs.items():
            if connection.fileno() == connection_fd:
                self.poll.unregister(connection)
                self.kill_at[pidfd] = time.monotonic() + GRACE_SECONDS
                signal_group(pid, signal.SIGINT)

    def kill_overdue(self) -> None:
        for pidfd, deadline in self.kill_at.items():
            if time.monotonic() > deadline:
                signal_group(self.jobs[pidfd][0], signal.SIGKILL)

    def stop(self) -> None:
        """Stop every fork that still runs."""
        for pid, _connection in self.jobs.values():
            signal_group(pid, signal.SIGINT)
        deadline = time.monotonic() + GRACE_SECONDS
        while self.jobs and time.monotonic() < deadline:
            for fd, _event in self.poll.poll(100):
                if fd in self.jobs:
                    self.report(fd)
        for pid, _connection in self.jobs.values():
            signal_group(pid, signal.SIGKILL)


def signal_group(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended by itself, or is too young to lead a group
        os.killpg(pid, number)


def main() -> None:
    path, listener_fd, controller = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    own = os.path.dirname(os.path.realpath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.realpath(entry) != own]  # modules must not find this collection's files
    try:
        preload()
        gc.collect()
        server = Server(socket.socket(fileno=listener_fd), controller)
        server.serve()
        server.stop()
    finally:
        with contextlib.suppress(FileNotFoundError):  # ansible-core removes the directory when it ends by itself
            os.unlink(path)


if __name__ == '__main__':
    main()
