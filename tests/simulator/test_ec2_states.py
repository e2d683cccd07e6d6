# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""EC2 as AWS runs it: what takes time, and what is refused while something depends on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.scenarios import make_nat_gateway, make_network, tagged
from tests.support.simulator import REGION, Simulator

if TYPE_CHECKING:
    from collections.abc import Callable

    Aws = Callable[..., Any]


def refused(code: str, client: Any, method: str, **parameters: Any) -> str:
    """The message with which a call is refused with this code."""
    with pytest.raises(client.exceptions.ClientError) as caught:
        getattr(client, method)(**parameters)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    return str(error["Message"])


def _nat_state(ec2: Any, gateway: str) -> str:
    return str(ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"][0]["State"])


def test_a_nat_gateway_is_pending_then_available_then_deleting_then_deleted(simulator: Simulator, aws: Aws) -> None:
    ec2, made = aws("ec2"), make_network(aws)
    simulator.settings(speed=1)
    nat = make_nat_gateway(aws, made["subnets"][0])
    assert _nat_state(ec2, nat["gateway"]) == "pending"
    simulator.settings(speed="inf")
    assert _nat_state(ec2, nat["gateway"]) == "available"
    simulator.settings(speed=1)
    ec2.delete_nat_gateway(NatGatewayId=nat["gateway"])
    assert _nat_state(ec2, nat["gateway"]) == "deleting"
    refused("InvalidIPAddress.InUse", ec2, "release_address", AllocationId=nat["address"])
    simulator.settings(speed="inf")
    assert _nat_state(ec2, nat["gateway"]) == "deleted"
    ec2.release_address(AllocationId=nat["address"])
    assert ec2.describe_addresses()["Addresses"] == []


def test_provisioning_takes_the_time_that_is_set(simulator: Simulator, aws: Aws) -> None:
    ec2, made = aws("ec2"), make_network(aws)
    simulator.settings(speed=20)  # six seconds become 0.3
    nat = make_nat_gateway(aws, made["subnets"][0])
    assert _nat_state(ec2, nat["gateway"]) == "pending"
    waiter = ec2.get_waiter("nat_gateway_available")
    waiter.wait(NatGatewayIds=[nat["gateway"]], WaiterConfig={"Delay": 0.1, "MaxAttempts": 30})
    entries = simulator.calls("ec2", "DescribeNatGateways")
    assert entries[-1]["at"] - simulator.calls("ec2", "CreateNatGateway")[0]["at"] >= 0.28


def test_a_nat_gateway_has_its_address_tags_and_token(aws: Aws) -> None:
    ec2, made = aws("ec2"), make_network(aws)
    nat = make_nat_gateway(aws, made["subnets"][0])
    (gateway,) = ec2.describe_nat_gateways(Filters=[{"Name": "tag:Name", "Values": ["n*"]}])["NatGateways"]
    (address,) = gateway["NatGatewayAddresses"]
    assert address["AllocationId"] == nat["address"]
    assert address["PublicIp"] == ec2.describe_addresses()["Addresses"][0]["PublicIp"]
    assert {"Key": "Project", "Value": "monay"} in gateway["Tags"]
    again = ec2.create_nat_gateway(SubnetId=made["subnets"][0], AllocationId=nat["address"], ClientToken="token-1")
    assert again["NatGateway"]["NatGatewayId"] == nat["gateway"]
    assert ec2.describe_nat_gateways(Filters=[{"Name": "tag:Name", "Values": ["other"]}])["NatGateways"] == []
    refused(
        "Resource.AlreadyAssociated",
        ec2,
        "create_nat_gateway",
        SubnetId=made["subnets"][1],
        AllocationId=nat["address"],
    )
    refused("NatGatewayNotFound", ec2, "describe_nat_gateways", NatGatewayIds=["nat-0"])
    refused("InvalidParameterValue", ec2, "describe_nat_gateways", Filters=[{"Name": "colour", "Values": ["red"]}])


def test_what_is_needed_is_not_deleted(aws: Aws) -> None:
    ec2, made = aws("ec2"), make_network(aws)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    attachment = {"InternetGatewayId": gateway, "VpcId": made["vpc"]}
    ec2.attach_internet_gateway(**attachment)
    nat = make_nat_gateway(aws, made["subnets"][0])
    refused("DependencyViolation", ec2, "delete_subnet", SubnetId=made["subnets"][0])
    refused("DependencyViolation", ec2, "delete_vpc", VpcId=made["vpc"])
    assert "mapped public address" in refused("DependencyViolation", ec2, "detach_internet_gateway", **attachment)
    ec2.delete_nat_gateway(NatGatewayId=nat["gateway"])
    ec2.release_address(AllocationId=nat["address"])
    for subnet in made["subnets"]:
        ec2.delete_subnet(SubnetId=subnet)
    refused("DependencyViolation", ec2, "delete_vpc", VpcId=made["vpc"])
    ec2.detach_internet_gateway(**attachment)
    refused("DependencyViolation", ec2, "delete_vpc", VpcId=made["vpc"])
    ec2.delete_security_group(GroupId=made["group"])
    ec2.delete_vpc(VpcId=made["vpc"])
    assert ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [made["vpc"]]}])["NetworkAcls"] == []


