# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A simulated CDN in front of a bucket, and the proxy that leads names to all front doors."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import pytest

from simulator.__main__ import environment
from tests.simulator.scenarios_edge import (
    DOMAIN,
    change,
    distribution_config,
    make_certificate,
    make_listener,
    make_load_balancer,
    make_public_network,
    make_zone,
    visible,
)
from tests.simulator.targets import Client, door, eventually, trusting
from tests.support.simulator import ACCOUNT, REGION, ROOT, Simulator

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "site"
WWW = f"www.{DOMAIN}"


@pytest.fixture(scope="module")
def running_simulator() -> Iterator[Simulator]:
    """With a data plane, where nothing takes time."""
    with Simulator(data_plane=True) as simulator:
        yield simulator
        assert simulator.errors() == ""


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """No connection outlives its test."""
    yield
    Client.close_all()


class Site:
    """A bucket, and a distribution that may read what the bucket's policy lets it read."""

    def __init__(self, simulator: Simulator, *, control: bool = True, **changes: Any) -> None:
        self.simulator = simulator
        self.s3, self.cdn = self.aws("s3"), self.aws("cloudfront")
        self.s3.create_bucket(Bucket=BUCKET)
        config = distribution_config(**changes)
        if control:
            made = self.cdn.create_origin_access_control(
                OriginAccessControlConfig={
                    "Name": "site",
                    "SigningProtocol": "sigv4",
                    "SigningBehavior": "always",
                    "OriginAccessControlOriginType": "s3",
                }
            )
            config["Origins"]["Items"][0]["OriginAccessControlId"] = made["OriginAccessControl"]["Id"]
        self.distribution = self.cdn.create_distribution(DistributionConfig=config)["Distribution"]
        self.identifier, self.domain = self.distribution["Id"], self.distribution["DomainName"]
        self.allow(self.distribution["ARN"])

    def aws(self, service: str, region: str = REGION) -> Any:
        return self.simulator.client(service, region=region)

    def allow(self, source: str, *actions: str) -> None:
        """Let a distribution read the bucket."""
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": ["s3:GetObject", *actions],
            "Resource": [f"arn:aws:s3:::{BUCKET}/*", f"arn:aws:s3:::{BUCKET}"],
            "Condition": {"StringEquals": {"AWS:SourceArn": source}},
        }
        policy = {"Version": "2012-10-17", "Statement": [statement]}
        self.s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(policy))

    def put(self, key: str, body: str, **facts: str) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=body.encode(), **{"ContentType": "text/html", **facts})

    def update(self, **changes: Any) -> None:
        """Change the distribution, and wait until it is served so."""
        current = self.cdn.get_distribution_config(Id=self.identifier)
        config = current["DistributionConfig"] | changes
        self.cdn.update_distribution(Id=self.identifier, IfMatch=current["ETag"], DistributionConfig=config)
        door(self.simulator, 443, "distribution")

    def behaviour(self, **changes: Any) -> dict[str, Any]:
        """The default behaviour with changes."""
        return dict(distribution_config()["DefaultCacheBehavior"]) | changes

    def client(self, port: int = 443, host: str = "") -> Client:
        context = trusting(self.simulator) if port == 443 else None
        return Client(host or self.domain, door(self.simulator, port, "distribution")["port"], context)


def test_only_the_distribution_that_the_policy_names_may_read(simulator: Simulator) -> None:
    site = Site(simulator)
    site.put("index.html", "home")
    status, headers, body = site.client().ask("/")
    assert (status, body) == (200, b"home")
    assert headers["content-type"] == "text/html"
    assert (headers["x-cache"], headers["server"]) == ("Miss from cloudfront", "AmazonS3")
    missing = site.client().ask("/missing")
    assert missing[0] == 403, "who may not list is not told what is missing"
    site.allow(site.distribution["ARN"], "s3:ListBucket")
    assert site.client().ask("/missing2")[0] == 404
    site.allow("arn:aws:cloudfront::111111111111:distribution/EOTHER")
    status, headers, body = site.client().ask("/?fresh")
    assert (status, headers["x-cache"]) == (200, "Hit from cloudfront"), "what the edge has, it has"
    site.put("other.html", "other")
    assert site.client().ask("/other.html")[0] == 403


