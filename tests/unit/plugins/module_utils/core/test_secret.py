# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json
import secrets
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from ansible_collections.monay.platform.plugins.module_utils.core.secret import password, secret_state, secret_value

NAME = "monay/dev/monay-admin"
REGION = "us-east-1"


def test_what_is_left_out_is_left_alone():
    state = secret_state({"name": NAME}, REGION)

    assert {key for key, value in state.items() if value is not None} == {"deletion_scheduled", "has_value"}


def test_the_state_knows_nothing_of_the_value():
    item = {"name": NAME, "generate": {"keys": ["TOKEN"]}, "template": {"USER": "monay"}}

    assert "TOKEN" not in json.dumps(secret_state(item, REGION))


@pytest.mark.parametrize(
    ("item", "words"),
    [
        pytest.param({"name": "monay dev"}, "1 to 512 letters", id="name"),
        pytest.param({"kms_key": "1234"}, "an alias as in", id="key"),
        pytest.param({"generate": {"length": 4}}, "generate.length is 4", id="too short"),
        pytest.param({"generate": {"exclude_characters": string.printable}}, "every character", id="nothing left"),
        pytest.param({"template": {"USER": "monay"}}, "generate.keys", id="template without a secret"),
        pytest.param({"template": {"A": "b"}, "generate": {"keys": ["A"]}}, "A cannot stand", id="key twice"),
        pytest.param({"replica_regions": [REGION]}, "region of the secret itself", id="replica"),
        pytest.param({"policy": {"Statement": [{"Effect": "Permit"}]}}, "must be Allow or Deny", id="policy"),
    ],
)
def test_refused(item, words):
    with pytest.raises(PlanRefused, match=words):
        secret_state({"name": NAME, **item}, REGION)


def test_one_password_without_keys():
    assert len(secret_value({"name": NAME}, secrets.choice)) == 32


def test_an_object_with_a_password_for_each_key():
    item = {"generate": {"keys": ["A", "B"], "length": 20}, "template": {"USER": "monay"}}

    value = json.loads(secret_value(item, secrets.choice))

    assert value["USER"] == "monay"
    assert [len(value[key]) for key in ("A", "B")] == [20, 20]
    assert value["A"] != value["B"]


@given(
    length=st.integers(8, 64),
    excluded=st.text(string.ascii_lowercase + string.digits + string.punctuation, max_size=20),
    plain=st.booleans(),
    random=st.randoms(use_true_random=False),
)
def test_a_password_has_every_sort_and_nothing_excluded(length, excluded, plain, random):
    generate = {"length": length, "exclude_characters": excluded, "exclude_punctuation": plain}

    made = password(generate, random.choice)

    assert len(made) == length
    assert not set(made) & set(excluded)
    assert any(character.isupper() for character in made)
    assert not (plain and set(made) & set(string.punctuation))
    if not plain and set(string.punctuation) - set(excluded):
        assert set(made) & set(string.punctuation)
