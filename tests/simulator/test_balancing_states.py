# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Load balancers as AWS runs them: what takes time, what is refused, and what AWS fills in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.simulator.scenarios_edge import (
    TAGS,
    forward,
    make_certificate,
    make_group,
    make_listener,
    make_load_balancer,
    make_public_network,
    make_zone,
    not_found,
)
from tests.simulator.test_ec2_states import refused
from tests.support.simulator import Simulator

if TYPE_CHECKING:
    from collections.abc import Callable

    Aws = Callable[..., Any]

HOST = [{"Field": "host-header", "Values": ["admin.example"]}]


def _state(aws: Aws, arn: str) -> str:
    found = aws("elbv2").describe_load_balancers(LoadBalancerArns=[arn])["LoadBalancers"][0]
    return str(found["State"]["Code"])


def _health(aws: Aws, group: str, *targets: dict[str, Any]) -> list[tuple[str, str]]:
    wanted = {"Targets": list(targets)} if targets else {}
    found = aws("elbv2").describe_target_health(TargetGroupArn=group, **wanted)["TargetHealthDescriptions"]
    return [(one["TargetHealth"]["State"], one["TargetHealth"].get("Reason", "")) for one in found]


def test_a_load_balancer_is_provisioned_then_active_and_its_interfaces_hold_on(simulator: Simulator, aws: Aws) -> None:
    elb, ec2, network = aws("elbv2"), aws("ec2"), make_public_network(aws)
    simulator.settings(speed=1)
    arn = make_load_balancer(aws, network)["LoadBalancerArn"]
    assert _state(aws, arn) == "provisioning"
    simulator.settings(speed="inf")
    assert _state(aws, arn) == "active"
    refused("DependencyViolation", ec2, "delete_security_group", GroupId=network["group"])
    refused("DependencyViolation", ec2, "delete_subnet", SubnetId=network["subnets"][0])
    simulator.settings(speed=1)
    elb.delete_load_balancer(LoadBalancerArn=arn)
    elb.delete_load_balancer(LoadBalancerArn=arn)
    refused("LoadBalancerNotFound", elb, "describe_load_balancers", Names=["monay-dev"])
    refused("DependencyViolation", ec2, "delete_security_group", GroupId=network["group"])
    simulator.settings(speed="inf")
    ec2.delete_security_group(GroupId=network["group"])


def test_a_load_balancer_is_the_same_with_the_same_settings_only(aws: Aws) -> None:
    elb, network = aws("elbv2"), make_public_network(aws)
    first = make_load_balancer(aws, network)
    assert make_load_balancer(aws, network)["LoadBalancerArn"] == first["LoadBalancerArn"]
    subnets = {"Subnets": network["subnets"]}
    refused("DuplicateLoadBalancerName", elb, "create_load_balancer", Name="monay-dev", Scheme="internal", **subnets)
    for name in ("n" * 33, "a_b", "-a", "internal-a"):
        refused("ValidationError", elb, "create_load_balancer", Name=name, **subnets)
    refused("ValidationError", elb, "create_load_balancer", Name="one", Subnets=network["subnets"][:1])
    refused("SubnetNotFound", elb, "create_load_balancer", Name="one", Subnets=["subnet-1"])
    aws("ec2").detach_internet_gateway(InternetGatewayId=network["gateway"], VpcId=network["vpc"])
    refused("InvalidSubnet", elb, "create_load_balancer", Name="one", **subnets)


def test_attributes_have_defaults_and_bounds_and_protection_protects(aws: Aws) -> None:
    elb, network = aws("elbv2"), make_public_network(aws)
    name = {"LoadBalancerArn": make_load_balancer(aws, network)["LoadBalancerArn"]}
    found = {one["Key"]: one["Value"] for one in elb.describe_load_balancer_attributes(**name)["Attributes"]}
    assert (found["idle_timeout.timeout_seconds"], found["routing.http2.enabled"]) == ("60", "true")

    def change(key: str, value: str) -> dict[str, Any]:
        return {**name, "Attributes": [{"Key": key, "Value": value}]}

    for key, value in (("no.such", "1"), ("idle_timeout.timeout_seconds", "0"), ("routing.http2.enabled", "maybe")):
        refused("InvalidConfigurationRequest", elb, "modify_load_balancer_attributes", **change(key, value))
    logs = [{"Key": "access_logs.s3.enabled", "Value": "true"}, {"Key": "access_logs.s3.bucket", "Value": "nowhere"}]
    refused("InvalidConfigurationRequest", elb, "modify_load_balancer_attributes", **name, Attributes=logs)
    elb.modify_load_balancer_attributes(**change("deletion_protection.enabled", "true"))
    refused("OperationNotPermitted", elb, "delete_load_balancer", **name)


