# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What AWS does with packets: tasks, stores, load balancers and the CDN as real servers on loopback.

The control plane (`overlays/`) says what should run; a component here makes it run. Without a data plane
(`serve --data-plane off`) the control plane takes it for granted that what was started is healthy.
"""

from __future__ import annotations

import importlib
import threading
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast, runtime_checkable

from simulator.dataplane.addresses import Addresses

if TYPE_CHECKING:
    from simulator.world import World


class Component(Protocol):
    """One part of the data plane, with threads, sockets and processes of its own."""

    def start(self) -> None:
        """Begin to follow the control plane."""

    def stop(self) -> None:
        """End everything that was opened or started; called once."""

    def reset(self) -> None:
        """Forget everything, as the control plane has just done."""


@runtime_checkable
class Talkative(Protocol):
    """A component that says how it is."""

    def health(self) -> dict[str, Any]:
        """Facts by name."""


# Module and class of each component, in the order in which they start.
COMPONENTS: tuple[tuple[str, str], ...] = (
    ("front_doors", "FrontDoors"),
    ("stores", "Stores"),
    ("tasks", "Tasks"),
    ("task_figures", "TaskFigures"),
)


Kind = TypeVar("Kind")


def _make(plane: DataPlane, module: str, name: str) -> Component:
    return cast("Component", getattr(importlib.import_module(f"simulator.dataplane.{module}"), name)(plane))


class DataPlane:
    """The parts of the data plane of one simulator, started and stopped together.

    Components follow the control plane by asking it, under `world.lock`, what there should be.
    """

    def __init__(self, world: World, endpoint: str) -> None:
        self.world = world
        self.endpoint = endpoint
        """Where the AWS API is, for tasks that call it."""
        self.addresses = Addresses()
        self.changed = threading.Event()
        """Set by overlays whose change the front doors should follow at once."""
        self._components: list[Component] = [_make(self, *names) for names in COMPONENTS]

    def component(self, kind: type[Kind]) -> Kind:
        """The one component of a class.

        :raises LookupError: when it is not registered in COMPONENTS.
        """
        for component in self._components:
            if isinstance(component, kind):
                return component
        raise LookupError(f"no component {kind.__name__} in the data plane")

    def start(self) -> None:
        for component in self._components:
            component.start()

    def reset(self) -> None:
        for component in self._components:
            component.reset()

    def health(self) -> dict[str, Any]:
        """What components have to say of themselves, for the control API."""
        said: dict[str, Any] = {}
        for component in self._components:
            if isinstance(component, Talkative):
                said |= component.health()
        return said

    def stop(self) -> None:
        """Stop all components, the last started first."""
        for component in reversed(self._components):
            component.stop()
