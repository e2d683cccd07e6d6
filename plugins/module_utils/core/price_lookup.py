# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

"""Where AWS's price list has the rows of our tables: service, filters, usage type and unit by key. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from .cost_prices import GLOBAL

# What usage types begin with: older services of us-east-1 have nothing there, newer ones and all other regions do.
PREFIXES: Mapping[str, tuple[str, ...]] = {
    "us-east-1": ("", "USE1-", "us-east-1-"),
    "us-east-2": ("USE2-", "us-east-2-"),
    "us-west-2": ("USW2-", "us-west-2-"),
    "eu-west-1": ("EU-", "EUW1-", "eu-west-1-"),
    "eu-central-1": ("EUC1-", "eu-central-1-"),
    "eu-west-2": ("EUW2-", "eu-west-2-"),
    GLOBAL: ("",),
}
HOURS = frozenset({"hrs", "hours", "hour"})
GB = frozenset({"gb"})
GB_MONTHS = frozenset({"gb-mo", "gb-month"})
REQUESTS = frozenset({"requests", "request", "api requests"})
POSTGRES = {"databaseEngine": "PostgreSQL"}
DEPLOYMENTS = {"single": "Single-AZ", "multi": "Multi-AZ"}
ENGINES = {"redis": "Redis", "valkey": "Valkey", "memcached": "Memcached"}


@dataclass(frozen=True)
class Lookup:
    """What one row is in the price list. `usages` are the usage types that it may have, none: whatever it is called."""

    service: str
    units: frozenset[str]
    usages: tuple[str, ...] = ()
    filters: Mapping[str, str] = field(default_factory=dict)
    factor: Decimal = Decimal(1)
    """How many units of the price list ours is: 10000 where ours is `10k requests`."""

    @property
    def regional(self) -> bool:
        """Whether it is sold in a region of AWS. What has one price for all of them is at edge locations, too."""
        return "regionCode" in self.filters

    @property
    def queries(self) -> list[dict[str, str]]:
        """The filters of each question: AWS's TERM_MATCH compares with one value."""
        return [{**self.filters, "usagetype": usage} for usage in self.usages] or [dict(self.filters)]


@dataclass(frozen=True)
class _Plain:
    """A row that is known by its usage type, without what stands for the region."""

    service: str
    usage: str
    units: frozenset[str]
    factor: int = 1
    filters: Mapping[str, str] = field(default_factory=dict)


