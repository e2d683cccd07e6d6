# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Products of a made-up price list, in the shape that AWS documents, with the decoys that the real one has.

The shape follows botocore's examples and AWS's documentation; nothing was recorded from an account. Prices are made up
or lie near public ones of the time. SKUs are counted.
"""

from __future__ import annotations

from typing import Any

VERSION, PUBLISHED = "20261101000000", "2026-11-01T00:00:00Z"
ON_DEMAND = "JRTCKXETXF"
EAST, IRELAND = "us-east-1", "eu-west-1"
PRODUCTS: dict[str, list[dict[str, Any]]] = {}


def _add(
    service: str, usage: str, unit: str, *tiers: tuple[str, str] | str, family: str = "", region: str = EAST, **has: str
) -> None:
    """Put a product into the list. A tier is where it begins and its price; a price alone is the only tier."""
    products = PRODUCTS.setdefault(service, [])
    sku = f"SIM{service.upper()[:10]}{len(products):03}"
    place = {"regionCode": region, "locationType": "AWS Region"} if region else {}
    attributes = {"servicecode": service, **place, "usagetype": usage, "operation": "", **has}
    product: dict[str, Any] = {"attributes": attributes, "sku": sku, **({"productFamily": family} if family else {})}
    steps = [("0", tier) if isinstance(tier, str) else tier for tier in tiers]
    ends = [*(start for start, _usd in steps[1:]), "Inf"]
    term, dimensions = f"{sku}.{ON_DEMAND}", {}
    for number, ((start, usd), end) in enumerate(zip(steps, ends, strict=True)):
        dimensions[f"{term}.RATE{number}"] = {
            "unit": unit,
            "beginRange": start,
            "endRange": end,
            "description": f"${usd} per {unit} of {usage}",
            "appliesTo": [],
            "rateCode": f"{term}.RATE{number}",
            "pricePerUnit": {"USD": f"{float(usd):.10f}"},
        }
    # AWS gives the dimensions in no order.
    offer = {
        "priceDimensions": dict(reversed(dimensions.items())),
        "sku": sku,
        "effectiveDate": PUBLISHED,
        "offerTermCode": ON_DEMAND,
        "termAttributes": {},
    }
    terms = {"OnDemand": {term: offer}}
    products.append(
        {"product": product, "serviceCode": service, "terms": terms, "version": VERSION, "publicationDate": PUBLISHED}
    )


def _fargate() -> None:
    for usage, usd in {
        "Fargate-vCPU-Hours:perCPU": "0.04048",
        "Fargate-GB-Hours": "0.004445",
        "Fargate-ARM-vCPU-Hours:perCPU": "0.03238",
        "Fargate-ARM-GB-Hours": "0.00356",
        "Fargate-Windows-vCPU-Hours:perCPU": "0.09148",
    }.items():
        _add("AmazonECS", f"USE1-{usage}", "hours", usd, family="Compute")
    _add("AmazonECS", "USE1-Fargate-EphemeralStorage-GB-Hours", "GB-Hours", "0.000111", family="Storage")


def _ec2() -> None:
    linux = {"operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA"}
    linux["licenseModel"] = "No License required"
    for size, usd in {
        "t3.medium": "0.0416",
        "t3.large": "0.0832",
        "t4g.medium": "0.0336",
        "c5.xlarge": "0.175",
    }.items():
        for usage, status, price in (
            ("BoxUsage", "Used", usd),
            ("UnusedBox", "UnusedCapacityReservation", usd),
            ("Reservation", "AllocatedCapacityReservation", "0"),
        ):
            has = {**linux, "instanceType": size, "capacitystatus": status}
            _add("AmazonEC2", f"{usage}:{size}", "Hrs", price, family="Compute Instance", **has)
    for usage, unit, usd in (
        ("NatGateway-Hours", "Hrs", "0.046"),
        ("NatGateway-Bytes", "GB", "0.045"),
        ("RegionalNatGateway-Hours", "Hrs", "0.045"),
        ("USE1-NatGateway-Prvd-Bytes", "GB", "0.045"),
    ):
        _add("AmazonEC2", usage, unit, usd, family="NAT Gateway")
    for region, usage, usd in ((EAST, "EBS:VolumeUsage.gp3", "0.08"), (IRELAND, "EU-EBS:VolumeUsage.gp3", "0.088")):
        _add("AmazonEC2", usage, "GB-Mo", usd, family="Storage", region=region, volumeApiName="gp3")


def _rds() -> None:
    """RDS shortens the size in its usage types, and a database in two zones has prices of its own."""
    for size, short, single, multi in (
        ("db.r5.xlarge", "db.r5.xl", "0.5", "0.999"),
        ("db.r6g.xlarge", "db.r6g.xl", "0.45", "0.899"),
        ("db.t4g.small", "db.t4g.small", "0.032", "0.065"),
        ("db.t4g.medium", "db.t4g.medium", "0.065", "0.129"),
    ):
        for engine, less in (("PostgreSQL", 0.0), ("MySQL", 0.003)):
            for deployment, usage, usd in (
                ("Single-AZ", "InstanceUsage", single),
                ("Multi-AZ", "Multi-AZUsage", multi),
            ):
                has = {"instanceType": size, "databaseEngine": engine, "deploymentOption": deployment}
                has["licenseModel"] = "No license required"
                price = str(float(usd) - less)
                _add("AmazonRDS", f"{usage}:{short}", "Hrs", price, family="Database Instance", **has)
    for deployment, usage, usd in (
        ("Single-AZ", "RDS:GP3-Storage", "0.115"),
        ("Multi-AZ", "RDS:Multi-AZ-GP3-Storage", "0.23"),
    ):
        has = {"volumeType": "General Purpose-GP3", "databaseEngine": "PostgreSQL", "deploymentOption": deployment}
        _add("AmazonRDS", usage, "GB-Mo", usd, family="Database Storage", **has)
    backup = {"databaseEngine": "PostgreSQL"}
    _add("AmazonRDS", "RDS:ChargedBackupUsage", "GB-Mo", "0.095", family="Storage Snapshot", **backup)


def _elasticache() -> None:
    """A node on an Outpost, and one beyond the end of its version, are other things under the same name."""
    for size, usd, outpost in (("cache.r5.large", "0.216", "0.09"), ("cache.t3.small", "0.034", "0.014")):
        for engine, factor in (("Redis", 1.0), ("Valkey", 0.8), ("Memcached", 1.0)):
            has = {"instanceType": size, "cacheEngine": engine}
            price = f"{float(usd) * factor:.4f}"
            _add("AmazonElastiCache", f"NodeUsage:{size}", "Hrs", price, family="Cache Instance", **has)
            if engine == "Redis":
                on_outpost = {**has, "locationType": "AWS Outposts"}
                _add(
                    "AmazonElastiCache",
                    f"Outpost-NodeUsage:{size}",
                    "Hrs",
                    outpost,
                    family="Cache Instance",
                    **on_outpost,
                )
                extended = f"ExtendedSupportYr1-Yr2-NodeUsage:{size}"
                _add("AmazonElastiCache", extended, "Hrs", "0.173", family="Cache Instance", **has)


def _network() -> None:
    balancer = "Load Balancer-Application"
    for usage, unit, usd in (
        ("LoadBalancerUsage", "Hrs", "0.0225"),
        ("LCUUsage", "LCU-Hrs", "0.008"),
        ("TS-LoadBalancerUsage", "Hrs", "0.0056"),
        ("Outposts-LoadBalancerUsage", "Hrs", "0.0225"),
        ("ReservedLCUUsage", "LCU-Hrs", "0.008"),
    ):
        _add("AWSELB", usage, unit, usd, family=balancer)
    _add("AWSELB", "EU-LoadBalancerUsage", "Hrs", "0.0252", family=balancer, region=IRELAND)
    for usage, unit, usd in (
        ("PublicIPv4:InUseAddress", "Hrs", "0.005"),
        ("PublicIPv4:IdleAddress", "Hrs", "0.005"),
        ("VpcEndpoint-Hours", "Hrs", "0.01"),
        ("ClientVPN-EndpointHours", "Hrs", "0.1"),
        ("ClientVPN-ConnectionHours", "Hrs", "0.05"),
    ):
        _add("AmazonVPC", f"USE1-{usage}", unit, usd)
    # Prices that fall with the quantity.
    _add("AmazonVPC", "USE1-VpcEndpoint-Bytes", "GB", "0.01", ("1048576", "0.006"), ("5242880", "0.004"))


def _watching() -> None:
    # A usage type that several operations have is no answer to the question for its price.
    for operation, usd in (("PutLogEvents", "0.5"), ("HourlyStorageMetering", "0.25")):
        _add("AmazonCloudWatch", "DataProcessing-Bytes", "GB", usd, family="Data Payload", operation=operation)
    _add("AmazonCloudWatch", "TimedStorage-ByteHrs", "GB-Mo", ("0", "0"), ("5", "0.03"), family="Storage Snapshot")
    _add("AmazonCloudWatch", "CW:AlarmMonitorUsage", "Alarms", ("0", "0"), ("10", "0.1"), family="Alarm")
    _add("AmazonCloudWatch", "CW:MetricMonitorUsage", "Metrics", ("0", "0.3"), ("10000", "0.1"), family="Metric")
    _add("AmazonCloudWatch", "EU-CW:AlarmMonitorUsage", "Alarms", "0.1", family="Alarm", region=IRELAND)
    _add("AmazonSNS", "Requests-Tier1", "Requests", ("0", "0"), ("1000000", "0.0000005"), family="API Request")


def _others() -> None:
    _add("awskms", "us-east-1-KMS-Keys", "Keys", "1", family="Encryption Key")
    _add("awskms", "us-east-1-KMS-Requests", "Requests", ("0", "0"), ("20000", "0.000003"), family="API Request")
    _add("AWSSecretsManager", "USE1-AWSSecretsManager-Secrets", "Secrets", "0.4", family="Secret")
    _add("AWSSecretsManager", "USE1-AWSSecretsManagerAPIRequest", "API Requests", "0.000005", family="API Request")
    _add("AmazonECR", "TimedStorage-ByteHrs", "GB-Mo", "0.1", family="EC2 Container Registry")
    for usage, unit, usd in (
        ("TimedStorage-ByteHrs", "GB-Mo", "0.023"),
        ("TimedStorage-INT-FA-ByteHrs", "GB-Mo", "0.023"),
    ):
        _add("AmazonS3", usage, unit, usd, family="Storage", volumeType="Standard")
    _add("AmazonS3", "Requests-Tier1", "Requests", "0.000005", family="API Request")
    _add("AmazonS3", "Requests-Tier2", "Requests", "0.0000004", family="API Request")
    for usage, unit, usd in (
        ("WebACLV2", "Month", "5"),
        ("RuleV2", "Month", "1"),
        ("RequestV2-Tier1", "Requests", "0.0000006"),
    ):
        _add("awswaf", f"USE1-{usage}", unit, usd, family="Web Application Firewall")
    edge = {"locationType": "AWS Edge Location", "location": "United States"}
    _add("AmazonCloudFront", "US-Requests-Tier2-HTTPS", "Requests", "0.000001", family="Request", region="", **edge)
    _add("AmazonRoute53", "HostedZone", "HostedZone", ("0", "0.5"), ("25", "0.1"), family="DNS Zone", region="")


for _fill in (_fargate, _ec2, _rds, _elasticache, _network, _watching, _others):
    _fill()
