# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Private addresses of network interfaces: each is given to one at a time, where moto throws dice."""

from __future__ import annotations

from typing import Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers

# AWS keeps the first four addresses of a subnet, and the last one.
KEPT_FIRST, KEPT_LAST = 4, 1


class GivenAddresses:
    """The address that each subnet gave out last; an address comes again when all others have had their turn."""

    def __init__(self) -> None:
        self.last: dict[str, int] = {}


@answers("ec2", "CreateNetworkInterface")
def create(context: Context) -> dict[str, Any]:
    """With the next free address of its subnet, or with the one that is asked for if it is free."""
    parameters, backend = context.parameters, context.backend()
    name = parameters["SubnetId"]
    subnet = next((zone[name] for zone in backend.subnets.values() if name in zone), None)
    if subnet is None:
        return context.moto()  # which says that there is none
    used = {
        one["PrivateIpAddress"]
        for eni in backend.enis.values()
        if eni.subnet.id == subnet.id
        for one in eni.private_ip_addresses
    }
    listed = [one["PrivateIpAddress"] for one in parameters.get("PrivateIpAddresses", [])]
    asked = [parameters["PrivateIpAddress"]] if "PrivateIpAddress" in parameters else listed
    taken = next((address for address in asked if address in used), None)
    if taken:
        raise AwsError("InvalidIPAddress.InUse", f"Address {taken} is in use.")
    if asked:
        return context.moto()
    return context.moto({**parameters, "PrivateIpAddress": _next(context, subnet, used)})


def _next(context: Context, subnet: Any, used: set[str]) -> str:
    last, size = context.store(GivenAddresses).last, subnet.cidr.num_addresses - KEPT_FIRST - KEPT_LAST
    for step in range(1, size + 1):
        place = (last.get(subnet.id, -1) + step) % size
        address = str(subnet.cidr[KEPT_FIRST + place])
        if address not in used:
            last[subnet.id] = place
            return address
    message = f"The specified subnet does not have enough free addresses to satisfy the request ({subnet.id})."
    raise AwsError("InsufficientFreeAddressesInSubnet", message)
