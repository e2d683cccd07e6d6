# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The front doors of all load balancers and distributions: one loop in a thread, and one thread that follows AWS."""

from __future__ import annotations

import asyncio
import ssl
import sys
import threading
import traceback
from typing import TYPE_CHECKING, Any

from simulator.dataplane.authority import Authority
from simulator.dataplane.balancer import ListenerDoor
from simulator.dataplane.directory import directory
from simulator.dataplane.edge import EdgeDoor
from simulator.dataplane.edge_cache import EdgeCache
from simulator.dataplane.floor import Floor
from simulator.dataplane.health import Health
from simulator.dataplane.names import Names, Place
from simulator.dataplane.picture import Material, Picture, draw, material_of
from simulator.dataplane.proxy import Proxy
from simulator.dataplane.wire import MOST_HEAD

if TYPE_CHECKING:
    from simulator.dataplane import DataPlane
    from simulator.dataplane.picture import Listener
    from simulator.dataplane.sites import Site

Materials = dict[str, tuple[Material, ...]]
HOST = "127.0.0.1"
FOLLOW_SECONDS = 0.2
STOP_SECONDS = 10
BACKLOG = 512
TLS_SECONDS = 10


class FrontDoors:
    """A component of the data plane."""

    def __init__(self, plane: DataPlane) -> None:
        self._world = plane.world
        self.authority = Authority()
        self._names = Names(plane.world, plane.addresses)
        self._floor = Floor(plane.addresses, self._names)
        self._health = Health(self._floor)
        self._caches: dict[str, EdgeCache] = {}
        self._servers: dict[str, asyncio.Server] = {}
        self._doors: dict[str, ListenerDoor | EdgeDoor] = {}
        self._proxy_port = 0
        self._loop = asyncio.new_event_loop()
        self._stopping = threading.Event()
        self._changed = plane.changed
        self._following = threading.Lock()
        self._shown: tuple[Picture, Materials] | None = None
        self._threads: list[threading.Thread] = []

    # --- the component ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._threads = [
            threading.Thread(target=self._run, name="front-doors", daemon=True),
            threading.Thread(target=self._follow, name="front-doors-follow", daemon=True),
        ]
        self._threads[0].start()
        asyncio.run_coroutine_threadsafe(self._open_proxy(), self._loop).result(STOP_SECONDS)
        self._threads[1].start()

    def stop(self) -> None:
        self._stopping.set()
        self._changed.set()
        self._threads[1].join(STOP_SECONDS)
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(STOP_SECONDS)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._threads[0].join(STOP_SECONDS)
        self._loop.close()
        self.authority.close()

    def reset(self) -> None:
        """Close the doors."""
        self._caches.clear()
        self._floor.figures.forget()
        self._floor.firewall.forget()
        self._catch_up()

    # --- for the control API, the overlays and other components ----------------------------------------------------

    def invalidate(self, distribution: str, paths: list[str]) -> None:
        """Forget what the edge has of these paths; from any thread."""
        cache = self._caches.get(distribution)
        if cache is not None:
            cache.invalidate(paths)

    def resolve(self, name: str) -> Place | None:
        """Where a host name leads on loopback; from any thread."""
        return self._names.resolve(name)

    @property
    def proxy(self) -> str:
        return f"http://{HOST}:{self._proxy_port}"

    def as_json(self) -> dict[str, Any]:
        """The doors that should be open at this moment, for the control API."""
        self._catch_up()
        doors = directory(self._floor.picture, self._floor.ports)
        return {"proxy": self.proxy, "ca_bundle": str(self.authority.bundle), "front_doors": doors}

    def leads_to(self, identifier: str) -> bool:
        """Whether the doors may choose a target of this address now."""
        groups = self._floor.picture.groups.values()
        targets = [target for group in groups for target in group.targets if target.identifier == identifier]
        return any(target.state not in ("draining", "unused") for target in targets)

    # --- the loop -----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _open_proxy(self) -> None:
        server = await asyncio.start_server(Proxy(self._floor).serve, HOST, 0, limit=MOST_HEAD, backlog=BACKLOG)
        self._servers["proxy"] = server
        self._proxy_port = _port(server)
        self._sweeper = asyncio.create_task(self._floor.sweep(self._loop.time))

    async def _close(self) -> None:
        self._sweeper.cancel()
        await self._health.stop()
        for server in self._servers.values():
            server.close()
        for watch in list(self._floor.watches):
            watch.client.transport.abort()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        await self._loop.shutdown_default_executor()

    async def _show(self, picture: Picture, materials: Materials) -> None:
        """Open, change and close doors until they are those of the picture."""
        before, self._floor.picture = self._floor.picture, picture
        wanted = set(picture.listeners) | {f"{name}:{port}" for name in picture.sites for port in (80, 443)}
        for key in [key for key in self._doors if key not in wanted]:
            self._shut(key)
        for arn, listener in picture.listeners.items():
            await self._show_listener(arn, listener, before.listeners.get(arn))
        for name, site in picture.sites.items():
            await self._show_site(name, site, before.sites.get(name), materials[name])
        self._names.doors = dict(self._floor.ports)
        self._floor.forget_targets()
        self._health.follow()

    def _shut(self, key: str) -> None:
        self._servers.pop(key).close()
        self._floor.hang_up(self._doors.pop(key))
        self._floor.ports.pop(key, None)

    async def _show_listener(self, arn: str, listener: Listener, before: Listener | None) -> None:
        door = self._doors.get(arn)
        if isinstance(door, ListenerDoor) and before is not None:
            same = (before.secure, before.materials, before.oldest)
            if same == (listener.secure, listener.materials, listener.oldest):
                door.listener = listener
                return
            await self._reopen(arn, door, self._tls(listener))
            door.listener = listener
            return
        made = ListenerDoor(self._floor, listener)
        await self._open(arn, made, self._tls(listener), 0)

    def _tls(self, listener: Listener) -> ssl.SSLContext | None:
        return self.authority.server(listener.materials, listener.oldest) if listener.secure else None

    async def _show_site(self, name: str, site: Site, before: Site | None, materials: tuple[Material, ...]) -> None:
        cache = self._caches.setdefault(name, EdgeCache())
        for port in (80, 443):
            key, secure = f"{name}:{port}", port == 443
            door = self._doors.get(key)
            if not isinstance(door, EdgeDoor):
                made = EdgeDoor(self._floor, self._world, site, cache, secure=secure)
                await self._open(key, made, self._site_tls(materials) if secure else None, 0)
                continue
            if secure and before is not None and before.certificate != site.certificate:
                await self._reopen(key, door, self._site_tls(materials))
            door.site, door.cache = site, cache

    def _site_tls(self, materials: tuple[Material, ...]) -> ssl.SSLContext:
        return self.authority.server(materials, ssl.TLSVersion.TLSv1_2)

    async def _reopen(self, key: str, door: ListenerDoor | EdgeDoor, context: ssl.SSLContext | None) -> None:
        """The same port with another certificate; connections that are open go on."""
        port = self._floor.ports[key]
        self._servers.pop(key).close()
        await self._open(key, door, context, port)

    async def _open(self, key: str, door: ListenerDoor | EdgeDoor, context: ssl.SSLContext | None, port: int) -> None:
        secure: dict[str, Any] = {"ssl": context, "ssl_handshake_timeout": TLS_SECONDS} if context else {}
        server = await asyncio.start_server(door.serve, HOST, port, limit=MOST_HEAD, backlog=BACKLOG, **secure)
        self._servers[key], self._doors[key] = server, door
        self._floor.ports[key] = _port(server)

    # --- following the control plane ----------------------------------------------------------------------------------

    def _follow(self) -> None:
        while not self._stopping.is_set():
            self._changed.wait(FOLLOW_SECONDS)
            self._changed.clear()
            try:
                self._catch_up()
            # one bad look must not end all doors; the next one may be better
            except Exception:  # noqa: BLE001
                traceback.print_exc(file=sys.stderr)

    def _catch_up(self) -> None:
        with self._following:
            wanted = self._look()
            if wanted != self._shown:
                asyncio.run_coroutine_threadsafe(self._show(*wanted), self._loop).result()
                self._shown = wanted

    def _look(self) -> tuple[Picture, Materials]:
        world = self._world
        with world.lock:
            self._health.speed = 1000.0 if world.clock.instant else world.clock.speed
            self._health.write(world)
            world.schedule.run_due(world)
            self._floor.figures.put(world, self._floor.picture)
            picture = draw(world)
            materials = {name: self._materials(site) for name, site in picture.sites.items()}
        return picture, materials

    def _materials(self, site: Site) -> tuple[Material, ...]:
        """CloudFront's own certificate, and the distribution's."""
        own = Material(("*.cloudfront.net",))
        if not site.certificate:
            return (own,)
        return material_of(self._world, site.account, "us-east-1", site.certificate), own


def _port(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])
