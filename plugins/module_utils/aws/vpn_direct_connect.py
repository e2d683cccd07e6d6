# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Direct Connect: the association of a virtual private gateway with a Direct Connect gateway that exists already.

The line itself is ordered from a partner, and its gateway serves several VPCs, so neither is created here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..core.plan import Observed, PlanRefused, State
from ..core.readiness import StatusTable
from .api import Api
from .reconcile import Kind, Scope
from .vpn_site import VPN_GATEWAY
from .wait import wait_gone

DELETION_SECONDS = 1800


class DirectConnectAssociations(Kind):
    """Known by the name of the Direct Connect gateway. State: `allowed_prefixes` (what it announces, sorted)."""

    kind = "Direct Connect association"
    after = (VPN_GATEWAY,)
    # Source: Direct Connect API, DirectConnectGatewayAssociation.associationState.
    statuses = StatusTable(frozenset({"associated"}), frozenset({"disassociating"}))

    def __init__(self, direct_connect: Callable[[], Api], gateway: str) -> None:
        """`direct_connect` is called when there is a gateway to ask about; `gateway` is its name."""
        self.direct_connect = direct_connect
        self.gateway = gateway

    def observe(self, scope: Scope, names: Iterable[str]) -> dict[str, Observed]:
        gateway = scope.find(VPN_GATEWAY, self.gateway)
        if gateway is None:
            return {}
        found = self.direct_connect().pages(
            "describe_direct_connect_gateway_associations",
            "directConnectGatewayAssociations",
            f"list Direct Connect associations of {VPN_GATEWAY} {self.gateway}",
            associatedGatewayId=gateway.id,
        )
        alive = [each for each in found if each["associationState"] != "disassociated"]
        titles = {identifier: name for name, identifier in self._gateways().items()} if alive else {}
        return {
            titles.get(each["directConnectGatewayId"], each["directConnectGatewayId"]): Observed(
                each["associationId"],
                {"allowed_prefixes": sorted(one["cidr"] for one in each["allowedPrefixesToDirectConnectGateway"])},
                {"status": each["associationState"]},
            )
            for each in alive
        }

    def _gateways(self) -> dict[str, str]:
        """Ids by name. Raises PlanRefused where two have one name."""
        found = self.direct_connect().pages(
            "describe_direct_connect_gateways", "directConnectGateways", "list Direct Connect gateways"
        )
        ids: dict[str, str] = {}
        for each in found:
            name, identifier = each["directConnectGatewayName"], each["directConnectGatewayId"]
            if name in ids:
                raise PlanRefused(
                    f"Direct Connect gateway {name}: {ids[name]} and {identifier} have this name; rename one"
                )
            ids[name] = identifier
        return ids

    def create(self, scope: Scope, name: str, wanted: State) -> Observed:
        gateways = self._gateways()
        if name not in gateways:
            raise PlanRefused(
                f"there is no Direct Connect gateway {name} in this account; create it with the connection, or correct"
                " admin_access_direct_connect_gateway"
            )
        answer = self.direct_connect().write(
            "create_direct_connect_gateway_association",
            f"associate {VPN_GATEWAY} {self.gateway} with Direct Connect gateway {name}",
            repeatable=False,
            directConnectGatewayId=gateways[name],
            gatewayId=scope.id(VPN_GATEWAY, self.gateway),
            addAllowedPrefixesToDirectConnectGateway=_prefixes(wanted["allowed_prefixes"]),
        )["directConnectGatewayAssociation"]
        return Observed(answer["associationId"], dict(wanted), {"status": answer["associationState"]})

    def update(self, scope: Scope, name: str, before: Observed, wanted: State, fields: Iterable[str]) -> None:
        current, prefixes = set(before.state["allowed_prefixes"]), set(wanted["allowed_prefixes"])
        self.direct_connect().write(
            "update_direct_connect_gateway_association",
            f"set what Direct Connect gateway {name} announces",
            associationId=before.id,
            addAllowedPrefixesToDirectConnectGateway=_prefixes(prefixes - current),
            removeAllowedPrefixesToDirectConnectGateway=_prefixes(current - prefixes),
        )

    def delete(self, scope: Scope, name: str, before: Observed) -> None:
        """Waits until it is gone: before that the virtual private gateway cannot go."""
        doing = f"take {VPN_GATEWAY} {self.gateway} from Direct Connect gateway {name}"
        if before.facts.get("status") != "disassociating":
            self.direct_connect().write("delete_direct_connect_gateway_association", doing, associationId=before.id)
        wait_gone(self, scope, [name], DELETION_SECONDS)


def _prefixes(cidrs: Iterable[str]) -> list[dict[str, str]]:
    return [{"cidr": each} for each in sorted(cidrs)]
