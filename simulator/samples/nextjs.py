# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The sample web application: a page made on the server, with assets of its own, that asks the API."""

from __future__ import annotations

import asyncio
import html
import json
import time
import urllib.request
from typing import TYPE_CHECKING

from simulator.samples.web import Request, Response, as_json

if TYPE_CHECKING:
    from simulator.samples.settings import Settings

SECONDS, API_TIMEOUT = 5.0, 2.0
IMMUTABLE = "public, max-age=31536000, immutable"
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{name}</title>
<link rel="stylesheet" href="/_next/static/{version}/app.css">
<script src="/_next/static/{version}/app.js" defer></script>
</head>
<body data-version="{version}">
<main>
<h1>{name}</h1>
<p>Version <strong id="version">{version}</strong>, rendered by task <code>{task}</code>.</p>
<p>API, asked by the server: <span id="api">{api}</span></p>
<p>Asked by the browser: <span id="live">waiting</span></p>
</main>
</body>
</html>
"""
STYLE = """body {{ font: 16px/1.5 system-ui, sans-serif; margin: 0; background: #f5f6f8; color: #1c2733; }}
main {{ max-width: 40rem; margin: 10vh auto; padding: 2rem; background: #fff; border-top: .4rem solid {colour}; }}
"""
SCRIPT = """"use strict";
fetch("/api/health").then((answer) => answer.json()).then((health) => {
  document.getElementById("live").textContent = `${health.status} (${health.version})`;
}).catch((error) => {
  document.getElementById("live").textContent = `failed: ${error}`;
});
"""
BLUE, GREEN = "#2f6fde", "#1f9d61"


class Web:
    """The handlers."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._api: tuple[float, str] = (0.0, "")
        self._lock = asyncio.Lock()

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        if request.method not in ("GET", "HEAD"):
            return as_json({"error": "method not allowed"}, 405)
        if request.path in ("/api/health", "/health"):
            return as_json({"status": "ok", "version": self._settings.version})
        if request.path in ("/api/version", "/version"):
            content = {"name": self._settings.name, "version": self._settings.version, "task": self._settings.task}
            return as_json(content)
        assets = f"/_next/static/{self._settings.version}/"
        if request.path == f"{assets}app.css":
            return _asset(STYLE.format(colour=GREEN if self._settings.is_new else BLUE), "text/css; charset=utf-8")
        if request.path == f"{assets}app.js":
            return _asset(SCRIPT, "text/javascript; charset=utf-8")
        if request.path.startswith("/_next/") or "." in request.path.rpartition("/")[2]:
            return Response(404, b"Not found\n", "text/plain; charset=utf-8")
        return await self._page()

    async def _page(self) -> Response:
        values = {"name": self._settings.name, "version": self._settings.version, "task": self._settings.task}
        values["api"] = await self._ask_api()
        page = PAGE.format(**{key: html.escape(value) for key, value in values.items()})
        headers = {"Cache-Control": "no-store", "X-Version": self._settings.version}
        return Response(200, page.encode(), "text/html; charset=utf-8", headers)

    async def _ask_api(self) -> str:
        """What the API says of itself, asked at most every few seconds."""
        url = self._settings.get("API_URL")
        if not url:
            return "not configured"
        async with self._lock:
            at, text = self._api
            if not at or time.monotonic() - at > SECONDS:
                text = await asyncio.to_thread(_version_of, url)
                self._api = (time.monotonic(), text)
            return text


def _asset(text: str, content_type: str) -> Response:
    return Response(200, text.encode(), content_type, {"Cache-Control": IMMUTABLE})


def _version_of(url: str) -> str:
    try:
        # proxies and the certificate authority come from the environment
        with urllib.request.urlopen(f"{url.rstrip('/')}/version", timeout=API_TIMEOUT) as answer:  # noqa: S310
            return str(json.loads(answer.read())["version"])
    except (OSError, ValueError, KeyError) as error:
        return f"unreachable ({type(error).__name__})"
