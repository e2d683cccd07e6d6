# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Calls for load balancers, certificates, DNS, CDN and WAF."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.support.simulator import REGION

if TYPE_CHECKING:
    from collections.abc import Callable

    Aws = Callable[..., Any]

TAGS = [{"Key": "Project", "Value": "monay"}]
DOMAIN = "dev.monay.example"
POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"


def make_public_network(aws: Aws, region: str = REGION) -> dict[str, Any]:
    """A VPC with an internet gateway, subnets in two zones and a security group."""
    ec2 = aws("ec2", region=region)
    vpc = ec2.create_vpc(CidrBlock="10.10.0.0/16")["Vpc"]["VpcId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.10.{number}.0/24", AvailabilityZone=f"{region}{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ab")
    ]
    group = ec2.create_security_group(GroupName="alb", Description="for tests", VpcId=vpc)["GroupId"]
    return {"vpc": vpc, "subnets": subnets, "group": group, "gateway": gateway}


def make_zone(aws: Aws, name: str = DOMAIN) -> str:
    """A public hosted zone; its id."""
    zone = aws("route53").create_hosted_zone(Name=name, CallerReference=f"for {name}")["HostedZone"]["Id"]
    return str(zone)


def change(action: str, **record: Any) -> dict[str, Any]:
    """A change batch of one record."""
    return {"Changes": [{"Action": action, "ResourceRecordSet": record}]}


def validate(aws: Aws, zone: str, arn: str, region: str = REGION) -> None:
    """Make the records that a certificate asks for."""
    certificate = aws("acm", region=region).describe_certificate(CertificateArn=arn)["Certificate"]
    records = {
        option["ResourceRecord"]["Name"]: option["ResourceRecord"] for option in certificate["DomainValidationOptions"]
    }
    for record in records.values():
        values = [{"Value": record["Value"]}]
        batch = change("UPSERT", Name=record["Name"], Type=record["Type"], TTL=300, ResourceRecords=values)
        aws("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)


def make_certificate(aws: Aws, zone: str, region: str = REGION, domain: str = DOMAIN) -> str:
    """A certificate that is issued for a domain and what is below it; its ARN."""
    arn = aws("acm", region=region).request_certificate(
        DomainName=domain,
        SubjectAlternativeNames=[domain, f"*.{domain}"],
        ValidationMethod="DNS",
        Tags=[{"Key": "Name", "Value": "monay-dev"}, *TAGS],
    )["CertificateArn"]
    validate(aws, zone, arn, region)
    return str(arn)


def make_load_balancer(aws: Aws, network: dict[str, Any], name: str = "monay-dev") -> dict[str, Any]:
    """An active load balancer."""
    elb = aws("elbv2")
    balancer = elb.create_load_balancer(
        Name=name, Subnets=network["subnets"], SecurityGroups=[network["group"]], Tags=TAGS
    )["LoadBalancers"][0]
    return dict(elb.describe_load_balancers(LoadBalancerArns=[balancer["LoadBalancerArn"]])["LoadBalancers"][0])


def make_group(aws: Aws, network: dict[str, Any], name: str, **settings: Any) -> str:
    """A target group for addresses; its ARN."""
    made = aws("elbv2").create_target_group(
        Name=name, Protocol="HTTP", Port=3001, VpcId=network["vpc"], TargetType="ip", Tags=TAGS, **settings
    )
    return str(made["TargetGroups"][0]["TargetGroupArn"])


def not_found(text: str = "Not here") -> list[dict[str, Any]]:
    """The default action of a listener."""
    fixed = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": text}
    return [{"Type": "fixed-response", "FixedResponseConfig": fixed}]


def make_listener(aws: Aws, balancer: str, port: int = 80, certificate: str = "") -> str:
    """A listener that answers 404; HTTPS where there is a certificate."""
    secure: dict[str, Any] = {"Protocol": "HTTP"}
    if certificate:
        secure = {"Protocol": "HTTPS", "SslPolicy": POLICY, "Certificates": [{"CertificateArn": certificate}]}
    made = aws("elbv2").create_listener(LoadBalancerArn=balancer, Port=port, DefaultActions=not_found(), **secure)
    return str(made["Listeners"][0]["ListenerArn"])


def forward(*groups: tuple[str, int]) -> list[dict[str, Any]]:
    """A forward action with weights."""
    weighted = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in groups]
    return [{"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}}]


def load_balancing(aws: Aws) -> None:
    elb, network = aws("elbv2"), make_public_network(aws)
    certificate = make_certificate(aws, make_zone(aws))
    balancer = make_load_balancer(aws, network)["LoadBalancerArn"]
    name = {"LoadBalancerArn": balancer}
    elb.describe_load_balancer_attributes(**name)
    elb.modify_load_balancer_attributes(**name, Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "90"}])
    elb.set_security_groups(**name, SecurityGroups=[network["group"]])
    elb.set_subnets(**name, Subnets=network["subnets"])
    elb.set_ip_address_type(**name, IpAddressType="ipv4")
    blue, green = make_group(aws, network, "admin-blue"), make_group(aws, network, "admin-green")
    elb.describe_target_groups(Names=["admin-blue"])
    elb.modify_target_group(TargetGroupArn=blue, HealthCheckPath="/health")
    elb.describe_target_group_attributes(TargetGroupArn=blue)
    delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": "0"}]
    elb.modify_target_group_attributes(TargetGroupArn=blue, Attributes=delay)
    listener = make_listener(aws, balancer, 443, certificate)
    elb.describe_listeners(**name)
    elb.describe_listener_attributes(ListenerArn=listener)
    server = [{"Key": "routing.http.response.server.enabled", "Value": "false"}]
    elb.modify_listener_attributes(ListenerArn=listener, Attributes=server)
    elb.modify_listener(ListenerArn=listener, DefaultActions=not_found("Gone"))
    certificates = [{"CertificateArn": certificate}]
    elb.add_listener_certificates(ListenerArn=listener, Certificates=certificates)
    elb.describe_listener_certificates(ListenerArn=listener)
    rule = elb.create_rule(
        ListenerArn=listener,
        Priority=10,
        Conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": [f"admin.{DOMAIN}"]}}],
        Actions=forward((blue, 1), (green, 0)),
        Tags=TAGS,
    )["Rules"][0]["RuleArn"]
    elb.modify_rule(RuleArn=rule, Actions=forward((blue, 0), (green, 1)))
    elb.set_rule_priorities(RulePriorities=[{"RuleArn": rule, "Priority": 20}])
    elb.describe_rules(ListenerArn=listener)
    elb.register_targets(TargetGroupArn=blue, Targets=[{"Id": "10.10.0.4"}])
    elb.describe_target_health(TargetGroupArn=blue)
    elb.deregister_targets(TargetGroupArn=blue, Targets=[{"Id": "10.10.0.4"}])
    elb.add_tags(ResourceArns=[rule], Tags=TAGS)
    elb.describe_tags(ResourceArns=[rule, balancer, blue, listener])
    elb.remove_tags(ResourceArns=[rule], TagKeys=["Project"])
    second = make_group(aws, network, "other")
    further = elb.create_rule(
        ListenerArn=listener,
        Priority=30,
        Conditions=[
            {"Field": "path-pattern", "Values": ["/api/*"]},
            {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "2"}]}},
            {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Test", "Values": ["yes"]}},
            {"Field": "source-ip", "SourceIpConfig": {"Values": ["127.0.0.0/8"]}},
            {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["GET"]}},
        ],
        Actions=[{"Type": "forward", "TargetGroupArn": second}],
    )["Rules"][0]["RuleArn"]
    elb.remove_listener_certificates(ListenerArn=listener, Certificates=[])
    elb.describe_ssl_policies()
    elb.delete_rule(RuleArn=further)
    elb.delete_target_group(TargetGroupArn=second)
    elb.delete_listener(ListenerArn=listener)
    elb.delete_load_balancer(**name)


