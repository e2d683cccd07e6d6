# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.iam import is_owned, provider_name, role_state
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused

STATEMENT = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs.amazonaws.com"}}
OURS = {"Project": "monay", "Environment": "dev", "Component": "monay-account"}


def test_what_a_role_leaves_out_is_unsaid():
    assert set(role_state({"name": "r"}).values()) == {None}


def test_empty_is_said():
    state = role_state({"name": "r", "inline_policies": {}, "managed_policies": [], "permissions_boundary": ""})

    assert (state["inline_policies"], state["managed_policies"], state["permissions_boundary"]) == ({}, [], "")


def test_a_role_is_canonical():
    state = role_state({"name": "r", "trust_policy": {"Statement": STATEMENT}, "managed_policies": ["b", "a", "b"]})

    assert state["trust_policy"]["Statement"][0]["Action"] == ["sts:AssumeRole"]
    assert state["managed_policies"] == ["a", "b"]


def test_everything_that_is_wrong_is_said_at_once():
    with pytest.raises(PlanRefused) as raised:
        role_state({"name": "a b", "path": "x", "max_session_duration": 1})

    assert str(raised.value).count(";") >= 2


@pytest.mark.parametrize("name", ["monay-dev-x", "a" * 64, "a+=,.@_-"])
@pytest.mark.parametrize("path", ["/", "/monay/dev/"])
def test_names_and_paths_that_iam_takes(name, path):
    role_state({"name": name, "path": path})


def test_a_long_trust_policy_is_refused():
    with pytest.raises(PlanRefused, match=r"the trust policy has .* characters; AWS takes 2048"):
        role_state({"name": "r", "trust_policy": {"Statement": {**STATEMENT, "Sid": "s" * 2048}}})


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://token.actions.githubusercontent.com", "token.actions.githubusercontent.com"),
        ("https://token.actions.githubusercontent.com/", "token.actions.githubusercontent.com"),
        ("https://github.example.com/_services/token", "github.example.com/_services/token"),
    ],
)
def test_the_name_of_a_provider_is_its_url(url, name):
    assert provider_name(url) == name


@pytest.mark.parametrize(
    ("tags", "ours", "keys", "owned"),
    [
        pytest.param(OURS, OURS, ["Project", "Environment"], True, id="ours"),
        pytest.param({**OURS, "Component": "x"}, OURS, ["Project", "Environment"], True, id="other tags do not count"),
        pytest.param(
            {**OURS, "Environment": "prod"}, OURS, ["Project", "Environment"], False, id="another environment"
        ),
        pytest.param({}, OURS, ["Project"], False, id="no tags"),
        pytest.param(OURS, {}, ["Project"], False, id="we say nothing"),
        pytest.param(OURS, None, ["Project"], False, id="we say nothing of tags"),
        pytest.param(OURS, OURS, [], False, id="nothing to go by"),
        pytest.param({"Number": "7"}, {"Number": 7}, ["Number"], True, id="tags are text"),
    ],
)
def test_ownership(tags, ours, keys, owned):
    assert is_owned(tags, ours, keys) is owned
