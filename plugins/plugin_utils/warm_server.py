# Copyright (c) 2025 Monay
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The server process of the warm_local connection: imports boto3 once and runs each module in a fork of itself.

Run by the interpreter of the modules, and only by the connection plugin:
C(python warm_server.py SOCKET_PATH LISTENING_FD CONTROLLER_PIDFD).

It is single-threaded and holds no AWS connection, so a fork inherits no lock, no socket of botocore and no credentials.
It reads nothing of a request itself: it forks as soon as somebody connects, and the fork reads.
"""
from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
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

LIBC = ctypes.CDLL(None)
PR_SET_PDEATHSIG = 1  # linux/prctl.h
GRACE_SECONDS = 2.0  # between the interrupt and the kill of a module that nobody waits for any more

# imported by every AWS module, or by botocore when a client is made; missing ones are of another version
MODULES = (
    'runpy tempfile zipfile shutil base64 datetime uuid syslog grp pwd subprocess shlex locale decimal ipaddress concurrent.futures.thread '
    'boto3.session botocore.args botocore.auth botocore.client botocore.compress botocore.config botocore.configloader botocore.credentials '
    'botocore.crt botocore.discovery botocore.endpoint botocore.endpoint_provider botocore.handlers botocore.httpsession botocore.paginate '
    'botocore.parsers botocore.plugin botocore.regions botocore.retries.adaptive botocore.retries.special botocore.retries.standard '
    'botocore.retryhandler botocore.serialize botocore.signers botocore.tokens botocore.waiter'
).split()

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
    for name in MODULES:
        with contextlib.suppress(ImportError):  # the module that needs it will say so
            importlib.import_module(name)


# ------------------------------------------------------------------------------------------------------------ the fork
def receive_request(connection: socket.socket) -> tuple[dict, bytes, int, int]:
    """Read (request, payload, descriptor for output, descriptor for errors)."""
    prefix, fds, _flags, _address = socket.recv_fds(connection, 8, 2)
    request_size, payload_size = struct.unpack('!II', prefix)
    with connection.makefile('rb') as stream:
        request = json.loads(stream.read(request_size))
        payload = stream.read(payload_size)
    if len(payload) != payload_size:
        raise EOFError('the connection plugin went away')
    return request, payload, fds[0], fds[1]


def become_fresh_process(request: dict, out_fd: int, err_fd: int) -> None:
    """Give this fork what a process that was started for the module would have."""
    os.dup2(out_fd, 1)
    os.dup2(err_fd, 2)
    os.closerange(3, 4096)
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


def run_fork(connection: socket.socket, server_pid: int, at_start: dict[str, str]) -> None:
    """Run one module in this fork. Never returns."""
    status = 1
    try:
        os.setsid()  # a process group of its own, so that the module is stopped with everything that it started
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != server_pid:
            return
        request, payload, out_fd, err_fd = receive_request(connection)
        if startup_variables(request['env']) != at_start:
            connection.sendall(b'R')
            return
        connection.sendall(b'S')
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

    def serve(self) -> None:
        """Serve until the controller has ended."""
        while True:
            timeout = 100 if self.kill_at else None
            for fd, _event in self.poll.poll(timeout):
                if fd == self.controller:
                    return
                if fd == self.listener.fileno():
                    self.accept()
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
        server_pid = os.getpid()
        pid = os.fork()
        if pid == 0:
            run_fork(connection, server_pid, self.at_start)
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
        gc.freeze()  # the collector of a fork then leaves the shared pages alone
        server = Server(socket.socket(fileno=listener_fd), controller)
        server.serve()
        server.stop()
    finally:
        with contextlib.suppress(FileNotFoundError):  # ansible-core removes the directory when it ends by itself
            os.unlink(path)


if __name__ == '__main__':
    main()
