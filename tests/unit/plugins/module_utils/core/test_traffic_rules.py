# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.inventory_rules import problems

ARN = "arn:aws:acm:{}:111111111111:certificate/0000"
GOOD = {
    "platform_region": "eu-west-1",
    "load_balancer_name": "monay-dev",
    "load_balancer_ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "load_balancer_test_port": 8443,
    "load_balancer_idle_timeout": 60,
    "certificate_arn": "",
    "certificate_cdn_arn": "",
    "web_acl_rate_limit": 2000,
    "web_acl_log_group": "aws-waf-logs-monay-dev-alb",
}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"load_balancer_test_port": 0},
        {"load_balancer_ssl_policy": "ELBSecurityPolicy-TLS13-1-3-2021-06"},
        {"load_balancer_ssl_policy": "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04"},
        {"load_balancer_ssl_policy": "ELBSecurityPolicy-FS-1-2-Res-2020-10"},
        {"certificate_arn": ARN.format("eu-west-1"), "certificate_cdn_arn": ARN.format("us-east-1")},
    ],
)
def test_good_input_has_no_problems(change):
    assert problems({**GOOD, **change}) == []


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        pytest.param("load_balancer_name", "x" * 33, "at most 32 characters", id="long name"),
        pytest.param("load_balancer_name", "internal-x", "not beginning with internal-", id="reserved name"),
        pytest.param("load_balancer_name", "a_b", "letters, digits and single hyphens", id="letters"),
        pytest.param("load_balancer_ssl_policy", "ELBSecurityPolicy-2016-08", "TLS 1.2 as its oldest", id="TLS 1.0"),
        pytest.param("load_balancer_ssl_policy", "ELBSecurityPolicy-TLS13-1-1-2021-06", "TLS 1.2", id="TLS 1.1"),
        pytest.param("load_balancer_test_port", 443, "a free port", id="test port"),
        pytest.param("load_balancer_idle_timeout", 0, "1 to 4000 seconds", id="timeout"),
        pytest.param("certificate_arn", "monay-dev", "the ARN of a certificate", id="no ARN"),
        pytest.param("certificate_arn", ARN.format("us-east-1"), "a certificate in eu-west-1", id="region"),
        pytest.param("certificate_cdn_arn", ARN.format("eu-west-1"), "a certificate in us-east-1", id="CDN's region"),
        pytest.param("web_acl_rate_limit", 5, "10 to 2000000000 requests", id="rate"),
        pytest.param("web_acl_log_group", "/monay/waf", "begins with aws-waf-logs-", id="log group"),
    ],
)
def test_bad_input_is_refused(variable, value, words):
    found = [problem for problem in problems({**GOOD, variable: value}) if problem.variable == variable]

    assert len(found) == 1
    assert words in found[0].message
