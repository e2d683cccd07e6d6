# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Network ACLs: moto's own ones lack the last, denying entries, and a missing entry is a crash."""

from __future__ import annotations

from typing import Any

from simulator.errors import AwsError
from simulator.overlay import Context, answers, guards

DENY_ALL = {
    "rule_number": 32767,
    "protocol": "-1",
    "rule_action": "deny",
    "cidr_block": "0.0.0.0/0",
    "icmp_code": None,
    "icmp_type": None,
    "port_range_from": None,
    "port_range_to": None,
    "ipv6_cidr_block": None,
}


@answers("ec2", "CreateNetworkAcl")
def create_network_acl(context: Context) -> dict[str, Any]:
    """A new ACL denies everything, in both directions."""
    acl_id = context.moto()["NetworkAcl"]["NetworkAclId"]
    for egress in (True, False):
        context.backend().create_network_acl_entry(network_acl_id=acl_id, egress=egress, **DENY_ALL)
    return {"NetworkAcl": context.invoke("ec2", "DescribeNetworkAcls", NetworkAclIds=[acl_id])["NetworkAcls"][0]}


@guards("ec2", "DeleteNetworkAclEntry", "ReplaceNetworkAclEntry")
def entry_exists(context: Context) -> None:
    acl = context.backend().network_acls.get(context.parameters["NetworkAclId"])
    number, egress = context.parameters["RuleNumber"], context.parameters["Egress"]
    if acl is not None and not any(e.rule_number == number and e.egress == egress for e in acl.network_acl_entries):
        message = f"The network acl entry identified by {number} does not exist."
        raise AwsError("InvalidNetworkAclEntry.NotFound", message)


@guards("ec2", "ReplaceNetworkAclAssociation")
def association_exists(context: Context) -> None:
    backend, wanted = context.backend(), context.parameters["AssociationId"]
    if not any(wanted in acl._associations for acl in backend.network_acls.values()):
        raise AwsError("InvalidAssociationID.NotFound", f"The association ID '{wanted}' does not exist")
    if context.parameters["NetworkAclId"] not in backend.network_acls:
        message = f"The networkAcl ID '{context.parameters['NetworkAclId']}' does not exist"
        raise AwsError("InvalidNetworkAclID.NotFound", message)