def certificates(aws: Aws) -> None:
    from tests.simulator.material import self_signed

    acm, zone = aws("acm"), make_zone(aws)
    arn = make_certificate(aws, zone)
    acm.describe_certificate(CertificateArn=arn)
    acm.list_certificates(CertificateStatuses=["ISSUED"])
    acm.add_tags_to_certificate(CertificateArn=arn, Tags=TAGS)
    acm.list_tags_for_certificate(CertificateArn=arn)
    acm.remove_tags_from_certificate(CertificateArn=arn, Tags=[{"Key": "Project"}])
    acm.update_certificate_options(CertificateArn=arn, Options={"CertificateTransparencyLoggingPreference": "DISABLED"})
    certificate, key = self_signed("www.monay.example")
    imported = acm.import_certificate(Certificate=certificate, PrivateKey=key, Tags=TAGS)["CertificateArn"]
    acm.describe_certificate(CertificateArn=imported)
    acm.get_certificate(CertificateArn=imported)
    acm.list_certificates()
    acm.delete_certificate(CertificateArn=imported)


def names(aws: Aws) -> None:
    dns = aws("route53")
    zone = make_zone(aws)
    values = {"TTL": 300, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    made = dns.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch=change("CREATE", Name=f"www.{DOMAIN}", Type="A", **values)
    )
    dns.get_change(Id=made["ChangeInfo"]["Id"])
    alias = {"HostedZoneId": "Z2FDTNDATAQYW2", "DNSName": "d1.cloudfront.net", "EvaluateTargetHealth": False}
    batch = change("UPSERT", Name=DOMAIN, Type="A", AliasTarget=alias)
    dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)
    dns.list_resource_record_sets(HostedZoneId=zone)
    dns.get_hosted_zone(Id=zone)
    dns.list_hosted_zones()
    dns.list_hosted_zones_by_name(DNSName=DOMAIN)
    dns.change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone.rpartition("/")[2], AddTags=TAGS)
    dns.list_tags_for_resource(ResourceType="hostedzone", ResourceId=zone.rpartition("/")[2])
    dns.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch=change("DELETE", Name=DOMAIN, Type="A", AliasTarget=alias)
    )
    dns.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch=change("DELETE", Name=f"www.{DOMAIN}", Type="A", **values)
    )
    dns.delete_hosted_zone(Id=zone)