def test_without_access_control_a_private_bucket_stays_closed(simulator: Simulator) -> None:
    site = Site(simulator, control=False)
    site.put("index.html", "home")
    assert site.client().ask("/")[0] == 403


def test_a_cached_answer_lasts_until_its_time_or_its_invalidation(simulator: Simulator) -> None:
    site = Site(simulator)
    site.put("index.html", "one")
    site.put("asset.js", "one", CacheControl="public, max-age=1")
    site.put("live.json", "one", CacheControl="no-store")
    client = site.client()
    for path in ("/", "/asset.js", "/live.json"):
        client.ask(path)
    for key in ("index.html", "asset.js", "live.json"):
        site.put(key, "two", CacheControl="public, max-age=1")
    status, headers, body = client.ask("/")
    assert (status, body, headers["x-cache"]) == (200, b"one", "Hit from cloudfront")
    assert "age" in headers
    assert eventually(lambda: client.ask("/asset.js")[2] == b"two", 3)
    batch = {"Paths": {"Quantity": 2, "Items": ["/ind*", "/x"]}, "CallerReference": "1"}
    site.cdn.create_invalidation(DistributionId=site.identifier, InvalidationBatch=batch)
    assert client.ask("/")[2] == b"two"


def test_only_one_way_in_and_only_these_methods(simulator: Simulator) -> None:
    site = Site(simulator)
    site.put("index.html", "home")
    status, headers, _body = site.client(80).ask("/a?b=c")
    assert (status, headers["location"]) == (301, f"https://{site.domain}/a?b=c")
    assert site.client().ask("/", "DELETE")[0] == 403
    status, headers, body = site.client().ask("/", "HEAD")
    assert (status, headers["content-length"], body) == (200, "4", b"")


def test_error_pages_take_the_place_of_errors(simulator: Simulator) -> None:
    page = {"ErrorCode": 403, "ResponsePagePath": "/404.html", "ResponseCode": "404", "ErrorCachingMinTTL": 0}
    site = Site(simulator, CustomErrorResponses={"Quantity": 1, "Items": [page]})
    site.put("404.html", "not here")
    status, headers, body = site.client().ask("/nothing")
    assert (status, body, headers["x-cache"]) == (404, b"not here", "Error from cloudfront")
    site.put("nothing", "something")
    assert site.client().ask("/nothing")[0] == 200, "an error that is not cached ends at once"


def test_text_is_compressed_and_parts_and_known_answers_are_not_sent_whole(simulator: Simulator) -> None:
    site = Site(simulator)
    text = "compress me " * 200
    site.put("index.html", text)
    client = site.client()
    status, headers, body = client.ask("/", Accept_Encoding="gzip, br")
    assert (status, headers["content-encoding"], headers["vary"]) == (200, "gzip", "Accept-Encoding")
    assert gzip.decompress(body).decode() == text
    assert len(body) < 200
    plain = client.ask("/")
    assert "content-encoding" not in plain[1]
    assert client.ask("/", If_None_Match=plain[1]["etag"])[0] == 304
    assert client.ask("/", If_None_Match=headers["etag"])[0] == 304
    status, headers, body = client.ask("/", Range="bytes=2-5")
    assert (status, headers["content-range"], body) == (206, f"bytes 2-5/{len(text)}", b"mpre")
    assert client.ask("/", Range="bytes=99999-")[0] == 416


def test_policies_put_headers_on_answers(simulator: Simulator) -> None:
    site = Site(simulator)
    site.put("index.html", "home")
    policy = site.cdn.create_response_headers_policy(
        ResponseHeadersPolicyConfig={
            "Name": "security",
            "SecurityHeadersConfig": {
                "StrictTransportSecurity": {
                    "Override": True,
                    "AccessControlMaxAgeSec": 60,
                    "IncludeSubdomains": True,
                    "Preload": True,
                },
                "FrameOptions": {"Override": True, "FrameOption": "DENY"},
                "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": "default-src 'self'"},
            },
            "CustomHeadersConfig": {
                "Quantity": 1,
                "Items": [{"Header": "Permissions-Policy", "Value": "camera=()", "Override": True}],
            },
            "RemoveHeadersConfig": {"Quantity": 1, "Items": [{"Header": "x-amz-server-side-encryption"}]},
        }
    )["ResponseHeadersPolicy"]["Id"]
    site.update(DefaultCacheBehavior=site.behaviour(ResponseHeadersPolicyId=policy))
    headers = site.client().ask("/")[1]
    assert headers["strict-transport-security"] == "max-age=60; includeSubDomains; preload"
    assert headers["x-frame-options"] == "DENY"
    assert headers["content-security-policy"] == "default-src 'self'"
    assert headers["permissions-policy"] == "camera=()"
    assert "x-amz-server-side-encryption" not in headers


