# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.monay.platform.plugins.module_utils.core.parameters import (
    batches,
    canonical_parameters,
    canonical_value,
    parameter_changes,
    same_value,
    settled_parameters,
)

TEXTS = st.text(st.sampled_from("ab01on f.,-"), max_size=5)
GROUPS = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), TEXTS)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "1"),
        (False, "0"),
        (250, "250"),
        (0.5, "0.5"),
        (" on ", "on"),
        (["pg_stat_statements", "auto_explain"], "pg_stat_statements,auto_explain"),
        ("{DBInstanceClassMemory/32768}", "{DBInstanceClassMemory/32768}"),
    ],
)
def test_canonical_value(value, text):
    assert canonical_value(value) == text


def test_nothing_said_stays_nothing_said():
    assert canonical_parameters(None) is None
    assert canonical_parameters({}) == {}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1", "on", True),
        ("true", "1", True),
        ("off", "0", True),
        ("0.50", "0.5", True),
        ("1000", "1e3", True),
        ("a, b", "a,b", True),
        ("1", "0", False),
        ("b,a", "a,b", False),
        ("-1", "1", False),
        ("nan", "nan", True),
        ("Ddl", "ddl", False),
    ],
)
def test_same_value(one, other, same):
    assert same_value(one, other) is same


def test_what_means_the_same_keeps_the_spelling_of_aws():
    settled = settled_parameters({"rds.force_ssl": "1", "log_statement": "ddl"}, {"rds.force_ssl": "on"})

    assert settled == {"rds.force_ssl": "on", "log_statement": "ddl"}


@given(GROUPS, GROUPS)
def test_changes_lead_to_what_is_wanted(current, wanted):
    setting, resetting = parameter_changes(current, wanted)
    after = {name: value for name, value in {**current, **setting}.items() if name not in resetting}

    assert after.keys() == wanted.keys()
    assert all(same_value(after[name], wanted[name]) for name in wanted)
    assert parameter_changes(after, wanted) == ({}, [])


@given(TEXTS, TEXTS)
def test_sameness_has_no_direction(one, other):
    assert same_value(one, one)
    assert same_value(one, other) == same_value(other, one)


@given(st.lists(st.integers()), st.integers(1, 25))
def test_batches_lose_nothing(items, size):
    found = list(batches(items, size))

    assert [item for batch in found for item in batch] == items
    assert all(1 <= len(batch) <= size for batch in found)
