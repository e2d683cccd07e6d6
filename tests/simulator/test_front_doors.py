# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Traffic through a simulated load balancer: real connections to real servers."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from simulator.dataplane.authority import Authority
from tests.simulator.material import self_signed
from tests.simulator.scenarios_edge import (
    DOMAIN,
    acl_rules,
    forward,
    make_acl,
    make_certificate,
    make_group,
    make_listener,
    make_load_balancer,
    make_public_network,
    make_zone,
)
from tests.simulator.targets import Client, Target, door, eventually, trusting
from tests.support.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = f"admin.{DOMAIN}"


@pytest.fixture(scope="module")
def running_simulator() -> Iterator[Simulator]:
    """With a data plane, where nothing takes time."""
    with Simulator(data_plane=True) as simulator:
        yield simulator
        assert simulator.errors() == ""


@pytest.fixture
def targets() -> Iterator[list[Target]]:
    """A blue and a green server."""
    servers = [Target("127.0.1.2"), Target("127.0.1.3")]
    yield servers
    for server in servers:
        server.stop()


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """No connection outlives its test."""
    yield
    Client.close_all()


class Built:
    """A load balancer with an HTTP listener, and a rule of two target groups."""

    def __init__(self, simulator: Simulator, *, secure: bool = False, **settings: Any) -> None:
        self.simulator = simulator
        self.network = make_public_network(self.aws)
        self.balancer = make_load_balancer(self.aws, self.network)
        self.certificate = make_certificate(self.aws, make_zone(self.aws)) if secure else ""
        self.port = 443 if secure else 80
        self.listener = make_listener(self.aws, self.balancer["LoadBalancerArn"], self.port, self.certificate)
        self.groups = [
            make_group(self.aws, self.network, name, HealthCheckPath="/health", **settings)
            for name in ("admin-blue", "admin-green")
        ]
        self.rule = self.add_rule(1, forward((self.groups[0], 1), (self.groups[1], 0)))

    def aws(self, service: str, region: str = "us-east-1") -> Any:
        return self.simulator.client(service, region=region)

    @property
    def elb(self) -> Any:
        return self.aws("elbv2")

    def add_rule(self, priority: int, actions: list[dict[str, Any]], *conditions: dict[str, Any]) -> str:
        wanted = list(conditions) or [{"Field": "host-header", "Values": [HOST]}]
        made = self.elb.create_rule(ListenerArn=self.listener, Priority=priority, Conditions=wanted, Actions=actions)
        return str(made["Rules"][0]["RuleArn"])

    def weigh(self, blue: int, green: int, **sticky: Any) -> None:
        """Give the rule these weights, and wait until they hold."""
        actions = forward((self.groups[0], blue), (self.groups[1], green))
        actions[0]["ForwardConfig"] |= sticky
        self.elb.modify_rule(RuleArn=self.rule, Actions=actions)
        self.follow()

    def register(self, *targets: Target) -> None:
        """The first with blue, the second with green, and wait until they are healthy."""
        for group, target in zip(self.groups, targets, strict=False):
            self.elb.register_targets(TargetGroupArn=group, Targets=[target.registration])
        for group, _target in zip(self.groups, targets, strict=False):
            self.until(group, "healthy")

    def state(self, group: str) -> dict[str, Any]:
        found = self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return dict(found[0]["TargetHealth"]) if found else {}

    def until(self, group: str, state: str) -> dict[str, Any]:
        """The health of a group's first target once it has a state, and the front door knows it."""
        found = eventually(lambda: (health := self.state(group)).get("State") == state and health)
        self.follow()
        return dict(found)

    def follow(self) -> None:
        """Wait until the front doors do what the control plane says."""
        self.simulator.control("GET", "front_doors")

    def client(self, host: str = HOST) -> Client:
        context = trusting(self.simulator) if self.certificate else None
        return Client(host, door(self.simulator, self.port)["port"], context)


