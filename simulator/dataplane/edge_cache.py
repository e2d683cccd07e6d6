# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The cache of a distribution: keys and lifetimes by cache policy, and invalidations."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from time import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

from simulator.dataplane.routing import cookies_of, pattern
from simulator.overlays.cloudfront_model import items_of

if TYPE_CHECKING:
    from simulator.dataplane.objects import Fetched

Item = dict[str, Any]
Key = tuple[str, ...]
MOST_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class Stored:
    """An answer of the origin, until when it is fresh, and since when it is here."""

    path: str
    fetched: Fetched
    since: float
    until: float


@dataclass
class EdgeCache:
    """Of one distribution; safe between threads, because invalidations come from the control plane's."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stored: dict[Key, Stored] = field(default_factory=dict)
    _size: int = 0
    generation: int = 0
    """Counts invalidations: what was fetched before one is not stored after it."""

    def find(self, key: Key, now: float) -> Stored | None:
        with self._lock:
            stored = self._stored.get(key)
            return stored if stored and stored.until > now else None

    def store(self, key: Key, stored: Stored, generation: int) -> None:
        with self._lock:
            if generation != self.generation:
                return
            if self._size + len(stored.fetched.body) > MOST_BYTES:
                self._stored.clear()
                self._size = 0
            before = self._stored.get(key)
            self._size += len(stored.fetched.body) - (len(before.fetched.body) if before else 0)
            self._stored[key] = stored

    def invalidate(self, paths: list[str]) -> None:
        """Forget what these paths (`*` at the end stands for anything) stand for."""
        with self._lock:
            self.generation += 1
            wanted = [pattern(path, ignore_case=False) for path in paths]
            for key in [key for key, one in self._stored.items() if any(w.fullmatch(one.path) for w in wanted)]:
                self._size -= len(self._stored.pop(key).fetched.body)


def key_of(policy: Item, path: str, query: str, headers: dict[str, str], origin: str) -> Key:
    """What makes a request the same as another one; `origin` with the path that it puts in front."""
    parameters = policy.get("ParametersInCacheKeyAndForwardedToOrigin", {})
    key = [origin, path, _query(parameters.get("QueryStringsConfig", {}), query)]
    names = [name.lower() for name in items_of(parameters.get("HeadersConfig", {}).get("Headers"))]
    key += [f"{name}={headers.get(name, '')}" for name in names]
    cookies = _chosen(parameters.get("CookiesConfig", {}), "Cookie", cookies_of(headers.get("cookie", "")))
    return (*key, *(f"{name}={value}" for name, value in sorted(cookies.items())))


def _chosen(config: Item, kind: str, present: dict[str, str]) -> dict[str, str]:
    behaviour = config.get(f"{kind}Behavior", "none")
    names = set(items_of(config.get(f"{kind}s")))
    if behaviour == "all":
        return present
    if behaviour == "whitelist":
        return {name: value for name, value in present.items() if name in names}
    if behaviour == "allExcept":
        return {name: value for name, value in present.items() if name not in names}
    return {}


def _query(config: Item, query: str) -> str:
    return urlencode(sorted(_chosen(config, "QueryString", dict(parse_qsl(query, keep_blank_values=True))).items()))


def lifetime(policy: Item, fetched: Fetched) -> float:
    """For how many seconds an answer may be kept: the origin's word within the policy's bounds."""
    least, default = float(policy.get("MinTTL", 0)), float(policy.get("DefaultTTL", 86400))
    most = float(policy.get("MaxTTL", 31536000))
    control = fetched.headers.get("Cache-Control", "").lower()
    if re.search(r"\b(no-cache|no-store|private)\b", control):
        return least
    found = re.search(r"s-maxage=(\d+)", control) or re.search(r"max-age=(\d+)", control)
    if found:
        return max(least, min(most, float(found.group(1))))
    expires = fetched.headers.get("Expires")
    if expires:
        try:
            return max(least, min(most, parsedate_to_datetime(expires).timestamp() - time()))
        except ValueError:
            return least
    return max(least, min(most, default))
