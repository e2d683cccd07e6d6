# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module against the simulator: previewed, made, settled, changed, deleted, refused."""

from __future__ import annotations

import pytest

from tests.support.data_tier import point_at
from tests.support.modules import assert_previewed, assert_settled, changes, fail_module, run_module
from tests.support.simulator import ACCOUNT, REGION, Simulator

MODULE = "sns_topic"
NAME = "monay-dev-alarms"
ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:{NAME}"
MAIL = {"protocol": "email", "endpoint": "us@monay.example"}
TOPIC = {
    "name": NAME,
    "display_name": "monay-dev",
    "kms_key": "alias/monay-dev-alarms",
    "policy": {
        "Statement": [
            {
                "Sid": "Alarms",
                "Effect": "Allow",
                "Principal": {"Service": "cloudwatch.amazonaws.com"},
                "Action": "sns:Publish",
                "Resource": ARN,
                "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
            }
        ]
    },
    "subscriptions": [MAIL],
}


@pytest.fixture(scope="module")
def running():
    with Simulator() as simulator:
        yield simulator


@pytest.fixture
def sns(running, monkeypatch):
    running.reset()
    point_at(running, monkeypatch)
    key = running.client("kms").create_key()["KeyMetadata"]["KeyId"]
    running.client("kms").create_alias(AliasName="alias/monay-dev-alarms", TargetKeyId=key)
    return running.client("sns")


def args(**change):
    extra = {key: change.pop(key) for key in ("state", "tags", "purge_tags") if key in change}
    return {"region": REGION, "topics": [{**TOPIC, **change}], "tags": {"Project": "monay"}, **extra}


def subscribed(sns):
    return {(each["Protocol"], each["Endpoint"]) for each in sns.list_subscriptions()["Subscriptions"]}


def test_creates_as_previewed_and_settles(sns):
    done = assert_previewed(MODULE, args())

    assert changes(done) == {("create", "SNS topic", NAME)}
    attributes = sns.get_topic_attributes(TopicArn=ARN)["Attributes"]
    assert attributes["DisplayName"] == "monay-dev"
    assert attributes["KmsMasterKeyId"] == "alias/monay-dev-alarms"
    assert subscribed(sns) == {("email", "us@monay.example")}
    again = run_module(MODULE, args())
    assert again["changed"] is False
    assert again["resources"]["SNS topic"][NAME]["pending_confirmations"] == 1
    assert_settled(MODULE, args())


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"display_name": "Monay"}, ["display_name"]),
        ({"kms_key": ""}, ["kms_key"]),
        ({"policy": {"Statement": [{**TOPIC["policy"]["Statement"][0], "Sid": "Others"}]}}, ["policy"]),
        ({"subscriptions": [MAIL, {"protocol": "https", "endpoint": "https://monay.example/hook"}]}, ["subscriptions"]),
        ({"tags": {"Project": "monay", "Owner": "us"}}, ["tags"]),
        ({"tags": {}}, ["tags"]),
    ],
)
def test_changes_one_field(sns, change, fields):
    run_module(MODULE, args())

    done = assert_previewed(MODULE, args(**change))

    assert [each["fields"] for each in done["changes"]] == [fields]
    assert_settled(MODULE, args(**change))


def test_who_has_confirmed_can_be_unsubscribed_and_who_has_not_is_left(sns):
    other = {"protocol": "email", "endpoint": "them@monay.example"}
    run_module(MODULE, args(subscriptions=[MAIL, other]))
    sns.confirm_subscription(TopicArn=ARN, Token="us@monay.example")

    done = assert_previewed(MODULE, args(subscriptions=[]))

    assert [each["fields"] for each in done["changes"]] == [["subscriptions"]]
    assert subscribed(sns) == {("email", "them@monay.example")}
    assert_settled(MODULE, args(subscriptions=[]))


def test_what_is_not_said_is_left_alone(sns):
    run_module(MODULE, args())

    assert_settled(MODULE, {"region": REGION, "topics": [{"name": NAME}]})


def test_continues_after_a_lost_answer(sns, running):
    running.fault("timeout", match={"operation": "CreateTopic"}, when="after", seconds=0.1)

    run_module(MODULE, args())

    running.clear_faults()
    assert_settled(MODULE, args())


def test_deletes_once(sns):
    run_module(MODULE, args())

    assert changes(assert_previewed(MODULE, args(state="absent"))) == {("delete", "SNS topic", NAME)}
    assert_settled(MODULE, args(state="absent"))
    assert subscribed(sns) == set()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"subscriptions": [{"protocol": "email", "endpoint": "nobody"}]}, "nobody is no address for email"),
        ({"subscriptions": [{"protocol": "https", "endpoint": "http://x"}]}, "http://x is no address for https"),
        ({"subscriptions": [{"protocol": "sqs", "endpoint": "queue"}]}, "queue is no address for sqs"),
        ({"policy": {"Statement": []}}, "has no Statement"),
    ],
)
def test_refuses_readably(sns, change, message):
    assert message in fail_module(MODULE, args(**change))
