# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What answers for Lambda functions: servers on loopback that were registered for their ARNs, asked by POST."""

from __future__ import annotations

import ipaddress
import json
import threading
import urllib.error
import urllib.parse
import urllib.request
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.world import World

    # is given the answer, or None and what went wrong
    Answered = Callable[..., None]


class FunctionsError(ValueError):
    """A registration that makes no sense; the text says what is wrong."""


class Functions:
    """Addresses by function. An ARN with a version or an alias is a function of its own."""

    def __init__(self) -> None:
        self._urls: dict[str, str] = {}

    def register(self, arn: str, url: str) -> None:
        """:raises FunctionsError: for what is no function, or no address on loopback."""
        if not arn.startswith("arn:aws:lambda:") or ":function:" not in arn:
            raise FunctionsError(f"{arn!r} is no ARN of a function")
        parts = urllib.parse.urlsplit(url)
        if parts.scheme != "http" or not _is_loopback(parts.hostname or ""):
            raise FunctionsError(f"{url!r} is no http address on loopback, as http://127.0.0.1:8000/")
        self._urls[arn] = url

    def as_json(self) -> dict[str, str]:
        return dict(self._urls)

    def clear(self) -> None:
        self._urls.clear()

    def __contains__(self, arn: str) -> bool:
        return arn in self._urls

    def invoke(
        self, world: World, arn: str, payload: dict[str, Any], seconds: float, then: Answered, *args: Any
    ) -> None:
        """Ask in a thread of its own, since a function may call AWS; then `then(world, *args, answer, error)`."""

        def run() -> None:
            answer, error = self._ask(arn, payload, seconds)
            with world.lock:
                then(world, *args, answer, error)

        threading.Thread(target=run, name="function", daemon=True).start()

    def _ask(self, arn: str, payload: dict[str, Any], seconds: float) -> tuple[Any, str]:
        url = self._urls.get(arn)
        if url is None:
            return None, f"Function not found: {arn}"
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(url, json.dumps(payload).encode(), headers, method="POST")  # noqa: S310
        # whatever proxy this process has, loopback is not behind it
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=seconds) as response:
                return json.load(response), ""
        except (OSError, ValueError) as error:
            return None, str(error)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
