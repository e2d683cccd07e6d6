# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.bucket import (
    bucket_state,
    encryption_from_aws,
    logging_state,
    name_faults,
    replication_from_aws,
    replication_state,
)
from ansible_collections.monay.platform.plugins.module_utils.core.bucket_lifecycle import (
    rules_from_aws,
    rules_to_aws,
    wanted_rules,
)
from ansible_collections.monay.platform.plugins.module_utils.core.bucket_lock import (
    lock_from_aws,
    lock_to_aws,
    wanted_lock,
)
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused

NAME = "monay-dev-111111111111-backups"
REGION = "us-east-1"
ACCOUNT = "111111111111"

DAYS = st.integers(0, 4000)
RULES = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.text("abc", min_size=1, max_size=5),
            "prefix": st.sampled_from([None, "", "old/"]),
            "expiration_days": st.none() | DAYS,
            "noncurrent_days": st.none() | DAYS,
            "abort_multipart_days": st.none() | DAYS,
            "transitions": st.none()
            | st.lists(st.fixed_dictionaries({"days": DAYS, "storage_class": st.just("GLACIER")}), max_size=1),
        }
    ),
    max_size=4,
    unique_by=lambda rule: str(rule["id"]),
)


@pytest.mark.parametrize(
    "name",
    [
        "ab",
        "a" * 64,
        "Monay",
        "monay_dev",
        "-monay",
        "monay-",
        "xn--monay",
        "monay.dev",
        "monay-s3alias",
        "sthree-monay",
    ],
)
def test_bad_names(name):
    assert name_faults(name)


@pytest.mark.parametrize("name", ["abc", "a" * 63, NAME, "1-a"])
def test_good_names(name):
    assert name_faults(name) == []


@pytest.mark.parametrize(
    ("item", "words"),
    [
        pytest.param({"name": "Monay"}, "lower-case", id="name"),
        pytest.param(
            {"encryption": {"algorithm": "AES256", "kms_key": "alias/a"}}, "algorithm: aws:kms", id="algorithm"
        ),
        pytest.param({"encryption": {"algorithm": "aws:kms", "kms_key": "1234"}}, "an alias as in", id="key"),
        pytest.param(
            {"encryption": {"algorithm": "aws:kms"}, "log_delivery": ["s3"]},
            "only to buckets with",
            id="encrypted logs",
        ),
        pytest.param({"object_lock": {"days": 1}}, "object_lock needs versioning", id="lock"),
        pytest.param({"object_lock": {"days": -1}, "versioning": True}, "days is -1; AWS takes", id="days of the lock"),
        pytest.param(
            {"object_lock": {"days": 1}, "versioning": True, "log_delivery": ["s3"]}, "no access logs", id="locked logs"
        ),
        pytest.param({"policy_statements": [{"Effect": "Allow"}]}, "neither Action", id="policy"),
        pytest.param({"replication": {"bucket": "b"}}, "needs versioning", id="replication"),
        pytest.param({"lifecycle": [{"id": "a"}]}, "does nothing", id="empty rule"),
        pytest.param({"lifecycle": [{"id": "a", "expiration_days": -1}]}, "above 0", id="days"),
        pytest.param(
            {"lifecycle": [{"id": "a", "expiration_days": 1}, {"id": "a", "expiration_days": 2}]},
            "two rules a",
            id="rule twice",
        ),
        pytest.param(
            {"lifecycle": [{"id": "a", "transitions": [{"days": 10, "storage_class": "STANDARD_IA"}]}]},
            "AWS takes 30",
            id="too early",
        ),
        pytest.param(
            {
                "lifecycle": [
                    {"id": "a", "expiration_days": 40, "transitions": [{"days": 60, "storage_class": "GLACIER"}]}
                ]
            },
            "expires after 40",
            id="expired before",
        ),
    ],
)
def test_refused(item, words):
    with pytest.raises(PlanRefused, match=words):
        bucket_state({"name": NAME, **item}, REGION, ACCOUNT)


def test_logs_of_nobody_in_particular_are_refused():
    with pytest.raises(PlanRefused, match="need account_id"):
        bucket_state({"name": NAME, "log_delivery": ["s3"]}, REGION, None)


def test_distributions_of_the_account_may_read_below_a_prefix():
    policy = bucket_state({"name": NAME, "cloudfront_prefix": "site/"}, REGION, ACCOUNT)["policy"]

    (statement,) = policy["Statement"]
    assert statement["Resource"] == [f"arn:aws:s3:::{NAME}/site/*"]
    assert statement["Action"] == ["s3:GetObject"]
    assert statement["Condition"] == {"ArnLike": {"aws:SourceArn": [f"arn:aws:cloudfront::{ACCOUNT}:distribution/*"]}}
    assert bucket_state({"name": NAME}, REGION, ACCOUNT)["policy"] == {}


