# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A function that lifecycle hooks call: a server on loopback that notes its events and answers as a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.simulator import ACCOUNT, REGION, Simulator

Answer = Callable[[dict[str, Any]], Any]


class _Handler(BaseHTTPRequestHandler):
    server: Function

    def do_POST(self) -> None:
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.events.append(event)
        answer = self.server.answer(event)
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Silent."""


class Function(ThreadingHTTPServer):
    """Registered with a simulator while the context lasts; `answer` is given each event."""

    daemon_threads = True

    def __init__(self, simulator: Simulator, answer: Answer, name: str = "gate", status: int = 200) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
        self.events: list[dict[str, Any]] = []
        self.answer, self.status = answer, status
        simulator.control("PUT", "functions", {self.arn: f"http://127.0.0.1:{self.server_address[1]}/"})
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def server_close(self) -> None:
        """At the end of the context."""
        self.shutdown()
        super().server_close()

    def hook(self, *stages: str, **members: Any) -> dict[str, Any]:
        """A lifecycle hook that calls it."""
        return {"hookTargetArn": self.arn, "lifecycleStages": list(stages), **members}