_ALB = {"productFamily": "Load Balancer-Application"}
_NAT = {"productFamily": "NAT Gateway"}
_PLAIN: Mapping[str, _Plain] = {
    "alarm.metric": _Plain("AmazonCloudWatch", "CW:AlarmMonitorUsage", frozenset({"alarms"})),
    "alb.hours": _Plain("AWSELB", "LoadBalancerUsage", HOURS, filters=_ALB),
    "alb.lcu": _Plain("AWSELB", "LCUUsage", frozenset({"lcu-hrs"}), filters=_ALB),
    "client_vpn.association": _Plain("AmazonVPC", "ClientVPN-EndpointHours", HOURS),
    "client_vpn.connection": _Plain("AmazonVPC", "ClientVPN-ConnectionHours", HOURS),
    "cloudfront.requests": _Plain("AmazonCloudFront", "US-Requests-Tier2-HTTPS", REQUESTS, 10_000),
    "ebs.gp3": _Plain("AmazonEC2", "EBS:VolumeUsage.gp3", GB_MONTHS, filters={"volumeApiName": "gp3"}),
    "ecr.storage": _Plain("AmazonECR", "TimedStorage-ByteHrs", GB_MONTHS),
    "endpoint.gb": _Plain("AmazonVPC", "VpcEndpoint-Bytes", GB),
    "endpoint.hours": _Plain("AmazonVPC", "VpcEndpoint-Hours", HOURS),
    "fargate.ephemeral": _Plain("AmazonECS", "Fargate-EphemeralStorage-GB-Hours", HOURS | {"gb-hours"}),
    "fargate.memory.arm64": _Plain("AmazonECS", "Fargate-ARM-GB-Hours", HOURS),
    "fargate.memory.x86_64": _Plain("AmazonECS", "Fargate-GB-Hours", HOURS),
    "fargate.vcpu.arm64": _Plain("AmazonECS", "Fargate-ARM-vCPU-Hours:perCPU", HOURS),
    "fargate.vcpu.x86_64": _Plain("AmazonECS", "Fargate-vCPU-Hours:perCPU", HOURS),
    "ipv4.hours": _Plain("AmazonVPC", "PublicIPv4:InUseAddress", HOURS),
    "kms.key": _Plain("awskms", "KMS-Keys", frozenset({"keys"})),
    "kms.requests": _Plain("awskms", "KMS-Requests", REQUESTS, 10_000),
    "logs.ingest": _Plain("AmazonCloudWatch", "DataProcessing-Bytes", GB),
    "logs.insights": _Plain("AmazonCloudWatch", "DataScanned-Bytes", GB),
    "logs.storage": _Plain("AmazonCloudWatch", "TimedStorage-ByteHrs", GB_MONTHS),
    "metric.custom": _Plain("AmazonCloudWatch", "CW:MetricMonitorUsage", frozenset({"metrics"})),
    "nat.gb": _Plain("AmazonEC2", "NatGateway-Bytes", GB, filters=_NAT),
    "nat.hours": _Plain("AmazonEC2", "NatGateway-Hours", HOURS, filters=_NAT),
    "rds.backup": _Plain("AmazonRDS", "RDS:ChargedBackupUsage", GB_MONTHS, filters=POSTGRES),
    "route53.zone": _Plain("AmazonRoute53", "HostedZone", frozenset({"hostedzone"})),
    "s3.reads": _Plain("AmazonS3", "Requests-Tier2", REQUESTS, 1000),
    "s3.storage": _Plain("AmazonS3", "TimedStorage-ByteHrs", GB_MONTHS, filters={"volumeType": "Standard"}),
    "s3.writes": _Plain("AmazonS3", "Requests-Tier1", REQUESTS, 1000),
    "secrets.requests": _Plain("AWSSecretsManager", "AWSSecretsManagerAPIRequest", REQUESTS, 10_000),
    "secrets.secret": _Plain("AWSSecretsManager", "AWSSecretsManager-Secrets", frozenset({"secrets"})),
    "sns.requests": _Plain("AmazonSNS", "Requests-Tier1", REQUESTS, 1_000_000),
    "waf.acl": _Plain("awswaf", "WebACLV2", frozenset({"month"})),
    "waf.requests": _Plain("awswaf", "RequestV2-Tier1", REQUESTS, 1_000_000),
    "waf.rule": _Plain("awswaf", "RuleV2", frozenset({"month"})),
}


def lookup(key: str, region: str) -> Lookup | None:
    """How a row is found; None where nobody has told us its filters."""
    prefixes, place = PREFIXES.get(region, ()), {} if region == GLOBAL else {"regionCode": region}
    if not prefixes:
        return None
    if key in _PLAIN:
        plain = _PLAIN[key]
        usages = tuple(f"{prefix}{plain.usage}" for prefix in prefixes)
        return Lookup(plain.service, plain.units, usages, {**plain.filters, **place}, Decimal(plain.factor))
    kind, _dot, rest = key.partition(".")
    return _instance(kind, rest, prefixes, place)


def _instance(kind: str, rest: str, prefixes: tuple[str, ...], place: Mapping[str, str]) -> Lookup | None:
    """What is had in sizes. RDS shortens them in its usage types (db.r5.xl), so only the size itself is asked for."""
    if kind == "ec2":
        filters = {"productFamily": "Compute Instance", "instanceType": rest, "operatingSystem": "Linux",
                   "tenancy": "Shared", "capacitystatus": "Used", "preInstalledSw": "NA",
                   "licenseModel": "No License required"}  # fmt: skip
        usages = tuple(f"{prefix}BoxUsage:{rest}" for prefix in prefixes)
        return Lookup("AmazonEC2", HOURS, usages, {**filters, **place})
    engine, _dot, node = rest.partition(".")
    if kind == "elasticache" and engine in ENGINES:
        filters = {"productFamily": "Cache Instance", "instanceType": node, "cacheEngine": ENGINES[engine]}
        usages = tuple(f"{prefix}NodeUsage:{node}" for prefix in prefixes)
        return Lookup("AmazonElastiCache", HOURS, usages, {**filters, **place})
    what, _dot, deployment = rest.rpartition(".")
    if kind == "rds" and deployment in DEPLOYMENTS:
        filters = {**POSTGRES, "deploymentOption": DEPLOYMENTS[deployment], **place}
        if what.startswith("db."):
            filters |= {"productFamily": "Database Instance", "instanceType": what}
            return Lookup("AmazonRDS", HOURS, (), {**filters, "licenseModel": "No license required"})
        if what == "storage":
            filters |= {"productFamily": "Database Storage", "volumeType": "General Purpose-GP3"}
            return Lookup("AmazonRDS", GB_MONTHS, (), filters)
    return None