def test_paths_choose_behaviours_and_the_origin_path_chooses_the_release(simulator: Simulator) -> None:
    site = Site(simulator)
    for release in ("one", "two"):
        site.put(f"releases/{release}/index.html", release, CacheControl="max-age=60")
    origin = site.cdn.get_distribution_config(Id=site.identifier)["DistributionConfig"]["Origins"]["Items"][0]
    api = site.behaviour(PathPattern="/api/*", CachePolicyId="4135ea2d-6df8-44a3-9df3-4b5a84be39ad")
    for release in ("one", "two", "one"):
        site.update(
            Origins={"Quantity": 1, "Items": [origin | {"OriginPath": f"/releases/{release}"}]},
            CacheBehaviors={"Quantity": 1, "Items": [api]},
        )
        assert site.client().ask("/")[2] == release.encode()
    site.put("releases/one/api/a", "first")
    assert site.client().ask("/api/a")[2] == b"first"
    site.put("releases/one/api/a", "second")
    assert site.client().ask("/api/a")[2] == b"second", "that behaviour does not cache"


def test_a_function_is_never_ignored(simulator: Simulator) -> None:
    site = Site(simulator)
    site.put("index.html", "home")
    made = site.cdn.create_function(
        Name="f",
        FunctionConfig={"Comment": "", "Runtime": "cloudfront-js-2.0"},
        FunctionCode=b"function handler(event) { return event.request; }",
    )
    site.cdn.publish_function(Name="f", IfMatch=made["ETag"])
    arn = made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
    association = {"FunctionARN": arn, "EventType": "viewer-request"}
    functions = {"Quantity": 1, "Items": [association]}
    site.update(DefaultCacheBehavior=site.behaviour(FunctionAssociations=functions))
    status, _headers, body = site.client().ask("/")
    assert (status, b"does not run CloudFront functions" in body) == (500, True)


def test_a_disabled_distribution_has_no_door(simulator: Simulator) -> None:
    site = Site(simulator)
    assert door(simulator, 443, "distribution")["hostnames"] == [site.domain]
    current = site.cdn.get_distribution_config(Id=site.identifier)
    config = current["DistributionConfig"] | {"Enabled": False}
    site.cdn.update_distribution(Id=site.identifier, IfMatch=current["ETag"], DistributionConfig=config)
    assert simulator.control("GET", "front_doors")["front_doors"] == []


def _opener(simulator: Simulator) -> urllib.request.OpenerDirector:
    proxy = str(simulator.control("GET", "front_doors")["proxy"])
    return urllib.request.build_opener(
        urllib.request.ProxyHandler({"http": proxy, "https": proxy}),
        urllib.request.HTTPSHandler(context=trusting(simulator)),
    )


