# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A network with a load balancer in it, for tests of what belongs to load balancers."""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.support.simulator import REGION, Simulator

NAME = "monay-dev"
NOT_FOUND = [{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}]


def tagged(sort: str, name: str) -> list[dict[str, Any]]:
    """A `Name` tag as EC2's Create calls take it."""
    return [{"ResourceType": sort, "Tags": [{"Key": "Name", "Value": name}]}]


class Network:
    """A VPC that reaches the internet, with public subnets and two security groups."""

    def __init__(self, aws: Simulator, zones: str = "abc") -> None:
        ec2 = aws.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.10.0.0/16", TagSpecifications=tagged("vpc", NAME))["Vpc"]["VpcId"]
        self.vpc = vpc
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
        self.subnets: dict[str, str] = {}
        for place, zone in enumerate(zones):
            name = f"{NAME}-public-{zone}"
            made = ec2.create_subnet(
                VpcId=vpc,
                CidrBlock=f"10.10.{place}.0/24",
                AvailabilityZone=f"{REGION}{zone}",
                TagSpecifications=tagged("subnet", name),
            )
            self.subnets[name] = made["Subnet"]["SubnetId"]
        for group in (f"{NAME}-alb", f"{NAME}-other"):
            ec2.create_security_group(GroupName=group, Description=group, VpcId=vpc)


class Balancer(Network):
    """A load balancer in it, with listeners and target groups."""

    def __init__(self, aws: Simulator, ports: tuple[int, ...] = (443, 8443), groups: tuple[str, ...] = ()) -> None:
        super().__init__(aws, "ab")
        self.elb = aws.client("elbv2")
        made = self.elb.create_load_balancer(Name=NAME, Subnets=list(self.subnets.values()))
        self.arn = made["LoadBalancers"][0]["LoadBalancerArn"]
        self.groups = {group: self._group(group) for group in groups}
        self.listeners = {port: self._listener(port) for port in ports}

    def _group(self, name: str) -> str:
        made = self.elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=self.vpc, TargetType="ip")
        return str(made["TargetGroups"][0]["TargetGroupArn"])

    def _listener(self, port: int) -> str:
        made = self.elb.create_listener(LoadBalancerArn=self.arn, Protocol="HTTP", Port=port, DefaultActions=NOT_FOUND)
        return str(made["Listeners"][0]["ListenerArn"])

    def rules(self, port: int = 443) -> list[dict[str, Any]]:
        """The rules of a listener besides the default one."""
        found = self.elb.describe_rules(ListenerArn=self.listeners[port])["Rules"]
        return [each for each in found if each["Priority"] != "default"]

    def weights(self, port: int = 443) -> dict[str, int]:
        """Weights of the one rule of a listener, by target group."""
        (rule,) = self.rules(port)
        names = {arn: name for name, arn in self.groups.items()}
        groups = rule["Actions"][0]["ForwardConfig"]["TargetGroups"]
        return {names[each["TargetGroupArn"]]: int(each["Weight"]) for each in groups}

    def shift(self, **weights: int) -> None:
        """Move the weights of the one rule, as ECS does."""
        ending = {name.rpartition("-")[2]: arn for name, arn in self.groups.items()}
        groups = [{"TargetGroupArn": ending[name], "Weight": each} for name, each in weights.items()]
        actions = [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]
        self.elb.modify_rule(RuleArn=self.rules()[0]["RuleArn"], Actions=actions)


@cache
def key_pair(domain: str) -> tuple[bytes, bytes]:
    """A certificate of its own authority, and its key; making keys takes time."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, domain)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(domain)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


def issued(acm: Any, name: str, domain: str = "") -> str:
    """The ARN of a certificate that is issued already, because it is imported."""
    certificate, key = key_pair(domain or f"{name}.example")
    tags = [{"Key": "Name", "Value": name}]
    return str(acm.import_certificate(Certificate=certificate, PrivateKey=key, Tags=tags)["CertificateArn"])
