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
from simulator.overlays.acm_model import Certificates

if TYPE_CHECKING:
    from simulator.dataplane.firewall import Acl
    from simulator.dataplane.picture import Group, Listener, Picture
    from simulator.dataplane.sites import Site
    from simulator.world import World

PUT_SECONDS = 5
MOST_VALUES, MOST_DATA = 150, 500
ALB, CDN, WAF, ACM = "AWS/ApplicationELB", "AWS/CloudFront", "AWS/WAFV2", "AWS/CertificateManager"
# Account, region, namespace, metric, dimensions.
Names = tuple[tuple[str, str], ...]
Key = tuple[str, str, str, str, Names]


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

    def served(self, listener: Listener, group: Group, status: int, seconds: float, size: int) -> None:
        """One request that a target has answered."""
        place = (listener.account, listener.region, ALB)
        with self._lock:
            self._count(listener, group, size)
            for names in _dimensions(listener, group):
                self._add((*place, "TargetResponseTime", names), round(seconds, 3))
                self._add((*place, f"HTTPCode_Target_{status // 100}XX_Count", names), 1.0)

    def answered(self, listener: Listener, group: Group | None, status: int, size: int) -> None:
        """One request that the load balancer has answered itself; `group` where it had chosen a target."""
        names = _dimensions(listener)[0]
        with self._lock:
            self._count(listener, group, size)
            for code in (f"{status // 100}XX", str(status)):
                if status >= 500 or (code.endswith("XX") and status >= 300):
                    self._add((listener.account, listener.region, ALB, f"HTTPCode_ELB_{code}_Count", names), 1.0)

    def _count(self, listener: Listener, group: Group | None, size: int) -> None:
        """AWS counts the requests for which a target was chosen."""
        place = (listener.account, listener.region, ALB)
        self._add((*place, "ProcessedBytes", _dimensions(listener)[0]), float(size))
        for names in _dimensions(listener, group) if group is not None else ():
            self._add((*place, "RequestCount", names), 1.0)

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

    def judged(self, acl: Acl, *, blocked: bool) -> None:
        """One request that a web ACL has let in or not."""
        place: Names = (("Region", acl.region),) if acl.region else ()
        metric = "BlockedRequests" if blocked else "AllowedRequests"
        with self._lock:
            dimensions: Names = (*place, ("Rule", "ALL"), ("WebACL", acl.metric))
            self._add((acl.account, acl.region or "us-east-1", WAF, metric, dimensions), 1.0)

    def unreachable(self, listener: Listener, group: Group) -> None:
        """A target that could not be connected to."""
        with self._lock:
            for names in _dimensions(listener, group):
                self._add((listener.account, listener.region, ALB, "TargetConnectionErrorCount", names), 1.0)

    def put(self, world: World, picture: Picture, *, at_once: bool = False) -> None:
        """Hand over what has come together; the caller holds the world's lock."""
        if not at_once and time.monotonic() - self._last < PUT_SECONDS:
            return
        self._last = time.monotonic()
        with self._lock:
            self._count_hosts(picture)
            self._count_days(world)
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

    def _count_days(self, world: World) -> None:
        """How many days certificates are still valid; AWS says so twice a day."""
        for account, region, store in world.stores(Certificates):
            for arn, certificate in store.by_arn.items():
                if certificate.facts["Status"] == "ISSUED":
                    days = (certificate.facts["NotAfter"] - datetime.now(UTC)).days
                    key = (account, region, ACM, "DaysToExpiry", (("CertificateArn", arn),))
                    self._values[key] = Counter({float(days): 1})

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


def _dimensions(listener: Listener, group: Group | None = None) -> list[Names]:
    """The load balancer's, and those of the target group within it."""
    own: Names = (("LoadBalancer", listener.suffix),)
    return [own] if group is None else [own, (*own, ("TargetGroup", group.suffix))]


def _data(metric: str, names: Names, counter: Counter[float], minute: datetime) -> list[dict[str, Any]]:
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
