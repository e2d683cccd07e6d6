# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from tests.support.balancing import Balancer
from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.simulator import REGION

KIND = "web ACL association"


def args(web_acl="one", **extra):
    return {"region": REGION, "load_balancer": "monay-dev", "web_acl": web_acl, **extra}


@pytest.fixture
def waf(aws):  # noqa: F811
    Balancer(aws, ports=())
    client = aws.client("wafv2")
    for name in ("one", "two"):
        client.create_web_acl(
            Name=name,
            Scope="REGIONAL",
            DefaultAction={"Allow": {}},
            VisibilityConfig={"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": name},
        )
    return client


def test_puts_one_in_front_of_the_other_and_takes_it_away(waf):
    assert changes(assert_previewed("wafv2_association", args())) == {("create", KIND, "monay-dev")}
    assert_settled("wafv2_association", args())
    assert changes(assert_previewed("wafv2_association", args("two"))) == {("update", KIND, "monay-dev")}
    assert_settled("wafv2_association", args("two"))

    absent = args(None, state="absent")
    assert changes(assert_previewed("wafv2_association", absent)) == {("delete", KIND, "monay-dev")}
    assert_settled("wafv2_association", absent)


def test_a_check_run_needs_nothing(aws):  # noqa: F811
    assert changes(run_module("wafv2_association", args(), check=True)) == {("create", KIND, "monay-dev")}
    assert_settled("wafv2_association", args(state="absent"))


def test_says_what_is_missing(waf):
    assert "web ACL three does not exist for REGIONAL" in fail_module("wafv2_association", args("three"))
    assert "load balancer other does not exist" in fail_module("wafv2_association", args(load_balancer="other"))
