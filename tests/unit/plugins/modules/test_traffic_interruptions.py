# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules of traffic under faults: whatever goes wrong, nothing stands twice, and the next run ends the work."""

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.aws import api
from tests.support.balancing import Network
from tests.support.modules import ModuleFailedError, assert_settled, run_module
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.simulator import REGION

NAME, ZONE = "monay-dev", "dev.monay.example"
COMMON = {"region": REGION, "tags": {"ManagedBy": "monay.platform"}}
GROUPS = [{"name": f"admin-{color}", "vpc": NAME, "port": 3002, "slow_start": 30} for color in ("blue", "green")]
RULES = [
    {"name": name, "port": port, "hosts": [f"admin.{ZONE}"], "forward": ["admin-blue", "admin-green"]}
    for name, port in (("admin", 443), ("admin-test", 8443))
]
NOT_FOUND = {"certificate": NAME, "fixed_response": {"code": 404}}
LOG_GROUP = "aws-waf-logs-monay-dev-alb"
TASKS = [
    ("route53_zone", {**COMMON, "name": ZONE}),
    ("acm_certificate", {**COMMON, "name": NAME, "domain_name": ZONE, "validation_zone": ZONE, "wait_timeout": 60}),
    (
        "load_balancer",
        {
            **COMMON,
            "name": NAME,
            "vpc": NAME,
            "subnets": [f"{NAME}-public-a", f"{NAME}-public-b"],
            "security_groups": [f"{NAME}-alb"],
            "attributes": {"drop_invalid_headers": True},
        },
    ),
    (
        "alb_listener",
        {**COMMON, "load_balancer": NAME, "listeners": [{"port": port, **NOT_FOUND} for port in (443, 8443)]},
    ),
    ("alb_target_group", {**COMMON, "target_groups": GROUPS}),
    ("alb_listener_rule", {**COMMON, "load_balancer": NAME, "rules": RULES}),
    (
        "wafv2_web_acl",
        {
            **COMMON,
            "name": f"{NAME}-alb",
            "deny_cidrs": ["192.0.2.0/24"],
            "rate_limits": [{"name": "rate-limit", "limit": 2000}],
            "logging": {"log_group": LOG_GROUP},
        },
    ),
    ("wafv2_association", {"region": REGION, "load_balancer": NAME, "web_acl": f"{NAME}-alb"}),
    (
        "route53_record",
        {"region": REGION, "zone": ZONE, "records": [{"name": f"admin.{ZONE}", "alias": {"load_balancer": NAME}}]},
    ),
]
REMOVALS = [(module, {**arguments, "state": "absent"}) for module, arguments in reversed(TASKS)]
BUILT = {
    "zones": 1,
    "records": 2,
    "certificates": 1,
    "load balancers": 1,
    "listeners": 2,
    "rules": 2,
    "target groups": 2,
    "web ACLs": 1,
    "IP sets": 1,
}
FAULTS = [
    pytest.param({"kind": "throttle"}, id="throttled"),
    pytest.param({"kind": "reset", "when": "after"}, id="done, then reset"),
]


@pytest.fixture
def account(aws, monkeypatch):  # noqa: F811
    monkeypatch.setattr(api, "backoff", lambda _attempt: 0)
    aws.client("logs").create_log_group(logGroupName=LOG_GROUP)
    Network(aws, "ab")
    return aws


def contents(account):
    """How many resources of each sort there are."""
    route53, acm, elb, waf = (account.client(service) for service in ("route53", "acm", "elbv2", "wafv2"))
    zones = route53.list_hosted_zones()["HostedZones"]
    records = [
        record
        for zone in zones
        for record in route53.list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    ]
    balancers = elb.describe_load_balancers()["LoadBalancers"]
    listeners = [
        listener
        for each in balancers
        for listener in elb.describe_listeners(LoadBalancerArn=each["LoadBalancerArn"])["Listeners"]
    ]
    rules = [
        rule
        for each in listeners
        for rule in elb.describe_rules(ListenerArn=each["ListenerArn"])["Rules"]
        if not rule["IsDefault"]
    ]
    found = {
        "zones": zones,
        "records": [each for each in records if each["Type"] not in ("NS", "SOA")],
        "certificates": acm.list_certificates()["CertificateSummaryList"],
        "load balancers": balancers,
        "listeners": listeners,
        "rules": rules,
        "target groups": elb.describe_target_groups()["TargetGroups"],
        "web ACLs": waf.list_web_acls(Scope="REGIONAL")["WebACLs"],
        "IP sets": waf.list_ip_sets(Scope="REGIONAL")["IPSets"],
    }
    return {sort: len(each) for sort, each in found.items()}


def run_all(tasks):
    for module, arguments in tasks:
        run_module(module, arguments)


@pytest.mark.parametrize("fault", FAULTS)
def test_every_operation_fails_once(account, fault):
    account.fault(each_operation=True, match={"mutating": True}, **fault)
    run_all(TASKS)
    account.clear_faults()

    assert contents(account) == BUILT
    for module, arguments in TASKS:
        assert_settled(module, arguments)
    account.fault(each_operation=True, match={"mutating": True}, **fault)
    run_all(REMOVALS)
    account.clear_faults()
    assert set(contents(account).values()) == {0}


@pytest.mark.parametrize("call", [1, 4, 9, 14])
def test_an_interrupted_run_is_continued(account, call):
    account.fault("error500", match={"mutating": True}, nth=call, times=100_000)
    with pytest.raises(ModuleFailedError):
        run_all(TASKS)
    account.clear_faults()

    run_all(TASKS)

    assert contents(account) == BUILT
    for module, arguments in TASKS:
        assert_settled(module, arguments)
