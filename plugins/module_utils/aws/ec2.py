# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2: what all kinds of a VPC share. One VPC is read in two steps: the VPC itself, then all its lists side by side."""

from __future__ import annotations

import threading
import typing as t
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial

from ..core.plan import Observed, PlanRefused, State
from ..core.tags import from_pairs, tag_changes, to_pairs
from .api import Api, AwsError
from .reconcile import Kind, Request, Scope, side_by_side

Item = dict[str, t.Any]

VPC = "VPC"
SUBNET = "subnet"
SECURITY_GROUP = "security group"
INTERNET_GATEWAY = "internet gateway"
NAT_GATEWAY = "NAT gateway"
ROUTE_TABLE = "route table"

# Resources with this tag are ours to remove; what somebody else put into the VPC is left alone.
OWNER_TAG = ("ManagedBy", "monay.platform")

# What has been created a moment ago may not be known everywhere in EC2 (it is eventually consistent).
NOT_SEEN_YET = frozenset(
    {
        "InvalidAllocationID.NotFound",
        "InvalidGatewayID.NotFound",
        "InvalidGroup.NotFound",
        "InvalidInternetGatewayID.NotFound",
        "InvalidNatGatewayID.NotFound",
        "InvalidNetworkAclID.NotFound",
        "InvalidRouteTableID.NotFound",
        "InvalidRouteTableId.NotFound",
        "InvalidSubnetID.NotFound",
        "InvalidVpcID.NotFound",
    }
)

NETWORK_TAG = "Network"
BY_NAME = frozenset({"tag:Name", f"tag:{NETWORK_TAG}"})

# How to list what belongs to a VPC: operation -> key of the answer, filter that takes the VPC's id, or its name for
# what lives outside of VPCs (and may be there before or after its VPC).
LISTS: dict[str, tuple[str, str]] = {
    "describe_subnets": ("Subnets", "vpc-id"),
    "describe_security_groups": ("SecurityGroups", "vpc-id"),
    "describe_nat_gateways": ("NatGateways", "vpc-id"),
    "describe_network_acls": ("NetworkAcls", "vpc-id"),
    "describe_route_tables": ("RouteTables", "vpc-id"),
    "describe_vpc_endpoints": ("VpcEndpoints", "vpc-id"),
    "describe_flow_logs": ("FlowLogs", "resource-id"),
    "describe_network_interfaces": ("NetworkInterfaces", "vpc-id"),
    "describe_internet_gateways": ("InternetGateways", "tag:Name"),
    "describe_addresses": ("Addresses", f"tag:{NETWORK_TAG}"),
}


def name_filter(name: str) -> list[Item]:
    """The filter of a Describe call for a `Name` tag."""
    return [{"Name": "tag:Name", "Values": [name]}]


def specification(resource_type: str, tags: Mapping[str, str] | None, name: str, **more: str) -> list[Item]:
    """Tags in the shape that EC2's Create calls take; `Name` always, so that an interrupted run finds the resource."""
    return [{"ResourceType": resource_type, "Tags": to_pairs({**(tags or {}), "Name": name, **more})}]


def set_tags(ec2: Api, what: str, before: Observed, tags: Mapping[str, str]) -> None:
    """Bring the tags of any EC2 resource from those that it has to the wanted ones."""
    setting, removing = tag_changes(before.state["tags"], tags)
    if setting:
        ec2.write("create_tags", f"tag {what}", retry=NOT_SEEN_YET, Resources=[before.id], Tags=to_pairs(setting))
    if removing:
        keys = [{"Key": key} for key in removing]
        ec2.write("delete_tags", f"take tags from {what}", Resources=[before.id], Tags=keys)


def is_owned(tags: Mapping[str, str]) -> bool:
    """Whether the collection may remove a resource that nobody asked for any more."""
    return tags.get(OWNER_TAG[0]) == OWNER_TAG[1]


