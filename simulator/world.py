# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Everything that the simulator knows: moto's state, the overlays' state, what is still to happen."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar, cast

from moto.core.base_backend import BackendDict

from simulator import moto_backend, state
from simulator.functions import Functions
from simulator.provisioning import Schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from simulator.clock import Clock
    from simulator.dataplane import DataPlane

Store = TypeVar("Store")


class World:
    """The AWS state. All access is under `lock`: moto is not thread-safe."""

    def __init__(self, clock: Clock) -> None:
        self.lock = threading.RLock()
        self.clock = clock
        self.schedule = Schedule(clock)
        self.functions = Functions()
        self.data_plane: DataPlane | None = None
        self._stores: dict[tuple[str, str, str], Any] = {}

    def store(self, kind: type[Store] | Callable[[], Store], account: str, region: str = "") -> Store:
        """An overlay's own state in an account (and region), made by calling `kind` when first asked for."""
        key = (f"{kind.__module__}.{kind.__qualname__}", account, region)
        if key not in self._stores:
            self._stores[key] = kind()
        return cast("Store", self._stores[key])

    def stores(self, kind: type[Store]) -> Iterator[tuple[str, str, Store]]:
        """Account, region and state of every store of a kind."""
        wanted = f"{kind.__module__}.{kind.__qualname__}"
        for (name, account, region), store in list(self._stores.items()):
            if name == wanted:
                yield account, region, store

    def backend(self, service: str, account: str, region: str) -> Any:
        """moto's model of a service in an account and region ("aws" for the services without regions)."""
        found = moto_backend.backend_dict(service)
        if found is None:
            raise LookupError(f"moto has no service {service}")
        return found[account][region]

    def bucket_owners(self) -> dict[str, tuple[str, str]]:
        """Partition and account of every S3 bucket by its name."""
        found = moto_backend.backend_dict("s3")
        return cast(dict[str, tuple[str, str]], found.bucket_accounts) if found is not None else {}

    def reset(self) -> None:
        """Forget all AWS state."""
        with self.lock:
            self.schedule.clear()
            self.functions.clear()
            self._stores.clear()
            BackendDict.reset()
            state.reset_globals()
        if self.data_plane:
            self.data_plane.reset()

    def save(self, path: str) -> None:
        with self.lock:
            self.schedule.run_due(self)
            state.save(path, {"stores": self._stores, "schedule": self.schedule.dump()})

    def load(self, path: str) -> None:
        with self.lock:
            saved = state.load(path)
            self._stores = saved["stores"]
            self.schedule.load(saved["schedule"])