def test_a_request_reaches_the_target_with_what_the_load_balancer_adds(
    simulator: Simulator, targets: list[Target]
) -> None:
    built = Built(simulator, secure=True)
    built.register(targets[0])
    client = built.client()
    status, _headers, body = client.ask("/a/b?c=d", X_Forwarded_For="192.0.2.1")
    assert status == 200
    seen = json.loads(body)
    assert (seen["who"], seen["path"]) == ("127.0.1.2", "/a/b?c=d")
    headers = {name.lower(): value for name, value in seen["headers"].items()}
    assert headers["host"] == HOST
    assert headers["x-forwarded-for"] == "192.0.2.1, 127.0.0.1"
    assert (headers["x-forwarded-proto"], headers["x-forwarded-port"]) == ("https", "443")
    assert headers["x-amzn-trace-id"].startswith("Root=1-")
    assert client.ask("/again")[0] == 200, "the connection is kept"
    assert client.ask("/upload", "POST", b"x" * 300_000)[2] == b'{"who": "127.0.1.2", "size": 300000}'


def test_certificates_that_are_made_side_by_side_are_whole() -> None:
    """Doors and stores of an account that was saved are opened by several threads at once."""
    authority = Authority()
    try:
        with ThreadPoolExecutor(8) as pool:
            made = [pool.submit(authority.for_names, (f"{n}.{DOMAIN}",), ssl.TLSVersion.TLSv1_2) for n in range(64)]
            assert len({id(each.result()) for each in made}) == len(made)
    finally:
        authority.close()


def test_tls_is_verified_against_the_authority_and_old_versions_are_refused(simulator: Simulator) -> None:
    built = Built(simulator, secure=True)
    port = door(simulator, 443)["port"]
    with pytest.raises(ssl.SSLCertVerificationError):
        Client(HOST, port, ssl.create_default_context())
    with pytest.raises(ssl.SSLCertVerificationError):
        Client("www.example.org", port, trusting(simulator))
    nameless = trusting(simulator)
    nameless.check_hostname = False
    with socket.create_connection(("127.0.0.1", port), 10) as plain, nameless.wrap_socket(plain) as shown:
        assert ("DNS", f"*.{DOMAIN}") in shown.getpeercert()["subjectAltName"], "without a name the default one"
    for host in (HOST, f"{HOST}.localhost"):
        assert Client(host, port, trusting(simulator)).ask()[0] == 503, "no target is there"
    old = trusting(simulator)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    assert Client(HOST, port, old).ask()[0] == 503
    built.elb.modify_listener(ListenerArn=built.listener, SslPolicy="ELBSecurityPolicy-TLS13-1-3-2021-06")
    assert door(simulator, 443)["port"] == port, "the door stays where it is"
    with pytest.raises(ssl.SSLError):
        Client(HOST, port, old)
    assert built.client(f"else.{DOMAIN}").ask()[::2] == (404, b"Not here"), "the listener's own answer"


def test_an_imported_certificate_is_shown_as_it_is(simulator: Simulator) -> None:
    built = Built(simulator, secure=True)
    body, key = self_signed("www.monay.example")
    arn = built.aws("acm").import_certificate(Certificate=body, PrivateKey=key)["CertificateArn"]
    built.elb.add_listener_certificates(ListenerArn=built.listener, Certificates=[{"CertificateArn": arn}])
    own = ssl.create_default_context(cadata=body.decode())
    port = door(simulator, 443)["port"]

    def shown() -> bool:
        try:
            return Client("www.monay.example", port, own).ask()[0] == 404
        except ssl.SSLCertVerificationError:
            return False

    assert eventually(shown)
    assert built.client().ask()[0] == 503, "the other certificate is still there"


def test_weights_are_kept_within_bounds(simulator: Simulator, targets: list[Target]) -> None:
    built = Built(simulator)
    built.register(*targets)
    client = built.client()
    assert Counter(client.who() for _number in range(50)) == {"127.0.1.2": 50}, "weight 0 gets nothing"
    built.weigh(90, 10)
    green = Counter(client.who() for _number in range(1000))["127.0.1.3"]
    assert 50 <= green <= 160, green  # 5 standard deviations are 47
    built.weigh(0, 1)
    assert Counter(client.who() for _number in range(50)) == {"127.0.1.3": 50}


