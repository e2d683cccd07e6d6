# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.plan import (
    Change,
    Observed,
    Plan,
    PlanRefused,
    differing_fields,
    plan_kind,
    without_unsaid,
)

KIND = "subnet"


def observed(**states):
    return {name: Observed(f"id-{name}", state) for name, state in states.items()}


@pytest.mark.parametrize(
    ("wanted", "existing", "changes"),
    [
        pytest.param({"a": {"x": 1}}, {}, [("create", "a", ())], id="missing"),
        pytest.param({"a": {"x": 1}}, {"a": {"x": 1}}, [], id="as wanted"),
        pytest.param({"a": {"x": 1}}, {"a": {"x": 1, "y": 2}}, [], id="what is not mentioned is left alone"),
        pytest.param({"a": {"x": 1, "y": None}}, {"a": {"x": 1, "y": 2}}, [], id="None means unsaid"),
        pytest.param({"a": {"x": 2, "y": 0}}, {"a": {"x": 1, "y": 2}}, [("update", "a", ("x", "y"))], id="two fields"),
        pytest.param({"a": {"x": []}}, {"a": {"x": [1]}}, [("update", "a", ("x",))], id="empty is not unsaid"),
        pytest.param({"a": {"x": ""}}, {"a": {}}, [("update", "a", ("x",))], id="empty is not missing"),
        pytest.param({"a": {"x": False}}, {"a": {"x": 0}}, [], id="Python's equality"),
        pytest.param({"a": {}}, {"b": {}}, [("create", "a", ())], id="others are left alone"),
    ],
)
def test_plan_of_one_kind(wanted, existing, changes):
    planned = plan_kind(KIND, wanted, observed(**existing))

    assert [(change.action, change.name, change.fields) for change in planned] == changes


def test_only_what_exists_is_deleted_in_a_stable_order():
    planned = plan_kind(KIND, {}, observed(b={"x": 1}, a={}), delete=["b", "gone", "a"])

    assert [(change.action, change.name, change.before) for change in planned] == [
        ("delete", "a", {}),
        ("delete", "b", {"x": 1}),
    ]


def test_an_update_holds_the_fields_that_differ_and_no_others():
    (change,) = plan_kind(KIND, {"a": {"x": 2, "y": 1}}, observed(a={"x": 1, "y": 1, "z": 3}))

    assert (change.before, change.after) == ({"x": 1}, {"x": 2})


def test_an_immutable_field_is_refused_with_advice():
    with pytest.raises(PlanRefused, match=r"subnet a: cidr cannot be changed from '10' to '11'\. Make another one\."):
        plan_kind(KIND, {"a": {"cidr": "11"}}, observed(a={"cidr": "10"}), immutable={"cidr": "Make another one."})


def test_an_immutable_field_may_be_set_at_creation_and_left_unsaid():
    wanted = {"new": {"cidr": "11"}, "old": {"cidr": None}}

    planned = plan_kind(KIND, wanted, observed(old={"cidr": "10"}), immutable={"cidr": "Make another one."})

    assert [change.name for change in planned] == ["new"]


names = st.sampled_from(["a", "b", "c"])
plain = st.one_of(st.none(), st.integers(0, 3), st.text("xy", max_size=2), st.lists(st.integers(0, 2), max_size=2))
states = st.dictionaries(st.sampled_from(["x", "y", "z"]), plain)
known = states.map(without_unsaid)


def applied(existing, planned):
    """What exists after the changes, as a perfect AWS would do them."""
    after = dict(existing)
    for change in planned:
        if change.action == "delete":
            del after[change.name]
        else:
            state = after[change.name].state if change.name in after else {}
            after[change.name] = Observed(change.name, {**state, **change.after})
    return after


@given(st.dictionaries(names, states), st.dictionaries(names, known), st.sets(names))
def test_planning_again_after_the_changes_finds_nothing(wanted, existing, delete):
    delete = delete - wanted.keys()
    first = plan_kind(KIND, wanted, observed(**existing), delete=delete)

    assert plan_kind(KIND, wanted, applied(observed(**existing), first), delete=delete) == ()


@given(st.dictionaries(names, states), st.dictionaries(names, known))
def test_no_change_touches_what_was_not_said(wanted, existing):
    before = observed(**existing)

    after = applied(before, plan_kind(KIND, wanted, before))

    for name, found in before.items():
        said = without_unsaid(wanted.get(name, {}))
        assert {k: v for k, v in after[name].state.items() if k not in said} == {
            k: v for k, v in found.state.items() if k not in said
        }


@given(states, known)
def test_differing_fields_are_those_that_differ(wanted, existing):
    fields = differing_fields(wanted, existing)

    after = {**existing, **{field: wanted[field] for field in fields}}

    assert list(fields) == sorted(fields)
    assert all(after[key] == value for key, value in without_unsaid(wanted).items())
    assert all(wanted[field] is not None and wanted[field] != existing.get(field) for field in fields)


@pytest.mark.parametrize(
    ("change", "before", "after"),
    [
        pytest.param(Change("create", KIND, "a", after={"x": 1}), "subnet a (absent)", "subnet a", id="create"),
        pytest.param(Change("update", KIND, "a", {"x": 1}, {"x": 2}, ("x",)), "subnet a", "subnet a", id="update"),
        pytest.param(Change("delete", KIND, "a", before={"x": 1}), "subnet a", "subnet a (absent)", id="delete"),
    ],
)
def test_diff_says_what_is_there_before_and_after(change, before, after):
    diff = change.diff()

    assert (diff["before_header"], diff["after_header"]) == (before, after)
    assert json.loads(diff["before"] or "{}") == change.before
    assert json.loads(diff["after"] or "{}") == change.after


def test_a_plan_changes_something_when_it_holds_a_change():
    change = Change("update", KIND, "a", {"x": 1}, {"x": 2}, ("x",))

    assert not Plan().changed
    assert Plan((change,)).changed
    assert Plan((change,)).summaries() == [{"action": "update", "kind": KIND, "name": "a", "fields": ["x"]}]
