# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Client VPN: an endpoint for people, the subnets that it leads into, who may go where, and its routes."""

from __future__ import annotations

import typing as t
from collections.abc import Iterable, Set

from ..core.plan import Observed, PlanRefused, State
from ..core.readiness import StatusTable
from ..core.vpn import AUTHENTICATION, authorization_name, route_name
from .ec2 import NOT_SEEN_YET, SUBNET, VPC, Item, Network, specification
from .reconcile import Kind, Scope
from .vpn import NamedKind
from .wait import wait_gone, wait_ready

ENDPOINT = "Client VPN endpoint"
ASSOCIATION = "Client VPN association"
ENDPOINT_GONE = "InvalidClientVpnEndpointId.NotFound"
# AWS takes five to ten minutes to put an endpoint into a subnet, and about as long to take it out.
ASSOCIATION_SECONDS = 1800


class ClientVpnEndpoints(NamedKind):
    """State: see core.vpn.client_vpn_endpoint; `security_groups` are sorted names; and `tags`."""

    kind = ENDPOINT
    after = (VPC, SUBNET)
    operation = "describe_client_vpn_endpoints"
    key = "ClientVpnEndpoints"
    id_key = "ClientVpnEndpointId"
    immutable: t.ClassVar = dict.fromkeys(
        ("client_cidr", "authentication", "transport_protocol"),
        "AWS cannot change it: give the new endpoint another name, and hand out its configuration.",
    )

    def is_gone(self, item: Item) -> bool:
        return item["Status"]["Code"] in ("deleting", "deleted")

    def read(self, scope: Scope, item: Item) -> State:
        log = item.get("ConnectionLogOptions") or {}
        titles = {each["GroupId"]: each["GroupName"] for each in self.network.listed("describe_security_groups")}
        return {
            "description": item.get("Description") or "",
            "client_cidr": item["ClientCidrBlock"],
            "server_certificate": item["ServerCertificateArn"],
            "authentication": _authentication(item["AuthenticationOptions"]),
            "split_tunnel": bool(item.get("SplitTunnel")),
            "dns_servers": sorted(item.get("DnsServers") or []),
            "transport_protocol": item["TransportProtocol"],
            "port": item["VpnPort"],
            "session_timeout_hours": item["SessionTimeoutHours"],
            "connection_log": (log.get("CloudwatchLogGroup") or "") if log.get("Enabled") else "",
            "security_groups": sorted(titles.get(each, each) for each in item.get("SecurityGroupIds") or []),
        }

    def facts(self, item: Item) -> State:
        return {"status": item["Status"]["Code"], "dns_name": item.get("DnsName") or ""}

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        dns = {"DnsServers": wanted["dns_servers"]} if wanted["dns_servers"] else {}
        groups = {"SecurityGroupIds": self._groups(name, wanted)} if wanted.get("security_groups") else {}
        answer = self.ec2.write(
            "create_client_vpn_endpoint",
            f"create {ENDPOINT} {name}",
            retry=NOT_SEEN_YET,
            repeatable=False,
            ClientToken=self.token(name),
            ClientCidrBlock=wanted["client_cidr"],
            TransportProtocol=wanted["transport_protocol"],
            AuthenticationOptions=[_wanted_authentication(wanted["authentication"])],
            VpcId=self.network.required_id(),
            TagSpecifications=specification("client-vpn-endpoint", wanted.get("tags"), name),
            **_settings(wanted),
            **dns,
            **groups,
        )
        facts = {"status": answer["Status"]["Code"], "dns_name": answer.get("DnsName") or ""}
        return Observed(answer["ClientVpnEndpointId"], {**wanted, "tags": wanted.get("tags") or {}}, facts)

    def _groups(self, name: str, wanted: State) -> list[str]:
        groups = {each["GroupName"]: each["GroupId"] for each in self.network.listed("describe_security_groups")}
        absent = sorted(set(wanted["security_groups"]) - groups.keys())
        if absent:
            raise PlanRefused(
                f"{ENDPOINT} {name}: there is no security group {absent[0]} in VPC {self.network.name}; create it first"
                " (role security_groups with security_groups_admin_access: client_vpn)"
            )
        return [groups[each] for each in wanted["security_groups"]]

    def set_field(self, scope: Scope, name: str, before: Observed, field: str, wanted: State) -> None:
        changes = _settings({field: wanted[field]})
        if field == "dns_servers":
            servers = wanted[field]
            changes = {"DnsServers": {"Enabled": bool(servers), **({"CustomDnsServers": servers} if servers else {})}}
        if field == "security_groups":
            changes = {"SecurityGroupIds": self._groups(name, wanted), "VpcId": self.network.required_id()}
        doing = f"set {field} of {ENDPOINT} {name}"
        self.ec2.write("modify_client_vpn_endpoint", doing, ClientVpnEndpointId=before.id, **changes)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        doing = f"delete {ENDPOINT} {name}"
        self.ec2.write("delete_client_vpn_endpoint", doing, missing={ENDPOINT_GONE}, ClientVpnEndpointId=before.id)


