# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.account import check_account, check_zones
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused

ACCOUNT = "111111111111"
CALLER = f"arn:aws:iam::{ACCOUNT}:user/deploy"
ZONES = [
    {"ZoneName": "us-east-1a", "State": "available"},
    {"ZoneName": "us-east-1b", "State": "available"},
    {"ZoneName": "us-east-1c", "State": "impaired"},
]


def test_the_right_account_passes():
    check_account(ACCOUNT, ACCOUNT, CALLER)


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        pytest.param(
            "222222222222", f"belong to {CALLER} in account {ACCOUNT}, but platform_account_id is 2222", id="other"
        ),
        pytest.param("12345678", "'12345678'; an AWS account has 12 digits", id="short"),
        pytest.param("", "''; an AWS account has 12 digits", id="empty"),
        pytest.param("1111111111110", "has 12 digits", id="long"),
    ],
)
def test_any_other_account_is_refused(wanted, reason):
    with pytest.raises(PlanRefused, match=reason) as raised:
        check_account(wanted, ACCOUNT, CALLER)

    assert "platform_account_id" in str(raised.value)
    assert "group_vars/all" in str(raised.value)


@pytest.mark.parametrize("zones", [[], ["us-east-1a"], ["us-east-1b", "us-east-1a"]])
def test_zones_that_are_available_pass(zones):
    check_zones(zones, ZONES, "us-east-1")


@pytest.mark.parametrize(
    ("zones", "reason"),
    [
        pytest.param(["us-east-1a", "us-east-1c"], "us-east-1c is impaired", id="not available"),
        pytest.param(["eu-west-1a"], "eu-west-1a is no zone of us-east-1", id="another region"),
        pytest.param(["us-east-1x", "us-east-1y"], "us-east-1x is .*, us-east-1y is", id="all at once"),
    ],
)
def test_other_zones_are_refused(zones, reason):
    with pytest.raises(PlanRefused, match=f"platform_availability_zones: .*{reason}") as raised:
        check_zones(zones, ZONES, "us-east-1")

    assert "Available to this account are us-east-1a, us-east-1b." in str(raised.value)
