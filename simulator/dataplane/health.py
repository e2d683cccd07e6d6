# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Active health checks of targets by the settings of their group."""

from __future__ import annotations

import asyncio
import queue
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.dataplane.floor import Floor, Unreachable
from simulator.dataplane.picture import Group, Target
from simulator.dataplane.wire import WireError, read_head
from simulator.overlays.elbv2_model import Balancing
from simulator.overlays.elbv2_targets import SCALE, set_state

if TYPE_CHECKING:
    from simulator.world import World

LEAST_SECONDS = 0.25
IDLE_SECONDS = 0.25


@dataclass
class Count:
    """Checks of one target in a row."""

    registration: int
    good: int = 0
    bad: int = 0


@dataclass(frozen=True)
class Verdict:
    """A new state of a target, for the control plane."""

    group: Group
    target: Target
    state: str
    reason: str = ""
    description: str = ""


class Health:
    """Checks every target of every group in use; runs in the loop, `write` in the thread that holds the lock."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._counts: dict[tuple[str, str, int], Count] = {}
        self._verdicts: queue.SimpleQueue[Verdict] = queue.SimpleQueue()
        self.speed = 1.0

    def follow(self) -> None:
        """Check the groups of the present picture and no others."""
        groups = self._floor.picture.groups
        for arn in [arn for arn in self._tasks if arn not in groups]:
            self._tasks.pop(arn).cancel()
        for arn in groups:
            if arn not in self._tasks or self._tasks[arn].done():
                self._tasks[arn] = asyncio.create_task(self._rounds(arn))
        present = {(arn, one.identifier, one.port) for arn, group in groups.items() for one in group.targets}
        for key in [key for key in self._counts if key not in present]:
            del self._counts[key]

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _rounds(self, arn: str) -> None:
        # a group that is no longer there ends the rounds before anybody cancels them
        while group := self._floor.picture.groups.get(arn):
            checked = [target for target in group.targets if target.state not in ("draining", "unused")]
            if checked:
                await asyncio.gather(*(self._check(group, target) for target in checked))
            interval = int(group.facts["HealthCheckIntervalSeconds"]) / (SCALE * self.speed)
            fresh = any(target.state == "initial" for target in checked)
            await asyncio.sleep(IDLE_SECONDS if fresh or not checked else max(LEAST_SECONDS, interval))

    async def _check(self, group: Group, target: Target) -> None:
        key = (group.arn, target.identifier, target.port)
        count = self._counts.get(key)
        if count is None or count.registration != target.registration:
            count = self._counts[key] = Count(target.registration)
        reason, description = await self._ask(group, target)
        if reason:
            count.good, count.bad = 0, count.bad + 1
            if count.bad >= int(group.facts["UnhealthyThresholdCount"]):
                self._verdicts.put(Verdict(group, target, "unhealthy", reason, description))
            elif target.state == "initial":
                self._verdicts.put(Verdict(group, target, "initial", "Elb.InitialHealthChecking"))
            return
        count.good, count.bad = count.good + 1, 0
        # what has just been registered needs to pass once
        needed = 1 if target.state == "initial" else int(group.facts["HealthyThresholdCount"])
        if count.good >= needed:
            self._verdicts.put(Verdict(group, target, "healthy"))

    async def _ask(self, group: Group, target: Target) -> tuple[str, str]:
        """Why a target is not healthy, in AWS's words; empty when it is."""
        facts = group.facts
        port = target.port if facts["HealthCheckPort"] == "traffic-port" else int(facts["HealthCheckPort"])
        place = Target(target.identifier, port, target.state, target.registration)
        try:
            async with asyncio.timeout(int(facts["HealthCheckTimeoutSeconds"])):
                status = await self._status(facts["HealthCheckPath"], place, facts["HealthCheckProtocol"] == "HTTPS")
        except TimeoutError:
            return "Target.Timeout", "Request timed out"
        except Unreachable as unreachable:
            if unreachable.status == 504:
                return "Target.Timeout", "Request timed out"
            return "Target.FailedHealthChecks", "Health checks failed"
        except (OSError, WireError, asyncio.IncompleteReadError):
            return "Target.FailedHealthChecks", "Health checks failed"
        if not fits(status, facts["Matcher"]["HttpCode"]):
            return "Target.ResponseCodeMismatch", f"Health checks failed with these codes: [{status}]"
        return "", ""

    async def _status(self, path: str, place: Target, secure: bool) -> int:
        (reader, writer), _used = await self._floor.connect(place, secure=secure, fresh=True)
        try:
            host = f"{place.identifier}:{place.port}"
            lines = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nUser-Agent: ELB-HealthChecker/2.0\r\n"
            writer.write(f"{lines}Accept-Encoding: gzip, compressed\r\n\r\n".encode())
            head = await read_head(reader)
            if head is None or not head.second.isdigit():
                raise WireError("no answer")
            return int(head.second)
        finally:
            writer.close()

    def write(self, world: World) -> None:
        """Tell the control plane; the caller holds its lock."""
        while not self._verdicts.empty():
            verdict = self._verdicts.get()
            store = world.store(Balancing, verdict.group.account, verdict.group.region)
            key = (verdict.target.identifier, verdict.target.port)
            target = store.targets.get(verdict.group.arn, {}).get(key)
            if target is None or target.registration != verdict.target.registration:
                continue
            if target.state not in ("draining", "unused"):
                set_state(target, verdict.state, verdict.reason, verdict.description)


def fits(status: int, codes: str) -> bool:
    """Whether a status is among codes such as `200,301-308`."""
    ranges = re.findall(r"(\d+)(?:-(\d+))?", codes)
    return any(int(first) <= status <= int(last or first) for first, last in ranges)
