# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module against the simulator: previewed, made, settled, changed, deleted, refused."""

from __future__ import annotations

import pytest

from tests.support.data_tier import point_at
from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module
from tests.support.simulator import REGION, Simulator

MODULE = "log_metric_filter"
GROUP = "/monay/dev/admin"
NAME = f"errors in {GROUP}"
FILTER = {
    "log_group": GROUP,
    "name": "errors",
    "pattern": '{ $.level = "error" }',
    "namespace": "monay/dev",
    "metric": "monay-dev-admin-log-errors",
    "default_value": 0,
}


@pytest.fixture(scope="module")
def running():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def logs(running, monkeypatch):
    running.reset()
    point_at(running, monkeypatch)
    running.client("logs").create_log_group(logGroupName=GROUP)
    return running.client("logs")


def args(**change):
    state = {"state": change.pop("state")} if "state" in change else {}
    filter_ = {key: value for key, value in {**FILTER, **change}.items() if value is not None}
    return {"region": REGION, "filters": [filter_], **state}


def test_creates_as_previewed_and_settles(logs):
    assert changes(assert_previewed(MODULE, args())) == {("create", "metric filter", NAME)}

    (made,) = logs.describe_metric_filters(logGroupName=GROUP)["metricFilters"]
    assert made["metricTransformations"][0]["metricNamespace"] == "monay/dev"
    assert_settled(MODULE, args())


EDITS = [
    ({"pattern": "ERROR"}, ["pattern"]),
    ({"pattern": ""}, ["pattern"]),
    ({"namespace": "other"}, ["namespace"]),
    ({"metric": "other"}, ["metric"]),
    ({"value": "$.count"}, ["value"]),
    ({"default_value": None}, ["default_value"]),
    ({"unit": "Count"}, ["unit"]),
    ({"default_value": None, "dimensions": {"Path": "$.path"}}, ["default_value", "dimensions"]),
]


def test_notices_a_change_of_any_field(logs):
    """All at once: a filter for each change."""

    def together(changes):
        each = [args(name=f"filter-{number}", **change)["filters"][0] for number, change in enumerate(changes)]
        return {"region": REGION, "filters": each}

    run_module(MODULE, together([{}] * len(EDITS)))
    after = together([change for change, _fields in EDITS])

    done = assert_previewed(MODULE, after)

    found = {each["name"].split(" in ")[0]: each["fields"] for each in done["changes"]}
    assert found == {f"filter-{number}": fields for number, (_change, fields) in enumerate(EDITS)}
    assert_settled(MODULE, after)


def test_previews_before_the_log_group_exists(logs):
    logs.delete_log_group(logGroupName=GROUP)

    assert changes(run_module(MODULE, args(), check=True)) == {("create", "metric filter", NAME)}
    assert "Cannot put metric filter" in fail_module(MODULE, args())


def test_deletes_once(logs):
    run_module(MODULE, args())

    assert changes(assert_previewed(MODULE, args(state="absent"))) == {("delete", "metric filter", NAME)}
    assert_settled(MODULE, args(state="absent"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"metric": None}, "pattern, namespace and metric are needed"),
        ({"dimensions": {"Path": "$.path"}}, "dimensions and default_value exclude each other"),
        ({"pattern": "{ $.level"}, f"Cannot put metric filter {NAME}"),
    ],
)
def test_refuses_readably(logs, change, message):
    assert message in fail_module(MODULE, args(**change))
