# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest

from ansible_collections.monay.platform.plugins.module_utils.aws.api import AwsError
from ansible_collections.monay.platform.plugins.module_utils.aws.reconcile import Scope
from ansible_collections.monay.platform.plugins.module_utils.aws.wait import wait_gone, wait_ready
from ansible_collections.monay.platform.plugins.module_utils.core.readiness import StatusTable
from tests.support.fake_kind import FakeKind


class Clock:
    """Time that passes by sleeping only; `at` says what happens when."""

    def __init__(self, **events):
        self.now = 0.0
        self.events = []

    def at(self, seconds, event):
        self.events.append((seconds, event))

    def sleep(self, seconds):
        self.now += seconds
        for due in [event for event in self.events if event[0] <= self.now]:
            self.events.remove(due)
            due[1]()

    def __call__(self):
        return self.now

    @property
    def passing(self):
        return {"sleep": self.sleep, "clock": self}


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def databases():
    kind = FakeKind("database")
    kind.statuses = StatusTable(ready=frozenset({"available"}), failed=frozenset({"failed"}))
    kind.world = {"a": {"status": "creating"}, "b": {"status": "creating"}}
    return kind


def test_it_waits_until_all_are_ready(databases, clock):
    clock.at(100, lambda: databases.world["a"].update(status="available"))
    clock.at(200, lambda: databases.world["b"].update(status="available"))
    scope = Scope()

    wait_ready(databases, scope, ["a", "b"], 3600, **clock.passing)

    assert 200 <= clock.now < 220
    assert scope.find("database", "b").facts["status"] == "available"


def test_what_is_ready_is_not_waited_for(databases, clock):
    databases.world["a"]["status"] = "available"

    wait_ready(databases, Scope(), ["a"], 3600, **clock.passing)

    assert clock.now == 0


def test_a_failure_ends_the_wait_at_once(databases, clock):
    clock.at(50, lambda: databases.world["b"].update(status="failed"))

    with pytest.raises(AwsError, match="database b will not become ready: its status is failed"):
        wait_ready(databases, Scope(), ["a", "b"], 3600, **clock.passing)

    assert clock.now < 60


def test_what_vanishes_will_not_become_ready(databases, clock):
    clock.at(50, lambda: databases.world.pop("a"))

    with pytest.raises(AwsError, match="database a will not become ready: its status is absent"):
        wait_ready(databases, Scope(), ["a"], 3600, **clock.passing)


def test_when_time_is_up_it_says_what_is_not_ready(databases, clock):
    databases.world["a"]["status"] = "available"

    with pytest.raises(AwsError, match="database not ready after 60 s: b is creating") as raised:
        wait_ready(databases, Scope(), ["a", "b"], 60, **clock.passing)

    assert raised.value.code == "WaitTimeout"
    assert clock.now < 60 + 15


def test_it_waits_until_all_are_gone(databases, clock):
    clock.at(10, lambda: databases.world.pop("a"))
    clock.at(20, lambda: databases.world.pop("b"))

    wait_gone(databases, Scope(), ["a", "b"], 3600, **clock.passing)

    assert 20 <= clock.now < 25


def test_what_does_not_go_is_named(databases, clock):
    databases.world = {"a": {"status": "deleting"}}

    with pytest.raises(AwsError, match="database not gone after 30 s: a is deleting"):
        wait_gone(databases, Scope(), ["a"], 30, **clock.passing)
