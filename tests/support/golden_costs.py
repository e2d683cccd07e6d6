# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What environments cost, reckoned in another way: written down from the price lists, with nothing of the product.

Each figure is minimum, expected and maximum. A line is rounded to the cent, half up, and services are sums of lines.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

TABLES = Path(__file__).parents[2] / "roles" / "cost" / "files" / "prices"
HOURS = 730
Cents = tuple[int, int, int]


def usd(key: str, region: str = "us-east-1") -> Fraction:
    """The price of the first tier, of the rows themselves."""
    for table in (region, "global"):
        for row in json.loads((TABLES / f"{table}.json").read_text(encoding="utf-8"))["prices"]:
            if row["key"] == key:
                return Fraction(row["tiers"][0]["usd"])
    raise KeyError(key)


def cents(amount: Fraction) -> int:
    return int(amount * 100 + Fraction(1, 2))


@dataclass
class Golden:
    """The parameters that the estimates differ in; the rest is the same for all."""

    zones: int
    nat_gateways: int
    tasks: tuple[Any, Any, Any]
    vcpu: Fraction
    gb: Fraction
    database: Fraction
    """Dollars an hour of the instance."""
    storage: tuple[int, int]
    storage_price: Fraction
    cache_node: str
    cache_nodes: int
    lcus: Fraction
    internet: int
    cdn: int
    requests: int
    nat_gb: int
    cross_zone: int
    stored: int
    log_gb: Fraction
    image_gb: Fraction
    retention: int
    alarms: dict[str, tuple[int, int]]
    """Watched metrics and composite alarms, by kind of component."""
    endpoints: int = 0
    replicas: int = 0
    replica: Fraction = Fraction(0)
    insights: tuple[int, Fraction] | None = None
    copies: bool = False
    arm: bool = False
    web_acl: bool = True
    internal: bool = False
    cache_engine: str = "redis"
    hours: int = HOURS
    spot: tuple[Fraction, Fraction] | None = None
    """The share of tasks beyond the smallest number that is on Spot, and what is left of the price."""
    instances: tuple[int, int, int] | None = None
    """How many of t3.medium, each with a disk of 30 GB."""
    free_tier: bool = False
    insights_price: int = 0
    """What Performance Insights costs for an instance, where the user says so."""
    services: dict[str, list[Cents]] = field(init=False, default_factory=dict)

    def add(self, service: str, price: Fraction, *amounts: Any) -> None:
        band = amounts if len(amounts) == 3 else (amounts[0],) * 3
        line = tuple(cents(price * Fraction(each)) for each in band)
        self.services.setdefault(service, []).append(line)  # type: ignore[arg-type]

    def logs(self, gigabytes: Any, price: str = "logs.ingest") -> None:
        self.add("cloudwatch", usd(price), gigabytes)
        self.add("cloudwatch", usd("logs.storage"), Fraction(gigabytes) * self.retention / 30)

    def reckoned(self) -> dict[str, Cents]:
        for part in (
            self._shared,
            self._network,
            self._stores,
            self._edge,
            self._watch,
            self._applications,
            self._instances,
        ):
            part()
        return {name: tuple(map(sum, zip(*found, strict=True))) for name, found in self.services.items()}  # type: ignore[misc]

    def _shared(self) -> None:
        for _region in range(2 if self.copies else 1):
            self.add("kms", usd("kms.key"), 3)
        self.add("kms", usd("kms.requests"), 1)
        self.add("kms", usd("kms.key"), 1)
        self.add("sns", usd("sns.requests"), Fraction(1, 1000))
        self.add("route53", usd("route53.zone"), 1)
        self.add("route53", usd("route53.queries"), 1)
        self.add("secrets", usd("secrets.secret"), 1)
        self.add("secrets", usd("secrets.secret"), 1)

    def _network(self) -> None:
        self.add("nat_gateway", usd("nat.hours"), self.nat_gateways * HOURS)
        self.add("public_ipv4", usd("ipv4.hours"), self.nat_gateways * HOURS)
        self.add("nat_gateway", usd("nat.gb"), self.nat_gb)
        self.add("vpc_endpoints", usd("endpoint.hours"), self.endpoints * self.zones * HOURS)
        self.add("vpc_endpoints", usd("endpoint.gb"), 10 if self.endpoints else 0)
        self.add("data_transfer", usd("transfer.zone"), 2 * self.cross_zone)
        self.logs(2, "logs.vended")

    def _stores(self) -> None:
        least, most = self.storage
        self.add("rds", self.database, HOURS)
        self.add("rds", self.storage_price, least, least, most)
        self.add("rds", self.replica, self.replicas * HOURS)
        single = usd("rds.storage.single")
        self.add("rds", single, self.replicas * least, self.replicas * least, self.replicas * most)
        self.logs(1)
        price = usd(f"elasticache.{self.cache_engine}.{self.cache_node}")
        self.add("elasticache", price, self.cache_nodes * HOURS)
        self.logs(Fraction(1, 2))
        self.add("s3", usd("s3.storage"), self.stored)
        self.add("s3", usd("s3.writes"), 100)
        self.add("s3", usd("s3.reads"), 1000)
        if self.copies:
            self.add("rds", usd("rds.backup"), least)
            self.add("s3", usd("s3.storage"), self.stored)
            self.add("data_transfer", usd("transfer.region"), least)
            self.add("data_transfer", usd("transfer.region"), self.stored)

    def _edge(self) -> None:
        self.add("alb", usd("alb.hours"), HOURS)
        self.add("alb", usd("alb.lcu"), self.lcus * HOURS)
        self.add("public_ipv4", usd("ipv4.hours"), 0 if self.internal else self.zones * HOURS)
        free = (100, 1024, 10_000_000) if self.free_tier else (0, 0, 0)
        self.add("data_transfer", usd("transfer.internet"), max(self.internet - free[0], 0))
        self.add("cloudfront", usd("cloudfront.gb"), max(self.cdn - free[1], 0))
        self.add("cloudfront", usd("cloudfront.requests"), Fraction(max(self.requests - free[2], 0), 10_000))
        for _acl in range(2 if self.web_acl else 0):
            self.add("waf", usd("waf.acl"), 1)
            self.add("waf", usd("waf.rule"), 5)  # four groups of AWS, and the rate limit
            self.add("waf", usd("waf.requests"), Fraction(self.requests, 1_000_000))
            self.logs(1, "logs.vended")

    def _watch(self) -> None:
        self.add("cloudwatch", usd("metric.custom"), 1)  # what PostgreSQL calls fatal
        self.add("cloudwatch", usd("dashboard"), 0 if self.free_tier else 1)  # three are free
        self.add("rds", Fraction(self.insights_price), 1 + self.replicas)
        for kind, (metrics, composite) in self.alarms.items():
            for _each in range(4 if kind == "service" else 1):
                self.add("cloudwatch", usd("alarm.metric"), metrics)
                self.add("cloudwatch", usd("alarm.composite"), composite)
        if self.insights:
            self.add("cloudwatch", self.insights[1], 4 * self.insights[0])

    def _applications(self) -> None:
        for _each in range(4):
            self._tasks()
            self.add("ecr", usd("ecr.storage"), self.image_gb)
            self.add("secrets", usd("secrets.secret"), 1)
            self.add("secrets", usd("secrets.requests"), Fraction(1, 4))
            self.add("cloudwatch", usd("metric.custom"), 1)
            self.logs(self.log_gb)
            if self.copies:
                self.add("ecr", usd("ecr.storage"), self.image_gb)
                self.add("data_transfer", usd("transfer.region"), 1)

    def _tasks(self) -> None:
        if self.instances:
            return
        name = "arm64" if self.arm else "x86_64"
        share, rest = self.spot or (Fraction(0), Fraction(1))
        spare = [(Fraction(each) - Fraction(self.tasks[0])) * share for each in self.tasks]
        normal = [Fraction(each) - off for each, off in zip(self.tasks, spare, strict=True)]
        for key, size in ((f"fargate.vcpu.{name}", self.vcpu), (f"fargate.memory.{name}", self.gb)):
            self.add("fargate", usd(key), *(each * size * self.hours for each in normal))
            self.add("fargate", usd(key) * rest, *(each * size * self.hours for each in spare))

    def _instances(self) -> None:
        if self.instances:
            self.add("ec2", usd("ec2.t3.medium"), *(each * HOURS for each in self.instances))
            self.add("ec2", usd("ebs.gp3"), *(each * 30 for each in self.instances))


def total(services: Iterable[Cents]) -> Cents:
    return tuple(map(sum, zip(*services, strict=True)))  # type: ignore[return-value]
