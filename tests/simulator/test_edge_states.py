# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Certificates, names, distributions and web ACLs as AWS keeps them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.simulator.material import self_signed
from tests.simulator.scenarios_edge import (
    CACHING_OPTIMIZED,
    DOMAIN,
    TAGS,
    acl_rules,
    change,
    distribution_config,
    load_balancing,
    make_acl,
    make_certificate,
    make_ip_set,
    make_load_balancer,
    make_public_network,
    make_zone,
    validate,
    visible,
)
from tests.simulator.test_ec2_states import refused
from tests.support.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Aws = Callable[..., Any]

OTHER_ACCOUNT = "222222222222"


def _certificate(aws: Aws, arn: str) -> dict[str, Any]:
    return dict(aws("acm").describe_certificate(CertificateArn=arn)["Certificate"])


def test_a_certificate_is_issued_when_its_record_is_there_and_only_then(simulator: Simulator, aws: Aws) -> None:
    acm, zone = aws("acm"), make_zone(aws)
    simulator.settings(speed=1)
    wanted = {"DomainName": DOMAIN, "SubjectAlternativeNames": [f"*.{DOMAIN}"], "ValidationMethod": "DNS"}
    arn = acm.request_certificate(**wanted, IdempotencyToken="one")["CertificateArn"]
    assert acm.request_certificate(**wanted, IdempotencyToken="one")["CertificateArn"] == arn
    options = _certificate(aws, arn)["DomainValidationOptions"]
    assert [one.get("ResourceRecord") for one in options] == [None, None], "AWS shows them a moment later"
    simulator.settings(speed="inf")
    options = _certificate(aws, arn)["DomainValidationOptions"]
    assert options[0]["ResourceRecord"] == options[1]["ResourceRecord"], "a wildcard has the record of its domain"
    assert _certificate(aws, arn)["Status"] == "PENDING_VALIDATION"
    wrong = change(
        "UPSERT",
        Name=options[0]["ResourceRecord"]["Name"],
        Type="CNAME",
        TTL=60,
        ResourceRecords=[{"Value": "elsewhere.example."}],
    )
    aws("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch=wrong)
    assert _certificate(aws, arn)["Status"] == "PENDING_VALIDATION"
    simulator.settings(speed=1)
    validate(aws, zone, arn)
    assert _certificate(aws, arn)["Status"] == "PENDING_VALIDATION"
    simulator.settings(speed="inf")
    issued = _certificate(aws, arn)
    assert (issued["Status"], issued["RenewalEligibility"]) == ("ISSUED", "INELIGIBLE")
    assert {one["ValidationStatus"] for one in issued["DomainValidationOptions"]} == {"SUCCESS"}


def test_a_certificate_that_nobody_validates_times_out(simulator: Simulator, aws: Aws) -> None:
    simulator.settings(speed=1, provisioning={"acm_validation_window": 0.0})
    arn = aws("acm").request_certificate(DomainName=DOMAIN, ValidationMethod="DNS")["CertificateArn"]
    assert _certificate(aws, arn)["Status"] == "VALIDATION_TIMED_OUT"
    simulator.settings(provisioning={"acm_validation_window": 5184})
    refused("ValidationException", aws("acm"), "request_certificate", DomainName="no domain", ValidationMethod="DNS")


def test_a_list_of_certificates_leaves_out_what_it_is_not_asked_for(aws: Aws) -> None:
    acm = aws("acm")
    acm.request_certificate(DomainName=DOMAIN, ValidationMethod="DNS", KeyAlgorithm="EC_prime256v1")
    assert acm.list_certificates()["CertificateSummaryList"] == []
    found = acm.list_certificates(Includes={"keyTypes": ["EC_prime256v1"]})["CertificateSummaryList"]
    assert [one["DomainName"] for one in found] == [DOMAIN]
    certificate, key = self_signed("www.example")
    arn = acm.import_certificate(Certificate=certificate, PrivateKey=key)["CertificateArn"]
    assert (_certificate(aws, arn)["Type"], _certificate(aws, arn)["DomainName"]) == ("IMPORTED", "www.example")
    _other, wrong = self_signed("www.example")
    refused("ValidationException", acm, "import_certificate", Certificate=certificate, PrivateKey=wrong)
    expired, key = self_signed("www.example", days=-1)
    refused("ValidationException", acm, "import_certificate", Certificate=expired, PrivateKey=key)


def test_a_change_of_records_is_pending_then_in_sync_and_all_or_nothing(simulator: Simulator, aws: Aws) -> None:
    dns, zone = aws("route53"), make_zone(aws)
    simulator.settings(speed=1)
    values = {"TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    create = change("CREATE", Name=f"a.{DOMAIN}", Type="A", **values)
    made = dns.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=create)["ChangeInfo"]
    assert (made["Status"], dns.get_change(Id=made["Id"])["ChangeInfo"]["Status"]) == ("PENDING", "PENDING")
    simulator.settings(speed="inf")
    assert dns.get_change(Id=made["Id"])["ChangeInfo"]["Status"] == "INSYNC"
    both = {"Changes": [*change("CREATE", Name=f"b.{DOMAIN}", Type="A", **values)["Changes"], *create["Changes"]]}
    text = refused("InvalidChangeBatch", dns, "change_resource_record_sets", HostedZoneId=zone, ChangeBatch=both)
    assert "already exists" in text
    names = [one["Name"] for one in dns.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]]
    assert names == [f"{DOMAIN}."] * 2 + [f"a.{DOMAIN}."]