def test_a_security_group_that_another_names_stays(aws: Aws) -> None:
    ec2, made = aws("ec2"), make_network(aws)
    other = ec2.create_security_group(GroupName="other", Description="d", VpcId=made["vpc"])["GroupId"]
    pair = {"GroupId": made["group"], "Description": "from the first"}
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "UserIdGroupPairs": [pair]}
    second = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    added = ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[rule, second])["SecurityGroupRules"]
    assert len(added) == 2
    described = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [other]}])
    texts = {one["FromPort"]: one.get("Description") for one in described["SecurityGroupRules"] if not one["IsEgress"]}
    assert texts == {5432: "from the first", 22: None}
    assert other in refused("DependencyViolation", ec2, "delete_security_group", GroupId=made["group"])
    ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=[rule])
    ec2.delete_security_group(GroupId=made["group"])


def test_a_new_network_acl_denies_all_and_goes_only_unused(aws: Aws) -> None:
    ec2, made = aws("ec2"), make_network(aws)
    acl = ec2.create_network_acl(VpcId=made["vpc"], TagSpecifications=tagged("network-acl", "data"))["NetworkAcl"]
    assert [(e["RuleAction"], e["RuleNumber"]) for e in acl["Entries"]] == [("deny", 32767)] * 2
    subnet = made["subnets"][0]
    (default,) = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])[
        "NetworkAcls"
    ]
    association = next(a["NetworkAclAssociationId"] for a in default["Associations"] if a["SubnetId"] == subnet)
    ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=acl["NetworkAclId"])
    refused("DependencyViolation", ec2, "delete_network_acl", NetworkAclId=acl["NetworkAclId"])
    refused(
        "InvalidAssociationID.NotFound",
        ec2,
        "replace_network_acl_association",
        AssociationId=association,
        NetworkAclId=acl["NetworkAclId"],
    )
    refused(
        "InvalidNetworkAclEntry.NotFound",
        ec2,
        "delete_network_acl_entry",
        NetworkAclId=acl["NetworkAclId"],
        RuleNumber=7,
        Egress=False,
    )
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_network_acl(NetworkAclId=acl["NetworkAclId"])


def _routes(ec2: Any, table: str) -> set[str]:
    routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    return {route["GatewayId"] for route in routes if "GatewayId" in route}


def test_the_routes_of_a_gateway_endpoint_follow_its_route_tables(aws: Aws) -> None:
    ec2, made = aws("ec2"), make_network(aws)
    first, second = (ec2.create_route_table(VpcId=made["vpc"])["RouteTable"]["RouteTableId"] for _ in range(2))
    wanted = {"VpcId": made["vpc"], "ServiceName": f"com.amazonaws.{REGION}.s3", "RouteTableIds": [first]}
    endpoint = ec2.create_vpc_endpoint(**wanted)["VpcEndpoint"]["VpcEndpointId"]
    refused("RouteAlreadyExists", ec2, "create_vpc_endpoint", **wanted)
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=[second], RemoveRouteTableIds=[first])
    assert endpoint not in _routes(ec2, first)
    assert endpoint in _routes(ec2, second)
    assert ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])["Unsuccessful"] == []
    assert endpoint not in _routes(ec2, second)
    assert ec2.describe_vpc_endpoints()["VpcEndpoints"] == []


