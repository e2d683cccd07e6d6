# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from tests.support.balancing import Balancer, issued
from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module
from tests.support.network import aws, simulator_process  # noqa: F401
from tests.support.simulator import REGION

REDIRECT = {"port": 80, "protocol": "HTTP", "redirect": {"protocol": "HTTPS", "port": "443"}}
HTTPS = {"port": 443, "certificate": "monay-dev", "fixed_response": {"code": 404, "body": "Not found"}}
FORWARD = {"port": 81, "protocol": "HTTP", "forward": ["web-blue", "web-green"]}


def args(*listeners, **extra):
    wanted = list(listeners) or [REDIRECT, HTTPS]
    tags = {"Project": "monay"}
    return {"region": REGION, "load_balancer": "monay-dev", "listeners": wanted, "tags": tags, **extra}


@pytest.fixture
def balancer(aws):  # noqa: F811
    return Balancer(aws, ports=(), groups=("web-blue", "web-green"))


@pytest.fixture
def acm(aws):  # noqa: F811
    return aws.client("acm")


@pytest.fixture
def certificates(balancer, acm):
    return {name: issued(acm, name) for name in ("monay-dev", "partner")}


def listener(balancer, port):
    found = balancer.elb.describe_listeners(LoadBalancerArn=balancer.arn)["Listeners"]
    return next(each for each in found if each["Port"] == port)


def test_creates_as_previewed_and_settles(balancer, certificates):
    done = assert_previewed("alb_listener", args())

    assert changes(done) == {("create", "listener", "monay-dev:80"), ("create", "listener", "monay-dev:443")}
    assert listener(balancer, 80)["DefaultActions"][0]["RedirectConfig"]["Protocol"] == "HTTPS"
    secure = listener(balancer, 443)
    assert secure["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    assert len(secure["Certificates"]) == 1
    assert_settled("alb_listener", args())


def test_a_check_run_needs_neither_load_balancer_nor_certificate(aws):  # noqa: F811
    done = run_module("alb_listener", args(), check=True)
    assert {each[2] for each in changes(done)} == {"monay-dev:80", "monay-dev:443"}


def test_says_what_is_missing(balancer):
    assert "no issued certificate with the Name tag monay-dev" in fail_module("alb_listener", args(HTTPS))
    assert "load balancer other does not exist" in fail_module("alb_listener", args(load_balancer="other"))
    assert "needs a certificate" in fail_module("alb_listener", args({**HTTPS, "certificate": ""}))


@pytest.mark.parametrize(
    ("base", "change", "fields"),
    [
        pytest.param(HTTPS, {"ssl_policy": "ELBSecurityPolicy-TLS13-1-3-2021-06"}, ["ssl_policy"], id="policy"),
        pytest.param(HTTPS, {"certificate": "partner"}, ["certificate"], id="certificate"),
        pytest.param(HTTPS, {"extra_certificates": ["partner"]}, ["extra_certificates"], id="more certificates"),
        pytest.param(HTTPS, {"fixed_response": {"code": 503}}, ["action"], id="answer"),
        pytest.param(REDIRECT, {"redirect": {"protocol": "HTTPS", "port": "8443"}}, ["action"], id="redirect"),
        pytest.param(FORWARD, {"forward": ["web-blue"]}, ["action"], id="target groups"),
        pytest.param(FORWARD, {"stickiness": 60}, ["action"], id="stickiness"),
        pytest.param(HTTPS, {"tags": {"Owner": "us"}}, ["tags"], id="tag"),
    ],
)
def test_changes_one_field(certificates, base, change, fields):
    run_module("alb_listener", args(base))

    done = assert_previewed("alb_listener", args({**base, **change}))

    assert [each["fields"] for each in done["changes"]] == [fields]
    assert_settled("alb_listener", args({**base, **change}))


def test_takes_certificates_away_again(balancer, certificates):
    more = {**HTTPS, "extra_certificates": ["partner"]}
    run_module("alb_listener", args(more))

    done = assert_previewed("alb_listener", args(HTTPS))

    assert done["changes"][0]["fields"] == ["extra_certificates"]
    assert_settled("alb_listener", args(HTTPS))


def test_serves_the_younger_certificate_of_a_name(balancer, certificates, acm):
    run_module("alb_listener", args(HTTPS))
    younger = issued(acm, "monay-dev")

    done = assert_previewed("alb_listener", args(HTTPS))

    assert done["changes"][0]["fields"] == ["certificate"]
    assert listener(balancer, 443)["Certificates"][0]["CertificateArn"] == younger
    assert_settled("alb_listener", args(HTTPS))


def test_takes_a_certificate_by_arn(balancer, acm):
    arn = issued(acm, "imported")

    run_module("alb_listener", args({**HTTPS, "certificate": arn}))

    assert listener(balancer, 443)["Certificates"][0]["CertificateArn"] == arn
    assert_settled("alb_listener", args({**HTTPS, "certificate": arn}))


def test_weights_of_the_default_action_are_kept(balancer):
    run_module("alb_listener", args(FORWARD))
    groups = [{"TargetGroupArn": arn, "Weight": 50} for arn in balancer.groups.values()]
    actions = [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]
    balancer.elb.modify_listener(ListenerArn=listener(balancer, 81)["ListenerArn"], DefaultActions=actions)

    assert_settled("alb_listener", args(FORWARD))
    run_module("alb_listener", args({**FORWARD, "stickiness": 60}))

    kept = listener(balancer, 81)["DefaultActions"][0]["ForwardConfig"]["TargetGroups"]
    assert [int(each["Weight"]) for each in kept] == [50, 50]


def test_deletes_once(balancer, certificates):
    run_module("alb_listener", args())

    assert {each[0] for each in changes(assert_previewed("alb_listener", args(state="absent")))} == {"delete"}
    assert_settled("alb_listener", args(state="absent"))
    assert balancer.elb.describe_listeners(LoadBalancerArn=balancer.arn)["Listeners"] == []