def test_records_that_contradict_are_refused(aws: Aws) -> None:
    dns, zone = aws("route53"), make_zone(aws)
    values = {"TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
    name = {"TTL": 60, "ResourceRecords": [{"Value": "b.example."}]}
    alias = {"HostedZoneId": "Z1", "DNSName": "d1.cloudfront.net", "EvaluateTargetHealth": False}
    dns.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch=change("CREATE", Name=f"a.{DOMAIN}", Type="A", **values)
    )
    for batch in (
        change("UPSERT", Name=f"a.{DOMAIN}", Type="CNAME", **name),
        change("UPSERT", Name=DOMAIN, Type="CNAME", **name),
        change("UPSERT", Name="a.elsewhere.example", Type="A", **values),
        change("UPSERT", Name=f"b.{DOMAIN}", Type="A", AliasTarget=alias),
        change("UPSERT", Name=f"b.{DOMAIN}", Type="A"),
        change("DELETE", Name=f"a.{DOMAIN}", Type="A", **(values | {"TTL": 61})),
        change("DELETE", Name=f"z.{DOMAIN}", Type="A", **values),
    ):
        refused("InvalidChangeBatch", dns, "change_resource_record_sets", HostedZoneId=zone, ChangeBatch=batch)
    refused("HostedZoneNotEmpty", dns, "delete_hosted_zone", Id=zone)
    make_zone(aws, "zzz.example")
    listed = [one["Name"] for one in dns.list_hosted_zones_by_name(DNSName=DOMAIN)["HostedZones"]]
    assert listed == [f"{DOMAIN}.", "zzz.example."], "from the name on, as AWS does"
    assert dns.get_hosted_zone(Id=zone)["HostedZone"]["ResourceRecordSetCount"] == 3


