# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

from unittest import mock

import pytest

from ansible_collections.monay.platform.plugins.module_utils.aws import wafv2_web_acl as waf_module
from tests.support.balancing import Balancer
from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, recorded_calls, run_module
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.simulator import REGION

NAME = "monay-dev-alb"
GROUP = f"aws-waf-logs-{NAME}"
COMMON, INPUTS = "AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"
CREATED = {("create", "web ACL", NAME), ("create", "IP set", f"{NAME}-deny-ipv4")}


def args(**extra):
    return {
        "region": REGION,
        "name": NAME,
        "deny_cidrs": ["192.0.2.0/24"],
        "rate_limits": [{"name": "rate-limit", "limit": 2000}],
        "managed_rule_groups": [{"name": COMMON, "overrides": {"SizeRestrictions_BODY": "count"}}, {"name": INPUTS}],
        "logging": {"log_group": GROUP},
        "tags": {"Project": "monay"},
        **extra,
    }


@pytest.fixture
def waf(aws):  # noqa: F811
    aws.client("logs").create_log_group(logGroupName=GROUP)
    return aws.client("wafv2")


def web_acl(waf, name=NAME, scope="REGIONAL"):
    found = {each["Name"]: each for each in waf.list_web_acls(Scope=scope)["WebACLs"]}
    return waf.get_web_acl(Name=name, Scope=scope, Id=found[name]["Id"])["WebACL"]


def ip_sets(waf):
    return {each["Name"] for each in waf.list_ip_sets(Scope="REGIONAL")["IPSets"]}


def test_creates_as_previewed_and_settles(waf):
    done = assert_previewed("wafv2_web_acl", args())

    assert changes(done) == CREATED
    acl = web_acl(waf)
    assert [rule["Name"] for rule in acl["Rules"]] == ["deny-ipv4", "rate-limit", COMMON, INPUTS]
    assert acl["DefaultAction"] == {"Allow": {}}
    logging = waf.get_logging_configuration(ResourceArn=acl["ARN"])["LoggingConfiguration"]
    assert logging["LogDestinationConfigs"] == [f"arn:aws:logs:{REGION}:111111111111:log-group:{GROUP}"]
    assert [each["SingleHeader"]["Name"] for each in logging["RedactedFields"]] == ["authorization", "cookie"]
    assert_settled("wafv2_web_acl", args())


def test_a_check_run_needs_nothing(aws):  # noqa: F811
    assert changes(run_module("wafv2_web_acl", args(), check=True)) == CREATED


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        pytest.param({"description": "Words"}, ["description"], id="description"),
        pytest.param({"default_action": "block"}, ["default_action"], id="default"),
        pytest.param({"rate_limits": []}, ["rules"], id="no limit"),
        pytest.param({"rate_limits": [{"name": "rate-limit", "limit": 100}]}, ["rules"], id="limit"),
        pytest.param(
            {"rate_limits": [{"name": "rate-limit", "limit": 2000, "path": "/login", "window": 60}]},
            ["rules"],
            id="path",
        ),
        pytest.param(
            {"rate_limits": [{"name": "rate-limit", "limit": 2000, "forwarded": True, "action": "count"}]},
            ["rules"],
            id="forwarded",
        ),
        pytest.param({"managed_rule_groups": [{"name": INPUTS}]}, ["rules"], id="groups"),
        pytest.param({"managed_rule_groups": [{"name": COMMON, "count": True}]}, ["rules"], id="count"),
        pytest.param({"metrics": False}, ["rules", "visibility"], id="metrics"),
        pytest.param({"sampled_requests": False}, ["rules", "visibility"], id="samples"),
        pytest.param({"logging": None}, ["logging"], id="no logging"),
        pytest.param({"logging": {"log_group": GROUP, "requests": "blocked"}}, ["logging"], id="blocked ones"),
        pytest.param({"logging": {"log_group": GROUP, "redact_headers": ["x-key"]}}, ["logging"], id="redacted"),
    ],
)
def test_changes_one_field_and_back(waf, change, fields):
    run_module("wafv2_web_acl", args())

    assert assert_previewed("wafv2_web_acl", args(**change))["changes"][0]["fields"] == fields
    assert_settled("wafv2_web_acl", args(**change))
    run_module("wafv2_web_acl", args())
    assert_settled("wafv2_web_acl", args())


def test_tags_are_those_of_all(waf):
    run_module("wafv2_web_acl", args())

    done = assert_previewed("wafv2_web_acl", args(tags={"Owner": "us"}))

    assert {(each["kind"], *each["fields"]) for each in done["changes"]} == {("web ACL", "tags"), ("IP set", "tags")}
    assert_settled("wafv2_web_acl", args(tags={"Owner": "us"}))


