# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The threaded HTTP server: loopback only, kept-alive connections, no delayed packets."""

from __future__ import annotations

import ipaddress
import socket
import socketserver
import struct
import time
from typing import TYPE_CHECKING

from simulator.control import PREFIX, Control
from simulator.http import BadRequestError, Drop, HttpRequest, HttpResponse, read_body, read_head, render

if TYPE_CHECKING:
    from simulator.gateway import Gateway

# a client that is silent for longer loses its connection, as at AWS's load balancers
IDLE_SECONDS = 120


class NotLoopbackError(Exception):
    """The simulator has no authentication: it must not be reachable from elsewhere."""


class Server(socketserver.ThreadingTCPServer):
    """One thread a connection."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, host: str, port: int, gateway: Gateway, control: Control) -> None:
        if host != "localhost" and not ipaddress.ip_address(host).is_loopback:
            raise NotLoopbackError(f"refusing to listen on {host}: only a loopback address is allowed")
        self.gateway = gateway
        self.control = control
        super().__init__((host, port), Connection)

    @property
    def endpoint(self) -> str:
        host, port = self.socket.getsockname()[:2]
        return f"http://{host}:{port}"

    def answer(self, http: HttpRequest) -> HttpResponse | Drop:
        return self.control.handle(http) if http.path.startswith(PREFIX) else self.gateway.handle(http)


class Connection(socketserver.StreamRequestHandler):
    """Requests of one client, one after the other."""

    server: Server
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    rbufsize = 65536

    def handle(self) -> None:
        try:
            while self._one():
                pass
        except (ConnectionError, TimeoutError, BrokenPipeError):
            return  # the client is gone: there is nobody to tell

    def _one(self) -> bool:
        """Answer one request; whether the connection stays open."""
        try:
            http = read_head(self.rfile)
            if http is None:
                return False
            if http.headers.get("expect", "").lower() == "100-continue":
                self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            http.body = read_body(self.rfile, http.headers)
        except (BadRequestError, ValueError) as error:
            self.connection.sendall(render(HttpResponse(400, {"Connection": "close"}, str(error).encode()), head=False))
            return False
        outcome = self.server.answer(http)
        if isinstance(outcome, Drop):
            self._drop(outcome)
            return False
        self.connection.sendall(render(outcome, head=http.method == "HEAD"))
        return http.headers.get("connection", "").lower() != "close"

    def _drop(self, drop: Drop) -> None:
        time.sleep(drop.seconds)
        if drop.reset:
            # a linger time of zero makes close() send a reset
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
