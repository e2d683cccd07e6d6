# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The simulator's time: real time, multiplied by a speed that may change while it runs."""

from __future__ import annotations

import math
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Clock:
    """Counts simulated seconds since its start.

    Provisioning is written in simulated seconds, so a speed of 10 makes a database ready in a tenth of the time.
    With an infinite speed every moment has already come. `source` (real seconds) is a parameter for tests.
    """

    def __init__(self, speed: float = 1.0, source: Callable[[], float] = time.monotonic, start: float = 0.0) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._speed = speed
        self._base = start
        self._since = source()

    @property
    def speed(self) -> float:
        return self._speed

    @property
    def instant(self) -> bool:
        return math.isinf(self._speed)

    def now(self) -> float:
        """Simulated seconds since the clock was first started."""
        factor = 1.0 if self.instant else self._speed
        return self._base + (self._source() - self._since) * factor

    def set_speed(self, speed: float) -> None:
        """Change the speed from now on; 0 and infinity mean that nothing takes time."""
        with self._lock:
            self._base, self._since = self.now(), self._source()
            self._speed = math.inf if speed == 0 else speed

    def set_now(self, moment: float) -> None:
        """Continue at a moment that was saved."""
        with self._lock:
            self._base, self._since = moment, self._source()

    def skip(self, seconds: float) -> None:
        """Let simulated seconds pass at once."""
        with self._lock:
            self._base += seconds

    def reached(self, moment: float) -> bool:
        return self.instant or self.now() >= moment
