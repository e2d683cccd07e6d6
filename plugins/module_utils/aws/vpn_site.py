# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Site-to-site VPN: a virtual private gateway at the VPC, a customer gateway at the other end, and a connection.

What AWS generates for the tunnels (pre-shared keys) is never read into a state, a fact or a message.
"""

from __future__ import annotations

import typing as t
from collections.abc import Iterable

from ..core.plan import Observed, PlanRefused, State
from ..core.readiness import StatusTable
from .ec2 import NOT_SEEN_YET, ROUTE_TABLE, VPC, Item, Network, specification
from .reconcile import Kind, Scope
from .vpn import NamedKind
from .wait import wait_gone

VPN_GATEWAY = "virtual private gateway"
CUSTOMER_GATEWAY = "customer gateway"
CONNECTION = "VPN connection"
DELETION_SECONDS = 1800
REPLACE = "AWS cannot change it: delete the VPN connection (state: absent) and create it anew."
NOT_SEEN = NOT_SEEN_YET | {"InvalidCustomerGatewayID.NotFound", "InvalidVpnGatewayID.NotFound"}


class VpnGateways(NamedKind):
    """State: `vpc` (name of the VPC that it is attached to, or ""), `amazon_asn`, `tags`."""

    kind = VPN_GATEWAY
    operation = "describe_vpn_gateways"
    key = "VpnGateways"
    id_key = "VpnGatewayId"
    immutable: t.ClassVar = {"amazon_asn": "AWS cannot change it: give the new gateway another name, and move over."}

    def read(self, scope: Scope, item: Item) -> State:
        attached = [
            each["VpcId"] for each in item.get("VpcAttachments", []) if each["State"] in ("attached", "attaching")
        ]
        state: State = {"vpc": scope.name(VPC, attached[0]) if attached else ""}
        if item.get("AmazonSideAsn"):
            state["amazon_asn"] = int(item["AmazonSideAsn"])
        return state

    def settle(self, wanted: State, observed: State) -> State:
        """Raises PlanRefused where the gateway is at another VPC: taking it away would cut that one off."""
        if observed["vpc"] not in ("", wanted["vpc"]):
            raise PlanRefused(
                f"{VPN_GATEWAY} {self.name} is attached to VPC {observed['vpc']}, not to {wanted['vpc']}; detach it"
                " there, or give the gateway of this VPC another name"
            )
        return wanted

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        asn = {"AmazonSideAsn": wanted["amazon_asn"]} if "amazon_asn" in wanted else {}
        answer = self.ec2.write(
            "create_vpn_gateway",
            f"create {VPN_GATEWAY} {name}",
            repeatable=False,
            Type="ipsec.1",
            TagSpecifications=specification("vpn-gateway", wanted.get("tags"), name),
            **asn,
        )["VpnGateway"]
        return Observed(answer["VpnGatewayId"], {**wanted, "vpc": "", "tags": wanted.get("tags") or {}})

    def set_field(self, scope: Scope, name: str, before: Observed, field: str, wanted: State) -> None:
        self.ec2.write(
            "attach_vpn_gateway",
            f"attach {VPN_GATEWAY} {name} to VPC {wanted['vpc']}",
            retry=NOT_SEEN,
            VpnGatewayId=before.id,
            VpcId=self.network.required_id(),
        )

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        gone = {"InvalidVpnGatewayID.NotFound", "InvalidVpnGatewayAttachment.NotFound", "InvalidVpcID.NotFound"}
        if before.state["vpc"]:
            self.ec2.write(
                "detach_vpn_gateway",
                f"detach {VPN_GATEWAY} {name}",
                missing=gone,
                VpnGatewayId=before.id,
                VpcId=scope.id(VPC, before.state["vpc"]),
            )
        self.ec2.write(
            "delete_vpn_gateway",
            f"delete {VPN_GATEWAY} {name}",
            missing=gone,
            retry={"IncorrectState"},  # while it is being detached
            VpnGatewayId=before.id,
        )


class CustomerGateways(NamedKind):
    """State: `ip_address`, `bgp_asn`, `tags`."""

    kind = CUSTOMER_GATEWAY
    after = ()
    operation = "describe_customer_gateways"
    key = "CustomerGateways"
    id_key = "CustomerGatewayId"
    immutable: t.ClassVar = {"ip_address": REPLACE, "bgp_asn": REPLACE}

    def read(self, scope: Scope, item: Item) -> State:
        return {"ip_address": item["IpAddress"], "bgp_asn": int(item["BgpAsn"])}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        answer = self.ec2.write(
            "create_customer_gateway",
            f"create {CUSTOMER_GATEWAY} {name}",
            repeatable=False,
            Type="ipsec.1",
            IpAddress=wanted["ip_address"],
            BgpAsn=wanted["bgp_asn"],
            TagSpecifications=specification("customer-gateway", wanted.get("tags"), name),
        )["CustomerGateway"]
        return Observed(answer["CustomerGatewayId"], {**wanted, "tags": wanted.get("tags") or {}})

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.ec2.write(
            "delete_customer_gateway",
            f"delete {CUSTOMER_GATEWAY} {name}",
            missing={"InvalidCustomerGatewayID.NotFound"},
            retry={"IncorrectState"},  # while its connection is being deleted
            CustomerGatewayId=before.id,
        )


class VpnConnections(NamedKind):
    """Between the two gateways of the same name. State: `static_only`, `static_routes` (unless by BGP), `tags`."""

    kind = CONNECTION
    after = (VPN_GATEWAY, CUSTOMER_GATEWAY)
    found_alone = True
    operation = "describe_vpn_connections"
    key = "VpnConnections"
    id_key = "VpnConnectionId"
    immutable: t.ClassVar = {"static_only": REPLACE}
    # Source: EC2 API, VpnConnection.State.
    statuses = StatusTable(frozenset({"available"}), frozenset({"deleting"}))

    def __init__(self, network: Network, name: str, key_storage: str = "") -> None:
        """`key_storage` is where AWS keeps the pre-shared keys (its word), "" for where it does by itself."""
        super().__init__(network, name)
        self.key_storage = key_storage

    def is_gone(self, item: Item) -> bool:
        return bool(item["State"] == "deleted")

    def read(self, scope: Scope, item: Item) -> State:
        static = bool((item.get("Options") or {}).get("StaticRoutesOnly"))
        routes = [
            each["DestinationCidrBlock"]
            for each in item.get("Routes") or []
            if each.get("State") not in ("deleting", "deleted")
        ]
        return {"static_only": static, "static_routes": sorted(routes)}

    def facts(self, item: Item) -> State:
        return {"status": item["State"]}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        storage = {"PreSharedKeyStorage": self.key_storage} if self.key_storage else {}
        answer = self.ec2.write(
            "create_vpn_connection",
            f"create {CONNECTION} {name}",
            retry=NOT_SEEN,
            repeatable=False,
            Type="ipsec.1",
            CustomerGatewayId=scope.id(CUSTOMER_GATEWAY, name),
            VpnGatewayId=scope.id(VPN_GATEWAY, name),
            Options={"StaticRoutesOnly": wanted["static_only"]},
            TagSpecifications=specification("vpn-connection", wanted.get("tags"), name),
            **storage,
        )["VpnConnection"]
        state = {"static_only": wanted["static_only"], "static_routes": [], "tags": wanted.get("tags") or {}}
        return Observed(answer["VpnConnectionId"], state, self.facts(answer))

    def set_field(self, scope: Scope, name: str, before: Observed, field: str, wanted: State) -> None:
        current, routes = set(before.state["static_routes"]), set(wanted["static_routes"])
        for cidr in sorted(routes - current):
            doing = f"add the route to {cidr} to {CONNECTION} {name}"
            self._route("create_vpn_connection_route", doing, before.id, cidr)
        for cidr in sorted(current - routes):
            doing = f"delete the route to {cidr} of {CONNECTION} {name}"
            self._route("delete_vpn_connection_route", doing, before.id, cidr)

    def _route(self, operation: str, doing: str, identifier: str, cidr: str) -> None:
        settled = {"InvalidRoute.NotFound", "RouteAlreadyExists"}
        retry = NOT_SEEN | {"InvalidVpnConnectionID.NotFound", "IncorrectState"}  # while it is pending
        self.ec2.write(
            operation, doing, missing=settled, retry=retry, VpnConnectionId=identifier, DestinationCidrBlock=cidr
        )

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """Waits until it is gone: before that neither gateway can go."""
        self.ec2.write(
            "delete_vpn_connection",
            f"delete {CONNECTION} {name}",
            missing={"InvalidVpnConnectionID.NotFound"},
            VpnConnectionId=before.id,
        )
        wait_gone(self, scope, [name], DELETION_SECONDS)


class RoutePropagations(Kind):
    """Route tables that learn their routes from the gateway; known by the table's name. State: empty."""

    kind = "route propagation"
    after = (VPC, VPN_GATEWAY, ROUTE_TABLE)

    def __init__(self, network: Network, gateway: str) -> None:
        self.network = network
        self.ec2 = network.ec2
        self.gateway = gateway

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        gateway = scope.find(VPN_GATEWAY, self.gateway)
        if gateway is None:
            return {}
        tables = self.network.listed("describe_route_tables")
        learning = [
            each["RouteTableId"]
            for each in tables
            if gateway.id in {one["GatewayId"] for one in each.get("PropagatingVgws", [])}
        ]
        return {scope.name(ROUTE_TABLE, each): Observed(each, {}) for each in learning}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        table = scope.id(ROUTE_TABLE, name)
        self.ec2.write(
            "enable_vgw_route_propagation",
            f"let route table {name} learn the routes of {VPN_GATEWAY} {self.gateway}",
            retry={"Gateway.NotAttached"},  # while it is being attached
            RouteTableId=table,
            GatewayId=scope.id(VPN_GATEWAY, self.gateway),
        )
        return Observed(table, {})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        raise AssertionError("unreachable: a propagation has no fields")

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        self.ec2.write(
            "disable_vgw_route_propagation",
            f"keep route table {name} from learning the routes of {VPN_GATEWAY} {self.gateway}",
            missing={"Gateway.NotAttached", "InvalidRouteTableID.NotFound"},
            RouteTableId=before.id,
            GatewayId=scope.id(VPN_GATEWAY, self.gateway),
        )
