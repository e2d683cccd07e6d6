# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""EC2: route tables."""

from __future__ import annotations

import threading

from ..core.network import ROUTE_TARGETS, observed_routes
from ..core.plan import Observed, State
from .ec2 import (
    INTERNET_GATEWAY,
    NAT_GATEWAY,
    NOT_SEEN_YET,
    ROUTE_TABLE,
    SUBNET,
    VPC,
    Item,
    Network,
    VpcKind,
    specification,
)
from .reconcile import Scope

Route = dict[str, str]
KINDS = {"internet_gateway": INTERNET_GATEWAY, "nat_gateway": NAT_GATEWAY}
# Of a route whose NAT gateway cannot be used yet or any more.
UNUSABLE = NOT_SEEN_YET | {"InvalidGatewayID.NotFound"}


class RouteTables(VpcKind):
    """Routes of the VPC itself, of gateway endpoints and of a virtual private gateway are not ours, and stay.

    State: `subnets` (sorted names), `routes` (`{cidr, target, name}` by cidr), `tags`.
    """

    kind = ROUTE_TABLE
    after = (VPC, SUBNET, INTERNET_GATEWAY, NAT_GATEWAY)
    operation = "describe_route_tables"
    id_key = "RouteTableId"

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        # Two tables that exchange a subnet must not both move it.
        self._moving = threading.Lock()

    def read(self, scope: Scope, item: Item) -> State:
        routes = [
            {**each, "name": scope.name(KINDS[each["target"]], each["name"])} if each["target"] in KINDS else each
            for each in observed_routes(item["Routes"])
        ]
        return {"subnets": sorted(scope.name(SUBNET, each) for each in _links(item)), "routes": routes}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        answer = self.ec2.write(
            "create_route_table",
            f"create route table {name}",
            retry=NOT_SEEN_YET,
            repeatable=False,
            VpcId=self.network.required_id(),
            ClientToken=self.token(name),
            TagSpecifications=specification("route-table", wanted.get("tags"), name),
        )["RouteTable"]
        return Observed(answer["RouteTableId"], {"subnets": [], "routes": [], "tags": wanted.get("tags") or {}})

    def order(self, field: str) -> int:
        return field == "subnets"  # behind the routes: a subnet never meets an empty table

    def set_field(self, scope: Scope, name: str, before: Observed, field: str, wanted: State) -> None:
        if field == "subnets":
            self._link(scope, name, before.id, wanted["subnets"])
        else:
            self._set_routes(scope, name, before, wanted["routes"])

    def _set_routes(self, scope: Scope, name: str, before: Observed, wanted: list[Route]) -> None:
        current = {route["cidr"]: route for route in before.state["routes"]}
        for route in wanted:
            existing = current.pop(route["cidr"], None)
            if existing == route:
                continue
            target: State = {ROUTE_TARGETS[route["target"]]: scope.id(KINDS[route["target"]], route["name"])}
            self.ec2.write(
                "replace_route" if existing else "create_route",
                f"send {route['cidr']} of route table {name} to {KINDS[route['target']]} {route['name']}",
                retry=UNUSABLE,
                missing={"RouteAlreadyExists"},
                RouteTableId=before.id,
                DestinationCidrBlock=route["cidr"],
                **target,
            )
        for cidr in current:
            self.ec2.write(
                "delete_route",
                f"delete the route to {cidr} from route table {name}",
                missing={"InvalidRoute.NotFound"},
                RouteTableId=before.id,
                DestinationCidrBlock=cidr,
            )

    def _link(self, scope: Scope, name: str, identifier: str, subnets: list[str]) -> None:
        """Make the table that of exactly these subnets (names); the others fall back to the VPC's main table."""
        wanted = {scope.id(SUBNET, each): each for each in subnets}
        with self._moving:
            tables = self.network.listed(self.operation)
            links = {
                subnet: (table["RouteTableId"], link) for table in tables for subnet, link in _links(table).items()
            }
            for subnet, title in wanted.items():
                table, link = links.get(subnet, ("", ""))
                if table == identifier:
                    continue
                doing = f"give route table {name} to subnet {title}"
                if link:
                    self.ec2.write(
                        "replace_route_table_association",
                        doing,
                        retry=NOT_SEEN_YET,
                        AssociationId=link,
                        RouteTableId=identifier,
                    )
                else:
                    self.ec2.write(
                        "associate_route_table",
                        doing,
                        retry=NOT_SEEN_YET,
                        missing={"Resource.AlreadyAssociated"},
                        SubnetId=subnet,
                        RouteTableId=identifier,
                    )
            for subnet, (table, link) in links.items():
                if table == identifier and subnet not in wanted:
                    self.ec2.write(
                        "disassociate_route_table",
                        f"take route table {name} from subnet {scope.name(SUBNET, subnet)}",
                        missing={"InvalidAssociationID.NotFound"},
                        AssociationId=link,
                    )

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self._link(scope, name, before.id, [])
        missing = {"InvalidRouteTableID.NotFound", "InvalidRouteTableId.NotFound"}
        self.remove("delete_route_table", name, missing, RouteTableId=before.id)


def _links(table: Item) -> dict[str, str]:
    """The table's associations: subnet id -> association id."""
    return {
        each["SubnetId"]: each["RouteTableAssociationId"]
        for each in table["Associations"]
        if each.get("SubnetId") and (each.get("AssociationState") or {}).get("State") not in ("disassociated", "failed")
    }