def test_an_interface_endpoint_takes_time_and_holds_its_subnet(simulator: Simulator, aws: Aws) -> None:
    ec2, made = aws("ec2"), make_network(aws)
    simulator.settings(speed=1)
    endpoint = ec2.create_vpc_endpoint(
        VpcId=made["vpc"],
        ServiceName=f"com.amazonaws.{REGION}.ecr.api",
        VpcEndpointType="Interface",
        SubnetIds=made["subnets"][:1],
    )["VpcEndpoint"]
    assert (endpoint["State"], endpoint["Groups"][0]["GroupName"]) == ("pending", "default")
    refused("DependencyViolation", ec2, "delete_subnet", SubnetId=made["subnets"][0])
    simulator.settings(speed="inf")
    identifier = endpoint["VpcEndpointId"]
    assert ec2.describe_vpc_endpoints(VpcEndpointIds=[identifier])["VpcEndpoints"][0]["State"] == "available"
    change = {"AddSubnetIds": made["subnets"][1:], "RemoveSubnetIds": made["subnets"][:1]}
    ec2.modify_vpc_endpoint(VpcEndpointId=identifier, **change, AddSecurityGroupIds=[made["group"]])
    ec2.delete_subnet(SubnetId=made["subnets"][0])
    refused("DependencyViolation", ec2, "delete_security_group", GroupId=made["group"])
    ec2.delete_vpc_endpoints(VpcEndpointIds=[identifier])
    ec2.delete_subnet(SubnetId=made["subnets"][1])


