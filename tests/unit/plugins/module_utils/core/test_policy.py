# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.policy import (
    PolicyError,
    canonical_policy,
    names_identities,
    policy_text,
    wanted_policy,
)

ACCOUNT = "111111111111"


def one(**statement):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]}


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param(one(Action="s3:GetObject"), one(Action=["s3:GetObject"]), id="a string is a list of one"),
        pytest.param(one(Action=["b:B", "a:A"]), one(Action=["a:A", "b:B", "a:A"]), id="order and repetition of lists"),
        pytest.param(
            one(Principal={"AWS": ACCOUNT}), one(Principal={"AWS": [f"arn:aws:iam::{ACCOUNT}:root"]}), id="account root"
        ),
        pytest.param(
            one(Principal={"AWS": ACCOUNT}),
            one(Principal={"AWS": f"arn:aws-us-gov:iam::{ACCOUNT}:root"}),
            id="account root of another partition",
        ),
        pytest.param(one(Principal="*"), one(Principal={"AWS": "*"}), id="everybody"),
        pytest.param(
            one(Condition={"Bool": {"aws:SecureTransport": False}}),
            one(Condition={"Bool": {"aws:SecureTransport": ["false"]}}),
            id="a boolean in a condition",
        ),
        pytest.param(
            one(Condition={"NumericLessThan": {"s3:max-keys": 10}}),
            one(Condition={"NumericLessThan": {"s3:max-keys": "10"}}),
            id="a number in a condition",
        ),
        pytest.param(one(Sid="", Condition={}), one(), id="empty parts"),
        pytest.param({"Statement": {"Effect": "Allow"}}, {"Statement": [{"Effect": "Allow"}]}, id="a lone statement"),
        pytest.param(
            {"Statement": []}, {"Version": "2008-10-17", "Statement": []}, id="AWS's default for a missing Version"
        ),
        pytest.param(json.dumps(one(Action="a:A")), one(Action="a:A"), id="text"),
    ],
)
def test_two_ways_to_write_one_policy_are_equal(left, right):
    assert canonical_policy(left) == canonical_policy(right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param(one(Action="s3:GetObject"), one(Action="s3:PutObject"), id="action"),
        pytest.param(one(Action="a:A"), one(NotAction="a:A"), id="the negation"),
        pytest.param(one(Principal={"AWS": ACCOUNT}), one(Principal={"AWS": "222222222222"}), id="account"),
        pytest.param(
            one(Principal={"AWS": ACCOUNT}), one(Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/root"}), id="a user"
        ),
        pytest.param(one(Principal={"Service": "*"}), one(Principal={"AWS": "*"}), id="kind of principal"),
        pytest.param(
            one(Condition={"StringEquals": {"a": "x"}}), one(Condition={"StringLike": {"a": "x"}}), id="operator"
        ),
        pytest.param({"Version": "2012-10-17", "Statement": []}, {"Statement": []}, id="version"),
        pytest.param(one(), {"Version": "2012-10-17", "Statement": [{"Effect": "Deny"}]}, id="effect"),
    ],
)
def test_different_policies_stay_different(left, right):
    assert canonical_policy(left) != canonical_policy(right)


words = st.text(st.sampled_from("abcXYZ:*/-"), min_size=1, max_size=8)
word_lists = st.lists(words, min_size=1, max_size=4)
accounts = st.sampled_from(["111111111111", "222222222222", "333333333333"])
statements = st.fixed_dictionaries(
    {"Effect": st.sampled_from(["Allow", "Deny"]), "Action": word_lists},
    optional={
        "Sid": words,
        "Resource": word_lists,
        "Principal": st.fixed_dictionaries({"AWS": st.lists(accounts, min_size=1), "Service": word_lists}),
        "Condition": st.dictionaries(words, st.dictionaries(words, word_lists, min_size=1), min_size=1, max_size=2),
    },
)
policies = st.fixed_dictionaries({"Statement": st.lists(statements, max_size=4)}, optional={"Id": words})


def rewritten(value, dice, key=""):
    """The same policy in other words: shuffled lists, lists of one as strings, accounts as root ARNs."""
    if isinstance(value, dict):
        return {name: rewritten(each, dice, name) for name, each in dice.sample(list(value.items()), len(value))}
    if isinstance(value, list):
        shuffled = [rewritten(each, dice, key) for each in dice.sample(value, len(value))]
        shuffled += dice.sample(shuffled, 1) if shuffled and dice.random() < 0.3 else []
        return shuffled[0] if len(shuffled) == 1 and dice.random() < 0.5 else shuffled
    return f"arn:aws:iam::{value}:root" if key == "AWS" and dice.random() < 0.5 else value


@given(policies, st.integers())
def test_the_canonical_form_does_not_depend_on_the_way_of_writing(policy, seed):
    dice = random.Random(seed)  # noqa: S311 - shuffles test data

    assert canonical_policy(rewritten(policy, dice)) == canonical_policy(policy)


@given(policies)
def test_the_canonical_form_of_a_canonical_form_is_itself(policy):
    canonical = canonical_policy(policy)

    assert canonical_policy(canonical) == canonical
    assert canonical_policy(policy_text(canonical)) == canonical


def test_what_a_person_writes_without_version_gets_the_current_one():
    document = {"Statement": [{"Effect": "Allow", "Action": "a:A", "Resource": "*"}]}

    assert wanted_policy(document, "p")["Version"] == "2012-10-17"


@pytest.mark.parametrize(
    ("document", "on_resource", "reason"),
    [
        pytest.param({}, False, "p has no Statement", id="empty"),
        pytest.param({"Statement": ["x"]}, False, "statement 1 is no mapping but str", id="text as statement"),
        pytest.param(one(Action="a:A", Effect="allow", Resource="*"), False, "Effect 'allow'", id="effect"),
        pytest.param(one(Resource="*"), False, "neither Action nor NotAction", id="no action"),
        pytest.param(one(Action="a:A"), False, "neither Resource nor NotResource", id="no resource"),
        pytest.param(one(Action="a:A"), True, "neither Principal nor NotPrincipal", id="no principal"),
    ],
)
def test_refuses(document, on_resource, reason):
    with pytest.raises(PolicyError, match=reason):
        wanted_policy(document, "p", on_resource=on_resource)


@pytest.mark.parametrize("text", ["{", "[]", '{"Statement": ["x"]}'])
def test_text_that_is_no_policy(text):
    with pytest.raises(PolicyError):
        canonical_policy(text)


@pytest.mark.parametrize(
    ("principal", "answer"),
    [
        pytest.param({"Service": "ecs.amazonaws.com"}, False, id="service"),
        pytest.param({"AWS": ACCOUNT}, False, id="account"),
        pytest.param({"AWS": "*"}, False, id="everybody"),
        pytest.param({"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/x"}, False, id="federated"),
        pytest.param({"AWS": f"arn:aws:iam::{ACCOUNT}:role/x"}, True, id="role"),
    ],
)
def test_names_identities(principal, answer):
    assert names_identities(canonical_policy(one(Principal=principal))) is answer
