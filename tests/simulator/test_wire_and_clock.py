# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""HTTP on the wire, and the clock, without a simulator around them."""

from __future__ import annotations

import io
import math
import socket
from urllib.parse import urlsplit

import pytest

from simulator.clock import Clock
from simulator.http import BadRequestError, HttpResponse, read_body, read_head, render
from simulator.provisioning import DEFAULT_SECONDS, Schedule
from tests.support.simulator import Simulator


def _reader(text: bytes) -> io.BufferedReader:
    return io.BufferedReader(io.BytesIO(text))


def test_a_request_is_read_with_its_headers_and_body() -> None:
    reader = _reader(b"POST /a%20b?x=1&y= HTTP/1.1\r\nX-Amz-Meta-a_b: C\r\nContent-Length: 4\r\n\r\nbodyrest")
    request = read_head(reader)
    assert request is not None
    assert (request.method, request.path, request.query()) == ("POST", "/a%20b", {"x": "1", "y": ""})
    assert request.header_items[0] == ("X-Amz-Meta-a_b", "C")
    assert read_body(reader, request.headers) == b"body"


def test_chunks_are_put_together() -> None:
    reader = _reader(b"5;ext=1\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: x\r\n\r\nnext")
    assert read_body(reader, {"transfer-encoding": "chunked"}) == b"hello!"
    assert reader.read() == b"next"


@pytest.mark.parametrize("text", [b"nonsense\r\n\r\n", b"GET / FTP/1\r\n\r\n", b"GET / HTTP/1.1\r\nno colon\r\n\r\n"])
def test_what_is_no_request_is_refused(text: bytes) -> None:
    with pytest.raises(BadRequestError):
        read_head(_reader(text))


def test_a_closed_connection_is_no_request() -> None:
    assert read_head(_reader(b"")) is None


def test_an_answer_has_its_length_and_head_has_no_body() -> None:
    assert render(HttpResponse(200, {"A": "b"}, b"xy"), head=False) == (
        b"HTTP/1.1 200 OK\r\nA: b\r\nContent-Length: 2\r\n\r\nxy"
    )
    head = render(HttpResponse(200, {"Content-Length": "9"}, b""), head=True)
    assert head == b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
    assert render(HttpResponse(204, {}, b"ignored"), head=False) == b"HTTP/1.1 204 No Content\r\n\r\n"


def test_the_server_answers_nonsense_with_400_and_keeps_connections(simulator: Simulator) -> None:
    address = urlsplit(simulator.endpoint)
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as connection:
        for _twice in range(2):
            connection.sendall(b"GET /_simulator/health HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(4096).startswith(b"HTTP/1.1 200 OK")
        connection.sendall(b"nonsense\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 400 Bad Request")
        assert connection.recv(4096) == b""


def test_a_body_that_does_not_parse_is_refused_and_logged(simulator: Simulator) -> None:
    address, key = urlsplit(simulator.endpoint), simulator.env()["AWS_ACCESS_KEY_ID"]
    scope = f"AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/kms/aws4_request, SignedHeaders=host, Signature=0"
    body = b"[1, 2]"
    head = f"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: {scope}\r\nContent-Type: application/x-amz-json-1.1\r\n"
    head += f"X-Amz-Target: TrentService.DescribeKey\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    with socket.create_connection((address.hostname or "", address.port or 0), timeout=10) as connection:
        connection.sendall(head.encode() + body)
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 400")
    assert b"SerializationException" in answer
    assert simulator.calls()[0]["error"] == "SerializationException"


class _Ticks:
    """Real time as a test wants it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_clock_follows_its_speed_from_the_change_on() -> None:
    ticks = _Ticks()
    clock = Clock(2.0, source=ticks)
    ticks.now += 3
    assert clock.now() == 6
    clock.set_speed(10)
    ticks.now += 1
    assert clock.now() == 16
    assert not clock.reached(17)
    clock.set_speed(0)
    assert clock.instant
    assert clock.reached(math.inf)
    clock.set_now(50)
    clock.set_speed(1)
    ticks.now += 1
    assert clock.now() == 51


def test_the_schedule_carries_out_what_is_due_in_order() -> None:
    ticks, done = _Ticks(), []

    def note(_world: object, name: str) -> None:
        done.append(name)

    schedule = Schedule(Clock(1.0, source=ticks))
    schedule.after("rds_instance", note, "database")
    schedule.after("nat_gateway", note, "gateway")
    schedule.after("rds_instance", note, "deletion", deletion=True)
    ticks.now += DEFAULT_SECONDS["nat_gateway"]
    schedule.run_due(None)  # type: ignore[arg-type]
    assert done == ["gateway", "deletion"]
    assert schedule.pending() == 1
    ticks.now += DEFAULT_SECONDS["rds_instance"]
    schedule.run_due(None)  # type: ignore[arg-type]
    assert done == ["gateway", "deletion", "database"]