def _settings(wanted: State) -> State:
    """The fields that creation and modification spell alike, as far as they are wanted."""
    words = {
        "description": "Description",
        "server_certificate": "ServerCertificateArn",
        "split_tunnel": "SplitTunnel",
        "port": "VpnPort",
        "session_timeout_hours": "SessionTimeoutHours",
    }
    settings = {word: wanted[field] for field, word in words.items() if field in wanted}
    if "connection_log" in wanted:
        group = wanted["connection_log"]
        settings["ConnectionLogOptions"] = {"Enabled": bool(group), **({"CloudwatchLogGroup": group} if group else {})}
    return settings


def _wanted_authentication(wanted: dict[str, str]) -> State:
    type_ = wanted["type"]
    word, argument = AUTHENTICATION[type_]
    value = wanted[argument]
    details = {
        "certificate": {"MutualAuthentication": {"ClientRootCertificateChainArn": value}},
        "saml": {"FederatedAuthentication": {"SAMLProviderArn": value}},
        "directory": {"ActiveDirectory": {"DirectoryId": value}},
    }
    return {"Type": word, **details[type_]}


def _authentication(options: list[Item]) -> State:
    """The first way of authentication; AWS takes a second one beside it, which shows as a difference."""
    if len(options) != 1:
        return {"type": "+".join(sorted(each["Type"] for each in options))}
    option = options[0]
    type_ = next((name for name, (word, _argument) in AUTHENTICATION.items() if word == option["Type"]), option["Type"])
    values = {
        "certificate": (option.get("MutualAuthentication") or {}).get("ClientRootCertificateChain"),
        "saml": (option.get("FederatedAuthentication") or {}).get("SamlProviderArn"),
        "directory": (option.get("ActiveDirectory") or {}).get("DirectoryId"),
    }
    return {"type": type_, AUTHENTICATION[type_][1]: values[type_]} if type_ in AUTHENTICATION else {"type": type_}


class Members(Kind):
    """What belongs to one endpoint. Whatever of it is not wanted is removed."""

    after: t.ClassVar[tuple[str, ...]] = (ENDPOINT, SUBNET)
    operation: t.ClassVar[str]
    key: t.ClassVar[str]
    dying: t.ClassVar[frozenset[str]] = frozenset()
    """Statuses of what is on its way out, and must be counted as gone."""

    def __init__(self, network: Network, endpoint: str) -> None:
        self.network = network
        self.ec2 = network.ec2
        self.endpoint = endpoint
        self._replaced: set[str] = set()

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        endpoint = scope.find(ENDPOINT, self.endpoint)
        if endpoint is None:
            return {}
        doing = f"list {self.key} of {ENDPOINT} {self.endpoint}"
        items = self.ec2.pages(self.operation, self.key, doing, {ENDPOINT_GONE}, ClientVpnEndpointId=endpoint.id)
        alive = [each for each in items if each["Status"]["Code"] not in self.dying]
        return dict(self.read(scope, each) for each in alive if self.counts(each))

    def counts(self, item: Item) -> bool:
        """Whether an item is somebody's wish, not AWS's own."""
        return True

    def read(self, scope: Scope, item: Item) -> tuple[str, Observed]:
        """Name and state of one item."""
        raise NotImplementedError

    def write(
        self,
        scope: Scope,
        operation: str,
        doing: str,
        missing: Set[str],
        retry: Set[str] = frozenset(),
        **params: t.Any,
    ) -> t.Any:
        """A write to the endpoint."""
        endpoint = scope.id(ENDPOINT, self.endpoint)
        return self.ec2.write(operation, doing, missing=missing, retry=retry, ClientVpnEndpointId=endpoint, **params)

    def add(self, scope: Scope, operation: str, doing: str, duplicate: str, name: str, **params: t.Any) -> t.Any:
        """A write that AWS refuses with `duplicate` where the member is there, or its predecessor still is."""
        there, leaving = (set(), {duplicate}) if name in self._replaced else ({duplicate}, set())
        return self.write(scope, operation, doing, there, leaving, **params)

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        """AWS changes nothing of a member: another one takes its place."""
        self.delete(scope, name, before)
        self._replaced.add(name)
        self.create(scope, name, {**before.state, **wanted})


