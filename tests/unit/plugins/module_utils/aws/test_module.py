# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.aws.api import AwsError
from ansible_collections.monay.platform.plugins.module_utils.aws.module import TAGS_SPEC, WAIT_SPEC, PlatformModule
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Request
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused
from ansible_collections.monay.platform.plugins.module_utils.core.readiness import StatusTable
from tests.support.fake_kind import FakeKind
from tests.support.modules import answer_of

SPEC = {
    "things": {"type": "list", "elements": "dict", "options": {"name": {"type": "str"}, "tags": {"type": "dict"}}},
    "state": {"type": "str", "default": "present"},
    **TAGS_SPEC,
    **WAIT_SPEC,
}


@pytest.fixture
def kind():
    return FakeKind()


def answer(work, check=False, **params):
    def main():
        PlatformModule(argument_spec=SPEC).run(work)

    return answer_of(main, {"region": "us-east-1", **params}, check)


def listed(kind, **params):
    return answer(lambda module: module.reconcile(module.listed(kind, "things", lambda _item: {"x": 1})), **params)


def raising(error):
    def work(module):
        raise error

    return work


def test_the_answer_comes_from_the_plan(kind):
    result = listed(kind, things=[{"name": "a"}])

    assert result["changed"] is True
    assert result["changes"] == [{"action": "create", "kind": "thing", "name": "a", "fields": []}]
    assert result["diff"][0]["after_header"] == "thing a"
    assert result["resources"] == {"thing": {"a": {"id": "id-a"}}}


def test_check_mode_answers_the_same_and_writes_nothing(kind):
    preview = listed(kind, things=[{"name": "a"}], check=True)
    assert kind.world == {}

    done = listed(kind, things=[{"name": "a"}])
    assert (preview["changed"], preview["changes"], preview["diff"]) == (True, done["changes"], done["diff"])


def test_a_refusal_is_a_failure_with_its_own_words():
    result = answer(raising(PlanRefused("thing a: no")))

    assert (result["failed"], result["msg"], result.get("changed", False)) == (True, "thing a: no", False)


def test_an_error_of_aws_is_a_failure_with_its_code():
    result = answer(raising(AwsError("Cannot do it", "NoRoom")))

    assert (result["failed"], result["msg"], result["error_code"]) == (True, "Cannot do it", "NoRoom")


def test_a_failure_halfway_is_a_change_and_says_which(kind):
    other = FakeKind("other", after=("thing",))
    other.failures = {("create", "b"): [AwsError("no room")]}

    result = answer(lambda module: module.reconcile(Request(kind, {"a": {}}), Request(other, {"b": {}})))

    assert (result["failed"], result["changed"]) == (True, True)
    assert [change["name"] for change in result["changes"]] == ["a"]


@pytest.mark.parametrize("created", [True, False])
def test_what_was_started_is_reported_when_it_does_not_become_ready(kind, created):
    kind.statuses = StatusTable(ready=frozenset({"available"}), failed=frozenset({"failed"}))
    wanted = {"a": {"status": "failed"}}
    kind.world = {} if created else dict(wanted)

    result = answer(lambda module: module.reconcile(Request(kind, wanted), wait=5))

    assert "thing a will not become ready: its status is failed" in result["msg"]
    assert result.get("changed", False) is created
    assert ("What was changed is kept" in result["msg"]) is created


SLOW = StatusTable(ready=frozenset({"available"}), failed=frozenset({"failed"}))


@pytest.mark.parametrize(
    ("world", "wanted", "left"),
    [
        pytest.param({"a": {"status": "available"}}, {"a": {"status": "available"}}, [], id="ready"),
        pytest.param({"a": {"status": "creating"}}, {"a": {"status": "creating"}}, ["a"], id="begun by another run"),
        pytest.param({"a": {"status": "failed"}}, {"a": {"status": "failed"}}, ["a"], id="failed"),
        pytest.param({}, {"a": {"status": "available"}}, ["a"], id="created"),
        pytest.param({"a": {"status": "available", "x": 1}}, {"a": {"x": 2}}, ["a"], id="changed, and not begun with"),
        pytest.param({"b": {"status": "creating"}}, {}, [], id="of somebody else"),
    ],
)
def test_says_what_a_wait_would_wait_for(kind, world, wanted, left):
    kind.statuses, kind.world = SLOW, world

    for check in (True, False):
        assert answer(lambda module: module.reconcile(Request(kind, wanted)), check=check)["pending"] == left


def test_nothing_is_left_of_what_was_waited_for(kind):
    kind.statuses = SLOW

    assert (
        answer(lambda module: module.reconcile(Request(kind, {"a": {"status": "available"}}), wait=5))["pending"] == []
    )


def test_what_is_never_slow_has_nothing_to_wait_for(kind):
    assert "pending" not in answer(lambda module: module.reconcile(Request(kind, {"a": {"x": 1}})))


def test_check_mode_does_not_wait(kind):
    kind.statuses = StatusTable(ready=frozenset({"available"}), failed=frozenset({"failed"}))
    kind.world = {"a": {"status": "failed"}}

    assert not answer(lambda module: module.reconcile(Request(kind, {"a": {}}), wait=5), check=True).get("failed")


@pytest.mark.parametrize(
    ("params", "tags"),
    [
        pytest.param({}, None, id="unsaid"),
        pytest.param({"tags": {"a": "1"}}, {"a": "1"}, id="of the task"),
        pytest.param({"tags": {"a": "1"}, "things": [{"name": "t", "tags": {"a": "2"}}]}, {"a": "2"}, id="of its own"),
    ],
)
def test_tags_of_a_listed_resource(kind, params, tags):
    listed(kind, **{"things": [{"name": "t"}], **params})

    assert kind.world["t"].get("tags") == tags


def test_tags_that_are_not_mentioned_stay_without_purge(kind):
    kind.world = {"t": {"x": 1, "tags": {"a": "1"}}}

    listed(kind, things=[{"name": "t"}], tags={"b": "2"}, purge_tags=False)

    assert kind.world["t"]["tags"] == {"a": "1", "b": "2"}


def test_absent_deletes_what_is_listed(kind):
    kind.world = {"t": {}, "other": {}}

    listed(kind, things=[{"name": "t"}], state="absent")

    assert sorted(kind.world) == ["other"]


def test_a_warning_is_given_once():
    def work(module):
        module.warn("Mind the step")
        module.exit_json(changed=False)

    assert answer(work)["warnings"] == ["Mind the step"]