def test_no_request_is_lost_while_traffic_moves(simulator: Simulator, targets: list[Target]) -> None:
    built = Built(simulator, secure=True)
    built.register(*targets)
    stop, seen, faults = threading.Event(), Counter[str](), list[object]()

    def load() -> None:
        client = built.client()
        while not stop.is_set():
            status, _headers, body = client.ask()
            if status == 200:
                seen[json.loads(body)["who"]] += 1
            else:
                faults.append((status, body))

    threads = [threading.Thread(target=load) for _number in range(4)]
    for thread in threads:
        thread.start()
    blue, green = "127.0.1.2", "127.0.1.3"
    try:
        for weights, served in (((0, 1), green), ((50, 50), blue), ((1, 0), blue), ((0, 1), green)):
            built.weigh(*weights)
            await_requests(seen, served)
        built.elb.deregister_targets(TargetGroupArn=built.groups[0], Targets=[targets[0].registration])
        await_requests(seen, green)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert not faults


def await_requests(seen: Counter[str], served: str, more: int = 20) -> None:
    """Return when a target has answered that many more requests; fail when it does not."""
    goal, deadline = seen[served] + more, time.monotonic() + 30
    while seen[served] < goal:
        assert time.monotonic() < deadline, f"{served} gets no requests: {seen}"
        time.sleep(0.02)


def test_rules_look_at_host_path_header_query_method_and_address(simulator: Simulator) -> None:
    built = Built(simulator)

    def says(text: str) -> list[dict[str, Any]]:
        fixed = {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": text}
        return [{"Type": "fixed-response", "FixedResponseConfig": fixed}]

    host = {"Field": "host-header", "Values": ["rules.*"]}
    for priority, (text, condition) in enumerate(
        {
            "path": {"Field": "path-pattern", "Values": ["/api/?x*"]},
            "header": {
                "Field": "http-header",
                "HttpHeaderConfig": {"HttpHeaderName": "X-Version", "Values": ["2.*"]},
            },
            "query": {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "a", "Value": "b*"}]}},
            "method": {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["PUT"]}},
            "nobody": {"Field": "source-ip", "SourceIpConfig": {"Values": ["192.0.2.0/24"]}},
            "address": {"Field": "source-ip", "SourceIpConfig": {"Values": ["127.0.0.0/8"]}},
        }.items(),
        10,
    ):
        built.add_rule(priority, says(text), host, condition)
    client = built.client("RULES.example:80")
    eventually(lambda: client.ask()[2] == b"address")
    assert client.ask("/api/axyz")[2] == b"path"
    assert client.ask("/API/axyz")[2] == b"address", "paths are compared with case"
    assert client.ask("/", X_Version="2.1")[2] == b"header"
    assert client.ask("/?c=d&a=bcd")[2] == b"query"
    assert client.ask("/", "PUT", b"body")[2] == b"method"
    assert built.client("other.example").ask()[0] == 404


def test_redirects_lead_to_the_other_listener(simulator: Simulator) -> None:
    built = Built(simulator, secure=True)
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    built.elb.create_listener(
        LoadBalancerArn=built.balancer["LoadBalancerArn"],
        Port=80,
        Protocol="HTTP",
        DefaultActions=[{"Type": "redirect", "RedirectConfig": redirect}],
    )
    port = door(simulator, 80)["port"]
    status, headers, _body = Client(HOST, port).ask("/a?b=c")
    assert (status, headers["location"]) == (301, f"https://{HOST}:443/a?b=c")
    _status, headers, _body = Client(f"{HOST}.localhost:{port}", port).ask("/a")
    assert headers["location"] == f"https://{HOST}.localhost:{door(simulator, 443)['port']}/a"


