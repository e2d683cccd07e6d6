# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.rollout_preflight import (
    alarm_findings,
    alarm_names,
    forward_weights,
    stranding_findings,
    target_findings,
    weight_findings,
)

BLUE, GREEN = (f"arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/app-{colour}/1" for colour in ("blue", "green"))
LIVE = [{"targetGroupArn": GREEN, "productionListenerRule": "rule"}]


def about(findings):
    return [each.about for each in findings]


@pytest.mark.parametrize(
    ("weights", "found"),
    [
        ({BLUE: 0, GREEN: 1}, []),
        ({BLUE: 0, GREEN: 100}, []),
        ({GREEN: 1}, []),
        ({BLUE: 1, GREEN: 0}, ["weights"]),
        ({BLUE: 50, GREEN: 50}, ["weights"]),
        ({BLUE: 0, GREEN: 0}, ["weights"]),
        ({}, ["weights"]),
    ],
)
def test_all_traffic_goes_where_the_live_revision_serves(weights, found):
    assert about(weight_findings(LIVE, {"rule": weights})) == found


def test_names_what_is_wrong_with_the_weights():
    (finding,) = weight_findings(LIVE, {"rule": {BLUE: 1, GREEN: 0}})

    assert "serves app-green, but the weights of its listener rule are app-blue 1, app-green 0" in finding.message


def test_a_load_balancer_without_a_rule_has_no_weights_to_look_at():
    assert weight_findings([{"targetGroupArn": BLUE}], {}) == []


def test_a_rolling_deployment_must_stand_where_the_traffic_goes():
    assert stranding_findings([{"targetGroupArn": GREEN}], LIVE) == []
    (finding,) = stranding_findings([{"targetGroupArn": BLUE}], LIVE)
    assert finding.about == "strategy"
    assert "app-green serves the traffic now" in finding.message


def test_reads_weights_of_rules_in_both_spellings():
    forward = {"ForwardConfig": {"TargetGroups": [{"TargetGroupArn": BLUE, "Weight": 3}, {"TargetGroupArn": GREEN}]}}

    assert forward_weights({"Actions": [{"Type": "forward", **forward}]}) == {BLUE: 3, GREEN: 1}
    assert forward_weights({"Actions": [{"Type": "forward", "TargetGroupArn": BLUE}]}) == {BLUE: 1}
    assert forward_weights({"Actions": [{"Type": "fixed-response"}]}) == {}


def test_the_live_revision_must_be_well():
    assert target_findings({GREEN: 2}, 2) == []
    assert target_findings({GREEN: 0}, 0) == []
    assert "1 of 2 targets of app-green are healthy" in target_findings({GREEN: 1}, 2)[0].message


def test_no_alarm_may_be_on_or_missing():
    assert alarm_findings(["a", "b"], {"a": "OK", "b": "INSUFFICIENT_DATA"}) == []
    assert "in ALARM" in alarm_findings(["a"], {"a": "ALARM"})[0].message
    assert "does not exist" in alarm_findings(["a"], {})[0].message
    assert alarm_names({"alarms": {"alarmNames": ["a"], "enable": True}}) == ["a"]
    assert alarm_names({"alarms": {"alarmNames": ["a"], "enable": False}}) == []
