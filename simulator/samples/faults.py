# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is wrong with the broken images."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from typing import TYPE_CHECKING

from simulator.samples.web import QUIET, Handler, Request, Response, as_json, log

if TYPE_CHECKING:
    from simulator.samples.settings import Settings

SLOW_SECONDS = 1.5
CRASH_SECONDS = 30.0
ONE_IN = 20
CRASHED = 139


def at_start(settings: Settings) -> None:
    """An image that does not start."""
    if settings.fault == "start":
        log(level="error", message="Error: Cannot find module './server.js'")
        sys.exit(1)


def around(settings: Settings, handler: Handler) -> Handler:
    """The handler with the image's fault."""
    count = itertools.count(1)

    async def faulty(request: Request) -> Response:
        is_health = request.path in QUIET
        if settings.fault == "health" and is_health:
            return as_json({"status": "failing", "version": settings.version}, 503)
        if settings.fault == "errors" and not is_health and next(count) % ONE_IN == 0:
            raise RuntimeError("one request in twenty fails")
        if settings.fault == "slow" and not is_health:
            await asyncio.sleep(SLOW_SECONDS)
        return await handler(request)

    return faulty if settings.fault else handler


async def crash(settings: Settings) -> None:
    """End without a word, as after an access to memory that is not there."""
    if settings.fault == "crash":
        await asyncio.sleep(float(settings.get("SAMPLE_CRASH_SECONDS", str(CRASH_SECONDS))))
        os._exit(CRASHED)
