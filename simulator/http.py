# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small HTTP/1.1 reader and writer: what AWS clients send, read without the cost of the standard library's parser."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from io import BufferedIOBase

MAX_HEADERS = 200
MAX_LINE = 65536
MAX_BODY = 512 * 1024 * 1024


class BadRequestError(Exception):
    """The bytes on the wire are no HTTP/1.1 request."""


@dataclass(slots=True)
class HttpRequest:
    """One request; header names keep their spelling in `header_items` and are lower case in `headers`."""

    method: str
    target: str
    header_items: list[tuple[str, str]]
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return urlsplit(self.target).path if self.target.startswith("http") else self.target.partition("?")[0]

    @property
    def query_string(self) -> str:
        return self.target.partition("?")[2]

    def query(self) -> dict[str, str]:
        """The first value of every query parameter."""
        return {key: values[0] for key, values in parse_qs(self.query_string, keep_blank_values=True).items()}


@dataclass(slots=True)
class HttpResponse:
    """One answer; Content-Length is added when it is written."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Drop:
    """No answer: the connection is kept silent for `seconds`, then closed (`reset`: with a TCP reset)."""

    seconds: float
    reset: bool


def read_head(reader: BufferedIOBase) -> HttpRequest | None:
    """Read the request line and the headers; None when the client has closed the connection."""
    line = reader.readline(MAX_LINE)
    while line in (b"\r\n", b"\n"):
        line = reader.readline(MAX_LINE)
    if not line:
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequestError(f"not a request line: {line[:100]!r}")
    items: list[tuple[str, str]] = []
    while True:
        raw = reader.readline(MAX_LINE)
        if raw in (b"\r\n", b"\n", b""):
            break
        name, colon, value = raw.decode("utf-8", "replace").partition(":")
        if not colon or len(items) >= MAX_HEADERS:
            raise BadRequestError("malformed or too many headers")
        items.append((name.strip(), value.strip()))
    return HttpRequest(parts[0], parts[1], items, b"", {name.lower(): value for name, value in items})


def read_body(reader: BufferedIOBase, headers: dict[str, str]) -> bytes:
    """Read the body by Content-Length or by chunks."""
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return _read_chunks(reader)
    length = int(headers.get("content-length") or 0)
    if length > MAX_BODY:
        raise BadRequestError(f"body of {length} bytes is over the limit of {MAX_BODY}")
    return reader.read(length) if length else b""


def _read_chunks(reader: BufferedIOBase) -> bytes:
    chunks: list[bytes] = []
    while True:
        size = int(reader.readline(MAX_LINE).split(b";")[0], 16)
        if size == 0:
            while reader.readline(MAX_LINE) not in (b"\r\n", b"\n", b""):
                pass
            return b"".join(chunks)
        chunks.append(reader.read(size))
        reader.readline(MAX_LINE)


_REASONS = {status.value: status.phrase for status in HTTPStatus}


def render(response: HttpResponse, *, head: bool) -> bytes:
    """The bytes of the answer; to HEAD only the headers, with the length that a GET would have had."""
    lines = [f"HTTP/1.1 {response.status} {_REASONS.get(response.status, 'Unknown')}"]
    has_length = False
    for name, value in response.headers.items():
        lowered = name.lower()
        if lowered == "content-length":
            if not head:
                continue
            has_length = True
        if lowered not in ("connection", "transfer-encoding", "status"):
            lines.append(f"{name}: {value}")
    if not has_length and response.status not in (204, 304):
        lines.append(f"Content-Length: {len(response.body)}")
    head_bytes = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
    return head_bytes if head or response.status in (204, 304) else head_bytes + response.body
