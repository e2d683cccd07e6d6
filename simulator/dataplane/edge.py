# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A distribution's front door: viewers in front, S3 behind, a cache between."""

from __future__ import annotations

import asyncio
import gzip
import uuid
from dataclasses import dataclass, replace
from email.utils import formatdate, parsedate_to_datetime
from functools import lru_cache
from typing import TYPE_CHECKING

from simulator.dataplane.edge_cache import EdgeCache, Stored, key_of, lifetime
from simulator.dataplane.edge_headers import apply
from simulator.dataplane.floor import Watch
from simulator.dataplane.objects import Fetched, fetch
from simulator.dataplane.routing import host_of
from simulator.dataplane.wire import Head, WireError, answer, pieces, read_head
from simulator.overlays.cloudfront_model import items_of

if TYPE_CHECKING:
    from simulator.dataplane.floor import Floor
    from simulator.dataplane.sites import Behaviour, Site
    from simulator.world import World

IDLE_SECONDS = 60
POP, VIA = "SIM50-C1", "1.1 {}.cloudfront.net (CloudFront)"
# Sizes between which CloudFront compresses, and the kinds of content.
LEAST_COMPRESSED, MOST_COMPRESSED = 1000, 10_000_000
COMPRESSED = (
    "application/javascript",
    "application/json",
    "application/manifest+json",
    "application/rss+xml",
    "application/vnd.ms-fontobject",
    "application/wasm",
    "application/x-javascript",
    "application/xhtml+xml",
    "application/xml",
    "font/otf",
    "font/ttf",
    "image/svg+xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/javascript",
    "text/markdown",
    "text/plain",
    "text/xml",
)


@dataclass(frozen=True)
class Viewed:
    """One request of a viewer."""

    head: Head
    host: str
    is_local: bool
    path: str
    query: str


class EdgeDoor:
    """Serves one distribution, over HTTP or over HTTPS; `site` is replaced when another configuration is deployed."""

    def __init__(self, floor: Floor, world: World, site: Site, cache: EdgeCache, *, secure: bool) -> None:
        self.floor, self.world, self.site, self.cache, self.secure = floor, world, site, cache, secure
        self._now = asyncio.get_running_loop().time

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        watch = Watch(self, writer, IDLE_SECONDS, self._now())
        self.floor.watches.add(watch)
        try:
            while await self._one(reader, writer):
                watch.touched = self._now()
        except (ConnectionError, asyncio.IncompleteReadError, WireError):
            return  # the viewer has gone: there is nobody to tell
        finally:
            self.floor.watches.discard(watch)
            writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await read_head(reader)
        if head is None:
            return False
        async for _piece in pieces(reader, head, until_close=False):
            continue
        host, is_local = host_of(head.values.get("host", ""))
        path, _mark, query = head.second.partition("?")
        viewed = Viewed(head, host, is_local, path, query)
        client = str(writer.get_extra_info("peername")[0])
        fetched = await self._answer(viewed, client)
        keep = head.keeps_alive
        headers = list(fetched.headers.items())
        headers += [("Date", formatdate(usegmt=True)), ("Connection", "keep-alive" if keep else "close")]
        headers += [("Via", VIA.format(self.site.identifier.lower())), ("X-Amz-Cf-Pop", POP)]
        headers.append(("X-Amz-Cf-Id", uuid.uuid4().hex))
        bare = head.first == "HEAD" or fetched.status == 304
        writer.write(answer(fetched.status, fetched.body, headers, head_only=bare))
        await writer.drain()
        self.floor.figures.delivered(self.site, fetched.status, 0 if bare else len(fetched.body))
        return keep

    async def _answer(self, viewed: Viewed, client: str) -> Fetched:
        site = self.site
        if viewed.host not in site.hostnames and viewed.host not in ("127.0.0.1", "localhost", ""):
            text = "Bad request. We can't connect to the server for this app or website at this time."
            return _page(403, text)
        if site.acl is not None:
            blocked = self.floor.firewall.blocks(site.acl, client, self._now())
            self.floor.figures.judged(site.acl, blocked=blocked)
            if blocked:
                return _page(403, "Request blocked.")
        behaviour = site.behaviour_for(viewed.path)
        refused = self._refused(viewed, behaviour)
        if refused is not None:
            return refused
        return await self._served(viewed, behaviour)

    def _refused(self, viewed: Viewed, behaviour: Behaviour) -> Fetched | None:
        """What is answered without asking the cache or the origin."""
        policy = behaviour.facts["ViewerProtocolPolicy"]
        if not self.secure and policy == "redirect-to-https":
            where = f"https://{self._https(viewed)}{viewed.head.second}"
            moved = _page(301, "Moved Permanently")
            return replace(moved, headers={**moved.headers, "Location": where, "X-Cache": "Redirect from cloudfront"})
        if not self.secure and policy == "https-only":
            return _page(403, "This distribution is not configured to allow the HTTP request method over HTTP.")
        if viewed.head.first not in items_of(behaviour.facts["AllowedMethods"]):
            return _page(403, "This distribution is not configured to allow the HTTP request method.")
        if viewed.head.first not in ("GET", "HEAD", "OPTIONS"):
            return _page(501, "The simulator's CDN passes on GET, HEAD and OPTIONS alone.")
        if items_of(behaviour.facts["FunctionAssociations"]):
            return _page(500, "The simulator does not run CloudFront functions.")
        return None

    def _https(self, viewed: Viewed) -> str:
        if viewed.is_local:
            return f"{viewed.host}.localhost:{self.floor.ports[f'{self.site.identifier}:443']}"
        return viewed.host

    async def _served(self, viewed: Viewed, behaviour: Behaviour) -> Fetched:
        root = self.site.config["DefaultRootObject"]
        path = f"/{root}" if viewed.path == "/" and root else viewed.path
        stored, hit = await self._stored(viewed, behaviour, path)
        fetched, word = stored.fetched, "Hit from cloudfront" if hit else "Miss from cloudfront"
        if fetched.status >= 400:
            fetched, word = await self._error(viewed, fetched), "Error from cloudfront"
        headers = fetched.headers | {"X-Cache": word}
        if hit:
            headers["Age"] = str(int(self._now() - stored.since))
        fetched = replace(fetched, headers=headers)
        if fetched.status == 200:
            fetched = _shaped(viewed.head, behaviour, fetched)
        origin = viewed.head.values.get("origin", "")
        return replace(fetched, headers=apply(behaviour.headers, fetched.headers, origin))

    async def _stored(self, viewed: Viewed, behaviour: Behaviour, path: str) -> tuple[Stored, bool]:
        """From the cache, or from the origin and into the cache."""
        origin = behaviour.origin["DomainName"] + behaviour.origin["OriginPath"]
        key = key_of(behaviour.cache, path, viewed.query, viewed.head.values, origin)
        now = self._now()
        found = self.cache.find(key, now)
        if found is not None:
            return found, True
        generation = self.cache.generation
        loop = asyncio.get_running_loop()
        fetched = await loop.run_in_executor(None, fetch, self.world, self.site, behaviour, path)
        if fetched.status >= 400:
            page = self.site.error_page(fetched.status)
            seconds = float(page["ErrorCachingMinTTL"]) if page else 10.0
        else:
            seconds = lifetime(behaviour.cache, fetched)
        stored = Stored(path, fetched, now, now + seconds)
        if seconds > 0:
            self.cache.store(key, stored, generation)
        return stored, False

    async def _error(self, viewed: Viewed, fetched: Fetched) -> Fetched:
        """The distribution's own page for an error, where there is one and the origin has it."""
        page = self.site.error_page(fetched.status)
        if page is None or not page["ResponsePagePath"]:
            return fetched
        path = page["ResponsePagePath"]
        stored, _hit = await self._stored(viewed, self.site.behaviour_for(path), path)
        if stored.fetched.status != 200:
            return fetched
        return replace(stored.fetched, status=int(page["ResponseCode"]))