def distribution_config(**changes: Any) -> dict[str, Any]:
    """A small distribution in front of a bucket."""
    behaviour = {
        "TargetOriginId": "site",
        "ViewerProtocolPolicy": "redirect-to-https",
        "CachePolicyId": CACHING_OPTIMIZED,
        "Compress": True,
    }
    origin = {
        "Id": "site",
        "DomainName": f"site.s3.{REGION}.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
    }
    config = {
        "CallerReference": "site",
        "Comment": "the site",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Origins": {"Quantity": 1, "Items": [origin]},
        "DefaultCacheBehavior": behaviour,
    }
    return config | changes


def content_delivery(aws: Aws) -> None:
    cdn = aws("cloudfront")
    control = {
        "Name": "site",
        "SigningProtocol": "sigv4",
        "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3",
    }
    made = cdn.create_origin_access_control(OriginAccessControlConfig=control)
    identifier = made["OriginAccessControl"]["Id"]
    cdn.get_origin_access_control(Id=identifier)
    cdn.get_origin_access_control_config(Id=identifier)
    cdn.list_origin_access_controls()
    etag = cdn.update_origin_access_control(
        Id=identifier, IfMatch=made["ETag"], OriginAccessControlConfig=control | {"Description": "of the site"}
    )["ETag"]
    cdn.delete_origin_access_control(Id=identifier, IfMatch=etag)
    _policies(cdn)
    function = cdn.create_function(
        Name="index",
        FunctionConfig={"Comment": "adds index.html", "Runtime": "cloudfront-js-2.0"},
        FunctionCode=b"function handler(event) { return event.request; }",
    )
    cdn.publish_function(Name="index", IfMatch=function["ETag"])
    cdn.describe_function(Name="index", Stage="LIVE")
    cdn.get_function(Name="index")
    cdn.list_functions()
    etag = cdn.update_function(
        Name="index",
        IfMatch=function["ETag"],
        FunctionConfig={"Comment": "does nothing", "Runtime": "cloudfront-js-2.0"},
        FunctionCode=b"function handler(event) { return event.request; }",
    )["ETag"]
    cdn.delete_function(Name="index", IfMatch=etag)
    tags = {"Items": TAGS}
    both = {"DistributionConfig": distribution_config(), "Tags": tags}
    made = cdn.create_distribution_with_tags(DistributionConfigWithTags=both)
    cdn.create_distribution(DistributionConfig=distribution_config(CallerReference="other"))
    identifier, arn = made["Distribution"]["Id"], made["Distribution"]["ARN"]
    cdn.get_distribution(Id=identifier)
    cdn.list_distributions()
    batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "one"}
    invalidation = cdn.create_invalidation(DistributionId=identifier, InvalidationBatch=batch)["Invalidation"]["Id"]
    cdn.get_invalidation(DistributionId=identifier, Id=invalidation)
    cdn.list_invalidations(DistributionId=identifier)
    cdn.tag_resource(Resource=arn, Tags=tags)
    cdn.list_tags_for_resource(Resource=arn)
    cdn.untag_resource(Resource=arn, TagKeys={"Items": ["Project"]})
    current = cdn.get_distribution_config(Id=identifier)
    config = current["DistributionConfig"] | {"Enabled": False}
    etag = cdn.update_distribution(Id=identifier, IfMatch=current["ETag"], DistributionConfig=config)["ETag"]
    cdn.delete_distribution(Id=identifier, IfMatch=etag)


