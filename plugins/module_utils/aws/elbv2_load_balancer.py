# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Elastic Load Balancing: application load balancers."""

from __future__ import annotations

import typing as t
from collections.abc import Callable, Iterable
from functools import partial

from ..core.alb import LOAD_BALANCER_DEFAULTS, changed_attributes, observed_attributes
from ..core.plan import Observed, PlanRefused, State
from ..core.readiness import LOAD_BALANCER
from .data_names import NetworkNames
from .elbv2 import Balancing, Item, tags_argument
from .reconcile import Kind, Scope, side_by_side

GONE = frozenset({"LoadBalancerNotFound"})
PROTECTED = "deletion_protection.enabled"
# The network may be seconds old.
NOT_SEEN_YET = frozenset({"SubnetNotFound", "InvalidSecurityGroup"})
REPLACE = "A load balancer keeps it: make one of another name, and move the listeners and the DNS records to it."


class LoadBalancers(Kind):
    """Application load balancers.

    State: `scheme`, `ip_address_type`, `subnets` and `security_groups` (names), `attributes` (see core.alb), `tags`.
    """

    kind = "load balancer"
    statuses = LOAD_BALANCER
    immutable: t.ClassVar = {"scheme": REPLACE}

    def __init__(self, balancing: Balancing, network: NetworkNames, force_unprotect: bool = False) -> None:
        self.balancing = balancing
        self.elb = balancing.elb
        self.network = network
        self.force_unprotect = force_unprotect

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found = side_by_side({name: partial(self._find, name) for name in names})
        return {name: observed for name, observed in found.items() if observed}

    def _find(self, name: str) -> Observed | None:
        self.balancing.forget(name)
        balancer = self.balancing.balancer(name)
        if balancer is None:
            return None
        if balancer["Type"] != "application":
            raise PlanRefused(
                f"load balancer {name} is of type {balancer['Type']}, not application; give one of the two another name"
            )
        arn = balancer["LoadBalancerArn"]
        subnets = [zone["SubnetId"] for zone in balancer["AvailabilityZones"]]
        groups = balancer.get("SecurityGroups") or []
        jobs: dict[str, Callable[[], t.Any]] = {
            "attributes": partial(self._attributes, name, arn),
            "tags": partial(self.balancing.tags, [arn], f"load balancer {name}"),
            "subnets": partial(self.network.subnet_names, subnets),
            "security_groups": partial(self.network.group_names, groups),
        }
        return self._observed(balancer, side_by_side(jobs))

    def _attributes(self, name: str, arn: str) -> list[dict[str, str]]:
        doing = f"read the attributes of load balancer {name}"
        answer = self.elb.read("describe_load_balancer_attributes", doing, GONE, LoadBalancerArn=arn)
        return (answer or {}).get("Attributes") or []

    def _observed(self, balancer: Item, answers: t.Mapping[str, t.Any]) -> Observed:
        arn = balancer["LoadBalancerArn"]
        state = {
            "scheme": balancer["Scheme"],
            "ip_address_type": balancer.get("IpAddressType") or "ipv4",
            "subnets": sorted(answers["subnets"].values()),
            "security_groups": sorted(answers["security_groups"].values()),
            "attributes": observed_attributes(answers["attributes"], LOAD_BALANCER_DEFAULTS),
            "tags": answers["tags"].get(arn, {}),
        }
        facts = {
            "arn": arn,
            "dns_name": balancer["DNSName"],
            "zone": balancer["CanonicalHostedZoneId"],
            "status": balancer["State"]["Code"],
        }
        return Observed(arn, state, facts)

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        """AWS takes a name once in a region, so sending the same creation twice makes one load balancer."""
        answer = self.elb.write(
            "create_load_balancer",
            f"create load balancer {name}",
            missing={"DuplicateLoadBalancerName"},
            retry=NOT_SEEN_YET,
            Name=name,
            Type="application",
            Scheme=wanted["scheme"],
            IpAddressType=wanted["ip_address_type"],
            Subnets=self.network.subnet_ids(wanted["subnets"]),
            SecurityGroups=self.network.group_ids(wanted["security_groups"]),
            **tags_argument(wanted.get("tags")),
        )
        if answer is None:  # the answer to an earlier attempt was lost
            return t.cast("Observed", self._find(name))
        balancer = answer["LoadBalancers"][0]
        said = {field: {each: each for each in wanted[field]} for field in ("subnets", "security_groups")}
        arn = balancer["LoadBalancerArn"]
        return self._observed(balancer, {**said, "attributes": [], "tags": {arn: wanted.get("tags") or {}}})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        setters: dict[str, Callable[[str, Observed, t.Any], t.Any]] = {
            "attributes": self._set_attributes,
            "ip_address_type": partial(self._set, "set_ip_address_type", "IpAddressType", lambda value: value),
            "security_groups": partial(self._set, "set_security_groups", "SecurityGroups", self.network.group_ids),
            "subnets": partial(self._set, "set_subnets", "Subnets", self.network.subnet_ids),
            "tags": lambda name, before, tags: self.balancing.set_tags(f"load balancer {name}", before, tags),
        }
        for field in sorted(fields):
            setters[field](name, before, wanted[field])

    def _set(
        self, operation: str, key: str, translate: Callable[[t.Any], t.Any], name: str, before: Observed, value: t.Any
    ) -> None:
        doing = f"set the {key} of load balancer {name}"
        self.elb.write(operation, doing, retry=NOT_SEEN_YET, LoadBalancerArn=before.id, **{key: translate(value)})

    def _set_attributes(self, name: str, before: Observed, attributes: dict[str, str]) -> None:
        changed = changed_attributes(before.state["attributes"], attributes)
        doing = f"set {', '.join(each['Key'] for each in changed)} of load balancer {name}"
        self.elb.write("modify_load_balancer_attributes", doing, LoadBalancerArn=before.id, Attributes=changed)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        if before.state["attributes"][PROTECTED] == "true":
            if not self.force_unprotect:
                raise PlanRefused(
                    f"load balancer {name} is protected against deletion; take the protection away (attributes,"
                    " deletion_protection), or say force_unprotect"
                )
            self._set_attributes(name, before, {**before.state["attributes"], PROTECTED: "false"})
        doing = f"delete load balancer {name}"
        self.elb.write("delete_load_balancer", doing, missing=GONE, LoadBalancerArn=before.id)