class Network:
    """One VPC, by name, and lists of what belongs to it. Shared by the kinds of one module call."""

    def __init__(self, ec2: Api, name: str, lists: Collection[str] = ()) -> None:
        """`lists` are the operations of LISTS whose answers will be asked for: they are fetched as soon as possible."""
        self.ec2 = ec2
        self.name = name
        self._lists: Collection[str] = lists
        self._id: str | None = None
        self._fetched: dict[str, list[Item]] = {}
        self._lock = threading.Lock()

    @property
    def id(self) -> str | None:
        """The VPC's id, None while it does not exist."""
        return self._id

    def required_id(self) -> str:
        """The VPC's id. Raises PlanRefused where it does not exist."""
        if self._id is None:
            raise PlanRefused(f"VPC {self.name} does not exist in {self.ec2.region}; create it first (role network)")
        return self._id

    def find(self) -> Item | None:
        """The VPC as EC2 describes it. Raises PlanRefused where several have the name."""
        found = self.ec2.pages("describe_vpcs", "Vpcs", f"find VPC {self.name}", Filters=name_filter(self.name))
        if len(found) > 1:
            ids = " and ".join(sorted(each["VpcId"] for each in found))
            raise PlanRefused(
                f"VPC {self.name}: {ids} in {self.ec2.region} both have this Name tag; rename or delete the one that is"
                " not meant, or change platform_project or platform_environment"
            )
        self.found(found[0]["VpcId"] if found else None)
        if not found:
            self._lists = ()
        return found[0] if found else None

    def found(self, identifier: str | None) -> None:
        """Remember the VPC's id."""
        self._id = identifier

    def prefetch(self, also: Mapping[str, Callable[[], t.Any]]) -> dict[str, t.Any]:
        """Fetch all lists of the VPC, and make the calls in `also`, side by side; returns the latter's answers.

        The lists are fetched by the first look at the VPC only: what is asked later is asked because of a write.
        """
        jobs = {operation: partial(self._fetch, operation) for operation in self._lists}
        self._lists = ()
        answers = side_by_side({**jobs, **also})
        with self._lock:
            self._fetched.update({operation: answers[operation] for operation in jobs})
        return {key: answers[key] for key in also}

    def listed(self, operation: str) -> list[Item]:
        """What belongs to the VPC: the fetched answer once, then afresh."""
        with self._lock:
            fetched = self._fetched.pop(operation, None)
        return self._fetch(operation) if fetched is None else fetched

    def _fetch(self, operation: str) -> list[Item]:
        key, filter_name = LISTS[operation]
        value = self.name if filter_name in BY_NAME else self._id
        if value is None:
            return []
        filters = [{"Name": filter_name, "Values": [value]}]
        return self.ec2.pages(operation, key, f"list {key} of VPC {self.name}", Filters=filters)

    def tenants(self) -> str:
        """The network interfaces that are left in the VPC, for the message of a deletion that AWS refuses."""
        interfaces = [
            f"{each['NetworkInterfaceId']} ({each.get('Description') or each.get('InterfaceType') or 'no description'})"
            for each in self._fetch("describe_network_interfaces")
        ]
        return (
            "Still in the VPC: " + ", ".join(sorted(interfaces)) if interfaces else "No network interface is left in it"
        )


class VpcKind(Kind):
    """A kind whose resources live in one VPC and are named by their `Name` tag.

    Subclasses say which list they are in, how to read one item, and how to set each field.
    """

    after: t.ClassVar[tuple[str, ...]] = (VPC,)
    named_by_tag = True
    operation: t.ClassVar[str]
    """The operation of LISTS."""
    id_key: t.ClassVar[str]
    """Where an item has its id."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.ec2 = network.ec2
        self._tokens: dict[str, str] = {}
        self._owned_only = True

    def for_reference(self) -> Request:
        """The request of a kind that is only read, because others name its resources: whoever owns them."""
        self._owned_only = False
        return Request(self)

    def token(self, name: str) -> str:
        """The same client token for all attempts of one run to create the resource: EC2 answers with the first one."""
        return self._tokens.setdefault(name, uuid.uuid4().hex)

    def forget_token(self, name: str) -> None:
        """The next creation is another one: EC2 would answer the old token with what was deleted."""
        self._tokens.pop(name, None)

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        found: dict[str, Observed] = {}
        for item in self.items():
            tags = from_pairs(item.get("Tags"))
            name = tags.get("Name", "")
            if not name or (self._owned_only and name not in names and not is_owned(tags)):
                continue
            observed = Observed(item[self.id_key], {**self.read(scope, item), "tags": tags}, self.facts(item))
            found[name] = self.choose(name, found[name], observed) if name in found else observed
        return found

    def items(self) -> list[Item]:
        """The items of the VPC that are of this kind."""
        return self.network.listed(self.operation)

    def choose(self, name: str, one: Observed, other: Observed) -> Observed:
        """Which of two resources of one name is meant. Raises PlanRefused: nobody can know."""
        raise PlanRefused(
            f"{self.kind} {name}: {one.id} and {other.id} in VPC {self.network.name} both have this Name tag; rename or"
            " delete the one that is not meant"
        )

    def read(self, scope: Scope, item: Item) -> State:
        """The canonical state of one item, without its tags."""
        raise NotImplementedError

    def facts(self, item: Item) -> State:
        """What callers may want to know of an item."""
        return {}

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        for field in sorted(fields, key=self.order):
            if field == "tags":
                set_tags(self.ec2, f"{self.kind} {name}", before, wanted["tags"])
            else:
                self.set_field(scope, name, before, field, wanted)

    def order(self, field: str) -> int:
        """The place of a field among the others in an update."""
        return 0

    def set_field(self, scope: Scope, name: str, before: Observed, field: str, wanted: State) -> None:
        """Bring one field (not the tags) to the wanted state."""
        raise NotImplementedError

    def remove(self, operation: str, name: str, missing: Collection[str], **params: t.Any) -> None:
        """Delete; where AWS goes on saying that something is still in it, the message says what.

        Interfaces of what has just been deleted (a database, an endpoint) are let go of a little later.
        """
        doing = f"delete {self.kind} {name}"
        try:
            self.ec2.write(operation, doing, missing=missing, retry={"DependencyViolation"}, **params)
        except AwsError as error:
            if error.code != "DependencyViolation":
                raise
            raise AwsError(f"{error}. {self.network.tenants()}. Remove it, then run again", error.code) from error