def test_target_groups_have_defaults_and_stay_while_they_are_used(aws: Aws) -> None:
    elb, network = aws("elbv2"), make_public_network(aws)
    group = make_group(aws, network, "blue")
    found = elb.describe_target_groups(Names=["blue"])["TargetGroups"][0]
    assert (found["HealthCheckIntervalSeconds"], found["HealthyThresholdCount"]) == (30, 5)
    assert (found["Matcher"], found["LoadBalancerArns"]) == ({"HttpCode": "200"}, [])
    assert make_group(aws, network, "blue") == group
    settings = {"Protocol": "HTTP", "Port": 80, "VpcId": network["vpc"], "TargetType": "ip"}
    refused("DuplicateTargetGroupName", elb, "create_target_group", Name="blue", **settings)
    for wrong in (
        {"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 5},
        {"HealthCheckPath": "health"},
        {"HealthCheckEnabled": False},
        {"Matcher": {"HttpCode": "600"}},
        {"VpcId": "vpc-1"},
    ):
        refused("ValidationError", elb, "create_target_group", Name="other", **(settings | wrong))
    delay = {"Key": "deregistration_delay.timeout_seconds", "Value": "3601"}
    refused(
        "InvalidConfigurationRequest", elb, "modify_target_group_attributes", TargetGroupArn=group, Attributes=[delay]
    )
    listener = make_listener(aws, make_load_balancer(aws, network)["LoadBalancerArn"])
    rule = elb.create_rule(ListenerArn=listener, Priority=1, Conditions=HOST, Actions=forward((group, 1)))["Rules"][0]
    refused("ResourceInUse", elb, "delete_target_group", TargetGroupArn=group)
    second = make_listener(aws, make_load_balancer(aws, network, "other")["LoadBalancerArn"])
    wanted = {"Priority": 1, "Conditions": HOST, "Actions": forward((group, 1))}
    refused("TargetGroupAssociationLimit", elb, "create_rule", ListenerArn=second, **wanted)
    elb.delete_rule(RuleArn=rule["RuleArn"])
    elb.delete_target_group(TargetGroupArn=group)
    elb.delete_target_group(TargetGroupArn=group)


def test_a_target_is_unused_then_initial_then_healthy_then_draining(simulator: Simulator, aws: Aws) -> None:
    elb, network = aws("elbv2"), make_public_network(aws)
    listener = make_listener(aws, make_load_balancer(aws, network)["LoadBalancerArn"])
    group, target = make_group(aws, network, "blue"), {"Id": "10.10.0.4"}
    elb.register_targets(TargetGroupArn=group, Targets=[target])
    assert _health(aws, group) == [("unused", "Target.NotInUse")]
    simulator.settings(speed=1)
    rule = elb.create_rule(ListenerArn=listener, Priority=1, Conditions=HOST, Actions=forward((group, 1)))["Rules"][0]
    assert _health(aws, group) == [("initial", "Elb.RegistrationInProgress")]
    simulator.settings(speed="inf")
    assert _health(aws, group) == [("healthy", "")]
    assert _health(aws, group, {"Id": "10.10.0.9"}) == [("unused", "Target.NotRegistered")]
    simulator.settings(speed=1)
    elb.deregister_targets(TargetGroupArn=group, Targets=[target])
    assert _health(aws, group) == [("draining", "Target.DeregistrationInProgress")]
    elb.register_targets(TargetGroupArn=group, Targets=[target])
    simulator.settings(speed="inf")
    assert _health(aws, group) == [("healthy", "")], "what came back does not go with the end of the old draining"
    elb.delete_rule(RuleArn=rule["RuleArn"])
    assert _health(aws, group) == [("unused", "Target.NotInUse")]
    elb.deregister_targets(TargetGroupArn=group, Targets=[target])
    assert _health(aws, group) == []
    refused("ValidationError", elb, "register_targets", TargetGroupArn=group, Targets=[{"Id": "10.10.0.400"}])


def test_a_secure_listener_needs_an_issued_certificate_of_its_region(simulator: Simulator, aws: Aws) -> None:
    elb, network, zone = aws("elbv2"), make_public_network(aws), make_zone(aws)
    balancer = make_load_balancer(aws, network)["LoadBalancerArn"]
    common = {"LoadBalancerArn": balancer, "Port": 443, "Protocol": "HTTPS", "DefaultActions": not_found()}
    refused("CertificateNotFound", elb, "create_listener", **common)
    pending = aws("acm").request_certificate(DomainName="a.example", ValidationMethod="DNS")["CertificateArn"]
    other = make_certificate(aws, zone, "us-west-2")
    refused("UnsupportedCertificate", elb, "create_listener", **common, Certificates=[{"CertificateArn": pending}])
    refused("CertificateNotFound", elb, "create_listener", **common, Certificates=[{"CertificateArn": other}])
    certificates = [{"CertificateArn": make_certificate(aws, zone)}]
    refused(
        "SSLPolicyNotFound",
        elb,
        "create_listener",
        **common,
        Certificates=certificates,
        SslPolicy="ELBSecurityPolicy-X",
    )
    made = elb.create_listener(**common, Certificates=certificates)["Listeners"][0]
    assert made["SslPolicy"] == "ELBSecurityPolicy-2016-08"
    assert elb.create_listener(**common, Certificates=certificates)["Listeners"][0] == made
    changed = common | {"DefaultActions": not_found("Other")}
    refused("DuplicateListener", elb, "create_listener", **changed, Certificates=certificates)
    assert aws("acm").describe_certificate(**certificates[0])["Certificate"]["InUseBy"] == [balancer]
    refused("ResourceInUseException", aws("acm"), "delete_certificate", **certificates[0])


def test_rules_have_priorities_and_keep_the_weights_that_others_set(aws: Aws) -> None:
    elb, network = aws("elbv2"), make_public_network(aws)
    listener = make_listener(aws, make_load_balancer(aws, network)["LoadBalancerArn"])
    blue, green = make_group(aws, network, "blue"), make_group(aws, network, "green")
    rule = elb.create_rule(
        ListenerArn=listener, Priority=1, Conditions=HOST, Actions=forward((blue, 1), (green, 0)), Tags=TAGS
    )["Rules"][0]
    assert rule["Conditions"] == [{**HOST[0], "HostHeaderConfig": {"Values": ["admin.example"]}}]
    assert rule["Actions"][0]["ForwardConfig"]["TargetGroupStickinessConfig"] == {"Enabled": False}
    elb.modify_rule(RuleArn=rule["RuleArn"], Actions=forward((blue, 0), (green, 1)))
    path = [{"Field": "path-pattern", "Values": ["/x"]}]
    elb.modify_rule(RuleArn=rule["RuleArn"], Conditions=path)
    found = elb.describe_rules(RuleArns=[rule["RuleArn"]])["Rules"][0]
    weights = [one["Weight"] for one in found["Actions"][0]["ForwardConfig"]["TargetGroups"]]
    assert (weights, found["Conditions"][0]["Field"]) == ([0, 1], "path-pattern")
    single = forward((blue, 1))
    refused("PriorityInUse", elb, "create_rule", ListenerArn=listener, Priority=1, Conditions=HOST, Actions=single)
    second = elb.create_rule(ListenerArn=listener, Priority=2, Conditions=HOST, Actions=single)["Rules"][0]
    swapped = [{"RuleArn": rule["RuleArn"], "Priority": 2}, {"RuleArn": second["RuleArn"], "Priority": 1}]
    elb.set_rule_priorities(RulePriorities=swapped)
    order = [one["Priority"] for one in elb.describe_rules(ListenerArn=listener)["Rules"]]
    assert order == ["1", "2", "default"]
    default = elb.describe_rules(ListenerArn=listener)["Rules"][-1]["RuleArn"]
    refused("OperationNotPermitted", elb, "delete_rule", RuleArn=default)


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("TooManyConditionValues", {"Conditions": [{"Field": "host-header", "Values": ["a.b"] * 6}]}),
        ("ValidationError", {"Conditions": [{"Field": "colour", "Values": ["red"]}]}),
        ("ValidationError", {"Conditions": [{"Field": "source-ip", "SourceIpConfig": {"Values": ["here"]}}]}),
        ("ValidationError", {"Conditions": HOST * 2}),
        ("ValidationError", {"Priority": 50001}),
        ("TargetGroupNotFound", {"Actions": [{"Type": "forward", "TargetGroupArn": "arn:none"}]}),
        (
            "InvalidLoadBalancerAction",
            {"Actions": [{"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301"}}]},
        ),
        ("NotImplemented", {"Actions": [{"Type": "authenticate-oidc"}]}),
    ],
)
def test_rules_that_make_no_sense_are_refused(aws: Aws, code: str, changes: dict[str, Any]) -> None:
    listener = make_listener(aws, make_load_balancer(aws, make_public_network(aws))["LoadBalancerArn"])
    common = {"ListenerArn": listener, "Priority": 1, "Conditions": HOST, "Actions": not_found()}
    refused(code, aws("elbv2"), "create_rule", **(common | changes))
