# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What all front doors share: the present picture, connections to targets, counters, and who is silent."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.dataplane.figures import Figures
from simulator.dataplane.firewall import Firewall
from simulator.dataplane.picture import Picture
from simulator.dataplane.routing import Turns
from simulator.dataplane.wire import MOST_HEAD

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.dataplane.addresses import Addresses
    from simulator.dataplane.names import Names
    from simulator.dataplane.picture import Target

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
CONNECT_SECONDS = 10
MOST_IDLE = 64
SWEEP_SECONDS = 0.25


@dataclass(eq=False)
class Watch:
    """One client connection: when something last moved on it, and what is closed when nothing does."""

    owner: object
    """The door that it came through."""
    client: asyncio.StreamWriter
    limit: float
    touched: float
    target: asyncio.StreamWriter | None = None
    expired: bool = False


class Unreachable(Exception):
    """The target cannot be connected to; the status with which a load balancer says so."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass
class Floor:
    """Used in the loop's thread only."""

    addresses: Addresses
    names: Names
    picture: Picture = field(default_factory=Picture)
    turns: Turns = field(default_factory=Turns)
    firewall: Firewall = field(default_factory=Firewall)
    figures: Figures = field(default_factory=Figures)
    ports: dict[str, int] = field(default_factory=dict)
    """The loopback port of each listener's and distribution's door."""
    watches: set[Watch] = field(default_factory=set)
    _idle: dict[tuple[str, int, bool], list[Streams]] = field(default_factory=dict)

    def where(self, target: Target) -> str | None:
        """The loopback address of a target; None where nothing runs behind it."""
        if target.identifier.startswith("127."):
            return target.identifier
        return self.addresses.of(target.identifier)

    async def connect(self, target: Target, *, secure: bool, fresh: bool) -> tuple[Streams, bool]:
        """A connection to a target, and whether it was used before.

        :raises Unreachable: with 502 where it is refused, 504 where nobody answers.
        """
        address = self.where(target)
        if address is None:
            raise Unreachable(504)
        idle = self._idle.get((address, target.port, secure), [])
        while idle and not fresh:
            reader, writer = idle.pop()
            if not writer.is_closing() and not reader.at_eof():
                return (reader, writer), True
            writer.close()
        context = _unverified() if secure else None
        try:
            opening = asyncio.open_connection(address, target.port, limit=MOST_HEAD, ssl=context)
            return await asyncio.wait_for(opening, CONNECT_SECONDS), False
        except TimeoutError:
            raise Unreachable(504) from None
        except OSError:
            raise Unreachable(502) from None

    def give_back(self, target: Target, streams: Streams, *, secure: bool) -> None:
        """Keep a connection for the next request."""
        address = self.where(target)
        idle = self._idle.setdefault((address or "", target.port, secure), [])
        if address is None or len(idle) >= MOST_IDLE:
            streams[1].close()
        else:
            idle.append(streams)

    def forget_targets(self) -> None:
        """Close what is kept for targets that are no longer there."""
        present = {(self.where(one), one.port) for group in self.picture.groups.values() for one in group.targets}
        for key in [key for key in self._idle if key[:2] not in present]:
            for _reader, writer in self._idle.pop(key):
                writer.close()

    def hang_up(self, owner: object) -> None:
        """End the connections of a door that is closed."""
        for watch in list(self.watches):
            if watch.owner is owner:
                watch.client.transport.abort()

    async def sweep(self, now: Callable[[], float]) -> None:
        """End connections on which nothing has moved for the idle timeout; runs until it is cancelled."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            moment = now()
            for watch in list(self.watches):
                if moment - watch.touched > watch.limit and not watch.expired:
                    watch.expired = True
                    (watch.target or watch.client).transport.abort()


def _unverified() -> ssl.SSLContext:
    """Load balancers do not verify the certificates of their targets."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