def test_stickiness_of_group_and_target(simulator: Simulator, targets: list[Target]) -> None:
    built = Built(simulator)
    built.register(*targets)
    built.elb.register_targets(TargetGroupArn=built.groups[0], Targets=[targets[1].registration])
    built.elb.modify_target_group_attributes(
        TargetGroupArn=built.groups[0], Attributes=[{"Key": "stickiness.enabled", "Value": "true"}]
    )
    client = built.client()
    both = eventually(lambda: len({client.who() for _number in range(4)}) == 2)
    assert both, "both targets of blue are healthy"
    first, headers, body = eventually(lambda: (found := client.ask())[1].get("set-cookie") and found)
    assert first == 200
    cookie = headers["set-cookie"].partition(";")[0]
    assert cookie.startswith("AWSALB=")
    assert "AWSALBCORS=" in headers["set-cookie"]
    assert {client.who(Cookie=cookie) for _number in range(6)} == {json.loads(body)["who"]}
    built.weigh(50, 50, TargetGroupStickinessConfig={"Enabled": True, "DurationSeconds": 60})
    built.elb.deregister_targets(TargetGroupArn=built.groups[0], Targets=[targets[1].registration])
    built.follow()
    _status, headers, body = client.ask()
    group = next(part for part in headers["set-cookie"].split() if part.startswith("AWSALBTG=")).rstrip(";")
    assert {client.who(Cookie=group) for _number in range(20)} == {json.loads(body)["who"]}
    assert len({client.who() for _number in range(40)}) == 2, "without the cookie both groups get requests"


def test_health_checks_follow_the_target(simulator: Simulator, targets: list[Target]) -> None:
    built = Built(simulator, HealthyThresholdCount=2)
    built.register(targets[0])
    targets[0].health = 500
    found = built.until(built.groups[0], "unhealthy")
    assert found["Reason"] == "Target.ResponseCodeMismatch"
    assert found["Description"] == "Health checks failed with these codes: [500]"
    assert built.client().who() == "127.0.1.2", "when all are unhealthy, all of them get requests"
    built.elb.register_targets(TargetGroupArn=built.groups[0], Targets=[targets[1].registration])
    eventually(lambda: {built.client().who() for _number in range(4)} == {"127.0.1.3"})
    targets[0].health = 200
    eventually(lambda: len({built.client().who() for _number in range(4)}) == 2)
    targets[0].stop()
    assert built.until(built.groups[0], "unhealthy")["Reason"] == "Target.FailedHealthChecks"


def test_what_the_load_balancer_says_itself(simulator: Simulator, targets: list[Target]) -> None:
    built = Built(simulator)
    client = built.client()
    status, headers, body = client.ask()
    assert (status, headers["server"]) == (503, "awselb/2.0")
    assert b"503 Service Temporarily Unavailable" in body
    built.register(targets[0])
    assert client.ask("/break")[0] == 502, "the target closed the connection"
    balancer = {"LoadBalancerArn": built.balancer["LoadBalancerArn"]}
    built.elb.modify_load_balancer_attributes(
        **balancer, Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "1"}]
    )
    built.follow()
    targets[0].pause = 3
    assert built.client().ask("/slow")[0] == 504
    nobody = {"Id": "10.10.0.99", "Port": 1}
    built.elb.register_targets(TargetGroupArn=built.groups[1], Targets=[nobody])
    found = built.until(built.groups[1], "unhealthy")
    assert found["Reason"] == "Target.Timeout", "nothing runs behind the address"
    built.weigh(0, 1)
    assert built.client().ask()[0] == 504


def test_answers_stream_and_connections_can_be_upgraded(simulator: Simulator, targets: list[Target]) -> None:
    built = Built(simulator)
    built.register(targets[0])
    client = built.client()
    client.connection.request("GET", "/stream", headers={"Host": HOST})
    answer = client.connection.getresponse()
    assert answer.read1(100) == b"data: 0\n\n", "before the target has gone on"
    targets[0].gate.set()
    assert answer.read() == b"data: 1\n\ndata: 2\n\n"
    client = built.client()
    client.connection.putrequest("GET", "/upgrade", skip_host=True)
    for name, value in {"Host": HOST, "Connection": "Upgrade", "Upgrade": "echo"}.items():
        client.connection.putheader(name, value)
    client.connection.endheaders()
    assert client.connection.sock.recv(4096).startswith(b"HTTP/1.1 101")
    client.connection.sock.sendall(b"hello\n")
    assert client.connection.sock.recv(4096) == b"said: hello\n"


