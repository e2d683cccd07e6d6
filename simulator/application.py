# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A running simulator: the world, the gateway, the control API and the server, put together."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from simulator import moto_backend, overlays, quick
from simulator.clock import Clock
from simulator.control import Control
from simulator.dataplane import DataPlane
from simulator.gateway import Gateway
from simulator.server import Server
from simulator.world import World


@dataclass(slots=True)
class Application:
    """The parts that have to be stopped."""

    world: World
    server: Server
    data_plane: DataPlane | None
    state_file: str | None

    @property
    def endpoint(self) -> str:
        return self.server.endpoint

    def stop(self) -> None:
        """Stop everything, and save where a state file was given."""
        if self.data_plane:
            self.data_plane.stop()
        self.server.shutdown()
        self.server.server_close()
        if self.state_file:
            self.world.save(self.state_file)


def start(
    host: str, port: int, latency_ms: float, speed: float, state_file: str | None, *, data_plane: bool
) -> Application:
    """Start to listen in a thread of its own.

    :raises NotLoopbackError: for an address that others could reach.
    :raises StateError: when the state file cannot be loaded.
    :raises OSError: when the port is taken.
    """
    quick.apply()
    overlays.load_all()
    world = World(Clock(speed))
    if state_file and Path(state_file).exists():
        world.load(state_file)
    gateway = Gateway(world, latency_ms)
    server = Server(host, port, gateway, Control(gateway, state_file))
    threading.Thread(target=server.serve_forever, args=(0.1,), name="server", daemon=True).start()
    threading.Thread(target=moto_backend.preload, name="preload", daemon=True).start()
    if data_plane:
        world.data_plane = DataPlane(world, server.endpoint)
        world.data_plane.start()
    return Application(world, server, world.data_plane, state_file)
