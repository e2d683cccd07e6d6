# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which one-off task is run, gone on with or taken, and what its end means."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ansible_collections.monay.platform.plugins.module_utils.core.one_off_task import (
    MARK,
    decide,
    fingerprint,
    outcome,
    told,
)
from ansible_collections.monay.platform.plugins.module_utils.core.plan import PlanRefused


def task(number: int, started_by: str = f"{MARK}mine", status: str = "STOPPED", code: int | None = 0) -> dict[str, Any]:
    container = {"name": "app"} if code is None else {"name": "app", "exitCode": code}
    made = datetime(2026, 1, 1, 0, number, tzinfo=UTC)
    return {
        "taskArn": f"task-{number}",
        "startedBy": started_by,
        "lastStatus": status,
        "createdAt": made,
        "containers": [container],
    }


RUNNING = {"status": "RUNNING", "code": None}
OTHER = f"{MARK}other"


@pytest.mark.parametrize(
    ("tasks", "action", "arn"),
    [
        ([], "run", ""),
        ([task(1, "ecs-svc/1", **RUNNING)], "run", ""),
        ([task(1, **RUNNING)], "attach", "task-1"),
        ([task(1)], "attach", "task-1"),
        ([task(1, code=1)], "run", ""),
        ([task(1, code=None)], "run", ""),
        ([task(2), task(1, code=1)], "attach", "task-2"),
        ([task(1), task(2, OTHER)], "run", ""),
        ([task(1, OTHER), task(2)], "attach", "task-2"),
    ],
)
def test_decides_by_the_newest_task(tasks, action, arn):
    found = decide("mine", tasks)
    assert (found.action, found.arn) == (action, arn)


def test_refuses_while_another_one_is_under_way():
    with pytest.raises(PlanRefused, match=r"task-2 .* is under way"):
        decide("mine", [task(1), task(2, OTHER, **RUNNING)])


def test_a_token_is_the_same_for_all_who_see_the_same_and_new_after_each_task():
    tokens = [decide("mine", known).token for known in ([], [], [task(1, code=1)], [task(1, code=1), task(2, code=1)])]
    assert tokens[0] == tokens[1]
    assert len(set(tokens)) == 3
    assert decide("yours", []).token != tokens[0]


def test_a_fingerprint_does_not_depend_on_the_order_of_keys():
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1}) != fingerprint({"a": 1, "b": 3})


@pytest.mark.parametrize(
    ("given", "verdict"),
    [
        (task(1, **RUNNING), "pending"),
        (task(1), "ready"),
        (task(1, code=3), "failed"),
        (task(1, code=None), "failed"),
        ({**task(1), "containers": []}, "failed"),
    ],
)
def test_the_exit_code_decides(given, verdict):
    assert outcome(given) == verdict


def test_tells_reasons_and_exit_codes():
    given = {**task(1, code=3), "stoppedReason": "Essential container in task exited"}
    assert told(given) == "STOPPED; Essential container in task exited; container app ended with exit code 3"