class Associations(Members):
    """Known by the name of the subnet. State: empty."""

    kind = ASSOCIATION
    operation = "describe_client_vpn_target_networks"
    key = "ClientVpnTargetNetworks"
    statuses = StatusTable(frozenset({"associated"}), frozenset({"association-failed", "disassociating"}))
    dying = frozenset({"disassociated"})

    def read(self, scope: Scope, item: Item) -> tuple[str, Observed]:
        name = scope.name(SUBNET, item["TargetNetworkId"])
        return name, Observed(item["AssociationId"], {}, {"status": item["Status"]["Code"]})

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        answer = self.write(
            scope,
            "associate_client_vpn_target_network",
            f"lead {ENDPOINT} {self.endpoint} into subnet {name}",
            {"InvalidClientVpnDuplicateAssociationException"},
            SubnetId=scope.id(SUBNET, name),
        )
        if answer is None:
            return self.observe(scope, [name])[name]
        return Observed(answer["AssociationId"], {}, {"status": answer["Status"]["Code"]})

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """Waits until it is gone: before that neither the endpoint nor the subnet can go."""
        self.write(
            scope,
            "disassociate_client_vpn_target_network",
            f"take {ENDPOINT} {self.endpoint} out of subnet {name}",
            {"InvalidClientVpnAssociationId.NotFound", ENDPOINT_GONE},
            AssociationId=before.id,
        )
        wait_gone(self, scope, [name], ASSOCIATION_SECONDS)


class AuthorizationRules(Members):
    """Known as `10.10.0.0/16 for everyone`. State: `cidr`, `group` (id, "" for everyone), `description`."""

    kind = "Client VPN authorization rule"
    operation = "describe_client_vpn_authorization_rules"
    key = "AuthorizationRules"
    dying = frozenset({"revoking"})

    def read(self, scope: Scope, item: Item) -> tuple[str, Observed]:
        cidr, group = item["DestinationCidr"], item.get("GroupId") or ""
        name = authorization_name(cidr, group)
        return name, Observed(name, {"cidr": cidr, "group": group, "description": item.get("Description") or ""})

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        who = {"AccessGroupId": wanted["group"]} if wanted["group"] else {"AuthorizeAllGroups": True}
        self.add(
            scope,
            "authorize_client_vpn_ingress",
            f"allow {name} at {ENDPOINT} {self.endpoint}",
            "InvalidClientVpnDuplicateAuthorizationRule",
            name,
            TargetNetworkCidr=wanted["cidr"],
            Description=wanted["description"],
            **who,
        )
        return Observed(name, wanted)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        group = before.state["group"]
        who = {"AccessGroupId": group} if group else {"RevokeAllGroups": True}
        self.write(
            scope,
            "revoke_client_vpn_ingress",
            f"forbid {name} at {ENDPOINT} {self.endpoint}",
            {"InvalidClientVpnEndpointAuthorizationRuleNotFound", ENDPOINT_GONE},
            TargetNetworkCidr=before.state["cidr"],
            **who,
        )


class Routes(Members):
    """Known as `0.0.0.0/0 by subnet`. The routes into the associated VPC are AWS's own.

    State: `cidr`, `subnet` (name), `description`.
    """

    kind = "Client VPN route"
    after = (ENDPOINT, SUBNET, ASSOCIATION)
    operation = "describe_client_vpn_routes"
    key = "Routes"
    dying = frozenset({"deleting"})

    def __init__(self, network: Network, endpoint: str, associations: Associations) -> None:
        super().__init__(network, endpoint)
        self.associations = associations

    def counts(self, item: Item) -> bool:
        return bool(item.get("Origin") != "associate")

    def read(self, scope: Scope, item: Item) -> tuple[str, Observed]:
        cidr, subnet = item["DestinationCidr"], scope.name(SUBNET, item["TargetSubnet"])
        name = route_name(cidr, subnet)
        return name, Observed(name, {"cidr": cidr, "subnet": subnet, "description": item.get("Description") or ""})

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        """AWS takes a route only when the endpoint is in its subnet."""
        wait_ready(self.associations, scope, [wanted["subnet"]], ASSOCIATION_SECONDS)
        self.add(
            scope,
            "create_client_vpn_route",
            f"add route {name} to {ENDPOINT} {self.endpoint}",
            "InvalidClientVpnDuplicateRoute",
            name,
            DestinationCidrBlock=wanted["cidr"],
            TargetVpcSubnetId=scope.id(SUBNET, wanted["subnet"]),
            Description=wanted["description"],
        )
        return Observed(name, wanted)

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        subnet = scope.find(SUBNET, before.state["subnet"])
        self.write(
            scope,
            "delete_client_vpn_route",
            f"delete route {name} of {ENDPOINT} {self.endpoint}",
            {"InvalidClientVpnRouteNotFound", ENDPOINT_GONE},
            DestinationCidrBlock=before.state["cidr"],
            TargetVpcSubnetId=subnet.id if subnet else before.state["subnet"],
        )
