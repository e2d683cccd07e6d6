# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Requests a second through the simulator's load balancer, against the same server asked directly.

`python -m bench.front_door` starts a simulator and a small server, sends requests over kept-alive connections for
SECONDS each way, ROUNDS times in turn, and prints medians. Simulator, server and client share the processors.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import ssl
import statistics
import time
import urllib.request
from typing import TYPE_CHECKING, Any

import boto3

from ansible_collections.monay.platform.plugins.module_utils.core.table import table
from simulator.__main__ import environment
from tools.simulated import simulated

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

ROUNDS, SECONDS, CONNECTIONS = 3, 4.0, 16
HOST, TARGET = "app.bench.example", "127.0.0.9"
ACCOUNT, REGION = "123456789012", "us-east-1"
BODY = b'{"status": "ok"}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
REQUEST = f"GET /health HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: bench\r\n\r\n".encode()


class Answers(asyncio.Protocol):
    """The quickest server that there is in Python: it does not look at what it is asked."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(ANSWER * data.count(b"\r\n\r\n"))


def serve(says: Connection) -> None:
    """Listen until the process is ended; says its port."""

    async def run() -> None:
        server = await asyncio.get_running_loop().create_server(Answers, TARGET, 0)
        says.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


async def _client(host: str, port: int, context: ssl.SSLContext | None, until: float) -> int:
    name = HOST if context else None
    reader, writer = await asyncio.open_connection(host, port, ssl=context, server_hostname=name)
    count = 0
    while time.monotonic() < until:
        writer.write(REQUEST)
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(f"not answered with 200: {head!r}")
        await reader.readexactly(len(BODY))
        count += 1
    writer.close()
    return count


async def _measure(host: str, port: int, context: ssl.SSLContext | None) -> float:
    until = time.monotonic() + SECONDS
    counts = await asyncio.gather(*(_client(host, port, context, until) for _number in range(CONNECTIONS)))
    return sum(counts) / SECONDS


def _client_of(endpoint: str, service: str) -> Any:
    variables = environment(endpoint, ACCOUNT, REGION)
    factory: Any = boto3.session.Session().client
    return factory(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
    )


def _validated(endpoint: str) -> str:
    """A certificate for the host, issued."""
    acm, dns = _client_of(endpoint, "acm"), _client_of(endpoint, "route53")
    zone = dns.create_hosted_zone(Name="bench.example", CallerReference="bench")["HostedZone"]["Id"]
    arn: str = acm.request_certificate(DomainName=HOST, ValidationMethod="DNS")["CertificateArn"]
    record = acm.describe_certificate(CertificateArn=arn)["Certificate"]["DomainValidationOptions"][0]["ResourceRecord"]
    record_set = {"Name": record["Name"], "Type": record["Type"], "TTL": 60}
    record_set["ResourceRecords"] = [{"Value": record["Value"]}]
    changes = [{"Action": "CREATE", "ResourceRecordSet": record_set}]
    dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
    acm.describe_certificate(CertificateArn=arn)
    return arn


def build(endpoint: str, port: int) -> None:
    """A load balancer with an HTTP and an HTTPS listener that forward to the server."""
    ec2, elb = _client_of(endpoint, "ec2"), _client_of(endpoint, "elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]
        for number, zone in enumerate("ab")
    ]
    names = [subnet["SubnetId"] for subnet in subnets]
    balancer = elb.create_load_balancer(Name="bench", Subnets=names)["LoadBalancers"][0]["LoadBalancerArn"]
    group = elb.create_target_group(Name="bench", Protocol="HTTP", Port=port, VpcId=vpc, TargetType="ip")
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    forward = [{"Type": "forward", "TargetGroupArn": arn}]
    elb.create_listener(LoadBalancerArn=balancer, Port=80, Protocol="HTTP", DefaultActions=forward)
    certificates = [{"CertificateArn": _validated(endpoint)}]
    elb.create_listener(
        LoadBalancerArn=balancer, Port=443, Protocol="HTTPS", Certificates=certificates, DefaultActions=forward
    )
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": TARGET}])
    elb.get_waiter("target_in_service").wait(TargetGroupArn=arn, WaiterConfig={"Delay": 1, "MaxAttempts": 20})


def doors(endpoint: str) -> tuple[dict[int, int], str]:
    """The loopback ports by listener port, and the file with the authority."""
    with urllib.request.urlopen(f"{endpoint}/_simulator/front_doors", timeout=10) as answer:  # noqa: S310 - loopback
        found = json.load(answer)
    return {one["listener_port"]: one["port"] for one in found["front_doors"]}, found["ca_bundle"]


def main() -> None:
    """Print the table."""
    hears, says = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(says,), daemon=True)
    server.start()
    port = hears.recv()
    try:
        with simulated("--latency-ms", "0", "--speed", "inf") as simulator:
            build(simulator.endpoint, port)
            ports, bundle = doors(simulator.endpoint)
            context = ssl.create_default_context(cafile=bundle)
            ways: dict[str, tuple[str, int, ssl.SSLContext | None]] = {
                "the server directly": (TARGET, port, None),
                "through the HTTP listener": ("127.0.0.1", ports[80], None),
                "through the HTTPS listener": ("127.0.0.1", ports[443], context),
            }
            rates: dict[str, list[float]] = {name: [] for name in ways}
            for _round in range(ROUNDS):
                for name, way in ways.items():
                    rates[name].append(asyncio.run(_measure(*way)))
    finally:
        server.terminate()
        server.join()
    direct = statistics.median(rates["the server directly"])
    rows = [
        [name, f"{statistics.median(each):.0f}", f"{statistics.median(each) / direct:.2f}"]
        for name, each in rates.items()
    ]
    print(f"{CONNECTIONS} kept-alive connections, {SECONDS:.0f} s each, median of {ROUNDS} rounds\n")
    print(table(["way", "requests/s", "ratio"], rows))


if __name__ == "__main__":
    main()
