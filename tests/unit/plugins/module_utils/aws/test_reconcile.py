# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.aws.api import AmbiguousError, AwsError
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import (
    LOST_ANSWERS,
    ApplyError,
    Request,
    Scope,
    reconcile,
    side_by_side,
)
from ansible_collections.monay.platform.plugins.module_utils.core.plan import Observed, PlanRefused
from tests.support.fake_kind import FakeKind


def run(*requests, check_mode=False):
    return reconcile(list(requests), check_mode=check_mode)


def summary(plan):
    return [(change.action, change.name) for change in plan.changes]


@pytest.fixture
def things():
    return FakeKind()


# --- one kind ---------------------------------------------------------------------------------------------------------


def test_check_mode_announces_what_the_run_then_does(things):
    things.world = {"old": {"x": 1}, "gone": {"x": 1}}
    request = Request(things, {"new": {"x": 1}, "old": {"x": 2}}, absent=frozenset({"gone"}))

    announced, _scope = run(request, check_mode=True)
    assert things.done() == []
    assert things.world == {"old": {"x": 1}, "gone": {"x": 1}}

    done, _scope = run(request)
    assert done == announced
    assert things.world == {"old": {"x": 2}, "new": {"x": 1}}


def test_a_second_run_writes_nothing(things):
    request = Request(things, {"a": {"x": 1}})
    run(request)
    things.journal.clear()

    plan, _scope = run(request)

    assert not plan.changed
    assert things.done() == []


states = st.dictionaries(st.sampled_from(["x", "y"]), st.one_of(st.none(), st.integers(0, 2)))
names = st.sampled_from(["a", "b", "c"])


@given(
    st.dictionaries(names, states),
    st.dictionaries(names, st.dictionaries(st.just("x"), st.integers(0, 2))),
    st.booleans(),
)
def test_one_run_is_enough_from_anywhere(wanted, world, create_all):
    things = FakeKind()
    things.world = {name: dict(state) for name, state in world.items()}
    things.create_sets = None if create_all else {"x"}
    things.owns = {"a", "b", "c"}
    request = Request(things, wanted, purge=True)

    run(request)
    plan, _scope = run(request)

    assert not plan.changed
    assert things.world.keys() == wanted.keys()


def test_what_the_creation_left_open_is_set_at_once(things):
    things.create_sets = {"x"}

    run(Request(things, {"a": {"x": 1, "y": 2}}))

    assert things.world == {"a": {"x": 1, "y": 2}}
    assert things.done() == [("create", "a"), ("update", "a")]


def test_what_the_creation_left_open_is_set_as_it_is_compared(things):
    """A kind may bring the wanted state into another form before it is compared; that form is what is written."""
    things.create_sets = {"x"}
    things.settle = lambda wanted, observed: {**wanted, "y": sorted(wanted["y"])}

    run(Request(things, {"a": {"x": 1, "y": [2, 1]}}))
    plan, _scope = run(Request(things, {"a": {"x": 1, "y": [2, 1]}}))

    assert things.world["a"]["y"] == [1, 2]
    assert not plan.changed


def test_purge_deletes_what_is_ours_and_not_wanted(things):
    things.world = {"wanted": {}, "extra": {}, "foreign": {}}
    things.owns = {"wanted", "extra"}

    run(Request(things, {"wanted": {}}, purge=True))

    assert sorted(things.world) == ["foreign", "wanted"]


def test_without_purge_nothing_is_deleted(things):
    things.world = {"extra": {}}
    things.owns = {"extra"}

    plan, _scope = run(Request(things, {}))

    assert not plan.changed


def test_deleting_what_is_gone_is_no_change(things):
    plan, _scope = run(Request(things, absent=frozenset({"gone"})))

    assert not plan.changed
    assert things.done() == []


@pytest.mark.parametrize(("keep", "after"), [(False, {"a": "2"}), (True, {"a": "2", "b": "1"})], ids=["purged", "kept"])
def test_tags_that_are_not_mentioned(things, keep, after):
    things.world = {"t": {"tags": {"a": "1", "b": "1"}}}

    run(Request(things, {"t": {"tags": {"a": "2"}}}, keep_tags=keep))

    assert things.world["t"]["tags"] == after


