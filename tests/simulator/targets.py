# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Servers to put behind a load balancer, and clients to come in front of it."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.simulator import Simulator


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Target
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if self.path == "/health":
            self._say(self.server.health, {})
        elif self.path == "/slow":
            time.sleep(self.server.pause)
            self._say(200, {"who": self.server.name})
        elif self.path == "/stream":
            self._stream()
        elif self.path == "/break":
            self.close_connection = True
        elif self.path == "/upgrade":
            self._upgrade()
        else:
            self._say(self.server.status, {"who": self.server.name, "headers": dict(self.headers), "path": self.path})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._say(200, {"who": self.server.name, "size": len(body)})

    def _say(self, status: int, content: dict[str, Any]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number in range(3):
            event = f"data: {number}\n\n".encode()
            self.wfile.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
            self.server.gate.wait(10)
        self.wfile.write(b"0\r\n\r\n")

    def _upgrade(self) -> None:
        self.send_response(101)
        self.send_header("Connection", "Upgrade")
        self.send_header("Upgrade", "echo")
        self.end_headers()
        self.wfile.write(b"said: " + self.rfile.readline())
        self.close_connection = True

    def log_message(self, *_arguments: object) -> None:
        """Silent."""


class Target(ThreadingHTTPServer):
    """One server on an address of its own; what it says of its health can be changed."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: str) -> None:
        super().__init__((address, 0), _Handler)
        self.name = address
        self.health = 200
        self.status = 200
        self.pause = 0.0
        self.gate = threading.Event()
        self.asked: list[str] = []
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def registration(self) -> dict[str, Any]:
        """How it is registered with a target group."""
        return {"Id": self.name, "Port": self.server_address[1]}

    def stop(self) -> None:
        self.gate.set()
        self.shutdown()
        self.server_close()


def eventually(what: Callable[[], Any], seconds: float = 10) -> Any:
    """What a function returns once that is true."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.03)
    return found


def door(simulator: Simulator, port: int, kind: str = "load_balancer") -> dict[str, Any]:
    """The front door for a port, once it is open."""

    def found() -> dict[str, Any] | None:
        doors = simulator.control("GET", "front_doors")["front_doors"]
        return next((one for one in doors if (one["kind"], one["listener_port"]) == (kind, port)), None)

    return dict(eventually(found))


def trusting(simulator: Simulator) -> ssl.SSLContext:
    """TLS that believes the simulator's authority, and no other."""
    text = str(simulator.control("GET", "front_doors")["ca_bundle"])
    return ssl.create_default_context(cafile=text)


class Client:
    """One kept-alive connection to a front door, for a host; `close_all` at the end of a test."""

    made: ClassVar[list[Client]] = []

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None = None) -> None:
        plain = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._host = host
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.connection.sock = context.wrap_socket(plain, server_hostname=host) if context else plain
        self.made.append(self)

    def ask(
        self, path: str = "/", method: str = "GET", body: bytes | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body; an underscore in a header's name stands for a hyphen."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.connection.request(method, path, body=body, headers={"Host": self._host, **named})
        answer = self.connection.getresponse()
        found: dict[str, str] = {}
        for name, value in answer.getheaders():
            found[name.lower()] = f"{found[name.lower()]}\n{value}" if name.lower() in found else value
        return answer.status, found, answer.read()

    def who(self, path: str = "/", **headers: str) -> str:
        """Which target answers."""
        status, _headers, body = self.ask(path, **headers)
        assert status == 200, (status, body)
        return str(json.loads(body)["who"])

    @classmethod
    def close_all(cls) -> None:
        while cls.made:
            cls.made.pop().connection.close()
