# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Route 53: records, and aliases to load balancers and distributions by their names."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial

from ..core.dns import canonical_name, observed_record, record_key
from ..core.plan import Observed, PlanRefused, State
from .api import Api
from .cloudfront import distributions_by_name
from .elbv2 import Balancing
from .reconcile import Kind, Scope, side_by_side
from .route53 import Item, Zone

# The zone that every distribution has. Source: Route 53 API, AliasTarget.
CLOUDFRONT_ZONE = "Z2FDTNDATAQYW2"


class AliasTargets:
    """What aliases lead to, by the words of core.dns, e.g. "load balancer monay-dev". Safe between threads."""

    def __init__(self, texts: Iterable[str], elb: Callable[[], Api], cloudfront: Callable[[], Api]) -> None:
        """`texts` are the targets that will be asked for; nothing is looked up before it is needed."""
        self.texts = sorted({text for text in texts if text})
        self._elb = elb
        self._cloudfront = cloudfront
        self._found: dict[str, tuple[str, str]] | None = None
        self._lock = threading.Lock()

    def found(self) -> dict[str, tuple[str, str]]:
        """DNS name and zone of each target that exists."""
        with self._lock:
            if self._found is None:
                balancers = [text for text in self.texts if text.startswith("load balancer ")]
                jobs: dict[str, Callable[[], dict[str, tuple[str, str]]]] = {}
                if balancers:
                    jobs["balancers"] = partial(self._balancers, balancers)
                if len(balancers) < len(self.texts):
                    jobs["distributions"] = self._distributions
                self._found = {key: each for answer in side_by_side(jobs).values() for key, each in answer.items()}
            return self._found

    def _balancers(self, texts: list[str]) -> dict[str, tuple[str, str]]:
        balancing = Balancing(self._elb())
        found = {text: balancing.balancer(text.removeprefix("load balancer ")) for text in texts}
        return {
            text: (canonical_name(each["DNSName"]), each["CanonicalHostedZoneId"])
            for text, each in found.items()
            if each
        }

    def _distributions(self) -> dict[str, tuple[str, str]]:
        found = distributions_by_name(self._cloudfront())
        return {
            f"distribution {name}": (canonical_name(each["DomainName"]), CLOUDFRONT_ZONE)
            for name, each in found.items()
        }

    def by_dns(self) -> dict[str, str]:
        """The words behind a DNS name."""
        return {dns: text for text, (dns, _zone) in self.found().items()}

    def target(self, what: str, text: str) -> tuple[str, str]:
        """DNS name and zone. Raises PlanRefused where the target does not exist."""
        found = self.found().get(text)
        if found is None:
            raise PlanRefused(
                f"{what} is to lead to {text}, which does not exist; create it first, or correct its name"
            )
        return found


class Records(Kind):
    """Records of one zone by type and name, as in "A admin.dev.monay.example".

    State: `ttl` and `values`, or `alias` (in words) and `evaluate_target_health`; see core.dns.
    """

    kind = "record"

    def __init__(self, zone: Zone, targets: AliasTargets) -> None:
        self.zone = zone
        self.targets = targets
        self._raw: dict[str, Item] = {}

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        wanted = set(names)
        found: dict[str, Observed] = {}
        for record in self.zone.records():
            key = record_key(record["Type"], record["Name"])
            if key not in wanted:
                continue
            if record.get("SetIdentifier"):
                raise PlanRefused(
                    f"record {key} in hosted zone {self.zone.name} is one of several with a routing policy"
                    f" ({record['SetIdentifier']}), which this module does not manage; delete them first"
                )
            aliases = self.targets.by_dns() if record.get("AliasTarget") else {}
            found[key] = Observed(key, observed_record(record, aliases), {"name": canonical_name(record["Name"])})
            self._raw[key] = record
        return found

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        self._put(name, wanted)
        return Observed(name, wanted, {"name": name.partition(" ")[2]})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        self._put(name, {**before.state, **wanted})

    def _put(self, name: str, state: State) -> None:
        kind, _space, domain = name.partition(" ")
        record: Item = {"Name": domain, "Type": kind}
        if state["alias"]:
            dns, zone = self.targets.target(f"record {name}", state["alias"])
            health = state["evaluate_target_health"]
            record["AliasTarget"] = {"HostedZoneId": zone, "DNSName": dns, "EvaluateTargetHealth": health}
        else:
            record["TTL"] = state["ttl"]
            record["ResourceRecords"] = [{"Value": each} for each in state["values"]]
        self.zone.change(f"write record {name}", "UPSERT", [record])

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """Route 53 wants to be told exactly what it deletes, and refuses what is gone (InvalidChangeBatch)."""
        self.zone.change(f"delete record {name}", "DELETE", [self._raw[name]], {"InvalidChangeBatch"})
