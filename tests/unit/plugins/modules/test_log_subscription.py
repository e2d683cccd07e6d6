# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module against the simulator: previewed, made, settled, changed, deleted, refused."""

from __future__ import annotations

import json

import pytest

from tests.support.data_tier import point_at
from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module
from tests.support.simulator import REGION, Simulator

MODULE = "log_subscription"
GROUP = "/monay/dev/admin"
NAME = f"datadog in {GROUP}"


@pytest.fixture(scope="module")
def running():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def streams(running, monkeypatch):
    """The ARNs of two Firehose streams, beside a role and a log group."""
    running.reset()
    point_at(running, monkeypatch)
    running.client("logs").create_log_group(logGroupName=GROUP)
    running.client("s3").create_bucket(Bucket="bucket")
    trust = json.dumps({"Version": "2012-10-17", "Statement": []})
    roles = [
        running.client("iam").create_role(RoleName=name, Path="/monay/dev/", AssumeRolePolicyDocument=trust)["Role"]
        for name in ("forwarding", "other")
    ]
    destination = {"RoleARN": roles[0]["Arn"], "BucketARN": "arn:aws:s3:::bucket"}
    firehose = running.client("firehose")
    return [
        firehose.create_delivery_stream(DeliveryStreamName=name, ExtendedS3DestinationConfiguration=destination)[
            "DeliveryStreamARN"
        ]
        for name in ("one", "two")
    ]


def args(stream, **change):
    state = {"state": change.pop("state")} if "state" in change else {}
    item = {"log_group": GROUP, "name": "datadog", "destination_arn": stream, "role": "forwarding", **change}
    return {"region": REGION, "subscriptions": [item], **state}


def test_creates_as_previewed_and_settles(streams):
    assert changes(assert_previewed(MODULE, args(streams[0]))) == {("create", "subscription filter", NAME)}
    assert_settled(MODULE, args(streams[0]))


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"pattern": "ERROR"}, ["pattern"]),
        ({"role": "other"}, ["role"]),
        ({"distribution": "Random"}, ["distribution"]),
    ],
)
def test_changes_one_field(streams, change, fields):
    run_module(MODULE, args(streams[0]))

    done = assert_previewed(MODULE, args(streams[0], **change))

    assert [each["fields"] for each in done["changes"]] == [fields]
    assert_settled(MODULE, args(streams[0], **change))


def test_goes_elsewhere(streams):
    run_module(MODULE, args(streams[0]))

    done = assert_previewed(MODULE, args(streams[1]))

    assert [each["fields"] for each in done["changes"]] == [["destination_arn"]]


def test_deletes_once(streams):
    run_module(MODULE, args(streams[0]))

    gone = args(streams[0], state="absent")
    assert changes(assert_previewed(MODULE, gone)) == {("delete", "subscription filter", NAME)}
    assert_settled(MODULE, gone)


def test_refuses_readably(streams):
    assert "has no destination_arn" in fail_module(MODULE, args(None))
    assert "IAM role nobody does not exist" in fail_module(MODULE, args(streams[0], role="nobody"))
