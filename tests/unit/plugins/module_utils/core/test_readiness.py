# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.readiness import StatusTable, pause_after

TABLE = StatusTable(ready=frozenset({"available"}), failed=frozenset({"failed"}))


@pytest.mark.parametrize(
    ("status", "verdict"),
    [("available", "ready"), ("failed", "failed"), ("creating", "pending"), ("a new word of AWS", "pending")],
)
def test_verdict(status, verdict):
    assert TABLE.verdict(status) == verdict


def test_without_failed_statuses_nothing_fails():
    assert StatusTable(ready=frozenset({"available"})).verdict("failed") == "pending"


@pytest.mark.parametrize(("waited", "pause"), [(0, 0.5), (20, 0.5), (100, 2.5), (600, 15), (3600, 15)])
def test_pause(waited, pause):
    assert pause_after(waited) == pause


@given(st.floats(0, 10_000), st.floats(0, 10_000))
def test_pauses_do_not_shrink(one, other):
    assert pause_after(min(one, other)) <= pause_after(max(one, other))
