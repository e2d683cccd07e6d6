# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.alb import (
    LOAD_BALANCER_DEFAULTS,
    TARGET_GROUP_DEFAULTS,
    changed_attributes,
    load_balancer_attributes,
    observed_attributes,
    target_group_attributes,
)

STICKY = st.none() | st.fixed_dictionaries(
    {"type": st.sampled_from(["lb_cookie", "app_cookie"]), "duration": st.integers(1, 604800), "cookie": st.just("sid")}
)
GROUPS = st.fixed_dictionaries(
    {
        "deregistration_delay": st.integers(0, 3600),
        "slow_start": st.sampled_from([0, 30]),
        "algorithm": st.just("round_robin"),
        "cross_zone": st.none() | st.booleans(),
        "stickiness": STICKY,
    }
)
LOGS = st.none() | st.fixed_dictionaries({"bucket": st.just("logs"), "prefix": st.none() | st.just("alb")})
BALANCERS = st.fixed_dictionaries(
    {
        "deletion_protection": st.booleans(),
        "http2": st.booleans(),
        "idle_timeout": st.integers(1, 4000),
        "access_logs": LOGS,
        "connection_logs": LOGS,
    }
)


def pairs(attributes):
    return [{"Key": key, "Value": value} for key, value in attributes.items()]


def applied(current, wanted):
    """What ELB holds after it was sent the changes."""
    sent = {each["Key"]: each["Value"] for each in changed_attributes(current, wanted)}
    return {**current, **sent}


@given(GROUPS, GROUPS)
def test_any_target_group_becomes_any_other(one, other):
    current, wanted = target_group_attributes("x", one), target_group_attributes("x", other)

    held = applied(current, wanted)

    assert observed_attributes(pairs(held), TARGET_GROUP_DEFAULTS) == wanted
    assert changed_attributes(wanted, wanted) == []


@given(BALANCERS, BALANCERS)
def test_any_load_balancer_becomes_any_other(one, other):
    current, wanted = load_balancer_attributes(one), load_balancer_attributes(other)

    held = applied(current, wanted)

    assert observed_attributes(pairs(held), LOAD_BALANCER_DEFAULTS) == wanted
    assert changed_attributes(wanted, wanted) == []


@pytest.mark.parametrize("defaults", [TARGET_GROUP_DEFAULTS, LOAD_BALANCER_DEFAULTS], ids=["group", "balancer"])
def test_what_aws_leaves_out_has_its_default(defaults):
    assert observed_attributes([], defaults) == observed_attributes(pairs(defaults), defaults) == dict(defaults)


def test_attributes_that_are_not_managed_are_not_seen():
    assert "ipv6.deny_all_igw_traffic" not in observed_attributes(
        [{"Key": "ipv6.deny_all_igw_traffic", "Value": "true"}], LOAD_BALANCER_DEFAULTS
    )


def test_the_name_of_a_bucket_that_is_not_logged_to_does_not_matter():
    off = {"access_logs.s3.enabled": "false", "access_logs.s3.bucket": "left-over"}
    assert observed_attributes(pairs(off), LOAD_BALANCER_DEFAULTS) == load_balancer_attributes({})


def test_logs_are_sent_whole():
    sent = changed_attributes(load_balancer_attributes({}), load_balancer_attributes({"access_logs": {"bucket": "b"}}))

    assert {each["Key"]: each["Value"] for each in sent} == {
        "access_logs.s3.bucket": "b",
        "access_logs.s3.enabled": "true",
        "access_logs.s3.prefix": "",
    }