def test_a_distribution_is_deployed_after_a_while_and_goes_only_disabled(simulator: Simulator, aws: Aws) -> None:
    cdn = aws("cloudfront")
    simulator.settings(speed=1)
    made = cdn.create_distribution(DistributionConfig=distribution_config())
    identifier, etag = made["Distribution"]["Id"], made["ETag"]
    assert made["Distribution"]["Status"] == "InProgress"
    again = cdn.create_distribution(DistributionConfig=distribution_config())["Distribution"]["Id"]
    assert again == identifier, "the same caller reference"
    other = distribution_config(Comment="other")
    refused("DistributionAlreadyExists", cdn, "create_distribution", DistributionConfig=other)
    config = cdn.get_distribution_config(Id=identifier)["DistributionConfig"]
    assert (config["PriceClass"], config["HttpVersion"], config["Logging"]["Enabled"]) == (
        "PriceClass_All",
        "http2",
        False,
    )
    assert config["DefaultCacheBehavior"]["AllowedMethods"]["Items"] == ["HEAD", "GET"]
    refused("InvalidIfMatchVersion", cdn, "update_distribution", Id=identifier, DistributionConfig=config)
    stale = {"Id": identifier, "IfMatch": "EOLD"}
    refused("PreconditionFailed", cdn, "update_distribution", **stale, DistributionConfig=config)
    changed = config | {"Enabled": False}
    etag = cdn.update_distribution(Id=identifier, IfMatch=etag, DistributionConfig=changed)["ETag"]
    refused("DistributionNotDisabled", cdn, "delete_distribution", Id=identifier, IfMatch=etag)
    simulator.settings(speed="inf")
    assert cdn.get_distribution(Id=identifier)["Distribution"]["Status"] == "Deployed"
    cdn.delete_distribution(Id=identifier, IfMatch=etag)
    refused("NoSuchDistribution", cdn, "get_distribution", Id=identifier)


def test_names_of_a_distribution_need_a_certificate_and_are_taken_once(aws: Aws) -> None:
    cdn, zone = aws("cloudfront"), make_zone(aws)
    names = {"Aliases": {"Quantity": 1, "Items": [f"www.{DOMAIN}"]}}

    def refuse(code: str, client: Any, **changes: Any) -> None:
        refused(code, client, "create_distribution", DistributionConfig=distribution_config(**changes))

    refuse("InvalidViewerCertificate", cdn, **names)
    there = make_certificate(aws, zone, "us-west-2")
    refuse(
        "InvalidViewerCertificate",
        cdn,
        **names,
        ViewerCertificate={"ACMCertificateArn": there, "SSLSupportMethod": "sni-only"},
    )
    certificate = {"ACMCertificateArn": make_certificate(aws, zone), "SSLSupportMethod": "sni-only"}
    deep = {"Aliases": {"Quantity": 1, "Items": [f"a.b.{DOMAIN}"]}}
    refuse("InvalidViewerCertificate", cdn, **deep, ViewerCertificate=certificate)
    made = cdn.create_distribution(DistributionConfig=distribution_config(**names, ViewerCertificate=certificate))
    refuse("CNAMEAlreadyExists", cdn, **names, ViewerCertificate=certificate, CallerReference="two")
    used = _certificate(aws, certificate["ACMCertificateArn"])["InUseBy"]
    assert used == [made["Distribution"]["ARN"]]


