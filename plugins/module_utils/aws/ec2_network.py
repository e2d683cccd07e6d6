# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2: a VPC with all that is in it, as requests to the engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from ..core.plan import Change, Observed, State, plan_kind
from .api import Api
from .ec2 import INTERNET_GATEWAY, NAT_GATEWAY, SUBNET, VPC, Network, VpcKind
from .ec2_endpoint import VpcEndpoints
from .ec2_flow_log import FlowLogs
from .ec2_nat import ELASTIC_IP, ElasticIps, NatGateways
from .ec2_route import RouteTables
from .ec2_subnet import NetworkAcls, Subnets
from .ec2_vpc import DefaultSecurityGroups, InternetGateways, Vpcs
from .reconcile import Kind, Request

# Kinds whose list in the options is the whole truth: others of them that we own are removed at once. Subnets, NAT
# gateways and network ACLs go only by `keep`, because what uses them must be moved away first.
EXHAUSTIVE = frozenset({"route table", "VPC endpoint", "flow log"})
# What each option of `keep_only` speaks about.
KEPT = {"subnets": (SUBNET,), "nat_gateways": (NAT_GATEWAY, ELASTIC_IP), "network_acls": ("network ACL",)}
OPERATIONS = {
    INTERNET_GATEWAY: "describe_internet_gateways",
    "default security group": DefaultSecurityGroups.operation,
    SUBNET: Subnets.operation,
    ELASTIC_IP: ElasticIps.operation,
    NAT_GATEWAY: NatGateways.operation,
    "network ACL": NetworkAcls.operation,
    "route table": RouteTables.operation,
    "VPC endpoint": VpcEndpoints.operation,
    "flow log": FlowLogs.operation,
}


@dataclass(frozen=True)
class Section(Request):
    """A request that may also remove the owned resources of its kind that are neither wanted nor in `keep`."""

    keep: frozenset[str] | None = None

    def plan(self, observed: Mapping[str, Observed]) -> tuple[Change, ...]:
        changes = super().plan(observed)
        if self.keep is None:
            return changes
        gone = observed.keys() - self.keep - self.wanted.keys()
        return (*changes, *plan_kind(self.kind.kind, {}, observed, delete=gone))


def network_requests(
    ec2: Api,
    iam: Callable[[], Api],
    name: str,
    wanted: Mapping[str, Mapping[str, State]],
    *,
    keep: Mapping[str, Collection[str]],
    keep_tags: bool,
) -> list[Request]:
    """What it takes to bring a VPC to the wanted states (by kind and name), reading only what that needs.

    `keep` are the names that stay, by option of `keep_only`.
    """
    kept = {kind: frozenset(names) for option, names in keep.items() for kind in KEPT[option]}
    asked = wanted.keys() | kept.keys()

    def request(kind: Kind) -> Request:
        if kind.kind not in asked and isinstance(kind, VpcKind):
            return kind.for_reference()
        purge = kind.kind in EXHAUSTIVE and kind.kind in wanted
        return Section(kind, wanted.get(kind.kind, {}), purge=purge, keep_tags=keep_tags, keep=kept.get(kind.kind))

    return [request(kind) for kind in _kinds(ec2, iam, name, asked)]


def removal_requests(
    ec2: Api, iam: Callable[[], Api], name: str, named: Mapping[str, Collection[str]] | None
) -> list[Request]:
    """What it takes to remove the owned and the named resources of the given kinds; None is the whole VPC."""
    doomed = {kind: frozenset(names) for kind, names in (named or {}).items()}
    if named is None:
        doomed = {kind: frozenset() for kind in OPERATIONS if kind != "default security group"}
        doomed |= {VPC: frozenset({name}), INTERNET_GATEWAY: frozenset({name})}
    kinds = _kinds(ec2, iam, name, doomed.keys())
    return [Request(kind, purge=kind.kind in doomed, absent=doomed.get(kind.kind, frozenset())) for kind in kinds]


def _kinds(ec2: Api, iam: Callable[[], Api], name: str, asked: Collection[str]) -> list[Kind]:
    """The kinds that are asked for and those that they refer to, sharing one reading of the VPC."""
    needed = _with_references(asked)
    lists = {operation for kind, operation in OPERATIONS.items() if kind in needed}
    network = Network(ec2, name, lists)
    kinds: list[Kind] = [
        Vpcs(network, with_attributes=VPC in asked),
        InternetGateways(network),
        DefaultSecurityGroups(network),
        Subnets(network),
        ElasticIps(network),
        NatGateways(network),
        NetworkAcls(network),
        RouteTables(network),
        VpcEndpoints(network),
        FlowLogs(network, iam),
    ]
    return [kind for kind in kinds if kind.kind in needed]


# Whose ids have to be translated into names when a kind is read.
REFERENCES: dict[str, frozenset[str]] = {
    NAT_GATEWAY: frozenset({SUBNET, ELASTIC_IP}),
    "network ACL": frozenset({SUBNET}),
    "route table": frozenset({SUBNET, INTERNET_GATEWAY, NAT_GATEWAY}),
    "VPC endpoint": frozenset({"route table", SUBNET}),
}


def _with_references(kinds: Collection[str]) -> set[str]:
    """One step only: what a route table in a list of endpoints leads to does not matter."""
    return {VPC, *kinds}.union(*(REFERENCES.get(kind, frozenset()) for kind in kinds))