def _policies(cdn: Any) -> None:
    headers = {
        "Name": "security",
        "SecurityHeadersConfig": {"ContentTypeOptions": {"Override": True}},
        "CustomHeadersConfig": {"Quantity": 1, "Items": [{"Header": "X-A", "Value": "b", "Override": True}]},
    }
    key = {
        "EnableAcceptEncodingGzip": True,
        "HeadersConfig": {"HeaderBehavior": "none"},
        "CookiesConfig": {"CookieBehavior": "none"},
        "QueryStringsConfig": {"QueryStringBehavior": "none"},
    }
    cache = {"Name": "mine", "MinTTL": 0, "ParametersInCacheKeyAndForwardedToOrigin": key}
    origin = {"Name": "mine", **{name: value for name, value in key.items() if name.endswith("Config")}}
    for kind, config in (("response_headers", headers), ("cache", cache), ("origin_request", origin)):
        camel = "".join(part.title() for part in kind.split("_"))
        made = getattr(cdn, f"create_{kind}_policy")(**{f"{camel}PolicyConfig": config})
        identifier = made[f"{camel}Policy"]["Id"]
        getattr(cdn, f"get_{kind}_policy")(Id=identifier)
        getattr(cdn, f"get_{kind}_policy_config")(Id=identifier)
        getattr(cdn, f"list_{kind}_policies")()
        changed = getattr(cdn, f"update_{kind}_policy")(
            Id=identifier, IfMatch=made["ETag"], **{f"{camel}PolicyConfig": config | {"Comment": "changed"}}
        )
        getattr(cdn, f"delete_{kind}_policy")(Id=identifier, IfMatch=changed["ETag"])


def visible(name: str) -> dict[str, Any]:
    """What every rule says about its metrics."""
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": name}


def acl_rules() -> list[dict[str, Any]]:
    """A managed group and a rate limit."""
    group = {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}
    return [
        {
            "Name": "common",
            "Priority": 0,
            "Statement": {"ManagedRuleGroupStatement": group},
            "OverrideAction": {"None": {}},
            "VisibilityConfig": visible("common"),
        },
        {
            "Name": "rate",
            "Priority": 1,
            "Statement": {"RateBasedStatement": {"Limit": 2000, "AggregateKeyType": "IP"}},
            "Action": {"Block": {}},
            "VisibilityConfig": visible("rate"),
        },
    ]


def make_acl(aws: Aws, rules: list[dict[str, Any]] | None = None, name: str = "monay-dev-alb") -> dict[str, Any]:
    """A regional web ACL; its summary."""
    made = aws("wafv2").create_web_acl(
        Name=name,
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        Rules=acl_rules() if rules is None else rules,
        VisibilityConfig=visible("acl"),
        Tags=TAGS,
    )
    return dict(made["Summary"])


def firewall(aws: Aws) -> None:
    waf = aws("wafv2")
    balancer = make_load_balancer(aws, make_public_network(aws))["LoadBalancerArn"]
    acl = make_acl(aws)
    name = {"Name": acl["Name"], "Scope": "REGIONAL", "Id": acl["Id"]}
    waf.get_web_acl(**name)
    waf.list_web_acls(Scope="REGIONAL")
    waf.check_capacity(Scope="REGIONAL", Rules=acl_rules())
    token = waf.update_web_acl(
        **name,
        DefaultAction={"Allow": {}},
        Rules=acl_rules()[:1],
        VisibilityConfig=visible("acl"),
        LockToken=acl["LockToken"],
    )["NextLockToken"]
    waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=balancer)
    waf.get_web_acl_for_resource(ResourceArn=balancer)
    waf.list_resources_for_web_acl(WebACLArn=acl["ARN"])
    waf.disassociate_web_acl(ResourceArn=balancer)
    aws("logs").create_log_group(logGroupName="aws-waf-logs-monay")
    group = aws("logs").describe_log_groups()["logGroups"][0]["arn"].removesuffix(":*")
    waf.put_logging_configuration(LoggingConfiguration={"ResourceArn": acl["ARN"], "LogDestinationConfigs": [group]})
    waf.get_logging_configuration(ResourceArn=acl["ARN"])
    waf.list_logging_configurations(Scope="REGIONAL")
    waf.delete_logging_configuration(ResourceArn=acl["ARN"])
    waf.tag_resource(ResourceARN=acl["ARN"], Tags=TAGS)
    waf.list_tags_for_resource(ResourceARN=acl["ARN"])
    waf.untag_resource(ResourceARN=acl["ARN"], TagKeys=["Project"])
    waf.list_available_managed_rule_groups(Scope="REGIONAL")
    waf.describe_managed_rule_group(Scope="REGIONAL", VendorName="AWS", Name="AWSManagedRulesSQLiRuleSet")
    waf.delete_web_acl(**name, LockToken=token)
    made = make_ip_set(aws)
    kept = {"Name": made["Name"], "Scope": "REGIONAL", "Id": made["Id"]}
    waf.delete_ip_set(**kept, LockToken=made["LockToken"])


def make_ip_set(aws: Aws, name: str = "monay-dev-alb-deny-ipv4") -> dict[str, Any]:
    """A regional set of addresses; its summary."""
    made = aws("wafv2").create_ip_set(
        Name=name, Scope="REGIONAL", IPAddressVersion="IPV4", Addresses=["192.0.2.0/24"], Tags=TAGS
    )
    return dict(made["Summary"])


EDGE: list[Callable[[Aws], None]] = [load_balancing, certificates, names, content_delivery, firewall]