def _page(status: int, text: str) -> Fetched:
    body = f"<html><head><title>ERROR</title></head><body><p>{text}</p></body></html>\n".encode()
    headers = {"Content-Type": "text/html", "Server": "CloudFront", "X-Cache": "Error from cloudfront"}
    return Fetched(status, body, headers)


def _shaped(head: Head, behaviour: Behaviour, fetched: Fetched) -> Fetched:
    """Not at all where the viewer has it, in part where he asks for a part, compressed where he can read that."""
    if _is_known(head, fetched):
        kept = ("ETag", "Last-Modified", "Cache-Control", "X-Cache", "Age", "Vary")
        return Fetched(304, b"", {name: value for name, value in fetched.headers.items() if name in kept})
    if "range" in head.values:
        return _part(head.values["range"], fetched)
    return _compressed(head, behaviour, fetched)


def _is_known(head: Head, fetched: Fetched) -> bool:
    known = head.values.get("if-none-match")
    if known is not None:
        tags = [tag.strip().removeprefix("W/") for tag in known.split(",")]
        return fetched.headers["ETag"] in tags or "*" in tags
    since = head.values.get("if-modified-since")
    if since is None:
        return False
    try:
        return parsedate_to_datetime(fetched.headers["Last-Modified"]) <= parsedate_to_datetime(since)
    except ValueError:
        return False


def _part(wanted: str, fetched: Fetched) -> Fetched:
    """One range of bytes; anything else is answered in full."""
    unit, _equals, span = wanted.partition("=")
    first, dash, last = span.partition("-")
    size = len(fetched.body)
    if unit.strip() != "bytes" or not dash or "," in span or not (first or last).isdigit():
        return fetched
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start >= size or start > end:
        return Fetched(416, b"", fetched.headers | {"Content-Range": f"bytes */{size}"})
    headers = fetched.headers | {"Content-Range": f"bytes {start}-{end}/{size}", "Accept-Ranges": "bytes"}
    return Fetched(206, fetched.body[start : end + 1], headers)


def _compressed(head: Head, behaviour: Behaviour, fetched: Fetched) -> Fetched:
    parameters = behaviour.cache.get("ParametersInCacheKeyAndForwardedToOrigin", {})
    kind = fetched.headers["Content-Type"].partition(";")[0].strip().lower()
    wanted = behaviour.facts["Compress"] and parameters.get("EnableAcceptEncodingGzip") and kind in COMPRESSED
    if not wanted or "Content-Encoding" in fetched.headers:
        return fetched
    headers = fetched.headers | {"Vary": "Accept-Encoding"}
    sizes = LEAST_COMPRESSED <= len(fetched.body) <= MOST_COMPRESSED
    if not sizes or "gzip" not in head.values.get("accept-encoding", "").lower():
        return replace(fetched, headers=headers)
    headers |= {"Content-Encoding": "gzip", "ETag": f"W/{fetched.headers['ETag']}"}
    return Fetched(200, _gzipped(fetched.body), headers)


@lru_cache(maxsize=512)
def _gzipped(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=6, mtime=0)