@pytest.mark.parametrize("tags", [None, {}, {"Project": "monay"}], ids=["unsaid", "none", "some"])
def test_a_resource_named_by_its_tag_is_never_created_without_name(things, tags):
    things.named_by_tag = True

    plan, _scope = run(Request(things, {"a": {"x": 1, "tags": tags}}))

    assert things.world["a"]["tags"] == {**(tags or {}), "Name": "a"}
    assert '"Name": "a"' in plan.diff()[0]["after"]


def test_tags_unsaid_of_a_resource_named_by_its_tag_are_left_alone(things):
    things.named_by_tag = True
    things.world = {"a": {"tags": {"Name": "a", "b": "1"}}}

    plan, _scope = run(Request(things, {"a": {"tags": None}}))

    assert not plan.changed


def test_everything_is_refused_before_anything_is_written(things):
    other = FakeKind("other")
    other.immutable = {"x": "Make another one."}
    other.world = {"b": {"x": 1}}

    with pytest.raises(PlanRefused, match="other b: x cannot be changed from 1 to 2"):
        run(Request(things, {"a": {}}), Request(other, {"b": {"x": 2}}))

    assert things.done() == []


# --- lost answers -----------------------------------------------------------------------------------------------------


def test_a_creation_whose_answer_was_lost_is_looked_for_and_not_repeated(things):
    things.after_work = (AmbiguousError,)
    things.failures = {("create", "a"): [AmbiguousError("lost")]}

    run(Request(things, {"a": {"x": 1}}))

    assert things.done() == [("create", "a")]
    assert things.world == {"a": {"x": 1}}


def test_a_creation_that_got_lost_on_its_way_is_sent_again(things):
    things.failures = {("create", "a"): [AmbiguousError("lost"), AmbiguousError("lost"), None]}

    run(Request(things, {"a": {"x": 1}}))

    assert things.done() == [("create", "a")] * 3
    assert things.world == {"a": {"x": 1}}


def test_what_was_created_half_before_the_answer_was_lost_is_completed(things):
    things.after_work = (AmbiguousError,)
    things.create_sets = {"x"}
    things.failures = {("create", "a"): [AmbiguousError("lost")]}

    run(Request(things, {"a": {"x": 1, "y": 2}}))

    assert things.world == {"a": {"x": 1, "y": 2}}


def test_an_outage_ends_the_run(things):
    things.failures = {("create", "a"): [AmbiguousError("lost")] * (LOST_ANSWERS + 1)}

    with pytest.raises(AmbiguousError):
        run(Request(things, {"a": {}}))

    assert things.done() == [("create", "a")] * LOST_ANSWERS


# --- several kinds ----------------------------------------------------------------------------------------------------


def chain(journal):
    """Three kinds, each needing the one before; given in the wrong order on purpose."""
    vpc = FakeKind("vpc", journal=journal)
    subnet = FakeKind("subnet", after=("vpc",), journal=journal)
    gateway = FakeKind("gateway", after=("subnet", "vpc", "not in this run"), journal=journal)
    return gateway, vpc, subnet


def test_kinds_are_observed_and_created_in_the_order_of_need():
    journal = []
    kinds = chain(journal)

    run(*[Request(kind, {"a": {}}) for kind in kinds])

    order = ["vpc", "subnet", "gateway"]
    assert [kind for action, kind, _name in journal if action == "observe"] == order
    assert [kind for action, kind, _name in journal if action == "create"] == order


def test_deletions_go_the_other_way_and_after_everything_else():
    journal = []
    kinds = chain(journal)
    for kind in kinds:
        kind.world = {"old": {}, "kept": {"x": 1}}

    run(*[Request(kind, {"kept": {"x": 2}, "new": {}}, absent=frozenset({"old"})) for kind in kinds])

    done = [(action, kind) for action, kind, _name in journal if action != "observe"]
    assert [kind for action, kind in done if action == "delete"] == ["gateway", "subnet", "vpc"]
    assert {action for action, _kind in done[:-3]} == {"create", "update"}


def test_kinds_that_need_each_other_are_a_mistake_of_ours():
    one, other = FakeKind("one", after=("other",)), FakeKind("other", after=("one",))

    with pytest.raises(ValueError, match=r"need each other: \['one', 'other'\]"):
        run(Request(one), Request(other))


def test_a_later_kind_finds_what_an_earlier_one_has_created():
    vpc, subnet = FakeKind("vpc"), FakeKind("subnet", after=("vpc",))
    seen = []
    create = subnet.create
    subnet.create = lambda scope, name, wanted: (seen.append(scope.id("vpc", "a")), create(scope, name, wanted))[1]

    run(Request(vpc, {"a": {}}), Request(subnet, {"b": {}}))

    assert seen == ["id-a"]


