# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A load balancer's listener: reads requests, decides by its rules, answers or forwards."""

from __future__ import annotations

import asyncio
import os
import time
from email.utils import formatdate
from typing import TYPE_CHECKING

from simulator.dataplane.floor import Watch
from simulator.dataplane.forwarding import Exchange, Visit, forward
from simulator.dataplane.routing import Request, choose_group, cookies_of, host_of, redirect, rule_for
from simulator.dataplane.wire import Head, Headers, WireError, answer, pieces, read_head

if TYPE_CHECKING:
    from simulator.dataplane.floor import Floor
    from simulator.dataplane.picture import Group, Listener
    from simulator.overlays.elbv2_model import Item

HTML = [("Content-Type", "text/html")]
SERVER = ("Server", "awselb/2.0")
PAGES = {
    400: "400 Bad Request",
    403: "403 Forbidden",
    502: "502 Bad Gateway",
    503: "503 Service Temporarily Unavailable",
    504: "504 Gateway Time-out",
}


def page(status: int) -> bytes:
    """The small page with which a load balancer says what is wrong."""
    text = PAGES[status]
    return (
        f"<html>\r\n<head><title>{text}</title></head>\r\n<body>\r\n<center><h1>{text}</h1></center>\r\n"
        "</body>\r\n</html>\r\n"
    ).encode()


def trace_id(given: str) -> str:
    """X-Amzn-Trace-Id: the client's root is kept."""
    own = f"1-{int(time.time()):08x}-{os.urandom(12).hex()}"
    return f"Self={own};{given}" if "Root=" in given else f"Root={own}"


class ListenerDoor:
    """Serves the connections of one listener; `listener` is replaced when the control plane changes it."""

    def __init__(self, floor: Floor, listener: Listener) -> None:
        self.floor = floor
        self.listener = listener
        self._now = asyncio.get_running_loop().time

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        limit = float(self.listener.attributes["idle_timeout.timeout_seconds"])
        watch = Watch(self, writer, limit, self._now())
        self.floor.watches.add(watch)
        try:
            while await self._one(reader, writer, watch):
                watch.touched = self._now()
        except (ConnectionError, asyncio.IncompleteReadError, WireError):
            return  # the client has gone: there is nobody to tell
        finally:
            self.floor.watches.discard(watch)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, watch: Watch) -> bool:
        """Answer one request; whether the connection stays open."""
        try:
            head = await read_head(reader)
            if head is None:
                return False
            visit = self._visit(reader, writer, watch, head)
        except WireError:
            headers = [SERVER, *HTML, ("Connection", "close")]
            writer.write(answer(400, page(400), headers))
            self.floor.figures.answered(self.listener, None, 400, 0)
            return False
        watch.touched = self._now()
        if head.values.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if self._blocks(visit.request.client):
            return await self._own(visit, 403, page(403), HTML)
        return await self._act(visit, rule_for(self.listener.rules, visit.request).action)

    @staticmethod
    def _visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, watch: Watch, head: Head) -> Visit:
        """:raises WireError: for a request that cannot be passed on."""
        host, is_local = host_of(head.values.get("host", ""))
        if not host or (head.length is not None and head.is_chunked):
            raise WireError("no host, or two lengths of one body")
        path, _mark, query = head.second.partition("?")
        client = str(writer.get_extra_info("peername")[0])
        request = Request(head.first, host, path, query, head.values, client)
        return Visit(reader, writer, watch, head, request, is_local)

    def _blocks(self, client: str) -> bool:
        acl = self.listener.acl
        if acl is None:
            return False
        blocked = self.floor.firewall.blocks(acl, client, self._now())
        self.floor.figures.judged(acl, blocked=blocked)
        return blocked

    async def _act(self, visit: Visit, action: Item) -> bool:
        if action["Type"] == "forward":
            return await self._forward(visit, action["ForwardConfig"])
        if action["Type"] == "redirect":
            return await self._redirect(visit, action["RedirectConfig"])
        config = action["FixedResponseConfig"]
        body = (config.get("MessageBody") or "").encode()
        kind = [("Content-Type", f"{config.get('ContentType', 'text/plain')}; charset=utf-8")]
        return await self._own(visit, int(config["StatusCode"]), body, kind)

    async def _own(self, visit: Visit, status: int, body: bytes, headers: Headers, group: Group | None = None) -> bool:
        """Answer without a target; what is unread of the request's body is thrown away."""
        head, writer = visit.head, visit.writer
        if visit.unread:
            async for _piece in pieces(visit.reader, head, until_close=False):
                continue
        keep = head.keeps_alive and not visit.spoiled
        own: Headers = [SERVER] if self.listener.shows_server else []
        headers = [*own, ("Date", formatdate(usegmt=True)), *headers, *self.listener.response_headers]
        headers.append(("Connection", "keep-alive" if keep else "close"))
        writer.write(answer(status, body, headers, head_only=head.first == "HEAD"))
        await writer.drain()
        self.floor.figures.answered(self.listener, group, status, len(body))
        return keep

    async def _redirect(self, visit: Visit, config: dict[str, str]) -> bool:
        """To AWS's own port; for those who came by `.localhost` to the front door that stands for it."""
        where = redirect(config, visit.request, "https" if self.listener.secure else "http", self.listener.port)
        if visit.is_local:
            where = self._localized(where)
        status = 301 if config["StatusCode"] == "HTTP_301" else 302
        text = "301 Moved Permanently" if status == 301 else "302 Found"
        body = f"<html>\r\n<head><title>{text}</title></head>\r\n</html>\r\n".encode()
        return await self._own(visit, status, body, [*HTML, ("Location", where)])

    def _localized(self, where: str) -> str:
        scheme, _colon, rest = where.partition("://")
        authority, slash, path = rest.partition("/")
        host, _colon, port = authority.rpartition(":")
        for arn, other in self.floor.picture.listeners.items():
            same = other.balancer["LoadBalancerArn"] == self.listener.balancer["LoadBalancerArn"]
            if same and str(other.port) == port and arn in self.floor.ports:
                return f"{scheme}://{host}.localhost:{self.floor.ports[arn]}{slash}{path}"
        return where

    async def _forward(self, visit: Visit, config: Item) -> bool:
        floor = self.floor
        cookies = cookies_of(visit.head.values.get("cookie", ""))
        group = floor.picture.groups.get(choose_group(config, cookies))
        target = floor.turns.choose(group, cookies) if group else None
        if group is None or target is None:
            return await self._own(visit, 503, page(503), HTML)
        headers = self._headers(visit.head, visit.request)
        exchange = Exchange(floor, self.listener, group, target, config, headers, visit)
        status = await forward(exchange)
        if status:
            return await self._own(visit, status, page(status), HTML, group)
        return exchange.keeps_open

    def _headers(self, head: Head, request: Request) -> Headers:
        """What the load balancer adds for the target."""
        attributes, values = self.listener.attributes, head.values
        mode = attributes["routing.http.xff_header_processing.mode"]
        before = values.get("x-forwarded-for", "")
        chain = f"{before}, {request.client}" if before else request.client
        headers: Headers = []
        if mode == "append":
            headers.append(("X-Forwarded-For", chain))
        elif mode == "preserve" and before:
            headers.append(("X-Forwarded-For", before))
        headers.append(("X-Forwarded-Proto", "https" if self.listener.secure else "http"))
        headers.append(("X-Forwarded-Port", str(self.listener.port)))
        headers.append(("Host", request.host))
        headers.append(("X-Amzn-Trace-Id", trace_id(values.get("x-amzn-trace-id", ""))))
        return headers
