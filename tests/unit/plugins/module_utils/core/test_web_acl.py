# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from ansible_collections.monay.platform.plugins.module_utils.core.web_acl import (
    address_sets,
    canonical_rules,
    logging_call,
    observed_logging,
    rules_call,
    wanted_logging,
    wanted_rules,
)

ARN = "arn:aws:wafv2:eu-west-1:111111111111:regional"
SETS = ["a-deny-ipv4", "a-allow-ipv6"]
ARNS = {name: f"{ARN}/ipset/{name}/0000" for name in SETS}
RATES = st.fixed_dictionaries(
    {
        "limit": st.integers(10, 5000),
        "window": st.sampled_from([60, 120, 300, 600]),
        "path": st.none() | st.just("/login"),
        "forwarded": st.booleans(),
        "action": st.sampled_from(["block", "count"]),
    }
)
GROUPS = st.fixed_dictionaries(
    {
        "version": st.none() | st.just("Version_1.0"),
        "count": st.booleans(),
        "overrides": st.dictionaries(st.sampled_from("XYZ"), st.sampled_from(["count", "allow"])),
    }
)
OPTIONS = st.builds(
    lambda rates, groups, metrics: {
        "rate_limits": [{**each, "name": f"rate-{place}"} for place, each in enumerate(rates)],
        "managed_rule_groups": [{**each, "name": f"group-{place}"} for place, each in enumerate(groups)],
        "metrics": metrics,
    },
    st.lists(RATES, max_size=3),
    st.lists(GROUPS, max_size=3),
    st.booleans(),
)


def described(rules):
    """The rules as WAF describes what it was sent: in any order, with empty lists and without some of its defaults."""
    sent = rules_call(rules, ARNS)
    for rule in sent:
        group = rule["Statement"].get("ManagedRuleGroupStatement")
        if group is not None:
            group.setdefault("ExcludedRules", [])
            group["RuleActionOverrides"] = list(reversed(group.get("RuleActionOverrides", [])))
        if rule["Statement"].get("RateBasedStatement", {}).get("EvaluationWindowSec") == 300:
            del rule["Statement"]["RateBasedStatement"]["EvaluationWindowSec"]
    return list(reversed(sent))


@given(OPTIONS)
def test_what_is_sent_is_what_is_read(options):
    wanted = wanted_rules("a", options, SETS)

    assert canonical_rules(described(wanted)) == wanted
    assert [rule["Name"] for rule in wanted[:2]] == ["deny-ipv4", "allow-ipv6"]
    assert len({rule["Priority"] for rule in wanted}) == len(wanted)


def test_sets_are_named_by_arn_in_calls():
    (rule, *_rest) = rules_call(wanted_rules("a", {}, SETS), ARNS)

    assert rule["Statement"] == {"IPSetReferenceStatement": {"ARN": ARNS["a-deny-ipv4"]}}


def test_paths_are_bytes_in_calls():
    limit = {"name": "x", "limit": 10, "path": "/login"}
    (rule,) = rules_call(wanted_rules("a", {"rate_limits": [limit]}, []), {})

    down = rule["Statement"]["RateBasedStatement"]["ScopeDownStatement"]
    assert down["ByteMatchStatement"]["SearchString"] == b"/login"


def test_addresses_are_split_by_version_and_sorted():
    assert address_sets("a", {"deny": ["198.51.100.7", "192.0.2.0/24", "192.0.2.0/24", "2001:DB8::/32"]}) == {
        "a-deny-ipv4": ["192.0.2.0/24", "198.51.100.7/32"],
        "a-deny-ipv6": ["2001:db8::/32"],
    }


@pytest.mark.parametrize("cidr", ["nowhere", "192.0.2.1/24", "0.0.0.0/0", "::/0"])
def test_what_waf_takes_as_no_network_is_refused(cidr):
    with pytest.raises(PlanRefused, match=r"web ACL a: allow_cidrs has"):
        address_sets("a", {"allow": [cidr]})


@pytest.mark.parametrize("requests", ["all", "blocked"])
def test_logging_that_is_sent_is_what_is_read(requests):
    options = {"log_group": "aws-waf-logs-a", "redact_headers": ["Cookie", "authorization"], "requests": requests}
    wanted = wanted_logging("a", options)

    sent = logging_call(f"{ARN}/webacl/a/0000", wanted)

    assert sent["LogDestinationConfigs"] == ["arn:aws:logs:eu-west-1:111111111111:log-group:aws-waf-logs-a"]
    assert observed_logging(sent) == wanted


def test_logging_of_somebody_else_is_a_difference():
    bucket = {"LogDestinationConfigs": ["arn:aws:s3:::aws-waf-logs-x"], "RedactedFields": [{"UriPath": {}}]}
    given_filter = {"DefaultBehavior": "KEEP", "Filters": []}

    assert observed_logging({**bucket, "LoggingFilter": given_filter}) == {
        "log_group": "arn:aws:s3:::aws-waf-logs-x",
        "redact": ["UriPath"],
        "requests": "others",
    }