def test_a_vpn_connection_keeps_its_gateways(simulator: Simulator, aws: Aws) -> None:
    ec2, made = aws("ec2"), make_network(aws)
    customer = ec2.create_customer_gateway(Type="ipsec.1", PublicIp="198.51.100.1", BgpAsn=65000)
    customer_id = customer["CustomerGateway"]["CustomerGatewayId"]
    gateway = ec2.create_vpn_gateway(Type="ipsec.1")["VpnGateway"]["VpnGatewayId"]
    table = ec2.create_route_table(VpcId=made["vpc"])["RouteTable"]["RouteTableId"]
    refused("Gateway.NotAttached", ec2, "enable_vgw_route_propagation", RouteTableId=table, GatewayId=gateway)
    ec2.attach_vpn_gateway(VpcId=made["vpc"], VpnGatewayId=gateway)
    ec2.enable_vgw_route_propagation(RouteTableId=table, GatewayId=gateway)
    (described,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert described["PropagatingVgws"] == [{"GatewayId": gateway}]
    simulator.settings(speed=1)
    connection = ec2.create_vpn_connection(Type="ipsec.1", CustomerGatewayId=customer_id, VpnGatewayId=gateway)
    identifier = connection["VpnConnection"]["VpnConnectionId"]
    assert connection["VpnConnection"]["State"] == "pending"
    refused("IncorrectState", ec2, "delete_vpn_gateway", VpnGatewayId=gateway)
    refused("IncorrectState", ec2, "delete_customer_gateway", CustomerGatewayId=customer_id)
    simulator.settings(speed="inf")
    assert ec2.describe_vpn_connections()["VpnConnections"][0]["State"] == "available"
    ec2.delete_vpn_connection(VpnConnectionId=identifier)
    ec2.detach_vpn_gateway(VpcId=made["vpc"], VpnGatewayId=gateway)
    ec2.delete_vpn_gateway(VpnGatewayId=gateway)
    ec2.delete_customer_gateway(CustomerGatewayId=customer_id)


def test_flow_logs_have_tags_and_say_when_they_cannot_deliver(aws: Aws) -> None:
    ec2, made = aws("ec2"), make_network(aws)
    aws("logs").create_log_group(logGroupName="/flow")
    for group in ("/flow", "/missing"):
        ec2.create_flow_logs(
            ResourceIds=[made["vpc"]],
            ResourceType="VPC",
            TrafficType="ALL",
            LogGroupName=group,
            DeliverLogsPermissionArn="arn:aws:iam::111111111111:role/flow",
            TagSpecifications=tagged("vpc-flow-log", group),
        )
    states = {log["LogGroupName"]: log["DeliverLogsStatus"] for log in ec2.describe_flow_logs()["FlowLogs"]}
    assert states == {"/flow": "SUCCESS", "/missing": "FAILED"}
    (found,) = ec2.describe_flow_logs(Filters=[{"Name": "tag:Name", "Values": ["/flow"]}])["FlowLogs"]
    assert found["DeliverLogsPermissionArn"].endswith("role/flow")


def test_the_default_ebs_key_can_be_set_and_reset(aws: Aws) -> None:
    ec2, key = aws("ec2"), aws("kms").create_key()["KeyMetadata"]["Arn"]
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == key
    ec2.reset_ebs_default_kms_key_id()
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"


def test_a_client_vpn_is_usable_with_its_first_network(simulator: Simulator, aws: Aws) -> None:
    ec2, made = aws("ec2"), make_network(aws)
    chain = {"ClientRootCertificateChainArn": "arn:aws:acm:us-east-1:111111111111:certificate/c"}
    parameters: dict[str, Any] = {
        "ClientCidrBlock": "172.16.0.0/22",
        "ServerCertificateArn": "arn:aws:acm:us-east-1:111111111111:certificate/s",
        "AuthenticationOptions": [{"Type": "certificate-authentication", "MutualAuthentication": chain}],
        "ConnectionLogOptions": {"Enabled": False},
    }
    wrong = parameters | {"ClientCidrBlock": "172.16.0.0/28"}
    refused("InvalidParameterValue", ec2, "create_client_vpn_endpoint", **wrong)
    endpoint = {"ClientVpnEndpointId": ec2.create_client_vpn_endpoint(**parameters)["ClientVpnEndpointId"]}

    def state() -> str:
        return str(ec2.describe_client_vpn_endpoints()["ClientVpnEndpoints"][0]["Status"]["Code"])

    assert state() == "pending-associate"
    identifier = endpoint["ClientVpnEndpointId"]
    ec2.create_tags(Resources=[identifier, made["vpc"]], Tags=[{"Key": "Owner", "Value": "net"}])
    assert ec2.describe_client_vpn_endpoints()["ClientVpnEndpoints"][0]["Tags"] == [{"Key": "Owner", "Value": "net"}]
    assert {"Key": "Owner", "Value": "net"} in ec2.describe_vpcs(VpcIds=[made["vpc"]])["Vpcs"][0]["Tags"]
    ec2.delete_tags(Resources=[identifier], Tags=[{"Key": "Owner"}])
    assert ec2.describe_client_vpn_endpoints()["ClientVpnEndpoints"][0]["Tags"] == []
    simulator.settings(speed=1)
    subnet = made["subnets"][0]
    association = ec2.associate_client_vpn_target_network(**endpoint, SubnetId=subnet)["AssociationId"]
    assert state() == "pending-associate"
    refused("DependencyViolation", ec2, "delete_subnet", SubnetId=subnet)
    simulator.settings(speed="inf")
    assert state() == "available"
    rule = {"TargetNetworkCidr": "10.0.0.0/16"}
    ec2.authorize_client_vpn_ingress(**endpoint, **rule, AuthorizeAllGroups=True)
    (described,) = ec2.describe_client_vpn_authorization_rules(**endpoint)["AuthorizationRules"]
    assert (described["Status"]["Code"], described["AccessAll"]) == ("active", True)
    refused("InvalidParameterValue", ec2, "delete_client_vpn_endpoint", **endpoint)
    ec2.disassociate_client_vpn_target_network(**endpoint, AssociationId=association)
    assert state() == "pending-associate"
    assert ec2.describe_client_vpn_routes(**endpoint)["Routes"] == []
    ec2.delete_client_vpn_endpoint(**endpoint)
    assert ec2.describe_client_vpn_endpoints()["ClientVpnEndpoints"] == []


def test_each_interface_has_an_address_of_its_own_that_does_not_come_again_at_once(aws: Aws) -> None:
    ec2, made = aws("ec2"), make_network(aws)
    small = ec2.create_subnet(VpcId=made["vpc"], CidrBlock="10.0.9.0/28")["Subnet"]["SubnetId"]

    def create(**parameters: Any) -> tuple[str, str]:
        eni = ec2.create_network_interface(SubnetId=small, **parameters)["NetworkInterface"]
        return eni["NetworkInterfaceId"], eni["PrivateIpAddress"]

    first, again = create(), create(PrivateIpAddress="10.0.9.6")
    ec2.delete_network_interface(NetworkInterfaceId=first[0])
    others = [create()[1] for _number in range(9)]
    # .4 was free, but had just been somebody's; .6 is in use
    assert others == [f"10.0.9.{number}" for number in (5, 7, 8, 9, 10, 11, 12, 13, 14)]
    assert again[1] == "10.0.9.6"
    assert create()[1] == first[1]
    refused("InsufficientFreeAddressesInSubnet", ec2, "create_network_interface", SubnetId=small)
    for asked in ({"PrivateIpAddress": "10.0.9.6"}, {"PrivateIpAddresses": [{"PrivateIpAddress": "10.0.9.6"}]}):
        refused("InvalidIPAddress.InUse", ec2, "create_network_interface", SubnetId=small, **asked)
    refused("InvalidSubnetID.NotFound", ec2, "create_network_interface", SubnetId="subnet-0123456789abcdef0")
