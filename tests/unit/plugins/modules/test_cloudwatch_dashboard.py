# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module against the simulator: previewed, made, settled, changed, deleted, refused."""

from __future__ import annotations

import copy
import json

import pytest

from tests.support.data_tier import point_at
from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module
from tests.support.monitoring import make_load_balancer
from tests.support.simulator import REGION, Simulator

MODULE = "cloudwatch_dashboard"
NAME = "monay-dev"
METRIC = ["AWS/ApplicationELB", "RequestCount", "LoadBalancer", "monay-dev", "TargetGroup", "monay-dev-admin-blue"]
BODY = {
    "start": "-PT3H",
    "widgets": [
        {
            "type": "metric",
            "x": 0,
            "y": 0,
            "width": 12,
            "height": 6,
            "properties": {
                "title": "Requests",
                "region": REGION,
                "metrics": [[*METRIC, {"id": "m1", "stat": "Sum"}], [{"expression": "m1 * 2", "id": "e1"}]],
            },
        },
        {"type": "text", "x": 12, "y": 0, "width": 12, "height": 6, "properties": {"markdown": "# Admin"}},
    ],
}


@pytest.fixture(scope="module")
def running():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def simulator(running, monkeypatch):
    running.reset()
    point_at(running, monkeypatch)
    return running


def args(body=BODY, **extra):
    return {"region": REGION, "dashboards": [{"name": NAME, "body": copy.deepcopy(body)}], **extra}


def stored(simulator):
    return json.loads(simulator.client("cloudwatch").get_dashboard(DashboardName=NAME)["DashboardBody"])


def test_creates_as_previewed_and_settles(simulator):
    ids = make_load_balancer(simulator, "monay-dev", ["monay-dev-admin-blue"])

    done = assert_previewed(MODULE, args())

    assert changes(done) == {("create", "dashboard", NAME)}
    metric = stored(simulator)["widgets"][0]["properties"]["metrics"][0]
    assert metric[:6] == [*METRIC[:3], ids["monay-dev"], METRIC[4], ids["monay-dev-admin-blue"]]
    assert stored(simulator)["widgets"][1] == BODY["widgets"][1]
    assert_settled(MODULE, args())


def test_what_does_not_exist_yet_is_corrected_once_it_does(simulator):
    run_module(MODULE, args())
    assert_settled(MODULE, args())
    ids = make_load_balancer(simulator, "monay-dev", ["monay-dev-admin-blue"])

    done = assert_previewed(MODULE, args())

    assert [each["fields"] for each in done["changes"]] == [["body"]]
    assert ids["monay-dev"] in json.dumps(stored(simulator))
    assert_settled(MODULE, args())


def test_a_check_run_knows_what_will_be_there(simulator):
    """Another role makes the target group in the same run, before the dashboard."""
    run_module(MODULE, args())

    assert run_module(MODULE, args(), check=True)["changed"] is False
    preview = run_module(MODULE, args(expect_all=True), check=True)
    make_load_balancer(simulator, "monay-dev", ["monay-dev-admin-blue"])

    assert run_module(MODULE, args(expect_all=True))["changes"] == preview["changes"]
    assert_settled(MODULE, args(expect_all=True))
    assert run_module(MODULE, args(expect_all=True), check=True)["changed"] is False


def test_what_never_comes_is_no_change_for_ever(simulator):
    run_module(MODULE, args(expect_all=True))

    assert_settled(MODULE, args(expect_all=True))


def test_notices_what_somebody_changed_by_hand(simulator):
    run_module(MODULE, args())
    other = json.dumps({**BODY, "start": "-PT12H"})
    simulator.client("cloudwatch").put_dashboard(DashboardName=NAME, DashboardBody=other)

    done = assert_previewed(MODULE, args())

    assert "-PT12H" in done["diff"][0]["before"]
    assert_settled(MODULE, args())


def test_blanks_and_order_of_keys_have_no_meaning(simulator):
    turned = json.dumps(dict(reversed(BODY.items())), indent=8)
    simulator.client("cloudwatch").put_dashboard(DashboardName=NAME, DashboardBody=turned)

    assert_settled(MODULE, args())


def test_a_widget_that_is_gone_is_noticed(simulator):
    run_module(MODULE, args())

    done = assert_previewed(MODULE, args({**BODY, "widgets": BODY["widgets"][:1]}))

    assert done["changed"]


def test_deletes_once(simulator):
    run_module(MODULE, args())

    assert changes(assert_previewed(MODULE, args(state="absent"))) == {("delete", "dashboard", NAME)}
    assert_settled(MODULE, args(state="absent"))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"widgets": [{"type": "chart", "properties": {}}]}, "/widgets/0/type"),
        ({"widgets": [{"type": "text", "x": 20, "width": 12, "properties": {"markdown": ""}}]}, "24 columns"),
        (None, "dashboard monay-dev has no body"),
    ],
)
def test_refuses_readably(simulator, body, message):
    assert message in fail_module(MODULE, args(body))