def test_addresses_come_and_go(waf):
    run_module("wafv2_web_acl", args())

    more = args(deny_cidrs=["192.0.2.0/24", "198.51.100.7"], allow_cidrs=["2001:db8::/32"])
    done = assert_previewed("wafv2_web_acl", more)

    assert changes(done) == {
        ("update", "IP set", f"{NAME}-deny-ipv4"),
        ("create", "IP set", f"{NAME}-allow-ipv6"),
        ("update", "web ACL", NAME),
    }
    assert_settled("wafv2_web_acl", more)

    none = args(deny_cidrs=[])
    assert ("delete", "IP set", f"{NAME}-deny-ipv4") in changes(assert_previewed("wafv2_web_acl", none))
    assert ip_sets(waf) == set()
    assert_settled("wafv2_web_acl", none)


def test_what_is_not_managed_is_kept(waf):
    run_module("wafv2_web_acl", args())
    acl = web_acl(waf)
    token = waf.get_web_acl(Name=NAME, Scope="REGIONAL", Id=acl["Id"])["LockToken"]
    waf.update_web_acl(
        Name=NAME,
        Scope="REGIONAL",
        Id=acl["Id"],
        LockToken=token,
        DefaultAction=acl["DefaultAction"],
        Rules=acl["Rules"],
        VisibilityConfig=acl["VisibilityConfig"],
        TokenDomains=["monay.example"],
    )
    assert_settled("wafv2_web_acl", args())

    run_module("wafv2_web_acl", args(description="Words"))

    assert web_acl(waf)["TokenDomains"] == ["monay.example"]


def test_somebody_who_was_quicker_does_not_stop_it(waf):
    run_module("wafv2_web_acl", args())
    get = waf_module.WebAcls._get
    stale = iter([{"LockToken": "00000000-0000-0000-0000-000000000000"}])

    def outdated(kind, name, identifier):
        found = get(kind, name, identifier)
        return {**found, **next(stale, {})} if found and kind.changing else found

    def changing(kind, *rest):
        kind.changing = True
        return locked(kind, *rest)

    locked = waf_module.WebAcls.locked
    with (
        mock.patch.object(waf_module.WebAcls, "changing", False, create=True),
        mock.patch.object(waf_module.WebAcls, "_get", outdated),
        mock.patch.object(waf_module.WebAcls, "locked", changing),
        recorded_calls() as calls,
    ):
        run_module("wafv2_web_acl", args(description="Words"))

    assert calls.count("wafv2:UpdateWebACL") == 2
    assert web_acl(waf)["Description"] == "Words"


def test_those_for_the_cdn_live_in_one_region(waf):
    cdn = args(name="monay-dev-cdn", scope="CLOUDFRONT", logging=None)
    assert changes(assert_previewed("wafv2_web_acl", cdn)) == {
        ("create", "web ACL", "monay-dev-cdn"),
        ("create", "IP set", "monay-dev-cdn-deny-ipv4"),
    }
    assert_settled("wafv2_web_acl", cdn)
    assert "live in us-east-1, not in eu-west-1" in fail_module("wafv2_web_acl", {**cdn, "region": "eu-west-1"})
    run_module("wafv2_web_acl", {**cdn, "state": "absent"})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        pytest.param({"logging": {"log_group": "waf"}}, "begins with aws-waf-logs-, got waf", id="log group"),
        pytest.param({"deny_cidrs": ["300.0.0.1"]}, "deny_cidrs has '300.0.0.1', which is no network", id="network"),
        pytest.param({"allow_cidrs": ["0.0.0.0/0"]}, "AWS takes no network of all addresses", id="all"),
        pytest.param({"rate_limits": [{"name": "x", "limit": 5}]}, "10 requests at least, got 5", id="limit"),
        pytest.param({"managed_rule_groups": [{"name": COMMON}] * 2}, f"two rules are called {COMMON}", id="twice"),
    ],
)
def test_refuses_before_the_first_call(change, words):
    assert words in fail_module("wafv2_web_acl", args(**change), check=True)


def test_says_what_waf_refuses(waf):
    message = fail_module("wafv2_web_acl", args(managed_rule_groups=[{"name": "Nope"}]))

    assert f"Cannot create web ACL {NAME}" in message
    assert "Nope is not known" in message


def test_deletes_once_and_lets_load_balancers_go(aws, waf):  # noqa: F811
    balancer = Balancer(aws, ports=())
    run_module("wafv2_web_acl", args())
    waf.associate_web_acl(WebACLArn=web_acl(waf)["ARN"], ResourceArn=balancer.arn)

    done = assert_previewed("wafv2_web_acl", args(state="absent"))

    assert {each[0] for each in changes(done)} == {"delete"}
    assert_settled("wafv2_web_acl", args(state="absent"))
    assert ip_sets(waf) == set()
    assert balancer.elb.describe_load_balancers()["LoadBalancers"]
