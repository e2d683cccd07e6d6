# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where on loopback a simulated address is: each private address (10.10.11.23) gets an address 127.x.y.z of its own.

So each task, database and cache listens on its own port (3001, 5432), as on AWS, and two simulators on one machine
stay apart.
"""

from __future__ import annotations

import os
import threading


class Addresses:
    """Loopback addresses by simulated name or private address; safe between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._by_name: dict[str, str] = {}
        # a range by process id: another simulator on this machine has another one
        number = os.getpid() % (126 * 254)
        self._prefix = f"127.{number // 254 + 1}.{number % 254 + 1}"
        self._free = list(range(254, 0, -1))

    def give(self, name: str) -> str:
        """The loopback address of a simulated private address or host name; the same one for the same name.

        :raises RuntimeError: when more than 254 are in use.
        """
        with self._lock:
            if name not in self._by_name:
                if not self._free:
                    raise RuntimeError("the data plane has run out of loopback addresses")
                self._by_name[name] = f"{self._prefix}.{self._free.pop()}"
            return self._by_name[name]

    def of(self, name: str) -> str | None:
        """The loopback address that was given to a name, if any."""
        with self._lock:
            return self._by_name.get(name)

    def take_back(self, name: str) -> None:
        """Free the address of a name; the one that was freed longest ago is given out next."""
        with self._lock:
            address = self._by_name.pop(name, None)
            if address is not None:
                self._free.insert(0, int(address.rpartition(".")[2]))