def test_what_a_distribution_uses_must_be_there_and_stays(aws: Aws) -> None:
    cdn = aws("cloudfront")
    plain = distribution_config()["DefaultCacheBehavior"]
    function = cdn.create_function(
        Name="f", FunctionConfig={"Comment": "", "Runtime": "cloudfront-js-2.0"}, FunctionCode=b"function handler() {}"
    )
    arn = function["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
    functions = {"Quantity": 1, "Items": [{"FunctionARN": arn, "EventType": "viewer-request"}]}
    for code, changes in (
        ("NoSuchOrigin", {"TargetOriginId": "none"}),
        ("NoSuchCachePolicy", {"CachePolicyId": "none"}),
        ("NoSuchResponseHeadersPolicy", {"ResponseHeadersPolicyId": "none"}),
        ("InvalidFunctionAssociation", {"FunctionAssociations": functions}),
    ):
        config = distribution_config(DefaultCacheBehavior=plain | changes)
        refused(code, cdn, "create_distribution", DistributionConfig=config)
    cdn.publish_function(Name="f", IfMatch=function["ETag"])
    control = {
        "Name": "s",
        "SigningProtocol": "sigv4",
        "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3",
    }
    made = cdn.create_origin_access_control(OriginAccessControlConfig=control)
    refused("OriginAccessControlAlreadyExists", cdn, "create_origin_access_control", OriginAccessControlConfig=control)
    config = distribution_config(DefaultCacheBehavior=plain | {"FunctionAssociations": functions})
    config["Origins"]["Items"][0]["OriginAccessControlId"] = made["OriginAccessControl"]["Id"]
    cdn.create_distribution(DistributionConfig=config)
    identifier = made["OriginAccessControl"]["Id"]
    refused("OriginAccessControlInUse", cdn, "delete_origin_access_control", Id=identifier, IfMatch=made["ETag"])
    refused("FunctionInUse", cdn, "delete_function", Name="f", IfMatch=function["ETag"])
    managed = cdn.get_cache_policy(Id=CACHING_OPTIMIZED)
    assert managed["CachePolicy"]["CachePolicyConfig"]["Name"] == "Managed-CachingOptimized"
    refused("IllegalDelete", cdn, "delete_cache_policy", Id=CACHING_OPTIMIZED, IfMatch=managed["ETag"])


def test_an_invalidation_is_in_progress_then_completed(simulator: Simulator, aws: Aws) -> None:
    cdn = aws("cloudfront")
    identifier = cdn.create_distribution(DistributionConfig=distribution_config())["Distribution"]["Id"]
    simulator.settings(speed=1)
    batch = {"Paths": {"Quantity": 1, "Items": ["/*"]}, "CallerReference": "one"}
    name = {"DistributionId": identifier}
    made = cdn.create_invalidation(**name, InvalidationBatch=batch)["Invalidation"]
    assert cdn.create_invalidation(**name, InvalidationBatch=batch)["Invalidation"]["Id"] == made["Id"]
    assert (made["Status"], cdn.get_distribution(Id=identifier)["Distribution"]["InProgressInvalidationBatches"]) == (
        "InProgress",
        1,
    )
    simulator.settings(speed="inf")
    assert cdn.get_invalidation(**name, Id=made["Id"])["Invalidation"]["Status"] == "Completed"
    wrong = {"Paths": {"Quantity": 1, "Items": ["x"]}, "CallerReference": "two"}
    refused("InvalidArgument", cdn, "create_invalidation", **name, InvalidationBatch=wrong)


def test_a_web_acl_has_a_lock_and_stays_while_it_protects(aws: Aws) -> None:
    waf = aws("wafv2")
    balancer = make_load_balancer(aws, make_public_network(aws))["LoadBalancerArn"]
    acl = make_acl(aws)
    name = {"Name": acl["Name"], "Scope": "REGIONAL", "Id": acl["Id"]}
    assert waf.get_web_acl(**name)["WebACL"]["Capacity"] == 702
    facts = {"DefaultAction": {"Allow": {}}, "Rules": acl_rules(), "VisibilityConfig": visible("acl")}
    refused("WAFOptimisticLockException", waf, "update_web_acl", **name, **facts, LockToken="0" * 36)
    refused("WAFDuplicateItemException", waf, "create_web_acl", Name=acl["Name"], Scope="REGIONAL", **facts)
    waf.associate_web_acl(WebACLArn=acl["ARN"], ResourceArn=balancer)
    refused("WAFAssociatedItemException", waf, "delete_web_acl", **name, LockToken=acl["LockToken"])
    for arn in (["arn:aws:logs:us-east-1:111111111111:log-group:other"], ["arn:aws:s3:::aws-logs"]):
        logging = {"ResourceArn": acl["ARN"], "LogDestinationConfigs": arn}
        refused("WAFInvalidParameterException", waf, "put_logging_configuration", LoggingConfiguration=logging)
    aws("elbv2").delete_load_balancer(LoadBalancerArn=balancer)
    waf.delete_web_acl(**name, LockToken=acl["LockToken"])


def test_an_ip_set_has_its_name_alone_and_stays_while_it_is_asked(aws: Aws) -> None:
    waf, made = aws("wafv2"), make_ip_set(aws)
    again = {"Scope": "REGIONAL", "IPAddressVersion": "IPV4", "Addresses": []}
    refused("WAFDuplicateItemException", waf, "create_ip_set", Name=made["Name"], **again)
    statement = {"IPSetReferenceStatement": {"ARN": made["ARN"]}}
    rule = {
        "Name": "x",
        "Priority": 0,
        "Statement": statement,
        "Action": {"Block": {}},
        "VisibilityConfig": visible("x"),
    }
    acl = make_acl(aws, [rule])
    name = {"Name": made["Name"], "Scope": "REGIONAL", "Id": made["Id"], "LockToken": made["LockToken"]}
    refused("WAFAssociatedItemException", waf, "delete_ip_set", **name)
    tagged = aws("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["wafv2:ipset"])
    assert [each["ResourceARN"] for each in tagged["ResourceTagMappingList"]] == [made["ARN"]]

    waf.delete_web_acl(Name=acl["Name"], Scope="REGIONAL", Id=acl["Id"], LockToken=acl["LockToken"])
    waf.delete_ip_set(**name)


def test_rules_of_a_web_acl_that_make_no_sense_are_refused(aws: Aws) -> None:
    waf, rules = aws("wafv2"), acl_rules()
    common = {"Name": "acl", "DefaultAction": {"Allow": {}}, "VisibilityConfig": visible("acl")}
    unknown = {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesNone"}}
    slow = {"RateBasedStatement": {"Limit": 10, "EvaluationWindowSec": 61, "AggregateKeyType": "IP"}}
    for code, given in (
        ("WAFNonexistentItemException", [rules[0] | {"Statement": unknown}]),
        ("WAFInvalidParameterException", [rules[1] | {"Statement": slow}]),
        ("WAFInvalidParameterException", [rules[0], rules[1] | {"Priority": 0}]),
        ("WAFInvalidParameterException", [rules[1] | {"OverrideAction": {"None": {}}}]),
    ):
        refused(code, waf, "create_web_acl", Scope="REGIONAL", Rules=given, **common)
    west = aws("wafv2", region="us-west-2")
    refused("WAFInvalidParameterException", west, "create_web_acl", Scope="CLOUDFRONT", Rules=[], **common)


def test_the_tagging_api_knows_them_all(aws: Aws) -> None:
    zone = make_zone(aws)
    make_certificate(aws, zone)
    make_load_balancer(aws, make_public_network(aws))
    make_acl(aws)
    both = {"DistributionConfig": distribution_config(), "Tags": {"Items": TAGS}}
    aws("cloudfront").create_distribution_with_tags(DistributionConfigWithTags=both)
    aws("route53").change_tags_for_resource(ResourceType="hostedzone", ResourceId=zone.rpartition("/")[2], AddTags=TAGS)
    found = aws("resourcegroupstaggingapi").get_resources(TagFilters=[{"Key": "Project", "Values": ["monay"]}])
    services = {one["ResourceARN"].split(":")[2] for one in found["ResourceTagMappingList"]}
    assert services == {"acm", "cloudfront", "elasticloadbalancing", "route53", "wafv2"}
    kinds = ["elasticloadbalancing:loadbalancer"]
    assert aws("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=kinds)["ResourceTagMappingList"]


def test_all_of_it_outlives_a_restart(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with Simulator(state_file=state) as first:
        aws = first.client
        load_balancing(aws)
        make_load_balancer(aws, make_public_network(aws))
        cdn = aws("cloudfront")
        cdn.create_distribution(DistributionConfig=distribution_config())
        first.settings(speed=1)
        make_acl(aws)
        aws("acm").request_certificate(DomainName=DOMAIN, ValidationMethod="DNS")
    with Simulator(state_file=state) as second:
        aws = second.client
        assert aws("elbv2").describe_load_balancers()["LoadBalancers"][0]["State"]["Code"] == "active"
        assert aws("cloudfront").list_distributions()["DistributionList"]["Items"][0]["Status"] == "Deployed"
        assert aws("route53").list_hosted_zones()["HostedZones"]
        assert aws("wafv2").list_web_acls(Scope="REGIONAL")["WebACLs"]
        assert len(aws("acm").list_certificates()["CertificateSummaryList"]) == 2