def test_logs_of_distributions_come_from_this_account_only():
    policy = bucket_state({"name": NAME, "log_delivery": ["cloudfront"]}, REGION, ACCOUNT)["policy"]

    (statement,) = policy["Statement"]
    assert statement["Condition"] == {
        "ArnLike": {"aws:SourceArn": [f"arn:aws:logs:us-east-1:{ACCOUNT}:delivery-source:*"]},
        "StringEquals": {"aws:SourceAccount": [ACCOUNT], "s3:x-amz-acl": ["bucket-owner-full-control"]},
    }


def test_a_bucket_cannot_log_into_itself():
    with pytest.raises(PlanRefused, match="into itself"):
        logging_state({"name": NAME, "logging": {"bucket": NAME}})


@pytest.mark.parametrize("missing", ["region", "role"])
def test_a_copy_needs_all_that_belongs_to_it(missing):
    target = {"bucket": "b", "region": "us-west-2", "role": "r", missing: None}

    with pytest.raises(PlanRefused, match=f"needs {missing}"):
        replication_state({"name": NAME, "replication": target})


@pytest.mark.parametrize(("option", "state"), [(None, None), ({}, {}), ({"bucket": None}, {})])
def test_unsaid_and_none_are_different_things(option, state):
    assert logging_state({"name": NAME, "logging": option}) == state
    assert replication_state({"name": NAME, "replication": option}) == state


@given(RULES)
def test_rules_come_back_from_aws_as_they_were_wanted(items):
    wanted = wanted_rules(items)

    assert rules_from_aws(rules_to_aws(wanted)) == wanted


@pytest.mark.parametrize(
    "extra",
    [
        {"Filter": {"ObjectSizeGreaterThan": 1}},
        {"Filter": {"And": {"Prefix": "a", "Tags": []}}},
        {"Expiration": {"Days": 3, "ExpiredObjectDeleteMarker": True}},
        {"NoncurrentVersionTransitions": [{"NoncurrentDays": 3, "StorageClass": "GLACIER"}]},
        {"Status": "Disabled"},
    ],
)
def test_a_rule_that_says_more_is_another_rule(extra):
    ours = {"id": "a", "expiration_days": 3}
    (rule,) = rules_to_aws(wanted_rules([ours]))

    assert rules_from_aws([rule]) == wanted_rules([ours])
    assert rules_from_aws([{**rule, **extra}]) != wanted_rules([ours])


def test_the_old_place_of_the_prefix():
    rule = {"ID": "a", "Status": "Enabled", "Prefix": "old/", "Expiration": {"Days": 3}}

    assert rules_from_aws([rule]) == wanted_rules([{"id": "a", "prefix": "old/", "expiration_days": 3}])


def test_s3_encrypts_where_nothing_is_said():
    assert encryption_from_aws(None) == {"algorithm": "AES256", "kms_key": "", "bucket_key": False}


@pytest.mark.parametrize("said", [True, False])
def test_a_bucket_key_without_kms_means_nothing(said):
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": said}

    assert encryption_from_aws({"ServerSideEncryptionConfiguration": {"Rules": [rule]}})["bucket_key"] is False


@pytest.mark.parametrize(
    "extra",
    [
        {"Filter": {"Prefix": "a"}},
        {"DeleteMarkerReplication": {"Status": "Enabled"}},
        {"Status": "Disabled"},
    ],
)
def test_another_replication_is_seen_as_such(extra):
    rule = {
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::copy"},
    }
    role = "arn:aws:iam::111111111111:role/monay/dev/copying"

    assert replication_from_aws({"Role": role, "Rules": [rule]}) == {"bucket": "copy", "role": "copying", "kms_key": ""}
    assert "bucket" not in replication_from_aws({"Role": role, "Rules": [{**rule, **extra}]})


@pytest.mark.parametrize("option", [{}, {"mode": "GOVERNANCE", "days": 0}, {"mode": "COMPLIANCE", "days": 400}])
def test_a_lock_comes_back_from_aws_as_it_was_wanted(option):
    wanted = wanted_lock(option)

    assert lock_from_aws({"ObjectLockConfiguration": lock_to_aws(wanted)}) == wanted


def test_a_bucket_that_was_never_locked_is_as_one_that_locks_nothing_new():
    assert lock_from_aws(None) == wanted_lock({"days": 0}) == {}
    assert wanted_lock(None) is None


def test_years_are_no_days():
    retention = {"Mode": "GOVERNANCE", "Years": 1, "Days": 0}
    configuration = {"ObjectLockConfiguration": {"Rule": {"DefaultRetention": retention}}}

    assert lock_from_aws(configuration) == {"mode": "GOVERNANCE", "years": 1}
