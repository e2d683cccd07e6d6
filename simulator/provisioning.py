# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What takes time on AWS: a schedule of state changes, each carried out when its moment has come."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.clock import Clock
    from simulator.world import World

# Simulated seconds until a resource is usable, about a fiftieth of what AWS takes.
DEFAULT_SECONDS: dict[str, float] = {
    "nat_gateway": 6,
    "rds_instance": 18,
    "rds_instance_multi_az": 24,
    "rds_read_replica": 18,
    "rds_modify": 4,
    "rds_snapshot": 4,
    "rds_backup_replication": 4,
    "elasticache_replication_group": 12,
    "elasticache_modify": 4,
    "vpc_endpoint_interface": 4,
    "client_vpn_association": 8,
    "vpn_connection": 6,
    "vpn_gateway_attachment": 2,
    "direct_connect_association": 6,
    "secret_replica": 1,
    "alb": 6,
    "cloudfront": 15,
    "target_health": 2,
    "cloudfront_invalidation": 3,
    "ecs_service": 8,
    # with a data plane a task's own program takes its time after this
    "ecs_task": 1,
    # what stands for a minute that a deployment bakes or pauses, and for a minute that a target drains
    "ecs_minute": 1.2,
    "acm": 5,
    "acm_record": 1,
    "acm_validation_window": 5184,
    "route53_change": 2,
}

Action = Callable[..., None]


class Schedule:
    """State changes by moment. Actions are module-level functions, so that a schedule can be saved."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.seconds = dict(DEFAULT_SECONDS)
        self._heap: list[tuple[float, int, Action, tuple[Any, ...]]] = []
        self._order = itertools.count()
        self._acting: float | None = None

    def after(self, kind: str, action: Action, *args: Any, deletion: bool = False, times: float | None = None) -> None:
        """Carry out `action(world, *args)` in the seconds that a `kind` takes, or `times` as many.

        A deletion takes a third of them.
        """
        factor = times if times is not None else (1 / 3 if deletion else 1)
        seconds = 0.0 if self.clock.instant else self.seconds[kind] * factor
        heapq.heappush(self._heap, (self._now() + seconds, next(self._order), action, args))

    def in_seconds(self, seconds: float, action: Action, *args: Any) -> None:
        """Carry out `action(world, *args)` in simulated seconds that the client chose."""
        moment = self._now() + (0.0 if self.clock.instant else seconds)
        heapq.heappush(self._heap, (moment, next(self._order), action, args))

    def _now(self) -> float:
        """Now, or the moment of the action that is being carried out: what it starts begins then, not when
        somebody looked."""
        return self.clock.now() if self._acting is None else self._acting

    def run_due(self, world: World) -> None:
        """Carry out everything whose moment has come; the caller holds the dispatch lock."""
        while self._heap and self.clock.reached(self._heap[0][0]):
            self._acting, _order, action, args = heapq.heappop(self._heap)
            try:
                action(world, *args)
            finally:
                self._acting = None

    def pending(self) -> int:
        return len(self._heap)

    def clear(self) -> None:
        self._heap.clear()

    def dump(self) -> dict[str, Any]:
        """The clock's moment and what is still to happen, for saving."""
        return {"now": self.clock.now(), "heap": [(at, action, args) for at, _order, action, args in self._heap]}

    def load(self, saved: dict[str, Any]) -> None:
        self.clock.set_now(saved["now"])
        self._heap = [(at, next(self._order), action, args) for at, action, args in saved["heap"]]
        heapq.heapify(self._heap)
