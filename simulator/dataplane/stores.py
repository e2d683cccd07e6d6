# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Databases and caches behind their endpoint names: real servers, started when somebody first connects."""

from __future__ import annotations

import asyncio
import queue
import ssl
import sys
import threading
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.dataplane import binaries, store_specs
from simulator.dataplane.front_doors import FrontDoors
from simulator.dataplane.postgres import Postgres
from simulator.dataplane.store_front import Door, StoreFront
from simulator.dataplane.store_server import StoreError
from simulator.dataplane.store_specs import CacheSpec, DatabaseSpec
from simulator.dataplane.valkey import Valkey

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.dataplane import DataPlane

FOLLOW_SECONDS, STOP_SECONDS = 0.5, 20
Spec = DatabaseSpec | CacheSpec


@dataclass
class Store:
    """A server, what listens for it, and the names under which it does."""

    server: Postgres | Valkey
    fronts: dict[str, StoreFront] = field(default_factory=dict)
    trouble: str = ""

    @property
    def spec(self) -> Spec:
        return self.server.spec


class Stores:
    """Follows RDS and ElastiCache."""

    def __init__(self, plane: DataPlane) -> None:
        self._plane, self._world = plane, plane.world
        self._stores: dict[str, Store] = {}
        self._loop = asyncio.new_event_loop()
        self._stopping = threading.Event()
        self._wanted: queue.Queue[tuple[Store, asyncio.Future[Path]]] = queue.Queue()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    # --- the component ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._threads = [
            threading.Thread(target=self._loop.run_forever, name="stores-loop", daemon=True),
            threading.Thread(target=self._run, name="stores", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._threads[1].join(STOP_SECONDS)
        self._remove_all()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._threads[0].join(STOP_SECONDS)
        self._loop.close()

    def reset(self) -> None:
        self._remove_all()

    def health(self) -> dict[str, Any]:
        """The state of each store by its first name, and what is missing on this machine."""
        states = {}
        for store in list(self._stores.values()):
            name = next(iter(store.spec.names), store.spec.key)
            running = "running" if store.server.is_running else "waits for its first client"
            states[name] = store.trouble or (running if store.fronts else "does not listen")
        needed = ((binaries.postgres(), binaries.NO_POSTGRES), (binaries.redis(), binaries.NO_REDIS))
        missing = [text for found, text in needed if found is None]
        return {"stores": states, "missing": missing}

    # --- the thread that follows, and starts servers: their lives are tied to its own -----------------------------

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._follow()
                self._start_wanted()
            # one fault of the simulator must not leave all stores without anybody who looks after them
            except Exception:  # noqa: BLE001
                traceback.print_exc(file=sys.stderr)

    def _start_wanted(self) -> None:
        """Start what clients wait for, until it is time to look again."""
        try:
            store, future = self._wanted.get(timeout=FOLLOW_SECONDS)
        except queue.Empty:
            return
        try:
            with self._lock:
                store.server.start()
            store.trouble = ""
        except StoreError as error:
            store.trouble = str(error)
            self._loop.call_soon_threadsafe(_fail, future, OSError(str(error)))
        else:
            self._loop.call_soon_threadsafe(_fulfil, future, store.server.socket)

    def _follow(self) -> None:
        with self._world.lock:
            specs: dict[str, Spec] = {one.key: one for one in store_specs.databases(self._world)}
            specs |= {one.key: one for one in store_specs.caches(self._world)}
        with self._lock:
            for key in [key for key in self._stores if key not in specs]:
                self._remove(self._stores.pop(key))
            for spec in specs.values():
                if spec.key not in self._stores:
                    server = Postgres(spec) if isinstance(spec, DatabaseSpec) else Valkey(spec)
                    self._stores[spec.key] = Store(server)
                self._bring(self._stores[spec.key], spec)

    def _bring(self, store: Store, spec: Spec) -> None:
        """What listens, and with which password, as the control plane has it now."""
        before = store.spec
        self._change(store, spec)
        names = set(spec.names) if spec.is_up and self._has_program(store, spec) else set()
        shape = (spec.port, _tls_of(spec)) == (before.port, _tls_of(before))
        for name in [name for name in store.fronts if name not in names or not shape]:
            self._close(store, name)
        if not spec.is_up and store.server.is_running:
            store.server.stop()
        for name in names - set(store.fronts):
            self._open(store, spec, name)

    def _has_program(self, store: Store, spec: Spec) -> bool:
        if isinstance(spec, DatabaseSpec):
            found, text = binaries.postgres(), binaries.NO_POSTGRES
        else:
            found, text = binaries.redis(), binaries.NO_REDIS
        if found is None:
            store.trouble = text
        return found is not None

    @staticmethod
    def _change(store: Store, spec: Spec) -> None:
        server = store.server
        before, server.spec = server.spec, spec
        if not server.is_running:
            return
        if isinstance(server, Postgres) and isinstance(spec, DatabaseSpec) and isinstance(before, DatabaseSpec):
            if spec.password != before.password:
                server.set_password(spec.password)
        elif isinstance(server, Valkey) and isinstance(spec, CacheSpec) and spec != before:
            server.set_tokens(spec.tokens)

    def _open(self, store: Store, spec: Spec, name: str) -> None:
        address = self._plane.addresses.give(name)
        has_tls, takes_plain = _tls_of(spec)
        authority = self._plane.component(FrontDoors).authority
        context = authority.for_names((name,), ssl.TLSVersion.TLSv1_2) if has_tls else None

        async def ready() -> Path:
            if store.server.is_running:
                return store.server.socket
            future: asyncio.Future[Path] = self._loop.create_future()
            self._wanted.put((store, future))
            return await future

        front = StoreFront(Door(context, takes_plain, isinstance(spec, DatabaseSpec), ready))
        try:
            asyncio.run_coroutine_threadsafe(front.open(address, spec.port), self._loop).result(STOP_SECONDS)
        except OSError as error:
            store.trouble = f"cannot listen on {address}:{spec.port}: {error}"
            return
        store.fronts[name] = front

    def _close(self, store: Store, name: str) -> None:
        front = store.fronts.pop(name)
        asyncio.run_coroutine_threadsafe(front.close(), self._loop).result(STOP_SECONDS)
        self._plane.addresses.take_back(name)

    def _remove(self, store: Store) -> None:
        for name in list(store.fronts):
            self._close(store, name)
        store.server.remove()

    def _remove_all(self) -> None:
        with self._lock:
            for store in self._stores.values():
                self._remove(store)
            self._stores.clear()


def _tls_of(spec: Spec) -> tuple[bool, bool]:
    """Whether a store speaks TLS, and whether it takes clients without it."""
    if isinstance(spec, DatabaseSpec):
        return True, not spec.forces_tls
    return spec.has_tls, spec.takes_plain


def _fail(future: asyncio.Future[Path], error: OSError) -> None:
    if not future.done():
        future.set_exception(error)


def _fulfil(future: asyncio.Future[Path], path: Path) -> None:
    if not future.done():
        future.set_result(path)
