# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a sample application is told by its environment."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Settings:
    """Read once, when the process starts."""

    name: str
    version: str
    fault: str
    address: str
    port: int
    task: str
    environment: Mapping[str, str]

    def get(self, name: str, default: str = "") -> str:
        return self.environment.get(name) or default

    @property
    def is_new(self) -> bool:
        """Whether this is a version after the first."""
        return not self.version.startswith("1.0.")


def read() -> Settings:
    """The settings of this process; `SIMULATOR_` variables are set by the data plane, the others by the definition."""
    values = os.environ
    return Settings(
        name=values.get("SIMULATOR_APPLICATION", "sample"),
        version=values.get("SIMULATOR_VERSION", "1.0.0"),
        fault=values.get("SIMULATOR_FAULT", ""),
        address=values.get("SIMULATOR_ADDRESS", "127.0.0.1"),
        port=int(values.get("PORT") or values.get("SIMULATOR_PORT") or "8080"),
        task=values.get("SIMULATOR_TASK", ""),
        environment=values,
    )


def tls() -> ssl.SSLContext:
    """Trusts what SSL_CERT_FILE names, the simulator's authority among them."""
    return ssl.create_default_context()
