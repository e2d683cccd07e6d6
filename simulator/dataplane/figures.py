# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What CloudWatch is told of load balancers and distributions: counted in the loop, put every few seconds."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from simulator.overlay import inside

if TYPE_CHECKING:
    from simulator.dataplane.picture import Group, Listener, Picture
    from simulator.dataplane.sites import Site
    from simulator.world import World

PUT_SECONDS = 10
MOST_VALUES, MOST_DATA = 150, 500
ALB, CDN, WAF = "AWS/ApplicationELB", "AWS/CloudFront", "AWS/WAFV2"
# Account, region, namespace, metric, dimensions.
Key = tuple[str, str, str, str, tuple[tuple[str, str], ...]]


@dataclass
class Figures:
    """Values by metric since they were last put; a value with how often it was seen."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _values: dict[Key, Counter[float]] = field(default_factory=dict)
    _last: float = field(default_factory=time.monotonic)

    def forget(self) -> None:
        with self._lock:
            self._values.clear()

    def _add(self, key: Key, value: float, times: int = 1) -> None:
        self._values.setdefault(key, Counter())[value] += times

    def served(
        self, listener: Listener, group: Group | None, status: int, seconds: float, *, by_target: bool, size: int
    ) -> None:
        """One request to a load balancer; `by_target`: the status is a target's."""
        place = (listener.account, listener.region, ALB)
        balancer: tuple[tuple[str, str], ...] = (("LoadBalancer", listener.suffix),)
        dimensions: list[tuple[tuple[str, str], ...]] = [balancer]
        if group is not None:
            dimensions.append((("LoadBalancer", listener.suffix), ("TargetGroup", group.suffix)))
        kind = f"HTTPCode_{'Target' if by_target else 'ELB'}_{status // 100}XX_Count"
        with self._lock:
            for names in dimensions:
                if by_target or names is balancer:
                    self._add((*place, "RequestCount", names), 1.0)
                if by_target:
                    self._add((*place, "TargetResponseTime", names), round(seconds, 3))
                if by_target or (names is balancer and status >= 300):
                    self._add((*place, kind, names), 1.0)
            if not by_target and status in (500, 502, 503, 504):
                self._add((*place, f"HTTPCode_ELB_{status}_Count", balancer), 1.0)
            self._add((*place, "ProcessedBytes", balancer), float(size))

    def delivered(self, site: Site, status: int, size: int) -> None:
        """One request to a distribution."""
        place = (site.account, "us-east-1", CDN)
        names = (("DistributionId", site.identifier), ("Region", "Global"))
        with self._lock:
            self._add((*place, "Requests", names), 1.0)
            self._add((*place, "BytesDownloaded", names), float(size))
            for metric, is_error in (
                ("4xxErrorRate", 400 <= status < 500),
                ("5xxErrorRate", status >= 500),
                ("TotalErrorRate", status >= 400),
            ):
                self._add((*place, metric, names), 100.0 if is_error else 0.0)

    def judged(self, place: tuple[str, str], acl_arn: str, *, blocked: bool) -> None:
        """One request that a web ACL has let in or not."""
        account, region = place
        dimensions = (("Region", region), ("Rule", "ALL"), ("WebACL", acl_arn.split("/")[-2]))
        metric = "BlockedRequests" if blocked else "AllowedRequests"
        with self._lock:
            self._add((account, region, WAF, metric, dimensions), 1.0)

    def put(self, world: World, picture: Picture, *, at_once: bool = False) -> None:
        """Hand over what has come together; the caller holds the world's lock."""
        if not at_once and time.monotonic() - self._last < PUT_SECONDS:
            return
        self._last = time.monotonic()
        with self._lock:
            self._count_hosts(picture)
            values, self._values = self._values, {}
        data: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
        minute = datetime.fromtimestamp(time.time() // 60 * 60, UTC)
        for (account, region, namespace, metric, names), counter in values.items():
            data.setdefault((account, region, namespace), []).extend(_data(metric, names, counter, minute))
        for (account, region, namespace), items in data.items():
            context = inside(world, account, region)
            for start in range(0, len(items), MOST_DATA):
                part = items[start : start + MOST_DATA]
                context.invoke("cloudwatch", "PutMetricData", Namespace=namespace, MetricData=part)

    def _count_hosts(self, picture: Picture) -> None:
        """How many targets are healthy, of each group and load balancer."""
        for listener in picture.listeners.values():
            for rule in listener.rules:
                for one in rule.action.get("ForwardConfig", {}).get("TargetGroups", []):
                    group = picture.groups.get(one["TargetGroupArn"])
                    if group is None:
                        continue
                    names = (("LoadBalancer", listener.suffix), ("TargetGroup", group.suffix))
                    states = [target.state for target in group.targets]
                    for metric, state in (("HealthyHostCount", "healthy"), ("UnHealthyHostCount", "unhealthy")):
                        key = (listener.account, listener.region, ALB, metric, names)
                        self._values[key] = Counter({float(states.count(state)): 1})


def _data(
    metric: str, names: tuple[tuple[str, str], ...], counter: Counter[float], minute: datetime
) -> list[dict[str, Any]]:
    """In parts of as many values as a datum can hold."""
    pairs = sorted(counter.items())
    dimensions = [{"Name": name, "Value": value} for name, value in names]
    return [
        {
            "MetricName": metric,
            "Dimensions": dimensions,
            "Timestamp": minute,
            "Values": [value for value, _times in pairs[start : start + MOST_VALUES]],
            "Counts": [float(times) for _value, times in pairs[start : start + MOST_VALUES]],
        }
        for start in range(0, len(pairs), MOST_VALUES)
    ]