def test_bad_requests_are_refused(simulator: Simulator) -> None:
    built = Built(simulator)
    first = b"GET / HTTP/1.1\r\n"
    two = b"Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
    for raw in (b"nonsense\r\n\r\n", first + b"Host: a\r\nContent-Length: x\r\n\r\n", first + two, first + b"\r\n"):
        client = built.client()
        client.connection.sock.sendall(raw)
        assert client.connection.sock.recv(4096).startswith(b"HTTP/1.1 400"), raw


def test_the_firewall_limits_the_rate_and_blocks_addresses(simulator: Simulator) -> None:
    built = Built(simulator)
    rules = acl_rules()
    rules[1]["Statement"]["RateBasedStatement"] |= {"Limit": 10, "EvaluationWindowSec": 60}
    acl = make_acl(built.aws, rules)
    built.aws("wafv2").associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=built.balancer["LoadBalancerArn"])
    client = built.client()
    eventually(lambda: door(simulator, 80)["not_evaluated"] == ["common"])
    assert [client.ask()[0] for _number in range(11)] == [503] * 10 + [403]
    addresses = built.aws("wafv2").create_ip_set(
        Name="here", Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=["127.0.0.0/8"]
    )["Summary"]["ARN"]
    allow = {"IPSetReferenceStatement": {"ARN": addresses}}
    first = {**rules[1], "Name": "here", "Priority": 0, "Statement": allow, "Action": {"Allow": {}}}
    built.aws("wafv2").update_web_acl(
        Name=acl["Name"],
        Id=acl["Id"],
        Scope="REGIONAL",
        LockToken=acl["LockToken"],
        DefaultAction={"Block": {}},
        Rules=[first, rules[1]],
        VisibilityConfig=rules[1]["VisibilityConfig"],
    )
    assert eventually(lambda: client.ask()[0] == 503)


def test_cloudwatch_is_told(simulator: Simulator, targets: list[Target]) -> None:
    built = Built(simulator)
    built.register(targets[0])
    client = built.client()
    for _number in range(5):
        client.ask()
    targets[0].status = 500
    client.ask()
    name = built.balancer["LoadBalancerArn"].partition(":loadbalancer/")[2]

    def total(metric: str, **group: str) -> float:
        dimensions = {"LoadBalancer": name, **group}
        found = built.aws("cloudwatch").get_metric_statistics(
            Namespace="AWS/ApplicationELB",
            MetricName=metric,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=time.time() - 300,
            EndTime=time.time() + 60,
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        return float(sum(one["Sum"] for one in found))

    eventually(lambda: total("RequestCount") == 6, 15)
    assert total("HTTPCode_Target_5XX_Count") == 1
    assert total("RequestCount", TargetGroup=built.groups[0].rpartition(":")[2]) == 6
    assert total("HealthyHostCount", TargetGroup=built.groups[0].rpartition(":")[2]) >= 1


def test_a_listener_puts_headers_on_answers_and_takes_the_server_away(
    simulator: Simulator, targets: list[Target]
) -> None:
    built = Built(simulator)
    built.register(targets[0])
    assert "server" in built.client().ask()[1]
    hsts = {"Key": "routing.http.response.strict_transport_security.header_value", "Value": "max-age=60"}
    server = {"Key": "routing.http.response.server.enabled", "Value": "false"}
    built.elb.modify_listener_attributes(ListenerArn=built.listener, Attributes=[hsts, server])
    built.follow()
    for host in (HOST, "other.example"):
        headers = built.client(host).ask()[1]
        assert headers["strict-transport-security"] == "max-age=60"
        assert "server" not in headers


def test_a_deleted_listener_closes_its_door(simulator: Simulator) -> None:
    built = Built(simulator)
    port = door(simulator, 80)["port"]
    open_before = Client(HOST, port)
    assert open_before.ask()[0] == 503
    built.elb.delete_listener(ListenerArn=built.listener)
    eventually(lambda: not simulator.control("GET", "front_doors")["front_doors"])
    with pytest.raises(ConnectionRefusedError):
        Client(HOST, port)
    with pytest.raises(ConnectionError):
        open_before.ask()