def test_what_forbids_nothing_is_done_side_by_side():
    """Two creations that wait for each other: one after the other would never end."""
    things, meeting = FakeKind(), threading.Barrier(2)
    create = things.create
    things.create = lambda scope, name, wanted: (meeting.wait(timeout=10), create(scope, name, wanted))[1]

    run(Request(things, {"a": {}, "b": {}}))

    assert sorted(things.world) == ["a", "b"]


# --- failures ---------------------------------------------------------------------------------------------------------


def test_a_failure_says_what_was_made_before_it():
    vpc, subnet = FakeKind("vpc"), FakeKind("subnet", after=("vpc",))
    subnet.failures = {("create", "b"): [AwsError("Cannot create subnet b: no room", "NoRoom")]}

    with pytest.raises(ApplyError) as raised:
        run(Request(vpc, {"a": {}}), Request(subnet, {"b": {}}))

    assert str(raised.value) == (
        "Cannot create subnet b: no room. Made before that, and kept: create vpc a. Run again to continue"
    )
    assert [change.name for change in raised.value.done] == ["a"]


def test_a_failure_of_the_first_write_is_told_as_it_is(things):
    things.failures = {("create", "a"): [AwsError("Cannot create thing a: no room", "NoRoom")]}

    with pytest.raises(AwsError) as raised:
        run(Request(things, {"a": {}}))

    assert not isinstance(raised.value, ApplyError)
    assert raised.value.code == "NoRoom"


def test_the_others_are_finished_when_one_fails_and_later_kinds_are_not_begun():
    vpc, subnet = FakeKind("vpc"), FakeKind("subnet", after=("vpc",))
    vpc.failures = {("create", "b"): [AwsError("no room")]}

    with pytest.raises(ApplyError):
        run(Request(vpc, {"a": {}, "b": {}, "c": {}}), Request(subnet, {"s": {}}))

    assert sorted(vpc.world) == ["a", "c"]
    assert subnet.world == {}


def test_after_a_failure_the_next_run_completes(things):
    things.failures = {("create", "b"): [AwsError("no room")]}
    request = Request(things, {"a": {}, "b": {}})
    with pytest.raises(AwsError):
        run(request)

    plan, _scope = run(request)

    assert summary(plan) == [("create", "b")]
    assert sorted(things.world) == ["a", "b"]


def test_a_reference_that_is_missing_while_applying_tells_what_was_made(things):
    vpc = FakeKind("vpc")
    things.after = ("vpc",)
    things.create = lambda scope, name, wanted: scope.id("subnet", "missing")

    with pytest.raises(ApplyError, match=r"subnet missing does not exist .* kept: create vpc a\."):
        run(Request(vpc, {"a": {}}), Request(things, {"t": {}}))


# --- scope and parallel calls -----------------------------------------------------------------------------------------


def test_scope_translates_between_names_and_ids():
    scope = Scope()
    scope.record("vpc", {"a": Observed("vpc-1", {})})

    assert scope.id("vpc", "a") == "vpc-1"
    assert scope.name("vpc", "vpc-1") == "a"
    assert scope.name("vpc", "vpc-2") == "vpc-2"
    assert scope.find("vpc", "b") is None
    with pytest.raises(PlanRefused, match="vpc b does not exist in this account and region; create it first"):
        scope.id("vpc", "b")


def test_scope_knows_the_end_of_the_run(things):
    things.world = {"gone": {}}

    _plan, scope = run(Request(things, {"new": {"x": 1}}, absent=frozenset({"gone"})))

    assert {name: found.state for name, found in scope.of_kind("thing").items()} == {"new": {"x": 1}}


@pytest.mark.parametrize("count", [0, 1, 30])
def test_side_by_side_answers_under_the_same_keys(count):
    jobs = {str(number): (lambda number=number: number * 2) for number in range(count)}

    assert side_by_side(jobs) == {str(number): number * 2 for number in range(count)}


def test_side_by_side_ends_all_before_it_fails():
    ended = []

    def fail():
        raise AwsError("no")

    with pytest.raises(AwsError):
        side_by_side({"bad": fail, **{str(number): (lambda n=number: ended.append(n)) for number in range(20)}})

    assert sorted(ended) == list(range(20))