def test_the_proxy_leads_names_to_front_doors(simulator: Simulator) -> None:
    aws = simulator.client
    zone = make_zone(aws)
    certificate = make_certificate(aws, zone)
    site = Site(
        simulator,
        Aliases={"Quantity": 2, "Items": [DOMAIN, WWW]},
        ViewerCertificate={"ACMCertificateArn": certificate, "SSLSupportMethod": "sni-only"},
    )
    site.put("index.html", "home")
    balancer = make_load_balancer(aws, make_public_network(aws))
    make_listener(aws, balancer["LoadBalancerArn"], 443, certificate)
    records = {
        DOMAIN: {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": site.domain},
        f"admin.{DOMAIN}": {"HostedZoneId": balancer["CanonicalHostedZoneId"], "DNSName": balancer["DNSName"]},
    }
    for name, alias in records.items():
        batch = change("UPSERT", Name=name, Type="A", AliasTarget=alias | {"EvaluateTargetHealth": False})
        aws("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
    cname = {"TTL": 60, "ResourceRecords": [{"Value": DOMAIN}]}
    batch = change("UPSERT", Name=WWW, Type="CNAME", **cname)
    aws("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
    assert door(simulator, 443, "distribution")["hostnames"][0] == DOMAIN
    opener = _opener(simulator)
    with opener.open(f"https://{DOMAIN}/", timeout=10) as answer:
        assert answer.read() == b"home"
    with opener.open(f"http://{WWW}/", timeout=10) as answer:
        assert (answer.url, answer.read()) == (f"https://{WWW}/", b"home"), "redirected to HTTPS"
    with pytest.raises(urllib.error.HTTPError) as refused:
        opener.open(f"https://admin.{DOMAIN}/", timeout=10)
    with refused.value as error:
        assert (error.code, error.read()) == (404, b"Not here"), "the load balancer's own answer"
    with pytest.raises(OSError, match="502"):
        opener.open(f"https://nobody.{DOMAIN}/", timeout=10)
    with pytest.raises(OSError, match="502"):
        opener.open(f"https://admin.{DOMAIN}:8443/", timeout=10)
    with pytest.raises(urllib.error.HTTPError) as refused:
        opener.open("http://ghost.us-east-1.elb.amazonaws.com/", timeout=10)
    with refused.value as error:
        assert b"no record of the simulated Route 53 leads" in error.read()


def test_the_environment_leads_a_program_to_the_front_doors(simulator: Simulator) -> None:
    site = Site(simulator)
    site.put("index.html", "home")
    door(simulator, 443, "distribution")
    variables = environment(simulator.endpoint, ACCOUNT, REGION)
    assert set(variables) >= {"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "SSL_CERT_FILE"}
    program = f"import urllib.request; print(urllib.request.urlopen('https://{site.domain}/').read())"
    done = subprocess.run(
        [sys.executable, "-c", program], env=variables, capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout == "b'home'\n"
    port = simulator.endpoint.rpartition(":")[2]
    command = [sys.executable, "-m", "simulator", "env", "--account", ACCOUNT, "--region", REGION, "--port", port]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30).stdout
    assert f"export HTTPS_PROXY={variables['HTTPS_PROXY']}" in shown
    nobody = environment("http://127.0.0.1:9", ACCOUNT, REGION)
    assert "HTTPS_PROXY" not in nobody
    assert "AWS_ENDPOINT_URL" in nobody


def test_the_authority_can_be_asked_for(simulator: Simulator) -> None:
    with urllib.request.urlopen(f"{simulator.endpoint}/_simulator/ca.pem", timeout=10) as answer:  # noqa: S310
        assert answer.read().startswith(b"-----BEGIN CERTIFICATE-----")


def test_the_firewall_stands_in_front_of_the_cdn(simulator: Simulator) -> None:
    acl = simulator.client("wafv2").create_web_acl(
        Name="cdn",
        Scope="CLOUDFRONT",
        DefaultAction={"Block": {}},
        Rules=[],
        VisibilityConfig=visible("cdn"),
    )["Summary"]["ARN"]
    site = Site(simulator, WebACLId=acl)
    site.put("index.html", "home")
    assert site.client().ask("/")[0] == 403


def test_cloudwatch_is_told_of_errors(simulator: Simulator) -> None:
    site = Site(simulator)
    site.put("index.html", "home")
    client = site.client()
    assert [client.ask(path)[0] for path in ("/", "/", "/", "/none")] == [200, 200, 200, 403]
    dimensions = [{"Name": "DistributionId", "Value": site.identifier}, {"Name": "Region", "Value": "Global"}]

    def average(metric: str) -> float | None:
        found = site.aws("cloudwatch").get_metric_statistics(
            Namespace="AWS/CloudFront",
            MetricName=metric,
            Dimensions=dimensions,
            StartTime=time.time() - 300,
            EndTime=time.time() + 60,
            Period=300,
            Statistics=["Average"],
        )["Datapoints"]
        return found[0]["Average"] if found else None

    assert eventually(lambda: average("4xxErrorRate"), 15) == 25
    assert average("5xxErrorRate") == 0
